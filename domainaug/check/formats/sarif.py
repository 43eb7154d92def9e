"""A report as SARIF 2.1.0 (OASIS, 2020), which code hosts and editors show beside the source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from domainaug._version import __version__
from domainaug.check.codes import CODES
from domainaug.check.formats.github import message

if TYPE_CHECKING:
    from domainaug.check.finding import Finding
    from domainaug.check.report import Report

__all__ = ["sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(report: Report) -> str:
    """Return the report as SARIF text: one run, one rule a code, one result a finding."""
    everything = (*report.findings, *report.notes)
    codes = sorted({finding.code for finding in everything})
    rules = [_rule(next(x for x in everything if x.code == code), report) for code in codes]
    run = {
        "tool": {
            "driver": {
                "name": "domainaug",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": rules,
            }
        },
        "results": [_result(finding, report, codes.index(finding.code)) for finding in everything],
        "properties": {"profile": report.profile, "profileVersion": report.version, "target": report.target},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(finding: Finding, report: Report) -> dict[str, Any]:
    row = CODES.get(finding.code)
    short = row.meaning if row else f"{finding.effect}: {report.profile} allows {finding.limit}."
    reason = row.help if row else finding.reason
    sources = "".join(f"\n\n* {citation}" for citation in finding.citation)
    return {
        "id": finding.code,
        "name": "".join(part.title() for part in (row.slug if row else finding.effect).replace("_", "-").split("-")),
        "shortDescription": {"text": short},
        "fullDescription": {"text": reason or short},
        "help": {"text": f"{short} {reason}".strip(), "markdown": f"{short}\n\n{reason}{sources}".strip()},
        "defaultConfiguration": {"level": finding.severity},
    }


def _result(finding: Finding, report: Report, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [{"fullyQualifiedName": " > ".join(x for x in (report.target, finding.where) if x)}]
    }
    if report.source is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(report.source.file)},
            "region": {"startLine": report.source.line(finding.path)},
        }
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": message(report, finding)},
        "locations": [location],
        "properties": {key: value for key, value in finding.as_dict().items() if key not in {"code", "severity"}},
    }
    if finding.waived:
        result["suppressions"] = [{"kind": "external", "justification": finding.waived}]
    return result
