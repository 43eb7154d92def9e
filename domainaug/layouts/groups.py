"""What must not be parted between training and test: the patient, the part, the drive that an item is of."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from domainaug.errors import DomainAugError, UnknownName
from domainaug.layouts.layout import Item, Layout

__all__ = ["groups_of", "image_files", "labels_of", "united"]

_MOST_BYTES = 1 << 26


def groups_of(layout: Layout, items: Iterable[Item], said: str | None = None) -> Mapping[str, str]:
    """Return the group of every item, by key; "" for one that stands for itself.

    Args:
        layout: That of the items; DICOM and NIfTI know the patient, Cityscapes the drive.
        items: Those of a scan.
        said: What tells the group instead, as `labels_of` takes it: "(serial[0-9]+)", or "table.csv:column".

    Raises:
        DomainAugError: It is neither, or tells none.
    """
    items = tuple(items)
    if said is None:
        return MappingProxyType({item.key: item.group or _known(layout.name, item) for item in items})
    return MappingProxyType({key: label or "" for key, label in labels_of("group", said, items).items()})


def _known(layout: str, item: Item) -> str:
    """Cityscapes names frames `CITY_DRIVE_FRAME`."""
    if layout != "cityscapes":
        return ""
    parts = PurePosixPath(str(item.detail.get("base", ""))).name.split("_")
    return "_".join(parts[:2]) if len(parts) >= 3 else ""


def labels_of(option: str, said: str, items: Iterable[Item]) -> dict[str, str | None]:
    """Return what each picture is labeled: the first group of an expression, or a cell of a table; None for nothing.

    Args:
        option: What it is for, in errors.
        said: A regular expression, or "table.csv:column", a table with a column `image` of keys.
        items: The pictures.

    Raises:
        DomainAugError: It is neither, or labels none of them.
    """
    listed = list(items)
    table = re.fullmatch(r"(.+\.csv):([^:/\\]+)", said)
    if table is not None:
        cells = _column(option, Path(table[1]), table[2])
        found = {item.key: cells.get(item.key) for item in listed}
    else:
        try:
            expression = re.compile(said)
        except re.error as error:
            raise DomainAugError(f"{option}: {said!r} is no regular expression: {error}") from None
        if expression.groups < 1:
            raise DomainAugError(f"{option}: {said!r} has no group; put what names it in brackets, as in ({said})")
        matches = {item.key: expression.search(item.key) for item in listed}
        found = {key: None if match is None else match[1] for key, match in matches.items()}
    if listed and not any(found.values()):
        raise DomainAugError(f"{option}: {said!r} fits none of {len(listed)} pictures, such as {listed[0].key}")
    return found


def _column(option: str, path: Path, column: str) -> dict[str, str]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DomainAugError(f"{option}: {path}: the table is larger than 64 MiB")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            names = [name for name in reader.fieldnames or () if name]
            for name in ("image", column):
                if name not in names:
                    raise UnknownName("column", name, names, where=str(path))
            return {row["image"]: row[column].strip() for row in reader if row["image"] and row[column]}
    except OSError as error:
        raise DomainAugError(f"{option}: {path}: the table cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DomainAugError(f"{option}: {path}: it cannot be read as a table: {error}") from None


def image_files(item: Item) -> tuple[Path, ...]:
    """Return the files of an item that hold its images, and not its labels."""
    detail = item.detail
    if "modalities" in detail and "images" in detail:  # NIfTI: how many files each channel has
        return item.files[: sum(detail["images"])]
    if "findings" in detail:  # DICOM: labels lie behind the slices
        return item.files[: len(item.files) - int(detail.get("labels", 0))]
    if item.files[0].suffix.lower() == ".json":  # LabelMe: the picture lies beside its shapes, or in them
        return item.files[-1:]
    return item.files[:1]


def united(groups: Mapping[str, str], alike: Iterable[Sequence[str]] = ()) -> Mapping[str, int]:
    """Return a number for each set of items that must stay together, by key; numbered in the order of keys.

    Args:
        groups: The group of every item, "" for one that stands for itself.
        alike: Keys of items that are duplicates of each other, which join their groups.
    """
    keys = sorted(groups)
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def join(one: str, other: str) -> None:
        low, high = sorted((root(one), root(other)))
        parent[high] = low

    first: dict[str, str] = {}
    for key in keys:
        if groups[key]:
            join(first.setdefault(groups[key], key), key)
    for several in alike:
        known = [key for key in several if key in parent]
        for key in known[1:]:
            join(known[0], key)
    numbers: dict[str, int] = {}
    return MappingProxyType({key: numbers.setdefault(root(key), len(numbers) + 1) for key in keys})
