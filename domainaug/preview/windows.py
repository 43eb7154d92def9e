"""Which values are shown as black and as white: windows for radiologists, and those that suit an image by itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.profile.contact_sheet import Window, window_for

__all__ = ["HOUNSFIELD", "Window", "window_named", "windows_for"]

HOUNSFIELD: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "soft tissue": (40.0, 400.0),
        "lung": (-600.0, 1500.0),
        "bone": (480.0, 2500.0),
        "brain": (40.0, 80.0),
        "liver": (60.0, 160.0),
    }
)
"""Center and width in HU, as viewers have them; conventions, not measurements."""


def windows_for(values: NDArray[Any], unit: str, value_range: tuple[float, float] | None = None) -> dict[str, Window]:
    """Return the windows to choose from, by name, the one to begin with first.

    Args:
        values: The image or volume.
        unit: What they count: "HU" or anything else.
        value_range: What they mean, where somebody says so.
    """
    found: dict[str, Window] = {}
    if unit == "HU":
        found.update({name: Window(c - w / 2, c + w / 2) for name, (c, w) in HOUNSFIELD.items()})
    suits = window_for(_thinned(values))
    if values.dtype == np.uint8:
        return {"as it is": suits}
    found["by the image"] = suits
    if value_range is not None and value_range[1] > value_range[0]:
        found["whole range"] = Window(float(value_range[0]), float(value_range[1]))
    return found


def window_named(windows: Mapping[str, Window], name: str | None) -> Window:
    """Return a window by name, or the first where there is none of that name."""
    return windows.get(name or "", next(iter(windows.values())))


def _thinned(values: NDArray[Any]) -> NDArray[Any]:
    """Return about a quarter of a million values of a volume, a million of a picture: percentiles need no more."""
    if values.ndim == 2:
        step = max(1, round((values.size / (1 << 20)) ** 0.5))
        return values[::step, ::step]
    if values.ndim < 3 or values.size < 1 << 20:
        return values
    step = max(1, round((values.size / (1 << 18)) ** (1 / 3)))
    return values[::step, ::step, ::step]
