"""The roads of a town are written as OpenDRIVE and read back in the same place; curves follow their formulas."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from domainaug_simulators.street.town.opendrive import opendrive_of
from domainaug_simulators.street.town.opendrive_reading import read_opendrive
from domainaug_simulators.street.town.plan import LAYOUTS, Layout, Town, town_of
from domainaug_simulators.street.town.roads import Lane, Road
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.town.ways import cut

from domainaug.errors import DomainAugError

BENT = Road((3.0, -2.0), 0.3, ((40.0, 0.0), (60.0, 0.01), (20.0, -0.02)), (Lane("driving", 3.0, False),), ())


@cache
def _town(layout: Layout) -> Town:
    return town_of(layout, 4)


def _one(curve: str, *, length: float = 60.0, lanes: str | None = None) -> str:
    lane = '<lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>'
    return (
        f'<OpenDRIVE><road id="7" length="{length}"><planView><geometry s="0" x="1" y="2" hdg="0.5" length="{length}">'
        f"{curve}</geometry></planView><lanes><laneSection s='0'><right>{lanes or lane}</right></laneSection></lanes>"
        "</road></OpenDRIVE>"
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_lane_middles_are_where_they_were(layout: Layout) -> None:
    town = _town(layout)
    roads = list(read_opendrive(opendrive_of(town)).values())
    lines = [np.concatenate([road.at(np.arange(0, road.length, 0.1), t)[0] for _, t in road.lanes]) for road in roads]
    everywhere = np.concatenate(lines)
    for lane, t in town.roads[0].lanes:
        places, _ = town.roads[0].at(np.arange(0.0, 80.0, 10.0), t)
        away = np.linalg.norm(everywhere[None] - places[:, None], axis=-1).min(axis=1)
        assert away.max() < 0.01, lane


@pytest.mark.parametrize("layout", ["city", "junction"])
def test_ways_through_a_junction_join_the_lanes_they_name(layout: Layout) -> None:
    from xml.etree import ElementTree as Xml

    text = opendrive_of(_town(layout))
    roads, root = read_opendrive(text), Xml.fromstring(text)
    connecting = [road for road in root.iter("road") if road.get("junction") != "-1"]
    assert len(connecting) >= 12
    for element in connecting:
        road = roads[element.get("id", "")]
        for name, s in (("predecessor", 0.0), ("successor", road.length)):
            link, number = element.find(f"link/{name}"), element.find(f"lanes//right/lane/link/{name}")
            assert link is not None
            assert number is not None
            other, lane = roads[link.get("elementId", "")], int(number.get("id", "0"))
            _, inner, outer = other.edges("left" if lane > 0 else "right")[abs(lane) - 1]
            (there,), _ = other.at(other.length if link.get("contactPoint") == "end" else 0.0, (inner + outer) / 2)
            (here,), _ = road.at(s, road.lanes[0][1])
            np.testing.assert_allclose(here, there, atol=0.01)


def test_a_stretch_of_a_road_lies_on_it() -> None:
    part = cut(BENT, 30.0, 110.0)
    s = np.linspace(0, part.length, 50)
    np.testing.assert_allclose(part.at(s, 1.0)[0], BENT.at(s + 30.0, 1.0)[0], atol=1e-9)


def test_a_spiral_is_the_integral_of_its_curvature() -> None:
    road = read_opendrive(_one('<spiral curvStart="0" curvEnd="0.02"/>'))["7"]
    s = np.linspace(0, 60, 60_001)
    heading = 0.5 + 0.02 / 60 * s**2 / 2
    x, y = 1 + np.trapezoid(np.cos(heading), s), 2 + np.trapezoid(np.sin(heading), s)
    np.testing.assert_allclose(road.at(60.0)[0][0], [x, y], atol=0.01)


@pytest.mark.parametrize(
    "curve",
    ['<poly3 a="0" b="0" c="0.002" d="0.00003"/>', '<paramPoly3 bU="1" cV="0.002" dV="0.00003" pRange="arcLength"/>'],
)
def test_a_cubic_passes_through_its_points(curve: str) -> None:
    road = read_opendrive(_one(curve))["7"]
    own = (road.at(np.linspace(0, 40, 9))[0] - [1, 2]) @ np.array(
        [[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]]
    )
    np.testing.assert_allclose(own[:, 1], 0.002 * own[:, 0] ** 2 + 0.00003 * own[:, 0] ** 3, atol=0.01)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<OpenDRIVE>", "well-formed"),
        ("<kml/>", "begins with <kml>"),
        ("<OpenDRIVE/>", "no roads"),
        ("<!DOCTYPE a><OpenDRIVE/>", "document type"),
        (_one("<helix/>"), "<helix> is not read"),
        (_one('<arc curvature="nan"/>'), "not a finite number"),
        (_one("<line/>", length=-1), "longer than 0 m"),
        (_one("<line/>", lanes='<lane id="-1" type="canal"/>'), "'canal' is not read"),
        (_one("<line/>", lanes='<lane id="-1" type="driving"/>'), "has no <width>"),
    ],
)
def test_a_map_that_cannot_be_read_is_refused_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(DomainAugError, match=says):
        read_opendrive(text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_official_client_agrees(layout: Layout) -> None:
    carla = pytest.importorskip("carla")
    text = opendrive_of(_town(layout))
    found = carla.Map("town", text)
    road = next(iter(read_opendrive(text).values()))
    for index, (lane, inner, outer) in enumerate(road.edges("right")):
        if lane.kind != "driving":
            continue
        (place,), _ = road.at(20.0, (inner + outer) / 2)
        waypoint = found.get_waypoint_xodr(0, -index - 1, 20.0)
        where = waypoint.transform.location
        np.testing.assert_allclose([where.x, -where.y], place, atol=0.01)  # its y axis points the other way


def test_the_official_client_finds_zebra_crossings_where_they_are_painted() -> None:
    carla = pytest.importorskip("carla", reason="the wheel of CARLA's client is not installed for this Python")
    town = town_of("junction", 0)
    corners = np.array([[one.x, -one.y] for one in carla.Map("junction", opendrive_of(town)).get_crosswalks()])
    assert len(corners) == 4 * 5  # each ends where it begins
    bars = [thing.mesh.corners.reshape(-1, 3)[:, :2] for thing in town.things if thing.tag == Tag.ROAD_LINE]
    for zone in corners.reshape(4, 5, 2):
        assert np.allclose(zone[0], zone[4])
        low, high = zone.min(axis=0), zone.max(axis=0)
        assert sorted(high - low) == pytest.approx([3.5, sorted(high - low)[1]], abs=1e-3)
        within = [((part > low - 0.01) & (part < high + 0.01)).all(axis=1).sum() for part in bars]
        assert max(within) >= 30  # the corners of five bars at least
