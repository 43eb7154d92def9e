"""Frames of a street: built once for a state of the world, lit for every weather."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.weather import Weather
from domainaug.errors import DomainAugError
from domainaug.scenario import Value, Variant
from domainaug_simulators.street.actors import Actors, Ego, ego_of
from domainaug_simulators.street.air import Air
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.film import Film, developed, exposure_of
from domainaug_simulators.street.labels import boxes_of, labels_of
from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.lens import with_drops
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.precipitation import with_precipitation
from domainaug_simulators.street.recording import label_files
from domainaug_simulators.street.render import QUALITIES, Light, Prepared, prepare
from domainaug_simulators.street.sampling import Samples, central
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.sky import sky_of
from domainaug_simulators.street.surfaces import Ground
from domainaug_simulators.street.town.plan import Layout, Town, town_of
from domainaug_simulators.street.worlds import Mounted, Street

__all__ = ["View", "Views", "light_of"]

_KEPT: Final = 6
_NEAR, _BURIED = 0.3, 0.25  # a quarter of the picture within 30 cm: the camera stands in something


def light_of(weather: Weather, time: float = 0.0, noise: float = 1.0) -> Light:
    """Return the light of a weather."""
    albedo = 0.18 + 0.5 * weather.snow_cover
    sky = sky_of(
        weather.sun_altitude, weather.sun_azimuth, turbidity=weather.turbidity, clouds=weather.clouds, albedo=albedo
    )
    ground = Ground(weather.wetness, weather.puddles, weather.snow_cover, sky.night)
    return Light(sky, Air(weather.seen), ground, Film(noise=Film().noise * noise), time)


@dataclass(slots=True, eq=False)
class View:
    """One frame of one camera.

    Attributes:
        scene: What there is.
        camera: What looks at it.
        ego: The vehicle it is on.
        time: Seconds.
        samples: The rays through the middles of pixels.
        depth: (height, width) meters along the optical axis.
        files: The files of its labels, by how their names end.
    """

    scene: Scene
    camera: Camera
    ego: Ego
    time: float
    samples: Samples
    depth: Floats
    files: Mapping[str, bytes]
    _prepared: dict[str, Prepared] = field(default_factory=dict)

    def shot(
        self, weather: Weather, variant: Variant, place: tuple[int, int], exposure: float | None
    ) -> tuple[NDArray[np.uint8], float]:
        """Return the picture in a weather, and the exposure it was taken with.

        Args:
            weather: The weather.
            variant: For quality, exposure, noise, drops, and the key of everything random.
            place: Number of the camera, and of the frame.
            exposure: Factor on radiance, or None to meter.
        """
        values = variant.values
        quality = cast(Literal["draft", "normal", "high"], values["quality"])
        if quality not in self._prepared:
            self._prepared[quality] = prepare(self.scene, self.camera, QUALITIES[quality], self.samples)
        light = light_of(weather, self.time, float(values["noise"]))
        radiance = self._prepared[quality].radiance(light)
        if weather.rain > 0 or weather.snowfall > 0:
            lamps, key = self.scene.lamps, variant.key
            told = (self.depth, self.camera, self.ego.velocity, weather, light, lamps)
            radiance = with_precipitation(radiance, *told, time=self.time, key=key)
        if float(values["lens_drops"]) > 0:
            radiance = with_drops(radiance, float(values["lens_drops"]), variant.key)
        if exposure is None:
            exposure = exposure_of(radiance) * 2.0 ** float(values["exposure"])
        film = Film(exposure, light.film.noise)
        noise = np.random.Generator(np.random.Philox(key=[variant.key, place[0] * 1_000_000 + place[1]]))
        return developed(radiance, film, noise), exposure


@dataclass(slots=True, eq=False)
class Views:
    """All frames of a street, made when they are asked for.

    Attributes:
        street: The street.
    """

    street: Street
    _town: Town | None = None
    _views: OrderedDict[object, View] = field(default_factory=OrderedDict)
    _scenes: OrderedDict[object, Scene] = field(default_factory=OrderedDict)
    _actors: OrderedDict[object, Actors] = field(default_factory=OrderedDict)

    def at(self, mounted: Mounted, variant: Variant, count: int) -> View:
        """Return a frame of a camera.

        Raises:
            DomainAugError: The camera stands in something.
        """
        key = (variant.labels, mounted.name, count)
        make = partial(self._made, mounted, variant.values, count, (variant.labels, count))
        return _kept(self._views, key, make, _KEPT)

    @property
    def town(self) -> Town:
        """Everything that does not move."""
        if self._town is None:
            self._town = town_of(cast(Layout, self.street.layout), self.street.seed)
        return self._town

    def _made(self, mounted: Mounted, values: Mapping[str, Value], count: int, state: tuple[str, int]) -> View:
        number = {name: float(value) for name, value in values.items() if not isinstance(value, str)}
        time = number["time"] + count * self.street.dt
        ego = ego_of(self.town, number["along"], number["aside"], time)
        scene = _kept(self._scenes, state, partial(self._scene, number, ego, time), 2)
        camera = _camera(mounted, number, ego)
        samples = central(scene, camera)
        near = samples.hits.distance < _NEAR
        if near.mean() > _BURIED:
            place = ", ".join(f"{value:.1f}" for value in camera.place)
            raise DomainAugError(
                f"camera {mounted.name} at ({place}) m stands in something: {near.mean():.0%} of its picture is nearer "
                f"than {_NEAR:g} m; move it with along, aside or camera_height"
            )
        labels = labels_of(scene, camera, samples)
        files = label_files(scene, camera, ego, time, labels, boxes_of(scene, camera, labels))
        return View(scene, camera, ego, time, samples, labels.depth, files)

    def _scene(self, number: Mapping[str, float], ego: Ego, time: float) -> Scene:
        told = number["density"], number["along"]
        actors = _kept(self._actors, told, partial(Actors.of, self.town, self.street.traffic, *told), 2)
        scene = Scene.of([*self.town.things, *actors.at(time)], self.town.palette)
        scene.lamps = Lamps(np.concatenate([scene.lamps.rows, ego.lamps().rows]))
        return scene


def _camera(mounted: Mounted, number: Mapping[str, float], ego: Ego) -> Camera:
    c, s = float(np.cos(ego.yaw)), float(np.sin(ego.yaw))
    x, y, _ = ego.place
    return Camera(
        (x + mounted.x * c - mounted.y * s, y + mounted.x * s + mounted.y * c, number["camera_height"] + mounted.z),
        float(np.degrees(ego.yaw)) + mounted.yaw + number["camera_yaw"],
        mounted.pitch + number["camera_pitch"],
        mounted.roll + number["camera_roll"],
        mounted.width or int(number["width"]),
        mounted.height or int(number["height"]),
        mounted.view or number["view"],
    )


T = TypeVar("T")


def _kept(kept: OrderedDict[object, T], key: object, make: Callable[[], T], most: int) -> T:
    """Return what was made for a key, or make it; the least used are let go."""
    if key not in kept:
        kept[key] = make()
        while len(kept) > most:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]
