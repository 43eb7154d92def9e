"""A bank of real defects: cut from labeled photographs, put on good parts where their like has been seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnknownName, UnreadableInput
from domainaug.manufacturing.pasting.paste import Pasted, paste
from domainaug.manufacturing.pasting.patch import Patch
from domainaug.manufacturing.site import Site
from domainaug.profile.part import Part, every_degrees

__all__ = ["DefectBank"]

_FORMAT = 1
_TRIES = 16  # patches and turns looked at before there is none that fits


@dataclass(frozen=True, slots=True)
class DefectBank:
    """Real defects.

    Attributes:
        patches: All of them.
        prior: How near to where a defect lay it is put again: a share of the picture's size (standard deviation), or
            None for anywhere on the part.
    """

    patches: tuple[Patch, ...]
    prior: float | None = 0.05

    @classmethod
    def of(cls, patches: Iterable[Patch], *, prior: float | None = 0.05) -> DefectBank:
        """Return a bank of the patches of photographs; see `patches_of`.

        Raises:
            LabelError: There is none.
        """
        found = tuple(patches)
        if not found:
            raise LabelError("no mask marks a defect of at least 4 pixels, so the bank is empty")
        return cls(found, prior)

    def save(self, path: Path | str) -> Path:
        """Write it as one file of arrays, which `load` reads back; return its path."""
        path = Path(path)
        told = [[one.kind, one.pitch_mm, list(one.place), one.source] for one in self.patches]
        about = json.dumps({"format": _FORMAT, "prior": self.prior, "patches": told})
        arrays: dict[str, Any] = {"about": np.frombuffer(about.encode(), np.uint8)}
        for number, one in enumerate(self.patches):
            arrays[f"light{number}"], arrays[f"mask{number}"] = one.light, one.mask
        with path.open("wb") as stream:
            np.savez_compressed(stream, **arrays)
        return path

    @classmethod
    def load(cls, path: Path | str) -> DefectBank:
        """Return a bank that was saved.

        Raises:
            UnreadableInput: It is none.
        """
        try:
            with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
                told = json.loads(arrays["about"].tobytes().decode())
                if told["format"] != _FORMAT:
                    raise ValueError
                patches = tuple(
                    Patch(str(kind), *_checked(arrays, number), float(pitch), (float(down), float(right)), str(source))
                    for number, (kind, pitch, (down, right), source) in enumerate(told["patches"])
                )
        except OSError as error:
            why = error.strerror or "it is no file of arrays"
            raise UnreadableInput("no-bank", f"the bank of defects cannot be read: {why}", path=path) from None
        except Exception:  # damaged files raise anything; no code of theirs is run
            raise UnreadableInput("no-bank", "this is no bank of defects; `save` writes one", path=path) from None
        return cls(patches, None if told["prior"] is None else float(told["prior"]))

    @property
    def kinds(self) -> dict[str, int]:
        """How many there are of each class."""
        return dict(sorted(Counter(one.kind for one in self.patches).items()))

    def drawn(
        self, site: Site, random: np.random.Generator, *, kind: str | None = None, blend: str = "ratio"
    ) -> Pasted:
        """Return a photograph with a defect of the bank.

        It is turned and mirrored only as maps the part onto itself, brought to the pitch of the picture, and lies on
        the part whole.

        Args:
            site: A photograph of a good part.
            random: Chance.
            kind: The class; any by default, each as often as another.
            blend: How it is put in; a name of `BLENDS`. "ratio" keeps contrasts as shares of the light; "poisson" keeps
            differences, and makes a hole of a shadow on a darker part.

        Raises:
            UnknownName: The bank has none of that class.
            LabelError: None of those that were tried fits on the part.
        """
        if kind is not None and kind not in self.kinds:
            raise UnknownName("class of the bank", kind, tuple(self.kinds))
        for _ in range(_TRIES):
            chosen = kind or list(self.kinds)[int(random.integers(len(self.kinds)))]
            alike = [one for one in self.patches if one.kind == chosen]
            patch = alike[int(random.integers(len(alike)))]
            degrees, mirrored = _turn(site.part, random)
            fitted = patch.turned(degrees, mirrored=mirrored, pitch_mm=site.pitch_mm)
            place = None if self.prior is None else _like(patch.place, degrees, mirrored)
            found = paste(fitted, site, random, blend=blend, place=place, spread=self.prior or 0.0)
            if found is not None:
                return found.told(turned_deg=degrees, mirrored=mirrored, kind=chosen, source=patch.source)
        raise LabelError(
            f"none of {_TRIES} defects of the bank fits on the part whole; use smaller ones, or a larger part"
        )


def _checked(arrays: Any, number: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    light, mask = arrays[f"light{number}"].astype(np.float32), arrays[f"mask{number}"].astype(np.bool_)
    if mask.ndim != 2 or light.ndim not in (2, 3) or light.shape[:2] != mask.shape or not np.isfinite(light).all():
        raise ValueError
    return light, mask


def _turn(part: Part, random: np.random.Generator) -> tuple[float, bool]:
    """Draw a turn and a mirror that map a part onto itself, so that a turned defect is one that the part may have."""
    every = every_degrees(part.symmetry)
    turns = 1 if every is None else round(360 / every)
    degrees = float(int(random.integers(turns)) * (every or 0.0))
    if part.grain_deg is not None and degrees % 180:
        degrees = 180.0 if turns % 2 == 0 and random.random() < 0.5 else 0.0  # a brushed sheet keeps its grain
    mirror = not part.handed and part.symmetry in ("texture", "round") and part.grain_deg in (None, 0.0, 90.0)
    return degrees, bool(mirror and random.random() < 0.5)


def _like(place: tuple[float, float], degrees: float, mirrored: bool) -> tuple[float, float]:
    """Return where a place goes when the part is mirrored and turned about the middle of the picture."""
    down, right = place[0] - 0.5, (0.5 - place[1] if mirrored else place[1] - 0.5)
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return float(0.5 + cosine * down - sine * right), float(0.5 + sine * down + cosine * right)
