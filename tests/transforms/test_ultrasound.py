"""Ultrasound: decibels along the beams, Rayleigh and Rice, sums of powers; and no bit changed elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from scipy import stats

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.generators import Frame
from domainaug.transforms.insonified import speckle_field
from domainaug.transforms.scan_region import ScanRegion, scan_region
from domainaug.transforms.ultrasound import AcousticClutter, AcousticShadow, DepthAttenuation, Speckle

sys.path.insert(0, str(Path(__file__).parent))
from screens import fan, screen

SIZE = (240, 320)
TRUTH = {"apex": (160.0, 5.0), "opening": 76.0, "near": 20.0, "far": 215.0}
MASK = fan(SIZE, **TRUTH)
ALL = [
    DepthAttenuation(db=20.0, p=1),
    AcousticShadow(db=20.0, width=0.3, p=1),
    Speckle(diffuse=0.3, p=1),
    AcousticClutter(level=0.4, p=1),
]
NAMES = [type(each).__name__ for each in ALL]


def uniform(level=128.0, shape=(200, 160)):
    return np.full(shape, level, np.float32)


class TestOutside:
    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
    @pytest.mark.parametrize("transform", ALL, ids=NAMES)
    def test_no_bit_changes_outside_the_region(self, transform, dtype):
        picture = screen(MASK)[0].astype(dtype) * np.array(1 if dtype in ("uint8", "float32") else 100, dtype)
        top = float(picture.max())
        out = A.Compose([transform], seed=2)(image=picture, value_range=(0.0, top))["image"]
        region = scan_region(picture)
        assert out.dtype == picture.dtype
        assert np.array_equal(out[~region.mask], picture[~region.mask])
        assert (out[region.mask] != picture[region.mask]).mean() > (
            0.02 if "Shadow" in type(transform).__name__ else 0.2
        )
        assert (region.mask & ~MASK).sum() < 0.02 * MASK.sum()

    @pytest.mark.parametrize("transform", ALL, ids=NAMES)
    def test_gray_stays_gray_and_color_over_it_stays(self, transform):
        picture = np.repeat(screen(MASK)[0][..., None], 3, axis=2)
        doppler = (slice(100, 130), slice(140, 180))
        picture[doppler] = (210, 30, 10)
        out = A.Compose([transform], seed=2)(image=picture)["image"]
        assert np.array_equal(out[doppler], picture[doppler])
        rest = np.ones(SIZE, bool)
        rest[doppler] = False
        assert (np.ptp(out[rest].astype(int), axis=1) == 0).all()
        assert (out != picture).any()

    @pytest.mark.parametrize("transform", ALL[:3], ids=NAMES[:3])
    def test_where_there_is_no_echo_there_is_none_afterwards(self, transform):
        picture = np.where(np.arange(60) < 30, 0, 90)[None].repeat(50, 0).astype(np.uint8)
        out = type(transform)(**{**keywords(transform), "region": "frame"})(image=picture)["image"]
        assert (out[:, :30] == 0).all()

    def test_a_screen_without_the_shape_of_a_region_is_refused(self):
        rows, columns = np.mgrid[:200, :200]
        cross = (np.abs(rows - columns) < 25) | (np.abs(rows + columns - 199) < 25)
        picture = np.where(cross, np.random.default_rng(0).integers(40, 250, (200, 200)), 0).astype(np.uint8)
        with pytest.raises(ImageError, match=r"^Speckle: what differs from the ground .* agree by 0\.\d\d"):
            Speckle(p=1)(image=picture)
        assert Speckle(region="frame", p=1)(image=picture)["image"].shape == picture.shape


def keywords(transform):
    names = transform.get_transform_init_args_names() if hasattr(transform, "get_transform_init_args_names") else ()
    return {name: getattr(transform, name) for name in names} | {"p": 1}


class TestDepthAttenuation:
    def test_levels_fall_by_decibels_along_the_beam(self):
        out = DepthAttenuation(db=24.0, region="frame", p=1)(image=uniform(), value_range=(0, 255))["image"]
        depth = np.arange(200) + 0.5
        assert out[:, 3] == pytest.approx(128 - 255 / 60 * 24 * depth / 200, abs=1e-3)
        assert (out == out[:, :1]).all()

    def test_in_a_fan_it_depends_on_the_distance_to_the_apex_and_never_falls_back(self):
        picture = np.where(MASK, np.float32(150), np.float32(0))
        out = DepthAttenuation(db=20.0, p=1)(image=picture, value_range=(0, 255))["image"]
        rows, columns = np.nonzero(MASK & scan_region(picture).mask)
        distance = np.hypot(columns - 160, rows - 5.0)
        inner = (distance > 24) & (distance < 210)
        expected = 150 - 255 / 60 * 20 * (distance - 20) / 195
        assert np.abs(out[rows, columns] - expected)[inner].max() < 3
        for angle in (-30, 0, 25):
            steps = np.arange(24, 208, 2)
            line = out[
                np.rint(5 + steps * np.cos(np.radians(angle))).astype(int),
                np.rint(160 + steps * np.sin(np.radians(angle))).astype(int),
            ]
            assert (np.diff(line) <= 0.35).all()  # rounding to pixels goes back by half a pixel
            assert line[0] - line[-1] > 70

    def test_two_ways_through_tissue_at_a_coefficient_and_a_frequency(self):
        transform = DepthAttenuation(db_cm_mhz=0.5, frequency_mhz=4.0, region="frame", p=1)
        out = transform(image=uniform(200.0), value_range=(0, 255), spacing=(0.2, 0.2))["image"]
        centimeters = (np.arange(200) + 0.5) * 0.02
        assert out[:, 0] == pytest.approx(200 - 2 * 0.5 * 4 * centimeters * 255 / 60, abs=1e-3)

    def test_steps_add(self):
        picture = uniform(200.0)
        once, twice = (DepthAttenuation(db=each, region="frame", p=1) for each in (20.0, 10.0))
        data = {"value_range": (0, 255)}
        out = twice(image=twice(image=picture, **data)["image"], **data)["image"]
        assert out == pytest.approx(once(image=picture, **data)["image"], abs=1e-3)

    def test_what_is_missing_is_asked_for(self):
        with pytest.raises(ImageError, match="has to know how many mm a pixel is"):
            DepthAttenuation(db_cm_mhz=0.5, frequency_mhz=3.0, p=1)(image=screen(MASK)[0])
        with pytest.raises(ImageError, match=r"square pixels only, and these are 0\.3 by 0\.2 mm"):
            DepthAttenuation(db_cm_mhz=0.5, frequency_mhz=3.0, p=1)(image=screen(MASK)[0], spacing=(0.3, 0.2))
        for wrong in ({}, {"db": 3, "db_cm_mhz": 1, "frequency_mhz": 1}, {"db_cm_mhz": 1}):
            with pytest.raises(ValueError, match="db, or db_cm_mhz and frequency_mhz"):
                DepthAttenuation(**wrong)


class TestAcousticShadow:
    PARAMS = MappingProxyType({"db": 15.0, "width": 0.2, "depth": 0.4, "beam": 0.5, "value_range": (0.0, 255.0)})

    def test_it_covers_some_beams_from_a_depth_on(self):
        out = AcousticShadow(region="frame", p=1).apply(uniform(180.0), **self.PARAMS)
        loss = (180 - out) / (255 / 60)
        assert loss[150:, 78:82] == pytest.approx(15, abs=1e-3)
        assert (loss[:65] == 0).all()
        assert (loss[:, :55] == 0).all()
        assert (loss[:, 105:] == 0).all()
        assert (np.diff(loss, axis=0) >= 0).all()
        width = (loss[-1] > 7.5).sum() / 160
        assert width == pytest.approx(0.2, abs=0.01)
        assert len(np.unique(loss[-1].round(3))) > 6  # soft at its sides

    def test_in_a_fan_its_sides_are_beams(self):
        picture = np.where(MASK, np.float32(180), np.float32(0))
        out = AcousticShadow(p=1).apply(picture, **self.PARAMS)
        rows, columns = np.nonzero((picture - out > 7.5 * 255 / 60) & MASK)
        distance, angle = np.hypot(columns - 160, rows - 5), np.degrees(np.arctan2(columns - 160, rows - 5))
        for low, high in ((120, 150), (170, 200)):
            there = angle[(distance > low) & (distance < high)]
            assert np.ptp(there) == pytest.approx(0.2 * 76, abs=2)
            assert there.mean() == pytest.approx(0, abs=1)


class TestSpeckle:
    def test_fully_developed_it_is_rayleigh_and_keeps_the_mean_power(self):
        transform = Speckle(diffuse=1.0, axial_px=2.0, lateral_px=2.0, region="frame", dynamic_range_db=100.0, p=1)
        out = transform(image=uniform(150.0, (400, 400)), value_range=(0, 255))["image"]
        power = 10 ** ((out - 150) / 255 * 100 / 10)
        assert power.mean() == pytest.approx(1, abs=0.03)
        amplitude = np.sqrt(power)
        assert amplitude.mean() / amplitude.std() == pytest.approx(1.913, abs=0.04)
        assert stats.kstest(power[::8, ::8].ravel(), "expon").pvalue > 0.01

    @pytest.mark.parametrize("diffuse", [0.05, 0.3, 0.8])
    def test_partly_developed_it_is_rice_and_keeps_the_mean_power(self, diffuse):
        transform = Speckle(diffuse=diffuse, axial_px=2.0, lateral_px=2.0, region="frame", dynamic_range_db=100.0, p=1)
        out = transform(image=uniform(150.0, (300, 300)), value_range=(0, 255))["image"]
        amplitude = 10 ** ((out - 150) / 255 * 100 / 20)
        assert (amplitude**2).mean() == pytest.approx(1, abs=0.03)
        rice = stats.rice(np.sqrt(2 * (1 - diffuse) / diffuse), scale=np.sqrt(diffuse / 2))
        assert amplitude.mean() == pytest.approx(rice.mean(), rel=0.01)
        assert amplitude.std() == pytest.approx(rice.std(), rel=0.06)

    def test_its_grain_is_that_of_the_point_spread_function(self):
        region = ScanRegion.whole((384, 384))
        field = speckle_field(region, 4.0, 9.0, key=3).reshape(384, 384)
        assert np.mean(np.abs(field) ** 2) == pytest.approx(1, abs=0.05)
        for axis, width in ((0, 4.0), (1, 9.0)):
            for lag in (1, 3, 6):
                ahead, behind = (np.take(field, range(*ends), axis) for ends in ((0, 384 - lag), (lag, 384)))
                seen = np.mean(ahead * behind.conj()).real / np.mean(np.abs(field) ** 2)
                # A Gaussian of that width, correlated with itself, is twice as wide in the variance.
                assert seen == pytest.approx(np.exp(-2 * np.log(2) * (lag / width) ** 2), abs=0.05)

    def test_in_a_fan_it_widens_with_depth(self):
        region = ScanRegion(MASK, TRUTH["apex"], 76.0, (0.0, 1.0), 20.0, 215.0, (0, 0, 320, 240), 1.0)
        field = np.zeros(SIZE, complex)
        field[MASK] = speckle_field(region, 3.0, 6.0, key=1)
        correlated = []
        for rows in (slice(60, 90), slice(175, 205)):
            part = field[rows, 140:180]
            correlated.append(np.mean(part[:, :-4] * part[:, 4:].conj()).real / np.mean(np.abs(part) ** 2))
        assert correlated[1] > correlated[0] + 0.2

    def test_frames_of_a_cine_share_it_and_slices_of_a_volume_do_not(self):
        frames = np.full((3, 60, 60), 120, np.uint8)
        speckle = A.Compose([Speckle(diffuse=0.5, region="frame", p=1)], seed=1)
        cine, volume = speckle(images=frames)["images"], speckle(volume=frames)["volume"]
        assert np.array_equal(cine[0], cine[1])
        noise = volume.astype(float).reshape(3, -1)
        assert np.abs(np.corrcoef(noise) - np.eye(3)).max() < 0.15


class TestAcousticClutter:
    PARAMS = MappingProxyType({"level": 0.5, "decay_db": 30.0, "key": 5, "value_range": (0.0, 255.0)})

    def test_powers_add(self):
        clutter = AcousticClutter(axial_px=1.5, lateral_px=1.5, region="frame", p=1)
        picture = uniform(100.0, (300, 300))
        out = clutter.apply(picture, **self.PARAMS)
        echo = 10 ** (100 / 255 * 6)
        mean = 10 ** (6 * out[:20] / 255)
        depth = (np.arange(20) + 0.5) / 300
        added = 10 ** (0.5 * 6 - 3 * depth) - 1
        assert mean.mean() == pytest.approx(echo + added.mean(), rel=0.05)

    def test_nothing_gets_darker_and_less_comes_from_below(self):
        picture, _ = screen(MASK, mean=60)
        out = AcousticClutter(p=1).apply(picture, **self.PARAMS)
        assert (out >= picture).all()
        more = out.astype(int) - picture
        near, far = (more[fan(SIZE, (160, 5), 70, *ends)].mean() for ends in ((25, 70), (160, 205)))
        assert near > 5 * max(far, 0.5)

    def test_no_clutter_is_no_change(self):
        picture, _ = screen(MASK)
        assert np.array_equal(AcousticClutter(level=0.0, p=1)(image=picture)["image"], picture)


def test_what_one_draw_is_told_to_have_done_is_a_bound():
    frame = Frame(256, 256, 1)
    for transform in ALL:
        transform(image=np.full((40, 40), 90, np.uint8))
        told = transform.drawn_effects(transform.params, frame)
        assert not told.exact
        assert told.effects(frame)["local_gain"].high > 0
