"""Choosing a profile: the same question, and the same answer, on every page that needs one."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

from domainaug.app.links import asked_for, choose, newest
from domainaug.app.root import Root
from domainaug.profile import list_profiles, load_profile
from domainaug.profile.catalogue import title_of
from domainaug.profile.model import Profile

__all__ = ["DOMAINS", "called", "choose_profile", "own_profiles", "the_root"]

_USUAL = "medical/chest-xray"
_OWN = "own"
_FIELDS = {"manufacturing": "Parts", _OWN: "Yours"}  # room is scarce
_SUFFIXES = (".yaml", ".yml")
_PROFILE = re.compile(r"(?=.*^id:\s)(?=.*^(extends|limits):)(?!.*^(simulator|vary):)", re.MULTILINE | re.DOTALL)
_OPENING = 1 << 16

DOMAINS = ("medical", "manufacturing", "driving", "general")


def the_root() -> Root:
    """Return the root of this session; `navigate` puts it there before a page runs."""
    root: Root = st.session_state["root"]
    return root


def own_profiles(root: Root) -> tuple[str, ...]:
    """Return the files under the root that read like profiles, by name relative to it."""
    found = []
    for name in root.files(_SUFFIXES, most=200):
        with root.inside(name).open("rb") as stream:
            if _PROFILE.match(stream.read(_OPENING).decode("utf-8", "replace")):
                found.append(name)
    return tuple(found)


def choose_profile() -> Profile:
    """Draw the choice of a profile, by field, and return it; it is part of the address.

    Profiles of the user's own, which lie under the root, are a field of their own.

    Raises:
        ProfileError: One of the user's own cannot be used.
    """
    root, catalogue = the_root(), list_profiles()
    asked = asked_for("profile")
    own = newest(_own, str(root.folder), "" if asked in catalogue else asked)
    field = _OWN if asked in own else asked.partition("/")[0] if asked in catalogue else DOMAINS[0]
    domain = choose(
        st.segmented_control,
        "Field",
        (*DOMAINS, *((_OWN,) if own else ())),
        key="field",
        usual=field,
        required=True,
        format_func=lambda one: _FIELDS.get(one, one.capitalize()),
        width="stretch",
        wrap=bool(own),
    )
    names = own if domain == _OWN else [name for name in catalogue if name.startswith(f"{domain}/")]
    name = choose(
        st.selectbox,
        "Profile",
        names,
        key="profile",
        usual=_USUAL if _USUAL in names else names[0],
        unsaid=_USUAL,
        format_func=_title,
        help="Type to search.",
    )
    return load_profile(root.inside(name) if domain == _OWN else name)


def called(root: Root, profile: Profile) -> str:
    """Return what a command in the folder of the root calls a profile: its id, or its file."""
    own = profile.path is not None and profile.path.is_relative_to(root.folder)
    return profile.path.relative_to(root.folder).as_posix() if own and profile.path is not None else profile.id


@st.cache_data(show_spinner=False, ttl=3)
def _own(folder: str) -> tuple[str, ...]:
    return own_profiles(Root(Path(folder)))


@st.cache_data(show_spinner=False)
def _title(name: str) -> str:
    return name if name.lower().endswith(_SUFFIXES) else f"{title_of(name)} · {Path(name).name}"
