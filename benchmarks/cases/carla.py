"""The CARLA adapter against a script that does the same with the official client alone, on a server of our own each.

What was made for a tiny try stays on a server of its own: its sensors would be rendered with those that are timed.
Both ask for the same frames of the same five sensors, and hold them as arrays in the process that is timed.
"""

from __future__ import annotations

import atexit
import queue
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

import numpy as np

from benchmarks.harness import Case, Contender, Reach, Scale

__all__ = ["CASES", "adapter", "raw", "served"]

_NEEDS = ("carla", "msgpack", "numba")
_FRAMES = 5


@cache
def served(name: str, scale: Scale) -> tuple[int, int]:
    """Start a server in a process of its own, once a name and scale; return its port and the process."""
    command = [sys.executable, "-m", "domainaug", "serve-carla", "--town", "junction", "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    atexit.register(server.kill)
    assert server.stderr is not None
    return int(server.stderr.readline().split()[-3]), server.pid


def _told(scale: Scale) -> tuple[Any, dict[str, Any]]:
    """Return a world of five sensors and nobody in it, and what a frame of it is asked with."""
    from domainaug_simulators.carla_adapter.simulator import AXES
    from domainaug_simulators.carla_adapter.worlds import asked_of, mounts_of, read_world
    from domainaug_simulators.carla_server.world.skies import CLEAR

    width, height = (640, 384) if scale == "full" else (64, 48)
    world = read_world(
        {
            "map": "junction", "seed": 1, "vehicles": 0, "walkers": 0, "frames": 1000, "dt": 0.05, "warmup": 0,
            "cameras": {"front": {"width": width, "height": height}},
            "sensors": [{"name": "gps", "kind": "gnss"}, {"name": "imu", "kind": "imu"}],
        }
    )  # fmt: skip
    values = {axis.name: axis.default for axis in AXES}
    asked = {
        "weather": CLEAR.numbers, "lamps": False, "sensors": asked_of(world, values),
        "mounts": mounts_of(world, values), "values": {"along": 0.3, "aside": 0.0},
        "times": [0.05 * index for index in range(1000)], "warmup": 0, "count": [0, 0],
    }  # fmt: skip
    return world, asked


def adapter(scale: Scale) -> tuple[Callable[[], Any], Any]:
    """Return what takes the next frame through the adapter, and its line."""
    from domainaug_simulators.carla_adapter.line import Line
    from domainaug_simulators.carla_adapter.servers import Server
    from domainaug_simulators.carla_adapter.worlds import opening_of

    world, asked = _told(scale)
    line = Line(Server("127.0.0.1", served("adapter", scale)[0]), 60.0, 60.0)
    atexit.register(line.close)
    line.open(opening_of(world, None))
    numbers = count()
    return lambda: line.frame({**asked, "index": next(numbers) % 1000}), line


def raw(scale: Scale) -> Callable[[], Any]:
    """Return what takes the next frame with the official client alone."""
    import carla
    from domainaug_simulators.carla_adapter.client.cast import ego_at, ego_of

    world, asked = _told(scale)
    client = carla.Client("127.0.0.1", served("raw", scale)[0])
    client.set_timeout(60.0)
    there = client.get_world()
    settings = there.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, world.dt
    there.apply_settings(settings)
    library, start = there.get_blueprint_library(), ego_of(there.get_map(), world.seed)
    sensors: dict[str, Any] = {}
    queues: dict[str, queue.Queue[Any]] = {}
    for told in asked["sensors"]:
        blueprint = library.find(told["blueprint"])
        for key, value in told["attributes"].items():
            blueprint.set_attribute(key, str(value))
        sensors[told["name"]] = sensor = there.spawn_actor(blueprint, start.transform)
        queues[told["name"]] = queue.Queue()
        sensor.listen(queues[told["name"]].put)
    numbers = count()

    def work() -> Any:
        ego = ego_at(start, asked["values"], asked["times"][next(numbers) % 1000], world.speed)
        place = carla.Transform(carla.Location(ego.x, ego.y, ego.z), carla.Rotation(ego.pitch, ego.yaw, 0.0))
        moves = []
        for name, sensor in sensors.items():
            x, y, z, pitch, yaw, roll = asked["mounts"][name]
            at = carla.Transform(place.transform(carla.Location(x, y, z)), carla.Rotation(pitch, ego.yaw + yaw, roll))
            moves.append(carla.command.ApplyTransform(sensor.id, at))
        client.apply_batch_sync(moves, False)
        frame, found = there.tick(60.0), {}
        for name, box in queues.items():
            data = box.get(timeout=60.0)
            assert data.frame == frame
            found[name] = np.array(data.raw_data, np.uint8) if "/" in name else str(data)
        return found

    return work


def _several(make: Callable[[Scale], Any]) -> Callable[[Scale], Callable[[], Any]]:
    def made(scale: Scale) -> Callable[[], Any]:
        found = make(scale)
        work = found[0] if isinstance(found, tuple) else found
        work()

        def frames() -> None:
            for _ in range(_FRAMES if scale == "full" else 1):
                work()

        return frames

    return made


CASES = (
    Case(
        "carla-adapter",
        f"{_FRAMES} frames of rgb, depth and instances of 640 x 384, GNSS and IMU from a CARLA server",
        ours=(Contender("CARLA adapter", _several(adapter), "ours", needs=_NEEDS),),
        peers=(Contender("official client", _several(raw), "by hand", needs=_NEEDS),),
        limits=(),
        reach=(Reach(1.1, "official client", most=True),),
        clock="wall",
    ),
)
