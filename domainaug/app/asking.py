"""The options of a profile as questions in words."""

from __future__ import annotations

from typing import Any

import streamlit as st

from domainaug.app.words import plain
from domainaug.preview.questions import Question, questions_of
from domainaug.profile.model import Profile

__all__ = ["ask"]


def ask(profile: Profile) -> Profile:
    """Draw the questions of a profile, and return it with the answers."""
    questions = questions_of(profile)
    if not questions:
        st.caption("This profile asks nothing.")
        return profile
    answers = {question.name: _answer(question) for question in questions}
    told = {name: value for name, value in answers.items() if value != profile.options[name]}
    return profile.with_options(**told) if told else profile


def _answer(question: Question) -> Any:
    key = f"o_{question.name}"
    effect = _consequence(question)
    bound: dict[str, Any] = {"key": key, "bind": "query-params", "help": effect or None}
    if question.kind == "yes-no":
        return st.toggle(question.says, value=bool(question.value), **bound)
    if question.kind == "choice":
        names = [str(one) for one in question.choices]
        chosen = st.selectbox(question.says, names, index=names.index(str(question.value)), **bound)
        return next(one for one in question.choices if str(one) == chosen)
    if question.kind == "number":
        given = st.number_input(
            question.says, min_value=0.0, value=question.value, step=None, placeholder="not told", **bound
        )
        return given or None
    return st.text_input(question.says, value=question.value, max_chars=80, **bound)


def _consequence(question: Question) -> str:
    parts = []
    if question.lifts:
        parts.append(f"Another answer lifts {', '.join(question.lifts)}.")
    if question.adds:
        parts.append(f"Another answer adds {', '.join(question.adds)}.")
    return plain(" ".join(parts))
