"""Noise of a CT, in HU: with the power spectrum of a reconstruction kernel, and as a lower dose would add it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, choices, distances, share, span
from domainaug.transforms.beam import beam_of
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import draw_key, governed
from domainaug.transforms.slicewise import Plane, SliceWise, needed_spacing

__all__ = ["KERNELS", "KernelNoise", "LowDose", "coarser", "water_equivalent"]

Array = NDArray[np.float64]


def _window(frequency: Array, cutoff: float, order: float, edge: float = np.inf) -> Array:
    """Return what a kernel multiplies the ramp by: a drop at `cutoff`, and from `edge` on a rise before it."""
    return np.asarray((1 + (frequency / edge) ** 2) * np.exp(-((frequency / cutoff) ** order)))


KERNELS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "smooth": partial(_window, cutoff=0.4, order=2),
        "standard": partial(_window, cutoff=0.5, order=2),
        "sharp": partial(_window, cutoff=0.68, order=4, edge=0.3),
    }
)
"""Window of a reconstruction kernel over frequency in cycles/mm, by name.

With them noise power, ramp times window squared, is largest at 0.20, 0.25 and 0.58 cycles/mm and a tenth of that at
0.55, 0.69 and 0.86. Of the kernels that DICaugment brings as measured on scanners, B20f is largest at 0.18 (a tenth at
0.49), GE Standard at 0.25 (0.68) and B70f at 0.60 (0.88).
"""

_SEEN = ("noise", "impulse_noise", "local_gain", "sharpening", "brightness", "tone", "contrast", "gamma")
_FREQUENCIES = np.linspace(0.0, 2.0, 401)
_REFERENCE_MM = 200.0
_LARGEST_MM = 350.0  # the path of water through a patient up to which effects are reckoned
_MOST = 12.0  # line integral from which on a detector counts nothing
_SECTORS, _VIEWS = 12, 8  # directions of noise, and views in each
_COARSE = 128  # pixels along the longer side of the picture whose rays are followed


class KernelNoise(SliceWise, A.ImageOnlyTransform):  # type: ignore[misc]
    """Adds noise with the power spectrum of a reconstruction kernel, new in every slice.

    Noise of filtered back-projection has the power |f| A(f)² (Riederer, Pelc and Chesler 1978, Phys. Med. Biol.
    23:446): of white noise in the projections the filter leaves |f|² A², and there are 1 / |f| as many views for a
    frequency. A is the kernel's window. `ColoredNoise` takes a spectrum of your own.

    Args:
        std: Standard deviation in HU; a number, or a range it is drawn from.
        kernel: "smooth", "standard" or "sharp" (see `KERNELS`), or several, one of which is drawn.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing.
    """

    neutral: ClassVar[Mapping[str, float]] = {"std": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(_SEEN, "std")

    def __init__(
        self,
        std: float | Sequence[float],
        kernel: str | Sequence[str] = ("smooth", "standard", "sharp"),
        spacing: Sequence[float] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self.std = span(self, "std", std, least=0.0)
        self.kernel = choices(self, "kernel", kernel, tuple(KERNELS))
        self.spacing = distances(self, spacing)

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the kernel, the strength and the key of the field."""
        return {
            "std": self.py_random.uniform(*self.std),
            "kernel": self.kernel[int(self.py_random.random() * len(self.kernel))],
            "spacing": needed_spacing(self, data, self.spacing),
            "key": draw_key(self.random_generator),
        }

    def plane(self, values: Plane, params: Drawn, stream: int) -> NDArray[Any]:
        """Return a slice with noise."""
        from domainaug.kernels.spectrum import noise_by_spectrum

        if values.size < 2:  # the mean, which the kernel keeps, is all there is
            return values
        power = _FREQUENCIES, _FREQUENCIES * KERNELS[params["kernel"]](_FREQUENCIES) ** 2
        noise = noise_by_spectrum(
            values.shape, params["spacing"], power, params["key"], std=params["std"], first=stream
        )
        return np.asarray(values + noise)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return _grained(self.std[1] / frame.span)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        seen = params["std"] / frame.span
        return Generators(ranges={"noise": Interval(seen, seen)})


