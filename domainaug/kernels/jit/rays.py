"""Compiled rays: see `domainaug.kernels.rays`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["joseph", "siddon"]


@compiled(fastmath={"contract"}, borrows=True)
def _longest(d: Any) -> Any:
    """Return the axis that a direction follows most."""
    if abs(d[0]) >= abs(d[1]) and abs(d[0]) >= abs(d[2]):
        return 0
    return 1 if abs(d[1]) >= abs(d[2]) else 2


@compiled(fastmath={"contract"}, borrows=True)
def _clip(start: Any, step: Any, last: Any, low: Any, high: Any) -> Any:
    """Return the part of [low, high] in which start + k * step lies within [0, last]; empty is low > high."""
    if step == 0.0:
        return (low, high) if 0.0 <= start <= last else (1.0, 0.0)
    one, other = -start / step, (last - start) / step
    return max(low, min(one, other)), min(high, max(one, other))


@compiled(fastmath={"contract"}, borrows=True)
def joseph(
    padded: Any, source: Any, corner: Any, across: Any, down: Any, to_mm: Any, out: Any, begin: Any, end: Any
) -> None:
    """Write the integrals of rows begin to end; the volume's outermost voxels are 0."""
    depth, height, width, _ = padded.shape
    flat = padded.reshape(-1)
    wide = (2, 2 * width, 2 * width * height)
    sizes = (width, height, depth)
    for row in range(begin, end):
        for column in range(out.shape[1]):
            dx = corner[0] + row * down[0] + column * across[0] - source[0]
            dy = corner[1] + row * down[1] + column * across[1] - source[1]
            dz = corner[2] + row * down[2] + column * across[2] - source[2]
            direction = (dx, dy, dz)
            along = _longest(direction)
            if direction[along] == 0.0:
                continue
            one, other = (1, 2) if along == 0 else ((0, 2) if along == 1 else (0, 1))
            step_one = direction[one] / direction[along]
            step_other = direction[other] / direction[along]
            from_one = source[one] - source[along] * step_one
            from_other = source[other] - source[along] * step_other
            ahead = source[along] + direction[along]
            low = max(0.0, min(source[along], ahead))
            high = min(sizes[along] - 1.0, max(source[along], ahead))
            low, high = _clip(from_one, step_one, sizes[one] - 1.000001, low, high)
            if low <= high:
                low, high = _clip(from_other, step_other, sizes[other] - 1.000001, low, high)
            if not low <= high:
                continue
            first, last = math.ceil(low), math.floor(high)
            stride, stride_one, stride_other = wide[along], wide[one], wide[other]
            water, bone = np.float32(0.0), np.float32(0.0)
            for k in range(first, last + 1):
                place_one, place_other = from_one + k * step_one, from_other + k * step_other
                a, b = min(max(int(place_one), 0), sizes[one] - 2), min(max(int(place_other), 0), sizes[other] - 2)
                u, v = np.float32(place_one - a), np.float32(place_other - b)
                at = k * stride + a * stride_one + b * stride_other
                w11 = u * v
                w10 = u - w11
                w01 = v - w11
                w00 = np.float32(1.0) - u - w01
                water += (
                    w00 * flat[at] + w10 * flat[at + stride_one] + w01 * flat[at + stride_other]
                    + w11 * flat[at + stride_one + stride_other]
                )  # fmt: skip
                bone += (
                    w00 * flat[at + 1] + w10 * flat[at + stride_one + 1] + w01 * flat[at + stride_other + 1]
                    + w11 * flat[at + stride_one + stride_other + 1]
                )  # fmt: skip
            step = np.float32(_millimeters(to_mm, dx, dy, dz) / abs(direction[along]))
            out[row, column, 0] = water * step
            out[row, column, 1] = bone * step


@compiled(fastmath={"contract"}, borrows=True)
def _millimeters(to_mm: Any, dx: Any, dy: Any, dz: Any) -> Any:
    x = to_mm[0, 0] * dx + to_mm[0, 1] * dy + to_mm[0, 2] * dz
    y = to_mm[1, 0] * dx + to_mm[1, 1] * dy + to_mm[1, 2] * dz
    z = to_mm[2, 0] * dx + to_mm[2, 1] * dy + to_mm[2, 2] * dz
    return math.sqrt(x * x + y * y + z * z)


@compiled(fastmath={"contract"}, borrows=True)
def _begun(start: Any, step: Any, share: Any, size: Any) -> Any:
    """Return the voxel in which a ray is, the share at which it leaves it, and shares from voxel to voxel."""
    place = start + share * step
    voxel = min(max(math.floor(place), 0), size - 1)
    if step == 0.0:
        return voxel, np.inf, np.inf
    leaving = (voxel + (1 if step > 0.0 else 0) - start) / step
    return voxel, leaving, abs(1.0 / step)


@compiled(fastmath={"contract"}, borrows=True)
def _share_inside(voxels: Any, source: Any, dx: Any, dy: Any, dz: Any) -> Any:
    """Return the share of one ray that is inside."""
    depth, height, width = voxels.shape
    low, high = _clip(source[0], dx, float(width), 0.0, 1.0)
    low, high = _clip(source[1], dy, float(height), low, high)
    low, high = _clip(source[2], dz, float(depth), low, high)
    if not low < high:
        return 0.0
    x, next_x, each_x = _begun(source[0], dx, low, width)
    y, next_y, each_y = _begun(source[1], dy, low, height)
    z, next_z, each_z = _begun(source[2], dz, low, depth)
    share, inside = low, 0.0
    while share < high and 0 <= x < width and 0 <= y < height and 0 <= z < depth:
        leave = min(next_x, next_y, next_z, high)
        if voxels[z, y, x] and leave > share:
            inside += leave - share
        share = max(share, leave)
        if next_x <= leave:
            x += 1 if dx > 0 else -1
            next_x += each_x
        if next_y <= leave:
            y += 1 if dy > 0 else -1
            next_y += each_y
        if next_z <= leave:
            z += 1 if dz > 0 else -1
            next_z += each_z
    return inside


@compiled(fastmath={"contract"}, borrows=True)
def siddon(
    voxels: Any, source: Any, corner: Any, across: Any, down: Any, to_mm: Any, out: Any, begin: Any, end: Any
) -> None:
    """Write the lengths of rows begin to end."""
    for row in range(begin, end):
        for column in range(out.shape[1]):
            dx = corner[0] + row * down[0] + column * across[0] - source[0]
            dy = corner[1] + row * down[1] + column * across[1] - source[1]
            dz = corner[2] + row * down[2] + column * across[2] - source[2]
            inside = _share_inside(voxels, source, dx, dy, dz)
            if inside > 0.0:
                out[row, column] = inside * _millimeters(to_mm, dx, dy, dz)
