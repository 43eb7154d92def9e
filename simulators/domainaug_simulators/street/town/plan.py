"""Towns: from a layout and a seed to roads, houses and everything that does not move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import Mesh, box, quad
from domainaug_simulators.street.scene import Lamp, Thing
from domainaug_simulators.street.town import buildings, furniture, plants
from domainaug_simulators.street.town.kerbside import along, arrows, bus_stops, roadworks
from domainaug_simulators.street.town.paints import Paints
from domainaug_simulators.street.town.roads import (
    CURB,
    Junction,
    Lane,
    Road,
    junction_things,
    road_things,
    zebra,
)
from domainaug_simulators.street.town.signals import CYCLE, Signals
from domainaug_simulators.street.town.tags import Tag

__all__ = ["LAYOUTS", "Layout", "Town", "far_away", "town_of"]

Layout = Literal["city", "junction", "highway", "suburb", "map"]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The heads of a traffic light.

    Attributes:
        group: Who obeys it: 0 those on the first road, 1 those on the other.
        shown: Its triangles for everything that it can show.
    """

    group: int
    shown: Mapping[furniture.Aspect, Mesh]


@dataclass(slots=True)
class Town:
    """Everything that does not move.

    Attributes:
        layout: Which kind of place it is.
        seed: What it was made from.
        roads: Its roads; the first is the one that the ego vehicle drives on.
        junctions: Where they meet.
        things: Everything in it.
        palette: Its materials.
        ahead: How far along the first road the ego vehicle may start, meters.
        clear: Stretches of the first road (from, to) where nobody parks: junctions and crossings.
        closed: Stretches of one lane of it (middle of the lane, from, to) where nobody parks.
        signals: Its traffic lights, if it has any.
        heads: What they show.
        obstacles: (x, y, radius) of what stands on sidewalks.
        stands: (1 left or -1 right, meters along the first road) of bus stops.
        stops: (x, y, heading) where people wait for the bus.
    """

    layout: Layout
    seed: int
    roads: list[Road]
    junctions: list[Junction] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    palette: Palette = field(default_factory=Palette)
    ahead: tuple[float, float] = (20.0, 120.0)
    clear: list[tuple[float, float]] = field(default_factory=list)
    closed: list[tuple[float, float, float]] = field(default_factory=list)
    signals: Signals | None = None
    heads: list[Head] = field(default_factory=list)
    obstacles: list[tuple[float, float, float]] = field(default_factory=list)
    stands: list[tuple[int, float]] = field(default_factory=list)
    stops: list[tuple[float, float, float]] = field(default_factory=list)

    def lit(self, time: float) -> list[Thing]:
        """Return what its traffic lights show at a time."""
        if self.signals is None:
            return []
        shown = [head.shown[self.signals.aspect(head.group, time)] for head in self.heads]
        return [Thing(mesh, Tag.TRAFFIC_LIGHT) for mesh in shown]

    def ground(self, x: float, y: float) -> float:
        """Return how high those stand who walk along the sidewalk at (x, y): down on the street where they cross it."""
        return 0.0 if any(junction.crossed(x, y) for junction in self.junctions) else CURB

    def put(self, mesh: Mesh, tag: Tag, x: float, y: float, z: float = 0.0, yaw: float = 0.0) -> None:
        """Place something."""
        self.things.append(Thing(mesh.at(x, y, z, yaw), tag))

    def post(self, post: furniture.Post, head: Tag, x: float, y: float, z: float = 0.0, yaw: float = 0.0) -> None:
        """Place something on a post, with its lamps."""
        c, s = np.cos(yaw), np.sin(yaw)
        lamps = tuple(
            Lamp(
                (
                    x + lamp.place[0] * c - lamp.place[1] * s,
                    y + lamp.place[0] * s + lamp.place[1] * c,
                    z + lamp.place[2],
                ),
                (lamp.toward[0] * c - lamp.toward[1] * s, lamp.toward[0] * s + lamp.toward[1] * c, lamp.toward[2]),
                lamp.color,
                lamp.beam,
                lamp.reach,
            )
            for lamp in post.lamps
        )
        self.things.append(Thing(post.pole.at(x, y, z, yaw), Tag.POLE, 0, lamps))
        if len(post.head):
            self.things.append(Thing(post.head.at(x, y, z, yaw), head))


@lru_cache(maxsize=2)
def town_of(layout: Layout, seed: int) -> Town:
    """Return the town that a layout and a seed make; the same one again where it was asked for lately."""
    draw = np.random.Generator(np.random.Philox(key=[seed, sorted(_BUILDERS).index(layout)]))
    town = _BUILDERS[layout](seed, draw)
    far_away(town, draw)
    return town


