"""What actors look like: the street simulator's shapes, made to fill the actors' boxes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_server.sensors.interface import Seen
from domainaug_simulators.carla_server.world.frames import Box, to_street
from domainaug_simulators.street.materials import COLUMNS, Material, Palette
from domainaug_simulators.street.mesh import Mesh, box
from domainaug_simulators.street.scene import Body, Lamp, Thing
from domainaug_simulators.street.town import furniture
from domainaug_simulators.street.town.cycles import bicycle, motorcycle, rider
from domainaug_simulators.street.town.paints import Paints
from domainaug_simulators.street.town.people import Looks, person
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.town.vehicles import vehicle

__all__ = ["Models"]

_POSITION, _LOW_BEAM, _HIGH_BEAM, _BRAKE, _RIGHT, _LEFT = 1, 2, 4, 8, 16, 32
_BEAMS: Final = _LOW_BEAM | _HIGH_BEAM
_STRIDE: Final = 1.45  # meters of two steps
_PROPS: Final[Mapping[str, Callable[[Palette], Mesh]]] = {
    "cone": furniture.cone, "bench": furniture.bench, "bin": furniture.bin_, "bollard": furniture.bollard,
    "bus_stop": furniture.bus_stop,
}  # fmt: skip
_CARTON: Final = Material((0.36, 0.25, 0.15), roughness=0.9)


@dataclass(frozen=True, slots=True)
class _Made:
    """A shape in an actor's axes, with its classes and the lamps it has when they are on."""

    parts: tuple[tuple[Mesh, int], ...]
    lamps: tuple[Lamp, ...] = ()


@dataclass(slots=True, eq=False)
class Models:
    """The shapes of a world's actors, made when the first of each is seen.

    Attributes:
        palette: Their materials, among a town's.
    """

    palette: Palette
    _made: dict[tuple[str, str], _Made] = field(default_factory=dict)
    _people: dict[str, Looks] = field(default_factory=dict)

    def things(self, seen: Seen) -> list[Thing]:
        """Return an actor as things of a street; none for what cannot be seen."""
        pose, number = to_street(seen.transform), seen.id & 0xFFFF
        if seen.look == "person":
            return [self._walking(seen, pose, number)]
        made = self._shape(seen)
        if made is None:
            return []
        lamps = tuple(_moved(lamp, pose) for lamp in made.lamps) if seen.lights & _BEAMS else ()
        swaps = self._lit(seen.lights)
        body = _body(seen, pose)
        out = []
        for mesh, tag in made.parts:
            shown = mesh.repainted(swaps) if swaps else mesh
            out.append(Thing(shown.moved(pose), tag, number, lamps, body))
            lamps = ()
        return out

    def _walking(self, seen: Seen, pose: NDArray[np.float64], number: int) -> Thing:
        if seen.type_id not in self._people:
            self._people[seen.type_id] = Looks(self.palette, _draw(seen.type_id))
        looks = self._people[seen.type_id]
        stride = min(seen.velocity.length / 1.2, 1.0)
        mesh = person(looks, 2 * np.pi * seen.walked / _STRIDE, stride=stride)
        scale = 2 * seen.box.extent.z / looks.height
        feet = np.diag([scale, scale, scale, 1.0])
        feet[2, 3] = -seen.box.extent.z
        return Thing(mesh.moved(pose @ feet), int(Tag.PEDESTRIAN), number, (), _body(seen, pose))

    def _shape(self, seen: Seen) -> _Made | None:
        key = seen.type_id, seen.attributes.get("color", "")
        if key not in self._made:
            made = self._build(seen)
            if made is None:
                return None
            self._made[key] = made
        return self._made[key]

    def _build(self, seen: Seen) -> _Made | None:
        draw, look = _draw(seen.type_id), seen.look
        if look in _PROPS:
            return _Made(((_fitted(_PROPS[look](self.palette), seen.box), seen.tag),))
        if look == "box":
            return _Made(((_fitted(box((1, 1, 1), self.palette.number(_CARTON)), seen.box), seen.tag),))
        if look in ("bicycle", "motorcycle"):
            motor = look == "motorcycle"
            mount = (motorcycle if motor else bicycle)(self.palette, draw).mesh
            mounted = rider(Looks(self.palette, draw), motor=motor)
            whole = _fit(Mesh.joined([mount, mounted]), seen.box)
            return _Made(((mount.moved(whole), seen.tag), (mounted.moved(whole), int(Tag.RIDER))))
        if seen.type_id.startswith("vehicle."):
            made = vehicle(look, self.palette, draw)
            mesh = self._painted(made.mesh, seen.attributes.get("color", ""))
            fit = _fit(mesh, seen.box)
            return _Made(((mesh.moved(fit), seen.tag),), tuple(_moved(lamp, fit) for lamp in made.lamps))
        return None

    def _painted(self, mesh: Mesh, color: str) -> Mesh:
        """Return a vehicle in a color that was asked for: "red,green,blue", 0 to 255."""
        try:
            red, green, blue = (min(max(int(part) / 255, 0.0), 0.9) ** 2.2 for part in color.split(","))
        except ValueError:
            return mesh
        table = self.palette.table()
        rows = table[:, [COLUMNS["roughness"], COLUMNS["mirror"], COLUMNS["cover"]]]
        paints = np.flatnonzero(np.isclose(rows, _PAINT).all(axis=1) & np.isin(np.arange(len(table)), mesh.material))
        paint = self.palette.number(
            Material((red, green, blue), roughness=_PAINT[0], mirror=_PAINT[1], soak=0.05, cover=_PAINT[2])
        )
        return mesh.repainted({int(before): paint for before in paints})

    def _lit(self, lights: int) -> dict[int, int]:
        swaps = {}
        for bit, off, on in (
            (_BRAKE, Paints.taillight, Paints.brake_light),
            (_LEFT, Paints.left_light, Paints.turning_light),
            (_RIGHT, Paints.right_light, Paints.turning_light),
        ):
            if lights & bit:
                swaps[self.palette.number(off)] = self.palette.number(on)
        if not lights & _BEAMS:
            swaps[self.palette.number(Paints.headlight)] = self.palette.number(Paints.dark_headlight)
        if not lights & (_BEAMS | _POSITION | _BRAKE):
            swaps[self.palette.number(Paints.taillight)] = self.palette.number(Paints.dark_taillight)
        return swaps


