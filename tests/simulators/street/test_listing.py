"""Those whom a scenario lists: what can be written, where they are at any time, and the room that traffic leaves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.cast import Cast, crowded, ego_body, ego_on
from domainaug_simulators.street.listing import ACTORS, read_actors, read_ego
from domainaug_simulators.street.scene import Body, Thing
from domainaug_simulators.street.town.maps import RoadMap
from domainaug_simulators.street.town.opendrive_reading import read_map
from domainaug_simulators.street.town.plan import Town
from domainaug_simulators.street.town.tags import Tag
from domainaug_simulators.street.town.vehicles import KINDS
from domainaug_simulators.street.tracks import Track, track_of

from domainaug.errors import DomainAugError

LANE = '<lane id="{}" type="{}"><width sOffset="0" a="3"/></lane>'
ROADS = read_map(
    '<OpenDRIVE><road id="a" length="100"><planView><geometry s="0" x="10" y="0" hdg="0" length="100"><line/>'
    f"</geometry></planView><lanes><laneSection s='0'><left>{LANE.format(1, 'driving')}</left>"
    f"<right>{LANE.format(-1, 'driving')}{LANE.format(-2, 'sidewalk')}</right></laneSection></lanes></road></OpenDRIVE>"
)
MAIN = ROADS.road("a")


def track(entry: dict[str, Any], roads: RoadMap = ROADS) -> Track:
    (one,) = read_actors([{"kind": "sedan", **entry}])
    return track_of(one, roads, MAIN)


def cast(*entries: dict[str, Any]) -> Cast:
    return Cast.of(read_actors(list(entries)), Town("map", 0, [MAIN.plain()]), ROADS, MAIN, 0)


def test_every_kind_can_be_listed_and_has_its_class() -> None:
    assert set(KINDS) < set(ACTORS)
    found = cast(*({"kind": kind, "at": [12 * i, 0]} for i, kind in enumerate(ACTORS))).at(0.0)
    assert {Tag(thing.tag) for thing in found} == {
        Tag.BICYCLE, Tag.RIDER, Tag.BUS, Tag.DYNAMIC, Tag.CAR, Tag.MOTORCYCLE, Tag.PEDESTRIAN, Tag.TRUCK,
    }  # fmt: skip
    assert [thing.instance for thing in found] == list(range(1, len(found) + 1))
    assert all(thing.body is not None and thing.mesh.bounds[0][2] > -0.1 for thing in found)


def test_who_has_a_speed_goes_straight_ahead() -> None:
    now = track({"at": [3, 4, 90], "speed": 2.0}).at(5.0)
    np.testing.assert_allclose([now.x, now.y, now.yaw, now.speed], [3, 14, math.pi / 2, 2])


@pytest.mark.parametrize(
    ("lane", "speed", "x", "y", "yaw", "toward"),
    [(-1, 4.0, 50.0, -1.5, 0.0, 1), (1, 4.0, 10.0, 1.5, math.pi, -1), (-1, -4.0, 10.0, -1.5, 0.0, -1)],
)
def test_lanes_are_followed_to_their_end_and_on(
    lane: int, speed: float, x: float, y: float, yaw: float, toward: int
) -> None:
    way = track({"lane": {"lane": lane, "s": 20.0}, "speed": speed})
    start, later, far = (way.at(time) for time in (0.0, 5.0, 100.0))
    np.testing.assert_allclose([start.x, start.y], [30.0, y], atol=1e-6)
    np.testing.assert_allclose([later.x, later.y], [x, y], atol=1e-6)
    assert math.cos(later.yaw - yaw) == pytest.approx(1.0)
    assert far.x == pytest.approx(30 + toward * 400)


def test_paths_pass_their_points_on_time_without_a_jolt() -> None:
    points = [[0, 0, 0], [2, 10, 0], [4, 20, 6], [6, 20, 16]]
    way = track({"path": points})
    for time, x, y in points:
        now = way.at(time)
        assert (now.x, now.y) == pytest.approx((x, y))
    times = np.linspace(0, 8, 801)
    states = [way.at(float(time)) for time in times]
    steps = np.hypot(np.diff([one.x for one in states]), np.diff([one.y for one in states])) / 0.01
    speeds = np.array([one.speed for one in states])
    assert np.abs(steps - (speeds[1:] + speeds[:-1]) / 2)[:599].max() < 0.02, "until they stop at 6 s"
    assert (states[-1].x, states[-1].y, states[-1].speed) == (20, 16, 0)
    assert states[-1].yaw == pytest.approx(math.pi / 2, abs=0.05), "who stands looks where they went"


def test_points_without_times_are_passed_at_the_speed() -> None:
    way = track({"path": [[0, 0], [30, 40], [30, 60]], "speed": 10.0})
    assert list(way.times) == [0, 5, 7]


def test_people_stand_on_sidewalks_and_step_as_they_go() -> None:
    players = cast({"kind": "person", "lane": {"lane": -2, "s": 10}, "speed": 1.4}, {"kind": "cone", "at": [40, -1.5]})
    first, later = players.at(0.0), players.at(0.4)
    low = [thing.mesh.bounds[0][2] for thing in first]
    assert low[0] == pytest.approx(0.14, abs=0.05)
    assert low[1] == pytest.approx(0.0, abs=0.02)
    assert first[0].body is not None
    assert first[0].body.velocity[0] == pytest.approx(1.4)
    spread = [np.ptp(things[0].mesh.corners[..., 0]) for things in (first, later)]
    assert abs(spread[0] - spread[1]) > 0.02, "legs move"


def test_the_ego_vehicle_keeps_its_path_and_its_offset() -> None:
    ego = read_ego({"path": [[0, 0, 0], [10, 0, 50]]})
    assert ego is not None
    now = ego_on(track_of(ego, ROADS, MAIN), 1.0, 4.0)
    assert now.place == pytest.approx((-1.0, 20.0, 0.0))
    assert now.velocity == pytest.approx((0.0, 5.0, 0.0))


def thing(number: int, x: float, y: float, yaw: float) -> Thing:
    (one,) = cast({"kind": "sedan", "at": [x, y, yaw]}).at(0.0, number)
    return one


def test_traffic_that_meets_who_is_listed_is_named() -> None:
    (bus,) = cast({"kind": "bus", "at": [50, 0, 30]}).at(0.0)
    assert isinstance(bus.body, Body)
    near, far, crossing = thing(7, 57, 4, 30), thing(8, 50, 5, 30), thing(9, 45, -2, 120)
    assert crowded([near, far, crossing], [bus.body]) == {7, 9}
    ego = read_ego({"at": [50, 5, 30]})
    assert ego is not None
    assert crowded([near, far, crossing], [ego_body(ego_on(track_of(ego, ROADS, MAIN), 0.0, 0.0))]) == {8}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"kind": "bus"}, "actor 1 has one of: at"),
        ({"kind": "buss", "at": [0, 0]}, "no kind of actor is called 'buss'; did you mean 'bus'"),
        ({"kind": "bus", "at": [0, 0], "lane": {"lane": -1, "s": 0}}, "has one of"),
        ({"kind": "bus", "at": [0]}, r"at is \[x, y\] or"),
        ({"kind": "bus", "at": [0, "east"]}, "actor 1: y is a number"),
        ({"kind": "bus", "at": [0, 0], "sped": 3}, "did you mean 'speed'"),
        ({"kind": "bus", "at": [0, 0], "speed": 300}, "speed is a number from -70 to 70"),
        ({"kind": "bus", "lane": {"lane": -1}}, "lane is a mapping such as"),
        ({"kind": "bus", "lane": {"lane": -1.5, "s": 3}}, "lane is a whole number"),
        ({"kind": "bus", "lane": {"lane": -1, "s": 3, "t": 1}}, "no key of a place on a lane is called 't'"),
        ({"kind": "bus", "path": [[0, 1, 2]]}, "path is two or more points"),
        ({"kind": "bus", "path": [[1, 1, 2], [0, 2, 2]]}, "each point is later"),
        ({"kind": "bus", "path": [[1, 1], [2, 2]], "speed": 0}, "above 0 m/s"),
        ({"kind": "bus", "path": [[0, 1, 1], [1, 1, 1]]}, "first two points are one place"),
        (7, "actor 1 is a mapping"),
    ],
)
def test_what_nobody_can_be_is_said_in_one_sentence(entry: Any, message: str) -> None:
    with pytest.raises(DomainAugError, match=message):
        read_actors([entry])


def test_an_ego_vehicle_has_no_kind_and_actors_are_a_list() -> None:
    with pytest.raises(DomainAugError, match="it has no kind"):
        read_ego({"kind": "bus", "at": [0, 0]})
    with pytest.raises(DomainAugError, match="actors is a list"):
        read_actors({"kind": "bus"})


@pytest.mark.parametrize(
    ("lane", "says"),
    [({"lane": -9, "s": 3}, "actor 1: road a has no lane -9"), ({"lane": -1, "s": 300}, "s=300 is not on it"),
     ({"road": "z", "lane": -1, "s": 3}, "the map has no road 'z'; it has a")],
)  # fmt: skip
def test_places_that_are_not_on_the_map_are_named(lane: dict[str, Any], says: str) -> None:
    with pytest.raises(DomainAugError, match=says):
        track({"lane": lane})
