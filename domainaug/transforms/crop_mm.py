"""Cutting out a piece of a size in millimeters; the patient stays where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.crops import cut, placed
from domainaug.declare.sets import up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.kernels.maps import PixelMap
from domainaug.kernels.volume_map import VolumeMap
from domainaug.transforms.arguments import choice, distances, number
from domainaug.transforms.arrays import first_picture
from domainaug.transforms.body import body_center
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.moving import Moving
from domainaug.transforms.own import spacing_of

__all__ = ["CropMm"]

Array = NDArray[Any]

_TRIES = 32
"""Places that are drawn where labels are to stay whole; the one that cuts the fewest is taken."""


class CropMm(Moving):
    """Cuts out a piece of a size in mm: the same amount of the body from scanners of any resolution.

    Pixels keep their size and move whole, so the piece is as large as asked to half a pixel. Where the picture is
    smaller, it is padded on both sides, with the fill of the pipeline (air in CT), or refused.

    Args:
        size_mm: Along ([slices,] rows, columns), null for all there is; or one number for every axis. Of three a
            picture takes the last two.
        position: "center" of the picture; "body", about the middle of the body, as far as the picture reaches (see
            `body.py`); "random", anywhere, evenly; "labels", so that a connected piece of a label, drawn from all in
            the masks of the call, is whole (or fills the crop, where it is larger), and of the others as few are cut as
            in the best of 32 places. What is cut is in the record, by number.
        too_small: "pad" or "refuse" a picture that is smaller than the crop.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        fill: The value outside, in its unit; 0 for the pipeline's.
        fill_mask: The label outside.
        p: How often it happens; 1 unless said otherwise.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing, or a picture is too small and to be refused.
    """

    regrids: ClassVar[bool] = True

    def __init__(
        self,
        size_mm: float | Sequence[float | None],
        position: str = "center",
        too_small: str = "pad",
        spacing: Sequence[float] | None = None,
        fill: float = 0.0,
        fill_mask: float = 0.0,
        p: float = 1.0,
    ) -> None:
        super().__init__(fill=fill, fill_mask=fill_mask, p=p)
        self.moves_whole(fills=True)
        self.size_mm = _checked_sizes(self, size_mm)
        self.position = choice(self, "position", position, ("center", "body", "random", "labels"))
        self.too_small = choice(self, "too_small", too_small, ("pad", "refuse"))
        self.spacing = distances(self, spacing)
        self.draws_from: Any = "picture" if self.position in ("body", "labels") else "shape"

    # -- drawing ---------------------------------------------------------------------------------------

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw where it begins; see `Moving.draw`."""
        spacing = spacing_of(data, self.spacing, len(extent))
        if spacing is None:
            raise ImageError(
                "CropMm has to know how many mm a pixel is: pass spacing=([slices,] rows, columns) to the call or to "
                "the transform"
            )
        size = self._pixels(extent, spacing)
        if self.too_small == "refuse" and any(n > have for n, have in zip(size, extent, strict=True)):
            raise ImageError(
                f"CropMm: {size} pixels are asked for and the picture has {tuple(extent)}: ask for less, or pad with "
                'too_small="pad"'
            )
        begin, more = self._placed(extent, size, spacing, data)
        return {"begin": begin, "size": size, **more}

    def _pixels(self, extent: Sequence[int], spacing: Sequence[float]) -> tuple[int, ...]:
        told = self.size_mm if isinstance(self.size_mm, tuple) else (self.size_mm,) * len(extent)
        if len(told) < len(extent):
            raise ImageError(f"CropMm was told a size along {len(told)} axes and is given {len(extent)}: name all")
        asked = zip(told[-len(extent) :], extent, spacing, strict=True)
        return tuple(have if mm is None else max(1, round(mm / step)) for mm, have, step in asked)

    def _placed(
        self, extent: Sequence[int], size: Sequence[int], spacing: Sequence[float], data: Mapping[str, Any]
    ) -> tuple[tuple[int, ...], dict[str, Any]]:
        """Return where the crop begins along each axis, and what else there is to tell."""
        room = [have - n for have, n in zip(extent, size, strict=True)]
        if self.position == "random":
            return tuple(self._within(0, left) for left in room), {}
        if self.position == "labels":
            return self._around_labels(room, size, data)
        middle = [left / 2 for left in room]
        if self.position == "body":
            found = body_center(first_picture(data), len(extent), spacing)
            for axis, place in enumerate((found or ())[::-1]):
                middle[axis] = min(max(place - (size[axis] - 1) / 2, 0), room[axis]) if room[axis] > 0 else middle[axis]
        return tuple(int(np.floor(at)) for at in middle), {}

    def _within(self, least: int, most: int) -> int:
        """Draw a place from `least` to `most`; halfway where padding leaves no choice."""
        return self.py_random.randint(least, most) if most >= least else (least + most) // 2

    def _around_labels(
        self, room: Sequence[int], size: Sequence[int], data: Mapping[str, Any]
    ) -> tuple[tuple[int, ...], dict[str, Any]]:
        pieces = list(_pieces(data, len(room)))
        if not pieces:
            return tuple(self._within(0, left) for left in room), {"kept": None, "cut": []}
        label, box = pieces[self.py_random.randrange(len(pieces))]
        ends = []
        for (first, last), n, left in zip(box, size, room, strict=True):
            low, high = sorted((last - n, first))  # all of it inside; or, where it is larger, nothing but it
            ends.append((max(0, low), min(left, high)) if left >= 0 else (0, left))
        tries = [tuple(self._within(*each) for each in ends) for _ in range(_TRIES)]
        cuts = [sorted({number for number, other in pieces if _cuts(at, size, other)}) for at in tries]
        best = min(range(_TRIES), key=lambda at: len(cuts[at]))
        return tries[best], {"kept": label, "cut": cuts[best]}

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap | None:
        """Return the map of a picture; see `domainaug.transforms.fusing.MovesPixels`."""
        if len(params["size"]) != 2:
            return None
        down, right = params["begin"]
        return PixelMap.of([[1, 0, right], [0, 1, down]], shape, params["size"])

    def volume_map(self, params: Drawn, shape: tuple[int, int, int]) -> VolumeMap | None:
        """Return the map of a volume; see `domainaug.transforms.fusing.MovesVoxels`."""
        if len(params["size"]) != 3:
            return None
        matrix = np.eye(4)
        matrix[:3, 3] = params["begin"][::-1]
        return VolumeMap(params["size"], matrix, shape)

    def apply_to_bboxes(self, bboxes: Array, **params: Any) -> Array:
        """Return boxes as shares of the piece; what reaches beyond it is left to the rules of the call."""
        if not len(bboxes) or len(params["extent"]) == 3:
            return super().apply_to_bboxes(bboxes, **params)
        out = np.array(bboxes, np.float64)
        have, size, begin = (np.array(params[name][::-1], np.float64) for name in ("extent", "size", "begin"))
        for first in (0, 2):
            out[:, first : first + 2] = (out[:, first : first + 2] * have - begin) / size
        return out.astype(bboxes.dtype)

    # -- effects ---------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most; the depth of a volume is not known here."""
        spacing = (frame.spacing or self.spacing or ())[-2:] or None
        if spacing is None:
            seen = ("field_of_view", "outside", "shift")
            return Generators.bounds({name: EFFECTS[name].anything for name in seen}, content=True)
        told = self.size_mm[-2:] if isinstance(self.size_mm, tuple) else (self.size_mm,) * 2
        wanted = zip(told, (frame.height, frame.width), spacing, strict=True)
        height, width = (float(have if mm is None else max(1, round(mm / step))) for mm, have, step in wanted)
        anywhere = self.position != "center"
        boxes = np.concatenate(
            [placed(np.array([width]), np.array([height]), frame, anywhere=anywhere) - half for half in (0.0, 0.5)]
        )
        made = cut(boxes, frame)  # the middle is met to half a pixel
        if not frame.volume or (isinstance(self.size_mm, tuple) and len(self.size_mm) == 3 and self.size_mm[0] is None):
            return made
        most = 1.0 if self.too_small == "pad" else made.ranges["outside"].high
        return made.with_ranges(field_of_view=Interval(0.0, made.ranges["field_of_view"].high), outside=up_to(most))

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        extent, size, begin = params["extent"], params["size"], params["begin"]
        (top, left), (tall, wide) = begin[-2:], size[-2:]
        slice_ = Frame(height=extent[-2], width=extent[-1])
        made = cut(np.array([left, top, left + wide, top + tall]), slice_)
        if len(extent) == 2:
            return made
        seen = max(0, min(begin[0] + size[0], extent[0]) - max(begin[0], 0))
        kept = made.ranges["field_of_view"].low * seen / extent[0]
        empty = 1 - (1 - made.ranges["outside"].low) * seen / size[0]
        return made.with_ranges(field_of_view=Interval(kept, kept), outside=Interval(empty, empty))


