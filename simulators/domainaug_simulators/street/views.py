"""Frames of a street: built once for a state of the world, lit for every weather."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.weather import Weather
from domainaug.scenario import Value, Variant
from domainaug_simulators.street.actors import Actors, Ego
from domainaug_simulators.street.air import Air
from domainaug_simulators.street.buried import refuse_buried
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.cast import Cast, crowded, ego_body, ego_on
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
from domainaug_simulators.street.scene import Scene, Thing
from domainaug_simulators.street.sky import sky_of
from domainaug_simulators.street.surfaces import Ground
from domainaug_simulators.street.town.mapped import main_road, town_on
from domainaug_simulators.street.town.maps import RoadMap
from domainaug_simulators.street.town.opendrive import opendrive_of
from domainaug_simulators.street.town.opendrive_reading import read_map, read_map_file
from domainaug_simulators.street.town.plan import Layout, Town, town_of
from domainaug_simulators.street.tracks import Track, track_of
from domainaug_simulators.street.worlds import Mounted, Street

__all__ = ["Moment", "View", "Views", "camera_of", "light_of"]

_KEPT: Final = 6
_PROBE: Final = (64, 40)


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
            radiance = with_drops(radiance, float(values["lens_drops"]), variant.key, place[0])
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
    _roads: RoadMap | None = None
    _track: Track | None = None
    _cast: Cast | None = None
    _views: OrderedDict[object, View] = field(default_factory=OrderedDict)
    _moments: OrderedDict[object, Moment] = field(default_factory=OrderedDict)
    _actors: OrderedDict[object, Actors] = field(default_factory=OrderedDict)
    _met: OrderedDict[object, set[int]] = field(default_factory=OrderedDict)

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
            if self.street.map is None:
                made = town_of(cast(Layout, self.street.layout), self.street.seed)
                self._town = replace(made, palette=made.palette.copy())
            else:
                self._town = town_on(self.roads, self.street.seed)
        return self._town

    @property
    def roads(self) -> RoadMap:
        """Its roads as its map has them; places on lanes count on them.

        Raises:
            DomainAugError: The map cannot be read.
        """
        if self._roads is None:
            file = self.street.map
            self._roads = read_map(opendrive_of(self.town)) if file is None else read_map_file(file.path)
        return self._roads

    @property
    def players(self) -> Cast:
        """Those who are listed.

        Raises:
            DomainAugError: Somebody's place is not on the map.
        """
        if self._cast is None:
            main = main_road(self.roads)
            self._cast = Cast.of(self.street.actors, self.town, self.roads, main, self.street.traffic)
        return self._cast

    def proved(self) -> tuple[str, ...]:
        """Look at what is listed, without building houses where a map is given, and return what is not shown.

        Raises:
            DomainAugError: The map cannot be used, or a place is not on it.
        """
        main = main_road(self.roads)
        for one in (*self.street.actors, *((self.street.ego,) if self.street.ego else ())):
            track_of(one, self.roads, main)
        return () if self.street.map is None else self.roads.notes

    def probe(self, variant: Variant) -> None:
        """Look whether a camera stands in something in the first frame.

        Raises:
            DomainAugError: It does.
        """
        number, now = _numbers(variant.values), self.moment(variant, 0)
        for mounted in self.street.cameras:
            camera = replace(camera_of(mounted, number, now.ego), width=_PROBE[0], height=_PROBE[1])
            refuse_buried(now.scene, camera, central(now.scene, camera), mounted.name)

    def _made(self, mounted: Mounted, variant: Variant, count: int) -> View:
        number = _numbers(variant.values)
        now = self.moment(variant, count)
        camera = camera_of(mounted, number, now.ego)
        samples = central(now.scene, camera)
        refuse_buried(now.scene, camera, samples, mounted.name)
        labels = labels_of(now.scene, camera, samples)
        files = label_files(now.scene, camera, now.ego, now.time, labels, boxes_of(now.scene, camera, labels))
        if self.street.flow and count + 1 < self.street.frames:
            then = self.moment(variant, count + 1)
            flow = flow_of(now.scene, camera, samples, then.scene, camera_of(mounted, number, then.ego))
            files[FLOW_KIND] = encoded(flow.kitti)
        return View(now.scene, camera, now.ego, now.time, samples, labels.depth, files)

    def _ego(self, number: Mapping[str, float], count: int) -> tuple[Ego, float]:
        time = number["time"] + count * self.street.dt
        if self.street.ego is None:
            return self._traffic(number).ego(time), time
        if self._track is None:
            self._track = track_of(self.street.ego, self.roads, main_road(self.roads))
        return ego_on(self._track, number["aside"], time), time

    def _scene(self, number: Mapping[str, float], count: int) -> Moment:
        ego, time = self._ego(number, count)
        actors = self._traffic(number)
        traffic = actors.at(time)
        if self.street.actors or self.street.ego:
            traffic = self._with_listed(traffic, actors, number, time)
        scene = Scene.of([*self.town.things, *traffic], actors.palette)
        scene.lamps = Lamps(np.concatenate([scene.lamps.rows, ego.lamps().rows]))
        return Moment(scene, ego, time)

    def _traffic(self, number: Mapping[str, float]) -> Actors:
        """Return who is on the road; those who are listed come first, as their materials are then among the town's."""
        if self.street.actors:
            self._cast = self.players
        told = number["density"], number["along"], number["aside"]
        return _kept(self._actors, told, partial(Actors.of, self.town, self.street.traffic, *told), 2)

    def _with_listed(
        self, traffic: list[Thing], actors: Actors, number: Mapping[str, float], time: float
    ) -> list[Thing]:
        """Return the traffic with those who are listed, and without whom they meet at any time of the clip."""
        players = self.players
        key = ("met", *(number[name] for name in ("density", "along", "aside", "time")))
        met = _kept(self._met, key, partial(self._meetings, actors, number), 2)
        first = 1 + actors.count
        return [*(thing for thing in traffic if thing.instance not in met), *players.at(time, first)]

    def _meetings(self, actors: Actors, number: Mapping[str, float]) -> set[int]:
        met: set[int] = set()
        for count in range(self.street.frames):
            ego, time = self._ego(number, count)
            listed = [thing.body for thing in self.players.at(time) if thing.body is not None]
            own = [] if self.street.ego is None else [ego_body(ego)]
            met |= crowded(actors.at(time), [*listed, *own])
        return met


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
