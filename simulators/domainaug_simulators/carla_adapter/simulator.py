"""A CARLA server as scenarios see it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from domainaug.doctor import Check
from domainaug.effects import Interval
from domainaug.generators import Frame
from domainaug.scenario import Axis, Value, Variant
from domainaug_simulators.carla_adapter.line import Line, need_client
from domainaug_simulators.carla_adapter.recording import Recorder
from domainaug_simulators.carla_adapter.servers import check_apart, claimed
from domainaug_simulators.carla_adapter.worlds import CarlaWorld, check_time, drive_of, read_world
from domainaug_simulators.street.axes import AXES as STREET_AXES
from domainaug_simulators.street.axes import weather_of

__all__ = ["AXES", "CarlaSimulator"]

_LEFT_OUT: Final = ("exposure", "noise", "lens_drops", "quality")
AXES: Final = tuple(axis for axis in STREET_AXES if axis.name not in _LEFT_OUT)
"""Those of streets, but what CARLA's cameras cannot be told from frame to frame."""

_NOTES: Final = (
    "each run gives the same labels, and `serve-carla` the same pictures; CARLA's own differ to the bit between runs",
    "the adapter has been tested with the official 0.9.16 client, and not yet with a CARLA server",
)


@dataclass(frozen=True, slots=True)
class CarlaSimulator:
    """Renders scenarios with CARLA: a frozen world in any light and weather, with labels."""

    name: str = "carla"
    axes: tuple[Axis, ...] = field(default=AXES, repr=False)
    packages: tuple[str, ...] = ("carla",)

    def survey(self, world: Mapping[str, Any], folder: Path) -> _World:
        """Look at what a scenario says of its world, and whether its servers can show it.

        Raises:
            DomainAugError: A value is not legal; a server does not answer, is of another version, or lacks the map.
        """
        told = read_world(world)
        need_client()
        version, notes = _looked_at(told)
        return _World(told, version, notes, _driven(told) if told.traffic == "driven" else None)

    def probe(self, server: str) -> list[Check]:
        """Look at a server in half a minute, and say what of it works.

        Args:
            server: HOST:PORT.

        Raises:
            DomainAugError: That is no server's name.
        """
        from domainaug_simulators.carla_adapter.probe import probed

        return probed(server)


def _looked_at(world: CarlaWorld) -> tuple[str, tuple[str, ...]]:
    """Return the version of the servers, and what is worth knowing of them."""
    from domainaug_simulators.carla_adapter.faults import ServerUnfit

    check_apart(world.servers)
    versions: dict[str, str] = {}
    notes: list[str] = []
    for server in world.servers:
        line = Line(server, world.timeout, world.deadline)
        try:
            found = line.hello(world.ego)
        finally:
            line.close()
        versions[str(server)] = found["server"]
        notes += [note for note in found["notes"] if note not in notes]
        plain = world.map.rpartition("_")[0]
        if world.map and found["maps"] and world.map not in found["maps"] and plain not in found["maps"]:
            raise ServerUnfit(
                f"world: the server at {server} has no map {world.map!r}; it has {', '.join(found['maps'])}"
            )
    if len(set(versions.values())) > 1:
        told = ", ".join(f"{name} is {version}" for name, version in versions.items())
        raise ServerUnfit(f"the servers are of several versions, and would draw several worlds: {told}")
    return next(iter(versions.values())), tuple(notes)


def _driven(world: CarlaWorld) -> Mapping[str, Any]:
    """Let TrafficManager drive on the first server, and return who was where; all servers show that."""
    claim = claimed(world.servers[:1])
    line = Line(claim.server, world.timeout, world.deadline, claim=claim)
    try:
        return line.drive(drive_of(world))
    finally:
        line.leave()


@dataclass(frozen=True, slots=True)
class _World:
    """What travels to the workers."""

    world: CarlaWorld
    version: str
    told: tuple[str, ...] = ()
    driven: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of what is asked for, and of how traffic drove: who drives otherwise makes another world."""
        if self.driven is None:
            return self.world.digest
        return hashlib.sha256(f"{self.world.digest} {json.dumps(self.driven)}".encode()).hexdigest()

    @property
    def sources(self) -> tuple[Path, ...]:
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        return (*_NOTES, *self.told)

    @property
    def pictures(self) -> int:
        return self.world.frames * len(self.world.cameras)

    @property
    def at_once(self) -> int:
        """Return how many processes may show it: each has a server for itself."""
        return len(self.world.servers)

    @property
    def idle(self) -> Mapping[str, str]:
        return {} if self.driven is None else {"along": "TrafficManager drives the vehicle with the sensors"}

    def check(self, variant: Variant) -> None:
        """Refuse weather that contradicts itself, and times when no traffic drives; all else is told by the server."""
        weather_of(variant.values)
        check_time(self.world, variant.values)

    def frame(self, values: Mapping[str, Value]) -> Frame:
        return Frame(int(values["height"]), int(values["width"]), channels=3, scene=True)

    def effects(self, values: Mapping[str, Value]) -> Mapping[str, Interval]:
        """Return what profiles limit: the weather, and how far the cameras lean."""
        weather = weather_of(values)
        names = ("visibility", "rain", "snowfall", "snow_cover", "sun_altitude")
        told = {name: float(getattr(weather, name)) for name in names}
        told["rotation"] = float(values["camera_roll"])
        return {name: Interval(value, value) for name, value in told.items()}

    def load(self) -> Recorder:
        """Take a server, and open the world on it.

        Raises:
            DomainAugError: None is free, or the one that is does not show it.
        """
        claim = claimed(self.world.servers)
        line = Line(claim.server, self.world.timeout, self.world.deadline, self.world.restart, claim)
        return Recorder(self.world, line, self.version, self.driven)
