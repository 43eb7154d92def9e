"""What a pipeline refuses to take, in one sentence each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, LabelError
from domainaug.kernels.checks import check_room

__all__ = ["RANKS", "check_mask_sizes", "checked_image", "checked_mask", "quiet"]

Array = NDArray[Any]

RANKS = {"image": (2, 3), "images": (3, 4), "volume": (3, 4), "volumes": (4, 5)}
"""Kind of picture to the numbers of dimensions it may have; the larger one has channels last."""

_IDLE_TALK = (r"HueSaturationValue: hue_shift and sat_shift are not", r"Got processor for \w+, but no transform")

_MOST_CHANNELS = 16
"""More than this along an axis are rows or columns."""

_AXES = {
    "image": "(H, W) or (H, W, C)",
    "images": "(N, H, W) or (N, H, W, C)",
    "volume": "(D, H, W) or (D, H, W, C)",
    "volumes": "(N, D, H, W) or (N, D, H, W, C)",
}


@contextmanager
def quiet() -> Iterator[None]:
    """Hush what albumentations says of every gray picture and of every pipeline without a moving step."""
    with warnings.catch_warnings():
        for said in _IDLE_TALK:
            warnings.filterwarnings("ignore", message=said)
        yield


def checked_image(name: str, kind: str, value: Any) -> tuple[Array, tuple[float, float] | None]:
    """Return a private, contiguous copy of a picture in native byte order, and its extent.

    Args:
        name: What the caller called it.
        kind: "image", "images", "volume" or "volumes".
        value: What was given.

    Raises:
        ImageError: It is no array of numbers, has the wrong rank, no pixels, or values that are no numbers.
    """
    if isinstance(value, list | tuple) and kind == "images" and len({np.shape(x) for x in value}) == 1:
        value = np.stack(value)
    if not isinstance(value, np.ndarray):
        raise ImageError(f"{name}: a NumPy array {_AXES[kind]} is needed, got {type(value).__name__}")
    if value.ndim not in RANKS[kind]:
        raise ImageError(f"{name}: an array {_AXES[kind]} is needed, got shape {value.shape}")
    if value.size == 0:
        raise ImageError(f"{name}: an array with pixels is needed, got shape {value.shape}")
    if kind == "image" and value.ndim == 3 and _looks_channels_first(value.shape):
        raise ImageError(
            f"{name}: channels come last, (H, W, C), got shape {value.shape}, which looks like channels first; "
            "pass image.transpose(1, 2, 0), or volume= for a stack of slices"
        )
    if value.dtype.kind not in "buif" or value.dtype.itemsize > 8:
        raise ImageError(f"{name}: integers or floats up to 64 bits are needed, got {value.dtype}")
    check_room(value.shape, value.dtype, f"a copy of {name}")
    copied = np.array(value, dtype=value.dtype.newbyteorder("="), order="C", copy=True, subok=False)
    if copied.dtype.kind not in "uf" or copied.dtype == np.uint8:
        return copied, None
    extent = float(copied.min()), float(copied.max())
    if not (np.isfinite(extent[0]) and np.isfinite(extent[1])):
        wrong = int(copied.size - np.count_nonzero(np.isfinite(copied)))
        raise ImageError(f"{name}: every value has to be a finite number, got {wrong} NaN or infinite of {copied.size}")
    return copied, extent


def _looks_channels_first(shape: tuple[int, ...]) -> bool:
    return shape[0] in (1, 3, 4) and shape[1] > _MOST_CHANNELS and shape[2] > _MOST_CHANNELS


def check_mask_sizes(data: Mapping[str, Any], targets: Mapping[str, str]) -> None:
    """Refuse masks of another size than the picture they came with.

    Args:
        data: Arrays as they were checked.
        targets: Name to kind.

    Raises:
        LabelError: With both sizes.
    """
    pictures = [(name, data[name].shape[:2]) for name, kind in targets.items() if kind == "image"]
    if not pictures:
        return
    picture, size = pictures[0]
    for name, kind in targets.items():
        if kind == "mask":
            sizes = {data[name].shape[:2]}
        elif kind == "masks":
            value = data[name]
            sizes = {x.shape[:2] for x in value} if isinstance(value, list) else {value.shape[1:3]}
        else:
            continue
        for other in sorted(sizes - {size}):
            raise LabelError(
                f"{name}: a mask as large as its picture is needed, got {other[0]} x {other[1]} pixels "
                f"(rows x columns) for {picture} of {size[0]} x {size[1]}; resize it with "
                "nearest-neighbor sampling, or look for a mask of another picture"
            )


def checked_mask(name: str, value: Any) -> Array:
    """Return a private, contiguous copy of a mask in native byte order.

    Raises:
        ImageError: It is no array of numbers, or has no pixels.
    """
    if not isinstance(value, np.ndarray):
        raise ImageError(f"{name}: a NumPy array is needed, got {type(value).__name__}")
    if value.dtype.kind not in "buif" or value.dtype.itemsize > 8:
        raise ImageError(f"{name}: a mask of integers, booleans or floats is needed, got {value.dtype}")
    if value.ndim < 2 or value.size == 0:
        raise ImageError(f"{name}: a mask with pixels is needed, got shape {value.shape}")
    check_room(value.shape, value.dtype, f"a copy of {name}")
    return np.array(value, dtype=value.dtype.newbyteorder("="), order="C", copy=True, subok=False)
