"""Label masks through a map: a vote of the eight voxels around.

As in pictures, one comparison tells where the eight have one label, and only elsewhere anything is weighed: all
places between two labels at once, those between more one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.quads import CHUNK, differing, fetch
from domainaug.kernels.jit.resample_rows import SPAN, lattice_plane, locate, row_pieces

__all__ = ["vote_rows"]

i32, i64, f32 = np.int32, np.int64, np.float32
NONE, WHOLE = f32(0), f32(1)
TIE = f32(1e-4)  # as in the plain engine
LAST = np.int64(2**62)  # beyond every label


@compiled
def vote_rows(
    flat: Any, frame: Any, out: Any, begin: int, end: int, matrix: Any, mesh: Any, edges: Any, held: bool, fill: int,
    flip: int, ones: Any, index: Any,
) -> None:  # fmt: skip
    """Give rows begin to end the label that most of the eight voxels around have.

    The arguments are those of `resample_nearest.nearest_rows`, but `frame` is (6,), the output's shape after the
    input's, and `out` is flat. `fill` is counted from the least label of the type; `flip`, 0 or the bit of the sign,
    makes such counts of bits; `ones` is what is in `quads.ONES`.
    """
    height, width, depth, rows, columns = frame[1], frame[2], frame[3], frame[4], frame[5]
    share, seen = np.empty((3, SPAN), np.float32), np.empty(SPAN, np.int32)
    plane, poly = np.empty(mesh.shape[1:], np.float64), np.empty(12 * (edges.size - 1), np.float64)
    taps, support, votes = np.empty(4, np.float64), np.empty(8, np.float32), np.empty(8, np.int64)
    near, far, where = np.full(SPAN + CHUNK, ones), np.full(SPAN, ones), np.empty(SPAN + 1, np.int32)
    corners, least, most = np.zeros((8, SPAN), flat.dtype), np.zeros(SPAN, flat.dtype), np.zeros(SPAN, flat.dtype)
    part, two = np.empty((3, SPAN), np.float32), np.empty(SPAN, np.float32)
    below, behind = width * min(1, height - 1), height * width * min(1, frame[0] - 1)
    before, outside = -1, flat.dtype.type(fill ^ flip) * ones
    for row in range(begin, end):
        z, y = row // rows, row % rows
        if mesh.size and z != before:
            lattice_plane(mesh, plane, z, depth, taps)
        before = z
        row_pieces(plane, edges, matrix, z, y, rows, taps, poly)
        for x in range(0, columns, SPAN):
            n, to = min(SPAN, columns - x), row * columns + x
            locate(poly, edges, x, n, frame, held, index, share, seen)
            fetch(flat, 0, below, index, n, near)
            fetch(flat, behind, below, index, n, far)
            _join(near, far, n, seen, outside)
            count = differing(near, ones, n, out, to, where)
            _collect(flat, index, below, behind, flip, where, count, share, corners, part)
            _settle(corners, part, count, fill, least, most, two)
            for j in range(count):
                winner: Any = i64(least[j])
                if two[j] == NONE:
                    winner = _winner(corners, part, j, fill, votes, support)
                out[to + where[j]] = winner ^ flip


@compiled
def _join(near: Any, far: Any, n: int, seen: Any, outside: Any) -> None:
    """Make four labels of eight: all alike where these are, and not alike where they are not."""
    for i in range(np.uintp(n)):
        both = near[i] if near[i] == far[i] else near.dtype.type(1)
        near[i] = both if seen[i] != i32(0) else outside


@compiled
def _collect(
    flat: Any, index: Any, below: int, behind: int, flip: int, where: Any, count: int, share: Any, corners: Any,
    part: Any,
) -> None:  # fmt: skip
    """Bring together what there is to weigh: eight labels, in order as counts, and three shares for each place."""
    label = flat.dtype.type
    turn = label(flip)
    for j in range(np.uintp(count)):
        i = np.uintp(where[j])
        k = i64(index[i])
        for corner in range(8):
            at = k + (corner & 1) + (below if corner & 2 else 0) + (behind if corner & 4 else 0)
            corners[corner, j] = flat[at] ^ turn
        part[0, j], part[1, j], part[2, j] = share[0, i], share[1, i], share[2, i]


@compiled
def _settle(corners: Any, part: Any, n: int, fill: int, least: Any, most: Any, two: Any) -> None:
    """Write into `least` who wins between two labels, the rules being those of `_winner`; into `two` if it is two."""
    for j in range(np.uintp(n)):
        low, high = corners[0, j], corners[0, j]
        for corner in range(1, 8):
            v = corners[corner, j]
            low, high = (v if v < low else low), (v if v > high else high)
        least[j], most[j] = low, high
    ground = corners.dtype.type(fill)
    for j in range(np.uintp(n)):
        low, high, x, y, z = least[j], most[j], part[0, j], part[1, j], part[2, j]
        known = WHOLE
        for corner in range(8):
            v = corners[corner, j]
            known = known if (v == low) | (v == high) else NONE
        a = _between(corners[0, j], corners[1, j], high, x)
        b = _between(corners[2, j], corners[3, j], high, x)
        c = _between(corners[4, j], corners[5, j], high, x)
        d = _between(corners[6, j], corners[7, j], high, x)
        a, c = a + y * (b - a), c + y * (d - c)
        support = a + z * (c - a)
        rest = WHOLE - support
        winner = high if (rest < support - TIE) | (low == ground) else low
        none = (winner == ground) | ((winner == high) & (support < rest - TIE))
        least[j], two[j] = ground if none else winner, known


@compiled(inline=True)
def _between(one: Any, other: Any, label: Any, weight: Any) -> Any:
    """Return how much of what lies between two voxels a label has."""
    a, b = (WHOLE if one == label else NONE), (WHOLE if other == label else NONE)
    return a + weight * (b - a)


@compiled
def _winner(corners: Any, part: Any, j: int, fill: int, votes: Any, support: Any) -> int:
    """Return the label with most weight; of labels that tie the lowest, and the background only before no other."""
    x, y, z = part[0, j], part[1, j], part[2, j]
    for k in range(8):
        votes[k], support[k] = corners[k, j], NONE
    for other in range(8):
        weight = (x if other & 1 else WHOLE - x) * (y if other & 2 else WHOLE - y) * (z if other & 4 else WHOLE - z)
        for k in range(8):
            support[k] += weight if votes[other] == votes[k] else NONE
    most = NONE
    for k in range(8):
        most = support[k] if support[k] > most else most
    winner = LAST
    for k in range(8):
        if support[k] >= most - TIE and votes[k] != fill:
            winner = min(winner, votes[k])
    return int(fill if winner == LAST else winner)
