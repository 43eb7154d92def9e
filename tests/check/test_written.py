"""A pipeline as Python: short, valid, and the same pipeline again when it is read."""

import ast

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check import load_target
from domainaug.check.clamp import tidy, without_ghosts
from domainaug.check.saved import saved_text
from domainaug.check.written import python_of
from domainaug.pipeline import Pipeline

STEPS = [
    A.OneOf([A.Rotate(limit=5, p=0.4), A.Blur(blur_limit=(3, 5))], p=0.3),
    A.SomeOf([A.NoOp(), A.RandomGamma(gamma_limit=(90, 110))], n=1, replace=True),
    A.Affine(scale=(0.9, 1.1), rotate=(-3, 3), translate_percent={"x": (-0.1, 0.1), "y": (0, 0)}, p=0.7),
    A.RandomBrightnessContrast(brightness_limit=0.1, contrast_limit=0.2),
]


def again(pipeline, tmp_path):
    (tmp_path / "printed.py").write_text(python_of(pipeline))
    return load_target(f"{tmp_path / 'printed.py'}:pipeline").value


def test_only_what_differs_from_defaults_is_written():
    code = python_of(A.Compose([A.HorizontalFlip(), A.Rotate(limit=45, p=1)]), "train")
    assert code == (
        "import albumentations as A\n\ntrain = A.Compose(\n    [\n        A.HorizontalFlip(),\n"
        "        A.Rotate(limit=(-45, 45), p=1),\n    ],\n)\n"
    )


@pytest.mark.parametrize("kind", [A.Compose, Pipeline])
def test_what_is_written_makes_the_same_pipeline(kind, tmp_path):
    given = kind(STEPS, bbox_params=A.BboxParams("coco", label_fields=["names"], min_area=4), p=0.9, seed=3)
    made = again(given, tmp_path)
    assert type(made) is kind
    assert without_ghosts(A.to_dict(made)["transform"]) == without_ghosts(A.to_dict(given)["transform"])


def test_numbers_carry_no_ghosts_of_binary_fractions():
    with pytest.warns(UserWarning, match="Affine"):
        step = A.ShiftScaleRotate(scale_limit=0.1, shift_limit=0.047)
    assert "scale_limit=(-0.1, 0.1)" not in python_of(step)  # the default of the class, and so left out
    for text in (python_of(A.Compose([step])), saved_text(A.Compose([step]), ".json")):
        assert "99999" not in text
        assert "00000" not in text


def test_six_digits_are_kept_and_what_somebody_wrote_stays():
    assert tidy({"x": (0.0470000000004, 1 / 3)}) == {"x": (0.047, 0.333333)}
    assert without_ghosts([1 - 0.9, 0.123456789, np.inf, 3]) == [0.1, 0.123456789, np.inf, 3]


def test_functions_of_a_lambda_stand_as_an_ellipsis():
    def mine(image, **_):
        return image

    code = python_of(A.Compose([A.Lambda(image=mine), A.NoOp()]))
    assert "A.Lambda(...),  # the functions are yours" in code
    ast.parse(code)
