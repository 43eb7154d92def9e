"""Who and what is in the world: vehicles, people, sensors, lights, things."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from domainaug_simulators.carla_server.world.frames import NO_BOX, ORIGIN, ZERO, Box, Transform, Vector

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.sensors.interface import Sensor

__all__ = [
    "Actor",
    "Aspect",
    "Attachment",
    "Description",
    "SensorActor",
    "TrafficLight",
    "Vehicle",
    "VehicleControl",
    "Walker",
    "WalkerControl",
]

_AHEAD: Final = Vector(1.0, 0.0, 0.0)
_MASS: Final = {"truck": 6000.0, "bus": 6500.0, "bicycle": 90.0, "motorcycle": 260.0, "van": 2200.0}


class Attachment(IntEnum):
    """How something hangs on another: fast, or on an arm that swings; arms are taken as stiff."""

    RIGID = 0
    SPRING_ARM = 1
    SPRING_ARM_GHOST = 2


class Aspect(IntEnum):
    """What a traffic light shows."""

    RED = 0
    YELLOW = 1
    GREEN = 2
    OFF = 3
    UNKNOWN = 4


@dataclass(frozen=True, slots=True)
class Description:
    """What something was made from.

    Attributes:
        id: The blueprint's name.
        attributes: What was set of it, and what was not, by name.
        look: What the street simulator draws it as.
    """

    id: str
    attributes: dict[str, str] = field(default_factory=dict)
    look: str = ""


@dataclass(slots=True, eq=False)
class Actor:
    """Something in the world.

    Attributes:
        id: Its number.
        description: What it was made from.
        box: The box about it, in its own axes.
        tag: Its class, as CARLA numbers them; 0 for none.
        transform: Where it is in the world.
        parent: The number of what it hangs on, or 0.
        relative: Where it is on what it hangs on.
        attachment: How it hangs on it.
        velocity: Meters a second, in the world's axes.
        angular: Degrees a second.
        acceleration: Meters a second squared.
        physics: Whether it moves by itself.
        gravity: Whether it falls.
        collides: Whether it is solid.
        dormant: Whether it is asleep.
    """

    id: int
    description: Description
    box: Box = NO_BOX
    tag: int = 0
    transform: Transform = ORIGIN
    parent: int = 0
    relative: Transform | None = None
    attachment: Attachment = Attachment.RIGID
    velocity: Vector = ZERO
    angular: Vector = ZERO
    acceleration: Vector = ZERO
    physics: bool = True
    gravity: bool = True
    collides: bool = True
    dormant: bool = False

    @property
    def solid(self) -> bool:
        """Whether others run into it."""
        return self.collides and self.box.extent.x > 0

    @property
    def mass(self) -> float:
        """Kilograms."""
        return 80.0


@dataclass(frozen=True, slots=True)
class VehicleControl:
    """What a driver does.

    Attributes:
        throttle: 0 to 1.
        steer: -1 (left) to 1 (right).
        brake: 0 to 1.
        hand_brake: Whether it is pulled.
        reverse: Whether the throttle drives backward.
        manual: Whether the driver shifts gears.
        gear: Which gear that is.
    """

    throttle: float = 0.0
    steer: float = 0.0
    brake: float = 0.0
    hand_brake: bool = False
    reverse: bool = False
    manual: bool = False
    gear: int = 0


@dataclass(slots=True, eq=False)
class Vehicle(Actor):
    """A vehicle.

    Attributes:
        control: What its driver does.
        speed: Meters a second along its heading; negative backward.
        lights: Which of its lights are on, as CARLA's bits.
        speed_limit: Kilometers an hour.
        at_light: The number of the traffic light it is at, or 0.
        light_state: What that shows.
        before: Where it was after the last step, or None.
        constant: The velocity it keeps in its own axes, or None.
        ackermann: The controller that stands in for a driver's pedals, or None.
    """

    control: VehicleControl = VehicleControl()
    speed: float = 0.0
    lights: int = 0
    speed_limit: float = 30.0
    at_light: int = 0
    light_state: Aspect = Aspect.GREEN
    before: Transform | None = None
    constant: Vector | None = None
    ackermann: tuple[float, float, float, float, float] | None = None

    @property
    def mass(self) -> float:
        """Kilograms."""
        return _MASS.get(self.description.look, 1500.0)


@dataclass(frozen=True, slots=True)
class WalkerControl:
    """Where somebody goes.

    Attributes:
        direction: In the world's axes.
        speed: Meters a second.
        jump: Whether they jump; nobody leaves the ground.
    """

    direction: Vector = _AHEAD
    speed: float = 0.0
    jump: bool = False


@dataclass(slots=True, eq=False)
class Walker(Actor):
    """Somebody on foot.

    Attributes:
        control: Where they go.
        walked: Meters since they came, which tell where their feet are.
        led: Whether a controller placed them since the last frame.
    """

    control: WalkerControl = WalkerControl()
    walked: float = 0.0
    led: bool = False


@dataclass(slots=True, eq=False)
class TrafficLight(Actor):
    """A traffic light.

    Attributes:
        sign: Its id in the map.
        road: The road that it stands at, by the map's id.
        group: Which lights show the same: those of a road.
        junction: Which lights take turns: those of a junction.
        green: Seconds.
        yellow: Seconds.
        red: Seconds that it stays red after the others' turn.
        elapsed: Seconds since the last change.
        frozen: Whether it does not change.
        state: What it shows.
        trigger: Where those are who stop for it: the box about the lanes before it, in its own axes.
    """

    sign: str = ""
    road: str = ""
    group: int = 0
    junction: str = ""
    green: float = 10.0
    yellow: float = 3.0
    red: float = 2.0
    elapsed: float = 0.0
    frozen: bool = False
    state: Aspect = Aspect.RED
    trigger: Box = NO_BOX


@dataclass(slots=True, eq=False)
class SensorActor(Actor):
    """A sensor.

    Attributes:
        stream: The number of its stream; 0 for those that live in the client.
        sensor: What makes its messages, or None.
        due: Seconds of the world at which it measures next.
    """

    stream: int = 0
    sensor: Sensor | None = None
    due: float = 0.0
