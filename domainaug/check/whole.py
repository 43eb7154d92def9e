"""What only the whole pipeline does: steps that each keep a limit and break it together."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domainaug._albumentations import A
from domainaug.check.clamp import clamped
from domainaug.check.finding import Finding, Fix
from domainaug.check.judge import Breach, Look, breaches, concerns, open_effects, share_beyond
from domainaug.check.phrase import finding_of
from domainaug.check.settle import Settled, remake, settle
from domainaug.declare import Walked, compose_walk, parameter_for, parameter_value
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame, Generators
from domainaug.profile.model import Profile, bounds

__all__ = ["Whole", "together"]

Rule = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Whole:
    """A pipeline as a whole.

    Attributes:
        pipeline: The user's object; never changed.
        walked: What it does, and its parts.
        looks: Each part as it was judged.
        unknown: What undeclared steps were measured to do, by path.
        profile: The profile.
        frame: The frame.
    """

    pipeline: A.BaseCompose
    walked: Walked
    looks: Sequence[Look]
    unknown: dict[tuple[int, ...], Generators]
    profile: Profile
    frame: Frame


def together(whole: Whole, broken: set[Rule]) -> Iterator[Finding]:
    """Yield what breaks a limit only in sum.

    Args:
        whole: The pipeline.
        broken: Rules that a single step breaks already.
    """
    declared = whole.walked.total.present(whole.frame)
    look = Look((), "", None, 1.0, declared)
    unbounded = {name for part in whole.looks for name in open_effects(part)}  # each step was judged by what was seen
    found = [
        x
        for x in breaches(look, whole.profile, whole.frame)
        if not x.too_often and x.rule not in broken and x.effect.name not in unbounded
    ]
    for settled in settle(look, found, whole.profile, whole.frame):
        fix = _fix(whole, settled.breach)
        by = f" in sum: {_contributors(whole, settled.breach.effect.name)}"
        yield finding_of(replace(settled, fix=fix), "", (), whole.frame, by=by)
    for breach in _too_often(whole, broken):
        by = f" in all: {_contributors(whole, breach.effect.name)}"
        yield finding_of(Settled(breach, None), "", (), whole.frame, by=by)


def _contributors(whole: Whole, effect: str) -> str:
    names = [f"{look.where} (step {'.'.join(map(str, look.path))})" for look in _sharing(whole, effect)]
    if not names:
        return "earlier steps as later ones change them"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _sharing(whole: Whole, effect: str) -> list[Look]:
    return [look for look in whole.looks if effect in (look.declared or ()) or _was_seen(look, effect)]


def _was_seen(look: Look, effect: str) -> bool:
    return look.seen is not None and effect in look.seen.ranges


def _fix(whole: Whole, breach: Breach) -> Fix | None:
    """Return the clamp or removal of one contributing step, the last that suffices, that mends the sum."""
    try:
        trial = copy.deepcopy(whole.pipeline)
    except Exception:
        return None  # the step that cannot be copied is a finding of its own
    for look in reversed(_sharing(whole, breach.effect.name)):
        if not look.path or not isinstance(look.transform, A.BasicTransform) or look.declared is None:
            continue
        siblings = _siblings(trial, look.path)
        kept = siblings[look.path[-1]]

        def fits(value: Any, name: str, kept: Any = kept, siblings: Any = siblings, at: int = look.path[-1]) -> bool:
            siblings[at] = remake(kept, name, value)
            return breach.rule not in _broken(whole, trial)

        for name in parameter_for(look.transform, breach.effect.name):
            old = parameter_value(look.transform, name)
            new = clamped(
                old,
                lambda value, name=name, fits=fits: fits(value, name),  # type: ignore[misc]
                still=breach.limit.allow == "never",
            )
            siblings[look.path[-1]] = kept
            if new is not None and new != old:
                return Fix("clamp", look.path, type(look.transform).__name__, name, old, new)
    return _removal(whole, breach, trial)


def _removal(whole: Whole, breach: Breach, trial: A.BaseCompose) -> Fix | None:
    for look in reversed(_sharing(whole, breach.effect.name)):
        if not look.path:
            continue
        siblings = _siblings(trial, look.path)
        kept = siblings[look.path[-1]]
        siblings[look.path[-1]] = A.NoOp(p=1)
        mended = breach.rule not in _broken(whole, trial)
        siblings[look.path[-1]] = kept
        if mended:
            return Fix("remove", look.path, type(look.transform).__name__)
    return None


def _siblings(pipeline: Any, path: tuple[int, ...]) -> Any:
    node = pipeline
    for index in path[:-1]:
        node = node.transforms[index]
    node.transforms = list(node.transforms)
    return node.transforms


def _broken(whole: Whole, trial: A.BaseCompose) -> set[Rule]:
    walked = compose_walk(trial, whole.frame, unknown=lambda _, path: whole.unknown.get(path, Generators.nothing()))
    look = Look((), "", None, 1.0, walked.total.present(whole.frame))
    return {breach.rule for breach in breaches(look, whole.profile, whole.frame) if not breach.too_often}


def _too_often(whole: Whole, broken: set[Rule]) -> Iterator[Breach]:
    """Yield limits on how often that no step breaks, but several steps together."""
    for limit in whole.profile.limits:
        row = limit.effect
        if limit.p_max is None or (limit.code, row.name) in broken or limit not in whole.profile.in_force(row.name):
            continue
        if not concerns(row, whole.frame):
            continue
        left = 1.0
        for look in _sharing(whole, row.name):
            left *= 1 - look.probability * _share(look, row.name)
        if 1 - left > limit.p_max + 1e-6:
            happens = Interval.of([row.neutral, 1.0 if row.is_flag else row.neutral])
            yield Breach(limit, bounds(limit, whole.frame), happens, None, None, None, 1 - left, too_often=True)


def _share(look: Look, name: str) -> float:
    row = EFFECTS[name]
    still = row.still.widened(row.absent)
    if look.seen is not None:
        counted, draws = look.seen.beyond(name, still)
        return counted / draws if draws else 0.0
    interval = (look.declared or {}).get(name)
    return 0.0 if interval is None else 1.0 if row.is_flag else share_beyond(interval, still)
