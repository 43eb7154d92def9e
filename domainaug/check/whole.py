"""What only the whole pipeline does: steps that each keep a limit and break it together."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domainaug._albumentations import A
from domainaug.check.clamp import clamped
from domainaug.check.finding import Finding, Fix
from domainaug.check.judge import Breach, Look, breaches, concerns, open_effects, share_beyond
from domainaug.check.phrase import finding_of
from domainaug.check.settle import Settled, remake, settle
from domainaug.check.witness import share_of_draws
from domainaug.declare import Path, Walked, compose_walk, declare, parameter_for, parameter_value
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
        profile: The profile.
        frame: The frame.
    """

    pipeline: A.BaseCompose
    walked: Walked
    looks: Sequence[Look]
    profile: Profile
    frame: Frame


def together(whole: Whole, broken: set[Rule], findings: Sequence[Finding] = ()) -> tuple[Finding, ...]:
    """Return `findings` and what breaks a limit only in sum.

    A sum that the fixes of earlier findings mend along the way is filed under the finding whose fix does it.

    Args:
        whole: The pipeline.
        broken: Rules that a single step breaks already.
        findings: What single steps were found to do.
    """
    declared = whole.walked.total.present(whole.frame)
    look = Look((), "", None, 1.0, declared)
    unbounded = {name for part in whole.looks for name in open_effects(part)}  # each step was judged by what was seen
    sums = [
        x
        for x in breaches(look, whole.profile, whole.frame)
        if not x.too_often and x.rule not in broken and x.effect.name not in unbounded
    ]
    told, own = list(findings), []
    if sums:
        model = _Model.of(whole)
        for breach in list(sums):
            host = _mended_by(whole, model, breach, told)
            if host is not None:
                by = f" in sum: {_contributors(whole, model, breach)}"
                follower = finding_of(Settled(breach, None), "", (), whole.frame, by=by)
                told[host] = replace(told[host], follows=(*told[host].follows, follower))
                sums.remove(breach)
        for settled in settle(look, sums, whole.profile, whole.frame):
            fix = _fix(whole, model, settled.breach)
            by = f" in sum: {_contributors(whole, model, settled.breach)}"
            own.append(finding_of(replace(settled, fix=fix), "", (), whole.frame, by=by))
    for breach in _too_often(whole, broken):
        by = f" in all: {_listed(_sharing(whole, breach.effect.name))}"
        own.append(finding_of(Settled(breach, None), "", (), whole.frame, by=by))
    return (*told, *own)


@dataclass(slots=True)
class _Model:
    """The pipeline with every step stood in for by what it was found to do: cheap to change and to put together.

    Attributes:
        whole: The pipeline.
        root: The stand-in of the outermost container.
    """

    whole: Whole
    root: Any

    @classmethod
    def of(cls, whole: Whole) -> _Model:
        alone = {leaf.path: leaf.alone for leaf in whole.walked.leaves}
        return cls(whole, _twin(whole.pipeline, (), alone))

    def broken(self, changes: Mapping[Path, Generators]) -> set[Rule]:
        """Return the rules that are broken in sum when the steps at these paths do something else."""
        before = {path: self._at(path).says for path in changes}
        for path, generators in changes.items():
            self._at(path).says = generators
        try:
            walked = compose_walk(self.root, self.whole.frame, unknown=lambda *_: Generators.nothing())
        finally:
            for path, generators in before.items():
                self._at(path).says = generators
        look = Look((), "", None, 1.0, walked.total.present(self.whole.frame))
        return {x.rule for x in breaches(look, self.whole.profile, self.whole.frame) if not x.too_often}

    def _at(self, path: Path) -> Any:
        node = self.root
        for index in path:
            node = node.transforms[index]
        return node


class _StandIn(A.NoOp):  # type: ignore[misc]
    """A step that says what another was found to do; never run."""

    says: Generators

    def declare_effects(self, frame: Frame) -> Generators:
        return self.says


def _twin(node: Any, path: Path, alone: Mapping[Path, Generators]) -> Any:
    if isinstance(node, A.BaseCompose):
        twin = copy.copy(node)
        twin.transforms = [_twin(child, (*path, index), alone) for index, child in enumerate(node.transforms)]
        return twin
    stand_in = object.__new__(_StandIn)
    stand_in.p, stand_in.says = node.p, alone.get(path, Generators.nothing())
    return stand_in


