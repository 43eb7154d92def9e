"""KITTI object: `training/image_2`, `label_2`, `calib`, `velodyne`, and `frames.json` for which frame is which number.

Where there are several LiDARs, the first by name is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from domainaug.errors import LabelError
from domainaug.layouts.exports.files import copied, put_bytes, put_json, put_text
from domainaug.layouts.frames import Frame, Thing
from domainaug.layouts.kitti_labels import Calibration, KittiObject
from domainaug.layouts.sweeps import Sweep

__all__ = ["lidar_of", "points_of", "write"]

_KINDS: Final = {"car": "Car", "truck": "Truck", "pedestrian": "Pedestrian", "rider": "Cyclist"}
_OTHERS: Final = "Misc"
_PARTLY, _LARGELY = 0.1, 0.5  # shares hidden from which a thing is partly, and largely, occluded
_CUT: Final = 0.01  # share outside the picture from which a thing counts as cut off
_LEAN: Final = 1.0  # degrees; boxes of KITTI stand upright before the camera
_VEHICLE: Final = np.array([[0.0, -1, 0, 0], [0, 0, -1, 0], [1, 0, 0, 0]])  # x forward, y left, z up to the camera's


def write(frames: Sequence[Frame], out: Path) -> None:
    """Write the frames.

    Raises:
        LabelError: A camera leans, so that upright boxes would not lie on what they name.
    """
    training = out / "training"
    told = {}
    for number, frame in enumerate(frames):
        name = f"{number:06d}"
        told[name] = {"variant": frame.variant, "camera": frame.camera, "number": frame.number, "labels": frame.labels}
        copied(frame.place, training / "image_2" / f"{name}.png")
        objects = [object_of(frame, thing) for thing in frame.things if thing.pixels]
        put_text(training / "label_2" / f"{name}.txt", "".join(f"{each.line()}\n" for each in objects))
        put_text(training / "calib" / f"{name}.txt", calibration_of(frame).text())
        sweep = lidar_of(frame)
        if sweep is not None:
            put_bytes(training / "velodyne" / f"{name}.bin", points_of(sweep))
            told[name]["lidar"] = sweep.sensor
    put_text(out / "ImageSets" / "train.txt", "".join(f"{name}\n" for name in told))
    put_json(out / "frames.json", told)


def calibration_of(frame: Frame) -> Calibration:
    """Return the calibration of a frame: one camera, and its LiDAR, or axes of a vehicle at its place."""
    inner = frame.intrinsics.copy()
    inner[:2, 2] -= 0.5  # KITTI counts from the middle of the first pixel
    camera = np.column_stack([inner, np.zeros(3)])
    cameras = {f"P{number}": camera for number in range(4)}
    sweep = lidar_of(frame)
    mounted = _VEHICLE if sweep is None else (frame.world_to_camera @ sweep.to_world)[:3]
    return Calibration({**cameras, "R0_rect": np.eye(3), "Tr_velo_to_cam": mounted, "Tr_imu_to_velo": np.eye(4)[:3]})


def lidar_of(frame: Frame) -> Sweep | None:
    """Return the turn of the LiDAR that goes with a frame: the first by name, or None without any."""
    return next((sweep for sweep in frame.sweeps if sweep.kind == "lidar"), None)


def points_of(sweep: Sweep) -> bytes:
    """Return a cloud as KITTI stores it: x, y, z in meters and reflectance, 32-bit floats."""
    return sweep.arrays()["points"].astype("<f4").tobytes()


def object_of(frame: Frame, thing: Thing) -> KittiObject:
    """Return the line of a thing.

    Raises:
        LabelError: The camera leans by more than a degree against the thing.
    """
    height, width = frame.size
    # What the frame cuts, or the camera's plane, may reach anywhere beyond: then the box is around what is seen.
    around = thing.whole if thing.box is None or thing.truncation < _CUT else thing.box
    left, top, right, bottom = (value - 0.5 for value in around)
    box = (max(left, 0.0), max(top, 0.0), min(right, width - 1.0), min(bottom, height - 1.0))
    hidden = 0 if thing.occlusion < _PARTLY else 1 if thing.occlusion < _LARGELY else 2
    kind = _KINDS.get(thing.kind, _OTHERS)
    if thing.pose is None or thing.size is None:
        return KittiObject(kind, thing.truncation, hidden, -10, box, (-1, -1, -1), (-1000, -1000, -1000), -10)
    lean = math.degrees(math.acos(float(np.clip(-thing.pose[1, 2], -1, 1))))
    if lean > _LEAN:
        raise LabelError(
            f"{frame.stem}: the camera leans by {lean:.1f} degrees against thing {thing.instance}, and KITTI's boxes "
            "stand upright before it; export frames of level cameras, or to nuscenes"
        )
    x, y, z = thing.pose[:3, 3].tolist()
    turn = math.atan2(-thing.pose[2, 0], thing.pose[0, 0])
    alpha = (turn - math.atan2(x, z) + math.pi) % (2 * math.pi) - math.pi
    length, across, tall = thing.size
    return KittiObject(kind, thing.truncation, hidden, alpha, box, (tall, across, length), (x, y, z), turn)
