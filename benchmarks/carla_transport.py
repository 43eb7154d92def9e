"""What a tick and a 640 x 384 picture take to CARLA's official client: `python benchmarks/carla_transport.py`.

The camera sends a picture that was made before, so that only the way is measured: the call, the state of the world,
the frame. Beside it, in turns, the least that it can take: the same bytes asked for and sent over a bare socket.
Wall time is what a script waits; processor time is of both processes together (Linux).
"""

from __future__ import annotations

import argparse
import os
import queue
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

WIDTH, HEIGHT = 640, 384
SIZE = 60 + 4 * WIDTH * HEIGHT  # a head and the pixels
CLOCK = os.sysconf("SC_CLK_TCK")


def served() -> None:
    """Serve a town whose camera shows a still, and bare bytes on another port; print the ports."""
    from domainaug_simulators.carla_server.sensors.cameras import RgbCamera
    from domainaug_simulators.carla_server.server import CarlaServer

    with CarlaServer("junction", port=0) as server:
        head = server.desk.layout.image.pack(WIDTH, HEIGHT, 90.0)
        still = head + os.urandom(4 * WIDTH * HEIGHT)
        RgbCamera.frame = lambda self, world, own: still  # type: ignore[method-assign]
        bare = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=_answered, args=(bare,), daemon=True).start()
        print(server.port, bare.getsockname()[1], flush=True)
        server.wait()


def _answered(bare: socket.socket) -> None:
    one, _ = bare.accept()
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while one.recv(1):
        one.sendall(bytes(SIZE))


def spent(*processes: int) -> float:
    """Return seconds of processor time that processes have taken."""
    total = 0.0
    for process in processes:
        numbers = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += (int(numbers[11]) + int(numbers[12])) / CLOCK
    return total


def frames(port: int) -> Callable[[], None]:
    """Return what ticks and takes the frame."""
    import carla

    client = carla.Client("127.0.0.1", port)
    client.set_timeout(30.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    blueprint = world.get_blueprint_library().find("sensor.camera.rgb")
    blueprint.set_attribute("image_size_x", str(WIDTH))
    blueprint.set_attribute("image_size_y", str(HEIGHT))
    camera = world.spawn_actor(blueprint, carla.Transform(carla.Location(z=3.0)))
    came: queue.Queue[carla.Image] = queue.Queue()
    camera.listen(came.put)

    def ticked() -> None:
        number = world.tick()
        assert camera.is_listening  # a sensor that nobody holds falls silent
        assert came.get(timeout=30.0).frame == number

    return ticked


def bare(port: int) -> Callable[[], None]:
    """Return what asks for as many bytes over a bare socket."""
    one = socket.create_connection(("127.0.0.1", port))
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    room = memoryview(bytearray(SIZE))

    def asked() -> None:
        one.sendall(b"?")
        held = 0
        while held < SIZE:
            held += one.recv_into(room[held:])

    return asked


def main() -> None:
    """Measure, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--ticks", type=int, default=100)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return served()
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port, other = map(int, server.stdout.readline().split())
        works = {"tick and frame": frames(port), "the same bytes, bare": bare(other)}
        walls: dict[str, list[float]] = {name: [] for name in works}
        taken: dict[str, list[float]] = {name: [] for name in works}
        for number in range(options.rounds + 1):
            for name, work in works.items():
                before = spent(server.pid, os.getpid())
                for _ in range(options.ticks):
                    begin = time.perf_counter()
                    work()
                    if number:  # the first round is for getting warm
                        walls[name].append(time.perf_counter() - begin)
                if number:
                    taken[name].append((spent(server.pid, os.getpid()) - before) / options.ticks)
        for name in works:
            wall, worst = statistics.median(walls[name]), statistics.quantiles(walls[name], n=100)[98]
            cpu = statistics.fmean(taken[name])
            print(f"{name:22} {1e3 * wall:.2f} ms, 99 of 100 within {1e3 * worst:.2f} ms; processor {1e3 * cpu:.2f} ms")
        server.kill()
    sys.stdout.flush()
    os._exit(0)  # threads of a client that still listens end badly with Python


if __name__ == "__main__":
    main()
