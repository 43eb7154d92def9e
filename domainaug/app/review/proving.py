"""What a review is to show, as a form: how few bad copies, how sure, how many rejects are accepted."""

from __future__ import annotations

import streamlit as st

from domainaug.app.words import plain, sentence
from domainaug.errors import DomainAugError
from domainaug.review import Review

__all__ = ["draw_plan"]


def draw_plan(review: Review) -> None:
    """Draw the plan of a review, and write a new one when it is asked for."""
    plan = review.plan
    with st.expander("What is to be shown", key="review_plan", icon=":material/target:"):
        st.caption(
            f"Fewer than {100 * plan.rate:g} % bad, with {100 * plan.confidence:g} % confidence: "
            f"{len(review.sample())} of {len(review.candidates)} copies are judged."
        )
        with st.form("review_plan_form", border=False):
            st.number_input("Bad copies to rule out, %", 0.1, 50.0, 100 * plan.rate, 0.5, key="review_rate")
            st.number_input("Confidence, %", 50.0, 99.9, 100 * plan.confidence, 1.0, key="review_confidence")
            st.number_input(
                "Rejected copies that still show it", 0, 100, plan.accepted, key="review_accepted",
                help="More of them take a larger sample.",
            )  # fmt: skip
            st.form_submit_button(
                "Set", on_click=_set, args=(review,), key="review_set",
                help="Settle it before anybody judges: one that is made later shows less than it says.",
            )  # fmt: skip


def _set(review: Review) -> None:
    told = st.session_state
    try:
        made = review.set_plan(
            rate=round(told["review_rate"] / 100, 6),
            confidence=round(told["review_confidence"] / 100, 6),
            accepted=int(told["review_accepted"]),
            seed=review.plan.seed,
        )
    except DomainAugError as error:
        st.toast(plain(sentence(error)), icon=":material/error:", duration="long")
        return
    late = f" {made.late} copies were judged before." if made.late else ""
    st.toast(f"{len(review.sample())} copies are judged.{late}", icon=":material/target:")
