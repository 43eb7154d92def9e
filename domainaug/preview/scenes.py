"""One scene of a street, looked at in any light and weather: the picture, and every label of it."""

from __future__ import annotations

import json
import re
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError, UnknownName
from domainaug.scenario import Scenario, Stage, Value, Variant, World
from domainaug.scenario.planning import variant_at

__all__ = ["LAYOUTS", "Place", "Shot", "Studio"]

LAYOUTS: Final = ("city", "highway", "junction", "suburb")
"""Streets of the built-in simulator, and towns of `domainaug serve-carla`."""

_CAMERA, _LIDAR = "front", "top"
_SENSORS: Final = [{"name": _CAMERA, "kind": "camera"}, {"name": _LIDAR, "kind": "lidar", "z": 1.9}]
_KEPT: Final = 24  # pictures with their labels, of two megabytes each
_CENTIMETERS: Final = 100.0
_WORD: Final = re.compile(r"[a-z][a-z-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A street, and who shows it.

    Attributes:
        simulator: "street", or "carla" for a server.
        layout: One of `LAYOUTS`; for a server the name of one of its maps, or "" for the one at hand.
        seed: Which street of that layout; who is where, for a server.
        traffic: Fixes vehicles and people.
        server: HOST:PORT, for "carla".
    """

    simulator: str = "street"
    layout: str = "city"
    seed: int = 1
    traffic: int = 0
    server: str = ""

    @property
    def world(self) -> dict[str, Any]:
        """What a scenario says of it: a camera, and a LiDAR on the roof."""
        if self.simulator == "carla":
            where = {"servers": [self.server]} if self.server else {}
            return {**({"map": self.layout} if self.layout else {}), "seed": self.seed, "sensors": _SENSORS, **where}
        return {"layout": self.layout, "seed": self.seed, "traffic": self.traffic, "sensors": _SENSORS}

    def scenario(self, values: Mapping[str, Value] = MappingProxyType({})) -> Scenario:
        """Return the scenario that shows it once.

        Args:
            values: Values of axes that do not stand at their defaults.

        Raises:
            DomainAugError: The simulator is not installed, or does not take a value.
        """
        told = {
            "id": "scene", "simulator": self.simulator, "seed": 0, "fixed": dict(values), "vary": [],
            "method": "grid", "constraints": [], "limits": None,
        }  # fmt: skip
        return Scenario.of_told(told, self.world, Path(), 1)

    def written(self, values: Mapping[str, Value]) -> str:
        """Return the scenario file that `domainaug simulate` renders the same picture from.

        Args:
            values: Values of axes; those that stand at their defaults are left out.

        Raises:
            DomainAugError: The simulator is not installed, or does not take a value.
        """
        scenario = self.scenario()
        axes = scenario.axes
        for name in values:
            if name not in axes:
                raise UnknownName(f"axis of {self.simulator}", name, axes)
        try:
            told = {name: axes[name].value(value) for name, value in values.items()}
        except ValueError as error:
            raise DomainAugError(str(error)) from None
        moved = {name: value for name, value in told.items() if value != axes[name].default}
        lines = ["id: scene", f"simulator: {self.simulator}", f"world: {_flow(self.world)}"]
        lines += ["fixed:", *(f"  {name}: {_flow(value)}" for name, value in moved.items())] if moved else []
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture with its labels.

    Attributes:
        variant: What it shows.
        picture: (h, w, 3) uint8, red, green, blue.
        classes: (h, w) uint8, label ids of Cityscapes.
        things: (h, w) uint16, numbers of things; 0 where there is none.
        depth: (h, w) float32, meters along the optical axis; inf for the sky, or beyond 655 m.
        objects: Of each thing: class, boxes, occlusion, truncation ... as `objects.json` has them.
        points: (n, 3) float32, of the LiDAR's points before the camera: x and y in pixels, range in meters.
        weather: As it was resolved.
        seconds: What it took.
        built: Whether its labels were made with it, once for all weathers.
    """

    variant: Variant
    picture: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    things: NDArray[np.uint16]
    depth: NDArray[np.float32]
    objects: tuple[Mapping[str, Any], ...]
    points: NDArray[np.float32]
    weather: Mapping[str, float]
    seconds: float
    built: bool


@dataclass(slots=True, eq=False)
class Studio:
    """A place that is rendered again and again; the street is built once for all weathers. One caller at a time.

    Attributes:
        place: What is looked at.
    """

    place: Place
    _scenario: Scenario | None = None
    _world: World | None = None
    _stage: Stage | None = None
    _shots: OrderedDict[str, Shot] = field(default_factory=OrderedDict)
    _alone: threading.Lock = field(default_factory=threading.Lock)
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def shot(self, values: Mapping[str, Value]) -> Shot:
        """Return the scene at some values of axes, with the bytes that a run of it has.

        Args:
            values: Values of axes that do not stand at their defaults.

        Raises:
            DomainAugError: It cannot be shown; says why.
        """
        variant = self.variant(values)
        with self._alone:
            known = self._shots.get(variant.id)
            if known is None:
                known = self._shots[variant.id] = self._taken(variant)
                while len(self._shots) > _KEPT:
                    self._shots.popitem(last=False)
            self._shots.move_to_end(variant.id)
            return known

    def kept(self, values: Mapping[str, Value]) -> Shot | None:
        """Return the scene at some values if it was rendered before; never waits for one that is being rendered."""
        return self._shots.get(self.variant(values).id)

    def variant(self, values: Mapping[str, Value]) -> Variant:
        """Return the point that some values stand for.

        Raises:
            DomainAugError: The place, or a value, is not legal.
        """
        with self._looking:
            if self._scenario is None or self._world is None:
                scenario = self.place.scenario()
                self._scenario, self._world = scenario, scenario.surveyed()
            return variant_at(self._scenario, self._world, values)

    def close(self) -> None:
        """Let go of the street, and of the server that shows it, once nobody waits for a picture of it."""
        with self._alone, self._looking:
            self._stage = self._world = self._scenario = None

    def _taken(self, variant: Variant) -> Shot:
        began = time.perf_counter()
        if self._stage is None:
            assert self._world is not None
            self._stage = self._world.load()
        with tempfile.TemporaryDirectory(prefix="domainaug-scene-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            try:
                rendered = self._stage.render(variant, 1, folder)
            except DomainAugError:
                if self.place.simulator == "carla":
                    self._stage = self._world = self._scenario = None  # who asks again asks the server anew
                raise
            built = all(shot.variant.labels != variant.labels for shot in self._shots.values())
            return _read(variant, folder, rendered.record["weather"], time.perf_counter() - began, built=built)


def _flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return value if isinstance(value, str) and _WORD.fullmatch(value) else json.dumps(value)


def _read(variant: Variant, folder: Path, weather: Mapping[str, float], seconds: float, *, built: bool) -> Shot:
    """Return what was written for a variant: one frame of a camera, and one of a LiDAR."""
    start = folder / _CAMERA / "000000"
    objects = json.loads(Path(f"{start}.objects.json").read_text(encoding="utf-8"))
    depth = _pixels(Path(f"{start}.depth.png")).astype(np.float32) / _CENTIMETERS
    cloud = np.load(folder / _LIDAR / "000000.npz")["points"]
    turn = json.loads((folder / _LIDAR / "000000.turn.json").read_text(encoding="utf-8"))
    return Shot(
        variant=variant,
        picture=np.ascontiguousarray(_pixels(Path(f"{start}.png"))[..., ::-1]),
        classes=_pixels(Path(f"{start}.cityscapes.png")),
        things=_pixels(Path(f"{start}.instance.png")),
        depth=np.where(depth > 0, depth, np.float32(np.inf)),
        objects=tuple(objects["objects"]),
        points=_projected(cloud, np.array(turn["sensor_to_world"]), objects["camera"]),
        weather=dict(weather),
        seconds=seconds,
        built=built,
    )


def _pixels(path: Path) -> NDArray[Any]:
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None  # it was written a moment ago
    return np.asarray(pixels)


def _projected(
    cloud: NDArray[np.float32], to_world: NDArray[np.float64], camera: Mapping[str, Any]
) -> NDArray[np.float32]:
    """Return the points of a cloud that lie in a camera's picture: x and y in pixels, range in meters; far ones first.

    Args:
        cloud: (n, 4) x forward, y left, z up from the LiDAR, intensity.
        to_world: (4, 4) pose of the LiDAR.
        camera: Intrinsics and extrinsics, as `objects.json` has them.
    """
    to_camera = np.array(camera["world_to_camera"]) @ to_world
    seen = cloud[:, :3].astype(np.float64) @ to_camera[:3, :3].T + to_camera[:3, 3]
    away = np.linalg.norm(cloud[:, :3], axis=1)
    before = seen[:, 2] > 0.1
    flat = seen[before] @ np.array(camera["intrinsics"]).T
    pixels = flat[:, :2] / flat[:, 2:]
    inside = np.all((pixels >= 0) & (pixels < (camera["width"], camera["height"])), axis=1)
    found = np.column_stack([pixels, away[before]])[inside]
    return found[np.argsort(-found[:, 2], kind="stable")].astype(np.float32)
