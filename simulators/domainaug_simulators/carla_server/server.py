"""The server: sockets in front of a world, and a clock while nobody keeps time."""

from __future__ import annotations

import contextlib
import importlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast, get_args

from domainaug.errors import MissingExtra, UnknownName
from domainaug_simulators.carla_server.calls.registry import answered, refused
from domainaug_simulators.carla_server.desk import Desk, PictureQuality
from domainaug_simulators.carla_server.fault_plans import plan_of
from domainaug_simulators.carla_server.faults import Fault, Faults
from domainaug_simulators.carla_server.wire.layouts import layout_of
from domainaug_simulators.carla_server.wire.rpc import Caller, RpcServer
from domainaug_simulators.carla_server.wire.streams import StreamServer
from domainaug_simulators.carla_server.world.actors import SensorActor
from domainaug_simulators.carla_server.world.levels import level_named
from domainaug_simulators.carla_server.world.skies import Sky

__all__ = ["CarlaServer", "serve"]

_GROUPS: Final = ("episode", "actors", "vehicles", "walkers", "lights", "environment", "batch", "traffic_manager",
                  "recorder")  # fmt: skip
_PACE: Final = 0.05  # seconds between frames in asynchronous mode
_LAST_WORDS: Final = 0.05  # seconds in which half a message leaves before a server that dies hangs up
_LOOK: Final = 0.5  # seconds between two looks at whether it was interrupted
_DIED: Final = 70  # what a process ends with that a plan of faults has ended


class CarlaServer:
    """Serves a town to CARLA's client.

    Use it as a context manager, or call `start` and `close`.
    """

    def __init__(
        self,
        town: str = "city",
        *,
        host: str = "127.0.0.1",
        port: int = 2000,
        version: str = "0.9.16",
        faults: Faults | None = None,
        quality: PictureQuality = "draft",
    ) -> None:
        """Listen; calls are answered from `start` on.

        Args:
            town: The map to begin with: a layout, with a seed if there is to be another (`city_7`).
            host: Where to listen; 127.0.0.1 lets nobody else in.
            port: The port of calls; streams are on the next. 0 for any that are free.
            version: The client's version.
            faults: What goes wrong on purpose.
            quality: How much work pictures are worth: draft, normal or high.

        Raises:
            UnknownName: There is no such town or quality, or the version is not known.
            DomainAugError: The ports cannot be had.
        """
        self._faults = faults or Faults()
        self._fatal: Fault | None = None
        for group in _GROUPS:
            importlib.import_module(f"domainaug_simulators.carla_server.calls.{group}")
        if quality not in get_args(PictureQuality):
            raise UnknownName("quality", quality, get_args(PictureQuality))
        layout, level = layout_of(version), level_named(town)
        self.streams = StreamServer(host, port + 1 if port else 0, layout, self._faults)
        self.desk = Desk(layout, self.streams, level, quality)
        try:
            self.rpc = RpcServer(host, port, self._answer, self._left, faults=self._faults, refuse=refused)
        except BaseException:
            self.streams.close()
            raise
        self._stopped = threading.Event()
        self._clock = threading.Thread(target=self._run, name="carla-clock", daemon=True)

    @property
    def port(self) -> int:
        """The port of calls."""
        return self.rpc.port

    def start(self) -> None:
        """Answer, and let time pass."""
        self._faults.dying, self._faults.dead = self._die, False
        with self.desk.lock:
            self.desk.tick()
        self.streams.start()
        self.rpc.start()
        self._clock.start()

    def warm(self) -> None:
        """Draw one small picture, so that no client waits for kernels to be compiled; nothing where none can draw."""
        attributes = {"image_size_x": "16", "image_size_y": "16", "fov": "60"}
        spawn = self.desk.level.places.spawns[0]
        with self.desk.lock, contextlib.suppress(MissingExtra, ImportError):
            eye = self.desk.episode.spawn("sensor.camera.rgb", attributes, spawn)
            try:
                self.desk.arrive(eye)
                world = replace(self.desk.episode.frame(0, 0.05), sky=Sky(precipitation=50.0))
                if isinstance(eye, SensorActor) and eye.sensor is not None:
                    eye.sensor.frame(world, world.actors[eye.id])
            finally:
                self.desk.remove(eye.id)

    def close(self) -> None:
        """Hang up on everybody and stop the clock."""
        self._stopped.set()
        self.rpc.close()
        self.streams.close()
        self.desk.darkroom.close()
        if self._clock.is_alive():
            self._clock.join(timeout=10)

    def wait(self) -> Fault | None:
        """Return when the server has ended, and the fault that ended it."""
        while not self._stopped.wait(_LOOK):  # Ctrl-C just before a wait without end would not be seen
            pass
        return self._fatal

    def __enter__(self) -> CarlaServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, name: str, arguments: list[Any], caller: Caller) -> Any:
        return answered(self.desk, name, arguments, caller)

    def _die(self, fault: Fault) -> None:
        """End as a process does that crashes: whoever is connected hears no more."""
        if self._fatal is None:
            self._fatal = fault
            threading.Timer(_LAST_WORDS, self.close).start()

    def _left(self, caller: Caller) -> None:
        """Forget the traffic managers of a client that has gone, so that the next may have their ports."""
        with self.desk.lock:
            for port in caller.ports:
                self.desk.managers.pop(port, None)

    def _run(self) -> None:
        before = time.monotonic()
        while not self._stopped.wait(_PACE):
            with self.desk.lock:
                now = time.monotonic()
                if not self.desk.settings.synchronous and not self._faults.frozen:
                    self.desk.tick(None if self.desk.settings.delta else now - before)
                before = now


def serve(
    town: str,
    host: str,
    port: int,
    version: str,
    ready: Callable[[str], None],
    faults: Path | None = None,
    quality: str = "draft",
) -> None:
    """Serve until interrupted.

    Args:
        town: The map to begin with.
        host: Where to listen.
        port: The port of calls.
        version: The client's version.
        ready: Told a sentence once clients can come.
        faults: A plan of what goes wrong on purpose.
        quality: How much work pictures are worth: draft, normal or high.

    Raises:
        UnknownName: There is no such town or quality, or the version is not known.
        DomainAugError: The ports cannot be had, or the plan is none.
        SystemExit: The plan has ended the server for good.
    """
    planned, work = Faults(plan_of(faults) if faults else ()), cast(PictureQuality, quality)
    while True:
        with CarlaServer(town, host=host, port=port, version=version, faults=planned, quality=work) as server:
            port = server.port
            server.warm()
            ready(f"serving {town} to clients of CARLA {version} on {host}, ports {port} and {server.streams.port}")
            fatal = server.wait()
        if fatal is None or fatal.back is None:
            raise SystemExit(_DIED)
        time.sleep(fatal.back)
