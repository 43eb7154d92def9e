"""Where somebody who is listed is at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from domainaug.errors import DomainAugError
from domainaug_simulators.street.listing import LanePlace, Listed
from domainaug_simulators.street.town.maps import MapRoad, RoadMap

__all__ = ["State", "Track", "track_of"]

_STEP = 1.0  # meters between the points of a way along a lane


@dataclass(frozen=True, slots=True)
class State:
    """A place on the ground, and how somebody moves there.

    Attributes:
        x: Meters.
        y: Meters.
        yaw: Radians counter-clockwise from +x.
        speed: Meters a second along the heading; negative is backwards.
        gone: Meters since time 0.
    """

    x: float
    y: float
    yaw: float
    speed: float
    gone: float


@dataclass(frozen=True, slots=True)
class Track:
    """A way through the world: smooth between its points, never beyond them.

    Attributes:
        times: (n,) seconds, rising.
        points: (n, 2) meters.
        start: Heading before they first move, radians.
        ahead: Speed after the last point, m/s: 0 for those who stop there.
        turned: Radians that they look away from where they go.
    """

    times: Sequence[float]
    points: Sequence[tuple[float, float]]
    start: float
    ahead: float = 0.0
    turned: float = 0.0

    def at(self, time: float) -> State:
        """Return where they are at a time, seconds."""
        first, last = self.times[0], self.times[-1]
        if len(self.times) == 1 or time >= last:
            (x, y), heading = self.points[-1], self._heading(last)
            away = self.ahead * (time - last)
            return self._state(x + away * np.cos(heading), y + away * np.sin(heading), heading, self.ahead, time)
        if time < first:
            (x, y) = self.points[0]
            return self._state(x, y, self._heading(first), 0.0, time)
        curve = PchipInterpolator(self.times, np.array(self.points))
        x, y = curve(time)
        speed = float(np.hypot(*curve(time, 1)))
        return self._state(x, y, self._heading(time), speed, time)

    def _state(self, x: float, y: float, heading: float, speed: float, time: float) -> State:
        legs = np.hypot(*np.diff(np.array(self.points), axis=0).T) if len(self.points) > 1 else np.zeros(1)
        passed = np.concatenate([[0.0], np.cumsum(legs)]) if len(self.points) > 1 else np.zeros(1)
        gone = float(np.interp(time, self.times, passed)) + self.ahead * max(time - self.times[-1], 0.0)
        return State(float(x), float(y), heading + self.turned, speed, gone)

    def _heading(self, time: float) -> float:
        """Return where they go; where they stand, where they went last."""
        if len(self.times) == 1:
            return self.start
        curve = PchipInterpolator(self.times, np.array(self.points))
        place = np.array(self.points)
        low = int(np.clip(np.searchsorted(self.times, time, side="right") - 1, 0, len(place) - 2))
        x, y = curve(float(np.clip(time, self.times[0], self.times[-1])), 1)
        if np.hypot(x, y) > 0.05:
            return float(np.arctan2(y, x))
        legs = [place[i + 1] - place[i] for i in range(low, -1, -1)]
        moved = next((leg for leg in legs if np.hypot(*leg) > 1e-6), None)
        return self.start if moved is None else float(np.arctan2(moved[1], moved[0]))


def track_of(listed: Listed, roads: RoadMap, main: MapRoad) -> Track:
    """Return the way of somebody who is listed.

    Args:
        listed: They.
        roads: The map that places on lanes count on.
        main: The road of places that name none.

    Raises:
        DomainAugError: Their place is not on the map; names them.
    """
    if listed.path:
        points = [(x, y) for _, x, y in listed.path]
        (x, y), (ahead_x, ahead_y) = points[:2]
        return Track([time for time, _, _ in listed.path], points, float(np.arctan2(ahead_y - y, ahead_x - x)))
    if not isinstance(listed.place, LanePlace):
        yaw = float(np.radians(listed.place.yaw))
        return Track([0.0], [(listed.place.x, listed.place.y)], yaw, listed.speed)
    try:
        road = main if listed.place.road is None else roads.road(listed.place.road)
        return _along(road, listed.place, listed.speed)
    except DomainAugError as error:
        raise DomainAugError(f"world: {listed.name}: {error}") from None


def _along(road: MapRoad, place: LanePlace, speed: float) -> Track:
    """Return the way along a lane until its road ends, and straight on from there."""
    x, y, heading = road.place(place.lane, place.s, place.aside)
    turned = float(np.radians(place.yaw))
    if speed == 0:
        return Track([0.0], [(x, y)], heading, 0.0, turned)
    (_,), (line,) = road.line.at(place.s)
    forward = np.cos(heading - line) > 0
    end = road.length if forward == (speed > 0) else 0.0
    count = max(int(abs(end - place.s) / _STEP), 1)
    points = [(x, y)]
    for s in np.linspace(place.s, end, count + 1)[1:]:
        try:
            points.append(road.place(place.lane, float(s), place.aside)[:2])
        except DomainAugError:
            break  # the lane ends before its road does
    if len(points) == 1:
        return Track([0.0], points, heading, speed, turned)
    legs = np.hypot(*np.diff(np.array(points), axis=0).T)
    times = np.concatenate([[0.0], np.cumsum(legs)]) / abs(speed)
    # Who backs up looks against the way.
    back = 0.0 if speed > 0 else float(np.pi)
    return Track(times.tolist(), points, heading + back, abs(speed), turned + back)
