"""The transfer function from the picture to the output: blur, streaks, sharpening, and what the label missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.chart import Array

__all__ = ["Sharpness", "blurred", "positive", "sharpness"]

Values = NDArray[np.float64]

_BLOCK = 64
_FX, _FY = np.meshgrid(np.fft.rfftfreq(_BLOCK), np.fft.fftfreq(_BLOCK))
_RADIUS = np.hypot(_FX, _FY)
_HANN = np.outer(np.hanning(_BLOCK), np.hanning(_BLOCK))
_EDGES = np.linspace(0.03, 0.48, 13)
_RINGS = np.digitize(_RADIUS, _EDGES)


@dataclass(frozen=True, slots=True, eq=False)
class Sharpness:
    """What the transfer function says.

    Attributes:
        covariance: (2, 2) of the Gaussian that blurs most like it, px squared; negative where it sharpens.
        sharpening: By how much it overshoots 1.
        places: (n, 2) middles of the blocks compared, x and y.
        shifts: (n, 2) how far the picture moved there beyond its map, px.
    """

    covariance: Values
    sharpening: float
    places: Values
    shifts: Values

    @property
    def blur(self) -> float:
        """Sigma along the sharper axis, px."""
        return float(np.sqrt(max(0.0, np.linalg.eigvalsh(self.covariance)[0])))

    @property
    def motion_blur(self) -> float:
        """Length of the streak whose variance is the difference between the axes, px."""
        small, large = np.linalg.eigvalsh(self.covariance)
        return float(np.sqrt(12 * max(0.0, large - max(0.0, small))))

    @property
    def misregistration(self) -> float:
        """How far the picture as a whole moved beyond its map, px."""
        return float(np.linalg.norm(np.median(self.shifts, axis=0)))


def sharpness(gray: Array, toned: Array, usable: NDArray[np.bool_], known: Values | None = None) -> Sharpness | None:
    """Compare spectra block by block.

    The real part of the cross-spectrum over the picture's own power is not biased by noise. A log-quadratic
    fit to it gives the covariance of the Gaussian that blurs most like it; the slope of its phase, the way
    the picture moved though the map says it did not.

    Args:
        gray: (h, w) output, shares.
        toned: (h, w) the picture as it should be there.
        usable: Where the two can be compared.
        known: (2, 2) covariance by which `toned` is blurred already; it is added to what is found. Windows
            smear a steep spectrum, so a strong blur is only right when most of it is known.

    Returns:
        What was read, or None when too little of the picture is left to tell.
    """
    ours, theirs, places = _blocks(gray, toned, usable)
    if len(ours) < 3:
        return None
    ours = (ours - ours.mean(axis=(1, 2), keepdims=True)) * _HANN
    theirs = (theirs - theirs.mean(axis=(1, 2), keepdims=True)) * _HANN
    spectrum = np.fft.rfft2(theirs)
    cross, power = np.fft.rfft2(ours) * np.conj(spectrum), np.abs(spectrum) ** 2
    if float(np.mean(power.sum(axis=(1, 2)))) < 1e-3:
        return None
    shifts = _shifts(cross)
    turn = np.exp(2j * np.pi * (shifts[:, 0, None, None] * _FX + shifts[:, 1, None, None] * _FY))
    before = np.zeros((2, 2)) if known is None else known
    found, overshoot = _read((cross * turn).real, power, before)
    return Sharpness(before + found, overshoot, places, shifts)


def blurred(picture: Array, covariance: Values) -> Array:
    """Return `picture` (h, w[, c]) blurred by a Gaussian of that covariance, mirrored at its borders."""
    fixed = positive(covariance)
    pad = 24
    wide = np.pad(picture, [(pad, pad), (pad, pad), *[(0, 0)] * (picture.ndim - 2)], mode="reflect")
    fx, fy = np.meshgrid(np.fft.rfftfreq(wide.shape[1]), np.fft.fftfreq(wide.shape[0]))
    transfer = np.exp(-2 * np.pi**2 * (fixed[0, 0] * fx**2 + 2 * fixed[0, 1] * fx * fy + fixed[1, 1] * fy**2))
    shaped = transfer if picture.ndim == 2 else transfer[..., None]
    back = np.fft.irfft2(np.fft.rfft2(wide, axes=(0, 1)) * shaped, s=wide.shape[:2], axes=(0, 1))
    return np.ascontiguousarray(back[pad:-pad, pad:-pad], np.float32)


def positive(covariance: Values) -> Values:
    """Return the covariance with what sharpens left out."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T)


