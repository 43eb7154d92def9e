"""What goes wrong in k-space: ghosts, spikes, and an edge that is cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, share, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.mri import ACQUISITIONS, AXES, PHASE_AXES, Magnitude, Signal, phase_axis_of, whole
from domainaug.transforms.own import draw_key, governed

__all__ = ["Ghosting", "GibbsRinging", "KSpaceSpike"]

_MOST_GHOSTS = 32
_MOST_SPIKES = 16

_SEEN = (
    *("noise", "impulse_noise", "brightness", "contrast", "tone", "inversion", "local_gain"),
    *("blur", "motion_blur", "misregistration", "occlusion"),
)


class Ghosting(Magnitude):
    """Repeats the picture along the phase-encode axis, as breathing, pulsing vessels and uneven lines do.

    With n ghosts every (n + 1)-th line of k-space is stronger than the others. That is a picture as it was and n
    copies of it, each `intensity` times as strong and 1 / (n + 1) of the field of view further on, wrapped around; a
    single one is the half field of view ghost of echo-planar imaging. Which line begins is drawn, and turns the copies
    in phase, so that they add to the picture here and take from it there. The line through the middle of k-space
    stays, so the sum over the picture, before its magnitude is taken, is kept.

    Args:
        ghosts: How many; a whole number, or a range it is drawn from.
        intensity: Of each, as a share of the picture; a number, or a range.
        phase_axis: "rows" (ghosts lie above and below: DICOM COL), "columns" (left and right: DICOM ROW), "either" (one
            is drawn) or "auto" (what `phase_axis` beside the picture says).
        center: Share of k-space about its middle that is left alone: slow changes of the picture then have no ghosts.
        acquisition: "2d": every slice is measured by itself, and its ghosts have a phase of their own; "3d": one for
            the whole volume.
        zero: The value of no signal.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the phase-encode axis; color; values that are no magnitudes.
    """

    neutral: ClassVar[Mapping[str, float]] = {"intensity": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("ghosting", *_SEEN), "intensity")

    def __init__(
        self,
        ghosts: int | Sequence[int] = (1, 4),
        intensity: float | Sequence[float] = (0.02, 0.15),
        phase_axis: str = "auto",
        center: float = 0.02,
        acquisition: str = "2d",
        zero: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(zero=zero, p=p)
        self.ghosts = whole(self, "ghosts", ghosts, most=_MOST_GHOSTS)
        self.intensity = span(self, "intensity", intensity, least=0.0, most=1.0)
        self.phase_axis = choice(self, "phase_axis", phase_axis, PHASE_AXES)
        self.center = share(self, "center", center)
        self.acquisition = choice(self, "acquisition", acquisition, ACQUISITIONS)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw how many, how strong, along which axis, and the key of which lines begin."""
        return {
            "ghosts": self.py_random.randint(*self.ghosts),
            "intensity": self.py_random.uniform(*self.intensity),
            "phase_axis": phase_axis_of(self, self.phase_axis, data, self.py_random),
            "key": draw_key(self.random_generator),
        }

    def acquired(self, signal: Signal, params: Drawn) -> Signal:
        """Return the magnitude of k-space with its lines made stronger and weaker in turn."""
        from scipy import fft

        from domainaug.kernels.random import uniforms

        axis, period = AXES[params["phase_axis"]], params["ghosts"] + 1
        depth, count = signal.shape[0], signal.shape[axis]
        begins = (uniforms((depth if self.acquisition == "2d" else 1, 1), params["key"]) * period).astype(np.intp)
        frequencies = np.fft.fftfreq(count)
        strong = (np.rint(frequencies * count).astype(np.intp) - begins) % period == 0
        gains = (1 + params["intensity"] * (period * strong - 1)).astype(np.float32)
        gains[:, np.abs(frequencies) <= self.center / 2] = 1.0
        lines = fft.fft(signal, axis=axis, workers=1)
        lines *= np.expand_dims(gains, 3 - axis)
        shown: Signal = np.abs(fft.ifft(lines, axis=axis, overwrite_x=True, workers=1))
        return shown

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return self._did(self.intensity[1], self.ghosts[1])

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most, but for the strength of ghosts, which is known."""
        made = self._did(params["intensity"], params["ghosts"])
        ghosting = Interval(params["intensity"], params["intensity"])
        return replace(made.with_ranges(ghosting=ghosting), exact=False)

    def _did(self, intensity: float, ghosts: int) -> Generators:
        """Return what ghosts do that overlap with the picture, as seen on the probe chart."""
        all_ = intensity * np.sqrt(ghosts)
        strong = max(0.0, all_ - 0.8)
        return Generators.bounds(
            content=True,
            ghosting=intensity,
            noise=up_to(0.11 * all_),
            brightness=about(min(0.25 * all_, 1.0)),
            contrast=Interval(max(1 - 0.4 * all_, 0.0), 1 + 0.25 * all_),
            tone=up_to(min(0.35 * all_, 1.0)),
            local_gain=up_to(0.25 * all_),
            inversion=up_to(min(0.6 * strong, 1.0)),
            impulse_noise=up_to(min(0.02 * all_, 1.0)),
            blur=up_to(1.2 * strong),
            motion_blur=up_to(6 * strong),
            misregistration=up_to(2 * strong),
            occlusion=up_to(min(0.05 * strong, 1.0)),
        )


class KSpaceSpike(Magnitude):
    """Draws stripes over the whole picture: single points of k-space are hit by a spark ("herringbone", "corduroy").

    A point of k-space is a wave in the picture. With amplitude r relative to the largest value of k-space, which is its
    middle, the sum of all values, the wave has r times the mean of the picture as its amplitude, everywhere alike,
    air included; it is complex, so stripes are of twice their period where it is stronger than the signal. No Fourier
    transform is needed.

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
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("streaks", "sharpening", *_SEEN), "amplitude")

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
            content=True,
            streaks=each * spikes,
            noise=up_to(0.4 * all_),
            brightness=Interval(max(-0.15 * all_, -1.0), min(0.25 * all_, 1.0)),
            contrast=Interval(max(1 - 0.6 * all_, 0.0), 1 + 0.1 * all_),
            tone=up_to(min(0.45 * all_, 1.0)),
            local_gain=up_to(0.6 * all_),
            impulse_noise=up_to(min(0.06 * all_, 1.0)),
            sharpening=up_to(4 * all_),
            motion_blur=up_to(12 * strong),
            blur=up_to(2 * strong),
            inversion=up_to(min(0.5 * strong, 1.0)),
            misregistration=up_to(4 * strong),
        )


