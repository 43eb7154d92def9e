"""Putting a training set together on a page: which run, what goes where, and writing it under the root."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import streamlit as st

from domainaug.app.colors import COLORS
from domainaug.app.errands import begin, errand_of, watched
from domainaug.app.links import choose
from domainaug.app.root import Root
from domainaug.app.sets.surveying import group_under
from domainaug.app.words import plain
from domainaug.errors import OutputError
from domainaug.integrating import SetSummary, integrate
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.summary import Progress, in_bytes, many

__all__ = ["Wish", "choose_wish", "finished", "goes_on", "looked_at", "show_set", "written"]

_NO_PLAN = "No plan"
_LINKS = {
    "auto": "Share where the disk can",
    "hardlink": "Hard links",
    "reflink": "Reflinks",
    "copy": "Copies",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to put together.

    Attributes:
        source: Folder of the originals, below the root.
        run: That of the run.
        train: That of the set.
        plan: File of the plan, or "".
        split: "auto" or "new".
        test: Share to test on, in percent.
        val: Share to validate on, in percent.
        group: A pattern that tells groups from names, or "".
        reviewed_only: Whether only accepted copies go in.
        link: How files are placed.
        copy_weight: What a copy weighs.
    """

    source: str
    run: str
    train: str
    plan: str
    split: str
    test: int
    val: int
    group: str
    reviewed_only: bool
    link: str
    copy_weight: float

    def called(self, root: Root) -> dict[str, Any]:
        """Return what `integrate` is called with.

        Raises:
            UnreadableInput: Something is not there, or not under the root.
            OutputError: The set would not lie under the root.
        """
        train = (root.folder / self.train).resolve()
        if not self.train or not train.is_relative_to(root.folder) or train == root.folder:
            raise OutputError(f"{self.train}: the set lies in a folder of its own under the root; give its name")
        return {
            "source": root.inside(self.source),
            "out": root.inside(self.run),
            "train": train,
            "plan": root.inside(self.plan) if self.plan else None,
            "split": self.split,
            "test": self.test / 100,
            "val": self.val / 100,
            "group": group_under(root, self.group),
            "reviewed_only": self.reviewed_only,
            "link": self.link,
            "copy_weight": self.copy_weight,
        }

    @property
    def command(self) -> str:
        """The command line that does the same, in the root."""
        words = ["domainaug", "integrate", self.source, self.run, self.train]
        if self.plan:
            words += ["--plan", self.plan]
        else:
            words += ["--split", self.split, "--test", f"{self.test / 100:g}", "--val", f"{self.val / 100:g}"]
            words += ["--group", self.group] if self.group else []
        words += ["--reviewed-only"] if self.reviewed_only else []
        words += ["--link", self.link] if self.link != "auto" else []
        words += ["--copy-weight", f"{self.copy_weight:g}"] if self.copy_weight != 1 else []
        return shlex.join(words)


