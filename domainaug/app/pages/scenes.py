"""Scenes: one street in any weather and at any hour with its labels, and scenarios that vary a world."""

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.links import choose
from domainaug.app.scenes.covering import show_coverage, show_notes, show_variants
from domainaug.app.scenes.giving import choose_scenario
from domainaug.app.scenes.rendering import render_scenario
from domainaug.app.scenes.scenarios import Told, named, planned
from domainaug.app.scenes.staging import choose_cover, choose_place, show_scene
from domainaug.app.scenes.weathering import choose_weather
from domainaug.app.words import in_a_sentence, plain

_VIEWS = ("street", "scenario")
_WAYS = ("coverage", "variants", "render")

root = the_root()
head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
with head:
    st.title("Scenes", width="content")
    view = choose(
        st.segmented_control, "View", _VIEWS, key="scenes_view", usual=_VIEWS[0], required=True,
        format_func=lambda one: "One street" if one == "street" else "A scenario", label_visibility="collapsed",
    )  # fmt: skip

if view == "street":
    st.caption("One street in any weather and at any hour; its labels stay.")
    with st.sidebar, in_a_sentence(root):
        values = choose_weather()
        with st.expander("Street and camera", key="scene-where"):
            place, where = choose_place()
    with in_a_sentence(root):
        cover = choose_cover()
        show_scene(root, place, {**values, **where}, cover)
else:
    told: Told | None = None
    with st.sidebar, in_a_sentence(root):
        told = choose_scenario(root)
    if told is None:
        st.caption("A scenario freezes a world and lists what varies. Give one, and see what it comes to.")
    else:
        with in_a_sentence(root):
            waiting = st.empty()
            with waiting.container():
                st.caption("Looking at the world, and whether its variants can be shown ...")
                st.skeleton(height=420)
            try:
                found = planned(told, root)
            finally:
                waiting.empty()
            st.caption(f"{named(found.scenario)}, rendered by {plain(found.scenario.simulator.name)}.")
            show_notes(found)
            way = choose(
                st.segmented_control, "What of it", _WAYS, key="way", usual=_WAYS[0], required=True,
                format_func=str.capitalize, label_visibility="collapsed",
            )  # fmt: skip
            if way == "coverage":
                show_coverage(found)
            elif way == "variants":
                show_variants(found)
            else:
                render_scenario(root, told, found)
