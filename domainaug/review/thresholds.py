"""Which limit would have avoided the rejected copies, and whether the verdicts are enough to say so.

For each side of each effect, every place between two copies is a possible limit. One is better the more of the
rejected copies lie beyond it and the fewer of the accepted: the difference of the two shares (Youden's index). The
best of many places on many effects is always good by chance, so it is held against chance: verdicts are dealt out
among the copies at random many times, and the best place of all is found anew each time (the permutation test of the
largest statistic; Westfall and Young 1993). Only what beats that is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.effects import EFFECTS, Effect
from domainaug.review.candidates import Candidate
from domainaug.review.intervals import Rate, rate_of
from domainaug.review.judged import Judged
from domainaug.review.reasons import blamed

__all__ = ["FEWEST", "Threshold", "Tightening", "tighten"]

FEWEST = 5
"""Rejected copies, and accepted ones, without which nothing is concluded."""

_DEALT = 1999  # times that verdicts are dealt out: with the real one, a level of 0.05 is exact
_LEVEL = 0.05
_MOST = 8  # thresholds in a row
_AT_ONCE = 200
_SAME = 1e-12

Side = Literal["above", "below", "either"]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit on one side of an effect that would have avoided rejected copies.

    Attributes:
        effect: Which effect.
        side: Whether what lies above the limit is lost, or what lies below; "either" limits the size both ways, of a
            factor up to `limit` and down to 1 / `limit`.
        limit: The limit, in the effect's unit; for an effect that happens or does not, its neutral value.
        avoided: Rejected copies beyond it.
        lost: Accepted copies beyond it.
        beyond: Share of rejected copies beyond it.
        within: Share of rejected copies within it.
        chance: How often verdicts dealt out at random gave a limit on any effect that was as good.
    """

    effect: str
    side: Side
    limit: float
    avoided: int
    lost: int
    beyond: Rate
    within: Rate
    chance: float

    @property
    def words(self) -> str:
        """The limit in a few words: "rotation at most 6 deg", "no mirror_horizontal"."""
        row = EFFECTS[self.effect]
        if row.is_flag:
            return f"no {self.effect}"
        scale, unit = (100.0, "%") if row.unit == "share" else (1.0, "" if row.unit == "exponent" else row.unit)
        low, high = (f"{end * scale:.4g}" for end in self.range)
        words = {"above": f"at most {high}", "below": f"at least {low}", "either": f"{low} to {high}"}
        return f"{self.effect} {words[self.side]} {unit}".rstrip()

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest amount within the limit; infinite where it sets none."""
        if self.side == "either":
            return (1 / self.limit if EFFECTS[self.effect].neutral == 1 else -self.limit), self.limit
        return (-math.inf, self.limit) if self.side == "above" else (self.limit, math.inf)

    def allows(self, amount: float | None) -> bool:
        """Return whether an amount of the effect lies within the limit; None, an unknown one, does not."""
        if amount is None:
            return False
        if EFFECTS[self.effect].is_flag:
            return not EFFECTS[self.effect].is_present(amount)
        low, high = self.range
        return low - _SAME <= amount <= high + _SAME

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        told = {"effect": self.effect, "side": self.side, "limit": self.limit, "words": self.words}
        counts = {"avoided": self.avoided, "lost": self.lost, "chance": round(self.chance, 4)}
        return {**told, **counts, "beyond": self.beyond.to_dict(), "within": self.within.to_dict()}


@dataclass(frozen=True, slots=True)
class Tightening:
    """What the verdicts say about limits.

    Attributes:
        thresholds: Limits, the best first, each found among what the ones before it leave.
        judged: Copies that were accepted or rejected.
        rejected: How many of them were rejected.
        remaining: Rejected copies that no threshold avoids.
        lost: Accepted copies that the thresholds lose together.
        reason: Why nothing, or nothing more, is concluded.
    """

    thresholds: tuple[Threshold, ...]
    judged: int
    rejected: int
    remaining: int
    lost: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        counts = {"judged": self.judged, "rejected": self.rejected, "remaining": self.remaining, "lost": self.lost}
        return {**counts, "thresholds": [one.to_dict() for one in self.thresholds], "reason": self.reason}

    def __str__(self) -> str:
        lines = [f"{self.judged} judged, {self.rejected} rejected"]
        for one in self.thresholds:
            lines.append(f"{one.words}: avoids {one.avoided} of the rejected, loses {one.lost} of the accepted; "
                         f"rejected beyond {one.beyond}, within {one.within}; by chance {one.chance:.4f}")  # fmt: skip
        return "\n".join([*lines, self.reason])


@dataclass(frozen=True, slots=True)
class _Road:
    """One side of one effect: the copies from the farthest beyond on."""

    effect: str
    side: Side
    order: NDArray[np.intp]
    amounts: NDArray[np.float64]
    ends: Flags  # where a limit can lie: the next copy's amount is another one


def tighten(judged: Sequence[Judged], *, seed: int = 0) -> Tightening:
    """Return the limits that would have avoided rejected copies, as far as the verdicts can tell.

    Args:
        judged: Copies with their outcome; those that were skipped say nothing.
        seed: Fixes how verdicts are dealt out.
    """
    left = [one for one in judged if one.outcome != "skip"]
    total, against = len(left), sum(one.outcome == "reject" for one in left)
    thresholds: list[Threshold] = []
    reason = ""
    while not reason and len(thresholds) < _MOST:
        bad = sum(one.outcome == "reject" for one in left)
        if bad < FEWEST or len(left) - bad < FEWEST:
            reason = _too_few(bad, len(left) - bad, more=bool(thresholds))
            break
        best = _best(left, seed)
        if best is None or best.chance > _LEVEL:
            reason = _no_more(best)
            break
        thresholds.append(best)
        left = [one for one in left if best.allows(one.candidate.amount(best.effect))]
    remaining = sum(one.outcome == "reject" for one in left)
    lost = total - against - sum(one.outcome == "accept" for one in left)
    return Tightening(tuple(thresholds), total, against, remaining, lost, reason)


def _too_few(bad: int, good: int, *, more: bool) -> str:
    begin = "nothing more is concluded: " if more else "nothing can be concluded: "
    return f"{begin}{bad} rejected and {good} accepted copies are left, and at least {FEWEST} of each are needed"


def _no_more(best: Threshold | None) -> str:
    if best is None:
        return "no effect parts rejected from accepted copies"
    how_often = f"{best.words} is the best, and chance alone gives as good a one in {100 * best.chance:.0f} % of cases"
    return f"no further limit is concluded: {how_often}"


def _best(judged: Sequence[Judged], seed: int) -> Threshold | None:
    """Return the best limit of all, with how often chance gives as good a one."""
    candidates = [one.candidate for one in judged]
    roads = list(_roads(candidates))
    if not roads:
        return None
    bad, spared = _against(judged, roads)
    found = [_youden(road, bad[index], spared[index]) for index, road in enumerate(roads)]
    first = max(range(len(roads)), key=lambda index: float(found[index].max()))
    best = float(found[first].max())
    if best <= 0:
        return None
    place = int(np.flatnonzero(found[first] >= best - _SAME)[0])  # the mildest of equally good ones
    as_good = int((_best_by_chance(roads, bad, spared, seed) >= best - _SAME).sum())
    return _threshold(roads[first], place, bad[first], spared[first], (as_good + 1) / (_DEALT + 1))


def _best_by_chance(
    roads: Sequence[_Road], bad: Sequence[Flags], spared: Sequence[Flags], seed: int
) -> NDArray[np.float64]:
    """Return how good the best limit of all is when the verdicts are dealt out at random, time after time."""
    random = np.random.Generator(np.random.Philox(key=seed))
    most = np.full(_DEALT, -1.0)
    for start in range(0, _DEALT, _AT_ONCE):
        count = min(_AT_ONCE, _DEALT - start)
        deals = random.permuted(np.tile(np.arange(len(bad[0])), (count, 1)), axis=1)
        for index, road in enumerate(roads):
            best = _youden(road, bad[index][deals], spared[index][deals]).max(axis=1)
            np.maximum(most[start : start + count], best, out=most[start : start + count])
    return most


def _against(judged: Sequence[Judged], roads: Sequence[_Road]) -> tuple[list[Flags], list[Flags]]:
    """Return, for each road, which copies were rejected for what may be this effect, and which for other things."""
    blames = [(one.outcome == "reject", blamed(one.reasons)) for one in judged]
    bad: list[Flags] = []
    spared: list[Flags] = []
    for road in roads:
        for_this = [is_bad and (names is None or road.effect in names) for is_bad, names in blames]
        bad.append(np.array(for_this, np.bool_))
        spared.append(np.array([is_bad for is_bad, _ in blames], np.bool_) & ~bad[-1])
    return bad, spared


def _roads(candidates: Sequence[Candidate]) -> Iterator[_Road]:
    """Yield each side of each effect that some of the copies have, in the order of the effects."""
    names = {name for one in candidates for name in one.effects}
    for row in (EFFECTS[name] for name in EFFECTS if name in names):
        told = [one.amount(row.name) for one in candidates]
        amounts = np.array([math.inf if amount is None else amount for amount in told], np.float64)
        sides: tuple[Side, ...] = ("above", "below", "either") if row.lowest < row.neutral < row.highest else ("above",)
        for side in sides if row.highest > row.neutral else ("below",):
            road = _road(row, side, amounts)
            if road is not None:
                yield road


def _road(row: Effect, side: Side, amounts: NDArray[np.float64]) -> _Road | None:
    sizes = amounts
    if side == "either":
        with np.errstate(divide="ignore"):
            sizes = np.exp(np.abs(np.log(np.maximum(amounts, 0)))) if row.neutral == 1 else np.abs(amounts)
    far = row.neutral - sizes if side == "below" else sizes - row.neutral
    order = np.argsort(-far, kind="stable")
    ends = np.append(far[order][:-1] > far[order][1:], False) & (far[order] > row.absent)
    return _Road(row.name, side, order, sizes[order], ends) if np.any(ends) else None


def _youden(road: _Road, bad: Flags, spared: Flags) -> NDArray[np.float64]:
    """Return how good each limit is: its share of the rejected beyond it, less that of the accepted."""
    ordered = bad[..., road.order]
    good = ~(ordered | spared[..., road.order])
    rejects = np.maximum(ordered.sum(axis=-1, keepdims=True), 1)
    accepts = np.maximum(good.sum(axis=-1, keepdims=True), 1)
    index = np.cumsum(ordered, axis=-1) / rejects - np.cumsum(good, axis=-1) / accepts
    return np.where(road.ends, index, -1.0)


def _threshold(road: _Road, place: int, bad: Flags, spared: Flags, chance: float) -> Threshold:
    row = EFFECTS[road.effect]
    ordered = bad[road.order]
    good = ~(ordered | spared[road.order])
    avoided, lost = int(ordered[: place + 1].sum()), int(good[: place + 1].sum())
    toward = min if road.side == "below" else max  # the next copy may lie on the other side of neutral
    inside, outside = toward(float(road.amounts[place + 1]), row.neutral), float(road.amounts[place])
    limit = row.neutral if row.is_flag else _round_between(inside, outside, row.neutral)
    kept = int(ordered.sum()) - avoided
    return Threshold(
        effect=road.effect,
        side=road.side,
        limit=limit,
        avoided=avoided,
        lost=lost,
        beyond=rate_of(avoided, avoided + lost),
        within=rate_of(kept, kept + int(good.sum()) - lost),
        chance=chance,
    )


def _round_between(inside: float, outside: float, neutral: float) -> float:
    """Return the roundest number from `inside`, which is allowed, to before `outside`, which is not."""
    if math.isinf(outside):
        outside = inside + (inside - neutral or 1.0)
    low, high = sorted((inside, outside))
    gap = high - low
    for exponent in range(math.ceil(math.log10(max(abs(low), abs(high)))), -12, -1):
        for step in (10.0**exponent, 5 * 10.0 ** (exponent - 1), 2 * 10.0 ** (exponent - 1)):
            number = round(math.ceil(low / step - 1e-9) * step, 12)
            if low <= number <= high and number != outside and gap > 0:
                return number
    return inside
