"""Holding what a step can do against the limits of a profile: pure arithmetic on intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from domainaug.effects import EFFECTS, Effect, EffectRanges, Interval, Needs
from domainaug.generators import Frame
from domainaug.profile.model import Limit, Profile, bounds
from domainaug.turns import Islands, pieces

__all__ = [
    "Breach",
    "Look",
    "Seen",
    "breaches",
    "concerns",
    "is_open",
    "open_effects",
    "reach",
    "share_beyond",
    "slack",
]

_ROUNDING = 1e-6


class Seen(Protocol):
    """What judging needs of an observation (see `domainaug.check.measured`)."""

    @property
    def ranges(self) -> EffectRanges: ...  # noqa: D102
    def beyond(self, effect: str, allowed: Interval) -> tuple[int, int]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of one step, run at p = 1, or of the whole.

    Attributes:
        path: Indices from the outermost Compose inwards; () for the whole.
        where: The step in words ("OneOf > Rotate"), or "".
        transform: The step, or None.
        probability: How often it runs.
        declared: What it says it does, or None when nobody knows it.
        seen: What it was seen to do, or None.
        content: Whether what happens depends on the picture.
    """

    path: tuple[int, ...]
    where: str
    transform: Any
    probability: float
    declared: EffectRanges | None
    seen: Seen | None = None
    content: bool = False


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that one step breaks.

    Attributes:
        limit: The rule.
        allowed: What it allows, in the effect's unit.
        interval: What the step can do.
        declared: As declared, or None.
        seen: As seen, or None.
        seen_in: (draws beyond the limit, draws), or None.
        probability: Share of outputs beyond the limit.
        too_often: Whether how often it happens is the trouble, not its size.
        depends: Whether what happens depends on the picture.
        about: Whether the probability is an estimate: every value of the range taken to be equally likely.
    """

    limit: Limit
    allowed: Interval
    interval: Interval
    declared: Interval | None
    seen: Interval | None
    seen_in: tuple[int, int] | None
    probability: float
    too_often: bool = False
    depends: bool = False
    about: bool = False

    @property
    def effect(self) -> Effect:
        """The effect the rule limits."""
        return self.limit.effect

    @property
    def rule(self) -> tuple[str, str]:
        """What makes two breaches the same: the code and the effect."""
        return self.limit.code, self.limit.effect.name


def concerns(row: Effect, frame: Frame) -> bool:
    """Return whether images like `frame` can show the effect at all: a gray one has no hue."""
    if row.needs is Needs.COLOR:
        return frame.channels > 1
    if row.needs is Needs.SCENE:
        return frame.scene
    return row.needs is not Needs.VOLUME or frame.volume


def reach(look: Look, name: str) -> Interval | None:
    """Return what a step can do to one effect, or None when it stays neutral.

    Declared and seen are united. Where a transform that depends on the picture declares no bound, what was
    seen stands in for it (see `open_effects`).
    """
    declared = look.declared.get(name) if look.declared is not None else None
    seen = look.seen.ranges.get(name) if look.seen is not None else None
    if declared is None or (seen is not None and look.content and is_open(EFFECTS[name], declared)):
        return seen
    if look.seen is not None and look.content and is_open(EFFECTS[name], declared):
        return None
    if seen is None or (isinstance(declared, Islands) and seen in declared.widened(EFFECTS[name].absent)):
        return declared  # with the gaps that a hull would close
    return declared.hull(seen)


def open_effects(look: Look) -> Iterator[str]:
    """Yield the effects for which a step that depends on the picture declares no bound."""
    if look.content and look.declared is not None:
        yield from (name for name, interval in look.declared.items() if is_open(EFFECTS[name], interval))


def is_open(row: Effect, interval: Interval) -> bool:
    """Return whether an interval says nothing: it holds every value the effect can have, or has no end."""
    if row.is_flag:
        return False
    return math.isinf(interval.high) or (interval.low <= row.lowest and interval.high >= row.highest)


def share_beyond(interval: Interval, allowed: Interval) -> float:
    """Return the share of `interval` that lies outside `allowed`, its values being equally likely."""
    if interval in allowed:
        return 0.0
    width = interval.high - interval.low
    if width <= 0 or math.isinf(width):
        return 1.0
    if isinstance(interval, Islands) or isinstance(allowed, Islands):
        parts = pieces(interval)
        return sum(_part_beyond(part, allowed) for part in parts) / len(parts)
    outside = max(0.0, allowed.low - interval.low) + max(0.0, interval.high - allowed.high)
    return min(1.0, outside / width)


def _part_beyond(part: Interval, allowed: Interval) -> float:
    width = part.high - part.low
    if width <= 0:
        return float(part not in allowed)
    inside = sum(max(0.0, min(part.high, one.high) - max(part.low, one.low)) for one in pieces(allowed))
    return min(1.0, max(0.0, 1 - inside / width))


def breaches(look: Look, profile: Profile, frame: Frame) -> Iterator[Breach]:
    """Yield the rules that a step breaks, in the order of effects, each (code, effect) once."""
    names = {*(look.declared or ()), *(look.seen.ranges if look.seen is not None else ())}
    for name, row in EFFECTS.items():
        if name not in names or not concerns(row, frame):
            continue
        interval = reach(look, name)
        if interval is None:
            continue
        done: set[str] = set()
        for limit in profile.in_force(name):
            breach = _breach(look, limit, interval, frame)
            if breach is not None and limit.code not in done:
                done.add(limit.code)
                yield breach


def _breach(look: Look, limit: Limit, interval: Interval, frame: Frame) -> Breach | None:
    row, allowed = limit.effect, bounds(limit, frame)
    declared = look.declared is not None and row.name in look.declared
    never_but_rarely = limit.allow == "never" and limit.p_max is not None
    passes = _passes(row, interval, allowed, slack(row, allowed, declared=declared))
    if isinstance(allowed, Islands) and not declared and look.seen is not None:
        passes = look.seen.beyond(row.name, allowed.widened(row.absent))[0] == 0  # draw by draw: a hull has no gaps
    if passes or never_but_rarely:
        return _too_often(look, limit, interval, allowed)
    share, seen_in = _how_often(look, row, interval, allowed)
    return _made(look, limit, allowed, interval, seen_in, look.probability * share)


def slack(row: Effect, allowed: Interval, *, declared: bool) -> float:
    """Return by how much a limit may be missed: rounding for what is declared, the meter's error for what was seen."""
    return _ROUNDING * max(1.0, *(abs(x) for x in _finite(allowed))) if declared else row.absent