class LowDose(SliceWise, A.ImageOnlyTransform):  # type: ignore[misc]
    """Adds the noise that a share of the dose would have added, as strong and as directed as rays make it.

    A ray that loses exp(-p) of its photons is read with a variance of exp(p) / photons (Beer and Lambert, Poisson),
    so at a share d of the dose exp(p) (1 / d - 1) times that of full dose is missing (Zeng et al. 2015, IEEE Trans.
    Nucl. Sci. 62:2226). Rays are followed through the slice itself, taken for water of the density HU say. Noise is
    made in the picture: along each direction with the kernel's spectrum, as strong where a pixel lies as the rays
    through it that are read across that direction. This is what filtered back-projection of noisy rays converges to
    where attenuation changes slowly (local power spectra, as Divel and Pelc 2020, IEEE Trans. Med. Imaging 39:1906,
    insert noise). Left out: electronic noise, tube current modulation, iterative reconstruction.

    Args:
        dose: Share of the dose left, above 0 up to 1; a number, or a range.
        noise: Standard deviation in HU that the scan has at its own dose, in the middle of a disc of water of 200 mm;
            patients get more or less by what their rays lose. A number, or a range.
        kernel: "smooth", "standard" or "sharp", the scan's kernel.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing.
    """

    neutral: ClassVar[Mapping[str, float]] = {"dose": 1.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(_SEEN, "dose")

    def __init__(
        self,
        dose: float | Sequence[float] = (0.25, 1.0),
        noise: float | Sequence[float] = 10.0,
        kernel: str = "standard",
        spacing: Sequence[float] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self.dose = span(self, "dose", dose, above=0.0, most=1.0)
        self.noise = span(self, "noise", noise, least=0.0)
        self.kernel = choice(self, "kernel", kernel, tuple(KERNELS))
        self.spacing = distances(self, spacing)

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the dose, the noise at full dose and the key of the field."""
        dose, noise = self.py_random.uniform(*self.dose), self.py_random.uniform(*self.noise)
        return {
            "dose": dose,
            "std": float(noise * np.sqrt(max(0.0, 1 / dose - 1))),
            "spacing": needed_spacing(self, data, self.spacing),
            "key": draw_key(self.random_generator),
        }

    def plane(self, values: Plane, params: Drawn, stream: int) -> NDArray[Any]:
        """Return a slice with the noise that is missing."""
        from scipy import fft

        from domainaug.kernels.random import normals

        if not params["std"] or values.size < 2:
            return values
        strengths = _strengths(values, params["spacing"])
        gain, angle = _polar(values.shape, params["spacing"], self.kernel)
        waves = fft.rfft2(normals(values.shape, params["key"], stream)) * gain
        place = angle * (_SECTORS / np.pi)
        out = values.copy()
        for sector, strength in enumerate(strengths):
            away = np.abs((place - sector + _SECTORS / 2) % _SECTORS - _SECTORS / 2)
            part = fft.irfft2(waves * np.maximum(0, 1 - away), values.shape)
            out += np.float32(params["std"]) * strength * part
        return out

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most, to patients through whom the longest ray passes 350 mm of water."""
        return self._effects(max(self.noise) * float(np.sqrt(1 / self.dose[0] - 1)), self.spacing, frame)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most; the noise itself depends on the slice."""
        return replace(self._effects(params["std"], params["spacing"], frame), exact=False)

    def _effects(self, std: float, spacing: tuple[float, ...] | None, frame: Frame) -> Generators:
        rows, columns = (spacing or frame.spacing or (np.inf, np.inf))[-2:]
        longest = min(_LARGEST_MM, float(np.hypot(frame.height * rows, frame.width * columns)) * 1.3)
        more = float(np.exp(beam_of(120.0).effective * (longest - _REFERENCE_MM) / 2))
        return _grained(std * more / frame.span)


def water_equivalent(values: Plane) -> Plane:
    """Return attenuation as a share of that of water, from HU."""
    return np.asarray(np.maximum(np.float32(0), 1 + values / np.float32(1000)))


def coarser(picture: Plane, spacing: Sequence[float], side: int) -> tuple[Plane, tuple[float, float]]:
    """Return a picture with at most `side` pixels along its longer side, averaged, and its spacing."""
    import cv2

    rows, columns = picture.shape
    factor = max(1.0, max(rows, columns) / side)
    size = max(1, round(columns / factor)), max(1, round(rows / factor))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[::-1])
    return small, (spacing[0] * rows / size[1], spacing[1] * columns / size[0])


def _strengths(values: Plane, spacing: tuple[float, float]) -> list[Plane]:
    """Return, for each direction, the standard deviation of noise in each pixel over that in the reference disc."""
    import cv2

    from domainaug.kernels.radon import back_project, project, views

    water = beam_of(120.0).effective
    small, step = coarser(water_equivalent(values), spacing, _COARSE)
    angles = (views(_SECTORS * _VIEWS) - np.pi / (2 * _SECTORS)) % np.pi  # sectors lie about their direction
    lost = np.minimum(project(small, step, angles) * np.float32(water), np.float32(_MOST))
    variance = np.exp(lost - np.float32(water * _REFERENCE_MM))
    found = []
    for sector in range(_SECTORS):
        part = slice(sector * _VIEWS, (sector + 1) * _VIEWS)
        local = back_project(variance[part], small.shape, step, angles[part]) / np.float32(np.pi)
        grown = cv2.resize(np.sqrt(local), values.shape[::-1], interpolation=cv2.INTER_LINEAR)
        found.append(np.asarray(grown, np.float32).reshape(values.shape))
    return found


def _polar(shape: tuple[int, ...], spacing: tuple[float, float], kernel: str) -> tuple[Plane, Plane]:
    """Return, at the frequencies of a real FFT, what noise of variance 1 is multiplied by, and their directions."""
    down, right = np.fft.fftfreq(shape[0], spacing[0])[:, None], np.fft.fftfreq(shape[1], spacing[1])[None]
    frequency = np.hypot(down, right)
    power = frequency * KERNELS[kernel](frequency) ** 2
    mean = power.mean() or 1.0
    half = shape[1] // 2 + 1
    gain = np.sqrt(power / mean)[:, :half].astype(np.float32)
    return gain, (np.arctan2(down, right) % np.pi)[:, :half].astype(np.float32)


def _grained(most: float) -> Generators:
    """Return what grain of a standard deviation, as a share of the range, does at most: it looks like uneven light."""
    return Generators.bounds(
        noise=up_to(1.3 * most),
        impulse_noise=up_to(0.05 if most > 0.05 else 0.0),
        local_gain=up_to(2 * most),
        sharpening=up_to(4 * most),
        brightness=about(0.5 * most),
        tone=up_to(most),
        contrast=Interval(max(0.0, 1 - 2 * most), 1 + most),
        gamma=Interval(max(0.2, 1 - 3 * most), 1 + 4 * most),
    )
