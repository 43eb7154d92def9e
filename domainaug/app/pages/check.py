"""Check: what a pipeline of one's own does that a profile does not allow, and how that looks."""

import streamlit as st

from domainaug.app.asking import ask
from domainaug.app.check.pipelines import check_code, check_saved
from domainaug.app.choosing import choose_profile, the_root
from domainaug.app.links import choose
from domainaug.app.opening import Chosen
from domainaug.app.sourcing import choose_source
from domainaug.app.words import in_a_sentence, plain

root = the_root()
chosen: Chosen | None = None

with st.sidebar:
    way = choose(
        st.segmented_control, "Pipeline from", ("saved", "code"), key="pipeline", usual="saved", required=True,
        format_func=lambda way: "Saved file" if way == "saved" else "Python code", width="stretch",
    )  # fmt: skip
    profile = choose_profile()
    with in_a_sentence(root):
        chosen = choose_source(profile)
    with st.expander("Questions about the data", key="questions"):
        profile = ask(profile)

st.title("Check a pipeline")
st.caption(f"Held against {plain(profile.title)}: {plain(profile.description)}")
with in_a_sentence(root):
    if way == "code":
        check_code(root, profile, chosen)
    else:
        check_saved(profile, chosen)
