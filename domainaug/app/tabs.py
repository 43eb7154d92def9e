"""Tabs of which only the one that is open is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from domainaug.app.root import Root
from domainaug.app.words import in_a_sentence

__all__ = ["show_tabs"]


def show_tabs(ways: Mapping[str, Callable[[], None]], key: str, root: Root | None = None) -> None:
    """Draw tabs, and what is on the one that is open; which that is is part of the address.

    Args:
        ways: Title to what draws it; what is raised there is one sentence in its place.
        key: Of the tabs, and in the address.
        root: For messages.
    """
    for tab, show in zip(
        st.tabs(list(ways), key=key, on_change="rerun", bind="query-params"), ways.values(), strict=True
    ):
        if tab.open:
            with tab, in_a_sentence(root):
                show()
