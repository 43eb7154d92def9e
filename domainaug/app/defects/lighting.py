"""The defect of the Defects page on a plate under three lights, as the surface simulator renders it."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from domainaug.app.links import choose
from domainaug.app.pictures import Tile, show_tiles
from domainaug.preview.lights import FINISHES, Lit, under_lights
from domainaug.preview.marring import Wish

__all__ = ["show_lights"]

_SEEN = 0.7  # the gate's contrast


def show_lights(wish: Wish) -> None:
    """Draw the defect in each light, and whether it can be seen there."""
    finish = choose(
        st.segmented_control, "The plate is", FINISHES, key="d_finish", usual=FINISHES[0], required=True,
        format_func=str.capitalize,
    )  # fmt: skip
    with st.spinner("Rendering ..."):
        found = _rendered(wish.kind, json.dumps(wish.sizes), wish.seed, finish)
    show_tiles(st.container(), [_tile(wish.kind, one) for one in found], least=220, key="d_lights")
    st.caption(
        "A plate of the surface simulator with the same kind, sizes and seed: light decides whether there is anything "
        "to label. `domainaug simulate --simulator surface` renders whole sets of them."
    )


def _tile(kind: str, one: Lit) -> Tile:
    told = "can be seen" if one.contrast >= _SEEN else "can hardly be seen"
    name = one.light.replace("-", " ").capitalize()
    return Tile(one.picture, name, (f"contrast {one.contrast:.2g}, {told}",), f"A {kind} in {name.lower()}, {told}")


@st.cache_resource(show_spinner=False, max_entries=16)
def _rendered(kind: str, sizes: str, seed: int, finish: str) -> tuple[Lit, ...]:
    told: dict[str, Any] = json.loads(sizes)
    return under_lights(kind, told, seed=seed, finish=finish)
