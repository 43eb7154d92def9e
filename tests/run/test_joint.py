"""Parts of a sample share a draw: their records become one, and none goes another way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.kernels.maps import PixelMap, Projective
from domainaug.layouts.layout import Sample
from domainaug.run.joint import drawn_jointly


class Pair:
    """Two pictures."""

    names = ("dark", "bright")

    def part(self, number: int) -> Sample:
        return list(self.parts())[number]

    def parts(self) -> Iterator[Sample]:
        for level in (1.0, 2.0):
            yield Sample(image=np.full((3, 4), level, np.float32))

    def joined(self, parts: Iterator[tuple[Sample, Mapping[str, Any]]]) -> Sample:
        return Sample(source=[(part.image, record["moved"]) for part, record in parts])


def turn(degrees: float) -> PixelMap:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return PixelMap((3, 4), (Projective(np.array([[c, -s, 1], [s, c, 2], [0, 0, 1.0]]), (3, 4)),))


def test_counts_add_up_and_every_part_has_its_turn() -> None:
    def draw(part: Sample, number: int) -> Any:
        return part, {"moved": True, "clipped": 3 + number, "saturated": 0, "seed": 7}, (turn(5),)

    joined, record = drawn_jointly(Pair(), draw)
    assert [float(image[0, 0]) for image, _ in joined.source] == [1.0, 2.0]
    assert record == {"moved": True, "clipped": 7, "saturated": 0, "seed": 7, "parts": 2}


def test_parts_that_went_different_ways_are_refused() -> None:
    def draw(part: Sample, number: int) -> Any:
        return part, {"moved": True}, (turn(5 + number),)

    with pytest.raises(ImageError, match="channels or frames"):
        drawn_jointly(Pair(), draw)
