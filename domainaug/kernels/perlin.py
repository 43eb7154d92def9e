"""Gradient noise, and masks made from it.

K. Perlin, An image synthesizer, SIGGRAPH 1985, with the fade 6 t^5 - 15 t^4 + 10 t^3 of Improving noise, 2002; as
defect masks: V. Zavrtanik et al., DRAEM, ICCV 2021. Unlike there, cells need not divide the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.engine import loops
from domainaug.kernels.random import uniforms
from domainaug.kernels.threads import run_slabs

__all__ = ["WARMUP", "perlin", "perlin_mask"]

Shape = tuple[int, int]

_MOST_PIXELS = 2**31 - 1
_MOST_OCTAVES = 16
_CHUNK = 1 << 16  # pixels worked on at a time: 256 kB of float32 stay in a core's second cache
_SLAB = 1 << 17  # fewest pixels worth a thread


def perlin(
    shape: Shape,
    cells: int | Shape,
    key: int,
    *,
    octaves: int = 1,
    out: NDArray[np.float32] | None = None,
    threads: int | None = None,
) -> NDArray[np.float32]:
    """Return gradient noise with unit gradients of random direction, times the square root of 2.

    One octave lies within [-1, 1] and is 0 at the corners of cells. With n octaves, octave k has 2^k times the
    cells and 2^-k of the height; the sum is divided by that of the heights, so it stays within [-1, 1].

    Args:
        shape: (height, width) in pixels.
        cells: Cells along height and width, or one number for both; not more than there are pixels.
        key: 64 bits; the noise depends on key, shape, cells and octaves alone. The directions of octave k are
            `domainaug.kernels.random.uniforms` of this key and stream k, as shares of a turn.
        octaves: 1 to 16, so many that the finest still has no more cells than there are pixels.
        out: (height, width) float32 to write to.
        threads: As in `domainaug.kernels.threads.thread_count`.

    Returns:
        (height, width) float32; `out` where it was given.

    Raises:
        ValueError: An argument is out of range, or `out` does not fit.
    """
    layers = _layers(_checked(shape, cells, key, octaves), cells, key, octaves)
    if out is None:
        out = np.empty(shape, np.float32)
    elif out.shape != tuple(shape) or out.dtype != np.float32 or not out.flags.writeable or not out.flags.c_contiguous:
        raise ValueError(f"out must be a writable C-contiguous float32 array of {tuple(shape)}, got {_told(out)}")
    result = out

    def work(begin: int, end: int) -> None:
        for rows in _chunks(begin, end, shape[1]):
            _fill(result[rows], rows, layers)

    run_slabs(work, shape[0], threads, least=max(1, _SLAB // shape[1]))
    return result


def perlin_mask(
    shape: Shape,
    cells: int | Shape,
    threshold: float,
    key: int,
    *,
    octaves: int = 1,
    threads: int | None = None,
) -> NDArray[np.uint8]:
    """Return where `perlin(shape, cells, key, octaves=octaves)` exceeds `threshold`.

    A mask may be empty: at a threshold of 0.5 and a few cells that happens in some percent of the draws.

    Args:
        shape: (height, width) in pixels.
        cells: As in `perlin`.
        threshold: From -1, almost everything, to 1, nothing.
        key: 64 bits.
        octaves: As in `perlin`.
        threads: As in `perlin`.

    Returns:
        (height, width) uint8, 1 inside and 0 outside.

    Raises:
        ValueError: An argument is out of range.
    """
    if not -1 <= threshold <= 1:
        raise ValueError(f"threshold={threshold!r} must lie between -1 and 1, as the noise does")
    limit = np.float32(threshold)
    if octaves != 1:
        return (perlin(shape, cells, key, octaves=octaves, threads=threads) > limit).view(np.uint8)
    (layer,) = _layers(_checked(shape, cells, key, octaves), cells, key, octaves)
    mask, fill = np.empty(shape, np.uint8), loops("perlin").mask_rows

    def work(begin: int, end: int) -> None:
        fill(mask[begin:end], limit, *layer.of_rows(slice(begin, end)))

    run_slabs(work, shape[0], threads, least=max(1, _SLAB // shape[1]))
    return mask


Whole = NDArray[np.int64]
Exact = NDArray[np.float64]


def _fill(out: NDArray[np.float32], rows: slice, layers: list[_Layer]) -> None:
    add = loops("perlin").add_rows
    for number, layer in enumerate(layers):
        add(out, number == 0, *layer.of_rows(rows))


def _layers(grid: Shape, shape_cells: int | Shape, key: int, octaves: int) -> list[_Layer]:
    """Return gradients, axes and height of each octave."""
    down, across = _pair(shape_cells)
    total = 2 - 2.0 ** (1 - octaves)
    found = []
    for octave in range(octaves):
        rows, columns = down << octave, across << octave
        turns = uniforms((rows + 1, columns + 1), key, octave, threads=1)
        angles = turns * np.float64(2 * np.pi)
        gradients = np.empty((rows + 1, 2, columns + 1))
        np.cos(angles, out=gradients[:, 0])
        np.sin(angles, out=gradients[:, 1])
        height = 2**0.5 * 0.5**octave / total
        found.append(_Layer(gradients, _axis(grid[0], rows), _axis(grid[1], columns), height))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """Where the pixels of one axis lie: (size,) arrays, and `starts` of (cells + 1,).

    Rows are few and used in float64, columns in float32.
    """

    cell: Whole
    t: Exact
    rise: Exact
    t32: NDArray[np.float32]
    rise32: NDArray[np.float32]
    starts: Whole


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """One octave: gradients (rows of cells + 1, 2, cells + 1), the axes down and across, and its height."""

    gradients: Exact
    down: _Axis
    across: _Axis
    height: float

    def of_rows(self, rows: slice) -> tuple[Any, ...]:
        """Return the arguments that the loops take for some rows, from `gradients` on."""
        down, across = self.down, self.across
        where = down.cell[rows], down.t[rows], down.rise[rows]
        return self.gradients, *where, across.t32, across.rise32, across.starts, self.height


@lru_cache(maxsize=64)
def _axis(size: int, cells: int) -> _Axis:
    """Return for `size` pixels the cell each is in, where in it, the fade of that; and where cells begin.

    Pixel i lies at i cells / size, kept as whole number and remainder: nothing is rounded away in a long row.
    """
    cell, rest = np.divmod(np.arange(size, dtype=np.int64) * cells, size)
    t = rest / size
    rise = t * t * t * (t * (t * 6 - 15) + 10)
    starts = -(-np.arange(cells + 1, dtype=np.int64) * size // cells)
    return _Axis(cell, t, rise, t.astype(np.float32), rise.astype(np.float32), starts)


def _chunks(begin: int, end: int, width: int) -> Iterator[slice]:
    step = max(1, _CHUNK // width)
    for first in range(begin, end, step):
        yield slice(first, min(first + step, end))


def _pair(cells: Any) -> Shape:
    if isinstance(cells, tuple | list):
        return cells[0], cells[1]
    return cells, cells


def _checked(shape: Any, cells: Any, key: Any, octaves: Any) -> Shape:
    """Return the shape, or say what is wrong; nothing is allocated before."""
    if not (isinstance(shape, tuple) and len(shape) == 2 and all(_whole(side) and side >= 1 for side in shape)):
        raise ValueError(f"shape={shape!r} must be (height, width), two whole numbers from 1")
    if shape[0] * shape[1] > _MOST_PIXELS:
        raise ValueError(f"shape={shape!r} has {shape[0] * shape[1]} pixels; at most {_MOST_PIXELS} are made at once")
    if not _whole(octaves) or not 1 <= octaves <= _MOST_OCTAVES:
        raise ValueError(f"octaves={octaves!r} must be a whole number from 1 to {_MOST_OCTAVES}")
    if isinstance(cells, tuple | list) and len(cells) != 2:
        raise ValueError(f"cells={cells!r} must be one whole number or two: cells along height and width")
    for number, side, along in zip(_pair(cells), shape, ("height", "width"), strict=True):
        if not _whole(number) or not 1 <= number << (octaves - 1) <= side:
            most = side >> (octaves - 1)
            legal = f"a whole number from 1 to {most}" if most else "fewer octaves"
            raise ValueError(
                f"cells={cells!r} along a {along} of {side} pixels with octaves={octaves}: {legal} is needed"
            )
    if not _whole(key) or not 0 <= key < 2**64:
        raise ValueError(f"key={key!r} must be a whole number of 64 bits, from 0 to 2**64 - 1")
    return int(shape[0]), int(shape[1])


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _told(array: Any) -> str:
    return f"{getattr(array, 'dtype', type(array).__name__)} {getattr(array, 'shape', '')}"


def _warm_noise() -> None:
    perlin((8, 8), 2, 0, threads=1)


def _warm_mask() -> None:
    perlin_mask((8, 8), 2, 0.5, 0, threads=1)


WARMUP = (_warm_noise, _warm_mask)
