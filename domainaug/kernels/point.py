"""`Point`: what happens to each value after it was looked up, as a short program of operations.

A program runs inside the pass that resamples, row by row, so that curves, a bias field and noise cost no pass
of their own. Values are counted as shares of a range: 0 at its dark end, 1 at its bright end.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError

__all__ = ["MOST_CHANNELS", "Bias", "Curve", "Linear", "Noise", "Op", "Point", "Posterize", "Power", "Solarize"]

Float = NDArray[np.float32]

MOST_CHANNELS = 1024
"""Channels of a pixel that a program can run over: the loops work on so many values at a time."""


@dataclass(frozen=True, slots=True)
class Linear:
    """u -> gain u + offset; gain -1 and offset 1 invert. Floats, or one of each a channel."""

    gain: float | tuple[float, ...] = 1.0
    offset: float | tuple[float, ...] = 0.0


@dataclass(frozen=True, slots=True)
class Power:
    """u -> u ** gamma; what is below 0 counts as 0."""

    gamma: float | tuple[float, ...]

    def __post_init__(self) -> None:
        if not all(isfinite(gamma) and gamma >= 0 for gamma in _each(self.gamma)):
            raise ValueError(f"a power takes a finite exponent from 0, not {self.gamma!r}")


@dataclass(frozen=True, slots=True)
class Solarize:
    """u -> 1 - u from `threshold` on."""

    threshold: float


@dataclass(frozen=True, slots=True)
class Posterize:
    """u -> the lower end of its step of 2 ** bits steps of 8-bit levels, as (level & mask) / 255."""

    bits: int | tuple[int, ...]

    def __post_init__(self) -> None:
        if not all(bits in range(9) for bits in _each(self.bits)):
            raise ValueError(f"posterizing keeps 0 to 8 bits, not {self.bits!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """u -> a curve through evenly spaced knots over [0, 1], linear in between.

    Attributes:
        knots: (K,) or (channels, K) float32, K >= 2.
    """

    knots: Float

    def __post_init__(self) -> None:
        if self.knots.ndim not in (1, 2) or self.knots.shape[-1] < 2 or not np.isfinite(self.knots).all():
            raise ValueError(f"a curve takes (K,) or (channels, K) finite knots, K from 2, not {self.knots.shape}")


@dataclass(frozen=True, slots=True, eq=False)
class Bias:
    """A smooth field that multiplies: exp of a polynomial (Van Leemput et al. 1999; as TorchIO and MONAI draw it).

    Coordinates run from -1 to 1 over the output along each axis. Coefficients stand in the order of
    `for i in range(order + 1) for j in range(order + 1 - i) for k in range(order + 1 - i - j)`, for
    x**i * y**j * z**k; a picture has z = 0.

    Attributes:
        coefficients: One a term.
        order: Of the polynomial, 1 to 5.
        zero: The share that stands for no signal and stays where it is: that of the value 0.
    """

    coefficients: tuple[float, ...]
    order: int = 3
    zero: float = 0.0

    def __post_init__(self) -> None:
        if self.order not in range(1, 6):
            raise ValueError(f"a bias field has order 1 to 5, not {self.order!r}")
        terms = comb(self.order + 3, 3)
        if len(self.coefficients) != terms or not all(map(isfinite, self.coefficients)):
            raise ValueError(
                f"a bias field of order {self.order} takes {terms} finite coefficients, not {self.coefficients}"
            )


@dataclass(frozen=True, slots=True)
class Noise:
    """Adds white Gaussian noise; the draw at a place depends on key, stream and the place alone.

    In results of type uint8 it is made of coarse normals, in all others of fine ones
    (`domainaug.kernels.random.normals`).

    Attributes:
        std: Standard deviation, as a share of the range.
        key: 64 bits.
        mean: Likewise a share.
        stream: 64 bits; another stream of the same key is independent.
        gray: The same noise in every channel.
    """

    std: float
    key: int
    mean: float = 0.0
    stream: int = 0
    gray: bool = False

    def __post_init__(self) -> None:
        if not (isfinite(self.std) and self.std >= 0 and isfinite(self.mean)):
            raise ValueError(f"noise takes a finite mean and a std from 0, not {self.mean!r} and {self.std!r}")


Op = Linear | Power | Solarize | Posterize | Curve | Bias | Noise


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A program and the range its shares are of.

    Attributes:
        ops: In the order they run.
        low: The value of share 0.
        high: The value of share 1.
        clip: Hold values within [0, 1] on entry and after every operation, as stock transforms do; else the only
            limits are those of the type.
        part: (first, depth) where slices are made a few at a time: noise and bias are then those of the slices from
            `first` on in a stack of `depth`. None where a pass makes the whole.
    """

    ops: tuple[Op, ...]
    low: float = 0.0
    high: float = 255.0
    clip: bool = True
    part: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.low) and isfinite(self.high) and self.high > self.low):
            raise ValueError(f"a point program needs finite low < high, got {self.low!r} and {self.high!r}")

    @property
    def is_curve(self) -> bool:
        """Whether a value alone decides what it becomes, so that a table can hold the whole program."""
        return not any(isinstance(op, Bias | Noise) for op in self.ops)

    @property
    def by_channel(self) -> bool:
        """Whether an operation differs from channel to channel."""
        return any(map(_channels, self.ops))

    def check(self, channels: int) -> None:
        """Refuse a program that cannot run over values of so many channels.

        Raises:
            ImageError: There are too many channels, or an operation is given for another number of them.
        """
        if channels > MOST_CHANNELS:
            raise ImageError(
                f"a point program runs over up to {MOST_CHANNELS} channels and the picture has {channels}: give it "
                f"fewer at a time"
            )
        for op in self.ops:
            given = _channels(op)
            if given not in (0, channels):
                raise ImageError(
                    f"{type(op).__name__} of a point program is given for {given} channels and the picture has "
                    f"{channels}: give one number for all, or one a channel"
                )

    def counts_from(self, value: Any) -> Any:
        """Return values as shares."""
        return (value - self.low) / (self.high - self.low)


def _each(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _channels(op: Op) -> int:
    """Return for how many channels an operation is given; 0 when it is the same for all."""
    if isinstance(op, Noise | Bias | Solarize):
        return 0
    if isinstance(op, Linear):
        return max((len(each) for each in (op.gain, op.offset) if isinstance(each, tuple)), default=0)
    if isinstance(op, Power):
        return len(op.gamma) if isinstance(op.gamma, tuple) else 0
    if isinstance(op, Posterize):
        return len(op.bits) if isinstance(op.bits, tuple) else 0
    return len(op.knots) if op.knots.ndim == 2 else 0
