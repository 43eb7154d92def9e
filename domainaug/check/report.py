"""What the check found, and the ways to say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domainaug.check.finding import Finding
from domainaug.errors import CheckFailed, UnknownName

__all__ = ["FORMATS", "Report", "Source"]

FORMATS = ("text", "json", "sarif", "github")
"""Names of the formats `Report.render` knows."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a target was written, for reports that point into files.

    Attributes:
        file: Path as given, with forward slashes.
        lines: Line of each step by its path, 1 for the first; () is the target itself.
    """

    file: str
    lines: tuple[tuple[tuple[int, ...], int], ...] = ()

    def line(self, path: tuple[int, ...]) -> int:
        """Return the line of the step at `path`, or of the nearest Compose around it."""
        known = dict(self.lines)
        while path and path not in known:
            path = path[:-1]
        return known.get(path, 1)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of holding one pipeline against one profile.

    Attributes:
        profile: Id of the profile.
        version: Its version.
        target: What was checked, in words.
        findings: Errors and warnings, by position in the pipeline, then in the order of effects.
        notes: What to know besides: waived findings, assumptions, what silence means.
        steps: Steps looked at.
        draws: Draws measured, 0 when everything was declared.
        seconds: How long it took.
        source: Where the target was written, or None.
    """

    profile: str
    version: str
    target: str
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()
    steps: int = 0
    draws: int = 0
    seconds: float = 0.0
    source: Source | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing of severity "error" was found; waived findings are notes and do not count."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings of severity "error"."""
        return tuple(x for x in self.findings if x.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings of severity "warning"."""
        return tuple(x for x in self.findings if x.severity == "warning")

    @property
    def fixable(self) -> tuple[Finding, ...]:
        """The findings that carry a fix."""
        return tuple(x for x in self.findings if x.fix is not None)

    def raise_if_violated(self) -> None:
        """Raise when the pipeline does what its profile does not allow.

        Raises:
            CheckFailed: There is a finding of severity "error"; the message is the report.
        """
        if not self.ok:
            raise CheckFailed(f"{self.target} breaks {self.profile}\n{self}")

    def render(self, format: str = "text", *, color: bool = False) -> str:  # noqa: A002
        """Return the report as "text", "json", "sarif" or "github" annotations.

        Args:
            format: One of `FORMATS`.
            color: Whether text is colored for a terminal.

        Raises:
            UnknownName: There is no such format.
        """
        from domainaug.check import formats

        if format == "text":
            return formats.text(self, color=color)
        if format not in FORMATS:
            raise UnknownName("report format", format, FORMATS)
        return str(getattr(formats, format)(self))

    def to_json(self) -> str:
        """Return the report as one JSON object."""
        return self.render("json")

    def to_sarif(self) -> str:
        """Return the report as SARIF 2.1.0, which code hosts show beside the source."""
        return self.render("sarif")

    def to_github(self) -> str:
        """Return the report as GitHub workflow commands, one line a finding."""
        return self.render("github")

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        from domainaug.check.formats.json import as_dict

        return as_dict(self)

    def __str__(self) -> str:
        return self.render("text")

    def _repr_html_(self) -> str:
        from domainaug.check import formats

        return formats.html(self)


def in_order(findings: Sequence[Finding], order: Sequence[str]) -> tuple[Finding, ...]:
    """Return findings by position in the pipeline (the whole last), then by effect, then by code."""
    rank = {name: index for index, name in enumerate(order)}

    def key(finding: Finding) -> tuple[object, ...]:
        return not finding.path, finding.path, rank.get(finding.effect, len(rank)), finding.code

    return tuple(sorted(findings, key=key))
