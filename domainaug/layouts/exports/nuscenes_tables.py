"""The tables of nuScenes as they are filled, and the names of their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Row", "Tables", "links", "quaternion", "token"]

Row = dict[str, Any]
Array = NDArray[np.float64]


@dataclass(slots=True)
class Tables:
    """Rows, by table; the thirteen of nuScenes are there, if empty."""

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
            self.rows.setdefault(table, []).append({"token": token, **values})
        return token


def links(tokens: Sequence[str]) -> list[Row]:
    """Return `prev` and `next` of each, "" at the ends."""
    return [{"prev": one, "next": two} for one, two in zip(["", *tokens[:-1]], [*tokens[1:], ""], strict=True)]


def quaternion(turn: Array) -> list[float]:
    """Return a rotation matrix as w, x, y, z of a unit quaternion, w not negative."""
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(turn).as_quat().tolist()
    return [w, x, y, z] if w >= 0 else [-w, -x, -y, -z]


def token(*parts: object) -> str:
    """Return 32 hex digits that name something, the same every time."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]
