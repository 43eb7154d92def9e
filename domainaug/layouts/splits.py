"""Which part of a data set an item is of, by the data set's own word: train, val or test."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from domainaug.layouts.layout import Item, Layout
from domainaug.layouts.naming import safe_relative

__all__ = ["SPLITS", "SPLIT_WORDS", "own_splits"]

SPLITS: Final = ("train", "val", "test")
"""The parts of a data set, in this order."""

SPLIT_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("train", "training", "imagestr", "train2017", "train2014"), "train"),
        **dict.fromkeys(("val", "valid", "validation", "imagesval", "val2017", "val2014"), "val"),
        **dict.fromkeys(("test", "testing", "imagests", "test_public", "test_private", "test2017"), "test"),
    }
)
"""Names of folders, in lower case, and the part that each stands for."""

_MOST_BYTES: Final = 1 << 26


def own_splits(layout: Layout, source: Path, items: Iterable[Item]) -> Mapping[str, str]:
    """Return the part that each item is of, by key; only items of which the data set says one.

    Lists go before folders: those of VisA's `split_csv/1cls.csv`, of YOLO's YAML file, of KITTI's `ImageSets/`. Else
    the outermost folder with the name of a part tells it.

    Args:
        layout: That of the source.
        source: Where the items are.
        items: Those of its scan.
    """
    items = tuple(items)
    listed = _LISTS[layout.name](source, items) if layout.name in _LISTS else {}
    named = {item.key: part for item in items if (part := _by_folder(item)) is not None}
    return MappingProxyType({**named, **listed})


def _by_folder(item: Item) -> str | None:
    folders = PurePosixPath(item.key).parts[:-1]
    told = (*PurePosixPath(str(item.detail.get("folder", ""))).parts, *folders)
    found = [SPLIT_WORDS[part.casefold()] for part in told if part.casefold() in SPLIT_WORDS]
    return found[0] if found else None


def _of_visa(source: Path, items: Iterable[Item]) -> dict[str, str]:
    roots = [place for place in (source, source.parent) if (place / "split_csv" / "1cls.csv").is_file()]
    if not roots:
        return {}
    table = roots[0] / "split_csv" / "1cls.csv"
    if table.stat().st_size > _MOST_BYTES:
        return {}
    with table.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        rows = [(row.get("image") or "", (row.get("split") or "").casefold()) for row in csv.DictReader(stream)]
    keys = {item.key for item in items}
    found = {str(safe_relative(image)): SPLIT_WORDS[part] for image, part in rows if part in SPLIT_WORDS}
    return {key: part for key, part in found.items() if key in keys}


def _of_yolo(source: Path, items: Iterable[Item]) -> dict[str, str]:
    from domainaug.layouts.yolo_table import described, description_of

    file = description_of(source)
    if file is None:
        return {}
    keys = {item.key for item in items}
    content = described(file)
    found: dict[str, str] = {}
    for part in reversed(SPLITS):  # train is told last: what is in several parts is trained on
        given = content.get(part)
        for entry in given if isinstance(given, list) else [given]:
            if isinstance(entry, str) and entry.endswith(".txt"):
                found.update({key: part for key in _listed(file.parent / entry, file.parent) if key in keys})
    return found


def _listed(path: Path, root: Path) -> list[str]:
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return []
    names = path.read_text(encoding="utf-8", errors="replace").splitlines()
    places = (safe_relative(name.strip().removeprefix("./")) for name in names if name.strip())
    return [place.as_posix() for place in places if place is not None]


def _of_kitti(source: Path, items: Iterable[Item]) -> dict[str, str]:
    by_name = {PurePosixPath(item.key).stem: item.key for item in items}
    found: dict[str, str] = {}
    for part in reversed(SPLITS):
        place = source / "ImageSets" / f"{part}.txt"
        if place.is_file() and place.stat().st_size <= _MOST_BYTES:
            frames = place.read_text(encoding="utf-8", errors="replace").split()
            found.update({by_name[frame]: part for frame in frames if frame in by_name})
    return found


_LISTS: Final = MappingProxyType({"visa": _of_visa, "yolo": _of_yolo, "kitti": _of_kitti})