def _driving(count: int, width: float, *, forward: bool) -> tuple[Lane, ...]:
    return tuple(Lane("driving", width, forward) for _ in range(count))


def _city(seed: int, draw: np.random.Generator) -> Town:
    parking, walk = Lane("parking", 2.2), Lane("sidewalk", draw.uniform(3.6, 4.6))
    side = int(draw.integers(1, 3))
    main = Road(
        *((0.0, 0.0), 0.0, ((420.0, 0.0),)),
        left=(*_driving(side, 3.3, forward=False), Lane("cycling", 1.6, forward=False), parking, walk),
        right=(*_driving(side, 3.3, forward=True), Lane("cycling", 1.6), parking, walk),
    )
    return _with_crossing(Town("city", seed, [main], ahead=(15.0, 60.0)), draw, at=draw.uniform(115, 150), lights=True)


def _junction(seed: int, draw: np.random.Generator) -> Town:
    walk = Lane("sidewalk", 3.6)
    main = Road(
        *((0.0, 0.0), 0.0, ((300.0, 0.0),)),
        left=(*_driving(2, 3.3, forward=False), Lane("cycling", 1.6, forward=False), walk),
        right=(*_driving(2, 3.3, forward=True), Lane("cycling", 1.6), walk),
    )
    return _with_crossing(Town("junction", seed, [main], ahead=(40.0, 62.0)), draw, at=95.0, lights=True)


def _with_crossing(town: Town, draw: np.random.Generator, *, at: float, lights: bool) -> Town:
    """Cut the main road by another, and line both with houses, trees, lamps and signs."""
    main, palette = town.roads[0], town.palette
    walk = main.left[-1].width
    cross = Road(
        *((at, -150.0), np.pi / 2, ((300.0, 0.0),)),
        left=(*_driving(1, 3.3, forward=False), Lane("sidewalk", walk)),
        right=(*_driving(1, 3.3, forward=True), Lane("sidewalk", walk)),
    )
    town.roads.append(cross)
    reach_main = main.width[0] + walk, main.width[1] - walk
    reach_cross = cross.width[0] + walk, cross.width[1] - walk
    town.junctions.append(Junction((at, 0.0), 0.0, reach_main, reach_cross, walk))
    gap_x = reach_cross[1] + walk, -reach_cross[0] + walk
    stretches = [(0.0, at - gap_x[0]), (at + gap_x[1], main.length)]
    for begin, end in stretches:
        town.things += road_things(main, palette, begin=begin, end=end)
    gap_y = -reach_main[0] + walk, reach_main[1] + walk
    for begin, end in ((0.0, 150 - gap_y[0]), (150 + gap_y[1], 300.0)):
        town.things += road_things(cross, palette, begin=begin, end=end)
    town.things += junction_things(town.junctions[0], palette)
    ends = (150 - gap_y[0], 150 + gap_y[1])
    for road, (before, after) in ((main, (stretches[0][1], stretches[1][0])), (cross, ends)):
        town.things += zebra(road, before - 4.2, palette, leaving="backward")
        town.things += zebra(road, after + 0.7, palette, leaving="forward")
    town.clear.append((at - gap_x[0] - 14, at + gap_x[1] + 14))
    arrows(town)
    _fronts(town, main, stretches, draw)
    _fronts(town, cross, [(4.0, 150 - gap_y[0] - 13), (150 + gap_y[1] + 13, 296.0)], draw)
    if any(lane.kind == "parking" for lane, _ in main.lanes):
        bus_stops(town, main, ((1, stretches[1][0] + 46.0), (-1, stretches[0][1] - 52.0)))
        roadworks(town, main, "parking", stretches[1][0] + 22.0)
    _sidewalk_things(town, main, stretches, draw)
    if lights:
        _lights(town, at, reach_main, reach_cross, float(draw.uniform(0, CYCLE)))
    return town


def _fronts(town: Town, road: Road, stretches: list[tuple[float, float]], draw: np.random.Generator) -> None:
    """Line both sides of stretches of road with houses."""
    right, left = road.width
    for begin, end in stretches:
        for edge, facing in ((left, 0.0), (right, np.pi)):
            s = begin + draw.uniform(0, 3)
            while s < end - 7:
                width = min(draw.uniform(9, 21), end - s)
                depth = draw.uniform(10, 14)
                house = buildings.block(width - 0.02, depth, town.palette, draw)
                away = edge + np.sign(edge) * draw.choice([0.0, 0.0, 0.0, 0.8])
                town.put(house, Tag.BUILDING, *along(road, s + width / 2, away)[:2], 0.0, along(road, s, 0, facing)[2])
                s += width + (draw.uniform(3, 9) if draw.random() < 0.15 else 0.0)
            ground = quad_along(
                road, begin, end, edge, edge + np.sign(edge) * 40, CURB - 0.02, town.palette.number(Paints.concrete)
            )
            town.things.append(Thing(ground, Tag.GROUND))


