"""Listing, reading and drawing what nobody vouches for: in a worker process, under the limits of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.layout import Item, Layout, Scan
from domainaug.medical.zipped import unpacked
from domainaug.preview.sheet import picture_of
from domainaug.preview.sources import MOST_HELD, Subject, list_items, open_subject, read_item
from domainaug.preview.variants import Drawn, draw
from domainaug.profile.model import Profile
from domainaug.run.apart import TIMEOUT
from domainaug.run.apart import apart as called_apart
from domainaug.run.engines.local import start_server

__all__ = ["draw_apart", "get_ready", "list_apart", "open_apart", "picture_apart", "read_apart", "scan_apart"]

T = TypeVar("T")

_NEEDED = (
    "domainaug.preview.apart",
    "domainaug.layouts.dicom_study",
    "domainaug.layouts.nifti",
    "domainaug.medical.labels.attaching",
)

_DRAWN_HERE = 64 * 1024**2  # bytes of pixels that take no process down, whatever the recipe makes of them


def get_ready() -> None:
    """Let the server that processes are forked from import what reading needs, while this process does other things."""
    start_server(*_NEEDED)


def list_apart(
    source: Path | str, profile: Profile | None = None, *, within: Path | None = None
) -> tuple[Layout, Scan]:
    """Return how a source is laid out, and what is in it; as `list_items`.

    Raises:
        UnreadableInput: As `list_items`; or it took too much memory or time, or a decoder died of it.
    """
    return _apart(partial(list_items, unpacked(Path(source)), profile, within=within), doing="listing it")


def scan_apart(layout: Layout, source: Path) -> Scan:
    """Return what a layout finds in a source; as `Layout.scan`.

    Raises:
        UnreadableInput: As that; or it took too much memory or time, or a decoder died of it.
    """
    return _apart(partial(layout.scan, source), doing="listing it")


def read_apart(layout: Layout, item: Item, *, most: int | None = MOST_HELD) -> Subject:
    """Read an item that a scan found; as `read_item`.

    Raises:
        UnreadableInput: As `read_item`; or it took too much memory or time, or a decoder died of it.
    """
    return _apart(partial(read_item, layout, item, most=most), name=item.key)


def open_apart(source: Path | str, key: str | None = None, *, profile: Profile | None = None, part: int = 0) -> Subject:
    """Read one item of a source; as `open_subject`.

    Raises:
        UnreadableInput: As `open_subject`; or it took too much memory or time, or a decoder died of it.
        UnknownName: No item is called so.
    """
    return _apart(
        partial(open_subject, unpacked(Path(source)), key, profile=profile, part=part), name=key or Path(source).name
    )


def picture_apart(source: Path, key: str, *, longest: int) -> NDArray[np.uint8]:
    """Return a picture of an item as it is best seen, labels drawn, (h, w, 3).

    Raises:
        UnreadableInput: As `open_apart`.
        UnknownName: As `open_apart`.
    """
    return _apart(partial(_picture, source, key, longest), name=key)


def draw_apart(
    subject: Subject, profile: Profile, *, seed: int = 0, copies: Iterable[int] = range(8), strength: float = 1.0
) -> Drawn:
    """Return copies of a subject; as `draw`. Those of a small one are drawn here, which is sooner.

    Raises:
        UnreadableInput: Drawing took too much memory or time.
        domainaug.errors.DomainAugError: As `draw`.
    """
    wanted = tuple(copies)
    if subject.values.nbytes <= _DRAWN_HERE:
        return draw(subject, profile, seed=seed, copies=wanted, strength=strength)
    sent = replace(subject, whole=None)
    drawing = partial(_drawn, sent, profile, seed=seed, copies=wanted, strength=strength)
    doing, seconds = "drawing its copies", TIMEOUT * max(1, len(wanted))
    made: Drawn = _apart(drawing, name=subject.item.key, doing=doing, timeout=seconds)
    for one in made.variants:
        one.sample.source = subject.sample.source
    return made


def _apart(call: Callable[[], T], **more: Any) -> T:
    get_ready()
    return called_apart(call, **more)


def _picture(source: Path, key: str, longest: int) -> NDArray[np.uint8]:
    return picture_of(open_subject(source, key), longest=longest)


def _drawn(subject: Subject, profile: Profile, *, seed: int, copies: tuple[int, ...], strength: float) -> Drawn:
    """Return copies without what their layout needs to write them, which is their subject's and need not come back."""
    made = draw(subject, profile, seed=seed, copies=copies, strength=strength)
    for one in made.variants:
        one.sample.source = None
    return made
