"""The street simulator as scenarios see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from domainaug.driving.weather import Weather
from domainaug.effects import Interval
from domainaug.errors import MissingExtra
from domainaug.generators import Frame
from domainaug.scenario import Axis, Rendered, Value, Variant
from domainaug.scenario.trials import Trial
from domainaug_simulators.street.axes import AXES, weather_of
from domainaug_simulators.street.worlds import Street, read_street

if TYPE_CHECKING:
    from domainaug_simulators.street.listening import Listening
    from domainaug_simulators.street.openscenario import Standing
    from domainaug_simulators.street.views import Views

__all__ = ["StreetSimulator"]

_CLIP: Final = {"layout": "highway", "frames": 2, "sensors": [
    {"name": "front", "kind": "camera"}, {"name": "top", "kind": "lidar"}, {"name": "ahead", "kind": "radar"},
]}  # fmt: skip
_TRIALS: Final = tuple(
    Trial(weather, _CLIP, {"width": 64, "height": 48, "weather": weather, **more})
    for weather, more in (("noon", {}), ("rain-night", {"lens_drops": 0.05}), ("snow", {"quality": "draft"}))
)


@dataclass(frozen=True, slots=True)
class StreetSimulator:
    """Renders procedural streets with exact labels, in any light and weather."""

    name: str = "street"
    axes: tuple[Axis, ...] = field(default=AXES, repr=False)
    trials: tuple[Trial, ...] = field(default=_TRIALS, repr=False)
    packages: tuple[str, ...] = ("embreex",)

    def survey(self, world: Mapping[str, Any], folder: Path) -> _World:
        """Look at what a scenario says of its street; see `domainaug.scenario.Simulator`."""
        street = read_street(world, folder)
        if street.map is None and not street.actors and street.ego is None:
            return _World(street)
        return _World(street, _looked_at(street).proved())


@dataclass(frozen=True, slots=True)
class _World:
    """What travels to the workers."""

    street: Street
    left_out: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return self.street.digest

    @property
    def sources(self) -> tuple[Path, ...]:
        return () if self.street.map is None else (self.street.map.path,)

    @property
    def notes(self) -> tuple[str, ...]:
        drawn = "streets are drawn by rules; what was trained on them must be tested on photographs"
        return (drawn, *self.left_out)

    @property
    def idle(self) -> Mapping[str, str]:
        """Return the axes that move nothing here."""
        if self.street.ego is None:
            return {}
        return {"along": "the world lists where the ego vehicle is"}

    @property
    def pictures(self) -> int:
        return self.street.frames * len(self.street.cameras)

    def check(self, variant: Variant) -> None:
        """Refuse a variant in whose first frame a camera stands in something."""
        _looked_at(self.street).probe(variant)

    def frame(self, values: Mapping[str, Value]) -> Frame:
        return Frame(int(values["height"]), int(values["width"]), channels=3, scene=True)

    def effects(self, values: Mapping[str, Value]) -> Mapping[str, Interval]:
        """Return what profiles limit: the weather, and how far the cameras lean."""
        weather = weather_of(values)
        names = ("visibility", "rain", "snowfall", "snow_cover", "sun_altitude")
        told = {name: float(getattr(weather, name)) for name in names}
        told["rotation"] = float(values["camera_roll"])
        return {name: Interval(value, value) for name, value in told.items()}

    def load(self) -> _Stage:
        """Build the street.

        Raises:
            MissingExtra: The packages of domainaug[street] are not installed.
        """
        views = _views(self.street)
        from domainaug_simulators.street.listening import Listening

        return _Stage(self.street, views, Listening(views))


def _views(street: Street) -> Views:
    try:
        from domainaug_simulators.street.views import Views
    except ImportError:
        raise MissingExtra("the street simulator", "street") from None
    return Views(street)


_looked_at = lru_cache(maxsize=1)(_views)
"""A street that is looked at before anything is rendered is built once for all looks."""


@dataclass(frozen=True, slots=True, eq=False)
class _Stage:
    """A street in memory."""

    street: Street
    views: Views
    listening: Listening

    def render(self, variant: Variant, number: int, folder: Path) -> Rendered:
        """Write all frames of all sensors: frame by frame, so that the street is built once for each."""
        from domainaug_simulators.street.listening import RIG, rig_told
        from domainaug_simulators.street.openscenario import standing
        from domainaug_simulators.street.recording import encoded

        weather = weather_of(variant.values)
        paths: list[Path] = []
        exposures: dict[str, float] = {}  # metered once for a sequence, so that nothing flickers
        for sensor in (*self.street.cameras, *self.street.sensors):
            (folder / sensor.name).mkdir()
        met: list[dict[str, Standing]] = []
        for count in range(self.street.frames):
            for index, mounted in enumerate(self.street.cameras):
                view = self.views.at(mounted, variant, count)
                picture, exposure = view.shot(weather, variant, (index, count), exposures.get(mounted.name))
                exposures[mounted.name] = exposure
                paths += _put(folder, mounted.name, count, {"png": encoded(picture), **view.files})
            for mount in self.street.sensors:
                paths += _put(folder, mount.name, count, self.listening.files(mount, variant, count, weather))
            if self.street.xosc:
                now = self.views.moment(variant, count)
                met.append(standing(now.scene, now.ego))
        if met:
            paths += self._scenario(folder, variant, weather, met)
        known = {
            "layout": self.street.layout,
            "labels_id": variant.labels,
            "frames": self.street.frames,
        }
        record = {"weather": weather.to_dict(), **known}
        told = {**record, "id": variant.id, "values": dict(variant.values), "dt_s": self.street.dt}
        (folder / "scene.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        (folder / RIG).write_bytes(rig_told(self.views, variant))
        return Rendered((*paths, Path("scene.json"), Path(RIG)), record)

    def _scenario(self, folder: Path, variant: Variant, weather: Weather, met: list[dict[str, Standing]]) -> list[Path]:
        """Write the variant as OpenSCENARIO, and its map."""
        from domainaug_simulators.street.openscenario import MAP, SCENARIO, openscenario_of
        from domainaug_simulators.street.town.opendrive import opendrive_of

        file = self.street.map
        roads = opendrive_of(self.views.town).encode() if file is None else file.path.read_bytes()
        (folder / MAP).write_bytes(roads)
        text = openscenario_of(f"{self.street.layout} {variant.id}", weather, met, self.street.dt)
        (folder / SCENARIO).write_text(text, encoding="utf-8")
        return [Path(SCENARIO), Path(MAP)]


def _put(folder: Path, name: str, count: int, files: Mapping[str, bytes]) -> list[Path]:
    """Write the files of a frame of a sensor, by how their names end, and return where they are."""
    paths = [Path(name, f"{count:06d}.{ending}") for ending in files]
    for path, content in zip(paths, files.values(), strict=True):
        (folder / path).write_bytes(content)
    return paths
