"""Calibration on the Defects page: what real defects measure, beside those that are drawn here, and the thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from domainaug.app.colors import COLORS, GRAY, LIMIT
from domainaug.app.defects.banking import choose_labeled
from domainaug.app.defects.describing import look_again
from domainaug.app.defects.marring import Bench
from domainaug.app.legible import show_code
from domainaug.app.links import choose, settled
from domainaug.app.root import Root
from domainaug.app.words import plain
from domainaug.manufacturing.gate import Gate
from domainaug.preview.comparing import COMPARED, Spread, spread_of, synthetic_measures
from domainaug.preview.marring import Wish
from domainaug.profile.model import Profile
from domainaug.profile.part import Part
from domainaug.run.calibrating import ClassCalibration, SetCalibration, calibrate_set
from domainaug.run.summary import Progress, many

__all__ = ["show_calibration"]

_STATE = "d_calibrated"
_DRAWN = 40  # synthetic defects that stand beside real ones
_GROUPS = ("real", "drawn, accepted", "drawn, refused")

Kept = tuple[str, str, Part, SetCalibration]


def show_calibration(root: Root, profile: Profile, bench: Bench, wish: Wish) -> None:
    """Draw the measures of a data set's real defects beside those of the kind that is set up, and save thresholds.

    Args:
        root: What data sets lie under.
        profile: What the thresholds begin with.
        bench: The part, as it was described, and the photograph that synthetic ones are drawn on.
        wish: What is drawn.
    """
    folder, asked = choose_labeled(root, "Measure them", "straighten", "d_measure")
    part = bench.site.part
    kept: Kept | None = st.session_state.get(_STATE)
    if asked:
        kept = folder, profile.id, part, _measured(root, folder, profile, part)
        st.session_state[_STATE] = kept
    if kept is None or kept[:3] != (folder, profile.id, part):
        st.info(
            "Press Measure them to see where the thresholds of the gate have to lie for the real defects of a set.",
            icon=":material/straighten:",
        )
        return
    found = kept[3]
    names = [one.name for one in found.classes if one.found]
    settled("d_class", names, names[0])
    name = choose(st.selectbox, "Class", names, key="d_class", usual=names[0]) if len(names) > 1 else names[0]
    shown = next(one for one in found.classes if one.name == name)
    _told(shown, found)
    gate = shown.calibration.gate if shown.calibration is not None else bench.gate
    _charts(shown, gate, bench, wish)
    _save(root, found, folder)


def _measured(root: Root, folder: str, profile: Profile, part: Part) -> SetCalibration:
    bar = st.progress(0.0, text="Measuring ...")

    def tell(progress: Progress) -> None:
        bar.progress(progress.done / max(progress.total, 1), text=f"{progress.done} of {progress.total} pictures")

    try:
        return calibrate_set(
            root.inside(folder), profile=profile.with_part(part), pitch_mm=part.pixel_pitch_mm, progress=tell
        )
    finally:
        bar.empty()


def _told(one: ClassCalibration, found: SetCalibration) -> None:
    """Draw how many there are, and how many of them the gates would refuse."""
    count = len(one.found)
    before, after = (_refused(told, count) for told in (one.before, one.after))
    with st.container(horizontal=True):
        st.metric("Real defects", count, border=True, help=f"In {many(one.pictures, 'picture')}.")
        st.metric("Refused by the profile", before, border=True)
        if one.calibration is not None:
            st.metric("Refused once calibrated", after, border=True)
    if one.calibration is None:
        st.caption(
            f"{count} are too few to take thresholds from: at least 8 are needed. Those of the profile are shown."
        )
    if found.set_aside:
        aside = found.set_aside[0]
        told = f"{many(len(found.set_aside), 'picture')} could not be used; {aside.key}: {aside.reason}"
        st.caption(plain(told))


def _refused(counts: Mapping[str, int], of: int) -> str:
    """Return the largest count of refusals; one defect may be refused for several reasons."""
    return f"{max(counts.values(), default=0)} of {of}"


def _charts(one: ClassCalibration, gate: Gate, bench: Bench, wish: Wish) -> None:
    drawn = _drawn(bench, wish, gate)
    accepted = sum(good for _, good in drawn)
    kind = wish.kind.replace("-", " ")
    st.caption(
        f"Real ones above; below them {len(drawn)} of kind {kind} as set up here, drawn by chance on this photograph: "
        f"the gate with these thresholds accepts {accepted}. Lines are its thresholds."
    )
    spreads = [spread_of(name, (real.measures for real in one.found), drawn, gate) for name in COMPARED]
    with st.grid(min_column_width=320, key="d_charts"):
        for spread in spreads:
            with st.container():
                title = COMPARED[spread.name]
                st.vega_lite_chart(_chart(spread), height=165, key=f"d_chart_{spread.name}", alt=_alt(spread, title))


def _drawn(bench: Bench, wish: Wish, gate: Gate) -> Any:
    """Return what is drawn beside real ones; kept while nothing changes but the class's chart."""
    key = (id(bench.site.picture), bench.site.part, wish.kind, repr(wish.sizes), wish.seed, repr(gate), repr(gate.real))
    kept = st.session_state.get("d_compared")
    if kept is None or kept[0] != key:
        with st.spinner("Drawing ..."):
            kept = (key, synthetic_measures(wish, [bench.site], gate, count=_DRAWN))
        st.session_state["d_compared"] = kept
    return kept[1]


