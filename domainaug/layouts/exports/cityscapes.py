"""Cityscapes: `leftImg8bit`, `gtFine` and `camera`; a variant is a city, a camera a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.layouts.cityscapes_labels import CLASSES, colored, trained
from domainaug.layouts.exports.files import copied, put_image, put_json
from domainaug.layouts.frames import Frame

__all__ = ["numbered", "write"]

_MOST: Final = 1000


def write(frames: Sequence[Frame], out: Path) -> None:
    """Write the frames."""
    cameras = sorted({frame.camera for frame in frames})
    told = {}
    for frame in frames:
        city = frame.variant.replace("_", "-")  # scripts part names at underscores
        base = f"train/{city}/{city}_{cameras.index(frame.camera):06d}_{frame.number:06d}"
        told[base] = {"variant": frame.variant, "camera": frame.camera, "number": frame.number, "labels": frame.labels}
        copied(frame.place, out / f"leftImg8bit/{base}_leftImg8bit.png")
        classes = frame.classes()
        drawn: dict[str, NDArray[Any]] = {
            "labelIds": classes,
            "labelTrainIds": trained(classes),
            "color": colored(classes),
            "instanceIds": numbered(classes, frame.instances()),
        }
        for name, pixels in drawn.items():
            put_image(out / f"gtFine/{base}_gtFine_{name}.png", pixels)
        put_json(out / f"camera/{base}_camera.json", _camera(frame))
    put_json(out / "frames.json", told)


def numbered(classes: NDArray[np.uint8], instances: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return `instanceIds`: things of a class counted from 0 in each picture, a thousand times the class added.

    Raises:
        LabelError: A class has more things than a thousand.
    """
    ids = classes.astype(np.uint16)
    for kind in (each.id for each in CLASSES if each.counted):
        shown = classes == kind
        numbers = np.unique(instances[shown & (instances > 0)])
        if len(numbers) > _MOST:
            raise LabelError(f"a picture shows {len(numbers)} things of class {kind}, and Cityscapes counts to {_MOST}")
        for count, number in enumerate(numbers):
            ids[shown & (instances == number)] = kind * 1000 + count
    return ids


def _camera(frame: Frame) -> dict[str, dict[str, float]]:
    """Return the camera, its place told from the vehicle's: x forward, y left, z up."""
    turn, shift = frame.world_to_camera[:3, :3], frame.world_to_camera[:3, 3]
    x, y, z, yaw = frame.ego
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    away = -turn.T @ shift - np.array([x, y, z])
    ahead = turn[2]
    inner = frame.intrinsics
    heading = np.arctan2(ahead[1], ahead[0]) - np.radians(yaw)
    outer = {
        "baseline": 0.0,
        "pitch": float(-np.arcsin(np.clip(ahead[2], -1, 1))),
        "roll": float(np.arcsin(np.clip(turn[0, 2], -1, 1))),
        "yaw": float((heading + np.pi) % (2 * np.pi) - np.pi),
        "x": float(c * away[0] + s * away[1]),
        "y": float(-s * away[0] + c * away[1]),
        "z": float(away[2]),
    }
    middle = {"u0": float(inner[0, 2] - 0.5), "v0": float(inner[1, 2] - 0.5)}
    return {"extrinsic": outer, "intrinsic": {"fx": float(inner[0, 0]), "fy": float(inner[1, 1]), **middle}}
