"""Review: accept or reject a sample of what a run made, and see what that shows."""

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.legible import show_code
from domainaug.app.links import asked_for
from domainaug.app.review.judging import judge_copies
from domainaug.app.review.proving import draw_plan
from domainaug.app.review.rejections import show_rates
from domainaug.app.review.reviews import choose_reviewer, choose_run, is_read, missing_run, review_of, runs_under
from domainaug.app.review.tightening import show_limits
from domainaug.app.words import in_a_sentence, plain

_VIEWS = ("Judge", "Rates", "Limits")

root = the_root()
asked = asked_for("run")
names = runs_under(root, asked)
if not names:
    st.title("Review")
    st.caption("Nothing was run under the root yet. A run can be reviewed while it goes on, and when it is done.")
    show_code("domainaug augment SOURCE OUT --profile medical/chest-xray")
else:
    head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    head.title("Review", width="content")
    with in_a_sentence(root):
        waiting = st.empty()
        with st.sidebar:
            out = choose_run(root, names, asked)
            if out is None:
                waiting.warning(f"{plain(missing_run())}: there is no such run under the root; choose one at the side.")
                st.stop()
            if not is_read(out):
                waiting.skeleton(height=480)
            try:
                review = review_of(out)
            finally:
                waiting.empty()
            again = st.toggle(
                "Also what others have judged", key="review_again", persist_state="session",
                help="To see how far reviewers agree.",
            )  # fmt: skip
            labels = st.toggle("Labels", value=True, key="review_labels", persist_state="session")
            draw_plan(review)
            what = review.header.get("profile") or review.header.get("simulator") or ""
            st.caption(plain(f"{what}, {len(review.candidates)} copies"))
        with head:
            reviewer = choose_reviewer()
            view = st.segmented_control(
                "View", _VIEWS, default=_VIEWS[0], required=True, key="review_view", bind="query-params",
                label_visibility="collapsed",
            )  # fmt: skip
        if not review.candidates:
            st.caption("The run has made nothing yet.")
        elif view == "Rates":
            show_rates(out)
        elif view == "Limits":
            show_limits(out)
        else:
            judge_copies(out, reviewer, again=again, labels=labels)
