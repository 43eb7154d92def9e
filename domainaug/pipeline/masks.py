"""Masks that stay on the picture.

albumentations samples masks at the nearest pixel, which leaves them a sixth to a third of a pixel beside the
interpolated picture and breaks thin labels when the picture shrinks. Here the coverage of each label (1
inside, 0 outside) goes through the very call that moves the picture; the label that covers most of a pixel
gets it. What lies outside the picture belongs to the fill of masks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations.fill import lent_fill

__all__ = ["labels_in", "resample_masks"]

Array = NDArray[Any]
Float = NDArray[np.float32]

_TIE = 1e-4  # coverage counts as equal within the rounding of an interpolation
_SQUARE = np.ones((3, 3), dtype=np.uint8)
_FAINT = 0.1  # a label that covers less of every pixel is gone: smaller than a tenth of a pixel


def labels_in(mask: Array) -> list[Any]:
    """Return the distinct values of an integer mask, in order."""
    if mask.dtype == np.uint8:
        counts = cv2.calcHist([np.ascontiguousarray(mask).reshape(-1, 1)], [0], None, [256], [0, 256])
        return [int(value) for value in np.flatnonzero(counts)]
    if mask.dtype == bool:
        return [value for value, there in ((False, not mask.all()), (True, mask.any())) if there]
    return [value.item() for value in np.unique(mask)]


def resample_masks(
    leaf: Any, params: Mapping[str, Any], masks: Sequence[Array], in_shape: tuple[int, ...], out_shape: tuple[int, ...]
) -> list[Array]:
    """Move masks by the draw that moved the picture.

    Args:
        leaf: The transform.
        params: What it drew.
        masks: (H, W) each; integers are labels, floats are coverage already.
        in_shape: Height and width of the picture before.
        out_shape: Height and width of the picture after.

    Returns:
        One (H', W') a mask, in its type.
    """
    background = _background(leaf)
    footprint = _footprint(leaf, params, in_shape, out_shape)
    wanted: list[tuple[int, Any, Array]] = []
    for index, mask in enumerate(masks):
        if mask.dtype.kind == "f":
            wanted.append((index, None, mask))
        else:
            wanted.extend((index, value, mask) for value in labels_in(mask) if value != background)
    moved: dict[int, list[tuple[Any, Float]]] = {index: [] for index in range(len(masks))}
    for start in range(0, len(wanted), 3):
        batch = wanted[start : start + 3]
        planes = [_coverage(mask, value, footprint) for _, value, mask in batch]
        for (index, value, _), plane in zip(batch, _through(leaf, params, planes), strict=True):
            moved[index].append((value, plane))
    out = []
    for index, mask in enumerate(masks):
        if mask.dtype.kind == "f":
            out.append(moved[index][0][1].astype(mask.dtype))
        else:
            out.append(_chosen(moved[index], background, out_shape[:2], mask.dtype))
    return out


def _background(leaf: Any) -> Any:
    fill = getattr(leaf, "fill_mask", None)
    if isinstance(fill, tuple | list):
        fill = fill[0] if fill else 0
    return 0 if fill is None or isinstance(fill, str) else fill


def _coverage(mask: Array, value: Any, footprint: tuple[Float, Float] | None) -> Float:
    if value is None:
        return np.asarray(mask, dtype=np.float32)
    inside = mask == value
    plane: Float = inside.astype(np.float32)
    if footprint is None or (max(map(len, footprint)) <= 3 and not _is_thin(inside)):
        return plane
    return np.asarray(cv2.sepFilter2D(plane, -1, *footprint, borderType=cv2.BORDER_REPLICATE), dtype=np.float32)


def _is_thin(inside: Array) -> bool:
    """Whether little of a label is further than a pixel from its edge."""
    core = cv2.erode(inside.astype(np.uint8), _SQUARE)
    return bool(10 * np.count_nonzero(core) < np.count_nonzero(inside))


def _through(leaf: Any, params: Mapping[str, Any], planes: list[Float]) -> list[Float]:
    """Send planes through the picture's own function, several as the channels of one picture."""
    picture: Callable[..., Array] = leaf._key2func["image"]
    # OpenCV 5 interpolates 1 and 3 channels exactly, and 2 on a grid of 1/32 pixel.
    sent = [*planes, planes[0]] if len(planes) == 2 else planes
    stacked = planes[0] if len(planes) == 1 else np.ascontiguousarray(np.stack(sent, axis=-1))
    arguments = {**params, "fill": 0.0} if "fill" in params else dict(params)
    with lent_fill(leaf, 0.0):
        moved = np.asarray(picture(stacked, **arguments), dtype=np.float32)
    if len(planes) == 1:
        return [moved]
    return [np.ascontiguousarray(moved[..., k]) for k in range(len(planes))]


