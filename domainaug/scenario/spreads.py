"""How a scenario varies an axis, as it is written: a list, a range, a distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domainaug.scenario.axes import Axis, Choices, Range
from domainaug.scenario.distributions import (
    Histogram,
    Normal,
    Poisson,
    Weighted,
    distribution_of,
    is_distribution,
)

__all__ = ["Spread", "spread_of"]

Spread = Range | Choices | Normal | Histogram | Poisson | Weighted
"""How a scenario varies an axis."""


def spread_of(axis: Axis, written: Any) -> Spread:
    """Return how a scenario varies an axis.

    Args:
        axis: The axis.
        written: A list of values, a mapping with `from` and `to`, and perhaps `scale` and `steps`, or a distribution
            (see `domainaug.scenario.distributions`).

    Raises:
        ValueError: It is neither, or a value is not legal.
    """
    if isinstance(written, Sequence) and not isinstance(written, str):
        values = tuple(axis.value(one) for one in written)
        if len(values) < 2 or len(set(values)) < len(values):
            raise ValueError(
                f"{axis.name} is varied over two values or more, each once; fix it under `fixed` otherwise"
            )
        return Choices(values)
    if is_distribution(written):
        return distribution_of(axis, written)
    if axis.choices or not isinstance(written, Mapping) or not {"from", "to"} <= set(written):
        how = "a list of values" if axis.choices else "a list of values, or {from: ..., to: ...}"
        raise ValueError(f"{axis.name} is varied over {how}, and not {written!r:.60}")
    return _range(axis, written)


def _range(axis: Axis, written: Mapping[str, Any]) -> Range:
    unknown = set(written) - {"from", "to", "scale", "steps"}
    if unknown:
        raise ValueError(f"a range has from, to, scale and steps; it has no {sorted(unknown)[0]!r}")
    low, high = (float(axis.value(written[end])) for end in ("from", "to"))
    if not low < high:
        raise ValueError(f"{axis.name} goes from {low:g} to {high:g}; the first must be the smaller")
    scale = written.get("scale", "linear")
    if scale not in ("linear", "log") or (scale == "log" and (low <= 0 or axis.whole)):
        raise ValueError(f"scale is linear or log, and log needs numbers above 0 that are not whole; got {scale!r}")
    steps = written.get("steps")
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= 10_000):
        raise ValueError(f"steps={steps!r}: a grid takes 2 places or more")
    return Range(low, high, scale, steps, axis.whole)
