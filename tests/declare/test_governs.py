"""Which parameter governs an effect, and rebuilding a transform with another value of it."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest

from domainaug._albumentations import A
from domainaug.declare import GOVERNS, declare, parameter_for, parameter_value, with_parameter
from domainaug.effects import EFFECTS
from domainaug.errors import UnknownName
from domainaug.generators import Frame

sys.path.insert(0, str(Path(__file__).parent))
from instances import INSTANCES, label

FRAME = Frame(256, 256, 3)


@pytest.mark.parametrize("name", GOVERNS)
def test_the_table_names_parameters_and_effects_that_exist(name):
    legal = inspect.signature(getattr(A, name).__init__).parameters
    assert set(GOVERNS[name].values()) <= set(legal)
    assert set(GOVERNS[name]) <= set(EFFECTS)


@pytest.mark.parametrize("transform", INSTANCES, ids=label)
def test_a_rebuilt_transform_declares_the_same(transform):
    again = with_parameter(transform, "p", 0.25)
    assert type(again) is type(transform)
    assert again.p == 0.25
    assert dict(declare(again, FRAME).effects(FRAME)) == dict(declare(transform, FRAME).effects(FRAME))


@pytest.mark.parametrize(
    ("transform", "effect", "value", "expected"),
    [
        (A.Rotate(45), "rotation", (-10, 10), 10),
        (A.Affine(rotate=(-30, 30)), "rotation", (-5, 5), 5),
        (A.RandomBrightnessContrast(), "brightness", 0.05, 0.05 + 0.1),
        (A.HueSaturationValue(), "hue", (-4, 4), 8),
        (A.GaussNoise(), "noise", (0.01, 0.02), 0.02),
    ],
)
def test_the_governing_parameter_moves_the_effect(transform, effect, value, expected):
    before = declare(transform, FRAME).effects(FRAME)[effect]
    changed = with_parameter(transform, parameter_for(transform, effect)[0], value)
    after = declare(changed, FRAME).effects(FRAME)[effect]
    assert after.high == pytest.approx(expected, rel=0.02)
    assert after.high < before.high


def test_a_parameter_that_stands_for_two_moves_both():
    with pytest.warns(UserWarning, match="special case of Affine"):
        transform = A.ShiftScaleRotate(shift_limit=0.2)
    assert parameter_for(transform, "shift") == ("shift_limit",)
    assert parameter_value(transform, "shift_limit") == (-0.2, 0.2)
    changed = with_parameter(transform, "shift_limit", (-0.01, 0.01))
    assert declare(changed, FRAME).effects(FRAME)["shift"].high == pytest.approx(0.01)


def test_only_parameters_in_force_are_offered():
    assert parameter_for(A.Affine(translate_px=(-5, 5)), "shift") == ("translate_px",)
    assert parameter_for(A.Affine(translate_percent=(-0.1, 0.1)), "shift") == ("translate_percent",)
    assert parameter_for(A.HorizontalFlip(), "mirror_horizontal") == ()


def test_a_wrong_name_gets_the_nearest_right_one():
    with pytest.raises(UnknownName, match=r"Rotate: no parameter is called 'limits'; did you mean 'limit'\?"):
        with_parameter(A.Rotate(), "limits", 3)


def test_a_value_albumentations_refuses_is_refused():
    with pytest.raises(ValueError, match="std_range"):
        with_parameter(A.GaussNoise(), "std_range", (2, 3))
