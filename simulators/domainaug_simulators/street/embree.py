"""Rays by Embree."""

from __future__ import annotations

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.rays import Hits

__all__ = ["EmbreeRays"]


class EmbreeRays:
    """Triangles in Embree's tree."""

    exact = False

    def __init__(self, corners: Floats) -> None:
        """Build the tree; (faces, 3, 3) meters."""
        self._scene = rtcore_scene.EmbreeScene(robust=True)
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(corners, np.float32))

    def first(self, origins: Floats, directions: Floats) -> Hits:
        """Return what each ray meets first."""
        found = self._scene.run(*_straight(origins, directions), output=True)
        face = np.asarray(found["primID"], np.int32)
        away = np.where(face >= 0, found["tfar"], np.inf).astype(np.float32)
        return Hits(face, away, np.asarray(found["u"], np.float32), np.asarray(found["v"], np.float32))

    def blocked(self, origins: Floats, directions: Floats, reach: Floats) -> NDArray[np.bool_]:
        """Return whether each ray meets anything nearer than `reach`."""
        o, d = _straight(origins, directions)
        found = self._scene.run(o, d, np.ascontiguousarray(reach, np.float32), query="OCCLUDED")
        return np.asarray(found) >= 0


def _straight(origins: Floats, directions: Floats) -> tuple[Floats, Floats]:
    d = np.ascontiguousarray(directions, np.float32)
    return np.ascontiguousarray(np.broadcast_to(origins, d.shape), np.float32), d
