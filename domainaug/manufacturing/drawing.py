"""From a kind to a defect that the gate accepts: drawn, judged, and drawn again at most so many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from domainaug.errors import LabelError
from domainaug.manufacturing.defects.kinds import Kind
from domainaug.manufacturing.gate import Gate, Refusal, Verdict
from domainaug.manufacturing.measures import Made, Measures
from domainaug.manufacturing.relight import Drawn, Relight
from domainaug.manufacturing.site import Site

__all__ = ["Attempt", "Outcome", "accepted", "draw_defect"]

_STRIDE = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio: seeds of one defect's attempts are no others'


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try.

    Attributes:
        seed: What it was drawn from.
        verdict: What the gate said.
    """

    seed: int
    verdict: Verdict


_NO_ROOM = Verdict(Measures(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (Refusal("no-room", 0.0, 1.0),))

M = TypeVar("M", bound=Made)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome(Generic[M]):
    """What came of one wanted defect.

    Attributes:
        drawn: The photograph with it, or None where every try was refused.
        attempts: Every try, the last of which was accepted, or none.
    """

    drawn: M | None
    attempts: tuple[Attempt, ...] = field(default_factory=tuple)

    @property
    def refused(self) -> Iterable[tuple[str, ...]]:
        """The codes of the tries that were refused."""
        return [attempt.verdict.codes for attempt in self.attempts if not attempt.verdict.accepted]


def draw_defect(
    kind: Kind, site: Site, seed: int, *, gate: Gate | None = None, relight: Relight | None = None, most: int = 8
) -> Outcome[Drawn]:
    """Return a photograph with a defect of a kind that the gate accepts.

    Args:
        kind: What to draw.
        site: Where.
        seed: The defect is a function of it, the kind and the site.
        gate: Thresholds; the defaults when None.
        relight: How it is drawn; the defaults when None.
        most: How many tries there are before it is given up.

    Raises:
        ImageError: The site lacks what the kind needs.
    """
    relight = relight or Relight()
    return accepted(lambda own: relight.draw(kind.draw(own, site), site), site, seed, gate=gate, most=most)


def accepted(make: Callable[[int], M], site: Site, seed: int, *, gate: Gate | None = None, most: int = 8) -> Outcome[M]:
    """Return a photograph with a defect that the gate accepts, however it is made: `bank.drawn`, `cut_paste` ...

    Args:
        make: Makes one of a seed.
        site: The photograph.
        seed: Those of the tries follow from it.
        gate: Thresholds; the defaults when None.
        most: How many tries there are before it is given up; one for which there is no room counts, as "no-room".

    Raises:
        LabelError: There was no room at any try.
    """
    gate = gate or Gate()
    attempts: list[Attempt] = []
    crowded: LabelError | None = None
    for number in range(most):
        own = (seed + number * _STRIDE) % 2**64
        try:
            made = make(own)
        except LabelError as error:
            crowded = error
            attempts.append(Attempt(own, _NO_ROOM))
            continue
        verdict = gate.judge(made, site)
        attempts.append(Attempt(own, verdict))
        if verdict.accepted:
            return Outcome(made, tuple(attempts))
    if crowded is not None and all(attempt.verdict is _NO_ROOM for attempt in attempts):
        raise crowded
    return Outcome(None, tuple(attempts))
