"""Transforms that change values where they are: one draw is a short program on shares of the range.

A pipeline asks for the program and runs it together with its neighbors'. Here it is run alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.kernels.point import Noise, Op, Point
from domainaug.transforms.arguments import share
from domainaug.transforms.arrays import in_float32
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Own, value_range_of

__all__ = ["Changing"]

Array = NDArray[Any]


class Changing(Own, A.ImageOnlyTransform):  # type: ignore[misc]
    """What value transforms have in common; a new one has `draw`, `program` and its effects.

    Args:
        p: How often it happens.

    Attributes:
        clips: Whether values are held within the range; else only the type limits them.
        needs_range: Whether it has to know what values mean.
    """

    clips: ClassVar[bool] = False
    needs_range: ClassVar[bool] = True

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p=share(self, "p", p))

    # -- what a transform says -------------------------------------------------------------------------

    def draw(self) -> dict[str, Any]:
        """Return the parameters of one application; all chance is here."""
        raise TypeError(f"{type(self).__name__} says nothing about what it draws: give it a method draw()")

    def program(self, params: Drawn, low: float, high: float) -> tuple[Op, ...]:
        """Return the program of one draw, on shares of the range from `low` to `high`, in the unit of the values."""
        raise TypeError(f"{type(self).__name__} says nothing about what it does: give it a method program()")

    def point_ops(self, params: Drawn, *, low: float, high: float, channels: int) -> tuple[Op, ...]:
        """Return the program; what was told when it drew says what values mean, and else `low` and `high`.

        See `domainaug.transforms.fusing.ChangesValues`. Pictures may be held as shares meanwhile, for which `low`
        and `high` are 0 and 1, while standard deviations and windows are in the unit of the values.
        """
        return self.program(params, *(params["value_range"] or (low, high)))

    # -- albumentations --------------------------------------------------------------------------------

    def get_params_dependent_on_data(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw, and keep what values mean."""
        told = data.get("value_range")
        known = value_range_of(data, type(self).__name__) if self.needs_range or told is not None else None
        return {"value_range": known, **self.draw()}

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture with its values changed."""
        return self._changed(img, params, channels_last=img.ndim == 3)

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return a volume changed as a whole: fields vary along it, and noise is new in every slice."""
        if volume.ndim == 3:
            return self._changed(volume, params, channels_last=False)
        parts = [
            self._changed(np.ascontiguousarray(volume[..., k]), params, channels_last=False, channel=k)
            for k in range(volume.shape[3])
        ]
        return np.stack(parts, axis=-1)

    def _changed(self, array: Array, params: Drawn, *, channels_last: bool, channel: int = 0) -> Array:
        from domainaug.kernels.warp import apply_point

        low, high = params["value_range"] or (0.0, 1.0)
        count = array.shape[-1] if channels_last else 1
        ops = self.point_ops(params, low=low, high=high, channels=count)
        if channel:
            ops = tuple(replace(op, stream=op.stream + channel) if isinstance(op, Noise) else op for op in ops)
        point = Point(ops, low, high, self.clips)
        return in_float32(array, lambda part: apply_point(part, point, channels_last=channels_last))
