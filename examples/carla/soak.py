"""A thousand ticks with five cheap sensors: what each costs, and whether the server's memory grows.

    python examples/carla/soak.py --ticks 1000

It starts a server of its own, so that it can read how much processor time and memory that takes (Linux).
"""

from __future__ import annotations

import argparse
import os
import queue
import statistics
import subprocess
import sys
import time
from pathlib import Path

import carla

SENSORS = ("gnss", "imu", "collision", "lane_invasion", "obstacle")
PAGE, CLOCK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


def spent(process: int) -> tuple[float, float]:
    """Return seconds of processor time and MiB of memory that a process has taken."""
    numbers = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return (int(numbers[11]) + int(numbers[12])) / CLOCK, pages * PAGE / 2**20


def soaked(port: int, process: int, ticks: int) -> str:
    """Return a sentence about that many ticks."""
    client = carla.Client("127.0.0.1", port)
    client.set_timeout(30.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    library = world.get_blueprint_library()
    car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[40])
    queues: dict[str, queue.Queue[carla.SensorData]] = {}
    sensors: list[carla.Sensor] = []
    for name in SENSORS:
        place = carla.Transform(carla.Location(x=2.5, z=1.0))
        sensors.append(world.spawn_actor(library.find(f"sensor.other.{name}"), place, attach_to=car))
        queues[name] = queue.Queue()
        sensors[-1].listen(queues[name].put)

    def tick() -> float:
        begin = time.perf_counter()
        frame = world.tick()
        for name in ("gnss", "imu"):  # the others tell only when something happens
            assert queues[name].get(timeout=20.0).frame == frame
        return time.perf_counter() - begin

    for number in range(200):  # whatever is made once is made now
        car.apply_control(carla.VehicleControl(throttle=0.4, steer=0.1 if number % 40 < 20 else -0.1))
        tick()
    served, memory = spent(process)
    own = time.process_time()
    walls = sorted(tick() for _ in range(ticks))
    served_after, memory_after = spent(process)
    own_after = time.process_time()
    for sensor in sensors:
        sensor.stop()
        sensor.destroy()
    per_tick = 1e3 / ticks
    middle, late = 1e3 * statistics.median(walls), 1e3 * walls[int(0.95 * ticks)]
    return (
        f"{ticks} ticks: wall {middle:.2f} ms median, {late:.2f} ms 95th of 100; processor "
        f"{per_tick * (served_after - served):.2f} ms server, {per_tick * (own_after - own):.2f} ms client; "
        f"server's memory {memory:.1f} to {memory_after:.1f} MiB ({memory_after / memory - 1:+.2%})"
    )


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=1000)
    options = parser.parse_args()
    command = [sys.executable, "-m", "domainaug", "serve-carla", "--town", "junction", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
        try:
            assert server.stderr is not None
            print(soaked(int(server.stderr.readline().split()[-3]), server.pid, options.ticks), flush=True)
        finally:
            server.terminate()
    os._exit(0)  # the client's threads still listen to a server that has gone


if __name__ == "__main__":
    main()