def _chart(spread: Spread) -> Mapping[str, Any]:
    """Return one measure: a tick for each defect, the real ones above, and lines where thresholds lie."""
    rows: list[dict[str, Any]] = [
        {"value": value, "of": group}
        for group, values in zip(_GROUPS, (spread.real, spread.synthetic, spread.refused), strict=True)
        for value in values
        if value > 0
    ]
    limits: list[dict[str, Any]] = [{"value": value} for value in spread.limits if value > 0]
    values = [row["value"] for row in (*rows, *limits)]
    ends = {"type": "log", "nice": False, "domain": [min(values, default=1) / 1.3, max(values, default=1) * 1.3]}
    x = {
        "field": "value", "type": "quantitative", "scale": ends, "title": COMPARED[spread.name],
        "axis": {"grid": False, "tickCount": 5, "format": "~g", "labelOverlap": True},
    }  # fmt: skip
    groups = {"domain": list(_GROUPS)}
    colors = {**groups, "range": [COLORS[0], COLORS[1], GRAY]}
    return {
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "tick", "thickness": 2, "size": 20, "opacity": 0.75},
                "encoding": {
                    "x": x,
                    "y": {"field": "of", "type": "nominal", "sort": list(_GROUPS), "title": None, "scale": groups},
                    "color": {"field": "of", "type": "nominal", "scale": colors, "legend": None},
                },
            },
            {
                "data": {"values": limits},
                "mark": {"type": "rule", "strokeDash": [4, 3], "size": 1.5, "color": LIMIT},
                "encoding": {"x": x},
            },
        ],
    }


def _alt(spread: Spread, title: str) -> str:
    told = (
        f"{title} of {len(spread.real)} real, {len(spread.synthetic)} accepted and {len(spread.refused)} refused ones"
    )
    limits = f"; thresholds at {' and '.join(f'{one:.3g}' for one in spread.limits)}" if spread.limits else ""
    return f"{told}{limits}; {100 * spread.within:.0f} % of the accepted lie among the real ones"


def _save(root: Root, found: SetCalibration, folder: str) -> None:
    with st.form("d_calibrated_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("File", "profiles/calibrated.yaml", key="d_calibrated_name", max_chars=120)
        wanted = st.form_submit_button("Save the thresholds as a profile", icon=":material/save:")
    if wanted:
        asked = name.strip() or "profiles/calibrated.yaml"
        place = root.new(asked if asked.endswith((".yaml", ".yml")) else f"{asked}.yaml")
        found.saved(place)
        look_again()
        st.success(
            f"Saved as {plain(place.relative_to(root.folder).as_posix())}: thresholds, sizes and places by class. "
            "It is among the parts now."
        )
    show_code(
        f"domainaug calibrate {root.called(folder)} --profile {found.profile.id} "
        f"--pitch {found.profile.part.pixel_pitch_mm if found.profile.part else 0.1:g} --out calibrated.yaml",
    )  # fmt: skip
