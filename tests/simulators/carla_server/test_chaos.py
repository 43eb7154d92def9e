"""The official client meets what goes wrong on purpose: every case ends within its deadline, with what CARLA says."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import HEAD, TAIL

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("carla") is None, reason="the wheel of CARLA's client is not installed for this Python"
)
Chaos = Callable[..., dict[str, Any]]
SENSOR = """
synchronous(world)
car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[40])
gnss = world.spawn_actor(library.find("sensor.other.gnss"), carla.Transform(), attach_to=car)
came = queue.Queue()
gnss.listen(lambda one: came.put((one.frame, time.monotonic())))
time.sleep(0.5)
def ticked(count):
    first = world.tick()
    for _ in range(count - 1): world.tick()
    return first
def numbers(count, first):
    return [came.get(timeout=10)[0] - first for _ in range(count)]
"""


@pytest.fixture
def chaos(tmp_path: Path) -> Iterator[Chaos]:
    """Runs a script against a server of its own with a plan of faults; both are processes that end."""
    servers: list[subprocess.Popen[str]] = []

    def run(plan: str, body: str, ends: int = 0) -> dict[str, Any]:
        (tmp_path / "plan.yaml").write_text(f"faults:\n  - {plan}\n", encoding="utf-8")
        server = subprocess.Popen(
            [sys.executable, "-m", "domainaug", "serve-carla", "--town", "junction", "--port", "0",
             "--faults", str(tmp_path / "plan.yaml")],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        servers.append(server)
        assert server.stderr is not None
        line = server.stderr.readline()
        assert line.startswith("serving junction"), line
        (tmp_path / "script.py").write_text(HEAD + textwrap.dedent(body) + TAIL, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(tmp_path / "script.py"), line.split()[-3]], capture_output=True, text=True,
            timeout=60, check=False, env={**os.environ, "CARLA_CACHE_DIR": str(tmp_path / "cache")},
        )  # fmt: skip
        assert done.returncode == ends, f"exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        told: dict[str, Any] = {"server": server}
        for line in done.stdout.splitlines():
            if line.startswith("TOLD "):
                told |= json.loads(line[5:])
        return told

    yield run
    for server in servers:
        server.kill()
        server.wait(timeout=10)
        assert server.stderr is not None
        server.stderr.close()


@pytest.mark.slow
class TestFrames:
    """Messages of sensors, numbered from the first tick."""

    def test_dropped(self, chaos: Chaos) -> None:
        told = chaos("{do: drop, stream: sensor.other.gnss, at: 3}",
                     SENSOR + "first = ticked(5)\ntell(came=numbers(4, first))")  # fmt: skip
        assert told["came"] == [0, 1, 3, 4]

    def test_doubled(self, chaos: Chaos) -> None:
        told = chaos("{do: double, stream: sensor.other.gnss, at: 3}",
                     SENSOR + "first = ticked(5)\ntell(came=numbers(6, first))")  # fmt: skip
        assert told["came"] == [0, 1, 2, 2, 3, 4]

    def test_reordered(self, chaos: Chaos) -> None:
        told = chaos("{do: reorder, stream: sensor.other.gnss, at: 3}",
                     SENSOR + "first = ticked(5)\ntell(came=numbers(5, first))")  # fmt: skip
        assert told["came"] == [0, 1, 3, 2, 4]

    def test_late(self, chaos: Chaos) -> None:
        told = chaos(
            "{do: delay, stream: sensor.other.gnss, at: 1, seconds: 1.5}",
            SENSOR + "begin = time.monotonic(); first = world.tick(); frame, at = came.get(timeout=10)\n"
            "tell(same=frame == first, late=at - begin)",
        )
        assert told["same"]
        assert told["late"] >= 1.5

    def test_corrupt_in_what_it_shows_is_a_frame_with_other_values(self, chaos: Chaos) -> None:
        told = chaos(
            "{do: corrupt, stream: sensor.other.gnss, at: 2, span: [50, 58]}",  # its latitude, after the head
            SENSOR + "came = queue.Queue(); gnss.stop(); gnss.listen(came.put); time.sleep(0.5); ticked(3)\n"
            "all = [came.get(timeout=10) for _ in range(3)]\n"
            "tell(latitudes=[one.latitude for one in all], frames=[one.frame - all[0].frame for one in all])",
        )
        first, second, third = told["latitudes"]
        assert first == pytest.approx(third, abs=1e-9)
        assert abs(second) > 1  # CARLA's client takes it as it is
        assert told["frames"] == [0, 1, 2]

    def test_corrupt_in_its_head_kills_the_process_of_the_client_and_nobody_elses(self, chaos: Chaos) -> None:
        told = chaos(
            "{do: corrupt, stream: sensor.other.gnss, at: 3, span: [0, 8]}",
            SENSOR + "ticked(2); tell(before=len(numbers(2, 0))); ticked(1); time.sleep(10)",
            ends=-signal.SIGSEGV,
        )
        assert told["before"] == 2
        assert told["server"].poll() is None

    def test_of_the_world_lost(self, chaos: Chaos) -> None:
        """A tick waits for the state of its frame: without it, it ends with the client's own time-out."""
        told = chaos(
            "{do: drop, stream: observer, at: 4, since: tick_cue}",  # the client ticks twice when settings change
            """
            synchronous(world); world.tick()
            client.set_timeout(1.0); begin = time.monotonic()
            try:
                world.tick()
            except RuntimeError as error:
                tell(error=str(error), after=time.monotonic() - begin)
            client.set_timeout(20.0)
            first = world.tick()
            tell(goes_on=world.tick() - first)
            """,
        )
        assert "time-out" in told["error"]
        assert told["after"] < 15
        assert told["goes_on"] == 1


