"""Roads as maps have them: sections of lanes whose widths may change along a line, and junctions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError
from domainaug_simulators.street.town.roads import Lane, LaneKind, Road

__all__ = ["Cubic", "Edges", "Light", "MapLane", "MapRoad", "Mark", "RoadMap", "Section", "value_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cubic:
    """A polynomial a + b x + c x^2 + d x^3 of the way `x` from `begin` on.

    Attributes:
        begin: Meters, where it takes over.
        terms: a, b, c, d.
    """

    begin: float
    terms: tuple[float, float, float, float]


def value_of(cubics: Sequence[Cubic], s: Array) -> Array:
    """Return what polynomials that follow each other come to; 0 before the first."""
    out = np.zeros(len(s))
    for cubic in cubics:
        way = s - cubic.begin
        a, b, c, d = cubic.terms
        out = np.where(way >= -1e-9, a + way * (b + way * (c + way * d)), out)
    return out


@dataclass(frozen=True, slots=True)
class Mark:
    """What is painted along the outer edge of a lane, from `begin` meters on.

    Attributes:
        begin: Meters along the road.
        kind: As OpenDRIVE calls it: "solid", "broken", "solid solid" ...
        yellow: Whether it is yellow.
        width: Meters.
    """

    begin: float
    kind: str
    yellow: bool = False
    width: float = 0.12


@dataclass(frozen=True, slots=True)
class MapLane:
    """A lane.

    Attributes:
        number: Its id: positive on the left of the line, negative on the right.
        kind: What it is for.
        forward: Whether traffic runs along the line.
        widths: How wide it is, meters.
        marks: What is painted along its outer edge.
    """

    number: int
    kind: LaneKind
    forward: bool
    widths: tuple[Cubic, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a road with the same lanes.

    Attributes:
        begin: Meters along the line.
        end: Meters along the line.
        left: Lanes from the middle to the left.
        right: Lanes from the middle to the right.
        middle: What is painted along the middle.
    """

    begin: float
    end: float
    left: tuple[MapLane, ...]
    right: tuple[MapLane, ...]
    middle: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Edges:
    """A lane and where its edges lie: offsets to the left of the line, one for each place along it."""

    lane: MapLane
    inner: Array
    outer: Array


@dataclass(frozen=True, slots=True)
class Light:
    """A traffic light of a map: where it stands, and whether it faces those who come along the line."""

    s: float
    t: float
    along: bool


