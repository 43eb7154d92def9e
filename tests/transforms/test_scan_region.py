"""`scan_region`: fans and rectangles of known truth, on screens with text, bars and rulers."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.transforms.scan_region import ScanRegion, scan_region

sys.path.insert(0, str(Path(__file__).parent))
from screens import echoes, fan, rectangle, screen

SIZE = (480, 640)
FANS = {
    "phased": {"apex": (320.0, 30.0), "opening": 80.0, "near": 8.0, "far": 400.0},
    "convex": {"apex": (330.0, -80.0), "opening": 64.0, "near": 130.0, "far": 520.0},
    "narrow": {"apex": (300.0, 10.0), "opening": 36.0, "near": 40.0, "far": 440.0},
    "turned": {"apex": (320.0, 20.0), "opening": 60.0, "near": 20.0, "far": 420.0, "tilt": 8.0},
    "aside": {"apex": (400.0, -20.0), "opening": 55.0, "near": 60.0, "far": 380.0},
}


def overlap(one, other):
    return np.count_nonzero(one & other) / np.count_nonzero(one | other)


class TestFans:
    @pytest.mark.parametrize("kind", FANS)
    def test_they_are_found_where_they_are(self, kind):
        truth = FANS[kind]
        mask = fan(SIZE, **truth)
        picture, drawn = screen(mask, fall=30)
        found = scan_region(picture)
        assert found.kind == "fan"
        assert overlap(found.mask, mask) > 0.97
        assert not (found.mask & drawn).any()
        assert found.apex == pytest.approx(truth["apex"], abs=8)
        assert found.opening == pytest.approx(truth["opening"], abs=2)
        # An apex that is far away is told less well than where the picture begins and ends.
        assert found.apex[1] + found.near == pytest.approx(truth["apex"][1] + truth["near"], abs=4)
        assert found.apex[1] + found.far == pytest.approx(truth["apex"][1] + truth["far"], abs=4)
        tilt = np.radians(truth.get("tilt", 0.0))
        assert found.direction == pytest.approx((np.sin(tilt), np.cos(tilt)), abs=0.03)
        assert found.agreement > 0.9

    @pytest.mark.parametrize("dtype", ["uint16", "int16", "float32"])
    def test_in_other_types_and_ranges(self, dtype):
        mask = fan(SIZE, **FANS["convex"])
        picture = screen(mask)[0].astype(np.float64) * 13 - (1000 if dtype != "uint16" else 0)
        assert overlap(scan_region(picture.astype(dtype)).mask, mask) > 0.97

    def test_cut_by_the_frame_at_a_side(self):
        whole = fan((400, 700), (200.0, -60.0), 76.0, 70.0, 430.0)
        mask = whole[:300, 60:360]
        picture = np.where(mask, echoes(mask.shape), 40).astype(np.uint8)  # on gray, as some scanners have it
        found = scan_region(picture)
        assert overlap(found.mask, mask) > 0.96
        assert found.apex == pytest.approx((140.0, -60.0), abs=10)

    def test_what_is_drawn_over_echoes_is_left_out(self):
        mask = fan(SIZE, **FANS["phased"])
        picture = np.repeat(screen(mask)[0][..., None], 3, axis=2)
        doppler = rectangle(SIZE, 300, 200, 340, 240)
        picture[doppler] = (200, 40, 0)
        picture[300:302, 250:290] = 255  # a caliper
        picture[290:311, 269:271] = 255
        picture[290:300, 255:285] = np.minimum(picture[290:300, 255:285], 60)
        found = scan_region(picture)
        assert not found.mask[doppler].any()
        assert not found.mask[300:302, 252:288].any()
        assert overlap(found.mask, mask & ~doppler) > 0.96

    def test_depth_and_beams_are_those_of_the_fan(self):
        region = ScanRegion(
            np.ones((300, 300), bool), (150.0, -40.0), 60.0, (0.0, 1.0), 50.0, 300.0, (0, 0, 300, 300), 1.0
        )
        for angle, distance in ((-25.0, 120.0), (0.0, 200.0), (15.0, 260.0)):
            column = 150 + distance * np.sin(np.radians(angle))
            row = -40 + distance * np.cos(np.radians(angle))
            at = (round(row), round(column))
            assert region.depth[at] == pytest.approx(distance - 50, abs=1)
            assert region.across[at] == pytest.approx(0.5 + angle / 60, abs=0.01)


class TestRectangles:
    @pytest.mark.parametrize("sides", [(100, 70, 520, 400), (60, 100, 600, 330), (220, 50, 420, 470)])
    def test_they_are_found_where_they_are(self, sides):
        mask = rectangle(SIZE, *sides)
        picture, drawn = screen(mask, fall=40)
        found = scan_region(picture)
        assert found.kind == "rectangle"
        assert overlap(found.mask, mask) > 0.97
        assert not (found.mask & drawn).any()
        assert found.box == pytest.approx(sides, abs=3)
        assert found.direction == (0.0, 1.0)
        assert found.depth[sides[1] + 100, 300] == pytest.approx(100, abs=4)

    @pytest.mark.parametrize("picture", [np.zeros((40, 60), np.uint8), np.full((1, 1), 90.0), echoes((120, 90))])
    def test_a_picture_with_nothing_around_is_all_region(self, picture):
        found = scan_region(picture)
        assert found.mask.all()
        assert found.box == (0, 0, picture.shape[1], picture.shape[0])


class TestCine:
    def test_what_flickers_tells_more_than_one_frame(self):
        mask = fan(SIZE, **FANS["phased"])
        dark = fan(SIZE, (200.0, 330.0), 360.0, 0.0, 130.0)  # the left of the fan shows hardly anything
        frames = []
        for seed in range(6):
            picture, _ = screen(mask, seed)
            faint = np.where(mask & dark, np.random.default_rng(seed).integers(0, 4, SIZE), picture)
            frames.append(faint.astype(np.uint8))
        cine = np.stack(frames)
        cine += np.random.default_rng(9).integers(0, 2, cine.shape, np.uint8)  # what compression leaves everywhere
        still, moving = scan_region(cine[0]), scan_region(cine, cine=True)
        assert overlap(moving.mask, mask) > 0.97
        assert overlap(moving.mask, mask) > overlap(still.mask, mask)
        assert moving.opening == pytest.approx(80, abs=2)

    def test_a_cine_that_stands_still_is_a_picture(self):
        mask = fan(SIZE, **FANS["convex"])
        picture, _ = screen(mask)
        assert np.array_equal(scan_region(np.stack([picture] * 3), cine=True).mask, scan_region(picture).mask)


@pytest.mark.parametrize(
    "picture",
    [np.zeros((0, 5)), np.zeros(5), np.zeros((2, 3, 4, 5)), np.full((8, 8), np.nan), np.zeros((8, 8), complex)],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(ImageError, match="a scan region is looked for in"):
        scan_region(picture)
