"""Cutting out a piece about a defect: the defect is whole, and a rare small one comes as often as a large one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.crops import cut, placed, resized
from domainaug.effects import EFFECTS, Interval
from domainaug.errors import ImageError, LabelError
from domainaug.generators import Frame, Generators
from domainaug.kernels.maps import PixelMap
from domainaug.transforms.arguments import choice, counts, share
from domainaug.transforms.components import Component, Window, components_in, share_of_boxes, without
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.moving import Moving

__all__ = ["ComponentCrop"]

Array = NDArray[Any]

_MOST = 1 << 16
_RENAMES = ("ignore", "drop")
_SAME = 0.9
"""Share of a box in that of the chosen component from which on it is its box."""

_TRIES = 32
"""Places that are drawn; the one that cuts the fewest other components is taken."""


class ComponentCrop(Moving):
    """Cuts out a piece of a picture about one component: a connected piece of a label of its masks, or a box.

    After it, the chosen component is **whole, with its margin** as far as the picture reaches; unless it is larger than
    the piece, of which `larger` says what becomes; or unless nothing is marked, of which `empty` does. What was
    chosen, how much of it is left and which labels were cut is in the record (`kept`, `cut`). Boxes are components
    where the call has no masks; the first of their label fields is their label.

    Random crops lose small defects: of 60 pixel scratches in 512 x 512, a third to two thirds of the common crops show
    none or a stump, and choosing among labeled pixels takes the large defect beside the small one nearly always.

    Args:
        size: (height, width) of the piece in pixels; one number for both.
        margin: Pixels about the component that stay with it.
        choose: "class": evenly among the labels of the picture, then among the components of that; "component":
            evenly among all components; "area": evenly among all pixels that are labeled.
        larger: Of a component that does not fit with its margin: "resize" takes a larger piece and scales it down to
            `size`; "tile" takes a piece of it, no pixel of the piece outside its box where that is as large;
            "refuse" raises.
        others: Of other components that are cut: "keep" leaves what is seen of them. Of those of which less than
            `least` is left, "ignore" gives what is seen the label `ignore_label`, "drop" makes it background, and
            both drop their boxes, since a box has no such label; "refuse" raises.
        least: Share of a component below which what is left is not called by its name.
        ignore_label: The label that trainings leave out.
        empty: Where nothing is marked: "random" takes a piece anywhere; "refuse" raises.
        fill: The value outside, in its unit; 0 for the pipeline's.
        fill_mask: The label outside.
        p: How often it happens; 1 unless said otherwise.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: there are volumes.
        LabelError: At the call: it was told to refuse.
    """

    regrids: ClassVar[bool] = True

    def __init__(
        self,
        size: int | Sequence[int],
        margin: int = 8,
        choose: str = "class",
        larger: str = "resize",
        others: str = "ignore",
        least: float = 0.3,
        ignore_label: int = 255,
        empty: str = "random",
        fill: float = 0.0,
        fill_mask: float = 0.0,
        p: float = 1.0,
    ) -> None:
        super().__init__(fill=fill, fill_mask=fill_mask, p=p)
        sides = counts(self, "size", size, least=1, most=_MOST)
        if isinstance(sides, tuple) and len(sides) != 2:
            raise ValueError(f"ComponentCrop: size: (height, width) in pixels, or one number, is needed, got {size!r}")
        self.size = (sides[0], sides[1]) if isinstance(sides, tuple) else (sides, sides)
        self.margin = _one(counts(self, "margin", margin, least=0, most=_MOST))
        self.choose = choice(self, "choose", choose, ("class", "component", "area"))
        self.larger = choice(self, "larger", larger, ("resize", "tile", "refuse"))
        self.others = choice(self, "others", others, ("keep", "ignore", "drop", "refuse"))
        self.least = share(self, "least", least)
        self.ignore_label = _one(counts(self, "ignore_label", ignore_label, least=0, most=_MOST))
        self.empty = choice(self, "empty", empty, ("random", "refuse"))
        self.draws_from: Any = "alone" if self.others in _RENAMES else "picture"  # a map gives no other labels

    # -- drawing ---------------------------------------------------------------------------------------

    def draw(self, extent: tuple[int, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw which component, and where about it; see `Moving.draw`."""
        if len(extent) != 2:
            raise ImageError("ComponentCrop cuts pictures: use CropMm with position='labels' for volumes")
        found = list(components_in(data, extent))
        if not found:
            if self.empty == "refuse":
                raise LabelError(
                    "ComponentCrop: no mask or box of the call marks anything; say what else with empty='random'"
                )
            window = self._anywhere(extent)
            return {"window": window, "kept": None, "cut": [], "ignored": []}
        chosen = found[self._chosen(found)]
        tries = [self._window(chosen, extent) for _ in range(_TRIES)]
        beside = [one for one in found if one is not chosen]
        shares = [[one.share_in(window) for one in beside] for window in tries]
        best = min(range(_TRIES), key=lambda at: sum(0 < part < 1 for part in shares[at]))
        left = [(one, part) for one, part in zip(beside, shares[best], strict=True) if 0 < part < 1]
        stumps = [one for one, part in left if part < self.least]
        if self.others == "refuse" and stumps:
            labels = sorted({one.label for one in stumps})
            raise LabelError(
                f"ComponentCrop: components of {labels} would be left as stumps in every place; "
                "take a larger piece, or say what becomes of them with others="
            )
        return {
            "window": tries[best],
            "kept": {"label": chosen.label, "box": chosen.box, "share": round(chosen.share_in(tries[best]), 6)},
            "cut": sorted({one.label for one, _ in left}),
            "ignored": [(one.label, *one.box) for one in stumps] if self.others in _RENAMES else [],
        }

    def _chosen(self, found: Sequence[Component]) -> int:
        if self.choose == "area":
            return int(self.py_random.choices(range(len(found)), [int(one.pixels.sum()) for one in found])[0])
        if self.choose == "component":
            return int(self.py_random.randrange(len(found)))
        labels = sorted({one.label for one in found})
        label = labels[self.py_random.randrange(len(labels))]
        alike = [at for at, one in enumerate(found) if one.label == label]
        return int(alike[self.py_random.randrange(len(alike))])

    def _window(self, one: Component, extent: Sequence[int]) -> Window:
        """Return a piece that holds a component, or as much of it as `larger` says."""
        (height, width), margin = self.size, self.margin
        top, left, bottom, right = one.box
        around = (max(top - margin, 0), max(left - margin, 0))
        beyond = (min(bottom + margin, extent[0]), min(right + margin, extent[1]))
        tall, wide = beyond[0] - around[0], beyond[1] - around[1]
        if tall <= height and wide <= width:
            down, across = (
                self._along(first, last, size, have)
                for first, last, size, have in zip(around, beyond, (height, width), extent, strict=True)
            )
            return across, down, across + width, down + height
        if self.larger == "refuse":
            raise LabelError(
                f"ComponentCrop: a component is {right - left} x {bottom - top} pixels, and with its margin does not "
                f"fit into {width} x {height}; take a larger piece, or larger='resize' or 'tile'"
            )
        if self.larger == "tile":
            down, across = (
                self._tile(first, last, size, have)
                for first, last, size, have in zip(one.box[:2], one.box[2:], (height, width), extent, strict=True)
            )
            return across, down, across + width, down + height
        factor = max(tall / height, wide / width)
        h, w = height * factor, width * factor
        y, x = (around[0] + beyond[0] - h) / 2, (around[1] + beyond[1] - w) / 2
        return _pushed_in(x, w, extent[1]), _pushed_in(y, h, extent[0]), _end(x, w, extent[1]), _end(y, h, extent[0])

    def _along(self, first: int, last: int, size: int, have: int) -> float:
        """Draw where a piece begins that holds first to last, within the picture as far as that is large enough."""
        low, high = max(last - size, min(0, have - size)), min(first, max(have - size, 0))
        return float(self.py_random.randint(low, high) if high >= low else low)

    def _tile(self, first: int, last: int, size: int, have: int) -> float:
        """Draw where a piece begins that lies within first to last, or holds all of it."""
        low, high = sorted((first, last - size))
        low, high = max(low, min(0, have - size)), min(high, max(have - size, 0))
        return float(self.py_random.randint(low, max(low, high)))

    def _anywhere(self, extent: Sequence[int]) -> Window:
        begins = [
            float(self.py_random.randint(0, have - size)) if have > size else float((have - size) // 2)
            for size, have in zip(self.size, extent, strict=True)
        ]
        return begins[1], begins[0], begins[1] + self.size[1], begins[0] + self.size[0]

    # -- pixels ----------------------------------------------------------------------------------------

    def pixel_map(self, params: Drawn, shape: tuple[int, int]) -> PixelMap | None:
        """Return the map of a picture; see `domainaug.transforms.fusing.MovesPixels`."""
        left, top, right, bottom = params["window"]
        across, down = (right - left) / self.size[1], (bottom - top) / self.size[0]
        matrix = [[across, 0, left + (across - 1) / 2], [0, down, top + (down - 1) / 2]]
        return PixelMap.of(matrix, shape, self.size)

    def apply_to_mask(self, mask: Array, **params: Any) -> Array:
        """Return a mask moved, without what is no longer called by its name."""
        if params["ignored"]:
            mask = without(mask, params["ignored"], self.ignore_label if self.others == "ignore" else 0)
        return super().apply_to_mask(mask, **params)

    def apply_to_bboxes(self, bboxes: Array, **params: Any) -> Array:
        """Return boxes moved, without stumps of others than the one that was chosen."""
        if self.others in _RENAMES and len(bboxes) and params["kept"] is not None:
            top, left, bottom, right = params["kept"]["box"]
            extent, about = params["extent"], (left, top, right, bottom)
            whole = share_of_boxes(bboxes, params["window"], extent) >= self.least
            bboxes = bboxes[whole | (share_of_boxes(bboxes, about, extent) >= _SAME)]
        return super().apply_to_bboxes(bboxes, **params)

    # -- effects ---------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most; how large components are is not known here."""
        height, width = (float(side) for side in self.size)
        made = cut(placed(np.array([width]), np.array([height]), frame), frame)
        if self.larger != "resize":
            return made
        least = min(width / (frame.width + 2 * self.margin), height / (frame.height + 2 * self.margin), 1.0)
        free = ("field_of_view", "shift", "outside", "blur", "sharpening", "misregistration", "noise")
        anything = {name: EFFECTS[name].anything for name in free}
        return Generators.bounds({**anything, "scale": Interval(least, 1.0)}, content=True)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did."""
        window = np.array(params["window"])
        found = Frame(height=params["extent"][0], width=params["extent"][1])
        if np.allclose(window[2:] - window[:2], self.size[::-1]):
            return cut(window, found)
        return resized(window, found)


def _one(value: int | tuple[int, ...]) -> int:
    if isinstance(value, tuple):
        raise ValueError(f"ComponentCrop: one number is needed, got {value!r}")
    return value


def _pushed_in(at: float, size: float, have: int) -> float:
    """Return where a piece begins, pushed into the picture if it fits."""
    return min(max(at, 0.0), have - size) if size <= have else (have - size) / 2


def _end(at: float, size: float, have: int) -> float:
    return _pushed_in(at, size, have) + size
