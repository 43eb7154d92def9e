"""What a scenario says of its street: layout or map, who is there, cameras and other sensors, how many frames."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from domainaug.errors import DomainAugError, UnknownName
from domainaug_simulators.street.listing import Listed, read_actors, read_ego
from domainaug_simulators.street.sensors import SensorMount, named_once, split_sensors

__all__ = ["LAYOUTS", "MapFile", "Mounted", "Street", "read_street"]

LAYOUTS: Final = ("city", "highway", "junction", "suburb")
"""Names of the layouts; here, so that a scenario can be read without the packages that build them."""

_VERSION: Final = 2
"""Raised when the same description makes another street."""

_SEEDS: Final = 2**63
_LARGEST_MAP: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Mounted:
    """A camera on the vehicle. Its place and turn are the vehicle's: x forward, y left, z up from the rig's height.

    Attributes:
        name: What its folder is called.
        x: Meters.
        y: Meters.
        z: Meters.
        yaw: Degrees, counter-clockwise.
        pitch: Degrees, nose up.
        roll: Degrees.
        width: Pixels, or None for the axis.
        height: Pixels, or None for the axis.
        view: Horizontal field of view in degrees, or None for the axis.
    """

    name: str = "front"
    x: float = 0.5
    y: float = 0.0
    z: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    width: int | None = None
    height: int | None = None
    view: float | None = None


_LIMITS: Final = {
    "x": (-5.0, 5.0), "y": (-3.0, 3.0), "z": (-1.5, 4.0), "yaw": (-360.0, 360.0), "pitch": (-90.0, 90.0),
    "roll": (-180.0, 180.0), "width": (16, 4096), "height": (16, 4096), "view": (10.0, 150.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MapFile:
    """An OpenDRIVE map.

    Attributes:
        path: The file.
        sha256: Of what is in it.
    """

    path: Path = field(repr=False)  # the same map elsewhere is the same street
    sha256: str


@dataclass(frozen=True, slots=True)
class Street:
    """A street before it is built.

    Attributes:
        layout: "city", "junction", "highway" or "suburb"; "map" where there is a map.
        seed: Which one.
        traffic: Fixes vehicles and people.
        frames: Pictures of each camera, one after the other.
        dt: Seconds from one to the next.
        cameras: What looks at it.
        sensors: LiDARs and radars.
        flow: Whether optical flow is written between the frames of a clip.
        map: The roads, in place of those of a layout.
        actors: Those who are listed; traffic leaves room for them.
        ego: The vehicle with the sensors, where it is listed.
        xosc: Whether each variant is also written as OpenSCENARIO; no part of what the street is.
    """

    layout: str
    seed: int = 0
    traffic: int = 0
    frames: int = 1
    dt: float = 0.1
    cameras: tuple[Mounted, ...] = (Mounted(),)
    sensors: tuple[SensorMount, ...] = ()
    flow: bool = True
    map: MapFile | None = None
    actors: tuple[Listed, ...] = ()
    ego: Listed | None = None
    xosc: bool = field(default=False, repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of what it is."""
        return hashlib.sha256(repr((_VERSION, self)).encode()).hexdigest()


