"""A check on a page: the pipeline, what was found by effect, what it looks like, and fixes at a click."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from domainaug.app.legible import show_code
from domainaug.app.words import plain
from domainaug.check.report import Report
from domainaug.effects import EFFECTS
from domainaug.preview.findings import Shot
from domainaug.profile.model import Profile

__all__ = ["EXAMPLE", "Picture", "Said", "by_effect", "checked_text", "draw_findings", "draw_summary", "pictures_of"]

EXAMPLE = """\
{
  "transform": {
    "__class_fullname__": "Compose",
    "p": 1.0,
    "transforms": [
      {"__class_fullname__": "HorizontalFlip", "p": 0.5},
      {"__class_fullname__": "Affine", "p": 0.7, "rotate": [-45, 45], "scale": [0.9, 1.1]},
      {"__class_fullname__": "RandomBrightnessContrast", "p": 0.5, "brightness_limit": [-0.3, 0.3]},
      {"__class_fullname__": "GaussNoise", "p": 0.3},
      {"__class_fullname__": "CoarseDropout", "p": 0.3}
    ]
  }
}
"""
"""What many a training script begins with, as `A.save` writes it."""

_TITLES = {"chart": "On the chart", "before": "Before", "after": "At its worst", "mended": "After the fix"}
_BADGES: dict[str, Any] = {"error": "red", "warning": "orange"}


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture of a finding, ready for a browser.

    Attributes:
        kind: As of `domainaug.preview.findings.Shot`.
        png: Its file; None where there is nothing to see.
        said: What can be seen, or why nothing can.
    """

    kind: str
    png: bytes | None
    said: str


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A saved pipeline that was checked.

    Attributes:
        pipeline: It, read.
        report: What was found.
    """

    pipeline: Any
    report: Report


@st.cache_resource(show_spinner=False, max_entries=32)
def checked_text(text: str, key: tuple[str, ...], _profile: Profile) -> Said:
    """Return a saved pipeline, read and checked; what was checked last is kept.

    Args:
        text: JSON or YAML, as `A.save` writes it.
        key: Tells profiles and their options apart.
        _profile: What it is held against.

    Raises:
        DomainAugError: It is no saved pipeline.
    """
    from domainaug.check import check
    from domainaug.check.saved import parse_saved

    pipeline = parse_saved(text)
    return Said(pipeline, check(pipeline, _profile, name="pipeline"))


def pictures_of(shots: Iterable[Shot]) -> tuple[Picture, ...]:
    """Return pictures of findings, encoded."""
    from domainaug.app.pictures import encoded

    return tuple(
        Picture(shot.kind, None if shot.picture is None else encoded(shot.picture), shot.said) for shot in shots
    )


def by_effect(findings: Sequence[Mapping[str, Any]]) -> dict[str, list[int]]:
    """Return the numbers of findings by effect, in the order of the vocabulary; those of the check itself last."""
    order = {name: place for place, name in enumerate(EFFECTS)}
    names = sorted({one["effect"] for one in findings}, key=lambda name: order.get(name, len(order)))
    return {name: [number for number, one in enumerate(findings) if one["effect"] == name] for name in names}


def draw_summary(report: Mapping[str, Any], where: Any) -> None:
    """Draw how many errors and warnings there are, in a sentence that says whether the pipeline is inside."""
    findings = report["findings"]
    counts = {kind: sum(one["severity"] == kind for one in findings) for kind in ("error", "warning")}
    told = " and ".join(f"{n} {kind}{'s' * (n != 1)}" for kind, n in counts.items() if n)
    with where:
        if not findings:
            st.success(f"This pipeline stays inside {plain(report['profile'])}.")
        elif counts["error"]:
            st.error(f"{told}: this pipeline does what {plain(report['profile'])} does not allow.")
        else:
            st.warning(f"{told}: this pipeline stays inside {plain(report['profile'])}, but look at these.")


def draw_findings(
    report: Mapping[str, Any],
    pictures: Callable[[int], tuple[Picture, ...]],
    fix: Callable[[Sequence[int]], None] | None,
) -> None:
    """Draw the findings of a report, grouped by effect.

    Args:
        report: As plain data.
        pictures: Returns those of a finding, by its number.
        fix: Called, when a button is pressed, with the numbers of the findings to be mended; None without buttons.
    """
    findings = report["findings"]
    for effect, numbers in by_effect(findings).items():
        row = EFFECTS.get(effect)
        name = effect.replace("_", " ").capitalize() if effect else "The pipeline itself"
        with st.container(border=True):
            st.subheader(plain(name), help=None if row is None else plain(row.meaning))
            for number in numbers:
                _draw_one(number, findings[number], pictures, fix)
    notes = report["notes"]
    if notes:
        with st.expander(f"{len(notes)} note{'s' * (len(notes) != 1)}", key="check_notes"):
            for note in notes:
                st.caption(plain(f"{note['code']}: {note['found']}"))


def _draw_one(
    number: int,
    finding: Mapping[str, Any],
    pictures: Callable[[int], tuple[Picture, ...]],
    fix: Callable[[Sequence[int]], None] | None,
) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(finding["code"], color=_BADGES.get(finding["severity"], "gray"))
            st.markdown(plain(finding["where"]) or "the whole")
        limit = f" Allowed: {plain(finding['limit'])}." if finding["limit"] else ""
        st.markdown(f"**{plain(_sentence(finding))}.**{limit}")
        if finding["reason"]:
            st.markdown(plain(finding["reason"]))
        also = [one["effect"].replace("_", " ") for one in finding["follows"]]
        if also:
            st.caption(plain(f"With it go: {', '.join(dict.fromkeys(also))}."))
        _draw_fix(number, finding, fix)
    with right:
        _draw_pictures(number, finding, pictures)


def _sentence(finding: Mapping[str, Any]) -> str:
    """Return what was found with the effect in words: "Mirror horizontal happens in 50 % of outputs"."""
    found: str = finding["found"].replace(finding["effect"], finding["effect"].replace("_", " "))
    return found[:1].upper() + found[1:]


def _draw_fix(number: int, finding: Mapping[str, Any], fix: Callable[[Sequence[int]], None] | None) -> None:
    told, sources = finding["fix"], finding["citation"]
    if told is None:
        st.caption("Nothing that would mend it is known.")
    else:
        show_code(told["text"])
    with st.container(horizontal=True):
        if told is not None and fix is not None:
            st.button(
                "Apply this fix", icon=":material/build:", key=f"check_fix_{number}", on_click=fix, args=([number],)
            )
        if sources:
            called = f"{len(sources)} source{'s' * (len(sources) != 1)}"
            with st.popover(called, type="tertiary", key=f"check_sources_{number}"):
                for source in sources:
                    st.markdown(plain(source))


def _draw_pictures(number: int, finding: Mapping[str, Any], pictures: Callable[[int], tuple[Picture, ...]]) -> None:
    if finding["effect"] not in EFFECTS:
        st.caption("There is nothing to see of this one.")
        return
    waiting = st.container()
    with waiting.skeleton(height=180):
        shown = pictures(number)
    with waiting, st.grid(min_column_width=130, gap="small", key=f"check_shots_{number}"):
        for one in shown:
            with st.container(gap="xsmall"):
                title = _TITLES.get(one.kind, "")
                if one.png is not None:
                    alt = f"{title}: {one.said or finding['effect'].replace('_', ' ')}, {finding['where']}"
                    st.image(one.png, width="stretch", alt=alt)
                said = f"  \n{plain(one.said)}" if one.said and one.kind != "before" else ""
                st.caption(f"**{title}**{said}" if title else plain(one.said))
