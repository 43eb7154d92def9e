"""Rays by a tree of boxes, compiled by numba: what runs where Embree has no wheel.

The tree is split by the surface area heuristic over 16 bins (Wald 2007, "On fast construction of SAH-based bounding
volume hierarchies"); triangles are met as in Moeller and Trumbore 1997, in double precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.exact import met
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.rays import Hits

__all__ = ["TreeRays"]

_LEAF = 4
_BINS = 16
_DEEPEST = 96


class TreeRays:
    """Triangles in a tree of boxes."""

    exact = True

    def __init__(self, corners: Floats) -> None:
        """Build the tree; (faces, 3, 3) meters."""
        self._corners = np.ascontiguousarray(corners, np.float32)
        low, high = self._corners.min(axis=1), self._corners.max(axis=1)
        self._order, boxes, links, count = _grown(low, high)
        self._boxes, self._links = np.ascontiguousarray(boxes[:count]), np.ascontiguousarray(links[:count])
        self._points = np.ascontiguousarray(self._corners[self._order])

    def first(self, origins: Floats, directions: Floats) -> Hits:
        """Return what each ray meets first."""
        d = np.ascontiguousarray(directions, np.float32)
        o = np.ascontiguousarray(np.broadcast_to(origins, d.shape), np.float32)
        face, away = np.empty(len(d), np.int32), np.empty(len(d), np.float32)
        u, v = np.zeros(len(d), np.float32), np.zeros(len(d), np.float32)
        _first(self._boxes, self._links, self._points, self._order, o, d, face, away, u, v)
        return Hits(face, away, u, v)

    def blocked(self, origins: Floats, directions: Floats, reach: Floats) -> NDArray[np.bool_]:
        """Return whether each ray meets anything nearer than `reach`."""
        d = np.ascontiguousarray(directions, np.float32)
        o = np.ascontiguousarray(np.broadcast_to(origins, d.shape), np.float32)
        out = np.empty(len(d), np.bool_)
        _blocked(self._boxes, self._links, self._points, o, d, np.ascontiguousarray(reach, np.float32), out)
        return out


@compiled
def _area(box: Any) -> Any:
    """Return half the surface of a box, (low and high, 3)."""
    x, y, z = box[1, 0] - box[0, 0], box[1, 1] - box[0, 1], box[1, 2] - box[0, 2]
    return x * y + y * z + z * x


@compiled
def _emptied(box: Any) -> None:
    for axis in range(3):
        box[0, axis], box[1, axis] = np.float32(np.inf), np.float32(-np.inf)


@compiled
def _widened(box: Any, low: Any, high: Any) -> None:
    for axis in range(3):
        box[0, axis] = min(box[0, axis], low[axis])
        box[1, axis] = max(box[1, axis], high[axis])


@compiled
def _bin_of(value: Any, low: Any, factor: Any) -> Any:
    return int((value - low) * factor)


@compiled
def _cheapest(counts: Any, spans: Any, left: Any, run: Any) -> Any:
    """Return the least cost of a cut between bins, and the first bin right of it; infinity where none parts them."""
    best_cost, best_bin = np.float32(np.inf), 0
    _emptied(run)
    seen = 0
    for b in range(_BINS - 1):
        seen += counts[b]
        if counts[b]:
            _widened(run, spans[b, 0], spans[b, 1])
        left[b] = _area(run) * seen if seen else np.float32(-1)
    _emptied(run)
    seen = 0
    for b in range(_BINS - 1, 0, -1):
        seen += counts[b]
        if counts[b]:
            _widened(run, spans[b, 0], spans[b, 1])
        if seen == 0 or left[b - 1] < np.float32(0):
            continue
        cost = np.float32(left[b - 1] + _area(run) * seen)
        if cost < best_cost:
            best_cost, best_bin = cost, b
    return best_cost, best_bin


@compiled
def _cut(order: Any, begin: Any, end: Any, low: Any, high: Any, middle: Any, middles: Any) -> Any:
    """Return the axis, the first bin to the right and the bins per meter of the best cut; axis -1 for none."""
    counts, spans = np.empty(_BINS, np.int64), np.empty((_BINS, 2, 3), np.float32)
    left, run = np.empty(_BINS, np.float32), np.empty((2, 3), np.float32)
    best_cost, best_axis, best_bin, best_factor = np.float32(np.inf), -1, 0, np.float32(0)
    for axis in range(3):
        width = middles[1, axis] - middles[0, axis]
        if width <= np.float32(1e-7):
            continue
        factor = np.float32(_BINS * 0.9999) / width
        counts[:] = 0
        for b in range(_BINS):
            _emptied(spans[b])
        for i in range(begin, end):
            k = order[i]
            b = _bin_of(middle[k, axis], middles[0, axis], factor)
            counts[b] += 1
            _widened(spans[b], low[k], high[k])
        cost, b = _cheapest(counts, spans, left, run)
        if cost < best_cost:
            best_cost, best_axis, best_bin, best_factor = cost, axis, b, factor
    return best_axis, best_bin, best_factor


@compiled
def _parted(order: Any, begin: Any, end: Any, values: Any, low: Any, factor: Any, first: Any) -> Any:
    """Put triangles of bins before `first` before the others; return where the others begin."""
    i, j = begin, end - 1
    while i <= j:
        if _bin_of(values[order[i]], low, factor) < first:
            i += 1
        else:
            order[i], order[j] = order[j], order[i]
            j -= 1
    return i


@compiled
def _grown(low: Any, high: Any) -> Any:
    """Return the order of triangles in leaves, the boxes of nodes (6), their links, and how many nodes there are.

    A node's link is (first child, -1), its second child next to the first, or (first triangle, how many).
    """
    n = len(low)
    order = np.arange(n).astype(np.int32)
    middle = ((low + high) * np.float32(0.5)).astype(np.float32)
    boxes = np.empty((2 * n + 1, 6), np.float32)
    links = np.empty((2 * n + 1, 2), np.int32)
    todo = np.empty((2 * _DEEPEST + n + 2, 3), np.int32)
    todo[0, 0], todo[0, 1], todo[0, 2] = 0, 0, n
    waiting, count = 1, 1
    box, middles = np.empty((2, 3), np.float32), np.empty((2, 3), np.float32)
    while waiting:
        waiting -= 1
        node, begin, end = todo[waiting, 0], todo[waiting, 1], todo[waiting, 2]
        _emptied(box)
        _emptied(middles)
        for i in range(begin, end):
            _widened(box, low[order[i]], high[order[i]])
            _widened(middles, middle[order[i]], middle[order[i]])
        for axis in range(3):
            boxes[node, axis], boxes[node, 3 + axis] = box[0, axis], box[1, axis]
        if end - begin <= _LEAF:
            links[node, 0], links[node, 1] = begin, end - begin
            continue
        axis, first, factor = _cut(order, begin, end, low, high, middle, middles)
        if axis < 0:
            split = (begin + end) // 2
        else:
            split = _parted(order, begin, end, middle[:, axis], middles[0, axis], factor, first)
        links[node, 0], links[node, 1] = count, -1
        todo[waiting, 0], todo[waiting, 1], todo[waiting, 2] = count, begin, split
        todo[waiting + 1, 0], todo[waiting + 1, 1], todo[waiting + 1, 2] = count + 1, split, end
        waiting += 2
        count += 2
    return order, boxes, links, count


@compiled
def _enter(boxes: Any, node: Any, ox: Any, oy: Any, oz: Any, ix: Any, iy: Any, iz: Any, far: Any) -> Any:
    """Return how far along the ray it enters a node's box, or infinity."""
    ax, bx = (boxes[node, 0] - ox) * ix, (boxes[node, 3] - ox) * ix
    ay, by = (boxes[node, 1] - oy) * iy, (boxes[node, 4] - oy) * iy
    az, bz = (boxes[node, 2] - oz) * iz, (boxes[node, 5] - oz) * iz
    near = max(max(min(ax, bx), min(ay, by)), max(min(az, bz), np.float32(0)))
    away = min(min(max(ax, bx), max(ay, by)), min(max(az, bz), np.float32(far)))
    slack = np.float32(1.000002)
    return near if near <= away * slack else np.float32(np.inf)


