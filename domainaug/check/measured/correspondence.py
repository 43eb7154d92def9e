"""Where every part of the picture went: the map from a draw's coordinate masks or, without them, its pixels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.chart import Array, Probe
from domainaug.functionals import decompose, field_of_view

__all__ = [
    "Correspondence",
    "Fit",
    "fit_map",
    "from_masks",
    "geometry_of",
    "identity",
    "pull_back",
    "seen_share",
    "unreadable",
]

Points = NDArray[np.float64]

_JUMP = 8.0  # px between neighbors beyond which a map is torn
_LATTICE = 40  # the map is sampled at about this many places a side


@dataclass(frozen=True, slots=True, eq=False)
class Correspondence:
    """The map of one draw.

    Attributes:
        forward: (3, 3) map from input to output pixels.
        source: (h, w, 2) float32: the input pixel (x, y) each output pixel shows.
        seen: (h, w): whether an output pixel shows the input at a place the map explains.
        empty: (h, w): whether an output pixel lies where the map finds nothing of the input.
        still: Whether nothing moved.
        values: The geometric effects.
        withheld: Geometric effects that could not be judged.
        problem: Why no map was found, or None.
    """

    forward: Points
    source: Array
    seen: NDArray[np.bool_]
    empty: NDArray[np.bool_]
    still: bool
    values: dict[str, float] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    problem: str | None = None

    def warp(self, picture: Array) -> Array:
        """Return what `picture` (h, w, c) must look like after the map, (h', w', c)."""
        if self.still:
            return picture
        x, y = self.source[..., 0], self.source[..., 1]
        if np.array_equal(x, np.rint(x)) and np.array_equal(y, np.rint(y)):
            columns = np.clip(x, 0, picture.shape[1] - 1).astype(np.intp)
            rows = np.clip(y, 0, picture.shape[0] - 1).astype(np.intp)
            return np.asarray(picture[rows, columns], np.float32)
        moved = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved if moved.ndim == 3 else moved[..., None], np.float32)

    def moved_by(self, away: Array) -> Correspondence:
        """Return the map with the picture moved by (h, w, 2) px beyond it."""
        rows, columns = self.seen.shape
        x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
        x, y = x - away[..., 0], y - away[..., 1]
        source = cv2.remap(self.source, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen = cv2.remap(self.seen.astype(np.float32), x, y, cv2.INTER_LINEAR) > 0.99
        return replace(self, source=source, seen=seen, still=False)

    def carry(self, labels: Array) -> NDArray[np.intp]:
        """Return where the numbered places of `labels` (h, w) lie in the output; 0 where nothing is seen."""
        x, y = self.source[..., 0], self.source[..., 1]
        moved = labels if self.still else cv2.remap(labels, x, y, cv2.INTER_NEAREST)
        return np.where(self.seen, moved, 0).astype(np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A projective map fitted to pairs of points.

    Attributes:
        forward: (3, 3), input to output pixels.
        residual: (n,) distance each pair departs from it, output pixels.
        projective: Whether an affine map did not do.
    """

    forward: Points
    residual: NDArray[np.float64]
    projective: bool


def identity(probe: Probe, seen: NDArray[np.bool_] | None = None) -> Correspondence:
    """Return the map of a draw that moved nothing."""
    rows, columns = probe.picture.shape[:2]
    source = np.stack(probe.masks, axis=-1) - 1
    kept = np.ones((rows, columns), np.bool_) if seen is None else seen
    values = geometry_of(np.eye(3), probe, (rows, columns))
    lost = float(1 - kept.mean())
    values |= {"field_of_view": 1 - lost, "outside": lost}
    return Correspondence(np.eye(3), source, kept, ~kept, True, values)


def unreadable(probe: Probe, shape: tuple[int, ...], problem: str) -> Correspondence:
    """Return a map that could not be found, and why."""
    nothing = np.zeros(shape, np.bool_)
    return Correspondence(np.eye(3), np.zeros((*shape[:2], 2), np.float32), nothing, ~nothing, False, problem=problem)