def choose_wish(root: Root) -> Wish | None:
    """Draw the questions, and return the answers; None as long as there is no run under the root."""
    runs = [str(PurePosixPath(name).parent) for name in root.files((LEDGER,))]
    if not runs:
        st.info("There is no run under the root yet: `domainaug augment SOURCE OUT --profile ID` makes one.")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = choose(st.selectbox, "Run", runs, key="run", usual=runs[0], help="Folders with copies in them.")
        source = _choose_source(root, run)
        plan = choose(
            st.selectbox, "Plan", [_NO_PLAN, *root.files((".json",))], key="plan", usual=_NO_PLAN,
            help="That which the run was made with, if it was. Without one, near duplicates are not looked for.",
        )  # fmt: skip
    planned = plan != _NO_PLAN
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = choose(
            st.segmented_control, "Parts", ("auto", "new"), key="split", usual="auto", required=True,
            format_func=lambda way: {"auto": "Its own, if any", "new": "New, by groups"}[way], disabled=planned,
        )  # fmt: skip
        test = st.number_input("Test, %", 0, 90, 20, 5, key="test", bind="query-params", width=120, disabled=planned)
        val = st.number_input("Validation, %", 0, 90, 0, 5, key="val", bind="query-params", width=130, disabled=planned)
        group = st.text_input(
            "Groups in names", key="group", bind="query-params", placeholder="serial([0-9]+)", disabled=planned,
            help="A regular expression with one group, or parts.csv:plate: what names the patient, part or drive.",
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        train = st.text_input("Folder of the set", "training-set", key="train", bind="query-params")
        link = choose(
            st.selectbox, "Files", list(_LINKS), key="link", usual="auto", format_func=lambda way: _LINKS[way],
            help="A hard link is the same file under two names: who writes into one changes both.",
        )  # fmt: skip
        weight = st.number_input("Weight of a copy", 0.0, 1.0, 1.0, 0.1, key="weight", bind="query-params", width=150)
        only = st.toggle("Accepted copies only", key="reviewed", bind="query-params")
    return Wish(
        source=source, run=run, train=train.strip(), plan=plan if planned else "", split=split, test=test, val=val,
        group=group.strip(), reviewed_only=only, link=link, copy_weight=weight,
    )  # fmt: skip


def _choose_source(root: Root, run: str) -> str:
    """Draw the choice of the originals; those of the run that was chosen last, unless somebody says otherwise."""
    folders = root.folders()
    usual = _source_of(root, run)
    if st.session_state.get("source-of") not in (None, run):
        st.session_state.pop("source", None)
        st.query_params.pop("source", None)
    st.session_state["source-of"] = run
    return choose(
        st.selectbox, "Originals", folders, key="source", usual=usual if usual in folders else folders[0],
        help="The data set that the run made copies of.",
    )  # fmt: skip


def looked_at(wish: Wish, root: Root) -> SetSummary:
    """Return what would become of a set; nothing is written.

    Raises:
        DomainAugError: As `integrate` does.
    """
    with st.spinner("Reading what would go where ..."):
        summary = integrate(**wish.called(root), dry_run=True)
    st.session_state["set-looked-at"] = (wish, summary)
    return summary


def written(wish: Wish, root: Root) -> SetSummary:
    """Write the set, with a bar, and return what became of it. A page that is closed or reloaded does not end it.

    Raises:
        DomainAugError: As `integrate` does; or it was stopped.
    """
    called = wish.called(root)
    errand = begin(_about(wish, root), lambda tell: integrate(**called, progress=tell))
    summary = watched(errand, "set-stop", "Reading what goes where ...", _how_far)
    st.session_state["set-looked-at"] = (wish, summary)
    return summary


def goes_on(wish: Wish, root: Root) -> bool:
    """Whether this set is being written, in whatever session that was begun."""
    errand = errand_of(_about(wish, root))
    return errand is not None and errand.goes_on


def finished(wish: Wish, root: Root) -> SetSummary | None:
    """Return what became of this set, if it was written in the last minutes, in whatever session."""
    errand = errand_of(_about(wish, root))
    over = errand is not None and not errand.goes_on and errand.coming.exception() is None
    found: SetSummary | None = errand.coming.result() if errand is not None and over else None
    return found


def _about(wish: Wish, root: Root) -> tuple[object, ...]:
    return "integrate", root, wish


def _how_far(progress: Progress) -> str:
    return f"{progress.done} of {progress.total} files placed"


def show_set(summary: SetSummary, root: Root) -> None:
    """Draw what is, or would be, in the set."""
    with st.container(horizontal=True):
        for name, part in summary.parts.items():
            if part.originals:
                st.metric(
                    name.capitalize(), f"{part.originals + part.copies:,}", border=True,
                    delta=f"{many(part.copies, 'copy')} of {many(part.originals, 'original')}"
                    if part.copies else f"{many(part.originals, 'original')} only",
                    delta_color="off", delta_arrow="off", help=many(part.groups, "group"),
                )  # fmt: skip
        st.metric("Files", f"{summary.files:,}", delta=in_bytes(summary.bytes), delta_color="off", delta_arrow="off",
                  border=True)  # fmt: skip
    left = [
        f"{many(count, 'copy')} {why}"
        for count, why in ((summary.rejected, "rejected in review"), (summary.held_out, "of what is not trained on"))
        if count
    ]
    if left:
        st.caption(f"Left out: {', '.join(left)}.")
    if summary.unreviewed:
        st.caption(f"{many(summary.unreviewed, 'copy')} of what is trained on: nobody has looked yet.")
    if summary.set_aside:
        st.warning(f"Left out, since it cannot be read: {many(len(summary.set_aside), 'item')}, for one "
                   f"{plain(summary.set_aside[0].key)}: {plain(summary.set_aside[0].reason)}")  # fmt: skip
    names = [name for name, part in summary.parts.items() if part.originals]
    st.bar_chart(
        {
            "part": names,
            "originals": [summary.parts[name].originals for name in names],
            "copies": [summary.parts[name].copies for name in names],
        },
        x="part", y=["originals", "copies"], horizontal=True, sort=False, stack=True, x_label="", y_label="Items",
        color=list(COLORS), height=120 + 36 * len(names), alt="Originals and copies in each part",
    )  # fmt: skip
    classes = sorted({name for part in summary.parts.values() for name in part.classes})
    if classes:
        rows: list[Mapping[str, Any]] = [
            {"class": name, **{part: summary.parts[part].classes.get(name, 0) for part in names}} for name in classes
        ]
        st.dataframe(rows, hide_index=True, key="set-classes", alt="Originals and copies of each class, by part")


def _source_of(root: Root, run: str) -> str:
    """Return the folder that a run was made of, below the root, or "" where it lies elsewhere."""
    with Ledger(root.inside(run) / LEDGER) as ledger:
        told = ledger.header.get("source")
    place = (root.inside(run) / str(told or "")).resolve()
    inside = told is not None and place.is_relative_to(root.folder) and place.is_dir()
    return Path(place).relative_to(root.folder).as_posix() if inside else ""
