"""Amounts as people write them: "10 deg", "5 %", "7.5 mm", 0.2."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from domainaug.errors import nearest

__all__ = ["UNITS", "Quantity", "parse_quantity"]

UNITS: tuple[str, ...] = ("deg", "%", "share", "px", "mm", "HU", "level", "x", "exponent", "bits", "m", "mm/h")
"""Every unit a profile may write."""

_MEANT: Mapping[str, str] = {
    "°": "deg",
    "degree": "deg",
    "degrees": "deg",
    "percent": "%",
    "pct": "%",
    "pixel": "px",
    "pixels": "px",
    "millimeter": "mm",
    "millimeters": "mm",
    "hounsfield": "HU",
    "levels": "level",
    "\u00d7": "x",
    "times": "x",
    "bit": "bits",
    "meter": "m",
    "meters": "m",
}
_FORM = re.compile(r"\s*([-+]?(?:\.\d{1,32}|\d{1,32}(?:\.\d{0,32})?)(?:[eE][-+]?\d{1,2})?)\s*(\D.{0,31})?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit; an empty unit stands for the effect's own."""

    value: float
    unit: str = ""


def parse_quantity(written: object) -> Quantity:
    """Read an amount.

    Args:
        written: A number, or text that is a number and a unit.

    Raises:
        ValueError: It is neither; the message says what is legal.
    """
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        raise ValueError(f"expected an amount such as 0.2, 10 deg or 5 %, got {written!r}")
    if not isinstance(written, str):
        if not math.isfinite(written):
            raise ValueError(f"expected a finite number, got {written!r}")
        return Quantity(float(written))
    found = _FORM.fullmatch(written)
    if found is None:
        raise ValueError(f"expected an amount such as 0.2, 10 deg or 5 %, got {written!r}")
    number, unit = float(found.group(1)), (found.group(2) or "").strip()
    if unit and unit not in UNITS:
        if unit.casefold() in {"rad", "radian", "radians"}:
            raise ValueError(f"{written!r} is in radians; turns are written in deg")
        meant = _MEANT.get(unit.casefold()) or nearest(unit, UNITS)
        hint = f"did you mean {number:g} {meant}?" if meant else "known: " + ", ".join(UNITS)
        raise ValueError(f"no unit is called {unit!r}; {hint}")
    return Quantity(number, unit)
