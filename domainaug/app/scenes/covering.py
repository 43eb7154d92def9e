"""The variants of a scenario as a table, and what of its space they cover as charts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from domainaug.app.colors import THERE
from domainaug.app.links import choose
from domainaug.app.scenes.scenarios import Planned
from domainaug.app.words import plain

__all__ = ["show_coverage", "show_notes", "show_variants"]

_MOST_ROWS = 2_000
_FEW_NOTES = 3


def show_notes(found: Planned) -> None:
    """Draw what is worth knowing of a world, and what of its file is not shown; many lie in a drawer."""
    told = [f":material/info: {plain(note[:1].upper() + note[1:])}." for note in found.notes]
    if not told:
        return
    many = f"{len(told)} notes: what of the file is shown otherwise, or not at all"
    with st.expander(many, key="notes") if len(told) > _FEW_NOTES else st.container(gap="xsmall"):
        for note in told:
            st.caption(note)


def show_coverage(found: Planned) -> None:
    """Draw how many variants there are, how they lie along each axis, and along two of them at once."""
    coverage, variants = found.coverage, found.variants
    with st.container(horizontal=True):
        labels = len({variant.labels for variant in variants.variants})
        st.metric("Variants", f"{len(variants.variants):,}", border=True)
        st.metric("Sets of labels", f"{labels:,}", border=True, help="Variants of one set share their labels' bytes.")
        if variants.left_out:
            st.metric("Left out", f"{variants.left_out:,}", border=True, help="By constraints.")
        if variants.refused:
            st.metric("Beyond limits", f"{len(variants.refused):,}", border=True, help="Of the scenario's profile.")
        if coverage.pairs:
            st.metric(
                "Pairs of axes met", f"{coverage.pairwise:.0%}", border=True,
                help="Share of the cells of all pairs of axes, each in at most four parts, that any variant is in.",
            )  # fmt: skip
    if not coverage.axes:
        st.caption("Nothing varies: there is one variant.")
        return
    with st.grid(min_column_width=260, key="coverage-axes"):
        for name, counts in coverage.axes.items():
            with st.container(gap="xsmall"):
                st.caption(f"**{plain(_axis(found, name))}**")
                st.bar_chart(
                    {"part": [_short(part) for part in counts], "variants": list(counts.values())},
                    x="part", y="variants", sort=False, horizontal=True,
                    x_label="", y_label="Variants", color=THERE, height=90 + 24 * len(counts),
                    alt=f"How many variants lie in each part of {name}",
                )  # fmt: skip
    if len(coverage.axes) > 1:
        _pair(found)
    if coverage.empty:
        with st.expander(f"{len(coverage.empty)} cells that no variant is in", key="coverage-empty"):
            for line in coverage.empty:
                st.caption(plain(line))


def show_variants(found: Planned) -> None:
    """Draw the table of variants: what varies, which share labels, which a limit does not allow."""
    names = list(found.scenario.spreads)
    refused = {one.variant.id: f"{one.code}: {one.reason}" for one in found.variants.refused}
    everything = [*found.variants.variants, *(one.variant for one in found.variants.refused)][:_MOST_ROWS]
    sets = {label: number for number, label in enumerate(dict.fromkeys(one.labels for one in everything), 1)}
    rows: list[dict[str, Any]] = [
        {
            "variant": one.id, **{name: one.values[name] for name in names}, "labels": sets[one.labels],
            **({"limits": refused.get(one.id, "within")} if found.scenario.limits else {}),
        }
        for one in everything
    ]  # fmt: skip
    st.dataframe(
        rows,
        column_config={name: st.column_config.Column(_axis(found, name)) for name in names}
        | {"labels": st.column_config.NumberColumn("set of labels")},
        hide_index=True,
        alt="Variants, with their values on the axes that vary",
        key="variants-table",
    )


def _pair(found: Planned) -> None:
    names = list(found.coverage.axes)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        across = choose(st.selectbox, "Across", names, key="across", usual=names[0])
        others = [name for name in names if name != across]
        up = choose(st.selectbox, "Up", others, key="up", usual=others[0])
    axes = found.scenario.axes
    spec: dict[str, Any] = {
        "mark": {"type": "circle", "size": 90, "opacity": 0.65, "color": THERE},
        "encoding": {
            side: {
                "field": name, "type": "nominal" if axes[name].choices else "quantitative",
                "title": _axis(found, name), "axis": {"labelAngle": 0}, "scale": {"zero": False, "padding": 14},
            }
            for side, name in (("x", across), ("y", up))
        },
        "height": 300,
    }  # fmt: skip
    points = {name: [one.values[name] for one in found.variants.variants] for name in (across, up)}
    st.vega_lite_chart(points, spec, key="coverage-pair", alt=f"Variants by {across} and {up}")


def _short(part: str) -> str:
    """Return a number that an angle in radians became without the digits that nobody reads."""
    try:
        return f"{float(part):.6g}"
    except ValueError:
        return part


def _axis(found: Planned, name: str) -> str:
    unit = found.scenario.axes[name].unit
    told = name.replace("_", " ").capitalize()
    return f"{told}, {unit}" if unit else told
