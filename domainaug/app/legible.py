"""Where Streamlit's own colors leave text hard to read: code, and the button that a page is for."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

__all__ = ["ON_LIGHT_TEAL", "main_action", "show_code"]

ON_LIGHT_TEAL: Final = "#04211d"
"""What a label is written with on the accent of the dark theme."""


def show_code(text: str, *, height: int | None = None) -> None:
    """Draw lines to copy, in one color: those that Streamlit gives to Python or YAML are too pale on a light page.

    Args:
        text: The lines.
        height: In pixels, where it scrolls; None for as tall as it is.
    """
    st.code(text, language=None, wrap_lines=True, height="content" if height is None else height)


def main_action(label: str, icon: str = "", *, disabled: bool = False) -> dict[str, Any]:
    """Return what makes a button the one that a page is for: `st.button(**main_action("Render"), key=...)`.

    The accent of the dark theme is light, so that it can be read as text; white, which Streamlit writes on such
    buttons whatever their color, cannot be read on it.

    Args:
        label: What the button does.
        icon: Name of a Material symbol, or "".
        disabled: Whether it cannot be pressed now; then Streamlit's own gray says so.
    """
    usual: dict[str, Any] = {"type": "primary", "disabled": disabled}
    if st.context.theme.type != "dark" or disabled:
        return usual | {"label": label, "icon": f":material/{icon}:" if icon else None}
    drawn = f":material/{icon}: {label}" if icon else label
    return usual | {"label": f':color[{drawn}]{{foreground="{ON_LIGHT_TEAL}"}}'}
