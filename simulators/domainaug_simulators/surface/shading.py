"""What a surface sends to the camera, compiled: matter below, facets above, lights of some size, no bounces.

Facets are those of B. Walter et al., Microfacet models for refraction (2007), GGX, with slopes about a mean that the
height map gives and a covariance that finish and fine slopes add up to (J. Dupuy et al., LEADR mapping, 2013). A light
is a few patches; the size of a patch widens the facets instead of being sampled.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["shade"]

_BLOCK: Final = 64  # samples that are worked on at a time: the loop over them becomes wide instructions
_PLACE: Final = 0  # where a block has what of its samples, each of three numbers but where it says otherwise
_ALONG: Final = 3
_UP: Final = 6
_NORMAL: Final = 9
_EYE: Final = 12  # direction to the camera by these axes
_ROUGH: Final = 15
_FACTOR: Final = 18
_SLOPE: Final = 21  # two
_STRETCH: Final = 23  # one, and the others too
_SHOWN: Final = 24
_THERE: Final = 25
_NUMBERS: Final = 26


@compiled
def shade(
    seen: Any, skin: Any, detail: Any, finish: Any, lights: Any, surround: Any, eye: Any, fine: Any, out: Any
) -> None:
    """Fill `out` (h, w, 4) with light toward the camera, and the share of the pixel that shows the part.

    Args:
        seen: (h fine, w fine, 12), as `seeing` fills it.
        skin: (H, W, 8) slopes (2), their covariance (xx, yy, xy), factors on what is given back (3).
        detail: mm from texel to texel.
        finish: Red, green, blue of matter and of facets, and the share of facets.
        lights: (n, 8) place, direction, radiance times mm², mm² of spread along an axis.
        surround: Radiance from every direction above the part, and of what lies behind it.
        eye: Height of the camera; 0 of a telecentric lens, which sees along its axis.
        fine: Samples in a pixel along an axis.
        out: (h, w, 4) float32.
    """
    block = np.empty((_NUMBERS, _BLOCK), np.float32)
    given = np.empty((2, _BLOCK), np.float32)
    texel = np.empty(8)
    out[:] = 0
    for i in range(seen.shape[0]):
        for begin in range(0, seen.shape[1], _BLOCK):
            count = min(_BLOCK, seen.shape[1] - begin)
            line = out[i // fine]
            if not _prepare(seen[i], begin, count, skin, detail, surround, eye, texel, block, given):
                for k in range(count):
                    for channel in range(3):
                        line[(begin + k) // fine, channel] += surround[1]
                continue
            for n in range(lights.shape[0]):
                _light_up(block, lights[n], given)
            for k in range(count):
                _collect(block, given, k, finish, surround[1], line[(begin + k) // fine])
    out *= np.float32(1.0 / (fine * fine))


@compiled
def _prepare(
    line: Any,
    begin: Any,
    count: Any,
    skin: Any,
    detail: Any,
    surround: Any,
    eye: Any,
    texel: Any,
    block: Any,
    given: Any,
) -> Any:
    """Fill a block with the samples of a piece of a row; return whether any shows the part.

    The third axis of a sample is where the second turned by the first points, or its opposite on a mirrored chart.
    """
    some = False
    for k in range(_BLOCK):
        given[0, k] = given[1, k] = 0
        shown = False
        if k < count:
            sample = line[begin + k]
            shown = sample[6] != 0 or sample[7] != 0 or sample[8] != 0
        if not shown:
            for number in range(_NUMBERS):
                block[number, k] = 0
            block[_ROUGH, k] = block[_ROUGH + 1, k] = block[_NORMAL + 2, k] = block[_EYE + 2, k] = 1
            continue
        some = True
        _look_up(skin, sample[9], sample[10], detail, texel)
        nx, ny, nz = sample[6], sample[7], sample[8]
        tx, ty, tz, hand = sample[3], sample[4], sample[5], sample[11]
        bx, by, bz = hand * (ny * tz - nz * ty), hand * (nz * tx - nx * tz), hand * (nx * ty - ny * tx)
        stretch = 1.0 / np.sqrt(1 + texel[0] * texel[0] + texel[1] * texel[1])
        vx, vy, vz = (-sample[0], -sample[1], eye - sample[2]) if eye != 0 else (0.0, 0.0, 1.0)
        length = np.sqrt(vx * vx + vy * vy + vz * vz)
        vx, vy, vz = vx / length, vy / length, vz / length
        ox, oy = vx * tx + vy * ty + vz * tz, vx * bx + vy * by + vz * bz
        oz = max(vx * nx + vy * ny + vz * nz, 1e-3)
        facing = max((oz - texel[0] * ox - texel[1] * oy) * stretch, 0.02)
        for axis in range(3):
            block[_PLACE + axis, k], block[_NORMAL + axis, k] = sample[axis], sample[6 + axis]
            block[_ALONG + axis, k], block[_FACTOR + axis, k] = sample[3 + axis], texel[5 + axis]
            block[_ROUGH + axis, k] = texel[2 + axis]
        block[_UP, k], block[_UP + 1, k], block[_UP + 2, k] = bx, by, bz
        block[_SLOPE, k], block[_SLOPE + 1, k], block[_STRETCH, k] = texel[0], texel[1], stretch
        block[_EYE, k], block[_EYE + 1, k], block[_EYE + 2, k] = ox, oy, oz
        block[_SHOWN, k] = _masked(ox, oy, oz, texel) * stretch / (4 * facing)
        block[_THERE, k] = 1
        if surround[0] > 0:  # a dome above; the table below is dark
            up = (nz - texel[0] * tz - texel[1] * bz) * stretch
            given[0, k] = surround[0] * (1 + up) / 2
            mirror = min(max(2 * facing * up - vz, -1.0), 1.0)
            given[1, k] = surround[0] * _mirrored(mirror, tz + texel[0], bz + texel[1], texel)
    return some


@compiled
def _light_up(block: Any, light: Any, given: Any) -> None:
    """Add what one patch of light sends by matter and by facets of a reflectance of 1, to every sample of a block."""
    one, two = np.float32(1), np.float32(2)
    place_x, place_y, place_z = np.float32(light[0]), np.float32(light[1]), np.float32(light[2])
    facing_x, facing_y, facing_z = np.float32(light[3]), np.float32(light[4]), np.float32(light[5])
    strength, spread = np.float32(light[6]), np.float32(light[7] / 2)
    for k in range(_BLOCK):
        lx, ly, lz = place_x - block[_PLACE, k], place_y - block[_PLACE + 1, k], place_z - block[_PLACE + 2, k]
        near = one / np.sqrt(lx * lx + ly * ly + lz * lz)
        lx, ly, lz = lx * near, ly * near, lz * near
        gives = -(lx * facing_x + ly * facing_y + lz * facing_z)
        ix = lx * block[_ALONG, k] + ly * block[_ALONG + 1, k] + lz * block[_ALONG + 2, k]
        iy = lx * block[_UP, k] + ly * block[_UP + 1, k] + lz * block[_UP + 2, k]
        iz = lx * block[_NORMAL, k] + ly * block[_NORMAL + 1, k] + lz * block[_NORMAL + 2, k]
        slope_x, slope_y = block[_SLOPE, k], block[_SLOPE + 1, k]
        lit = (iz - slope_x * ix - slope_y * iy) * block[_STRETCH, k]
        seen = (gives > 0) & (lit > 0) & (iz > np.float32(1e-3))
        power = strength * gives * near * near if seen else np.float32(0)
        iz = max(iz, np.float32(1e-3))
        steep = one / (iz + block[_EYE + 2, k])
        hx, hy = (ix + block[_EYE, k]) * steep, (iy + block[_EYE + 1, k]) * steep
        level = one + hx * hx + hy * hy
        x, y = -hx - slope_x, -hy - slope_y
        wide = spread * near * near  # slopes move by half of the angle; square widths are twice variances
        xx, yy, xy = block[_ROUGH, k], block[_ROUGH + 1, k], block[_ROUGH + 2, k]
        rough = two * (xx * ix * ix + yy * iy * iy + two * xy * ix * iy) / (iz * iz)
        reached = two / (one + np.sqrt(one + max(rough, np.float32(0))))
        xx, yy, xy = two * xx + wide, two * yy + wide, two * xy
        det = max(xx * yy - xy * xy, np.float32(1e-12))
        off = one + (yy * x * x + xx * y * y - two * xy * x * y) / det
        density = level * level / (np.float32(np.pi) * np.sqrt(det) * off * off)
        given[0, k] += power * lit * np.float32(1 / np.pi)
        given[1, k] += power * density * reached * block[_SHOWN, k]


@compiled
def _collect(block: Any, given: Any, k: Any, finish: Any, behind: Any, pixel: Any) -> None:
    """Add a sample of a block to its pixel."""
    if block[_THERE, k] == 0:
        for channel in range(3):
            pixel[channel] += behind
        return
    matter, facets = (1 - finish[6]) * given[0, k], finish[6] * given[1, k]
    for channel in range(3):
        pixel[channel] += block[_FACTOR + channel, k] * (finish[channel] * matter + finish[3 + channel] * facets)
    pixel[3] += 1


@compiled
def _look_up(skin: Any, right: Any, up: Any, detail: Any, texel: Any) -> None:
    """Fill `texel` with the skin at a place of the chart, between four texels."""
    height, width = skin.shape[:2]
    x = min(max(right / detail + width / 2 - 0.5, 0.0), width - 1.0)
    y = min(max(height / 2 - up / detail - 0.5, 0.0), height - 1.0)
    left, top = min(int(x), width - 2), min(int(y), height - 2)
    fx, fy = x - left, y - top
    for k in range(8):
        above = skin[top, left, k] * (1 - fx) + skin[top, left + 1, k] * fx
        below = skin[top + 1, left, k] * (1 - fx) + skin[top + 1, left + 1, k] * fx
        texel[k] = above * (1 - fy) + below * fy


@compiled
def _mirrored(height: Any, x: Any, y: Any, texel: Any) -> Any:
    """Return how much of a dome facets give back, that above a dark table.

    Fitted to sums over the facets, within 0.06 for deviations of slopes up to 0.3.

    Args:
        height: Of the direction in which a mirror would send the camera's ray.
        x: Which way the surface is turned away, in slopes; likewise `y`.
        y: See `x`.
        texel: Of the skin.
    """
    mean = texel[2] + texel[3]
    along = mean
    if x * x + y * y > 1e-8:
        along = 2 * (texel[2] * x * x + texel[3] * y * y + 2 * texel[4] * x * y) / (x * x + y * y)
    to_table = height / (1 + np.sqrt(1 - height * height))  # slope by which a facet must be off to mirror it
    seen = (1 + to_table / np.sqrt(along + to_table * to_table + 1e-12)) / 2
    level = 1 / ((1 + mean) * (1 + 0.6 * mean)) / ((1 + 1 / np.sqrt(1 + mean)) / 2)
    return seen * (1 - (1 - level) * min(max(to_table, 0.0), 1.0))


@compiled
def _masked(x: Any, y: Any, z: Any, texel: Any) -> Any:
    """Return the share of facets that a direction reaches past the others (B. Smith, 1967)."""
    steep = 2 * (texel[2] * x * x + texel[3] * y * y + 2 * texel[4] * x * y) / (z * z)
    return 2.0 / (1.0 + np.sqrt(1.0 + max(steep, 0.0)))