@pytest.mark.slow
class TestCalls:
    """Calls that hang or fail, and the calls after them."""

    def test_a_spawn_that_fails_is_an_error_and_the_next_is_none(self, chaos: Chaos) -> None:
        told = chaos(
            "{do: fail, call: spawn_actor, at: 1, says: no memory}",
            """
            model, points = library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()
            try:
                world.spawn_actor(model, points[0])
            except RuntimeError as error:
                tell(error=str(error))
            tell(then=world.spawn_actor(model, points[0]).type_id)
            """,
        )
        assert (told["error"], told["then"]) == ("no memory", "vehicle.tesla.model3")

    def test_a_batch_that_fails_says_so_for_each_of_its_commands(self, chaos: Chaos) -> None:
        told = chaos(
            "{do: fail, call: apply_batch, at: 1, says: no memory}",
            """
            model, points = library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()
            spawn = [carla.command.SpawnActor(model, point) for point in points[:3]]
            tell(first=[one.error for one in client.apply_batch_sync(spawn, False)],
                 then=[one.error for one in client.apply_batch_sync(spawn, False)])
            """,
        )
        assert told["first"] == ["no memory"] * 3
        assert told["then"] == [""] * 3

    def test_a_tick_that_hangs_ends_with_the_clients_time_out_and_a_new_client_goes_on(self, chaos: Chaos) -> None:
        told = chaos(
            "{do: hang, call: tick_cue, at: 4}",
            """
            synchronous(world); world.tick()
            client.set_timeout(1.0); begin = time.monotonic()
            try:
                world.tick()
            except RuntimeError as error:
                tell(error=str(error), after=time.monotonic() - begin)
            second = carla.Client("127.0.0.1", PORT); second.set_timeout(20.0)
            other = second.get_world()
            first = other.tick()
            tell(still=other.get_settings().synchronous_mode, goes_on=other.tick() - first)
            """,
        )
        assert "time-out of 1000ms" in told["error"]
        assert told["after"] < 15
        assert told["still"]
        assert told["goes_on"] == 1

    def test_a_server_that_stands_still_answers_nobody_and_goes_on_where_it_was(self, chaos: Chaos) -> None:
        told = chaos(
            "{do: freeze, call: tick_cue, at: 4, seconds: 4}",
            SENSOR
            + """
first = world.tick(); client.set_timeout(1.0); begin = time.monotonic()
try:
    world.tick()
except RuntimeError as error:
    tell(error=str(error), after=time.monotonic() - begin)
second = carla.Client("127.0.0.1", PORT); second.set_timeout(1.0)
try:
    second.get_server_version()
except RuntimeError as error:
    tell(others=str(error))
second = carla.Client("127.0.0.1", PORT); second.set_timeout(20.0)
tell(version=second.get_server_version(), thawed=time.monotonic() - begin)
other = second.get_world()
last = other.tick()
tell(frames=last - first, came=numbers(last - first + 1, first))
""",
        )
        assert "time-out of 1000ms" in told["error"]
        assert "time-out of 1000ms" in told["others"]
        assert told["thawed"] >= 4
        assert told["came"] == list(range(told["frames"] + 1))


@pytest.mark.slow
class TestDeaths:
    """A server that ends, for good or for a while."""

    AFTER = """
    client.set_timeout(2.0); begin = time.monotonic()
    try:
        for _ in range(20): world.tick()
    except RuntimeError as error:
        tell(error=str(error), after=time.monotonic() - begin)
    """

    def test_in_the_middle_of_a_tick(self, chaos: Chaos) -> None:
        told = chaos("{do: die, call: tick_cue, at: 5}", SENSOR + textwrap.dedent(self.AFTER))
        assert told["error"]
        assert told["after"] < 15
        assert told["server"].wait(timeout=20) == 70

    def test_in_the_middle_of_a_message(self, chaos: Chaos) -> None:
        told = chaos("{do: die, stream: sensor.other.gnss, at: 5}", SENSOR + textwrap.dedent(self.AFTER))
        assert told["error"]
        assert told["after"] < 15
        assert told["server"].wait(timeout=20) == 70

    def test_and_it_comes_back_with_a_new_world(self, chaos: Chaos) -> None:
        told = chaos(
            "{do: die, call: tick_cue, at: 5, back: 1}",
            SENSOR
            + textwrap.dedent(self.AFTER)
            + textwrap.dedent("""
            for attempt in range(100):
                new = carla.Client("127.0.0.1", PORT); new.set_timeout(1.0)
                try:
                    version = new.get_server_version()
                    break
                except RuntimeError:
                    time.sleep(0.2)
            new.set_timeout(20.0)
            again = new.get_world()
            tell(version=version, cars=len(again.get_actors().filter("vehicle.*")),
                 waits=again.get_settings().synchronous_mode)
            """),
        )
        assert told["error"]
        assert (told["version"], told["cars"], told["waits"]) == ("0.9.16", 0, False)
        assert told["server"].poll() is None
