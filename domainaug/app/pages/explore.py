"""Explore: what is in a data set, before it is augmented."""

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.legible import main_action
from domainaug.app.sets.reporting import show_report
from domainaug.app.sets.surveying import Survey, choose_folder, choose_group, explored, goes_on, kept
from domainaug.app.words import in_a_sentence, plain

root = the_root()
st.title("Explore")
st.caption("Sizes, values, classes, groups, duplicates, leaks, and which profile fits. Nothing is written.")
with st.container(horizontal=True, vertical_alignment="bottom"):
    survey = Survey(choose_folder(root), choose_group())
    asked = st.button(**main_action("Explore", "query_stats"), key="explore-now")

with in_a_sentence(root):
    found = explored(survey, root) if asked or goes_on(survey, root) else kept(survey, root)
    if found is None:
        st.info(f"Press Explore to read what is in {plain(root.called(survey.folder))}.", icon=":material/query_stats:")
    else:
        show_report(found, survey, root)
