"""Fog: Koschmieder's law by distance, the same in every frame, and what a call may say beside the picture."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.driving.depth import Depth
from domainaug.driving.pinhole import Pinhole
from domainaug.errors import ImageError, LabelError
from domainaug.pipeline import Pipeline
from domainaug.transforms import Fog

RNG = np.random.default_rng(0)
LINEAR = {"encoding": "linear", "p": 1}


def plane(meters, shape=(30, 40)):
    return np.full(shape, meters, np.float32)


class TestLaw:
    def test_light_is_lost_by_the_length_of_the_ray(self):
        light = RNG.random((30, 40, 3)).astype(np.float32) * 0.5
        camera = Pinhole(40, 30, 20.0, 20.0, 19.5, 14.5)
        out = Fog(100.0, 0.8, **LINEAR)(image=light, depth=plane(30.0), camera=camera)["image"]
        left = np.exp(-(3 / 100 - 3 / 30_000) * 30 * camera.stretch())[..., None]
        assert out == pytest.approx(light * left + 0.8 * (1 - left), abs=1e-5)

    def test_at_the_visibility_a_twentieth_of_contrast_is_left(self):
        light = np.zeros((9, 9), np.float32)
        light[:, 5:] = 0.5
        out = Fog(150.0, 0.7, view=5.0, **LINEAR)(image=light, depth=plane(150.0, (9, 9)))["image"]
        assert np.ptp(out) / 0.5 == pytest.approx(0.05, rel=0.05)  # the photograph had its own clear air before it

    def test_a_clear_day_changes_nothing(self):
        picture = RNG.integers(0, 256, (30, 40, 3), np.uint8)
        assert np.array_equal(Fog(30_000.0, p=1)(image=picture)["image"], picture)

    def test_the_sky_is_far_and_not_a_place_for_nan(self):
        light = np.full((30, 40, 3), 0.2, np.float32)
        depth = plane(20.0)
        depth[:12] = np.inf
        out = Fog(60.0, 0.9, **LINEAR)(image=light, depth=depth)["image"]
        assert np.isfinite(out).all()
        assert out[:12].min() > 0.85
        assert out[13:].max() < 0.75

    def test_air_has_the_light_of_the_sky(self):
        light = np.full((30, 40, 3), 0.1, np.float32)
        depth = plane(1500.0)
        light[:12], depth[:12] = (0.5, 0.6, 0.7), np.inf
        out = Fog(60.0, **LINEAR)(image=light, depth=depth)["image"]
        assert out[20, 20] == pytest.approx([0.57, 0.6, 0.63], abs=1e-3)

    def test_near_stays_and_far_goes(self):
        picture = RNG.integers(0, 100, (30, 40, 3), np.uint8)
        depth = np.broadcast_to(np.linspace(2, 200, 40, dtype=np.float32), (30, 40)).copy()
        out = Fog(100.0, p=1)(image=picture, depth=depth)["image"].astype(float)
        spread = out.std(axis=(0, 2))
        assert spread[0] > 10 * spread[-1]


class TestVideo:
    def test_a_camera_that_stands_sees_the_same_veil_in_every_frame(self):
        frames = np.repeat(RNG.integers(0, 256, (1, 30, 40, 3), np.uint8), 5, axis=0)
        out = Fog((60.0, 400.0), p=1)(images=frames, depth=plane(40.0))["images"]
        assert all(np.array_equal(out[0], each) for each in out)

    def test_a_bright_car_that_comes_into_view_does_not_change_the_air(self):
        frames = np.full((2, 30, 40, 3), 60, np.uint8)
        frames[1, 5:20, 5:20] = 255
        out = Fog(60.0, p=1)(images=frames, depth=plane(40.0))["images"]
        assert np.array_equal(out[0, 25:], out[1, 25:])

    def test_each_frame_has_its_own_depth(self):
        frames = np.full((2, 30, 40, 3), 60, np.uint8)
        maps = np.stack([plane(10.0), plane(90.0)])
        out = Fog(60.0, 0.9, p=1)(images=frames, depth=maps)["images"]
        assert out[1].mean() > out[0].mean() + 50
        with pytest.raises(ImageError, match="2 depth maps lie beside more pictures"):
            Fog(60.0, p=1)(images=np.zeros((3, 30, 40, 3), np.uint8), depth=maps)


class TestBeside:
    def test_the_record_says_where_depth_is_from(self):
        picture = RNG.integers(0, 256, (30, 40, 3), np.uint8)
        found = Depth(plane(30.0), "lidar", 0.05)
        camera = Pinhole.of_view(40, 30, 70.0)
        for depth, own, told in (
            (None, camera, "ground"),
            (None, None, "ground under an assumed camera"),
            (plane(30.0), None, "given"),
            (found, camera, "lidar"),
        ):
            pipeline = Pipeline([Fog(100.0, p=1)], seed=1)
            pipeline(image=picture, depth=depth, camera=own)
            (step,) = pipeline.record["steps"]
            assert step["params"]["depth_from"] == told
            assert step["params"]["visibility"] == pytest.approx(100.0)
            assert pipeline.record["effects"]["visibility"] == pytest.approx(100.0)

    def test_depth_moves_with_the_picture_or_the_pipeline_refuses(self):
        picture = RNG.integers(0, 256, (30, 40, 3), np.uint8)
        depth = np.broadcast_to(np.linspace(5, 60, 40, dtype=np.float32), (30, 40)).copy()
        steps = [A.HorizontalFlip(p=1), Fog(50.0, 0.9, p=1)]
        with pytest.raises(LabelError, match="depth: an array as large as the picture would stay behind"):
            Pipeline(steps, seed=1)(image=picture, depth=depth)
        moved = Pipeline(steps, seed=1, additional_targets={"depth": "mask"})(image=picture, depth=depth)
        there = Fog(50.0, 0.9, p=1)(image=picture, depth=depth)["image"][:, ::-1]
        assert np.array_equal(moved["depth"], depth[:, ::-1])
        assert np.abs(moved["image"].astype(int) - there).max() <= 1

    @pytest.mark.parametrize(
        ("beside", "told"),
        [
            ({"depth": plane(3.0, (3, 4))}, r"Fog: depth: it has the shape \(3, 4\), and the picture"),
            ({"depth": Depth(plane(3.0, (3, 4)), "lidar", 1.0)}, r"it has the shape \(3, 4\)"),
            ({"camera": Pinhole.of_view(80, 30, 60)}, "calibrated for 80 x 30 pixels, and the picture has 40 x 30"),
            ({"camera": 60.0}, "camera is a Pinhole of domainaug.driving.pinhole, and not float"),
            ({"poses": np.eye(3)}, r"poses are \(pictures, 4, 4\)"),
            ({"speed": "fast"}, "speed is a number from -60 up, got 'fast'"),
            ({"rate": 0}, "rate is a number from 0.1 up, got 0"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, beside, told):
        with pytest.raises(ImageError, match=told):
            Fog(p=1)(image=np.zeros((30, 40, 3), np.uint8), **beside)

    @pytest.mark.parametrize(
        "given", [{"visibility": 2.0}, {"visibility": (300.0, 100.0)}, {"airlight": 1.5}, {"airlight": (0.1, 0.2)}]
    )
    def test_arguments_are_held_to_what_is_legal(self, given):
        with pytest.raises(ValueError, match=f"^Fog: {next(iter(given))}: "):
            Fog(**given)
