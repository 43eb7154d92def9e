"""Blur so strong that no fine detail is left: its size, from what the coarse shapes became.

The transfer function of `sharpness` needs detail to compare. Beyond it the whole picture is blurred by one
candidate after another, and the one that looks most like the output says how strong the blur is. Likeness is
a correlation, so neither gain nor offset nor noise moves its maximum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.chart import Array

__all__ = ["Softness", "strong_blur"]

_SIDE = 96  # px about, of the reduced pictures that are compared
_WEAKEST, _SHORTEST = 4.3, 20.0  # px of sigma and of streak from which detail counts as gone
_ALIKE = 0.8  # correlation below which the coarse shapes are not the picture's
_GAIN = 0.01  # by how much blurring must improve it
_STEP = 0.012  # share of the range: what neighbors differ by across a border, not along a slope
_TURNS = np.arange(8) * np.pi / 8


@dataclass(frozen=True, slots=True)
class Softness:
    """A strong blur.

    Attributes:
        sigma: Of its Gaussian, px; along the sharper axis where it is a streak too.
        streak: Length of its streak, px.
        angle: Direction of the streak, radians from x towards y.
        likeness: Correlation of the output with the picture so blurred.
    """

    sigma: float
    streak: float
    angle: float
    likeness: float


def strong_blur(expected: Array, gray: Array, seen: NDArray[np.bool_]) -> Softness | None:
    """Return the blur that makes the picture most like the output, or None when it leaves detail.

    Sizes reach a fifth of the side (streaks half of it); what is blurred more is given as that much, a floor.

    Args:
        expected: (h, w) the picture where the map puts it.
        gray: (h, w) the output.
        seen: (h, w) where the two can be compared.
    """
    if seen.mean() < 0.3 or _is_pixelated(gray):
        return None
    compare = _Comparison(expected, gray, seen)
    plain = compare.likeness(Softness(0.0, 0.0, 0.0, 0.0))
    glance = max(compare.likeness(Softness(sigma, 0.0, 0.0, 0.0)) for sigma in (_WEAKEST, 9.0, compare.side / 6))
    if glance < plain + _GAIN / 2 or glance < 0.5:
        return None
    best = max((compare.rated(trial) for trial in _trials(compare.side)), key=lambda found: found.likeness)
    best = _refined(compare, best)
    if best.likeness < max(_ALIKE, plain + _GAIN) or (best.sigma < _WEAKEST and best.streak < _SHORTEST):
        return None
    return best


def _is_pixelated(gray: Array) -> bool:
    """Whether the output is made of flat patches with steps between them: coarse, not blurred."""
    steps = np.abs(np.diff(gray, axis=1))
    real = steps[steps > 1e-5]
    return bool(real.size and real.size < 0.4 * steps.size and np.median(real) > _STEP)


class _Comparison:
    """The two pictures, reduced, with the spectrum of the first at hand."""

    def __init__(self, expected: Array, gray: Array, seen: NDArray[np.bool_]) -> None:
        self.side = float(np.sqrt(gray.size))
        self.factor = max(1.0, self.side / _SIDE)
        rows, columns = (max(16, round(length / self.factor)) for length in gray.shape)
        size = (columns, rows)
        small = cv2.resize(expected, size, interpolation=cv2.INTER_AREA)
        self.pad = min(rows, columns) // 2
        wide = np.pad(small, self.pad, mode="reflect")
        self.shape = wide.shape
        self.spectrum = np.fft.rfft2(wide)
        self.fx, self.fy = np.meshgrid(np.fft.rfftfreq(wide.shape[1]), np.fft.fftfreq(wide.shape[0]))
        self.known = cv2.resize(seen.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.99
        there = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)[self.known]
        self.output = there - there.mean()
        self.power = float((self.output**2).sum())

    def likeness(self, trial: Softness) -> float:
        """Return the correlation of the output with the picture so blurred, whatever its sign."""
        if self.power < 1e-9:
            return 0.0
        sigma, streak = trial.sigma / self.factor, trial.streak / self.factor
        transfer = np.exp(-2 * np.pi**2 * sigma**2 * (self.fx**2 + self.fy**2))
        if streak:
            transfer = transfer * np.sinc(streak * (self.fx * np.cos(trial.angle) + self.fy * np.sin(trial.angle)))
        back = np.fft.irfft2(self.spectrum * transfer, s=self.shape)[self.pad : -self.pad, self.pad : -self.pad]
        ours = back[self.known]
        ours = ours - ours.mean()
        return abs(float(ours @ self.output)) / float(np.sqrt(max((ours @ ours) * self.power, 1e-18)))

    def rated(self, trial: Softness) -> Softness:
        """Return a trial with its likeness."""
        return Softness(trial.sigma, trial.streak, trial.angle, self.likeness(trial))


def _trials(side: float) -> Iterator[Softness]:
    sigma = 3.0
    while sigma <= side / 5:
        yield Softness(sigma, 0.0, 0.0, 0.0)
        sigma *= 1.2
    streak = 14.0
    while streak <= side / 2:
        for angle in _TURNS:
            yield Softness(0.5, streak, float(angle), 0.0)
        streak *= 1.3


def _refined(compare: _Comparison, best: Softness) -> Softness:
    """Step down the slopes of the likeness in sigma, length and direction, in ever smaller steps."""
    largest, longest = compare.side / 5, compare.side / 2
    for step in (0.12, 0.06, 0.03, 0.015):
        for _ in range(4):
            sizes = [(best.sigma * (1 + k * step), best.streak, best.angle) for k in (-1, 1)]
            if best.streak:
                sizes += [(best.sigma, best.streak * (1 + k * step), best.angle) for k in (-1, 1)]
                sizes += [(best.sigma, best.streak, best.angle + k * step) for k in (-1, 1)]
            trials = [Softness(min(s, largest), min(length, longest), angle, 0.0) for s, length, angle in sizes]
            better = max((compare.rated(trial) for trial in trials), key=lambda found: found.likeness)
            if better.likeness <= best.likeness:
                break
            best = better
    return best
