"""LabelMe: a JSON file of shapes beside each picture, or with the picture in it.

(Wada, "labelme: Image Polygonal Annotation with Python".) Copies get a file of their own, with every shape that is left
of the source's, their flags and groups, and the picture beside it rather than in it.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.instances import InstanceMap
from domainaug.layouts.labelme_shapes import Shape, bitmap, drawn_again, read_shapes
from domainaug.layouts.layout import Item, LabelsGone, Sample, Scan, SetAside, Stamp
from domainaug.layouts.masked import without_masked
from domainaug.layouts.naming import copy_stem, is_text, relative_key, safe_relative, stems
from domainaug.layouts.pictures import float_range, quality_for, write_image
from domainaug.layouts.placing import placing_of

__all__ = ["LabelMe", "LabelMeShapes", "shapes_in"]

_MOST: Final = 1 << 28  # bytes of a file; pictures may be in it
_OPENING: Final = 1 << 16
_LOOKED_AT: Final = 50


@dataclass(frozen=True, slots=True)
class LabelMe:
    """Reads and writes pictures with files of LabelMe.

    Attributes:
        max_pixels: Pictures with more pixels are set aside.
        name: The name of the layout.
        jpeg_quality: What came as JPEG is written as JPEG of this quality, 1 to 100; None writes losslessly.
    """

    max_pixels: int = images.MAX_PIXELS
    name: str = "labelme"
    jpeg_quality: int | None = None

    def recognizes(self, source: Path) -> bool:
        """Return whether one of the first JSON files here says what LabelMe says."""
        if not source.is_dir():
            return False
        found = (path for path in _files(source) if path.suffix.lower() == ".json")
        return any(_opens(path) for path, _ in zip(found, range(_LOOKED_AT), strict=False))

    def scan(self, source: Path) -> Scan:
        """List the pictures, by path; those without a file of shapes show nothing that has one."""
        found: dict[str, tuple[Path, ...]] = {}
        aside: list[SetAside] = []
        shown: set[Path] = set()
        for path in (path for path in _files(source) if path.suffix.lower() == ".json"):
            key = relative_key(path, source)
            try:
                picture = _picture_of(path, _told(path), source)
                if not is_text(key):
                    raise UnreadableInput("name", "its name holds bytes or control characters that are no text")
            except UnreadableInput as error:
                safe = key.encode("utf-8", "backslashreplace").decode().replace("\n", "\\n")
                aside.append(SetAside(safe, error.code, str(error).removeprefix(f"{path}: ")))
                shown.update(_alike(path))
            else:
                found[key] = (path,) if picture is None else (path, picture)
                shown.update(() if picture is None else (picture,))
        plain = [path for path in _files(source) if path.suffix.lower() in images.SUFFIXES and path not in shown]
        found.update({relative_key(path, source): (path,) for path in plain if is_text(path.name)})
        aside += without_masked(source, found)
        names = stems(found)
        items = tuple(Item(key, found[key], detail={"stem": names[key]}) for key in sorted(found))
        return Scan(items, tuple(sorted(aside, key=lambda one: one.key)))

    def read(self, item: Item) -> Sample:
        """Read a picture with its shapes; boxes and bitmaps travel with its pixels, other shapes by their points."""
        path = item.files[0]
        if path.suffix.lower() != ".json":
            image = images.read_image(path, max_pixels=self.max_pixels)
            return Sample(image=image, value_range=float_range(image), beside=LabelMeShapes(image.shape[:2], None))
        told = _told(path)
        image = self._picture(item, told)
        shape = (image.shape[0], image.shape[1])
        stated = tuple(told.get(name) for name in ("imageHeight", "imageWidth"))
        if any(one is not None and one != size for one, size in zip(stated, shape, strict=True)):
            sizes = f"the shapes are for {stated[1]} x {stated[0]} pixels, the image is {shape[1]} x {shape[0]} upright"
            raise UnreadableInput("size-mismatch", sizes, path=path)
        try:
            beside = LabelMeShapes(shape, told, read_shapes(told["shapes"]))
            bitmaps = [bitmap(beside.shapes[number], shape) for number in beside.of_kind("mask")]
            beside = replace(beside, map=InstanceMap.of(bitmaps, shape) if bitmaps else None)
        except ValueError as error:
            raise UnreadableInput("bad-label", str(error), path=path) from None
        sample = Sample(image=image, value_range=float_range(image), beside=beside)
        sample.mask = None if beside.map is None else beside.map.labels
        boxed = beside.of_kind("rectangle")
        if boxed:
            edges = [_in_view(beside.shapes[number].box, shape, path) for number in boxed]
            sample.boxes, sample.box_labels = np.array(edges, np.float64), boxed
        return sample

    def _picture(self, item: Item, told: Mapping[str, Any]) -> NDArray[Any]:
        if len(item.files) > 1:
            return images.read_image(item.files[1], max_pixels=self.max_pixels)
        try:
            data = base64.b64decode(told["imageData"], validate=True)
        except (binascii.Error, ValueError):
            raise UnreadableInput("damaged", "the picture in it cannot be decoded", path=item.files[0]) from None
        return images.read_image(item.files[0], max_pixels=self.max_pixels, data=data)

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the picture where its file of shapes lies, and a file of shapes beside it.

        Raises:
            LabelsGone: No shape of a picture that had some is left.
        """
        assert sample.image is not None
        assert isinstance(sample.beside, LabelMeShapes)
        labels = sample.beside.with_pixels(sample)
        stem = copy_stem(item.detail["stem"], stamp.copy)
        source = Item(item.key, item.files[-1:])
        picture = write_image(sample.image, folder, stem, jpeg_quality=quality_for(source, self.jpeg_quality))
        return (picture, *(Path(name) for name in labels.write([picture], folder, stamp)))

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write nothing: the files say it all."""
        return ()


@dataclass(frozen=True, slots=True)
class LabelMeShapes:
    """The shapes of a picture.

    Attributes:
        shape: (height, width) of the picture.
        told: What its file says; None where it has none.
        shapes: Its shapes, as they are in the file.
        map: The bitmaps among them.
        left: What is left of each shape in a copy, but for boxes and bitmaps; None as long as nothing moved.
    """

    shape: tuple[int, int]
    told: Mapping[str, Any] | None
    shapes: tuple[Shape, ...] = ()
    map: InstanceMap | None = None
    left: tuple[tuple[Shape, ...], ...] | None = None

    def of_kind(self, kind: str) -> tuple[int, ...]:
        """Return the numbers of shapes of a kind, from 0."""
        return tuple(number for number, one in enumerate(self.shapes) if one.kind == kind)

    def moved(self, maps: Sequence[Any]) -> tuple[LabelMeShapes, Mapping[str, list[int]]]:
        """Return those of a copy; boxes and bitmaps are told by `with_pixels`.

        Raises:
            LabelError: A deformation bent the lines between their points.
        """
        if not maps:
            return self, {}
        placing = placing_of(maps, self.shape)
        by_points = [number for number, one in enumerate(self.shapes) if one.kind not in ("mask", "rectangle")]
        if placing is None and by_points:
            raise LabelError("a deformation bends the lines between the points of its shapes; leave it out")
        left: list[tuple[Shape, ...]] = [()] * len(self.shapes)
        if placing is not None:
            for number in by_points:
                left[number] = tuple(self.shapes[number].moved(placing))
        gone = [number for number in by_points if not left[number]]
        shape = maps[-1].shape
        return replace(self, shape=shape, left=tuple(left)), ({"shapes": gone} if gone else {})

    def with_pixels(self, sample: Sample) -> LabelMeShapes:
        """Return what is left, with the boxes and bitmaps that moved with the pixels of a copy.

        Raises:
            LabelsGone: Nothing is, and there was something.
        """
        still = tuple(() if one.kind in ("mask", "rectangle") else (one,) for one in self.shapes)
        left = list(self.left if self.left is not None else still)
        boxes = () if sample.boxes is None else sample.boxes.tolist()
        for number, box in zip(sample.box_labels, boxes, strict=True):
            corners = np.array(box, np.float64).reshape(2, 2) - 0.5
            left[number] = (replace(self.shapes[number], points=corners),)
        if self.map is not None and sample.mask is not None:
            for place, number in enumerate(self.of_kind("mask")):
                drawn = drawn_again(self.shapes[number], self.map.mask(sample.mask, place))
                left[number] = () if drawn is None else (drawn,)
        kept = tuple(one for shapes in left for one in shapes)
        if self.shapes and not kept:
            raise LabelsGone("every shape left the picture")
        return replace(self, shapes=kept, left=None, map=None)

    def write(self, images: Sequence[Path], folder: Path, stamp: Stamp) -> list[str]:
        """Write them beside the picture; return the file, relative to `folder`, if there is one."""
        if self.told is None:
            return []
        (picture,) = images
        told = dict(self.told)
        told.update(shapes=[one.as_json() for one in self.shapes], imagePath=picture.name, imageData=None)
        told.update(imageHeight=self.shape[0], imageWidth=self.shape[1])
        place = picture.with_suffix(".json")
        text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
        (folder / place).write_text(text, encoding="utf-8", newline="\n")
        return [place.as_posix()]


def _files(source: Path) -> Iterator[Path]:
    """Yield the files below `source`, in order; hidden ones and linked folders are passed over."""
    for folder, below, files in os.walk(source, followlinks=False):
        below[:] = sorted(name for name in below if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if not name.startswith("."))


def shapes_in(path: Path) -> list[dict[str, Any]]:
    """Return the shapes that a file lists, as they are; none of a picture without a file.

    Raises:
        UnreadableInput: It is too large, no JSON, or not LabelMe's.
    """
    listed = _told(path)["shapes"] if path.suffix.lower() == ".json" else []
    return [shape for shape in listed if isinstance(shape, dict)]


def _opens(path: Path) -> bool:
    """Return whether the beginning of a file, or its end behind a picture, has the words that LabelMe writes."""
    try:
        with path.open("rb") as stream:
            first = stream.read(_OPENING)
            stream.seek(max(path.stat().st_size - _OPENING, 0))
            both = first + stream.read(_OPENING)
    except OSError:
        return False
    return b'"shapes"' in both and b'"imagePath"' in both


def _told(path: Path) -> dict[str, Any]:
    """Return what a file says.

    Raises:
        UnreadableInput: It is too large, no JSON, or not LabelMe's.
    """
    if path.stat().st_size > _MOST:
        raise UnreadableInput("too-large", "it is larger than 256 MiB", path=path)
    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise UnreadableInput("not-json", "this is not JSON", path=path) from None
    if not isinstance(told, dict) or not isinstance(told.get("shapes"), list):
        raise UnreadableInput("not-labelme", 'LabelMe writes a list called "shapes", and this has none', path=path)
    return told


def _picture_of(path: Path, told: Mapping[str, Any], source: Path) -> Path | None:
    """Return the picture that a file names or that has its name; None where it is in the file.

    Raises:
        UnreadableInput: There is none.
    """
    named = told.get("imagePath")
    if isinstance(named, str) and named:
        name = PurePosixPath(named.replace("\\", "/"))
        there = (path.parent / name).resolve()
        if not name.is_absolute() and there.is_relative_to(source.resolve()) and there.is_file():
            return path.parent / name if ".." not in name.parts else there
        beside = safe_relative(name.name)
        if beside is not None and (path.parent / beside).is_file():
            return path.parent / beside
    alike = _alike(path)
    if alike:
        return alike[0]
    if isinstance(told.get("imageData"), str):
        return None
    raise UnreadableInput("missing", "the picture that it names is not there, and none is in it", path=path)


def _alike(path: Path) -> list[Path]:
    """Return the pictures that are called as a file is."""
    return [one for one in sorted(path.parent.glob(f"{_plain(path.stem)}.*")) if one.suffix.lower() in images.SUFFIXES]


def _plain(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def _in_view(
    box: tuple[float, float, float, float], shape: tuple[int, int], path: Path
) -> tuple[float, float, float, float]:
    left, top, right, bottom = max(box[0], 0), max(box[1], 0), min(box[2], shape[1]), min(box[3], shape[0])
    if right <= left or bottom <= top:
        raise UnreadableInput("bad-label", "a rectangle has no width or height in the picture", path=path)
    return left, top, right, bottom
