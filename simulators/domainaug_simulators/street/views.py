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
from domainaug_simulators.street.flow import flow_of
from domainaug_simulators.street.labels import boxes_of, labels_of
from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.lens import with_drops
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.precipitation import with_precipitation
from domainaug_simulators.street.recording import FLOW_KIND, encoded, label_files
from domainaug_simulators.street.render import QUALITIES, Light, Prepared, prepare
from domainaug_simulators.street.sampling import Samples, central
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.sky import sky_of
from domainaug_simulators.street.surfaces import Ground
from domainaug_simulators.street.town.plan import Layout, Town, town_of
from domainaug_simulators.street.worlds import Mounted, Street

__all__ = ["Moment", "View", "Views", "camera_of", "light_of"]

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


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A street at a time.

    Attributes:
        scene: What there is.
        ego: The vehicle that the sensors are on.
        time: Seconds.
    """

    scene: Scene
    ego: Ego
    time: float


@dataclass(slots=True, eq=False)
class Views:
    """All frames of a street, made when they are asked for.

    Attributes:
        street: The street.
    """

    street: Street
    _town: Town | None = None
    _views: OrderedDict[object, View] = field(default_factory=OrderedDict)
    _moments: OrderedDict[object, Moment] = field(default_factory=OrderedDict)
    _actors: OrderedDict[object, Actors] = field(default_factory=OrderedDict)

    def at(self, mounted: Mounted, variant: Variant, count: int) -> View:
        """Return a frame of a camera.

        Raises:
            DomainAugError: The camera stands in something.
        """
        key = (variant.labels, mounted.name, count)
        return _kept(self._views, key, partial(self._made, mounted, variant, count), _KEPT)

    def moment(self, variant: Variant, count: int) -> Moment:
        """Return the street at the time of a frame."""
        key = (variant.labels, count)
        return _kept(self._moments, key, partial(self._scene, _numbers(variant.values), count), 2)

    def ego(self, variant: Variant, count: int) -> tuple[Ego, float]:
        """Return where the vehicle is at a frame, and the time in seconds."""
        return self._ego(_numbers(variant.values), count)

    @property
    def town(self) -> Town:
        """Everything that does not move."""
        if self._town is None:
            self._town = town_of(cast(Layout, self.street.layout), self.street.seed)
        return self._town

    def _made(self, mounted: Mounted, variant: Variant, count: int) -> View:
        number = _numbers(variant.values)
        now = self.moment(variant, count)
        camera = camera_of(mounted, number, now.ego)
        samples = central(now.scene, camera)
        near = samples.hits.distance < _NEAR
        if near.mean() > _BURIED:
            place = ", ".join(f"{value:.1f}" for value in camera.place)
            raise DomainAugError(
                f"camera {mounted.name} at ({place}) m stands in something: {near.mean():.0%} of its picture is nearer "
                f"than {_NEAR:g} m; move it with along, aside or camera_height"
            )
        labels = labels_of(now.scene, camera, samples)
        files = label_files(now.scene, camera, now.ego, now.time, labels, boxes_of(now.scene, camera, labels))
        if self.street.flow and count + 1 < self.street.frames:
            then = self.moment(variant, count + 1)
            flow = flow_of(now.scene, camera, samples, then.scene, camera_of(mounted, number, then.ego))
            files[FLOW_KIND] = encoded(flow.kitti)
        return View(now.scene, camera, now.ego, now.time, samples, labels.depth, files)

    def _ego(self, number: Mapping[str, float], count: int) -> tuple[Ego, float]:
        time = number["time"] + count * self.street.dt
        return ego_of(self.town, number["along"], number["aside"], time), time

    def _scene(self, number: Mapping[str, float], count: int) -> Moment:
        ego, time = self._ego(number, count)
        told = number["density"], number["along"]
        actors = _kept(self._actors, told, partial(Actors.of, self.town, self.street.traffic, *told), 2)
        scene = Scene.of([*self.town.things, *actors.at(time)], self.town.palette)
        scene.lamps = Lamps(np.concatenate([scene.lamps.rows, ego.lamps().rows]))
        return Moment(scene, ego, time)


def _numbers(values: Mapping[str, Value]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if not isinstance(value, str)}


def camera_of(mounted: Mounted, number: Mapping[str, float], ego: Ego) -> Camera:
    """Return a camera where its vehicle is; `number` are the axes that are numbers."""
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
