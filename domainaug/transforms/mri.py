"""What MR transforms have in common: gray magnitudes, in a stack of slices, and the phase-encode axis.

A scanner measures the Fourier transform of the picture, k-space, line by line along the phase-encode axis, and shows
the magnitude of the transform back. What goes wrong from line to line is spread along that axis.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.transforms.arguments import number, share, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Own

__all__ = ["ACQUISITIONS", "AXES", "PHASE_AXES", "GrayStack", "Magnitude", "Signal", "phase_axis_of", "whole"]

Signal = NDArray[np.float32]
"""Values of (slices, rows, columns); a picture is a stack of one."""

AXES: Mapping[str, int] = {"slices": 0, "rows": 1, "columns": 2}
"""Axis of a stack by what it counts, as in `spacing=(slices, rows, columns)`."""

PHASE_AXES = ("rows", "columns", "either", "auto")

ACQUISITIONS = ("2d", "3d")

_FAR_BELOW, _FEW = 0.05, 0.01
"""How far below no signal a value is no magnitude, as a share of the largest; and which share of them may be."""


class GrayStack(Own, A.ImageOnlyTransform):  # type: ignore[misc]
    """A transform of gray pictures and volumes; a new one has `draw`, `seen` and its effects.

    Args:
        p: How often it happens.

    Attributes:
        gray: Pictures have one channel.

    Raises:
        ImageError: At the call: a picture has channels, or values that are not finite.
    """

    gray: ClassVar[bool] = True

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p=share(self, "p", p))

    # -- what a transform says -------------------------------------------------------------------------

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of one application; all chance is here."""
        raise TypeError(f"{type(self).__name__} says nothing about what it draws: give it a method draw(data)")

    def seen(self, stack: Signal, params: Drawn) -> Signal:
        """Return what a scanner shows in place of `stack`, an array of its own that may be written into."""
        raise TypeError(f"{type(self).__name__} says nothing about what it does: give it a method seen()")

    # -- albumentations --------------------------------------------------------------------------------

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Refuse color, and draw."""
        for name, axes in (("image", 2), ("images", 3), ("volume", 3), ("volumes", 4)):
            shape = list(np.shape(data[name])) if name in data else []
            if len(shape) > axes and shape[-1] != 1:
                raise ImageError(
                    f"{type(self).__name__} takes gray pictures, and {name} {tuple(shape)} has {shape[-1]} channels; "
                    "pass the sequences of a study one by one"
                )
        return self.draw(data)

    def apply(self, img: NDArray[Any], **params: Any) -> NDArray[Any]:
        """Return a picture as a scanner shows it."""
        return self._shown(img, img.reshape(1, *img.shape[:2]), params)

    def apply_to_volume(self, volume: NDArray[Any], **params: Any) -> NDArray[Any]:
        """Return a volume as a scanner shows it."""
        return self._shown(volume, volume.reshape(volume.shape[:3]), params)

    def _shown(self, array: NDArray[Any], stack: NDArray[Any], params: Drawn) -> NDArray[Any]:
        taken = stack.astype(np.float32)
        if not np.isfinite([taken.min(initial=0), taken.max(initial=0)]).all():
            raise ImageError(f"{type(self).__name__} takes finite values, and some are not; replace them before it")
        values = self.seen(taken, params).reshape(array.shape)
        if array.dtype.kind not in "iu":
            return values.astype(array.dtype, copy=False)
        ends = np.iinfo(array.dtype)
        wide = values if array.dtype.itemsize < 4 else values.astype(np.float64)
        return np.clip(np.rint(wide), ends.min, ends.max).astype(array.dtype)


class Magnitude(GrayStack):
    """A transform of values that are magnitudes; a new one has `draw`, `acquired` and its effects.

    Args:
        zero: The value of no signal, in the unit of the values.
        p: How often it happens.

    Raises:
        ImageError: At the call: a picture has channels, or values that are no magnitudes above `zero`.
    """

    def __init__(self, zero: float = 0.0, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.zero = number(self, "zero", zero)

    def acquired(self, signal: Signal, params: Drawn) -> Signal:
        """Return what a scanner shows in place of `signal`, values above none, which may be written into."""
        raise TypeError(f"{type(self).__name__} says nothing about what it does: give it a method acquired()")

    def seen(self, stack: Signal, params: Drawn) -> Signal:
        """Return magnitudes, counted from the value of no signal.

        Raises:
            ImageError: Over 1 % of the values lie below it by more than 5 % of the largest.
        """
        stack -= np.float32(self.zero)
        far = -_FAR_BELOW * float(stack.max(initial=0))
        if float(stack.min(initial=0)) < far and (below := float((stack < far).mean())) > _FEW:
            raise ImageError(
                f"{type(self).__name__} takes magnitudes, and {below:.0%} of the values are below zero={self.zero:g}; "
                "pass the value of no signal as zero=, or scale the values after it"
            )
        shown = self.acquired(stack, params)
        shown += np.float32(self.zero)
        return shown


def whole(owner: Any, name: str, value: Any, *, most: int) -> tuple[int, int]:
    """Return (low, high) of a range of whole numbers from 1 up.

    Raises:
        ValueError: It is no such range.
    """
    low, high = span(owner, name, value, least=1, most=most)
    if low % 1 or high % 1:
        raise ValueError(f"{type(owner).__name__}: {name}: whole numbers from 1 to {most} are needed, got {value!r}")
    return int(low), int(high)


def phase_axis_of(owner: Any, own: str, data: Mapping[str, Any], chance: random.Random) -> str:
    """Return "rows" or "columns", the axis that phase encoding ran along; (rows, columns) is what a picture has.

    Args:
        owner: The transform, for the message.
        own: One of `PHASE_AXES`: "either" draws one of both, "auto" takes what the call says.
        data: Of the call; its `phase_axis` is what `domainaug.medical.phase_encode.phase_axis` returns.
        chance: Draws.

    Raises:
        ImageError: "auto", and the call does not say.
    """
    if own == "either":
        return chance.choice(("rows", "columns"))
    if own != "auto":
        return own
    told = data.get("phase_axis")
    if told not in ("rows", "columns"):
        raise ImageError(
            f"{type(owner).__name__} has to know the phase-encode axis, and phase_axis beside the picture is {told!r}; "
            "pass 'rows' (ghosts above and below, DICOM COL) or 'columns' (left and right, DICOM ROW) there or to "
            "the transform, or let it draw one with phase_axis='either'"
        )
    return str(told)
