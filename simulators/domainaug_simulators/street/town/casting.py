"""Who is in a town: drawn from a seed, set where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.street.materials import Material, Palette
from domainaug_simulators.street.town.cycles import bicycle, motorcycle
from domainaug_simulators.street.town.driving import DT
from domainaug_simulators.street.town.paints import CAR_COLORS
from domainaug_simulators.street.town.people import Looks
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.routes import Route, routes_of
from domainaug_simulators.street.town.signals import Signals
from domainaug_simulators.street.town.traffic import Driver, Traffic
from domainaug_simulators.street.town.vehicles import KINDS, Vehicle, vehicle
from domainaug_simulators.street.town.walking import PERIOD, Stroll, crossings_busy, strolls_of, walks_of

__all__ = ["Cars", "Cast", "Seats", "cast_of"]

_LARGE: Final = {"van": 0.12, "truck": 0.08, "bus": 0.05}
_EACH: Final = 3  # looks of each kind of vehicle in a town
_WISH: Final = {"highway": 29.0, "suburb": 8.0}  # m/s; 11 elsewhere, slow enough to stop within an amber light
_EGO: Final = (4.7, 0.95)  # length and half the width of the vehicle with the sensors, meters
_HALF: Final = {"driving": 1.45, "cycling": 0.45, "parking": 1.1}


@dataclass(frozen=True, slots=True, eq=False)
class Cars:
    """Somebody in a vehicle with a body about them.

    Attributes:
        vehicle: The vehicle.
    """

    vehicle: Vehicle


@dataclass(frozen=True, slots=True, eq=False)
class Seats:
    """Somebody on two wheels.

    Attributes:
        motor: Whether it is a motorcycle.
        vehicle: The bicycle or motorcycle.
        looks: The rider's.
        helmet: The material of a helmet, or -1.
    """

    motor: bool
    vehicle: Vehicle
    looks: Looks
    helmet: int


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Everybody.

    Attributes:
        traffic: Where those who drive are; the first of them has the sensors.
        rides: What the others drive.
        parked: Vehicles that are parked, with (x, y) and heading.
        strolls: Who walks.
        looks: What each of them wears.
        waiting: Who stands: (x, y, heading), what they wear, how.
    """

    traffic: Traffic
    rides: tuple[Cars | Seats, ...]
    parked: tuple[tuple[Cars, tuple[float, float], float], ...]
    strolls: tuple[Stroll, ...]
    looks: tuple[Looks, ...]
    waiting: tuple[tuple[tuple[float, float, float], Looks, float], ...]


def cast_of(town: Town, palette: Palette, seed: int, density: float, along: float, aside: float) -> Cast:
    """Return everybody in a town; see `Actors.of`. Materials are added to `palette`."""

    def draw(number: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(key=[seed, number]))

    routes = routes_of(town)
    road = town.roads[0]
    lane = [middle for lane, middle in road.lanes if lane.kind == "driving" and lane.forward][-1]
    own = next(i for i, one in enumerate(routes) if one.kind == "driving" and one.turn == 0 and one.aside == lane)
    start = town.ahead[0] + along * (town.ahead[1] - town.ahead[0])
    wish = 0.97 * _WISH.get(town.layout, 11.0)
    ego = Driver(_EGO[0], wish, (own,), start + _EGO[0] / 2, aside)
    taken = _taken(routes[own], aside, start)
    standing = _beside(town, taken, lane + aside)
    waiting = _waiting(town, palette, draw(3000), density)
    spots = np.array([(x, y, 0.45) for (x, y, _), _, _ in waiting]).reshape(-1, 3)
    walks, walkers = walks_of(town), draw(3001)
    strolls = strolls_of(town, walks, _people(town, density), walkers, np.concatenate([standing, spots]))
    busy = crossings_busy(strolls, 4, DT)
    fleet = _Fleet(palette, seed)
    drivers, rides = _drivers(town, routes, own, taken, fleet, density, draw(1000))
    away = (5.0, 50.0) if town.junctions else (0.0, 4.0)
    traffic = Traffic(routes, [ego, *drivers], town.signals or Signals(), busy, draw(1001), away)
    parked = _parked(town, fleet, density, lane + aside, draw(1002))
    looks = tuple(Looks(palette, draw(4000 + i)) for i in range(len(strolls)))
    return Cast(traffic, tuple(rides), tuple(parked), tuple(strolls), looks, tuple(waiting))


