"""The map of a draw from its picture alone: in place first, then by matching local features.

Most of what changes tone, noise or sharpness moves nothing, and features fail exactly there (bleached,
solarized, gridded pictures), so the picture is compared with the chart in place before anything is matched.
Features are matched against the chart as it is, mirrored, inverted, and both: SIFT knows neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured import channels, warps
from domainaug.check.measured.chart import Array, Probe
from domainaug.check.measured.correspondence import Correspondence, geometry_of, identity, pull_back, unreadable
from domainaug.check.measured.softness import strong_blur

__all__ = ["from_pictures", "likeness", "stays"]

Points = NDArray[np.float64]

_FEATURES = 450
_STILL = 0.35  # px: the farthest corner may move by this much and count as still
_FEWEST = 30


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """SIFT features of a picture.

    Attributes:
        places: (n, 2) x, y.
        angles: (n,) radians.
        sizes: (n,) px.
        descriptors: (n, 128) RootSIFT.
        near: (n, n) which features lie at the same place: one with two directions is there twice.
    """

    places: Points
    angles: NDArray[np.float64]
    sizes: NDArray[np.float64]
    descriptors: Array
    near: NDArray[np.bool_]


def from_pictures(probe: Probe, shares: Array) -> Correspondence:
    """Find the map from the output's pixels alone.

    Args:
        probe: What was shown.
        shares: (h, w, c) what came back, shares of the value range.
    """
    gray = channels.mean(shares)
    if gray.shape == probe.gray.shape and stays(probe.gray, gray):
        return identity(probe)
    found = _best_matches(probe, gray)
    if found is None:
        turned = _turned(probe, gray)
        if turned is not None:
            return turned
        return unreadable(probe, gray.shape, "the picture cannot be recognized: too few of its details are left")
    origin, into = found
    return warps.from_pairs(probe, origin, into, shares)


def _turned(probe: Probe, gray: Array) -> Correspondence | None:
    """Return the mirror or quarter turn after which the picture stays in place, sharp or strongly blurred."""
    rows, columns = probe.gray.shape
    everywhere = np.ones(gray.shape, np.bool_)
    for mirrored in (False, True):
        for quarters in range(4):
            forward = _turn(mirrored, quarters, rows, columns)
            moved = np.rot90(probe.gray[:, ::-1] if mirrored else probe.gray, quarters)
            if moved.shape != gray.shape:
                continue
            view = np.ascontiguousarray(moved)
            if stays(view, gray) or strong_blur(view, gray, everywhere) is not None:
                if not mirrored and not quarters:
                    return identity(probe)
                values = geometry_of(forward, probe, gray.shape)
                source = pull_back(forward, gray.shape)
                return Correspondence(forward, source, everywhere, ~everywhere, False, values)
    return None


def _turn(mirrored: bool, quarters: int, rows: int, columns: int) -> Points:
    """Return the pixel map of a mirror left-right and then quarter turns counter-clockwise, (3, 3)."""
    forward = np.diag([-1.0, 1, 1]) if mirrored else np.eye(3)
    forward[0, 2] = columns - 1 if mirrored else 0
    for _ in range(quarters):
        forward = np.array([[0, 1, 0], [-1, 0, columns - 1.0], [0, 0, 1]]) @ forward
        rows, columns = columns, rows
    return forward


def stays(reference: Array, gray: Array) -> bool:
    """Return whether a picture stays in place, whatever happens to its levels."""
    step = max(2, round(min(gray.shape) / 128))
    for view, least in _VIEWS:
        before, after = view(reference), view(gray)
        if _likeness(before, after) > least and _step(before, after, step) < _STILL:
            return True
    return False


def likeness(reference: Array, gray: Array, seen: NDArray[np.bool_]) -> float:
    """Return how much two pictures are alike in place, where `seen`: 1 where outlines or shades are the same."""
    return max(abs(_likeness(view(reference), view(gray), seen)) for view, _ in _VIEWS)


def _band(gray: Array) -> Array:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), 1.5) - cv2.GaussianBlur(gray, (0, 0), 6.0), np.float32)


def _coarse_band(gray: Array) -> Array:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), 3.0) - cv2.GaussianBlur(gray, (0, 0), 9.0), np.float32)


def _edges(gray: Array) -> Array:
    smooth = cv2.GaussianBlur(gray, (0, 0), 1.5)
    steep = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return np.asarray(steep - cv2.GaussianBlur(steep, (0, 0), 6.0), np.float32)


_VIEWS = ((_band, 0.5), (_edges, 0.4), (_coarse_band, 0.5))  # and how alike they must be in each


def _likeness(before: Array, after: Array, seen: NDArray[np.bool_] | None = None) -> float:
    """Return the median correlation of blocks in place; of those `seen` to nine tenths, where there are any."""
    side = 32
    rows, columns = (length // side * side for length in before.shape)
    if not rows or not columns:
        return 0.0

    def blocks(values: Array) -> Array:
        tiles = values[:rows, :columns].reshape(rows // side, side, columns // side, side).swapaxes(1, 2)
        flat = tiles.reshape(-1, side * side)
        return np.asarray(flat - flat.mean(axis=1, keepdims=True))

    a, b = blocks(before), blocks(after)
    size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    alike = (a * b).sum(axis=1) / np.maximum(size, 1e-9)
    if seen is not None:
        share = cv2.resize(
            seen[:rows, :columns].astype(np.float32), (columns // side, rows // side), interpolation=cv2.INTER_AREA
        )
        whole = share.ravel() > 0.9
        alike = alike[whole] if whole.any() else alike
    return float(np.median(alike))


def _step(before: Array, after: Array, step: int) -> float:
    """Return how far the farthest corner moves in one affine least-squares step (Lucas and Kanade 1981), px."""
    rows, columns = before.shape
    dx, dy = cv2.Sobel(before, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(before, cv2.CV_32F, 0, 1, scale=0.125)
    window = (slice(4, rows - 4, step), slice(4, columns - 4, step))
    y, x = np.mgrid[window]
    u, v = (x.ravel() - columns / 2) / columns, (y.ravel() - rows / 2) / rows
    gx, gy = dx[window].ravel(), dy[window].ravel()
    a, b = before[window].ravel(), after[window].ravel()
    design = np.column_stack([gx, gx * u, gx * v, gy, gy * u, gy * v, a, np.ones_like(a)]).astype(np.float64)
    solved: Points = np.zeros(8)
    keep = np.ones(len(a), np.bool_)
    for _ in range(2):
        used = design[keep]
        solved = np.asarray(np.linalg.lstsq(used.T @ used, used.T @ b[keep], rcond=None)[0], np.float64)
        rest = np.abs(b - design @ solved)
        keep = rest <= 4 * max(float(np.median(rest)), 1e-6)
    gain = solved[6]
    if abs(gain) < 0.02:
        return np.inf
    moves = solved[:6] / gain
    corners = [(su, sv) for su in (-0.5, 0.5) for sv in (-0.5, 0.5)]
    return float(
        max(
            np.hypot(moves[0] + moves[1] * su + moves[2] * sv, moves[3] + moves[4] * su + moves[5] * sv)
            for su, sv in corners
        )
    )


@lru_cache(maxsize=1)
def _detector() -> Any:
    # Without the precise upscale every mirrored or turned result is half a pixel off.
    create: Any = vars(cv2)["SIFT_create"]  # the stubs of OpenCV 5 leave it out
    return create(nfeatures=_FEATURES, contrastThreshold=0.02, enable_precise_upscale=True)


def _features(gray: Array) -> Features | None:
    low, high = np.quantile(gray, [0.005, 0.995])
    if high - low < 1e-4:
        return None
    levels = np.clip((gray - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    keypoints, descriptors = _detector().detectAndCompute(levels, None)
    if descriptors is None or len(keypoints) < 12:
        return None
    root = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    places = np.array([k.pt for k in keypoints], np.float64)
    near = _apart(places) <= 4
    return Features(
        places,
        np.radians([k.angle for k in keypoints]),
        np.array([k.size for k in keypoints], np.float64),
        root.astype(np.float32),
        near,
    )


@lru_cache(maxsize=8)
def _references(probe: Probe) -> tuple[tuple[bool, Features], ...]:
    found = []
    for mirrored in (False, True):
        for inverted in (False, True):
            gray = probe.gray[:, ::-1] if mirrored else probe.gray
            features = _features(np.ascontiguousarray(1 - gray if inverted else gray))
            if features is not None:
                found.append((mirrored, features))
    return tuple(found)


def _best_matches(probe: Probe, gray: Array) -> tuple[Points, Points] | None:
    features = _features(gray)
    if features is None:
        return None
    best: tuple[Points, Points] | None = None
    for mirrored, reference in _references(probe):
        pairs = _pairs(reference, features)
        if len(pairs) < _FEWEST // 2:
            continue
        pairs = pairs[_agree(reference, features, pairs)]
        if len(pairs) and (best is None or len(pairs) > len(best[0])):
            origin = reference.places[pairs[:, 0]].copy()
            if mirrored:
                origin[:, 0] = probe.gray.shape[1] - 1 - origin[:, 0]
            best = origin, features.places[pairs[:, 1]]
    return best if best is not None and len(best[0]) >= _FEWEST else None


def _apart(places: Points) -> Points:
    """Return the squared distance of every two points, (n, n)."""
    centered = places - places.mean(axis=0)
    squares = (centered**2).sum(axis=1)
    return np.asarray(squares[:, None] + squares[None] - 2 * centered @ centered.T)


def _pairs(reference: Features, features: Features) -> NDArray[np.intp]:
    alike = features.descriptors @ reference.descriptors.T
    first = alike.argmax(axis=1)
    rows = np.arange(len(alike))
    best = alike[rows, first]
    alike[reference.near[first]] = -1
    second = alike.max(axis=1)
    clear = (2 - 2 * best) < 0.85**2 * (2 - 2 * second)
    return np.column_stack([first[clear], rows[clear]])


def _agree(reference: Features, features: Features, pairs: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which pairs their neighbors bear out: each feature's own turn and size predicts where they go."""
    good = np.ones(len(pairs), np.bool_)
    for _ in range(2):
        kept = np.flatnonzero(good)
        if len(kept) < 9:
            return np.zeros(len(pairs), np.bool_)
        origin, into = reference.places[pairs[kept, 0]], features.places[pairs[kept, 1]]
        turn = features.angles[pairs[kept, 1]] - reference.angles[pairs[kept, 0]]
        size = features.sizes[pairs[kept, 1]] / reference.sizes[pairs[kept, 0]]
        apart = _apart(into)
        np.fill_diagonal(apart, np.inf)
        near = np.argpartition(apart, 8, axis=1)[:, :8]
        was = (origin[near] - origin[:, None]) @ np.array([1, 1j])
        now = (into[near] - into[:, None]) @ np.array([1, 1j])
        predicted = was * (size * np.exp(1j * turn))[:, None]
        fits = np.abs(predicted - now) < 0.3 * np.abs(now) + 3
        fresh = np.zeros(len(pairs), np.bool_)
        fresh[kept[fits.sum(axis=1) >= 4]] = True
        good = fresh
    return good
