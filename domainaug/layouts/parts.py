"""Pictures of parts that the surface simulator wrote: each with a mask of every defect, and what they are.

On disk a picture is `variants/ID/image.png` with `labels.json` and `mask-NNN.png` beside it; `clean.png` is the same
part without defects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnreadableInput
from domainaug.layouts import images

__all__ = ["Mark", "PartPicture", "check_part", "read_parts"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A defect that is seen in a picture.

    Attributes:
        number: Its own, in its picture.
        kind: "scratch", "dent" ...
        box: Left, top, right, bottom edges around its pixels.
        pixels: How many show it.
        place: Its mask.
    """

    number: int
    kind: str
    box: tuple[int, int, int, int]
    pixels: int
    place: Path

    def mask(self) -> NDArray[np.bool_]:
        """Return (height, width): the pixels that show it."""
        return np.asarray(images.read_mask(self.place) > 0)


@dataclass(frozen=True, slots=True)
class PartPicture:
    """A picture of a part.

    Attributes:
        place: The picture.
        variant: Which variant it is.
        size: (height, width).
        marks: The defects that are seen in it.
    """

    place: Path
    variant: str
    size: tuple[int, int]
    marks: tuple[Mark, ...]

    @property
    def kind(self) -> str:
        """The kind of its defects, "combined" of several kinds, "good" without any."""
        kinds = {mark.kind for mark in self.marks}
        return "good" if not kinds else kinds.pop() if len(kinds) == 1 else "combined"


def read_parts(source: Path) -> tuple[PartPicture, ...]:
    """Return the pictures of a rendered scenario, by variant.

    Raises:
        UnreadableInput: There are none, or a file that tells of one is not as the simulator writes it.
    """
    found = []
    for path in sorted(source.glob("variants/*/labels.json")):
        try:
            told = json.loads(path.read_bytes())
        except ValueError:
            raise UnreadableInput("not-json", "this is not JSON", path=path) from None
        if isinstance(told, Mapping) and "defects" in told:
            found.append(_picture(path, told))
    if not found:
        message = "there are no parts here; name the folder that `domainaug simulate` wrote with the surface simulator"
        raise UnreadableInput("no-parts", message, path=source)
    return tuple(found)


def _picture(path: Path, told: Mapping[str, Any]) -> PartPicture:
    try:
        marks = tuple(_mark(path.parent, each) for each in told["defects"] if each["box"] is not None)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableInput("bad-label", f"this does not tell of defects: {error!r}", path=path) from None
    place = path.with_name("image.png")
    height, width = images.read_image(place).shape[:2]
    return PartPicture(place, path.parent.name, (height, width), marks)


def _mark(folder: Path, told: Mapping[str, Any]) -> Mark:
    left, top, right, bottom = map(int, told["box"])
    number = int(told["number"])
    return Mark(number, str(told["kind"]), (left, top, right, bottom), int(told["pixels"]),
                folder / f"mask-{number:03d}.png")  # fmt: skip


def check_part(picture: PartPicture) -> int:
    """Hold the labels of a picture against its masks, and return how many defects were held.

    Raises:
        LabelError: Something contradicts; says what, of which defect, in which variant.
    """
    for mark in picture.marks:
        mask = mark.mask()
        who = f"{picture.variant}: defect {mark.number}"
        if mask.shape != picture.size:
            raise LabelError(f"{who}: its mask is {mask.shape[::-1]}, the picture {picture.size[::-1]}")
        rows, columns = np.nonzero(mask)
        if len(rows) != mark.pixels:
            raise LabelError(f"{who}: its mask has {len(rows)} pixels, and {mark.pixels} are told")
        around = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        if around != mark.box:
            raise LabelError(f"{who}: its pixels lie in {around}, its box is {mark.box}")
    return len(picture.marks)