def _mended_by(whole: Whole, model: _Model, breach: Breach, findings: Sequence[Finding]) -> int | None:
    """Return which finding's fix, after those before it, keeps the sum inside; None where all of them do not.

    An error is never filed under a warning, nor anything under what is waived or waives it.
    """
    if breach.limit.code in whole.profile.waivers:
        return None
    changes: dict[Path, Generators] = {}
    hosts: list[tuple[int, dict[Path, Generators]]] = []
    steps = {look.path: look.transform for look in whole.looks}
    for index, finding in enumerate(findings):
        fix = finding.fix
        if fix is None or finding.code in whole.profile.waivers or fix.path not in steps:
            continue
        if breach.limit.severity == "error" and finding.severity != "error":
            continue
        if fix.action == "remove":
            changes[fix.path] = Generators.nothing()
        else:
            steps[fix.path] = remake(steps[fix.path], fix.parameter, fix.new)
            changes.setdefault(fix.path, Generators.nothing())
            changes[fix.path] = declare(steps[fix.path], whole.frame) or Generators.nothing()
        hosts.append((index, dict(changes)))
    if not hosts or breach.rule in model.broken(hosts[-1][1]):
        return None
    return next(index for index, so_far in hosts if breach.rule not in model.broken(so_far))


def _contributors(whole: Whole, model: _Model, breach: Breach) -> str:
    """Return the steps without which the sum keeps the limit; where it takes more than one, all that have a part."""
    needed = [look for look in whole.looks if breach.rule not in model.broken({look.path: Generators.nothing()})]
    return _listed(needed or _sharing(whole, breach.effect.name))


def _listed(looks: Sequence[Look]) -> str:
    names = [f"{look.where} (step {'.'.join(map(str, look.path))})" for look in looks]
    if not names:
        return "earlier steps as later ones change them"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _sharing(whole: Whole, effect: str) -> list[Look]:
    return [look for look in whole.looks if effect in (look.declared or ()) or _was_seen(look, effect)]


def _was_seen(look: Look, effect: str) -> bool:
    return look.seen is not None and effect in look.seen.ranges


def _fix(whole: Whole, model: _Model, breach: Breach) -> Fix | None:
    """Return the clamp or removal of one contributing step, the last that suffices, that mends the sum."""
    for look in reversed(_sharing(whole, breach.effect.name)):
        step = look.transform
        if not look.path or not isinstance(step, A.BasicTransform) or look.declared is None:
            continue

        def fits(value: Any, name: str, step: Any = step, path: Path = look.path) -> bool:
            said = declare(remake(step, name, value), whole.frame)
            return said is not None and breach.rule not in model.broken({path: said})

        for name in parameter_for(step, breach.effect.name):
            old = parameter_value(step, name)
            new = clamped(old, lambda value, name=name, fits=fits: fits(value, name))  # type: ignore[misc]
            if new is not None and new != old:
                return Fix("clamp", look.path, type(step).__name__, name, old, new)
    for look in reversed(whole.looks):
        if look.path and breach.rule not in model.broken({look.path: Generators.nothing()}):
            return Fix("remove", look.path, type(look.transform).__name__)
    return None


def _too_often(whole: Whole, broken: set[Rule]) -> Iterator[Breach]:
    """Yield limits on how often that no step breaks, but several steps together."""
    for limit in whole.profile.limits:
        row = limit.effect
        if limit.p_max is None or (limit.code, row.name) in broken or limit not in whole.profile.in_force(row.name):
            continue
        if not concerns(row, whole.frame):
            continue
        left = _left_alone(whole, row.name, _share)
        if 1 - left > limit.p_max + 1e-6:  # as far as ranges tell; now by draws
            left = _left_alone(whole, row.name, lambda look, name: _drawn_share(look, name, whole.frame))
        if 1 - left > limit.p_max + 1e-6:
            happens = Interval.of([row.neutral, 1.0 if row.is_flag else row.neutral])
            yield Breach(limit, bounds(limit, whole.frame), happens, None, None, None, 1 - left, too_often=True)


def _left_alone(whole: Whole, effect: str, share: Callable[[Look, str], float]) -> float:
    """Return the share of outputs in which no step has the effect."""
    left = 1.0
    for look in _sharing(whole, effect):
        left *= 1 - look.probability * share(look, effect)
    return left


def _drawn_share(look: Look, name: str, frame: Frame) -> float:
    interval = (look.declared or {}).get(name)
    always = interval is not None and interval.low == interval.high
    drawn = None if always or look.seen is not None else share_of_draws(look, name, frame)
    return _share(look, name) if drawn is None else drawn


def _share(look: Look, name: str) -> float:
    row = EFFECTS[name]
    still = row.still.widened(row.absent)
    if look.seen is not None:
        counted, draws = look.seen.beyond(name, still)
        return counted / draws if draws else 0.0
    interval = (look.declared or {}).get(name)
    return 0.0 if interval is None else 1.0 if row.is_flag else share_beyond(interval, still)
