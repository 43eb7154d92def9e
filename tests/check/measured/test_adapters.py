"""Callables are called the way they want to be."""

from __future__ import annotations

import random
import sys
import types

import numpy as np
import pytest
from PIL import Image

from domainaug._albumentations import A
from domainaug.check.measured import measure
from domainaug.generators import Frame

FRAME = Frame(128, 128, 3)


def arrays_only(image):
    if not isinstance(image, np.ndarray):
        raise TypeError("an array, please")
    return image[:, ::-1].copy()


def pil_only(image):
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def pil_to_channels_first(image):
    flipped = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(flipped, np.float32).transpose(2, 0, 1) / 255


def pair(image, mask):
    return image[:, ::-1].copy(), mask[:, ::-1].copy()


def keyword_pair(*, image, mask):
    return {"image": image[:, ::-1].copy(), "mask": mask[:, ::-1].copy()}


def keyword(*, image):
    return {"image": image[:, ::-1].copy()}


def dictionary(sample):
    return {"image": sample["image"][:, ::-1].copy()}


def first_of_two(image):
    return image[:, ::-1].copy(), {"anything": 1}


@pytest.mark.parametrize(
    ("target", "style", "labeled"),
    [
        (arrays_only, "image", False),
        (first_of_two, "image", False),
        (pair, "image and mask", True),
        (keyword_pair, "image= and mask=", True),
        (keyword, "image=", False),
        (dictionary, "dictionary", False),
        (pil_only, "PIL image", False),
        (pil_to_channels_first, "PIL image", False),
        (A.HorizontalFlip(p=1), "image= and masks=", True),
        (
            A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("coco", label_fields=["c"])),
            "image= and masks=",
            True,
        ),
    ],
)
def test_the_style_is_found_and_the_mirror_seen(target, style, labeled):
    seen = measure(target, frame=FRAME, draws=5)
    assert (seen.style, seen.labeled) == (style, labeled)
    assert set(seen.ranges) == {"mirror_horizontal"}


def test_gray_pictures_get_a_channel_axis_when_they_need_one():
    def needs_three_axes(image):
        assert len(image.shape) == 3
        return image[:, ::-1].copy()

    seen = measure(needs_three_axes, frame=Frame(128, 128, 1), draws=5)
    assert seen.style == "image with a channel axis"
    assert set(seen.ranges) == {"mirror_horizontal"}


def test_labels_can_be_kept_from_a_callable():
    seen = measure(A.HorizontalFlip(p=1), frame=FRAME, draws=5, masks=False)
    assert seen.style == "image="
    assert not seen.labeled
    assert set(seen.ranges) == {"mirror_horizontal"}


def test_a_class_of_a_library_with_channels_first_is_called_that_way():
    # By its module alone: an array of rows first would pass without a word and be mirrored along the wrong axis.
    module = types.ModuleType("monai.transforms")

    class RandFlip:
        def __call__(self, image):
            assert image.shape[0] == 3
            return image[:, ::-1].copy()  # its readers put x before y

    RandFlip.__module__ = module.__name__
    seen = measure(RandFlip(), frame=FRAME, draws=5)
    assert seen.style == "MONAI array"
    assert set(seen.ranges) == {"mirror_horizontal"}


@pytest.mark.parametrize(("keys", "labeled"), [(("img", "seg"), True), (("t1",), False)])
def test_a_dictionary_of_that_library_has_the_keys_its_steps_name(keys, labeled):
    class RandFlipd:
        def __init__(self):
            self.keys = keys

        def __call__(self, data):
            assert set(data) == set(keys)
            return {key: data[key][:, ::-1].copy() for key in keys}

    RandFlipd.__module__ = "monai.transforms"
    seen = measure(RandFlipd(), frame=FRAME, draws=5)
    assert (seen.style, seen.labeled) == ("MONAI dictionary", labeled)
    assert set(seen.ranges) == {"mirror_horizontal"}


def test_one_that_acts_now_and_then_is_not_taken_for_what_passes_it_in_silence():
    def box(image):
        return np.ascontiguousarray(image[:, ::-1]) if random.random() < 0.02 else image

    for seed in range(3):
        assert measure(box, frame=FRAME, draws=5, seed=seed).style == "image"


def test_one_that_raises_now_and_then_is_still_measured():
    def fragile(image):
        if random.random() < 0.2:
            raise ValueError("not today")
        return image if random.random() < 0.5 else arrays_only(image)

    for seed in range(4):
        seen = measure(fragile, frame=FRAME, draws=20, seed=seed)
        assert [problem.kind for problem in seen.problems] == ["raises"]
        assert set(seen.ranges) == {"mirror_horizontal"}


def test_a_callable_that_lets_arrays_through_untouched_is_tried_with_pil():
    def only_changes_pil(image):
        return pil_only(image) if isinstance(image, Image.Image) else image

    seen = measure(only_changes_pil, frame=FRAME, draws=5)
    assert seen.style == "PIL image"
    assert set(seen.ranges) == {"mirror_horizontal"}


def test_torch_is_never_imported_for_it():
    measure(arrays_only, frame=FRAME, draws=3)
    assert "torch" not in sys.modules
