"""A report as one JSON object."""

from __future__ import annotations

import json as _json
from typing import TYPE_CHECKING, Any

from domainaug._version import __version__

if TYPE_CHECKING:
    from domainaug.check.report import Report

__all__ = ["as_dict", "json"]


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as plain data; keys never change meaning."""
    return {
        "domainaug": __version__,
        "profile": report.profile,
        "profile_version": report.version,
        "target": report.target,
        "file": report.source.file if report.source else None,
        "ok": report.ok,
        "counts": {
            "errors": len(report.errors),
            "warnings": len(report.warnings),
            "notes": len(report.notes),
            "fixable": len(report.fixable),
        },
        "findings": [finding.as_dict() for finding in report.findings],
        "notes": [finding.as_dict() for finding in report.notes],
        "steps": report.steps,
        "draws": report.draws,
        "seconds": round(report.seconds, 4),
    }


def json(report: Report) -> str:
    """Return the report as JSON text."""
    return _json.dumps(as_dict(report), indent=2, ensure_ascii=False, allow_nan=False)
