"""Variants on disk: frames asked of the server, labeled once for all weathers, and written off the main thread."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.lidar_weather import LidarAir
from domainaug.driving.weather import Weather
from domainaug.scenario import Rendered, Variant
from domainaug_simulators.carla_adapter.clouds import detections, heard, met_of, objects_of, position_told
from domainaug_simulators.carla_adapter.faults import CaptureFailed
from domainaug_simulators.carla_adapter.labels import (
    Body,
    Floats,
    Pinhole,
    bodies_of,
    decoded_depth,
    label_files,
    named,
    pose_of,
)
from domainaug_simulators.carla_adapter.line import Line
from domainaug_simulators.carla_adapter.snow import in_image, snowed
from domainaug_simulators.carla_adapter.worlds import CarlaWorld, asked_of, check_time, mounts_of, opening_of, sized
from domainaug_simulators.carla_server.world.skies import sky_of
from domainaug_simulators.street.axes import weather_of
from domainaug_simulators.street.listening import RIG, lidar_of, packed
from domainaug_simulators.street.recording import encoded, matrix_told, number_told
from domainaug_simulators.street.sensors import LidarMount

__all__ = ["Recorder", "Writer"]

_KEPT: Final = 64  # labels of frames that are held for the weathers to come
_ASTRAY: Final = 0.02  # share of a picture's pixels that may be somebody else in another weather
_DARK: Final = 0.0  # degrees of the sun under which vehicles light their lamps
_DIM: Final = 250.0  # and meters of sight


class Writer:
    """Writes files in a thread of its own; who is ahead of it by more than a few waits."""

    def __init__(self, most: int = 16) -> None:
        """Begin.

        Args:
            most: How many files may wait.
        """
        self._waiting: queue.Queue[tuple[Path, bytes | Callable[[], bytes]] | None] = queue.Queue(most)
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="carla-writer", daemon=True)
        self._thread.start()

    def put(self, path: Path, content: bytes | Callable[[], bytes]) -> None:
        """Have a file written, of some bytes or of what a function returns."""
        self._waiting.put((path, content))

    def close(self) -> None:
        """Wait until all is written.

        Raises:
            OSError: Something could not be.
        """
        self._waiting.put(None)
        self._thread.join()
        if self._failed is not None:
            raise self._failed

    def _run(self) -> None:
        while (one := self._waiting.get()) is not None:
            if self._failed is not None:
                continue
            path, content = one
            try:
                path.write_bytes(content if isinstance(content, bytes) else content())
            except Exception as error:
                self._failed = error


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a camera shows that no weather changes."""

    tags: NDArray[np.uint8]
    numbers: NDArray[np.uint16]
    depth: Floats
    files: Mapping[str, bytes]


@dataclass(eq=False)
class Recorder:
    """A world on a server.

    Attributes:
        world: What it is.
        line: To the server.
        version: The server's.
        driven: Where TrafficManager drove everybody, or None.
        opened: What the server said when it was opened, or None.
    """

    world: CarlaWorld
    line: Line
    version: str
    driven: Mapping[str, Any] | None = None
    opened: Mapping[str, Any] | None = None
    _labels: OrderedDict[object, _Seen] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        """Leave the server when nobody needs it any more."""
        weakref.finalize(self, self.line.leave)

    def render(self, variant: Variant, number: int, folder: Path) -> Rendered:
        """Write one variant into a folder of its own; see `domainaug.scenario.Stage`.

        Raises:
            CaptureFailed: Frames could not be had, or labels of two weathers contradict.
            ServerLost: The server is gone.
        """
        if self.opened is None:
            self.opened = self.line.open(opening_of(self.world, self.driven))
        check_time(self.world, variant.values)
        take = _Take(self, variant, weather_of(variant.values), folder)
        for sensor in (*self.world.cameras, *self.world.sensors, *self.world.feelers):
            (folder / sensor.name).mkdir()
        take.writer = Writer()
        try:
            for index in range(self.world.frames):
                take.frame(index)
            paths = [*take.paths, *take.told()]
        finally:
            take.writer.close()
        return Rendered(tuple(paths), take.record())

    def seen(self, key: object, make: Callable[[], _Seen], numbers: NDArray[np.uint16] | None) -> _Seen:
        """Return what a camera shows, made once for all weathers."""
        if key not in self._labels:
            self._labels[key] = make()
            while len(self._labels) > _KEPT:
                self._labels.popitem(last=False)
        self._labels.move_to_end(key)
        known = self._labels[key]
        if numbers is not None:
            astray = float((known.numbers != numbers).mean())
            if astray > _ASTRAY:
                raise CaptureFailed(
                    f"{astray:.1%} of the pixels of {key} show somebody else than in another weather: the world moved; "
                    "nothing else may use this server"
                )
        return known


