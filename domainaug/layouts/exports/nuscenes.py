"""nuScenes: the tables of `v1.0-mini`, `samples/` and `lidarseg/`; a variant is a scene, a frame a sample.

Cameras are called as nuScenes calls them where their names say which they are (`front` is `CAM_FRONT`); the only LiDAR
is `LIDAR_TOP`, the only radar `RADAR_FRONT`. There is no map: it is an empty picture.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from domainaug.layouts.exports.files import copied, put_bytes, put_image, put_json
from domainaug.layouts.exports.nuscenes_clouds import channel_of_sweep, classes_of, content_of
from domainaug.layouts.exports.nuscenes_tables import Array, Row, Tables, links, quaternion, token
from domainaug.layouts.exports.nuscenes_things import annotated, put_vocabulary
from domainaug.layouts.frames import Frame
from domainaug.layouts.sweeps import Sweep

__all__ = ["write"]

_VERSION: Final = "v1.0-mini"
_APART: Final = 10_000.0  # seconds from the start of one variant to that of the next


def write(frames: Sequence[Frame], out: Path) -> None:
    """Write the frames."""
    tables = Tables()
    put_vocabulary(tables)
    frames = _in_turn(frames)
    by_scene: dict[str, dict[int, list[Frame]]] = defaultdict(lambda: defaultdict(list))
    for frame in frames:
        by_scene[frame.variant][frame.number].append(frame)
    logs = []
    for variant, samples in by_scene.items():
        logs.append(token("log", variant))
        tables.add("log", logs[-1], logfile="", vehicle="simulated", date_captured="", location="street")
        _scene(tables, variant, [samples[number] for number in sorted(samples)], logs[-1])
    put_image(out / "maps" / "empty.png", np.zeros((8, 8), np.uint8))
    tables.add("map", token("map"), log_tokens=logs, category="semantic_prior", filename="maps/empty.png")
    for frame in frames:
        copied(frame.place, out / _filename(frame))
    for shot in (shot for shots in by_scene.values() for (frame, *_) in shots.values() for shot in _clouds(frame)):
        put_bytes(out / shot.filename, content_of(shot.sweep))
        if shot.sweep.kind == "lidar":
            data = token("sample_data", *shot.key)
            filename = f"lidarseg/{_VERSION}/{data}_lidarseg.bin"
            put_bytes(out / filename, classes_of(shot.sweep).tobytes())
            tables.add("lidarseg", data, sample_data_token=data, filename=filename)
    for name, rows in tables.rows.items():
        put_json(out / _VERSION / f"{name}.json", rows)


def _in_turn(frames: Sequence[Frame]) -> list[Frame]:
    """Return frames at times of their own: variants share theirs, and programs sort scenes by when they begin."""
    variants = {name: place for place, name in enumerate(sorted({frame.variant for frame in frames}))}
    return [replace(frame, time=frame.time + _APART * variants[frame.variant]) for frame in frames]


def _scene(tables: Tables, variant: str, samples: Sequence[Sequence[Frame]], log: str) -> None:
    tokens = [token("sample", variant, frames[0].number) for frames in samples]
    scene = token("scene", variant)
    first, last = tokens[0], tokens[-1]
    about = {"name": variant, "description": _words(samples[0][0]), "log_token": log, "nbr_samples": len(samples)}
    tables.add("scene", scene, first_sample_token=first, last_sample_token=last, **about)
    seen: dict[int, list[Row]] = defaultdict(list)
    data: dict[str, list[Row]] = defaultdict(list)
    for name, frames, beside in zip(tokens, samples, links(tokens), strict=True):
        tables.add("sample", name, timestamp=_microseconds(frames[0]), scene_token=scene, **beside)
        for frame in frames:
            data[frame.camera].append(_sample_data(tables, frame, name))
        for shot in _clouds(frames[0]):
            data[shot.channel].append(_cloud_data(tables, shot, name))
        for row, instance in annotated(frames, name):
            seen[instance].append(row)
    for rows in data.values():
        _linked(tables, "sample_data", rows)
    for instance, rows in sorted(seen.items()):
        _linked(tables, "sample_annotation", rows)
        kind = rows[0].pop("kind")
        for row in rows[1:]:
            row.pop("kind")
        ends = {"first_annotation_token": rows[0]["token"], "last_annotation_token": rows[-1]["token"]}
        known = {"category_token": token("category", kind), "nbr_annotations": len(rows)}
        tables.add("instance", token("instance", variant, instance), **known, **ends)


def _linked(tables: Tables, table: str, rows: list[Row]) -> None:
    for row, beside in zip(rows, links([row["token"] for row in rows]), strict=True):
        row.update(beside)
        tables.rows[table].append(row)


def _sample_data(tables: Tables, frame: Frame, sample: str) -> Row:
    inner = frame.intrinsics.copy()
    inner[:2, 2] -= 0.5
    shot = _Shot(
        (frame.variant, frame.camera, frame.number), channel_of(frame.camera), "camera", _microseconds(frame),
        frame.ego, np.asarray(np.linalg.inv(frame.world_to_camera), np.float64), _filename(frame), inner.tolist(),
    )  # fmt: skip
    row = _told(tables, shot, sample)
    return {**row, "fileformat": "png", "height": frame.size[0], "width": frame.size[1]}


def _cloud_data(tables: Tables, shot: _Cloud, sample: str) -> Row:
    sweep = shot.sweep
    known = shot.key, shot.channel, sweep.kind, shot.microseconds
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
    def key(self) -> tuple[str, str, int]:
        """What no other sweep of the scenario has."""
        return self.sweep.variant, self.sweep.sensor, self.sweep.number

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


def _told(tables: Tables, shot: _Shot, sample: str) -> Row:
    """Return the row of `sample_data`; its sensor, pose and calibration are added to their tables."""
    sensor = tables.add("sensor", token("sensor", shot.channel), channel=shot.channel, modality=shot.modality)
    x, y, z, yaw = shot.ego
    c, s = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
    heading = [math.cos(math.radians(yaw) / 2), 0.0, 0.0, math.sin(math.radians(yaw) / 2)]
    pose = token("ego_pose", *shot.key)
    tables.add("ego_pose", pose, timestamp=shot.microseconds, rotation=heading, translation=[x, y, z])
    vehicle = np.eye(4)
    vehicle[:2, :2], vehicle[:3, 3] = [[c, -s], [s, c]], (x, y, z)
    mounted = np.linalg.inv(vehicle) @ shot.to_world
    calibrated = tables.add(
        "calibrated_sensor", token("calibrated_sensor", *shot.key),
        sensor_token=sensor, translation=mounted[:3, 3].tolist(), rotation=quaternion(mounted[:3, :3]),
        camera_intrinsic=shot.intrinsics,
    )  # fmt: skip
    return {
        "token": token("sample_data", *shot.key),
        "sample_token": sample,
        "ego_pose_token": pose,
        "calibrated_sensor_token": calibrated,
        "timestamp": shot.microseconds,
        "is_key_frame": True,
        "filename": shot.filename,
    }


def channel_of(camera: str) -> str:
    """Return what nuScenes would call a camera."""
    return f"CAM_{camera.upper().replace('-', '_')}"


def _filename(frame: Frame) -> str:
    channel = channel_of(frame.camera)
    return f"samples/{channel}/{frame.variant}__{channel}__{_microseconds(frame)}.png"


def _microseconds(frame: Frame) -> int:
    return round(frame.time * 1_000_000)


def _words(frame: Frame) -> str:
    told: Mapping[str, float] = frame.weather
    return ", ".join(f"{name} {value:g}" for name, value in sorted(told.items()))
