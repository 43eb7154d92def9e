"""A report as a small table for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domainaug.check.finding import Finding
    from domainaug.check.report import Report

__all__ = ["html"]

_COLORS = {"error": "#b3261e", "warning": "#8a5a00", "note": "#3b5b7a"}
_HEADS = ("Code", "Where", "Found", "Allowed", "Why", "Fix")
_CELL = "text-align:left;vertical-align:top;padding:.3em .6em"


def html(report: Report) -> str:
    """Return the report as HTML with every text escaped and no script."""
    verdict = "stays inside" if not report.findings else "breaks" if not report.ok else "has warnings under"
    head = f"<b>{escape(report.target)}</b> {verdict} <b>{escape(report.profile)}</b> {escape(report.version)}"
    if not (report.findings or report.notes):
        return f"<p>{head}</p>"
    titles = "".join(f'<th style="{_CELL}">{title}</th>' for title in _HEADS)
    rows = "".join(_row(finding) for finding in (*report.findings, *report.notes))
    return f"<p>{head}</p><table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"


def _row(finding: Finding) -> str:
    why = escape(finding.reason)
    if finding.citation:
        why += "<br><small>" + "<br>".join(escape(citation) for citation in finding.citation) + "</small>"
    found = escape(finding.found)
    if finding.follows:
        found += "<br><small>with it: " + escape("; ".join(x.found for x in finding.follows)) + "</small>"
    code = f'<b style="color:{_COLORS[finding.severity]}">{escape(finding.code)}</b>'
    fix = f"<code>{escape(str(finding.fix))}</code>" if finding.fix else ""
    cells = (code, escape(finding.where), found, escape(finding.limit), why, fix)
    return "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"
