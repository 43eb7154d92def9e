"""Light: the law of a lamp, the color of a black body, the veil of a clouded lens."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.generators import Frame
from domainaug.pipeline import Pipeline
from domainaug.profile import load_profile
from domainaug.transforms.field_circle import field_circle
from domainaug.transforms.lighting import FundusHaze, LightTemperature, UnevenLight, planckian_xy

sys.path.insert(0, str(Path(__file__).parent))
from test_field_circle import fundus

UNIT = {"value_range": (0.0, 1.0)}


def mired(old, new):
    """Return the range that makes a lamp of `new` kelvin of one of `old`."""
    return (1e6 / new - 1e6 / old,) * 2


KELVIN_4000 = mired(6500, 4000)


def srgb(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


class TestUnevenLight:
    def test_is_the_fourth_power_of_a_cosine(self):
        picture = np.full((101, 101), 0.5, np.float64)
        params = {"falloff": 0.6, "axis": (0.0, 0.0), **UNIT}
        out = UnevenLight(encoding="linear").apply(picture, **params)
        radius = np.hypot(101, 101) / 2
        rows, columns = np.mgrid[:101, :101] - 50
        tangent = np.sqrt(0.4**-0.5 - 1) * np.hypot(rows, columns) / radius
        assert out == pytest.approx(0.5 * np.cos(np.arctan(tangent)) ** 4)
        assert out[50, 50] == 0.5

    def test_loses_what_is_asked_a_radius_away_in_light_and_not_in_levels(self):
        picture = np.full((3, 201), srgb(0.4))
        params = {"falloff": 0.5, "axis": (-1.0, 0.0), **UNIT}
        out = UnevenLight().apply(picture, **params)
        assert out[1, 100] == pytest.approx(srgb(0.2), abs=1e-6)

    def test_never_brightens_and_falls_with_the_distance(self):
        picture = np.random.default_rng(0).integers(0, 256, (64, 80, 3), np.uint8)
        out = UnevenLight((0.3, 0.9), p=1)(image=picture)["image"]
        assert (out <= picture).all()
        flat = UnevenLight().apply(np.full((60, 60), 0.7), falloff=0.7, axis=(0.2, -0.3), **UNIT)
        rows, columns = np.mgrid[:60, :60]
        distance = np.hypot(columns - 29.5 - 0.2 * 42.43, rows - 29.5 + 0.3 * 42.43).ravel()
        order = np.argsort(distance)
        assert (np.diff(flat.ravel()[order][::60]) <= 1e-9).all()

    @pytest.mark.parametrize("make", [UnevenLight, FundusHaze])
    def test_beside_a_fundus_no_bit_changes(self, make):
        picture = np.stack([fundus(320, 240, 200)] * 3, axis=-1)
        out = make(0.6, field="found", p=1)(image=picture)["image"]
        mask = field_circle(picture).mask
        assert np.array_equal(out[~mask], picture[~mask])
        assert (out[mask] != picture[mask]).mean() > 0.8

    def test_a_picture_whose_bright_part_is_no_disc_is_refused(self):
        picture = np.zeros((120, 160), np.uint8)
        picture[20:40, 5:155] = picture[20:110, 5:20] = 150
        with pytest.raises(ImageError, match="the shape of no disc"):
            UnevenLight(field="found", p=1)(image=picture)


class TestFundusHaze:
    def test_contrast_of_light_falls_by_what_the_lens_keeps(self):
        light = np.random.default_rng(0).uniform(0.2, 0.6, (80, 90, 3))
        params = {"haze": 0.4, "at": (0.0, 0.0), **UNIT}
        out = FundusHaze(edge=1.0, field="frame", encoding="linear").apply(light, **params)
        veil = np.percentile(light.max(axis=2), 90)
        assert out == pytest.approx(0.6 * light + 0.4 * veil)
        assert out.std() == pytest.approx(0.6 * light.std())

    def test_is_densest_at_its_point_and_less_at_the_edge(self):
        picture = np.zeros((101, 101))
        picture[::2] = 0.5
        params = {"haze": 0.8, "at": (0.0, 0.0), **UNIT}
        out = FundusHaze(edge=0.25, field="frame", encoding="linear").apply(picture, **params)
        contrast = np.abs(np.diff(out[:, 50])) / 0.5
        assert contrast[50] == pytest.approx(0.2, abs=0.01)
        distance = np.abs(np.arange(100) + 0.5 - 50) / (np.hypot(101, 101) / 2)
        assert contrast == pytest.approx(1 - 0.8 * 0.25**distance**2, abs=0.02)

    def test_no_haze_is_no_change(self):
        picture = np.stack([fundus(320, 240, 200)] * 3, axis=-1)
        assert np.array_equal(FundusHaze(0.0, p=1)(image=picture)["image"], picture)
        assert np.array_equal(UnevenLight(0.0, p=1)(image=picture)["image"], picture)


class TestLightTemperature:
    @pytest.mark.parametrize(
        ("kelvin", "x", "y"),
        [(2856, 0.4476, 0.4074), (5000, 0.3451, 0.3516), (6500, 0.3135, 0.3237), (10000, 0.2807, 0.2884)],
    )
    def test_a_black_body_has_the_color_the_tables_give(self, kelvin, x, y):
        assert planckian_xy(kelvin) == pytest.approx((x, y), abs=0.0015)

    def test_light_is_multiplied_by_one_number_a_channel_at_the_same_luminance(self):
        light = np.random.default_rng(0).uniform(0.01, 0.3, (20, 20, 3))
        for encode, encoding in ((srgb, "srgb"), (lambda each: each, "linear")):
            transform = LightTemperature(KELVIN_4000, encoding=encoding, p=1)
            out = transform(image=encode(light), **UNIT)["image"]
            expected = np.array([1.0, 1.0, 1.0])
            gains = (
                np.where(out <= 0.04045, out / 12.92, ((out + 0.055) / 1.055) ** 2.4) if encoding == "srgb" else out
            ) / light
            assert gains.std(axis=(0, 1)).max() < 2e-3
            red, green, blue = gains.mean(axis=(0, 1))
            assert red > 1.2 > 1.02 > green > 0.8 > blue
            assert (gains.mean(axis=(0, 1)) != expected).all()
            white = np.array([0.2126, 0.7152, 0.0722])
            # A black body of 6500 K is nearly white; a lamp of the same luminance keeps that of white.
            assert gains.mean(axis=(0, 1)) @ white == pytest.approx(1, abs=0.02)

    def test_the_lamp_of_the_picture_changes_nothing_and_there_and_back_is_where_it_was(self):
        picture = np.random.default_rng(0).integers(20, 180, (30, 30, 3)).astype(np.uint16) * 200
        data = {"value_range": (0, 65535)}
        still = LightTemperature(0, p=1)(image=picture, **data)["image"]
        assert np.abs(still.astype(int) - picture).max() <= 1
        there = LightTemperature(mired(6500, 5200), p=1)(image=picture, **data)["image"]
        back = LightTemperature(mired(5200, 6500), kelvin=5200, p=1)(image=there, **data)["image"]
        assert np.abs(back.astype(int) - picture).max() <= 40  # of 65535
        assert np.abs(there.astype(int) - picture).max() > 2000

    def test_gray_is_left_alone_and_other_channels_are_refused(self):
        gray = np.random.default_rng(0).integers(0, 256, (9, 9), np.uint8)
        assert np.array_equal(LightTemperature(90, p=1)(image=gray)["image"], gray)
        with pytest.raises(ImageError, match="needs red, green and blue, and this picture has 4 channels"):
            LightTemperature(p=1)(image=np.zeros((5, 5, 4), np.uint8))

    def test_volumes_in_color_are_changed_like_pictures_alone_and_in_a_pipeline(self):
        volume = np.random.default_rng(0).integers(0, 256, (3, 12, 14, 3), np.uint8)
        step = LightTemperature(mired(6500, 4500), p=1)
        expected = np.stack([step(image=one)["image"] for one in volume])
        assert np.array_equal(A.Compose([step], seed=1)(volume=volume)["volume"], expected)
        assert np.array_equal(Pipeline([step], seed=1)(volume=volume)["volume"], expected)

    def test_lamps_that_cannot_be_are_refused(self):
        assert LightTemperature((-140, 400)).mired == (-140.0, 400.0)
        for wrong in (-150, 500, (20, 10)):
            with pytest.raises(ValueError, match=r"^LightTemperature: mired: "):
                LightTemperature(wrong)

    def test_effects_of_gray_pictures_are_none(self):
        assert LightTemperature(p=1).declare_effects(Frame(64, 64, 1)).effects(Frame(64, 64, 1)) == {}


@pytest.mark.parametrize(
    "step", [{"UnevenLight": {"falloff": 0.9}}, {"FundusHaze": {"haze": 0.9}}, {"LightTemperature": {"mired": 140}}]
)
def test_a_profile_narrows_them_to_its_limits(step):
    pipeline = replace(load_profile("general/photo"), recipe=(step,)).compose(seed=1)
    assert len(pipeline.transforms) == 1
    assert all("instead of" in sentence for sentence in pipeline.narrowed)
    assert pipeline.narrowed
