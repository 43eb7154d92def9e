"""What can be set of a kind of defect, drawn or of the papers: its sizes in mm, and how it looks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from domainaug.manufacturing.defects import kind
from domainaug.manufacturing.sizes import size_of
from domainaug.manufacturing.sources import ANOMALIES

__all__ = ["Setting", "settings_for"]

_MAIN = (
    "length_mm", "diameter_mm", "width_mm", "height_mm", "shift_mm", "area_mm", "area_mm2", "grain_mm", "heading_deg",
    "feed_deg",
)  # fmt: skip
_CIRCLES = {"heading_deg": (0.0, 180.0), "feed_deg": (0.0, 360.0), "hue_deg": (0.0, 360.0)}
_UNITS = {"_per_mm": "per mm", "_mm": "mm", "_mm2": "mm²", "_deg": "deg"}
_SIZES = ("mm", "mm²")
_TITLES = {
    "area_mm": "side of the patch", "fresh": "bared metal, times as bright", "dark": "light from the bottom, share",
    "trap": "light from the opening, share", "rims": "rims, share of depth", "rim": "rim, share of depth",
    "depth_share": "depth, share of width", "lint": "light ones, share", "hides": "texture hidden, share",
    "aspect": "width over height", "scale": "scaled by", "share": "of the part, share",
    "jitter": "light changed by, share", "degrees": "turned by up to, deg",
}  # fmt: skip
_WIDEN = 3.0  # how far a size goes beyond its usual ends


@dataclass(frozen=True, slots=True)
class Setting:
    """What can be set of a kind.

    Attributes:
        name: Of the field.
        low: The least there can be.
        high: The most.
        usual: What it is drawn from where nobody says, from and to.
        unit: "mm", "mm²", "deg", or "" for shares, factors and counts.
        main: Whether it is a size or a direction; the others are how it looks.
        exact: Whether it is one number, and never drawn from a range that is said.
        begin: Where a slider begins; between the usual ends where None.
    """

    name: str
    low: float
    high: float
    usual: tuple[float, float]
    unit: str
    main: bool
    exact: bool = False
    begin: float | None = None

    @property
    def title(self) -> str:
        """For people: "Length, mm"."""
        united = self.unit in (*_SIZES, "deg")
        words = _TITLES.get(self.name, self.name.rpartition("_")[0] if united else self.name)
        words = words.replace("_", " ").capitalize()
        return f"{words}, {self.unit}" if united else words

    @property
    def middle(self) -> float:
        """What stands between the usual ends, of sizes the geometric mean; of widths the largest, which is seen."""
        low, high = self.usual
        if self.begin is not None:
            return self.begin
        middle = _rounded(math.sqrt(low * high) if self.unit in _SIZES and low > 0 else (low + high) / 2)
        return min(max(round(round(middle / self.step) * self.step, 6), low), high)

    @property
    def step(self) -> float:
        """A step of a slider."""
        if self.unit == "deg" or self.name == "cluster":
            return 1.0
        low, high = self.usual
        return float(10.0 ** math.floor(math.log10(((high - low) or (self.high - self.low)) / 40)))


_LOOKS = (
    Setting("aspect", 0.1, 10.0, (0.3, 3.3), "", main=False),
    Setting("scale", 0.3, 3.0, (0.7, 1.3), "", main=False),
    Setting("share", 0.001, 0.5, (0.01, 0.1), "", main=False),
    Setting("jitter", 0.0, 1.0, (0.1, 0.1), "", main=False, exact=True),
    Setting("degrees", 0.0, 180.0, (45.0, 45.0), "", main=False, exact=True),
    Setting("opacity", 0.0, 1.0, (0.2, 0.8), "", main=False, exact=True),
)
"""How the papers' anomalies look."""


def settings_for(name: str, side_mm: float = 25.6) -> tuple[Setting, ...]:
    """Return what can be set of a kind by a number, sizes and directions first.

    Args:
        name: One of `KINDS` or `ANOMALIES`.
        side_mm: Of a square as large as the photograph, shares of which the papers' anomalies usually are.

    Raises:
        UnknownName: There is no such kind.
    """
    found = list(_of_papers(name, side_mm)) if name in ANOMALIES else list(_of_kind(name))
    return tuple(sorted(found, key=lambda one: (not one.main, _rank(one.name))))


def _of_kind(name: str) -> Iterator[Setting]:
    made: Any = kind(name)
    for one in fields(made):
        if one.type in ("Sized", "float"):  # a color is not one number
            yield _setting(one.name, *size_of(one.name, getattr(made, one.name), least=-1.0).ends)


def _of_papers(name: str, side_mm: float) -> Iterator[Setting]:
    cls = ANOMALIES[name]
    for size, usual in cls.usual(side_mm).items():
        low, high = map(_rounded, usual.ends)
        found = _setting(size, low, high)
        yield found if name == "scar" else replace(found, begin=None)
    named = {one.name for one in fields(cls)}
    yield from (one for one in _LOOKS if one.name in named)


def _setting(name: str, low: float, high: float) -> Setting:
    unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")
    least, most = 0.0, _rounded(high * 2)
    if unit in _SIZES:
        least, most = _rounded(low / _WIDEN), _rounded(high * _WIDEN)
    elif name in _CIRCLES:
        least, most = _CIRCLES[name]
    elif low < 0:
        least, most = -1.0, 1.0
    elif name in ("cluster", "elongation"):
        least = 1.0
    elif unit == "" and high <= 1 and name not in ("tone", "density", "mottled", "depth_share"):
        most = 1.0
    begin = high if name == "width_mm" else None
    found = Setting(name, least, most, (low, high), unit, name in _MAIN, begin=begin)
    if unit not in _SIZES or least <= 0:
        return found
    return replace(found, low=min(max(round(least / found.step), 1) * found.step, low))


def _rank(name: str) -> int:
    return _MAIN.index(name) if name in _MAIN else len(_MAIN)


def _rounded(value: float) -> float:
    """Return a number to two digits."""
    return float(f"{value:.2g}")
