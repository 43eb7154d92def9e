"""What a dead client of ours left is cleared away at the next start; what others have there stays."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest
from domainaug_simulators.carla_adapter.client import manners
from domainaug_simulators.carla_adapter.client.manners import alive, mark
from domainaug_simulators.carla_adapter.faults import ServerLost
from domainaug_simulators.carla_adapter.line import Line
from domainaug_simulators.carla_adapter.servers import Server
from domainaug_simulators.carla_adapter.worlds import drive_of, opening_of, read_world
from domainaug_simulators.carla_server.server import CarlaServer
from domainaug_simulators.carla_server.world.actors import TrafficLight

from .conftest import Run, left_in

HEAD = """
import os, sys, time, carla
from domainaug_simulators.carla_adapter.client.manners import mark, marked
client = carla.Client("127.0.0.1", int(sys.argv[1])); client.set_timeout(20)
world = client.get_world(); library = world.get_blueprint_library(); places = world.get_map().get_spawn_points()
settings = world.get_settings(); settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
"""


def script(port: int, body: str, *, wait: bool = True) -> subprocess.Popen[bytes]:
    told = [sys.executable, "-c", HEAD + textwrap.dedent(body), str(port)]
    process = subprocess.Popen(told, stdout=subprocess.DEVNULL)
    if wait:
        assert process.wait(timeout=60) == 0
    return process


def test_marks_tell_whether_whoever_left_them_lives() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    node = mark().split(".")[1]
    assert alive(f"domainaug.{node}.{os.getppid()}", stuck=True)
    assert not alive(f"domainaug.{node}.{gone.pid}", stuck=False)
    assert alive("domainaug.another-machine.1", stuck=False)
    assert not alive("domainaug.another-machine.1", stuck=True)
    assert alive("hero", stuck=True)


def test_who_has_the_number_of_a_dead_process_is_somebody_else() -> None:
    own = mark(os.getppid())
    assert alive(own, stuck=False)
    assert not alive(f"{own.rpartition('.')[0]}.1", stuck=False)


@pytest.mark.parametrize(("frames", "moving"), [([5], False), ([5, 6], False), ([5, 6, 7], True), ([5, 6, 6, 9], True)])
def test_one_late_frame_is_nobody_who_keeps_time(
    frames: list[int], moving: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class World:
        def get_snapshot(self) -> SimpleNamespace:
            return SimpleNamespace(frame=frames.pop(0) if len(frames) > 1 else frames[0])

    monkeypatch.setattr(manners, "_PATIENCE", 0.5)
    assert manners._moving(World()) == moving


def test_leftovers_of_a_dead_run_are_cleared_and_others_are_not(run: Run, server: CarlaServer) -> None:
    server.desk.fresh()
    script(server.port, """
        world.spawn_actor(marked(library.find("vehicle.audi.tt")), places[3])
        world.spawn_actor(marked(library.find("sensor.other.gnss")), places[4])
        world.spawn_actor(library.find("vehicle.tesla.model3"), places[-1])
        world.apply_settings(settings)
        os._exit(0)
    """)  # fmt: skip
    assert server.desk.settings.synchronous
    assert run(server.port, count=1).run.exit_code == 0
    assert left_in(server) == ["vehicle.tesla.model3"]
    assert not server.desk.settings.synchronous  # time had stood still, and nobody is there to let it pass
    server.desk.fresh()


def test_where_a_living_run_of_this_machine_is_at_work_nothing_is_touched(run: Run, server: CarlaServer) -> None:
    server.desk.fresh()
    other = script(server.port, """
        world.spawn_actor(marked(library.find("vehicle.audi.tt")), places[3])
        world.apply_settings(settings)
        time.sleep(600)
    """, wait=False)  # fmt: skip
    try:
        while not server.desk.settings.synchronous:
            assert other.poll() is None
        summary = run(server.port, count=1)
        assert summary.run.done == 0
        (reason,) = {aside.reason for aside in summary.run.set_aside}
        assert reason.startswith(f"process {other.pid} of this machine renders on this server: wait")
        assert left_in(server) == ["vehicle.audi.tt"]
        assert server.desk.settings.synchronous
    finally:
        other.kill()
        other.wait()
        server.desk.fresh()


def test_a_client_that_dies_while_it_drives_or_opens_a_world_is_cleared_up_after(server: CarlaServer) -> None:
    server.desk.fresh()
    world = read_world({"map": "junction", "traffic": "driven", "vehicles": 2})
    for ask in (lambda line: line.drive(drive_of(world)), lambda line: line.open(opening_of(world, None))):
        line, killed = Line(Server("127.0.0.1", server.port), 8.0), threading.Event()
        line.hello()

        def kill(line: Line = line, killed: threading.Event = killed) -> None:
            while not server.desk.settings.synchronous:
                time.sleep(0.002)
            assert line._process is not None
            line._process.kill()
            killed.set()

        threading.Thread(target=kill, daemon=True).start()
        with suppress(ServerLost):
            ask(line)
            assert killed.wait(20)  # it had opened before it was killed
            line.look()
        line.leave()
        assert killed.is_set()
        assert left_in(server) == []
        assert not server.desk.settings.synchronous


def test_traffic_lights_that_somebody_wants_frozen_stay_so(run: Run, server: CarlaServer) -> None:
    server.desk.fresh()
    script(server.port, "world.freeze_all_traffic_lights(True)")
    assert run(server.port, count=1).run.exit_code == 0
    with server.desk.lock:
        lights = list(server.desk.episode.each(TrafficLight))
    assert lights
    assert all(light.frozen for light in lights)
    server.desk.fresh()


def test_a_server_where_another_client_keeps_time_is_left_alone(run: Run, server: CarlaServer) -> None:
    server.desk.fresh()
    other = script(server.port, """
        world.apply_settings(settings)
        print("ready", flush=True)
        while True:
            world.tick(); time.sleep(0.02)
    """, wait=False)  # fmt: skip
    try:
        frame = server.desk.frame
        while not server.desk.settings.synchronous or server.desk.frame < frame + 5:
            assert other.poll() is None
        summary = run(server.port, count=1)
        reasons = {aside.reason.partition(":")[0] for aside in summary.run.set_aside}
        assert reasons == {"another client keeps time on this server"}
        assert summary.run.done == 0
        assert left_in(server) == []
    finally:
        other.kill()
        other.wait()
        server.desk.fresh()
