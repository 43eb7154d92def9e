"""Places and turns are CARLA's, and come to the street's axes and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector, from_street, to_street
from hypothesis import given
from hypothesis import strategies as st

ANGLES = st.floats(-179.0, 179.0)
METERS = st.floats(-500.0, 500.0)
TRANSFORMS = st.builds(
    Transform,
    st.builds(Vector, METERS, METERS, METERS),
    st.builds(Rotation, st.floats(-89.0, 89.0), ANGLES, ANGLES),
)


@given(TRANSFORMS)
def test_a_transform_is_the_official_clients(transform: Transform) -> None:
    carla = pytest.importorskip("carla", reason="the wheel of CARLA's client is not installed for this Python")
    theirs = carla.Transform(carla.Location(*transform.location), carla.Rotation(*transform.rotation))
    np.testing.assert_allclose(transform.matrix, theirs.get_matrix(), atol=2e-4)
    ahead = theirs.get_forward_vector()
    np.testing.assert_allclose(transform.forward, (ahead.x, ahead.y, ahead.z), atol=1e-5)


@given(TRANSFORMS, TRANSFORMS)
def test_what_hangs_on_something_is_moved_and_turned_with_it(parent: Transform, child: Transform) -> None:
    whole = parent @ child
    np.testing.assert_allclose(whole.matrix, parent.matrix @ child.matrix, atol=1e-4)
    np.testing.assert_allclose(parent.point(child.location), whole.location, atol=1e-4)


@pytest.mark.parametrize("pitch", [-90.0, 90.0])
def test_straight_up_and_down_keep_where_they_look(pitch: float) -> None:
    transform = Transform(Vector(1, 2, 3), Rotation(pitch, 30.0, 0.0))
    np.testing.assert_allclose(Transform.of_matrix(transform.matrix).matrix, transform.matrix, atol=1e-6)


def test_left_on_the_street_is_negative_y_and_counterclockwise_is_negative_yaw() -> None:
    there = from_street(10.0, 4.0, 0.5, math.pi / 2)
    assert there.location == (10.0, -4.0, 0.5)
    assert there.rotation.yaw == pytest.approx(-90.0)
    back = to_street(there)
    np.testing.assert_allclose(back[:3, 3], [10.0, 4.0, 0.5], atol=1e-9)
    np.testing.assert_allclose(back[:3, 0], [0.0, 1.0, 0.0], atol=1e-9)  # looks along +y of the street
    assert np.linalg.det(back[:3, :3]) == pytest.approx(1.0)
