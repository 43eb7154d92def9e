"""An answer to "may I do this?": text for a terminal, HTML for a notebook, plain data for machines."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any

from domainaug.profile.model import Profile
from domainaug.profile.wording import limit_in_words

__all__ = ["Explained", "Explanation", "Rule", "Source", "profile_html"]

_NEUTRAL = "leaves images as they are: nothing to allow or forbid"


@dataclass(frozen=True, slots=True)
class Source:
    """A source, readable."""

    reference: str
    strength: str
    note: str

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return f"{self.reference or 'our opinion'}{note}" + (f" [{self.strength}]" if self.reference else "")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, in words."""

    code: str
    allowed: str
    severity: str
    in_force: bool
    holds_when: str
    lifted_by: str
    waived: str
    reason: str
    loosens: str
    supported_by: tuple[Source, ...]
    opposed_by: tuple[Source, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class Explained:
    """One effect, and the rules for it; none means that the profile is silent."""

    effect: str
    meaning: str
    rules: tuple[Rule, ...]
    does: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer to `Profile.explain`; print it.

    Attributes:
        subject: What was asked.
        profile: Profile id.
        title: Its title.
        effects: What it comes down to, effect by effect.
        note: What to know besides, or "".
    """

    subject: str
    profile: str
    title: str
    effects: tuple[Explained, ...]
    note: str = ""

    def __str__(self) -> str:
        lines = [f"{self.subject} under {self.profile} ({self.title})"]
        if self.note or not self.effects:
            lines += textwrap.wrap(self.note or _NEUTRAL, 100, initial_indent="  ", subsequent_indent="  ")
        told: set[Rule] = set()
        for one in self.effects:
            does = f" [{one.does}]" if one.does else ""
            lines += ["", f"{one.effect}{does}: {one.meaning}"]
            if not one.rules:
                lines.append("  the profile says nothing about it")
            for rule in one.rules:
                lines += _told(rule, told)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        told: set[Rule] = set()
        rows = "".join(_explained_html(one, told) for one in self.effects)
        head = f"<h4>{escape(self.subject)} under {escape(self.profile)}</h4>"
        note = f"<p>{escape(self.note or _NEUTRAL)}</p>" if self.note or not rows else ""
        return f"<div>{head}{note}{rows}</div>"

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain data for JSON."""
        return {
            "subject": self.subject,
            "profile": self.profile,
            "title": self.title,
            "note": self.note,
            "effects": [
                {
                    "effect": one.effect,
                    "meaning": one.meaning,
                    "does": one.does,
                    "rules": [_rule_dict(rule) for rule in one.rules],
                }
                for one in self.effects
            ],
        }


def _told(rule: Rule, told: set[Rule]) -> list[str]:
    """Return a rule's lines, or "as above" where they were told already: many effects may have one rule."""
    lines = _rule_lines(rule)
    if rule in told:
        return [lines[0], "    as above"]
    told.add(rule)
    return lines


def _rule_lines(rule: Rule) -> list[str]:
    state = " WAIVED" if rule.waived else "" if rule.in_force else " (not in force)"
    lines = [f"  {rule.code} {rule.severity}: {rule.allowed}{state}"]
    rows = [("why", rule.reason), ("holds when", rule.holds_when), ("lifted by", rule.lifted_by)]
    rows += [("waived because", rule.waived), ("wider than its parent", rule.loosens)]
    rows += [("says so", str(source)) for source in rule.supported_by]
    rows += [("does otherwise", str(source)) for source in rule.opposed_by]
    rows.append(("written in", rule.origin))
    for label, text in rows:
        if text:
            lines += textwrap.wrap(
                f"{label}: {text}",
                100,
                initial_indent="    ",
                subsequent_indent="      ",
                break_long_words=False,
                break_on_hyphens=False,
            )
    return lines


def _rule_dict(rule: Rule) -> dict[str, Any]:
    plain = {name: getattr(rule, name) for name in Rule.__slots__}
    for name in ("supported_by", "opposed_by"):
        plain[name] = [{"reference": x.reference, "strength": x.strength, "note": x.note} for x in plain[name]]
    return plain


def _explained_html(one: Explained, told: set[Rule]) -> str:
    does = f" <small>{escape(one.does)}</small>" if one.does else ""
    head = f"<p><b>{escape(one.effect)}</b>{does}: {escape(one.meaning)}</p>"
    rules = "".join(
        "<li>" + "<br>".join(escape(line.strip()) for line in _told(rule, told)) + "</li>" for rule in one.rules
    )
    return head + (f"<ul>{rules}</ul>" if rules else "<p>the profile says nothing about it</p>")


def profile_html(profile: Profile) -> str:
    """Return a profile as a table for notebooks: rule, effect, what is allowed, why."""
    rows = "".join(
        f"<tr><td>{escape(limit.code)}</td><td>{escape(limit.effect.name)}</td>"
        f"<td>{escape(limit_in_words(limit))}"
        f"{'' if limit in profile.in_force(limit.effect.name) else ' (not in force)'}</td>"
        f"<td>{escape(limit.reason)}</td></tr>"
        for limit in profile.limits
    )
    extends = f", extends {escape(', '.join(profile.parents))}" if profile.parents else ""
    return (
        f"<div><h4>{escape(profile.title)}</h4><p><code>{escape(profile.id)}</code> "
        f"{escape(profile.version)}{extends}</p><table><thead><tr><th>rule</th><th>effect</th>"
        f"<th>allowed</th><th>why</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
