"""A picture that went elsewhere than its labels: where it really went, and how far the two are apart.

Masks tell the map exactly, and most of what makes a picture unlike itself moves nothing; so they are believed
unless the picture itself shows another map, and shows it clearly better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domainaug.check.measured import channels
from domainaug.check.measured.chart import Array, Probe
from domainaug.check.measured.correspondence import Correspondence
from domainaug.check.measured.matching import from_pictures, likeness, stays

__all__ = ["Discord", "discord"]

_APART = 2.0  # px on average: less is read off the phase, with the labels' map kept
_CLEARLY = 0.15  # of correlation by which the picture's own map must do better
_RECOGNIZED = 0.3
_STRANGE = 0.12  # correlation below which a picture does not look at all like what its labels say


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
    picture = from_pictures(probe, shares)
    by_labels = likeness(said, gray)
    if picture.problem:
        return None
    if not picture.seen.any():  # parts moved apart: there is no map to measure a distance from
        torn = "permutation" in picture.values and "permutation" not in labels.values and by_labels < _STRANGE
        return Discord(picture, None) if torn else None
    shown = _filled(channels.mean(picture.warp(probe.picture)), gray, picture)
    if likeness(shown, gray) < max(_RECOGNIZED, by_labels + _CLEARLY):
        return None
    distance = _distance(labels, picture)
    return Discord(picture, distance) if distance > _APART else None


def _filled(warped: Array, gray: Array, where: Correspondence) -> Array:
    """Return what a map says the picture is, with the output itself where it says nothing but its mean."""
    return np.where(where.seen, warped, np.float32(gray.mean())).astype(np.float32)


def _distance(labels: Correspondence, picture: Correspondence) -> float:
    both = labels.seen & picture.seen
    if both.mean() < 0.01:
        both = picture.seen
    apart = np.linalg.norm(labels.source - picture.source, axis=-1)
    size = float(np.sqrt(abs(np.linalg.det(picture.forward[:2, :2]))))
    return float(apart[both].mean()) * size
