"""The recipe as sliders and switches: what was turned, in this session and in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from domainaug.app.explaining import allowed, draw_sources, rule_of
from domainaug.app.words import plain
from domainaug.preview.knobs import Bound, Knob, Step, steps_of
from domainaug.profile.model import Profile

__all__ = ["Turned", "draw_recipe", "known_steps", "packed", "turned_now", "unpacked"]

_STATE, _ADDRESS, _ROUND = "turned", "turn", "turned_round"
_LABELS = {"p": "How often"}


@dataclass(frozen=True, slots=True)
class Turned:
    """What differs from the recipe as it is written.

    Attributes:
        values: New values, by key of the knob.
        left_out: Keys of steps that never happen.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything was turned."""
        return bool(self.values or self.left_out)


def packed(turned: Turned) -> str:
    """Return what was turned as text for an address: "0.rotate:-8,8;2.p:0.3;!1.0"."""
    parts = [f"{key}:{_number_text(value)}" for key, value in sorted(turned.values.items())]
    return ";".join([*parts, *(f"!{key}" for key in sorted(turned.left_out))])


def unpacked(text: str, steps: Sequence[Step]) -> Turned:
    """Return what an address says was turned; what does not fit the recipe is left out, and values are held to ends.

    Args:
        text: As `packed` gives it, or anything at all.
        steps: Those of the recipe.
    """
    knobs = {knob.key: knob for step in steps for knob in step.knobs}
    keys = {step.key for step in steps}
    values: dict[str, Any] = {}
    left_out = set()
    for part in text.split(";")[:200]:
        key, colon, written = part.partition(":")
        if part.startswith("!") and part[1:] in keys:
            left_out.add(part[1:])
        elif colon and key in knobs and (value := _value(knobs[key], written)) is not None:
            values[key] = value
    return Turned(values, frozenset(left_out))


def known_steps(profile: Profile) -> tuple[Step, ...]:
    """Return the steps of a profile's recipe, each with how far it can be turned; looked for once for all sessions."""
    return _steps(profile.id, profile.digest, repr(sorted(profile.options.items())), profile)


@st.cache_resource(show_spinner=False, max_entries=64)
def _steps(name: str, digest: str, options: str, _profile: Profile) -> tuple[Step, ...]:
    return steps_of(_profile)


def turned_now(profile: Profile, steps: Sequence[Step]) -> Turned:
    """Return what was turned in this session, or what the address says when it was opened."""
    kept: tuple[str, str] | None = st.session_state.get(_STATE)
    if kept is None:
        kept = (profile.id, str(st.query_params.get(_ADDRESS, ""))[:4000])
        st.session_state[_STATE] = kept
    elif kept[0] != profile.id:  # another profile has another recipe
        _keep(profile.id, Turned())
        kept = st.session_state[_STATE]
    return unpacked(kept[1], steps)


def draw_recipe(profile: Profile, steps: Sequence[Step], turned: Turned) -> None:
    """Draw sliders and switches for a recipe, and at an end why one cannot go further.

    Args:
        profile: The limits, with answers to its questions.
        steps: As `known_steps` gives them.
        turned: As `turned_now` gives it.
    """
    if not steps:
        st.caption("This profile has no recipe: write one, or turn that of a profile it extends.")
        return
    for step in steps:
        _draw_step(profile, step, turned)
    if turned:
        st.button("Back to the recipe as it is written", key="turn_back", on_click=_forget, args=(profile.id,))


def _draw_step(profile: Profile, step: Step, turned: Turned) -> None:
    off = step.key in turned.left_out
    name = _spaced(step.transform)
    touched = off or any(knob.key in turned.values for knob in step.knobs)
    mark = " · left out" if off else " · turned" if touched else ""
    with st.expander(f"{name}{mark}", key=f"step_{step.key}_{_round()}"):
        if step.inside:
            st.caption("One of several that are chosen among.")
        st.toggle(
            "Use this step",
            value=not off,
            key=_widget(profile, step.key),
            on_change=_switched,
            args=(profile, step.key),
        )
        for knob in () if off else step.knobs:
            _draw_knob(profile, knob, turned.values.get(knob.key, knob.value))


