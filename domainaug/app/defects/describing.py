"""The part on the Defects page: which profile it is of, its scale, its light, and what on the picture belongs to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import streamlit as st

from domainaug.app.links import asked_for, choose, newest
from domainaug.app.root import Root
from domainaug.app.words import plain
from domainaug.errors import DomainAugError
from domainaug.preview.sources import Subject
from domainaug.profile import list_profiles, load_profile
from domainaug.profile.model import Profile
from domainaug.profile.part import Foreground, Lighting, LightingKind, Part

__all__ = ["USUAL_PITCH", "choose_part", "describe_part", "look_again", "part_profiles"]

USUAL_PITCH = 0.1
"""Millimeters from pixel to pixel where nothing says."""

_USUAL = "manufacturing/tile"
_OWN = ("d_pitch", "d_light", "d_azimuth", "d_elevation", "d_part", "d_cut", "d_brighter")
_FOREGROUNDS = {"none": "All of it", "otsu": "By brightness", "threshold": "Above a level", "masks": "Its labels"}
_FROM_A_SIDE = ("bright-field", "dark-field", "structured")
_MOST = 200


def choose_part(root: Root) -> Profile:
    """Draw the choice of a part, a profile of the catalogue or a file under the root, and return it."""
    names = part_profiles(root, asked_for("part"))
    name = choose(
        st.selectbox, "Part", names, key="part", usual=_USUAL, format_func=_title,
        help="Profiles of the catalogue, and YAML files under the root. Type to search.",
    )  # fmt: skip
    if st.session_state.setdefault("part_before", name) != name:  # another part: its own scale and light
        for key in _OWN:
            st.session_state.pop(key, None)
            st.query_params.pop(key, None)
        st.session_state["part_before"] = name
    return _loaded(root, name)


def part_profiles(root: Root, asked: str = "") -> list[str]:
    """Return the profiles of parts there are: ids of the catalogue, then files under the root; see `newest`."""
    return [*_known(), *newest(_own_files, root, "" if asked in _known() else asked)]


def look_again() -> None:
    """Look for profiles under the root anew: one was saved."""
    _own_files.clear()


@st.cache_data(show_spinner=False)
def _known() -> tuple[str, ...]:
    return tuple(name for name in list_profiles() if name.startswith("manufacturing/"))


@st.cache_data(show_spinner=False, ttl=10, max_entries=8, hash_funcs={Root: lambda root: str(root.folder)})
def _own_files(root: Root) -> tuple[str, ...]:
    return tuple(name for name in root.files((".yaml", ".yml"), most=_MOST) if _is_part(root, name))


def describe_part(profile: Profile, subject: Subject) -> Part:
    """Draw what is asked about a part, and return it.

    Args:
        profile: What is known.
        subject: The photograph: labels on it can tell the part, and a header its pitch.

    Raises:
        DomainAugError: It is none.
    """
    part = profile.part or Part()
    sample = subject.sample
    told = part.pixel_pitch_mm or profile.options.get("pixel_pitch_mm") or (sample.spacing or (USUAL_PITCH,))[-1]
    pitch = st.number_input(
        "Millimeters from pixel to pixel", 0.0001, 1000.0, float(told), step=None, format="%.4g", key="d_pitch",
        bind="query-params", help="Sizes of defects are in mm; this makes pixels of them.",
    )  # fmt: skip
    lighting = _ask_light(part.lighting)
    foreground = _ask_foreground(part.foreground, labels=sample.mask is not None)
    try:
        return replace(part, pixel_pitch_mm=float(pitch), lighting=lighting, foreground=foreground)
    except ValueError as error:
        raise DomainAugError(str(error)) from None


def _ask_light(usual: Lighting) -> Lighting:
    kinds = get_args(LightingKind)
    kind = choose(st.selectbox, "Light", kinds, key="d_light", usual=usual.kind, format_func=_words)
    if kind not in _FROM_A_SIDE:
        return Lighting(kind)
    with st.container(horizontal=True):
        azimuth = st.number_input(
            "From, deg", -360.0, 360.0, usual.azimuth_deg, step=None, placeholder="read off", key="d_azimuth",
            bind="query-params", help="Counter-clockwise from the picture's right. Empty: read off the picture.",
        )  # fmt: skip
        elevation = st.number_input(
            "Height, deg", 1.0, 90.0, usual.elevation_deg, step=None, placeholder="usual", key="d_elevation",
            bind="query-params", help="Of the light over the surface.",
        )  # fmt: skip
    return Lighting(kind, azimuth, elevation)


def _ask_foreground(usual: Foreground, *, labels: bool) -> Foreground:
    ways = [way for way in _FOREGROUNDS if labels or way != "masks"]
    by: Any = choose(
        st.selectbox, "What belongs to the part", ways, key="d_part", usual=usual.by if usual.by in ways else "none",
        format_func=lambda one: _FOREGROUNDS[one],
    )  # fmt: skip
    cut, brighter = None, usual.brighter
    if by == "threshold":
        cut = st.slider("Level", 0.0, 1.0, usual.threshold or 0.5, 0.01, key="d_cut", bind="query-params")
    if by in ("otsu", "threshold"):
        brighter = st.toggle(
            "The part is brighter than what is around", value=usual.brighter, key="d_brighter", bind="query-params"
        )
    if by == usual.by:
        return replace(usual, threshold=cut if by == "threshold" else usual.threshold, brighter=brighter)
    return Foreground(by, cut, brighter)


def _loaded(root: Root, name: str) -> Profile:
    return load_profile(name if name in _known() else root.inside(name))


def _title(name: str) -> str:
    return _titled(name) if name in _known() else name


@st.cache_data(show_spinner=False)
def _titled(name: str) -> str:
    return f"{load_profile(name).title} · {name.rpartition('/')[2]}"


def _is_part(root: Root, name: str) -> bool:
    path = root.inside(name)
    return _checked(str(path), path.stat().st_mtime_ns)


@st.cache_data(show_spinner=False, max_entries=_MOST)
def _checked(path: str, stamp: int) -> bool:
    """Return whether a file is a profile of a part; `stamp` changes when it does."""
    try:
        found = load_profile(path)
    except (DomainAugError, OSError):
        return False
    return found.part is not None or found.frame.part


def _words(kind: str) -> str:
    return plain(kind.replace("-", " ").replace("x ray", "X-ray").capitalize() if kind != "x-ray" else "X-ray")
