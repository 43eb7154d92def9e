"""What is taken along from a preview: lines of Python, a command, a link, a profile of one's own."""

from __future__ import annotations

from typing import Any

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.app.legible import main_action, show_code
from domainaug.app.links import address
from domainaug.app.opening import ELSEWHERE, Chosen
from domainaug.app.words import in_a_sentence, plain
from domainaug.preview.own import own_profile, save_profile
from domainaug.preview.snippets import command_line, python_lines
from domainaug.profile.model import Profile

__all__ = ["take_along"]

_FOLDER = "profiles"


def take_along(
    profile: Profile, chosen: Chosen, *, turned: bool, copies: int, seed: int, strength: float, part: int = 0
) -> None:
    """Draw everything that can be taken along.

    Args:
        profile: With answers, and its recipe turned.
        chosen: What was looked at.
        turned: Whether its recipe is not that of its file any more.
        copies: How many copies were shown.
        seed: Of the draws.
        strength: Share of the recipe.
        part: Which of several frames or channels was shown.
    """
    if turned:
        st.info("The recipe was turned: save it as a profile of your own first, and use the command that follows it.")
    root = the_root()
    own = profile.path is not None and profile.path.is_relative_to(root.folder)
    named = profile.path.relative_to(root.folder).as_posix() if own and profile.path is not None else ""
    with st.grid(min_column_width=360, key="take"):
        with st.container():
            st.markdown("**In Python**")
            drawn: dict[str, Any] = {"copies": copies, "seed": seed, "strength": strength, "named": named}
            show_code(python_lines(profile, chosen.shown_as, _item(chosen), part=part, **drawn))
        with st.container():
            st.markdown("**On the command line**")
            show_code(command_line(profile, chosen.shown_as, **drawn))
            st.caption(_where(chosen))
            st.markdown("**A link to this view**")
            show_code(address())
            st.caption("It shows the same to whoever reaches this server; an upload is not part of it.")
    _own(profile, chosen, copies=copies, seed=seed, strength=strength)


def _item(chosen: Chosen) -> str | None:
    return None if chosen.shown_as == ELSEWHERE else chosen.key


def _where(chosen: Chosen) -> str:
    if chosen.shown_as == ELSEWHERE:
        return f"`{ELSEWHERE}` stands for a folder of yours."
    return "Both are for the folder that the app was started for."


def _own(profile: Profile, chosen: Chosen, **drawn: Any) -> None:
    st.markdown("**A profile of your own**")
    st.caption("It extends this one: limits stay those of the field, and a newer release of them reaches you.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name", value=f"own/{profile.id.rpartition('/')[2]}", max_chars=80, key="own_name",
            help="Small letters, digits, -, _ and /.",
        )  # fmt: skip
        title = st.text_input("Title", value=f"{profile.title}, of our own", max_chars=120, key="own_title")
    root = the_root()
    with in_a_sentence(root):
        text = own_profile(profile, name.strip(), title, folder=root.folder / _FOLDER)
        show_code(text)
        file = f"{name.strip().rpartition('/')[2]}.yaml"
        buttons, done = st.container(horizontal=True), st.container()
        with buttons:
            st.download_button("Download", text, file_name=file, mime="application/yaml", key="own_download")
            if st.button(**main_action("Save under the root"), key="own_save"):
                saved = save_profile(text, root.new(f"{_FOLDER}/{file}"))
                done.success(f"Saved as {plain(f'{_FOLDER}/{file}')}; {plain(saved.id)} reads back as it should.")
                command = command_line(saved, chosen.shown_as, named=f"{_FOLDER}/{file}", **drawn)
                with done:
                    show_code(command)
