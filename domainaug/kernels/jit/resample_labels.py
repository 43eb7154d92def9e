"""Label masks through a map: a vote of the eight voxels around."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.resample_linear import gather
from domainaug.kernels.jit.resample_rows import SPAN, lattice_plane, locate, row_pieces

__all__ = ["vote_rows"]

i32, f32 = np.int32, np.float32
TIE = f32(1e-4)  # as in the plain engine
LAST = np.int64(2**62)  # beyond every label


@compiled
def vote_rows(
    flat: Any, frame: Any, out: Any, begin: int, end: int, matrix: Any, mesh: Any, edges: Any, held: bool, fill: Any,
    index: Any, pairs: Any, corners: Any,
) -> None:  # fmt: skip
    """Give rows begin to end the label that most of the eight voxels around have.

    Args as in `resample_nearest.nearest_rows` and `linear_rows`; `fill` is an int64.
    """
    depth, height, width = frame[0], frame[1], frame[2]
    rows, columns = out.shape[1], out.shape[2]
    share, seen = np.empty((3, SPAN), np.float32), np.empty(SPAN, np.int32)
    wx, wy, wz = share[0], share[1], share[2]
    plane, poly = np.empty(mesh.shape[1:], np.float64), np.empty(12 * (edges.size - 1), np.float64)
    taps = np.empty(4, np.float64)
    below, behind = width * min(1, height - 1), height * width * min(1, depth - 1)
    before = -1
    for row in range(begin, end):
        z, y = row // rows, row % rows
        if mesh.size and z != before:
            lattice_plane(mesh, plane, z, out.shape[0], taps)
        before = z
        row_pieces(plane, edges, matrix, z, y, rows, taps, poly)
        for x in range(0, columns, SPAN):
            n = min(SPAN, columns - x)
            locate(poly, edges, x, n, frame, held, index, share, seen)
            gather(flat, index, n, 0, below, pairs, 0)
            gather(flat, index, n, behind, below, pairs, 2)
            _elect(corners, n, wx, wy, wz, seen, fill, out[z, y, x : x + n])


@compiled
def _elect(corners: Any, n: int, wx: Any, wy: Any, wz: Any, seen: Any, fill: Any, out: Any) -> None:
    """Write the winner of each voxel; where all eight agree, and that is nearly everywhere, at once."""
    votes, shares = np.empty(8, np.int64), np.empty(8, np.float32)
    for i in range(i32(n)):
        left, right = i32(2) * i, i32(2) * i + i32(1)
        first = corners[0, left]
        same = (corners[0, right] == first) & (corners[1, left] == first) & (corners[1, right] == first)
        same &= (corners[2, left] == first) & (corners[2, right] == first)
        same &= (corners[3, left] == first) & (corners[3, right] == first)
        if seen[i] == i32(0):
            out[i] = fill
        elif same:
            out[i] = first
        else:
            other, two = first, True
            for k in range(4):
                votes[2 * k], votes[2 * k + 1] = corners[k, left], corners[k, right]
            for k in range(1, 8):
                other = votes[k] if other == first else other
                two &= (votes[k] == first) | (votes[k] == other)
            ux, uy, uz = f32(1) - wx[i], f32(1) - wy[i], f32(1) - wz[i]
            for k in range(4):
                across = (wy[i] if k & 1 else uy) * (wz[i] if k & 2 else uz)
                shares[2 * k], shares[2 * k + 1] = across * ux, across * wx[i]
            out[i] = _better(votes, shares, first, other, fill) if two else _winner(votes, shares, fill)


@compiled
def _better(votes: Any, shares: Any, first: int, other: int, fill: int) -> int:
    """Return the winner of two labels, by the rules of `_winner`: an edge, which is where most disagree."""
    support, rest = f32(0), f32(0)
    for k in range(8):
        mine = votes[k] == first
        support += shares[k] if mine else f32(0)
        rest += f32(0) if mine else shares[k]
    most = max(support, rest) - TIE
    winner: Any = LAST
    if support >= most and first != fill:
        winner = first
    if rest >= most and other != fill:
        winner = min(winner, other)
    return int(fill if winner == LAST else winner)


@compiled
def _winner(votes: Any, shares: Any, fill: int) -> int:
    """Return the label with most weight; of labels that tie the lowest, and the background only before no other."""
    support, most = np.zeros(8, np.float32), f32(0)
    for k in range(8):
        for other in range(8):
            if votes[other] == votes[k]:
                support[k] += shares[other]
        most = max(most, support[k])
    winner = LAST
    for k in range(8):
        if support[k] >= most - TIE and votes[k] != fill:
            winner = min(winner, votes[k])
    return int(fill if winner == LAST else winner)
