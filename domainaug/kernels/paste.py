"""Pasting a patch with a mask onto a picture: hard, feathered, by frequency bands, or by its gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, UnknownName
from domainaug.kernels.checks import check_array, check_out
from domainaug.kernels.engine import loops

__all__ = ["WARMUP", "Blend", "paste"]

Blend = Literal["hard", "feather", "multiband", "membrane", "seamless"]
Array = NDArray[Any]
Float = NDArray[np.float32]

_TYPES = (np.uint8, np.uint16, np.int16, np.float32)
_SWEEPS = 6  # of the membrane on each grid: then it is within some percent of the range around the mask
_MOST_BANDS = 4


def paste(
    background: Array,
    patch: Array,
    mask: Array,
    at: tuple[int, int],
    *,
    blend: Blend = "feather",
    feather_px: float = 4.0,
    out: Array | None = None,
) -> tuple[Array, NDArray[np.uint8]]:
    """Paste what `mask` says of `patch` onto `background`, and tell which pixels that changed.

    * "hard" replaces what is in the mask.
    * "feather" fades in from the mask's edge inwards.
    * "membrane" keeps the patch's gradients and takes the background's level: a membrane stretched over the
      differences around the mask is added to the patch (P. Perez et al., Poisson image editing, SIGGRAPH 2003),
      solved from coarse to fine (pull and push, S. Gortler et al., The lumigraph, SIGGRAPH 1996). The patch must
      show one pixel around the mask; where the mask touches its border, the border stays background.
    * "multiband" blends coarse structure over wide seams and fine structure over narrow ones (P. Burt and
      E. Adelson, A multiresolution spline, ACM TOG 1983). It changes pixels around the mask, too.
    * "seamless" is `cv2.seamlessClone`, for uint8 in three channels; slower, and it leaves out the mask's rim:
      nothing changes where the mask is two pixels thin.

    Args:
        background: (H, W) or (H, W, channels), uint8, uint16, int16 or float32.
        patch: (h, w) or (h, w, channels), of the background's type and channels.
        mask: (h, w). Boolean or whole numbers: all but 0 is pasted. Floats: opacity from 0 to 1.
        at: Row and column in the background of the patch's first pixel; what falls outside is left out.
        blend: One of the above.
        feather_px: Width of the fade in pixels, for "feather"; at most what the mask is thick, so that a thin
            scratch still shows.
        out: Where the result goes, like `background`; `background` itself pastes in place. A new array if None.

    Returns:
        The picture, and (H, W) uint8: 1 where some channel has another value than before.

    Raises:
        ImageError: An array of the wrong type or shape, or one that `blend` cannot take.
        UnknownName: No blend has this name.
        ValueError: `at` or `feather_px` is out of range.
    """
    if blend not in get_args(Blend):
        raise UnknownName("blend", str(blend), get_args(Blend))
    placed = _placed(background, patch, mask, at, feather_px)
    result = _result(placed.background, background, out, (patch, mask))
    changed = np.zeros(result.shape[:2], np.uint8)
    if placed.rows.start < placed.rows.stop and placed.columns.start < placed.columns.stop:
        _BLENDS[blend](result if result.ndim == 3 else result[..., None], placed, feather_px, changed)
    return result, changed


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """A patch and where it goes: `rows` and `columns` of the background, `top` and `left` of the patch."""

    background: Array
    patch: Array
    opacity: Float
    rows: slice
    columns: slice
    top: int
    left: int

    def cut(self, whole: Array) -> Array:
        """Return what of an array of the patch's size falls inside the background."""
        height, width = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        inside: Array = whole[self.top : self.top + height, self.left : self.left + width]
        return inside


def _placed(background: Array, patch: Array, mask: Array, at: Any, feather_px: float) -> _Placed:
    background = check_array(background, "background", dtypes=_TYPES, ndim=(2, 3))
    patch = check_array(patch, "patch", dtypes=(background.dtype,), ndim=background.ndim)
    if patch.shape[2:] != background.shape[2:]:
        raise ImageError(
            f"patch has {patch.shape[2]} channels and background {background.shape[2]}: give them the same"
        )
    if not isinstance(mask, np.ndarray) or mask.shape != patch.shape[:2] or mask.dtype.kind not in "biuf":
        raise ImageError(f"mask must be numbers or booleans of the patch's {patch.shape[:2]}, got {_told(mask)}")
    if not (isinstance(at, tuple | list) and len(at) == 2 and all(isinstance(v, int | np.integer) for v in at)):
        raise ValueError(f"at={at!r} must be (row, column), two whole numbers, where the patch's first pixel goes")
    if not 0 <= feather_px < 2**15:
        raise ValueError(f"feather_px={feather_px!r} must be a number of pixels from 0 to 32767")
    row, column = int(at[0]), int(at[1])
    (height, width), (frame_h, frame_w) = patch.shape[:2], background.shape[:2]
    rows = slice(min(max(row, 0), frame_h), max(min(row + height, frame_h), 0))
    columns = slice(min(max(column, 0), frame_w), max(min(column + width, frame_w), 0))
    return _Placed(
        background,
        patch if patch.ndim == 3 else patch[..., None],
        _opacity(mask),
        rows,
        columns,
        rows.start - row,
        columns.start - column,
    )


