"""Noise, white and grainy, in the unit of the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.noise import clipped_normal, noisy
from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.kernels.point import Noise, Op
from domainaug.transforms.arguments import distances, share, span
from domainaug.transforms.arrays import by_channel
from domainaug.transforms.changing import Changing
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Own, draw_key, governed, spacing_of

__all__ = ["ColoredNoise", "GaussianNoise"]

Array = NDArray[Any]

_SIGMAS_PER_FWHM = 2 * np.sqrt(2 * np.log(2))
_FREQUENCIES = 256  # at which the spectrum of a Gaussian grain is given


class GaussianNoise(Changing):
    """Adds white normal noise, independent in every pixel, voxel and channel.

    The draw is one key of 64 bits: the noise of a place depends on the key and the place alone, so that it is the
    same for any number of threads and in one pass with whatever else happens.

    Args:
        std: Standard deviation in the unit of the values (HU, levels); a number, or a range it is drawn from.
        p: How often it happens.
    """

    needs_range: ClassVar[bool] = False
    neutral: ClassVar[Mapping[str, float]] = {"std": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("noise", "impulse_noise", "brightness", "tone"), "std")

    def __init__(self, std: float | Sequence[float], p: float = 0.5) -> None:
        super().__init__(p=p)
        self.std = span(self, "std", std, least=0.0)

    def draw(self) -> dict[str, Any]:
        """Draw the strength and the key of the field."""
        return {"std": self.py_random.uniform(*self.std), "key": draw_key(self.random_generator)}

    def program(self, params: Drawn, low: float, high: float) -> tuple[Op, ...]:
        """Return one addition of noise."""
        return (Noise(params["std"] / (high - low), params["key"]),)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        low, high = self.std
        return noisy((low / frame.span, high / frame.span), (0.0, 0.0))

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        return _seen(params["std"] / frame.span)


class ColoredNoise(Own, A.ImageOnlyTransform):  # type: ignore[misc]
    """Adds normal noise with a power spectrum: grain, as reconstruction kernels and smoothing leave it.

    Slices of a volume are independent of each other, as those of a CT are. It runs in a pass of its own.

    Args:
        std: Standard deviation in the unit of the values; a number, or a range it is drawn from.
        fwhm_mm: Full width at half maximum of the Gaussian that makes such grain of white noise, in mm in the
            slice; a number, or a range. Needs the spacing.
        fwhm_px: Likewise in pixels, in place of it.
        spectrum: In place of both: frequencies in cycles/mm, and the noise power at each (what counts is its shape;
            `std` says how strong). Needs the spacing.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal, or not one of the three shapes of grain is given.
        ImageError: At the call: nothing tells the spacing where it is needed.
    """

    neutral: ClassVar[Mapping[str, float]] = {"std": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        (
            "noise",
            "impulse_noise",
            "local_gain",
            "sharpening",
            "brightness",
            "tone",
            "color_cast",
            "hue",
            "channel_mixing",
        ),
        "std",
    )

    def __init__(
        self,
        std: float | Sequence[float],
        fwhm_mm: float | Sequence[float] | None = None,
        fwhm_px: float | Sequence[float] | None = None,
        spectrum: Sequence[Sequence[float]] | None = None,
        spacing: Sequence[float] | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        shapes = {"fwhm_mm": fwhm_mm, "fwhm_px": fwhm_px, "spectrum": spectrum}
        given = [name for name, value in shapes.items() if value is not None]
        if len(given) != 1:
            raise ValueError(
                f"ColoredNoise: one of fwhm_mm, fwhm_px and spectrum is needed, got {' and '.join(given) or 'none'}"
            )
        self.std = span(self, "std", std, least=0.0)
        self.fwhm_mm = None if fwhm_mm is None else span(self, "fwhm_mm", fwhm_mm, above=0.0)
        self.fwhm_px = None if fwhm_px is None else span(self, "fwhm_px", fwhm_px, above=0.0)
        self.spectrum = None if spectrum is None else _checked(spectrum)
        self.spacing = distances(self, spacing)

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the strength, the size of the grain and the key of the field."""
        spacing = spacing_of(data, self.spacing, 2)
        if spacing is None and self.fwhm_px is None:
            raise ImageError(
                "ColoredNoise has to know how many mm a pixel is: pass spacing=([slices,] rows, columns) to the call "
                "or to the transform, or use fwhm_px"
            )
        ends = self.fwhm_mm or self.fwhm_px
        return {
            "std": self.py_random.uniform(*self.std),
            "fwhm": None if ends is None else self.py_random.uniform(*ends),
            "spacing": (1.0, 1.0) if spacing is None or self.fwhm_px else spacing,
            "key": draw_key(self.random_generator),
        }

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture with grain."""
        return self._grained(img, 2, params)

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return a volume with grain, new in every slice."""
        return self._grained(volume, 3, params)

    def _grained(self, array: Array, axes: int, params: Drawn) -> Array:
        from domainaug.kernels.spectrum import noise_by_spectrum

        spectrum = self._spectrum(params)
        channel = iter(range(array.shape[-1] if array.ndim > axes else 1))

        def one(part: Array) -> Array:
            how = {"std": params["std"], "stream": next(channel)}
            try:
                noise = noise_by_spectrum(part.shape, params["spacing"], spectrum, params["key"], **how)
            except ValueError as error:
                raise ImageError(f"ColoredNoise has no such grain for {part.shape}: {error}") from error
            if part.dtype.kind == "f":
                return noise.astype(part.dtype, copy=False) + part
            ends = np.iinfo(part.dtype)
            return np.clip(np.rint(part + noise), ends.min, ends.max).astype(part.dtype)

        return by_channel(array, axes, one)

    def _spectrum(self, params: Drawn) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return frequencies and power; that of white noise through a Gaussian is a Gaussian."""
        if self.spectrum is not None:
            frequencies, power = (np.array(each) for each in self.spectrum)
            return frequencies, power
        rows, columns = params["spacing"]
        frequencies = np.linspace(0.0, 0.51 * np.hypot(1 / rows, 1 / columns), _FREQUENCIES)
        sigma = params["fwhm"] / _SIGMAS_PER_FWHM
        return frequencies, np.exp(-((2 * np.pi * sigma * frequencies) ** 2))

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most: coarse grain looks like light that changes from place to place."""
        low, high = (end / frame.span for end in self.std)
        made = noisy((low, high), (0.0, 0.0))
        return made.with_ranges(
            noise=Interval(0.0, made.ranges["noise"].high),
            local_gain=up_to(2 * high),
            sharpening=up_to(4 * high),
            brightness=about(0.5 * high),
            color_cast=up_to(2 * high),
            hue=about(200 * high),
            channel_mixing=up_to(5 * high),  # patches that happen to agree; 3 seen in 30 draws
        )

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        return _seen(params["std"] / frame.span)


def _seen(deviation: float) -> Generators:
    """Return what noise of one standard deviation, as a share of the range, does, clipped at both ends of it."""
    seen = float(clipped_normal(np.array([0.5]), deviation)[1][0])
    return Generators(
        curves=noisy((deviation, deviation), (0.0, 0.0)).curves[-1:], ranges={"noise": Interval(seen, seen)}
    )


def _checked(spectrum: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return frequencies and power as tuples of floats.

    Raises:
        ValueError: They are not two equally long lists of numbers from 0, the frequencies rising.
    """
    try:
        frequencies, power = (tuple(float(each) for each in one) for one in spectrum)
    except (TypeError, ValueError):
        frequencies, power = (), ()
    rising = all(before < after for before, after in pairwise(frequencies))
    legal = len(frequencies) == len(power) > 1 and rising and frequencies[0] >= 0 and min(power) >= 0 and max(power) > 0
    if not legal or not np.isfinite([*frequencies, *power]).all():
        raise ValueError(
            "ColoredNoise: spectrum: two equally long lists of numbers from 0 are needed, rising frequencies in "
            f"cycles/mm and the power at each, got {spectrum!r:.80}"
        )
    return frequencies, power
