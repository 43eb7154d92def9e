"""Ours in one pass with their neighbors, against each in a pass of its own and against a plain Compose."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.pipeline import Pipeline
from domainaug.transforms import BiasField, Deform, Gamma, GaussianNoise, VolumeAffine, Window

RANGE = (-700.0, 1300.0)
INNER = (slice(8, -8), slice(20, -20), slice(20, -20))


@pytest.fixture(scope="module")
def volume():
    z, y, x = np.mgrid[:24, :80, :96]
    return (300 * np.sin(x / 12) + 200 * np.cos(y / 9) + 30 * z).astype(np.float32)


TONE = [BiasField(0.2, p=1), Gamma(0.2, p=1), Window(300, 1500), GaussianNoise(10.0, p=1)]


@pytest.mark.parametrize("dtype", ["float32", "int16"])
class TestOnePass:
    def test_values_only(self, volume, dtype):
        one, each = (Pipeline(TONE, seed=3, value_range=RANGE, fused=fused) for fused in (True, False))
        values = volume.astype(dtype)
        together, apart = (pipeline(volume=values, key="a")["volume"] for pipeline in (one, each))
        assert together.dtype == dtype
        assert np.abs(together.astype(float) - apart).max() <= (0.01 if dtype == "float32" else 3.0)
        assert one.record["steps"] == each.record["steps"]

    def test_a_picture(self, volume, dtype):
        steps = [Deform(displacement_px=4, p=1), A.Affine(rotate=(6, 6), p=1), *TONE]
        image, mask = volume[10].astype(dtype), (volume[10] > 300).astype(np.uint8)
        one, each = (Pipeline(steps, seed=3, value_range=RANGE, fused=fused) for fused in (True, False))
        together, apart = (pipeline(image=image, mask=mask, key="a") for pipeline in (one, each))
        apart_by = np.abs(together["image"].astype(float) - apart["image"])[INNER[1:]]
        assert apart_by.max() < 0.02 * 2000  # interpolated twice, a picture is softer
        assert apart_by.mean() < 5
        assert (together["mask"] != apart["mask"])[INNER[1:]].mean() < 0.02

    def test_a_volume(self, volume, dtype):
        steps = [VolumeAffine((4, 4, 8), 0.05, 2.0, p=1), Deform(displacement_px=3, p=1), *TONE]
        values, mask3d = volume.astype(dtype), (volume > 300).astype(np.uint8)
        one, each = (Pipeline(steps, seed=3, value_range=RANGE, fused=fused) for fused in (True, False))
        together, apart = (
            pipeline(volume=values, mask3d=mask3d, key="a", spacing=(2.0, 1.0, 1.0)) for pipeline in (one, each)
        )
        apart_by = np.abs(together["volume"].astype(float) - apart["volume"])[INNER]
        assert apart_by.max() < 0.02 * 2000
        assert apart_by.mean() < 5
        assert (together["mask3d"] != apart["mask3d"])[INNER].mean() < 0.01


def test_a_plain_compose_does_the_same_as_a_pass_of_its_own(volume):
    """The draw of a pipeline, given to the methods that albumentations calls."""
    for step in (VolumeAffine(10, p=1), Deform(displacement_px=4, p=1), *TONE):
        pipeline = Pipeline([step], seed=5, value_range=RANGE, fill=0.0)
        out = pipeline(volume=volume, key="a")["volume"]
        params = pipeline._log.applied[0].params
        by_hand = step.apply_to_volume(volume, **{**params, "fill": 0.0})
        assert np.abs(out - by_hand).max() < 0.01, type(step).__name__


def test_what_comes_from_outside_is_the_pipelines_fill(volume):
    steps = [VolumeAffine((45, 45), 0, p=1)]
    out = Pipeline(steps, seed=1, value_range=RANGE, fill=-650.0)(volume=volume)["volume"]
    assert out[0, 0, 0] == -650.0
    chosen = [VolumeAffine((45, 45), 0, fill=-3.0, p=1)]
    assert Pipeline(chosen, seed=1, value_range=RANGE, fill=-650.0)(volume=volume)["volume"][0, 0, 0] == -3.0


def test_key_points_go_through_every_step(volume):
    steps = [VolumeAffine(20, p=1), Deform(displacement_px=4, p=1)]
    pipeline = Pipeline(steps, seed=2, value_range=(0, 1), keypoint_params=A.KeypointParams("xyz"))
    spot = np.zeros((24, 80, 96), np.float32)
    spot[11:14, 39:42, 49:52] = 1
    out = pipeline(volume=spot, keypoints=[(50, 40, 12)])
    where = [float((each * out["volume"]).sum() / out["volume"].sum()) for each in np.mgrid[:24, :80, :96]]
    assert np.allclose(out["keypoints"][0], where[::-1], atol=0.3)


class TestWhatAPipelineTells:
    class Asking(A.ImageOnlyTransform):
        def get_params_dependent_on_data(self, params, data):
            return {name: data[name] for name in ("value_range", "spacing", "fill")}

        def apply(self, img, **params):
            return img

    def test_range_fill_and_the_distance_of_slices(self, volume):
        pipeline = Pipeline([self.Asking(p=1)], seed=0, value_range=RANGE, fill=-650.0)
        pipeline(volume=volume, spacing=(3.0, 1.0, 0.5))
        applied = pipeline._log.applied[0]
        assert {name: applied.params[name] for name in ("value_range", "spacing", "fill")} == {
            "value_range": RANGE,
            "spacing": (3.0, 1.0, 0.5),
            "fill": -650.0,
        }
        assert applied.frame.spacing == (1.0, 0.5)  # effects in mm are those within a slice
