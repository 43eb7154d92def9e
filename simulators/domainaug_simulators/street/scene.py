"""Things in a street, and all of them together as triangles that rays are cast at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import Floats, Mesh
from domainaug_simulators.street.rays import Engine, Rays, rays_of

__all__ = ["Body", "Lamp", "Scene", "Spans", "Thing"]


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp of a thing.

    Attributes:
        place: (3,) meters.
        toward: (3,) the middle of its light.
        color: Linear RGB, kcd along the axis.
        beam: Whether it is a low beam; else it shines around its axis.
        reach: Meters beyond which it lights nothing.
    """

    place: tuple[float, float, float]
    toward: tuple[float, float, float]
    color: tuple[float, float, float]
    beam: bool = False
    reach: float = 40.0

    def row(self) -> list[float]:
        """Return it as a row of `Lamps`."""
        return [*self.place, *self.toward, *self.color, float(self.beam), self.reach, 0.0]


@dataclass(frozen=True, slots=True)
class Body:
    """The box that something fills, upright in its own axes: x forward, y left, z up.

    Attributes:
        pose: (4, 4) from its own axes, whose origin is in the middle of its underside, to the world's; no stretching.
        size: Length, width, height, meters.
        velocity: (3,) meters per second, in the world's axes.
    """

    pose: NDArray[np.float64]
    size: tuple[float, float, float]
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def around(
        cls, mesh: Mesh, pose: NDArray[np.float64], velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ) -> Body:
        """Return the tightest body around triangles, which are given in their own axes, and where those axes are."""
        low, high = (edge.astype(np.float64) for edge in mesh.bounds)
        middle = np.eye(4)
        middle[:3, 3] = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]]
        length, width, height = (high - low).tolist()
        return cls(np.asarray(pose, np.float64) @ middle, (length, width, height), velocity)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with a class, and a number of its own if it can be counted.

    Attributes:
        mesh: Its triangles, where they are in the world.
        tag: Its class, as `Tag` numbers it.
        instance: Its number from 1; 0 for what is not counted.
        lamps: The lamps it carries.
        body: Where it stands and how large it is; what is counted has one.
    """

    mesh: Mesh
    tag: int
    instance: int = 0
    lamps: tuple[Lamp, ...] = ()
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Spans:
    """Which triangles belong to which counted thing.

    Attributes:
        numbers: (things,) their numbers, rising.
        starts: (things + 1,) where the triangles of each begin in `faces`.
        faces: The triangles of counted things, thing by thing, in the order of the mesh.
    """

    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]
    faces: NDArray[np.int64]

    def of(self, number: int) -> NDArray[np.int64]:
        """Return the triangles of a thing; none where there is no such thing."""
        at = int(np.searchsorted(self.numbers, number))
        if at == len(self.numbers) or self.numbers[at] != number:
            return self.faces[:0]
        return self.faces[self.starts[at] : self.starts[at + 1]]


@dataclass(slots=True)
class Scene:
    """Everything that can be seen.

    Attributes:
        mesh: All triangles.
        tag: (faces,) the class of each.
        instance: (faces,) the number of the thing that each belongs to, or 0.
        table: The materials.
        lamps: All lamps.
        bodies: The bodies of counted things, by number.
        engine: What casts rays; None for the fastest there is.
    """

    mesh: Mesh
    tag: NDArray[np.uint8]
    instance: NDArray[np.uint16]
    table: Floats
    lamps: Lamps
    bodies: dict[int, Body] = field(default_factory=dict)
    engine: Engine | None = None
    _rays: Rays | None = field(default=None, repr=False)
    _spans: Spans | None = field(default=None, repr=False)

    @classmethod
    def of(cls, things: Sequence[Thing], palette: Palette, engine: Engine | None = None) -> Scene:
        """Return a scene of things."""
        sizes = [len(thing.mesh) for thing in things]
        rows = [lamp.row() for thing in things for lamp in thing.lamps]
        return cls(
            Mesh.joined(thing.mesh for thing in things),
            np.repeat(np.array([thing.tag for thing in things], np.uint8), sizes),
            np.repeat(np.array([thing.instance for thing in things], np.uint16), sizes),
            palette.table(),
            Lamps(np.array(rows, np.float32).reshape(-1, 12)),
            {thing.instance: thing.body for thing in things if thing.instance and thing.body is not None},
            engine,
        )

    @property
    def rays(self) -> Rays:
        """Its triangles, ready to be cast at."""
        if self._rays is None:
            self._rays = rays_of(self.mesh.corners, self.engine)
        return self._rays

    @property
    def owner(self) -> NDArray[np.int32]:
        """(faces,) whose each is: its class and its number in one."""
        return self.tag.astype(np.int32) * 65536 + self.instance

    @property
    def spans(self) -> Spans:
        """Which triangles belong to which counted thing."""
        if self._spans is None:
            counted = np.flatnonzero(self.instance)
            order = counted[np.argsort(self.instance[counted], kind="stable")]
            numbers, starts = np.unique(self.instance[order], return_index=True)
            self._spans = Spans(numbers.astype(np.int64), np.append(starts, len(order)).astype(np.int64), order)
        return self._spans
