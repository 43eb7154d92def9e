"""VisA: a folder of pictures and masks for each kind of object, and tables that say what is what.

(Zou et al., "SPot-the-Difference Self-Supervised Pre-training for Anomaly Detection and Segmentation", ECCV 2022.)
`candle/image_anno.csv` names the pictures of candles, what is wrong with each ("normal" if nothing is), and its mask;
`split_csv/*.csv`, where they are, say which are to train on. A mask holds a number for each kind of defect. Copies lie
beside where their sources do, and tables of the same names tell of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from domainaug.errors import UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.layout import Item, Sample, Scan, SetAside, Stamp
from domainaug.layouts.masked import other_label, read_masked, write_masked
from domainaug.layouts.naming import copy_stem, is_text, safe_relative, stems

__all__ = ["Visa"]

_TABLE: Final = "image_anno.csv"
_SPLITS: Final = "split_csv"
_COLUMNS: Final = ("image", "label", "mask")
_MOST: Final = 1 << 26  # bytes of a table


@dataclass(frozen=True, slots=True)
class Visa:
    """Reads and writes data sets laid out as VisA is.

    Attributes:
        max_pixels: Pictures with more pixels are set aside.
        name: The name of the layout.
        jpeg_quality: What came as JPEG is written as JPEG of this quality, 1 to 100; None writes losslessly.
    """

    max_pixels: int = images.MAX_PIXELS
    name: str = "visa"
    jpeg_quality: int | None = None

    def recognizes(self, source: Path) -> bool:
        """Return whether a table of pictures is here, or one folder below."""
        return source.is_dir() and bool(_tables(source))

    def scan(self, source: Path) -> Scan:
        """List the pictures that tables name, by path.

        Raises:
            UnreadableInput: A table cannot be read.
        """
        root = _root(source)
        rows: dict[str, dict[str, str]] = {}
        aside: list[SetAside] = []
        for table in _tables(source):
            for number, row in enumerate(_rows(table), start=2):
                key, reason = _key_of(row, root)
                if not reason and key in rows:
                    reason = ("duplicate", "a table names this picture twice")
                if not reason and (other := other_label(root, key)) is not None:
                    reason = (other.code, other.reason)
                if reason:
                    aside.append(SetAside(key or f"{table.parent.name}/{table.name} line {number}", *reason))
                else:
                    rows[key] = row
        names = stems(rows)
        items = tuple(_item(root, key, rows[key], names[key]) for key in sorted(rows))
        return Scan(items, tuple(sorted(aside, key=lambda one: one.key)))

    def read(self, item: Item) -> Sample:
        """Read a picture and its mask."""
        return read_masked(item, max_pixels=self.max_pixels)

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the picture where its source lies, and its mask where that of its source does.

        Raises:
            LabelsGone: Nothing of its defects is left.
        """
        stem = copy_stem(item.detail["stem"], stamp.copy)
        mask = f"{item.detail.get('masks', '')}/{PurePosixPath(stem).name}"
        return write_masked(sample, item, stamp, folder, stem=stem, mask_stem=mask, jpeg_quality=self.jpeg_quality)

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write tables of the copies, under the names that those of the source have."""
        root, written = _root(source), []
        splits = sorted((root / _SPLITS).glob("*.csv")) if (root / _SPLITS).is_dir() else []
        for table in (*_tables(source), *splits):
            text = _table_of_copies(table, items)
            place = table.relative_to(root)
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_text(text, encoding="utf-8", newline="\n")
            written.append(place)
        return tuple(written)


def _tables(source: Path) -> list[Path]:
    """Return the tables of the kinds of objects in a source: of itself, or of those below."""
    if (source / _TABLE).is_file() and (source / "Data" / "Images").is_dir():
        return [source / _TABLE]
    found = (path / _TABLE for path in sorted(source.iterdir()) if (path / "Data" / "Images").is_dir())
    return [path for path in found if path.is_file()]


def _root(source: Path) -> Path:
    """Return what the paths in tables start from: the folder around those of objects."""
    return source.absolute().parent if (source / _TABLE).is_file() else source


def _rows(table: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a table.

    Raises:
        UnreadableInput: It is too large, is not text, or lacks columns.
    """
    if table.stat().st_size > _MOST:
        raise UnreadableInput("too-large", "the table is larger than 64 MiB", path=table)
    try:
        with table.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                message = f"its first line has to name {', '.join(_COLUMNS)}; {', '.join(missing)} is missing"
                raise UnreadableInput("not-visa", message, path=table)
            for row in reader:
                yield {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableInput("not-visa", f"it cannot be read as a table: {error}", path=table) from None


def _key_of(row: Mapping[str, str], root: Path) -> tuple[str, tuple[str, str] | None]:
    """Return the key of a row, and why it is of no use, if it is not."""
    image, mask = (safe_relative(row[name]) if row[name] else None for name in ("image", "mask"))
    if image is None or not is_text(row["image"]) or (row["mask"] and mask is None):
        return "", ("outside-source", "its picture or mask is not named, or lies out of the data set")
    key = image.as_posix()
    if not (root / image).is_file():
        return key, ("missing", "a table names this picture, and it is not there")
    if mask is not None and not (root / mask).is_file():
        return key, ("mask-missing", f"it shows a defect, and there is no {mask.as_posix()}")
    if mask is None and row["label"] != "normal":
        return key, ("mask-missing", "its label says that it shows a defect, and its table names no mask")
    return key, None


def _item(root: Path, key: str, row: Mapping[str, str], stem: str) -> Item:
    if not row["mask"]:
        return Item(key, (root / key,), detail={"stem": stem})
    mask = safe_relative(row["mask"])
    assert mask is not None
    return Item(key, (root / key, root / mask), detail={"stem": stem, "masks": mask.parent.as_posix()})


def _table_of_copies(table: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> str:
    """Return a table with a row for each copy of what a table of the source names, in the order of that."""
    rows = list(_rows(table))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else list(_COLUMNS), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        image = safe_relative(row["image"])
        for made in items.get(image.as_posix(), ()) if image is not None else ():
            files = made["files"]
            writer.writerow({**row, "image": files[0], "mask": files[1] if len(files) > 1 else ""})
    return out.getvalue()
