"""Finding the widest value of a parameter that keeps a step inside a limit: bisection, by declaring again."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["clamped", "shrunk", "tidy", "without_ghosts"]

_NEUTRALS = (0.0, 1.0, 100.0)
"""Values at which parameters do nothing: offsets, factors, percentages."""

_STEPS = 16
_CLOSE = 0.05  # of the factor: about as fine as the round numbers offered
_GALLOP = (0.9, 0.7, 0.4)  # of a guess that was too much: what is tried before halving


def shrunk(value: Any, neutral: float, below: float, above: float) -> Any:
    """Return a parameter's value drawn towards `neutral`.

    Args:
        value: A number, or tuples, lists and mappings of numbers.
        neutral: Where it does nothing.
        below: Factor on the distance of numbers below neutral.
        above: Factor on the distance of numbers above it.
    """
    if isinstance(value, dict):
        return {key: shrunk(item, neutral, below, above) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return tuple(shrunk(item, neutral, below, above) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    factor = below if value < neutral else above
    moved = neutral + (value - neutral) * factor
    if isinstance(value, int):
        return int(neutral + math.trunc((value - neutral) * factor))
    return moved


def tidy(value: Any) -> Any:
    """Return a parameter's value without the ghosts of binary fractions: six digits, which is finer than any limit."""
    return _each(value, _six_digits)


def without_ghosts(value: Any) -> Any:
    """Return a value in which 0.09999999999999998 is 0.1; numbers that somebody wrote stay as they are."""
    return _each(value, lambda x: _six_digits(x) if abs(_six_digits(x) - x) < 1e-12 * max(1.0, abs(x)) else x)


def _six_digits(value: float) -> float:
    return float(f"{value:.6g}")


def _each(value: Any, change: Callable[[float], float]) -> Any:
    if isinstance(value, dict):
        return {key: _each(item, change) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_each(item, change) for item in value)
    if isinstance(value, list):
        return [_each(item, change) for item in value]
    return change(value) if isinstance(value, float) and math.isfinite(value) else value


def clamped(value: Any, fits: Callable[[Any], bool], *, guess: float = 0.5, still: bool = False) -> Any | None:
    """Return the widest value towards neutral for which `fits` holds, in round numbers, or None.

    Args:
        value: The value in force.
        fits: Whether a value is legal and keeps the limit; it may raise, which counts as no.
        guess: The factor on the distance to neutral that probably suffices; a good one saves trials.
        still: Whether nothing may be left: the value then does nothing, rather than too little to count.
    """
    tried: dict[str, bool] = {}  # whole numbers and round ones come up again

    def holds(candidate: Any) -> bool:
        key = repr(candidate)
        if key not in tried:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    tried[key] = fits(candidate)
            except Exception:
                tried[key] = False
        return tried[key]

    for neutral in _neutrals(value):
        nothing = shrunk(value, neutral, 0.0, 0.0)
        if holds(nothing):
            if still:
                return nothing
            found = _drawn(value, neutral, holds, guess)
            rounded = next((x for x in _rounder(found, neutral) if holds(x)), found)
            return tidy(rounded) if holds(tidy(rounded)) else rounded
    return None


def _drawn(value: Any, neutral: float, holds: Callable[[Any], bool], guess: float) -> Any:
    """Return `value` drawn towards neutral no further than needed, each side on its own."""
    both = _widest(lambda t: holds(shrunk(value, neutral, t, t)), guess=guess)
    if not _lopsided(value, neutral):
        return shrunk(value, neutral, both, both)
    below = _widest(lambda t: holds(shrunk(value, neutral, t, both)), both)
    above = _widest(lambda t: holds(shrunk(value, neutral, below, t)), both)
    return shrunk(value, neutral, below, above)


def _neutrals(value: Any) -> Iterator[float]:
    """Yield likely neutral values, those inside the range first.

    A range around one neutral value is not drawn up to a greater one: a zoom around 1 that uncovers the border would
    stop doing so at 100, but that is no way to do less.
    """
    numbers = list(_numbers(value))
    if not numbers:
        return
    low, high = min(numbers), max(numbers)
    inside = [n for n in _NEUTRALS if low <= n <= high]
    yield from sorted(inside, key=lambda n: abs(n - (low + high) / 2))
    yield from (n for n in _NEUTRALS if n not in inside and not (inside and n > high))


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def _lopsided(value: Any, neutral: float) -> bool:
    numbers = list(_numbers(value))
    low, high = neutral - min(numbers), max(numbers) - neutral
    return low > 0 and high > 0 and not math.isclose(low, high, rel_tol=1e-3)


def _widest(holds: Callable[[float], bool], start: float = 0.0, guess: float | None = None) -> float:
    if guess is None and holds(1.0):
        return 1.0
    low, high = start, 1.0
    if guess is not None and 0 < guess < 1:
        # effects mostly follow their parameter in proportion, so the guess is often the answer or near it
        if holds(guess):
            low, high = guess, min(1.0, (1 + _CLOSE) * guess)
            if not holds(high):
                return guess
            low, high = high, 1.0
        else:
            high = guess
            for share in _GALLOP:
                if holds(share * guess):
                    low = share * guess
                    break
                high = share * guess
    for _ in range(_STEPS):
        if high - low <= _CLOSE * high:
            break
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _rounder(value: Any, neutral: float) -> Iterator[Any]:
    """Yield `value` in ever less round numbers, the roundest close enough first."""
    numbers = [abs(x - neutral) for x in _numbers(value)]
    largest = max(numbers, default=0.0)
    if largest == 0:
        return
    magnitude = math.floor(math.log10(largest))
    for digits in (0, 1, 2):
        for grow in (True, False):
            candidate = _rounded(value, neutral, digits - magnitude, grow=grow)
            reached = max(abs(x - neutral) for x in _numbers(candidate))
            if abs(reached - largest) <= 0.03 * largest:
                yield candidate


def _rounded(value: Any, neutral: float, places: int, *, grow: bool) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item, neutral, places, grow=grow) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_rounded(item, neutral, places, grow=grow) for item in value)
    if isinstance(value, bool | int) or not isinstance(value, float):
        return value
    step = 10.0**-places
    distance = (value - neutral) / step
    whole = math.trunc(distance)
    if grow and abs(distance - whole) > 1e-9:
        whole += 1 if distance > 0 else -1
    return round(neutral + whole * step, max(places, 0) + 2)