def _finite(interval: Interval) -> tuple[float, ...]:
    return tuple(x for x in (interval.low, interval.high) if math.isfinite(x)) or (1.0,)


def _passes(row: Effect, interval: Interval, allowed: Interval, slack: float) -> bool:
    if isinstance(allowed, Islands):
        return all(part in allowed.widened(slack) for part in pieces(interval) if _shows(row, part))
    below = interval.low < allowed.low - slack and row.is_present(interval.low)
    above = interval.high > allowed.high + slack and row.is_present(interval.high)
    return not (below or above)


def _shows(row: Effect, part: Interval) -> bool:
    return row.is_present(part.low) or row.is_present(part.high)


def _how_often(look: Look, row: Effect, interval: Interval, allowed: Interval) -> tuple[float, tuple[int, int] | None]:
    if look.seen is not None:
        # the meter's own error is no breach
        counted, draws = look.seen.beyond(row.name, allowed.widened(row.absent))
        if draws and (counted or look.declared is None or row.name not in look.declared):
            return counted / draws, (counted, draws)
    return (1.0 if row.is_flag else share_beyond(interval, allowed)), None


def _too_often(look: Look, limit: Limit, interval: Interval, allowed: Interval) -> Breach | None:
    if limit.p_max is None:
        return None
    row = limit.effect
    share, seen_in = _how_often(look, row, interval, row.still.widened(row.absent))
    probability = look.probability * share
    if probability <= limit.p_max + _ROUNDING:
        return None
    return _made(look, limit, allowed, interval, seen_in, probability, too_often=True)


def _made(
    look: Look,
    limit: Limit,
    allowed: Interval,
    interval: Interval,
    seen_in: tuple[int, int] | None,
    probability: float,
    *,
    too_often: bool = False,
) -> Breach:
    name = limit.effect.name
    always = not too_often and (interval.high < allowed.low or interval.low > allowed.high)
    return Breach(
        limit=limit,
        allowed=allowed,
        interval=interval,
        declared=look.declared.get(name) if look.declared is not None else None,
        seen=look.seen.ranges.get(name) if look.seen is not None else None,
        seen_in=seen_in,
        probability=probability,
        too_often=too_often,
        depends=look.content,
        about=seen_in is None and interval.low != interval.high and not always,
    )
