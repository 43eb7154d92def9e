"""`move`: labels go where their image went, by the same map, each resampled once and from its own grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels.resample import resample_labels, resample_volume
from domainaug.kernels.volume_map import VolumeMap
from domainaug.medical.grid import Grid
from domainaug.medical.labels.journey import Journey, Step
from domainaug.medical.labels.model import Contour, Labels, Landmark, Mask
from domainaug.medical.labels.outlines import covered, outlined, refined
from domainaug.medical.labels.sides import mirrored

__all__ = ["Moved", "move"]

Array = NDArray[np.float64]

_AREA = 1.5  # voxels of the label's grid in one of the result, along an axis, from which on all of them count
_ON_SLICE = 0.1  # slices: how far off its slice a curve may lie
_FINE = 1.0  # pixels: longest edge of a curve that is bent
_TYPES = (np.uint8, np.int16, np.uint16, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """Labels of an augmented image.

    Attributes:
        labels: What is left, on the grid of the result.
        vanished: What is gone, as a pipeline's record tells it: numbers of "segments" and names of "landmarks".
        volumes_mm3: Of each segment that has a mask, before and after.
    """

    labels: Labels
    vanished: Mapping[str, list[Any]] = field(default_factory=dict)
    volumes_mm3: Mapping[int, tuple[float, float]] = field(default_factory=dict)


def move(
    labels: Labels,
    maps: Step | Sequence[Step],
    source: Grid,
    target: Grid | None = None,
    *,
    onto: Grid | None = None,
    least_mm3: float = 0.0,
    pairs: Mapping[int, int] | None = None,
) -> Moved:
    """Return labels as they lie in an augmented image.

    Masks go from their own grid to that of the result through one map, and are interpolated once: by the vote of
    `kernels.resample_labels`; where the result's voxels are 1.5 times as long as theirs or more, by the share of
    each that a segment covers. What the image does not show is no label. Curves keep their points as long as slices
    stay slices; otherwise they are filled, moved and drawn again on the slices of the result (see `outlines`).
    Landmarks go by the inverse of the map.

    Args:
        labels: In the patient coordinates of the image.
        maps: What was done to the image, in turn.
        source: The grid of the image.
        target: That of the result; the image's own where None.
        onto: The grid that masks are made on; that of the result where None.
        least_mm3: A segment of which no more than this is left has vanished.
        pairs: See `sides.mirrored`; asked for where the patient is mirrored and labels have no names.

    Raises:
        LabelError: The labels cannot follow, or would name the wrong side.
    """
    journey = Journey.of(maps, source, target)
    new = journey.target if onto is None else onto
    hidden = journey.hidden(new) if labels.masks else None
    masks = tuple(_moved_mask(mask, journey, new, hidden) for mask in labels.masks)
    contours = _moved_contours(labels.contours, journey)
    landmarks, lost = _moved_landmarks(labels.landmarks, journey)
    moved = replace(labels, masks=masks, contours=contours, landmarks=landmarks)
    before, after = labels.volumes_mm3(), moved.volumes_mm3()
    outlines = {contour.number for contour in contours}
    drawn = {contour.number for contour in labels.contours}
    small = {n for n in before if after.get(n, 0.0) <= least_mm3}
    gone = sorted(n for n in small | (drawn - outlines) if n in small or n not in before)
    moved = _without(moved, small)
    vanished: dict[str, list[Any]] = {name: found for name, found in (("segments", gone), ("landmarks", lost)) if found}
    volumes = {n: (volume, after.get(n, 0.0)) for n, volume in before.items()}
    if journey.mirrors:
        moved = mirrored(moved, pairs)
    return Moved(moved, vanished, volumes)


def _without(labels: Labels, small: set[int]) -> Labels:
    """Return labels without what is left of segments that have vanished."""
    if not small:
        return labels
    masks = []
    for mask in labels.masks:
        if mask.share_of in small:
            mask = replace(mask, values=np.zeros_like(mask.values))
        elif mask.share_of is None and small.intersection(mask.numbers()):
            mask = replace(mask, values=np.where(np.isin(mask.values, sorted(small)), 0, mask.values))
        masks.append(mask)
    contours = tuple(one for one in labels.contours if one.number not in small)
    return replace(labels, masks=tuple(masks), contours=contours)


# -- masks --------------------------------------------------------------------------------------------------


def _moved_mask(mask: Mask, journey: Journey, new: Grid, hidden: NDArray[np.bool_] | None) -> Mask:
    way = journey.between(mask.grid, new)
    if mask.share_of is not None:
        values = resample_volume(mask.values.astype(np.float32), way, order="area")
    elif max(way.footprint) >= _AREA:
        values = _by_area(mask, way)
    else:
        values = resample_labels(_typed(mask.values), way, order="vote")
    if hidden is not None:
        values[hidden] = 0
    return replace(mask, grid=new, values=values)


def _typed(values: NDArray[Any]) -> NDArray[Any]:
    """Return values in the smallest type that the kernels take."""
    if values.dtype in _TYPES:
        return values
    ends = (int(values.min()), int(values.max()))
    for one in _TYPES:
        if np.iinfo(one).min <= ends[0] and ends[1] <= np.iinfo(one).max:
            return values.astype(one)
    raise LabelError(f"segments are numbered up to {ends[1]}, and 2147483647 is the most that can be moved")


def _by_area(mask: Mask, way: VolumeMap) -> NDArray[Any]:
    """Return the segment that covers most of each voxel, if the background does not."""
    values = _typed(mask.values)
    best = np.zeros(way.shape, np.float32)
    taken = np.zeros(way.shape, np.float32)
    out = np.zeros(way.shape, values.dtype)
    for number in mask.numbers():
        share = resample_volume((values == number).astype(np.float32), way, order="area")
        taken += share
        wins = share > best
        out[wins], best[wins] = number, share[wins]
    out[best < 1 - taken] = 0
    return out


# -- curves -------------------------------------------------------------------------------------------------


def _moved_contours(contours: Sequence[Contour], journey: Journey) -> tuple[Contour, ...]:
    if not contours:
        return ()
    found = [one for contour in contours if not contour.closed and (one := _along(contour, journey)) is not None]
    closed = [contour for contour in contours if contour.closed]
    if journey.keeps_planes and _lie_on_slices(closed, journey.source):
        found.extend(one for contour in closed if (one := _pointwise(contour, journey)) is not None)
    else:
        for number in dict.fromkeys(contour.number for contour in closed):
            found.extend(_drawn_again([one for one in closed if one.number == number], journey))
    return tuple(sorted(found, key=lambda one: one.number))


def _along(contour: Contour, journey: Journey) -> Contour | None:
    """Return an open curve with its points moved in space; None where none of them is in view."""
    landed = _landed(contour, contour.points, journey)
    flat = contour.kind == "OPEN_PLANAR" and journey.keeps_planes
    kind = "OPEN_PLANAR" if flat else "OPEN_NONPLANAR"
    return Contour(contour.number, landed, kind) if journey.target.holds(landed).any() else None


def _landed(contour: Contour, points: Array, journey: Journey) -> Array:
    landed = journey.landed(points)
    if np.isnan(landed).any():
        raise LabelError(f"nothing of the result shows where a contour of segment {contour.number} lies: bend it less")
    return landed


def _lie_on_slices(contours: Sequence[Contour], grid: Grid) -> bool:
    for contour in contours:
        heights = grid.to_index(contour.points)[:, 2]
        if np.abs(heights - np.rint(heights.mean())).max() > _ON_SLICE:
            return False
    return True


def _pointwise(contour: Contour, journey: Journey) -> Contour | None:
    """Return a curve with its points moved within their slice; None where nothing of it is left in view."""
    points = contour.points
    if journey.whole.mesh is not None and journey.whole.mesh.any():
        points = refined(points, _FINE * min(journey.source.steps[:2]))
    landed = journey.target.to_index(_landed(contour, points, journey))
    slices, height, width = journey.target.shape
    landed[:, 2] = np.rint(landed[:, 2].mean())
    inside = np.all((landed[:, :2] >= -0.5) & (landed[:, :2] <= (width - 0.5, height - 0.5)), axis=1)
    if not 0 <= landed[0, 2] < slices or not (inside.any() or covered([landed[:, :2]], (height, width)).any()):
        return None
    return Contour(contour.number, journey.target.to_mm(landed), contour.kind)


def _drawn_again(contours: Sequence[Contour], journey: Journey) -> list[Contour]:
    """Return the outlines, on each slice of the result, of what curves enclose."""
    source, target = journey.source, journey.target
    shares = filled(contours, source)
    drawn = np.flatnonzero(shares.any(axis=(1, 2)))
    if len(drawn) > 1 and np.diff(drawn).min() > 1:
        raise LabelError(
            f"segment {contours[0].number} is drawn on no two slices side by side, and slices of the result cut across "
            "those between: draw them too, or leave out what moves across slices"
        )
    found = resample_volume(shares, journey.between(source, target), order="area")
    hidden = journey.hidden(target)
    if hidden is not None:
        found[hidden] = 0
    return outlines_of(found, target, contours[0].number)


def outlines_of(shares: NDArray[np.float32], grid: Grid, number: int) -> list[Contour]:
    """Return the closed curves around a segment, slice by slice."""
    curves = []
    for z in np.flatnonzero((shares >= 0.5).any(axis=(1, 2))):
        for curve in outlined(shares[z]):
            curves.append(Contour(number, grid.to_mm(np.column_stack([curve, np.full(len(curve), float(z))]))))
    return curves


def filled(contours: Sequence[Contour], grid: Grid) -> NDArray[np.float32]:
    """Return how much of each voxel curves enclose, by even and odd, (D, H, W), 0 to 1.

    Raises:
        LabelError: A curve lies neither on a slice nor beside one.
    """
    planes: dict[int, list[Array]] = {}
    for contour in contours:
        places = grid.to_index(contour.points)
        height = float(places[:, 2].mean())
        if np.abs(places[:, 2] - round(height)).max() > 0.5 + 1e-6:
            raise LabelError(
                f"a contour of segment {contour.number} does not lie in the slices of the image; contours drawn across "
                "them cannot be moved"
            )
        planes.setdefault(round(height), []).append(places[:, :2])
    shares = np.zeros(grid.shape, np.float32)
    for z, curves in planes.items():
        if 0 <= z < grid.shape[0]:
            shares[z] = covered(curves, grid.shape[1:])
    return shares


# -- points -------------------------------------------------------------------------------------------------


def _moved_landmarks(landmarks: Sequence[Landmark], journey: Journey) -> tuple[tuple[Landmark, ...], list[str]]:
    """Return the points that are in view, and the names of those that are not."""
    if not landmarks:
        return (), []
    landed = journey.landed(np.array([one.point for one in landmarks]))
    there = journey.target.holds(np.nan_to_num(landed, nan=np.inf))
    kept = tuple(
        replace(one, point=(float(x), float(y), float(z)))
        for one, (x, y, z), seen in zip(landmarks, landed, there, strict=True)
        if seen
    )
    return kept, [one.name for one, seen in zip(landmarks, there, strict=True) if not seen]
