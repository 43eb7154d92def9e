"""One draw for several pictures of one thing: channels of a visit, frames of a scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from domainaug.errors import ImageError
from domainaug.layouts.layout import Jointed, Sample

__all__ = ["drawn_jointly"]

Drawn = tuple[Sample, Mapping[str, Any], tuple[Any, ...]]
"""A part after a call, the record of the call, and its maps."""

_COUNTED = ("clipped", "saturated")


def drawn_jointly(sample: Jointed, draw: Callable[[Sample, int], Drawn]) -> tuple[Sample, Mapping[str, Any]]:
    """Return a copy of a sample of several parts, and its record: that of the first, with the counts of all.

    Args:
        sample: The sample.
        draw: Augments one part, given its number; all with the same draw.

    Raises:
        ImageError: A step looked at pixels to decide where content goes, so that parts went different ways.
    """
    records: list[Mapping[str, Any]] = []
    ways: list[tuple[Any, ...]] = []

    def made() -> Iterator[tuple[Sample, Mapping[str, Any]]]:
        for number, part in enumerate(sample.parts()):
            augmented, record, maps = draw(part, number)
            if ways and not _same(ways[0], maps):
                raise ImageError(
                    "a step looks at the pixels to decide where they go, and took the channels or frames of a case "
                    "apart: leave it out, or give each to a run of its own"
                )
            ways.append(maps)
            records.append(record)
            yield augmented, record

    joined = sample.joined(made())
    whole = dict(records[0])
    for name in _COUNTED:
        if name in whole:
            whole[name] = sum(record.get(name, 0) for record in records)
    if len(records) > 1:
        whole["parts"] = len(records)
    return joined, whole


def _same(one: Any, other: Any) -> bool:
    """Whether two maps, or rows of them, are equal, arrays in them included."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if is_dataclass(one):
        return type(one) is type(other) and all(
            _same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)
        )
    return bool(one == other)
