"""The circular field of a fundus camera, found in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError

__all__ = ["FieldCircle", "field_circle"]

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_SIDE = 256  # pixels along the longer side of the picture that the circle is looked for in
_GROUND = 0.06  # of the brightest, by which the field leaves its ground
_CORNERS = 2  # of the frame that a disc leaves dark at least
_WHOLE = 0.985  # share of the frame from which on the field is the frame


@dataclass(frozen=True, eq=False)
class FieldCircle:
    """Where the retina is seen.

    Attributes:
        x: Of the middle, in pixels from the left.
        y: Likewise from the top.
        radius: In pixels.
        mask: (height, width), the disc, cut by the frame.
        agreement: Of the disc and what leaves the ground: the intersection over the union.
    """

    x: float
    y: float
    radius: float
    mask: Mask
    agreement: float

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> FieldCircle:
        """Return the circle through the corners of a frame, which is all field."""
        height, width = shape[:2]
        middle = ((width - 1) / 2, (height - 1) / 2)
        return cls(*middle, float(np.hypot(width, height)) / 2, np.ones((height, width), bool), 1.0)


def field_circle(image: Array) -> FieldCircle:
    """Find the disc in which a fundus camera shows the retina; the frame may cut it.

    What is brighter than the dark ground is held against the circle that fits its border best. Points on the border
    of the frame are no border of the field, and those far off (a notch, a mark, a name) are left out in turn.

    Args:
        image: (height, width) or (height, width, channels), any type of numbers.

    Returns:
        The disc; the whole frame where there is no dark ground about it.

    Raises:
        ImageError: The picture has no such axes, no pixels, or values that are not finite.
    """
    picture = np.asarray(image)
    if picture.ndim not in (2, 3) or 0 in picture.shape or picture.dtype.kind not in "uif":
        raise ImageError(
            f"a field of view is looked for in numbers of shape (height, width[, channels]), got {picture.shape} of "
            f"{picture.dtype}"
        )
    light = (picture.max(axis=2) if picture.ndim == 3 else picture).astype(np.float32)
    if not np.isfinite(light).all():
        raise ImageError("a field of view is looked for in finite values, and this picture has others")
    small, step = _reduced(light)
    part = _bright(small)
    if part.mean() > _WHOLE or part.mean() < 0.02 or _dark_corners(part) < _CORNERS:
        return FieldCircle.whole(light.shape)
    circle = _circle(*_border(part))
    if circle is None:
        return FieldCircle.whole(light.shape)
    agreement = _agreement(_disc(*circle, part.shape), part)
    x, y, radius = (
        (circle[0] + 0.5) * step[1] - 0.5,
        (circle[1] + 0.5) * step[0] - 0.5,
        circle[2] * float(np.mean(step)),
    )
    if max(step) > 1:
        x, y, radius = _sharper(light, x, y, radius, max(step))
    mask = _disc(x, y, radius, light.shape)
    return FieldCircle.whole(light.shape) if mask.mean() > _WHOLE else FieldCircle(x, y, radius, mask, agreement)


def _reduced(light: Array) -> tuple[Array, tuple[float, float]]:
    import cv2

    step = max(1.0, max(light.shape) / _SIDE)
    height, width = (max(1, round(side / step)) for side in light.shape)
    small = np.asarray(cv2.resize(light, (width, height), interpolation=cv2.INTER_AREA))
    return small, (light.shape[0] / height, light.shape[1] / width)


def _bright(light: Array) -> Mask:
    """Return the largest part that leaves the ground, holes filled."""
    from scipy import ndimage

    dark, bright = (float(each) for each in np.percentile(light, [1, 98]))
    labels, count = ndimage.label(ndimage.binary_opening(light > dark + _GROUND * (bright - dark), np.ones((3, 3))))
    if not count or bright <= dark:
        return np.ones(light.shape, bool)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(ndimage.binary_fill_holes(labels == sizes.argmax()), bool)


def _dark_corners(part: Mask) -> int:
    side = max(2, min(part.shape) // 40)
    ends = (slice(None, side), slice(-side, None))
    return sum(part[rows, columns].mean() < 0.5 for rows in ends for columns in ends)


def _border(part: Mask) -> tuple[Array, Array]:
    """Return x and y of the border, but for where it runs along the frame."""
    from scipy import ndimage

    edge = part & ~ndimage.binary_erosion(part, border_value=1)
    rows, columns = np.nonzero(edge)
    inside = (rows > 0) & (columns > 0) & (rows < part.shape[0] - 1) & (columns < part.shape[1] - 1)
    return columns[inside].astype(np.float64), rows[inside].astype(np.float64)


def _circle(x: Array, y: Array) -> tuple[float, float, float] | None:
    """Return (x, y, radius) of the circle through most of the points: least squares, and again without the far ones."""
    kept = np.ones(len(x), bool)
    found = None
    for far in (6.0, 3.0, 2.0, 1.5, 1.5):
        if kept.sum() < 12:
            return None
        design = np.stack([x[kept], y[kept], np.ones(kept.sum())], axis=1)
        a, b, c = np.linalg.lstsq(design, x[kept] ** 2 + y[kept] ** 2, rcond=None)[0]
        square = c + a * a / 4 + b * b / 4
        if not square > 0:
            return None
        found = (float(a / 2), float(b / 2), float(np.sqrt(square)))
        off = np.abs(np.hypot(x - found[0], y - found[1]) - found[2])
        kept = off < max(far, far * 1.5 * float(np.median(off)))
    return found


def _sharper(light: Array, x: float, y: float, radius: float, reach: float) -> tuple[float, float, float]:
    """Return a circle through where, along rays of the full picture, light falls most."""
    from scipy import ndimage

    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    out = np.arange(-3 * reach, 3 * reach + 1)
    columns = x + np.outer(np.cos(angles), radius + out)
    rows = y + np.outer(np.sin(angles), radius + out)
    inside = ((rows >= 0) & (columns >= 0) & (rows <= light.shape[0] - 1) & (columns <= light.shape[1] - 1)).all(axis=1)
    if inside.sum() < 24:
        return x, y, radius
    rays = ndimage.map_coordinates(light, [rows[inside], columns[inside]], order=1)
    fall = -np.diff(ndimage.gaussian_filter1d(rays, max(reach / 3, 1.0), axis=1), axis=1)
    best = fall.argmax(axis=1)
    at = radius + out[best] + 0.5
    found = _circle(x + np.cos(angles[inside]) * at, y + np.sin(angles[inside]) * at)
    near = found is not None and np.hypot(found[0] - x, found[1] - y) < 4 * reach and abs(found[2] - radius) < 4 * reach
    return found if near and found is not None else (x, y, radius)


def _disc(x: float, y: float, radius: float, shape: tuple[int, ...]) -> Mask:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(np.hypot(columns - x, rows - y) <= radius)


def _agreement(one: Mask, other: Mask) -> float:
    return float(np.count_nonzero(one & other)) / max(float(np.count_nonzero(one | other)), 1.0)