def quad_along(road: Road, begin: float, end: float, inner: float, outer: float, z: float, material: int) -> Mesh:
    """Return a flat patch beside a straight road."""
    low, high = min(inner, outer), max(inner, outer)
    places, _ = road.at([begin, end, end, begin], [low, low, high, high])
    a, b, c, d = ((*corner, z) for corner in places)
    return quad(a, b, c, d, material)


def _sidewalk_things(town: Town, road: Road, stretches: list[tuple[float, float]], draw: np.random.Generator) -> None:
    """Put lamps, trees, bins, benches, bollards and signs on the sidewalks of stretches of road."""
    palette = town.palette
    walks = [
        (lane, inner, outer)
        for side in ("left", "right")
        for lane, inner, outer in road.edges(side)
        if lane.kind == "sidewalk"
    ]
    spacing, trees = draw.uniform(24, 30), draw.random() < 0.8
    specimens = [plants.tree(palette, draw, height=draw.uniform(5.5, 8.0)) for _ in range(5)]
    warm = bool(draw.random() < 0.6)
    for index, (_, inner, outer) in enumerate(walks):
        sign = np.sign(outer)
        facing = -np.pi / 2 * sign
        for begin, end in stretches:
            for s in np.arange(begin + 4 + index * spacing / 2, end - 3, spacing):
                x, y, yaw = along(road, s, inner + sign * 0.5, facing)
                town.post(furniture.street_lamp(palette, warm=warm), Tag.POLE, x, y, CURB, yaw)
                town.obstacles.append((x, y, 0.1))
            stops = [s for side, s in town.stands if side == sign]
            if trees:
                for s in np.arange(begin + 10 + index * 3, end - 8, spacing / 3):
                    beside = all(abs(s - stop) > 4.5 for stop in stops)
                    if draw.random() < 0.75 and beside and abs((s - begin - 4 - index * spacing / 2) % spacing) > 2.5:
                        x, y, yaw = along(road, s, inner + sign * 0.75, draw.uniform(0, 6.3))
                        town.obstacles.append((x, y, 0.2))
                        town.put(specimens[draw.integers(len(specimens))], Tag.VEGETATION, x, y, CURB, yaw)
                        town.put(_pit(palette), Tag.TERRAIN, x, y, CURB)
            for s in np.arange(begin + 7, end - 5, 17.0):
                s += draw.uniform(-4, 4)
                if any(abs(s - stop) < 4.5 for stop in stops):
                    continue
                make = (furniture.bin_, furniture.bench, furniture.bollard)[draw.integers(3)]
                x, y, yaw = along(road, s, outer - sign * 0.45, np.pi if sign < 0 else 0.0)
                town.put(make(palette), Tag.STATIC, x, y, CURB, yaw)
                c, s_ = float(np.cos(yaw)), float(np.sin(yaw))
                town.obstacles += [
                    (x + u * c, y + u * s_, 0.27) for u in ((-0.6, 0.0, 0.6) if make is furniture.bench else (0.0,))
                ]
    _signs(town, road, stretches, walks[-1][1] - 0.45, draw)


def _signs(town: Town, road: Road, stretches: list[tuple[float, float]], t: float, draw: np.random.Generator) -> None:
    """Put signs beside a road, `t` to the left of its line."""
    kinds = ("limit", "no_entry", "crossing", "priority", "direction")
    for begin, end in stretches:
        for s in np.arange(begin + 12, end - 6, 38.0):
            kind = kinds[draw.integers(len(kinds))]
            x, y, yaw = along(road, s + draw.uniform(-3, 3), t, np.pi)
            town.obstacles.append((x, y, 0.1))
            post = furniture.sign(town.palette, kind, number=int(draw.choice([30, 50])), seed=int(draw.integers(99)))
            town.post(post, Tag.TRAFFIC_SIGN, x, y, CURB, yaw)


def _pit(palette: Palette) -> Mesh:
    return quad(
        (-0.6, -0.6, 0.006), (0.6, -0.6, 0.006), (0.6, 0.6, 0.006), (-0.6, 0.6, 0.006), palette.number(Paints.soil)
    )


