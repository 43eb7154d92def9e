"""Ways through a junction: which lanes come together, and the lines that join them.

Traffic drives on these lines, and maps in OpenDRIVE tell of the same ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from domainaug_simulators.street.town.roads import Junction, Lane, LaneKind, Road

__all__ = ["Arm", "Line", "Way", "arms_of", "between", "cut", "ways_of"]

Line = tuple[tuple[float, float], float, tuple[tuple[float, float], ...]]
"""Start, heading, and pieces of (length, curvature)."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A road that ends at a junction.

    Attributes:
        number: Which one: 0 and 1 are of the first road, 2 and 3 of the other.
        road: The stretch outside of the junction.
        last: Whether its line runs into the junction.
    """

    number: int
    road: Road
    last: bool

    def lanes(self, *, coming: bool, kind: LaneKind = "driving") -> list[tuple[int, Lane, float]]:
        """Return (id, lane, offset of its inner edge) of the lanes that lead in or out, from the middle outwards."""
        side, sign = ("right", -1) if coming == self.last else ("left", 1)
        edges = self.road.edges("right" if side == "right" else "left")
        return [(sign * (i + 1), lane, inner) for i, (lane, inner, _) in enumerate(edges) if lane.kind == kind]

    def gate(self, offset: float, *, coming: bool) -> tuple[float, float, float]:
        """Return place and heading of travel where a line beside the road's meets the junction."""
        (place,), (heading,) = self.road.at(self.road.length if self.last else 0.0, offset)
        return float(place[0]), float(place[1]), float(heading) + (0.0 if self.last == coming else math.pi)


@dataclass(frozen=True, slots=True)
class Way:
    """One way from a lane of an arm to a lane of another.

    Attributes:
        lane: The lane that comes in.
        into: Its id in its road.
        inner: Offset of its inner edge.
        out: The id of the lane that goes out.
        outer: Offset of that one's inner edge.
        turn: 0 straight on, 1 left, -1 right.
    """

    lane: Lane
    into: int
    inner: float
    out: int
    outer: float
    turn: int


def cut(road: Road, begin: float, end: float) -> Road:
    """Return the stretch of a road from `begin` to `end` meters along its line."""
    (place,), (heading,) = road.at(begin)
    pieces, done = [], 0.0
    for length, bend in road.pieces:
        low, high = max(begin, done), min(end, done + length)
        if high - low > 1e-9:
            pieces.append((high - low, bend))
        done += length
    return Road((float(place[0]), float(place[1])), float(heading), tuple(pieces), road.left, road.right)


def arms_of(roads: Sequence[Road], junction: Junction) -> list[Arm]:
    """Return the four arms of a junction of the first road, which is straight, and the second, which it halves."""
    main, cross = roads[:2]
    walk = junction.corner
    away = junction.middle[0] - main.start[0], junction.middle[1] - main.start[1]
    middle = away[0] * math.cos(main.heading) + away[1] * math.sin(main.heading)
    before, after = middle - junction.cross[1] - walk, middle - junction.cross[0] + walk
    below, above = cross.length / 2 + junction.main[0] - walk, cross.length / 2 + junction.main[1] + walk
    return [
        Arm(0, cut(main, 0.0, before), True),
        Arm(1, cut(main, after, main.length), False),
        Arm(2, cut(cross, 0.0, below), True),
        Arm(3, cut(cross, above, cross.length), False),
    ]


def ways_of(arm: Arm, other: Arm) -> list[Way]:
    """Return the ways from one arm to another: all lanes go on, the outermost turns right, the innermost left."""
    if arm.number == other.number:
        return []
    coming, going = arm.lanes(coming=True), other.lanes(coming=False)
    toward = math.sin(other.gate(0.0, coming=False)[2] - arm.gate(0.0, coming=True)[2])
    turn = 0 if abs(toward) < 0.5 else (1 if toward > 0 else -1)
    if turn == 0:
        pairs = list(zip(coming, going, strict=False))
        pairs += zip(arm.lanes(coming=True, kind="cycling"), other.lanes(coming=False, kind="cycling"), strict=False)
    else:
        pick = 0 if turn > 0 else -1
        pairs = [(coming[pick], going[pick])]
    return [Way(a[1], a[0], a[2], b[0], b[2], turn) for a, b in pairs]


def between(start: tuple[float, float, float], end: tuple[float, float, float]) -> Line:
    """Return a line from one place and heading to another, straight or with an arc."""
    x, y, heading = start
    ahead = (end[0] - x) * math.cos(heading) + (end[1] - y) * math.sin(heading)
    aside = -(end[0] - x) * math.sin(heading) + (end[1] - y) * math.cos(heading)
    if abs(aside) < 1e-6:
        return (x, y), heading, ((ahead, 0.0),)
    radius = min(ahead, abs(aside))
    bend = math.copysign(1 / radius, aside)
    pieces = ((ahead - radius, 0.0), (radius * math.pi / 2, bend), (abs(aside) - radius, 0.0))
    return (x, y), heading, tuple(piece for piece in pieces if piece[0] > 1e-6)