def _checked_sizes(owner: Any, value: Any) -> float | tuple[float | None, ...]:
    """Return sizes along axes, or one for all.

    Raises:
        ValueError: They are none.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        return number(owner, "size_mm", value, above=0.0)
    if len(value) not in (2, 3):
        raise ValueError(
            f"CropMm: size_mm: mm along ([slices,] rows, columns), or one number, are needed, got {value!r}"
        )
    return tuple(None if each is None else number(owner, "size_mm", each, above=0.0) for each in value)


def _pieces(data: Mapping[str, Any], axes: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield the label and the box, (first, beyond the last) along each axis, of each connected piece of the masks."""
    from scipy import ndimage

    one, many = ("mask3d", "masks3d") if axes == 3 else ("mask", "masks")
    masks = [data[one]] if data.get(one) is not None else []
    masks += list(data[many]) if data.get(many) is not None else []
    for mask in masks:
        values = np.asarray(mask)
        values = values if values.ndim == axes else values.max(axis=-1)
        values = values >= 0.5 if values.dtype.kind == "f" else values  # floats are how much is covered
        for label in np.unique(values[values != 0]).tolist():
            pieces, _ = ndimage.label(values == label, np.ones((3,) * axes))
            for box in ndimage.find_objects(pieces):
                yield int(label), [(along.start, along.stop) for along in box]


def _cuts(at: Sequence[int], size: Sequence[int], box: Sequence[tuple[int, int]]) -> bool:
    """Whether a crop shows some of a box and not all of it."""
    spans = list(zip(at, size, box, strict=True))
    shows = all(begin < last and first < begin + n for begin, n, (first, last) in spans)
    return shows and not all(begin <= first and last <= begin + n for begin, n, (first, last) in spans)
