"""The pages: each file is a script that Streamlit runs from top to bottom whenever something changes."""

from __future__ import annotations

from pathlib import Path

__all__ = ["page"]


def page(name: str) -> Path:
    """Return the file of a page, as navigation and links ask for it."""
    return Path(__file__).with_name(f"{name}.py")
