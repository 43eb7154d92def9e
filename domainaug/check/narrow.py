"""Keeping a profile's recipe inside the profile's own limits: what goes beyond is clamped or left out, and told.

A recipe is inherited whole while limits are tightened one by one, and options turn rules on. So a recipe that
was inside its limits where it was written may lie outside them where it is used.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from domainaug._albumentations import A
from domainaug.check.examine import check
from domainaug.check.finding import Finding, Fix
from domainaug.check.fix import apply_to
from domainaug.check.judge import is_open
from domainaug.declare import compose_walk
from domainaug.effects import EFFECTS
from domainaug.errors import ProfileError
from domainaug.generators import Frame, Generators
from domainaug.pipeline import Pipeline
from domainaug.recipe import build_recipe

if TYPE_CHECKING:
    from domainaug.profile.model import Profile

__all__ = ["clamped", "compose_inside"]

_ROUNDS = 8
_KEPT = 64  # recipes whose fixes are remembered


@dataclass(frozen=True, slots=True)
class _Narrowing:
    """What keeps one recipe inside: fixes in rounds, each round against what the one before left."""

    rounds: tuple[tuple[Fix, ...], ...]
    sentences: tuple[str, ...]


_known: dict[tuple[object, ...], _Narrowing] = {}
_lock = threading.Lock()


def compose_inside(profile: Profile, *, seed: int | None, strength: float, **compose: Any) -> Pipeline:
    """Return the recipe of `profile` as a pipeline that keeps every limit of the profile.

    A step that goes beyond a limit in force, error or warning, is clamped, or left out where no parameter
    helps; `Pipeline.narrowed` says what was changed and for which rule. Waived rules change nothing. What depends
    on the picture, and so has no declared bound, is left to the measured check unless the limit is "never".

    Args:
        profile: The profile.
        seed: As for `Pipeline`.
        strength: From 0, which leaves every picture alone, to 1, the recipe as written.
        **compose: Everything else `Pipeline` takes.

    Raises:
        ProfileError: The profile is abstract, or its recipe breaks a limit that nothing but rewriting it mends.
    """
    if profile.abstract:
        raise ProfileError(f"{profile.id} is only there to be extended; name a profile that extends it")
    if not profile.recipe:
        return Pipeline.from_profile(profile, seed=seed, strength=strength, **compose)
    found = _remembered(profile, strength)
    steps = _built(profile, strength)
    for fixes in found.rounds:
        steps = list(apply_to(Pipeline(steps, seed=0), fixes).transforms)
    pipeline = Pipeline(steps, seed=seed, profile=profile, **compose)
    pipeline.narrowed = found.sentences
    return pipeline


def clamped(profile: Profile, name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return those parameters of one step, by itself, that a profile clamps, with the values that it leaves them.

    Args:
        profile: The limits.
        name: The transform.
        parameters: As the recipe has them.
    """
    try:
        found = _narrowing(replace(profile, recipe=({name: dict(parameters)},)), 1.0)
    except ProfileError:  # no parameter mends it
        return {}
    return {fix.parameter: fix.new for fixes in found.rounds for fix in fixes if fix.action == "clamp"}


def _built(profile: Profile, strength: float) -> list[Any]:
    return build_recipe(profile.recipe, strength=strength, path=profile.path)


def _remembered(profile: Profile, strength: float) -> _Narrowing:
    key = _key(profile, strength)
    with _lock:
        known = _known.get(key)
    if known is None:
        known = _narrowing(profile, strength)
        with _lock:
            while len(_known) >= _KEPT:
                del _known[next(iter(_known))]
            _known[key] = known
    return known


def _key(profile: Profile, strength: float) -> tuple[object, ...]:
    """Return all that the fixes depend on; a profile changed in memory keeps its digest, so that is not enough."""
    rules = tuple(
        (x.code, x.effect.name, x.allow, x.low, x.high, x.unit, x.p_max, x.severity, repr(x.when), repr(x.unless))
        for x in profile.limits
    )
    said = repr((profile.recipe, sorted(profile.options.items()), sorted(profile.waivers)))
    return profile.id, profile.digest, profile.frame, float(strength), said, rules


def _narrowing(profile: Profile, strength: float) -> _Narrowing:
    pipeline: A.BaseCompose = Pipeline(_built(profile, strength), seed=0, profile=profile)
    rounds: list[tuple[Fix, ...]] = []
    changes: list[tuple[Fix, Finding]] = []
    for _ in range(_ROUNDS):
        beyond = _beyond(pipeline, profile)
        mending = [(finding.fix, finding) for finding in beyond if finding.fix is not None]
        if not mending:
            break
        rounds.append(tuple(fix for fix, _ in mending))
        for fix, finding in mending:
            _add(changes, fix, finding)
        pipeline = apply_to(pipeline, rounds[-1])
    for finding in _beyond(pipeline, profile):
        if finding.severity == "error":
            raise ProfileError(
                f"{profile.id}: its recipe breaks {finding.code}: {finding.found}, allowed is {finding.limit}; no "
                "parameter mends it, so write a recipe: of your own that keeps the rule",
                path=profile.path,
            )
    return _Narrowing(tuple(rounds), tuple(_sentence(fix, finding) for fix, finding in changes))


def _add(changes: list[tuple[Fix, Finding]], fix: Fix, finding: Finding) -> None:
    """Add a change; one that goes on where an earlier one stopped takes its place."""
    for index, (before, _) in enumerate(changes):
        same = (before.transform, before.parameter) == (fix.transform, fix.parameter)
        if same and fix.action == "clamp" and before.new == fix.old:
            changes[index] = (replace(fix, old=before.old), finding)
            return
    if fix.action == "remove" and any(x.action == "remove" and x.path == fix.path for x, _ in changes):
        return
    changes.append((fix, finding))


def _sentence(fix: Fix, finding: Finding) -> str:
    if finding.limit == "never":
        rule = f"{finding.code} does not allow {finding.effect}"
    else:
        rule = f"{finding.code} allows {finding.limit}"
    if " in sum: " in finding.found:  # by itself the step may keep the rule
        rule += f", got {finding.found}"
    return f"{fix.transform} left out: {rule}" if fix.action == "remove" else f"{fix}: {rule}"


def _beyond(pipeline: A.BaseCompose, profile: Profile) -> list[Finding]:
    """Return what breaks rules of the profile by what is declared."""
    if not pipeline.transforms:
        return []
    rules = {limit.code for limit in profile.limits}
    never = {(limit.code, limit.effect.name) for limit in profile.limits if limit.allow == "never"}
    unbounded = _unbounded(pipeline, profile.frame)

    def is_known(finding: Finding) -> bool:
        return (finding.path, finding.effect) not in unbounded or (finding.code, finding.effect) in never

    report = check(pipeline, profile, measured=False)
    return [x for x in report.findings if x.code in rules and any(map(is_known, (x, *x.follows)))]


def _unbounded(pipeline: A.BaseCompose, frame: Frame) -> set[tuple[tuple[int, ...], str]]:
    """Return (path, effect) of what depends on the picture and has no bound: only looking at pictures can tell."""
    walked = compose_walk(pipeline, frame, unknown=lambda _, __: Generators.nothing())
    return {
        (leaf.path, name)
        for leaf in walked.leaves
        if leaf.known and leaf.alone.content
        for name, interval in leaf.alone.present(frame).items()
        if is_open(EFFECTS[name], interval)
    }
