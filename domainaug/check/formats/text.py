"""A report as text for people: one block a finding, with why, who says so, and how to mend it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domainaug.check.finding import Finding
    from domainaug.check.report import Report

__all__ = ["text"]

WIDTH = 100

_STYLES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m", "help": "\x1b[36m", "dim": "\x1b[2m"}
_RESET = "\x1b[0m"


def text(report: Report, *, color: bool = False) -> str:
    """Return the report as text, wrapped at 100 columns.

    Args:
        report: The report.
        color: Whether to use terminal colors.
    """
    blocks = ["\n".join(_finding(finding, report, color=color)) for finding in report.findings]
    if report.notes:
        blocks.append("\n".join(line for note in report.notes for line in _note(note, color=color)))
    blocks.append("\n".join(_summary(report)))
    return "\n\n".join(blocks)


def _styled(words: str, style: str, color: bool) -> str:
    return f"{_STYLES[style]}{words}{_RESET}" if color else words


def _finding(finding: Finding, report: Report, *, color: bool) -> Iterator[str]:
    head = f"{finding.severity}[{finding.code}] {_title(finding)}"
    first, *rest = _wrapped(head, "", "    ")
    mark = f"{finding.severity}[{finding.code}]"
    yield _styled(mark, finding.severity, color) + first[len(mark) :]
    yield from rest
    yield _styled(f"  --> {_place(finding, report)}", "dim", color)
    for label, words in _lines(finding):
        lead = f"  {label:<8} "
        lines = list(_wrapped(words, lead, " " * len(lead)))
        yield _styled(lines[0][: len(lead)], "help", color) + lines[0][len(lead) :]
        yield from lines[1:]


def _title(finding: Finding) -> str:
    return finding.found


def _place(finding: Finding, report: Report) -> str:
    file = f"{report.source.file}:{report.source.line(finding.path)}: " if report.source else ""
    where = finding.where or "the whole pipeline"
    index = f" (step {'.'.join(str(i) for i in finding.path)})" if finding.path else ""
    return f"{file}{where}{index}"


def _lines(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.effect and not finding.code.startswith("DA"):
        yield "allowed:", finding.limit
    yield "reason:", finding.reason
    for citation in finding.citation:
        yield "source:", citation
    if finding.follows:
        yield "with it:", "; ".join(f"{x.found} ({x.code})" for x in finding.follows)
    if finding.fix is not None:
        yield "fix:", str(finding.fix)
    elif finding.code.startswith("DA"):
        yield "help:", finding.limit


def _note(note: Finding, *, color: bool) -> Iterator[str]:
    place = f"{note.where}: " if note.where else ""
    mark = f"note[{note.code}]"
    first, *rest = _wrapped(f"{mark} {place}{note.found}", "", "    ")
    yield _styled(mark, "note", color) + first[len(mark) :]
    yield from rest


def _summary(report: Report) -> Iterator[str]:
    looked = f"{_counted(report.steps, 'step')}, {_counted(report.draws, 'draw')} measured, {report.seconds:.2f} s"
    name = f"{report.profile} {report.version}"
    if not report.findings:
        yield from _wrapped(f"{report.target} stays inside {name} ({looked}).", "", "")
        return
    parts = [_counted(len(report.errors), "error"), _counted(len(report.warnings), "warning")]
    found = " and ".join(part for part in parts if not part.startswith("0 "))
    yield from _wrapped(f"{report.target} under {name}: {found} ({looked}).", "", "")
    if report.fixable:
        yield f"{len(report.fixable)} of {len(report.findings)} can be mended with --fix or apply_fixes()."


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _wrapped(words: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    ) or [first.rstrip()]
