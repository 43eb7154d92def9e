"""A bank of real defects, cut from a labeled data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from domainaug.errors import UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.layout import SetAside
from domainaug.manufacturing.pasting.bank import DefectBank
from domainaug.manufacturing.pasting.patch import Patch, patches_of
from domainaug.medical.zipped import unpacked
from domainaug.profile.part import Part
from domainaug.run.defects.labeled import survey
from domainaug.run.summary import Progress

__all__ = ["bank_of"]


def bank_of(
    source: Path | str,
    part: Part,
    *,
    classes: Sequence[str] | None = None,
    most: int = 400,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[DefectBank, tuple[SetAside, ...]]:
    """Return the defects that a data set's labels mark, cut out, and the pictures that could not be used.

    Args:
        source: A data set with masks, outlines or run lengths of defects, or a zip file of it.
        part: Its pitch and the response of its camera are needed.
        classes: Which; all by default.
        most: How many defects of each class are cut at most, those of the first pictures.
        progress: Called after every picture.

    Raises:
        UnreadableInput: Nothing is marked.
        UnknownName: There is no such class.
        LabelError: The part has no pitch.
        DomainAugError: The source is no data set of parts.
    """
    folder = unpacked(Path(source))
    labeled = survey(layout_for(folder), folder)
    names = list(labeled.classes) if classes is None else [labeled.called(name) for name in classes]
    aside: list[SetAside] = []
    total = sum(len(labeled.classes[name]) for name in names)
    looked = 0

    def patches() -> Iterator[Patch]:
        nonlocal looked
        for name in names:
            cut = 0
            for found in labeled.pictures(name):
                looked += 1
                if isinstance(found, SetAside):
                    aside.append(found)
                elif cut < most:
                    item, picture, mask = found
                    for patch in patches_of(picture, mask, part, kind=name, source=item.key):
                        if cut < most:
                            cut += 1
                            yield patch
                if progress is not None:
                    progress(Progress(looked, total, len(aside)))

    found = tuple(patches())
    if not found:
        raise UnreadableInput(
            "no-labels", "no label here marks a whole defect of at least 4 pixels to cut out", path=folder
        )
    return DefectBank.of(found), tuple(aside)
