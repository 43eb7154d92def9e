"""YOLO: a text file of boxes or outlines for each picture, in shares of its width and height, and one YAML file.

Boxes move as boxes. Outlines move corner by corner, so they stay as fine as they were drawn, and are cut at the edge
of the copy; a deformation, which bends the lines between corners, sets the copy aside where there are outlines. Lists
of pictures and the YAML file are written for the copies. Keypoints are not read: their pictures are set aside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.layout import Item, LabelsGone, Sample, Scan, SetAside, Stamp
from domainaug.layouts.masked import without_masked
from domainaug.layouts.naming import copy_stem, is_text, relative_key, stems
from domainaug.layouts.pictures import float_range, quality_for, write_image
from domainaug.layouts.placing import Placing, area, clipped, placing_of
from domainaug.layouts.yolo_table import described, description_of, list_of_copies, written_description

__all__ = ["Yolo", "YoloLabels"]

_MOST_TEXT: Final = 1 << 24
_OVER: Final = 1e-3  # shares of the picture that rounding may take a label beyond it
_LEFT_IN_VIEW: Final = 0.1  # share of an outline below which it names nothing, as for boxes


@dataclass(frozen=True, slots=True)
class Yolo:
    """Reads and writes YOLO data sets, of boxes or of outlines.

    Attributes:
        max_pixels: Pictures with more pixels are set aside.
        name: The name of the layout.
        jpeg_quality: What came as JPEG is written as JPEG of this quality, 1 to 100; None writes losslessly.
    """

    max_pixels: int = images.MAX_PIXELS
    name: str = "yolo"
    jpeg_quality: int | None = None

    def recognizes(self, source: Path) -> bool:
        """Return whether there is a YAML file of classes and splits, or labels like YOLO's for a picture."""
        root = source if source.is_dir() else source.parent
        if description_of(source) is not None:
            return any(label.is_file() for _, label in _pictures(root))
        if not source.is_dir():
            return False
        first = next((label for _, label in _pictures(root) if label.is_file()), None)
        return first is not None and _reads(first)

    def scan(self, source: Path) -> Scan:
        """List the pictures, by path; those without a file of labels show nothing that has one.

        Raises:
            UnreadableInput: The YAML file is none.
        """
        root = source if source.is_dir() else source.parent
        file = description_of(source)
        poses = file is not None and "kpt_shape" in described(file)
        aside: list[SetAside] = []
        found: dict[str, tuple[Path, Path]] = {}
        for path, label in _pictures(root):
            key = relative_key(path, root)
            if not is_text(key):
                safe = key.encode("utf-8", "backslashreplace").decode().replace("\n", "\\n")
                aside.append(SetAside(safe, "name", "the file name holds bytes or control characters that are no text"))
            elif poses and label.is_file():
                aside.append(SetAside(key, "unknown-label", "its labels have keypoints, which are not read"))
            else:
                found[key] = (path, label)
        aside += without_masked(root, found)
        names = stems(found)
        items = tuple(
            Item(key, (path, label) if label.is_file() else (path,), detail={"stem": names[key]})
            for key, (path, label) in found.items()
        )
        return Scan(items, tuple(aside))

    def read(self, item: Item) -> Sample:
        """Read a picture with its labels."""
        image = images.read_image(item.files[0], max_pixels=self.max_pixels)
        shape = (image.shape[0], image.shape[1])
        beside = YoloLabels(shape)
        if len(item.files) > 1:
            try:
                beside = YoloLabels(shape, True, read_rows(_text(item.files[1]), shape))
            except ValueError as error:
                if isinstance(error, UnreadableInput):
                    raise
                raise UnreadableInput("bad-label", str(error), path=item.files[0]) from None
        boxed = {number: row.box for number, row in enumerate(beside.rows) if row.outline is None}
        boxes = np.array(list(boxed.values()), np.float64).reshape(-1, 4)
        sample = Sample(image=image, value_range=float_range(image), beside=beside)
        sample.boxes, sample.box_labels = boxes, tuple(boxed)
        return sample

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the picture where its source lies, and its labels where that of its source lie.

        Raises:
            LabelsGone: No label of a picture that had some is left.
        """
        assert sample.image is not None
        assert isinstance(sample.beside, YoloLabels)
        labels = sample.beside.boxed(sample.boxes, sample.box_labels)
        quality = quality_for(item, self.jpeg_quality)
        picture = write_image(sample.image, folder, copy_stem(item.detail["stem"], stamp.copy), jpeg_quality=quality)
        return (picture, *(Path(name) for name in labels.write([picture], folder, stamp)))

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write the YAML file, and the lists of pictures that it names, for the copies."""
        file = description_of(source)
        if file is None:
            return ()
        content, lists = written_description(described(file), file.parent)
        copies = {key: [each["files"][0] for each in made] for key, made in items.items()}
        texts = {name: list_of_copies(file.parent / name, file.parent, copies) for name in lists}
        texts[file.name] = content
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        return tuple(Path(name) for name in texts)


