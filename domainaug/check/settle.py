"""From the rules one step breaks to few findings: what one fix mends belongs together.

A rotation by 45 degrees also narrows the field of view, shears and leaves empty corners. Nobody wants four
findings for it. Which breach is the cause is not looked up in a table but tried out: the parameter that
governs an effect is clamped, the step is declared again, and every breach that is gone was a consequence.
What no parameter mends takes removing the step; then breaches of one family share a finding.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from domainaug._albumentations import A
from domainaug.check.clamp import clamped
from domainaug.check.finding import Fix
from domainaug.check.judge import Breach, Look, breaches
from domainaug.declare import GOVERNS, declare, parameter_for, parameter_value, with_parameter
from domainaug.effects import EFFECTS, Effect
from domainaug.generators import Frame
from domainaug.profile.model import Profile

__all__ = ["Settled", "remake", "settle"]

_CONSEQUENCES = (
    "blur", "noise", "impulse_noise", "pixelation", "saturation", "channel_mixing", "inversion", "local_gain",
    "contrast", "brightness", "gamma", "tone", "loss_of_levels",
    "aspect", "shear", "shift", "duplicated", "outside", "field_of_view", "misregistration",
)  # fmt: skip
"""Effects that often merely follow from others, the most likely consequence last within its family."""

_FIRST_OF_LIGHT, _FIRST_OF_CONTENT, _FIRST_OF_LABELS = "brightness", "occlusion", "misregistration"


@dataclass(frozen=True, slots=True)
class Settled:
    """A breach that stands for itself.

    Attributes:
        breach: It.
        fix: What mends it, or None.
        follows: Breaches that go away with it.
    """

    breach: Breach
    fix: Fix | None
    follows: tuple[Breach, ...] = ()


@dataclass(slots=True)
class _Mending:
    look: Look
    profile: Profile
    frame: Frame
    open: list[Breach]
    settled: list[Settled] = field(default_factory=list)

    def broken_by(self, transform: Any) -> set[tuple[str, str]]:
        """Return the rules a changed transform breaks."""
        changed = self.look_at(transform)
        return {breach.rule for breach in breaches(changed, self.profile, self.frame)}

    def look_at(self, transform: Any) -> Look:
        generators = declare(transform, self.frame)
        ranges = generators.present(self.frame) if generators is not None else None
        # the chance to run follows p, which a clamp may have changed
        share = transform.p / self.look.transform.p if self.look.transform.p else 1.0
        return replace(
            self.look, transform=transform, declared=ranges, probability=min(1.0, self.look.probability * share)
        )


def settle(look: Look, found: Sequence[Breach], profile: Profile, frame: Frame) -> tuple[Settled, ...]:
    """Return the breaches of one step that stand for themselves, each with its fix and its consequences.

    Args:
        look: The step.
        found: Every rule it breaks.
        profile: The profile.
        frame: The frame it was declared for.
    """
    work = _Mending(look, profile, frame, sorted(found, key=lambda x: _rank(look, x)))
    if isinstance(look.transform, A.BasicTransform) and look.declared is not None and not look.content:
        while _clamp_one(work):
            pass
    if work.open or any(x.fix is not None and x.fix.action == "remove" for x in work.settled):
        return tuple(_removed(look, work))
    return tuple(_by_parameter(work.settled))


def _by_parameter(settled: Sequence[Settled]) -> Iterator[Settled]:
    """Put clamps of one parameter together: the value that mends the last of them mends them all."""
    chains: dict[str, list[Settled]] = {}
    for one in settled:
        chains.setdefault(one.fix.parameter if one.fix else "", []).append(one)
    for chain in chains.values():
        leads = [one.breach for one in chain]
        everything = [x for one in chain for x in (one.breach, *one.follows)]
        # the last asked for the tightest value; but an error never stands behind a warning
        severe = [x for x in leads if _is_error(x)] or [x for x in everything if _is_error(x)] or leads
        lead = severe[-1]
        others = (x for x in everything if x is not lead)
        first, last = chain[0].fix, chain[-1].fix
        assert first is not None
        assert last is not None
        yield Settled(lead, replace(last, old=first.old), tuple(others))


def _is_error(breach: Breach) -> bool:
    return breach.limit.severity == "error"


def _removed(look: Look, work: _Mending) -> Iterator[Settled]:
    """Put breaches together that only removing the step mends; each flag stands for itself."""
    fix = Fix("remove", look.path, type(look.transform).__name__) if look.transform is not None and look.path else None
    clamped_too = (x for one in work.settled for x in (one.breach, *one.follows))
    groups: dict[str, list[Breach]] = {}
    for breach in sorted((*clamped_too, *work.open), key=lambda x: _rank(look, x)):
        # a step we know is one thing; what was measured may be several
        group = "" if look.declared is not None and look.path and not breach.effect.is_flag else _family(breach.effect)
        groups.setdefault(group, []).append(breach)
    for first, *others in groups.values():
        yield Settled(first, fix, tuple(others))


def _rank(look: Look, breach: Breach) -> tuple[object, ...]:
    name = breach.effect.name
    governed = bool(parameter_for(look.transform, name)) if isinstance(look.transform, A.BasicTransform) else False
    late = _CONSEQUENCES.index(name) + 1 if name in _CONSEQUENCES else 0
    return breach.limit.severity != "error", not breach.effect.is_flag, not governed, late, _ORDER[name]


_ORDER = {name: index for index, name in enumerate(EFFECTS)}


def _clamp_one(work: _Mending) -> bool:
    """Mend the first breach that a parameter mends, one that governs its effect before any other; say whether."""
    for parameters in (_governing, _others):
        for breach in work.open:
            for parameter in parameters(work.look, breach):
                fix, changed = _clamp(work, breach, parameter)
                if fix is not None:
                    _note(work, breach, fix, changed)
                    return True
    return False


def _note(work: _Mending, breach: Breach, fix: Fix, changed: Any) -> None:
    still = work.broken_by(changed)
    gone = tuple(x for x in work.open if x is not breach and x.rule not in still)
    work.settled.append(Settled(breach, fix, gone))
    work.open = [x for x in work.open if x is not breach and x not in gone]
    work.look = work.look_at(changed)


def _governing(look: Look, breach: Breach) -> Iterable[str]:
    if not breach.too_often:
        return parameter_for(look.transform, breach.effect.name)
    # under OneOf and SomeOf p is a weight, not a chance
    return () if any(name in look.where for name in ("OneOf", "SomeOf", "RandomOrder", "OneOrOther")) else ("p",)


def _others(look: Look, breach: Breach) -> Iterable[str]:
    """Return what else of the step can be turned: no parameter governs `tone`, but brightness causes it."""
    if breach.too_often:
        return ()
    rows = GOVERNS.get(type(look.transform).__name__, {}).values()
    return tuple(dict.fromkeys(name for row in rows for name in ((row,) if isinstance(row, str) else row)))


def _clamp(work: _Mending, breach: Breach, parameter: str) -> tuple[Fix | None, Any]:
    transform = work.look.transform
    old = transform.p if parameter == "p" else parameter_value(transform, parameter)
    if old is None:
        return None, transform

    def fits(value: Any) -> bool:
        return breach.rule not in work.broken_by(remake(transform, parameter, value))

    never = breach.limit.allow == "never" and not breach.too_often
    new = clamped(old, fits, guess=_guess(breach), still=never)
    if new is None or new == old:
        return None, transform
    changed = remake(transform, parameter, new)
    if parameter == "p" or work.look_at(changed).declared:
        return Fix("clamp", work.look.path, type(transform).__name__, parameter, old, new), changed
    return Fix("remove", work.look.path, type(transform).__name__), changed


def _guess(breach: Breach) -> float:
    """Return the share of what the step does that the limit leaves, in proportion."""
    still, found, allowed = breach.effect.neutral, breach.interval, breach.allowed
    shares = [
        (end - still) / (reached - still)
        for end, reached in ((allowed.low, found.low), (allowed.high, found.high))
        if reached not in allowed and math.isfinite(reached) and reached != still
    ]
    return min((share for share in shares if 0 < share < 1), default=0.5)


def remake(transform: A.BasicTransform, parameter: str, value: Any) -> A.BasicTransform:
    """Return a transform like `transform` with one parameter changed; `p` counts as one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what there is to warn of, the check says itself
        if parameter != "p":
            return with_parameter(transform, parameter, value)
        return type(transform)(**{**transform.get_transform_init_args(), "p": value})


def _family(row: Effect) -> str:
    """Return what an effect belongs to; a flag stands for itself."""
    if row.is_flag:
        return row.name
    order = _ORDER[row.name]
    for first in (_FIRST_OF_LABELS, _FIRST_OF_CONTENT, _FIRST_OF_LIGHT):
        if order >= _ORDER[first]:
            return first
    return "geometry"
