"""Exploring a folder under the root, with a bar while it is read; what was found is kept for the session."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from domainaug.app.errands import begin, errand_of, watched
from domainaug.app.links import choose
from domainaug.app.root import Root
from domainaug.app.words import plain
from domainaug.exploring import Exploration
from domainaug.exploring import explore as look
from domainaug.run.summary import Progress, in_time

__all__ = ["Survey", "choose_folder", "choose_group", "explored", "goes_on", "group_under", "kept"]

_MOST_KEPT = 4


@dataclass(frozen=True, slots=True)
class Survey:
    """What is explored.

    Attributes:
        folder: Below the root.
        group: A pattern that tells groups from names, or "".
    """

    folder: str
    group: str


def choose_folder(root: Root) -> str:
    """Draw the choice of a data set, a folder under the root, and return it; it is part of the address."""
    return choose(
        st.selectbox, "Data set", root.folders(), key="set", usual=".", format_func=root.called,
        help="Folders, below the one the app was started for. Type to search.",
    )  # fmt: skip


def choose_group() -> str:
    """Draw the question for groups, and return the answer, a regular expression or ""."""
    told = st.text_input(
        "Groups in names", key="group", bind="query-params", placeholder="serial([0-9]+)",
        help="A regular expression: what its group matches names the patient, part or drive, and what shares it is "
        "never parted. Or parts.csv:plate, a table with names in its column image. Empty: DICOM, NIfTI and Cityscapes "
        "tell groups themselves, elsewhere every item stands alone.",
    )  # fmt: skip
    return told.strip()


def group_under(root: Root, said: str) -> str | None:
    """Return what tells groups, as the library takes it; a table lies under the root. None for nothing.

    Raises:
        UnreadableInput: The table is not there, or not under the root.
    """
    file, colon, column = said.rpartition(":")
    if colon and file.casefold().endswith(".csv"):
        return f"{root.inside(file)}:{column}"
    return said or None


def kept(survey: Survey, root: Root) -> Exploration | None:
    """Return what was found in it before, in this session, or of late in another; None if nothing was."""
    found: Exploration | None = _kept().get(survey)
    if found is None and (errand := errand_of(_about(survey, root))) and not errand.goes_on:
        found = None if errand.coming.exception() else errand.coming.result()
    return found


def goes_on(survey: Survey, root: Root) -> bool:
    """Whether it is being explored, in whatever session that was begun."""
    errand = errand_of(_about(survey, root))
    return errand is not None and errand.goes_on


def explored(survey: Survey, root: Root) -> Exploration:
    """Explore a folder, with a bar, and keep what is found. A page that is closed or reloaded does not end it.

    Raises:
        UnreadableInput: There is no data set in it.
        DomainAugError: The pattern is none; or it was stopped.
    """
    folder, group = root.inside(survey.folder), group_under(root, survey.group)
    errand = begin(_about(survey, root), lambda tell: look(folder, group=group, within=root.folder, progress=tell))
    found = watched(errand, "explore-stop", "Looking for what is there ...", _how_far)
    held = _kept()
    held[survey] = found
    for old in list(held)[:-_MOST_KEPT]:
        del held[old]
    st.toast(f"{plain(found.name)}: {found.items} items in {in_time(found.seconds)}")
    return found


def _about(survey: Survey, root: Root) -> tuple[object, ...]:
    return "explore", root, survey


def _how_far(progress: Progress) -> str:
    aside = f", {progress.set_aside} cannot be read" if progress.set_aside else ""
    return f"{progress.done} of {progress.total} items{aside}"


def _kept() -> dict[Survey, Exploration]:
    held: dict[Survey, Exploration] = st.session_state.setdefault("explored", {})
    return held
