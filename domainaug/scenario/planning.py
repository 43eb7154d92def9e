"""From a scenario to its variants: sampled, held against constraints and limits, each with a name that stays.

What a draw spoils is set aside; what a scenario lists itself, as a value, a list or a grid, must be right, or the
scenario is refused before anything is written.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from domainaug.effects import Interval
from domainaug.errors import DomainAugError, UnknownName, UnreadableInput
from domainaug.profile import load_profile
from domainaug.profile.model import Limit, Profile, bounds
from domainaug.scenario.axes import Axis, Choices, Value
from domainaug.scenario.distributions import Weighted
from domainaug.scenario.model import Scenario
from domainaug.scenario.sampling import points
from domainaug.scenario.simulator import World

__all__ = ["Refused", "Variant", "Variants", "plan_variants", "variant_at"]

_PATIENCE: Final = 200
"""Points drawn for each that is wanted, before constraints are said to leave nothing."""

_MOST_CHECKED: Final = 8
"""States of labels that are looked at before anything is written; to build one takes seconds."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One point.

    Attributes:
        id: 16 hex digits that stand for simulator, world and values: the same point has the same name in every run.
        values: A value for every axis.
        key: A number of 63 bits for everything random in it; depends on the run's seed and on `id`.
        labels: 16 hex digits that stand for what labels depend on.
    """

    id: str
    values: Mapping[str, Value]
    key: int
    labels: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A point that the limits of a profile do not allow.

    Attributes:
        variant: The point.
        code: Of the limit ("MED102").
        reason: What it would be, and what is allowed.
    """

    variant: Variant
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Variants:
    """What a scenario comes to.

    Attributes:
        variants: What will be rendered, in order.
        refused: What a profile's limits do not allow.
        left_out: How many points constraints left out.
    """

    variants: tuple[Variant, ...]
    refused: tuple[Refused, ...] = ()
    left_out: int = 0


def plan_variants(scenario: Scenario, world: World) -> Variants:
    """Return the variants of a scenario.

    Points that constraints leave out are replaced by the next ones (a grid has no next ones); points beyond the
    limits of the scenario's profile are refused, and counted among those that were asked for.

    Raises:
        DomainAugError: Constraints leave nothing, or next to nothing; a grid is too long; no such profile; a value that
            the scenario lists is beyond a limit of its profile, cannot be shown, or moves nothing.
    """
    _refuse_idle(scenario, world)
    axes = scenario.axes
    found: dict[str, Variant] = {}
    left_out = 0
    broken: Counter[str] = Counter()
    sampling = scenario.sampling
    grid = sampling.method == "grid" or not scenario.spreads
    count = 1 if not scenario.spreads else sampling.count
    sequence = points(scenario.spreads, sampling.method, sampling.count, scenario.seed)
    for point in itertools.islice(sequence, 1 if not scenario.spreads else None if grid else _PATIENCE * count):
        values = {name: point.get(name, scenario.fixed.get(name, axis.default)) for name, axis in axes.items()}
        fails = [constraint.text for constraint in scenario.constraints if not constraint.holds(values)]
        if fails:
            broken.update(fails)
            left_out += 1
            continue
        variant = _variant(scenario, world.digest, axes, values)
        found.setdefault(variant.id, variant)
        if not grid and len(found) == count:
            break
    if not found or (not grid and len(found) < count):
        raise UnreadableInput("no-variants", _too_few(scenario, broken, left_out, len(found), 1 if grid else count))
    judged = _judged(scenario, world, tuple(found.values()), left_out)
    _checked(scenario, world, judged.variants)
    return judged


def _refuse_idle(scenario: Scenario, world: World) -> None:
    """Refuse axes that are set or varied and move nothing."""
    for name, reason in world.idle.items():
        if name in scenario.spreads or scenario.fixed.get(name) != scenario.axes[name].default:
            raise DomainAugError(f"{scenario.id}: {name} moves nothing here: {reason}; leave it out")


def _too_few(scenario: Scenario, broken: Counter[str], left_out: int, found: int, needed: int) -> str:
    """Say why too few points are left, and by which constraint."""
    drawn = left_out + found
    never = [text for text, times in broken.items() if times == drawn]
    if never:
        return (
            f"{scenario.id}: the constraint {never[0]!r} holds at none of {drawn} points drawn: loosen it, or widen an "
            "axis that it speaks of"
        )
    if not found and len(broken) > 1:
        named = " and ".join(repr(text) for text, _ in broken.most_common(3))
        return (
            f"{scenario.id}: the constraints {named} hold together at none of {drawn} points drawn: loosen one of them"
        )
    worst = broken.most_common(1)
    blamed = f"; {worst[0][0]!r} leaves out {worst[0][1]}" if worst else ""
    return (
        f"{scenario.id}: of {drawn} points drawn, {found} are different ones that fulfil the constraints, and {needed} "
        f"are needed{blamed}: loosen a constraint, widen an axis, or ask for fewer (sample: {{count: {max(found, 1)}}})"
    )


