"""What can be turned in a recipe, and how far: the schema of each transform, bounded by the limits of the profile.

A knob is one parameter of one step. Its ends are looked for, not looked up: the parameter is moved outward step by
step, the transform is built again, which holds its own schema, and declared again, which tells the effects; where a
rule of the profile would be broken, that rule is why one cannot go further.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from domainaug.check.narrow import clamped
from domainaug.errors import UnknownName
from domainaug.preview.searching import Bound, Trial, dividing, farthest, nice_step, on_grid
from domainaug.profile.model import Profile
from domainaug.profile.recipe import recipe_classes
from domainaug.profile.recipe_shape import COMPOSITIONS

__all__ = ["Bound", "Knob", "Step", "knobs_of", "steps_of", "turned"]

_NOT_TURNED = frozenset(
    ("interpolation", "mask_interpolation", "border_mode", "fill", "fill_mask", "blur_limit", "order")
)
"""Parameters that say how something is done, not how much."""

_NOTHING = 0.2  # the span that a range from 0 to 0 is given, so that it can be opened

Road = tuple[int, ...]
Leaf = tuple[Road, str, Mapping[str, Any], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Knob:
    """One parameter of one step that can be turned.

    Attributes:
        key: "2.1.sigma_limit": the step, and the parameter; names it in addresses and in `turned`.
        transform: Name of the transform.
        parameter: Name of the parameter; "p" is how often the step happens.
        kind: "range" (two ends), "amount" (one number) or "switch".
        value: As the recipe has it, clamped where a limit is tighter: (low, high), a number, or a bool.
        low: The lowest it goes.
        high: The highest it goes.
        step: From one value to the next.
        whole: Whether it takes whole numbers only.
        at_low: What stops it there, or None where nothing does but what can be shown.
        at_high: Likewise.
    """

    key: str
    transform: str
    parameter: str
    kind: Literal["range", "amount", "switch"]
    value: Any
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    whole: bool = False
    at_low: Bound | None = None
    at_high: Bound | None = None

    def reached(self, value: Any) -> tuple[Bound, ...]:
        """Return what stops the knob from going beyond `value`, where it stands at an end; a rule at both ends once."""
        if self.kind == "switch":
            return ()
        first, last = value if isinstance(value, tuple | list) else (value, value)
        found: dict[tuple[str, str], Bound] = {}
        if self.at_low is not None and first <= self.low + self.step / 2:
            found[self.at_low.code, self.at_low.effect] = self.at_low
        if self.at_high is not None and last >= self.high - self.step / 2:
            found[self.at_high.code, self.at_high.effect] = self.at_high
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a recipe.

    Attributes:
        key: "2.1".
        transform: Its name.
        inside: The compositions that it is in, outermost first ("OneOf").
        knobs: What can be turned; the first says how often it happens, where that is its own to say.
    """

    key: str
    transform: str
    inside: tuple[str, ...]
    knobs: tuple[Knob, ...]


def steps_of(profile: Profile) -> tuple[Step, ...]:
    """Return the steps of a profile's recipe, each with what can be turned in it and how far.

    Raises:
        domainaug.errors.ProfileError: The recipe names what there is not.
    """
    found = []
    for road, name, parameters, inside in _leaves(profile.recipe):
        knobs = tuple(_knobs(profile, road, name, parameters, inside))
        found.append(Step(_key(road), name, inside, knobs))
    return tuple(found)


def knobs_of(profile: Profile) -> Mapping[str, Knob]:
    """Return every knob of a profile's recipe, by key."""
    return {knob.key: knob for step in steps_of(profile) for knob in step.knobs}


def turned(profile: Profile, values: Mapping[str, Any], left_out: Sequence[str] = ()) -> Profile:
    """Return a profile whose recipe has other values.

    Args:
        profile: Limits and recipe.
        values: New values by key of the knob ("0.rotate").
        left_out: Keys of steps ("2.1") that never happen.

    Raises:
        UnknownName: The recipe has no such step.
    """
    recipe = list(profile.recipe)
    for key, value in values.items():
        road, _, parameter = key.rpartition(".")
        recipe = _changed(recipe, _road(road, profile), {parameter: _as_written(value)})
    for gone in sorted((_road(key, profile) for key in left_out), reverse=True):
        recipe = _without(recipe, gone)
    return replace(profile, recipe=tuple(recipe))


# -- looking for ends ---------------------------------------------------------------------------------------


