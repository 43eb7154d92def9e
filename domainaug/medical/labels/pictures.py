"""Masks as one PNG a slice, found by file name."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnreadableInput
from domainaug.medical.labels.grid import Grid
from domainaug.medical.labels.model import Labels, Mask, Origin, Segment
from domainaug.medical.labels.sides import side_in
from domainaug.medical.opening import border
from domainaug.medical.series import Series

__all__ = ["read_pictures", "write_pictures"]

_MODES = ("1", "L", "P", "I;16", "I;16B", "I")


def read_pictures(folder: Path, series: Series, names: Mapping[int, str] | None = None) -> Labels:
    """Read masks of a series: a PNG is named after the file of its slice, or after its SOP Instance UID.

    Values are numbers of segments; a palette's colors are not looked at. Slices without a PNG are empty.

    Args:
        folder: The PNGs.
        series: The series they were drawn on.
        names: What the numbers stand for.

    Raises:
        UnreadableInput: A PNG belongs to no slice, has another size, or is in color; or there is none.
        LabelError: The series is no even stack.
    """
    grid = Grid.of_series(series)
    places: dict[str, int] = {}
    for index, instance in enumerate(series.instances):
        for name in (instance.path.stem, instance.path.name, instance.sop_instance_uid):
            if places.setdefault(name, index) != index:
                raise LabelError(
                    "two slices of the series have files of one name: name the PNGs after SOP Instance UIDs"
                )
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png") if folder.is_dir() else []
    if not files:
        raise UnreadableInput("no-masks", "there is no PNG in this folder", path=folder)
    values = np.zeros(grid.shape, np.uint16)
    drawn: set[int] = set()
    for path in files:
        if path.stem not in places:
            raise UnreadableInput("no-slice", "no slice of the series is named so", path=path)
        if places[path.stem] in drawn:
            raise UnreadableInput("duplicate-mask", "another PNG is of the same slice", path=path)
        drawn.add(places[path.stem])
        values[places[path.stem]] = _picture(path, grid.shape[1:])
    numbers = sorted({int(one) for one in np.unique(values) if one} | set(names or ()))
    segments = tuple(Segment(number, text := (names or {}).get(number, ""), side_in(text)) for number in numbers)
    first = series.instances[0]
    origin = Origin(
        "png",
        tuple(files),
        "",
        first.frame_of_reference_uid,
        (first.series_uid,),
        frozenset(one.sop_instance_uid for one in series.instances),
    )
    return Labels(segments, (Mask(grid, values),), origin=origin)


def _picture(path: Path, size: Sequence[int]) -> NDArray[Any]:
    from PIL import Image

    with border("damaged", "it cannot be read as PNG", path), Image.open(path, formats=("PNG",)) as picture:
        if picture.size != (size[1], size[0]):
            message = (
                f"it has {picture.size[1]} rows and {picture.size[0]} columns, and its slice {size[0]} and {size[1]}"
            )
            raise UnreadableInput("bad-size", message, path=path)
        if picture.mode not in _MODES:
            raise UnreadableInput("not-gray", "a mask is gray or has a palette, and this one is in color", path=path)
        return np.asarray(picture).astype(np.uint16)


def write_pictures(labels: Labels, names: Sequence[str]) -> dict[str, bytes]:
    """Return a PNG for each slice, by file name: 8 bits, or 16 where numbers need them.

    Args:
        labels: With one mask of numbers.
        names: Of the slices' files, in slice order, without suffix.

    Raises:
        LabelError: There is not one mask of numbers, or a name for each of its slices.
    """
    from PIL import Image

    if len(labels.masks) != 1 or labels.masks[0].share_of is not None:
        raise LabelError(
            "PNGs hold one mask of numbers: segments that overlap, and shares, need a segmentation or NIfTI"
        )
    values = labels.masks[0].values
    if len(names) != len(values) or len(set(names)) < len(names):
        raise LabelError(f"{len(values)} slices need as many names, each another, and got {len(names)}")
    if values.max(initial=0) > 0xFFFF:
        raise LabelError("a PNG holds numbers up to 65535")
    dtype = np.uint8 if values.max(initial=0) < 256 else np.uint16
    found = {}
    for name, plane in zip(names, values, strict=True):
        stream = io.BytesIO()
        Image.fromarray(plane.astype(dtype)).save(stream, format="PNG")
        found[f"{name}.png"] = stream.getvalue()
    return found
