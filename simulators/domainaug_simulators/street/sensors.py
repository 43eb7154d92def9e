"""LiDARs and radars as a scenario lists them; here, so that it can be read without the packages that cast rays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from domainaug.errors import DomainAugError, UnknownName

__all__ = ["KINDS", "LidarMount", "RadarMount", "SensorMount", "named_once", "read_sensor", "split_sensors"]

KINDS: Final = ("camera", "lidar", "radar")
"""Kinds of sensors that a rig has."""


@dataclass(frozen=True, slots=True)
class LidarMount:
    """A spinning LiDAR on the vehicle: x forward, y left from its middle, z up from the road.

    Attributes:
        name: What its folder is called.
        x: Meters.
        y: Meters.
        z: Meters over the road.
        yaw: Degrees, counter-clockwise.
        pitch: Degrees, nose up.
        roll: Degrees.
        channels: How many beams stand one over the other.
        lowest: Degrees of the lowest above the horizon.
        highest: Degrees of the highest.
        columns: Pulses of a channel in a turn.
        rate: Turns a second.
        reach: Meters beyond which it listens to no echo.
        noise: Standard deviation of a range, meters.
    """

    name: str = "top"
    x: float = 0.0
    y: float = 0.0
    z: float = 1.73
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    channels: int = 64
    lowest: float = -24.8
    highest: float = 2.0
    columns: int = 1024
    rate: float = 10.0
    reach: float = 120.0
    noise: float = 0.02


@dataclass(frozen=True, slots=True)
class RadarMount:
    """A radar on the vehicle: x forward, y left from its middle, z up from the road.

    Attributes:
        name: What its folder is called.
        x: Meters.
        y: Meters.
        z: Meters over the road.
        yaw: Degrees, counter-clockwise.
        view: Horizontal field of view, degrees.
        reach: Meters at which it finds in clear air what it finds at all.
    """

    name: str = "radar"
    x: float = 2.2
    y: float = 0.0
    z: float = 0.6
    yaw: float = 0.0
    view: float = 60.0
    reach: float = 150.0


SensorMount: TypeAlias = LidarMount | RadarMount

_PLACE: Final = {"x": (-5.0, 5.0), "y": (-3.0, 3.0), "z": (0.2, 6.0), "yaw": (-360.0, 360.0)}
_LIMITS: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = {
    "lidar": {
        **_PLACE, "pitch": (-89.0, 89.0), "roll": (-180.0, 180.0), "channels": (1, 256), "lowest": (-89.0, 89.0),
        "highest": (-89.0, 89.0), "columns": (16, 8192), "rate": (0.1, 100.0), "reach": (1.0, 1000.0),
        "noise": (0.0, 1.0),
    },
    "radar": {**_PLACE, "view": (1.0, 180.0), "reach": (1.0, 1000.0)},
}  # fmt: skip
_MOUNTS: Final[Mapping[str, type[LidarMount] | type[RadarMount]]] = {"lidar": LidarMount, "radar": RadarMount}
_WHOLE: Final = ("channels", "columns")


def split_sensors(told: Any) -> tuple[dict[str, Mapping[str, Any]], tuple[SensorMount, ...]]:
    """Return the cameras of a list of sensors as `cameras:` would list them, and the other sensors.

    Args:
        told: `[{name: rear, kind: camera, yaw: 180}, {name: top, kind: lidar, z: 1.9, channels: 32}]`.

    Raises:
        UnknownName: A kind or a key is unknown.
        DomainAugError: A value is not legal.
    """
    if not isinstance(told, list):
        raise DomainAugError(f"world: sensors is a list such as [{{name: top, kind: lidar, z: 1.9}}], and not {told!r}")
    cameras: dict[str, Mapping[str, Any]] = {}
    others: list[SensorMount] = []
    for entry in told:
        if not isinstance(entry, Mapping) or not {"name", "kind"} <= set(entry):
            raise DomainAugError(f"world: a sensor is a mapping with a name and a kind ({', '.join(KINDS)}): {entry!r}")
        name, kind = str(entry["name"]), entry["kind"]
        if kind not in KINDS:
            raise UnknownName("kind of sensor", str(kind), KINDS, where=f"world: sensor {name}")
        named_once([name, *cameras, *(other.name for other in others)])
        rest = {key: value for key, value in entry.items() if key not in ("name", "kind")}
        if kind == "camera":
            cameras[name] = rest
        else:
            others.append(read_sensor(kind, name, rest))
    return cameras, tuple(others)


def named_once(names: Iterable[str]) -> None:
    """Refuse a name that two sensors have: their folders would be one.

    Raises:
        DomainAugError: Two are called alike.
    """
    known: set[str] = set()
    for name in names:
        if name in known:
            raise DomainAugError(f"world: two sensors are called {name!r}; each has a folder of its own name")
        known.add(name)


def read_sensor(kind: str, name: str, entry: Mapping[str, Any]) -> SensorMount:
    """Return a LiDAR or a radar.

    Args:
        kind: "lidar" or "radar".
        name: What its folder is called.
        entry: Its keys; what is left out is as the class has it.

    Raises:
        UnknownName: A key is unknown.
        DomainAugError: A value is not legal.
    """
    where = f"world: {kind} {name}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name):
        raise DomainAugError(f"world: a sensor is called by small letters, digits, - and _, and not {name!r}")
    limits = _LIMITS[kind]
    for key, value in entry.items():
        if key not in limits:
            raise UnknownName(f"key of a {kind}", str(key), limits, where=where)
        low, high = limits[key]
        whole = key in _WHOLE
        right = type(value) is int if whole else isinstance(value, int | float) and not isinstance(value, bool)
        if not right or not low <= value <= high:
            told = "a whole number" if whole else "a number"
            raise DomainAugError(f"{where}: {key} is {told} from {low:g} to {high:g}, and not {value!r}")
    made = replace(_MOUNTS[kind](name), **{key: _kept(key, value) for key, value in entry.items()})
    if isinstance(made, LidarMount) and made.lowest > made.highest:
        raise DomainAugError(
            f"{where}: its lowest channel ({made.lowest:g} deg) is above its highest ({made.highest:g} deg); "
            "exchange them"
        )
    return made


def _kept(key: str, value: Any) -> Any:
    return value if key in _WHOLE else float(value)
