"""Whether a world is still as it was asked for, or somebody else has had a hand in it meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domainaug_simulators.carla_adapter.faults import CaptureFailed

__all__ = ["Watch"]

_ASTRAY: Final = 0.25  # meters on the ground that somebody may be off their place
_ALONE: Final = "nothing else may use this server meanwhile"


@dataclass(slots=True, eq=False)
class Watch:
    """An eye on time, weather and actors.

    Attributes:
        world: The `carla.World`, in synchronous mode.
    """

    world: Any
    _weather: Any = None
    _last: int | None = None

    def covered(self) -> None:
        """Take down the weather that was just set, as the server tells it."""
        self._weather = self.world.get_weather()

    def ticked(self, frame: int) -> None:
        """Hear of a frame that was asked for.

        Raises:
            CaptureFailed: Others came since the one before, for which nobody here had asked.
        """
        last, self._last = self._last, frame
        if last is not None and frame != last + 1:
            raise CaptureFailed(f"frame {frame} came after {last}: another client lets time pass; {_ALONE}")

    def there(self, sensors: Mapping[str, Any]) -> None:
        """Look whether sensors that deliver nothing are still there.

        Raises:
            CaptureFailed: One is gone.
        """
        now = self.world.get_snapshot()
        for name, sensor in sensors.items():
            if now.find(sensor.id) is None:
                raise CaptureFailed(f"the sensor {name} is gone: destroyed, or the server began anew; {_ALONE}")

    def hold(self, frame: int, things: Iterable[Mapping[str, Any]]) -> None:
        """Hold the world at a frame against what was asked for.

        Args:
            frame: Which.
            things: Who is to be there: `id` of the actor, 0 for what is part of the map, and `place`, x and y first.

        Raises:
            CaptureFailed: Somebody is gone or elsewhere, or the weather is another.
        """
        now = self.world.get_snapshot()
        if now.frame != frame:
            raise CaptureFailed(f"frame {now.frame} came after {frame}: another client lets time pass; {_ALONE}")
        for thing in things:
            if not thing["id"]:
                continue
            found = now.find(thing["id"])
            if found is None:
                raise CaptureFailed(f"actor {thing['id']} is gone from frame {frame}: another destroyed it; {_ALONE}")
            place = found.get_transform().location
            off = math.hypot(place.x - thing["place"][0], place.y - thing["place"][1])
            if not off <= _ASTRAY:
                raise CaptureFailed(f"actor {thing['id']} is {off:.2f} m off its place in frame {frame}; {_ALONE}")
        if self._weather is not None and self.world.get_weather() != self._weather:
            raise CaptureFailed(f"the weather of frame {frame} is not the one that was set; {_ALONE}")
