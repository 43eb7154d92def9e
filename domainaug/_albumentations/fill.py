"""The value outside the picture, lent to a transform for one call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from domainaug._albumentations import A

__all__ = ["always_fills_with_zero", "lent_fill", "needs_fill"]


def always_fills_with_zero(leaf: A.BasicTransform) -> bool:
    """Whether `leaf` leaves holes and takes no word on what to fill them with."""
    return isinstance(leaf, A.GridElasticDeform)


def needs_fill(leaf: A.BasicTransform) -> bool:
    """Whether `leaf` fills with the bare 0 of albumentations' default; a fill that somebody chose is theirs."""
    fill = getattr(leaf, "fill", None)
    if isinstance(fill, str) or fill is None:
        return False
    return all(value == 0 for value in fill) if isinstance(fill, tuple | list) else fill == 0


@contextmanager
def lent_fill(leaf: A.BasicTransform, value: float | None) -> Iterator[None]:
    """Let `leaf` fill with `value` within the block; None changes nothing.

    The value has to be on the transform itself: some hand `params["fill"]` on, others read `self.fill`.
    """
    if value is None or not hasattr(leaf, "fill"):
        yield
        return
    before = leaf.fill
    leaf.fill = value
    try:
        yield
    finally:
        leaf.fill = before
