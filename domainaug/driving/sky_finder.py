"""Where a street picture shows the sky: what is bright, smooth and hangs together with the upper border."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["found_sky"]


def found_sky(image: NDArray[Any], known: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Return (height, width): where the sky is.

    Sky is at least as bright as most of the picture, or blue, and smooth; a piece of it reaches into the upper third.
    The largest piece, the bluer the better, says what color it has today. A piece in which something was measured is
    a wall.

    Args:
        image: (height, width) or with channels, red first; any scale.
        known: (height, width): where a distance was measured.
    """
    shares = np.asarray(image, np.float32)
    shares = shares[..., None] if shares.ndim == 2 else shares
    top = float(np.percentile(shares, 99.5))
    if not top > 0:
        return np.zeros(shares.shape[:2], np.bool_)
    shares = np.clip(shares / top, 0, 1)
    bright = cv2.GaussianBlur(np.ascontiguousarray(shares.mean(axis=2)), (0, 0), 1.0)
    slope = np.hypot(cv2.Sobel(bright, cv2.CV_32F, 1, 0), cv2.Sobel(bright, cv2.CV_32F, 0, 1)) / 8
    light = bright > max(0.55, float(np.quantile(bright, 0.7)))
    if shares.shape[2] == 3:
        red, _, blue = (cv2.GaussianBlur(np.ascontiguousarray(shares[..., k]), (0, 0), 1.0) for k in range(3))
        light |= (blue > red + 0.08) & (bright > 0.3)
    sky = light & (cv2.GaussianBlur(slope.astype(np.float32), (0, 0), 1.0) < 0.02)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(sky.astype(np.uint8), connectivity=4)
    rows, columns = sky.shape
    good = (stats[:, cv2.CC_STAT_TOP] < rows / 3) & (stats[:, cv2.CC_STAT_AREA] >= max(rows * columns // 2000, 1))
    good[0] = False
    if known is not None:
        hits = np.bincount(pieces[known], minlength=count)
        good &= hits <= stats[:, cv2.CC_STAT_AREA] // 1000
    good &= _of_one_color(shares, pieces, good, stats[:, cv2.CC_STAT_AREA])
    found = good[pieces]
    if not found.any():
        return np.asarray(found)
    # the seam that smoothing kept out belongs to it, as far as it is as bright
    seam = cv2.dilate(found.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    return np.asarray(found | (seam & light & (True if known is None else ~known)))


def _of_one_color(
    shares: NDArray[np.float32], pieces: NDArray[np.int32], good: NDArray[np.bool_], areas: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return which pieces have about the color of the one that is most likely sky, and are no specks beside it."""
    if shares.shape[2] != 3 or good.sum() < 2:
        return good
    of = [np.bincount(pieces.ravel(), shares[..., k].ravel(), len(good)) / np.maximum(areas, 1) for k in range(3)]
    blue = (of[2] - of[0]) / np.maximum(of[1], 1e-6)
    likely = int(np.argmax(np.where(good, areas * (1 + 8 * np.maximum(blue, 0)), -1)))
    alike = np.abs(blue - blue[likely]) < 0.06 + 0.3 * abs(blue[likely])
    return np.asarray(alike & (areas > 0.1 * areas[likely]))
