"""The ways to say a report: text for people, JSON, SARIF and GitHub annotations for machines, HTML for notebooks."""

from __future__ import annotations

from domainaug.check.formats.github import github
from domainaug.check.formats.html import html
from domainaug.check.formats.json import json
from domainaug.check.formats.sarif import sarif
from domainaug.check.formats.text import text

__all__ = ["github", "html", "json", "sarif", "text"]
