"""Triangles with materials: what every thing in a street is made of, and how solids are put together from it.

Each corner of a face carries a normal (so that a lofted body looks round) and a pair of texture coordinates in
meters (so that a brick is as large on every wall).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug_simulators.street.skins import cap, move, skin, soften

__all__ = [
    "Floats",
    "Mesh",
    "box",
    "disc",
    "ellipsoid",
    "extruded",
    "lathe",
    "loft",
    "polygon",
    "quad",
    "tube",
    "turned",
]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles.

    Attributes:
        corners: (faces, 3, 3) meters.
        normals: (faces, 3, 3) unit vectors, one a corner.
        uv: (faces, 3, 2) meters along the surface.
        material: (faces,) which material each is made of.
    """

    corners: Floats
    normals: Floats
    uv: Floats
    material: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.material)

    @classmethod
    def joined(cls, parts: Iterable[Mesh]) -> Mesh:
        """Return all triangles of `parts`, in their order."""
        meshes = list(parts)
        if not meshes:
            return cls(
                np.zeros((0, 3, 3), np.float32),
                np.zeros((0, 3, 3), np.float32),
                np.zeros((0, 3, 2), np.float32),
                np.zeros(0, np.int16),
            )
        return cls(
            np.concatenate([mesh.corners for mesh in meshes]),
            np.concatenate([mesh.normals for mesh in meshes]),
            np.concatenate([mesh.uv for mesh in meshes]),
            np.concatenate([mesh.material for mesh in meshes]),
        )

    def moved(self, matrix: ArrayLike) -> Mesh:
        """Return it under a (4, 4) matrix; normals follow whatever the matrix stretches."""
        whole = np.asarray(matrix, np.float64)
        turn = whole[:3, :3]
        corners, normals = np.empty(self.corners.shape, np.float32), np.empty(self.normals.shape, np.float32)
        across = np.zeros((3, 4))
        across[:, :3] = np.linalg.inv(turn).T
        move(self.corners.reshape(-1, 3), np.ascontiguousarray(whole[:3]), False, corners.reshape(-1, 3))
        move(self.normals.reshape(-1, 3), across, True, normals.reshape(-1, 3))
        if np.linalg.det(turn) < 0:  # a mirror turns faces inside out
            corners, normals, uv = (np.ascontiguousarray(each[:, ::-1]) for each in (corners, normals, self.uv))
            return Mesh(corners, normals, uv, self.material)
        return Mesh(corners, normals, np.ascontiguousarray(self.uv), self.material)

    def at(self, x: float = 0, y: float = 0, z: float = 0, yaw: float = 0) -> Mesh:
        """Return it turned by `yaw` (radians, counter-clockwise) about z, then shifted."""
        return self.moved(turned(yaw, (x, y, z)))

    def painted(self, material: int) -> Mesh:
        """Return it made of one material."""
        return Mesh(self.corners, self.normals, self.uv, np.full(len(self), material, np.int16))

    def repainted(self, swaps: Mapping[int, int]) -> Mesh:
        """Return it with other materials in the place of some."""
        material = self.material.copy()
        for before, after in swaps.items():
            material[self.material == before] = after
        return Mesh(self.corners, self.normals, self.uv, material)

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """The lowest and highest corner."""
        flat = self.corners.reshape(-1, 3)
        return flat.min(axis=0), flat.max(axis=0)


def turned(
    yaw: float, place: Sequence[float] = (0, 0, 0), pitch: float = 0.0, roll: float = 0.0
) -> NDArray[np.float64]:
    """Return the matrix that turns by roll about x, pitch about y (nose down), yaw about z (radians), then shifts."""
    (sr, cr), (sp, cp), (sy, cy) = ((np.sin(a), np.cos(a)) for a in (roll, pitch, yaw))
    out = np.eye(4)
    out[:3, :3] = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    out[:3, 3] = place
    return out


