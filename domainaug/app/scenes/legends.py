"""What the colors over a street mean, and who is in it."""

from __future__ import annotations

import base64

import numpy as np
import streamlit as st

from domainaug.app.pictures import encoded
from domainaug.preview.overlays import FAR, NEAR, colored_range, shares_of, things_of
from domainaug.preview.scenes import Shot

__all__ = ["show_legend"]

_MOST = 60
_ROW = 35  # pixels


def show_legend(shot: Shot, layer: str, *, things: bool, points: bool) -> None:
    """Draw what is needed to read a picture.

    Args:
        shot: The picture.
        layer: What covers it.
        things: Whether things are named.
        points: Whether points of the LiDAR are drawn.
    """
    if layer == "depth" or points:
        meters = np.geomspace(NEAR, FAR, 256)
        bar = np.broadcast_to(colored_range(meters)[None], (6, 256, 3))
        with st.container(gap="xsmall"):
            address = _address(np.ascontiguousarray(bar))
            st.image(address, width="stretch", alt=f"Colors of ranges, from {NEAR:g} m to {FAR:g} m")
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                for mark in (NEAR, 5.0, 15.0, 45.0, FAR):
                    st.caption(f"{mark:g} m", width="content")
        if points:
            seen = f"{len(shot.points):,} points of the LiDAR lie in the picture"
            st.caption(f"{seen}; fog, rain and snow hide some and send some back.")
    if layer == "classes":
        _classes(shot)
    if things:
        _things(shot)


def _classes(shot: Shot) -> None:
    shares = shares_of(shot)
    st.dataframe(
        {
            "color": [_chip(one.color) for one in shares],
            "class": [one.name for one in shares],
            "of the picture": [100 * one.share for one in shares],
        },
        column_config={
            "color": st.column_config.ImageColumn("", width=40),
            "of the picture": st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100),
        },
        hide_index=True,
        height=_high(len(shares)),
        alt="Classes in the picture, with their colors",
        key="scene-classes",
    )


def _things(shot: Shot) -> None:
    things = things_of(shot)[:_MOST]
    if not things:
        st.caption("Nobody is in the picture.")
        return
    st.dataframe(
        {
            "color": [_chip(one.color) for one in things],
            "thing": [f"{one.name} {one.number}" for one in things],
            "distance": [one.distance for one in things],
            "pixels": [one.pixels for one in things],
            "hidden": [100 * one.occlusion for one in things],
            "beyond": [100 * one.truncation for one in things],
        },
        column_config={
            "color": st.column_config.ImageColumn("", width=40),
            "distance": st.column_config.NumberColumn(format="%.1f m"),
            "hidden": st.column_config.NumberColumn("hidden by others", format="%.0f %%"),
            "beyond": st.column_config.NumberColumn("beyond the picture", format="%.0f %%"),
        },
        hide_index=True,
        height=_high(len(things)),
        alt="Things in the picture, the nearest first",
        key="scene-things",
    )


def _high(rows: int) -> int:
    return min(9, rows + 1) * _ROW + 3


def _chip(color: tuple[int, int, int]) -> str:
    return _address(np.full((16, 16, 3), color, np.uint8))


def _address(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    return "data:image/png;base64," + base64.b64encode(encoded(picture)).decode("ascii")
