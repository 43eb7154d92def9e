"""Defects: one defect on one photograph of a part, and what the gate says of it."""

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.defects.describing import choose_part
from domainaug.app.defects.looks import Setup, set_up, show_defects
from domainaug.app.sourcing import choose_source
from domainaug.app.words import in_a_sentence

root = the_root()
setup: Setup | None = None
with st.sidebar, in_a_sentence(root):
    profile = choose_part(root)
    chosen = choose_source(profile)
    if chosen is not None:
        setup = set_up(profile, chosen)

st.title("Defects")
st.caption("Sizes are in millimeters. The mask comes with the defect, and the gate judges both.")
if setup is None:
    st.caption("Choose a photograph of a part.")
else:
    show_defects(root, setup)
