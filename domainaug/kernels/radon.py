"""Line integrals of a picture, and pictures from line integrals: parallel rays, filtered back-projection.

Angles are those of the detector: the ray of view `a` and place t is where x cos(a) + y sin(a) = t, x right and y down
from the middle of the picture, in mm. The filter is the band-limited ramp of Ramachandran and Lakshminarayanan (1971),
sampled in space as Kak and Slaney (Principles of Computerized Tomographic Imaging, 1988, eq. 3.61) give it, which
keeps the mean; a window over frequency makes it a reconstruction kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["back_project", "detector_places", "filtered", "project", "ramp", "views"]

Plane = NDArray[np.float32]
Array = NDArray[np.float64]

_FINER = 16
"""Places looked up between two detectors: a sixteenth of a detector is as good as interpolation."""


def views(count: int) -> Array:
    """Return `count` angles over half a turn, in radians."""
    return np.linspace(0.0, np.pi, count, endpoint=False)


def detector_places(shape: Sequence[int], spacing: Sequence[float]) -> Array:
    """Return where detectors are, in mm from the middle: as close as pixels, over the picture's diagonal.

    Args:
        shape: (rows, columns).
        spacing: Of rows and of columns, in mm.
    """
    pitch = min(spacing)
    reach = float(np.hypot(shape[0] * spacing[0], shape[1] * spacing[1])) / 2
    half = int(np.ceil(reach / pitch)) + 1
    return np.asarray(np.arange(-half, half + 1) * pitch, np.float64)


def project(
    picture: Plane, spacing: Sequence[float], angles: Array, *, within: NDArray[np.bool_] | None = None
) -> Plane:
    """Return line integrals, (views, detectors), in value times mm; the picture is 0 outside.

    Args:
        picture: (rows, columns), float32.
        spacing: Of rows and of columns, in mm.
        angles: Of the views, in radians.
        within: (views, detectors), the rays that are wanted; others are 0 unless they lie between two that are.
    """
    import cv2

    pitch, count = min(spacing), len(detector_places(picture.shape, spacing))
    out = np.zeros((len(angles), count), np.float32)
    corners = _corners(picture, spacing)
    if corners is None:
        return out
    middle = np.array([(picture.shape[1] - 1) / 2, (picture.shape[0] - 1) / 2])
    for number, angle in enumerate(angles):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        ends = corners @ turn / pitch + (count - 1) / 2  # (detector, depth) of what is not 0
        first = np.maximum(np.floor(ends.min(axis=0)).astype(int) - 1, 0)
        last = np.minimum(np.ceil(ends.max(axis=0)).astype(int) + 2, count)
        if within is not None:
            hit = np.flatnonzero(within[number])
            first[0], last[0] = (
                max(first[0], hit[0]) if len(hit) else count,
                min(last[0], hit[-1] + 1) if len(hit) else 0,
            )
        if (last <= first).any():
            continue
        # From (detector, depth) to (column, row).
        linear = pitch * turn / np.array([[spacing[1]], [spacing[0]]])
        origin = middle + linear @ (first - (count - 1) / 2)
        turned = cv2.warpAffine(
            picture,
            np.concatenate([linear, origin[:, None]], axis=1),
            tuple(int(each) for each in last - first),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )
        out[number, first[0] : last[0]] = turned.sum(axis=0, dtype=np.float64) * pitch
    return out


def _corners(picture: Plane, spacing: Sequence[float]) -> Array | None:
    """Return the corners, (x, y) in mm from the middle, of the box around what is not 0; None where all is."""
    sides = []
    for axis in (1, 0):
        used = np.flatnonzero(picture.any(axis=1 - axis))
        if not len(used):
            return None
        sides.append((used[[0, -1]] + (-1, 1) - (picture.shape[axis] - 1) / 2) * spacing[axis])
    return np.array([(x, y) for x in sides[0] for y in sides[1]])


def filtered(integrals: Plane, pitch: float, window: Callable[[Array], Array] | None = None) -> Plane:
    """Return line integrals through the ramp filter, in value, ready for `back_project`.

    Args:
        integrals: (views, detectors).
        pitch: Distance of detectors in mm.
        window: What the ramp is multiplied by, over frequency in cycles/mm; None for nothing.
    """
    from scipy import fft

    count = integrals.shape[-1]
    length = fft.next_fast_len(2 * count, real=True)
    gain = ramp(length, pitch)
    if window is not None:
        gain *= window(np.asarray(np.fft.rfftfreq(length, pitch), np.float64))
    waves = fft.rfft(integrals, length, axis=-1)
    made: Plane = fft.irfft(waves * gain.astype(np.float32), length, axis=-1)[..., :count].astype(np.float32)
    return made


def ramp(length: int, pitch: float) -> Array:
    """Return the ramp at the frequencies of a real FFT of `length`, in cycles/mm: |f| below the Nyquist frequency."""
    index = np.arange(length)
    away = np.minimum(index, length - index)
    taps = np.zeros(length)
    taps[0] = 1 / (4 * pitch)
    odd = away % 2 == 1
    taps[odd] = -1 / (np.pi**2 * away[odd] ** 2.0 * pitch)
    return np.asarray(np.fft.rfft(taps).real, np.float64)


def back_project(rows: Plane, shape: Sequence[int], spacing: Sequence[float], angles: Array) -> Plane:
    """Return the sum over views of what the rows hold where each pixel lies, times pi over the number of views.

    Args:
        rows: (views, detectors), at `detector_places(shape, spacing)`.
        shape: (rows, columns) of the picture.
        spacing: Of rows and of columns, in mm.
        angles: Of the views, in radians.
    """
    count = rows.shape[-1]
    fine = np.arange(_FINER * (count - 1) + 1) / _FINER
    steps = _FINER / min(spacing)
    down, right = ((np.arange(n) - (n - 1) / 2) * (d * steps) for n, d in zip(shape, spacing, strict=True))
    middle = _FINER * (count - 1) / 2 + 0.5
    out = np.zeros(tuple(shape), np.float32)
    for angle, row in zip(angles, rows, strict=True):
        between = np.interp(fine, np.arange(count), row).astype(np.float32)
        at = np.add.outer(
            (down * np.sin(angle) + middle).astype(np.float32), (right * np.cos(angle)).astype(np.float32)
        )
        out += between.take(at.astype(np.int32))
    out *= np.float32(np.pi / len(angles))
    return out
