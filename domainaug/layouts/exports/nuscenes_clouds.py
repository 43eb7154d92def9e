"""Clouds, classes of points and radar detections as nuScenes stores them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.exports.nuscenes_things import CLASSES
from domainaug.layouts.sweeps import Sweep, ridden

__all__ = ["channel_of_sweep", "classes_of", "content_of"]

Array = NDArray[np.float64]

_FIELDS: Final = (
    ("x", "f4"), ("y", "f4"), ("z", "f4"), ("dyn_prop", "i1"), ("id", "i2"), ("rcs", "f4"), ("vx", "f4"),
    ("vy", "f4"), ("vx_comp", "f4"), ("vy_comp", "f4"), ("is_quality_valid", "i1"), ("ambig_state", "i1"),
    ("x_rms", "i1"), ("y_rms", "i1"), ("invalid_state", "i1"), ("pdh0", "i1"), ("vx_rms", "i1"), ("vy_rms", "i1"),
)  # fmt: skip
_KINDS: Final = {
    1: "flat.driveable_surface", 2: "flat.sidewalk", 3: "static.manmade", 4: "static.manmade", 5: "static.manmade",
    6: "static.manmade", 7: "static.manmade", 8: "static.manmade", 9: "static.vegetation", 10: "flat.terrain",
    12: "human.pedestrian.adult", 13: "vehicle.bicycle", 14: "vehicle.car", 15: "vehicle.truck",
    16: "vehicle.bus.rigid", 17: "static.other", 18: "vehicle.motorcycle", 19: "vehicle.bicycle", 20: "static.other",
    21: "static.other", 22: "static.other", 23: "flat.other", 24: "flat.driveable_surface", 25: "flat.other",
    26: "static.manmade", 27: "flat.other", 28: "static.manmade",
}  # fmt: skip
"""The class of points for each of CARLA's; what is not here is noise."""
_SURFACE: Final = 1
_MOVING, _STATIONARY = 0, 1
_UNAMBIGUOUS: Final = 3
_STILL: Final = 0.5  # meters per second along the ray below which a detection is said to stand
_SURE: Final = 1  # a false alarm in less than a quarter of cases


def channel_of_sweep(sweep: Sweep, alone: bool) -> str:
    """Return what nuScenes would call a sensor: the only LiDAR is `LIDAR_TOP`, the only radar `RADAR_FRONT`."""
    if alone:
        return {"lidar": "LIDAR_TOP", "radar": "RADAR_FRONT"}[sweep.kind]
    own = sweep.sensor.removeprefix(sweep.kind).strip("-_") or sweep.sensor
    return f"{sweep.kind.upper()}_{own.upper().replace('-', '_')}"


def content_of(sweep: Sweep) -> bytes:
    """Return the file: for a LiDAR x, y, z, intensity (0 to 255) and ring, five 32-bit floats a point; else a PCD."""
    arrays = sweep.arrays()
    if sweep.kind == "lidar":
        points = arrays["points"].astype("<f4")
        return np.column_stack([points[:, :3], points[:, 3] * 255, arrays["ring"]]).astype("<f4").tobytes()
    return _radar(sweep)


def classes_of(sweep: Sweep) -> NDArray[np.uint8]:
    """Return the class of each point as nuScenes-lidarseg numbers it; riders are part of what they ride."""
    arrays = sweep.arrays()
    table = np.zeros(256, np.uint8)
    for number, name in _KINDS.items():
        table[number] = CLASSES.index(name)
    classes = table[arrays["semantic"]]
    classes[arrays["echo"] != _SURFACE] = 0
    for solid in sweep.solids:
        if solid.kind == "rider" and ridden(solid, sweep.solids) == "motorcycle":
            classes[arrays["instance"] == solid.instance] = CLASSES.index("vehicle.motorcycle")
    return np.asarray(classes, np.uint8)


def _radar(sweep: Sweep) -> bytes:
    """Return a binary PCD.

    nuScenes tells velocities along x and y of the sensor: the part along the ray, as it was measured, and the same
    with the sensor's own motion taken out. Its development kit drops what has an invalid state or may stand in
    several places; nothing of ours does. Cross sections are not simulated and are 0.
    """
    arrays = sweep.arrays()
    level = np.cos(arrays["altitude"])
    across = np.stack([level * np.cos(arrays["azimuth"]), level * np.sin(arrays["azimuth"])], axis=1)
    rows = np.zeros(max(len(level), 1), np.dtype([(name, f"<{kind}") for name, kind in _FIELDS]))
    if not len(level):
        rows["x"] = np.nan  # how nuScenes says that there is none
        return _pcd(rows)
    rows["x"], rows["y"] = (across * arrays["range"][:, None]).T
    rows["z"] = np.sin(arrays["altitude"]) * arrays["range"]
    rows["vx"], rows["vy"] = (across * arrays["velocity"][:, None]).T
    still = arrays["velocity"] + _own(sweep, across)
    rows["vx_comp"], rows["vy_comp"] = (across * still[:, None]).T
    rows["dyn_prop"] = np.where(np.abs(still) < _STILL, _STATIONARY, _MOVING)
    rows["id"] = np.arange(len(rows))
    rows["is_quality_valid"], rows["ambig_state"], rows["pdh0"] = 1, _UNAMBIGUOUS, _SURE
    return _pcd(rows)


def _pcd(rows: NDArray[np.void]) -> bytes:
    """Return rows as a binary PCD; the development kit wants a byte behind the last."""
    sizes = [np.dtype(kind).itemsize for _, kind in _FIELDS]
    head = [
        "# .PCD v0.7 - Point Cloud Data file format", "VERSION 0.7",
        "FIELDS " + " ".join(name for name, _ in _FIELDS), "SIZE " + " ".join(map(str, sizes)),
        "TYPE " + " ".join(kind[0].upper() for _, kind in _FIELDS), "COUNT " + " ".join("1" for _ in _FIELDS),
        f"WIDTH {len(rows)}", "HEIGHT 1", "VIEWPOINT 0 0 0 1 0 0 0", f"POINTS {len(rows)}", "DATA binary",
    ]  # fmt: skip
    return "\n".join(head).encode() + b"\n" + rows.tobytes() + b"\n"


def _own(sweep: Sweep, across: Array) -> Array:
    """Return how fast the sensor itself goes along each ray, meters per second."""
    velocity = np.array(sweep.velocity) @ sweep.to_world[:3, :3]
    return np.asarray(across @ velocity[:2], np.float64)
