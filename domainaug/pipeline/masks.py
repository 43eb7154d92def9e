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
from domainaug.errors import LabelError
from domainaug.kernels.labels import labels_in
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.resample import resample_labels, resample_volume
from domainaug.kernels.thin import keep_thin, thin_parts, warp_whole
from domainaug.kernels.volume_map import VolumeMap
from domainaug.kernels.warp import warp

__all__ = ["labels_in", "move_planes", "move_volumes", "resample_masks", "warp_masks"]

Array = NDArray[Any]
Float = NDArray[np.float32]

_LABEL_TYPES = frozenset(map(np.dtype, ("uint8", "int16", "uint16", "int32")))

_TIE = 1e-4  # coverage counts as equal within the rounding of an interpolation
_FAINT = 0.1  # a label that covers less of every pixel is gone: smaller than a tenth of a pixel


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
    votes = [_Vote(out_shape[:2], background, mask.dtype) for mask in masks]
    wanted: list[tuple[_Vote, Any, Array]] = []
    for vote, mask in zip(votes, masks, strict=True):
        values = [None] if mask.dtype.kind == "f" else [value for value in labels_in(mask) if value != background]
        wanted.extend((vote, value, mask) for value in values)
    for start in range(0, len(wanted), 3):
        batch = wanted[start : start + 3]
        sent = [_coverage(mask, value, footprint) for _, value, mask in batch]
        for (vote, value, _), plane, (_, delicate) in zip(
            batch, _through(leaf, params, [plane for plane, _ in sent]), sent, strict=True
        ):
            vote.add(value, plane, delicate)
    return [vote.result() for vote in votes]


def warp_masks(pixel_map: PixelMap, masks: Sequence[Array], *, background: float = 0) -> list[Array]:
    """Move masks by a map, by the same rules: one pass however many labels there are.

    Args:
        pixel_map: Where each output pixel looks.
        masks: (H, W) each; integers are labels, floats are coverage already.
        background: What lies outside the picture.

    Returns:
        One (H', W') a mask, in its type.
    """
    return [_warp_mask(mask, pixel_map, background) for mask in masks]


def _warp_mask(mask: Array, pixel_map: PixelMap, background: float) -> Array:
    if mask.dtype.kind == "f":
        soft = np.asarray(mask, dtype=np.float32)
        return warp(soft, pixel_map, order="linear", fill=float(background)).astype(mask.dtype, copy=False)
    coded, values = _coded(mask, background)
    ground = int(background) if values is None else int(np.searchsorted(values, background))
    out = warp_whole(coded, pixel_map, fill=ground)
    return out.astype(mask.dtype, copy=False) if values is None else values[out]


def _coded(mask: Array, background: float) -> tuple[Array, Array | None]:
    """Return labels in a type the kernels take, and what the codes stand for if they are not the labels."""
    if mask.dtype in _LABEL_TYPES:
        return mask, None
    if mask.dtype == bool:
        return mask.astype(np.uint8), None
    values = np.union1d(mask, np.array([background], dtype=mask.dtype))
    return np.searchsorted(values, mask).astype(np.int32), values


def move_planes(mask: Array, kind: str, move: Callable[[list[Array]], list[Array]]) -> Array:
    """Apply `move`, which takes (H, W) planes, to a mask of any rank.

    Args:
        mask: The array.
        kind: "mask", "masks", "mask3d" or "masks3d"; channels, if any, come last.
        move: Returns one plane for each it is given.
    """
    lead = {"mask": 0, "masks": 1, "mask3d": 1, "masks3d": 2}[kind]
    channels = mask.ndim > lead + 2
    if mask.ndim == 2:
        return move([np.ascontiguousarray(mask)])[0]
    first = np.moveaxis(mask, -1, lead) if channels else mask
    outer = first.shape[:-2]
    flat = first.reshape(-1, *first.shape[-2:])
    planes = move([np.ascontiguousarray(plane) for plane in flat])
    if not planes:
        return mask
    stacked = np.stack(planes).reshape(*outer, *planes[0].shape)
    return np.ascontiguousarray(np.moveaxis(stacked, lead, -1) if channels else stacked)


