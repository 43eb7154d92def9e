"""Curves, windows and bias fields: what happens to values, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import curves, up_to
from domainaug.effects import Interval
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators
from domainaug.kernels.point import Bias, Curve, Linear, Op, Power
from domainaug.transforms.arguments import Range, choice, number, span
from domainaug.transforms.changing import Changing
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import governed

__all__ = ["BiasField", "Gamma", "Window"]

Array = NDArray[np.float64]

_TONE = ("gamma", "brightness", "contrast", "tone")

_UNIT_RAMP = np.array([0.0, 1.0], np.float32)
"""A curve that holds shares within [0, 1] and changes nothing else."""


class Gamma(Changing):
    """Raises values, as shares of their range, to a power: u -> u ** exp(g), g drawn evenly.

    The power acts on shares, so a range with a negative end (CT in HU) has no sign to lose: the low end stays the
    low end, and so does the high end. Values below the low end become the low end; values above the high end go on
    along the same power. TorchIO's RandomGamma raises magnitudes and keeps signs, which bends a CT at 0 HU.

    Args:
        log_gamma: Natural logarithm of the exponent, a range; one number g is -g to g. Above 0 darkens.
        p: How often it happens.
    """

    neutral: ClassVar[Mapping[str, float]] = {"log_gamma": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(_TONE, "log_gamma")

    def __init__(self, log_gamma: float | Sequence[float] = 0.2, p: float = 0.5) -> None:
        super().__init__(p=p)
        self.log_gamma = span(self, "log_gamma", log_gamma, around=0.0, least=-3.0, most=3.0)

    def draw(self) -> dict[str, Any]:
        """Draw the exponent."""
        return {"gamma": float(np.exp(self.py_random.uniform(*self.log_gamma)))}

    def program(self, params: Drawn, low: float, high: float) -> tuple[Op, ...]:
        """Return one power."""
        return (Power(params["gamma"]),)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return Generators.tonal(curves(lambda x, g: x**g, np.exp(np.linspace(*self.log_gamma, 3))))

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        return Generators.tonal(LEVELS ** params["gamma"])


class Window(Changing):
    """Spreads a window of values over the whole range, as a DICOM viewer does, and clips what is beyond it.

    With center c and width w, "linear" is the function of DICOM PS3.3 C.11.2.1.2.1, which is made for whole
    numbers: x <= c - 0.5 - (w - 1) / 2 becomes the low end of the range, x > c - 0.5 + (w - 1) / 2 the high end,
    and what is between ((x - (c - 0.5)) / (w - 1) + 0.5) of the way. "linear_exact" (C.11.2.1.3.2) runs from
    c - w / 2 to c + w / 2. `low` and `high` are the ends themselves.

    Ranges jitter the window. It is for tensors only: what comes out is what a network is shown, no longer HU, and a CT
    that went through it is not written as DICOM.

    Args:
        center: Of the window, in the unit of the values; a number, or a range it is drawn from.
        width: Likewise; above 1 for "linear" and above 0 for "linear_exact".
        low: The value that becomes the low end, in place of `center`; a number, or a range.
        high: The value that becomes the high end, in place of `width`; a number, or a range above that of `low`.
        function: "linear" or "linear_exact"; of `center` and `width`.
        invert: Show the window bright to dark, as MONOCHROME1 does.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal, or neither or both pairs are given.
    """

    def __init__(
        self,
        center: float | Sequence[float] | None = None,
        width: float | Sequence[float] | None = None,
        low: float | Sequence[float] | None = None,
        high: float | Sequence[float] | None = None,
        function: str = "linear",
        invert: bool = False,
        p: float = 1.0,
    ) -> None:
        super().__init__(p=p)
        given = [each is not None for each in (center, width, low, high)]
        if given not in ([True, True, False, False], [False, False, True, True]):
            names = [name for name, there in zip(("center", "width", "low", "high"), given, strict=True) if there]
            raise ValueError(
                f"Window: center and width, or low and high, are needed, got {' and '.join(names) or 'none'}"
            )
        self.function = choice(self, "function", function, ("linear", "linear_exact"))
        narrowest = 1.0 if self.function == "linear" else 0.0
        self.center = None if center is None else span(self, "center", center)
        self.width = None if width is None else span(self, "width", width, above=narrowest)
        self.low = None if low is None else span(self, "low", low)
        self.high = None if high is None else span(self, "high", high)
        if self.low is not None and self.high is not None and not self.low[1] < self.high[0]:
            raise ValueError(f"Window: high: values above low, {low!r}, are needed, got {high!r}")
        if not isinstance(invert, bool):
            raise ValueError(f"Window: invert: true or false is needed, got {invert!r}")
        self.invert = invert

    def draw(self) -> dict[str, Any]:
        """Draw the ends of the window, the values that become the ends of the range."""
        even = self.py_random.uniform
        first, second = even(*(self.center or self.low or ())), even(*(self.width or self.high or ()))
        return {"window": self._ends(first, second)}

    def _ends(self, first: float, second: float) -> Range:
        if self.center is None:
            return first, second
        if self.function == "linear":
            return first - 0.5 - (second - 1) / 2, first - 0.5 + (second - 1) / 2
        return first - second / 2, first + second / 2

    def program(self, params: Drawn, low: float, high: float) -> tuple[Op, ...]:
        """Return a line, held within the range, and turned over where the window is inverted."""
        begin, end = params["window"]
        gain = (high - low) / (end - begin)
        held = (Linear(gain, (low - begin) / (end - begin)), Curve(_UNIT_RAMP))
        return (*held, Linear(-1.0, 1.0)) if self.invert else held

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        firsts, seconds = (self.center or self.low or ()), (self.width or self.high or ())
        windows = [self._ends(first, second) for first in firsts for second in seconds]
        made = np.stack([self._curve(window, frame) for window in windows])
        steepest = max(frame.span / (end - begin) for begin, end in windows)
        more = max(0.0, steepest - 1)
        # What is clipped is flat, as large pixels are, and what is steep shows noise and edges that were faint.
        return Generators.tonal(
            made,
            loss_of_levels=up_to(min(8.0, float(np.log2(max(1.0, steepest))) + 1)),
            pixelation=Interval(1.0, 1 + 2 * more),
            sharpening=up_to(more),
            noise=up_to(0.02 * more),
        )

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        return Generators.tonal(self._curve(params["window"], frame))

    def _curve(self, window: Range, frame: Frame) -> Array:
        begin, end = window
        shares = np.clip((frame.low + LEVELS * frame.span - begin) / (end - begin), 0.0, 1.0)
        return 1 - shares if self.invert else shares


class BiasField(Changing):
    """Multiplies by a smooth field, as the coils of an MR scanner do: exp of a polynomial in space.

    Coordinates run from -1 to 1 over the picture or the volume. Every coefficient of x**i y**j z**k with
    i + j + k <= order is drawn evenly, the constant one too (Van Leemput et al. 1999, IEEE Trans. Med. Imaging
    18:885; the coefficients as TorchIO's RandomBiasField has them). Pictures lie at z = 0.

    Args:
        coefficients: A range; one number c is -c to c.
        order: Of the polynomial, 1 to 5.
        zero: The value of no signal, which the field leaves where it is.
        p: How often it happens.
    """

    needs_range: ClassVar[bool] = False
    along_depth: ClassVar[bool] = True
    neutral: ClassVar[Mapping[str, float]] = {"coefficients": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        ("local_gain", "occlusion", "inversion", "saturation", "channel_mixing", *_TONE), "coefficients"
    )

    def __init__(
        self, coefficients: float | Sequence[float] = 0.5, order: int = 3, zero: float = 0.0, p: float = 0.5
    ) -> None:
        super().__init__(p=p)
        self.coefficients = span(self, "coefficients", coefficients, around=0.0, least=-2.0, most=2.0)
        self.order = int(number(self, "order", order, least=1, most=5))
        if self.order != order:
            raise ValueError(f"BiasField: order: a whole number from 1 to 5 is needed, got {order!r}")
        self.zero = number(self, "zero", zero)

    def draw(self) -> dict[str, Any]:
        """Draw the coefficients, in the order of `domainaug.kernels.point.Bias`."""
        return {"coefficients": tuple(self.py_random.uniform(*self.coefficients) for _ in _exponents(self.order))}

    def program(self, params: Drawn, low: float, high: float) -> tuple[Op, ...]:
        """Return one field."""
        return (Bias(params["coefficients"], self.order, (self.zero - low) / (high - low)),)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what all but a few in a thousand draws do, and a quarter more."""
        drawn = np.random.default_rng(0).uniform(*self.coefficients, (_TRIED, len(_exponents(self.order))))
        tone, gain = self._effects(drawn, frame)
        logarithms = drawn @ _terms(self.order).T
        size = min(1.0, 0.5 * float(np.abs(logarithms).max()))
        # Where the field lifts mid-gray beyond the range, content is clipped flat, and one channel before another.
        flat = float((logarithms > np.log(1.5)).mean(axis=1).max())
        return Generators.tonal(
            _beyond(tone),
            local_gain=up_to(1.25 * float(gain.max())),
            occlusion=up_to(flat),
            pixelation=Interval(1.0, 1 + flat),
            inversion=up_to(0.2 if flat else 0.0),
            saturation=Interval(1 - size, 1 + size),
            channel_mixing=up_to(size),
        )

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did, in the middle slice of a volume."""
        tone, gain = self._effects(np.array([params["coefficients"]]), frame)
        return Generators.tonal(tone, local_gain=Interval(float(gain[0]), float(gain[0])))

    def _effects(self, coefficients: Array, frame: Frame) -> tuple[Array, Array]:
        """Return mean tone curves (n, levels), and the 98th percentile (n,) of what they do not explain at mid-gray."""
        fields = np.exp(coefficients @ _terms(self.order).T)[:, :, None]
        zero = (self.zero - frame.low) / frame.span
        shown = np.clip(zero + (LEVELS - zero) * fields, 0.0, 1.0)
        tone = shown.mean(axis=1)
        middle = len(LEVELS) // 2
        return tone, np.quantile(np.abs(shown[:, :, middle] - tone[:, None, middle]), 0.98, axis=1)


_TRIED = 256
_GRID = np.linspace(-1.0, 1.0, 11)


@lru_cache(maxsize=8)
def _exponents(order: int) -> tuple[tuple[int, int, int], ...]:
    """Return (i, j, k) of each coefficient, in order."""
    orders = range(order + 1)
    return tuple((i, j, k) for i in orders for j in range(order + 1 - i) for k in range(order + 1 - i - j))


@lru_cache(maxsize=8)
def _terms(order: int) -> Array:
    """Return the monomials at (points, coefficients) of a picture."""
    x, y = (each.ravel() for each in np.meshgrid(_GRID, _GRID))
    return np.stack([x**i * y**j * 0.0**k for i, j, k in _exponents(order)], axis=1)


def _beyond(tone: Array) -> Array:
    """Return curves with ones a quarter further from doing nothing beside them."""
    return np.concatenate([tone, np.clip(LEVELS + 1.25 * (tone - LEVELS), 0.0, 1.0)])
