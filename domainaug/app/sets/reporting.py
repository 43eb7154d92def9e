"""What was found in a data set, drawn: figures, charts, pairs side by side, profiles that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from domainaug.app.colors import THERE
from domainaug.app.links import settled
from domainaug.app.pages import page
from domainaug.app.pictures import Tile, show_tiles
from domainaug.app.root import Root
from domainaug.app.sets.planning import show_plan
from domainaug.app.sets.surveying import Survey
from domainaug.app.tabs import show_tabs
from domainaug.app.words import plain
from domainaug.errors import DomainAugError
from domainaug.exploring import Exploration
from domainaug.exploring.fitting import Fit
from domainaug.exploring.report import Values
from domainaug.exploring.wording import sizes_told
from domainaug.preview.apart import picture_apart
from domainaug.run.summary import many

__all__ = ["show_report"]

_PREVIEW = page("preview")
_MOST_ROWS = 1_000
_MOST_BARS = 24
_MANY_SIZES = 8
_MOST_PAIRS = 500


def show_report(found: Exploration, survey: Survey, root: Root) -> None:
    """Draw a report.

    Args:
        found: What was found.
        survey: Where.
        root: What names of folders are relative to.
    """
    _figures(found)
    _warnings(found)
    ways: dict[str, Callable[[], None]] = {
        "Images": lambda: _images(found),
        "Classes": lambda: _classes(found),
        "Duplicates": lambda: _duplicates(found, survey, root),
        "Profiles": lambda: _profiles(found, survey),
        "Plan": lambda: show_plan(found, survey, root),
    }
    if found.unreadable:
        ways["Not readable"] = lambda: _unreadable(found)
    show_tabs(ways, "explore_view", root)


def _figures(found: Exploration) -> None:
    with st.container(horizontal=True):
        st.metric("Items", f"{found.items:,}", border=True)
        st.metric("Layout", found.layout, border=True)
        st.metric("Classes", f"{len(found.classes):,}", border=True)
        groups = f"{found.groups.count:,}" if found.groups.known else "unknown"
        st.metric("Groups", groups, border=True, help="Patients, parts or drives: what must not be parted.")
        st.metric(
            "Imbalance", f"{found.imbalance:.3g}", border=True,
            help="Items of the commonest class for one of the rarest.",
        )  # fmt: skip


def _warnings(found: Exploration) -> None:
    for leak in found.leaks:
        st.error(f"Leak: {plain(str(leak))}.", icon=":material/call_split:")
    if found.rare:
        told = "\n".join(f"- {plain(sentence)}" for sentence in found.rare[:6])
        more = f"\n- and {len(found.rare) - 6} more" if len(found.rare) > 6 else ""
        st.warning(f"Under-represented\n{told}{more}", icon=":material/balance:")


def _images(found: Exploration) -> None:
    for one in found.values:
        _histogram(one)
    left, right = st.columns(2)
    with left:
        if len(found.shapes) > _MANY_SIZES:
            st.markdown("**Sizes**")
            st.caption(f"{sizes_told(found.shapes)}; rows first")
        else:
            _bars("Size, rows first", found.shapes)
        if found.spacing:
            _bars("Spacing, mm", found.spacing)
    with right:
        _bars("Channels", found.channels)
        _bars("Type", found.types)
        for trait, counts in found.traits.items():
            _bars(trait.capitalize(), counts)
        if found.parts:
            _bars("Part", found.parts)


def _histogram(one: Values) -> None:
    scale = "share of the range that each has" if one.scale == "own range" else one.scale
    st.markdown(f"**Values, {plain(scale)}**")
    frame = {"value": one.levels, "share": [bar * 100 for bar in one.histogram]}
    st.area_chart(
        frame, x="value", y="share", x_label="Value", y_label="% of all", height=220, color=THERE,
        alt=f"Histogram of values, {one.scale}: mean at {one.mean.median:.0%} of the range",
    )  # fmt: skip
    clipped = f" {many(one.dark, 'item')} at the dark end, {one.bright} at the bright end with more than 1 % there."
    st.caption(
        f"Lowest {one.lowest}, highest {one.highest}; mean {one.mean} of the range."
        + (clipped if one.dark or one.bright else " Nothing is clipped.")
    )


def _bars(title: str, counts: Mapping[Any, int]) -> None:
    """Draw counts as bars; a single value, or too many for bars, as a line of text."""
    st.markdown(f"**{plain(title)}**")
    if len(counts) == 1:
        value = plain(str(next(iter(counts))))
        st.caption(f"{value}, all {many(sum(counts.values()), 'item')}")
        return
    listed = list(counts.items())[:_MOST_BARS]
    frame = {"what": [str(value) for value, _ in listed], "items": [count for _, count in listed]}
    st.bar_chart(
        frame, x="what", y="items", horizontal=True, sort=False, x_label="", y_label="Items", color=THERE,
        height=70 + 32 * len(listed), alt=f"{title}: " + ", ".join(f"{value} {count}" for value, count in listed[:6]),
    )  # fmt: skip
    if len(counts) > len(listed):
        st.caption(f"and {len(counts) - len(listed)} more")


def _classes(found: Exploration) -> None:
    if not found.classes:
        st.caption("Neither folders nor labels name classes.")
    else:
        _bars("Items of each class", {one.name: one.items for one in found.classes})
        rows = [
            {
                "class": one.name,
                "items": one.items,
                "groups": one.groups,
                "objects": one.objects,
                **{part: one.parts.get(part, 0) for part in found.parts},
            }
            for one in found.classes[:_MOST_ROWS]
        ]
        _table(rows, "classes", "Classes with items, groups and objects")
    if found.objects:
        st.markdown("**Labeled objects**")
        rows = [
            {
                "class": one.name,
                "objects": one.objects,
                "items": one.items,
                "pixels, median": one.size.median,
                "smallest": one.size.lowest,
                "largest": one.size.highest,
                "% of the image": 100 * one.share.median,
            }
            for one in found.objects[:_MOST_ROWS]
        ]
        _table(rows, "objects", "Labeled objects by class, with their sizes")


def _duplicates(found: Exploration, survey: Survey, root: Root) -> None:
    if not found.same and not found.near:
        st.caption("No two items are the same bytes, and none look nearly the same.")
        return
    pairs = {f"{keys[0]} = {other}": (keys[0], other) for keys in found.same for other in keys[1:]}
    same = len(pairs)
    for pair in found.near[:_MOST_PAIRS]:
        mark = " · in two parts" if pair.leaks and all(pair.parts) else ""
        pairs[f"{pair.likeness:.3f}  {pair.one} ~ {pair.other}{mark}"] = (pair.one, pair.other)
    st.caption(f"{many(same, 'pair')} of the same bytes, {len(found.near)} that look nearly the same.")
    settled("pair", list(pairs), next(iter(pairs)))
    chosen = st.selectbox("Pair", list(pairs), key="pair", help="The most alike first. Type to search.")
    source = root.inside(survey.folder)
    tiles = []
    for key in pairs[chosen]:
        try:
            picture = picture_apart(source, key, longest=640)
        except DomainAugError as error:
            st.caption(plain(root.short(str(error))))
            continue
        tiles.append(Tile(picture, key, (), f"{key}, with its labels"))
    show_tiles(st.container(), tiles, least=320, key="pairs")
    st.caption("A plan keeps such pairs on one side; a training set without a plan does not look for them.")


def _profiles(found: Exploration, survey: Survey) -> None:
    if not found.fits:
        st.caption("Nothing tells which profile fits; choose one in Preview.")
    for number, fit in enumerate(found.fits):
        with st.container(border=True):
            _fit(fit, number, survey)


def _fit(fit: Fit, number: int, survey: Survey) -> None:
    st.markdown(f"**{plain(fit.title)}** · {plain(fit.profile)}")
    for reason in fit.reasons:
        st.caption(f":material/check: {plain(reason)}")
    for reason in fit.against:
        st.caption(f":material/close: {plain(reason)}")
    domain = fit.profile.partition("/")[0]
    st.page_link(
        _PREVIEW, label="See it in Preview", icon=":material/visibility:",
        query_params={"field": domain, "profile": fit.profile, "from": "root", "folder": survey.folder},
    )  # fmt: skip


def _unreadable(found: Exploration) -> None:
    rows = [{"item": one.key, "code": one.code, "reason": one.reason} for one in found.unreadable[:_MOST_ROWS]]
    _table(rows, "unreadable", "Items that cannot be read, and why")


def _table(rows: Sequence[Mapping[str, Any]], key: str, alt: str) -> None:
    st.dataframe(rows, hide_index=True, key=f"explore-{key}", alt=alt)
