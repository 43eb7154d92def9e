"""How often copies are rejected, by what happened to them: a chart of shares with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from domainaug.app.colors import ACCEPTED, GRAY, REJECTED
from domainaug.app.review.reviews import review_of
from domainaug.app.words import plain
from domainaug.review.agreement import Agreement
from domainaug.review.judged import RateRow

__all__ = ["show_rates"]

_ABOUT = {"effect": "Effects", "transform": "Transforms", "kind": "Defects", "group": "Folders"}
_ROW = 28  # pixels


def show_rates(out: Path) -> None:
    """Draw the rates of a run."""
    review = review_of(out)
    rows = review.rates()
    if not rows:
        st.caption("Rates are shown once copies are accepted or rejected.")
        return
    there = [about for about in _ABOUT if any(row.about == about for row in rows)]
    about = st.segmented_control(
        "Of copies with the same", there, format_func=_ABOUT.__getitem__, default=there[0], required=True,
        key="review_about", label_visibility="collapsed",
    )  # fmt: skip
    found = [row for row in rows if row.about == (about or there[0])]
    out_of_line = [plain(_named(row.name)) for row in found if row.stands_out]
    if out_of_line:
        st.markdown(f"**{', '.join(out_of_line)}**: rejected more often than the other copies, beyond chance.")
    else:
        st.caption("None is rejected more often than the other copies beyond chance.")
    st.vega_lite_chart(_chart(found), alt=_in_words(found), key="review_rates")
    st.caption("A dot is the share that is rejected, the line its 95 % interval, the bar the share among all others.")
    _reviewers(review.agreement(), review.state().reviewers)


def _named(name: str) -> str:
    return name.replace("_", " ")


def _chart(rows: Sequence[RateRow]) -> dict[str, Any]:
    """Return the chart, as Vega-Lite has it."""
    values = [
        {
            "name": _named(row.name), "share": row.rate.share, "low": row.rate.low, "high": row.rate.high,
            "others": row.others.share if row.others.of else None,
            "rejected": f"{row.rate.count} of {row.rate.of}",
            "of others": f"{row.others.count} of {row.others.of}",
            "more": row.stands_out,
        }
        for row in rows
    ]  # fmt: skip
    tooltip: list[dict[str, str]] = [
        {"field": "name", "title": " "}, {"field": "rejected"}, {"field": "of others"},
        {"field": "low", "format": ".1%"}, {"field": "high", "format": ".1%"},
    ]  # fmt: skip
    y = {
        "field": "name", "type": "nominal", "title": None, "sort": [_named(row.name) for row in rows],
        "axis": {"labelLimit": 240},
    }  # fmt: skip
    scale = {"domain": [0, _most(rows)], "nice": False}
    axis = {"format": ".0%", "title": "rejected", "tickCount": 6}
    low = {"field": "low", "type": "quantitative", "axis": axis, "scale": scale}
    color = {"condition": {"test": "datum.more", "value": REJECTED}, "value": ACCEPTED}
    rule = {"mark": {"type": "rule", "strokeWidth": 3, "clip": True},
            "encoding": {"x": low, "x2": {"field": "high"}, "color": color}}  # fmt: skip
    others = {"mark": {"type": "tick", "thickness": 3, "size": _ROW * 0.6, "clip": True, "color": GRAY},
              "encoding": {"x": {"field": "others", "type": "quantitative"}}}  # fmt: skip
    dot = {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "clip": True},
           "encoding": {"x": {"field": "share", "type": "quantitative"}, "color": color}}  # fmt: skip
    shared = {"y": y, "tooltip": tooltip}
    return {"data": {"values": values}, "height": {"step": _ROW}, "encoding": shared, "layer": [rule, others, dot]}


def _most(rows: Sequence[RateRow]) -> float:
    """Return the right end of the axis: a rate of one copy, which may be anything, does not flatten the others."""
    ends = [row.rate.high for row in rows if row.rate.of >= 5] or [1.0]
    return min(1.0, max(ends) * 1.05)


def _in_words(rows: Sequence[RateRow]) -> str:
    said = "; ".join(f"{_named(row.name)} {row.rate.count} of {row.rate.of}" for row in rows[:8])
    return f"Rejected copies: {said}"


def _reviewers(agreement: Agreement, counts: dict[str, int]) -> None:
    said = ", ".join(f"{plain(name)} {count}" for name, count in counts.items())
    st.caption(f"Verdicts that count: {said}.")
    if agreement.shared:
        st.caption(
            f"Of {agreement.shared} copies that several judged, {agreement.unanimous} are unanimous.{_kappa(agreement)}"
        )


def _kappa(agreement: Agreement) -> str:
    """Return how far reviewers agree beyond chance: all of them, or two at a time where none judged the same as all."""
    if agreement.kappa is not None:
        told = f"{agreement.kappa:.2f}"
    else:
        pairs = [
            f"{plain(one)} and {plain(other)} {kappa:.2f}" for one, other, kappa in agreement.pairs if kappa is not None
        ]
        told = ", ".join(pairs)
    return f" Kappa {told}: 0 is chance, 1 is full agreement." if told else ""
