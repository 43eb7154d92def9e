"""Ghosts of an MR picture along its phase-encode axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, share, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.mri import ACQUISITIONS, AXES, PHASE_AXES, Magnitude, Signal, phase_axis_of, whole
from domainaug.transforms.own import draw_key, governed

__all__ = ["Ghosting"]

_MOST_GHOSTS = 32

_TONE = ("brightness", "contrast", "tone", "inversion")
_SMEARED = ("blur", "motion_blur", "misregistration", "occlusion")


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
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("ghosting", "noise", "impulse_noise", "local_gain", *_TONE, *_SMEARED), "intensity"
    )

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
        strong = max(0.0, all_ - 1.2)
        return Generators.bounds(
            ghosting=intensity,
            noise=up_to(0.11 * all_),
            brightness=about(min(0.25 * all_, 1.0)),
            contrast=Interval(max(1 - 0.4 * all_, 0.0), 1 + 0.25 * all_),
            tone=up_to(min(0.35 * all_, 1.0)),
            local_gain=up_to(0.25 * all_),
            inversion=up_to(min(0.6 * strong, 1.0)),
            impulse_noise=up_to(min(0.02 * strong, 1.0)),
            blur=up_to(1.2 * strong),
            motion_blur=up_to(6 * strong),
            misregistration=up_to(2 * strong),
            occlusion=up_to(min(0.05 * strong, 1.0)),
        )
