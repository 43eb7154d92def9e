"""Fans and rectangles, fitted to where a picture differs from its ground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "Fan", "Fit", "best_fit", "placed"]

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_BINS = 160
_LEAST = 0.03  # of the frame: shapes that are smaller are text, bars and logos
_CUT = 0.02  # of its area that a fan must lose at a side to be a fan that was cut there
_STRAIGHT = np.radians(12)
_NARROWEST = np.radians(4)
_GAIN = 0.03  # by which a fan must agree better than a rectangle, which has fewer numbers


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels from `left` to below `right`, and from `top` to below `bottom`."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Fan:
    """A part of a ring: angles from straight down, to the right positive, in radians; lengths in pixels.

    Attributes:
        x: Of the apex, from the left.
        y: Of the apex, from the top.
        first: Angle of the leftmost beam.
        last: Angle of the rightmost one.
        near: Where beams begin, from the apex.
        far: Where they end.
        box: What it is cut to.
    """

    x: float
    y: float
    first: float
    last: float
    near: float
    far: float
    box: Box


@dataclass(frozen=True, eq=False)
class Fit:
    """A shape, where it lies, and how well it agrees: intersection with the echoes over their union."""

    shape: Box | Fan
    mask: Mask
    agreement: float


def best_fit(content: Mask, small: int) -> Fit | None:
    """Return the fan or rectangle that fits the largest connected part of what differs from the ground, or None.

    Args:
        content: (height, width), what differs.
        small: Pixels along the longer side of the picture the search is done in.
    """
    step = max(1.0, max(content.shape) / small)
    share = _reduced(content, step)
    part = _largest(share)
    if part.mean() < _LEAST:
        return None
    box = _box(part)
    rectangle = Fit(box, _in_box(box, part.shape), 0.0)
    rectangle = replace(rectangle, agreement=_agreement(rectangle.mask, part))
    fan = _evened(_fan(part), share)
    fit = fan if fan is not None and fan.agreement > rectangle.agreement + _GAIN else rectangle
    shape = _enlarged(fit.shape, content.shape[0] / part.shape[0], content.shape[1] / part.shape[1], content.shape)
    return Fit(shape, mask_of(shape, content.shape), fit.agreement)


def placed(fit: Fit, content: Mask, small: int) -> Fit:
    """Return a fit with its edges where, in the full picture, content begins and ends.

    Args:
        fit: As `best_fit` found it.
        content: (height, width), what differs.
        small: As there; the apex of a fan is looked for once more in a picture of twice the size.
    """
    reach = 2 + max(content.shape) // 64
    if isinstance(fit.shape, Box):
        shape: Box | Fan = _box_within(content, fit.shape, reach)
    else:
        shape = _edges(content, _sharper(fit.shape, content, 2 * small), float(reach))
    return Fit(shape, mask_of(shape, content.shape), fit.agreement)


def _sharper(fan: Fan, content: Mask, small: int) -> Fan:
    """Return a fan with an apex that fits a finer picture, which has to be near the one it has."""
    step = max(content.shape) / small
    if step <= 1.0:
        return fan
    part = _largest(_reduced(content & _around(fan, content.shape), step))
    if not part.any():
        return fan
    down, along = content.shape[0] / part.shape[0], content.shape[1] / part.shape[1]
    start = ((fan.x + 0.5) / along - 0.5, (fan.y + 0.5) / down - 0.5)
    found = _fan(part, start)
    if found is None:
        return fan
    shape = _enlarged(found.shape, down, along, content.shape)
    if not isinstance(shape, Fan) or np.hypot(shape.x - fan.x, shape.y - fan.y) > 0.15 * fan.far:
        return fan
    if fan.first + fan.last == 0:  # the darker side is as long as the other
        half = max(-shape.first, shape.last)
        shape = replace(shape, first=-half, last=half)
    return replace(shape, box=fan.box)


def _around(fan: Fan, size: tuple[int, ...]) -> Mask:
    """Return the pixels in a fan and a little beyond it."""
    turn, more = 0.08, 0.04 * fan.far
    wide = replace(fan, first=fan.first - turn, last=fan.last + turn, near=fan.near - more, far=fan.far + more)
    return mask_of(wide, size)


def mask_of(shape: Box | Fan, size: tuple[int, ...]) -> Mask:
    """Return the pixels of a picture of (height, width) that lie in a shape."""
    if isinstance(shape, Box):
        return _in_box(shape, size)
    distance, angle = _polar(shape.x, shape.y, size)
    inside = (distance >= shape.near) & (distance <= shape.far) & (angle >= shape.first) & (angle <= shape.last)
    return inside & _in_box(shape.box, size)


def _polar(x: float, y: float, size: tuple[int, ...]) -> tuple[Array, Array]:
    rows, columns = np.ogrid[: size[0], : size[1]]
    right, down = (columns - x).astype(np.float32), (rows - y).astype(np.float32)
    return np.hypot(right, down), np.arctan2(right, down)


def _in_box(box: Box, size: tuple[int, ...]) -> Mask:
    mask = np.zeros(size[:2], bool)
    mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def _agreement(one: Mask, other: Mask) -> float:
    union = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / union) if union else 0.0


def _reduced(content: Mask, step: float) -> Array:
    """Return the share of content in each pixel of a smaller picture."""
    if step == 1.0:
        return content.astype(np.float32)
    import cv2

    height, width = (max(1, round(size / step)) for size in content.shape)
    return np.asarray(cv2.resize(content.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA))


def _largest(share: Array) -> Mask:
    """Return the largest connected part, holes filled; thin things are gone."""
    from scipy import ndimage

    solid = np.pad(share > 0.35, 4)
    disc = np.hypot(*np.ogrid[-2:3, -2:3]) < 2.5
    solid = ndimage.binary_closing(solid, np.ones((3, 3)))
    solid = ndimage.binary_opening(solid, disc)
    labels, count = ndimage.label(solid)
    if not count:
        return np.zeros(share.shape, bool)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    solid = ndimage.binary_closing(labels == sizes.argmax(), disc, iterations=2)
    return np.asarray(ndimage.binary_fill_holes(solid)[4:-4, 4:-4], bool)


def _run(gain: Array) -> tuple[int, int]:
    """Return (begin, end) of the run with the largest sum."""
    total = np.concatenate([[0.0], np.cumsum(gain)])
    least = np.minimum.accumulate(total)
    end = int((total - least).argmax())
    return int(total[: end + 1].argmin()), end


def _box(part: Mask) -> Box:
    """Return the rectangle that holds most of it and least of anything else."""
    gain = np.where(part, 1.0, -1.0)
    bounds = _bounds(part)
    top, bottom, left, right = bounds.top, bounds.bottom, bounds.left, bounds.right
    for _ in range(3):
        top, bottom = _run(gain[:, left:right].sum(axis=1))
        left, right = _run(gain[top:bottom].sum(axis=0))
    return Box(left, top, right, bottom)


def _bounds(mask: Mask) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _cut(fan: Fan, box: Box, size: tuple[int, ...]) -> Fan:
    """Return a fan cut to those sides of a box beyond which a good part of it would lie."""
    whole = Box(0, 0, size[1], size[0])
    mask = mask_of(replace(fan, box=whole), size)
    area = max(float(np.count_nonzero(mask)), 1.0)
    beyond = (mask[:, : box.left], mask[: box.top], mask[:, box.right :], mask[box.bottom :])
    sides = zip(beyond, (box.left, box.top, box.right, box.bottom), (0, 0, size[1], size[0]), strict=True)
    return replace(fan, box=Box(*(cut if np.count_nonzero(part) > _CUT * area else free for part, cut, free in sides)))


def _fan(part: Mask, start: tuple[float, float] | None = None) -> Fit | None:
    """Return the best fan, by the apex alone: for an apex the best angles and lengths are those of largest sum.

    Args:
        part: Where echoes are.
        start: Where the apex nearly is; looked for when None.
    """
    from scipy.optimize import minimize

    box = _bounds(part)
    rows, columns = np.nonzero(_in_box(box, part.shape))
    gain = np.where(part[rows, columns], 1.0, -1.0)
    total = int(np.count_nonzero(part))
    at = (rows.astype(np.float32), columns.astype(np.float32), gain)

    def lost(apex: Array) -> float:
        return 1 - _wedge(apex, at, total)[1]

    begin = start or min(_starts(part, box), key=lambda apex: lost(np.array(apex)))
    first = {"maxfev": 60, "initial_simplex": _simplex(begin, box, 0.03 if start else 0.12)}
    best = minimize(lost, begin, method="Nelder-Mead", options=first).x
    sides, score = _wedge(best, at, total)
    if sides is None or sides[1] - sides[0] < _NARROWEST:
        return None
    shape = _cut(Fan(float(best[0]), float(best[1]), *sides, box), box, part.shape)
    return Fit(shape, mask_of(shape, part.shape), score)


def _evened(fit: Fit | None, share: Array) -> Fit | None:
    """Return a fan that hangs straight with equal sides, where the darker side holds more than the ground does."""
    if fit is None or not isinstance(fit.shape, Fan):
        return fit
    fan = fit.shape
    middle, half = (fan.first + fan.last) / 2, float(np.maximum(-fan.first, fan.last))
    if abs(middle) > _STRAIGHT or half > np.radians(75):
        return fit
    even = replace(fan, first=-half, last=half, box=Box(0, 0, share.shape[1], share.shape[0]))
    mask = mask_of(even, share.shape)
    added, ground = share[mask & ~fit.mask], share[~mask]
    if not added.size or not ground.size or added.mean() < 2 * ground.mean() + 0.03:
        return fit
    return Fit(even, mask, fit.agreement)


def _starts(part: Mask, box: Box) -> list[tuple[float, float]]:
    """Return points where the sides of the region may meet: from its widths at several heights, and from above."""
    down = np.arange(box.top, box.bottom)
    left, right = part[down].argmax(axis=1), part.shape[1] - 1 - part[down, ::-1].argmax(axis=1)
    middle, high = (box.left + box.right) / 2, box.bottom - box.top
    starts = [(middle, box.top - share * high) for share in (0.0, 0.15, 0.5, 1.5)]
    for begin, end in ((0.1, 0.4), (0.1, 0.7), (0.3, 0.8)):
        rows = slice(int(begin * len(down)), max(int(end * len(down)), int(begin * len(down)) + 2))
        if len(down[rows]) < 3:
            continue
        (one, at_one), (two, at_two) = np.polyfit(down[rows], left[rows], 1), np.polyfit(down[rows], right[rows], 1)
        if two - one > 0.05:
            y = (at_one - at_two) / (two - one)
            starts.append((float(one * y + at_one), float(y)))
    return starts


def _simplex(start: tuple[float, float], box: Box, share: float) -> Array:
    side = share * max(box.right - box.left, box.bottom - box.top)
    return np.array([start, (start[0] + side, start[1]), (start[0], start[1] - side)])


def _wedge(
    apex: Array, at: tuple[Array, Array, Array], total: int
) -> tuple[tuple[float, float, float, float] | None, float]:
    """Return (first, last, near, far) of the best fan about an apex, and how well it agrees."""
    rows, columns, gain = at
    right, down = columns - np.float32(apex[0]), rows - np.float32(apex[1])
    distance, angle = np.hypot(right, down), np.arctan2(right, down)
    inside = np.ones(len(gain), bool)
    near = far = first = last = 0.0
    for _ in range(2):
        first, last = _sides(angle, gain, inside)
        inside = (angle >= first) & (angle <= last)
        near, far = _sides(distance, gain, inside)
        inside = (distance >= near) & (distance <= far)
    inside &= (angle >= first) & (angle <= last)
    hit = np.count_nonzero(inside & (gain > 0))
    union = total + np.count_nonzero(inside) - hit
    return ((first, last, near, far) if last > first and far > near else None), hit / union


def _sides(values: Array, gain: Array, inside: Mask) -> tuple[float, float]:
    """Return the range of values whose pixels gain most."""
    chosen = values[inside]
    if not len(chosen):
        return 0.0, 0.0
    low, high = float(chosen.min()), float(chosen.max())
    step = max((high - low) / _BINS, 1e-9)
    bins = np.minimum(((chosen - low) / step).astype(np.intp), _BINS - 1)
    begin, end = _run(np.bincount(bins, gain[inside], _BINS))
    return low + begin * step, low + end * step


def _enlarged(shape: Box | Fan, down: float, along: float, size: tuple[int, ...]) -> Box | Fan:
    """Return a shape of the small picture in the large one; pixels count from their middles."""
    if isinstance(shape, Box):
        return Box(
            max(0, round(shape.left * along)),
            max(0, round(shape.top * down)),
            min(size[1], round(shape.right * along)),
            min(size[0], round(shape.bottom * down)),
        )
    step = (down + along) / 2
    box = _enlarged(shape.box, down, along, size)
    assert isinstance(box, Box)
    x, y = (shape.x + 0.5) * along - 0.5, (shape.y + 0.5) * down - 0.5
    return Fan(x, y, shape.first, shape.last, shape.near * step, shape.far * step, box)


def _box_within(content: Mask, box: Box, reach: int) -> Box:
    """Return a rectangle with each side where, within reach, lines begin to hold content."""
    top, bottom = _ends(content[:, box.left : box.right].mean(axis=1), box.top, box.bottom, reach)
    left, right = _ends(content[top:bottom].mean(axis=0), box.left, box.right, reach)
    return Box(left, top, right, bottom)


def _ends(share: Array, begin: int, end: int, reach: int) -> tuple[int, int]:
    """Return the outermost lines within reach of the ends that hold a third of the content of those inside."""
    enough = share > 0.33 * float(np.median(share[begin:end]))
    first, last = max(0, begin - reach), min(len(share), end + reach)
    there = np.flatnonzero(enough[first:last])
    if not len(there):
        return begin, end
    ahead = next((at for at in there if enough[first + at : first + at + 4].all()), there[0])
    back = next((at for at in there[::-1] if enough[max(first, first + at - 3) : first + at + 1].all()), there[-1])
    return (first + int(ahead), first + int(back) + 1) if back > ahead else (begin, end)


def _edges(content: Mask, fan: Fan, reach: float) -> Fan:
    """Return a fan whose four sides are where content ends, each within reach (pixels) of where it was."""
    distance, angle = _polar(fan.x, fan.y, content.shape)
    box = _in_box(fan.box, content.shape)
    turn = reach / max((fan.near + fan.far) / 2, 1.0)
    for _ in range(2):
        between = box & (distance >= fan.near) & (distance <= fan.far)
        first, last = _side(angle, content, between, (fan.first, fan.last), turn, 1.0 / max(fan.far, 1.0))
        between = box & (angle >= first) & (angle <= last)
        near, far = _side(distance, content, between, (fan.near, fan.far), reach, 1.0)
        fan = replace(fan, first=first, last=last, near=max(near, 0.0), far=far)
    return fan


def _side(
    values: Array, content: Mask, within: Mask, ends: tuple[float, float], reach: float, step: float
) -> tuple[float, float]:
    """Return (begin, end) as steps of content show it."""
    low, high = ends[0] - reach, ends[1] + reach
    count = max(int((high - low) / step), 4)
    chosen = within & (values >= low) & (values < high)
    bins = np.minimum(((values[chosen] - low) / (high - low) * count).astype(np.intp), count - 1)
    pixels = np.bincount(bins, minlength=count)
    share = np.bincount(bins, content[chosen], count) / np.maximum(pixels, 1)
    width = (high - low) / count
    begin, end = round((ends[0] - low) / width), round((ends[1] - low) / width)
    first, last = _ends(share, begin, max(end, begin + 1), int(np.ceil(reach / width)))
    return low + first * width, low + last * width
