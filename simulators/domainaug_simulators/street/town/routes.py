"""Where vehicles may go in a town: from the end of one lane to the end of another, and who is in whose way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.town.paths import Path, path_of, stretch
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.roads import Road
from domainaug_simulators.street.town.ways import Arm, Way, arms_of, between, ways_of

__all__ = ["Route", "conflicts_of", "limits_of", "routes_of"]

_ASIDE: Final = 2.2  # m/s2 to the side in bends
_BRAKING: Final = 1.2  # m/s2 before bends
_HALF: Final = {"straight": 1.45, "turn": 1.45, "cycling": 0.45}  # meters a vehicle reaches to each side
_APART: Final = 0.3
_LINE = 1.6 + 0.7 + 3.5  # meters from the junction back to the line before its zebra crossing


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A way through the town.

    Attributes:
        kind: Who drives there.
        path: The middle of the lanes.
        lane: Number of the lane it begins in; those that share one follow each other.
        out: Number of the lane it ends in, or -1 where that is the same one.
        way: Number of the way through the junction, or -1.
        group: Which lights it obeys.
        turn: 0 straight on, 1 left, -1 right.
        stop: Where the stop line is, meters along the path; beyond the path where there is none.
        enters: Where it comes onto the crossing of roads.
        leaves: Where it leaves it.
        clear: Where it has left the last zebra crossing.
        zebras: The crossings that it passes, as arms; () where there are none.
        aside: Meters from the middle of the first road, left positive; None on another road.
    """

    kind: Literal["driving", "cycling"]
    path: Path
    lane: int
    out: int = -1
    way: int = -1
    group: int = 0
    turn: int = 0
    stop: float = np.inf
    enters: float = np.inf
    leaves: float = np.inf
    clear: float = np.inf
    zebras: tuple[int, ...] = ()
    aside: float | None = None


def routes_of(town: Town) -> list[Route]:
    """Return all routes: through the junction where there is one, else along the first road."""
    if not town.junctions:
        return _along(town.roads[0])
    arms = arms_of(town.roads, town.junctions[0])
    lanes: dict[tuple[int, int], int] = {}
    out: list[Route] = []
    for arm in arms:
        for other in arms:
            for way in ways_of(arm, other):
                begin, end = (
                    lanes.setdefault(key, len(lanes)) for key in ((arm.number, way.into), (other.number, way.out))
                )
                out.append(_through(arm, other, way, begin, end, len(out)))
    return out


def _along(road: Road) -> list[Route]:
    out: list[Route] = []
    for lane, middle in road.lanes:
        if lane.kind in ("driving", "cycling"):
            ends = (0.0, road.length) if lane.forward else (road.length, 0.0)
            path = path_of(stretch(road, *ends, middle))
            out.append(Route("cycling" if lane.kind == "cycling" else "driving", path, len(out), aside=middle))
    return out


def _through(arm: Arm, other: Arm, way: Way, begin: int, end: int, number: int) -> Route:
    side = -way.lane.width / 2  # lanes lie to the right of their inner edge, as they are driven
    line = between(arm.gate(way.inner, coming=True), other.gate(way.outer, coming=False))
    across = Road(line[0], line[1], line[2], (), ())
    first = arm.road.length if arm.last else 0.0
    middle = way.inner + (side if arm.last else -side)
    coming = stretch(arm.road, arm.road.length - first, first, middle)
    last = other.road.length if other.last else 0.0
    going = stretch(other.road, last, other.road.length - last, way.outer + (-side if other.last else side))
    inside = stretch(across, 0.0, across.length, side)
    path = path_of(np.concatenate([coming, inside[1:], going[1:]]))
    enters = arm.road.length
    leaves = path.length - other.road.length
    return Route(
        "cycling" if way.lane.kind == "cycling" else "driving",
        path,
        begin,
        end,
        number,
        arm.number // 2,
        way.turn,
        enters - _LINE,
        enters,
        leaves,
        leaves + 0.7 + 3.5 + 0.5,
        (arm.number, other.number),
        middle if arm.number < 2 else None,
    )


def limits_of(path: Path) -> NDArray[np.float64]:
    """Return how fast a vehicle may be at each point of a path, m/s, so that bends are taken gently."""
    squared = np.minimum(_ASIDE / np.maximum(np.abs(path.bends), 1e-6), 3600.0)
    for i in range(len(squared) - 2, -1, -1):
        squared[i] = min(squared[i], squared[i + 1] + 2 * _BRAKING * path.step)
    return np.sqrt(squared)


def conflicts_of(routes: list[Route]) -> NDArray[np.bool_]:
    """Return (ways, ways) which ways cannot be driven at once; those out of one lane follow each other instead."""
    ways = [route for route in routes if route.way >= 0]
    inside = [route.path.at(np.arange(route.stop, route.clear, 0.5))[0] for route in ways]
    half = [_HALF["cycling" if r.kind == "cycling" else ("turn" if r.turn else "straight")] for r in ways]
    out = np.zeros((len(ways), len(ways)), np.bool_)
    for a in range(len(ways)):
        for b in range(a):
            if ways[a].lane != ways[b].lane:
                away = np.linalg.norm(inside[a][:, None] - inside[b][None], axis=-1)
                out[a, b] = out[b, a] = away.min() < half[a] + half[b] + _APART
    return out
