"""The objects of an item: what they are and how large, whatever its labels are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import cv2
import numpy as np

from domainaug.layouts.cityscapes_labels import CLASSES
from domainaug.layouts.layout import Item, Layout, Sample

__all__ = ["Thing", "headers_of", "things_of"]

_LEAST_INSTANCE: Final = 1000  # of Cityscapes: class times 1000 and a number
_MOST_BLOBS: Final = 10_000
_ANYTHING: Final = ("85756007", "T-D0050")  # "Tissue": what has no code of its own
_STANDARDS: Final = ("SCT", "SRT", "SNM3", "DCM", "FMA", "RADLEX")


class Thing(NamedTuple):
    """One labeled object.

    Attributes:
        name: Its class.
        size: Pixels, or voxels, that it covers; those of its box where only that is labeled.
        extent: Width and height of its box in pixels; None for structures in volumes.
    """

    name: str
    size: float
    extent: tuple[float, float] | None = None


def things_of(sample: Sample, item: Item, layout: Layout, names: Mapping[int, str]) -> tuple[Thing, ...]:
    """Return the objects of an item in memory.

    Args:
        sample: What the layout read.
        item: What it is.
        layout: That which read it.
        names: Names of classes by number, where labels hold numbers.
    """
    return tuple(_TELLERS.get(layout.name, _in_mask)(sample, item, names))


def headers_of(sample: Sample) -> Any:
    """Return the first DICOM header of a sample, or None."""
    headers = getattr(sample.source, "headers", None)
    return headers[0] if headers else None


def _in_mask(sample: Sample, item: Item, names: Mapping[int, str]) -> Iterator[Thing]:
    """Areas that hang together, of each label of a mask."""
    if sample.mask is None:
        return
    for value in np.unique(sample.mask):
        if value == 0:
            continue
        count, _, stats, _ = cv2.connectedComponentsWithStats((sample.mask == value).astype(np.uint8))
        for row in stats[1 : min(count, _MOST_BLOBS)]:
            yield Thing(f"label {value}", float(row[4]), (float(row[2]), float(row[3])))


def _of_coco(sample: Sample, item: Item, names: Mapping[int, str]) -> Iterator[Thing]:
    for each in item.detail["annotations"]:
        kind, box = each["category_id"], each.get("bbox")
        name = names.get(kind, f"category {kind}")
        extent = (float(box[2]), float(box[3])) if isinstance(box, list) and len(box) == 4 else None
        size = each.get("area")
        if not isinstance(size, int | float):
            size = 0.0 if extent is None else extent[0] * extent[1]
        yield Thing(name, float(size), extent)


def _of_yolo(sample: Sample, item: Item, names: Mapping[int, str]) -> Iterator[Thing]:
    for row in getattr(sample.beside, "rows", ()):
        yield _boxed(names.get(row.kind, f"class {row.kind}"), row.box)


def _of_kitti(sample: Sample, item: Item, names: Mapping[int, str]) -> Iterator[Thing]:
    for each in getattr(sample.beside, "objects", ()):
        if each.counts:
            yield _boxed(each.kind, each.box)


def _of_labelme(sample: Sample, item: Item, names: Mapping[int, str]) -> Iterator[Thing]:
    for shape in getattr(sample.beside, "shapes", ()):
        yield _boxed(str(shape.told.get("label", "")), shape.box)


def _of_cityscapes(sample: Sample, item: Item, names: Mapping[int, str]) -> Iterator[Thing]:
    if sample.mask is None:
        return
    known = {one.id: one.name for one in CLASSES}
    for value, count in zip(*np.unique(sample.mask, return_counts=True), strict=True):
        kind = int(value) // _LEAST_INSTANCE if value >= _LEAST_INSTANCE else int(value)
        if kind > 0:
            yield Thing(known.get(kind, f"class {kind}"), float(count))


def _of_structures(sample: Sample, item: Item, names: Mapping[int, str]) -> Iterator[Thing]:
    """Segments beside a series or a NIfTI image: voxels of each; contours tell none."""
    beside = sample.beside
    files = getattr(beside, "labels", None) or [one.labels for one in getattr(beside, "files", ())]
    for labels in files:
        named = {one.number: _told(one, headers_of(sample) is not None) for one in labels.segments}
        for mask in labels.masks:
            if mask.share_of is not None:
                yield Thing(named[mask.share_of], float((mask.values > 0.5).sum()))
                continue
            for value, count in zip(*np.unique(mask.values, return_counts=True), strict=True):
                if value > 0:
                    yield Thing(named.get(int(value), f"segment {value}"), float(count))


def _told(segment: Any, dicom: bool) -> str:
    """Return what a segment is called; of DICOM, whose free text may name a patient, only by the code of a standard."""
    if not dicom:
        return segment.name or f"segment {segment.number}"
    code = segment.code
    says = code is not None and code.scheme in _STANDARDS and code.value not in _ANYTHING
    return str(code.meaning) if says else f"segment {segment.number}"


def _boxed(name: str, box: tuple[float, float, float, float]) -> Thing:
    left, top, right, bottom = box
    return Thing(name, (right - left) * (bottom - top), (right - left, bottom - top))


_Teller = Callable[[Sample, Item, Mapping[int, str]], Iterator[Thing]]
_TELLERS: Final[Mapping[str, _Teller]] = MappingProxyType(
    {
        "coco": _of_coco,
        "yolo": _of_yolo,
        "kitti": _of_kitti,
        "labelme": _of_labelme,
        "cityscapes": _of_cityscapes,
        "dicom-study": _of_structures,
        "nifti": _of_structures,
    }
)
