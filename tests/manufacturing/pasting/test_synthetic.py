"""Anomalies of the papers: on the part, in mm, never empty, and the mask is what changed."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.errors import LabelError
from domainaug.manufacturing.pasting.synthetic import cut_paste, nsa, perlin_texture, scar
from domainaug.manufacturing.site import Site
from domainaug.profile.part import Foreground, Part

MAKERS = {
    "cut_paste": lambda site, random: cut_paste(site, random, area_mm2=(0.5, 4.0)),
    "scar": lambda site, random: scar(site, random, length_mm=(1.0, 2.5), width_mm=(0.2, 0.5)),
    "nsa": lambda site, random: nsa(site, random, length_mm=(0.8, 2.0), width_mm=(0.8, 2.0)),
    "perlin_texture": lambda site, random: perlin_texture(site, random, grain_mm=(0.8, 3.0)),
}


def textured(seed=0, shape=(128, 160)):
    """Stripes that differ from place to place, so that a piece from elsewhere is seen."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    wave = 40 * np.sin(columns / (4 + rows / 30)) + 0.4 * rows
    return np.clip(90 + wave + np.random.default_rng(seed).normal(0, 2, shape), 0, 255).astype(np.uint8)


def on_a_disc():
    rows, columns = np.mgrid[:128, :160]
    disc = (rows - 60) ** 2 + (columns - 80) ** 2 < 45**2
    picture = np.where(disc, np.maximum(textured(), 60), 5).astype(np.uint8)
    part = Part(pixel_pitch_mm=0.1, foreground=Foreground(by="threshold", threshold=0.1))
    return Site.of(picture, part), disc


PLAIN = Site.of(textured(), Part(pixel_pitch_mm=0.1))


@pytest.mark.parametrize("name", MAKERS)
def test_the_mask_is_never_empty_and_lies_on_the_part(name):
    site, disc = on_a_disc()
    for seed in range(40):
        found = MAKERS[name](site, np.random.default_rng(seed))
        assert found.mask.any()
        assert disc[found.mask].mean() > 0.98
        changed = found.picture != site.picture
        assert changed[found.mask].mean() > 0.5
        assert not changed[~disc].any()


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_chance_gives_the_same_picture_and_another_one_another(name):
    one, same, other = (MAKERS[name](PLAIN, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.picture, same.picture)
    assert (one.picture != other.picture).any()


@pytest.mark.parametrize("name", MAKERS)
def test_color_stays_color(name):
    site = Site.of(np.dstack([textured(1), textured(2), textured(3)]), Part(pixel_pitch_mm=0.1))
    found = MAKERS[name](site, np.random.default_rng(0))
    assert (found.picture.shape, found.picture.dtype) == ((128, 160, 3), np.uint8)


@pytest.mark.parametrize("pitch", [0.05, 0.1, 0.2])
def test_sizes_are_in_mm_whatever_the_resolution(pitch):
    shape = (round(12.8 / pitch), round(16 / pitch))
    site = Site.of(textured(0, shape), Part(pixel_pitch_mm=pitch))
    areas = [cut_paste(site, np.random.default_rng(s), area_mm2=4.0).parameters["area_mm2"] for s in range(20)]
    assert np.median(areas) == pytest.approx(4.0, rel=0.08)
    scars = [
        scar(site, np.random.default_rng(s), length_mm=3.0, width_mm=0.4, degrees=30).parameters["area_mm2"]
        for s in range(20)
    ]
    assert np.median(scars) == pytest.approx(1.2, rel=0.2)


def test_perlin_covers_the_share_of_the_part_that_was_drawn():
    site, disc = on_a_disc()
    for seed in range(20):
        found = perlin_texture(site, np.random.default_rng(seed), grain_mm=1.5, share=(0.05, 0.05), opacity=1.0)
        assert found.parameters["area_mm2"] == pytest.approx(0.05 * disc.sum() * 0.01, rel=0.03)


@pytest.mark.parametrize("radius", [3, 12, 30])
def test_perlin_is_on_the_part_by_construction_however_small_that_is(radius):
    rows, columns = np.mgrid[:128, :160]
    disc = (rows - 90) ** 2 + (columns - 40) ** 2 <= radius**2
    picture = np.where(disc, np.maximum(textured(), 80), 5).astype(np.uint8)
    site = Site.of(picture, Part(pixel_pitch_mm=0.1, foreground=Foreground(by="threshold", threshold=0.2)))
    for seed in range(60):
        found = perlin_texture(site, np.random.default_rng(seed), grain_mm=(0.5, 4.0))
        assert found.mask.any()
        assert not found.mask[~site.inside].any()
        np.testing.assert_array_equal(found.picture[~site.inside], site.picture[~site.inside])
        top, left, bottom, right = found.box
        assert found.changed.shape == (bottom - top, right - left)


def test_perlin_takes_a_texture_of_ones_own_gray_or_in_color():
    for texture in (np.full((7, 5), 0.9, np.float32), np.full((7, 5, 3), 0.9)):
        found = perlin_texture(PLAIN, np.random.default_rng(1), grain_mm=1.0, texture=texture, opacity=1.0)
        values = found.picture[found.picture != PLAIN.picture]
        assert values.min() == values.max() == 243  # 90 % of the light, in sRGB


def test_nsa_takes_from_another_photograph_and_blends_without_a_seam():
    other = Site.of(textured(9)[:, ::-1].copy(), Part(pixel_pitch_mm=0.1))
    steps = {}
    for blend in ("poisson", "naive"):
        found = nsa(PLAIN, np.random.default_rng(2), length_mm=2.0, width_mm=2.0, other=other, blend=blend)
        top, left, bottom, right = found.box
        across = np.abs(np.diff(found.picture.astype(int), axis=1))
        steps[blend] = across[top:bottom, [left - 1, right - 1]].mean()
    assert steps["poisson"] < 0.6 * steps["naive"]
    assert 0.6 < found.parameters["scale"] < 1.4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda site, random: cut_paste(site, random, area_mm2=9000.0), "there is no piece of"),
        (lambda site, random: scar(site, random, length_mm=40.0, width_mm=1.0), "there is no piece of 1 x 40 mm"),
        (lambda site, random: nsa(site, random, length_mm=50.0, width_mm=1.0), "use smaller sizes"),
    ],
)
def test_what_finds_no_room_is_said(make, message):
    with pytest.raises(LabelError, match=message):
        make(PLAIN, np.random.default_rng(0))
