"""The list of rows: which function knows what a transform class does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from domainaug._albumentations import A
from domainaug.effects import EFFECTS, Needs
from domainaug.generators import Frame, Generators

__all__ = ["Reader", "Row", "declare", "declared_names", "reader_of", "reads", "row"]

Row = Callable[[Any, Frame], Generators]
"""What a transform does when it runs, in a frame. Transforms carry their parameters as plain attributes."""

Reader = Callable[[Any, Mapping[str, Any], Frame, "float | None"], "Generators | None"]
"""What one draw of a transform did, from its parameters and the brightest value of its array; None if unreadable."""

_FAMILIES = ("geometry", "crops", "warps", "hiding", "tone", "color", "noise", "sharpness", "weather", "volumes")
_READING = ("moved", "altered", "cube")
_ROWS: dict[type, Row] = {}
_READERS: dict[type, Reader] = {}


def row(*names: str) -> Callable[[Row], Row]:
    """Register a function as the row of these albumentations classes."""

    def register(function: Row) -> Row:
        for name in names:
            _ROWS[getattr(A, name)] = function
        return function

    return register


def reads(*names: str) -> Callable[[Reader], Reader]:
    """Register a function as the reader of the draws of these albumentations classes."""

    def register(function: Reader) -> Reader:
        for name in names:
            _READERS[getattr(A, name)] = function
        return function

    return register


def reader_of(transform: A.BasicTransform) -> Reader | None:
    """Return what reads one draw of `transform` off its parameters, if anything does."""
    _load()
    return _READERS.get(type(transform))


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
    for family in (*_FAMILIES, *_READING):
        import_module(f"domainaug.declare.{family}")
