"""Which pictures of a data set show good parts, and what the labels of the others mark, class by class."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError, ImageError, LabelError, UnknownName, UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.coco import categories, marked_instances
from domainaug.layouts.instances import fill_polygons
from domainaug.layouts.labelme import LabelMeShapes, shapes_in
from domainaug.layouts.labelme_shapes import bitmap
from domainaug.layouts.layout import Item, Layout, Sample, SetAside
from domainaug.layouts.yolo import YoloLabels, read_rows
from domainaug.layouts.yolo_table import described, description_of

__all__ = ["LAYOUTS", "Labeled", "begun", "meant", "survey"]

LAYOUTS = ("image-folder", "mvtec-ad", "visa", "coco", "labelme", "yolo")
"""Layouts whose pictures can show parts."""

_GOOD = frozenset({"good", "ok", "normal", "free", "clean", "defectfree", "nodefect", "nondefective", "perfect"})
_PLAIN = frozenset({"images", "masks", "train", "val", "test", "valid", "data", "image", "imgs"})
_UNNAMED: Final = "defect"
_ANY_SHAPE: Final = (1000, 1000)


@dataclass(frozen=True, slots=True)
class Labeled:
    """A data set of parts.

    Attributes:
        layout: Reads it.
        good: Pictures of good parts, by key.
        classes: Class to its pictures, by key.
        set_aside: Pictures that cannot be read, as far as names say, and why.
        numbers: Number of a class in labels to its name, where labels give numbers.
    """

    layout: Layout
    good: tuple[Item, ...]
    classes: Mapping[str, tuple[Item, ...]]
    set_aside: tuple[SetAside, ...] = ()
    numbers: Mapping[int, str] = field(default_factory=dict)

    def called(self, name: str) -> str:
        """Return the class that a name means: itself, in other letters, or without what all classes begin with.

        Raises:
            UnknownName: There is none.
        """
        found = meant(name, self.classes)
        if found is None:
            known = sorted({*self.classes, *(each[len(begun(self.classes)) :] for each in self.classes)})
            raise UnknownName("class of labeled defects", name, known, where="defects")
        return found

    def pictures(self, name: str) -> Iterator[tuple[Item, NDArray[Any], NDArray[np.bool_]] | SetAside]:
        """Yield the pictures of a class with what is marked as of it, (H, W); or why one cannot be used."""
        for item in self.classes[name]:
            try:
                picture, marked, _ = self.marked(item, name)
                yield item, picture, marked
            except (UnreadableInput, LabelError, ImageError) as error:
                code = error.code if isinstance(error, UnreadableInput) else "label"
                path = f"{getattr(error, 'path', '')}: "
                yield SetAside(item.key, code, str(error).removeprefix(path))

    def marked(self, item: Item, name: str) -> tuple[NDArray[Any], NDArray[np.bool_], tuple[float, float]]:
        """Return a picture, (H, W): what is marked on it as of a class, and the range of its values.

        Raises:
            UnreadableInput: It or its label cannot be read.
            ImageError: It is no picture.
            LabelError: Nothing is marked.
        """
        sample = self.layout.read(item)
        if sample.image is None:
            raise ImageError("it is no picture")
        found = _marked(item, sample, name, self.numbers)
        if not found.any():
            raise LabelError("its labels mark no pixel")
        kind = sample.image.dtype
        whole = (0.0, float(np.iinfo(kind).max)) if kind.kind == "u" else (0.0, 1.0)
        return sample.image, found, sample.value_range or whole


def survey(layout: Layout, source: Path, *, good: str | None = None) -> Labeled:
    """Return what a data set shows.

    Good are, in this order: what the pattern says; what the layout says; the pictures in a folder of a name such as
    "good" or "MT_Free"; those without a label where others have one; all where none has.

    Args:
        layout: How it is laid out.
        source: Where it lies.
        good: A pattern for the keys of good ones.

    Raises:
        DomainAugError: Its layout has no pictures of parts.
    """
    if layout.name not in LAYOUTS:
        raise DomainAugError(f"{source}: {layout.name} has no pictures of parts; legal: {', '.join(LAYOUTS)}")
    found = layout.scan(source)
    names = dict(_classes(layout, source, found.items))
    if good is not None:
        fine = {item.key for item in found.items if fnmatchcase(item.key, good)}
    else:
        fine = _fine(layout, found.items, names)
    classes: dict[str, list[Item]] = defaultdict(list)
    for item in found.items:
        if item.key not in fine:
            for name in names.get(item.key, ()):
                classes[name].append(item)
    chosen = tuple(item for item in found.items if item.key in fine)
    return Labeled(
        layout,
        chosen,
        {name: tuple(classes[name]) for name in sorted(classes)},
        found.set_aside,
        _called(layout, source),
    )


def _fine(layout: Layout, items: Iterable[Item], names: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the keys of good pictures, as a layout or folders tell them."""
    if layout.name == "mvtec-ad":
        good = [item.key for item in items if PurePosixPath(item.key).parent.name == "good"]
        return set([key for key in good if "train" in PurePosixPath(key).parts] or good)
    if layout.name in ("image-folder", "visa"):
        named = {item.key for item in items if any(map(_is_good, PurePosixPath(item.key).parts[:-1]))}
        if named and layout.name == "image-folder":
            return named
    bare = {item.key for item in items if not names.get(item.key)}
    return bare or {item.key for item in items if layout.name == "image-folder" and _marks_nothing(item)}


