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


def project(picture: Plane, spacing: Sequence[float], angles: Array) -> Plane:
    """Return line integrals, (views, detectors), in value times mm; the picture is 0 outside.

    Args:
        picture: (rows, columns), float32.
        spacing: Of rows and of columns, in mm.
        angles: Of the views, in radians.
    """
    import cv2

    places = detector_places(picture.shape, spacing)
    pitch, count = min(spacing), len(places)
    out = np.empty((len(angles), count), np.float32)
    middle = np.array([(picture.shape[1] - 1) / 2, (picture.shape[0] - 1) / 2])
    for number, angle in enumerate(angles):
        along, across = np.cos(angle), np.sin(angle)
        # From (detector, depth) to (column, row).
        linear = pitch * np.array([[along, -across], [across, along]]) / np.array([[spacing[1]], [spacing[0]]])
        origin = middle - linear @ np.full(2, (count - 1) / 2)
        turned = cv2.warpAffine(
            picture,
            np.concatenate([linear, origin[:, None]], axis=1),
            (count, count),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )
        out[number] = turned.sum(axis=0, dtype=np.float64) * pitch
    return out


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