def _crossed(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return cross products, (n, 3); `numpy.cross` takes most of its time to find out which axis is meant."""
    out = np.empty_like(a)
    out[:, 0] = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    out[:, 1] = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    out[:, 2] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return out


def _flat(corners: NDArray[np.float64], uv: NDArray[np.float64], material: int) -> Mesh:
    normal = _crossed(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.sqrt((normal * normal).sum(axis=-1))
    keep = length > 1e-12
    corners, uv, normal = corners[keep], uv[keep], normal[keep] / length[keep, None]
    return Mesh(
        corners.astype(np.float32),
        np.repeat(normal[:, None], 3, axis=1).astype(np.float32),
        uv.astype(np.float32),
        np.full(len(corners), material, np.int16),
    )


def quad(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike, material: int) -> Mesh:
    """Return the flat quadrilateral a, b, c, d, counter-clockwise from outside; u runs along ab, v along ad."""
    points = np.array([a, b, c, d], np.float64)
    along = points[1] - points[0]
    along /= max(float(np.linalg.norm(along)), 1e-9)
    up = points[3] - points[0]
    up = up - along * (up @ along)
    up /= max(float(np.linalg.norm(up)), 1e-9)
    uv = np.stack([(points - points[0]) @ along, (points - points[0]) @ up], axis=-1)
    order = np.array([[0, 1, 2], [0, 2, 3]])
    return _flat(points[order], uv[order], material)


def box(size: Sequence[float], material: int, *, base: bool = True, bottom: bool = True) -> Mesh:
    """Return a box of (x, y, z) meters about the z axis, standing on z = 0, or about its middle where not `base`."""
    x, y = size[0] / 2, size[1] / 2
    low, high = (0.0, size[2]) if base else (-size[2] / 2, size[2] / 2)
    sides = [
        quad((x, -y, low), (x, y, low), (x, y, high), (x, -y, high), material),
        quad((-x, y, low), (-x, -y, low), (-x, -y, high), (-x, y, high), material),
        quad((x, y, low), (-x, y, low), (-x, y, high), (x, y, high), material),
        quad((-x, -y, low), (x, -y, low), (x, -y, high), (-x, -y, high), material),
        quad((-x, -y, high), (x, -y, high), (x, y, high), (-x, y, high), material),
    ]
    if bottom:
        sides.append(quad((-x, y, low), (x, y, low), (x, -y, low), (-x, -y, low), material))
    return Mesh.joined(sides)


def polygon(points: Sequence[Sequence[float]], z: float, material: int) -> Mesh:
    """Return a flat convex polygon at height z, (x, y) points counter-clockwise, facing up; uv are x and y."""
    flat = np.array([(x, y) for x, y in points], np.float64)
    corners = np.concatenate([flat, np.full((len(flat), 1), z)], axis=1)
    fan = np.array([[0, i, i + 1] for i in range(1, len(flat) - 1)])
    return _flat(corners[fan], flat[fan], material)


def extruded(points: Sequence[Sequence[float]], low: float, high: float, side: int, top: int) -> Mesh:
    """Return a convex polygon (counter-clockwise x, y) pulled up from `low` to `high`; without a floor."""
    walls = []
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        walls.append(quad((ax, ay, low), (bx, by, low), (bx, by, high), (ax, ay, high), side))
    return Mesh.joined([*walls, polygon(points, high, top)])


def loft(rings: ArrayLike, material: int, *, caps: bool = True, smooth: bool = True) -> Mesh:
    """Return the skin over rings of points, (rings, points, 3); each ring counter-clockwise seen from the last one."""
    grid = np.ascontiguousarray(rings, np.float64)
    most = 2 * grid.shape[1] * len(grid)
    corners, normals = np.empty((most, 3, 3), np.float32), np.empty((most, 3, 3))
    uv = np.empty((most, 3, 2), np.float32)
    count = skin(grid, corners, normals, uv)
    if smooth:
        normals[:count] = normals[:count].astype(np.float32)
        soften(corners[:count], normals[:count], np.full(_room(3 * count), -1, np.int64), 0.6)
    if caps:
        count = cap(np.ascontiguousarray(grid[0][::-1]), count, corners, normals, uv)
        count = cap(np.ascontiguousarray(grid[-1]), count, corners, normals, uv)
    made = np.full(count, material, np.int16)
    return Mesh(corners[:count].copy(), normals[:count].astype(np.float32), uv[:count].copy(), made)


def _room(many: int) -> int:
    """Return the size of a table for so many entries: a power of two, at most half full."""
    return 1 << max(2 * many, 1).bit_length()


def _ring(radius: float, points: int, start: float = 0.0) -> NDArray[np.float64]:
    angle = start + np.arange(points) * (2 * np.pi / points)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1) * radius


def tube(
    start: ArrayLike, end: ArrayLike, radius: float, material: int, *, to: float | None = None, points: int = 8
) -> Mesh:
    """Return a round bar from one point to another; `to` is its radius at the end."""
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    axis = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
    helper = np.array([1.0, 0, 0]) if abs(axis[0]) < 0.9 else np.array([0, 1.0, 0])
    side = np.cross(helper, axis)
    side /= np.linalg.norm(side)
    over = np.cross(axis, side)
    rings = []
    for middle, size in ((a, radius), (b, radius if to is None else to)):
        flat = _ring(max(size, 1e-4), points)
        rings.append(middle + flat[:, :1] * side + flat[:, 1:] * over)
    return loft(rings, material)


def lathe(profile: Sequence[tuple[float, float]], material: int, points: int = 12) -> Mesh:
    """Return what (radius, height) pairs sweep about the z axis, from the bottom up."""
    rings = []
    for radius, height in profile:
        flat = _ring(max(radius, 1e-4), points)
        rings.append(np.concatenate([flat, np.full((points, 1), height)], axis=1))
    return loft(rings, material)


def ellipsoid(size: Sequence[float], material: int, *, points: int = 10, rings: int = 6) -> Mesh:
    """Return an ellipsoid of (x, y, z) meters about the origin."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rings + 1)
    return lathe([(0.5 * np.cos(a), 0.5 * np.sin(a)) for a in angle], material, points).moved(np.diag([*size, 1.0]))


def disc(radius: float, material: int, *, points: int = 16) -> Mesh:
    """Return a disc in the y-z plane about the origin, facing +x; uv are y and z."""
    flat = _ring(radius, points)
    corners = np.stack(
        [np.zeros((points, 2)), flat, np.roll(flat, -1, axis=0)],
        axis=1,
    )
    solid = np.concatenate([np.zeros((points, 3, 1)), corners], axis=-1)
    return _flat(solid, corners, material)
