"""The part of an ultrasound picture that was insonified, found in the picture.

A scanner shows a fan or a rectangle of echoes on a ground of one level, among text, rulers, gray bars and logos.
What differs from the ground is held against fans and rectangles, in pictures of about 100 pixels; the edges of
the best one are then placed in the full picture. In a cine what counts is what flickers: echoes do, the rest of
the screen does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.transforms.scan_fit import Fan, Fit, best_fit, placed

__all__ = ["ScanRegion", "scan_region"]

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_SMALL = 96  # pixels along the longer side of the picture that shapes are held against
_TOLERANCES = (0.4, 3.5, 8.5, 16.5)  # levels of 255 by which echoes leave the ground; more where JPEG was used
_SMOOTH = (1.0, 2.0)  # likewise, of the picture smoothed
_PLAIN_FAN = math.radians(25)
_FLICKERS = (0.7, 1.5, 3.0)  # standard deviations over a cine, likewise
_COLORED = 24 / 255  # spread of the channels of what is not gray; JPEG leaves gray pixels about half of it
_PLATE = 0.2  # share of the frame that an area of one level has at most, if letters are to stand on it
_COMMON = 0.15  # share of the frame from which on a second level may be the ground
_SECOND = 0.85  # trust in that
_SMOOTHED = 0.88  # trust in what letters may be merged in
_FRAMES = 24  # of a cine that are looked at
_WHOLE = 0.97  # share of the frame from which on a region is the frame


@dataclass(frozen=True, eq=False)
class ScanRegion:
    """Where the echoes are, and how the beams run.

    Attributes:
        mask: (height, width); what was insonified, without what is drawn over it.
        apex: (x, y) in pixels of the point all beams come from; None for beams that are parallel.
        opening: Degrees between the outermost beams; 0 for parallel ones.
        direction: (x, y), of length 1: the way of the middle beam.
        near: Pixels from the apex to where the picture begins; 0 for parallel beams.
        far: Pixels from the apex to where it ends, for parallel beams the depth of the picture.
        box: (left, top, right, bottom) of the region in pixels, the last two beyond it.
        agreement: How well the shape explains the echoes: the intersection of the two over their union.
    """

    mask: Mask
    apex: tuple[float, float] | None
    opening: float
    direction: tuple[float, float]
    near: float
    far: float
    box: tuple[int, int, int, int]
    agreement: float

    @property
    def kind(self) -> str:
        """Either "fan" or "rectangle"."""
        return "rectangle" if self.apex is None else "fan"

    @cached_property
    def depth(self) -> NDArray[np.float32]:
        """(height, width): pixels along the beam from the face of the transducer; below 0 is before it."""
        rows, columns = np.ogrid[: self.mask.shape[0], : self.mask.shape[1]]
        if self.apex is None:
            depth = np.broadcast_to(rows - self.box[1] + 0.5, self.mask.shape)
        else:
            depth = np.hypot(columns - self.apex[0], rows - self.apex[1]) - self.near
        return depth.astype(np.float32)

    @cached_property
    def across(self) -> NDArray[np.float32]:
        """(height, width): which beam, from 0 for the leftmost, seen from the transducer downward, to 1."""
        rows, columns = np.ogrid[: self.mask.shape[0], : self.mask.shape[1]]
        if self.apex is None:
            left, _, right, _ = self.box
            across = np.broadcast_to((columns + 0.5 - left) / max(right - left, 1), self.mask.shape)
        else:
            x, y = columns - self.apex[0], rows - self.apex[1]
            along, aside = self.direction
            angle = np.degrees(np.arctan2(x * aside - y * along, x * along + y * aside))
            across = 0.5 + angle / max(self.opening, 1e-6)
        return across.astype(np.float32)

    @property
    def length(self) -> float:
        """Pixels along the middle beam from the face of the transducer to the end of the picture."""
        return max(self.far - self.near, 1.0)

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> ScanRegion:
        """Return the region of a picture that is nothing but echoes, beams from top to bottom."""
        height, width = shape[:2]
        return cls(np.ones((height, width), bool), None, 0.0, (0.0, 1.0), 0.0, height, (0, 0, width, height), 1.0)


def scan_region(image: Array, *, cine: bool = False) -> ScanRegion:
    """Find the insonified fan or rectangle.

    Args:
        image: (height, width) or (height, width, channels); with `cine` (frames, height, width[, channels]), of
            any type of numbers.
        cine: The picture is a sequence of frames of one view. Regions found in what flickers are better.

    Returns:
        The region; the whole frame where nothing sets one apart, as in a picture that was cut to its echoes.

    Raises:
        ImageError: The picture has no such axes, or no pixels, or values that are not finite.
    """
    frames = np.asarray(image)[None] if not cine else np.asarray(image)
    if frames.ndim not in (3, 4) or 0 in frames.shape or frames.dtype.kind not in "uif":
        raise ImageError(
            f"a scan region is looked for in numbers of shape ({'frames, ' if cine else ''}height, width[, channels]), "
            f"got {np.shape(image)} of {np.asarray(image).dtype}"
        )
    frames = frames[:: -(-len(frames) // _FRAMES)]
    if not np.isfinite(frames).all():
        raise ImageError("a scan region is looked for in finite values, and this picture has others")
    shown, flicker = _levels(frames)
    shape = shown.shape
    fits = list(_tried(shown, flicker, _plates(frames, shown)))
    if not fits:
        return ScanRegion.whole(shape)
    (fit, content), score = max(fits, key=lambda one: one[1])
    if score <= 0 or fit.mask.mean() > _WHOLE:
        return ScanRegion.whole(shape)
    fit = placed(fit, content, _SMALL)
    drawn = _drawn(frames, shown, flicker)
    return _region(fit, fit.mask & ~drawn)


def _levels(frames: Array) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Return brightness as levels of 255, the mean over a cine, and its standard deviation where there is one."""
    brightest = frames.max(axis=-1) if frames.ndim == 4 else frames
    low, high = float(brightest.min()), float(brightest.max())
    gain = 255 / (high - low) if high > low else 0.0
    if len(brightest) == 1:
        return ((brightest[0].astype(np.float32) - low) * gain).astype(np.float32), None
    mean = brightest.mean(axis=0, dtype=np.float32)
    deviation = np.sqrt(np.mean([np.square(np.float32(one) - mean) for one in brightest], axis=0)) * gain
    return ((mean - low) * gain).astype(np.float32), deviation.astype(np.float32)


