"""Drawn defects obey light: X-rays, slopes and where light comes from, film, lens and noise; and touch nothing else."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.manufacturing import KINDS, Defect, Lighting, Part, Relight, Response, Site, kind, to_light, to_values
from domainaug.manufacturing.optics import Optics, light_direction, optics_of

sys.path.insert(0, str(Path(__file__).parent))
from plates import PITCH, lit, plate, site_for

SHARP = Optics(blur_px=0.3, noise=0.0)


def flat(level=128, size=120, dtype=np.uint8):
    return np.full((size, size), level, dtype)


def window(size=40, **maps):
    zero, one = np.zeros((size, size), np.float32), np.ones((size, size), np.float32)
    full = {"height_mm": zero, "albedo": one, "roughness": zero, "coverage": one, "mask": one > 0, **maps}
    return Defect("made", (40, 40), PITCH, seed=1, **full)


def bowl(depth, size=40):
    y, x = (np.mgrid[:size, :size] - (size - 1) / 2) * (2 / size)
    return (-depth * np.maximum(1 - x**2 - y**2, 0) ** 2).astype(np.float32)


class TestPhysics:
    def test_light_follows_the_chord_of_a_pore(self):
        part = Part(pixel_pitch_mm=PITCH, lighting=Lighting("x-ray"), response=Response("linear"))
        site = Site.of(flat(100), part)
        defect = window(height_mm=np.full((40, 40), -2.0, np.float32))
        after = Relight(mu_per_mm=0.1, noise=False).draw(defect, site, optics=SHARP).picture
        assert after[60, 60] == round(100 * np.exp(0.1 * 2.0))

    def test_a_pore_below_a_pixel_takes_as_much_material_as_it_is(self):
        part = Part(pixel_pitch_mm=1.0, lighting=Lighting("x-ray"), response=Response("linear"))
        site = Site.of(flat(100), part)
        small = kind("pore", diameter_mm=0.2, cluster=1.0, flatness=1.0, elongation=1.0).draw(1, site)
        missing = -float(small.height_mm.sum()) * (1.0 / small.fine) ** 2
        assert missing == pytest.approx(np.pi / 6 * 0.2**3, rel=0.35)

    def test_on_film_a_pore_adds_the_same_however_dark_it_is_there(self):
        part = Part(pixel_pitch_mm=PITCH, lighting=Lighting("x-ray"), response=Response("log", decades=2.0))
        defect = window(height_mm=np.full((40, 40), -1.5, np.float32))
        added = []
        for level in (40, 120, 200):
            site = Site.of(flat(level), part)
            after = Relight(mu_per_mm=0.2, noise=False).draw(defect, site, optics=SHARP).picture
            added.append(int(after[60, 60]) - level)
        assert max(added) - min(added) <= 1
        assert added[0] == pytest.approx(255 * 0.3 / np.log(10) / 2, abs=1)

    @pytest.mark.parametrize("azimuth", [0.0, 45.0, 90.0, 200.0, 300.0])
    def test_the_far_wall_of_a_dent_is_lit(self, azimuth):
        site = Site.of(flat(), lit(azimuth))
        after = Relight(noise=False, gloss=0.0).draw(window(height_mm=bowl(0.25)), site, optics=SHARP).picture
        change = after.astype(float) - 128
        y, x = np.mgrid[:120, :120] - 59.5
        brightest = np.degrees(np.arctan2(-(change * y).sum(), (change * x).sum()))
        assert abs((brightest - (azimuth + 180) + 180) % 360 - 180) < 8

    def test_a_bump_is_a_dent_lit_from_the_other_side(self):
        one = Relight(noise=False).draw(window(height_mm=bowl(0.2)), Site.of(flat(), lit(0.0)), optics=SHARP).picture
        other = (
            Relight(noise=False).draw(window(height_mm=-bowl(0.2)), Site.of(flat(), lit(180.0)), optics=SHARP).picture
        )
        assert np.abs(one.astype(int) - other).max() <= 1

    def test_a_scratch_across_the_light_shows_and_one_along_it_hardly(self):
        sizes = {
            "length_mm": 8.0,
            "width_mm": 0.3,
            "depth_share": 0.25,
            "fresh": 1.0,
            "skips": 0.0,
            "bend_deg": 0.01,
            "arc_deg": 0.0,
        }
        seen = []
        for heading in (0.0, 90.0):
            site = Site.of(
                flat(90), replace(lit(90.0), lighting=Lighting("dark-field", 90.0, 20.0)), places=[(0.5, 0.5)]
            )
            drawn = Relight(noise=False).draw(
                kind("scratch", heading_deg=heading, **sizes).draw(1, site), site, optics=SHARP
            )
            seen.append(float(drawn.changed.sum()))
        assert seen[0] > 3 * seen[1]

    def test_a_film_takes_its_density_in_light_and_not_in_values(self):
        site = Site.of(flat(180), lit())
        after = Relight(noise=False).draw(window(albedo=np.full((40, 40), 0.5, np.float32)), site, optics=SHARP).picture
        light = to_light(after[60:61, 60:61], Response(), (0, 255)) / to_light(flat(180)[:1, :1], Response(), (0, 255))
        assert float(light[0, 0]) == pytest.approx(0.5, abs=0.01)


class TestCamera:
    @pytest.mark.parametrize("sigma", [0.6, 1.0, 1.6])
    def test_blur_is_read_off_edges(self, sigma):
        sharp = np.where(np.add(*np.mgrid[:240, :240]) % 60 < 30, 0.2, 0.8).astype(np.float32)
        sharp = cv2.resize(sharp, (120, 120), interpolation=cv2.INTER_AREA)
        assert optics_of(cv2.GaussianBlur(sharp, (0, 0), sigma)).blur_px == pytest.approx(sigma, abs=0.35)

    @pytest.mark.parametrize("noise", [0.004, 0.02])
    def test_noise_is_read_beside_grain(self, noise):
        random = np.random.default_rng(0)
        grain = np.broadcast_to(random.normal(0.4, 0.05, (1, 160)), (160, 160))
        found = optics_of((grain + random.normal(0, noise, (160, 160))).astype(np.float32))
        assert found.noise == pytest.approx(noise, rel=0.15)

    def test_what_is_drawn_is_as_soft_as_the_photograph(self):
        dark = np.ones((40, 40), np.float32)
        dark[:, 20:] = 0.3
        steep = []
        for blur in (0.3, 1.5):
            after = (
                Relight(noise=False)
                .draw(window(albedo=dark), Site.of(flat(), lit()), optics=Optics(blur_px=blur))
                .picture
            )
            steep.append(np.abs(np.diff(after[60].astype(int)))[15:65].max())
        assert steep[1] < 0.6 * steep[0]

    def test_noise_is_added_where_a_defect_has_less_than_the_camera(self):
        site = Site.of(plate(noise=4.0, grain=0.0), lit())
        drawn = Relight().draw(window(albedo=np.full((40, 40), 0.05, np.float32)), site)
        quiet = Relight(noise=False).draw(window(albedo=np.full((40, 40), 0.05, np.float32)), site)
        inner = slice(45, 75)
        assert drawn.picture[inner, inner].std() > 1.5 * quiet.picture[inner, inner].std()

    @pytest.mark.parametrize("azimuth", [0.0, 70.0, 180.0, 250.0])
    def test_the_side_that_is_brighter_is_where_light_comes_from(self, azimuth):
        y, x = np.mgrid[:90, :90] / 89 - 0.5
        turn = np.radians(azimuth)
        light = np.exp(0.6 * (x * np.cos(turn) - y * np.sin(turn))).astype(np.float32) * 0.3
        toward = light_direction(light, None, Lighting())
        found = np.degrees(np.arctan2(toward[1], toward[0]))
        assert abs((found - azimuth + 180) % 360 - 180) < 3


class TestPicture:
    @pytest.mark.parametrize("name", KINDS)
    def test_nothing_changes_beyond_the_window(self, name):
        site = site_for(name)
        drawn = Relight().draw(kind(name).draw(5, site), site)
        top, left, bottom, right = drawn.box
        outside = np.ones(site.shape, bool)
        outside[top:bottom, left:right] = False
        assert np.array_equal(drawn.picture[outside], site.picture[outside])
        assert not np.array_equal(drawn.picture, site.picture)
        assert drawn.picture.dtype == site.picture.dtype

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
    @pytest.mark.parametrize("channels", [0, 1, 3])
    def test_every_type_is_drawn_on_alike(self, dtype, channels):
        gray = plate().astype(np.float64) / 255
        scale = 1.0 if dtype == np.float32 else np.iinfo(dtype).max
        picture = (gray * scale).astype(dtype) if dtype == np.float32 else np.rint(gray * scale).astype(dtype)
        if channels:
            picture = np.repeat(picture[..., None], channels, axis=2)
        site = Site.of(picture, lit())
        drawn = Relight(noise=False).draw(kind("pit", diameter_mm=2.0, cluster=1.0).draw(2, site), site)
        assert drawn.picture.shape == picture.shape
        assert drawn.picture.dtype == dtype
        darker = (picture.astype(float) - drawn.picture)[drawn.mask].mean() / scale
        assert 0.05 < darker < 0.4

    def test_the_mask_is_where_the_picture_changed(self):
        site = site_for("pit")
        drawn = Relight(noise=False).draw(kind("pit", diameter_mm=1.5).draw(1, site), site)
        changed = np.abs(drawn.picture.astype(int) - site.picture) > 4
        assert (changed & drawn.mask).sum() > 0.8 * drawn.mask.sum()
        assert (changed & ~cv2.dilate(drawn.mask.astype(np.uint8), np.ones((7, 7))).astype(bool)).sum() == 0

    def test_a_defect_beside_the_picture_changes_nothing(self):
        site = site_for("dent")
        drawn = Relight().draw(kind("dent").draw(1, site).moved((-500, -500)), site)
        assert np.array_equal(drawn.picture, site.picture)
        assert not drawn.mask.any()

    def test_the_same_seed_gives_the_same_bytes(self):
        one, other = (Relight().draw(kind("stain").draw(9, site_for("stain")), site_for("stain")) for _ in range(2))
        assert np.array_equal(one.picture, other.picture)


class TestTexture:
    """Brushing ends at the rim of a hole, and shows through a film as far as that lets it."""

    COARSE = Site.of(plate(grain=9.0, noise=1.0, seed=3), lit())

    def stripes(self, drawn):
        """Deviation from column to column in the middle of a defect, as a share of its level."""
        core = cv2.erode(drawn.mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        rows, columns = np.nonzero(core)
        inside = drawn.picture[rows.min() : rows.max(), columns.min() : columns.max()].astype(float)
        level = inside.mean(axis=0)
        return float(np.diff(level).std() / level.mean())

    def film(self, hides):
        stain = kind("stain", diameter_mm=6.0, density=0.1, ring=0.0, hides=hides, elongation=1.0, ragged=0.2)
        return self.stripes(Relight().draw(stain.draw(4, self.COARSE).moved((40, 40)), self.COARSE))

    def test_a_film_hides_as_much_as_it_is_told(self):
        ground = float(np.diff(self.COARSE.picture.mean(axis=0)).std() / self.COARSE.picture.mean())
        assert self.film(0.0) == pytest.approx(ground, rel=0.5)
        assert self.film(1.0) < 0.4 * self.film(0.0)
        assert self.film(1.0) < self.film(0.5) < self.film(0.0)

    def test_a_hole_has_none_of_it_and_noise_like_the_rest(self):
        flat = kind("pit", diameter_mm=5.0, cluster=1, mottled=0.0, depth_share=0.0, dark=0.7, elongation=1.0)
        drawn = Relight().draw(flat.draw(1, self.COARSE).moved((50, 70)), self.COARSE)
        assert self.stripes(drawn) < 0.5 * self.film(0.0)
        core = cv2.erode(drawn.mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        change = drawn.picture[core] - cv2.GaussianBlur(drawn.picture.astype(np.float32), (0, 0), 2)[core]
        assert 0.4 < change.std() < 2.5  # the plate has noise of 1

    def test_beside_the_defect_all_of_it_is_left(self):
        drawn = Relight().draw(kind("pit", diameter_mm=2.0, cluster=1).draw(1, self.COARSE), self.COARSE)
        far = cv2.dilate(drawn.mask.astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
        assert np.array_equal(drawn.picture[far], self.COARSE.picture[far])

    def test_a_map_of_another_size_is_refused(self):
        defect = kind("pit").draw(1, self.COARSE)
        with pytest.raises(ImageError, match="worn is"):
            replace(defect, worn=np.zeros((3, 3), np.float32))


def test_pits_lie_as_they_are_told():
    site = site_for("pit")
    for heading in (0.0, 30.0, 90.0, 150.0):
        pit = kind("pit", diameter_mm=3.0, cluster=1, elongation=3.0, heading_deg=heading, ragged=0.05).draw(2, site)
        rows, columns = np.nonzero(pit.mask)
        slope = np.linalg.eigh(np.cov(columns, -rows))[1][:, 1]
        found = np.degrees(np.arctan2(slope[1], slope[0])) % 180
        assert min(abs(found - heading), 180 - abs(found - heading)) < 6


class TestResponse:
    @pytest.mark.parametrize("curve", ["srgb", "gamma", "linear", "log"])
    @pytest.mark.parametrize("inverted", [False, True])
    def test_values_come_back_as_they_were(self, curve, inverted):
        values = np.arange(256, dtype=np.uint8).reshape(16, 16)
        response = Response(curve, inverted=inverted)
        assert np.array_equal(to_values(to_light(values, response, (0, 255)), values, response, (0, 255)), values)

    def test_srgb_is_the_standard(self):
        light = to_light(np.array([[0, 118, 188, 255]], np.uint8), Response(), (0, 255))
        assert light[0] == pytest.approx([0, 0.1812, 0.5029, 1.0], abs=1e-3)
