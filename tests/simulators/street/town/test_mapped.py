"""A town about a map: lanes where the map has them, nothing on them, the same every time."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from domainaug_simulators.street.town.mapped import main_road, town_on
from domainaug_simulators.street.town.maps import RoadMap
from domainaug_simulators.street.town.opendrive import opendrive_of
from domainaug_simulators.street.town.opendrive_reading import read_map
from domainaug_simulators.street.town.plan import LAYOUTS, Layout, Town, town_of
from domainaug_simulators.street.town.tags import Tag

from domainaug.errors import DomainAugError


def lane(number: int, width: str, kind: str = "driving", mark: str = "solid") -> str:
    return f'<lane id="{number}" type="{kind}">{width}<roadMark sOffset="0" type="{mark}"/></lane>'


EVEN = '<width sOffset="0" a="3.5"/>'
OPENING = '<width sOffset="0" a="0" b="0.1"/><width sOffset="35" a="3.5"/>'
HAND = f"""<OpenDRIVE><road id="a" length="180" rule="{{rule}}"><planView>
<geometry s="0" x="900" y="50" hdg="1" length="100"><line/></geometry>
<geometry s="100" x="{900 + 100 * np.cos(1)}" y="{50 + 100 * np.sin(1)}" hdg="1" length="80"><arc curvature="0.01"/>
</geometry></planView><lanes><laneOffset s="0" a="0"/><laneOffset s="120" a="0" b="0.02"/>
<laneSection s="0"><left>{lane(1, EVEN)}</left><center><lane id="0"><roadMark sOffset="0" type="broken"/></lane>
</center><right>{lane(-1, EVEN)}{lane(-2, EVEN, "sidewalk", "none")}</right></laneSection>
<laneSection s="60"><left>{lane(1, EVEN)}</left><center><lane id="0"><roadMark sOffset="0" type="solid solid"/></lane>
</center><right>{lane(-1, EVEN, mark="broken")}{lane(-2, OPENING)}{lane(-3, EVEN, "sidewalk", "none")}</right>
</laneSection></lanes></road></OpenDRIVE>"""


@cache
def hand(rule: str = "RHT") -> RoadMap:
    return read_map(HAND.format(rule=rule))


@cache
def built() -> Town:
    return town_on(hand(), 3)


def test_sections_change_the_lanes_and_widths_grow_along_them() -> None:
    road = hand().road("a")
    s = np.array([60.0, 80.0, 95.0, 119.0])
    edges = road.edges(road.section_at(80.0), "right", s)
    assert [edge.lane.number for edge in edges] == [-1, -2, -3]
    np.testing.assert_allclose(edges[1].inner - edges[1].outer, [0.0, 2.0, 3.5, 3.5])
    assert [edge.lane.kind for edge in road.edges(road.section_at(10.0), "right", s[:1])] == ["driving", "sidewalk"]


def test_a_shifted_line_moves_its_lanes() -> None:
    road = hand().road("a")
    x, y, heading = road.place(-1, 170.0)
    (straight,), (along,) = road.line.at(170.0, 0.02 * 50 - 1.75)
    np.testing.assert_allclose([x, y, heading], [*straight, along])


def test_places_on_lanes_look_where_traffic_goes() -> None:
    for rule, numbers in (("RHT", (-1, 1)), ("LHT", (1, -1))):
        road = hand(rule).road("a")
        ahead, back = (road.place(number, 20.0)[2] for number in numbers)
        assert ahead == pytest.approx(1.0)
        assert back == pytest.approx(1.0 + np.pi)


@pytest.mark.parametrize(
    ("road", "number", "s", "says"),
    [("b", -1, 5.0, "no road 'b'; it has a"), ("a", -4, 5.0, "no lane -4 at s=5; it has -2, -1, 1"),
     ("a", -1, 500.0, "180.0 m long, and s=500 is not on it")],
)  # fmt: skip
def test_places_that_the_map_does_not_have_are_named(road: str, number: int, s: float, says: str) -> None:
    with pytest.raises(DomainAugError, match=says):
        hand().road(road).place(number, s)


def test_asphalt_covers_the_lanes_and_nothing_stands_on_them() -> None:
    town, road = built(), hand().road("a")
    ground = np.concatenate([thing.mesh.corners.reshape(-1, 3) for thing in town.things if thing.tag == Tag.ROAD])
    standing = [thing for thing in town.things if thing.tag in (Tag.BUILDING, Tag.POLE, Tag.VEGETATION)]
    solid = np.concatenate([thing.mesh.corners.reshape(-1, 3) for thing in standing])
    low = solid[solid[:, 2] < 2.5][:, :2]
    assert len(low) > 1000
    for s in np.arange(2.0, 178.0, 6.0):
        for number in (-1, 1):
            x, y, _ = road.place(number, float(s))
            assert np.hypot(*(low - [x, y]).T).min() > 1.2, (s, number)
            assert np.hypot(*(ground[:, :2] - [x, y]).T).min() < 12


def test_the_same_map_and_seed_are_the_same_town() -> None:
    again, other = town_on(hand(), 3), town_on(hand(), 4)
    assert [len(thing.mesh) for thing in again.things] == [len(thing.mesh) for thing in built().things]
    for one, two in zip(again.things, built().things, strict=True):
        np.testing.assert_array_equal(one.mesh.corners, two.mesh.corners)
    assert [len(thing.mesh) for thing in other.things] != [len(thing.mesh) for thing in again.things]


def test_painted_lines_lie_along_the_edges_of_lanes() -> None:
    lines = next(thing for thing in built().things if thing.tag == Tag.ROAD_LINE).mesh.corners.reshape(-1, 3)[:, :2]
    road = hand().road("a")
    for s, offset, painted in ((30.0, 3.5, True), (30.0, -3.5, True), (100.0, -7.0, True), (30.0, -7.0, False)):
        points = road.line.at(np.arange(s - 11, s + 11, 0.1), offset)[0]
        near = np.hypot(lines[:, None, 0] - points[None, :, 0], lines[:, None, 1] - points[None, :, 1]).min()
        assert (near < 0.12) == painted, (s, offset)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_maps_that_we_write_come_back_with_the_same_lanes(layout: Layout) -> None:
    town = town_of(layout, 4)
    back = read_map(opendrive_of(town))
    main = main_road(back)
    shown, written = (
        [(lane.kind, round(lane.width, 9), lane.forward if lane.kind == "driving" else None)
         for lane in (*road.left, *road.right)]
        for road in (main.plain(), town.roads[0])
    )  # fmt: skip
    assert shown == written
    for lane, t in main.plain().lanes:
        here, _ = main.line.at(np.linspace(0, main.length, 30), t)
        s = np.linspace(0, town.roads[0].length, 4000)
        there, _ = town.roads[0].at(s, t)
        away = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1)).min(axis=1)
        assert away.max() < 0.1, lane  # half of the way between two of the 4,000 places is up to 9.5 cm


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('x="900"', 'x="880"'), "its line is torn: the <geometry> at s=100 begins 20.00 m"),
        (('<laneSection s="60">', '<laneSection s="0">'), r"<laneSection>s begin at \[0.0, 0.0\]"),
        (('id="-3"', 'id="3"'), "lane 3 is listed on the right"),
        ((OPENING, '<border sOffset="0" a="3"/>'), "lane -2 is told by <border>, and only <width> is read"),
        (('type="driving"', 'type="bikeway"'), "a lane of type 'bikeway' is not read"),
    ],
)
def test_forms_that_are_not_read_are_named(change: tuple[str, str], says: str) -> None:
    with pytest.raises(DomainAugError, match=says):
        read_map(HAND.format(rule="RHT").replace(*change))


def test_what_is_not_drawn_is_said() -> None:
    hilly = HAND.format(rule="RHT").replace(
        "</planView>", '</planView><elevationProfile><elevation s="0" a="4"/></elevationProfile>'
        '<objects><object id="1"/></objects>'
    )  # fmt: skip
    hills, objects = read_map(hilly).notes
    assert "drawn level" in hills
    assert "0 signs and 1 objects" in objects


def junction_of_another_tool(path: Path) -> str:
    xodr = pytest.importorskip("scenariogeneration.xodr")
    lines = [
        [xodr.Line(50), xodr.Spiral(0.0001, 0.02, 40), xodr.Arc(0.02, angle=0.8)], [xodr.Line(60)], [xodr.Line(50)]
    ]  # fmt: skip
    roads = [
        xodr.create_road(line, number, left_lanes=1, right_lanes=right, lane_width=3.2)
        for number, line, right in zip((1, 2, 3), lines, (2, 2, 1), strict=True)
    ]
    junction = xodr.CommonJunctionCreator(100, "junction")
    for road, angle, end in zip(roads, (0, np.pi, 1.5 * np.pi), ("successor", *["predecessor"] * 2), strict=True):
        junction.add_incoming_road_circular_geometry(road, 20, angle, end)
    for one, other in ((1, 2), (1, 3), (2, 3)):
        junction.add_connection(one, other)
    whole = xodr.OpenDrive("theirs")
    for road in roads:
        whole.add_road(road)
    whole.add_junction_creator(junction)
    whole.adjust_roads_and_lanes()
    whole.write_xml(str(path))
    return path.read_text()


def test_a_junction_that_another_tool_writes_joins_and_is_not_painted_across(tmp_path: Path) -> None:
    theirs = read_map(junction_of_another_tool(tmp_path / "theirs.xodr"))
    ways = [road for road in theirs.roads.values() if road.junction]
    assert len(ways) == 3
    ends = np.concatenate([
        road.line.at([0.0, road.length])[0] for road in theirs.roads.values() if not road.junction
    ])  # fmt: skip
    for way in ways:
        for place in way.line.at([0.0, way.length])[0]:
            assert np.hypot(*(ends - place).T).min() < 0.05
    town = town_on(theirs, 1)
    lines = [thing for thing in town.things if thing.tag == Tag.ROAD_LINE]
    painted = np.concatenate([thing.mesh.corners.reshape(-1, 3)[:, :2] for thing in lines])
    own = ways[0].line.at(np.arange(6.0, ways[0].length - 6, 0.5))[0]
    crossed = [way for way in ways[1:] if np.hypot(*(way.line.at(way.length / 2)[0] - own).T).min() < 6]
    assert crossed, "ways lie over each other"
    middle = crossed[0].line.at(crossed[0].length / 2, -1.6)[0]
    near = np.hypot(*(painted - middle).T)
    assert near.min() > 0.3
