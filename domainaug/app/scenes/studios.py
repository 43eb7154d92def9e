"""The streets that are built: shared by all sessions, so that the second look at one is quick."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import streamlit as st

from domainaug.preview.scenes import Place, Shot, Studio

__all__ = ["let_go", "refine", "studio_for"]

_MOST = 3  # a street takes some hundred megabytes


@dataclass(slots=True)
class _Built:
    """The streets; the one that was asked for last is last."""

    studios: dict[Place, Studio] = field(default_factory=dict)
    alone: threading.Lock = field(default_factory=threading.Lock)
    refining: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "refining"))


def studio_for(place: Place) -> Studio:
    """Return what shows a place; nothing is built before it is asked for a picture."""
    built = _built()
    with built.alone:
        studio = built.studios.pop(place, None) or Studio(place)
        built.studios[place] = studio
        for old in list(built.studios)[:-_MOST]:
            del built.studios[old]  # who still draws it goes on; then it is let go of
    return studio


def let_go(simulator: str = "carla") -> None:
    """Let go of what a simulator shows, so that a run can have its servers."""
    built = _built()
    with built.alone:
        gone = [built.studios.pop(place) for place in list(built.studios) if place.simulator == simulator]
    for studio in gone:
        studio.close()


def refine(studio: Studio, values: dict[str, float | int | str]) -> Future[Shot]:
    """Have a picture rendered beside everything else, after those that were asked for before."""
    return _built().refining.submit(studio.shot, values)


@st.cache_resource(show_spinner=False)
def _built() -> _Built:
    return _Built()
