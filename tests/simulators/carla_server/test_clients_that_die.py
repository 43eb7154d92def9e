"""A client may die at any moment: its sockets are closed, its world stays as CARLA's would, and others go on."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgpack
import pytest
from domainaug_simulators.carla_server.server import CarlaServer

from .conftest import HEAD

Killed = Callable[[str], None]
DRIVE = """
synchronous(world)
car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[40])
sensors = [world.spawn_actor(library.find("sensor.other." + name), carla.Transform(carla.Location(x=2.5, z=1.0)),
                             attach_to=car) for name in ("gnss", "imu", "collision", "obstacle")]
for sensor in sensors: sensor.listen(lambda one: None)
world.tick()
"""


@pytest.fixture
def killed(server: CarlaServer, tmp_path: Path) -> Iterator[Killed]:
    """Runs a script of the official client and kills it once it has printed a line."""
    if importlib.util.find_spec("carla") is None:
        pytest.skip("the wheel of CARLA's client is not installed for this Python")
    server.desk.fresh()

    def run(body: str) -> None:
        path = tmp_path / "script.py"
        path.write_text(HEAD + textwrap.dedent(body), encoding="utf-8")
        with subprocess.Popen(
            [sys.executable, str(path), str(server.port)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "CARLA_CACHE_DIR": str(tmp_path / "cache")},
        ) as client:  # fmt: skip
            try:
                assert client.stdout is not None
                assert client.stdout.readline() == "now\n"
                time.sleep(0.05)
            finally:
                client.send_signal(signal.SIGKILL)
            assert client.wait(timeout=20) == -signal.SIGKILL

    yield run
    server.desk.fresh()


def _until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def _gone(server: CarlaServer) -> None:
    _until(lambda: server.rpc.clients == 0 and server.streams.readers == 0, "sockets of the dead are still open")


def _kinds(server: CarlaServer) -> list[str]:
    with server.desk.lock:
        names = [actor.description.id for actor in server.desk.episode.actors.values()]
    return sorted(name for name in names if name.startswith(("vehicle", "sensor")))


def _ticks(server: CarlaServer) -> bool:
    before = server.desk.frame
    return server.desk.cue() == before + 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed otherwise here")
class TestKilled:
    """The official client, killed."""

    def test_in_the_middle_of_its_streams_and_ticks(self, killed: Killed, server: CarlaServer) -> None:
        killed(DRIVE + 'print("now", flush=True)\nwhile True: world.tick()')
        _gone(server)
        assert len(_kinds(server)) == 5  # as CARLA's: actors stay, and so does the mode
        assert server.desk.settings.synchronous
        assert _ticks(server)

    def test_in_the_middle_of_batches(self, killed: Killed, server: CarlaServer) -> None:
        killed("""
            synchronous(world)
            points, model = world.get_map().get_spawn_points(), library.find("vehicle.tesla.model3")
            print("now", flush=True)
            while True:
                ids = [one.actor_id for one in client.apply_batch_sync(
                    [carla.command.SpawnActor(model, point) for point in points[:60]], True) if not one.error]
                client.apply_batch_sync([carla.command.DestroyActor(number) for number in ids], True)
        """)
        _gone(server)
        assert len(_kinds(server)) in range(61)
        assert _ticks(server)

    def test_and_the_next_client_finds_and_clears_what_was_left(
        self, killed: Killed, server: CarlaServer, tmp_path: Path
    ) -> None:
        killed(DRIVE + 'print("now", flush=True)\nwhile True: world.tick()')
        path = tmp_path / "next.py"
        path.write_text(HEAD + textwrap.dedent("""
            import os
            assert world.get_settings().synchronous_mode
            world.tick()
            left = [one for kind in ("sensor.*", "vehicle.*") for one in world.get_actors().filter(kind)]
            assert len(left) == 5, left
            client.apply_batch_sync([carla.command.DestroyActor(one.id) for one in left], True)
            settings = world.get_settings()
            settings.synchronous_mode, settings.fixed_delta_seconds = False, None
            world.apply_settings(settings)
            os._exit(0)
        """), encoding="utf-8")  # fmt: skip
        subprocess.run(
            [sys.executable, str(path), str(server.port)], timeout=60, check=True,
            env={**os.environ, "CARLA_CACHE_DIR": str(tmp_path / "cache")},
        )  # fmt: skip
        assert _kinds(server) == []
        assert not server.desk.settings.synchronous
        _gone(server)


class TestHungUp:
    """Whoever speaks the protocol and hangs up where it hurts most."""

    @pytest.fixture(autouse=True)
    def _fresh(self, server: CarlaServer) -> Iterator[None]:
        server.desk.fresh()
        yield
        server.desk.fresh()

    def _sent(self, server: CarlaServer, data: bytes) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as one:
            one.sendall(data)
        _gone(server)

    def test_half_a_batch_does_nothing(self, server: CarlaServer) -> None:
        commands = [[[8, [server.desk.episode.spectator.id, [1.0, 2.0, 3.0]]]]] * 400
        whole = msgpack.packb([0, 1, "apply_batch", [[False], commands, True]])
        before = server.desk.episode.spectator.velocity
        self._sent(server, whole[: len(whole) // 2])
        assert server.desk.episode.spectator.velocity == before

    def test_ticks_that_nobody_waits_for_are_made(self, server: CarlaServer) -> None:
        with server.desk.lock:
            frame = server.desk.frame
        self._sent(server, b"".join(msgpack.packb([0, number, "tick_cue", [[False]]]) for number in range(100)))
        assert server.desk.frame > frame
        assert _ticks(server)

    def test_answers_that_nobody_takes_hold_up_no_other(self, server: CarlaServer) -> None:
        """A client that asks and never reads fills its own socket, and blocks its own thread alone."""
        ask = msgpack.packb([0, 1, "get_actor_definitions", [[False]]])
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as deaf:
            deaf.sendall(ask * 200)
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as other:
                other.settimeout(10)
                other.sendall(msgpack.packb([0, 7, "version", [[False]]]))
                assert msgpack.unpackb(other.recv(1000)) == [1, 7, None, [[1, "0.9.16"]]]
            assert _ticks(server)
        _gone(server)
