"""One draw read off its parameters lies inside what its transform declares, and is what it did."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.declare import declare, drawn
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators

sys.path.insert(0, str(Path(__file__).parent))
from instances import INSTANCES, UNMEASURED, label

FRAME = Frame(256, 256, 3)
BOXES = {"AtLeastOneBBoxRandomCrop", "BBoxSafeRandomCrop", "RandomCropNearBBox", "RandomSizedBBoxSafeCrop"}
STACK = Frame(9, 9, volume=True)
DEAR = {"PiecewiseAffine", "ThinPlateSpline"}
DRAWABLE = [t for t in INSTANCES if type(t).__name__ not in UNMEASURED - BOXES]


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    rough = np.random.default_rng(0).random((256, 256, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(rough, (0, 0), 3)
    return (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)


def one_draw(transform: A.BasicTransform, picture: np.ndarray) -> dict[str, Any]:
    data: dict[str, Any] = {
        "image": picture,
        "mask": (picture[..., 0] > 128).astype(np.uint8),
        "bboxes": np.array([[0.3, 0.3, 0.6, 0.5]]),
        "cropping_bbox": [60, 60, 160, 140],
    }
    params = transform.update_transform_params(transform.get_params(), data)
    return {**params, **transform.get_params_dependent_on_data(params, data)}


def span(found: Generators, name: str) -> tuple[float, float]:
    interval = found.effects(FRAME).get(name, EFFECTS[name].still)
    return interval.low, interval.high


@pytest.mark.parametrize("transform", DRAWABLE, ids=label)
def test_a_draw_lies_inside_what_is_declared(transform, picture):
    declared = declare(transform, FRAME).effects(FRAME)
    transform.set_random_seed(3)
    cv2.setRNGSeed(3)
    for _ in range(3 if type(transform).__name__ in DEAR else 15):
        one = drawn(transform, one_draw(transform, picture), FRAME)
        for name, interval in one.effects(FRAME).items():
            allowed = declared.get(name, EFFECTS[name].still).widened(EFFECTS[name].absent)
            assert interval in allowed, (name, interval, allowed)


@pytest.mark.parametrize(
    "name",
    [
        *("HorizontalFlip", "VerticalFlip", "Transpose", "D4", "RandomRotate90", "Rotate", "Affine", "SafeRotate"),
        *("ShiftScaleRotate", "Perspective", "RandomResizedCrop", "RandomBrightnessContrast", "RandomGamma"),
        *("GaussNoise", "GaussianBlur", "CoarseDropout", "InvertImg", "NoOp"),
    ],
)
def test_common_transforms_are_read_exactly(name, picture):
    transform = next(t for t in INSTANCES if type(t).__name__ == name)
    assert drawn(transform, one_draw(transform, picture), FRAME).exact


def test_what_its_parameters_do_not_tell_is_a_bound():
    found = drawn(A.RandomFog(), {}, FRAME)
    assert not found.exact
    assert found.effects(FRAME) == declare(A.RandomFog(), FRAME).effects(FRAME)


def test_a_bound_is_drawn_in_to_what_was_drawn():
    whole, one = A.ImageCompression(quality_range=(5, 100)), {"quality": 90, "image_type": ".jpg"}
    assert span(drawn(whole, one, FRAME), "compression")[1] < 0.12 < span(declare(whole, FRAME), "compression")[1]
    assert whole.quality_range == (5, 100)
    one = {"hue_shift": 3.0, "sat_shift": 0.0, "val_shift": 0.0}
    assert span(drawn(A.HueSaturationValue(), one, FRAME), "hue") == (6, 6)


def test_what_nobody_knows_stays_unknown():
    class Mine(A.HorizontalFlip):
        pass

    assert drawn(Mine(), {}, FRAME) is None


def test_a_transform_that_speaks_for_itself_is_believed():
    class Ours(A.ImageOnlyTransform):
        def drawn_effects(self, params: dict[str, Any], frame: Frame) -> Generators:
            return Generators.bounds(noise=Interval(params["size"], params["size"]))

    assert span(drawn(Ours(), {"size": 0.25}, FRAME), "noise") == (0.25, 0.25)


@pytest.mark.parametrize(("beta", "top"), [(0.1, 1.0), (25.5, 255.0), (0.1, None), (25.5, None)])
def test_offsets_count_in_the_units_of_the_array(beta, top):
    transform = A.RandomBrightnessContrast(brightness_limit=0.2)
    found = drawn(transform, {"alpha": 1.0, "beta": beta}, FRAME, top=top)
    assert span(found, "brightness") == pytest.approx((0.1, 0.1))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_noise_counts_in_the_units_of_the_array(dtype, picture):
    transform = A.GaussNoise(std_range=(0.05, 0.05), p=1)
    image = picture if dtype == np.uint8 else (picture / 255).astype(np.float32)
    assert span(drawn(transform, one_draw(transform, image), FRAME), "noise")[0] == pytest.approx(0.05, rel=0.05)


def test_holes_are_counted_where_they_overlap():
    params = {"holes": np.array([[0, 0, 128, 128], [64, 64, 192, 192]]), "shape": (256, 256, 3)}
    assert span(drawn(A.CoarseDropout(), params, FRAME), "occlusion") == pytest.approx((7 / 16, 7 / 16))


def test_a_kernel_is_measured_like_a_picture():
    streak = np.zeros((9, 9))
    streak[4] = 1 / 9
    found = drawn(A.MotionBlur(), {"kernel": streak}, FRAME)
    assert span(found, "motion_blur")[1] == pytest.approx(9, rel=0.01)
    assert span(found, "blur") == pytest.approx((0, 0), abs=1e-6)
    aside = np.zeros((9, 9))
    aside[4, 8] = 1
    assert span(drawn(A.MotionBlur(), {"kernel": aside}, FRAME), "misregistration") == pytest.approx((4, 4))


def test_the_size_of_the_image_is_taken_from_the_draw():
    params = {"crop_coords": (0, 0, 50, 100), "pad_params": None, "shape": (100, 100, 3)}
    assert span(drawn(A.RandomCrop(100, 50), params, FRAME), "field_of_view") == (0.5, 0.5)


def test_a_field_that_only_turns_is_a_turn():
    angle = np.radians(10)
    x, y = np.meshgrid(np.arange(256.0) - 127.5, np.arange(256.0) - 127.5)
    params = {  # where each output pixel looks: the turn backwards, with y down
        "map_x": np.cos(angle) * x - np.sin(angle) * y + 127.5,
        "map_y": np.sin(angle) * x + np.cos(angle) * y + 127.5,
    }
    found = drawn(A.ElasticTransform(), params, FRAME)
    assert span(found, "rotation") == pytest.approx((10, 10), abs=0.01)
    assert span(found, "local_warp")[1] < 1e-6
    assert span(found, "outside")[1] == pytest.approx(
        declare(A.Rotate((10, 10)), FRAME).ranges["outside"].high, abs=0.02
    )


def test_a_wave_is_a_warp():
    x, y = np.meshgrid(np.arange(256.0), np.arange(256.0))
    params = {"map_x": x + 5 * np.sin(y / 10), "map_y": y}
    found = drawn(A.ElasticTransform(), params, FRAME)
    assert span(found, "local_warp")[1] == pytest.approx(5 / 256, rel=0.1)
    assert span(found, "rotation") == pytest.approx((0, 0), abs=0.5)


def test_every_symmetry_of_a_cube_is_told_apart():
    whole = declare(A.CubicSymmetry(), STACK).effects(STACK)
    seen = set()
    for index in range(48):
        found = drawn(A.CubicSymmetry(), {"index": index, "volume_shape": (9, 9, 9)}, STACK)
        told = found.effects(STACK)
        assert all(interval in whole[name] for name, interval in told.items())
        seen.add(tuple(sorted((name, interval.low) for name, interval in told.items())))
    assert drawn(A.CubicSymmetry(), {"index": 0}, STACK).effects(STACK) == {}
    assert len(seen) > 15


def test_a_slice_turned_over_is_tilted_by_180_degrees():
    volume = np.arange(27, dtype=np.float32).reshape(3, 3, 3)
    moved = A.augmentations.transforms3d.functional.transform_cube
    for index in range(48):
        out = moved(volume, index)
        tilt = drawn(A.CubicSymmetry(), {"index": index}, STACK).ranges["tilt"].low
        whole_slices = {frozenset(plane.ravel()) for plane in volume} == {frozenset(plane.ravel()) for plane in out}
        assert whole_slices == (tilt in (0, 180))