def _footprint(
    leaf: Any, params: Mapping[str, Any], in_shape: tuple[int, ...], out_shape: tuple[int, ...]
) -> tuple[Float, Float] | None:
    """Return the box filters, along x and y, that average over what one output pixel sees; None when it is one."""
    matrix = params.get("matrix")
    if isinstance(matrix, np.ndarray) and matrix.shape in ((3, 3), (2, 3)):
        linear = matrix[:2, :2]
        if abs(np.linalg.det(linear)) < 1e-9:
            return None
        wide, tall = np.linalg.norm(np.linalg.inv(linear), axis=1)
    elif "crop_coords" in params and params["crop_coords"] is not None:
        left, top, right, bottom = params["crop_coords"]
        wide, tall = (right - left) / out_shape[1], (bottom - top) / out_shape[0]
    else:
        wide, tall = in_shape[1] / out_shape[1], in_shape[0] / out_shape[0]
    if max(wide, tall) <= 1.05:
        return None
    return _box(wide), _box(tall)


def _box(size: float) -> Float:
    """Return a box of fractional width as an odd kernel of sum 1."""
    if size <= 1:
        return np.ones(1, dtype=np.float32)
    side = int(np.ceil((size - 1) / 2))
    kernel = np.ones(2 * side + 1, dtype=np.float32)
    kernel[0] = kernel[-1] = (size - (2 * side - 1)) / 2
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def _chosen(planes: list[tuple[Any, Float]], background: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Give every pixel to the label that covers most of it; ties go to labels over background, low over high."""
    out = np.full(shape, background, dtype=dtype)
    if not planes:
        return out
    best = planes[0][1]
    total = best
    owner = None
    for k, (_, plane) in enumerate(planes[1:], start=1):
        if owner is None:
            owner = np.zeros(shape, dtype=np.int32)
        better = plane > best + _TIE
        best = np.where(better, plane, best)
        owner[better] = k
        total = total + plane
    labeled = best >= (1.0 - total) - _TIE
    labeled &= best > _FAINT
    if owner is None:
        out[labeled] = planes[0][0]
    else:
        values = np.array([value for value, _ in planes], dtype=dtype)
        out[labeled] = values[owner[labeled]]
    for value, plane in planes:
        _rescue_thin(out, value, plane, background)
    return out


def _rescue_thin(out: Array, value: Any, plane: Float, background: Any) -> None:
    """Keep what is thinner than a pixel, which covers half of few pixels or none, and would break up or vanish.

    It gets the pixels along its ridge, and those covered nearly half as much as the best nearby. Only background
    gives way, and a compact part gains nothing: nearby it covers pixels whole.
    """
    low = plane >= _FAINT
    low &= plane < 0.5
    low &= out == background
    if not low.any():
        return
    nearby = cv2.dilate(plane, np.ones((7, 7), dtype=np.uint8))
    ridge = plane >= 0.75 * cv2.dilate(plane, _SQUARE)
    ridge |= plane >= 0.4 * nearby
    out[low & ridge & (nearby < 0.9)] = value
