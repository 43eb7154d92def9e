"""Boxes overlap where polygons do."""

from __future__ import annotations

import math

import cv2
import numpy as np
from domainaug_simulators.carla_server.world.frames import Box, Rotation, Transform, Vector
from domainaug_simulators.carla_server.world.solids import Solid, Solids, overlap, solid_of
from hypothesis import assume, given
from hypothesis import strategies as st

PLACES, HALVES = st.floats(-4.0, 4.0), st.floats(0.2, 3.0)
SOLIDS = st.builds(
    Solid, x=PLACES, y=PLACES, z=st.just(0.0), length=HALVES, width=HALVES, height=st.just(1.0),
    yaw=st.floats(-3.0, 3.0),
)  # fmt: skip


def _rectangle(one: Solid, more: float) -> tuple[tuple[float, float], tuple[float, float], float]:
    return (one.x, one.y), (2 * (one.length + more), 2 * (one.width + more)), math.degrees(one.yaw)


@given(SOLIDS, SOLIDS)
def test_two_overlap_where_their_outlines_do(one: Solid, other: Solid) -> None:
    less, more = (
        cv2.rotatedRectangleIntersection(_rectangle(one, by), _rectangle(other, by))[0] for by in (-0.02, 0.02)
    )
    assume(bool(less) == bool(more))  # and is not just about to touch
    assert overlap(one, other) == overlap(other, one) == bool(less)


def test_one_above_the_other_does_not_overlap() -> None:
    low, high = Solid(0, 0, 0, 1, 1, 1, 0.0), Solid(0, 0, 2.5, 1, 1, 1, 0.0)
    assert not overlap(low, high)


def test_a_box_is_turned_with_what_it_is_about() -> None:
    solid = solid_of(Transform(Vector(10, 5, 0), Rotation(0, 90, 0)), Box(Vector(2, 0, 1), Vector(2, 1, 1)))
    np.testing.assert_allclose((solid.x, solid.y, solid.z), (10, 7, 1), atol=1e-9)
    assert solid.yaw == math.radians(90)


def test_what_is_near_is_found_and_what_is_hit_is_named() -> None:
    walls = Solids([Solid(20.0 * i, 0, 0, 1, 8, 1, 0.0, tag=i) for i in range(5)])
    assert [one.tag for one in walls.near(40, 0, 3)] == [2]
    hit = walls.hit(Solid(58.5, 6, 0, 1, 1, 1, 0.3))
    assert hit is not None
    assert hit.tag == 3
    assert walls.hit(Solid(50, 0, 0, 2, 1, 1, 0.0)) is None
    assert Solids([]).hit(Solid(0, 0, 0, 1, 1, 1, 0.0)) is None
