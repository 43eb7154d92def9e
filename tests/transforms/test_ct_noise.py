"""`KernelNoise` and `LowDose`: spectra, strength where Beer and Lambert put it, direction as back-projection has it."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.generators import Frame
from domainaug.kernels.radon import back_project, filtered, project, views
from domainaug.pipeline import Pipeline
from domainaug.transforms import KernelNoise, LowDose
from domainaug.transforms.beam import beam_of
from domainaug.transforms.ct_noise import KERNELS

MU = beam_of(120.0).effective
SIZE = 192
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2


def ellipse(wide, high):
    """Return water in air, half axes in pixels."""
    return np.where((X / wide) ** 2 + (Y / high) ** 2 < 1, 0, -1000).astype(np.float32)


def added(transform, plane, slices, seed=0):
    """Return the noise of many slices that are all alike."""
    volume = np.repeat(plane[None], slices, axis=0)
    return A.Compose([transform], seed=seed)(volume=volume)["volume"] - volume


def spectrum(noise, spacing):
    """Return frequency in cycles/mm and power of every bin, averaged over slices."""
    power = (np.abs(np.fft.fft2(noise)) ** 2).mean(axis=0) * spacing**2 / noise[0].size
    frequency = np.fft.fftfreq(noise.shape[1], spacing)
    return np.hypot(frequency[:, None], frequency), power


class TestKernelNoise:
    @pytest.mark.parametrize(("kernel", "peak"), [("smooth", 0.20), ("standard", 0.25), ("sharp", 0.58)])
    def test_has_the_strength_asked_for_and_the_spectrum_of_the_kernel(self, kernel, peak):
        noise = added(KernelNoise(12.0, kernel, spacing=(0.5, 0.5), p=1), np.zeros((128, 128), np.float32), 48)
        assert noise.std() == pytest.approx(12, rel=0.01)
        frequency, power = spectrum(noise, 0.5)
        shape = frequency * KERNELS[kernel](frequency) ** 2
        asked = shape * 144 / (shape.sum() / (128 * 0.5) ** 2)
        rings = [(frequency >= low) & (frequency < low + 0.08) for low in np.arange(0.04, 0.9, 0.08)]
        for ring in rings:
            least = 0.02 * asked.max()
            assert power[ring].mean() == pytest.approx(asked[ring].mean(), rel=0.1, abs=least)
        strongest = rings[int(np.argmax([power[ring].mean() for ring in rings]))]
        assert frequency[strongest].min() - 0.05 < peak < frequency[strongest].max() + 0.05

    def test_is_new_in_every_slice(self):
        noise = added(KernelNoise(5.0, "sharp", spacing=(0.5, 0.5), p=1), np.zeros((160, 160), np.float32), 8)
        assert np.abs(np.corrcoef(noise.reshape(8, -1)) - np.eye(8)).max() < 0.05

    def test_the_kernel_is_drawn_and_the_grain_follows_the_spacing(self):
        compose = A.Compose([KernelNoise((1.0, 9.0), p=1)], seed=1, save_applied_params=True)
        drawn = [compose(image=np.zeros((8, 8), np.int16), spacing=(0.5, 0.5)) for _ in range(40)]
        seen = {dict(one["applied_transforms"])["KernelNoise"]["kernel"] for one in drawn}
        assert seen == {"smooth", "standard", "sharp"}
        pipeline = Pipeline([KernelNoise(20.0, "smooth", p=1)], seed=1, value_range=(-1024, 3071))
        grains = []
        for spacing in (0.4, 0.8):
            out = pipeline(image=np.zeros((256, 256), np.int16), spacing=(spacing, spacing), key="a")["image"]
            frequency, power = spectrum(out[None].astype(float), 1.0)
            grains.append((frequency * power).sum() / power.sum())
        assert grains[1] / grains[0] == pytest.approx(2, rel=0.1)

    def test_what_is_not_legal_is_told(self):
        with pytest.raises(
            ValueError, match="KernelNoise: kernel: one of smooth, standard, sharp is needed, got 'B30f'"
        ):
            KernelNoise(5.0, "B30f")
        with pytest.raises(ValueError, match="kernel: one of"):
            KernelNoise(5.0, ())
        with pytest.raises(ImageError, match="KernelNoise has to know how many mm a pixel is: pass spacing="):
            KernelNoise(5.0, p=1)(image=np.zeros((9, 9), np.int16))

    def test_effects(self):
        frame = Frame(low=-1000.0, high=1000.0)
        assert KernelNoise(1).drawn_effects({"std": 40.0}, frame).effects(frame)["noise"].high == pytest.approx(0.02)
        assert KernelNoise((0, 40)).declare_effects(frame).effects(frame)["noise"].high >= 0.02


class TestLowDose:
    @pytest.mark.parametrize("dose", [0.1, 0.5, 0.8])
    def test_noise_is_that_of_water_in_the_middle_of_200_mm(self, dose):
        noise = added(LowDose(dose, 10.0, spacing=(1.25, 1.25), p=1), ellipse(80, 80), 64)
        middle = noise[:, np.hypot(X, Y) < 15]
        assert np.sqrt((middle**2).mean()) == pytest.approx(10 * np.sqrt(1 / dose - 1), rel=0.04)
        assert abs(middle.mean()) < 0.6 * np.sqrt(1 / dose - 1)

    def test_variance_is_the_mean_of_the_photons_missing_on_the_rays_through_a_place(self):
        noise = added(LowDose(0.5, 10.0, spacing=(1.25, 1.25), p=1), ellipse(80, 80), 64)
        distance, turns = np.hypot(X, Y) * 1.25, np.cos(np.linspace(0, np.pi, 720))
        told = []
        for radius in (20, 50, 80, 115):
            ring = np.abs(distance - radius) < 4
            chords = 2 * np.sqrt(np.maximum(100.0**2 - (radius * turns) ** 2, 0))
            told.append(np.sqrt((noise[:, ring] ** 2).mean()))
            assert told[-1] == pytest.approx(10 * np.sqrt(np.exp(MU * (chords - 200)).mean()), rel=0.05)
        assert told == sorted(told, reverse=True)  # grows toward the middle

    def test_is_as_strong_and_as_directed_as_noisy_rays_reconstructed(self):
        """A body wider than high, against filtered back-projection of rays with noise of their photons."""
        plane, spacing, angles = ellipse(88, 40), (2.0, 2.0), views(400)
        noise = added(LowDose(0.5, 10.0, spacing=spacing, p=1), plane, 40)
        rays = project((1 + plane / 1000).astype(np.float32), spacing, angles) * MU
        random, strength = np.random.default_rng(3), np.exp(np.minimum(rays, 12) / 2)
        reference = np.stack(
            [
                back_project(
                    filtered((strength * random.normal(size=rays.shape)).astype(np.float32), 2.0, KERNELS["standard"]),
                    plane.shape,
                    spacing,
                    angles,
                )
                for _ in range(12)
            ]
        )
        middle = np.s_[:, 80:112, 64:128]
        ratios = []
        for field in (noise, reference):
            power = (np.abs(np.fft.fft2(field[middle])) ** 2).mean(axis=0)
            down, right = np.fft.fftfreq(32)[:, None], np.fft.fftfreq(64)
            upright, level = np.abs(down) > 2.5 * np.abs(right), np.abs(right) > 2.5 * np.abs(down)
            ratios.append(power[upright].mean() / power[level].mean())
        assert ratios[0] > 10  # rays along the long axis are read across it: the noise is drawn out along it
        assert ratios[0] == pytest.approx(ratios[1], rel=0.2)
        places = [np.s_[:, 90:102, 90:102], np.s_[:, 90:102, 20:40], np.s_[:, 60:70, 90:102]]
        local = np.array([[field[place].std() for place in places] for field in (noise, reference)])
        assert local[0] / local[0, 0] == pytest.approx(local[1] / local[1, 0], rel=0.12)

    def test_full_dose_is_left_alone_and_slices_are_independent(self):
        plane = ellipse(80, 80)
        assert not added(LowDose(1.0, 10.0, spacing=(1.0, 1.0), p=1), plane, 2).any()
        noise = added(LowDose(0.25, 10.0, spacing=(1.0, 1.0), p=1), plane, 4)
        assert np.abs(np.corrcoef(noise.reshape(4, -1)) - np.eye(4)).max() < 0.08

    def test_a_slice_of_a_volume_is_as_noisy_as_its_own_rays(self):
        volume = np.stack([ellipse(80, 80), ellipse(40, 40)])
        out = A.Compose([LowDose(0.5, 10.0, spacing=(1.25, 1.25), p=1)], seed=2)(volume=volume)["volume"] - volume
        middle = np.hypot(X, Y) < 20
        thick, thin = (out[k, middle].std() for k in range(2))
        assert thick / thin == pytest.approx(np.exp(MU * 50), rel=0.15)  # 100 mm of water less, half of its logarithm

    def test_whole_numbers_and_channels(self):
        image = np.repeat(ellipse(80, 80)[..., None], 3, axis=2).astype(np.int16)
        out = A.Compose([LowDose(0.3, spacing=(1.0, 1.0), p=1)], seed=2)(image=image)["image"]
        assert out.dtype == np.int16
        assert np.array_equal(out[..., 0], out[..., 2])  # a gray picture in three channels stays gray
        assert out[..., 0].std() > image[..., 0].std()

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [({"dose": 0.0}, "dose: .* above 0"), ({"dose": 2.0}, "dose"), ({"noise": -1.0}, "noise: .* from 0 up")],
    )
    def test_what_is_not_legal_is_told(self, arguments, told):
        with pytest.raises(ValueError, match=f"^LowDose: {told}"):
            LowDose(**arguments)
