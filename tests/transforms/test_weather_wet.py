"""Wet roads darken and mirror; drops sit on the glass."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.driving.depth import depth_from_ground
from domainaug.driving.pinhole import Pinhole
from domainaug.transforms import LensDrops, WetRoad

CAMERA = Pinhole.of_view(120, 80, 60.0)


def street():
    """Return a gray road with a red wall across it 20 m away, and the depth of both."""
    depth = np.minimum(depth_from_ground(CAMERA, np.zeros((80, 120, 3), np.uint8), far=20.0).meters, 20.0)
    image = np.full((80, 120, 3), 128, np.uint8)
    image[depth == 20.0] = (230, 20, 20)
    return image, depth.astype(np.float32)


class TestWetRoad:
    def test_a_dry_road_is_left_alone(self):
        image, depth = street()
        assert np.array_equal(WetRoad(0.0, p=1)(image=image, depth=depth, camera=CAMERA)["image"], image)

    def test_the_road_mirrors_the_wall_the_more_the_flatter_one_looks(self):
        image, depth = street()
        out = WetRoad(1.0, p=1)(image=image, depth=depth, camera=CAMERA)["image"].astype(int)
        red = (out[..., 0] - out[..., 1]).mean(axis=1)
        edge = np.flatnonzero((depth < 20).all(axis=1))[0]
        assert red[edge + 4] > 20
        assert red[edge + 4] > 2 * red[-4]
        assert (out[-4, :, 1] < image[-4, :, 1]).all()  # near the car it is dark

    def test_what_stands_on_the_road_stays_dry(self):
        image, depth = street()
        out = WetRoad(1.0, p=1)(image=image, depth=depth, camera=CAMERA)["image"]
        wall = np.flatnonzero((depth == 20).all(axis=1))[:-8]
        assert np.array_equal(out[wall], image[wall])

    def test_a_mask_says_where_the_road_is(self):
        image, depth = street()
        mask = np.zeros(depth.shape, np.uint8)
        mask[60:, :50] = 1
        out = WetRoad(1.0, p=1)(image=image, depth=depth, camera=CAMERA, road=mask)["image"]
        assert np.array_equal(out[:, 60:], image[:, 60:])
        assert (out[66:, 5:40, 1] < image[66:, 5:40, 1]).all()


class TestLensDrops:
    def test_they_cover_about_what_is_asked(self):
        image = np.zeros((200, 300, 3), np.uint8)
        image[:100] = 255
        changed = (LensDrops(0.1, p=1)(image=image)["image"] != image).any(axis=2)
        assert 0.03 < changed.mean() < 0.2

    def test_they_show_the_scene_upside_down(self):
        image = np.zeros((201, 301, 3), np.float32)
        image[:100] = 0.9
        drops = LensDrops(0.3, (0.05, 0.05), encoding="linear", p=1)
        out = drops(image=image)["image"]
        assert out[130:].max() > 0.5  # sky in the ground
        assert out[:70].min() < 0.3  # and ground in the sky

    def test_they_stay_where_they_are_through_a_video(self):
        frames = np.random.default_rng(0).integers(0, 256, (2, 80, 120, 3), np.uint8)
        out = LensDrops(0.1, (0.02, 0.05), p=1)(images=frames)["images"]
        there = (out != frames).any(axis=3)
        assert (there[0] == there[1]).mean() > 0.98
        assert 0.01 < there[0].mean() < 0.4

    def test_none_is_none(self):
        image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
        assert np.array_equal(LensDrops(0.0, p=1)(image=image)["image"], image)


@pytest.mark.parametrize(
    ("make", "given"), [(WetRoad, {"wetness": 2.0}), (LensDrops, {"cover": 0.9}), (LensDrops, {"radius": 0.0})]
)
def test_arguments_are_held_to_what_is_legal(make, given):
    with pytest.raises(ValueError, match=f"^{make.__name__}: {next(iter(given))}: "):
        make(**given)
