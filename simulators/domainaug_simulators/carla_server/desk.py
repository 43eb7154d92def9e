"""What calls work on: the world as it is now, its clock, and the streams that tell of it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Final, Literal

from domainaug_simulators.carla_server.calls.forms import actor_form
from domainaug_simulators.carla_server.sensors.catalogue import Looks, sensor_for
from domainaug_simulators.carla_server.sensors.darkroom import Darkroom
from domainaug_simulators.carla_server.sensors.interface import Frame, Seen, Sensor
from domainaug_simulators.carla_server.wire.layouts import Layout
from domainaug_simulators.carla_server.wire.observer import head_of, state_of
from domainaug_simulators.carla_server.wire.streams import StreamServer
from domainaug_simulators.carla_server.world.actors import Actor, SensorActor
from domainaug_simulators.carla_server.world.episode import Episode, Refused, Settings
from domainaug_simulators.carla_server.world.levels import BROUGHT, Level, level_brought, level_named

__all__ = ["Desk", "PictureQuality"]

PictureQuality = Literal["draft", "normal", "high"]
"""How much work pictures are worth, as the street simulator names it."""

_FREE_STEP: Final = 0.05  # seconds between frames while nobody waits for them
_LONGEST: Final = 0.2  # and what a frame covers at most
_GRAVITY: Final = 9.81
_BREATH: Final = 0.1  # seconds in which traffic managers come to ask for the settings, and are held
_GATHER: Final = 0.5  # seconds that a frame waits for readers who are on their way
_PATIENCE: Final = 2.0  # seconds after which a map that was asked for comes, whoever listens
log = logging.getLogger("domainaug.carla")


@dataclass(frozen=True, slots=True)
class _Coming:
    """A map that was asked for: how often the observer had been read by then, and when it comes at the latest."""

    level: Level
    reset: bool
    listening: int
    latest: float


class Desk:
    """The world behind the server.

    Attributes:
        layout: What the client reads.
        streams: Where frames are sent.
        lock: Held while the world is read or changed.
        level: The map.
        episode: The world.
        looks: The map as sensors see it.
        settings: How time passes.
        frame: The number of the last frame.
        delta: How many seconds it covers.
        managers: Addresses of traffic managers by port.
        unknown: Calls that were made and are not served.
        darkroom: Where slow sensors measure.
        gravity: What inertial sensors take for gravity, m/s^2.
        quality: How much work pictures are worth.
        lamps_changed: Whether street lamps were switched since the last frame.
    """

    def __init__(self, layout: Layout, streams: StreamServer, level: Level, quality: PictureQuality = "draft") -> None:
        """Begin in a map."""
        self.layout, self.streams, self.quality = layout, streams, quality
        self.lock = threading.RLock()
        self.settings = Settings()
        self.frame, self.delta = 0, _FREE_STEP
        self.managers: dict[int, str] = {}
        self.unknown: set[str] = set()
        self.gravity = _GRAVITY
        self.darkroom = Darkroom()
        self.brought: Level | None = None
        self._ids, self._numbers = count(1), count(1)
        self._state: bytes | None = None
        self._new_map, self.lamps_changed = False, False
        self._loading = False
        self._coming: _Coming | None = None
        self.observer = streams.open(lambda: self._state)
        self.level = level
        self.episode = Episode(level, next(self._numbers), self._ids)
        self.looks = Looks(level)

    # -- maps -----------------------------------------------------------------------------------------------

    def load(self, name: str, *, reset: bool) -> None:
        """Leave this world for a new one, soon.

        A client that loads a map drops what it knows, listens anew, and waits for a new episode. Its traffic managers
        crash where they go on in between, and where the new episode comes before it listens: so they are held up (see
        `settled`), and the old episode goes on until the client listens.

        Raises:
            UnknownName: There is no such map.
            Refused: The client has brought no map.
        """
        base = name.rpartition("/")[2]
        if base == BROUGHT and self.brought is None:
            raise Refused("no OpenDRIVE map was sent; generate_opendrive_world() sends one")
        self._loading = True
        try:
            level = self.brought if base == BROUGHT and self.brought else level_named(base or self.level.name)
            time.sleep(_BREATH)
            listening = self.streams.arrived(self.observer)
            self._coming = _Coming(level, reset, listening, time.monotonic() + _PATIENCE)
        finally:
            self._loading = False

    @property
    def changing(self) -> bool:
        """Whether a map was asked for, and its client does not yet listen anew."""
        coming = self._coming
        return self._loading or (coming is not None and not self._awaited(coming))

    def settled(self) -> Desk:
        """Wait until the client of a map that was asked for listens anew, and return this."""
        while self.changing:
            time.sleep(0.005)
        return self

    def _awaited(self, coming: _Coming) -> bool:
        return self.streams.arrived(self.observer) > coming.listening or time.monotonic() > coming.latest

    def _change(self, coming: _Coming) -> None:
        for actor in list(self.episode.actors.values()):
            self._leave(actor)
        self.darkroom.wait()
        self.level, self._coming, self.looks = coming.level, None, Looks(coming.level)
        self.episode = Episode(self.level, next(self._numbers), self._ids)
        if coming.reset:
            self.settings = Settings()
        self._new_map = True

    def fresh(self) -> None:
        """Begin the map again, asynchronously, at once."""
        with self.lock:
            self.gravity = _GRAVITY
            self._change(_Coming(self.level, True, 0, 0.0))
            self.tick()

    def bring(self, text: str) -> None:
        """Take a map that a client sent; `load` then goes there."""
        self.brought = level_brought(text)

    # -- time -----------------------------------------------------------------------------------------------

    @property
    def step(self) -> float:
        """Seconds of the next frame, where that is fixed."""
        return self.settings.delta or _FREE_STEP

    def tick(self, dt: float | None = None) -> int:
        """Let one frame pass, tell everybody, and return its number."""
        coming = self._coming
        if coming is not None and self._awaited(coming):
            self._change(coming)
        self.delta = self.step if dt is None else min(dt, _LONGEST)
        self.episode.step(self.delta)
        self.frame += 1
        self._state = state_of(
            self.layout,
            self.episode,
            self.frame,
            self.delta,
            time.monotonic(),
            new_map=self._new_map,
            lamps=self.lamps_changed,
        )
        self._new_map, self.lamps_changed = False, False
        self.streams.publish(self.observer, self._state)
        self._measure()
        return self.frame

    def cue(self) -> int:
        """Let a client ask for a frame, and return its number.

        Frames before are made by then, and those listen who said that they would: frames come so fast here that a
        script would else lose the first ones.
        """
        self.darkroom.wait()
        self.streams.gather(_GATHER)
        with self.lock:
            return self.tick()

    def _measure(self) -> None:
        """Let sensors that somebody listens to measure; slow ones do it beside the clock.

        In synchronous mode the next frame waits for them (see `cue`), so that none is lost; else frames are skipped.
        """
        world, jobs = None, []
        for actor in self.episode.each(SensorActor):
            if actor.sensor is None or self.episode.elapsed + 1e-9 < actor.due or not self.streams.wanted(actor.stream):
                continue
            if actor.sensor.slow and (self.darkroom.busy or self.settings.no_rendering):
                continue
            actor.due = self._next(actor)
            world = world or self.episode.frame(self.frame, self.delta)
            job = partial(self._message, actor.sensor, actor.stream, world, world.actors[actor.id])
            if actor.sensor.slow:
                jobs.append(job)
            else:
                job()
        if jobs:
            self.darkroom.develop(jobs)

    def _message(self, sensor: Sensor, stream: int, world: Frame, own: Seen) -> None:
        body = sensor.frame(world, own)
        if body is not None:
            kind = self.layout.sensors[own.type_id]
            self.streams.publish(stream, head_of(self.layout, kind, world.number, world.elapsed, own.transform) + body)

    def _next(self, actor: SensorActor) -> float:
        """Return when a sensor measures again: every `sensor_tick` seconds, each frame where that is 0."""
        try:
            wait = float(actor.description.attributes.get("sensor_tick", "0"))
        except ValueError:
            wait = 0.0
        if wait <= 0:
            return 0.0
        return max(actor.due + wait, self.episode.elapsed - wait) if actor.due else self.episode.elapsed + wait

    # -- actors ---------------------------------------------------------------------------------------------

    def arrive(self, actor: Actor) -> None:
        """Open the stream of a sensor that was spawned."""
        if isinstance(actor, SensorActor):
            actor.sensor = sensor_for(actor, self)
            if actor.description.id in self.layout.sensors and actor.description.id not in _IN_CLIENT:
                actor.stream = self.streams.open()

    def remove(self, number: int) -> bool:
        """Take an actor out of the world, and its streams with it."""
        gone = self.episode.destroy(number)
        for actor in gone:
            self._leave(actor)
        return bool(gone)

    def _leave(self, actor: Actor) -> None:
        if isinstance(actor, SensorActor) and actor.stream:
            self.streams.shut(actor.stream)

    def form(self, actor: Actor) -> list[object]:
        """Write an actor as clients read it."""
        stream = actor.stream if isinstance(actor, SensorActor) else 0
        return actor_form(actor, self.streams.token(stream) if stream else b"")


_IN_CLIENT: Final = ("sensor.other.lane_invasion",)  # the client works it out from the map
