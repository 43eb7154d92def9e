"""What a scenario says of its world on a CARLA server."""

from __future__ import annotations

import hashlib
import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domainaug.errors import DomainAugError, UnknownName
from domainaug.scenario import Value
from domainaug_simulators.carla_adapter.servers import Server, read_servers
from domainaug_simulators.street.sensors import LidarMount, RadarMount
from domainaug_simulators.street.worlds import Mounted, read_street

__all__ = [
    "LABELS", "CarlaWorld", "Feeler", "asked_of", "check_time", "drive_of", "mounts_of", "opening_of", "read_world",
    "sized",
]  # fmt: skip

LABELS: Final = {"rgb": "rgb", "depth": "depth", "instance": "instance_segmentation"}
"""What a camera of a scenario is made of: its own name for each picture, and CARLA's."""

_VERSION: Final = 2  # raised when the same description makes another world
_SHARED: Final = ("seed", "frames", "dt", "cameras")
_OWN: Final = ("layout", "map", "vehicles", "walkers", "speed", "warmup", "exposure", "sensors", "servers", "restart",
               "timeout", "deadline", "traffic", "traffic_seconds", "ego")  # fmt: skip
_EXPOSURES: Final = ("histogram", "manual")
_FEELERS: Final = ("gnss", "imu")
_TRAFFIC: Final = ("posed", "driven")
_USUAL: Final = "vehicle.tesla.model3"  # what drives, where no body of its own is asked for


