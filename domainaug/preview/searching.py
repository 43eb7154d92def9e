"""Looking for the farthest value of one parameter that its transform takes and the limits of a profile allow."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domainaug.check.judge import Breach, Look, breaches, is_open
from domainaug.check.wording import rule
from domainaug.declare import declare, parameter_for
from domainaug.profile.model import Profile
from domainaug.profile.wording import range_in_words
from domainaug.recipe import build_recipe

__all__ = ["Bound", "Trial", "dividing", "farthest", "nice_step", "on_grid"]

_GALLOP = 9  # doublings after which there is no bound
_WORTH_SHOWING = 64  # steps on the way to no bound at all


@dataclass(frozen=True, slots=True)
class Bound:
    """What stops a parameter.

    Attributes:
        code: The rule that one step further would break; "" where the transform itself takes no more.
        effect: The effect that the rule limits, or "".
        found: What would happen, in words ("rotation -10.5 to 5 deg").
        limit: What is allowed, in words.
    """

    code: str = ""
    effect: str = ""
    found: str = ""
    limit: str = ""


_ITS_OWN = Bound()


@dataclass(slots=True)
class Trial:
    """One step of a recipe, built with other values, and held against the profile by itself.

    Attributes:
        profile: The limits.
        name: The transform.
        parameters: As they are written.
        alone: Whether its `p` is a chance; in a composition that chooses it is a weight.
    """

    profile: Profile
    name: str
    parameters: Mapping[str, Any]
    alone: bool = True
    _known: set[tuple[str, str]] | None = field(default=None, init=False)

    @property
    def is_beyond(self) -> bool:
        """Whether the step as it is written breaks a rule."""
        return bool(self._breaches({}))

    def broken(self, parameter: str, value: Any) -> Bound | None:
        """Return what another value would break that the step as it is written does not, or None."""
        if self._known is None:
            self._known = {one.rule for _, one in self._breaches({})}
        try:
            found = self._breaches({parameter: value})
        except Exception:  # what a transform objects to, it says in many ways
            return _ITS_OWN
        new = [(made, one) for made, one in found if one.rule not in self._known]
        if not new:
            return None
        _, first = min(new, key=lambda pair: _rank(pair[0], pair[1], parameter))
        row = first.effect
        reached = f"{row.name.replace('_', ' ')} {range_in_words(row, first.interval)}"
        return Bound(first.limit.code, row.name, reached, rule(first.limit, self.profile.frame, first.allowed))

    def _breaches(self, changed: Mapping[str, Any]) -> list[tuple[Any, Breach]]:
        frame = self.profile.frame
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (made,) = build_recipe([{self.name: {**self.parameters, **changed}}])
            generators = declare(made, frame)
        if generators is None:
            return []
        probability = float(made.p) if self.alone else 1.0
        look = Look((0,), self.name, made, probability, generators.present(frame), content=generators.content)
        found = breaches(look, self.profile, frame)
        return [(made, one) for one in found if not _depends(one)]


def _depends(breach: Breach) -> bool:
    """Whether only pictures can tell: what depends on them, without a bound, under a limit that is not "never"."""
    return breach.depends and breach.limit.allow != "never" and is_open(breach.effect, breach.interval)


def _rank(made: Any, breach: Breach, parameter: str) -> tuple[bool, bool]:
    """Put errors before warnings, and what the parameter governs before what merely follows."""
    return breach.limit.severity != "error", parameter not in parameter_for(made, breach.effect.name)


def farthest(
    broken: Callable[[Any], Bound | None], start: float, step: float, end: float, *, whole: bool
) -> tuple[float, Bound | None]:
    """Return the farthest value from `start` on that breaks nothing, and what the next one would break.

    Args:
        broken: What a value breaks.
        start: A value that is fine.
        step: From one value to the next, with the direction.
        end: Where to stop anyhow.
        whole: Whether values are whole numbers.
    """

    def at(count: int) -> float:
        moved = on_grid(start + count * step, abs(step), whole=whole)
        return min(moved, end) if step > 0 else max(moved, end)

    good, bad, why = 0, 0, None
    for doubling in range(_GALLOP + 1):
        count = 1 << doubling
        why = broken(at(count))
        if why is not None:
            bad = count
            break
        good = count
        if at(count) == end:
            return end, None
    if why is None:
        return at(_WORTH_SHOWING), None
    while bad - good > 1:
        between = (good + bad) // 2
        found = broken(at(between))
        if found is None:
            good = between
        else:
            bad, why = between, found
    return (at(good) if good else on_grid(start, abs(step), whole=whole)), why


def nice_step(span: float, *, whole: bool) -> float:
    """Return a step of 1, 2 or 5 times a power of ten, about a fortieth of a span; at least 1 for whole numbers."""
    wanted = max(span / 40, 1e-9)
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted * (1 - 1e-9))
    return max(1, round(step)) if whole else float(f"{step:.6g}")


def dividing(step: float, values: tuple[float, ...]) -> float:
    """Return a step, or the largest of its half, fifth and tenth, of which all values are multiples; else its tenth."""
    for part in (1, 2, 5, 10):
        finer = float(f"{step / part:.6g}")
        if all(abs(value / finer - round(value / finer)) < 1e-6 for value in values):
            return finer
    return finer


def on_grid(value: float, step: float, *, whole: bool) -> float:
    """Return a value without the ghosts of binary fractions, at the digits its step has."""
    if whole:
        return round(value)
    digits = max(0, -math.floor(math.log10(step))) + 1
    return round(value, digits)
