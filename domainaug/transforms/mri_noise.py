"""Noise of MR magnitudes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.noise import noisy
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import number, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.mri import Magnitude, Signal
from domainaug.transforms.own import draw_key, governed

__all__ = ["RicianNoise", "rice_moments"]

Array = NDArray[np.float64]


class RicianNoise(Magnitude):
    """Adds the noise of a magnitude image: normal in the real and in the imaginary part, then the magnitude.

    With signal A and standard deviation s of each part, values follow the distribution of Rice (1944): without
    signal that of Rayleigh, of mean s sqrt(pi / 2) and standard deviation s sqrt(2 - pi / 2), so that air is no longer
    black; from A = 3 s on nearly normal, of mean sqrt(A² + s²) and standard deviation s (Gudbjartsson and Patz 1995,
    "The Rician distribution of noisy MRI data"). Every pixel and slice has its own.

    Args:
        std: Standard deviation of each part in the unit of the values; a number, or a range it is drawn from.
        std_share: In place of it, as a share of a percentile of the signal, that of the whole volume.
        percentile: Which: of the values above `zero`, so that air that is 0 does not count.
        zero: The value of no signal.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal, or not one of `std` and `std_share` is given.
        ImageError: At the call: color, or values that are no magnitudes.
    """

    neutral: ClassVar[Mapping[str, float]] = {"std": 0.0, "std_share": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("noise", "impulse_noise", "brightness", "contrast", "tone", "gamma"), "std", "std_share"
    )

    def __init__(
        self,
        std: float | Sequence[float] | None = None,
        std_share: float | Sequence[float] | None = None,
        percentile: float = 99.0,
        zero: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(zero=zero, p=p)
        if (std is None) == (std_share is None):
            raise ValueError(
                f"RicianNoise: one of std and std_share is needed, got {'none' if std is None else 'both'}"
            )
        self.std = None if std is None else span(self, "std", std, least=0.0)
        self.std_share = None if std_share is None else span(self, "std_share", std_share, least=0.0, most=1.0)
        self.percentile = number(self, "percentile", percentile, least=0.0, most=100.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the strength and the key of the fields."""
        strength = self.py_random.uniform(*(self.std or self.std_share or ()))
        return {"std" if self.std is not None else "std_share": strength, "key": draw_key(self.random_generator)}

    def acquired(self, signal: Signal, params: Drawn) -> Signal:
        """Return the magnitude of the signal and of noise in both of its parts."""
        from domainaug.kernels.random import normals

        deviation = np.float32(params["std"] if "std" in params else params["std_share"] * self._level(signal))
        if not deviation:
            return signal
        real, imaginary = (normals(signal.shape, params["key"], stream) for stream in (0, 1))
        real *= deviation
        real += signal
        imaginary *= deviation
        return np.hypot(real, imaginary, out=real)

    def _level(self, signal: Signal) -> float:
        there = signal[signal > 0]
        return float(np.percentile(there, self.percentile)) if there.size else 0.0

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return self._did(*self._shares(self.std or self.std_share or (), frame), frame)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did, at most where the strength hangs on the picture."""
        strength = params.get("std", params.get("std_share"))
        low, high = self._shares((strength, strength), frame)
        return replace(self._did(low, high, frame), exact=low == high)

    def _shares(self, ends: Sequence[float], frame: Frame) -> tuple[float, float]:
        """Return the standard deviation as a share of the range; no percentile is above its high end."""
        if self.std is not None:
            return ends[0] / frame.span, ends[1] / frame.span
        return 0.0, ends[1] * max(frame.high - self.zero, 0.0) / frame.span

    def _did(self, low: float, high: float, frame: Frame) -> Generators:
        """Return what normal noise does, where the signal is strong, and how noise lifts what is dark."""
        zero = (self.zero - frame.low) / frame.span
        lifts = np.array([zero + rice_moments(np.abs(LEVELS - zero), each)[0] - LEVELS for each in (low, high)])
        made = noisy((low, high), (0.0, 0.0))
        seen = np.concatenate([LEVELS + lifts, LEVELS + 1.6 * lifts[1:]])  # small things take on the level of air
        return made.union(Generators.tonal(seen, **made.ranges))


def rice_moments(signal: Array, deviation: float) -> tuple[Array, Array]:
    """Return mean and standard deviation of magnitudes with noise, of Rice's distribution.

    Args:
        signal: Magnitudes without it.
        deviation: Standard deviation of each part of the noise.
    """
    from scipy import special

    if deviation == 0:
        return signal, np.zeros_like(signal)
    y = (signal / (2 * deviation)) ** 2
    laguerre = (1 + 2 * y) * special.i0e(y) + 2 * y * special.i1e(y)
    mean = deviation * np.sqrt(np.pi / 2) * laguerre
    return mean, np.sqrt(np.maximum(2 * deviation**2 + signal**2 - mean**2, 0.0))
