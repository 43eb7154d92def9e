"""Which NIfTI files make up one case, and what its copies are called: plain folders, nnU-Net, Decathlon, BIDS.

A case is what is augmented as a whole: the channels of one visit, on one grid, and the labels drawn on them. Each way
of laying cases out has a module of its own; the first that knows a source takes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domainaug.errors import UnreadableInput
from domainaug.layouts.layout import Item, SetAside
from domainaug.layouts.naming import is_text
from domainaug.medical.nifti_files import is_nifti_name, paired_with

__all__ = ["Arrangement", "Case", "Found", "files_below", "modality_of", "with_pairs"]

_MODALITIES = {
    "CT": ("ct", "cta", "cect", "ncct", "computed tomography"),
    "MR": (
        *("mr", "mri", "t1", "t1w", "t1n", "t1c", "t1ce", "t1gd", "t1gad", "t2", "t2w", "t2f", "t2star", "t2starw"),
        *("flair", "dwi", "adc", "pd", "pdw", "pdt2", "swi", "bold", "inplanet1", "inplanet2", "mp2rage", "unit1"),
        *("t1map", "t2map", "t1-weighted", "t2-weighted", "magnetic resonance imaging"),
    ),
    "PT": ("pet", "pt", "suv"),
    "US": ("us", "ultrasound"),
}


def modality_of(name: str) -> str:
    """Return what DICOM calls a modality that somebody wrote down: "CT", "MR", "PT", "US"; "" where it is not known."""
    folded = name.strip().casefold()
    return next((one for one, names in _MODALITIES.items() if folded in names), "")


@dataclass(frozen=True, slots=True)
class Case:
    """Files that are augmented as a whole.

    Attributes:
        key: Names it within its source.
        group: Whose it is: what must not be split between train and test.
        images: Its channels, on one grid.
        labels: Masks that belong to it, on any grid.
        names: For each image, then each label, what comes before and behind the number of a copy in its name.
        modalities: Of each image ("CT", "MR" ...), or of each frame where `apart`; "" where nothing tells.
        structures: What numbers in the labels stand for.
        apart: Whether the fourth axis of an image counts channels, rather than time.
    """

    key: str
    group: str
    images: tuple[Path, ...]
    labels: tuple[Path, ...]
    names: tuple[tuple[str, str], ...]
    modalities: tuple[str, ...]
    structures: Mapping[int, str] = field(default_factory=dict)
    apart: bool = False

    def item(self, assumed: str = "") -> Item:
        """Return it as an item; the modality is that of all its channels, if they share one.

        Args:
            assumed: The modality of channels of which nothing tells it.
        """
        modalities = [one or assumed for one in self.modalities]
        detail: dict[str, Any] = {
            "images": [len(with_pairs([path])) for path in self.images],
            "labels": [len(with_pairs([path])) for path in self.labels],
            "names": [list(one) for one in self.names],
            "modalities": modalities,
            "structures": {str(number): name for number, name in sorted(self.structures.items())},
            "apart": self.apart,
        }
        if modalities and modalities[0] and len(set(modalities)) == 1:
            detail["modality"] = modalities[0]
        return Item(self.key, with_pairs([*self.images, *self.labels]), self.group, detail)


@dataclass(frozen=True, slots=True)
class Found:
    """What an arrangement found in a source.

    Attributes:
        cases: In the order of keys.
        set_aside: What looks like a case, or a part of one, and is none.
        used: Files that belong to either, so that the others can be counted.
    """

    cases: tuple[Case, ...]
    set_aside: tuple[SetAside, ...] = ()
    used: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A way in which cases are laid out.

    Attributes:
        name: What people call it.
        recognizes: Whether a source is laid out so; looks at names.
        find: Its cases.
        described: Files that tell of the whole output, by name; given the source, and the files of every copy, by key.
    """

    name: str
    recognizes: Callable[[Path], bool]
    find: Callable[[Path], Found]
    described: Callable[[Path, Mapping[str, list[list[str]]]], Mapping[str, bytes]]


def files_below(source: Path) -> Iterator[Path]:
    """Yield the files below a folder, in order; hidden ones and linked folders are passed over.

    Raises:
        UnreadableInput: A name is no text, and cannot be written down.
    """
    for folder, below, files in os.walk(source, followlinks=False):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(files):
            if name.startswith("."):
                continue
            if not is_text(name) and is_nifti_name(name):
                raise UnreadableInput("name", "a file name holds bytes or control characters that are not text")
            yield Path(folder, name)


def with_pairs(paths: Iterator[Path] | list[Path]) -> tuple[Path, ...]:
    """Return files, each .hdr followed by the .img with its voxels."""
    found: list[Path] = []
    for path in paths:
        beside = paired_with(path)
        found.extend((path,) if beside is None else (path, beside))
    return tuple(found)
