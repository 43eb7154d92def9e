"""The transfer function from the picture to the output: blur, streaks, sharpening, and what the label missed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.chart import Array

__all__ = ["Sharpness", "sharpness"]

_BLOCK = 64


class Sharpness(dict[str, float]):
    """The effects read from the transfer function, by name."""


def _frequencies() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.meshgrid(np.fft.rfftfreq(_BLOCK), np.fft.fftfreq(_BLOCK))


_FX, _FY = _frequencies()
_RADIUS = np.hypot(_FX, _FY)
_HANN = np.outer(np.hanning(_BLOCK), np.hanning(_BLOCK))
_RINGS = np.digitize(_RADIUS, np.linspace(0.03, 0.48, 13))


def sharpness(gray: Array, toned: Array, usable: NDArray[np.bool_]) -> Sharpness | None:
    """Compare spectra block by block.

    The real part of the cross-spectrum over the picture's own power is not biased by noise. A log-quadratic
    fit to it gives the covariance of the Gaussian that blurs most like it; the slope of its phase, the way
    the picture moved though the map says it did not.

    Args:
        gray: (h, w) output, shares.
        toned: (h, w) the picture as it should be there.
        usable: Where the two can be compared.

    Returns:
        blur (px), motion_blur (px), sharpening (share) and misregistration (px), or None when too little of
        the picture is left to tell.
    """
    ours, theirs = _blocks(gray, toned, usable)
    if len(ours) < 3:
        return None
    ours = (ours - ours.mean(axis=(1, 2), keepdims=True)) * _HANN
    theirs = (theirs - theirs.mean(axis=(1, 2), keepdims=True)) * _HANN
    cross = np.fft.rfft2(ours) * np.conj(np.fft.rfft2(theirs))
    power = np.abs(np.fft.rfft2(theirs)) ** 2
    strength = float(np.mean(power.sum(axis=(1, 2))))
    if strength < 1e-3:
        return None
    shifts = _shifts(cross)
    turn = np.exp(2j * np.pi * (shifts[:, 0, None, None] * _FX + shifts[:, 1, None, None] * _FY))
    transfer_top, transfer_bottom = (cross * turn).real.sum(axis=0), power.sum(axis=0)
    moved = float(np.linalg.norm(np.median(shifts, axis=0)))
    return Sharpness(_read(transfer_top, transfer_bottom), misregistration=moved)


def _blocks(gray: Array, toned: Array, usable: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = gray.shape
    ours, theirs = [], []
    patched = np.where(usable, gray, toned).astype(np.float64)
    for top in _starts(rows):
        for left in _starts(columns):
            window = (slice(top, top + _BLOCK), slice(left, left + _BLOCK))
            if usable[window].mean() > 0.9:
                ours.append(patched[window])
                theirs.append(toned[window].astype(np.float64))
    return np.array(ours), np.array(theirs)


def _starts(length: int) -> list[int]:
    if length < _BLOCK:
        return []
    count = min(5, max(1, length // _BLOCK))
    return [int(k) for k in np.linspace(0, length - _BLOCK, count)]


def _shifts(cross: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return how far each block moved, (n, 2) px, from the phase of its cross-spectrum."""
    shifts = np.zeros((len(cross), 2))
    for limit in (0.06, 0.12, 0.2):
        low = (_RADIUS > 0) & (_RADIUS < limit)
        fx, fy = _FX[low], _FY[low]
        turned = cross[:, low] * np.exp(2j * np.pi * (shifts[:, :1] * fx + shifts[:, 1:] * fy))
        weight, phase = np.abs(turned), -np.angle(turned) / (2 * np.pi)
        xx, yy, xy = (weight * fx * fx).sum(1), (weight * fy * fy).sum(1), (weight * fx * fy).sum(1)
        bx, by = (weight * phase * fx).sum(1), (weight * phase * fy).sum(1)
        det = np.maximum(xx * yy - xy * xy, 1e-20)
        shifts = shifts + np.stack([(yy * bx - xy * by) / det, (xx * by - xy * bx) / det], axis=1)
    return shifts


def _read(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> dict[str, float]:
    count = _RINGS.max() + 1
    ring_top = np.bincount(_RINGS.ravel(), top.ravel(), count)
    ring_bottom = np.bincount(_RINGS.ravel(), bottom.ravel(), count)
    radial = ring_top[1:-1] / np.maximum(ring_bottom[1:-1], 1e-12)
    base = max(float(radial[:2].mean()), 1e-3)
    sharpening = float(max(0.0, _smooth(radial).max() / base - 1))
    transfer = top / np.maximum(bottom, 1e-12) / base
    # Beyond the first ring below a fifth, what is left of the spectrum is noise and side lobes.
    weak = np.flatnonzero(radial / base < 0.2)
    reach = np.linspace(0.03, 0.48, 13)[weak[0]] if len(weak) else 0.42
    good = (_RADIUS > 0.015) & (_RADIUS <= max(reach, 0.06)) & (transfer > 0.05)
    if good.sum() < 12:
        return {"blur": 0.0, "motion_blur": 0.0, "sharpening": sharpening}
    fx, fy, level = _FX[good], _FY[good], transfer[good]
    weight = np.sqrt(bottom[good]) * level
    design = np.column_stack([np.ones(len(fx)), -2 * np.pi**2 * np.column_stack([fx * fx, 2 * fx * fy, fy * fy])])
    solved = np.linalg.lstsq(design * weight[:, None], np.log(level) * weight, rcond=None)[0]
    small, large = np.linalg.eigvalsh(np.array([[solved[1], solved[2]], [solved[2], solved[3]]]))
    blur = float(np.sqrt(max(0.0, small)))
    streak = float(np.sqrt(12 * max(0.0, large - max(0.0, small))))
    return {"blur": blur, "motion_blur": streak, "sharpening": sharpening}


def _smooth(radial: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(radial, 1, mode="edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)