def from_masks(probe: Probe, masks: tuple[NDArray[np.generic], NDArray[np.generic]]) -> Correspondence:
    """Read the map from what became of the coordinate masks."""
    shape = masks[0].shape[0], masks[0].shape[1]
    x, y = (np.asarray(mask, np.float32).reshape(shape) - 1 for mask in masks)
    seen = (x > -0.5) & (y > -0.5)
    if seen.mean() < 0.01:
        return unreadable(probe, shape, "nothing of the picture is left in the frame")
    if shape == probe.gray.shape:
        home = probe.masks
        if not np.any(((x != home[0] - 1) | (y != home[1] - 1)) & seen):
            return identity(probe, seen)
    step = max(1, round(np.sqrt(x.size) / _LATTICE))
    v, u = np.arange(step // 2, shape[0], step), np.arange(step // 2, shape[1], step)
    places = np.stack([np.tile(u, len(v)), np.repeat(v, len(u))])
    hand, repeated = _hands(x, y, seen, places)
    usable = seen[places[1], places[0]] & (hand == _majority(hand)) & ~repeated
    if usable.sum() < 12:
        return unreadable(probe, shape, "too little of the picture is left to see where it went")
    into = places.T[usable].astype(np.float64)
    origin = np.stack([x[places[1], places[0]], y[places[1], places[0]]], axis=1)[usable].astype(np.float64)
    fit = fit_map(origin, into, rounding=0.41)
    torn = _is_torn(x, y, seen)
    whole = np.array_equal(x[seen], np.rint(x[seen]))
    return _finish(
        probe, fit, (x, y), seen, torn=torn, whole=whole, repeated=_share_repeated(hand, repeated, seen, places)
    )


def fit_map(origin: Points, into: Points, *, rounding: float) -> Fit:
    """Fit an affine map, or a projective one where that explains what an affine one leaves.

    Args:
        origin: (n, 2) input pixels.
        into: (n, 2) output pixels.
        rounding: Distance that pairs are off by their own precision, px.
    """
    affine, weight = _robust_affine(origin, into, rounding)
    forward: Points = np.vstack([affine, [0, 0, 1]])
    residual = _distance(forward, origin, into)
    size = max(1.0, float(np.sqrt(abs(np.linalg.det(affine[:, :2])))))
    if _rms(residual, weight) <= 1.2 * rounding * size:
        return Fit(forward, residual, False)
    keep = np.ones(len(origin), np.bool_)
    best = None
    for _ in range(3):
        if keep.sum() < 12:
            break
        found, _ = cv2.findHomography(origin[keep], into[keep], 0)
        if found is None:
            break
        left = _distance(found, origin, into)
        best = found, left
        keep = left <= max(4 * 1.4826 * float(np.median(left)), 3 * rounding * size)
    if best is not None and np.quantile(best[1], 0.9) < 0.7 * np.quantile(residual, 0.9):
        return Fit(best[0] / best[0][2, 2], best[1], True)
    return Fit(forward, residual, False)


def _robust_affine(origin: Points, into: Points, rounding: float) -> tuple[Points, NDArray[np.float64]]:
    middle = origin.mean(axis=0)
    design = np.concatenate([origin - middle, np.ones((len(origin), 1))], axis=1)
    weight = np.ones(len(origin))
    solved = np.zeros((3, 2))
    for _ in range(12):
        weighted = design * weight[:, None]
        solved = np.linalg.lstsq(weighted.T @ design, weighted.T @ into, rcond=None)[0]
        residual = np.linalg.norm(into - design @ solved, axis=1)
        spread = max(rounding, 1.4826 * float(np.median(residual)))
        # Cauchy weights: far pairs (reflected borders, folds) lose their say without a cut-off.
        fresh = 1 / (1 + (residual / (2.385 * spread)) ** 2)
        if np.abs(fresh - weight).max() < 1e-4:
            break
        weight = fresh
    linear = solved[:2].T
    return np.column_stack([linear, solved[2] - linear @ middle]), weight


def _distance(forward: Points, origin: Points, into: Points) -> NDArray[np.float64]:
    moved = np.column_stack([origin, np.ones(len(origin))]) @ forward.T
    depth = np.where(np.abs(moved[:, 2:]) < 1e-9, 1e-9, moved[:, 2:])
    return np.asarray(np.linalg.norm(moved[:, :2] / depth - into, axis=1))


def _rms(residual: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.sqrt((weight * residual**2).sum() / weight.sum()))


def _hands(
    x: Array, y: Array, seen: NDArray[np.bool_], places: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the sign of the map's Jacobian at each place (0 unknown), and where a border is smeared."""
    rows, columns = x.shape
    reach = 4
    left, right = np.maximum(places[0] - reach, 0), np.minimum(places[0] + reach, columns - 1)
    above, below = np.maximum(places[1] - reach, 0), np.minimum(places[1] + reach, rows - 1)
    known = seen[places[1], left] & seen[places[1], right] & seen[above, places[0]] & seen[below, places[0]]
    xu, yu = x[places[1], right] - x[places[1], left], y[places[1], right] - y[places[1], left]
    xv, yv = x[below, places[0]] - x[above, places[0]], y[below, places[0]] - y[above, places[0]]
    here_x, here_y = x[places[1], places[0]], y[places[1], places[0]]
    rim = (here_x < 1) | (here_y < 1) | (here_x > x[seen].max() - 1) | (here_y > y[seen].max() - 1)
    smeared = known & rim & (((xu == 0) & (xv == 0)) | ((yu == 0) & (yv == 0)))
    return np.where(known & ~smeared, np.sign(xu * yv - xv * yu), 0.0), smeared


def _majority(hand: NDArray[np.float64]) -> float:
    return 1.0 if (hand > 0).sum() >= (hand < 0).sum() else -1.0


def _share_repeated(
    hand: NDArray[np.float64], smeared: NDArray[np.bool_], seen: NDArray[np.bool_], places: NDArray[np.intp]
) -> float:
    known = seen[places[1], places[0]]
    return float(((hand == -_majority(hand)) | smeared)[known].sum() / max(1, hand.size))


def _is_torn(x: Array, y: Array, seen: NDArray[np.bool_]) -> bool:
    """Whether neighbors come from far apart along more than half a side."""
    torn = 0
    for axis in (0, 1):
        apart = np.hypot(np.diff(x, axis=axis), np.diff(y, axis=axis))
        both = seen.take(range(1, seen.shape[axis]), axis) & seen.take(range(seen.shape[axis] - 1), axis)
        if both.any():
            usual = float(np.median(apart[both]))
            torn += int((apart[both] > _JUMP + 4 * usual).sum())
    return bool(torn > 0.5 * min(x.shape))


def _finish(
    probe: Probe,
    fit: Fit,
    found: tuple[Array, Array],
    seen: NDArray[np.bool_],
    *,
    torn: bool,
    whole: bool,
    repeated: float,
) -> Correspondence:
    rows, columns = seen.shape
    values = geometry_of(fit.forward, probe, (rows, columns))
    raw = np.stack(found, axis=-1).astype(np.float32)
    if torn:
        withheld = frozenset(values) | {"local_warp", "field_of_view", "outside", "duplicated"}
        return Correspondence(fit.forward, raw, seen, ~seen, False, {"permutation": 1.0}, withheld)
    size = float(np.sqrt(abs(np.linalg.det(fit.forward[:2, :2]))))
    floor = 0.62 * max(size, 1.0) if whole else 0.05
    tail = float(np.quantile(fit.residual, 0.95))
    warped = tail > 1.25 * floor
    values["local_warp"] = np.sqrt(max(0.0, tail**2 - floor**2)) / probe.frame.side if warped else 0.0
    source, inside = _dense(fit, probe, raw, seen, warped=warped)
    kept = seen_share(probe, raw, seen & inside, fit.forward, exact=not warped)
    empty, ideal = float(1 - seen.mean()), overlap(fit.forward, probe, (rows, columns))[1]
    rim = 2 * max(1.0, size) / min(rows, columns)
    if not warped and abs(empty - ideal) < rim:
        empty, repeated = ideal, 0.0  # labels are looked up: their rim is coarse
    elif not warped and empty < ideal:
        repeated = ideal - empty
    values |= {"field_of_view": kept, "outside": empty, "duplicated": repeated}
    return Correspondence(fit.forward, source, seen & inside, ~(seen & inside), False, values)


def _dense(
    fit: Fit, probe: Probe, raw: Array, seen: NDArray[np.bool_], *, warped: bool
) -> tuple[Array, NDArray[np.bool_]]:
    """Return where each output pixel comes from, smooth, and whether that is inside the picture."""
    source = pull_back(fit.forward, seen.shape)
    trusted = np.ones(seen.shape, np.bool_)
    if warped:
        left = np.where(seen[..., None], raw - source, 0).astype(np.float32)
        share = cv2.boxFilter(seen.astype(np.float32), -1, (7, 7))
        smooth = cv2.boxFilter(left, -1, (7, 7)) / np.maximum(share, 0.05)[..., None]
        trusted = np.abs(left - smooth).max(axis=-1) < 2.5
        source = np.asarray(source + smooth, np.float32)
    rows, columns = probe.gray.shape
    inside = (source[..., 0] > -0.5) & (source[..., 0] < columns - 0.5)
    inside &= (source[..., 1] > -0.5) & (source[..., 1] < rows - 0.5)
    return source, inside & trusted


def pull_back(forward: Points, shape: tuple[int, ...]) -> Array:
    """Return the input pixel that each output pixel shows under a map, (h, w, 2) float32."""
    back = np.linalg.inv(forward)
    u, v = np.meshgrid(np.arange(shape[1], dtype=np.float64), np.arange(shape[0], dtype=np.float64))
    back = back / back[2, 2]
    x = back[0, 0] * u + back[0, 1] * v + back[0, 2]
    y = back[1, 0] * u + back[1, 1] * v + back[1, 2]
    if np.abs(back[2, :2]).max() > 1e-12:
        depth = back[2, 0] * u + back[2, 1] * v + 1
        depth = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        x, y = x / depth, y / depth
    source = np.stack([x, y], axis=-1)
    nearest = np.rint(source)
    if np.abs(source - nearest).max() < 1e-3:
        source = nearest  # pixels moved whole are looked up, not interpolated
    return source.astype(np.float32)


def seen_share(probe: Probe, source: Array, seen: NDArray[np.bool_], forward: Points, *, exact: bool) -> float:
    """Return the share of the input still in view: cells of it that some output pixel shows.

    Args:
        probe: What was shown.
        source: (h, w, 2) input pixel of each output pixel.
        seen: Which of them are true.
        forward: The fitted map; cells at the border are seen in part, and it says in what part.
        exact: Whether that map explains all.
    """
    rows, columns = probe.gray.shape
    size = float(np.sqrt(abs(np.linalg.det(forward[:2, :2]))))
    cell = max(4, int(np.ceil(2 / max(size, 0.05))))
    across, down = -(-columns // cell), -(-rows // cell)
    x, y = (source[..., k][seen].astype(np.intp) // cell for k in (0, 1))
    good = (x >= 0) & (x < across) & (y >= 0) & (y < down)
    found = float((np.bincount(y[good] * across + x[good], minlength=across * down) > 0).mean())
    if not exact:
        return found
    return min(found, overlap(forward, probe, seen.shape)[0])


def overlap(forward: Points, probe: Probe, shape: tuple[int, ...]) -> tuple[float, float]:
    """Return the share of the input that a pixel map keeps in the frame, and the share of the frame it leaves empty."""
    rows, columns = probe.gray.shape
    # Both frames as unit squares, so that a frame of another size or shape is cut as it is.
    enter = np.array([[columns, 0, (columns - 1) / 2], [0, rows, (rows - 1) / 2], [0, 0, 1]])
    leave = np.array([[1 / shape[1], 0, 0.5 / shape[1] - 0.5], [0, 1 / shape[0], 0.5 / shape[0] - 0.5], [0, 0, 1]])
    kept, empty = field_of_view((leave @ forward @ enter)[None])
    return float(kept[0]), float(empty[0])


def _in_frame(forward: Points, probe: Probe, shape: tuple[int, ...]) -> Points:
    """Return a pixel map in frame units; a crop (pixels keep their size) is one of scale 1."""
    rows, columns = probe.gray.shape
    side_in, side_out = np.sqrt(rows * columns), np.sqrt(shape[0] * shape[1])
    enter = np.array([[side_in, 0, (columns - 1) / 2], [0, side_in, (rows - 1) / 2], [0, 0, 1]])
    leave = np.array([[1, 0, -(shape[1] - 1) / 2], [0, 1, -(shape[0] - 1) / 2], [0, 0, side_out]])
    framed = leave @ forward @ enter
    framed /= framed[2, 2]
    size = np.sqrt(abs(np.linalg.det(forward[:2, :2])))
    if shape[:2] != (rows, columns) and abs(size - 1) < 0.004:
        framed[:2, :2] *= side_out / side_in
    return np.asarray(framed)


def on_grid(forward: Points, probe: Probe, shape: tuple[int, ...], *, within: float) -> Points:
    """Return the mirror or quarter turn that a pixel map departs from by less than `within` px, else the map."""
    rows, columns = probe.gray.shape
    corners = np.array([[0, 0, 1], [columns - 1, 0, 1], [0, rows - 1, 1], [columns - 1, rows - 1, 1.0]])
    linear = np.rint(forward[:2, :2])
    if not np.array_equal(np.abs(linear).sum(axis=0), [1, 1]) or not np.array_equal(np.abs(linear).sum(axis=1), [1, 1]):
        return forward
    middle_in, middle_out = np.array([columns - 1, rows - 1]) / 2, np.array([shape[1] - 1, shape[0] - 1]) / 2
    whole = np.eye(3)
    whole[:2, :2], whole[:2, 2] = linear, middle_out - linear @ middle_in
    if not np.array_equal(whole, np.rint(whole)):
        return forward
    moved, ideal = corners @ forward.T, corners @ whole.T
    apart = np.abs(moved[:, :2] / moved[:, 2:] - ideal[:, :2]).max()
    return whole if apart < within else forward


def geometry_of(forward: Points, probe: Probe, shape: tuple[int, ...]) -> dict[str, float]:
    """Return the effects of a pixel map on a probe whose output has that shape."""
    read = decompose(_in_frame(forward, probe, shape)[None], aspect=shape[1] / shape[0])
    return {name: float(column[0]) for name, column in read.items()}