def _tried(shown: NDArray[np.float32], flicker: Array | None, plates: Mask) -> Iterator[tuple[tuple[Fit, Mask], float]]:
    """Yield shapes for each idea of what the echoes are, and how well each one parts echoes from ground."""
    tried: list[Mask] = []
    for content, trust in _contents(shown, flicker, plates):
        if content.mean() < 0.005 or any(np.mean(content ^ other) < 0.004 for other in tried):
            continue
        tried.append(content)
        fit = best_fit(content, _SMALL)
        if fit is not None:
            yield (fit, content), trust * _parted(fit, content)


def _contents(shown: NDArray[np.float32], flicker: Array | None, plates: Mask) -> list[tuple[Mask, float]]:
    """Return what may be echoes, what flickers or leaves the ground by one level or another, and how likely it is."""
    if flicker is not None and (flicker > _FLICKERS[0]).mean() > 0.02:
        return [(flicker > each, 1.0) for each in _FLICKERS]
    import cv2

    levels, counts = np.unique(np.rint(shown * 4), return_counts=True)
    common = levels[np.argsort(counts)[::-1][:2]] / 4
    away = np.abs(shown - common[0])
    smooth = cv2.GaussianBlur(away, (0, 0), max(away.shape) / 250)
    contents = [(away > each, 1.0) for each in _TOLERANCES] + [(smooth > each, _SMOOTHED) for each in _SMOOTH]
    if np.sort(counts)[-2:][0] > _COMMON * shown.size:  # an empty fan may be most of the picture, and be the ground
        contents.append((np.abs(shown - common[-1]) > _TOLERANCES[0], _SECOND))
    return [(content & ~plates, trust) for content, trust in contents]


