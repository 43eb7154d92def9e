"""Night-like light and glare: what becomes dark, what one's own lamps reach, and where the sun stands."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.driving.depth import Depth, depth_from_ground
from domainaug.driving.pinhole import Pinhole
from domainaug.transforms import NightLike, SunGlare

CAMERA = Pinhole.of_view(96, 64, 60.0)
GRAY = np.full((64, 96, 3), 120, np.uint8)
ROAD = depth_from_ground(CAMERA, np.zeros((64, 96, 3), np.uint8), far=200.0).meters.copy()
ROAD[:30] = np.inf
SCENE = {"depth": ROAD, "camera": CAMERA}


class TestNightLike:
    def test_the_day_is_left_alone(self):
        assert np.array_equal(NightLike(0.0, p=1)(image=GRAY, **SCENE)["image"], GRAY)
        assert np.array_equal(SunGlare(0.0, p=1)(image=GRAY, **SCENE)["image"], GRAY)

    def test_the_darker_the_darker_and_the_sky_most_of_all(self):
        dusk, night = (NightLike(d, 0.0, 0.0, p=1)(image=GRAY, **SCENE)["image"].astype(int) for d in (0.4, 1.0))
        assert (night <= dusk).all()
        assert (dusk < GRAY).all()
        assert night[:20].mean() < night[40:].mean()
        assert night[40:, :, 2].mean() > night[40:, :, 0].mean()

    def test_headlights_light_the_road_ahead_and_not_the_houses_above(self):
        depth = np.full((64, 96), 25.0, np.float32)
        depth[40:] = ROAD[40:]
        scene = {"depth": depth, "camera": CAMERA}
        off, on = (NightLike(1.0, lamps, 0.0, p=1)(image=GRAY, **scene)["image"].astype(int) for lamps in (0.0, 1.0))
        gain = (on - off).mean(axis=2)
        assert gain[50:, 40:56].mean() > 20
        assert gain[:20].mean() < 0.15 * gain[50:, 40:56].mean()
        assert gain[50:, 40:56].mean() > gain[50:, :8].mean()

    def test_noise_is_new_in_every_frame_and_the_same_for_a_draw(self):
        frames = np.repeat(GRAY[None], 2, axis=0)
        transform = NightLike(1.0, noise=0.05, p=1)
        out = transform(images=frames, **SCENE)["images"]
        assert not np.array_equal(out[0], out[1])
        assert np.array_equal(transform.apply_to_images(frames, **transform.params), out)


class TestSunGlare:
    def veil(self, depth=ROAD, **given):
        sun = {"altitude": 8.0, "azimuth": (10.0, 10.0), **given}
        dark = np.zeros((64, 96, 3), np.float32)
        return SunGlare(0.5, encoding="linear", p=1, **sun)(image=dark, depth=depth, camera=CAMERA)["image"][..., 0]

    def test_is_brightest_where_the_sun_is(self):
        row, column = np.unravel_index(np.argmax(self.veil()), (64, 96))
        (place,), _ = CAMERA.seen([[-np.tan(np.radians(10.0)), -np.tan(np.radians(8.0)) / np.cos(np.radians(10)), 1.0]])
        assert (column, row) == pytest.approx(place, abs=4.0)

    def test_falls_with_the_square_of_the_angle(self):
        veil = self.veil(altitude=20.0, azimuth=(80.0, 80.0))  # out of view
        high, aside = np.radians([20.0, 80.0])
        sun = np.array([-np.cos(high) * np.sin(aside), -np.sin(high), np.cos(high) * np.cos(aside)])
        rays = CAMERA.rays() / CAMERA.stretch()[..., None]
        angle = np.degrees(np.arccos(rays @ sun))
        assert veil * (angle**2 + 4) == pytest.approx(5.0, rel=1e-3)

    def test_what_stands_before_the_sun_takes_most_of_it(self):
        wall = Depth(np.full((64, 96), 20.0, np.float32), "given", 1.0)
        assert self.veil(wall)[60, 90] == pytest.approx(self.veil()[60, 90] / 8, rel=1e-3)


@pytest.mark.parametrize(
    ("make", "given"),
    [(NightLike, {"darkness": 1.5}), (NightLike, {"noise": 0.5}), (SunGlare, {"altitude": 80.0})],
)
def test_arguments_are_held_to_what_is_legal(make, given):
    with pytest.raises(ValueError, match=f"^{make.__name__}: {next(iter(given))}: "):
        make(**given)
