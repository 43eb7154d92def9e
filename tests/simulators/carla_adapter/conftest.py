"""A server of our own for the adapter, whose official client runs in a process of its own."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("msgpack", reason="the packages of domainaug[carla] are not installed")

from domainaug_simulators.carla_server.server import CarlaServer
from domainaug_simulators.carla_server.world.actors import SensorActor, Vehicle, Walker

from domainaug.run.simulating import SimulationSummary, simulate

TEXT = """
id: carla
simulator: carla
world:
  map: junction
  seed: 5
  vehicles: 8
  walkers: 3
  warmup: 0
  dt: 0.2
  timeout: 6
  cameras: {front: {}}
  sensors: [{name: gps, kind: gnss}, {name: imu, kind: imu}]
fixed: {width: 160, height: 96}
vary:
  weather: [noon, snow]
sample: {method: grid}
"""
Run = Callable[..., SimulationSummary]


def left_in(server: CarlaServer) -> list[str]:
    """Return who is in a server's world and was brought there."""
    with server.desk.lock:
        return [
            actor.description.id for kind in (Vehicle, Walker, SensorActor) for actor in server.desk.episode.each(kind)
        ]


@pytest.fixture(autouse=True)
def client() -> None:
    if importlib.util.find_spec("carla") is None:
        pytest.skip("the wheel of CARLA's client is not installed for this Python")


@pytest.fixture(scope="session")
def server() -> Iterator[CarlaServer]:
    with CarlaServer("junction", port=0) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Renders two weathers on a server, in this process but for the client, and returns what it came to."""

    def rendered(*ports: int, text: str = TEXT, **more: Any) -> SimulationSummary:
        (tmp_path / "scenario.yaml").write_text(text)
        told = {"servers": [f"127.0.0.1:{port}" for port in ports], **more.pop("world", {})}
        engine = more.pop("engine", "serial")
        return simulate(tmp_path / "scenario.yaml", tmp_path / "out", world=told, engine=engine, **more)

    return rendered
