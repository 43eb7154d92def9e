"""Traffic lights of a junction: one cycle, told by the time alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domainaug_simulators.street.town.furniture import Aspect

__all__ = ["CYCLE", "Signals"]

_GREEN: Final = (22.0, 20.0)
_WALK: Final = (7.0, 4.0)  # people step onto the road early in a green, so that those who turn come after them
_AMBER: Final = 3.0  # as long as StVO's rules ask for at 50 km/h
_CLEAR: Final = 3.0  # all red
_WARN: Final = 1.0  # red and amber before green
_STARTS: Final = (0.0, _GREEN[0] + _AMBER + _CLEAR)

CYCLE: Final = _STARTS[1] + _GREEN[1] + _AMBER + _CLEAR
"""Seconds after which everything comes again."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The lights of a junction.

    Attributes:
        offset: Seconds that the cycle is ahead at time 0, when it would else begin with green for the first road.
    """

    offset: float = 0.0

    def aspect(self, group: int, time: float) -> Aspect:
        """Return what the lights of a road show: `group` is 0 for the first, 1 for the other."""
        at = (time + self.offset - _STARTS[group]) % CYCLE
        if at < _GREEN[group]:
            return "green"
        if at < _GREEN[group] + _AMBER:
            return "amber"
        return "red_amber" if at >= CYCLE - _WARN else "red"

    def walk(self, group: int, time: float, seconds: float) -> float | None:
        """Return when somebody who comes at `time` may step onto a crossing that takes them some seconds.

        People go with the traffic beside them: over the second road with the first one's green (`group` 0), and the
        other way round. They begin early in it, and only where it lasts until they are across; None where no green
        lasts so long.
        """
        room = min(_GREEN[group] - seconds, _WALK[group])
        if room < 0:
            return None
        at = (time + self.offset - _STARTS[group]) % CYCLE
        return time if at <= room else time + CYCLE - at
