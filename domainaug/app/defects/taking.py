"""What is taken along from the Defects page: lines of Python, a command, a link, a profile of the defect's like."""

from __future__ import annotations

import streamlit as st

from domainaug.app.choosing import called
from domainaug.app.defects.describing import look_again
from domainaug.app.legible import main_action, show_code
from domainaug.app.links import address
from domainaug.app.root import Root
from domainaug.app.words import in_a_sentence, plain
from domainaug.manufacturing.gate import Gate
from domainaug.preview.defect_snippets import defect_command, defect_profile, defect_python
from domainaug.preview.marring import Wish
from domainaug.preview.own import save_profile
from domainaug.profile.model import Profile
from domainaug.profile.part import Part

__all__ = ["take_defect"]

_FOLDER = "profiles"


def take_defect(root: Root, profile: Profile, part: Part, gate: Gate, wish: Wish, source: str) -> None:
    """Draw the lines, the command, the link and the profile that make the same defect, or its like."""
    pitch = part.pixel_pitch_mm or 0.0
    with st.grid(min_column_width=360, key="d_take"):
        with st.container():
            st.markdown("**This defect, in Python**")
            show_code(defect_python(wish, part, gate.to_mapping()))
        with st.container():
            st.markdown("**Of this kind in its usual sizes, on the command line**")
            told = profile.part is not None and profile.part.pixel_pitch_mm == pitch
            command = defect_command(
                called(root, profile), wish.kind, pitch, source=source, seed=wish.seed, written=told
            )
            show_code(command)
            st.markdown("**A link to this view**")
            show_code(address())
            st.caption("It shows the same to whoever reaches this server; an upload is not part of it.")
    st.markdown("**Its like, as a profile**")
    st.caption("It extends this one, and says how a run makes such defects: sizes about those that you set.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        own = st.text_input(
            "Name", value=f"own/{profile.id.rpartition('/')[2]}", max_chars=80, key="d_own_name",
            help="Small letters, digits, -, _ and /.",
        )  # fmt: skip
        label = st.text_input("Class", value=wish.kind, max_chars=60, key="d_own_class")
        spread = st.slider(
            "Sizes vary by", 0.0, 0.9, 0.25, 0.05, format="percent", key="d_own_spread", bind="query-params"
        )
    with in_a_sentence(root):
        text = defect_profile(
            profile, part, wish, own.strip(), called=label, spread=spread, folder=root.folder / _FOLDER
        )
        show_code(text)
        file = f"{_FOLDER}/{own.strip().rpartition('/')[2]}.yaml"
        show_code(
            defect_command(file, label.strip() or wish.kind, pitch, source=source, written=True),
        )  # fmt: skip
        with st.container(horizontal=True):
            st.download_button(
                "Download", text, file_name=file.rpartition("/")[2], mime="application/yaml", key="d_own_download"
            )
            if st.button(**main_action("Save under the root"), key="d_own_save"):
                saved = save_profile(text, root.new(file))
                look_again()
                st.success(f"Saved as {plain(file)}; {plain(saved.id)} is among the parts now.")
