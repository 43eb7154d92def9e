"""nuScenes: the thirteen tables of `v1.0-mini`, and `samples/`; a variant is a scene, a frame a sample.

Cameras are called as nuScenes calls them where their names say which they are (`front` is `CAM_FRONT`); the only LiDAR
is `LIDAR_TOP`, the only radar `RADAR_FRONT`. There is no map: it is an empty picture.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.exports.files import copied, put_bytes, put_image, put_json
from domainaug.layouts.exports.nuscenes_clouds import channel_of_sweep, content_of
from domainaug.layouts.frames import Frame
from domainaug.layouts.sweeps import Sweep

__all__ = ["write"]

_VERSION: Final = "v1.0-mini"
_KINDS: Final = {
    "car": "vehicle.car",
    "truck": "vehicle.truck",
    "bus": "vehicle.bus.rigid",
    "motorcycle": "vehicle.motorcycle",
    "bicycle": "vehicle.bicycle",
    "pedestrian": "human.pedestrian.adult",
}
_ATTRIBUTES: Final = (
    "vehicle.moving", "vehicle.parked", "cycle.with_rider", "cycle.without_rider", "pedestrian.moving",
    "pedestrian.standing",
)  # fmt: skip
_LEVELS: Final = {"1": (0.0, "v0-40"), "2": (0.4, "v40-60"), "3": (0.6, "v60-80"), "4": (0.8, "v80-100")}
_STANDING: Final = 0.2  # meters per second below which something does not move
_APART: Final = 10_000.0  # seconds from the start of one variant to that of the next
_ASTRIDE: Final = 1.0  # meters between the middles of a cycle and of who rides it, at most

Row = dict[str, Any]
Array = NDArray[np.float64]


def write(frames: Sequence[Frame], out: Path) -> None:
    """Write the frames."""
    tables = _Tables()
    for kind in _KINDS.values():
        tables.add("category", _token("category", kind), name=kind, description="")
    for name in _ATTRIBUTES:
        tables.add("attribute", _token("attribute", name), name=name, description="")
    for number, (_, level) in _LEVELS.items():
        tables.add("visibility", number, level=level, description=f"visibility of the whole object is {level[1:]} %")
    frames = _in_turn(frames)
    by_scene: dict[str, dict[int, list[Frame]]] = defaultdict(lambda: defaultdict(list))
    for frame in frames:
        by_scene[frame.variant][frame.number].append(frame)
    logs = []
    for variant, samples in by_scene.items():
        logs.append(_token("log", variant))
        tables.add("log", logs[-1], logfile="", vehicle="simulated", date_captured="", location="street")
        _scene(tables, variant, [samples[number] for number in sorted(samples)], logs[-1])
    put_image(out / "maps" / "empty.png", np.zeros((8, 8), np.uint8))
    tables.add("map", _token("map"), log_tokens=logs, category="semantic_prior", filename="maps/empty.png")
    for frame in frames:
        copied(frame.place, out / _filename(frame))
    for shot in (shot for shots in by_scene.values() for (frame, *_) in shots.values() for shot in _clouds(frame)):
        put_bytes(out / shot.filename, content_of(shot.sweep))
    for name, rows in tables.rows.items():
        put_json(out / _VERSION / f"{name}.json", rows)


def _in_turn(frames: Sequence[Frame]) -> list[Frame]:
    """Return frames at times of their own: variants share theirs, and programs sort scenes by when they begin."""
    variants = {name: place for place, name in enumerate(sorted({frame.variant for frame in frames}))}
    return [replace(frame, time=frame.time + _APART * variants[frame.variant]) for frame in frames]


@dataclass(slots=True)
class _Tables:
    """Rows, by table; every table is there, if empty."""

    rows: dict[str, list[Row]] = field(
        default_factory=lambda: {
            name: []
            for name in (
                "attribute", "calibrated_sensor", "category", "ego_pose", "instance", "log", "map", "sample",
                "sample_annotation", "sample_data", "scene", "sensor", "visibility",
            )
        }
    )  # fmt: skip
    known: set[tuple[str, str]] = field(default_factory=set)

    def add(self, table: str, token: str, **values: Any) -> str:
        """Add a row, once, and return its token."""
        if (table, token) not in self.known:
            self.known.add((table, token))
            self.rows[table].append({"token": token, **values})
        return token


def _scene(tables: _Tables, variant: str, samples: Sequence[Sequence[Frame]], log: str) -> None:
    tokens = [_token("sample", variant, frames[0].number) for frames in samples]
    scene = _token("scene", variant)
    first, last = tokens[0], tokens[-1]
    about = {"name": variant, "description": _words(samples[0][0]), "log_token": log, "nbr_samples": len(samples)}
    tables.add("scene", scene, first_sample_token=first, last_sample_token=last, **about)
    seen: dict[int, list[Row]] = defaultdict(list)
    data: dict[str, list[Row]] = defaultdict(list)
    for token, frames, links in zip(tokens, samples, _links(tokens), strict=True):
        tables.add("sample", token, timestamp=_microseconds(frames[0]), scene_token=scene, **links)
        for frame in frames:
            data[frame.camera].append(_sample_data(tables, frame, token))
        for shot in _clouds(frames[0]):
            data[shot.channel].append(_cloud_data(tables, shot, token))
        for row, instance in _annotations(frames, token):
            seen[instance].append(row)
    for rows in data.values():
        _linked(tables, "sample_data", rows)
    for instance, rows in sorted(seen.items()):
        _linked(tables, "sample_annotation", rows)
        kind = rows[0].pop("kind")
        for row in rows[1:]:
            row.pop("kind")
        ends = {"first_annotation_token": rows[0]["token"], "last_annotation_token": rows[-1]["token"]}
        known = {"category_token": _token("category", kind), "nbr_annotations": len(rows)}
        tables.add("instance", _token("instance", variant, instance), **known, **ends)


def _linked(tables: _Tables, table: str, rows: list[Row]) -> None:
    for row, links in zip(rows, _links([row["token"] for row in rows]), strict=True):
        row.update(links)
        tables.rows[table].append(row)


def _links(tokens: Sequence[str]) -> list[Row]:
    """Return `prev` and `next` of each, "" at the ends."""
    return [{"prev": one, "next": two} for one, two in zip(["", *tokens[:-1]], [*tokens[1:], ""], strict=True)]


def _sample_data(tables: _Tables, frame: Frame, sample: str) -> Row:
    inner = frame.intrinsics.copy()
    inner[:2, 2] -= 0.5
    shot = _Shot(
        (frame.variant, frame.camera, frame.number), channel_of(frame.camera), "camera", _microseconds(frame),
        frame.ego, np.asarray(np.linalg.inv(frame.world_to_camera), np.float64), _filename(frame), inner.tolist(),
    )  # fmt: skip
    row = _told(tables, shot, sample)
    return {**row, "fileformat": "png", "height": frame.size[0], "width": frame.size[1]}


def _cloud_data(tables: _Tables, shot: _Cloud, sample: str) -> Row:
    sweep = shot.sweep
    known = (sweep.variant, sweep.sensor, sweep.number), shot.channel, sweep.kind, shot.microseconds
    row = _told(tables, _Shot(*known, sweep.ego, sweep.to_world, shot.filename), sample)
    return {**row, "fileformat": "pcd", "height": 0, "width": 0}


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    """What one sensor took in one moment."""

    key: tuple[str, str, int]
    channel: str
    modality: str
    microseconds: int
    ego: tuple[float, float, float, float]
    to_world: Array
    filename: str
    intrinsics: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class _Cloud:
    """A sweep, and what it is called here."""

    sweep: Sweep
    channel: str
    microseconds: int

    @property
    def filename(self) -> str:
        ending = "pcd.bin" if self.sweep.kind == "lidar" else "pcd"
        return f"samples/{self.channel}/{self.sweep.variant}__{self.channel}__{self.microseconds}.{ending}"


def _clouds(frame: Frame) -> list[_Cloud]:
    """Return what LiDARs and radars brought back at the moment of a frame."""
    kinds = [sweep.kind for sweep in frame.sweeps]
    return [
        _Cloud(sweep, channel_of_sweep(sweep, kinds.count(sweep.kind) == 1), _microseconds(frame))
        for sweep in frame.sweeps
    ]


def _told(tables: _Tables, shot: _Shot, sample: str) -> Row:
    """Return the row of `sample_data`; its sensor, pose and calibration are added to their tables."""
    sensor = tables.add("sensor", _token("sensor", shot.channel), channel=shot.channel, modality=shot.modality)
    x, y, z, yaw = shot.ego
    c, s = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
    heading = [math.cos(math.radians(yaw) / 2), 0.0, 0.0, math.sin(math.radians(yaw) / 2)]
    pose = _token("ego_pose", *shot.key)
    tables.add("ego_pose", pose, timestamp=shot.microseconds, rotation=heading, translation=[x, y, z])
    vehicle = np.eye(4)
    vehicle[:2, :2], vehicle[:3, 3] = [[c, -s], [s, c]], (x, y, z)
    mounted = np.linalg.inv(vehicle) @ shot.to_world
    calibrated = tables.add(
        "calibrated_sensor", _token("calibrated_sensor", *shot.key),
        sensor_token=sensor, translation=mounted[:3, 3].tolist(), rotation=quaternion(mounted[:3, :3]),
        camera_intrinsic=shot.intrinsics,
    )  # fmt: skip
    return {
        "token": _token("sample_data", *shot.key),
        "sample_token": sample,
        "ego_pose_token": pose,
        "calibrated_sensor_token": calibrated,
        "timestamp": shot.microseconds,
        "is_key_frame": True,
        "filename": shot.filename,
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """A thing of a moment, by whatever sensor shows it."""

    kind: str
    placed: Array
    size: tuple[float, float, float]
    velocity: tuple[float, float, float]
    seen: float = 0.0


def _shown(frames: Sequence[Frame]) -> dict[int, _Shown]:
    """Return the things of a moment: what a camera shows, as the one that shows most of it does, or a LiDAR meets."""
    found: dict[int, _Shown] = {}
    for solid in (solid for sweep in frames[0].sweeps for solid in sweep.solids):
        found[solid.instance] = _Shown(solid.kind, solid.placed, solid.size, solid.velocity)
    for thing in (thing for frame in frames for thing in frame.things):
        if not thing.pixels or thing.placed is None or thing.size is None:
            continue
        seen = 1 - thing.occlusion
        if thing.instance not in found or seen > found[thing.instance].seen:
            found[thing.instance] = _Shown(thing.kind, thing.placed, thing.size, thing.velocity, seen)
    return found


def _annotations(frames: Sequence[Frame], sample: str) -> list[tuple[Row, int]]:
    """Return the annotations of a moment."""
    shown = _shown(frames)
    riders = [thing.placed[:2, 3] for thing in shown.values() if thing.kind == "rider"]
    points = {kind: _counted([s for s in frames[0].sweeps if s.kind == kind]) for kind in ("lidar", "radar")}
    rows = []
    for number, thing in sorted(shown.items()):
        if thing.kind not in _KINDS:
            continue
        length, width, height = thing.size
        middle = thing.placed[:3, 3] + thing.placed[:3, 2] * (height / 2)
        level = [number for number, (least, _) in _LEVELS.items() if thing.seen >= least][-1]
        row = {
            "token": _token("sample_annotation", sample, number),
            "sample_token": sample,
            "instance_token": _token("instance", frames[0].variant, number),
            "visibility_token": level,
            "attribute_tokens": [_token("attribute", _attribute(thing, riders))],
            "translation": middle.tolist(),
            "size": [width, length, height],
            "rotation": quaternion(thing.placed[:3, :3]),
            "num_lidar_pts": points["lidar"].get(number, 0),
            "num_radar_pts": points["radar"].get(number, 0),
            "kind": _KINDS[thing.kind],
        }
        rows.append((row, number))
    return rows


def _counted(sweeps: Sequence[Sweep]) -> dict[int, int]:
    """Return how many points of each thing came back in the weather of the variant."""
    found: dict[int, int] = defaultdict(int)
    for sweep in sweeps:
        for number, count in sweep.counts().items():
            found[number] += count
    return found


def _attribute(thing: _Shown, riders: Sequence[Array]) -> str:
    moving = float(np.linalg.norm(thing.velocity)) > _STANDING
    if thing.kind == "pedestrian":
        return "pedestrian.moving" if moving else "pedestrian.standing"
    if thing.kind in ("bicycle", "motorcycle"):
        ridden = any(np.linalg.norm(thing.placed[:2, 3] - place) < _ASTRIDE for place in riders)
        return "cycle.with_rider" if ridden else "cycle.without_rider"
    return "vehicle.moving" if moving else "vehicle.parked"


def channel_of(camera: str) -> str:
    """Return what nuScenes would call a camera."""
    return f"CAM_{camera.upper().replace('-', '_')}"


def quaternion(turn: Array) -> list[float]:
    """Return a rotation matrix as w, x, y, z of a unit quaternion, w not negative."""
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(turn).as_quat().tolist()
    return [w, x, y, z] if w >= 0 else [-w, -x, -y, -z]


def _filename(frame: Frame) -> str:
    channel = channel_of(frame.camera)
    return f"samples/{channel}/{frame.variant}__{channel}__{_microseconds(frame)}.png"


def _microseconds(frame: Frame) -> int:
    return round(frame.time * 1_000_000)


def _words(frame: Frame) -> str:
    told: Mapping[str, float] = frame.weather
    return ", ".join(f"{name} {value:g}" for name, value in sorted(told.items()))


def _token(*parts: object) -> str:
    """Return 32 hex digits that name something, the same every time."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]