def _opacity(mask: Array) -> Float:
    if mask.dtype.kind != "f":
        full: Float = (mask != 0).astype(np.float32)
        return full
    opacity: Float = mask.astype(np.float32)
    if not (opacity.min() >= 0 and opacity.max() <= 1):
        raise ImageError(f"a mask of floats is an opacity from 0 to 1, got {opacity.min()} to {opacity.max()}")
    return opacity


def _result(checked: Array, background: Array, out: Array | None, others: tuple[Array, ...]) -> Array:
    if out is background:  # a patch that is a part of it is copied before anything is written
        return check_out(out, checked.shape, checked.dtype)
    result = check_out(out, checked.shape, checked.dtype, sources=(checked, *others))
    np.copyto(result, checked)
    return result


def _hard(result: Array, placed: _Placed, feather_px: float, changed: Array) -> None:
    _mix(result, placed, placed.cut(placed.patch).astype(np.float32), placed.cut(placed.opacity), changed)


def _feather(result: Array, placed: _Placed, feather_px: float, changed: Array) -> None:
    import cv2

    # the patch's border is the mask's, the frame's is not: the fade is made before anything is cut off
    inside = np.pad((placed.opacity > 0).astype(np.uint8), 1)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
    width = min(feather_px, float(depth.max()) - 1)
    t = np.clip(depth / np.float32(max(width, 0) + 1), 0, 1)
    alpha = placed.cut(placed.opacity * t * t * (3 - 2 * t))
    _mix(result, placed, placed.cut(placed.patch).astype(np.float32), alpha, changed)


def _membrane(result: Array, placed: _Placed, feather_px: float, changed: Array) -> None:
    inside = np.pad(placed.opacity > 0, 1)
    core = inside[1:-1, 1:-1]
    beside = inside[:-2, 1:-1] | inside[2:, 1:-1] | inside[1:-1, :-2] | inside[1:-1, 2:]
    around = ~core & beside
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        around[edge] |= core[edge]
    patch = placed.cut(placed.patch).astype(np.float32)
    difference = result[placed.rows, placed.columns] - patch
    known = placed.cut(around)
    if result.dtype == np.float32:
        known = known & np.isfinite(difference).all(axis=-1)
    source = patch + _stretched(difference, known.astype(np.float32))
    _mix(result, placed, source, placed.cut(placed.opacity), changed)


def _stretched(values: Float, known: Float) -> Float:
    """Return (h, w, channels): `values` where `known`, a membrane between; all 0 where nothing is known."""
    engine, channels = loops("paste"), values.shape[2]
    if not known.any():
        return np.zeros_like(values)
    grids = [(values, known)]
    while max(known.shape) > 1:
        size = (known.shape[0] + 1) // 2, (known.shape[1] + 1) // 2
        coarse, coarse_known = np.empty((*size, channels), np.float32), np.empty(size, np.float32)
        engine.pull(values, known, coarse, coarse_known)
        values, known = coarse, coarse_known
        grids.append((values, known))
    for fine, held in reversed(grids[:-1]):
        engine.push(values, fine, held)
        flat, unknown = fine.reshape(len(fine), -1), np.repeat(1 - held, channels, axis=1)
        engine.relax(flat, unknown, np.empty_like(flat), channels, _SWEEPS)
        values = fine
    return values


def _multiband(result: Array, placed: _Placed, feather_px: float, changed: Array) -> None:
    import cv2

    ys, xs = (np.flatnonzero(placed.opacity.any(axis=axis)) for axis in (1, 0))
    if not ys.size:
        return
    thick = min(ys[-1] - ys[0], xs[-1] - xs[0]) + 1
    bands = min(max(int(thick).bit_length() - 3, 1), _MOST_BANDS)
    reach = 4 << bands  # what the coarsest band can still touch
    rows, top, bottom = _grown(placed.rows, reach, result.shape[0])
    columns, left, right = _grown(placed.columns, reach, result.shape[1])
    region = result[rows, columns]
    inner = result[placed.rows, placed.columns].astype(np.float32)
    difference = placed.cut(placed.patch).astype(np.float32) - inner
    np.copyto(difference, 0, where=~np.isfinite(difference))
    # pyramids are linear: blending both is adding the bands of the difference, weighted by the blurred mask
    wide = cv2.copyMakeBorder(difference, top, bottom, left, right, cv2.BORDER_REPLICATE)
    weight = cv2.copyMakeBorder(placed.cut(placed.opacity), top, bottom, left, right, cv2.BORDER_CONSTANT)
    added = _bands_added(wide.reshape(*wide.shape[:2], -1), weight, bands).reshape(region.shape)
    marks = np.empty(region.shape[:2], np.uint8)
    _mixed(region, region + added, np.ones(region.shape[:2], np.float32), marks)
    changed[rows, columns] = marks


