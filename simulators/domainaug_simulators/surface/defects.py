"""Defects on a part: kinds of `domainaug.manufacturing`, drawn on its chart in millimeters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from domainaug.errors import DomainAugError, ImageError, UnknownName
from domainaug.manufacturing import KINDS, Defect, Site, kind
from domainaug.manufacturing.defect import Floats
from domainaug.profile.part import Part as Described
from domainaug.profile.part import Response

__all__ = ["DRAWN", "Wanted", "chart_site", "draw", "read_wanted"]

_SIZE: Final = {
    "scratch": "length_mm", "crack": "length_mm", "fiber": "length_mm", "dent": "diameter_mm", "pit": "diameter_mm",
    "stain": "diameter_mm", "discoloration": "diameter_mm",
}  # fmt: skip
"""What `defect_size` is, of each kind that a surface can have."""

_HEADED: Final = ("scratch", "crack", "dent")

DRAWN: Final = tuple(sorted(_SIZE))
"""Kinds that are drawn on surfaces; the others need a photograph, an outline or X-rays."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A defect that a part is to have.

    Attributes:
        kind: One of `DRAWN`.
        at: Its middle on the chart, to the right and downward, in mm.
        seed: What it is drawn from.
        sizes: Of its kind; what is not given has its default.
    """

    kind: str
    at: tuple[float, float] = (0.0, 0.0)
    seed: int = 0
    sizes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Wanted | None:
        """Return the defect that a variant's axes say, or None."""
        name = str(values["defect"])
        if name == "none":
            return None
        sizes = {_SIZE[name]: float(values["defect_size"])}
        if name in _HEADED:
            sizes["heading_deg"] = float(values["defect_heading"])
        at = float(values["defect_across"]), float(values["defect_down"])
        return cls(name, at, int(values["defect_seed"]), sizes)


def read_wanted(written: Any) -> tuple[Wanted, ...]:
    """Return the defects that a world lists.

    Args:
        written: `[{kind: scratch, at: [3, -4], seed: 1, length_mm: [4, 9]}, ...]`.

    Raises:
        DomainAugError: It is not such a list; names the entry.
    """
    if not isinstance(written, list) or not all(isinstance(one, Mapping) for one in written):
        raise DomainAugError("world: defects is a list of entries such as {kind: scratch, at: [3, -4], length_mm: 8}")
    return tuple(_read(dict(one), number) for number, one in enumerate(written, 1))


def _read(entry: dict[str, Any], number: int) -> Wanted:
    where = f"world: defects, number {number}"
    name, at, seed = entry.pop("kind", None), entry.pop("at", [0, 0]), entry.pop("seed", number)
    if name in KINDS and name not in _SIZE:
        raise DomainAugError(f"{where}: {name} needs a photograph, an outline or X-rays; a surface can have "
                             f"{', '.join(DRAWN)}")  # fmt: skip
    if name not in _SIZE:
        raise UnknownName("kind of defect", str(name), DRAWN, where=where)
    if not (isinstance(at, list) and len(at) == 2 and all(type(one) in (int, float) for one in at)):
        raise DomainAugError(f"{where}: at={at!r}; it is [mm to the right, mm downward] from the part's middle")
    if type(seed) is not int or not 0 <= seed < 2**63:
        raise DomainAugError(f"{where}: seed={seed!r}; it is a whole number from 0 up")
    try:
        kind(name, **{key: tuple(one) if isinstance(one, list) else one for key, one in entry.items()})
    except (ValueError, TypeError, UnknownName) as error:
        raise DomainAugError(f"{where}: {error}") from None
    return Wanted(name, (float(at[0]), float(at[1])), seed, entry)


def chart_site(shape: tuple[int, int], detail: float, color: tuple[float, float, float]) -> Site:
    """Return a chart as a picture that kinds are drawn on: flat, in the part's color.

    Args:
        shape: (H, W) in texels.
        detail: Millimeters from texel to texel.
        color: Light that comes back, of each channel.
    """
    flat = np.broadcast_to(np.array(color, np.float32), (*shape, 3))
    return Site(flat, detail, Described(pixel_pitch_mm=detail, response=Response("linear")), (0.0, 1.0))


def draw(wanted: Wanted, site: Site) -> Defect:
    """Return a defect at its place on a chart.

    Raises:
        DomainAugError: It is larger than the part, or its middle lies beside it.
    """
    sizes = {key: tuple(one) if isinstance(one, list) else one for key, one in wanted.sizes.items()}
    height, width = (side * site.pitch_mm for side in site.shape)
    long = max((size for key, size in sizes.items() if key == _SIZE[wanted.kind] and isinstance(size, float | int)),
               default=0.0)  # fmt: skip
    if long > max(height, width):
        raise _too_large(wanted, long, width, height)
    try:
        made = kind(wanted.kind, **sizes).draw(wanted.seed, site)
    except ImageError as error:
        raise DomainAugError(f"a {wanted.kind} cannot be drawn on this part: {error}") from None
    if max(made.shape[0] / site.shape[0], made.shape[1] / site.shape[1]) > 1:
        raise _too_large(wanted, max(made.shape) * site.pitch_mm, width, height)
    column = (wanted.at[0] + width / 2) / site.pitch_mm
    row = (wanted.at[1] + height / 2) / site.pitch_mm
    if not (0 <= row <= site.shape[0] and 0 <= column <= site.shape[1]):
        raise DomainAugError(
            f"a {wanted.kind} {wanted.at[0]:g} mm to the right and {wanted.at[1]:g} mm below the part's middle lies "
            f"beside it: its surface is {width:.4g} x {height:.4g} mm"
        )
    rows, columns = _span(made.share())
    return made.moved((round(row - rows), round(column - columns)))


def _span(share: Floats) -> tuple[float, float]:
    """Return the middle of what a window's map covers, in its pixels."""
    rows, columns = np.flatnonzero(share.any(axis=1)), np.flatnonzero(share.any(axis=0))
    if not len(rows):
        return share.shape[0] / 2, share.shape[1] / 2
    return (rows[0] + rows[-1] + 1) / 2, (columns[0] + columns[-1] + 1) / 2


def _too_large(wanted: Wanted, size: float, width: float, height: float) -> DomainAugError:
    return DomainAugError(
        f"a {wanted.kind} of {size:.4g} mm does not fit on a part whose surface is {width:.4g} x {height:.4g} mm; "
        "make it smaller"
    )
