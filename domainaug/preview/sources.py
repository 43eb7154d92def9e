"""What is looked at: one item of a data set, or a file by itself, read as a run reads it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnknownName, UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.image_folder import ImageFolder
from domainaug.layouts.images import SUFFIXES as PICTURES
from domainaug.layouts.layout import Item, Jointed, Layout, Sample, Scan, Sliced
from domainaug.layouts.within import held_within
from domainaug.profile.model import Profile
from domainaug.run.tailoring import for_profile

__all__ = ["ENDINGS", "MOST_HELD", "Subject", "list_items", "open_subject", "pixels_of", "read_item"]

ENDINGS = (".nii.gz", ".nii", ".dcm", *sorted(PICTURES))
"""How the names of files end that can be looked at by themselves, longer endings first."""

MOST_HELD = 512 * 1024**2
"""Bytes of pixels that are looked at at once: of a subject, and of all copies of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is looked at.

    Attributes:
        layout: Reads and writes it.
        item: What it is called, and its files.
        sample: Its pixels and labels; of several parts (channels, frames) the one that is shown.
        names: What its parts are called, in order, where it has several.
        part: Which of them is shown, from 0.
        whole: All of them; None where there is but one.
    """

    layout: Layout
    item: Item
    sample: Sample
    names: tuple[str, ...] = ()
    part: int = 0
    whole: Jointed | None = None

    @property
    def parts(self) -> int:
        """How many parts it has."""
        return max(1, len(self.names))

    def showing(self, part: int) -> Subject:
        """Return the subject with another of its parts; the nearest there is."""
        number = min(max(part, 0), self.parts - 1)
        if self.whole is None or number == self.part:
            return self
        sample = self.whole.part(number)
        sample.beside = self.sample.beside
        return replace(self, sample=sample, part=number)

    @property
    def kind(self) -> Literal["image", "volume", "frames"]:
        """Whether it is one picture, slices of a body, or frames in time."""
        if self.sample.image is not None:
            return "image"
        return "frames" if self.sample.in_time else "volume"

    @property
    def values(self) -> NDArray[Any]:
        """(H, W), (H, W, C), (D, H, W), or (D, H, W, C), in their own type and unit."""
        return pixels_of(self.sample)

    @property
    def is_dicom(self) -> bool:
        """Whether it has DICOM headers."""
        return self.layout.name == "dicom-study"

    @property
    def unit(self) -> str:
        """What its values count: "HU", or "" where nothing tells."""
        detail = self.item.detail
        told = detail.get("unit") or ("HU" if detail.get("modalities", [""])[0] == "CT" else "")
        return str(told or "")


def pixels_of(sample: Sample) -> NDArray[Any]:
    """Return the image or the volume of a sample."""
    return np.asarray(sample.volume if sample.image is None else sample.image)


def list_items(
    source: Path | str, profile: Profile | None = None, *, within: Path | None = None
) -> tuple[Layout, Scan]:
    """Return how a source is laid out, and what is in it.

    Args:
        source: A data set, or a picture, a DICOM or a NIfTI file by itself.
        profile: What copies are to be made under, which may tell what nothing else does: that values are HU.
        within: What is outside this folder, where links lead to, is left out; None follows links everywhere.

    Raises:
        UnreadableInput: There is nothing there that can be read.
    """
    source = Path(source)
    if source.is_file() and source.suffix.lower() in PICTURES:
        return ImageFolder(), Scan((Item(source.name, (source,), detail={"stem": source.stem}),))
    layout = layout_for(source)
    if profile is not None:
        layout = for_profile(layout, profile)
    scan = layout.scan(source)
    return layout, scan if within is None else held_within(scan, within)


def open_subject(
    source: Path | str, key: str | None = None, *, profile: Profile | None = None, part: int = 0
) -> Subject:
    """Read one item of a source.

    Args:
        source: As for `list_items`.
        key: Which item; None for the first.
        profile: As for `list_items`.
        part: Which of its channels or frames is shown, from 0; `Subject.names` lists them.

    Raises:
        UnreadableInput: It cannot be read, or nothing in the source can; it is larger than `MOST_HELD`, or has no
            such part.
        UnknownName: No item is called so.
    """
    layout, scan = list_items(source, profile)
    if not scan.items:
        why = f": {scan.set_aside[0].reason}" if scan.set_aside else ""
        code = scan.set_aside[0].code if scan.set_aside else "no-layout"
        raise UnreadableInput(code, f"nothing here can be augmented{why}", path=Path(source))
    found = scan.items[0] if key is None else next((item for item in scan.items if item.key == key), None)
    if found is None:
        raise UnknownName("item", str(key), [item.key for item in scan.items])
    subject = read_item(layout, found)
    if not 0 <= part < subject.parts:
        raise UnreadableInput("no-part", f"{found.key}: its parts are 0 to {subject.parts - 1}; there is no {part}")
    return subject.showing(part)


def read_item(layout: Layout, item: Item, *, most: int | None = MOST_HELD) -> Subject:
    """Read an item that a scan found; of several parts the first is shown.

    Args:
        layout: What found it.
        item: The item.
        most: Bytes that its pixels may take, or None.

    Raises:
        UnreadableInput: It cannot be read, or takes more.
    """
    sample = layout.read(item)
    if not isinstance(sample, Jointed):
        _hold(sample, item, most)
        return Subject(layout, item, sample)
    first = sample.part(0)
    _hold(first, item, most, times=len(sample.names))
    first.beside = sample.beside
    whole = sample if len(sample.names) > 1 else None
    return Subject(layout, item, first, sample.names if whole is not None else (), whole=whole)


def _hold(sample: Sample, item: Item, most: int | None, *, times: int = 1) -> None:
    """Refuse what is larger than can be looked at; a volume that is shown slice by slice is not made for that."""
    like = sample if isinstance(sample, Sliced) else pixels_of(sample)
    needed = math.prod(like.shape) * np.dtype(like.dtype).itemsize * times
    if most is not None and needed > most:
        told = f"its pixels take {needed / 1024**2:.0f} MB, and {most / 1024**2:.0f} MB is the most that is looked at"
        raise UnreadableInput("too-large", f"{item.key}: {told}; cut it into parts, or augment it and look at a copy")
