"""What a step is shown when it draws before the picture it works on is made."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from domainaug.generators import Frame
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.pipeline.offers import Shown
from domainaug.pipeline.state import LEADING, State

__all__ = ["Sight", "stand_ins"]


def stand_ins(state: State, dtype: np.dtype[Any], spatial: tuple[int, ...]) -> dict[str, Any]:
    """Return pictures of the right size and type, without pixels.

    Args:
        state: The state of the call.
        dtype: Their type.
        spatial: (height, width), and channels if any.
    """
    blank = np.zeros((), dtype)
    found: dict[str, Any] = {}
    for name, kind in state.pictures.items():
        lead = state.data[name].shape[: LEADING[kind]]
        found[name] = np.broadcast_to(blank, (*lead, *spatial))
    return found


class Sight:
    """The pictures as what waits will leave them; made anew whenever their size changes.

    Args:
        state: The state of the call.
        geometry: The map that waits, if any does.
    """

    def __init__(self, state: State, geometry: PixelMap | VolumeMap | None) -> None:
        self._state = state
        now = state.spatial
        self.spatial: tuple[int, ...] = now if geometry is None else (*geometry.shape[-2:], *now[2:])
        self._depth: tuple[int, ...] = geometry.shape[:1] if isinstance(geometry, VolumeMap) else self._depth_now()
        self._shown: dict[bool, Shown] = {}
        self._data: dict[np.dtype[Any], dict[str, Any]] = {}

    def fits(self, latest: PixelMap | VolumeMap) -> bool:
        """Whether the pictures still look so after one more map: none changes its size."""
        depth = latest.shape[:1] if isinstance(latest, VolumeMap) else self._depth
        return tuple(latest.shape[-2:]) == self.spatial[:2] and tuple(depth) == self._depth

    def _depth_now(self) -> tuple[int, ...]:
        name, kind = next(iter(self._state.pictures.items()))
        return tuple(self._state.data[name].shape[:1]) if kind == "volume" else ()

    @cached_property
    def frame(self) -> Frame:
        """What effects are reckoned in."""
        return self._state.frame(self.spatial)

    def shown(self, *, pixel: bool) -> Shown:
        """Return what a step is shown: with `pixel`, one that believes in bytes and in shares of one."""
        if pixel not in self._shown:
            state = self._state
            as_shares = pixel and not state.values.is_unit
            dtype = state.data[next(iter(state.pictures))].dtype
            low, high = (0.0, 1.0) if state.unit else (state.values.low, state.values.high)
            self._shown[pixel] = Shown(
                shape=(*self._depth, *self.spatial[:2]),
                channels=self.spatial[2] if len(self.spatial) > 2 else 1,
                dtype=np.dtype(np.float32) if as_shares else dtype,
                low=low,
                high=high,
                fill=state.values.fill_in(state.unit),
            )
        return self._shown[pixel]

    def data(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        """Return stand-ins for the pictures, and what our own transforms are told beside them."""
        if dtype not in self._data:
            self._data[dtype] = {**stand_ins(self._state, dtype, self.spatial), **self._state.told()}
        return self._data[dtype]