def _parted(fit: Fit, content: Mask) -> float:
    """Return how well a shape parts content from what is none."""
    inside, area = float(content[fit.mask].mean()), float(fit.mask.mean())
    outside = float(content[~fit.mask].mean()) if area < 1 else 0.0
    parted = (inside - outside) * fit.agreement * float(area**0.1) * (0.7 if area > _WHOLE else 1.0)
    if not isinstance(fit.shape, Fan):
        return parted
    opening = fit.shape.last - fit.shape.first
    if opening > _PLAIN_FAN and fit.agreement > 0.85:
        parted *= 1.5  # screens have many rectangles, but no other fans
    return parted * max(0.0, 1 - abs(fit.shape.first + fit.shape.last) / 2 / opening)  # most fans hang straight


def _plates(frames: Array, shown: NDArray[np.float32]) -> Mask:
    """Return what is no echo at a glance: color, and areas of one level that is not nearly black."""
    import cv2

    square = np.ones((5, 5), np.uint8)
    flat = (cv2.dilate(shown, square) - cv2.erode(shown, square) < 0.3) & (shown > _TOLERANCES[-1]) & (shown < 250)
    _, labels, facts, _ = cv2.connectedComponentsWithStats(flat.astype(np.uint8), connectivity=8)
    plate = facts[:, cv2.CC_STAT_AREA] < _PLATE * flat.size
    plate[0] = False
    return np.asarray(_colored(frames) | (cv2.dilate(plate[labels].astype(np.uint8), square) > 0))


def _drawn(frames: Array, shown: NDArray[np.float32], flicker: Array | None) -> Mask:
    """Return what is drawn over echoes: color where most is gray, and thin white strokes."""
    import cv2

    # A speckle falls by some 10 dB of the 60 shown within its size; a stroke falls to the ground in two pixels.
    opened = cv2.morphologyEx(shown, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    thin = (shown > 0.9 * shown.max()) & (opened < 0.5 * shown)
    if flicker is not None:
        thin &= flicker < _FLICKERS[0]
    _, labels, facts, _ = cv2.connectedComponentsWithStats(thin.astype(np.uint8), connectivity=8)
    stroke = facts[:, cv2.CC_STAT_AREA] >= 8
    stroke[0] = False
    strokes = cv2.dilate(stroke[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(_colored(frames) | (strokes > 0))


def _colored(frames: Array) -> Mask:
    """Return which pixels show color: Doppler, markers, bars. None where the whole picture is tinted."""
    if frames.ndim == 3 or frames.shape[-1] < 3:
        return np.zeros(frames.shape[1:3], bool)
    first = frames[..., :3]
    spread = first.max(axis=-1).astype(np.float32) - first.min(axis=-1)
    colored: Mask = (spread > _COLORED * max(float(frames.max() - frames.min()), 1e-9)).any(axis=0)
    bright = first.max(axis=-1) > 0.25 * float(first.max())
    tinted = colored[bright.any(axis=0)].mean() > 0.5 if bright.any() else False
    return np.zeros_like(colored) if tinted else colored


def _region(fit: Fit, mask: Mask) -> ScanRegion:
    shape = fit.shape
    if not isinstance(shape, Fan):
        height = shape.bottom - shape.top
        box = (shape.left, shape.top, shape.right, shape.bottom)
        return ScanRegion(mask, None, 0.0, (0.0, 1.0), 0.0, float(height), box, fit.agreement)
    middle = (shape.first + shape.last) / 2
    rows, columns = np.flatnonzero(fit.mask.any(axis=1)), np.flatnonzero(fit.mask.any(axis=0))
    return ScanRegion(
        mask=mask,
        apex=(shape.x, shape.y),
        opening=math.degrees(shape.last - shape.first),
        direction=(math.sin(middle), math.cos(middle)),
        near=shape.near,
        far=shape.far,
        box=(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1),
        agreement=fit.agreement,
    )