@dataclass(frozen=True, slots=True)
class Feeler:
    """A GNSS receiver or an inertial sensor, in the middle of the vehicle.

    Attributes:
        name: What its folder is called.
        kind: "gnss" or "imu".
    """

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class CarlaWorld:
    """A world before it is opened.

    Attributes:
        map: What the server calls it; "" for the one at hand.
        seed: Who is where.
        frames: Pictures of each camera, one after the other.
        dt: Seconds from one to the next.
        cameras: What looks at it.
        sensors: LiDARs and radars.
        feelers: GNSS and inertial sensors.
        vehicles: How many there are on a usual day.
        walkers: How many people.
        speed: Of the vehicle with the sensors, m/s.
        warmup: Frames that are let go after the weather or the place changed.
        exposure: "histogram", or "manual" for the same in all pictures.
        traffic: "posed": everybody follows a lane at a speed of their own; "driven": by CARLA's TrafficManager.
        traffic_seconds: How long that drives: the axis `time` goes from 0 to there.
        ego: What the vehicle with the sensors is, a blueprint; "" for none that can be seen.
        servers: Where it is shown; no part of what it is, as those below.
        restart: A command that starts a server anew, or "".
        timeout: Seconds that an answer may take.
        deadline: Seconds in which nothing may come from any sensor before one is given up.
    """

    map: str = ""
    seed: int = 0
    frames: int = 1
    dt: float = 0.1
    cameras: tuple[Mounted, ...] = (Mounted(),)
    sensors: tuple[LidarMount | RadarMount, ...] = ()
    feelers: tuple[Feeler, ...] = ()
    vehicles: int = 20
    walkers: int = 20
    speed: float = 8.0
    warmup: int = 8
    exposure: str = "histogram"
    traffic: str = "posed"
    traffic_seconds: float = 20.0
    ego: str = ""
    servers: tuple[Server, ...] = field(default=(Server("127.0.0.1", 2000),), repr=False)
    restart: str = field(default="", repr=False)
    timeout: float = field(default=20.0, repr=False)
    deadline: float = field(default=15.0, repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of what it is."""
        return hashlib.sha256(repr((_VERSION, self)).encode()).hexdigest()


def read_world(told: Mapping[str, Any]) -> CarlaWorld:
    """Return what a scenario's world says.

    Args:
        told: `{map: Town10HD_Opt, seed: 3, vehicles: 20, walkers: 20, frames: 10, dt: 0.1, cameras: {front: {}},
            sensors: [{name: top, kind: lidar}, {name: gps, kind: gnss}], warmup: 8, exposure: manual,
            servers: [127.0.0.1:2000]}`; all of it can be left out. `layout` stands for `map`, as the street simulator
            says it.

    Raises:
        UnknownName: A key is unknown.
        DomainAugError: A value is not legal.
    """
    for key in told:
        if key not in (*_SHARED, *_OWN):
            raise UnknownName("key of a world", str(key), (*_SHARED, *_OWN), where="world (CARLA)")
    name = told.get("map", told.get("layout", ""))
    if not isinstance(name, str) or ("map" in told and "layout" in told):
        raise DomainAugError(f"world: map is the name of one of the server's maps, such as Town10HD_Opt: {name!r}")
    exposure = told.get("exposure", "histogram")
    if exposure not in _EXPOSURES:
        raise UnknownName("exposure", str(exposure), _EXPOSURES, where="world")
    traffic = told.get("traffic", "posed")
    if traffic not in _TRAFFIC:
        raise UnknownName("traffic", str(traffic), _TRAFFIC, where="world")
    if "traffic_seconds" in told and traffic != "driven":
        raise DomainAugError("world: traffic_seconds is for `traffic: driven`")
    ego = told.get("ego", "")
    if not isinstance(ego, str):
        raise DomainAugError(f"world: ego is the blueprint of a vehicle, such as vehicle.tesla.model3, and not {ego!r}")
    restart = told.get("restart", "")
    if not isinstance(restart, str) or not _runs(restart):
        raise DomainAugError(f"world: restart is a command, with its quotes closed, and not {restart!r}")
    feelers, others = _split(told.get("sensors", []))
    shared = {key: told[key] for key in _SHARED if key in told}
    street = read_street({**shared, "sensors": others} if others else shared)
    names = [each.name for each in (*street.cameras, *street.sensors, *feelers)]
    if len(set(names)) < len(names):
        raise DomainAugError("world: two sensors are called alike; each has a folder of its own name")
    return CarlaWorld(
        name, street.seed, street.frames, street.dt, street.cameras, street.sensors, feelers,
        _whole(told, "vehicles", 20), _whole(told, "walkers", 20), _number(told, "speed", 8.0, 0, 40),
        _whole(told, "warmup", 8), exposure, traffic, _number(told, "traffic_seconds", 20.0, 1, 600), ego,
        read_servers(told.get("servers", "127.0.0.1:2000")), restart, _number(told, "timeout", 20.0, 1, 600),
        _number(told, "deadline", 15.0, 0.5, 600),
    )  # fmt: skip


def _runs(command: str) -> bool:
    """Return whether a command can be taken apart into words, of which there is one; "" is none and stays so."""
    try:
        return not command or (bool(shlex.split(command)) and "\0" not in command)
    except ValueError:
        return False


def _split(told: Any) -> tuple[tuple[Feeler, ...], list[Any]]:
    """Return the sensors that have no place, and the others as they were told."""
    if not isinstance(told, list):
        raise DomainAugError(f"world: sensors is a list such as [{{name: top, kind: lidar}}], and not {told!r}")
    feelers, others = [], []
    for entry in told:
        if not isinstance(entry, Mapping) or entry.get("kind") not in _FEELERS:
            others.append(entry)
        elif set(entry) != {"name", "kind"} or not str(entry["name"]).isidentifier():
            raise DomainAugError(
                f"world: a {entry['kind']} has a name of letters, digits and _, and no place: {entry!r}"
            )
        else:
            feelers.append(Feeler(str(entry["name"]), str(entry["kind"])))
    return tuple(feelers), others


def _number(told: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    value = told.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise DomainAugError(f"world: {name}={value!r}: it is a number from {low:g} to {high:g}")
    return float(value)


def _whole(told: Mapping[str, Any], name: str, default: int, most: int = 200) -> int:
    value = told.get(name, default)
    if type(value) is not int or not 0 <= value <= most:
        raise DomainAugError(f"world: {name}={value!r}: it is a whole number from 0 to {most}")
    return value


# -- what the server is asked for ---------------------------------------------------------------------------


def opening_of(world: CarlaWorld, driven: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a server is told when a world is opened; three times the usual traffic is the most."""
    return {
        "map": world.map, "dt": world.dt, "seed": world.seed, "vehicles": 0 if driven else 3 * world.vehicles,
        "walkers": 3 * world.walkers, "speed": world.speed, "ego": world.ego, "driven": driven,
    }  # fmt: skip


def drive_of(world: CarlaWorld) -> dict[str, Any]:
    """Return what a server is told that is to drive the traffic of a world."""
    return {
        "map": world.map, "seed": world.seed, "vehicles": world.vehicles, "speed": world.speed,
        "seconds": world.traffic_seconds + world.dt + 0.5, "carrier": world.ego or _USUAL,
    }  # fmt: skip


def asked_of(world: CarlaWorld, values: Mapping[str, Value]) -> list[dict[str, Any]]:
    """Return the sensors to be made for a variant: their blueprints and attributes."""
    asked = []
    for mounted in world.cameras:
        width, height, view = sized(mounted, values)
        for name, blueprint in LABELS.items():
            attributes: dict[str, Any] = {"image_size_x": width, "image_size_y": height, "fov": view}
            if name == "rgb":
                attributes |= {"exposure_mode": world.exposure}
            asked.append(_asked(f"{mounted.name}/{name}", "camera", f"sensor.camera.{blueprint}", attributes,
                                [width, height]))  # fmt: skip
    for mount in world.sensors:
        if isinstance(mount, LidarMount):
            pulses = round(mount.channels * mount.columns / world.dt)
            attributes = {
                "channels": mount.channels, "range": mount.reach, "points_per_second": pulses,
                "rotation_frequency": 1 / world.dt, "upper_fov": mount.highest, "lower_fov": mount.lowest,
            }  # fmt: skip
            asked.append(_asked(mount.name, "lidar", "sensor.lidar.ray_cast_semantic", attributes))
        else:
            attributes = {"horizontal_fov": mount.view, "vertical_fov": 12.0, "range": mount.reach}
            asked.append(_asked(mount.name, "radar", "sensor.other.radar", attributes))
    asked += [_asked(each.name, each.kind, f"sensor.other.{each.kind}", {}) for each in world.feelers]
    return asked


def check_time(world: CarlaWorld, values: Mapping[str, Value]) -> None:
    """Refuse a variant that begins, or goes on, when traffic no longer drives.

    Raises:
        DomainAugError: It does; says for how long traffic drives.
    """
    last = float(values["time"]) + (world.frames - 1) * world.dt
    if world.traffic == "driven" and last > world.traffic_seconds + 1e-9:
        raise DomainAugError(
            f"a variant shows {last:g} s, and its traffic drives for {world.traffic_seconds:g} s: say "
            f"traffic_seconds: {math.ceil(last)} in the world, or an earlier time"
        )


def mounts_of(world: CarlaWorld, values: Mapping[str, Value]) -> dict[str, list[float]]:
    """Return where sensors are on the vehicle, in CARLA's axes: x, y, z in meters, pitch, yaw, roll in degrees."""
    found: dict[str, list[float]] = {}
    tilt = [float(values[f"camera_{name}"]) for name in ("pitch", "yaw", "roll")]
    for one in world.cameras:
        height = one.z + float(values["camera_height"])
        place = [one.x, -one.y, height, one.pitch + tilt[0], -one.yaw - tilt[1], one.roll + tilt[2]]
        found |= {f"{one.name}/{name}": place for name in LABELS}
    for mount in world.sensors:
        pitch, roll = (mount.pitch, mount.roll) if isinstance(mount, LidarMount) else (0.0, 0.0)
        found[mount.name] = [mount.x, -mount.y, mount.z, pitch, -mount.yaw, roll]
    return found | {each.name: [0.0, 0.0, 0.5, 0.0, 0.0, 0.0] for each in world.feelers}


def sized(mounted: Mounted, values: Mapping[str, Value]) -> tuple[int, int, float]:
    """Return width, height and field of view of a camera in a variant, which says what the camera does not."""
    return (
        mounted.width or int(values["width"]),
        mounted.height or int(values["height"]),
        mounted.view or float(values["view"]),
    )


def _asked(
    name: str, kind: str, blueprint: str, attributes: Mapping[str, Any], size: list[int] | None = None
) -> dict[str, Any]:
    return {"name": name, "kind": kind, "blueprint": blueprint, "attributes": dict(attributes), "size": size}
