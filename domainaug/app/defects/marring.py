"""A defect on the Defects page: the pictures of it, what the gate says, and every try that a run would make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from domainaug.app.pictures import Tile, show_picture, show_tiles
from domainaug.app.words import plain
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.site import Site
from domainaug.preview.closeups import Closeup, closeup_of
from domainaug.preview.marring import Tried, Wish, gate_for, tries_of
from domainaug.preview.verdicts import criteria_of, reason_of, summary_of
from domainaug.preview.windows import Window

__all__ = ["TRIES", "Bench", "show_defect", "show_numbers", "show_pictures", "show_tries", "show_verdict"]

TRIES = 8
"""What a run gives a defect at most, unless it is told otherwise."""

_NOUNS = {"cutpaste": "rectangle", "nsa": "piece", "perlin": "patches"}
_NAMES = {"cluster": "count", "width_mm": "width", "heading_deg": "heading"}


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What defects are drawn on.

    Attributes:
        site: The photograph.
        window: What is black and what is white.
        gate: Thresholds.
        title: What the photograph is called.
    """

    site: Site
    window: Window
    gate: Gate
    title: str


def show_defect(bench: Bench, wish: Wish) -> None:
    """Draw one defect, accepted or not, and its numbers."""
    (tried,) = tries_of(wish, bench.site, bench.gate, most=1)
    show_verdict(tried)
    show_pictures(bench, tried, wish.kind)
    show_numbers(tried, gate_for(wish.kind, bench.gate))


def show_verdict(tried: Tried) -> None:
    """Draw what the gate says, in a sentence."""
    if tried.verdict.accepted:
        st.success(summary_of(tried.verdict), icon=":material/check_circle:")
    else:
        st.warning(summary_of(tried.verdict), icon=":material/block:")


def show_pictures(bench: Bench, tried: Tried, kind: str) -> None:
    """Draw the photograph with a defect, and the defect close by."""
    if tried.made is None:
        return
    shown, kind = closeup_of(bench.site.picture, tried.made, bench.window), _NOUNS.get(kind, kind)
    with st.grid(min_column_width=320, key="d_pictures"):
        with st.container(gap="xsmall"):
            show_picture(st, shown.whole, f"{bench.title} with a {kind}, framed")
            st.caption(f"**With the {plain(kind)}**  \n{_where(shown, bench)}")
        show_tiles(st.container(), _close(shown, kind), least=140, key="d_close")


def show_tries(bench: Bench, tries: Sequence[Tried], kind: str) -> None:
    """Draw every try that a run would make of a defect."""
    refused = sum(not one.verdict.accepted for one in tries)
    if tries[-1].verdict.accepted:
        told = (
            "Here the first is accepted."
            if not refused
            else f"Here number {len(tries)} is accepted, after {refused} refused."
        )
    else:
        told = f"Here the gate refuses all of {len(tries)} tries: a run sets this picture aside, and says why."
    st.markdown(f"A run draws with other chances until the gate lets one through. {told}")
    tiles = []
    for number, one in enumerate(tries, 1):
        if one.made is None:
            continue
        said = "Accepted" if one.verdict.accepted else ". ".join(map(reason_of, one.verdict.refusals))
        seen = f"contrast {one.verdict.measures.contrast:.2f}"
        picture = closeup_of(bench.site.picture, one.made, bench.window, longest=64).outlined
        tiles.append(Tile(picture, f"Try {number}", (said, seen), f"Try {number} of a {kind}: {said}, {seen}"))
    show_tiles(st.container(), tiles, least=180, key="d_tries")


def _close(shown: Closeup, kind: str) -> list[Tile]:
    return [
        Tile(shown.after, "Close by", (), f"The {kind} close by"),
        Tile(shown.outlined, "Its mask", (), f"The outline of the mask of the {kind}"),
        Tile(shown.before, "Before", (), "The same place without it"),
        Tile(shown.changed, "What changed", (), f"What the {kind} changed: orange became lighter, blue darker"),
    ]


def _where(shown: Closeup, bench: Bench) -> str:
    height, width = bench.site.shape
    size = " x ".join(f"{side * bench.site.pitch_mm:.3g}" for side in (height, width))
    close = (shown.box[2] - shown.box[0]) * bench.site.pitch_mm
    return f"{height} x {width} pixels, {size} mm; framed are {close:.3g} mm"


def show_numbers(tried: Tried, gate: Gate) -> None:
    """Draw what the gate measured beside its thresholds, and what was drawn."""
    rows = [
        {
            "passed": "Yes" if one.passed else "No",
            "the gate asks": one.asks,
            "measured": one.measured,
            "needed": one.limit,
        }
        for one in criteria_of(tried.verdict, gate)
    ]
    if rows:
        st.dataframe(
            rows, hide_index=True, key="d_numbers", alt="What the gate measured, beside its thresholds",
            column_config={"passed": st.column_config.TextColumn(width=60)},
        )  # fmt: skip
    seen = tried.verdict.measures
    told = [_told(name, value) for name, value in tried.drawn.items() if isinstance(value, int | float)]
    said = f"As drawn: {', '.join(told)}. " if told else ""
    st.caption(plain(f"{said}Its mask is {seen.length_mm:.3g} mm long and covers {seen.area_mm2:.3g} mm²."))


def _told(name: str, value: Any) -> str:
    """Return a size in words: "length 10 mm" of length_mm."""
    words, _, unit = name.rpartition("_") if name.endswith(("_mm", "_deg", "_mm2")) else (name, "", "")
    said = f"{value:.3g}" if isinstance(value, int | float) else str(value)
    return f"{words.replace('_', ' ')} {said} {unit.replace('mm2', 'mm²')}".rstrip()
