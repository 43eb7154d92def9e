"""A patient who moves while an MR scanner measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import choice, distances, share, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.mri import ACQUISITIONS, AXES, PHASE_AXES, Magnitude, Signal, phase_axis_of, whole
from domainaug.transforms.own import governed, spacing_of
from domainaug.transforms.shears import Triple, moved_rigidly

__all__ = ["PatientMotion"]

Pose = tuple[Triple, Triple]

_STILL: Triple = (0.0, 0.0, 0.0)
_MOST_MOVES = 64
_OUTSIDE_A_TENTH = 0.28


class PatientMotion(Magnitude):
    """Moves the patient a few times while k-space is measured, line by line along the phase-encode axis.

    Lines run from one end of k-space to the other, and the patient lies still between moves: each segment of lines is
    that of the picture in one pose, and what is shown is the magnitude of them all (Shaw et al. 2019, "MRI k-space
    motion artefact augmentation"). The middle of k-space says where things seem to be, and so it is of the pose that
    the labels were drawn in; the other poses are drawn about it. Moves are exact: three shears make a rotation (Unser,
    Thévenaz and Yaroslavsky 1995), each a shift of lines by the Fourier shift theorem, so that nothing is smoothed and
    energy is kept; what leaves the field of view comes in at its other side, as it does where an object is larger
    than the field of view along the phase-encode axis.

    Args:
        degrees: Turn of a pose about the middle, a range; one number n is -n to n. Of slices within their plane; in 3-D
            acquisitions about each axis.
        mm: Shift of a pose along each axis, likewise; across slices in 3-D acquisitions only. Needs the spacing.
        moves: How often the patient moves; a whole number, or a range.
        phase_axis: "rows" (lines of k-space follow each other along the first axis of a picture, and copies lie above
            and below: DICOM COL), "columns" (left and right: DICOM ROW), "either" (one is drawn) or "auto" (what
            `phase_axis` beside the picture says).
        center: Share of k-space about its middle in which the patient lies still.
        acquisition: "2d": slices are measured each by itself, at the same time, and moves are in their plane; "3d": the
            volume is measured as a whole, and moves are in space.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        zero: The value of no signal.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the phase-encode axis or the spacing where it is needed; color; values
            that are no magnitudes.
    """

    neutral: ClassVar[Mapping[str, float]] = {"degrees": 0.0, "mm": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("ghosting", "noise", "motion_blur", "blur", "contrast", "tone", "brightness", "local_gain", "misregistration"),
        *("degrees", "mm", "center"),
    )

    def __init__(
        self,
        degrees: float | Sequence[float] = 2.0,
        mm: float | Sequence[float] = 2.0,
        moves: int | Sequence[int] = (1, 3),
        phase_axis: str = "auto",
        center: float = 0.1,
        acquisition: str = "2d",
        spacing: Sequence[float] | None = None,
        zero: float = 0.0,
        p: float = 0.5,
    ) -> None:
        super().__init__(zero=zero, p=p)
        self.degrees = span(self, "degrees", degrees, around=0.0, least=-45.0, most=45.0)
        self.mm = span(self, "mm", mm, around=0.0)
        self.moves = whole(self, "moves", moves, most=_MOST_MOVES)
        self.phase_axis = choice(self, "phase_axis", phase_axis, PHASE_AXES)
        self.center = share(self, "center", center)
        self.acquisition = choice(self, "acquisition", acquisition, ACQUISITIONS)
        self.spacing = distances(self, spacing)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw when the patient moves, and the pose in each segment between; that of the middle is 0."""
        deep = self.acquisition == "3d" and ("volume" in data or "volumes" in data)
        spacing = spacing_of(data, self.spacing, 3 if deep else 2)
        if spacing is None and (deep or any(self.mm)):
            raise ImageError(
                "PatientMotion has to know how many mm a pixel is: pass spacing=([slices,] rows, columns) to the call "
                "or to the transform, or leave shifts and space out with mm=0 and acquisition='2d'"
            )
        poses, times = [], self._times()
        for begin, end in pairwise((0.0, *times, 1.0)):
            poses.append((_STILL, _STILL) if begin <= 0.5 <= end else self._pose(deep))
        return {
            "phase_axis": phase_axis_of(self, self.phase_axis, data, self.py_random),
            "times": times,
            "poses": tuple(poses),
            "deep": deep,
            "spacing": (1.0,) * (3 - len(spacing or ())) + (spacing or ()),
        }

    def _times(self) -> tuple[float, ...]:
        """Return when the patient moves, as shares of the measurement, never while its middle is measured."""
        drawn = [self.py_random.uniform(0.0, 1.0 - self.center) for _ in range(self.py_random.randint(*self.moves))]
        return tuple(sorted(time + self.center * (time > 0.5 - self.center / 2) for time in drawn))

    def _pose(self, deep: bool) -> Pose:
        turns, shifts = ([self.py_random.uniform(*ends) for _ in range(3)] for ends in (self.degrees, self.mm))
        if deep:
            return (turns[0], turns[1], turns[2]), (shifts[0], shifts[1], shifts[2])
        return (0.0, 0.0, turns[2]), (shifts[0], shifts[1], 0.0)

    def acquired(self, signal: Signal, params: Drawn) -> Signal:
        """Return the magnitude of k-space put together from the poses."""
        from scipy import fft

        axis = AXES[params["phase_axis"]]
        lines = fft.fft(signal, axis=axis, workers=1)
        segments = _segments(signal.shape[axis], params["times"])
        for segment, (degrees, mm) in enumerate(params["poses"]):
            measured = segments == segment
            if any((*degrees, *mm)) and measured.any():
                moved = moved_rigidly(signal, degrees, mm, params["spacing"])
                lines[_along(axis, measured)] = fft.fft(moved, axis=axis, workers=1)[_along(axis, measured)]
        shown: Signal = np.abs(fft.ifft(lines, axis=axis, overwrite_x=True, workers=1))
        return shown

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most to a picture with the spectrum of most."""
        turn, shift = (max(map(abs, ends)) for ends in (self.degrees, self.mm))
        deep = float(self.acquisition == "3d")
        pose = (turn * deep, turn * deep, turn), (shift, shift, shift * deep)
        return self._did(self._reach(pose, frame), self.center)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        segments = zip(pairwise((0.0, *params["times"], 1.0)), params["poses"], strict=True)
        moved = [(ends, self._reach(pose, frame)) for ends, pose in segments if pose != (_STILL, _STILL)]
        nearest = min((abs(end - 0.5) for ends, _ in moved for end in ends), default=0.5)
        made = self._did(max((reach for _, reach in moved), default=0.0), max(2 * nearest, self.center))
        return replace(made, exact=False)

    def _reach(self, pose: Pose, frame: Frame) -> float:
        """Return how many pixels what is far from the middle is moved."""
        spacing = frame.spacing or (self.spacing or (1.0, 1.0))[-2:]
        (degrees, mm) = (float(np.linalg.norm(each)) for each in pose)
        return float(np.radians(degrees)) * 0.75 * frame.side + mm / min(spacing)

    def _did(self, reach: float, center: float) -> Generators:
        """Return what moves of `reach` pixels do to k-space outside of its `center`.

        Numbers are what was seen on the probe chart. Of the amplitude of MR slices (four of pydicom's, 64 to 1024
        pixels a side) 0.13 to 0.31 lie outside a tenth of k-space, and 0.05 to 0.11 outside half of it.
        """
        outside = min(1.0, 0.1 / np.sqrt(center + 0.015)) * np.sqrt(1 - center)
        most = min(1.0, reach / 3) * outside / _OUTSIDE_A_TENTH
        wild = min(1.0, reach / 3) * max(0.0, 1 - center / 0.1) ** 2  # the middle itself is of several poses
        return Generators.bounds(
            ghosting=float(outside * min(1.0, reach)),
            noise=up_to(0.07 * most),
            motion_blur=up_to(9 * most + 25 * wild),
            blur=up_to(0.6 * most + 1.5 * wild),
            contrast=Interval(max(1 - 0.06 * most - 0.8 * wild, 0.0), 1 + 0.1 * most + 0.1 * wild),
            tone=up_to(0.08 * most + 0.4 * wild),
            brightness=about(0.04 * most + 0.12 * wild),
            local_gain=up_to(0.04 * most + 0.2 * wild),
            inversion=up_to(0.3 * wild),
            misregistration=up_to(2.0 * most + 4 * wild),
        )


def _segments(count: int, times: Sequence[float]) -> NDArray[np.intp]:
    """Return for each line of k-space, in the order of `numpy.fft.fftfreq`, between which moves it is measured."""
    return np.searchsorted(times, np.fft.fftfreq(count) + 0.5, side="right")


def _along(axis: int, places: NDArray[np.bool_]) -> tuple[Any, ...]:
    """Return the index of some places along an axis of a stack."""
    return (*(slice(None),) * axis, places)
