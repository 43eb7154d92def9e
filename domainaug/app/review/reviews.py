"""Reviews that pages share: which run, who judges, what was read of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from domainaug.app.links import newest, settled
from domainaug.app.root import Root
from domainaug.app.words import plain
from domainaug.review import Review
from domainaug.review.pictures import Pictures
from domainaug.run.ledger import LEDGER
from domainaug.run.overview import find_runs

__all__ = ["choose_reviewer", "choose_run", "is_read", "missing_run", "pictures_of", "review_of", "runs_under"]

_MISSING = "run_missing"
_WHO = "reviewer_name"
_MOST_KEPT = 4
_LONGEST_KEPT = 600.0  # seconds
_PATIENCE = 20  # a run that grows is read anew once this many times as long has passed as reading it took


@st.cache_data(ttl="3s", max_entries=4, show_spinner=False)
def _found(folder: str) -> tuple[str, ...]:
    return tuple(place.relative_to(folder).as_posix() for place in find_runs(folder))


def runs_under(root: Root, asked: str = "") -> tuple[str, ...]:
    """Return the folders under the root that hold a run, by name.

    Args:
        root: What they lie under.
        asked: A run that should be among them; if it is not, it may be newer than the last look.
    """
    return newest(_found, str(root.folder), asked)


def choose_run(root: Root, names: tuple[str, ...], asked: str = "") -> Path | None:
    """Draw the choice of a run, and return its folder; it is part of the address.

    Args:
        root: What the runs lie under.
        names: Those there are.
        asked: The one that the address names. Where that is not there, another is not judged in its place: the choice
            is empty until somebody chooses.
    """
    if asked and asked not in names:
        st.session_state["run"] = None
        st.session_state[_MISSING] = asked
    if not missing_run():
        settled("run", names, names[0])
    name = st.selectbox("Run", names, key="run", bind="query-params", help="Type to search.")
    if name not in names:  # none is chosen yet
        return None
    st.session_state.pop(_MISSING, None)
    return root.inside(name)


def missing_run() -> str:
    """Return the run that an address named in vain, as long as no other is chosen, or ""."""
    return str(st.session_state.get(_MISSING, ""))


def choose_reviewer() -> str:
    """Draw the question who judges, and return the answer, "" while there is none.

    Once it is answered the name takes the place of the field: keys that judge would be letters in it.
    """
    name = str(st.session_state.get(_WHO, ""))
    if name:
        st.button(
            plain(name), icon=":material/person:", type="tertiary", key="reviewer_other", on_click=_asked_anew,
            help="Somebody else judges",
        )  # fmt: skip
        return name
    st.text_input(
        "Reviewer", key="reviewer", max_chars=80, autocomplete="name", placeholder="Who judges?",
        label_visibility="collapsed", width=210, on_change=_introduced,
    )  # fmt: skip
    return ""


def _introduced() -> None:
    st.session_state[_WHO] = str(st.session_state["reviewer"] or "").strip()


def _asked_anew() -> None:
    st.session_state.pop(_WHO, None)


def review_of(out: Path) -> Review:
    """Return the review of a run, read anew when copies were added; a large one not at every verdict.

    Raises:
        OutputError: There is no ledger, or it is damaged.
    """
    return _reviews().of(out)


def is_read(out: Path) -> bool:
    """Whether the review of a run is there at once; else reading it may take seconds."""
    return out in _reviews().opened


def pictures_of(review: Review) -> Pictures:
    """Return what shows the copies of a run."""
    return _pictures(str(review.out), str(review.header.get("run", "")), len(review.candidates), review.header)


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """A review as it was read.

    Attributes:
        review: It.
        mark: Which ledger it was, and how many copies it had.
        at: When, in seconds.
        took: How long reading took, in seconds.
    """

    review: Review
    mark: tuple[int, int]
    at: float
    took: float

    def holds(self, mark: tuple[int, int]) -> bool:
        """Whether it is good enough for a ledger that is like this now."""
        age = time.monotonic() - self.at
        if mark == self.mark:
            return age < _LONGEST_KEPT
        return mark[0] == self.mark[0] and age < min(_PATIENCE * self.took, _LONGEST_KEPT)


@dataclass(slots=True)
class _Reviews:
    """The reviews that were asked for last; each is read once, however many sessions ask for it."""

    opened: dict[Path, _Opened] = field(default_factory=dict)
    reading: dict[Path, threading.Lock] = field(default_factory=dict)
    alone: threading.Lock = field(default_factory=threading.Lock)

    def of(self, out: Path) -> Review:
        mark = (out / LEDGER).stat().st_ino if (out / LEDGER).is_file() else 0, Review.size_of(out)
        with self.alone:
            reading = self.reading.setdefault(out, threading.Lock())
        with reading:
            found = self.opened.get(out)
            if found is None or not found.holds(mark):
                began = time.monotonic()
                review = Review(out)
                now = time.monotonic()
                found = _Opened(review, mark, now, now - began)
        with self.alone:
            self.opened.pop(out, None)
            self.opened[out] = found
            for old in list(self.opened)[:-_MOST_KEPT]:
                del self.opened[old]
        return found.review


@st.cache_resource(show_spinner=False)
def _reviews() -> _Reviews:
    return _Reviews()


@st.cache_resource(ttl="10m", max_entries=4, show_spinner=False)
def _pictures(out: str, run: str, size: int, _header: Mapping[str, Any]) -> Pictures:
    return Pictures(out, _header)