def _blocks(gray: Array, toned: Array, usable: NDArray[np.bool_]) -> tuple[Values, Values, Values]:
    ours, theirs, places = [], [], []
    patched = np.where(usable, gray, toned).astype(np.float64)
    for top in _starts(gray.shape[0]):
        for left in _starts(gray.shape[1]):
            window = (slice(top, top + _BLOCK), slice(left, left + _BLOCK))
            if usable[window].mean() > 0.9:
                ours.append(patched[window])
                theirs.append(toned[window].astype(np.float64))
                places.append((left + _BLOCK / 2, top + _BLOCK / 2))
    return np.array(ours), np.array(theirs), np.array(places)


def _starts(length: int) -> list[int]:
    if length < _BLOCK:
        return []
    count = min(5, max(1, length // _BLOCK))
    return [int(k) for k in np.linspace(0, length - _BLOCK, count)]


def _shifts(cross: NDArray[np.complex128]) -> Values:
    """Return how far each block moved, (n, 2) px, from the phase of its cross-spectrum."""
    shifts = np.zeros((len(cross), 2))
    for limit in (0.06, 0.12, 0.2):
        low = (_RADIUS > 0) & (limit > _RADIUS)
        fx, fy = _FX[low], _FY[low]
        turned = cross[:, low] * np.exp(2j * np.pi * (shifts[:, :1] * fx + shifts[:, 1:] * fy))
        weight, phase = np.abs(turned), -np.angle(turned) / (2 * np.pi)
        xx, yy, xy = (weight * fx * fx).sum(1), (weight * fy * fy).sum(1), (weight * fx * fy).sum(1)
        bx, by = (weight * phase * fx).sum(1), (weight * phase * fy).sum(1)
        det = np.maximum(xx * yy - xy * xy, 1e-20)
        shifts = shifts + np.stack([(yy * bx - xy * by) / det, (xx * by - xy * bx) / det], axis=1)
    return shifts


def _read(tops: Values, bottoms: Values, known: Values) -> tuple[Values, float]:
    """Return the covariance found beyond the known one, and the overshoot of both together, from (n, h, w) spectra."""
    count = _RINGS.max() + 1
    top, bottom = tops.sum(axis=0), bottoms.sum(axis=0)
    each, those = _by_ring(tops), _by_ring(bottoms)
    ring_top = each.sum(axis=0)
    ring_bottom = np.maximum(those.sum(axis=0), 1e-12)
    radial = ring_top / ring_bottom
    base = max(float(radial[:2].mean()), 1e-3)
    dark = -2 * np.pi**2 * (known[0, 0] * _FX**2 + 2 * known[0, 1] * _FX * _FY + known[1, 1] * _FY**2)
    ring_dark = np.exp(np.bincount(_RINGS.ravel(), dark.ravel(), count)[1:-1] / np.bincount(_RINGS.ravel())[1:-1])
    whole = radial * ring_dark
    start = max(float(whole[0]), float(whole[:2].mean()), 1e-3)
    # Blocks differ by their texture as well as by noise; only noise makes their sum doubtful.
    doubt = (each - radial * those).std(axis=0) * np.sqrt(len(tops)) / ring_bottom
    lowest = _smooth(whole) - 2 * doubt * ring_dark
    overshoot = float(max(0.0, lowest.max() / start - 1))
    transfer = top / np.maximum(bottom, 1e-12) / base
    # Beyond the first ring below a fifth, what is left of the spectrum is noise and side lobes.
    weak = np.flatnonzero((radial / base < 0.2) | (whole / max(float(whole[0]), 1e-3) < 0.02))
    reach = float(_EDGES[weak[0]]) if len(weak) else 0.42
    good = (_RADIUS > 0.015) & (max(reach, 0.06) >= _RADIUS) & (transfer > 0.05)
    if good.sum() < 12:
        return np.zeros((2, 2)), overshoot
    fx, fy, level = _FX[good], _FY[good], transfer[good]
    weight = np.sqrt(bottom[good]) * level
    design = np.column_stack([np.ones(len(fx)), -2 * np.pi**2 * np.column_stack([fx * fx, 2 * fx * fy, fy * fy])])
    solved = np.linalg.lstsq(design * weight[:, None], np.log(level) * weight, rcond=None)[0]
    return np.array([[solved[1], solved[2]], [solved[2], solved[3]]]), overshoot


def _by_ring(spectra: Values) -> Values:
    count = _RINGS.max() + 1
    return np.stack([np.bincount(_RINGS.ravel(), block.ravel(), count)[1:-1] for block in spectra])


def _smooth(radial: Values) -> Values:
    padded = np.pad(radial, 1, mode="edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)
