"""Screens of ultrasound scanners with fans and rectangles of known truth."""

from __future__ import annotations

import numpy as np

__all__ = ["echoes", "fan", "rectangle", "screen"]


def echoes(shape, seed=0, mean=90.0):
    """Return gray levels of fully developed speckle over 60 dB."""
    rng = np.random.default_rng(seed)
    power = -np.log(rng.random(shape))
    return np.clip(mean + 255 / 60 * 10 * np.log10(power), 1, 255)


def fan(shape, apex, opening, near, far, tilt=0.0):
    """Return which pixels lie in a fan; degrees, pixels, tilt to the right positive."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    x, y = columns - apex[0], rows - apex[1]
    angle = np.degrees(np.arctan2(x, y))
    distance = np.hypot(x, y)
    return (distance >= near) & (distance <= far) & (np.abs(angle - tilt) <= opening / 2)


def rectangle(shape, left, top, right, bottom):
    """Return which pixels lie in a rectangle."""
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def screen(mask, seed=0, mean=90.0, fall=0.0):
    """Return an 8-bit screen: echoes in a mask, and text, a gray bar and a ruler outside of it; and where those are.

    Args:
        mask: Where echoes are.
        seed: Of the speckle.
        mean: Its level.
        fall: Levels lost from the top of the mask to its bottom.
    """
    height, width = mask.shape
    rows = np.arange(height)[:, None] - np.flatnonzero(mask.any(axis=1))[0]
    picture = np.where(mask, np.clip(echoes(mask.shape, seed, mean) - fall * rows / mask.any(axis=1).sum(), 1, 255), 0)
    drawn = np.zeros(mask.shape, bool)
    for line in range(3):  # letters: strokes of two pixels
        for letter in range(8):
            at = (slice(8 + 14 * line, 17 + 14 * line), slice(6 + 9 * letter, 8 + 9 * letter))
            drawn[at] = True
            drawn[8 + 14 * line : 10 + 14 * line, 6 + 9 * letter : 11 + 9 * letter] = True
    picture[drawn & ~mask] = 220
    bar = (slice(60, 60 + height // 4), slice(8, 20))
    drawn[bar] = True
    picture[bar] = np.where(mask[bar], picture[bar], np.linspace(255, 20, height // 4)[:, None])
    drawn[20 : height - 20 : 25, width - 12 : width - 6] = True
    picture[20 : height - 20 : 25, width - 12 : width - 6] = 200
    return np.rint(picture).astype(np.uint8), drawn & ~mask
