"""Spikes in the k-space of an MR picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, share, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.mri import ACQUISITIONS, Magnitude, Signal, whole
from domainaug.transforms.own import draw_key, governed

__all__ = ["KSpaceSpike"]

_MOST_SPIKES = 16

_TONE = ("brightness", "contrast", "tone", "inversion")
_SMEARED = ("blur", "motion_blur", "misregistration")


class KSpaceSpike(Magnitude):
    """Draws stripes over the whole picture: single points of k-space are hit by a spark ("herringbone", "corduroy").

    A point of k-space is a wave in the picture. With amplitude r relative to the largest value of k-space, which is its
    middle, the sum of all values, the wave has r times the mean of the picture as its amplitude, everywhere alike.
    It is complex and the picture its magnitude: on signal a spike shows as stripes, on air alone as an even gray, and
    as stripes again where there are several. No Fourier transform is needed.

    Args:
        amplitude: Of each spike relative to the largest value of k-space; a number, or a range it is drawn from.
        spikes: How many in a slice; a whole number, or a range.
        distance: From the middle of k-space, as a share of the way to its edge, a number or a range; 1 is stripes of 2
            pixels.
        direction: Across the stripes, in degrees counter-clockwise from the columns' axis; a range.
        slices: Share of the slices of a volume that are hit in a "2d" acquisition; each is hit in another place.
        acquisition: "2d": every slice has a k-space of its own; "3d": the volume has one, and stripes go through it.
        zero: The value of no signal.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: color, or values that are no magnitudes.
    """

    neutral: ClassVar[Mapping[str, float]] = {"amplitude": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("streaks", "noise", "impulse_noise", "local_gain", "sharpening", *_TONE, *_SMEARED), "amplitude"
    )

    def __init__(
        self,
        amplitude: float | Sequence[float] = (0.05, 0.3),
        spikes: int | Sequence[int] = 1,
        distance: float | Sequence[float] = (0.1, 0.7),
        direction: float | Sequence[float] = (-180.0, 180.0),
        slices: float = 1.0,
        acquisition: str = "2d",
        zero: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(zero=zero, p=p)
        self.amplitude = span(self, "amplitude", amplitude, least=0.0)
        self.spikes = whole(self, "spikes", spikes, most=_MOST_SPIKES)
        self.distance = span(self, "distance", distance, least=0.0, most=1.0)
        self.direction = span(self, "direction", direction, least=-360.0, most=360.0)
        self.slices = share(self, "slices", slices)
        self.acquisition = choice(self, "acquisition", acquisition, ACQUISITIONS)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw how strong and how many, and the key of where."""
        return {
            "amplitude": self.py_random.uniform(*self.amplitude),
            "spikes": self.py_random.randint(*self.spikes),
            "key": draw_key(self.random_generator),
        }

    def acquired(self, signal: Signal, params: Drawn) -> Signal:
        """Return the magnitude of the signal and the waves."""
        from domainaug.kernels.random import uniforms

        deep = self.acquisition == "3d"
        loudest = float(signal.mean(dtype=np.float64) if deep else signal.mean(axis=(1, 2), dtype=np.float64).max())
        height = np.float32(params["amplitude"] * loudest)
        if not height:
            return signal
        depth, spikes = signal.shape[0], params["spikes"]
        chances = uniforms((depth, spikes, 4), params["key"])
        hit = uniforms((depth,), params["key"], 1) < self.slices
        for number, plane in enumerate(signal):
            if deep or hit[number] or depth == 1:
                waves = sum(self._wave(signal.shape, chance, number, deep) for chance in chances[0 if deep else number])
                signal[number] = np.abs(plane + height * waves)
        return signal

    def _wave(self, shape: tuple[int, ...], chance: NDArray[np.float32], number: int, deep: bool) -> Any:
        """Return one wave of height 1 in one slice, complex, (rows, columns)."""
        far, turn, begin, rise = (float(each) for each in chance)
        distance = _between(self.distance, far) / 2  # cycles a pixel
        angle = np.radians(_between(self.direction, turn))
        up = 2 * rise - 1 if deep else 0.0  # even over the directions of space
        flat = distance * np.sqrt(1 - up**2)
        cycles = (distance * up, -flat * np.sin(angle), flat * np.cos(angle))
        # A spike is one point of k-space: a whole number of cycles over the field of view.
        slow, down, across = (np.rint(each * size) / size for each, size in zip(cycles, shape, strict=True))
        first = begin + slow * number
        rows, columns = (np.arange(size) * each for size, each in zip(shape[1:], (down, across), strict=True))
        turns = [np.exp(2j * np.pi * each).astype(np.complex64) for each in (rows + first, columns)]
        return np.outer(*turns)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most: to a picture that is bright all over."""
        return self._did(self.amplitude[1], self.spikes[1], frame)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most; how strong it was hangs on the mean of the picture."""
        return replace(self._did(params["amplitude"], params["spikes"], frame), exact=False)

    def _did(self, amplitude: float, spikes: int, frame: Frame) -> Generators:
        each = amplitude * max(frame.high - self.zero, 0.0) / frame.span
        all_ = each * np.sqrt(spikes)
        strong = max(0.0, all_ - 0.3)
        return Generators.bounds(
            streaks=each * spikes,
            noise=up_to(0.4 * all_),
            brightness=Interval(max(-0.15 * all_, -1.0), min(0.25 * all_, 1.0)),
            contrast=Interval(max(1 - 0.6 * all_, 0.0), 1 + 0.1 * all_),
            tone=up_to(min(0.45 * all_, 1.0)),
            local_gain=up_to(0.6 * all_),
            impulse_noise=up_to(min(0.09 * max(0.0, all_ - 0.2), 1.0)),
            sharpening=up_to(4 * all_),
            motion_blur=up_to(12 * strong),
            blur=up_to(2 * strong),
            inversion=up_to(min(0.5 * strong, 1.0)),
            misregistration=up_to(4 * strong),
        )


def _between(ends: tuple[float, float], part: float) -> float:
    return ends[0] + part * (ends[1] - ends[0])
