"""The maps of a call, asked for afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import LabelError
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.resample import resample_volume
from domainaug.kernels.volume_map import VolumeMap
from domainaug.kernels.warp import warp
from domainaug.pipeline import Pipeline
from domainaug.pipeline.motion import motion_of
from domainaug.pipeline.slices import drawn_for_slices
from domainaug.transforms import Deform, Gamma, VolumeAffine


def smooth(*shape: int) -> np.ndarray:
    axes = np.meshgrid(*(np.linspace(0, 3, n) for n in shape), indexing="ij")
    return (0.5 + 0.4 * np.sin(sum((n + 1) * axis for n, axis in enumerate(axes)))).astype(np.float32)


def test_the_maps_of_a_picture_are_what_was_done_to_it() -> None:
    picture = smooth(40, 50)
    steps = [A.HorizontalFlip(p=1), A.RandomBrightnessContrast(p=1), A.Affine(rotate=(20, 20), p=1)]
    pipeline = Pipeline([*steps, A.Crop(5, 6, 35, 36, p=1)], seed=1, value_range=(0, 1))
    pipeline(image=picture)
    maps = motion_of(pipeline, (40, 50))
    assert [type(one) for one in maps] == [PixelMap] * 3
    assert maps[-1].shape == (30, 30)
    geometric = Pipeline(
        [A.HorizontalFlip(p=1), A.Affine(rotate=(20, 20), p=1), A.Crop(5, 6, 35, 36, p=1)], seed=1, value_range=(0, 1)
    )
    wanted = geometric(image=picture)["image"]
    whole = maps[0].then(maps[1]).then(maps[2])
    np.testing.assert_allclose(warp(picture, whole)[3:-3, 3:-3], wanted[3:-3, 3:-3], atol=2e-3)


def test_the_maps_of_a_volume_are_what_was_done_to_it() -> None:
    volume = smooth(12, 30, 28)
    pipeline = Pipeline(
        [A.VerticalFlip(p=1), VolumeAffine(rotate=[(4, 4), (3, 3), (10, 10)], p=1), Deform(displacement_px=2.0, p=1)],
        seed=2, value_range=(0, 1),
    )  # fmt: skip
    out = pipeline(volume=volume, spacing=(2.0, 1.0, 1.0))["volume"]
    first, *others = motion_of(pipeline, volume.shape)
    assert isinstance(first, PixelMap)
    whole = VolumeMap.from_plane(first, 12).then(others[0]).then(others[1])
    np.testing.assert_allclose(resample_volume(volume, whole)[2:-2, 4:-4, 4:-4], out[2:-2, 4:-4, 4:-4], atol=0.03)


def test_what_keeps_its_place_has_no_map() -> None:
    pipeline = Pipeline([Gamma(p=1), A.GaussNoise(p=1), A.HorizontalFlip(p=0)], seed=1, value_range=(0, 1))
    pipeline(image=smooth(20, 20))
    assert motion_of(pipeline, (20, 20)) == ()


def test_a_call_that_went_slice_by_slice_has_maps_too() -> None:
    pipeline = Pipeline([A.Affine(rotate=(7, 7), p=1)], seed=1, value_range=(0, 1))
    each = drawn_for_slices(
        pipeline, (4, 20, 20), np.dtype("float32"), key="a", copy=0, value_range=(0, 1), fill=0.0, spacing=None
    )
    assert each is not None
    (one,) = motion_of(pipeline, (4, 20, 20))
    assert one.shape == (20, 20)


def test_a_motion_that_is_no_map_is_refused() -> None:
    pipeline = Pipeline([A.GridDropout(p=0), A.RandomGridShuffle(p=1)], seed=1, value_range=(0, 1))
    with pytest.raises(LabelError, match="was not called"):
        motion_of(pipeline, (20, 20))
    pipeline(image=smooth(20, 20))
    with pytest.raises(LabelError, match="RandomGridShuffle moved"):
        motion_of(pipeline, (20, 20))