@dataclass(frozen=True, slots=True)
class MapRoad:
    """A road of a map.

    Attributes:
        id: Its name in the map.
        line: Its line; a road without lanes.
        sections: Its lanes, section by section.
        shifts: How far its lanes lie left of the line.
        junction: The junction it leads through, or "".
        kind: "town", "rural", "motorway" ...; "" where the map does not say.
        lights: Traffic lights beside it.
    """

    id: str
    line: Road
    sections: tuple[Section, ...]
    shifts: tuple[Cubic, ...] = ()
    junction: str = ""
    kind: str = ""
    lights: tuple[Light, ...] = ()

    @property
    def length(self) -> float:
        """Meters along its line."""
        return self.line.length

    def middle(self, s: Array) -> Array:
        """Return where the middle of the lanes lies, left of the line."""
        return value_of(self.shifts, s)

    def edges(self, section: Section, side: Literal["left", "right"], s: Array) -> list[Edges]:
        """Return the lanes of a side, from the middle outwards."""
        sign, at, out = (1, self.middle(s), []) if side == "left" else (-1, self.middle(s), [])
        for lane in section.left if side == "left" else section.right:
            beyond = at + sign * np.maximum(value_of(lane.widths, s), 0.0)
            out.append(Edges(lane, at, beyond))
            at = beyond
        return out

    def section_at(self, s: float) -> Section:
        """Return the section that a place lies in."""
        return next((one for one in reversed(self.sections) if s >= one.begin - 1e-9), self.sections[0])

    def reach(self, section: Section, s: Array) -> tuple[Array, Array]:
        """Return how far it reaches to the right and to the left of the line."""
        sides = [self.edges(section, "right", s), self.edges(section, "left", s)]
        right, left = (edges[-1].outer if edges else self.middle(s) for edges in sides)
        return right, left

    def place(self, lane: int, s: float, aside: float = 0.0) -> tuple[float, float, float]:
        """Return x, y and the heading of travel of a place on a lane.

        Args:
            lane: Its id; 0 is the line itself.
            s: Meters along the line.
            aside: Meters to the left of the lane's middle, looking along the line.

        Raises:
            DomainAugError: There is no such lane there.
        """
        if not 0 <= s <= self.length:
            raise DomainAugError(f"road {self.id} is {self.length:.1f} m long, and s={s:g} is not on it")
        along = np.array([s])
        section = self.section_at(s)
        edges = [edge for side in ("left", "right") for edge in self.edges(section, side, along)]
        found = {edge.lane.number: edge for edge in edges}
        if lane != 0 and lane not in found:
            known = ", ".join(str(number) for number in sorted(found))
            raise DomainAugError(f"road {self.id} has no lane {lane} at s={s:g}; it has {known or 'none'}")
        edge = found.get(lane)
        t = float(self.middle(along)[0]) if edge is None else float(edge.inner[0] + edge.outer[0]) / 2
        (where,), (heading,) = self.line.at(s, t + aside)
        back = edge is not None and not edge.lane.forward
        return float(where[0]), float(where[1]), float(heading) + (np.pi if back else 0.0)

    def plain(self, s: float | None = None) -> Road:
        """Return it as a road whose lanes stay as they are at one place, by default in its middle."""
        at = self.length / 2 if s is None else s
        section = self.section_at(at)
        own: dict[str, tuple[Lane, ...]] = {}
        for side in ("left", "right"):
            edges = self.edges(section, side, np.array([at]))
            own[side] = tuple(
                Lane(edge.lane.kind, abs(float(edge.outer[0] - edge.inner[0])), edge.lane.forward) for edge in edges
            )
        return Road(self.line.start, self.line.heading, self.line.pieces, own["left"], own["right"])

    def kind_at(self, x: float, y: float) -> LaneKind | None:
        """Return what the lane at (x, y) is for; None beside the road. Half a meter along is not told apart."""
        s = np.linspace(0, self.length, max(int(2 * self.length), 2))
        places, headings = self.line.at(s)
        away = np.array([x, y]) - places
        nearest = int(np.argmin(np.hypot(away[:, 0], away[:, 1])))
        ahead = away[nearest, 0] * np.cos(headings[nearest]) + away[nearest, 1] * np.sin(headings[nearest])
        t = away[nearest, 1] * np.cos(headings[nearest]) - away[nearest, 0] * np.sin(headings[nearest])
        if abs(ahead) > 1.0:
            return None
        here = s[nearest : nearest + 1]
        section = self.section_at(float(here[0]))
        for edge in (*self.edges(section, "left", here), *self.edges(section, "right", here)):
            low, high = sorted((float(edge.inner[0]), float(edge.outer[0])))
            if low <= t <= high:
                return edge.lane.kind
        return None


@dataclass(frozen=True, slots=True)
class RoadMap:
    """A map.

    Attributes:
        roads: Its roads by id.
        notes: What of it is not shown, a sentence each.
    """

    roads: dict[str, MapRoad]
    notes: tuple[str, ...] = ()

    def road(self, name: str) -> MapRoad:
        """Return a road.

        Raises:
            DomainAugError: There is none of that id.
        """
        if name not in self.roads:
            some = ", ".join(sorted(self.roads)[:12])
            raise DomainAugError(f"the map has no road {name!r}; it has {some}")
        return self.roads[name]

    def on_sidewalk(self, x: float, y: float) -> bool:
        """Return whether (x, y) is on a sidewalk, and on no lane for vehicles."""
        kinds = {road.kind_at(x, y) for road in self.roads.values()}
        return bool(kinds & {"sidewalk", "median"}) and "driving" not in kinds
