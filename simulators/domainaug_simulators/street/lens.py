"""Drops of water on the lens: each a small wide-angle lens of its own, that shows the scene upside down."""

from __future__ import annotations

import cv2
import numpy as np

from domainaug.kernels.random import uniforms
from domainaug_simulators.street.mesh import Floats

__all__ = ["with_drops"]

_RADII = 0.006, 0.032  # of the width of the picture
_SEES = 0.85  # of the picture, from rim to rim of a drop
_STREAM = 9


def with_drops(radiance: Floats, share: float, key: int, lens: int = 0) -> Floats:
    """Return a picture's radiance, (height, width, 3), through a glass with drops.

    Args:
        radiance: Without them.
        share: How much of the picture they cover.
        key: Fixes where they are, so that they stay where they are over a sequence.
        lens: Number of the camera; each has drops of its own.
    """
    rows, columns = radiance.shape[:2]
    small, large = (max(each * columns, 1.5) for each in _RADII)
    count = round(share * rows * columns / (np.pi * (large**2 - small**2) / (2 * np.log(large / small))))
    if count == 0:
        return radiance
    through = cv2.GaussianBlur(radiance, (0, 0), max(0.006 * columns, 0.6))
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    out = radiance.copy()
    for across, down, size, tall in uniforms((count, 4), key, _STREAM + (lens << 8)).tolist():
        radius = small * (large / small) ** size
        reach = int(1.6 * radius) + 2
        left, top = max(int(across * columns) - reach, 0), max(int(down * rows) - reach, 0)
        part = np.s_[top : int(down * rows) + reach, left : int(across * columns) + reach]
        off_x = (x[part] - across * columns) / radius
        off_y = (y[part] - down * rows) / (radius * (1 + 0.35 * tall))
        far = np.hypot(off_x, off_y)
        seen_x = columns / 2 * (1 - _SEES * np.clip(off_x, -1, 1))
        seen_y = rows / 2 * (1 - _SEES * np.clip(off_y, -1, 1))
        view = cv2.remap(through, seen_x, seen_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        rim = 1 - 0.5 * np.clip(far, 0, 1) ** 5
        alpha = np.float32(0.9) * np.clip((1.1 - far) / 0.35, 0, 1)
        out[part] += (view * rim[..., None] - out[part]) * alpha[..., None]
    return np.asarray(out, np.float32)
