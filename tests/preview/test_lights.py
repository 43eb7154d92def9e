import numpy as np
import pytest

from domainaug.errors import DomainAugError
from domainaug.preview.lights import FINISHES, LIGHTS, ON_SURFACES, under_lights
from domainaug.scenario.simulator import simulator_named


def test_one_defect_in_each_light():
    found = under_lights("scratch", {"length_mm": 5.0, "width_mm": 0.3}, seed=2, side=64)
    assert tuple(one.light for one in found) == LIGHTS
    assert {one.picture.shape for one in found} == {(64, 64, 3)}
    assert not np.array_equal(found[0].picture, found[1].picture)
    assert max(one.contrast for one in found) > 0.7


def test_what_a_plate_cannot_have_is_told():
    with pytest.raises(DomainAugError, match="a pore needs a photograph"):
        under_lights("pore", {})


def test_names_are_those_of_the_simulator():
    legal = {axis.name: axis.choices for axis in simulator_named("surface").axes}
    assert set(FINISHES) == set(legal["finish"])
    assert set(LIGHTS) < set(legal["light"])
    assert set(ON_SURFACES) == set(legal["defect"]) - {"none"}
