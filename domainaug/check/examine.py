"""Holding a pipeline against a profile: walk it, measure what nobody knows, judge, and report."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from domainaug.check.codes import own
from domainaug.check.finding import Finding
from domainaug.check.judge import Look, breaches, concerns
from domainaug.check.phrase import finding_of
from domainaug.check.report import Report, Source, in_order
from domainaug.check.settle import settle
from domainaug.effects import EFFECTS, Effect, Needs
from domainaug.generators import Frame, Generators
from domainaug.profile.model import Profile

if TYPE_CHECKING:
    from domainaug.check.measured import Observation
    from domainaug.declare import Walked

__all__ = ["check"]

_PROBLEMS = {"destroys": "DA103", "out-of-range": "DA109", "not-copied": "DA113"}
_LEAST = 0.25  # seconds a step is measured for, however many there are
_FEW_DRAWS = 30  # below it silence is no answer
_OF_KNOWN = 60  # draws of a step that declares what it does but for what depends on the picture


@dataclass(slots=True)
class _Work:
    """One check under way."""

    target: Any
    profile: Profile
    frame: Frame
    budget: float
    measured: bool
    pictures: Sequence[Any] | None
    seed: int
    asked: int | None = None
    findings: list[Finding] = field(default_factory=list)
    broken: set[tuple[str, str]] = field(default_factory=set)
    draws: int = 0


def check(
    target: Any,
    profile: Profile,
    *,
    frame: Frame | None = None,
    budget: float = 5.0,
    measured: bool = True,
    pictures: Sequence[Any] | None = None,
    seed: int = 0,
    draws: int | None = None,
    name: str = "",
    source: Source | None = None,
) -> Report:
    """Say what `target` does that `profile` does not allow.

    An albumentations Compose or transform is walked leaf by leaf, every branch, each as if it always ran; so
    rare events are found because they are declared. Leaves nobody knows, and any other callable, are run on
    probe pictures and measured. The target, its random state and the global ones are left as they were.

    Args:
        target: An `A.BaseCompose` or `A.BasicTransform`, or a callable image -> image (with masks or points
            where it takes them).
        profile: What is allowed.
        frame: The image to reckon with; the profile's own when not given.
        budget: Seconds that measuring may take, all steps together; most need less for their 300 draws.
        measured: Whether to measure at all; without it unknown steps are reported as unknown.
        pictures: Real pictures of the field, for steps that depend on content; ones that ship inside
            installed packages when not given.
        seed: Of the draws that are measured.
        draws: How many draws of each measured step, whatever time they take, so that counts are the same again;
            None for 300 or as many as the budget allows.
        name: What the report calls the target.
        source: Where the target was written, for reports that point into files.

    Returns:
        A report; its `ok` says whether nothing of severity "error" was found.
    """
    from domainaug._albumentations import A

    started = time.perf_counter()
    work = _Work(target, profile, frame or profile.frame, budget, measured, pictures, seed, draws)
    known = isinstance(target, A.BaseCompose | A.BasicTransform)
    looks = _walk(work) if known else _black_box(work)
    findings, notes = _sorted_out(work, looks)
    return Report(
        profile=profile.id,
        version=profile.version,
        target=name or _name_of(target),
        findings=findings,
        notes=notes,
        steps=len(looks),
        draws=work.draws,
        seconds=time.perf_counter() - started,
        source=source,
    )


def _name_of(target: Any) -> str:
    return str(getattr(target, "__qualname__", None) or type(target).__name__)


# -- an albumentations pipeline -----------------------------------------------------------------------------


def _walk(work: _Work) -> tuple[Look, ...]:
    from domainaug.check import own_rules
    from domainaug.declare import compose_walk

    unknown: list[tuple[tuple[int, ...], Any]] = []

    def note(transform: Any, path: tuple[int, ...]) -> Generators:
        unknown.append((path, transform))
        return Generators.nothing()

    walked = compose_walk(work.target, work.frame, unknown=note)
    content = [(leaf.path, leaf.transform) for leaf in walked.leaves if leaf.known and leaf.alone.content]
    seen = _observed(work, walked, [*unknown, *content])
    said = {path: _as_generators(seen.get(path)) for path, _ in unknown}
    if unknown and work.measured:
        walked = compose_walk(work.target, work.frame, unknown=lambda _, path: said[path])
    looks = tuple(_look(leaf, seen.get(leaf.path), work.frame) for leaf in walked.leaves)
    for leaf, look in zip(walked.leaves, looks, strict=True):
        work.findings.extend(own_rules.unknown_arguments(leaf))
        if not _judge(work, look):
            work.findings.extend(own_rules.on_content(look, work.profile, work.frame))
    _as_a_whole(work, walked, looks)
    work.findings.extend(own_rules.one_stream(work.target, walked.leaves))
    work.findings.extend(own_rules.value_range(work.target, walked.leaves, work.frame))
    return looks


def _look(leaf: Any, seen: Observation | None, frame: Frame) -> Look:
    declared = leaf.alone.present(frame) if leaf.known else None
    return Look(leaf.path, leaf.name, leaf.transform, leaf.probability, declared, seen, leaf.alone.content)


def _as_generators(seen: Observation | None) -> Generators:
    return Generators.nothing() if seen is None else Generators(ranges=dict(seen.ranges))


def _observed(
    work: _Work, walked: Walked, steps: Sequence[tuple[tuple[int, ...], Any]]
) -> dict[tuple[int, ...], Observation]:
    """Measure steps alone, each always run, each on a copy; what cannot be measured is a finding."""
    names = {leaf.path: leaf.name for leaf in walked.leaves}
    found: dict[tuple[int, ...], Observation] = {}
    known = {leaf.path for leaf in walked.leaves if leaf.known}
    for path, transform in steps:
        where = names[path]
        if not work.measured:
            if path not in known:
                unknown = f"{type(transform).__name__} is not declared and was not measured"
                work.findings.append(own("DA113", unknown, where=where, path=path, severity="warning"))
            continue
        try:
            probe = copy.deepcopy(transform)
            probe.p = 1.0
        except Exception as fault:
            copied = f"{type(transform).__name__} cannot be copied and so was not run: {_short(fault)}"
            work.findings.append(own("DA113", copied, where=where, path=path))
            continue
        share, masks = max(_LEAST, work.budget / len(steps)), _moves_labels(probe)
        seen = _measured(work, probe, share, known=path in known, masks=masks)
        found[path] = seen
        work.findings.extend(_troubles(work, seen, where, path, quiet=path in known))
    return found


def _moves_labels(transform: Any) -> bool | None:
    """Return False for a step that never touches a mask, so that its own motion is read off the picture."""
    from domainaug._albumentations import A

    if isinstance(transform, A.Lambda):
        return None if transform.custom_apply_fns["mask"] is not A.Lambda().custom_apply_fns["mask"] else False
    return False if isinstance(transform, A.ImageOnlyTransform) else None


def _measured(work: _Work, probe: Any, budget: float, *, known: bool, masks: bool | None = None) -> Observation:
    from domainaug.check.content import field_pictures
    from domainaug.check.measured import measure

    pictures = field_pictures(work.pictures, work.profile.id, work.frame) if known or work.pictures else ()
    most = _OF_KNOWN if known else 300
    seen = measure(
        probe,
        frame=work.frame,
        budget=budget,
        draws=None if work.asked is None else min(work.asked, most) if known else work.asked,
        most=most,
        seed=work.seed,
        pictures=pictures,
        masks=masks,
    )
    work.draws += seen.draws
    return seen


def _troubles(
    work: _Work, seen: Observation, where: str, path: tuple[int, ...], *, quiet: bool = False
) -> Iterator[Finding]:
    for problem in seen.problems:
        if quiet and problem.kind == "raises":
            images = f"{work.frame.channels}-channel images"
            yield own("DA112", f"cannot run on {images}: {problem.message}", where=where, path=path)
        else:
            yield own(_PROBLEMS.get(problem.kind, "DA104"), problem.message, where=where, path=path)
    if seen.unreadable is not None and not seen.problems:
        yield own("DA103", seen.unreadable, where=where, path=path)
    if quiet or seen.unreadable is not None:
        return
    if seen.silence and seen.draws < _FEW_DRAWS:
        yield own(
            "DA105",
            f"{_FEW_DRAWS} draws are the least to judge by; what was {seen.silence}",
            where=where,
            path=path,
            severity="warning",
        )
    elif seen.silence:
        yield own("DA105", f"what was {seen.silence}", where=where, path=path)
    names = [row.name for row in EFFECTS.values() if row.name in seen.withheld and _matters(work, row, seen)]
    if names:
        yield own("DA105", f"could not be judged in any draw: {', '.join(names)}", where=where, path=path)


def _matters(work: _Work, row: Effect, seen: Observation) -> bool:
    limited = any(limit.allow != "any" for limit in work.profile.in_force(row.name))
    return limited and concerns(row, work.frame) and (seen.labeled or row.needs is not Needs.LABELS)


def _as_a_whole(work: _Work, walked: Walked, looks: Sequence[Look]) -> None:
    from domainaug.check.whole import Whole, together

    if len(looks) > 1:
        whole = Whole(work.target, walked, looks, work.profile, work.frame)
        work.findings[:] = together(whole, work.broken, work.findings)


# -- any other callable -------------------------------------------------------------------------------------


def _black_box(work: _Work) -> tuple[Look, ...]:
    if not callable(work.target):
        kind = type(work.target).__name__
        a = "an" if kind[0] in "aeiouAEIO" else "a"
        work.findings.append(own("DA104", f"{a} {kind} cannot be called; the check wants a Compose or a callable"))
        return ()
    if not work.measured:
        work.findings.append(own("DA113", "a callable says nothing of what it does and was not measured"))
        return ()
    seen = _measured(work, work.target, work.budget, known=False)
    look = Look((), "", None, 1.0, None, seen)
    work.findings.extend(_troubles(work, seen, "", ()))
    _judge(work, look)
    return (look,)


# -- judging and sorting out --------------------------------------------------------------------------------


def _judge(work: _Work, look: Look) -> bool:
    """Add the findings of one step, and say whether there were any.

    Breaches that are waived stand apart, so that a waiver hides only its own.
    """
    from domainaug.check.witness import witnessed

    found = list(witnessed(look, breaches(look, work.profile, work.frame), work.frame))
    work.broken.update(breach.rule for breach in found)
    waived = [breach for breach in found if breach.limit.code in work.profile.waivers]
    counted = [breach for breach in found if breach.limit.code not in work.profile.waivers]
    for group in (counted, waived):
        for settled in settle(look, group, work.profile, work.frame):
            work.findings.append(finding_of(settled, look.where, look.path, work.frame))
    return bool(found)


def _sorted_out(work: _Work, looks: Sequence[Look]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return findings and notes: waivers applied, in order."""
    from domainaug.check import own_rules

    everything = [
        *work.findings,
        *own_rules.unspoken(looks, work.profile, work.frame),
        *own_rules.assumed(looks, work.profile, work.frame),
    ]
    used: set[str] = set()
    kept: list[Finding] = []
    for finding in everything:
        reason = work.profile.waivers.get(finding.code)
        if reason is None:
            kept.append(finding)
            continue
        used.add(finding.code)
        kept.append(_waived(finding, reason))
    kept.extend(own_rules.unused_waivers(work.profile.waivers, used))
    ordered = in_order(kept, tuple(EFFECTS))
    findings = tuple(x for x in ordered if x.severity != "note")
    return findings, tuple(x for x in ordered if x.severity == "note")


def _waived(finding: Finding, reason: str) -> Finding:
    note = own("DA108", f"{finding.code} is waived: {reason}. {finding.found}", where=finding.where, path=finding.path)
    return replace(note, effect=finding.effect, waived=reason, follows=(replace(finding, follows=(), fix=None),))


def _short(fault: BaseException) -> str:
    words = " ".join(str(fault).split())
    return f"{type(fault).__name__}: {words[:160]}" if words else type(fault).__name__
