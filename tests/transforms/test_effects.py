"""What our transforms do lies inside what they declare: seen on pictures, and told of single draws."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import make_probe
from domainaug.effects import EFFECTS
from domainaug.generators import Frame

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "declare")]
from examples import EXAMPLES, named
from test_measured_inside_declared import outside_of_declared

FRAME = Frame(256, 256, 3)
PICTURES = [each for each in EXAMPLES if type(each).__name__ != "VolumeAffine"]


@pytest.fixture(scope="module")
def probe():
    return make_probe(FRAME, dtype="uint8")


@pytest.mark.slow
@pytest.mark.parametrize("transform", PICTURES, ids=named)
def test_what_is_measured_lies_inside_what_is_declared(transform, probe):
    assert outside_of_declared(transform, probe, 30, seed=1) == []


def one_draw(transform, seed, volume):
    """Return the parameters of one application to a 256 x 256 picture, or to 24 slices of them."""
    data = {"volume": np.zeros((24, 256, 256), np.uint8)} if volume else {"image": np.zeros((256, 256, 3), np.uint8)}
    transform.set_random_seed(seed)
    params = transform.update_transform_params(params=transform.get_params(), data=data)
    return {**params, **transform.get_params_dependent_on_data(params, data)}


@pytest.mark.parametrize("transform", EXAMPLES, ids=named)
def test_what_a_draw_is_told_to_have_done_lies_inside_what_is_declared(transform):
    volume = type(transform).__name__ == "VolumeAffine"
    frame = Frame(256, 256, 1 if volume else 3, volume=volume)
    allowed = transform.declare_effects(frame).effects(frame)
    for seed in range(40):
        told = transform.drawn_effects(one_draw(transform, seed, volume), frame).effects(frame)
        for name, interval in told.items():
            least = allowed.get(name, EFFECTS[name].still).widened(EFFECTS[name].absent)
            assert interval in least, (name, seed)
