"""Drops and flakes are things of the world: they fall, stay where they are, and every camera sees the same ones."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.driving.falling import Falling, covered
from domainaug.driving.physics import drop_density, drop_speed
from domainaug.driving.pinhole import Pinhole

HERE = np.array([3.0, -2.0, 1.5])
CAMERA = Pinhole.of_view(96, 64, 60.0)
STILL = np.zeros(3)
FAR = np.full((64, 96), 90.0, np.float32)


def seen(falling, camera=CAMERA, pose=None, velocity=STILL, time=0.0, exposure=0.01, depth=FAR):
    pose = camera.pose() if pose is None else pose
    return covered(falling, camera, pose, velocity, time=time, exposure=exposure, depth=depth)


def anchors(flying, place, reach):
    """Return where in the repeating world each is, sorted."""
    places = np.round(np.mod(flying.places + place, 2 * reach), 3) % (2 * reach)
    return {tuple(each) for each in places.tolist()}


class TestWorld:
    def test_as_many_drops_as_marshall_and_palmer_counted(self):
        (*_, large) = Falling(20.0, key=1).near(HERE, 0.0)
        volume = 4 / 3 * np.pi * 16.0**3
        assert len(large.diameters) / volume == pytest.approx(
            drop_density(20.0, 3.2) - drop_density(20.0, 7.0), rel=0.1
        )
        assert 3.2 <= large.diameters.min() < large.diameters.max() <= 7.0

    def test_drops_fall_as_fast_as_drops_of_their_size(self):
        for flying in Falling(0.5, key=1, wind=(2.0, -1.0)).near(HERE, 0.0):
            assert -flying.speeds[:, 2] == pytest.approx(drop_speed(flying.diameters), rel=1e-3)
            assert (flying.speeds[:, :2] == np.float32((2.0, -1.0))).all()

    def test_a_camera_that_moves_passes_drops_that_stay(self):
        falling, there = Falling(0.5, key=9), HERE + np.array([0.2, 0.1, 0.0])
        for size, (one, other) in enumerate(zip(falling.near(HERE, 1.0), falling.near(there, 1.0), strict=True)):
            reach = 2.0 * 2**size
            before, after = anchors(one, HERE, reach), anchors(other, there, reach)
            assert len(before & after) > 0.8 * len(before)

    def test_time_moves_a_drop_by_its_speed(self):
        falling = Falling(0.5, key=9, wind=(1.0, 0.5))
        for size, (one, other) in enumerate(zip(falling.near(HERE, 1.0), falling.near(HERE, 1.02), strict=True)):
            reach = 2.0 * 2**size
            expected = np.mod(one.places + HERE + one.speeds * 0.02, 2 * reach)
            there = anchors(other, HERE, reach)
            found = [tuple(each) in there for each in (np.round(expected, 3) % (2 * reach)).tolist()]
            assert np.mean(found) > 0.8

    def test_flakes_fall_at_about_a_meter_a_second_and_flutter(self):
        for flying in Falling(1.0, key=2, snow=True).near(HERE, 0.0):
            assert -flying.speeds[:, 2].max() > 0.6
            assert -flying.speeds[:, 2].min() < 1.6
            assert 0.05 < flying.speeds[:, :2].std() < 0.5

    def test_another_key_is_another_world(self):
        assert not np.array_equal(seen(Falling(5.0, 1)), seen(Falling(5.0, 2)))
        assert np.array_equal(seen(Falling(5.0, 1)), seen(Falling(5.0, 1)))


class TestPicture:
    def test_an_open_shutter_lengthens_streaks_and_covers_no_more(self):
        short, long = (seen(Falling(10.0, 1), exposure=ms / 1000) for ms in (1, 20))
        assert long.sum() == pytest.approx(short.sum(), rel=0.15)
        assert long.max() < short.max()

    def test_more_rain_covers_more(self):
        shares = [float(seen(Falling(rate, 1)).mean()) for rate in (1.0, 5.0, 25.0)]
        assert shares[0] < shares[1] / 1.5 < shares[2] / 3

    def test_streaks_are_upright_in_still_air_and_run_outward_from_a_moving_camera(self):
        still = seen(Falling(10.0, 1), exposure=0.02)
        across, down = (np.abs(np.diff(still, axis=axis)).mean() for axis in (1, 0))
        assert down < 0.6 * across
        fast = seen(Falling(1.0, 1, snow=True), velocity=np.array([25.0, 0.0, 0.0]), exposure=0.02)
        side = fast[20:44, 70:]
        across, down = (np.abs(np.diff(side, axis=axis)).mean() for axis in (1, 0))
        assert across < 0.8 * down

    def test_what_is_behind_a_thing_is_not_seen(self):
        wall = FAR.copy()
        wall[:, :48] = 0.34
        out = seen(Falling(10.0, 1), depth=wall)
        assert out[:, :40].mean() < 0.01 * out[:, 56:].mean()

    def test_a_drop_is_where_its_projection_is_in_the_next_frame(self):
        camera = Pinhole.of_view(384, 256, 60.0)
        falling, pose = Falling(10.0, 7), camera.pose()
        (*_, now) = falling.near(pose[:3, 3], 0.0)
        optical = now.places @ pose[:3, :3]
        places, depth = camera.seen(optical)
        inside = (depth > 1.2) & (depth < 6) & (places > 20).all(axis=1) & (places < (364, 236)).all(axis=1)
        assert inside.sum() > 4
        picture = seen(
            falling, camera, camera.pose(along=0.3), exposure=1e-4, depth=np.full((256, 384), 90.0, np.float32)
        )
        moved, _ = camera.seen(optical[inside] - [0, 0, 0.3])
        for at, there in ((moved, True), (places[inside], False)):
            column, row = np.rint(at).astype(int).T
            assert (np.median(picture[row, column]) > 4 * picture.mean()) == there

    def test_shares_are_shares(self):
        out = seen(Falling(5.0, 1))
        assert 0 <= out.min() < out.max() <= 1
