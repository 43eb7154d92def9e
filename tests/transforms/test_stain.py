"""Stains: optical density, Macenko's directions against known mixtures, jitter that leaves white white."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.transforms.stain import STAINS, StainJitter, macenko_stains, optical_density


def unit(vectors):
    vectors = np.asarray(vectors, float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def section(stains, seed=0, side=240):
    """Return an 8-bit picture of two stains, some of it pure, some of it glass; and their amounts."""
    rng = np.random.default_rng(seed)
    amounts = rng.gamma(1.5, 0.25, (side * side, 2))
    kind = rng.random(side * side)
    amounts[kind < 0.25, 0] = 0
    amounts[(kind > 0.25) & (kind < 0.5), 1] = 0
    amounts[kind > 0.9] = 0
    light = 255 * 10 ** -(amounts @ unit(stains))
    return np.rint(light).astype(np.uint8).reshape(side, side, 3), amounts.reshape(side, side, 2)


def degrees(one, other):
    return np.degrees(np.arccos(np.clip((one * other).sum(axis=-1), -1, 1)))


class TestOpticalDensity:
    def test_is_the_logarithm_of_what_passes(self):
        assert optical_density([255, 25.5, 2.55]) == pytest.approx([0, 1, 2])
        assert optical_density([1000.0, 100.0], white=1000.0) == pytest.approx([0, 1])
        assert np.isfinite(optical_density([0])).all()


class TestMacenko:
    @pytest.mark.parametrize("seed", range(6))
    @pytest.mark.parametrize("pair", ["he", "hdab"])
    def test_finds_the_stains_of_a_mixture(self, pair, seed):
        rng = np.random.default_rng(seed)
        truth = unit(np.abs(np.array(STAINS[pair]) + rng.normal(0, 0.06, (2, 3))))
        picture, _ = section(truth, seed)
        assert degrees(macenko_stains(picture), truth).max() < 0.6

    def test_on_another_scale_of_light(self):
        picture, _ = section(STAINS["he"])
        assert macenko_stains(picture / 255 * 4000.0, 4000.0) == pytest.approx(macenko_stains(picture), abs=2e-3)

    @pytest.mark.parametrize(
        "picture",
        [
            np.full((50, 50, 3), 255, np.uint8),
            np.full((50, 50, 3), (180, 60, 190), np.uint8),
            section([(0.65, 0.7, 0.29), (0.65, 0.7, 0.29)])[0],
        ],
        ids=["glass", "one color", "one stain"],
    )
    def test_finds_none_where_there_are_none(self, picture):
        assert macenko_stains(picture) is None

    def test_amounts_are_those_of_scikit_image(self):
        color = pytest.importorskip("skimage.color")
        picture, amounts = section(STAINS["he"])
        separated = color.rgb2hed(picture)
        ours = optical_density(picture).reshape(-1, 3) @ np.linalg.inv(unit(color.rgb_from_hed))
        for k in (0, 1):
            theirs = separated[..., k].ravel()
            there = (theirs > 0) & (picture.reshape(-1, 3) > 1).all(axis=1)  # they clip, each in its way
            slope, offset = np.polyfit(theirs[there], ours[there, k], 1)
            assert offset == pytest.approx(0, abs=1e-3)
            assert slope * theirs[there] == pytest.approx(ours[there, k], abs=2e-3)
            assert np.corrcoef(ours[:, k], amounts[..., k].ravel())[0, 1] > 0.995

    def test_finds_hematoxylin_and_dab_in_a_real_section(self):
        data = pytest.importorskip("skimage.data")
        found = macenko_stains(data.immunohistochemistry())
        assert degrees(found, unit(STAINS["hdab"])).max() < 14
        assert degrees(found[0], unit(STAINS["hdab"])[0]) < degrees(found[0], unit(STAINS["hdab"])[1])


class TestStainJitter:
    def test_density_of_each_stain_becomes_a_times_it_and_b(self):
        truth = unit(STAINS["he"])
        picture, amounts = section(truth)
        light = picture.astype(np.float64)
        params = {"gains": (1.3, 0.8), "offsets": (0.02, 0.05), "value_range": (0.0, 255.0)}
        out = StainJitter(stains="he").apply(light, **params)
        before, after = (optical_density(each).reshape(-1, 3) @ np.linalg.pinv(truth) for each in (light, out))
        dense = (before > 0.2).all(axis=1) & (light.reshape(-1, 3) > 2).all(axis=1)
        assert dense.sum() > 1000
        assert after[dense] == pytest.approx(before[dense] * (1.3, 0.8) + (0.02, 0.05), abs=1e-6)
        assert np.corrcoef(before[dense, 0], amounts.reshape(-1, 2)[dense, 0])[0, 1] > 0.99

    @pytest.mark.parametrize("stains", ["macenko", "he", "hed"])
    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    def test_no_jitter_is_no_change(self, stains, dtype):
        picture, _ = section(STAINS["he"], side=60)
        scale = {"uint8": 1, "uint16": 257, "float32": 1 / 255}[dtype]
        picture = (picture * np.float64(scale)).astype(dtype)
        out = StainJitter(gain=0.0, offset=0.0, stains=stains, p=1)(image=picture)["image"]
        assert np.array_equal(out, picture)

    def test_white_stays_white_and_black_black(self):
        picture = np.full((40, 40, 3), 255, np.uint8)
        picture[20:] = 0
        for offset in (-0.5, 0.5):
            out = StainJitter((0.5, 1.5), (offset, offset), "he", p=1)(image=picture)["image"]
            assert (out[:20] == 255).all()
            assert (out[20:] <= 8).all()

    def test_what_two_stains_do_not_explain_stays(self):
        picture = np.full((8, 8, 3), (240.0, 130.0, 230.0))
        picture[..., 2] = 60.0  # yellow ink: no mixture of hematoxylin and eosin
        params = {"gains": (1.2, 1.2), "offsets": (0.0, 0.0), "value_range": (0.0, 255.0)}
        out = StainJitter(stains="he").apply(picture, **params)
        stains = unit(STAINS["he"])
        rest = [optical_density(each[0, 0]) @ (np.eye(3) - np.linalg.pinv(stains) @ stains) for each in (picture, out)]
        assert rest[0] == pytest.approx(rest[1], abs=1e-9)
        assert np.linalg.norm(rest[0]) > 0.2

    def test_gray_is_left_alone_and_other_channels_are_refused(self):
        jitter = StainJitter(p=1)
        for shape in ((9, 9), (9, 9, 1)):
            gray = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
            assert np.array_equal(jitter(image=gray)["image"], gray)
        with pytest.raises(ImageError, match="needs red, green and blue, and this picture has 4 channels"):
            jitter(image=np.zeros((5, 5, 4), np.uint8))

    def test_slices_of_a_volume_share_their_stains(self):
        picture, _ = section(STAINS["he"], side=80)
        volume = np.stack([picture, np.full_like(picture, 255)])
        compose = A.Compose([StainJitter(p=1)], seed=5)
        out, alone = compose(volume=volume)["volume"], A.Compose([StainJitter(p=1)], seed=5)(image=picture)["image"]
        assert np.abs(out[0].astype(int) - alone).max() <= 2
        assert (out[1] == 255).all()

    @pytest.mark.parametrize(
        "stains", ["eosin", ((1, 0, 0),), ((1, 0), (0, 1)), ((1, 0, 0), (2, 0, 0)), ((1, 0, 0), (0, -1, 0))]
    )
    def test_stains_that_are_none_are_refused(self, stains):
        with pytest.raises(ValueError, match=r"^StainJitter: stains: "):
            StainJitter(stains=stains)
