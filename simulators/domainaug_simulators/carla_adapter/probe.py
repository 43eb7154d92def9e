"""Half a minute with a server: versions, a frame of each sensor, weather, geometry, and whether it is left clean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.doctor import Check
from domainaug.driving.weather import weather_named
from domainaug.errors import DomainAugError
from domainaug_simulators.carla_adapter.labels import Pinhole, bodies_of, decoded_depth, named, pose_of
from domainaug_simulators.carla_adapter.line import Line, need_client
from domainaug_simulators.carla_adapter.servers import claimed, read_servers
from domainaug_simulators.carla_adapter.simulator import AXES
from domainaug_simulators.carla_adapter.worlds import asked_of, mounts_of, opening_of, read_world
from domainaug_simulators.carla_server.world.skies import sky_of
from domainaug_simulators.street.town.tags import Tag

__all__ = ["probed"]

Arrays = Mapping[str, NDArray[Any]]

_SECONDS: Final = 5.0
_WORLD: Final = {
    "seed": 1, "vehicles": 12, "walkers": 8, "warmup": 3,
    "sensors": [
        {"name": "lidar", "kind": "lidar", "channels": 16, "columns": 360}, {"name": "radar", "kind": "radar"},
        {"name": "gnss", "kind": "gnss"}, {"name": "imu", "kind": "imu"},
    ],
    "cameras": {"camera": {"width": 320, "height": 192}},
}  # fmt: skip
_OFF: Final = 0.05  # share that the depth of the road may be off what the camera's height says
_DARKER: Final = 0.8  # of its light that a picture has at most after sunset


def probed(server: str) -> list[Check]:
    """Return what of a server works.

    Args:
        server: HOST:PORT.

    Raises:
        DomainAugError: That is no server's name, or another run has it.
    """
    (found,) = read_servers(server)
    try:
        need_client()
    except DomainAugError as error:
        return [Check("client", "wrong", str(error))]
    claim = claimed([found], seconds=5.0)
    line = Line(found, _SECONDS, claim=claim)
    probe = _Probe(line)
    try:
        if probe.step("versions", probe.versions) and probe.step("world", probe.opened):
            probe.sensors()
            probe.step("weather", probe.weather)
            probe.step("geometry", probe.geometry)
            line.close()
            probe.step("left as found", probe.clean)
    finally:
        line.leave()
    return probe.checks


@dataclass(slots=True, eq=False)
class _Probe:
    """A server that is looked at.

    Attributes:
        line: To it.
        checks: What was found.
    """

    line: Line
    checks: list[Check] = field(default_factory=list)
    _asked: list[dict[str, Any]] = field(default_factory=list)
    _mounts: dict[str, list[float]] = field(default_factory=dict)

    def step(self, what: str, look: Callable[[], str]) -> bool:
        """Look at one thing, write it down, and return whether it is well."""
        try:
            self.checks.append(Check(what, "ok", look()))
        except DomainAugError as error:
            self.checks.append(Check(what, "wrong", str(error)))
            return False
        return True

    def versions(self) -> str:
        """Return the versions on both ends."""
        told = self.line.hello()
        return "; ".join([f"server {told['server']}, client {told['client']}", *told["notes"]])

    def opened(self) -> str:
        """Take over time in the map at hand."""
        world = read_world(_WORLD)
        values = {axis.name: axis.default for axis in AXES}
        self._asked, self._mounts = asked_of(world, values), mounts_of(world, values)
        told = self.line.open(opening_of(world, None))
        found = f"map {told['map']}, {told['others']} actors of others"
        if told["stuck"]:
            found += "; a dead client had left it in synchronous mode, from which it was freed"
        return found + (f"; {told['removed']} actors of a dead run of ours were removed" if told["removed"] else "")

    def sensors(self) -> None:
        """Take a frame of each sensor by itself."""
        for sensor in self._asked:
            self.step(sensor["blueprint"], lambda sensor=sensor: self._measured(sensor))  # type: ignore[misc]

    def _measured(self, sensor: Mapping[str, Any]) -> str:
        _, arrays = self._frame([sensor["name"]])
        array = arrays[sensor["name"]]
        if sensor["kind"] == "camera":
            if not int(np.ptp(array[..., :3])):
                raise DomainAugError("its picture has one color; is the server drawing (no -nullrhi)?")
            return f"{array.shape[1]} x {array.shape[0]} pixels"
        return f"{len(array)} {'points' if sensor['kind'] in ('lidar', 'radar') else 'numbers'}"

    def weather(self) -> str:
        """Hold a picture of the night against one of noon."""
        day, night = (
            float(self._frame(["camera/rgb"], name, warmup=3)[1]["camera/rgb"][..., :3].mean())
            for name in ("noon", "night")
        )
        if night > day * _DARKER:
            raise DomainAugError(f"pictures of noon and night are about as bright ({day:.0f} and {night:.0f} of 255)")
        return f"a night picture has {night / max(day, 1e-6):.0%} of noon's brightness"

    def geometry(self) -> str:
        """Hold depth against the camera's height, and pixels of actors against their boxes."""
        told, arrays = self._frame(["camera/depth", "camera/instance"])
        depth, pixels = decoded_depth(arrays["camera/depth"]), arrays["camera/instance"]
        camera = Pinhole(pose_of(told["places"]["camera/depth"]), depth.shape[1], depth.shape[0], 75.0)
        rows, columns = np.nonzero(pixels[..., 2] == int(Tag.ROAD))
        near = (depth[rows, columns] < 15) & (rows > 0.75 * len(depth))
        if not near.any():
            return "no road lay before the camera to be measured"
        points = camera.points(rows[near], columns[near], depth[rows[near], columns[near]])
        off = float(np.median(points[:, 2])) - pose_of(told["ego"])[2, 3]
        if abs(off) > _OFF * self._mounts["camera/depth"][2] + 0.05:
            raise DomainAugError(f"the road before the camera lies {off:+.2f} m off by depth: another projection?")
        bodies = bodies_of(told["things"])
        _, numbers = named(pixels, depth, camera, bodies)
        seen = len(np.unique(numbers)) - 1
        return f"the road lies {off * 100:+.0f} cm off by depth; {seen} actors are where their boxes are"

    def clean(self) -> str:
        """Look whether anything of ours is left."""
        told = self.line.look()
        if told["marked"] or told["synchronous"]:
            raise DomainAugError(f"{told['marked']} actors are left, synchronous mode is {told['synchronous']}")
        return "no actor is left, and time passes as it did"

    def _frame(self, names: list[str], weather: str = "noon", *, warmup: int = 0) -> tuple[dict[str, Any], Arrays]:
        """Return a frame of some of the sensors."""
        return self.line.frame(
            {
                "weather": sky_of(weather_named(weather)).numbers, "lamps": weather == "night",
                "sensors": [one for one in self._asked if one["name"] in names], "mounts": self._mounts,
                "values": {"along": 0.3, "aside": 0.0}, "times": [0.0], "index": 0, "warmup": warmup,
                "count": [12, 8], "tries": 1,
            },
            anew=False,
        )  # fmt: skip
