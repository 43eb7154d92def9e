"""The options of a profile as questions: what the user must vouch for or say, and which rules hang on the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from domainaug.profile.model import Condition, Profile, fulfils

__all__ = ["Question", "questions_of"]


@dataclass(frozen=True, slots=True)
class Question:
    """One option.

    Attributes:
        name: The option.
        says: What is so if the answer is yes, or what is asked for; a sentence of the profile.
        kind: "yes-no", "choice", "number" or "text".
        value: The answer in force.
        choices: The answers there are, of a choice.
        lifts: Codes of rules that another answer than that in force would lift.
        adds: Codes of rules that another answer would turn on.
    """

    name: str
    says: str
    kind: Literal["yes-no", "choice", "number", "text"]
    value: Any
    choices: tuple[Any, ...] = ()
    lifts: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()


def questions_of(profile: Profile) -> tuple[Question, ...]:
    """Return the options of a profile, in its own order."""
    return tuple(_question(profile, name, value) for name, value in profile.options.items())


def _question(profile: Profile, name: str, value: Any) -> Question:
    choices = profile.option_choices.get(name, ())
    says = profile.option_help.get(name, "") or f"{name.replace('_', ' ').capitalize()}."
    others = (not value,) if isinstance(value, bool) else tuple(one for one in choices if one != value)
    lifts, adds = _consequences(profile, name, others)
    return Question(name, says, _kind(value, choices), value, choices, lifts, adds)


def _kind(value: Any, choices: tuple[Any, ...]) -> Literal["yes-no", "choice", "number", "text"]:
    if choices:
        return "choice"
    if isinstance(value, bool):
        return "yes-no"
    return "text" if isinstance(value, str) else "number"  # an open one is a pitch in millimeters


def _consequences(profile: Profile, name: str, others: tuple[Any, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the codes of rules that hang on an option and would be lifted, or turned on, by another answer."""
    lifts: list[str] = []
    adds: list[str] = []
    for limit in profile.limits:
        if limit.unless is not None and name in limit.unless:
            now = _met(limit.unless, name, profile.options[name])
            other = any(_met(limit.unless, name, one) for one in others)
            (adds if now else lifts).extend([limit.code] if now != other else [])
        if limit.when is not None and name in limit.when:
            now = _met(limit.when, name, profile.options[name])
            other = any(_met(limit.when, name, one) for one in others)
            (lifts if now else adds).extend([limit.code] if now != other else [])
    return tuple(dict.fromkeys(lifts)), tuple(dict.fromkeys(adds))


def _met(condition: Condition, name: str, value: Any) -> bool:
    return fulfils(value, condition[name])