@compiled
def _safe(d: Any) -> Any:
    """Return 1 / d, and something huge of its sign for what is too small."""
    tiny = np.float32(1e-18)
    return np.float32(1) / (d if abs(d) > tiny else (tiny if d >= np.float32(0) else -tiny))


@compiled
def _first(
    boxes: Any,
    links: Any,
    points: Any,
    order: Any,
    origins: Any,
    directions: Any,
    face: Any,
    away: Any,
    us: Any,
    vs: Any,
) -> None:
    stack = np.empty(_DEEPEST * 2, np.int32)
    at = np.empty(_DEEPEST * 2, np.float32)
    for r in range(len(directions)):
        ox, oy, oz = origins[r, 0], origins[r, 1], origins[r, 2]
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        ix, iy, iz = _safe(dx), _safe(dy), _safe(dz)
        best, found, bu, bv = np.inf, np.int32(-1), 0.0, 0.0
        depth = 1
        stack[0], at[0] = 0, _enter(boxes, 0, ox, oy, oz, ix, iy, iz, best)
        while depth:
            depth -= 1
            if at[depth] > best * 1.000002:  # boxes are entered in single precision
                continue
            node = stack[depth]
            first, many = links[node, 0], links[node, 1]
            if many >= 0:
                for k in range(first, first + many):
                    t, u, v = met(points, k, ox, oy, oz, dx, dy, dz)
                    if t < best or (t == best and t < np.inf and order[k] < found):
                        best, found, bu, bv = t, order[k], u, v
                continue
            a = _enter(boxes, first, ox, oy, oz, ix, iy, iz, best)
            b = _enter(boxes, first + 1, ox, oy, oz, ix, iy, iz, best)
            near, far, na, nb = (first, first + 1, a, b) if a <= b else (first + 1, first, b, a)
            if nb < np.float32(np.inf):
                stack[depth], at[depth] = far, nb
                depth += 1
            if na < np.float32(np.inf):
                stack[depth], at[depth] = near, na
                depth += 1
        face[r], away[r], us[r], vs[r] = found, best, bu, bv


@compiled
def _blocked(boxes: Any, links: Any, points: Any, origins: Any, directions: Any, reach: Any, out: Any) -> None:
    stack = np.empty(_DEEPEST * 2, np.int32)
    for r in range(len(directions)):
        ox, oy, oz = origins[r, 0], origins[r, 1], origins[r, 2]
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        ix, iy, iz = _safe(dx), _safe(dy), _safe(dz)
        limit, hit, depth = reach[r], False, 1
        stack[0] = 0
        while depth and not hit:
            depth -= 1
            node = stack[depth]
            if _enter(boxes, node, ox, oy, oz, ix, iy, iz, limit) == np.float32(np.inf):
                continue
            first, many = links[node, 0], links[node, 1]
            if many >= 0:
                for k in range(first, first + many):
                    if met(points, k, ox, oy, oz, dx, dy, dz)[0] < limit:
                        hit = True
                        break
                continue
            stack[depth], stack[depth + 1] = first, first + 1
            depth += 2
        out[r] = hit