def _lights(town: Town, at: float, main: tuple[float, float], cross: tuple[float, float], offset: float) -> None:
    """Put a traffic light before each of the four arms' stop lines."""
    palette = town.palette
    town.signals = Signals(offset)
    left, right = at - cross[1] - 0.9, at - cross[0] + 0.9
    low, high = main[0] - 0.9, main[1] + 0.9
    arm = abs(main[0]) * 0.55
    for x, y, facing, group, reach in (
        (right + 2.0, low, np.pi, 0, arm),
        (left - 2.0, high, 0.0, 0, arm),
        (right, high + 2.0, -np.pi / 2, 1, 0.0),
        (left, low - 2.0, np.pi / 2, 1, 0.0),
    ):
        over = -reach if reach else 0.0
        town.post(furniture.traffic_light(palette, arm=over), Tag.TRAFFIC_LIGHT, x, y, CURB, facing)
        shown = {
            one: furniture.signal_heads(palette, one, arm=over).at(x, y, CURB, facing) for one in furniture.ASPECTS
        }
        town.heads.append(Head(group, shown))
        town.obstacles.append((x, y, 0.1))


def _highway(seed: int, draw: np.random.Generator) -> Town:
    lanes = int(draw.integers(2, 4))
    bend = float(draw.choice([-1, 1]) * draw.uniform(0.0004, 0.0012))
    outer = (Lane("shoulder", 2.6), Lane("verge", 3.0))
    road = Road(
        *((0.0, 0.0), 0.0, ((160.0, 0.0), (600.0, bend))),
        left=(Lane("median", 1.8), *_driving(lanes, 3.6, forward=False), *outer),
        right=(Lane("median", 1.8), *_driving(lanes, 3.6, forward=True), *outer),
    )
    town = Town("highway", seed, [road], ahead=(30.0, 200.0))
    palette = town.palette
    town.things += road_things(road, palette)
    right, left = road.width
    rail = furniture.guard_rail(12.05, palette)
    for t, flip in ((1.3, 0.0), (-1.3, np.pi), (right + 2.6, 0.0), (left - 2.6, np.pi)):
        for s in np.arange(0, road.length - 12, 12.0):
            x, y, yaw = along(road, s + (12 if flip else 0), t, flip)
            town.put(rail, Tag.GUARD_RAIL, x, y, CURB if abs(t) < 2 else 0.02, yaw)
    for s in np.arange(draw.uniform(90, 160), road.length, 260.0):
        x, y, yaw = along(road, s, right - 0.5, np.pi)
        post = furniture.gantry(palette, right - 0.5 + 1.0, seed=int(draw.integers(99)))
        town.post(post, Tag.TRAFFIC_SIGN, x, y, 0.0, yaw)
    for s in np.arange(50, road.length, 180.0):
        x, y, yaw = along(road, s, right + 1.2, np.pi)
        post = furniture.sign(palette, "limit", number=int(draw.choice([80, 90])), size=1.1, height=2.6)
        town.post(post, Tag.TRAFFIC_SIGN, x, y, 0.0, yaw)
    roadworks(town, road, "shoulder", float(draw.uniform(250, 420)), length=40.0)
    walled = draw.random() < 0.5
    woods = [plants.wood(30.0, palette, draw) for _ in range(8)]
    for side, edge in ((-1, right), (1, left)):
        for s in np.arange(-20, road.length - 30, 30.0):
            x, y, yaw = along(road, max(s, 0.0), edge + side * 2.5)
            if walled and side > 0 and 180 < s < 420:
                town.put(buildings.noise_wall(30.0, palette), Tag.WALL, x, y, 0.0, yaw)
            elif draw.random() < 0.8:
                wood = woods[draw.integers(len(woods))].moved(np.diag([1.0, float(side), 1.0, 1.0]))
                town.put(wood, Tag.VEGETATION, *along(road, max(s, 0.0), edge + side * 7)[:2], 0.0, yaw)
    return town


