"""The list of rows: which function knows what a transform class does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from domainaug._albumentations import A
from domainaug.effects import EFFECTS, Needs
from domainaug.generators import Frame, Generators

__all__ = ["Row", "declare", "declared_names", "row"]

Row = Callable[[Any, Frame], Generators]
"""What a transform does when it runs, in a frame. Transforms carry their parameters as plain attributes."""

_FAMILIES = ("geometry", "crops", "warps", "hiding", "tone", "color", "noise", "sharpness", "weather", "volumes")
_ROWS: dict[type, Row] = {}


def row(*names: str) -> Callable[[Row], Row]:
    """Register a function as the row of these albumentations classes."""

    def register(function: Row) -> Row:
        for name in names:
            _ROWS[getattr(A, name)] = function
        return function

    return register


def declare(transform: A.BasicTransform, frame: Frame) -> Generators | None:
    """Return what `transform` does when it runs, or None when nobody knows.

    A transform with a method `declare_effects(frame)` speaks for itself. Of the others only albumentations'
    own classes are known, not what is derived from them: a subclass may do anything.

    Args:
        transform: One transform; its `p` is not looked at.
        frame: The image it works on.
    """
    own = getattr(transform, "declare_effects", None)
    if callable(own):
        said = own(frame)
        assert isinstance(said, Generators)
        return said
    _load()
    known = _ROWS.get(type(transform))
    return _possible(known(transform, frame), frame) if known else None


def _possible(found: Generators, frame: Frame) -> Generators:
    """A gray image has no color to change."""
    if frame.channels > 1:
        return found
    kept = {name: range_ for name, range_ in found.ranges.items() if EFFECTS[name].needs is not Needs.COLOR}
    return replace(found, ranges=kept)


def declared_names() -> frozenset[str]:
    """Return the names of the albumentations classes that have a row."""
    _load()
    return frozenset(known.__name__ for known in _ROWS)


@cache
def _load() -> None:
    for family in _FAMILIES:
        import_module(f"domainaug.declare.{family}")
