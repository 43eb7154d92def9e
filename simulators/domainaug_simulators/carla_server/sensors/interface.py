"""What a sensor is: from the state of a world to the bytes of a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from domainaug_simulators.carla_server.world.frames import Box, Transform, Vector
from domainaug_simulators.carla_server.world.lamps import LampState
from domainaug_simulators.carla_server.world.skies import Sky

__all__ = ["Frame", "Seen", "Sensor"]


@dataclass(frozen=True, slots=True)
class Seen:
    """Something in the world at one moment.

    Attributes:
        id: Its number.
        type_id: The blueprint's name.
        attributes: Its attributes.
        look: What the street simulator draws it as.
        tag: Its class.
        transform: Where it is.
        box: The box about it, in its own axes.
        velocity: Meters a second.
        angular: Degrees a second.
        acceleration: Meters a second squared.
        lights: Which lights of a vehicle are on, as CARLA's bits; what a traffic light shows.
        walked: Meters that somebody has gone, which tell where their feet are.
    """

    id: int
    type_id: str
    attributes: Mapping[str, str]
    look: str
    tag: int
    transform: Transform
    box: Box
    velocity: Vector
    angular: Vector
    acceleration: Vector
    lights: int = 0
    walked: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The world at one moment; nothing of it changes afterwards.

    Attributes:
        episode: Number of the episode.
        number: Number of the frame.
        elapsed: Seconds since the episode began.
        delta: Seconds since the frame before.
        sky: The weather.
        actors: Everybody, by number.
        hidden: Numbers of the things of the town that are switched off.
        drawn: Seconds by which all that is random is drawn: clouds, drops, noise.
        lamps: Street lamps that somebody has switched.
    """

    episode: int
    number: int
    elapsed: float
    delta: float
    sky: Sky
    actors: Mapping[int, Seen]
    hidden: frozenset[int] = frozenset()
    drawn: float = 0.0
    lamps: tuple[LampState, ...] = ()


class Sensor(Protocol):
    """Makes messages."""

    @property
    def slow(self) -> bool:
        """Whether a frame takes long, so that it is made beside the world's clock."""

    def frame(self, world: Frame, own: Seen) -> bytes | None:
        """Return what follows the head of a message, or None where there is nothing to tell.

        Args:
            world: The world.
            own: The sensor itself.
        """