def _suburb(seed: int, draw: np.random.Generator) -> Town:
    bend = float(draw.choice([-1, 1]) * draw.uniform(0.002, 0.006))
    walk = Lane("sidewalk", 2.0)
    road = Road(
        *((0.0, 0.0), 0.0, ((90.0, 0.0), (140.0, bend), (120.0, -bend * 0.6))),
        left=(*_driving(1, 3.0, forward=False), walk, Lane("verge", 1.0)),
        right=(*_driving(1, 3.0, forward=True), walk, Lane("verge", 1.0)),
    )
    town = Town("suburb", seed, [road], ahead=(15.0, 90.0))
    palette = town.palette
    town.things += road_things(road, palette)
    trees = [plants.tree(palette, draw, leaves=1300) for _ in range(5)] + [
        plants.conifer(palette, draw) for _ in range(2)
    ]
    for side, edge in ((1, road.width[1]), (-1, road.width[0])):
        facing = 0.0 if side > 0 else np.pi
        for s in np.arange(10.0, road.length - 10, 19.0):
            at = s + draw.uniform(-2, 2)
            x, y, yaw = along(road, at, edge + side * draw.uniform(9, 12), facing)
            town.put(buildings.cottage(palette, draw), Tag.BUILDING, x, y, 0.0, yaw + draw.normal(0, 0.04))
            _garden(town, road, at, edge, side, trees, draw)
        for s in np.arange(12 + (side > 0) * 14, road.length, 32.0):
            x, y, yaw = along(road, s, edge - side * 1.15, -np.pi / 2 * side)
            town.post(furniture.street_lamp(palette, height=5.5, reach=0.9), Tag.POLE, x, y, 0.1, yaw)
    x, y, yaw = along(road, 30.0, road.width[0] + 1.4, np.pi)
    town.post(furniture.sign(palette, "limit", number=30), Tag.TRAFFIC_SIGN, x, y, 0.0, yaw)
    return town


def _garden(
    town: Town, road: Road, s: float, edge: float, side: int, trees: list[Mesh], draw: np.random.Generator
) -> None:
    palette = town.palette
    begin = along(road, s - 8, edge + side * 0.6)
    if draw.random() < 0.6:
        hedge = plants.hedge(6.0, palette, draw, height=draw.uniform(0.8, 1.7))
        town.put(hedge, Tag.VEGETATION, *begin)
    else:
        wood = palette.number(Paints.wood)
        slats = Mesh.joined(
            [box((0.09, 0.03, 1.0), wood).at(x) for x in np.arange(0, 6, 0.16)]
            + [box((6.0, 0.05, 0.08), wood).at(3, 0.03, z) for z in (0.25, 0.8)]
        )
        town.put(slats, Tag.FENCE, begin[0], begin[1], 0.0, begin[2])
    for _ in range(int(draw.integers(1, 4))):
        x, y, _yaw = along(
            road, s + draw.uniform(-9, 9), edge + side * draw.choice([draw.uniform(2.2, 4.0), draw.uniform(16, 26)])
        )
        town.put(trees[draw.integers(len(trees))], Tag.VEGETATION, x, y, 0.0, draw.uniform(0, 6.3))
    for _ in range(2):
        x, y, _yaw = along(road, s + draw.uniform(-8, 8), edge + side * draw.uniform(1.6, 5))
        town.put(plants.bush(palette, draw), Tag.VEGETATION, x, y)


def far_away(
    town: Town, draw: np.random.Generator, middle: tuple[float, float] = (200.0, 0.0), more: float = 0.0
) -> None:
    """Lay ground to the horizon, and a rim of woods before it.

    Args:
        town: Where to.
        draw: For the woods.
        middle: What it lies about, meters.
        more: Meters by which the woods are further away than 650 m.
    """
    grass = town.palette.number(Paints.grass)
    x, y = middle
    town.things.append(
        Thing(
            quad(
                (x - 4e3, y - 4e3, -0.04),
                (x + 4e3, y - 4e3, -0.04),
                (x + 4e3, y + 4e3, -0.04),
                (x - 4e3, y + 4e3, -0.04),
                grass,
            ),
            Tag.TERRAIN,
        )
    )
    leaf = town.palette.number(plants.far_leaves())
    parts = []
    angles = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    tops = 16 + 12 * np.convolve(draw.random(164), np.ones(5) / 5, mode="valid") + draw.uniform(0, 5, 160)
    for ring, radius in enumerate((650.0 + more, 1100.0 + more)):
        for i, angle in enumerate(angles):
            after = angles[(i + 1) % len(angles)]
            a, b = ((x + radius * np.cos(t), y + radius * np.sin(t)) for t in (angle, after))
            low, high = tops[(i + 31 * ring) % 160] * (1 + ring), tops[(i + 1 + 31 * ring) % 160] * (1 + ring)
            parts.append(quad((*b, -1), (*a, -1), (*a, low), (*b, high), leaf))
    town.things.append(Thing(Mesh.joined(parts), Tag.VEGETATION))


_BUILDERS: Final[dict[str, Callable[[int, np.random.Generator], Town]]] = {
    "city": _city,
    "junction": _junction,
    "highway": _highway,
    "suburb": _suburb,
}

LAYOUTS: Final = tuple(sorted(_BUILDERS))
"""Names of the layouts."""