@dataclass(frozen=True, slots=True)
class Row:
    """A label.

    Attributes:
        kind: Number of its class.
        box: Left, top, right, bottom, edges in pixels.
        outline: (n, 2) corners with pixel centers at whole numbers, or None for a box.
    """

    kind: int
    box: tuple[float, float, float, float]
    outline: NDArray[np.float64] | None = field(default=None, compare=False)

    def line(self, shape: tuple[int, int]) -> str:
        """Return its line for a picture of (height, width)."""
        size = np.array([shape[1], shape[0]], np.float64)
        if self.outline is not None:
            values = np.clip((self.outline + 0.5) / size, 0, 1).ravel()
        else:
            low, high = np.array(self.box[:2]) / size, np.array(self.box[2:]) / size
            values = np.concatenate([(low + high) / 2, high - low])
        return " ".join([str(self.kind), *(f"{value:.6f}" for value in values.tolist())])

    def moved(self, placing: Placing) -> Row | None:
        """Return an outline as the copy shows it, or None where too little of it is left."""
        assert self.outline is not None
        whole = placing.points(self.outline)
        seen = clipped(whole, placing.shape)
        if not len(seen) or area(seen) < _LEFT_IN_VIEW * area(whole):
            return None
        return replace(self, outline=seen)


def read_rows(text: str, shape: tuple[int, int]) -> tuple[Row, ...]:
    """Return the labels of a picture of (height, width).

    Raises:
        ValueError: A line is none; says which.
    """
    size = np.array([shape[1], shape[0]], np.float64)
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        kind, values = _numbers(line, number)
        if len(values) == 4:
            low, high = values[:2] - values[2:] / 2, values[:2] + values[2:] / 2
            if (values[2:] <= 0).any():
                raise ValueError(f"line {number} of its labels is a box without width or height")
            corners, outline = (np.clip(low, 0, 1) * size, np.clip(high, 0, 1) * size), None
            if low.min() < -_OVER or high.max() > 1 + _OVER or (corners[1] <= corners[0]).any():
                raise ValueError(f"line {number} of its labels is a box that reaches out of the picture")
        else:
            outline = values.reshape(-1, 2) * size - 0.5
            corners = outline.min(axis=0) + 0.5, outline.max(axis=0) + 0.5
        left, top, right, bottom = np.concatenate(corners).tolist()
        found.append(Row(kind, (left, top, right, bottom), outline))
    return tuple(found)


def _numbers(line: str, number: int) -> tuple[int, NDArray[np.float64]]:
    try:
        kind, *rest = (float(value) for value in line.split())
    except ValueError:
        kind, rest = -1.0, []
    if kind < 0 or kind != int(kind) or not (len(rest) == 4 or (len(rest) >= 6 and len(rest) % 2 == 0)):
        raise ValueError(
            f"line {number} of its labels is not a class and four numbers of a box, or three or more corners"
        )
    values = np.array(rest, np.float64)
    if not (np.isfinite(values).all() and values.min() >= -_OVER and values.max() <= 1 + _OVER):
        raise ValueError(f"line {number} of its labels has numbers that are no shares of a picture, 0 to 1")
    return int(kind), np.clip(values, 0, 1)


