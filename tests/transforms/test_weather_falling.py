"""Rain and snow on pictures: veil and streaks by distance, one world for a video and for all cameras of a vehicle."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.driving.physics import extinction_of_rain
from domainaug.driving.pinhole import Pinhole
from domainaug.transforms import RainInAir, SnowInAir

RNG = np.random.default_rng(0)
BOTH = pytest.mark.parametrize("make", [RainInAir, SnowInAir])
DARK = np.full((48, 64, 3), 20, np.uint8)
DARK[:12] = 220
DEPTH = np.full((48, 64), 40.0, np.float32)


def test_without_streaks_rain_is_the_veil_of_its_extinction():
    light = RNG.random((48, 64, 3)).astype(np.float32) * 0.5
    camera = Pinhole.of_view(64, 48, 60.0)
    out = RainInAir(30.0, emphasis=0.0, encoding="linear", p=1)(image=light, depth=DEPTH, camera=camera)["image"]
    left = np.exp(-extinction_of_rain(30.0) * 40 * camera.stretch())[..., None]
    assert np.ptp((out - light * left) / (1 - left), axis=(0, 1)) == pytest.approx(0, abs=1e-4)


@BOTH
def test_nothing_falls_and_nothing_changes(make):
    picture = RNG.integers(0, 256, (48, 64, 3), np.uint8)
    assert np.array_equal(make(0.0, p=1)(image=picture, depth=DEPTH)["image"], picture)


@BOTH
def test_it_brightens_what_is_dark(make):
    out = make(1.5, p=1)(image=DARK, depth=DEPTH, camera=Pinhole.of_view(64, 48, 60.0))["image"]
    assert out[12:].min() >= 20
    assert out[12:].mean() > 20.5


@BOTH
def test_frames_of_a_video_are_moments_of_one_world(make):
    frames = np.repeat(RNG.integers(0, 90, (1, 48, 64, 3), np.uint8), 3, axis=0)
    transform = make(1.0, world=3, p=1)
    video = transform(images=frames, depth=DEPTH, speed=10.0, rate=20.0)["images"]
    for index, frame in enumerate(frames):
        alone = transform.apply(frame, **{**transform.params, "beside": _later(transform.params["beside"], index / 20)})
        assert np.array_equal(video[index], alone)
    assert not np.array_equal(video[0], video[1])


def _later(beside, time):
    return type(beside)(beside.depth, beside.camera, beside.poses, beside.speed, beside.rate, time)


@BOTH
def test_cameras_of_a_rig_look_at_the_same_drops(make):
    camera = Pinhole.of_view(64, 48, 60.0)
    poses = camera.pose()
    one, other = (make((1.0, 1.0), exposure_ms=8.0, wind=2.0, world=3, p=1) for _ in range(2))
    one.set_random_seed(1)
    other.set_random_seed(2)
    first, second = (each(image=DARK, depth=DEPTH, camera=camera, poses=poses)["image"] for each in (one, other))
    assert np.array_equal(first, second)
    turned = poses.copy()
    turned[:3, :3] = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]) @ poses[:3, :3]
    assert not np.array_equal(one(image=DARK, depth=DEPTH, camera=camera, poses=turned)["image"], first)


@BOTH
def test_poses_and_speed_say_the_same(make):
    camera = Pinhole.of_view(64, 48, 60.0)
    frames = np.repeat(DARK[None], 3, axis=0)
    poses = np.stack([camera.pose(along=0.5 * index) for index in range(3)])
    transform = make(1.0, exposure_ms=8.0, wind=1.0, world=3, p=1)
    by_poses = transform(images=frames, depth=DEPTH, camera=camera, poses=poses, rate=20.0)["images"]
    by_speed = transform(images=frames, depth=DEPTH, camera=camera, speed=10.0, rate=20.0)["images"]
    assert np.abs(by_poses.astype(int) - by_speed).max() <= 1


@pytest.mark.parametrize(
    "given", [{"rain": 300.0}, {"exposure_ms": 0.0}, {"wind": -1.0}, {"world": -1}, {"world": 1.5}, {"emphasis": -1.0}]
)
def test_arguments_are_held_to_what_is_legal(given):
    with pytest.raises(ValueError, match=f"^RainInAir: {next(iter(given))}: "):
        RainInAir(**given)