def _between(ends: tuple[float, float], part: float) -> float:
    return ends[0] + part * (ends[1] - ends[0])


class GibbsRinging(Magnitude):
    """Cuts the edge of k-space off, as a short acquisition does whose picture is shown in a larger matrix.

    What is left of a sharp edge is a slower one that overshoots by 9 % of its step and rings beside it, with a period
    of two pixels of the smaller matrix (Gibbs 1899; Wilbraham 1848).

    Args:
        kept: Share of k-space that is measured, from its middle, along each axis; a number, or a range.
        phase_axis: "both" cuts rows and columns alike; "rows" (rings lie above and below edges: DICOM COL), "columns"
            (left and right: DICOM ROW), "either" (one of both is drawn) or "auto" (what `phase_axis` beside the picture
            says) cut the phase-encode axis alone.
        acquisition: "3d" cuts the axis of the slices, too.
        zero: The value of no signal.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the phase-encode axis; color; values that are no magnitudes.
    """

    neutral: ClassVar[Mapping[str, float]] = {"kept": 1.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(_SEEN, "kept")

    def __init__(
        self,
        kept: float | Sequence[float] = (0.5, 0.8),
        phase_axis: str = "both",
        acquisition: str = "2d",
        zero: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(zero=zero, p=p)
        self.kept = span(self, "kept", kept, most=1.0, above=0.0)
        self.phase_axis = choice(self, "phase_axis", phase_axis, ("both", *PHASE_AXES))
        self.acquisition = choice(self, "acquisition", acquisition, ACQUISITIONS)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the share, and the axis."""
        one = self.phase_axis != "both"
        axes = (phase_axis_of(self, self.phase_axis, data, self.py_random),) if one else ("rows", "columns")
        axes = ("slices", *axes) if self.acquisition == "3d" else axes
        return {"kept": self.py_random.uniform(*self.kept), "axes": axes}

    def acquired(self, signal: Signal, params: Drawn) -> Signal:
        """Return the magnitude of what is left of k-space."""
        from scipy import fft

        for axis in (AXES[name] for name in params["axes"]):
            waves = fft.rfft(signal, axis=axis, workers=1)
            outside = fft.rfftfreq(signal.shape[axis]) > params["kept"] / 2
            waves[(*(slice(None),) * axis, outside)] = 0
            signal = fft.irfft(waves, signal.shape[axis], axis=axis, overwrite_x=True, workers=1)
        return np.abs(signal, out=signal)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return self._did(self.kept[0], flat=self.phase_axis != "both")

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(self._did(params["kept"], flat=self.phase_axis != "both"), exact=False)

    def _did(self, kept: float, *, flat: bool) -> Generators:
        """Return what the loss of the edge of k-space does: rings show as noise, and small things lose contrast."""
        lost = 1 / kept - 1
        return Generators.bounds(
            content=True,
            noise=up_to(0.03 * min(1.0, 3 * (1 - kept))),
            blur=up_to(0.0 if flat else 0.3 * lost),
            motion_blur=up_to(1.3 * lost),
            contrast=Interval(max(1 - 0.03 * lost, 0.0), 1 + 0.03 * lost),
            tone=up_to(min(0.015 * lost, 1.0)),
            brightness=about(min(0.008 * lost, 1.0)),
            local_gain=up_to(0.01 * lost),
        )