@dataclass(frozen=True, slots=True)
class YoloLabels:
    """The labels of a picture.

    Attributes:
        shape: (height, width) of the picture.
        labeled: Whether it has a file of labels.
        rows: What is in it.
        gone: Numbers of the outlines of which nothing is left.
    """

    shape: tuple[int, int]
    labeled: bool = False
    rows: tuple[Row, ...] = ()
    gone: frozenset[int] = frozenset()

    def moved(self, maps: Sequence[Any]) -> tuple[YoloLabels, Mapping[str, list[int]]]:
        """Return those of a copy; boxes are told by `boxed`.

        Raises:
            LabelError: A deformation bent the outlines.
        """
        if not maps:
            return self, {}
        placing = placing_of(maps, self.shape)
        outlined = [number for number, row in enumerate(self.rows) if row.outline is not None]
        if placing is None:
            if outlined:
                raise LabelError("a deformation bends the lines between the corners of its outlines; leave it out")
            return replace(self, shape=maps[-1].shape), {}
        rows = list(self.rows)
        gone = []
        for number in outlined:
            row = rows[number].moved(placing)
            if row is None:
                gone.append(number)
            else:
                rows[number] = row
        told = {"outlines": gone} if gone else {}
        return replace(self, shape=placing.shape, rows=tuple(rows), gone=frozenset(gone)), told

    def boxed(self, boxes: NDArray[np.float64] | None, numbers: Sequence[int]) -> YoloLabels:
        """Return those that are left, with their boxes.

        Args:
            boxes: (n, 4) left, top, right, bottom edges.
            numbers: Which row each belongs to.

        Raises:
            LabelsGone: None is left, and there were some.
        """
        found = {} if boxes is None else dict(zip(numbers, boxes.tolist(), strict=True))
        kept = []
        for number, row in enumerate(self.rows):
            if row.outline is not None and number not in self.gone:
                kept.append(row)
            elif row.outline is None and number in found:
                left, top, right, bottom = found[number]
                kept.append(replace(row, box=(left, top, right, bottom)))
        if self.rows and not kept:
            raise LabelsGone("every labeled object left the picture")
        return replace(self, rows=tuple(kept), gone=frozenset())

    def write(self, images: Sequence[Path], folder: Path, stamp: Stamp) -> list[str]:
        """Write them where the labels of the picture belong; return the file, relative to `folder`, if there is one."""
        if not self.labeled:
            return []
        (picture,) = images
        place = label_place(picture)
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{row.line(self.shape)}\n" for row in self.rows)
        (folder / place).write_text(text, encoding="utf-8", newline="\n")
        return [place.as_posix()]


def label_place(picture: Path) -> Path:
    """Return where the labels of a picture are: in `labels` for the innermost `images`, else beside it."""
    parts = list(picture.parts)
    for index in reversed(range(len(parts) - 1)):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _pictures(root: Path) -> Iterator[tuple[Path, Path]]:
    """Yield pictures and where their labels would be, in order; those elsewhere than in `images` only if they are."""
    for folder, below, files in os.walk(root, followlinks=False):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(files):
            relative = Path(folder, name).relative_to(root)
            if relative.suffix.lower() not in images.SUFFIXES or name.startswith("."):
                continue
            label = root / label_place(relative)
            if "images" in PurePosixPath(relative).parts[:-1] or label.is_file():
                yield root / relative, label


def _reads(label: Path) -> bool:
    """Return whether a file says something, and all of it as YOLO does."""
    try:
        return bool(read_rows(_text(label), (1000, 1000)))
    except (ValueError, OSError):
        return False


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_TEXT:
        raise UnreadableInput("too-large", "its labels are larger than 16 MiB", path=path)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UnreadableInput("bad-label", "its labels are not text", path=path) from None
