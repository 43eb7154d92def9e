"""Whether a measurement can be what its sensor measured.

CARLA's messages bear no checksum, and a byte that went wrong looks like any other. What can be told is told: sizes,
the place that it was taken at, values that no sensor gives there, and pictures unlike the one just before them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_server.world.frames import Transform

__all__ = ["Doubts", "array_of"]

_ASTRAY: Final = 0.05  # meters, and shares of a turn's matrix, that a sensor may be measured off its place
_CLASSES: Final = 64  # of which CARLA has about thirty
_FAST: Final = 1e4  # m/s^2, radians and meters a second that nothing here comes near
_ELSEWHERE: Final = 0.01  # degrees that a place may be off what the map tells
_UNLIKE: Final = 0.02  # share of pixels that two pictures of a world that stands still may differ in
_GLARING: Final = 96  # of 255, by which they then differ


@dataclass(slots=True)
class Doubts:
    """What is known of a sensor, against which its measurements are held.

    Attributes:
        asked: What it was made from: `kind`, `size` and `attributes`.
        place: Where it is, once it was put somewhere.
        globe: Tells latitude and longitude of a place, degrees.
    """

    asked: Mapping[str, Any]
    place: Transform | None = None
    globe: Callable[[Transform], tuple[float, float]] | None = None

    def fault(self, data: Any, taken: Transform) -> str:
        """Return what is wrong with a measurement; "" for nothing.

        Args:
            data: What CARLA's client gave.
            taken: Where it says that it was taken.
        """
        size = self.asked.get("size")
        if size is not None and [data.width, data.height] != list(size):
            return f"it has {data.width} x {data.height} pixels in place of {size[0]} x {size[1]}"
        if size is not None and len(data.raw_data) != 4 * size[0] * size[1]:
            return f"it has {len(data.raw_data)} bytes"
        if self.place is not None:
            off = float(np.abs(taken.matrix - self.place.matrix).max())
            if not off <= _ASTRAY:
                return f"it was taken {off:.2f} off the place of its sensor"
        if self.asked["kind"] == "camera" or self._possible(data):
            return ""
        return "it holds values that no such sensor gives"

    def unlike(self, data: Any, before: Any) -> str:
        """Return how a picture differs from the one before it, of a world that stood still meanwhile; "" if hardly."""
        if self.asked["kind"] != "camera":
            return ""
        here, there = (array_of("camera", each)[..., :3].astype(np.int32) for each in (data, before))
        match self.asked["name"].rpartition("/")[2]:
            case "depth":
                near, far = (each @ (65536, 256, 1) for each in (here, there))
                off = np.abs(near - far) > 0.05 * np.minimum(near, far)
            case "instance":
                off = (here != there).any(axis=-1)
            case _:
                off = (np.abs(here - there) > _GLARING).any(axis=-1)
        share = float(off.mean())
        return f"{share:.0%} of its pixels are unlike those of the frame before" if share > _UNLIKE else ""

    def _possible(self, data: Any) -> bool:
        kind, attributes = self.asked["kind"], self.asked["attributes"]
        try:
            numbers = array_of(kind, data)
        except (ValueError, RuntimeError):
            return False
        if not np.isfinite(numbers).all():
            return False
        match kind:
            case "lidar":
                away = np.linalg.norm(numbers[:, :3], axis=1)
                inside = (away <= attributes["range"] * 1.01) & (np.abs(numbers[:, 3]) <= 1.001)
                return bool((inside & (numbers[:, 5] < _CLASSES)).all())
            case "radar":
                aside = math.radians(attributes["horizontal_fov"]) / 2 + 0.01
                far = (numbers[:, 3] >= 0) & (numbers[:, 3] <= attributes["range"] * 1.01)
                return bool((far & (np.abs(numbers[:, 1]) <= aside) & (np.abs(numbers[:, 0]) < _FAST)).all())
            case "gnss":
                near = None if self.globe is None or self.place is None else self.globe(self.place)
                there = near is None or bool((np.abs(numbers[:2] - near) < _ELSEWHERE).all())
                return there and abs(float(numbers[2])) < _FAST
            case _:
                return bool((np.abs(numbers) < _FAST).all())


def array_of(kind: str, data: Any) -> NDArray[Any]:
    """Return a measurement as an array: BGRA, points (n, 7), detections (n, 4), or numbers."""
    match kind:
        case "camera":
            return np.frombuffer(data.raw_data, np.uint8).reshape(data.height, data.width, 4)
        case "lidar":
            points = np.frombuffer(data.raw_data, np.dtype([("p", "<f4", 4), ("i", "<u4", 2)]))
            ring = np.repeat(np.arange(data.channels), [data.get_point_count(i) for i in range(data.channels)])
            return np.column_stack([points["p"], points["i"], ring]).astype(np.float64)
        case "radar":
            return np.frombuffer(data.raw_data, np.float32).reshape(-1, 4)
        case "gnss":
            return np.array([data.latitude, data.longitude, data.altitude])
        case _:
            told = (data.accelerometer, data.gyroscope)
            return np.array([*(v for each in told for v in (each.x, each.y, each.z)), data.compass])
