"""Preview: what a profile makes of one image, and how far it may go."""

from contextlib import nullcontext

import streamlit as st

from domainaug.app.asking import ask
from domainaug.app.choosing import choose_profile, the_root
from domainaug.app.opening import Chosen, read_chosen
from domainaug.app.preview.turning import draw_recipe, known_steps, turned_now
from domainaug.app.preview.viewing import View, drawn_for, show_views
from domainaug.app.sourcing import choose_part, choose_source
from domainaug.app.words import in_a_sentence, plain
from domainaug.preview.knobs import turned as with_turned
from domainaug.preview.variants import affordable
from domainaug.run.tailoring import unfit

root = the_root()
chosen: Chosen | None = None

with st.sidebar:
    profile = choose_profile()
    with in_a_sentence(root):
        chosen = choose_source(profile)
        if chosen is not None and chosen.about:
            st.caption(plain(chosen.about))
    parts = st.container()
    with st.container(horizontal=True):
        seed = int(st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params"))
        copies = int(st.number_input("Copies", 1, 16, 7, key="copies", bind="query-params"))
    strength = st.slider(
        "Strength", 0.0, 1.0, 1.0, 0.05, format="percent", key="strength", bind="query-params",
        help="Every range of the recipe, taken that far from leaving the image alone.",
    )  # fmt: skip
    with st.expander("Questions about the data", key="questions"):
        profile = ask(profile)
    st.markdown("**Recipe**")
    panel = st.container()

st.title(plain(profile.title))
st.caption(plain(profile.description))
stage = st.container()

if chosen is None:
    stage.caption("Choose an image to look at.")
else:
    shown = (profile.id, str(chosen.source), chosen.key)
    with in_a_sentence(root):
        with nullcontext() if st.session_state.get("shown") == shown else stage.skeleton(height=480):
            subject = read_chosen(chosen)
            with parts:
                subject = choose_part(subject)
            steps = known_steps(profile)
            turned = turned_now(profile, steps)
            mine = with_turned(profile, turned.values, sorted(turned.left_out)) if turned else profile
            recipe = (mine.digest, repr(mine.recipe), repr(sorted(mine.options.items())))
            fitting = affordable(subject, copies)
            key = (str(chosen.source), subject.item.key, str(subject.part), *recipe)
            made = drawn_for(key, seed, fitting, strength, subject, mine)
        code, reason = unfit(subject.item, profile)
        with stage:
            if code:
                st.warning(plain(f"A run sets this aside ({code}): {reason}."))
            if fitting < copies:
                st.caption(f"{fitting} copies of an image as large as this are held at once.")
            show_views(View(subject, chosen, mine, made, seed, strength, bool(turned)))
        with panel:
            draw_recipe(profile, steps, turned)
        st.session_state["shown"] = shown
