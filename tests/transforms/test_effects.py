"""What our transforms do lies inside what they declare: seen on pictures, and told of single draws."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check.measured import Output, make_probe, measure_draw
from domainaug.effects import EFFECTS
from domainaug.generators import Frame

sys.path.insert(0, str(Path(__file__).parent))
from examples import EXAMPLES, named

FRAME, GRAY = Frame(256, 256, 3), Frame(256, 256, 1)
METER = {"field_of_view": 0.03, "outside": 0.005, "duplicated": 0.015}
"""How far off the meter itself may be, as in tests/declare/test_measured_inside_declared.py."""

HOLES = frozenset(("Collimation",))
"""A disc that is hidden is read as a change of tone: of these, only where things are and what is seen."""

UNDER_HOLES = frozenset(("rotation", "scale", "aspect", "shear", "shift", "local_warp", "outside", "field_of_view"))

ASIDE = ("VolumeAffine", "Reorient", "DrawDefect", "PasteDefect", "SyntheticAnomaly")
PICTURES = [each for each in EXAMPLES if type(each).__name__ not in ASIDE]
"""Reorienting turns the array and nothing in the patient: no effect, though a meter that sees arrays reads one. Defects
are drawn into the masks that the meter reads places from."""


@pytest.fixture(scope="module")
def probes():
    return {frame: make_probe(frame, dtype="uint8") for frame in (FRAME, GRAY)}


def frame_for(transform):
    return GRAY if getattr(transform, "gray", False) else FRAME


def seen_beyond(transform, probe, draws):
    """Return a line for each effect that was seen where the transform does not declare it."""
    allowed = transform.declare_effects(probe.frame).effects(probe.frame)
    alone = A.Compose([transform], seed=1)
    places = [mask.astype(np.uint16) for mask in probe.masks]  # as labels; floats would be taken for coverage
    beyond = []
    for _ in range(draws):
        out = alone(image=probe.image, masks=places)
        seen = measure_draw(probe, Output(out["image"], tuple(mask.astype(np.float32) for mask in out["masks"])))
        for name, value in seen.present().items():
            if type(transform).__name__ in HOLES and name not in UNDER_HOLES:
                continue
            declared = allowed.get(name, EFFECTS[name].still)
            if value not in declared.widened(EFFECTS[name].absent + METER.get(name, 0.0) + 1e-9):
                beyond.append(f"{name} was {value:.4g}, declared {declared}")
    return beyond


@pytest.mark.slow
@pytest.mark.parametrize("transform", PICTURES, ids=named)
def test_what_is_measured_lies_inside_what_is_declared(transform, probes):
    assert seen_beyond(transform, probes[frame_for(transform)], 30) == []


def one_draw(transform, seed, volume):
    """Return the parameters of one application to a 256 x 256 picture, or to 24 slices of them."""
    channels = (3,) * (frame_for(transform).channels > 1)
    data = {"volume": np.zeros((24, 256, 256), np.uint8)} if volume else {}
    data |= {} if volume else {"image": np.zeros((256, 256, *channels), np.uint8)}
    transform.set_random_seed(seed)
    params = transform.update_transform_params(params=transform.get_params(), data=data)
    return {**params, **transform.get_params_dependent_on_data(params, data)}


@pytest.mark.parametrize("transform", EXAMPLES, ids=named)
def test_what_a_draw_is_told_to_have_done_lies_inside_what_is_declared(transform):
    volume = type(transform).__name__ == "VolumeAffine"
    frame = Frame(256, 256, 1 if volume else frame_for(transform).channels, volume=volume)
    allowed = transform.declare_effects(frame).effects(frame)
    for seed in range(40):
        told = transform.drawn_effects(one_draw(transform, seed, volume), frame).effects(frame)
        for name, interval in told.items():
            least = allowed.get(name, EFFECTS[name].still).widened(EFFECTS[name].absent)
            assert interval in least, (name, seed)
