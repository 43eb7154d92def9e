"""Which limits would have avoided the rejected copies, and a profile with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.colors import ACCEPTED, NEW_LIMIT, REJECTED
from domainaug.app.legible import main_action, show_code
from domainaug.app.review.reviews import review_of
from domainaug.app.words import in_a_sentence, plain
from domainaug.effects import EFFECTS
from domainaug.review import Review, Tightening
from domainaug.review.judged import Judged
from domainaug.review.thresholds import Threshold

__all__ = ["show_limits"]


def show_limits(out: Path) -> None:
    """Draw the limits that the verdicts on a run show, and what writes a profile with them."""
    review = review_of(out)
    judged = review.judged()
    place = st.container()
    with place.skeleton(height=240), place:
        found = _found(review, judged)
        st.caption(
            f"{found.judged} copies are judged, {found.rejected} of them rejected. A limit is shown if verdicts dealt "
            "out at random would give as good a one in at most 5 % of cases."
        )
        chosen = [one for one in found.thresholds if _draw(one, judged)]
        st.caption(plain(f"{found.reason[:1].upper()}{found.reason[1:]}."))
    if found.thresholds:
        _write(review, chosen)


def _found(review: Review, judged: Sequence[Judged]) -> Tightening:
    said = tuple((verdict.number, verdict.answer) for one in judged for verdict in one.verdicts)
    return _kept(str(review.out), hash(said), review)


@st.cache_data(max_entries=8, show_spinner=False)
def _kept(out: str, said: int, _review: Review) -> Tightening:
    return _review.tighten()


def _draw(one: Threshold, judged: Sequence[Judged]) -> bool:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{plain(_spoken(one.words))}**")
            wanted = st.toggle("Set this limit", value=True, key=f"review_limit_{one.effect}_{one.side}")
        st.markdown(
            f"Avoids **{one.avoided}** rejected copies and loses **{one.lost}** accepted ones. "
            f"Beyond it {one.beyond.count} of {one.beyond.of} are rejected "
            f"({_ends(one.beyond.low, one.beyond.high)}), within it {one.within.count} of {one.within.of} "
            f"({_ends(one.within.low, one.within.high)}). "
            f"Chance gives as good a limit in {100 * one.chance:.2g} % of cases."
        )
        if not EFFECTS[one.effect].is_flag:
            st.vega_lite_chart(
                _strip(one, judged), key=f"review_strip_{one.effect}_{one.side}",
                alt=f"Accepted and rejected copies along {_spoken(one.effect)}, with the limit: {_spoken(one.words)}",
            )  # fmt: skip
    return wanted


def _spoken(words: str) -> str:
    text = words.replace("_", " ")
    return f"{text[:1].upper()}{text[1:]}"


def _ends(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def _strip(one: Threshold, judged: Sequence[Judged]) -> dict[str, Any]:
    row = EFFECTS[one.effect]
    scale = 100.0 if row.unit == "share" else 1.0
    values = []
    for each in judged:
        amount = each.candidate.amount(one.effect)
        if each.outcome != "skip" and amount is not None and math.isfinite(amount):
            values.append({"amount": amount * scale, "verdict": "Rejected" if each.outcome == "reject" else "Accepted"})
    unit = "%" if row.unit == "share" else "" if row.unit in ("x", "exponent") else row.unit
    title = f"{_spoken(one.effect)}, {unit}".rstrip(", ")
    ends = [{"end": end * scale} for end in one.range if math.isfinite(end)]
    colors = {"domain": ["Accepted", "Rejected"], "range": [ACCEPTED, REJECTED]}
    amount_axis = {"field": "amount", "type": "quantitative", "title": title, "scale": {"zero": False}}
    verdict = {"field": "verdict", "type": "nominal", "title": None, "sort": colors["domain"]}
    copies = {
        "data": {"values": values},
        "mark": {"type": "tick", "thickness": 2, "size": 24, "opacity": 0.75},
        "encoding": {
            "x": amount_axis,
            "y": verdict,
            "color": {"field": "verdict", "type": "nominal", "legend": None, "scale": colors},
        },
    }
    limits = {
        "data": {"values": ends},
        "mark": {"type": "rule", "strokeDash": [6, 4], "strokeWidth": 2, "color": NEW_LIMIT},
        "encoding": {"x": {"field": "end", "type": "quantitative"}},
    }
    return {"height": {"step": 34}, "layer": [copies, limits]}


def _write(review: Review, chosen: Sequence[Threshold]) -> None:
    root = the_root()
    st.markdown("**A profile with these limits**")
    st.caption("It extends the run's profile, keeps its codes, and says which run, counts and reviewers it comes from.")
    usual = f"profiles/{str(review.header.get('profile', 'own')).rpartition('/')[2]}-reviewed.yaml"
    with st.form("review_profile", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("File under the root", usual, max_chars=120, key="review_file")
        asked = st.form_submit_button(**main_action("Write profile", disabled=not chosen))
    if not asked:
        return
    with in_a_sentence(root):
        path = root.new((name or "").strip())
        derived = review.write_profile(path, date=date.today().isoformat(), thresholds=chosen)
        st.success(plain(f"{path.relative_to(root.folder).as_posix()} extends {derived.profile.parents[0]}"))
        for sentence in derived.left_out:
            st.warning(plain(f"Left out: {sentence}."))
        for sentence in derived.narrowed:
            st.caption(plain(f"Its recipe: {sentence}"))
        with st.expander("The file", key="review_written"):
            show_code(path.read_text(encoding="utf-8"))
