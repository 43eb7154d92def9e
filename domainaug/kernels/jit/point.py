"""Point programs, compiled: a row of values at a time, each operation a loop over a buffer in the first cache.

`run` is what the kernels that resample call for each row; `pack` makes of a program the numbers that it takes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug.kernels.jit.random import WIDE, draw
from domainaug.kernels.jit.wide import wide_vectors
from domainaug.kernels.point import MOST_CHANNELS, Curve, Linear, Noise, Op, Point, Posterize, Power, Solarize
from domainaug.kernels.random import drawn_coarse, halves

__all__ = ["MOST", "ROOM", "pack", "run"]

MOST = MOST_CHANNELS
"""Most values in a row that `run` takes at once: a pixel of any picture it is given."""

ROOM = MOST + 8 * WIDE
"""Values that `run` works in."""

CELLS = np.int64(16 * 255 + 1)
_WORTH = 1 << 15
"""Values from which on a table of curves pays for itself."""

LINEAR, POWER, SOLARIZE, POSTERIZE, CURVE, BIAS, NOISE = range(7)

i32, i64, f32 = np.int32, np.int64, np.float32
ZERO, ONE, HALF, LEVELS = f32(0.0), f32(1.0), f32(0.5), f32(255.0)
STEPS = f32(16.0)
SQRT_HALF, MANTISSA, SHIFT, EXPONENT = i32(0x3F3504F3), i32(0x007FFFFF), i32(23), i32(127)
LOG2_E, LOWEST, HIGHEST, SMALLEST = f32(1.4426950408889634), f32(-126.0), f32(127.0), f32(1.17549435e-38)
# Logarithm and power of two: S. L. Moshier, Cephes, single precision.
L0, L1, L2 = f32(7.0376836292e-2), f32(-1.1514610310e-1), f32(1.1676998740e-1)
L3, L4, L5 = f32(-1.2420140846e-1), f32(1.4249322787e-1), f32(-1.6668057665e-1)
L6, L7, L8 = f32(2.0000714765e-1), f32(-2.4999993993e-1), f32(3.3333331174e-1)
E0, E1, E2 = f32(1.535336188319500e-4), f32(1.339887440266574e-3), f32(9.618437357674640e-3)
E3, E4, E5 = f32(5.550332471162809e-2), f32(2.402264791363012e-1), f32(6.931472028550421e-1)

Numbers = tuple[NDArray[np.float32], NDArray[np.float32] | None, bool | None, bool | None]
Packed = tuple[NDArray[np.int64], Numbers]


def pack(point: Point | None, channels: int, dtype: np.dtype[Any], count: int) -> Packed:
    """Return a program as `run` takes it.

    Args:
        point: The program; None packs one without operations.
        channels: Channels of the picture.
        dtype: Type of the result, by which noise is drawn as `domainaug.kernels.random.drawn_coarse` says.
        count: How many values it will run over; where they are many and of 8 bits, curves become a table.

    Returns:
        codes: (operations + 1, 8) int64. First how many operations, whether the program clips, how many
            operations the table does, nothing, and the first slice and the depth of `Point.part`; then of each
            its kind, where its numbers begin, how many there are a channel, whether channels differ, and of noise
            the lower and upper half of the key, the stream, and whether it is gray.
        numbers: Those of the operations, float32, after low, the width of the range, and its inverse; the table,
            empty where there is none; whether noise is fine; whether it is coarse. The latter three are None where
            a type has no use for them: then what works with them is not compiled.
    """
    if point is None:
        return _NOTHING[dtype == np.uint8]
    width = point.high - point.low
    codes: list[int] = [len(point.ops), point.clip, 0, 0, *(point.part or (0, 0)), 0, 0]
    numbers: list[float] = [point.low, width, 1 / width]
    for op in point.ops:
        kind, differ, own, extra = _coded(op, channels)
        codes += (kind, len(numbers), len(own) // (channels if differ else 1), differ, *extra)
        numbers += own
    packed, values = np.array(codes, np.int64).reshape(-1, 8), np.array(numbers, np.float32)
    fine, coarse = (None, True) if drawn_coarse(dtype) else (True, None)
    if dtype != np.uint8:
        return packed, (values, None, fine, coarse)
    within = point.clip and point.low >= 0 and point.high <= 255  # what is beyond the table is held at once
    first = _worth_a_table(codes) if within and count >= _WORTH else 0
    if not first:
        return packed, (values, _NO_TABLE, fine, coarse)
    table = np.empty(CELLS, np.float32)
    if not _tabulate(packed, first, values, 0.5 / width, table):
        return packed, (values, _NO_TABLE, fine, coarse)
    packed[0, 2] = first
    return packed, (values, table, fine, coarse)


def _coded(op: Op, channels: int) -> tuple[int, bool, list[float], tuple[int, int, int, int]]:
    """Return the kind of an operation, whether channels differ, its numbers, and what only noise has."""
    if isinstance(op, Linear):
        if not (isinstance(op.gain, tuple) or isinstance(op.offset, tuple)):
            return LINEAR, False, [op.gain, op.offset], _PLAIN
        pairs = zip(_each(op.gain, channels), _each(op.offset, channels), strict=True)
        return LINEAR, True, [v for pair in pairs for v in pair], _PLAIN
    if isinstance(op, Power):
        return POWER, isinstance(op.gamma, tuple), _each(op.gamma, 1), _PLAIN
    if isinstance(op, Noise):
        low, high = halves(op.key)
        stream = op.stream - 2**64 if op.stream >= 2**63 else op.stream
        return NOISE, False, [op.std, op.mean], (int(low), int(high), stream, op.gray)
    if isinstance(op, Solarize):
        return SOLARIZE, False, [op.threshold], _PLAIN
    if isinstance(op, Posterize):
        kept = [float(255 & ~((1 << (8 - int(bits))) - 1)) for bits in _each(op.bits, 1)]
        return POSTERIZE, isinstance(op.bits, tuple), kept, _PLAIN
    if isinstance(op, Curve):
        return CURVE, op.knots.ndim == 2, op.knots.ravel().tolist(), _PLAIN
    return BIAS, False, [op.zero, float(op.order), *op.coefficients], _PLAIN


def _worth_a_table(codes: list[int]) -> int:
    """Return how many operations at the beginning a table does faster than they are; 0 for none."""
    first = 0
    for kind, differ in zip(codes[8::8], codes[11::8], strict=True):
        if kind >= BIAS or differ:
            break
        first += 1
    return 0 if first == 1 and codes[8] == LINEAR else first


_PLAIN = (0, 0, 0, 0)
_NO_TABLE = np.empty(0, np.float32)
_IDENTITY = np.zeros((1, 8), np.int64), np.array([0, 1, 1], np.float32)
_NOTHING: dict[bool, Packed] = {
    False: (_IDENTITY[0], (_IDENTITY[1], None, True, None)),
    True: (_IDENTITY[0], (_IDENTITY[1], _NO_TABLE, None, True)),
}


def _each(value: Any, channels: int) -> list[float]:
    return [float(v) for v in value] if isinstance(value, tuple) else [float(value)] * channels


@compiled(borrows=True)
def run(
    u: Any, n: int, channels: int, codes: Any, numbers: Any, spare: Any, x: int, y: int, z: int, shape: Any, counts: Any
) -> None:
    """Run a program over values, in place.

    Args:
        u: (at least n,) float32: values of neighboring pixels of a row, channels last.
        n: How many, a multiple of the channels, at most `MOST`.
        channels: Channels of a pixel.
        codes: As `pack` makes them.
        numbers: Likewise.
        spare: (ROOM,) float32, to work in.
        x: Column of the first pixel in the output.
        y: Its row.
        z: Its slice.
        shape: (depth, height, width) of the output, int64.
        counts: (2,) int64, added to as `Point` says, or (0,).
    """
    clip = codes[0, 1] != 0
    z += codes[0, 4]
    depth = codes[0, 5] if codes[0, 5] > 0 else shape[0]
    values, table, fine, coarse = numbers
    low, width = values[0], values[1]
    floor, ceiling = (ZERO, ONE) if clip else (f32(-np.inf), f32(np.inf))
    if counts.size:
        _count_in(u, n, low, values[2], clip, counts)
    done = _enter(u, n, codes, values, table, floor, ceiling, spare)
    left = False
    for k in range(1 + done, codes.shape[0]):
        kind, at, size = codes[k, 0], codes[k, 1], codes[k, 2]
        if kind == BIAS:
            _bias(u, n, channels, values[at : at + size], spare, x, y, z, depth, shape)
            _hold(u, n, floor, ceiling)
        elif kind == NOISE:
            left = k == codes.shape[0] - 1 and counts.size == 0  # counting comes before
            scale, base = (width, low) if left else (ONE, ZERO)
            own = values[at : at + 2]
            _noise(u, n, channels, codes[k], fine, coarse, own, floor, ceiling, scale, base, spare, x, y, z, shape)
        else:
            sets = channels if codes[k, 3] != 0 else 1
            _curves(kind, u, n, sets, values[at : at + sets * size], floor, ceiling, spare)
    if counts.size:
        counts[1] += _at_ends(u, n)
    if not left:
        for i in range(i32(n)):
            u[i] = u[i] * width + low


@compiled(borrows=True)
def _curves(kind: int, u: Any, n: int, sets: int, own: Any, floor: Any, ceiling: Any, spare: Any) -> None:
    """Do one operation that knows no places, with one set of numbers or with one for each channel."""
    values, m, size = spare if sets > 1 else u, i32(n // sets), own.size // sets
    for c in range(sets):
        if sets > 1:
            for i in range(m):
                spare[i] = u[i * i32(sets) + i32(c)]
        part = own[c * size : (c + 1) * size]
        _curve_op(kind, values, m, part, floor, ceiling)  # one call only: it is much to compile
        if sets > 1:
            for i in range(m):
                u[i * i32(sets) + i32(c)] = spare[i]


@compiled(borrows=True)
def _hold(u: Any, n: int, floor: Any, ceiling: Any) -> None:
    for i in range(i32(n)):
        v = u[i]
        v = floor if v < floor else v  # NaN stays NaN
        u[i] = ceiling if v > ceiling else v


@compiled(borrows=True)
def _count_in(u: Any, n: int, low: Any, inverse: Any, clip: bool, counts: Any) -> None:
    outside, ended = i32(0), i32(0)
    for i in range(i32(n)):
        v = (u[i] - low) * inverse
        outside = i32(outside + i32((v < ZERO) | (v > ONE)))  # 32 bits: twice as many at a time
        ended = i32(ended + i32((v <= ZERO) | (v >= ONE)))
    counts[0] += outside if clip else 0
    counts[1] -= ended


@compiled(borrows=True)
def _enter(u: Any, n: int, codes: Any, values: Any, table: Any, floor: Any, ceiling: Any, spare: Any) -> Any:
    """Make shares of values and do the first operations, if it is quickly done here; return how many."""
    if table is not None and codes[0, 2] > 0:
        cells = spare.view(np.uint32)
        for i in range(i32(n)):  # apart from looking them up: many at a time
            v = u[i]
            held = v if v > ZERO else ZERO  # NaN is 0
            held = held if held < LEVELS else LEVELS
            cells[i] = np.uint32(i32(held * STEPS + HALF))
        for i in range(i32(n)):
            u[i] = table[cells[i]]
        return i64(codes[0, 2])
    low, inverse, gain, offset, done = values[0], values[2], ONE, ZERO, i64(0)
    if codes.shape[0] > 1 and codes[1, 0] == LINEAR and codes[1, 3] == 0:
        gain, offset, done = values[codes[1, 1]], values[codes[1, 1] + 1], i64(1)
    for i in range(i32(n)):
        v = (u[i] - low) * inverse
        v = floor if v < floor else v  # NaN stays NaN
        v = ceiling if v > ceiling else v
        v = v * gain + offset
        v = floor if v < floor else v
        u[i] = ceiling if v > ceiling else v
    return done


@compiled(borrows=True)
def _tabulate(codes: Any, first: int, numbers: Any, most: float, table: Any) -> bool:
    """Write what the first operations make of values from 0 to 255; return whether no step is above `most`."""
    for i in range(i32(CELLS)):
        table[i] = (f32(i) / STEPS - numbers[0]) * numbers[2]
    floor, ceiling = (ZERO, ONE) if codes[0, 1] != 0 else (f32(-np.inf), f32(np.inf))
    _hold(table, CELLS, floor, ceiling)
    for k in range(1, first + 1):
        at, size = codes[k, 1], codes[k, 2]
        _curve_op(codes[k, 0], table, i32(CELLS), numbers[at : at + size], floor, ceiling)
    steep = i32(0)
    for i in range(i32(CELLS - 1)):  # counted, as the largest of floats is not found many at a time
        steep = i32(steep + i32(abs(table[i + i32(1)] - table[i]) > most))
    return bool(steep == 0)


@compiled(borrows=True)
def _at_ends(u: Any, n: int) -> Any:
    found = i32(0)
    for i in range(i32(n)):
        found = i32(found + i32((u[i] <= ZERO) | (u[i] >= ONE)))
    return found


@compiled(borrows=True)
def _curve_op(kind: int, u: Any, n: int, own: Any, floor: Any, ceiling: Any) -> None:
    """Do one operation that knows no places, with the numbers that are its own, and hold what comes of it."""
    first = own[0]
    if kind == POWER:
        _power(u, n, first, floor, ceiling)
        return
    if kind == LINEAR:
        offset = own[1]
        for i in range(i32(n)):
            u[i] = u[i] * first + offset
    elif kind == SOLARIZE:
        for i in range(i32(n)):
            u[i] = ONE - u[i] if u[i] >= first else u[i]
    elif kind == POSTERIZE:
        kept = i32(first)
        for i in range(i32(n)):
            v = u[i]
            level = v if v > ZERO else ZERO
            level = ONE if level > ONE else level
            u[i] = f32(i32(np.rint(level * LEVELS)) & kept) / LEVELS if v == v else v
    else:
        last = i32(own.size - 1)
        for i in range(i32(n)):
            v = u[i] * f32(last)
            held = v if v > ZERO else ZERO
            held = f32(last) if held > f32(last) else held
            cell = i32(held)
            cell = cell if cell < last else i32(last - i32(1))
            new = own[cell] + (held - f32(cell)) * (own[cell + i32(1)] - own[cell])
            u[i] = new if v == v else v
    _hold(u, n, floor, ceiling)


@compiled(fastmath={"contract"}, borrows=True)
def _power(u: Any, n: int, gamma: Any, floor: Any, ceiling: Any) -> None:
    """Raise to a power, within 1e-6 of each result, and hold it; what is below 0 counts as 0."""
    wide_vectors()
    none = ONE if gamma == ZERO else ZERO
    # Exponent times gamma, the large part of the result's logarithm, is exact with a gamma of few bits.
    coarse = f32(np.rint(gamma * f32(2048.0))) / f32(2048.0)
    fine, slope = gamma - coarse, gamma * LOG2_E
    for i in range(i32(n)):
        v = u[i]
        held = v if v > SMALLEST else SMALLEST
        bits = i32(f32(held).view(np.int32) - SQRT_HALF)  # held = 2**e * (1 + t)
        e = f32(bits >> SHIFT)
        t = i32((bits & MANTISSA) + SQRT_HALF).view(np.float32) - ONE
        s = t * t
        p = L0 * t + L1
        p = p * t + L2
        p = p * t + L3
        p = p * t + L4
        p = p * t + L5
        p = p * t + L6
        p = p * t + L7
        p = p * t + L8
        log = t + (p * t * s - HALF * s)
        rest = e * fine + log * slope
        q = e * coarse + rest
        q = q if q > LOWEST else LOWEST
        q = q if q < HIGHEST else HIGHEST
        whole = np.rint(q)
        r = (e * coarse - whole) + rest
        r = r if r > -HALF else -HALF
        r = r if r < HALF else HALF
        m = E0 * r + E1
        m = m * r + E2
        m = m * r + E3
        m = m * r + E4
        m = m * r + E5
        m = m * r + ONE
        power = m * i32((i32(whole) + EXPONENT) << SHIFT).view(np.float32)
        new = power if v > ZERO else none
        new = floor if new < floor else new
        new = ceiling if new > ceiling else new
        u[i] = new if v == v else v


@compiled(fastmath={"contract"}, borrows=True)
def _bias(u: Any, n: int, channels: int, own: Any, factor: Any, x: int, y: int, z: int, depth: int, shape: Any) -> None:
    """Multiply by exp of a polynomial, which along a row is one of x alone."""
    wide_vectors()
    zero, order = own[0], int(own[1])
    along = factor[MOST : MOST + 12].view(np.float64)
    along[:] = 0.0
    at_y, at_z = _centered(y, shape[1]), _centered(z, depth)
    term, of_y = 2, 1.0
    for i in range(order + 1):
        of_y = 1.0
        for j in range(order + 1 - i):
            product = of_y
            for _ in range(order + 1 - i - j):
                along[i] += np.float64(own[term]) * product
                product *= at_z
                term += 1
            of_y *= at_y
    for i in range(6):
        along[i] *= 1.4426950408889634
    a0, a1, a2, a3, a4, a5 = f32(along[0]), f32(along[1]), f32(along[2]), f32(along[3]), f32(along[4]), f32(along[5])
    begin, step = f32(_centered(x, shape[2])), f32(2.0 / max(shape[2] - 1, 1))
    pixels = i32(n // channels)
    for i in range(pixels):
        t = begin + step * f32(i)
        q = a0 + t * (a1 + t * (a2 + t * (a3 + t * (a4 + t * a5))))
        q = q if q > LOWEST else LOWEST
        q = q if q < HIGHEST else HIGHEST
        whole = np.rint(q)
        r = q - whole
        m = E0 * r + E1
        m = m * r + E2
        m = m * r + E3
        m = m * r + E4
        m = m * r + E5
        m = m * r + ONE
        factor[i] = m * i32((i32(whole) + EXPONENT) << SHIFT).view(np.float32)
    if channels == 1:
        for i in range(pixels):
            u[i] = zero + (u[i] - zero) * factor[i]
        return
    for i in range(pixels):
        for c in range(i32(channels)):
            k = i * i32(channels) + c
            u[k] = zero + (u[k] - zero) * factor[i]


@compiled(borrows=True)
def _centered(index: int, count: int) -> float:
    """Return a coordinate from -1 to 1 over an axis; 0 where it has one value."""
    return 2.0 * index / (count - 1) - 1.0 if count > 1 else 0.0


@compiled(borrows=True)
def _noise(
    u: Any, n: int, channels: int, code: Any, fine: Any, coarse: Any, own: Any, floor: Any, ceiling: Any, scale: Any,
    base: Any, spare: Any, x: int, y: int, z: int, shape: Any,
) -> None:  # fmt: skip
    """Add noise that depends on the place in the whole output, hold what comes of it, and scale that."""
    first = (np.int64(z) * shape[1] + y) * shape[2] + x
    gray = code[7] != 0
    count, begin = (n // channels, first) if gray else (n, first * channels)
    room = spare[MOST:ROOM].reshape(2, 4 * WIDE)
    skip = draw(room, fine, coarse, count, np.uint32(code[4]), np.uint32(code[5]), np.uint64(code[6]), begin)
    drawn, std, mean = room[1, skip:], own[0], own[1]
    if gray:
        for i in range(i32(count)):
            for c in range(i32(channels)):
                spare[i * i32(channels) + c] = drawn[i]
        drawn = spare
    for i in range(i32(n)):
        v = u[i] + mean + std * drawn[i]
        v = floor if v < floor else v  # NaN stays NaN
        v = ceiling if v > ceiling else v
        u[i] = v * scale + base
