"""Levels and noise: the tone curve of each channel, what varies from place to place, and what is random."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured import channels
from domainaug.check.measured.chart import Array, Discs
from domainaug.check.measured.correspondence import Correspondence
from domainaug.functionals import LEVELS

__all__ = [
    "DiscReading",
    "apply_curve",
    "curves_from_discs",
    "curves_from_texture",
    "disagreement",
    "local_field",
    "read_discs",
    "without_light",
]

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

_GAMMAS = np.exp(np.linspace(np.log(0.2), np.log(5.0), 161))
_STRONG = 0.08  # share of the range: noise from which levels are read as means
_FIELD = 25  # px over which the change of light from place to place is averaged


@dataclass(frozen=True, slots=True, eq=False)
class DiscReading:
    """What the discs of a chart became.

    Attributes:
        colors: (n, 3) what they were in the chart.
        was: (n, c) what they should be in the output but for tone (a blur mixes in what is around them).
        medians: (n, c) what they are.
        places: (n, 2) where they are in the output, x and y.
        noise: Standard deviation of noise within them.
        impulses: Share of pixels far from their disc's level.
        hidden: Share of the discs in view that were covered.
        pixels: Pixels read in all.
    """

    colors: Values
    was: Values
    medians: Values
    places: Values
    noise: float
    impulses: float
    hidden: float
    pixels: int

    @property
    def is_gray(self) -> Mask:
        """Which of them were gray, (n,)."""
        return np.asarray(np.ptp(self.colors, axis=1) < 1e-9)


def read_discs(
    image: Array, where: Correspondence, discs: Discs, holes: Mask, expected: Array | None = None
) -> DiscReading:
    """Read every disc that is in view and not covered.

    Args:
        image: (h, w, c) output, shares.
        where: The map.
        discs: The chart's discs.
        holes: What is covered.
        expected: (h, w, c) what the picture should be there but for tone; None to take the discs as they were.
    """
    count = len(discs.centers)
    cores, rings = where.carry(discs.cores), where.carry(discs.rings)
    in_ring = np.bincount(rings.ravel(), minlength=count + 1)[1:]
    covered = np.bincount(rings[holes], minlength=count + 1)[1:]
    size = np.bincount(cores.ravel(), minlength=count + 1)[1:]
    usual = float(np.median(size[size > 0])) if (size > 0).any() else 0.0
    in_view = (size >= max(9.0, 0.5 * usual)) & (in_ring > 0)
    ring_lost = covered >= 0.25 * np.maximum(in_ring, 1)
    core_lost = np.bincount(cores[holes], minlength=count + 1)[1:] > 0
    chosen = np.flatnonzero(in_view & ~ring_lost & ~core_lost)
    order = np.argsort(cores.ravel(), kind="stable")
    starts = np.searchsorted(cores.ravel()[order], np.arange(count + 2))
    flat = image.reshape(-1, image.shape[2])
    alone = (channels.largest(np.abs(image - _middles(image))) > 0.1).ravel()
    plain = None if expected is None else expected.reshape(-1, image.shape[2])
    was, medians, places, deviations, far, pixels = [], [], [], [], 0, 0
    kept = []
    for number in chosen:
        index = order[starts[number + 1] : starts[number + 2]]
        patch = flat[index].astype(np.float64)
        middle = _middle(patch)
        y, x = np.divmod(index, image.shape[1])
        deviation, outlying = _scatter(patch - middle, x, y)
        lone = outlying & alone[index]
        outliers = int(outlying.sum())
        if deviation.max() > _STRONG:
            # The median of a few levels (shot noise, clipped noise) jumps; their mean is what the eye sees.
            middle = patch[~outlying].mean(axis=0)
        if outliers > 0.4 * len(index):
            continue
        kept.append(number)
        medians.append(middle)
        was.append(discs.colors[number][: image.shape[2]] if plain is None else _middle(plain[index]))
        places.append((x.mean(), y.mean()))
        deviations.append(deviation)
        far += int(lone.sum())
        pixels += len(index)
    hidden = 1 - len(kept) / max(1, int(in_view.sum()))
    noise = float(np.sqrt(np.mean(np.median(np.array(deviations), axis=0) ** 2))) if kept else 0.0
    return DiscReading(
        discs.colors[kept],
        np.array(was).reshape(-1, image.shape[2]),
        np.array(medians).reshape(-1, image.shape[2]),
        np.array(places).reshape(-1, 2),
        noise,
        far / max(1, pixels),
        hidden if in_view.any() else 1.0,
        pixels,
    )


def _middle(values: Values | Array) -> Values:
    """Return the median of each column; for a few dozen rows, sorting beats NumPy's own."""
    ordered = np.sort(values, axis=0)
    count = len(ordered)
    return np.asarray((ordered[(count - 1) // 2] + ordered[count // 2]) / 2, np.float64)


def _middles(image: Array) -> Array:
    found = cv2.medianBlur(image, 3)
    return np.asarray(found if found.ndim == 3 else found[..., None], np.float32)


def _scatter(residual: Values, x: NDArray[np.intp], y: NDArray[np.intp]) -> tuple[Values, Mask]:
    """Return the robust SD of each channel, and which pixels are far off; a smooth change is no noise."""
    spread = 1.4826 * _middle(np.abs(residual))
    outlying: Mask = np.asarray((np.abs(residual) > np.maximum(8 * spread, 0.15)).any(axis=1))
    good = ~outlying
    if good.sum() < 9:
        return spread, outlying
    u, v = x - x.mean(), y - y.mean()
    design = np.column_stack([np.ones(len(u)), u, v, u * u, v * v, u * v])[good]
    if len(design) > 18:
        solved = np.linalg.solve(design.T @ design + 1e-9 * np.eye(6), design.T @ residual[good])
        rest = residual[good] - design @ solved
        rest *= np.sqrt(len(design) / (len(design) - 6))
    else:
        rest = residual[good]
    limit = 3 * np.maximum(1.4826 * _middle(np.abs(rest)), 0.002)
    return np.sqrt(np.mean(np.clip(rest, -limit, limit) ** 2, axis=0)) / 0.9866, outlying


def without_light(reading: DiscReading, field: Array, around: Array, *, factor: bool) -> DiscReading:
    """Return the reading with the change of light from place to place taken off.

    Args:
        reading: The discs.
        field: (h, w) the change, as it shows on the texture.
        around: (h, w) mean level of the texture there.
        factor: Whether light multiplies levels rather than adding to them.
    """
    if not len(reading.places):
        return reading
    columns, rows = reading.places.T.astype(int)
    here, level = field[rows, columns][:, None], around[rows, columns][:, None]
    if factor:
        return replace(reading, medians=reading.medians / np.clip(1 + here / np.maximum(level, 0.05), 0.2, 5))
    return replace(reading, medians=reading.medians - here)


def disagreement(reading: DiscReading, curves: Values) -> float:
    """Return how far gray discs depart from the curves, as a median."""
    gray = reading.is_gray
    if not gray.any():
        return 0.0
    fitted = np.stack([np.interp(reading.was[gray, k], LEVELS, curve) for k, curve in enumerate(curves)], axis=1)
    return float(np.abs(reading.medians[gray] - fitted).mean())


def curves_from_discs(reading: DiscReading) -> Values | None:
    """Return the tone curve of each channel, (c, k) at `LEVELS`, or None when too few levels are in view."""
    gray = reading.is_gray
    if gray.sum() < 4:
        return None
    nominal, was, now = reading.colors[gray, 0], reading.was[gray].mean(axis=1), reading.medians[gray]
    names = np.unique(nominal)
    levels = np.array([np.mean(was[nominal == name]) for name in names])
    if len(levels) < 4 or np.ptp(levels) < 0.15 or np.any(np.diff(levels) < 1e-3):
        return None
    settled = np.array([np.median(now[nominal == name], axis=0) for name in names])
    for i, name in enumerate(names):
        group, before = now[nominal == name], was[nominal == name]
        split = np.ptp(group, axis=0).max() > 0.06 + np.ptp(before) and len(group) > 1
        if split and 0 < i < len(levels) - 1:
            # Where discs of a level disagree (a hole, a stain), the one its neighbors predict is right.
            share = (levels[i] - levels[i - 1]) / (levels[i + 1] - levels[i - 1])
            predicted = settled[i - 1] * (1 - share) + settled[i + 1] * share
            near = np.argsort(np.abs(group - predicted).sum(axis=1))[: max(1, len(group) // 2)]
            settled[i] = np.median(group[near], axis=0)
            levels[i] = np.mean(before[near])
    if np.any(np.diff(levels) < 1e-3):
        return None
    slack = max(0.02, 3 * reading.noise / np.sqrt(max(1.0, reading.pixels / max(1, len(levels)))))
    return np.array([extended(levels, _without_jitter(column, slack)) for column in settled.T])


def curves_from_texture(image: Array, expected: Array, usable: Mask) -> Values:
    """Return the tone curve of each channel from what every level of the texture became, (c, k)."""
    curves = []
    for channel in range(image.shape[2]):
        before = expected[..., min(channel, expected.shape[2] - 1)][usable]
        after = image[..., channel][usable]
        if before.size < 200:
            curves.append(LEVELS.copy())
            continue
        edges = np.unique(np.quantile(before, np.linspace(0, 1, 18)))
        place = np.clip(np.searchsorted(edges, before, side="right") - 1, 0, len(edges) - 2)
        filled = [k for k in range(len(edges) - 1) if (place == k).sum() >= 20]
        levels = np.array([np.median(before[place == k]) for k in filled])
        middle = np.array([np.median(after[place == k]) for k in filled])
        if len(filled) < 4 or np.any(np.diff(levels) <= 1e-4):
            curves.append(LEVELS.copy())
            continue
        curves.append(extended(levels.astype(np.float64), _without_jitter(middle.astype(np.float64), 0.02)))
    return np.array(curves)


def _without_jitter(values: Values, slack: float) -> Values:
    """Return a curve with falls (or rises) smaller than `slack` evened out: they are noise, not inversion."""
    values = values.copy()
    falling = values[-1] < values[0]
    if falling:
        values = -values
    for _ in range(len(values)):
        drop = values[:-1] - values[1:]
        small = np.flatnonzero((drop > 0) & (drop < slack))
        if not len(small):
            break
        for i in small:
            values[i] = values[i + 1] = (values[i] + values[i + 1]) / 2
    return -values if falling else values


def extended(levels: Values, values: Values) -> Values:
    """Return a curve known at a few levels at all of `LEVELS`.

    Between and beyond the known levels the curve follows whichever of a clipped line and a power fits better;
    what it leaves is interpolated, and held beyond the ends.
    """
    free = (values > 0.004) & (values < 0.996)
    if free.sum() < 3:
        free[:] = True
    slope, offset = np.polyfit(levels[free], values[free], 1)
    line = np.clip(slope * levels + offset, 0, 1)
    powers = levels[None] ** _GAMMAS[:, None]
    errors = ((powers - values) ** 2).sum(axis=1)
    best = int(errors.argmin())
    by_line = float(((line - values) ** 2).sum())
    if errors[best] < 0.25 * by_line and by_line > 1e-5:
        model, known = LEVELS ** _GAMMAS[best], powers[best]
    else:
        model, known = np.clip(slope * LEVELS + offset, 0, 1), line
    rest = values - known
    if np.sqrt(np.mean(rest**2)) > 0.03:
        return np.asarray(np.clip(_straight(levels, values), 0, 1))
    return np.asarray(np.clip(model + np.interp(LEVELS, levels, rest), 0, 1))


def _straight(levels: Values, values: Values) -> Values:
    curve = np.interp(LEVELS, levels, values)
    first = (values[1] - values[0]) / (levels[1] - levels[0])
    last = (values[-1] - values[-2]) / (levels[-1] - levels[-2])
    curve = np.where(levels[0] > LEVELS, values[0] + first * (LEVELS - levels[0]), curve)
    return np.where(levels[-1] < LEVELS, values[-1] + last * (LEVELS - levels[-1]), curve)


def apply_curve(picture: Array, curves: Values) -> Array:
    """Return `picture` (h, w, c) with each channel's curve applied."""
    table = np.array([np.interp(np.linspace(0, 1, 1025), LEVELS, curve) for curve in curves], np.float32)
    index = np.rint(np.clip(picture, 0, 1) * 1024).astype(np.intp)
    channels = [table[min(k, len(table) - 1)][index[..., k]] for k in range(picture.shape[2])]
    return np.stack(channels, axis=-1)


def local_field(image: Array, toned: Array, usable: Mask) -> tuple[Array, Array]:
    """Return the change of light from place to place that the curve does not explain, and the light itself.

    Args:
        image: (h, w, c) output.
        toned: (h, w, c) what the curve makes of the picture.
        usable: Where the two can be compared.

    Returns:
        (h, w) change, its median 0, and (h, w) mean level of `toned` around each pixel.
    """
    weight = usable.astype(np.float32)
    size = (_FIELD, _FIELD)
    share = np.maximum(cv2.boxFilter(weight, -1, size), 0.15)
    around = np.asarray(cv2.boxFilter(channels.mean(toned) * weight, -1, size) / share, np.float32)
    smooth = cv2.boxFilter(channels.mean(image - toned) * weight, -1, size) / share
    known = usable & (share > 0.3)
    if not known.any():
        return np.zeros(usable.shape, np.float32), around
    smooth -= np.float32(np.median(smooth[known]))
    return np.where(share > 0.3, smooth, 0).astype(np.float32), around
