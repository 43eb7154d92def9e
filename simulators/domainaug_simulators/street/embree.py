"""Rays by Embree."""

from __future__ import annotations

from typing import Any

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.rays import Hits

__all__ = ["EmbreeRays"]


class EmbreeRays:
    """Triangles in Embree's tree."""

    exact = False

    def __init__(self, corners: Floats) -> None:
        """Build the tree; (faces, 3, 3) meters."""
        self._scene = rtcore_scene.EmbreeScene(robust=True)
        # embreex takes numbers one by one, which is most of the time: a corner of many triangles is handed over once
        self._mesh = TriangleMesh(self._scene, *_shared(np.ascontiguousarray(corners, np.float32)))

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


def _shared(corners: Floats) -> tuple[Floats, NDArray[np.int32]]:
    """Return the places of corners, (places, 3), each once, and which three of them every triangle has, (faces, 3)."""
    bits = corners.reshape(-1, 3).view(np.uint32)
    table = np.full(2 << len(bits).bit_length(), -1, np.int32)
    places, faces = np.empty_like(bits), np.empty(len(bits), np.int32)
    count = _share(bits, table, places, faces)
    return places[:count].view(np.float32), faces.reshape(-1, 3)


@compiled
def _share(bits: Any, table: Any, places: Any, faces: Any) -> Any:
    """Number places by a table of hashes that is at most half full, in the order in which they are met."""
    mask, count = len(table) - 1, 0
    for k in range(len(bits)):
        x, y, z = np.int64(bits[k, 0]), np.int64(bits[k, 1]), np.int64(bits[k, 2])
        mixed = x * 73856093 ^ y * 19349663 ^ z * 83492791
        slot = (mixed ^ mixed >> 15) & mask
        while table[slot] >= 0:
            met = table[slot]
            if places[met, 0] == bits[k, 0] and places[met, 1] == bits[k, 1] and places[met, 2] == bits[k, 2]:
                break
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot] = count
            places[count, 0], places[count, 1], places[count, 2] = bits[k, 0], bits[k, 1], bits[k, 2]
            count += 1
        faces[k] = table[slot]
    return count
