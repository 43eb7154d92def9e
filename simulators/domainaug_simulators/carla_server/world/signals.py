"""Traffic lights take turns: those that face each other show the same, and one pair at a junction goes at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from domainaug_simulators.carla_server.world.actors import Aspect, TrafficLight
from domainaug_simulators.carla_server.world.solids import Solid, overlap, solid_of

__all__ = ["Signals"]


class Signals:
    """All traffic lights of a world."""

    def __init__(self, lights: Sequence[TrafficLight]) -> None:
        """Sort lights into groups: at a junction those whose ways are nearly parallel belong together."""
        self.lights = tuple(lights)
        self._boxes = [solid_of(light.transform, light.trigger) for light in self.lights]
        self._turns: dict[str, list[list[TrafficLight]]] = {}
        self._going: dict[str, int] = {}
        for light in self.lights:
            groups = self._turns.setdefault(light.junction, [])
            for group in groups:
                if abs(_parallel(light, group[0])) > 0.7:
                    group.append(light)
                    break
            else:
                groups.append([light])
        for groups in self._turns.values():
            for number, group in enumerate(groups):
                for light in group:
                    light.group = number
        self.reset()

    def reset(self) -> None:
        """Let the first group of each junction begin."""
        for junction, groups in self._turns.items():
            self._going[junction] = 0
            for number, group in enumerate(groups):
                for light in group:
                    _show(light, Aspect.GREEN if number == 0 else Aspect.RED)

    def of_junction(self, light: TrafficLight) -> list[TrafficLight]:
        """Return all lights that take turns with one, itself first."""
        others = [other for other in self.lights if other.junction == light.junction and other is not light]
        return [light, *others]

    def reset_group(self, light: TrafficLight) -> None:
        """Let the junction of a light begin again."""
        self._going[light.junction] = 0
        for number, group in enumerate(self._turns[light.junction]):
            for one in group:
                _show(one, Aspect.GREEN if number == 0 else Aspect.RED)

    def pole(self, light: TrafficLight) -> int:
        """Return which of its junction's poles a light is on."""
        return [one for group in self._turns[light.junction] for one in group].index(light)

    def advance(self, dt: float) -> None:
        """Let time pass; a junction with a frozen light stands still."""
        for junction, groups in self._turns.items():
            if any(light.frozen for group in groups for light in group):
                continue
            for group in groups:
                for light in group:
                    light.elapsed += dt
            self._change(junction, groups)

    def _change(self, junction: str, groups: list[list[TrafficLight]]) -> None:
        group = groups[self._going[junction]]
        first = group[0]
        if first.state == Aspect.GREEN and first.elapsed >= first.green - 1e-9:
            _all(group, Aspect.YELLOW)
        elif first.state == Aspect.YELLOW and first.elapsed >= first.yellow - 1e-9:
            _all(group, Aspect.RED)
        elif first.state not in (Aspect.GREEN, Aspect.YELLOW) and first.elapsed >= first.red - 1e-9:
            self._going[junction] = (self._going[junction] + 1) % len(groups)
            _all(groups[self._going[junction]], Aspect.GREEN)

    def holding(self, vehicle: Solid, heading: float) -> TrafficLight | None:
        """Return the light whose stretch of road a vehicle is on, coming toward it."""
        for light, box in zip(self.lights, self._boxes, strict=True):
            if math.cos(math.radians(heading) - box.yaw) > 0.5 and overlap(vehicle, box):
                return light
        return None


def _parallel(one: TrafficLight, other: TrafficLight) -> float:
    a, b = one.transform.forward, other.transform.forward
    return a.x * b.x + a.y * b.y


def _show(light: TrafficLight, aspect: Aspect) -> None:
    light.state, light.elapsed = aspect, 0.0


def _all(group: Iterable[TrafficLight], aspect: Aspect) -> None:
    for light in group:
        _show(light, aspect)