def _bands_added(difference: Float, weight: Float, bands: int) -> Float:
    import cv2

    weighted, sizes = [], []
    for _ in range(bands):
        size = (difference.shape[1], difference.shape[0])
        if min(size) < 2:
            break
        coarse = cv2.pyrDown(difference).reshape((size[1] + 1) // 2, (size[0] + 1) // 2, -1)
        band = difference - cv2.pyrUp(coarse, dstsize=size).reshape(difference.shape)
        weighted.append(band * weight[..., None])
        sizes.append(size)
        difference, weight = coarse, cv2.pyrDown(weight)
    total = difference * weight[..., None]
    for band, size in zip(reversed(weighted), reversed(sizes), strict=True):
        total = cv2.pyrUp(total, dstsize=size).reshape(band.shape) + band
    return cast(Float, total)


def _grown(part: slice, reach: int, size: int) -> tuple[slice, int, int]:
    grown = slice(max(part.start - reach, 0), min(part.stop + reach, size))
    return grown, part.start - grown.start, grown.stop - part.stop


def _seamless(result: Array, placed: _Placed, feather_px: float, changed: Array) -> None:
    import cv2

    if result.dtype != np.uint8 or result.shape[2] != 3:
        raise ImageError(
            f'blend="seamless" takes uint8 in 3 channels, got {result.dtype} in {result.shape[2]}: use "membrane"'
        )
    mask = (placed.cut(placed.opacity) > 0).astype(np.uint8) * 255
    mask[[0, -1]], mask[:, [0, -1]] = 0, 0  # cv2 does so, and finds the middle after
    ys, xs = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not ys.size or min(ys[-1] - ys[0], xs[-1] - xs[0]) < 2:
        return  # cv2 has no inside to solve for, and raises an assertion
    middle = (
        int(placed.columns.start + xs[0] + (xs[-1] - xs[0] + 1) // 2),
        int(placed.rows.start + ys[0] + (ys[-1] - ys[0] + 1) // 2),
    )
    cloned = cv2.seamlessClone(np.ascontiguousarray(placed.cut(placed.patch)), result, mask, middle, cv2.NORMAL_CLONE)
    window = placed.rows, placed.columns
    changed[window] = (cloned[window] != result[window]).any(axis=-1)
    result[window] = cloned[window]


def _mix(result: Array, placed: _Placed, source: Float, alpha: Float, changed: Array) -> None:
    region, marks = result[placed.rows, placed.columns], np.empty(alpha.shape, np.uint8)
    _mixed(region, source, alpha, marks)
    changed[placed.rows, placed.columns] = marks


def _mixed(region: Array, source: Float, alpha: Float, marks: Array) -> None:
    """Blend into `region`, a view of the result, through a contiguous copy: compiled loops take no others."""
    limits = (0, 0, 0) if region.dtype == np.float32 else (*_span(region.dtype), 0.5)
    low, high, half = (np.float32(each) for each in limits)
    block = region.copy()
    loops("paste").blend(block, np.ascontiguousarray(source), np.ascontiguousarray(alpha), marks, low, high, half)
    region[...] = block


def _span(dtype: np.dtype[Any]) -> tuple[int, int]:
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def _told(array: Any) -> str:
    return f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__


_BLENDS = {"hard": _hard, "feather": _feather, "multiband": _multiband, "membrane": _membrane, "seamless": _seamless}


def _warm(dtype: Any) -> None:
    background = np.zeros((8, 8, 3), dtype)
    paste(background, background[:4, :4] + background.dtype.type(1), np.ones((4, 4), bool), (2, 2), blend="membrane")


def _warm_uint8() -> None:
    _warm(np.uint8)


def _warm_uint16() -> None:
    _warm(np.uint16)


def _warm_int16() -> None:
    _warm(np.int16)


def _warm_float32() -> None:
    _warm(np.float32)


WARMUP = (_warm_uint8, _warm_uint16, _warm_int16, _warm_float32)