def _checked(scenario: Scenario, world: World, variants: tuple[Variant, ...]) -> None:
    """Refuse a scenario that lists what cannot be shown; places that are drawn are seen when they are rendered."""
    axes = scenario.axes
    if any(axes[name].moves_labels for name in _drawn(scenario)):
        return
    states = {variant.labels: variant for variant in reversed(variants)}
    for variant in list(reversed(states.values()))[:_MOST_CHECKED]:
        try:
            world.check(variant)
        except DomainAugError as error:
            raise DomainAugError(f"{scenario.id}: {error}") from None


def _drawn(scenario: Scenario) -> list[str]:
    """Return the axes whose values are drawn, and not listed."""
    if scenario.sampling.method == "grid":
        return []
    return [name for name, spread in scenario.spreads.items() if not isinstance(spread, Choices | Weighted)]


def variant_at(scenario: Scenario, world: World, values: Mapping[str, Value] = MappingProxyType({})) -> Variant:
    """Return one point of a scenario, with the name it has in a run; whether it can be shown is not looked at.

    Args:
        scenario: For the seed, and the values of what is not told.
        world: Its world, looked at.
        values: Values of axes, in place of the scenario's.

    Raises:
        UnknownName: There is no such axis.
        DomainAugError: A value is not legal.
    """
    axes = scenario.axes
    told = {name: scenario.fixed.get(name, axis.default) for name, axis in axes.items()}
    for name, value in values.items():
        if name not in axes:
            raise UnknownName(f"axis of {scenario.simulator.name}", name, axes)
        try:
            told[name] = axes[name].value(value)
        except ValueError as error:
            raise DomainAugError(f"{scenario.id}: {error}") from None
    return _variant(scenario, world.digest, axes, told)


def _variant(scenario: Scenario, world: str, axes: Mapping[str, Axis], values: Mapping[str, Value]) -> Variant:
    moving = {name: value for name, value in values.items() if axes[name].moves_labels}
    name = _hash(scenario.simulator.name, world, dict(values))
    return Variant(
        id=name[:16],
        values=values,
        key=int(_hash(scenario.seed, name)[:16], 16) >> 1,
        labels=_hash(scenario.simulator.name, world, moving)[:16],
    )


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _judged(scenario: Scenario, world: World, variants: tuple[Variant, ...], left_out: int) -> Variants:
    if scenario.limits is None:
        return Variants(variants, (), left_out)
    profile = load_profile(scenario.limits)
    fine: list[Variant] = []
    refused: list[Refused] = []
    for variant in variants:
        breach = _breach(profile, world, variant)
        if breach is None:
            fine.append(variant)
        else:
            limit, shown, allowed = breach
            unit = limit.effect.unit
            reason = (
                f"{limit.effect.name} would be {shown:.6g} {unit}, and {profile.id} allows {allowed.low:.6g} to "
                f"{allowed.high:.6g} {unit}: {limit.reason}"
            )
            if _listed(scenario, world, variant, limit.effect.name):
                raise DomainAugError(f"{scenario.id}: {limit.code}: {reason}")
            refused.append(Refused(variant, limit.code, reason))
    return Variants(tuple(fine), tuple(refused), left_out)


def _listed(scenario: Scenario, world: World, variant: Variant, effect: str) -> bool:
    """Return whether an effect is what it is by values that the scenario lists: no drawn axis moves it."""
    here = world.effects(variant.values).get(effect)
    for name in _drawn(scenario):
        spread = scenario.spreads[name]
        for share in (0.0, 0.25, 0.5, 0.75, 1 - 1e-9):
            if world.effects({**variant.values, name: spread.at(share)}).get(effect) != here:
                return False
    return True


def _breach(profile: Profile, world: World, variant: Variant) -> tuple[Limit, float, Interval] | None:
    """Return the first limit, of those that are errors, that a variant breaks."""
    effects, frame = world.effects(variant.values), world.frame(variant.values)
    for limit, interval in (
        (limit, interval) for name, interval in effects.items() for limit in profile.in_force(name)
    ):
        if limit.severity != "error":
            continue
        try:
            allowed = bounds(limit, frame).widened(limit.effect.absent)
        except DomainAugError:
            continue  # written in a unit that pictures of this world do not have
        if interval not in allowed:
            worst = interval.high if interval.high > allowed.high else interval.low
            return limit, worst, bounds(limit, frame)
    return None
