"""What is looked at: an item of a source, found and read, in a process of its own unless it came in a wheel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from domainaug.app.choosing import the_root
from domainaug.errors import DomainAugError
from domainaug.layouts.layout import Item, Layout, SetAside
from domainaug.preview.apart import list_apart, read_apart
from domainaug.preview.sources import Subject, list_items, read_item
from domainaug.profile.model import Profile
from domainaug.run.summary import many

__all__ = ["ELSEWHERE", "MOST_ITEMS", "Chosen", "left_out", "read_chosen", "titles_of", "why_not"]

ELSEWHERE = "data/"
"""What commands call a data set that is not under the root."""

MOST_ITEMS = 2_000
"""Of a source that can be chosen from."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be looked at.

    Attributes:
        source: The data set or file.
        profile: The one it was chosen for, which may tell what values are.
        key: The item in it, or None for the first.
        title: For people.
        about: Where it comes from, or "".
        shown_as: What a command line in the folder of the root calls it.
        shipped: Whether it came in a wheel; whatever else there is, nobody vouches for, and it is opened apart.
    """

    source: Path
    profile: Profile
    key: str | None
    title: str
    about: str = ""
    shown_as: str = ELSEWHERE
    shipped: bool = False


def read_chosen(chosen: Chosen) -> Subject:
    """Return what was chosen, read; what was read last is kept.

    Raises:
        UnreadableInput: It cannot be read, or takes more memory or time than a page has for it.
    """
    layout, items, _ = _found(chosen.source, chosen.profile, shipped=chosen.shipped)
    found = next((item for item in items if chosen.key is None or item.key == chosen.key), None)
    if found is None:
        raise DomainAugError(f"{chosen.key}: is not there any more; choose again")
    return _subject(
        str(chosen.source), found.key, _stamp(found), _modality(chosen.profile), chosen.shipped, layout, found
    )


def titles_of(source: Path, profile: Profile) -> dict[str, str]:
    """Return the keys of what can be looked at in a source, and what people call it.

    They are the same, but for DICOM, whose keys tell nobody anything: "CT, 30 files" stands before them.

    Args:
        source: The data set.
        profile: The one in force, which may tell what values are.

    Raises:
        UnreadableInput: It cannot be read.
    """
    layout, items, _ = _found(source, profile)
    titled = _series_title if layout.name == "dicom-study" else _key
    return {item.key: titled(item) for item in items[:MOST_ITEMS]}


def _key(item: Item) -> str:
    return item.key


def _series_title(item: Item) -> str:
    images = len(item.files) - int(item.detail.get("labels", 0))
    return f"{item.detail['modality']}, {many(images, 'file')} · {item.key}"


def why_not(source: Path, profile: Profile) -> str:
    """Return why nothing in a source can be looked at."""
    layout, _, aside = _found(source, profile)
    return aside[0].reason if aside else f"there is no image in it that {layout.name} reads"


def left_out(source: Path, profile: Profile) -> str:
    """Return which of the files of a source are not part of what can be looked at, and why; "" where all are."""
    layout, items, aside = _found(source, profile)
    used = {path.name for item in items for path in item.files}
    left = sum(1 for path in source.iterdir() if path.name not in used)
    if left:
        why = f"{aside[0].key}: {aside[0].reason}" if aside else f"{layout.name} data does not go with them"
        return f"{many(left, 'file')} left out; {why}."
    return ""


def _found(
    source: Path, profile: Profile, *, shipped: bool = False
) -> tuple[Layout, tuple[Item, ...], tuple[SetAside, ...]]:
    changed = source.stat().st_mtime_ns if source.exists() else 0  # what is put in or taken out is seen at once
    return _listed(str(source), changed, _modality(profile), shipped, profile)


@st.cache_resource(show_spinner=False, max_entries=16, ttl=60)
def _listed(
    source: str, changed: int, modality: str, shipped: bool, _profile: Profile
) -> tuple[Layout, tuple[Item, ...], tuple[SetAside, ...]]:
    folder = the_root().folder
    within = folder if Path(source).is_relative_to(folder) else None  # samples and uploads lie elsewhere
    layout, scan = (list_items if shipped else list_apart)(source, _profile, within=within)
    return layout, scan.items, scan.set_aside


def _modality(profile: Profile) -> str:
    """Return what a profile says of images of which nothing else tells what they are."""
    return repr(profile.applies_to.get("dicom", {}).get("Modality", []))


@st.cache_resource(show_spinner=False, max_entries=4)
def _subject(
    source: str, key: str, stamp: tuple[tuple[int, int], ...], modality: str, shipped: bool, _layout: Layout,
    _item: Item,
) -> Subject:  # fmt: skip
    return (read_item if shipped else read_apart)(_layout, _item)


def _stamp(item: Item) -> tuple[tuple[int, int], ...]:
    """Return what changes when a file of an item does, so that an old reading of it is not shown.

    Raises:
        DomainAugError: One is gone.
    """
    try:
        states = [path.stat() for path in item.files]
    except OSError:
        raise DomainAugError(f"{item.key}: is not there any more; choose again") from None
    return tuple((state.st_mtime_ns, state.st_size) for state in states)
