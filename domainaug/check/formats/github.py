"""A report as GitHub workflow commands: annotations on the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domainaug.check.finding import Finding
    from domainaug.check.report import Report

__all__ = ["github"]

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def github(report: Report) -> str:
    """Return one `::error ...::` line a finding, escaped as the runner wants it."""
    return "\n".join(_line(report, finding) for finding in (*report.findings, *report.notes))


def _line(report: Report, finding: Finding) -> str:
    properties = {"title": f"{finding.code} {finding.effect}".strip()}
    if report.source is not None:
        properties = {"file": report.source.file, "line": str(report.source.line(finding.path)), **properties}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(message(report, finding))}"


def message(report: Report, finding: Finding) -> str:
    """Return a finding as a short paragraph, for formats that show one text a finding."""
    place = f"{finding.where}: " if finding.where else ""
    lines = [
        f"{place}{finding.found}; {report.profile} allows {finding.limit}."
        if finding.effect
        else f"{place}{finding.found}."
    ]
    lines.append(finding.reason)
    if finding.citation:
        lines.append("Source: " + "; ".join(finding.citation))
    if finding.fix is not None:
        lines.append(f"Fix: {finding.fix}")
    return "\n".join(line for line in lines if line)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
