"""SemanticKITTI: a class and a number for each LiDAR point; a sequence is what one LiDAR saw of one variant.

`sequences/00/velodyne/*.bin`, `labels/*.label`, pictures of the first camera in `image_2`, `calib.txt`, `poses.txt`,
`times.txt`, and `sequences.json` for which sequence is which.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.layouts.exports.files import copied, put_bytes, put_json, put_text
from domainaug.layouts.exports.kitti import calibration_of, lidar_of, points_of
from domainaug.layouts.frames import Frame
from domainaug.layouts.sweeps import Sweep, ridden

__all__ = ["labels_of", "write"]

_OUTLIER: Final = 1
_KINDS: Final = {
    1: 40, 2: 48, 3: 50, 4: 52, 5: 51, 6: 80, 7: 99, 8: 81, 9: 70, 10: 72, 12: 30, 13: 31, 14: 10, 15: 18, 16: 13,
    17: 16, 18: 15, 19: 11, 20: 99, 21: 99, 22: 99, 24: 60, 25: 49, 26: 52, 27: 49, 28: 51,
}  # fmt: skip
"""SemanticKITTI's class for each of CARLA's; what is not here is unlabeled (0)."""
_MOVING: Final = {10: 252, 13: 257, 18: 258, 30: 254, 31: 253, 32: 255}
_BICYCLIST, _MOTORCYCLIST = 31, 32
_STANDING: Final = 0.2  # meters per second below which something does not move
_SURFACE: Final = 1


def write(frames: Sequence[Frame], out: Path) -> None:
    """Write the frames.

    Raises:
        LabelError: There is no LiDAR.
    """
    camera = min(frame.camera for frame in frames)
    told = {}
    for number, (variant, group) in enumerate(groupby(frames, lambda frame: frame.variant)):
        mine = sorted((frame for frame in group if frame.camera == camera), key=lambda frame: frame.number)
        name = f"{number:02d}"
        folder = out / "sequences" / name
        sweeps = [_sweep_of(frame) for frame in mine]
        told[name] = {"variant": variant, "lidar": sweeps[0].sensor, "camera": camera, "labels": mine[0].labels}
        for place, (frame, sweep) in enumerate(zip(mine, sweeps, strict=True)):
            put_bytes(folder / "velodyne" / f"{place:06d}.bin", points_of(sweep))
            put_bytes(folder / "labels" / f"{place:06d}.label", labels_of(sweep).astype("<u4").tobytes())
            copied(frame.place, folder / "image_2" / f"{place:06d}.png")
        matrices = calibration_of(mine[0]).matrices
        lines = {**{name: matrices[name] for name in ("P0", "P1", "P2", "P3")}, "Tr": matrices["Tr_velo_to_cam"]}
        put_text(folder / "calib.txt", "".join(f"{name}: {_row(each)}\n" for name, each in lines.items()))
        start = mine[0].world_to_camera
        poses = [start @ np.linalg.inv(frame.world_to_camera) for frame in mine]
        put_text(folder / "poses.txt", "".join(f"{_row(pose[:3])}\n" for pose in poses))
        put_text(folder / "times.txt", "".join(f"{frame.time - mine[0].time:.6e}\n" for frame in mine))
    put_json(out / "sequences.json", told)


def _sweep_of(frame: Frame) -> Sweep:
    sweep = lidar_of(frame)
    if sweep is None:
        raise LabelError(
            f"{frame.stem}: no LiDAR was there, and SemanticKITTI is of LiDAR points; give the scenario's world one: "
            "sensors: [{name: top, kind: lidar}]"
        )
    return sweep


def labels_of(sweep: Sweep) -> NDArray[np.uint32]:
    """Return the label of each point: SemanticKITTI's class, and the number of its thing in the upper 16 bits.

    What fog, a drop or a flake sent back is an outlier. What moves has the class that says so.
    """
    arrays = sweep.arrays()
    table = np.zeros(256, np.uint32)
    table[list(_KINDS)] = list(_KINDS.values())
    classes = table[arrays["semantic"]]
    classes[arrays["echo"] != _SURFACE] = _OUTLIER
    instance = arrays["instance"].astype(np.uint32)
    for solid in sweep.solids:
        mine = instance == solid.instance
        if not mine.any():
            continue
        kind = int(classes[mine][0])
        if kind == _BICYCLIST and ridden(solid, sweep.solids) == "motorcycle":
            kind = _MOTORCYCLIST
        moving = float(np.linalg.norm(solid.velocity)) > _STANDING
        classes[mine] = _MOVING.get(kind, kind) if moving else kind
    return np.asarray(instance << 16 | classes, np.uint32)


def _row(matrix: NDArray[Any]) -> str:
    return " ".join(f"{value:.12e}" for value in matrix.ravel())