def _knobs(
    profile: Profile, road: Road, name: str, parameters: Mapping[str, Any], inside: tuple[str, ...]
) -> Iterator[Knob]:
    trial = Trial(profile, name, dict(parameters), alone=not inside)
    if trial.is_beyond:  # inherited under a tighter limit: what is left of it is what is turned
        parameters = {**parameters, **clamped(profile, name, parameters)}
        trial = Trial(profile, name, parameters, alone=not inside)
    chance = parameters.get("p")
    if not inside and isinstance(chance, int | float):
        yield _amount(trial, road, "p", float(chance), often=True)
    for parameter, value in parameters.items():
        if parameter == "p" or parameter in _NOT_TURNED:
            continue
        if isinstance(value, bool):
            if trial.broken(parameter, not value) is None:
                yield Knob(f"{_key(road)}.{parameter}", name, parameter, "switch", value)
        elif _is_number(value):
            yield _amount(trial, road, parameter, value)
        elif isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value)):
            knob = _range(trial, road, parameter, (value[0], value[1]))
            if knob.high > knob.low:
                yield knob


def _amount(trial: Trial, road: Road, parameter: str, value: float, *, often: bool = False) -> Knob:
    whole = isinstance(value, int) and not often
    step = dividing(0.05 if often else nice_step(abs(value) or 1.0, whole=whole), (value,)) if not whole else 1.0
    least = 0.0 if often or value >= 0 else -math.inf
    most = 1.0 if often else math.inf
    low, at_low = farthest(lambda x: trial.broken(parameter, x), value, -step, least, whole=whole)
    high, at_high = farthest(lambda x: trial.broken(parameter, x), value, step, most, whole=whole)
    return Knob(
        f"{_key(road)}.{parameter}", trial.name, parameter, "amount", value, low, high, step, whole, at_low, at_high
    )


def _range(trial: Trial, road: Road, parameter: str, value: tuple[float, float]) -> Knob:
    whole = all(isinstance(end, int) for end in value)
    first, last = value
    span = max(last - first, (abs(first) + abs(last)) / 8) or _NOTHING
    step = 1.0 if whole else dividing(nice_step(span, whole=False), value)
    least = 0.0 if first >= 0 else -math.inf
    low, at_low = farthest(lambda x: trial.broken(parameter, [x, last]), first, -step, least, whole=whole)
    high, at_high = farthest(lambda x: trial.broken(parameter, [first, x]), last, step, math.inf, whole=whole)
    key = f"{_key(road)}.{parameter}"
    start, end = on_grid(first, step, whole=whole), on_grid(last, step, whole=whole)
    return Knob(key, trial.name, parameter, "range", (start, end), low, high, step, whole, at_low, at_high)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# -- the recipe as it is written ----------------------------------------------------------------------------


def _leaves(
    recipe: Sequence[Any], road: Road = (), inside: tuple[str, ...] = ()
) -> Iterator[tuple[Road, str, Mapping[str, Any], tuple[str, ...]]]:
    """Yield (road, name, parameters, compositions it is in) of every transform."""
    known = recipe_classes()
    for index, entry in enumerate(recipe):
        ((name, given),) = entry.items()
        parameters: Mapping[str, Any] = given or {}
        if name in COMPOSITIONS:
            yield from _leaves(parameters["transforms"], (*road, index), (*inside, name))
        elif name in known:
            yield (*road, index), name, parameters, inside
        else:
            raise UnknownName("transform", name, known)


def _changed(recipe: Sequence[Any], road: Road, values: Mapping[str, Any]) -> list[Any]:
    out = list(recipe)
    ((name, parameters),) = out[road[0]].items()
    inner = dict(parameters or {})
    if len(road) > 1:
        inner["transforms"] = _changed(inner["transforms"], road[1:], values)
    else:
        inner.update(values)
    out[road[0]] = {name: inner}
    return out


def _without(recipe: Sequence[Any], road: Road) -> list[Any]:
    """Return a recipe without one step; a composition that is left empty goes with it."""
    out = list(recipe)
    if len(road) == 1:
        del out[road[0]]
        return out
    ((name, parameters),) = out[road[0]].items()
    inner = _without(parameters["transforms"], road[1:])
    if inner:
        out[road[0]] = {name: {**parameters, "transforms": inner}}
    else:
        del out[road[0]]
    return out


def _as_written(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _key(road: Road) -> str:
    return ".".join(map(str, road))


def _road(key: str, profile: Profile) -> Road:
    roads = {_key(road): road for road, *_ in _leaves(profile.recipe)}
    if key not in roads:
        raise UnknownName("step", key, roads)
    return roads[key]
