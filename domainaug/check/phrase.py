"""From a breach to a finding: the sentences."""

from __future__ import annotations

from domainaug.check.finding import Finding, Fix
from domainaug.check.judge import Breach, is_open
from domainaug.check.settle import Settled
from domainaug.check.wording import often, quantity, rule
from domainaug.generators import Frame
from domainaug.profile.model import Limit

__all__ = ["citations", "finding_of"]


def finding_of(settled: Settled, where: str, path: tuple[int, ...], frame: Frame, *, by: str = "") -> Finding:
    """Return the finding of a breach that stands for itself, with its consequences inside.

    Args:
        settled: The breach, its fix, what follows from it.
        where: The step in words, "" for the whole pipeline.
        path: Where it sits.
        frame: What limits were converted with.
        by: For the whole pipeline: which steps add up to it.
    """
    follows = tuple(_one(breach, where, path, frame, None, (), by) for breach in settled.follows)
    return _one(settled.breach, where, path, frame, settled.fix, follows, by)


def _one(
    breach: Breach,
    where: str,
    path: tuple[int, ...],
    frame: Frame,
    fix: Fix | None,
    follows: tuple[Finding, ...],
    by: str,
) -> Finding:
    limit = breach.limit
    return Finding(
        code=limit.code,
        severity=limit.severity,
        effect=limit.effect.name,
        found=_found(breach, by, alone=bool(path)),
        limit=rule(limit, frame, breach.allowed),
        reason=limit.reason,
        citation=citations(limit),
        where=where,
        declared=breach.declared,
        seen=breach.seen,
        seen_in=breach.seen_in,
        probability=None if by else round(breach.probability, 4),
        fix=fix,
        path=path,
        follows=follows,
    )


def _found(breach: Breach, by: str, *, alone: bool) -> str:
    """Return what was found; a step of a pipeline was measured alone, as if it always ran."""
    row = breach.effect
    if by:
        return f"{row.name} {often(breach.probability) if breach.too_often else quantity(row, breach.interval)}{by}"
    share = often(breach.probability, about=breach.about)
    count = ""
    if breach.seen_in:
        times = f"{breach.seen_in[0]} of {breach.seen_in[1]} draws"
        count = f" (when it runs: {times})" if alone else f", seen in {times}"
    if breach.too_often:
        return f"{row.name} happens {share}{count}"
    if row.is_flag:
        return f"{row.name} happens {share}{count}"
    if breach.depends and is_open(row, breach.interval):
        return f"{row.name} {quantity(row, breach.interval)}, as the picture has it{count}"
    return f"{row.name} {quantity(row, breach.interval)}, beyond the limit {share}{count}"


def citations(limit: Limit) -> tuple[str, ...]:
    """Return who supports a limit, as readable references; an opinion says that it is one."""
    from domainaug.profile import cite

    found: list[str] = []
    for evidence in limit.evidence:
        name = str(cite(evidence.cite)) if evidence.cite else "opinion of the profile's authors, no source"
        found.append(f"{name} ({evidence.note})" if evidence.note else name)
    return tuple(dict.fromkeys(found))