def read_street(world: Mapping[str, Any], folder: Path = Path()) -> Street:
    """Return what a scenario's world says.

    Args:
        world: `{layout: city, seed: 3, traffic: 5, frames: 10, dt: 0.1, cameras: {front: {}, left: {yaw: 90}},
            sensors: [{name: top, kind: lidar}], flow: true}`; all of it can be left out. `map: roads.xodr` stands in
            place of `layout`; `actors` and `ego` list who is there (see `domainaug_simulators.street.listing`).
        folder: Where the path of a map starts.

    Raises:
        UnknownName: A key or a layout is unknown.
        DomainAugError: A value is not legal.
    """
    legal = [one.name for one in fields(Street)]
    for key in world:
        if key not in legal:
            raise UnknownName("key of a world", str(key), legal, where="world")
    roads = _map(world, folder)
    layout = "map" if roads else world.get("layout", "city")
    if not roads and layout not in LAYOUTS:
        raise UnknownName("layout", str(layout), LAYOUTS, where="world")
    dt = world.get("dt", 0.1)
    if isinstance(dt, bool) or not isinstance(dt, int | float) or not 0.001 <= dt <= 10:
        raise DomainAugError(f"world: dt={dt!r}: from one frame to the next are 0.001 to 10 seconds")
    listed, sensors = split_sensors(world.get("sensors", []))
    cameras = _cameras(world.get("cameras", {} if listed else {"front": {}}), listed)
    named_once([each.name for each in (*cameras, *sensors)])
    flow = world.get("flow", True)
    if not isinstance(flow, bool):
        raise DomainAugError(f"world: flow is true or false, and not {flow!r}")
    xosc = world.get("xosc", False)
    if not isinstance(xosc, bool):
        raise DomainAugError(f"world: xosc is true or false, and not {xosc!r}")
    return Street(
        layout,
        _whole(world, "seed", 0, 0, _SEEDS - 1),
        _whole(world, "traffic", 0, 0, _SEEDS - 1),
        _whole(world, "frames", 1, 1, 10_000),
        float(dt),
        cameras,
        sensors,
        flow,
        roads,
        read_actors(world.get("actors", [])),
        read_ego(world.get("ego")),
        xosc,
    )


def _map(world: Mapping[str, Any], folder: Path) -> MapFile | None:
    """Return the map that a world names, as far as it can be told without reading its roads."""
    told = world.get("map")
    if told is None:
        return None
    if "layout" in world:
        raise DomainAugError("world: it has a map and a layout, and both say where roads run; keep one of them")
    if not isinstance(told, str) or not told:
        raise DomainAugError(f"world: map is the path of an OpenDRIVE file, and not {told!r}")
    path = (folder / told).resolve()
    if not path.is_file():
        raise DomainAugError(f"world: there is no map {told} in {folder.resolve()}; its path starts at the scenario")
    if path.stat().st_size > _LARGEST_MAP:
        raise DomainAugError(f"world: map {told} is larger than {_LARGEST_MAP >> 20} MiB")
    try:
        return MapFile(path, hashlib.sha256(path.read_bytes()).hexdigest())
    except OSError as error:
        raise DomainAugError(f"world: map {told} cannot be read: {error.strerror}") from None


def _whole(world: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = world.get(name, default)
    if type(value) is not int or not low <= value <= high:
        raise DomainAugError(f"world: {name}={value!r}: it is a whole number from {low} to {high}")
    return value


def _cameras(told: Any, listed: Mapping[str, Any]) -> tuple[Mounted, ...]:
    if not isinstance(told, Mapping) or not (told or listed):
        raise DomainAugError("world: cameras is a mapping of at least one name to its place: {front: {}}")
    named_once([*map(str, told), *listed])
    return tuple(_camera(str(name), entry) for name, entry in [*told.items(), *listed.items()])


def _camera(name: str, entry: Any) -> Mounted:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name):
        raise DomainAugError(f"world: a camera is called by small letters, digits, - and _, and not {name!r}")
    if not isinstance(entry, Mapping):
        raise DomainAugError(f"world: camera {name} is a mapping such as {{x: 0.5, yaw: 90}}, and not {entry!r}")
    for key, value in entry.items():
        if key not in _LIMITS:
            raise UnknownName("key of a camera", str(key), _LIMITS, where=f"world: camera {name}")
        low, high = _LIMITS[key]
        whole = key in ("width", "height")
        right = type(value) is int if whole else isinstance(value, int | float) and not isinstance(value, bool)
        if not right or not low <= value <= high:
            kind = "a whole number" if whole else "a number"
            raise DomainAugError(f"world: camera {name}: {key} is {kind} from {low:g} to {high:g}, and not {value!r}")
    return replace(Mounted(name), **entry)