class _Fleet:
    """Vehicles of a town, a few of each kind, made when the first of them is met."""

    def __init__(self, palette: Palette, seed: int) -> None:
        self.palette, self.seed = palette, seed
        self._made: dict[tuple[str, int], Cars] = {}
        self._seats = 0

    def one(self, kind: str, draw: np.random.Generator) -> Cars:
        key = kind, int(draw.integers(_EACH))
        if key not in self._made:
            own = np.random.Generator(np.random.Philox(key=[self.seed, 2000 + KINDS.index(kind) * _EACH + key[1]]))
            self._made[key] = Cars(vehicle(kind, self.palette, own))
        return self._made[key]

    def drawn(self, draw: np.random.Generator, *, large: bool = True) -> Cars:
        small = [kind for kind in KINDS if kind not in _LARGE]
        shares = [*(((1 - sum(_LARGE.values())) / len(small),) * len(small)), *_LARGE.values()]
        kind = str(draw.choice([*small, *_LARGE], p=shares))
        return self.one(kind if large or kind not in _LARGE else str(draw.choice(small)), draw)

    def seat(self, draw: np.random.Generator, *, motor: bool) -> Seats:
        self._seats += 1
        helmet = -1
        if motor or draw.random() < 0.6:
            red, green, blue = CAR_COLORS[draw.integers(len(CAR_COLORS))][0]
            helmet = self.palette.number(Material((red, green, blue), roughness=0.25, mirror=0.05, cover=0.2))
        own = np.random.Generator(np.random.Philox(key=[self.seed, 6000 + self._seats]))
        mount = (motorcycle if motor else bicycle)(self.palette, own)
        return Seats(motor, mount, Looks(self.palette, draw), helmet)


def _taken(own: Route, aside: float, start: float) -> NDArray[np.float64]:
    """Return (n, 2) where the vehicle with the sensors comes along outside of the junction."""
    s = np.arange(max(start - 6.0, 0.0), own.path.length, 1.0)
    s = s[(s < own.stop) | (s > own.clear)]
    return own.path.at(s, aside)[0]


def _beside(town: Town, taken: NDArray[np.float64], t: float) -> NDArray[np.float64]:
    """Return (n, 3) places and radius of the vehicle with the sensors where it leaves the road."""
    paved = [
        (a, b)
        for side in ("left", "right")
        for lane, a, b in town.roads[0].edges(side)
        if lane.kind in ("driving", "cycling", "parking", "shoulder")
    ]
    low, high = min(min(edge) for edge in paved), max(max(edge) for edge in paved)
    if low <= t - _EGO[1] and t + _EGO[1] <= high:
        return np.empty((0, 3))
    return np.column_stack([taken, np.full(len(taken), 1.1)])


def _free(route: Route, own: Route, taken: NDArray[np.float64]) -> bool:
    """Return whether those on a route never come beside the vehicle with the sensors without room between them."""
    if route is own:
        return True
    s = np.arange(0.0, route.path.length, 1.0)
    shared = (s < route.enters) & (route.lane == own.lane) | (s > route.leaves) & (route.out == own.out) & (
        own.out >= 0
    )
    points, _ = route.path.at(s[~shared & ((s < route.stop) | (s > route.clear))])
    if not len(points) or not len(taken):
        return True
    away = np.linalg.norm(points[:, None] - taken[None], axis=-1).min()
    return bool(away > _HALF[route.kind] + _EGO[1] + 0.15)


def _drivers(
    town: Town,
    routes: Sequence[Route],
    own: int,
    taken: NDArray[np.float64],
    fleet: _Fleet,
    density: float,
    draw: np.random.Generator,
) -> tuple[list[Driver], list[Cars | Seats]]:
    """Return who drives, and what; none where the density is 0."""
    open_ = [i for i, one in enumerate(routes) if _free(one, routes[own], taken)]
    drivers: list[Driver] = []
    rides: list[Cars | Seats] = []
    if density <= 0:
        return drivers, rides
    gap = (70.0 if town.layout == "highway" else 42.0) / density
    for lane in sorted({routes[i].lane for i in open_} | {routes[i].out for i in open_ if routes[i].out >= 0}):
        begins = [i for i in open_ if routes[i].lane == lane]
        among = begins or [i for i in open_ if routes[i].out == lane]
        slow = routes[among[0]].kind == "cycling"
        first = routes[among[0]]
        low, high = (0.0, min(first.stop, first.path.length)) if begins else (first.clear, first.path.length)
        low += float(draw.uniform(0, gap))
        outermost = town.layout == "highway" and _outermost(town, first)
        while True:
            pick = _choice(routes, among, draw)
            ride = _ride(town, fleet, draw, cycling=slow, large=town.layout != "highway" or outermost)
            length = _length(ride)
            if isinstance(ride, Cars) and ride.vehicle.kind in ("truck", "bus") and routes[pick].turn:
                straight = [i for i in among if routes[i].turn == 0]
                pick = straight[0] if straight else -1
            if pick < 0:
                continue
            shift = 0.0 if begins else routes[pick].path.length - first.path.length
            front = low + length
            if front > high - 1.0:
                break
            drivers.append(_driver(town, routes, open_, pick, front + shift, ride, outermost, draw))
            rides.append(ride)
            low = front + 6.0 + float(draw.exponential(max(gap * (2.2 if slow else 1.0) - 12.0, 1.0)))
    return drivers, rides


