"""Integrate: originals and accepted copies in one set."""

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.legible import main_action, show_code
from domainaug.app.sets.uniting import choose_wish, finished, goes_on, looked_at, show_set, written
from domainaug.app.words import in_a_sentence, plain

root = the_root()
st.title("Integrate")
st.caption(
    "One training set: parted by patient, part or drive, only train augmented, nobody on both sides. "
    "What a reviewer rejected stays out."
)
with in_a_sentence(root):
    wish = choose_wish(root)
    if wish is not None:
        with st.container(horizontal=True):
            look = st.button("See what goes where", icon=":material/search:", key="look")
            write = st.button(**main_action("Write the set", "call_merge"), key="write")
        show_code(wish.command)
        before, summary = st.session_state.get("set-looked-at", (None, None))
        if write or goes_on(wish, root):
            summary = written(wish, root)
        elif look:
            summary = looked_at(wish, root)
        elif before != wish:
            summary = finished(wish, root)
        if summary is not None:
            if summary.dry_run:
                st.info("Nothing is written yet.", icon=":material/info:")
            else:
                done = sum(summary.placed.values())
                st.success(f"{plain(wish.train)}: {done} files placed, {summary.removed} removed. It is complete.")
            show_set(summary, root)
