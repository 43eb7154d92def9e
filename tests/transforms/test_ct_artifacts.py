"""`Rings` and `BeamHardening` against sinograms put together by hand and reconstructed."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.kernels.radon import back_project, detector_places, filtered, project, views
from domainaug.transforms import BeamHardening, Rings
from domainaug.transforms.beam import beam_of
from domainaug.transforms.ct_artifacts import hardening
from domainaug.transforms.ct_noise import KERNELS

SIZE = 192
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
FAR = np.hypot(X, Y)


def body(radius, spacing):
    """Return a disc of water in air, of a radius in mm."""
    return (np.clip((radius / spacing - FAR) + 0.5, 0, 1) * 1000 - 1000).astype(np.float32)


def profile(field, spacing, radii):
    return np.array([field[np.abs(FAR * spacing - radius) < 3].mean() for radius in radii])


class TestRings:
    def drawn(self, elements, *, center=(0.0, 0.0), spacing=0.25, **arguments):
        transform = Rings(spacing=(spacing, spacing), **arguments)
        params = {"elements": elements, "center": center, "spacing": (spacing, spacing)}
        return transform.apply(np.zeros((SIZE, SIZE), np.float32), **params)

    def test_is_the_reconstruction_of_a_sinogram_with_that_gain_error(self):
        spacing, share, gain, width = 0.25, 0.4, 0.01, 1.0
        half = np.hypot(SIZE, SIZE) * spacing / 2
        places = detector_places((SIZE, SIZE), (spacing, spacing))
        covered = np.clip((width / 2 + spacing / 2 - np.abs(places - share * half)) / spacing, 0, 1)
        turns = np.arange(1600) * (2 * np.pi / 1600)  # once around
        rows = np.repeat((-np.log1p(gain) * covered)[None], len(turns), axis=0).astype(np.float32)
        rows = filtered(rows, spacing, KERNELS["standard"])
        reference = back_project(rows, (SIZE, SIZE), (spacing, spacing), turns) * 1000 / beam_of(120.0).effective
        found = self.drawn([(share, gain)], element_mm=width)
        inside = FAR < SIZE / 2 - 2
        assert reference[inside].min() < -8
        assert np.abs(found - reference)[inside].max() < 0.06 * np.abs(reference[inside]).max()
        assert np.corrcoef(found[inside], reference[inside])[0, 1] > 0.995

    def test_is_round_about_the_axis(self):
        found = self.drawn([(0.3, 0.01), (0.45, -0.02)], center=(3.0, -2.0))
        away = np.hypot(X * 0.25 + 2.0, Y * 0.25 - 3.0)
        for radius in (2.0, 7.0, 10.2, 15.3):
            ring = found[np.abs(away - radius) < 0.05]
            assert len(ring) > 5
            assert ring.std() < 0.05 * np.abs(found).max()

    def test_a_detector_that_reads_too_much_makes_a_dark_ring_and_strength_is_linear(self):
        dark, bright, twice = (self.drawn([(0.4, gain)]) for gain in (0.002, -0.002, 0.004))
        assert dark.min() < -dark.max()
        assert np.allclose(bright, -dark, atol=0.01)
        assert np.allclose(twice, 2 * dark, atol=0.02)

    def test_is_stronger_near_the_axis(self):
        heights = [np.abs(self.drawn([(share, 0.01)])).max() for share in (0.05, 0.2, 0.6)]
        assert heights == sorted(heights, reverse=True)

    def test_every_slice_has_the_same_and_a_draw_says_what_was_off(self):
        compose = A.Compose([Rings((0.002, 0.01), (2, 5), spacing=(0.7, 0.7), p=1)], seed=4, save_applied_params=True)
        out = compose(volume=np.zeros((3, 64, 64), np.float32))
        assert np.array_equal(out["volume"][0], out["volume"][2])
        elements = dict(out["applied_transforms"])["Rings"]["elements"]
        assert 2 <= len(elements) <= 5
        assert all(0.002 <= abs(gain) <= 0.01 for _, gain in elements)


class TestBeamHardening:
    def cupped(self, radius=100.0, spacing=1.25, water=1.0, bone=0.0, plane=None):
        plane = body(radius, spacing) if plane is None else plane
        transform = BeamHardening(water, bone, spacing=(spacing, spacing), p=1)
        return A.Compose([transform], seed=0)(image=plane)["image"] - plane

    def test_water_darkens_steadily_toward_the_middle_and_stays_near_0(self):
        cup = self.cupped()
        radii = np.arange(5, 95, 10)
        dip = profile(cup, 1.25, radii)
        assert (np.diff(dip) > 0).all()
        assert dip[-1] - dip[0] > 25
        assert abs(cup[FAR * 1.25 < 95].mean()) < 12

    def test_is_what_the_rays_through_a_disc_are_off_by_reconstructed_by_another(self):
        """Chords of the disc, read behind the spectrum, through the back-projection of scikit-image."""
        other = pytest.importorskip("skimage.transform")
        beam, spacing, radius = beam_of(120.0), 1.25, 100.0
        places = (np.arange(SIZE) - SIZE // 2) * spacing
        chord = (2 * np.sqrt(np.maximum(radius**2 - places**2, 0))).astype(np.float32)
        off = beam.measured({"water": chord}) - beam.effective * chord
        angles = np.linspace(0, 180, 360, endpoint=False)
        made = other.iradon(np.repeat(off[:, None], 360, axis=1), theta=angles, circle=True)
        reference = made / spacing * 1000 / beam.effective
        radii = np.arange(5, 95, 10)
        y, x = np.mgrid[:SIZE, :SIZE] - SIZE // 2
        theirs = [reference[np.abs(np.hypot(x, y) * spacing - at) < 3].mean() for at in radii]
        assert profile(self.cupped(), spacing, radii) == pytest.approx(theirs, abs=1.5)

    def test_a_wider_patient_is_cupped_more_and_shares_are_linear(self):
        depths = [np.ptp(profile(self.cupped(radius), 1.25, (5, radius - 10))) for radius in (60.0, 80.0, 110.0)]
        assert depths == sorted(depths)
        assert np.allclose(self.cupped(water=0.5), 0.5 * self.cupped(), atol=0.1)
        assert not self.cupped(water=0.0).any()

    def test_what_is_read_rises_with_the_path_whatever_the_share(self):
        beam, paths = beam_of(120.0), np.linspace(0, 600, 601).astype(np.float32)
        for water in (0.0, 0.3, 1.0):
            read = beam.effective * paths + hardening(beam, paths, 0 * paths, water, 0.0)
            assert (np.diff(read) > 0).all()

    def test_a_correction_for_water_leaves_water_alone_and_bands_between_bones(self):
        plane = body(100.0, 1.25)
        assert np.abs(self.cupped(water=0.0, bone=1.0)).max() < 0.5
        for side in (-40, 40):
            plane[np.hypot(X - side, Y) < 12] = 1000
        band = self.cupped(plane=plane, water=0.0, bone=1.0)
        between, beside = band[90:102, 85:107].mean(), band[30:50, 85:107].mean()
        assert between < -15
        assert abs(beside) < 0.3 * abs(between)

    def test_the_middle_comes_back_as_fast_on_a_fine_grid(self):
        fine = np.kron(body(100.0, 1.25), np.ones((2, 2), np.float32))
        transform = BeamHardening(1.0, 0.0, spacing=(0.625, 0.625), p=1)
        cup = A.Compose([transform], seed=0)(image=fine)["image"] - fine
        coarse = self.cupped()
        assert cup[190:194, 190:194].mean() == pytest.approx(coarse[95:97, 95:97].mean(), abs=1.0)

    def test_it_asks_for_the_spacing(self):
        for told in ({}, {"spacing": (0.0, 1.0)}, {"spacing": (np.nan, 1.0)}):
            with pytest.raises(ImageError, match="BeamHardening has to know how many mm a pixel is"):
                BeamHardening(p=1)(image=np.zeros((9, 9), np.int16), **told)
        with pytest.raises(ValueError, match=r"BeamHardening: kvp: .* from 60 to 150"):
            BeamHardening(kvp=300)


def test_angles_are_those_of_projections():
    """What `BeamHardening` follows is what lies there: a rod off the middle is found where it is."""
    plane = np.zeros((SIZE, SIZE), np.float32)
    plane[40:44, 120:124] = 1
    angles = views(90)
    found = back_project(filtered(project(plane, (1.0, 1.0), angles), 1.0), plane.shape, (1.0, 1.0), angles)
    assert np.unravel_index(found.argmax(), found.shape) in {(y, x) for y in range(40, 44) for x in range(120, 124)}
