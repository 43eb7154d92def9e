"""Mending until nothing is left to mend: a fix of one step can bring another to light."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domainaug.check.fix import apply_fixes, apply_to
from domainaug.check.report import Report

if TYPE_CHECKING:
    from domainaug.check.finding import Finding

__all__ = ["Mended", "mend", "mend_one"]

_ROUNDS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """A pipeline with its fixes applied.

    Attributes:
        pipeline: The new one; where there was nothing to fix, the one that was given.
        report: What the check says of it.
        count: Fixes that were applied.
    """

    pipeline: Any
    report: Report
    count: int


def mend(pipeline: Any, report: Report, again: Callable[[Any], Report]) -> Mended:
    """Apply every fix, check again, and so on until there is none.

    Args:
        pipeline: The Compose that was checked; it is not touched.
        report: What the check said of it.
        again: Checks a pipeline, as the first check was made.

    Raises:
        DomainAugError: The target is no Compose, and there is something to fix.
    """
    count = 0
    for _ in range(_ROUNDS):
        if not report.fixable:
            break
        count += len(report.fixable)
        pipeline = apply_fixes(pipeline, report)
        report = again(pipeline)
    return Mended(pipeline, report, count)


def mend_one(pipeline: Any, findings: Sequence[Finding]) -> Any:
    """Return a copy of a pipeline with the fixes of some findings applied, and no others.

    Args:
        pipeline: The Compose that was checked.
        findings: Findings of its report; those without a fix are passed over.

    Raises:
        DomainAugError: The target is no Compose, or the findings are another's.
    """
    return apply_to(pipeline, [finding.fix for finding in findings if finding.fix is not None])
