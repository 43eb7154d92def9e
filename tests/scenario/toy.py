"""A simulator of gray squares, as small as one can be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from domainaug.effects import Interval
from domainaug.errors import DomainAugError
from domainaug.generators import Frame
from domainaug.scenario import Axis, Rendered

AXES = (
    Axis("side", "Side of the square.", 4, "px", 1, 64, whole=True, moves_labels=True),
    Axis("level", "Gray level.", 0.5, "", 0.0, 1.0),
    Axis("turn", "Turn of the square.", 0.0, "deg", -180, 180, moves_labels=True),
    Axis("color", "Its color.", "red", choices=("red", "green", "blue")),
    Axis("dose", "Light on it.", 1.0, "lx", 0.01, 100),
)


@dataclass(frozen=True)
class Squares:
    name: str = "squares"
    axes: tuple[Axis, ...] = AXES

    def survey(self, world, folder):
        return Paper(str(world.get("paper", "white")))


@dataclass(frozen=True)
class Paper:
    paper: str
    notes: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()

    @property
    def digest(self) -> str:
        return self.paper * 4

    @property
    def idle(self):
        return {"color": "the paper is red"} if self.paper == "red" else {}

    @property
    def pictures(self):
        return 4

    def check(self, variant):
        if variant.values["side"] == 17:
            raise DomainAugError("a square of 17 does not fit")

    def frame(self, values):
        return Frame(values["side"], values["side"])

    def effects(self, values):
        return {"rotation": Interval(values["turn"], values["turn"])}

    def load(self):
        if self.paper == "wet":
            raise DomainAugError("the paper is wet; dry it")
        return self

    def render(self, variant, number, folder: Path) -> Rendered:
        if variant.values["side"] == 13:
            raise DomainAugError("a square of 13 cannot be drawn")
        (folder / "square.txt").write_text(f"{number} {sorted(variant.values.items())} {variant.key}\n")
        return Rendered((Path("square.txt"),), {"area": variant.values["side"] ** 2})
