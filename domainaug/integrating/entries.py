"""What goes into a training set: originals and copies, where each file comes from and where it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, OutputError
from domainaug.integrating.defective import annotated, placed_by_layout
from domainaug.layouts.groups import image_files
from domainaug.layouts.layout import Item, Layout
from domainaug.run.ledger import Row
from domainaug.run.sets import Place

__all__ = ["Entry", "Source", "copy_entry", "donors_of", "original_entry", "places_of", "root_of"]


@dataclass(frozen=True, slots=True)
class Source:
    """One file of an entry.

    Attributes:
        path: Where it is.
        name: Where it goes, relative to the folder of its part.
        sha256: What its digest has to be, or "" where nobody knows yet.
        size: Its length in bytes.
    """

    path: Path
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An original or a copy.

    Attributes:
        place: The part, group and classes of the item.
        files: Its files, image first.
        copy: Number of the copy, or None for an original.
        labels: What the layout's `finish` is told of it.
        effects: What happened to it, by effect.
        source_sha256: Digest of what a copy was made from, "" for an original.
        verdict: "original", "accepted" or "unreviewed".
        defect: The class of the defect that was put on a good part, or "".
        donors: Keys of items that content was cut from and pasted into it.
    """

    place: Place
    files: tuple[Source, ...]
    copy: int | None
    labels: Any = None
    effects: Mapping[str, Any] = field(default_factory=dict)
    source_sha256: str = ""
    verdict: str = "original"
    defect: str = ""
    donors: tuple[str, ...] = ()

    @property
    def classes(self) -> Mapping[str, int]:
        """What it shows: what its item does, unless a defect was put on it."""
        return {self.defect: 1} if self.defect else self.place.classes

    @property
    def for_finish(self) -> dict[str, Any]:
        """What `Layout.finish` is given of it."""
        files = [file.name for file in self.files]
        return {"copy": -1 if self.copy is None else self.copy, "files": files, "labels": self.labels, "record": {}}


def original_entry(item: Item, place: Place, layout: Layout, root: Path) -> Entry:
    """Return an item of the source as it is.

    Args:
        item: The item.
        place: Where it goes.
        layout: That of the source.
        root: What names of files are relative to.
    """
    labels = None
    if layout.name == "coco":
        from domainaug.layouts.coco import labels_as_told

        labels = labels_as_told(item)
    files = tuple(Source(path, name, "", path.stat().st_size) for path, name in places_of(item, layout, root))
    return Entry(place, files, None, labels)


def copy_entry(row: Row, item: Item, place: Place, layout: Layout, out: Path, verdict: str, *, own: bool) -> Entry:
    """Return a copy, with its files where the run put them.

    Args:
        row: What the run says of it.
        item: What it was made from.
        place: Where that goes.
        layout: That of the source.
        out: The output folder of the run.
        verdict: "accepted" or "unreviewed".
        own: Whether the parts are the source's own.

    Raises:
        OutputError: A file of it is gone or has another length; the run repairs it.
    """
    defect, folder = row.record.get("defect", {}), str(item.detail.get("folder", ""))
    files = []
    for file in row.files:
        path = out / file.path
        if not path.is_file() or path.stat().st_size != file.size:
            raise OutputError(f"{out}: {file.path} is gone or altered; run the same `domainaug augment` again")
        name = placed_by_layout(file.path, layout.name, own=own, folder=folder) if defect else file.path
        files.append(Source(path, name, file.sha256, file.size))
    return Entry(
        place=place,
        files=tuple(files),
        copy=row.copy,
        labels=annotated(row.labels, folder) if defect and layout.name == "coco" else row.labels,
        effects=row.record.get("effects", {}),
        source_sha256=row.source_sha256,
        verdict=verdict,
        defect=str(defect.get("class", "")),
        donors=donors_of(row.record),
    )


def donors_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of items whose defects were pasted into a copy, as the run tells them; () for most."""
    told = record.get("defect", {})
    source = told.get("sizes", {}).get("source") if told.get("from") == "bank" else None
    return () if source is None else (str(source),)


def root_of(item: Item, layout: Layout, source: Path) -> Path:
    """Return what the names of an item's files are relative to, as those of copies are."""
    if layout.name in ("dicom-study", "nifti"):
        return source if source.is_dir() else source.parent
    parts = len(Path(item.key).parts) + len(Path(str(item.detail.get("folder", ""))).parts)
    whole = item.files[0].absolute()
    return Path(*whole.parts[: len(whole.parts) - parts])


def places_of(item: Item, layout: Layout, root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of an item and their names in the set.

    DICOM files are named anew, by the hash of their series and a number: theirs may name a patient.
    """
    if layout.name == "dicom-study":
        images = image_files(item)
        for number, path in enumerate(images, 1):
            yield path, f"{item.key}/original/IM{number:04d}.dcm"
        for number, path in enumerate(item.files[len(images) :], 1):
            yield path, f"{item.key}/original/labels/LB{number:04d}.dcm"
        return
    for path in item.files:
        try:
            yield path, path.absolute().relative_to(root.absolute()).as_posix()
        except ValueError:
            raise DomainAugError(f"{item.key}: a file of it lies outside of the data set; bring it inside") from None
