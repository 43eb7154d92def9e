"""A CARLA server as scenarios see it."""

from __future__ import annotations

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
from domainaug_simulators.carla_adapter.servers import claimed
from domainaug_simulators.carla_adapter.worlds import CarlaWorld, read_world
from domainaug_simulators.street.axes import AXES as STREET_AXES
from domainaug_simulators.street.axes import weather_of

__all__ = ["AXES", "CarlaSimulator"]

_LEFT_OUT: Final = ("exposure", "noise", "lens_drops", "quality")
AXES: Final = tuple(axis for axis in STREET_AXES if axis.name not in _LEFT_OUT)
"""Those of streets, but what CARLA's cameras cannot be told from frame to frame."""

_NOTES: Final = (
    "CARLA's pictures are not the same to the bit from one run to the next; labels are, where the server is",
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
        return _World(told, *_looked_at(told))

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

    versions: dict[str, str] = {}
    notes: list[str] = []
    for server in world.servers:
        line = Line(server, world.timeout)
        try:
            found = line.hello()
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


@dataclass(frozen=True, slots=True)
class _World:
    """What travels to the workers."""

    world: CarlaWorld
    version: str
    told: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return self.world.digest

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
        return {}

    def check(self, variant: Variant) -> None:
        """Refuse weather that contradicts itself; all else is told by the server."""
        weather_of(variant.values)

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
        line = Line(claim.server, self.world.timeout, self.world.restart, claim)
        return Recorder(self.world, line, self.version)
