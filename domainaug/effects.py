"""The vocabulary: every effect an augmentation can have on an image or a volume.

An effect is something a person in the field would name and measure. Profiles limit effects, transforms
declare them, the check measures them, the ledger records them. Adding an effect is adding one row here.

The thresholds ("absent below") come from the cross-talk seen between effects on the probe chart; below
its threshold an effect is not reported.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from domainaug.errors import UnknownName

__all__ = ["EFFECTS", "MOVING", "Combine", "Effect", "EffectRanges", "Interval", "Needs", "applicable", "effect"]


class Combine(Enum):
    """How an effect of two steps in a row combines, when each is known only as an interval."""

    SUM = "sum"
    PRODUCT = "product"
    QUADRATURE = "quadrature"
    SHARE = "share"  # shares of a frame: one over the other at least, side by side at most
    OVERSHOOT = "overshoot"  # (1 + a)(1 + b) - 1
    LARGEST = "largest"
    SMALLEST = "smallest"
    HAZES = "hazes"  # distances seen through one air and another: extinctions add up
    EITHER = "either"  # flags: happens if either happens


class Needs(Enum):
    """What an image must have for an effect to be possible."""

    ANYTHING = "anything"
    COLOR = "color"
    VOLUME = "volume"
    LABELS = "labels"
    SCENE = "scene"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed range of values; `low` may equal `high`; either may be infinite."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"an interval needs low <= high, got [{self.low}, {self.high}]")

    @classmethod
    def of(cls, values: Iterable[float]) -> Interval:
        """Return the smallest interval that holds every value."""
        each = [float(value) for value in values]
        return cls(min(each), max(each))

    def hull(self, other: Interval) -> Interval:
        """Return the smallest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def __contains__(self, value: object) -> bool:
        if isinstance(value, Interval):
            return self.low <= value.low and value.high <= self.high
        return isinstance(value, int | float) and self.low <= value <= self.high

    def widened(self, by: float) -> Interval:
        """Return the interval with `by` added at both ends."""
        return Interval(self.low - by, self.high + by)


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the vocabulary.

    Attributes:
        name: snake_case, a promise.
        unit: What the numbers count; "flag" for something that happens or does not (0 or 1).
        neutral: The value of an image left alone.
        combine: How two in a row combine when only intervals are known.
        absent: Distance from neutral below which the effect counts as not there.
        meaning: What the number is, in one sentence.
        needs: What kind of image can show it.
        lowest: The smallest value the effect can have.
        highest: The largest value the effect can have.
        still: The interval of an image left alone.
    """

    name: str
    unit: str
    neutral: float
    combine: Combine
    absent: float
    meaning: str
    needs: Needs = Needs.ANYTHING
    lowest: float = 0.0
    highest: float = math.inf
    still: Interval = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "still", Interval(self.neutral, self.neutral))

    @property
    def is_flag(self) -> bool:
        """Whether the effect happens or does not, rather than having a size."""
        return self.unit == "flag"

    @property
    def anything(self) -> Interval:
        """Every value the effect can have: what is declared when no bound is known."""
        return Interval(self.lowest, self.highest)

    def is_present(self, value: float) -> bool:
        """Return whether `value` is far enough from neutral to be reported."""
        return not abs(value - self.neutral) <= self.absent

    def then(self, first: Interval, second: Interval) -> Interval:
        """Return the interval of `first` followed by `second`, within what the effect can be."""
        low, high = _COMBINE[self.combine](first, second)
        return Interval(min(max(low, self.lowest), self.highest), max(min(high, self.highest), self.lowest))


def _sum(a: Interval, b: Interval) -> tuple[float, float]:
    return a.low + b.low, a.high + b.high


def _times(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else x * y


def _product(a: Interval, b: Interval) -> tuple[float, float]:
    corners = [_times(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return min(corners), max(corners)


def _quadrature(a: Interval, b: Interval) -> tuple[float, float]:
    return math.hypot(a.low, b.low), math.hypot(a.high, b.high)


def _share(a: Interval, b: Interval) -> tuple[float, float]:
    return max(a.low, b.low), min(a.high + b.high, 1.0)


def _overshoot(a: Interval, b: Interval) -> tuple[float, float]:
    return (1 + a.low) * (1 + b.low) - 1, (1 + a.high) * (1 + b.high) - 1


def _largest(a: Interval, b: Interval) -> tuple[float, float]:
    return max(a.low, b.low), max(a.high, b.high)


def _smallest(a: Interval, b: Interval) -> tuple[float, float]:
    return min(a.low, b.low), min(a.high, b.high)


CLEAR_AIR_M: Final = 300_000.0
"""How far one sees, in meters, through air with nothing in it but air."""


def _through_both(x: float, y: float) -> float:
    if min(x, y) <= 0:
        return 0.0
    return 1 / max(1 / x + 1 / y - 1 / CLEAR_AIR_M, 1 / CLEAR_AIR_M)


def _hazes(a: Interval, b: Interval) -> tuple[float, float]:
    return _through_both(a.low, b.low), _through_both(a.high, b.high)


_COMBINE = {
    Combine.SUM: _sum,
    Combine.PRODUCT: _product,
    Combine.QUADRATURE: _quadrature,
    Combine.SHARE: _share,
    Combine.OVERSHOOT: _overshoot,
    Combine.LARGEST: _largest,
    Combine.SMALLEST: _smallest,
    Combine.HAZES: _hazes,
    Combine.EITHER: _largest,
}


def _flag(name: str, meaning: str, needs: Needs = Needs.ANYTHING) -> Effect:
    return Effect(name, "flag", 0.0, Combine.EITHER, 0.5, meaning, needs, 0.0, 1.0)


_S, _P, _Q, _A = Combine.SUM, Combine.PRODUCT, Combine.QUADRATURE, Combine.SHARE
_C, _V = Needs.COLOR, Needs.VOLUME
_INF = math.inf

_TABLE = (
    # -- where things are -----------------------------------------------------------------------------
    _flag("mirror_horizontal", "Left and right are swapped in the picture."),
    _flag("mirror_vertical", "Top and bottom are swapped in the picture; with a horizontal mirror it is a half turn."),
    Effect(
        "rotation",
        "deg",
        0,
        _S,
        0.25,
        "Mean turn of the two axes, counter-clockwise positive.",
        lowest=-180,
        highest=180,
    ),
    Effect("scale", "x", 1, _P, 0.004, "Object size relative to the frame; above 1 is zoomed in."),
    Effect("aspect", "x", 1, _P, 0.006, "Stretch along x relative to y."),
    Effect(
        "shear",
        "deg",
        0,
        _S,
        0.25,
        "By how much the angle between the axes departs from a right one.",
        lowest=-90,
        highest=90,
    ),
    Effect(
        "shift",
        "share",
        0,
        _S,
        0.003,
        "How far the middle moves, along the axis it moves most, as a share of the frame.",
    ),
    Effect(
        "perspective",
        "share",
        0,
        _S,
        0.004,
        "Largest departure of a projective map from its best affine one, as a share of the side.",
    ),
    Effect(
        "local_warp",
        "share",
        0,
        _S,
        0.004,
        "95th percentile of what no affine or projective map explains, as a share of the side.",
    ),
    _flag("permutation", "Parts of the picture change places or are torn apart."),
    Effect("field_of_view", "share", 1, _P, 0.01, "Share of the original picture that is still in view.", highest=1),
    Effect(
        "outside", "share", 0, _A, 0.01, "Share of the output that shows nothing of the original (fill).", highest=1
    ),
    Effect(
        "duplicated",
        "share",
        0,
        _A,
        0.004,
        "Share of the output that repeats a part already shown (reflected borders, folds).",
        highest=1,
    ),
    _flag("mirror_left_right", "The patient's left and right are swapped.", _V),
    _flag("mirror_anterior_posterior", "The patient's front and back are swapped.", _V),
    _flag("mirror_superior_inferior", "The patient's head and feet ends are swapped.", _V),
    Effect("tilt", "deg", 0, _S, 0.25, "Largest turn of the slice plane out of itself.", _V, highest=180),
    # -- how light or dark ----------------------------------------------------------------------------
    Effect(
        "brightness", "share", 0, _S, 0.012, "Change at mid-gray, as a share of the value range.", lowest=-1, highest=1
    ),
    Effect("contrast", "x", 1, _P, 0.02, "Slope of the tone curve over the levels it does not clip."),
    Effect("gamma", "exponent", 1, _P, 0.06, "Exponent of the tone curve where a power fits better than a line."),
    Effect("tone", "share", 0, _S, 0.015, "Largest change of any level, as a share of the value range.", highest=1),
    Effect(
        "inversion",
        "share",
        0,
        Combine.LARGEST,
        0.05,
        "Share of the value range over which the tone curve falls.",
        highest=1,
    ),
    Effect("loss_of_levels", "bits", 0, Combine.LARGEST, 0.5, "Bits of gray-level resolution lost."),
    Effect(
        "local_gain", "share", 0, _S, 0.025, "98th percentile of the smooth change the tone curve does not explain."
    ),
    # -- color ----------------------------------------------------------------------------------------
    Effect("color_cast", "share", 0, _S, 0.012, "Spread between the tone curves of the channels.", _C, highest=1),
    Effect("hue", "deg", 0, _S, 2.0, "Turn of the hue circle.", _C, lowest=-180, highest=180),
    Effect("saturation", "x", 1, _P, 0.07, "Factor on the saturation of colors.", _C),
    Effect("channel_mixing", "share", 0, _S, 0.12, "How much of one channel appears in another.", _C),
    _flag("channel_order", "Channels change places.", _C),
    _flag("channel_lost", "A channel is blanked.", _C),
    _flag("loss_of_color", "The picture turns gray.", _C),
    Effect("chromatic_shift", "px", 0, _S, 0.5, "How far the channels move apart.", _C),
    Effect("stain", "share", 0, _S, 0.02, "Change of a histological stain in optical density.", _C),
    # -- noise and sharpness --------------------------------------------------------------------------
    Effect("noise", "share", 0, _Q, 0.004, "Standard deviation of added noise, as a share of the value range."),
    Effect("impulse_noise", "share", 0, _A, 0.004, "Share of single pixels replaced.", highest=1),
    Effect("blur", "px", 0, _Q, 0.55, "Sigma of the Gaussian that fits the loss of sharpness, along the sharper axis."),
    Effect(
        "motion_blur", "px", 0, _Q, 2.5, "Length of the streak that fits the difference in sharpness between the axes."
    ),
    Effect("sharpening", "share", 0, Combine.OVERSHOOT, 0.12, "By how much the transfer function overshoots 1."),
    Effect("pixelation", "x", 1, Combine.LARGEST, 0.5, "Run length of equal neighbors.", lowest=1),
    Effect("compression", "share", 0, Combine.LARGEST, 0.1, "Excess of the step at the borders of 8-pixel blocks."),
    # -- what an acquisition adds ---------------------------------------------------------------------
    Effect(
        "ghosting",
        "share",
        0,
        Combine.OVERSHOOT,
        0.01,
        "Strength of displaced copies of the picture, relative to it.",
    ),
    Effect(
        "streaks", "share", 0, _S, 0.004, "Amplitude of added lines, rings or stripes, as a share of the value range."
    ),
    # -- what is hidden or added ----------------------------------------------------------------------
    Effect("occlusion", "share", 0, _A, 0.01, "Share of the frame that is covered by something constant.", highest=1),
    Effect(
        "foreign_content", "share", 0, _A, 0.012, "Share of the frame that shows something from elsewhere.", highest=1
    ),
    Effect("morphology", "px", 0, _S, 0.5, "By how much bright or dark shapes grow."),
    Effect("superpixels", "share", 0, _A, 0.02, "Share of the frame replaced by patches of one color.", highest=1),
    Effect("weather", "share", 0, _A, 0.02, "Strength of drawn rain, snow, fog, sun flare or mud.", highest=1),
    # -- the weather of a scene, in physical units ----------------------------------------------------
    Effect(
        "visibility",
        "m",
        CLEAR_AIR_M,
        Combine.HAZES,
        1.0,
        "How far one sees through haze and fog, where 5 % of contrast is left.",
        Needs.SCENE,
        highest=CLEAR_AIR_M,
    ),
    Effect("rain", "mm/h", 0, _S, 0.1, "Rain that falls in the scene.", Needs.SCENE),
    Effect("snowfall", "mm/h", 0, _S, 0.05, "Snow that falls in the scene, as the water it melts to.", Needs.SCENE),
    Effect("snow_cover", "share", 0, _A, 0.01, "Share of level ground under snow.", Needs.SCENE, highest=1),
    Effect(
        "sun_altitude",
        "deg",
        90,
        Combine.SMALLEST,
        0.25,
        "Height of the sun over the horizon that a scene is lit for, negative at night; 90 where nothing is lit anew.",
        Needs.SCENE,
        lowest=-90,
        highest=90,
    ),
    # -- the part that is inspected -------------------------------------------------------------------
    Effect(
        "drawn_defect",
        "share",
        0,
        _A,
        0.00001,
        "Share of the frame under defects that were drawn and that the mask marks.",
        Needs.PART,
        highest=1,
    ),
    # -- labels ---------------------------------------------------------------------------------------
    Effect("misregistration", "px", 0, _S, 1.0, "How far the picture moves without its label.", Needs.LABELS),
)

EFFECTS: Mapping[str, Effect] = MappingProxyType({row.name: row for row in _TABLE})
"""Every effect by name, in the order reports list them."""

MOVING = frozenset(
    [
        "mirror_horizontal",
        "mirror_vertical",
        "rotation",
        "scale",
        "aspect",
        "shear",
        "shift",
        "perspective",
        "local_warp",
        "permutation",
        "field_of_view",
        "mirror_left_right",
        "mirror_anterior_posterior",
        "mirror_superior_inferior",
        "tilt",
    ]
)
"""Effects after which a pixel no longer shows the place of the patient or part that it showed before."""

EffectRanges = Mapping[str, Interval]
"""What can happen, by effect name; an effect that is not there stays neutral."""


def effect(name: str) -> Effect:
    """Return the effect called `name`.

    Raises:
        UnknownName: There is none; the message names the nearest.
    """
    try:
        return EFFECTS[name]
    except KeyError:
        raise UnknownName("effect", name, EFFECTS) from None


def applicable(*, color: bool, volume: bool, scene: bool = False, part: bool = False) -> Iterator[Effect]:
    """Yield every effect that can happen to such an image, in order.

    Args:
        color: It has more than one channel.
        volume: It is one of a stack of slices.
        scene: It shows a scene under the sky.
        part: It shows a part that is inspected.
    """
    there = {Needs.COLOR: color, Needs.VOLUME: volume, Needs.SCENE: scene, Needs.PART: part}
    yield from (row for row in EFFECTS.values() if there.get(row.needs, True))
