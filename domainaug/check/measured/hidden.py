"""What is covered, pasted in, coarsened or packed: occlusion, foreign content, pixelation, compression, levels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured import channels
from domainaug.check.measured.chart import Array

__all__ = ["compression", "flat_patches", "foreign", "loss_of_levels", "pixelation"]

Mask = NDArray[np.bool_]

_FLAT = 0.012  # of the value range: what a constant patch may vary by
_WINDOW = np.ones((5, 5), np.uint8)


def flat_patches(image: Array, expected: Array, seen: Mask, *, run: float = 1.0, blur: float = 0.0) -> Mask:
    """Return where the output is constant though the picture is not.

    Args:
        image: (h, w, c) output, shares.
        expected: (h, w) what the picture would be there, shares, its tone not applied.
        seen: Where the map puts the picture.
        run: Pixelation of the output: patches of that size are no holes.
        blur: Sigma of its blur, px: a blurred texture varies less.
    """
    limit = _FLAT if blur < 1.5 else _FLAT / 4
    flat = channels.largest(_spread(image)) <= limit
    side = 3 if run < 1.5 else int(np.ceil(2.6 * run)) | 1
    flat = cv2.morphologyEx(flat.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    if not flat.any():
        return np.zeros(seen.shape, np.bool_)
    textured = (_spread(expected[..., None])[..., 0] > 0.04) & seen
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=4)
    rough = np.bincount(labels[textured], minlength=count)
    known = np.bincount(labels[seen], minlength=count)
    chosen = (rough >= (6 if blur < 1.5 else 12)) & (rough >= 0.3 * np.maximum(known, 1))
    chosen[0] = False
    gray = channels.mean(image)
    chosen &= ~_explained_by_tone(gray, expected, seen, labels, chosen, stats)
    holes = chosen[labels].astype(np.uint8)
    return np.asarray(cv2.dilate(holes, _WINDOW) > 0)


def _explained_by_tone(
    gray: Array, expected: Array, seen: Mask, labels: NDArray[np.int32], chosen: Mask, stats: NDArray[np.int32]
) -> Mask:
    """Return which patches are levels that the tone curve flattens everywhere, and so no holes."""
    explained = np.zeros(len(chosen), np.bool_)
    candidates = np.flatnonzero(chosen)
    candidates = candidates[np.argsort(-stats[candidates, cv2.CC_STAT_AREA])][:400]
    if not len(candidates):
        return explained
    totals = np.bincount(labels.ravel(), weights=gray.ravel(), minlength=len(chosen))
    sizes = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    value = np.rint(totals / sizes / 0.02).astype(int)
    elsewhere = seen & ~chosen[labels]
    for shade in np.unique(value[candidates]):
        group = candidates[value[candidates] == shade]
        inside = np.isin(labels, group) & seen
        if not inside.any():
            continue
        low, high = np.quantile(expected[inside], [0.1, 0.9])
        alike = elsewhere & (expected >= low) & (expected <= high)
        if not alike.any():
            explained[group] = high - low < 0.1
            continue
        mean = float(gray[inside].mean())
        explained[group] = float((np.abs(gray[alike] - mean) < 0.02).mean()) > 0.5
    return explained


def _spread(image: Array) -> Array:
    high, low = cv2.dilate(image, _WINDOW), cv2.erode(image, _WINDOW)
    spread = high - low
    return np.asarray(spread if spread.ndim == 3 else spread[..., None], np.float32)


def foreign(gray: Array, toned: Array, usable: Mask) -> Mask:
    """Return where the output shows something else than the picture.

    Args:
        gray: (h, w) output.
        toned: (h, w) the picture as it should be there, its tone applied.
        usable: Where the two can be compared.
    """
    size = (15, 15)
    weight = usable.astype(np.float32)
    share = np.maximum(cv2.boxFilter(weight, -1, size), 1e-3)

    def mean(values: Array) -> Array:
        return np.asarray(cv2.boxFilter(values * weight, -1, size) / share, np.float32)

    mean_a, mean_b = mean(gray), mean(toned)
    cov = mean(gray * toned) - mean_a * mean_b
    var = np.maximum(mean(gray * gray) - mean_a**2, 1e-6) * np.maximum(mean(toned * toned) - mean_b**2, 1e-6)
    likeness = cov / np.sqrt(var)
    residual = mean(np.abs(gray - toned))
    inside = usable & (share > 0.5)
    if not inside.any():
        return np.zeros(gray.shape, np.bool_)
    other = inside & (likeness < 0.4 * float(np.median(likeness[inside])))
    other &= residual > float(np.median(residual[inside])) + 0.08
    if not other.any():
        return np.asarray(other)
    # A fold of the tone curve between two known levels changes levels, but leaves outlines where they are.
    a, b = _outlines(gray), _outlines(toned)
    cov = mean(a * b) - mean(a) * mean(b)
    var = np.maximum(mean(a * a) - mean(a) ** 2, 1e-9) * np.maximum(mean(b * b) - mean(b) ** 2, 1e-9)
    shape = cov / np.sqrt(var)
    other &= shape < 0.4 * float(np.median(shape[inside]))
    return np.asarray(cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_OPEN, _WINDOW) > 0)


def _outlines(gray: Array) -> Array:
    return np.asarray(cv2.magnitude(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)), np.float32)


def pixelation(gray: Array, expected: Array, usable: Mask) -> float:
    """Return the run length of equal neighbors, relative to what the picture has by itself."""
    runs = []
    levels = np.rint(expected * 255)
    for axis in (0, 1):
        pair = _both(usable, axis) & (np.abs(np.diff(levels, axis=axis)) > 0.5)
        if pair.sum() < 200:
            return 1.0
        equal = float((np.abs(np.diff(gray, axis=axis))[pair] < 1e-5).mean())
        runs.append(1 / max(1 - equal, 0.02))
    return float(min(runs))


def compression(gray: Array, toned: Array, usable: Mask) -> float:
    """Return by how much steps at the borders of 8-pixel blocks exceed those at other places, minus 1.

    Args:
        gray: (h, w) output.
        toned: (h, w) the picture as it should be there; what steps it has by chance do not count.
        usable: Where the two can be compared.
    """
    excess = []
    for axis in (0, 1):
        phases = _steps(gray, usable, axis) / np.maximum(_steps(toned, usable, axis), 1e-6)
        # The second largest of the others: a pixelated picture has steps at several phases.
        excess.append(phases[7] / max(float(np.sort(phases[:7])[-2]), 1e-6) - 1)
    return float(max(0.0, min(excess)))


def _steps(gray: Array, usable: Mask, axis: int) -> NDArray[np.float64]:
    """Return the mean step across each of the eight phases, beyond how levels run on either side."""
    values, known = (gray, usable) if axis == 1 else (gray.T, usable.T)
    slope = np.diff(values, axis=1)
    step = np.abs(slope[:, 1:-1] - (slope[:, :-2] + slope[:, 2:]) / 2)
    whole = known[:, :-3] & known[:, 1:-2] & known[:, 2:-1] & known[:, 3:]
    total, count = (step * whole).sum(axis=0), whole.sum(axis=0)
    # Column j of `step` lies between pixels j + 1 and j + 2.
    return np.array([total[(k - 1) % 8 :: 8].sum() / max(1, count[(k - 1) % 8 :: 8].sum()) for k in range(8)])


def loss_of_levels(gray: Array, toned: Array, usable: Mask) -> float:
    """Return how many bits of gray-level resolution, of at most eight, are gone beyond what tone explains."""
    if usable.sum() < 500:
        return 0.0
    have = np.unique(np.rint(np.clip(gray[usable], 0, 1) * 255)).size
    should = np.unique(np.rint(np.clip(toned[usable], 0, 1) * 255)).size
    return float(max(0.0, np.log2(should / max(have, 1))))


def _both(usable: Mask, axis: int) -> Mask:
    first = usable.take(range(1, usable.shape[axis]), axis)
    return np.asarray(first & usable.take(range(usable.shape[axis] - 1), axis))
