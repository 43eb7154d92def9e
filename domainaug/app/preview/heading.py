"""The header of a derived DICOM image beside its source's, as a table."""

from __future__ import annotations

import streamlit as st

from domainaug.preview.header import headers_beside
from domainaug.preview.sources import Subject
from domainaug.preview.variants import Variant
from domainaug.profile.model import Profile

__all__ = ["show_headers"]


def show_headers(subject: Subject, profile: Profile, variant: Variant, *, seed: int) -> None:
    """Draw the table; values that may say who was imaged are shown when they are asked for."""
    with st.container(horizontal=True):
        everything = st.toggle("Also what stays the same", key="header_all")
        identifying = st.toggle(
            "Also what may say who was imaged",
            key="header_who",
            help="Names, numbers, dates and free text of the file.",
        )
    rows = headers_beside(subject, profile, variant, seed=seed, identifying=identifying)
    shown = [row for row in rows if everything or row.state != "same"]
    st.dataframe(
        {
            "tag": [row.tag for row in shown],
            "element": [row.name for row in shown],
            "is": [row.state for row in shown],
            "in the source": [row.source for row in shown],
            "in the derived image": [row.derived for row in shown],
        },
        column_config={
            "tag": st.column_config.TextColumn(width=95),
            "element": st.column_config.TextColumn(width=185),
            "is": st.column_config.TextColumn(width=75),
        },
        hide_index=True,
        height=min(520, 38 + 35 * max(1, len(shown))),
        alt="Elements of the header of the source and of the derived image",
        key="header_table",
    )
    st.caption(
        f"Copy {variant.copy}, the first image of it: {len(shown)} of {len(rows)} elements. "
        "Private elements are left out of derived images unless a run keeps their creator."
    )
