"""Street lamps as CARLA's light manager knows them: where each is, whether it burns, how brightly, in which color."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from domainaug_simulators.carla_server.world.frames import Vector
from domainaug_simulators.carla_server.world.skies import Sky, weather_of
from domainaug_simulators.carla_server.world.surroundings import FIRST
from domainaug_simulators.street.scene import Lamp
from domainaug_simulators.street.town.plan import Town

__all__ = ["STREET", "LampState", "StreetLamps", "lamps_in"]

STREET: Final = 2
"""CARLA's group of street lights."""

_DUSK: Final = 2.0  # degrees of the sun's height below which lamps burn, as in the street simulator's sky


@dataclass(frozen=True, slots=True)
class LampState:
    """A street lamp.

    Attributes:
        id: Its number: that of the thing of the town that it is on.
        place: Where it shines, in the world.
        intensity: Candela along its axis.
        color: Red, green, blue, 0 to 255.
        group: CARLA's group.
        active: Whether it burns; by day nobody sees that it does.
    """

    id: int
    place: Vector
    intensity: float
    color: tuple[int, int, int]
    group: int = STREET
    active: bool = False


def lamps_in(town: Town) -> tuple[LampState, ...]:
    """Return the lamps of a town as they are while nobody has touched them; a thing with several counts once."""
    return tuple(
        _state(FIRST + number, thing.lamps[0])
        for number, thing in enumerate(town.things)
        if thing.lamps and not thing.lamps[0].beam
    )


def _state(number: int, lamp: Lamp) -> LampState:
    x, y, z = lamp.place
    peak = max(lamp.color)
    red, green, blue = (round(255 * (part / peak) ** (1 / 2.2)) for part in lamp.color)
    return LampState(number, Vector(x, -y, z), 1000.0 * peak, (red, green, blue))


@dataclass(slots=True)
class StreetLamps:
    """The lamps of a world: they burn when it is dark, but for those that a client has switched.

    Attributes:
        usual: As they are while nobody has touched them.
        by_dusk: Whether dusk and dawn switch those that nobody has switched.
        set: Those that a client has set, by number.
    """

    usual: tuple[LampState, ...]
    by_dusk: bool = True
    set: dict[int, LampState] = field(default_factory=dict)

    def now(self, sky: Sky) -> list[LampState]:
        """Return how all of them are in a weather."""
        dark = self.dark(sky)
        return [self.set.get(lamp.id, replace(lamp, active=dark)) for lamp in self.usual]

    def dark(self, sky: Sky) -> bool:
        """Return whether those burn that nobody has switched."""
        return self.by_dusk and weather_of(sky).sun_altitude < _DUSK

    def change(self, told: Iterable[LampState]) -> None:
        """Set lamps; those that there are none of are passed over."""
        known = {lamp.id: lamp for lamp in self.usual}
        for lamp in told:
            if lamp.id in known:
                self.set[lamp.id] = replace(lamp, place=known[lamp.id].place)

    def follow_dusk(self, sky: Sky, follow: bool) -> None:
        """Let dusk and dawn switch all lamps again, or let all be as they are now."""
        if follow:
            self.set.clear()
        else:
            self.set = {lamp.id: lamp for lamp in self.now(sky)}
        self.by_dusk = follow

    @property
    def touched(self) -> tuple[LampState, ...]:
        """Those that a client has set, as the pictures of a frame need them."""
        return tuple(self.set.values())
