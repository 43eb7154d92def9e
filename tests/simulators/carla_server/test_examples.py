"""The examples run on a server as their first lines say, and leave nothing behind."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from domainaug_simulators.carla_server.server import CarlaServer

FOLDER = Path(__file__).parents[3] / "examples" / "carla"
Example = Callable[..., list[str]]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("carla") is None, reason="the wheel of CARLA's client is not installed for this Python"
    ),
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the examples lie beside the tests only in the repository"),
]


@pytest.fixture
def example(server: CarlaServer, tmp_path: Path) -> Example:
    """Runs an example, and returns the lines that it prints."""
    server.desk.fresh()

    def run(name: str, *arguments: str, seconds: float = 200.0, python: str = sys.executable) -> list[str]:
        done = subprocess.run(
            [python, str(FOLDER / name), *arguments], capture_output=True, text=True, timeout=seconds, check=False,
            env={**os.environ, "CARLA_CACHE_DIR": str(tmp_path / "cache"), "SDL_VIDEODRIVER": "dummy"},
        )  # fmt: skip
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done.stdout.splitlines()

    return run


def _left(server: CarlaServer) -> tuple[list[str], bool]:
    """Return who is in the world still, and whether it waits for a client."""
    with server.desk.lock:
        names = [actor.description.id for actor in server.desk.episode.actors.values()]
    return [name for name in names if name.startswith(("vehicle", "sensor"))], server.desk.settings.synchronous


def test_first_steps(example: Example, server: CarlaServer) -> None:
    lines = example("first_steps.py", "--port", str(server.port))
    assert lines[0] == "client 0.9.16, server 0.9.16, Carla/Maps/junction"
    assert [float(line.split()[2]) > 0 for line in lines[1:4]] == [True] * 3
    assert lines[-1] == "vehicles left: 0"
    assert _left(server) == ([], False)


def test_sensors_give_what_belongs_to_each_frame(example: Example, server: CarlaServer, tmp_path: Path) -> None:
    lines = example("sensors.py", "--port", str(server.port), "--out", str(tmp_path / "out"), "--frames", "2")
    assert [line.split(":")[0] for line in lines[:2]] == ["frame +0", "frame +1"]
    assert len(list((tmp_path / "out").glob("*.png"))) == 8
    assert _left(server) == ([], False)


def test_weather_changes_the_picture(example: Example, server: CarlaServer, tmp_path: Path) -> None:
    lines = example("weather.py", "--port", str(server.port), "--out", str(tmp_path / "out"))
    green = {line.split()[0]: float(line.split()[-1]) for line in lines}
    assert len(green) == 5
    assert green["night"] < 0.7 * min(value for name, value in green.items() if name != "night")
    assert _left(server) == ([], False)


def test_boxes_hold_their_vehicles(example: Example, server: CarlaServer, tmp_path: Path) -> None:
    lines = example("boxes.py", "--port", str(server.port), "--out", str(tmp_path / "out"))
    away = {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith("vehicle.")}
    assert away["vehicle.audi.a2"] == pytest.approx(10.0, abs=0.1)
    assert away["vehicle.carlamotors.carlacola"] == pytest.approx(22.0, abs=0.1)
    assert (tmp_path / "out" / "boxes.png").stat().st_size > 10_000
    assert _left(server) == ([], False)


def test_a_lidar_tells_whom_its_points_lie_on(example: Example, server: CarlaServer, tmp_path: Path) -> None:
    lines = example("lidar.py", "--port", str(server.port), "--out", str(tmp_path / "out"))
    assert lines[0].endswith("points of 64 channels")
    assert [float(line.split()[-3]) for line in lines[1:]] == pytest.approx([10.1, 16.1], abs=0.3)
    assert (tmp_path / "out" / "lidar.ply").stat().st_size > 1_000_000
    assert _left(server) == ([], False)


def test_traffic_goes_the_same_way_for_the_same_seed(example: Example, server: CarlaServer) -> None:
    first, second = (example("traffic.py", "--port", str(server.port), "--tm-port", port, "--seconds", "8")
                     for port in ("8451", "8452"))  # fmt: skip
    assert len(first) == 11
    assert first == second
    assert _left(server) == ([], False)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read as Linux tells it")
def test_a_thousand_ticks_with_five_sensors_do_not_grow_the_server(example: Example) -> None:
    (line,) = example("soak.py", "--ticks", "1000")
    grown = re.search(r"MiB \(([-+][\d.]+)%\)", line)
    assert grown is not None, line
    assert float(grown[1]) < 2.0


def test_scenic_runs_a_dynamic_scenario(example: Example, server: CarlaServer) -> None:
    """Scenic brings many packages: the test is for a Python that has it, named by DOMAINAUG_SCENIC_PYTHON."""
    python = os.environ.get("DOMAINAUG_SCENIC_PYTHON", "")
    if not python and importlib.util.find_spec("scenic") is None:
        pytest.skip("Scenic is not installed; DOMAINAUG_SCENIC_PYTHON names a Python that has it")
    lines = example("run_scenic.py", "--port", str(server.port), python=python or sys.executable)
    assert [line.split(",")[0] for line in lines if line.startswith("scene")] == ["scene 1: 60 steps",
                                                                                   "scene 2: 60 steps"]  # fmt: skip
    assert _left(server) == ([], False)
