"""The state of one call: the arrays, what their values mean at the moment, and where to note what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations.label_columns import label_columns
from domainaug.generators import Frame
from domainaug.pipeline.labels import Rows
from domainaug.pipeline.ranges import Values, cast, working_dtype
from domainaug.pipeline.record import Log

__all__ = ["LEADING", "State"]

Array = NDArray[Any]

LEADING = {"image": 0, "images": 1, "volume": 1, "volumes": 2}
"""Kind of picture to the axes before its rows."""

_OF_HEADERS = ("orientation", "phase_axis")
"""What a call may say besides, and steps ask for by name when they draw."""


class State:
    """The state of one call.

    Args:
        data: Every target, pictures and masks as private copies, boxes and points as albumentations holds them.
        targets: Name of each target to its kind ("image", "mask", "bboxes" ...).
        values: What pixel values mean.
        spacing: Millimeters from one pixel to the next, (rows, columns) or (slices, rows, columns), or None.
        rows: The numbered boxes and points.
        log: Where to note what happens.
        filtered: Takes the data and drops the labels that are gone; albumentations' own rules.
        min_visibility: The share of a box that has to be seen, as those rules have it.
        boxes: What albumentations takes boxes with, or None.

    Attributes:
        pictures: Names of pictures to their kind.
        masks: Names of masks to their kind.
        points: Names of boxes and points to their kind.
        unit: Pictures are float32 shares of the range, rather than values.
        free: A step changed the type on purpose; nothing is converted from then on.
        labels_moved: Some step may have moved labels.
    """

    def __init__(
        self,
        data: dict[str, Any],
        targets: Mapping[str, str],
        values: Values,
        spacing: tuple[float, ...] | None,
        rows: dict[str, Rows],
        log: Log,
        filtered: Callable[[dict[str, Any]], dict[str, Any]],
        min_visibility: float = 0.0,
        boxes: Any = None,
    ) -> None:
        self.data, self.values, self.spacing, self.rows, self.log = data, values, spacing, rows, log
        self.filtered, self.min_visibility, self.boxes = filtered, min_visibility, boxes
        self.pictures = {n: k for n, k in targets.items() if k in LEADING}
        self.masks = {n: k for n, k in targets.items() if k in ("mask", "masks", "mask3d", "masks3d")}
        self.points = {n: k for n, k in targets.items() if k in ("bboxes", "keypoints")}
        self.unit = self.free = self.labels_moved = False
        self._at_ends = 0
        for name in self.pictures:
            data[name] = data[name].astype(working_dtype(data[name].dtype), copy=False)

    # -- what the pictures are -------------------------------------------------------------------------

    @property
    def spatial(self) -> tuple[int, ...]:
        """(height, width) and channels if any, of the first picture."""
        name, kind = next(iter(self.pictures.items()))
        return tuple(np.shape(self.data[name])[LEADING[kind] :])

    @property
    def known(self) -> bool:
        """Whether both ends of the range are known."""
        return self.values.low is not None and self.values.high is not None

    def frame(self, spatial: tuple[int, ...] | None = None) -> Frame:
        """Return what effects are reckoned in; `spatial` stands in for a picture that is not made yet."""
        shape = spatial or self.spatial
        low, high = (self.values.low, self.values.high) if self.known else (0.0, 1.0)
        assert low is not None
        assert high is not None
        return Frame(
            height=int(shape[0]),
            width=int(shape[1]),
            channels=int(shape[2]) if len(shape) > 2 else 1,
            spacing=None if self.spacing is None else (float(self.spacing[-2]), float(self.spacing[-1])),
            low=float(low),
            high=float(high),
            volume=any(kind in ("volume", "volumes") for kind in self.pictures.values()),
        )

    def told(self) -> dict[str, Any]:
        """Return what our own transforms find beside the pictures when they draw."""
        return {
            "value_range": (self.values.low, self.values.high) if self.known else None,
            "spacing": self.spacing,
            "fill": self.values.fill,
            **{name: self.data[name] for name in _OF_HEADERS if name in self.data},
        }

    def told_of_boxes(self, leaf: Any) -> dict[str, Any]:
        """Return what stands for the label of the boxes that a step adds, where it adds some."""
        label = getattr(leaf, "box_label", None)
        if label is None or self.boxes is None or "bboxes" not in self.points:
            return {}
        return {"box_columns": label_columns(self.boxes, label)}

    def take_boxes(self, before: int) -> None:
        """Number the boxes that a step put behind the first `before`."""
        found = self.data.get("bboxes")
        if "bboxes" not in self.points or not isinstance(found, np.ndarray) or len(found) <= before:
            return
        rows = self.rows.setdefault("bboxes", Rows(True, 0))
        fields = 0 if self.boxes is None else len(self.boxes.params.label_fields or ())
        columns = found.shape[1] if before else 5 + fields
        self.data["bboxes"] = rows.take(found, before, columns=columns)

    def take_told(self, data: dict[str, Any]) -> None:
        """Take what a step made of the data, and of what was said beside it: turned round, pixels lie elsewhere."""
        self.spacing = data.pop("spacing", self.spacing)
        self.data = data

    def shown(self) -> str:
        """Return the pictures in words, for errors."""
        return ", ".join(f"{name} {self.values.dtype} {np.shape(self.data[name])}" for name in self.pictures)

    # -- values and shares -----------------------------------------------------------------------------

    def to_unit(self, asking: str) -> None:
        """Turn values into shares of the range, for the transform named `asking`."""
        for name in self.pictures:
            self.data[name], clipped = self.values.to_unit(self.data[name], asking)
            self.log.clipped += clipped
        self._at_ends = self._count_ends()
        self.unit = True

    def to_values(self) -> None:
        """Turn shares into values, if they are shares."""
        if not self.unit:
            return
        self.log.saturated += max(0, self._count_ends() - self._at_ends)
        for name in self.pictures:
            self.data[name] = self.values.from_unit(self.data[name])
        self.unit = False

    def finish(self) -> dict[str, Any]:
        """Return the data with pictures in the type they came in, unless a step changed it on purpose."""
        self.to_values()
        if not self.free:
            for name in self.pictures:
                self.data[name] = cast(self.data[name], self.values.dtype)
        return self.data

    def _count_ends(self) -> int:
        arrays = [self.data[name] for name in self.pictures]
        return sum(int(np.count_nonzero(array <= 0)) + int(np.count_nonzero(array >= 1)) for array in arrays)