_PAINT: Final = (0.3, 0.045, 0.75)  # roughness, gloss and snow of the street simulator's car paint


def _draw(name: str) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[zlib.crc32(name.encode()), 7]))


def _fit(mesh: Mesh, around: Box) -> NDArray[np.float64]:
    """Return the matrix that stretches a shape until it fills a box, which stands on its underside."""
    low, high = (edge.astype(np.float64) for edge in mesh.bounds)
    size = 2 * np.array(around.extent)
    out = np.diag([*(size / np.maximum(high - low, 1e-6)), 1.0])
    middle = (low + high) / 2
    center = np.array([around.center.x, -around.center.y, around.center.z])
    out[:3, 3] = center - out[:3, :3] @ middle
    return out


def _fitted(mesh: Mesh, around: Box) -> Mesh:
    return mesh.moved(_fit(mesh, around))


def _body(seen: Seen, pose: NDArray[np.float64]) -> Body:
    under = np.eye(4)
    center, extent = seen.box.center, seen.box.extent
    under[:3, 3] = center.x, -center.y, center.z - extent.z
    velocity = seen.velocity.x, -seen.velocity.y, seen.velocity.z
    return Body(pose @ under, (2 * extent.x, 2 * extent.y, 2 * extent.z), velocity)


def _moved(lamp: Lamp, pose: NDArray[np.float64]) -> Lamp:
    x, y, z = (pose[:3, :3] @ lamp.place + pose[:3, 3]).tolist()
    way = pose[:3, :3] @ lamp.toward
    toward = (way / max(float(np.linalg.norm(way)), 1e-9)).tolist()
    return Lamp((x, y, z), (toward[0], toward[1], toward[2]), lamp.color, lamp.beam, lamp.reach)
