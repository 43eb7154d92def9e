"""What an MR picture loses with the edge of k-space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.mri import ACQUISITIONS, AXES, PHASE_AXES, Magnitude, Signal, phase_axis_of
from domainaug.transforms.own import governed

__all__ = ["GibbsRinging"]


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
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("noise", "blur", "motion_blur", "contrast", "tone", "brightness", "local_gain"), "kept"
    )

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
            noise=up_to(0.03 * min(1.0, 3 * (1 - kept))),
            blur=up_to(0.0 if flat else 0.3 * lost),
            motion_blur=up_to(1.3 * lost),
            contrast=Interval(max(1 - 0.03 * lost, 0.0), 1 + 0.03 * lost),
            tone=up_to(min(0.015 * lost, 1.0)),
            brightness=about(min(0.008 * lost, 1.0)),
            local_gain=up_to(0.01 * lost),
        )
