"""The pages there are, and what surrounds every one of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from domainaug.app.pages import page
from domainaug.app.root import root_of
from domainaug.app.start.warming import is_warm, warm
from domainaug.app.words import in_a_sentence

__all__ = ["PAGES", "Entry", "navigate"]

_HERE = Path(__file__).parent
_SIDEBAR = 340  # pixels: what a slider with two ends needs


@dataclass(frozen=True, slots=True)
class Entry:
    """A page.

    Attributes:
        name: Of its file in `pages/`, and of its address.
        title: In the navigation.
        icon: Name of a Material symbol; the font comes with Streamlit.
        about: What it is for, in a sentence or two.
    """

    name: str
    title: str
    icon: str
    about: str

    @property
    def path(self) -> Path:
        """Its file."""
        return page(self.name)


PAGES = (
    Entry("preview", "Preview", "visibility", "See what a profile does to an image, and how far it may go."),
    Entry("check", "Check", "rule", "Hold a pipeline of your own against a profile."),
    Entry("defects", "Defects", "texture", "Draw a defect onto a part, and see what the gate says."),
    Entry("scenes", "Scenes", "wb_twilight", "Vary weather and hour over one street, with its labels."),
    Entry("runs", "Runs", "list_alt", "What was run under the root: progress, outputs, failures."),
    Entry("review", "Review", "fact_check", "Accept or reject a sample of a run's outputs."),
    Entry("explore", "Explore", "query_stats", "What is in a data set, before it is augmented."),
    Entry("integrate", "Integrate", "call_merge", "Put originals and accepted copies into one set."),
)
"""Every page, in the order of the work."""


def navigate() -> None:
    """Draw the frame and run the page that was asked for."""
    st.set_page_config(
        page_title="domainaug", page_icon=str(_HERE / "icon.png"), layout="wide", initial_sidebar_state=_SIDEBAR
    )
    asked = st.navigation(
        [
            st.Page(
                entry.path,
                title=entry.title,
                icon=f":material/{entry.icon}:",
                url_path=entry.name,
                default=entry is PAGES[0],
                help=entry.about,
            )
            for entry in PAGES
        ],
        position="top",
    )
    if not is_warm():
        waiting = st.empty()
        with waiting.container():
            st.title(asked.title)
            st.skeleton(height=480)
        warm()
        waiting.empty()
    with in_a_sentence():
        root = root_of(sys.argv[1:])
        st.session_state["root"] = root
        with in_a_sentence(root):
            asked.run()
