"""The procedural thorax: anatomy where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.radiograph.thorax import SEGMENTS, Body, thorax


@pytest.fixture(scope="module")
def body():
    return thorax(0, 3.0, nodules=2)


def middle(body, number):
    places = np.argwhere(body.labels == number)[:, ::-1]
    return places.mean(axis=0) @ body.matrix[:3, :3].T + body.matrix[:3, 3]


def liters(body, *numbers):
    return np.isin(body.labels, numbers).sum() * 3.0**3 / 1e6


def test_every_structure_is_there(body):
    assert set(np.unique(body.labels)) == {0, *SEGMENTS}


def test_the_heart_is_on_the_left_and_in_front_the_spine_behind(body):
    assert middle(body, 3)[0] > 5
    assert middle(body, 3)[1] < 0
    assert middle(body, 6)[1] > 50
    assert middle(body, 10)[1] < -60
    assert middle(body, 1)[0] > 40
    assert middle(body, 2)[0] < -40


def test_sizes_are_those_of_an_adult(body):
    assert 3.5 < liters(body, 1, 2) < 7.0
    assert liters(body, 2) > liters(body, 1) * 0.95  # the heart takes from the left lung
    assert 0.4 < liters(body, 3) < 1.0


def test_tissues_have_the_values_of_a_ct(body):
    def values(number):
        return np.median(body.hounsfield[body.labels == number])

    assert -950 < values(1) < -750
    assert 20 < values(3) < 70
    assert values(5) < -700  # voxels are a third as wide as the trachea
    assert values(7) > 200
    assert body.hounsfield[0, 0, 0] == -1000


def test_landmarks_are_in_or_at_what_they_name(body):
    def near(name, number):
        places = np.argwhere(body.labels == number)[:, ::-1] @ body.matrix[:3, :3].T + body.matrix[:3, 3]
        return np.linalg.norm(places - np.array(body.landmarks[name]), axis=1).min()

    assert near("left apex", 1) < 3
    assert near("right costophrenic angle", 2) < 3
    assert near("carina", 5) < 12
    assert near("aortic knob", 4) < 8
    assert near("T6", 6) < 8


def test_a_seed_is_a_body():
    one, again, other = thorax(4, 9.0, 1), thorax(4, 9.0, 1), thorax(5, 9.0, 1)
    assert np.array_equal(one.hounsfield, again.hounsfield)
    assert np.array_equal(one.labels, again.labels)
    assert not np.array_equal(one.labels, other.labels)
    assert Body.drawn(5) == Body.drawn(5) != Body.drawn(6)


def test_nodules_lie_in_lungs_and_there_are_none_unless_asked_for(body):
    assert not (thorax(3, 9.0).labels == 11).any()
    alone = thorax(0, 3.0)
    beneath = alone.labels[body.labels == 11]
    assert np.isin(beneath, (1, 2)).mean() > 0.9  # vessels and ribs may run through
