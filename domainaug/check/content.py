"""Pictures to look at transforms with whose effect depends on what is in the picture."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.generators import Frame

__all__ = ["field_pictures"]

Picture = NDArray[Any]

_SIDE = 256


def field_pictures(given: Sequence[Picture] | None, profile_id: str, frame: Frame) -> tuple[Picture, ...]:
    """Return pictures of the field: the user's own, or real ones that ship inside installed packages.

    Args:
        given: The user's pictures, taken as they are; None for the default.
        profile_id: Decides between a radiograph-like and a photographic default.
        frame: Gives channels and value range.

    Returns:
        Arrays of float32 in the frame's range, (h, w) or (h, w, channels); () when no package has any.
    """
    if given is not None:
        return tuple(np.asarray(picture) for picture in given)
    shares = _medical() if profile_id.startswith("medical/") else _photographs()
    return tuple(_in_range(share, frame) for share in shares)


def _in_range(share: NDArray[np.float32], frame: Frame) -> Picture:
    values = share * np.float32(frame.span) + np.float32(frame.low)
    if frame.channels == 1:
        values = values.mean(axis=2) if values.ndim == 3 else values
    elif values.ndim == 2 or values.shape[2] != frame.channels:
        gray = values if values.ndim == 2 else values.mean(axis=2)
        values = np.repeat(gray[..., None], frame.channels, axis=2)
    byte = (frame.low, frame.high) == (0.0, 255.0)
    return values.round().astype(np.uint8) if byte else values


@cache
def _medical() -> tuple[NDArray[np.float32], ...]:
    """A CT and an MR slice that ship inside pydicom, as shares of their own range."""
    from pydicom import dcmread
    from pydicom.data import get_testdata_file

    found = []
    for name in ("CT_small.dcm", "MR_small.dcm"):
        path = get_testdata_file(name, download=False)
        if path is not None:
            found.append(_share(dcmread(str(path)).pixel_array))
    return tuple(found)


@cache
def _photographs() -> tuple[NDArray[np.float32], ...]:
    """Two color photographs that ship inside the scikit-image wheel, as shares of their own range."""
    if importlib.util.find_spec("skimage") is None:
        return ()
    from skimage import data

    return tuple(_share(picture) for picture in (data.astronaut(), data.coffee()))


def _share(values: Picture) -> NDArray[np.float32]:
    values = np.asarray(values, dtype=np.float32)
    low, high = float(values.min()), float(values.max())
    small = cv2.resize((values - low) / max(high - low, 1e-6), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small, 0, 1), dtype=np.float32)
