"""Judging one copy after the other: the copy beside its original, keys, reasons, undo, and how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.links import settled
from domainaug.app.pages import page
from domainaug.app.pictures import room_for, show_picture
from domainaug.app.review.reviews import pictures_of, review_of
from domainaug.app.words import in_a_sentence, plain, sentence
from domainaug.review import Review, State
from domainaug.review.candidates import Candidate
from domainaug.review.facts import facts_of
from domainaug.review.pictures import Look, Pictures
from domainaug.review.verdicts import Answer
from domainaug.run.plan import SIMULATION

__all__ = ["judge_copies"]

_INTEGRATE = page("integrate")
_WORDS = {"accept": "accepted", "reject": "rejected", "skip": "skipped"}
_FAULT = "review_fault"
_NEWS = "review_news"
_TURN = "review_turn"  # how many verdicts this session gave: says whether a button is of the copy that is shown
_WINDOW = "review_window"


@st.fragment
def judge_copies(out: Path, reviewer: str, *, again: bool, labels: bool) -> None:
    """Draw the copy to judge; every verdict draws the next one, and nothing else of the page.

    Args:
        out: The folder of the run.
        reviewer: Who judges; "" shows without judging.
        again: Whether copies that others have judged are judged too.
        labels: Whether labels are drawn.
    """
    with in_a_sentence(the_root()):  # a verdict runs this alone: the run may be gone since the page was drawn
        _draw_queue(review_of(out), reviewer, again=again, labels=labels)


def _draw_queue(review: Review, reviewer: str, *, again: bool, labels: bool) -> None:
    _progress(review.state())
    fault = st.session_state.pop(_FAULT, None)
    if fault:
        st.error(plain(fault))
    news = st.session_state.pop(_NEWS, None)
    if news:
        st.toast(news, icon=":material/undo:")
    queue = review.queue(reviewer, again=again)
    if not queue:
        _nothing_left(review, reviewer, again=again)
        return
    one = queue[0]
    with in_a_sentence(the_root()):
        _pictures(one, pictures_of(review), labels=labels)
    st.caption(plain(facts_of(one)))
    _verdicts(review, one, reviewer)


def _progress(state: State) -> None:
    share = state.judged / state.sample if state.sample else 1.0
    skipped = f", {state.skipped} skipped" if state.skipped else ""
    st.progress(share, text=f"{state.judged} of {state.sample} judged, {state.rejected} rejected{skipped}")
    sure, bound = f"{100 * state.plan.confidence:g} %", f"{100 * state.at_most:.2g} %"
    rate = f"{100 * state.plan.rate:g} %"
    tell = st.warning if state.complete else st.caption
    if state.proven:
        st.success(f"Shown: with {sure} confidence fewer than {rate} of {state.copies} copies are bad.")
    elif state.refuted:
        tell(f"Refuted: the rejected copies alone are {rate} or more of {state.copies}.")
    elif state.rejected > state.plan.accepted:
        tell(
            f"Not shown any more: the plan accepts {state.plan.accepted} rejected copies. With {sure} confidence at "
            f"most {bound} are bad; {state.needed} judged without a further reject would show {rate}."
        )
    elif state.judged:
        st.caption(f"So far: with {sure} confidence at most {bound} of {state.copies} copies are bad.")
    if state.plan.late:
        st.caption(f"The plan was made when {state.plan.late} copies were judged: it shows less than it says.")


def _nothing_left(review: Review, reviewer: str, *, again: bool) -> None:
    others = sum(said.reviewer != reviewer for one in review.judged() for said in one.verdicts)
    st.markdown("**Nothing is left to judge.**")
    if others and not again:
        st.caption("To see whether you agree, judge also what others have judged: the switch is at the side.")
    if review.state().rejected:
        st.caption("Rates, above, shows what was rejected; Limits, what would have avoided it.")
    with st.container(horizontal=True):
        if review.header.get("layout") != SIMULATION:  # what is rendered has no originals to lie beside
            run = review.out.relative_to(the_root().folder).as_posix()
            told = "Put originals and copies into one set, without those rejected"
            st.page_link(_INTEGRATE, label=told, icon=":material/call_merge:", query_params={"run": run})
        _undo(review, reviewer)


def _pictures(one: Candidate, pictures: Pictures, *, labels: bool) -> None:
    place = st.container()
    slice_key = f"review_slice_{one.id}"
    with place.skeleton(height=360):
        told = st.session_state
        look = pictures.look(one, slice_index=told.get(slice_key), window=told.get(_WINDOW), labels=labels)
        _side_by_side(place, look, facts_of(one))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if look.slices > 1:
            st.slider(look.along.capitalize(), 0, look.slices - 1, look.slice, key=slice_key)
        if len(look.windows) > 1:
            settled(_WINDOW, look.windows, look.window)  # the same for the next copy, where it has such a one
            st.selectbox("Window", look.windows, key=_WINDOW, width=200)


def _side_by_side(where: Any, look: Look, happened_to_it: str) -> None:
    room = room_for([panel.picture for panel in look.panels], 210) if len(look.panels) > 1 else 420
    with where, st.grid(min_column_width=room, key="review_pictures"):
        for title, picture, alt in look.panels:
            judged = picture is look.copy
            with st.container(gap="xsmall"):
                show_picture(st, picture, f"{alt}: {happened_to_it}" if judged else alt)
                st.caption(f"{title}, {look.labels} labels" if judged and look.labels > 1 else title)
    if look.note:
        where.caption(f"{look.note}.")


def _verdicts(review: Review, one: Candidate, reviewer: str) -> None:
    off = not reviewer
    if off:
        st.info("Say who judges, above: type a name and press Enter. Then accept, reject or skip.")
    given: dict[str, Any] = {"on_click": _say, "disabled": off}
    turn = int(st.session_state.setdefault(_TURN, 0))
    with st.container(horizontal=True):
        st.button(
            "Accept", key=f"review_accept_{one.id}", shortcut="A", icon=":material/check:",
            args=(review, one.id, "accept", reviewer, turn), **given,
        )  # fmt: skip
        st.button(
            "Reject", key=f"review_reject_{one.id}", shortcut="X", icon=":material/close:",
            args=(review, one.id, "reject", reviewer, turn), **given,
        )  # fmt: skip
        st.button(
            "Skip", key=f"review_skip_{one.id}", shortcut="S", icon=":material/skip_next:",
            args=(review, one.id, "skip", reviewer, turn), **given,
        )  # fmt: skip
        _undo(review, reviewer)
    st.caption("Reject because")
    with st.container(horizontal=True, gap="xsmall"):
        for number, reason in enumerate(review.reasons, 1):
            st.button(
                reason.words, key=f"review_{reason.code}_{one.id}", shortcut=str(number) if number < 10 else None,
                args=(review, one.id, "reject", reviewer, turn, reason.code), **given,
            )  # fmt: skip
    st.text_input(
        "In your own words", key=f"review_note_{one.id}", max_chars=2000, disabled=off,
        placeholder="In your own words, kept with the reject", label_visibility="collapsed",
    )  # fmt: skip


def _undo(review: Review, reviewer: str) -> None:
    mine = [said for one in review.judged() for said in one.verdicts if said.reviewer == reviewer]
    st.button(
        "Undo", key="review_undo", shortcut="U", icon=":material/undo:", type="tertiary",
        on_click=_take_back, args=(review, reviewer), disabled=not mine,
        help=f"Take back the last of your {len(mine)} verdicts" if mine else None,
    )  # fmt: skip


def _say(review: Review, name: str, answer: Answer, reviewer: str, turn: int, reason: str | None = None) -> None:
    """Write a verdict; what goes wrong is told where the next copy is drawn.

    The next copy is on the page a moment before its buttons are. A key that is pressed in that moment is one of the
    copy before, which has its verdict already; it counts for neither.
    """
    if turn != st.session_state[_TURN]:
        return
    note = str(st.session_state.get(f"review_note_{name}") or "") if answer == "reject" else ""
    try:
        review.judge(name, answer, reviewer=reviewer, reasons=[reason] if reason else [], note=note)
        st.session_state[_TURN] = turn + 1
    except Exception as error:  # a callback has no place of its own to draw in
        st.session_state[_FAULT] = sentence(error, the_root())


def _take_back(review: Review, reviewer: str) -> None:
    try:
        taken = review.undo(reviewer)
        st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1
    except Exception as error:
        st.session_state[_FAULT] = sentence(error, the_root())
        return
    if taken is not None:  # what a callback of a fragment draws itself would stand above the page
        st.session_state[_NEWS] = f"Taken back: {_WORDS[taken.answer]}"
