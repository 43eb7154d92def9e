"""Why a rule is what it is: reason, who supports it, who does otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from domainaug.app.links import choose
from domainaug.app.words import plain
from domainaug.profile.explaining import limit_in_words
from domainaug.profile.explanation import Rule, Source
from domainaug.profile.model import Profile

__all__ = ["allowed", "draw_sources", "rule_of", "show_limits"]


def rule_of(profile: Profile, code: str, effect: str) -> Rule | None:
    """Return what a profile says of an effect under one code, in words."""
    explained = profile.explain(effect).effects
    return next((rule for one in explained for rule in one.rules if rule.code == code), None)


def allowed(code: str, limit: str, effect: str) -> str:
    """Return a rule as a sentence in Markdown: "MED102 allows ±10 deg", "MED101 does not allow mirror horizontal"."""
    name = plain(effect.replace("_", " "))
    return f"**{code}** does not allow {name}." if limit == "never" else f"**{code}** allows {plain(limit)}."


def draw_sources(rule: Rule) -> None:
    """Draw who supports a rule, who does otherwise, and what lifts it."""
    _listed("For", rule.supported_by)
    _listed("Against", rule.opposed_by)
    if rule.lifted_by:
        st.markdown(f"**Lifted by** {plain(rule.lifted_by)}")


def show_limits(profile: Profile) -> None:
    """Draw every rule of a profile, and one of them with who says so."""
    rules = {limit.code: limit for limit in profile.limits}
    effects: dict[str, list[str]] = {}
    for limit in profile.limits:
        effects.setdefault(limit.code, []).append(limit.effect.name.replace("_", " "))
    st.dataframe(
        {
            "code": list(rules),
            "effect": [", ".join(dict.fromkeys(effects[code])) for code in rules],
            "allowed": [limit_in_words(limit) for limit in rules.values()],
            "in force": [limit in profile.in_force(limit.effect.name) for limit in rules.values()],
            "why": [limit.reason for limit in rules.values()],
        },
        column_config={
            "code": st.column_config.TextColumn(width=80),
            "in force": st.column_config.CheckboxColumn(width=70),
        },
        hide_index=True,
        height=420,
        alt=f"Rules of {profile.title}",
        key="limits_table",
    )
    if not rules:
        return
    code = choose(st.selectbox, "Who says so", list(rules), key="rule", usual=next(iter(rules)), help="Type to search.")
    rule = rule_of(profile, code, rules[code].effect.name)
    if rule is not None:
        st.markdown(f"{allowed(code, rule.allowed, rules[code].effect.name)} {plain(rule.reason)}")
        draw_sources(rule)


def _listed(heading: str, sources: Sequence[Source]) -> None:
    if sources:
        st.markdown("\n".join([f"**{heading}**\n", *(f"- {plain(str(source))}" for source in sources)]))