def _marks_nothing(item: Item) -> bool:
    try:
        return len(item.files) > 1 and not images.read_mask(item.files[1]).any()
    except UnreadableInput:
        return False


def _is_good(folder: str) -> bool:
    words = [word for word in re.split(r"[\W_]+", folder.casefold()) if word]
    return bool({"".join(words), *words} & _GOOD) and "not" not in words


def _classes(layout: Layout, source: Path, items: Iterable[Item]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each labeled picture's key and its classes."""
    called = _called(layout, source)
    for item in items:
        try:
            if layout.name == "coco":
                names = {called[each["category_id"]] for each in item.detail["annotations"]}
            elif layout.name == "yolo":
                text = item.files[1].read_text(encoding="utf-8") if len(item.files) > 1 else ""
                names = {called.get(row.kind, str(row.kind)) for row in read_rows(text, _ANY_SHAPE)}
            elif layout.name == "labelme":
                names = {str(shape.get("label")) for shape in shapes_in(item.files[0])}
            else:
                names = {_folder_class(item.key)} if len(item.files) > 1 else set()
        except (OSError, ValueError):  # reading it will say what is wrong
            names = {_UNNAMED}
        yield item.key, tuple(sorted(names))


def _called(layout: Layout, source: Path) -> Mapping[int, str]:
    """Return the names of classes that labels give numbers."""
    if layout.name == "coco":
        return categories(source)
    file = description_of(source) if layout.name == "yolo" else None
    names = {} if file is None else described(file).get("names", {})
    return {int(number): str(name) for number, name in (names.items() if isinstance(names, dict) else enumerate(names))}


def _folder_class(key: str) -> str:
    """Return the class that a picture's folder names."""
    folders = [name for name in PurePosixPath(key).parts[:-1] if name.casefold() not in _PLAIN]
    return folders[-1] if folders else _UNNAMED


def _marked(item: Item, sample: Sample, name: str, called: Mapping[int, str]) -> NDArray[np.bool_]:
    """Return (H, W): what a picture's labels mark as of a class; boxes mark nothing, for they are no outlines."""
    assert sample.image is not None
    shape = (int(sample.image.shape[0]), int(sample.image.shape[1]))
    outlines: list[NDArray[np.float64]] = []
    found: list[NDArray[np.bool_]] = []
    if isinstance(sample.beside, YoloLabels):
        mine = [row for row in sample.beside.rows if called.get(row.kind, str(row.kind)) == name]
        outlines = [row.outline + 0.5 for row in mine if row.outline is not None]
    elif isinstance(sample.beside, LabelMeShapes):
        shapes = [shape for shape in sample.beside.shapes if shape.told.get("label") == name]
        outlines = [shape.points + 0.5 for shape in shapes if shape.kind == "polygon"]
        found = [bitmap(one, shape) for one in shapes if one.kind == "mask"]
    elif "annotations" in item.detail:
        found = [mask for category, mask in marked_instances(sample, item) if called[category] == name]
    elif sample.mask is not None:
        found = [np.asarray(sample.mask > 0)]
    found += [fill_polygons([outline.ravel().tolist()], shape) for outline in outlines]
    return np.logical_or.reduce(found) if found else np.zeros(shape, np.bool_)


def meant(name: str, names: Iterable[str]) -> str | None:
    """Return which of several names one means: itself, in other letters, or without what all begin with; or None."""
    listed = list(names)
    if name in listed:
        return name
    length = len(begun(listed))
    folded = {each[length:].casefold(): each for each in listed} | {each.casefold(): each for each in listed}
    return folded.get(name.casefold())


def begun(names: Iterable[str]) -> str:
    """Return what several names begin with, up to a "_" or "-": "MT_" of "MT_Crack" and "MT_Fray"."""
    listed = list(names)
    if len(listed) < 2:
        return ""
    same = re.match(r"^.*[_-]", listed[0])
    begin = same[0] if same else ""
    return begin if all(name.startswith(begin) for name in listed) else ""
