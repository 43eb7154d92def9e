"""The plan of a set, drawn: who goes where, how many copies, what is wanting; saved under the root."""

from __future__ import annotations

import shlex

import streamlit as st

from domainaug.app.colors import COLORS
from domainaug.app.legible import show_code
from domainaug.app.root import Root
from domainaug.app.sets.surveying import Survey, group_under
from domainaug.app.words import plain
from domainaug.exploring import Exploration
from domainaug.profile import list_profiles
from domainaug.run.estimating import estimated
from domainaug.run.sets import SetPlan, plan_set
from domainaug.run.summary import in_bytes, in_time, many

__all__ = ["show_plan"]

_MOST_ROWS = 1_000


def show_plan(found: Exploration, survey: Survey, root: Root) -> None:
    """Draw the questions, the plan, and where it is saved.

    Args:
        found: The report of the data set: near duplicates in it stay together.
        survey: Where the data set is.
        root: Where the plan is saved under.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = "new"
        if found.parts:
            split = st.segmented_control(
                "Parts", ("own", "new"), default="own", required=True, key="plan-split",
                format_func=lambda way: {"own": "Of the data set", "new": "New, by groups"}[way],
            )  # fmt: skip
        fixed = split == "own"
        test = st.number_input("Test, %", 0, 90, 20, 5, key="plan-test", width=120, disabled=fixed)
        val = st.number_input("Validation, %", 0, 90, 0, 5, key="plan-val", width=130, disabled=fixed)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        copies = st.number_input("Copies of each", 0, 100, 1, key="plan-copies", width=140)
        balance = st.toggle(
            "Balance classes", key="plan-balance", help="More copies of rarer classes, until each comes to as many."
        )
        cap = st.number_input(
            "At most, each item", 0, 1000, 10, key="plan-cap", width=150,
            help="Copies that no item gets more of.",
        )  # fmt: skip
        group_cap = st.number_input(
            "At most, each group", 0, 10_000, None, key="plan-group-cap", width=160, placeholder="any",
            help="Copies that no patient, part or drive gets more of.",
        )  # fmt: skip
    shares = (0.2, 0.0) if fixed else (test / 100, val / 100)
    caps = (cap, group_cap)
    source = str(root.inside(survey.folder))
    plan = _planned(source, split, shares, copies, balance, caps, group_under(root, survey.group), found.alike)
    _arithmetic(plan)
    if found.unreadable:
        told = many(len(found.unreadable), "item")
        st.caption(f"In these sums {told} too that cannot be read: no copies come of what is damaged.")
    _estimate(plan, found, survey, root)
    _save(plan, survey, root)


@st.cache_data(show_spinner=False, max_entries=8, ttl=300)
def _planned(
    source: str,
    split: str,
    shares: tuple[float, float],
    copies: int,
    balance: bool,
    caps: tuple[int, int | None],
    group: str | None,
    alike: tuple[tuple[str, ...], ...],
) -> SetPlan:
    """Reckon a plan; what was asked last is kept, since a large data set is scanned for each."""
    return plan_set(
        source, split=split, test=shares[0], val=shares[1], copies=copies, balance=balance, cap=caps[0],
        group_cap=caps[1], group=group, alike=alike,
    )  # fmt: skip


def _arithmetic(plan: SetPlan) -> None:
    with st.container(horizontal=True):
        for part, count in plan.counts().items():
            if count["items"]:
                st.metric(
                    part.capitalize(), f"{count['items']:,}", border=True,
                    delta=f"{many(count['copies'], 'copy')} more" if count["copies"] else "no copies",
                    delta_color="normal" if count["copies"] else "off", delta_arrow="up" if count["copies"] else "off",
                    help=f"{many(count['groups'], 'group')}",
                )  # fmt: skip
    lines = plan.lines()[:_MOST_ROWS]
    names = [line.name or "(no class)" for line in lines]
    shown = lines[:24]
    frame = {
        "class": names[:24],
        "originals": [line.items for line in shown],
        "copies": [line.copies for line in shown],
    }
    st.bar_chart(
        frame, x="class", y=["originals", "copies"], horizontal=True, sort=False, stack=True, x_label="",
        y_label="In train", color=list(COLORS),
        height=120 + 32 * len(shown), alt="Originals and copies of each class in train",
    )  # fmt: skip
    rows = [
        {"class": name, "originals": line.items, "copies": line.copies, "in all": line.total, "wanted": line.wanted}
        for name, line in zip(names, lines, strict=True)
    ]
    st.dataframe(rows, hide_index=True, key="plan-table", alt="The sums of the plan, by class")
    short = [line.name for line in lines if line.total < line.wanted]
    if short:
        st.caption(f"Caps leave {many(len(short), 'class') if len(short) == 1 else f'{len(short)} classes'} short.")


def _estimate(plan: SetPlan, found: Exploration, survey: Survey, root: Root) -> None:
    """Draw what the plan takes under a profile, once somebody asks."""
    likely = [fit.profile for fit in found.fits]
    names = [*likely, *(name for name in list_profiles() if name not in likely)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        profile = st.selectbox(
            "Profile", names, 0 if likely else None, key="plan-profile", placeholder="Choose one",
            help="Those that may fit come first.",
        )  # fmt: skip
        asked = st.button(
            "Estimate disk and time", icon=":material/timer:", key="plan-estimate", disabled=profile is None
        )
    if asked and profile is not None:
        with st.spinner("Making copies of five items ..."):
            estimate = estimated(root.inside(survey.folder), plan, profile).estimate
        if estimate is not None:
            count = many(estimate.measured, "item")
            st.caption(f"{in_bytes(estimate.bytes)} and {in_time(estimate.seconds)}, from copies of {count}.")


def _save(plan: SetPlan, survey: Survey, root: Root) -> None:
    with st.form("plan-form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("File", "plan.json", key="plan-name")
        wanted = st.form_submit_button("Save the plan", icon=":material/save:")
    if wanted:
        place = root.new(name.strip() or "plan.json")
        plan.save(place)
        st.success(f"Saved as {plain(place.relative_to(root.folder).as_posix())}.")
    profile = str(st.session_state.get("plan-profile") or "ID")
    out = "../augmented/" if survey.folder == "." else "augmented/"  # no run writes into its own source
    words = ["domainaug", "augment", survey.folder, out, "--profile", profile, "--plan", name.strip() or "plan.json"]
    show_code(shlex.join(words))
