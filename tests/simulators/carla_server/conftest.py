"""A server for the tests, and the official client in a process of its own: what it reads wrongly ends its process."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("msgpack", reason="the packages of domainaug[carla] are not installed")

from domainaug_simulators.carla_server.server import CarlaServer

HEAD = """
import json, math, queue, random, sys, time
import carla
PORT = int(sys.argv[1])
def tell(**values):
    print("TOLD " + json.dumps(values), flush=True)
def synchronous(world, dt=0.05):
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, dt
    world.apply_settings(settings)
client = carla.Client("127.0.0.1", PORT)
client.set_timeout(20.0)
world = client.get_world()
library = world.get_blueprint_library()
"""
TAIL = """
import os
sys.stdout.flush()
os._exit(0)  # threads of a client that still listens end badly with Python, whoever serves it
"""
Script = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def server() -> Iterator[CarlaServer]:
    with CarlaServer("junction", port=0) as running:
        yield running


@pytest.fixture
def script(server: CarlaServer, tmp_path: Path) -> Iterator[Script]:
    """Runs a script of the official client, in a world of its own, and returns what it told."""
    if importlib.util.find_spec("carla") is None:
        pytest.skip("the wheel of CARLA's client is not installed for this Python")
    server.desk.fresh()

    def run(body: str, *arguments: str, seconds: float = 60.0, head: str = HEAD, tail: str = TAIL) -> dict[str, Any]:
        path = tmp_path / "script.py"
        path.write_text(head + textwrap.dedent(body) + tail, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(path), str(server.port), *arguments], capture_output=True, text=True,
            timeout=seconds, check=False, env={**os.environ, "CARLA_CACHE_DIR": str(tmp_path / "cache")},
        )  # fmt: skip
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        told: dict[str, Any] = {}
        for line in done.stdout.splitlines():
            if line.startswith("TOLD "):
                told |= json.loads(line[5:])
        return told

    yield run
    server.desk.fresh()
