"""Runs: what was run under the root, how far it is, and what was set aside."""

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.review.cards import draw_runs
from domainaug.app.words import in_a_sentence

root = the_root()
st.title("Runs")
with in_a_sentence(root):
    draw_runs(root)
