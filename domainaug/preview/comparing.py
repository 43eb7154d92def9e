"""Real defects beside synthetic ones: what the gate measures of both, class by class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domainaug.errors import LabelError
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.measures import Measures
from domainaug.manufacturing.site import Site
from domainaug.preview.marring import Wish, tries_of

__all__ = ["COMPARED", "Spread", "spread_of", "synthetic_measures"]

COMPARED: Mapping[str, str] = {
    "contrast": "Contrast",
    "length_mm": "Length, mm",
    "width_mm": "Width, mm",
    "area_mm2": "Area, mm²",
}
"""What real and synthetic defects are compared by, and what it is called."""

_STRIDE = 7919  # seeds of neighbors share no tries


@dataclass(frozen=True, slots=True)
class Spread:
    """One measure of real and of synthetic defects.

    Attributes:
        name: One of `COMPARED`.
        real: Of each real one.
        synthetic: Of each that the gate accepted.
        refused: Of each that it refused.
        limits: Where the thresholds lie; none where the gate asks nothing of it.
    """

    name: str
    real: tuple[float, ...]
    synthetic: tuple[float, ...]
    refused: tuple[float, ...]
    limits: tuple[float, ...]

    @property
    def within(self) -> float:
        """The share of the synthetic ones that lie between the smallest and the largest real one; 0 of none."""
        if not self.synthetic or not self.real:
            return 0.0
        low, high = min(self.real), max(self.real)
        return sum(low <= one <= high for one in self.synthetic) / len(self.synthetic)


def synthetic_measures(
    wish: Wish, sites: Iterable[Site], gate: Gate, *, count: int
) -> tuple[tuple[Measures, bool], ...]:
    """Return what the gate measures of so many drawn defects, one try each, and whether it accepts them.

    Args:
        wish: What is drawn; the seed is that of the first, and the place is left to chance.
        sites: Photographs of good parts, taken in turn; at least one.
        gate: Thresholds.
        count: How many.
    """
    photographs = tuple(sites)
    found = []
    for number in range(count):
        one = Wish(wish.kind, wish.sizes, wish.seed + _STRIDE * number)
        try:
            tried = tries_of(one, photographs[number % len(photographs)], gate, most=1)[0]
        except LabelError:
            continue
        found.append((tried.verdict.measures, tried.verdict.accepted))
    return tuple(found)


def spread_of(name: str, real: Iterable[Measures], synthetic: Iterable[tuple[Measures, bool]], gate: Gate) -> Spread:
    """Return one measure of both.

    Args:
        name: One of `COMPARED`.
        real: As `domainaug.run.calibrate_set` measured them.
        synthetic: As `synthetic_measures` gives them.
        gate: Whose thresholds.
    """
    drawn = tuple(synthetic)
    limits = {"contrast": (gate.contrast,), "length_mm": gate.length_mm, "area_mm2": gate.area_mm2}.get(name) or ()
    return Spread(
        name,
        tuple(getattr(one, name) for one in real),
        tuple(getattr(one, name) for one, accepted in drawn if accepted),
        tuple(getattr(one, name) for one, accepted in drawn if not accepted),
        tuple(limits),
    )
