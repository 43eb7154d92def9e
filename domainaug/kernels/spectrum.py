"""Noise with a given power spectrum, as scanners make it: grainy, not white.

The noise power spectrum of a picture (ICRU Report 87, 2012) is the mean of |FFT(noise)|² times pixel
area over number of pixels, in value² mm², over frequency in cycles/mm; its integral over all frequencies is the
variance. White noise that is multiplied by the root of a spectrum in the frequency domain has that spectrum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug.kernels.checks import check_out, check_shape, check_spacing
from domainaug.kernels.random import normals
from domainaug.kernels.threads import run_slabs

__all__ = ["noise_by_spectrum"]

Spectrum = NDArray[np.float64] | tuple[ArrayLike, ArrayLike]
"""Power (rows, columns) in the order of `numpy.fft.fftfreq`, or a pair: frequencies in cycles/mm, power at each."""


def noise_by_spectrum(
    shape: Sequence[int],
    spacing: float | Sequence[float],
    spectrum: Spectrum,
    key: int,
    *,
    std: float | None = None,
    stream: int = 0,
    first: int = 0,
    out: NDArray[np.float32] | None = None,
    threads: int | None = None,
) -> NDArray[np.float32]:
    """Return normal noise of mean 0 with a power spectrum; slices are independent of each other.

    The noise goes on over the border: the left edge fits the right one, the upper the lower.

    Args:
        shape: (rows, columns), or (slices, rows, columns).
        spacing: Distance of rows and of columns in mm; one number for both.
        spectrum: A pair of equally many frequencies, rising from 0 or more, in cycles/mm, and of the power at
            each: the power between two is on a line, below the first that of the first, above the last 0. Or the
            power at every frequency, (rows, columns), in the order of `numpy.fft.fftfreq`; noise is real, so what
            counts is the mean of a frequency and its opposite.
        key: From 0 to 2**64 - 1, as in `domainaug.kernels.random.normals`.
        std: Standard deviation; the spectrum then only says how it is spread. None: the spectrum is in value² mm²
            and says how strong the noise is.
        stream: One of the sequences of a key.
        first: Number of the first slice: slice i of a stack is the slice made alone with `first=i`.
        out: Array to write into, of this shape, float32, contiguous.
        threads: As in `domainaug.kernels.threads.thread_count`; changes no number.

    Raises:
        ImageError: `out` does not fit, or the result does not fit into memory.
        ValueError: A spectrum that is negative, not finite, of another shape, or 0 at every frequency of the
            picture; a negative `std`; a spacing, key, stream or slice out of range.
    """
    shape = tuple(shape)
    if len(shape) not in (2, 3):
        raise ValueError(f"shape must be (rows, columns) or (slices, rows, columns) and is {shape}")
    shape = check_shape(shape, planes=len(shape) - 2)
    gain = _gain(shape[-2:], check_spacing(spacing, 2), spectrum, std)
    out = check_out(out, shape, np.float32, planes=len(shape) - 2)
    stack = out.reshape(-1, *shape[-2:])
    pixels = math.prod(shape[-2:])

    def slab(begin: int, end: int) -> None:
        from scipy import fft

        for i in range(begin, end):
            white = normals(shape[-2:], key, stream, start=(first + i) * pixels, out=stack[i], threads=1)
            waves = fft.rfft2(white, workers=1)
            waves *= gain
            stack[i] = fft.irfft2(waves, shape[-2:], overwrite_x=True, workers=1)

    run_slabs(slab, len(stack), threads)
    return out


def _gain(
    shape: tuple[int, ...], spacing: tuple[float, ...], spectrum: Spectrum, std: float | None
) -> NDArray[np.float32]:
    """Return what white noise of variance 1 is multiplied by at each frequency of a real FFT."""
    power = _radial(shape, spacing, *spectrum) if isinstance(spectrum, tuple) else _full(shape, spectrum)
    if std is None:
        variance = power / math.prod(spacing)
    elif not (math.isfinite(std) and std >= 0):
        raise ValueError(f"std={std!r} must be a number from 0 on")
    else:
        mean = power.mean()
        if not mean > 0:
            raise ValueError("spectrum is 0 at every frequency this picture has, so it has no noise to scale to std")
        variance = power * (std**2 / mean)
    half: NDArray[np.float32] = np.sqrt(variance[:, : shape[1] // 2 + 1]).astype(np.float32)
    return half


def _full(shape: tuple[int, ...], spectrum: ArrayLike) -> NDArray[np.float64]:
    power = _power(spectrum)
    if power.shape != shape:
        raise ValueError(f"spectrum must have the picture's shape {shape} and has {power.shape}")
    opposite = np.roll(power[::-1, ::-1], (1, 1), (0, 1))
    return (power + opposite) / 2


def _radial(
    shape: tuple[int, ...], spacing: tuple[float, ...], frequencies: ArrayLike, powers: ArrayLike
) -> NDArray[np.float64]:
    known, power = np.asarray(frequencies, np.float64), _power(powers)
    if known.ndim != 1 or known.shape != power.shape or known.size == 0:
        raise ValueError(
            f"spectrum must be as many powers as frequencies, along one axis, and has shapes {known.shape} and "
            f"{power.shape}"
        )
    if not (np.isfinite(known).all() and known[0] >= 0 and (np.diff(known) > 0).all()):
        raise ValueError(f"the spectrum's frequencies must rise from 0 or more and are {known.tolist()!s:.80}")
    rows, columns = (np.fft.fftfreq(n, d) for n, d in zip(shape, spacing, strict=True))
    found: NDArray[np.float64] = np.interp(np.hypot(rows[:, None], columns), known, power, right=0.0)
    return found


def _power(power: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(power, np.float64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("the spectrum's power must be 0 or more and finite everywhere")
    return values
