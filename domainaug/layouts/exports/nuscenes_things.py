"""What nuScenes says of things: their classes, boxes, attributes, and how many points of each sensor lie in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from domainaug.layouts.exports.nuscenes_tables import Array, Row, Tables, quaternion, token
from domainaug.layouts.frames import Frame
from domainaug.layouts.sweeps import Sweep

__all__ = ["CLASSES", "annotated", "put_vocabulary"]

CLASSES: Final = (
    "noise", "animal", "human.pedestrian.adult", "human.pedestrian.child", "human.pedestrian.construction_worker",
    "human.pedestrian.personal_mobility", "human.pedestrian.police_officer", "human.pedestrian.stroller",
    "human.pedestrian.wheelchair", "movable_object.barrier", "movable_object.debris",
    "movable_object.pushable_pullable", "movable_object.trafficcone", "static_object.bicycle_rack", "vehicle.bicycle",
    "vehicle.bus.bendy", "vehicle.bus.rigid", "vehicle.car", "vehicle.construction", "vehicle.emergency.ambulance",
    "vehicle.emergency.police", "vehicle.motorcycle", "vehicle.trailer", "vehicle.truck", "flat.driveable_surface",
    "flat.other", "flat.sidewalk", "flat.terrain", "static.manmade", "static.other", "static.vegetation", "vehicle.ego",
)  # fmt: skip
"""Classes of boxes and of points, by the numbers that points have."""


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
_ASTRIDE: Final = 1.0  # meters between the middles of a cycle and of who rides it, at most


def put_vocabulary(tables: Tables) -> None:
    """Add the rows that say what classes, attributes and shares of visibility there are."""
    for index, name in enumerate(CLASSES):
        tables.add("category", token("category", name), name=name, description="", index=index)
    for name in _ATTRIBUTES:
        tables.add("attribute", token("attribute", name), name=name, description="")
    for number, (_, level) in _LEVELS.items():
        tables.add("visibility", number, level=level, description=f"visibility of the whole object is {level[1:]} %")


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


def annotated(frames: Sequence[Frame], sample: str) -> list[tuple[Row, int]]:
    """Return the annotations of a moment, each with the number of its thing."""
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
            "token": token("sample_annotation", sample, number),
            "sample_token": sample,
            "instance_token": token("instance", frames[0].variant, number),
            "visibility_token": level,
            "attribute_tokens": [token("attribute", _attribute(thing, riders))],
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
