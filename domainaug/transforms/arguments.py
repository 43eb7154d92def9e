"""Constructor arguments, held against what is legal and brought into one form.

A range is written as two numbers, or as one: `span` says what one number stands for. What is kept is always a
tuple, so that equal transforms compare, print and save alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = ["Range", "Spans", "choice", "choices", "counts", "distances", "number", "share", "span", "spans"]

Range = tuple[float, float]
Spans = tuple[Range, Range, Range]


def number(
    owner: Any, name: str, value: Any, *, least: float = -math.inf, most: float = math.inf, above: float | None = None
) -> float:
    """Return a finite number within bounds.

    Args:
        owner: The transform, for the message.
        name: The parameter, likewise.
        value: What was given.
        least: The smallest legal value.
        most: The largest legal value.
        above: A value that has to be exceeded.

    Raises:
        ValueError: It is none.
    """
    if not _is_number(value) or not least <= value <= most or (above is not None and not value > above):
        raise ValueError(f"{_told(owner)}: {name}: a number{_bounds(least, most, above)} is needed, got {value!r}")
    return float(value)


def share(owner: Any, name: str, value: Any) -> float:
    """Return a number from 0 to 1."""
    return number(owner, name, value, least=0.0, most=1.0)


def span(
    owner: Any,
    name: str,
    value: Any,
    *,
    around: float | None = None,
    least: float = -math.inf,
    most: float = math.inf,
    above: float | None = None,
) -> Range:
    """Return (low, high) of a range that is drawn from evenly.

    Args:
        owner: The transform, for the message.
        name: The parameter, likewise.
        value: Two numbers in order, or one.
        around: One number n stands for `around - n` to `around + n`; when None, for n itself.
        least: The smallest legal end.
        most: The largest legal end.
        above: A value that both ends have to exceed.

    Raises:
        ValueError: It is no such range.
    """
    ends: tuple[Any, ...] = ()
    if _is_number(value):
        ends = (value, value) if around is None else (around - value, around + value)
    elif isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        ends = tuple(value)
    legal = len(ends) == 2 and all(
        _is_number(end) and least <= end <= most and (above is None or end > above) for end in ends
    )
    if not legal or ends[0] > ends[1]:
        raise ValueError(
            f"{_told(owner)}: {name}: a number or two in order, (low, high),{_bounds(least, most, above)} are needed, "
            f"got {value!r}"
        )
    return float(ends[0]), float(ends[1])


def spans(owner: Any, name: str, value: Any, *, alone: str = "xyz", around: float = 0.0, **bounds: Any) -> Spans:
    """Return a range for each of the axes x, y and z.

    Args:
        owner: The transform, for the message.
        name: The parameter, likewise.
        value: Three ranges, or one.
        alone: The axes that one range is for; the others stay at `around`.
        around: What leaves the picture alone.
        **bounds: As for `span`.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 3:
        x, y, z = (span(owner, f"{name}[{axis}]", each, around=around, **bounds) for axis, each in enumerate(value))
        return x, y, z
    one, still = span(owner, name, value, around=around, **bounds), (around, around)
    x, y, z = (one if axis in alone else still for axis in "xyz")
    return x, y, z


def choice(owner: Any, name: str, value: Any, legal: Sequence[str]) -> str:
    """Return one of the legal words.

    Raises:
        ValueError: It is none of them.
    """
    if value not in legal:
        raise ValueError(f"{_told(owner)}: {name}: one of {', '.join(legal)} is needed, got {value!r}")
    return str(value)


def choices(owner: Any, name: str, value: Any, legal: Sequence[str]) -> tuple[str, ...]:
    """Return one or several of the legal words, as a tuple.

    Raises:
        ValueError: There is none, or one that is not legal.
    """
    each = (value,) if isinstance(value, str) or not isinstance(value, Sequence) else tuple(value)
    return tuple(choice(owner, name, one, legal) for one in each or (value,))


def counts(owner: Any, name: str, value: Any, *, least: int, most: int) -> int | tuple[int, ...]:
    """Return a whole number, or one an axis.

    Raises:
        ValueError: It is neither, or out of bounds.
    """
    each = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    legal = all(isinstance(one, int) and not isinstance(one, bool) and least <= one <= most for one in each)
    if not legal or len(each) not in (1, 2, 3):
        raise ValueError(
            f"{_told(owner)}: {name}: a whole number from {least} to {most}, or one an axis, is needed, got {value!r}"
        )
    return each if isinstance(value, Sequence) else each[0]


def distances(owner: Any, value: Any) -> tuple[float, ...] | None:
    """Return mm from one pixel to the next along (slices, rows, columns) or (rows, columns), or None.

    Raises:
        ValueError: It is neither.
    """
    if value is None:
        return None
    listed = isinstance(value, Sequence) and not isinstance(value, str) and len(value) in (2, 3)
    if not listed or not all(_is_number(each) and each > 0 for each in value):
        raise ValueError(
            f"{_told(owner)}: spacing: mm along (slices, rows, columns) or (rows, columns) are needed, got {value!r}"
        )
    return tuple(float(each) for each in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _told(owner: Any) -> str:
    return type(owner).__name__


def _bounds(least: float, most: float, above: float | None) -> str:
    if above is not None:
        return f" above {above:g}"
    if math.isfinite(least) and math.isfinite(most):
        return f" from {least:g} to {most:g}"
    return f" from {least:g} up" if math.isfinite(least) else ""