def _draw_knob(profile: Profile, knob: Knob, value: Any) -> None:
    label, key = _label(knob), _widget(profile, f"{knob.key}_{knob.low}_{knob.high}")
    changed = {"on_change": _moved, "args": (profile, knob, key)}
    told = f"`{knob.parameter}` of {knob.transform}"
    if knob.kind == "switch":
        toggle: Any = st.toggle
        toggle(label, value=bool(value), key=key, help=told, **changed)
        return
    whole = knob.whole
    ends = [int(x) if whole else float(x) for x in (knob.low, knob.high, knob.step)]
    if ends[1] <= ends[0]:
        return
    now = tuple(_held(x, knob) for x in value) if knob.kind == "range" else _held(value, knob)
    draw: Any = st.slider  # one of its many signatures, whichever kind the knob is of
    draw(label, ends[0], ends[1], value=now, step=ends[2], format=_format(knob), key=key, help=told, **changed)
    for bound in knob.reached(now):
        _draw_bound(profile, knob, bound)


def _draw_bound(profile: Profile, knob: Knob, bound: Bound) -> None:
    """Say why one cannot go further."""
    if not bound.code:
        st.caption(":material/block: As far as this transform goes.")
        return
    rule = rule_of(profile, bound.code, bound.effect)
    reason = plain(rule.reason) if rule else ""
    st.caption(f":material/block: {allowed(bound.code, bound.limit, bound.effect)} {reason}")
    if rule is not None and (rule.supported_by or rule.opposed_by or rule.lifted_by):
        with st.popover("Who says so", type="tertiary", key=f"why_{knob.key}_{bound.code}"):
            draw_sources(rule)


# -- state --------------------------------------------------------------------------------------------------


def _moved(profile: Profile, knob: Knob, key: str) -> None:
    value = st.session_state[key]
    turned = turned_now(profile, known_steps(profile))
    values = dict(turned.values)
    same = value == knob.value or (knob.kind == "range" and tuple(value) == tuple(knob.value))
    if same:
        values.pop(knob.key, None)
    else:
        values[knob.key] = value
    _keep(profile.id, Turned(values, turned.left_out))


def _switched(profile: Profile, step: str) -> None:
    turned = turned_now(profile, known_steps(profile))
    used = bool(st.session_state[_widget(profile, step)])
    _keep(profile.id, Turned(turned.values, turned.left_out - {step} if used else turned.left_out | {step}))


def _forget(profile: str) -> None:
    st.session_state[_ROUND] = _round() + 1
    _keep(profile, Turned())


def _keep(profile: str, turned: Turned) -> None:
    text = packed(turned)
    st.session_state[_STATE] = (profile, text)
    if text:
        st.query_params[_ADDRESS] = text
    else:
        st.query_params.pop(_ADDRESS, None)


def _round() -> int:
    return int(st.session_state.get(_ROUND, 0))


def _widget(profile: Profile, name: str) -> str:
    return f"knob_{profile.id}_{name}_{_round()}"


# -- words --------------------------------------------------------------------------------------------------


def _label(knob: Knob) -> str:
    name = _LABELS.get(knob.parameter, knob.parameter)
    for ending in ("_range", "_limit", "_share"):
        name = name.removesuffix(ending)
    return name.replace("_percent", "").replace("_", " ").capitalize()


def _spaced(name: str) -> str:
    words = "".join(
        f" {letter}" if letter.isupper() and before.islower() else letter
        for before, letter in zip(" " + name, name, strict=False)
    )
    return words.strip()


def _format(knob: Knob) -> str:
    if knob.parameter == "p":
        return "percent"
    digits = max(0, -int(f"{knob.step:e}".partition("e")[2]))
    return "%d" if knob.whole else f"%.{digits}f"


def _held(value: float, knob: Knob) -> float:
    held = min(max(value, knob.low), knob.high)
    return int(held) if knob.whole else float(held)


def _number_text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(f"{x:.9g}" for x in (value if isinstance(value, tuple | list) else (value,)))


def _value(knob: Knob, text: str) -> Any:
    """Return the value that text says, inside the knob's ends, or None where it says none."""
    if knob.kind == "switch":
        return {"on": True, "off": False}.get(text)
    try:
        numbers = [_held(float(part), knob) for part in text.split(",")]
    except (ValueError, OverflowError):
        return None
    if any(number != number for number in numbers):
        return None
    if knob.kind == "range":
        return tuple(sorted(numbers)) if len(numbers) == 2 else None
    return numbers[0] if len(numbers) == 1 else None