@dataclass(slots=True, eq=False)
class _Take:
    """One variant while it is taken."""

    recorder: Recorder
    variant: Variant
    weather: Weather
    folder: Path
    writer: Writer | None = None
    paths: list[Path] = field(default_factory=list)
    poses: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def frame(self, index: int) -> None:
        """Take a frame, and have it written."""
        told, arrays = self.recorder.line.frame(self._asked(index))
        self.events += told["events"]
        world, time = self.recorder.world, self._time(index)
        ego = pose_of(told["ego"])
        vx, vy, vz = told["velocity"]
        carrier = {
            "place_m": [number_told(v) for v in ego[:3, 3]],
            "yaw_deg": number_told(-told["ego"][4]),
            "velocity_mps": [number_told(v) for v in (vx, -vy, vz)],
        }
        now = {"time_s": number_told(time), "ego": carrier}
        self.poses.append({"time_s": now["time_s"], "vehicle_to_world": matrix_told(ego), **carrier})
        bodies = bodies_of(told["things"])
        own = bodies_of([told["carrier"]] if told["carrier"] else [])
        for mounted in world.cameras:
            self._camera(mounted.name, index, told["places"], arrays, [*bodies, *own], now)
        for mount in world.sensors:
            place = pose_of(told["places"][mount.name])
            where = {**now, "sensor_to_world": matrix_told(place)}
            if isinstance(mount, LidarMount):
                self._lidar(mount, index, arrays[mount.name], bodies, place, where)
            else:
                found = detections(arrays[mount.name], bodies, place, (vx, -vy, vz))
                self._put(mount.name, index, {"npz": packed(found), "radar.json": text(where)})
        for feeler in world.feelers:
            content = {"kind": feeler.kind, **now, **position_told(feeler.kind, arrays[feeler.name], told)}
            self._put(feeler.name, index, {"json": text(content)})

    def _camera(
        self, name: str, index: int, places: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]],
        bodies: Sequence[Body], now: Mapping[str, Any],
    ) -> None:  # fmt: skip
        pixels = arrays[f"{name}/rgb"]
        mounted = next(one for one in self.recorder.world.cameras if one.name == name)
        _, _, view = sized(mounted, self.variant.values)
        camera = Pinhole(pose_of(places[f"{name}/rgb"]), pixels.shape[1], pixels.shape[0], view)
        depth = decoded_depth(arrays[f"{name}/depth"])
        tags, numbers = named(arrays[f"{name}/instance"], depth, camera, bodies)

        def made() -> _Seen:
            return _Seen(tags, numbers, depth, label_files(tags, numbers, depth, camera, bodies, now))

        seen = self.recorder.seen((self.variant.labels, name, index), made, numbers)
        picture = np.ascontiguousarray(pixels[..., 2::-1])
        if in_image(self.weather):
            poses, world = self._moving(camera, now), self.recorder.world
            picture = snowed(
                picture, seen.tags, seen.depth, camera, self.weather, key=self._key("flakes") >> 2,
                time=float(now["time_s"]), poses=poses, rate=1 / world.dt,
            )  # fmt: skip
        self._put(name, index, {"png": lambda: encoded(picture), **seen.files})

    def _moving(self, camera: Pinhole, now: Mapping[str, Any]) -> list[Floats]:
        """Return the poses of a camera now and a frame later, with the road at 0."""
        first = np.asarray(np.linalg.inv(camera.extrinsics), np.float64)
        first[2, 3] -= now["ego"]["place_m"][2]
        after = first.copy()
        after[:3, 3] += np.array(now["ego"]["velocity_mps"]) * self.recorder.world.dt
        return [first, after]

    def _lidar(
        self, mount: LidarMount, index: int, points: Floats, bodies: Sequence[Body], place: Floats,
        where: Mapping[str, Any],
    ) -> None:  # fmt: skip
        lidar = lidar_of(mount)
        met = met_of(points, lidar, bodies, place)
        shape = len(lidar.angles), lidar.columns
        truth = {
            "range": np.where(np.isfinite(met.away), met.away, 0).astype(np.float32).reshape(shape),
            "semantic": met.tag.reshape(shape), "instance": met.instance.reshape(shape),
        }  # fmt: skip
        air = LidarAir(self.weather.visibility, self.weather.rain, self.weather.snowfall)
        turn = {**where, "noise_m": lidar.noise, "objects": objects_of(met, bodies, place)}
        files = {
            "npz": packed(heard(met, lidar, self._key(f"{mount.name}/{index}"), air)), "truth.npz": packed(truth),
            "turn.json": text(turn),
        }  # fmt: skip
        self._put(mount.name, index, files)

    def told(self) -> list[Path]:
        """Have what describes the variant written, and return where it is."""
        world, values = self.recorder.world, self.variant.values
        sensors: dict[str, Any] = {}
        mounts = mounts_of(world, values)
        for asked in asked_of(world, values):
            name, _, picture = asked["name"].partition("/")
            if picture in ("depth", "instance"):
                continue
            place = pose_of(mounts[asked["name"]])
            sensors[name] = {"kind": asked["kind"], "attributes": asked["attributes"]}
            if asked["size"] is not None:
                lens = Pinhole(place, asked["size"][0], asked["size"][1], asked["attributes"]["fov"])
                sensors[name] |= {
                    "intrinsics": matrix_told(lens.intrinsics), "width": lens.width, "height": lens.height,
                }  # fmt: skip
                place = np.asarray(np.linalg.inv(lens.extrinsics), np.float64)
            sensors[name]["sensor_to_vehicle"] = matrix_told(place)
        scene = {**self.record(), "id": self.variant.id, "values": dict(values), "dt_s": world.dt}
        rig = {"labels_id": self.variant.labels, "sensors": sensors, "poses": self.poses}
        for name, content in (("scene.json", scene), (RIG, rig)):
            (self.folder / name).write_bytes(text(content))
        return [Path("scene.json"), Path(RIG)]

    def record(self) -> dict[str, Any]:
        """Return what it shows and how it was made."""
        opened = self.recorder.opened or {}
        told = {
            "weather": self.weather.to_dict(), "layout": str(opened.get("map", self.recorder.world.map)),
            "labels_id": self.variant.labels, "frames": self.recorder.world.frames,
            "in_image": list(in_image(self.weather)),
            "carla": {"server": self.recorder.version, "weather": sky_of(self.weather).numbers},
        }  # fmt: skip
        return {**told, "events": self.events} if self.events else told

    def _asked(self, index: int) -> dict[str, Any]:
        world, values = self.recorder.world, self.variant.values
        density = float(values["density"])
        return {
            "weather": sky_of(self.weather).numbers,
            "lamps": self.weather.sun_altitude < _DARK or self.weather.seen < _DIM,
            "sensors": asked_of(world, values), "mounts": mounts_of(world, values),
            "values": {name: float(values[name]) for name in ("along", "aside")},
            "times": [self._time(each) for each in range(world.frames)], "index": index, "warmup": world.warmup,
            "count": [round(density * world.vehicles), round(density * world.walkers)],
        }  # fmt: skip

    def _time(self, index: int) -> float:
        return float(self.variant.values["time"]) + index * self.recorder.world.dt

    def _key(self, name: str) -> int:
        """Return a number that names noise: by the state of the world, so that two weathers differ by the weather."""
        digest = hashlib.sha256(f"{self.variant.labels}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 32

    def _put(self, name: str, index: int, files: Mapping[str, bytes | Callable[[], bytes]]) -> None:
        assert self.writer is not None
        for ending, content in files.items():
            path = Path(name, f"{index:06d}.{ending}")
            self.paths.append(path)
            self.writer.put(self.folder / path, content)


def text(told: Mapping[str, Any]) -> bytes:
    """Return JSON as files have it."""
    return (json.dumps(told, indent=1, sort_keys=True) + "\n").encode()
