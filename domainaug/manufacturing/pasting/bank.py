"""A bank of real defects: cut from labeled photographs, put on good parts where their like has been seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from domainaug.errors import LabelError, UnknownName
from domainaug.manufacturing.pasting.paste import Pasted, paste
from domainaug.manufacturing.pasting.patch import Patch
from domainaug.manufacturing.site import Site
from domainaug.profile.part import Part, every_degrees

__all__ = ["DefectBank"]

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
