"""A picture that went elsewhere than its labels: where it really went, and how far the two are apart.

Masks tell the map exactly, and most of what makes a picture unlike itself moves nothing; so they are believed
unless the picture itself shows another map, and shows it clearly better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domainaug.check.measured import channels
from domainaug.check.measured.chart import Array, Probe
from domainaug.check.measured.correspondence import Correspondence, unreadable
from domainaug.check.measured.matching import from_pictures, likeness, stays
from domainaug.check.measured.softness import strong_blur

__all__ = ["Discord", "discord"]

_SHIFTED, _TURNED = 3.0, 0.9  # px on average, from which a shift, or a turn or zoom, contradicts the labels
_EXACT = 0.996  # correlation that a map must reach to overrule labels that are nearly right
_AT_HOME = 0.96  # correlation above which a picture is where its labels are
_CLEARLY = 0.15  # of correlation by which the picture's own map must do better
_STRANGE = 0.3  # correlation below which a picture does not look like what a map says; under snow it is 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Discord:
    """What the picture shows where its labels say something else.

    Attributes:
        where: The map the picture shows; one with a `problem` when it cannot be told.
        distance: How far picture and labels are apart, px of the output on average; None when it cannot be told.
    """

    where: Correspondence
    distance: float | None


def discord(probe: Probe, shares: Array, labels: Correspondence) -> Discord | None:
    """Return what the picture shows, or None where it bears its labels out or is too changed to contradict them.

    Args:
        probe: What was shown.
        shares: (h, w, c) what came back, shares of the value range.
        labels: The map that the masks tell.
    """
    gray = channels.mean(shares)
    said = _filled(channels.mean(labels.warp(probe.picture)), gray, labels)
    if stays(said, gray):
        return None
    by_labels = likeness(said, gray, labels.seen)
    if by_labels > _AT_HOME:
        return None
    picture = from_pictures(probe, shares)
    if picture.problem is None and picture.seen.any() and not _is_better(probe, gray, picture, by_labels):
        picture = unreadable(probe, gray.shape, "no map makes the picture what it is")
    if not picture.seen.any():  # not recognized, or its parts moved apart: no map to measure a distance from
        if by_labels >= _STRANGE or "permutation" in labels.values:
            return None
        if picture.problem:
            picture = unreadable(probe, gray.shape, f"the picture is not where its labels are: {picture.problem}")
        return Discord(picture, None)
    distance, bend = _distance(labels, picture)
    # A small shift is read off the phase with the labels' map kept; a small turn or zoom has no phase of its own.
    least = _TURNED if bend > distance / 2 else _SHIFTED
    return Discord(picture, distance) if distance > least else None


def _is_better(probe: Probe, gray: Array, picture: Correspondence, by_labels: float) -> bool:
    """Whether the picture's own map explains it clearly better than its labels do."""
    shown = _filled(channels.mean(picture.warp(probe.picture)), gray, picture)
    by_picture = likeness(shown, gray, picture.seen)
    if by_labels >= _STRANGE:
        # A streak or a zoom blur moves the picture a little too, but what features tell of it is rough.
        return by_picture > _EXACT and 1 - by_picture < (1 - by_labels) / 3
    if by_picture >= max(_STRANGE, by_labels + _CLEARLY):
        return True
    return strong_blur(shown, gray, picture.seen) is not None


def _filled(warped: Array, gray: Array, where: Correspondence) -> Array:
    """Return what a map says the picture is, with the output itself where it says nothing."""
    return np.where(where.seen, warped, gray).astype(np.float32)


def _distance(labels: Correspondence, picture: Correspondence) -> tuple[float, float]:
    """Return how far the two maps are apart on average, px of the output, and how much that varies over the frame."""
    both = labels.seen & picture.seen
    if both.mean() < 0.01:
        both = picture.seen
    size = float(np.sqrt(abs(np.linalg.det(picture.forward[:2, :2]))))
    apart = (labels.source - picture.source)[both].astype(np.float64) * size
    bend = np.linalg.norm(apart - apart.mean(axis=0), axis=1)
    return float(np.linalg.norm(apart, axis=1).mean()), float(bend.mean())
