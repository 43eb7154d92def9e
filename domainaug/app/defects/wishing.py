"""What is wanted on the Defects page: a kind, its sizes in mm, where it goes, and the seed of the rest."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from domainaug.app.colors import MARKED
from domainaug.app.links import asked_for, choose
from domainaug.app.pictures import encoded
from domainaug.manufacturing.defects import KINDS
from domainaug.manufacturing.pasting.blending import BLENDS
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sources import ANOMALIES
from domainaug.preview.drawing import fit
from domainaug.preview.marring import HOUSED, Setting, settings_for, usual_place
from domainaug.preview.windows import Window

__all__ = ["choose_finer", "choose_kind", "choose_place", "choose_seed", "click_place", "kind_title"]

_USUAL = "crack"
_POISSON = "poisson"
_TITLES = {
    "cutpaste": "CutPaste: a rectangle put elsewhere", "scar": "Scar: a thin piece put elsewhere",
    "nsa": "NSA: a piece blended in", "perlin": "Perlin: another texture in patches",
}  # fmt: skip
_CELLS = 40  # places along the longer side of the picture that is clicked
_WIDE = 288  # pixels of that picture: as wide as the sidebar has room for
_DOWN, _ACROSS = "d_down", "d_across"


def choose_kind(site: Site) -> tuple[str, dict[str, Any]]:
    """Draw the choice of a kind, drawn or of the papers, and its sizes, and return them.

    Args:
        site: The photograph: the papers' anomalies are shares of it, unless their sizes are set.
    """
    kinds = [*KINDS, *ANOMALIES]
    name = choose(st.selectbox, "Kind", kinds, key="d_kind", usual=_USUAL, format_func=kind_title)
    return name, {one.name: _main(name, one) for one in _settings(name, site) if one.main}


def choose_seed() -> int:
    """Draw the seed, and return it."""
    return int(
        st.number_input(
            "Seed",
            0,
            2**31 - 1,
            0,
            key="d_seed",
            bind="query-params",
            help="Everything left to chance follows from it.",
        )
    )


def choose_finer(kind: str, site: Site) -> dict[str, Any]:
    """Draw from and to of everything else; what is as usual is left out."""
    found: dict[str, Any] = {}
    settings = [one for one in _settings(kind, site) if not one.main]
    if not settings:
        return found
    with st.expander("How it looks", key="d_finer"):
        if kind == "nsa":
            blend = choose(st.selectbox, "Blend", list(BLENDS), key="d_nsa_blend", usual=_POISSON)
            found |= {} if blend == _POISSON else {"blend": blend}
        st.caption("Drawn from these ranges; bring both ends together to fix one.")
        for one in settings:
            if one.exact:
                found |= _exact(kind, one)
                continue
            low, high = st.slider(
                one.title, one.low, one.high, one.usual, one.step, format=_digits(one.step),
                key=f"d_{kind}_{one.name}", bind="query-params",
            )  # fmt: skip
            if (low, high) != one.usual:
                fixed = low == high and kind in KINDS  # the papers' are told as two
                found[one.name] = float(low) if fixed else (float(low), float(high))
    return found


def _exact(kind: str, one: Setting) -> dict[str, float]:
    """Draw the question of one number, and return it; nothing where it is left as it is."""
    low, high = one.usual
    told = st.number_input(
        one.title, one.low, one.high, None, step=one.high / 20, key=f"d_{kind}_{one.name}", bind="query-params",
        placeholder=f"{low:g}" if low == high else f"drawn, {low:g} to {high:g}",
    )  # fmt: skip
    return {} if told is None else {one.name: float(told)}


def _settings(name: str, site: Site) -> tuple[Setting, ...]:
    return settings_for(name, site.pitch_mm * math.sqrt(site.shape[0] * site.shape[1]))


def choose_place(kind: str, site: Site, subject: str) -> tuple[float, float] | None:
    """Draw where it goes, and return that as shares of height and width; None for a place by chance.

    Args:
        kind: Of the defect.
        site: The photograph.
        subject: Tells photographs apart: another one begins with a place on its own part.
    """
    if kind in HOUSED:
        where = "its noise is highest on the part" if kind in ANOMALIES else "a component or the edge of the part is"
        st.caption(f"It lies where {where}; the seed chooses which.")
        return None
    ways = {"here": "At a place", "chance": "By chance"}
    way = choose(
        st.segmented_control, "Where", list(ways), key="d_where", usual="here", required=True, width="stretch",
        format_func=lambda one: ways[one],
    )  # fmt: skip
    if way == "chance":
        return None
    usual = usual_place(site)
    before = st.session_state.setdefault("d_of", subject)
    for key, share in ((_ACROSS, usual[1]), (_DOWN, usual[0])):
        if before != subject or (key not in st.session_state and not asked_for(key)):
            st.session_state[key] = round(100 * share)
    st.session_state["d_of"] = subject
    with st.container(horizontal=True):
        across = st.slider("Across, %", 0, 100, key=_ACROSS, bind="query-params")
        down = st.slider("Down, %", 0, 100, key=_DOWN, bind="query-params")
    return down / 100, across / 100


def click_place(site: Site, window: Window, key: str) -> None:
    """Draw the photograph so that a click in it moves the defect there.

    Args:
        site: The photograph.
        window: What is black and what is white.
        key: Tells photographs apart.
    """
    height, width = site.shape
    small = window(fit(site.picture, _WIDE))
    cells = [max(2, round(_CELLS * side / max(height, width))) for side in (height, width)]
    picture = "data:image/png;base64," + base64.b64encode(encoded(small)).decode("ascii")
    tall = round(_WIDE * height / width)
    st.vega_lite_chart(
        _clickable(picture, cells, tall), width=_WIDE, height=tall, theme=None, key=f"d_click_{key}",
        on_select=lambda: _moved(f"d_click_{key}"), selection_mode="at",
        alt="The photograph: a click moves the defect there. The sliders above do the same by keyboard.",
    )  # fmt: skip


def _clickable(picture: str, cells: list[int], tall: int) -> Mapping[str, Any]:
    """Return a chart: the picture, below a grid that nobody sees until the pointer is over it."""
    bare: dict[str, Any] = {"axis": None, "scale": {"domain": [0, 100], "nice": False}, "type": "quantitative"}
    down = {**bare, "scale": {**bare["scale"], "reverse": True}}
    return {
        "data": {"sequence": {"start": 0, "stop": cells[0] * cells[1], "as": "cell"}},
        "transform": [
            {"calculate": f"round((floor(datum.cell / {cells[1]}) + 0.5) * {100 / cells[0]:.6f})", "as": "down"},
            {"calculate": f"round((datum.cell % {cells[1]} + 0.5) * {100 / cells[1]:.6f})", "as": "across"},
        ],
        "padding": 0,
        "autosize": {"type": "none"},
        "config": {"view": {"stroke": None}, "background": "transparent"},
        "layer": [
            {
                "data": {"values": [{"x": 50, "y": 50}]},
                "mark": {"type": "image", "url": picture, "width": _WIDE, "height": tall, "aspect": False},
                "encoding": {"x": {"field": "x", **bare}, "y": {"field": "y", **down}},
            },
            {
                "mark": {
                    "type": "rect", "width": _WIDE / cells[1], "height": tall / cells[0], "color": MARKED,
                    "cursor": "crosshair", "tooltip": False,
                },
                "params": [{"name": "at", "select": {"type": "point", "fields": ["down", "across"], "toggle": False}}],
                "encoding": {
                    "x": {"field": "across", **bare},
                    "y": {"field": "down", **down},
                    "opacity": {"condition": {"param": "at", "empty": False, "value": 0.55}, "value": 0.001},
                },
            },
        ],
    }  # fmt: skip


def _moved(key: str) -> None:
    """Move the defect to where was clicked."""
    state: Any = st.session_state.get(key)
    chosen = (state or {}).get("selection", {}).get("at") or []
    if chosen:
        st.session_state[_DOWN], st.session_state[_ACROSS] = round(chosen[0]["down"]), round(chosen[0]["across"])


def _main(kind: str, one: Setting) -> float:
    """Draw the slider of a size, and return it; on another photograph it begins anew where it does not fit."""
    key = f"d_{kind}_{one.name}"
    if not one.low <= st.session_state.get(key, one.middle) <= one.high:
        del st.session_state[key]
        st.query_params.pop(key, None)
    return float(
        st.slider(
            one.title,
            one.low,
            one.high,
            one.middle,
            one.step,
            format=_digits(one.step),
            key=key,
            bind="query-params",
            help=_meaning(kind, one),
        )
    )


def _meaning(kind: str, one: Setting) -> str | None:
    if kind in ANOMALIES:
        return f"In the paper {one.usual[0]:g} to {one.usual[1]:g} {one.unit} on a picture of this size."
    if one.unit != "mm":
        return None
    return f"Usually {one.usual[0]:g} to {one.usual[1]:g} mm: engineering values. Calibration shows those of your line."


def kind_title(name: str) -> str:
    """Return a kind as people call it."""
    return _TITLES.get(name) or name.replace("-", " ").capitalize()


def _digits(step: float) -> str:
    return f"%.{max(0, len(f'{step:.6f}'.rstrip('0').partition('.')[2]))}f"