def move_volumes(mask: Array, kind: str, volume_map: VolumeMap, background: float) -> Array:
    """Move a mask of a volume by a map: each voxel goes to the label that covers most of it.

    Args:
        mask: The array.
        kind: "mask3d" or "masks3d"; channels, if any, come last.
        volume_map: Where each output voxel looks.
        background: What lies outside the volume.

    Raises:
        LabelError: The mask belongs to a picture.
    """
    lead = {"mask3d": 0, "masks3d": 1}.get(kind)
    if lead is None:
        raise LabelError(f"a {kind} cannot move with a volume; pass mask3d=, of (depth, height, width)")
    channels = mask.ndim > lead + 3
    first = np.moveaxis(mask, -1, lead) if channels else mask
    parts = [_warp_volume(part, volume_map, background) for part in first.reshape(-1, *first.shape[-3:])]
    stacked = np.stack(parts).reshape(*first.shape[:-3], *parts[0].shape)
    return np.ascontiguousarray(np.moveaxis(stacked, lead, -1) if channels else stacked)


def _warp_volume(mask: Array, volume_map: VolumeMap, background: float) -> Array:
    if mask.dtype.kind == "f":
        soft = np.ascontiguousarray(mask, dtype=np.float32)
        return resample_volume(soft, volume_map, fill=float(background)).astype(mask.dtype, copy=False)
    coded, values = _coded(mask, background)
    ground = int(background) if values is None else int(np.searchsorted(values, background))
    out = resample_labels(np.ascontiguousarray(coded), volume_map, order="vote", fill=ground)
    return out.astype(mask.dtype, copy=False) if values is None else values[out]


def _background(leaf: Any) -> Any:
    fill = getattr(leaf, "fill_mask", None)
    if isinstance(fill, tuple | list):
        fill = fill[0] if fill else 0
    return 0 if fill is None or isinstance(fill, str) else fill


def _coverage(mask: Array, value: Any, footprint: tuple[Float, Float] | None) -> tuple[Float, bool]:
    """Return what a label covers of each pixel that will be seen, and whether it may be lost on the way."""
    if value is None:
        return np.asarray(mask, dtype=np.float32), False
    inside = mask == value
    plane: Float = inside.astype(np.float32)
    delicate = True in thin_parts(inside)
    if footprint is None:
        return plane, delicate
    delicate = delicate or max(map(len, footprint)) > 3
    if delicate:
        plane = cv2.sepFilter2D(plane, -1, *footprint, borderType=cv2.BORDER_REPLICATE)
    return plane, delicate


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


class _Vote:
    """Gives every pixel to the label that covers most of it; ties go to labels over background, low over high.

    Labels come one at a time, in order, and only those that may be lost are kept: a mask can have hundreds.
    """

    def __init__(self, shape: tuple[int, ...], background: Any, dtype: np.dtype[Any]) -> None:
        self._soft = dtype.kind == "f"
        self._background, self._dtype = background, dtype
        self._best = np.zeros(shape, dtype=np.float32)
        self._total = np.zeros(shape, dtype=np.float32)
        self._owner = np.full(shape, background, dtype=dtype)
        self._delicate: list[tuple[Any, Float]] = []

    def add(self, value: Any, plane: Float, delicate: bool) -> None:
        """Take the coverage of one label; of a floating mask, its values."""
        if self._soft:
            self._owner = plane.astype(self._dtype)
            return
        self._owner[plane > self._best + _TIE] = value
        np.maximum(self._best, plane, out=self._best)
        self._total += plane
        if delicate:
            self._delicate.append((value, plane))

    def result(self) -> Array:
        """Return the mask."""
        if self._soft:
            return self._owner
        beaten = self._best < 1.0 - self._total - _TIE
        beaten |= self._best <= _FAINT
        self._owner[beaten] = self._background
        thin = [value for value, _ in self._delicate]
        for value, plane in self._delicate:
            keep_thin(self._owner, value, plane, thin)
        return self._owner
