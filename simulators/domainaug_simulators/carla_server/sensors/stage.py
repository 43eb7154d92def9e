"""The world as rays see it: a town with its actors, built when something moved, and shared by all who look at it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.sensors.models import Models
from domainaug_simulators.carla_server.world.actors import Aspect
from domainaug_simulators.carla_server.world.frames import to_street
from domainaug_simulators.carla_server.world.lamps import LampState
from domainaug_simulators.carla_server.world.levels import Level
from domainaug_simulators.carla_server.world.surroundings import FIRST
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.labels import Labels, labels_of
from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import Mesh
from domainaug_simulators.street.sampling import Samples, central
from domainaug_simulators.street.scene import Scene, Thing
from domainaug_simulators.street.town.furniture import Aspect as Shown
from domainaug_simulators.street.town.paints import Paints

__all__ = ["Shot", "Stage", "camera_of"]

_SHOWN: Final[dict[int, Shown]] = {Aspect.RED: "red", Aspect.YELLOW: "amber", Aspect.GREEN: "green"}
_KEPT: Final = 8
_DARK_GLASS: Final = replace(Paints.lamp_glass, light=(0.0, 0.0, 0.0))


def camera_of(own: Seen) -> Camera:
    """Return the street's camera for a camera of CARLA's: x forward, pitch lifts the nose, roll leans to the right."""
    rotation, place = own.transform.rotation, to_street(own.transform)[:3, 3].tolist()
    attributes = own.attributes
    return Camera(
        (place[0], place[1], place[2]), -rotation.yaw, rotation.pitch, rotation.roll,
        int(attributes["image_size_x"]), int(attributes["image_size_y"]), float(attributes["fov"]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """What a camera sees.

    Attributes:
        scene: What there is.
        camera: The camera.
        samples: The rays through the middles of pixels.
        labels: What they meet.
    """

    scene: Scene
    camera: Camera
    samples: Samples
    labels: Labels


@dataclass(slots=True, eq=False)
class Stage:
    """A map with what is drawn on it.

    Attributes:
        level: The map.
    """

    level: Level
    _palette: Palette = field(init=False)
    _models: Models = field(init=False)
    _still: tuple[tuple[frozenset[int], tuple[LampState, ...]], list[Thing]] | None = None
    _scene: tuple[tuple[int, frozenset[int], tuple[LampState, ...], list[Seen]], Scene] | None = None
    _shots: dict[Camera, Shot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._palette = self.level.town.palette.copy()
        self._models = Models(self._palette)

    def scene(self, world: Frame) -> Scene:
        """Return a frame's things, as rays see them: those of the frame before, where everybody stands still."""
        shown = [seen for seen in world.actors.values() if seen.look]
        key = world.episode, world.hidden, world.lamps, shown
        if self._scene is None or self._scene[0] != key:
            things = list(self._standing(world.hidden, world.lamps))
            for seen in shown:
                if seen.look == "traffic_light":
                    things += self._heads(seen)
                else:
                    things += self._models.things(seen)
            self._scene = key, Scene.of(things, self._palette)
            self._shots.clear()
        return self._scene[1]

    def shot(self, world: Frame, own: Seen) -> Shot:
        """Return what a camera sees; cameras at one place share it."""
        scene, camera = self.scene(world), camera_of(own)
        if camera not in self._shots:
            if len(self._shots) >= _KEPT:
                self._shots.clear()
            samples = central(scene, camera)
            self._shots[camera] = Shot(scene, camera, samples, labels_of(scene, camera, samples))
        return self._shots[camera]

    def _standing(self, hidden: frozenset[int], lamps: tuple[LampState, ...]) -> list[Thing]:
        """Return the town's things, each with its number and lamps, but for those that are switched off."""
        if self._still is None or self._still[0] != (hidden, lamps):
            known, switched = {one.id for one in self.level.standing}, {lamp.id: lamp for lamp in lamps}
            kept = []
            for number, thing in enumerate(self.level.town.things, FIRST):
                if number in hidden:
                    continue
                own = replace(thing, instance=number) if number in known else thing
                kept.append(self._switched(own, switched[number]) if number in switched else own)
            self._still = (hidden, lamps), kept
        return self._still[1]

    def _switched(self, thing: Thing, lamp: LampState) -> Thing:
        """Return a street lamp as somebody has set it."""
        glass = self._palette.number(Paints.lamp_glass)
        if not lamp.active or lamp.intensity <= 0:
            return replace(thing, lamps=(), mesh=thing.mesh.repainted({glass: self._palette.number(_DARK_GLASS)}))
        color = [max(part / 255, 0.0) ** 2.2 for part in lamp.color]
        shades = [(round(part / 17) / 15) ** 2.2 for part in lamp.color]  # few enough that materials do not pile up
        light = tuple(max(Paints.lamp_glass.light) * part for part in shades)
        shown = self._palette.number(replace(Paints.lamp_glass, light=light))
        lit = tuple(replace(one, color=tuple(lamp.intensity / 1000 * part for part in color)) for one in thing.lamps)
        return replace(thing, lamps=lit, mesh=thing.mesh.repainted({glass: shown}))

    def _heads(self, light: Seen) -> list[Thing]:
        """Return what a traffic light shows: the heads of the town that are nearest to it."""
        if light.lights not in _SHOWN or not self.level.town.heads:
            return []
        place = to_street(light.transform)[:2, 3]
        shown = [head.shown[_SHOWN[light.lights]] for head in self.level.town.heads]
        mesh = min(shown, key=lambda one: _away(one, place))
        return [Thing(mesh, light.tag, light.id & 0xFFFF)]


def _away(mesh: Mesh, place: np.ndarray) -> float:
    """Return how far the nearest part of a shape is from a place on the ground."""
    return float(np.linalg.norm(mesh.corners[..., :2].reshape(-1, 2) - place, axis=1).min())
