"""A quick look at every draw, so that the careful look goes to those at the extremes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured import channels
from domainaug.check.measured.chart import Array, Output, Probe
from domainaug.functionals import decompose

__all__ = ["Glance", "farthest", "glance", "scaled"]

Values = NDArray[np.float64]

_THUMB = 32


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What a quick look at one draw shows.

    Attributes:
        turn: Which of the eight mirrors and quarter turns the thumbnail looks like most.
        features: Numbers that change when something happens.
        geometry: Geometric effects, when the masks tell them and one affine map explains them.
    """

    turn: int
    features: Values
    geometry: dict[str, float] | None


def glance(probe: Probe, output: Output, shares: Array) -> Glance:
    """Take a quick look at one draw.

    Args:
        probe: What was shown.
        output: What came back.
        shares: The same picture as shares of the value range, (h, w, c).
    """
    gray = channels.mean(shares)
    thumb = cv2.resize(gray, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)
    home = cv2.resize(probe.gray, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA)
    turn = _nearest_turn(home, thumb)
    rough = cv2.Laplacian(gray, cv2.CV_32F)
    flat = float((np.abs(np.diff(gray, axis=1)) < 1e-5).mean())
    features = [
        4 * float(gray.mean()),
        4 * float(gray.std()),
        float(np.log(rough.std() + 1e-4)),
        float(np.log(np.median(np.abs(rough)) + 1e-4)),
        4 * float(np.quantile(gray[::4, ::4], 0.02)),
        4 * float(np.quantile(gray[::4, ::4], 0.98)),
        2 * flat,
        4 * float(np.abs(thumb - home).max()),
    ]
    if shares.shape[2] == 3:
        small = shares[::4, ::4]
        features += [8 * float(small[..., k].mean() - small.mean()) for k in (0, 2)]
        features.append(8 * float(channels.spread(small).mean()))
        features.append(8 * float(((small[..., 0] - small[..., 1]) * (small[..., 1] - small[..., 2])).mean()))
    geometry = None
    if output.masks is not None:
        moves, geometry = _from_masks(probe, output.masks)
        if turn == 0 and max(map(abs, moves)) < 1e-6:  # labels at rest: the picture may move without them
            moves = [*_linear_motion(home, thumb), 0.0, 0.0]
    else:
        moves = _linear_motion(home, thumb) if turn == 0 else [0.0] * 6
    return Glance(turn, np.array([*features, *moves]), geometry)


def _nearest_turn(home: Array, thumb: Array) -> int:
    a, b = home - home.mean(), thumb - thumb.mean()
    likeness = [abs(float((np.rot90(m, k) * b).sum())) for m in (a, a[:, ::-1]) for k in range(4)]
    return int(np.argmax(likeness))


def _linear_motion(home: Array, thumb: Array) -> list[float]:
    """Return one least-squares step of an affine motion between thumbnails."""
    gx, gy = cv2.Sobel(home, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(home, cv2.CV_32F, 0, 1, scale=0.125)
    v, u = np.mgrid[-0.5 : 0.5 : _THUMB * 1j, -0.5 : 0.5 : _THUMB * 1j]
    design = np.stack([gx, gx * u, gx * v, gy, gy * u, gy * v, home, np.ones_like(home)], axis=-1).reshape(-1, 8)
    solved = np.linalg.lstsq(design.T @ design, design.T @ thumb.ravel(), rcond=None)[0]
    gain = solved[6] if abs(solved[6]) > 0.05 else 1.0
    return [float(np.clip(value / gain, -8, 8)) for value in solved[:6]]


def _from_masks(
    probe: Probe, masks: tuple[NDArray[np.generic], NDArray[np.generic]]
) -> tuple[list[float], dict[str, float] | None]:
    rows, columns = masks[0].shape[:2]
    x, y = (np.asarray(mask, np.float64).reshape(rows, columns) for mask in masks)
    lines, places = np.linspace(0, rows - 1, 14).astype(np.intp), np.linspace(0, columns - 1, 14).astype(np.intp)
    v, u = np.repeat(lines, 14), np.tile(places, 14)
    px, py = x[v, u] - 1, y[v, u] - 1
    seen = px > -0.5
    lost = float(1 - seen.mean())
    if seen.sum() < 12:
        return [0.0] * 6 + [0.0, 2 * lost], None
    h, w = probe.gray.shape
    side_in, side_out = np.sqrt(h * w), np.sqrt(rows * columns)
    origin = np.column_stack([px - (w - 1) / 2, py - (h - 1) / 2, np.full(len(px), side_in)])[seen] / side_in
    into = np.column_stack([u - (columns - 1) / 2, v - (rows - 1) / 2])[seen] / side_out
    solved = np.linalg.lstsq(origin, into, rcond=None)[0].T
    rest = float(np.sqrt(np.mean((into - origin @ solved.T) ** 2))) * side_out
    read = decompose(np.vstack([solved, [0, 0, 1]])[None], aspect=columns / rows)
    found = {name: float(column[0]) for name, column in read.items() if name != "perspective"}
    moves = [
        found["rotation"] / 20,
        4 * np.log(max(found["scale"], 1e-3)),
        4 * np.log(max(found["aspect"], 1e-3)),
        found["shear"] / 20,
        4 * float(solved[0, 2]),
        4 * float(solved[1, 2]),
        float(np.log1p(rest)),
        2 * lost,
    ]
    return moves, found if rest < 0.8 and (rows, columns) == (h, w) else None


def scaled(glances: list[Glance]) -> Values:
    """Return the features of all draws as comparable columns, (n, k); mirrors and turns lie far apart."""
    features = np.stack([seen.features for seen in glances])
    spread = np.quantile(features, 0.9, axis=0) - np.quantile(features, 0.1, axis=0)
    columns = (features - np.median(features, axis=0)) / np.maximum(spread, 0.05)
    turns = np.eye(8)[[seen.turn for seen in glances]] * 10
    return np.concatenate([columns, turns], axis=1)


def farthest(points: Values, count: int) -> list[int]:
    """Return the most telling draws, first the extremes of every column, then those farthest from all chosen.

    Args:
        points: (n, k) as from `scaled`.
        count: How many at most.
    """
    turns = points[:, -8:].argmax(axis=1)
    common = np.bincount(turns, minlength=8)
    chosen: dict[int, None] = {}
    for turn in np.argsort(common):
        if common[turn]:
            chosen[int(np.flatnonzero(turns == turn)[0])] = None
    columns = points[:, :-8]
    order = np.argsort(-np.ptp(columns, axis=0))
    for column in order:
        if np.ptp(columns[:, column]) > 1e-6:
            chosen[int(columns[:, column].argmax())] = None
            chosen[int(columns[:, column].argmin())] = None
    picked = list(chosen)[:count]
    apart = np.min([np.linalg.norm(points - points[i], axis=1) for i in picked], axis=0)
    while len(picked) < min(count, len(points)):
        extra = int(apart.argmax())
        if apart[extra] <= 1e-9:
            break  # the rest are the same again
        picked.append(extra)
        apart = np.minimum(apart, np.linalg.norm(points - points[extra], axis=1))
        apart[picked] = 0
    return picked