def _outermost(town: Town, route: Route) -> bool:
    sides = [m for lane, m in town.roads[0].lanes if lane.kind == "driving"]
    return route.aside in (min(sides), max(sides))


def _choice(routes: Sequence[Route], among: Sequence[int], draw: np.random.Generator) -> int:
    """Return one of some routes: most go straight on."""
    weights = np.array([1.0 if routes[i].turn else 3.0 for i in among])
    return int(draw.choice(among, p=weights / weights.sum()))


def _ride(town: Town, fleet: _Fleet, draw: np.random.Generator, *, cycling: bool, large: bool) -> Cars | Seats:
    if cycling:
        return fleet.seat(draw, motor=False)
    if draw.random() < (0.03 if town.layout == "highway" else 0.06):
        return fleet.seat(draw, motor=True)
    if town.layout == "suburb" and draw.random() < 0.08:
        return fleet.seat(draw, motor=False)
    return fleet.drawn(draw, large=large)


def _length(ride: Cars | Seats) -> float:
    if isinstance(ride, Cars):
        return ride.vehicle.size[0]
    return 2.2 if ride.motor else 1.9


def _driver(
    town: Town,
    routes: Sequence[Route],
    open_: Sequence[int],
    pick: int,
    front: float,
    ride: Cars | Seats,
    outermost: bool,
    draw: np.random.Generator,
) -> Driver:
    wish = _WISH.get(town.layout, 11.0) * float(draw.uniform(0.88, 1.07))
    aside, quick = 0.0, 1.6
    if isinstance(ride, Cars):
        heavy = ride.vehicle.kind in ("truck", "bus")
        if town.layout == "highway":
            wish = float(draw.uniform(22.0, 24.5)) if heavy else wish * (0.88 if outermost else 1.05)
        later = [i for i in open_ if routes[i].kind == "driving" and not (heavy and routes[i].turn)]
        quick = 1.0 if heavy else quick
    else:
        if not ride.motor:
            wish, quick = float(draw.uniform(4.2, 6.2)), 0.8
        on_lane = routes[pick].kind == "driving" and not ride.motor
        aside = -0.85 if on_lane else float(draw.uniform(-0.2, 0.2))  # bicycles keep right
        kind = routes[pick].kind
        later = [i for i in open_ if routes[i].kind == kind and (ride.motor or routes[i].turn == 0)]
    if not town.junctions:
        later = [pick]  # nobody changes lanes
    many = [i for i in later for _ in range(1 if routes[i].turn else 3)]
    headway = 1.3 * float(draw.uniform(0.85, 1.25))
    return Driver(_length(ride), wish, (pick, *many), front, aside, headway, quick)


def _parked(
    town: Town, fleet: _Fleet, density: float, ego: float, draw: np.random.Generator
) -> list[tuple[Cars, tuple[float, float], float]]:
    """Return who is parked; nobody where the vehicle with the sensors, at offset `ego`, comes along."""
    road, out = town.roads[0], []
    small = [kind for kind in KINDS if kind not in _LARGE]
    for lane, middle in road.lanes:
        if lane.kind != "parking" or abs(middle - ego) < _HALF["parking"] + _EGO[1] + 0.1:
            continue
        for s in np.arange(5.0, road.length - 5, 6.4):
            wanted = draw.random() < min(0.62 * density, 0.95)
            kind, shift = str(draw.choice(small)), float(draw.uniform(-0.3, 0.3))
            blocked = any(a < s < b for a, b in town.clear) or any(
                t == middle and a - 3.2 < s < b + 3.2 for t, a, b in town.closed
            )
            if wanted and not blocked:
                (place,), (heading,) = road.at(s + shift, middle)
                yaw = float(heading) + (0.0 if middle < 0 else float(np.pi))
                out.append((fleet.one(kind, draw), (float(place[0]), float(place[1])), yaw))
    return out


def _people(town: Town, density: float) -> int:
    """Return how many people there are over a period."""
    walks = walks_of(town)
    roads = town.roads[:2] if town.junctions else town.roads[:1]
    meters = sum(road.length for road in roads for lane, _ in road.lanes if lane.kind == "sidewalk")
    if not walks or not meters:
        return 0
    stay = float(np.mean([walk.path.length for walk in walks])) / 1.36 + 15.0
    apart = 28.0 if town.layout == "suburb" else 17.0
    return round(density * meters / apart * PERIOD / stay)


def _waiting(
    town: Town, palette: Palette, draw: np.random.Generator, density: float
) -> list[tuple[tuple[float, float, float], Looks, float]]:
    """Return who waits for the bus."""
    return [
        (stop, Looks(palette, draw), float(draw.uniform(0, 6.3)))
        for stop in town.stops
        if draw.random() < min(0.6 * density, 0.95)
    ]
