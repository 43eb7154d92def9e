"""Maps: named, with places to start, lights, solid things, where people walk, and no dead ends."""

from __future__ import annotations

import math
import struct
from functools import cache

import numpy as np
import pytest
from domainaug_simulators.carla_server.world.frames import Vector
from domainaug_simulators.carla_server.world.globe import geolocation, origin_of, with_origin
from domainaug_simulators.carla_server.world.levels import Level, level_brought, level_named, levels
from domainaug_simulators.carla_server.world.navigation import Area
from domainaug_simulators.carla_server.world.solids import Solid, overlap
from domainaug_simulators.carla_server.world.surroundings import FIRST
from domainaug_simulators.street.town.opendrive import opendrive_of
from domainaug_simulators.street.town.plan import LAYOUTS

from domainaug.errors import DomainAugError, UnknownName

NO_CLIENT = "the wheel of CARLA's client is not installed for this Python"


@cache
def _level(name: str) -> Level:
    return level_named(name)


def test_every_layout_can_be_loaded_by_the_name_that_it_is_listed_by() -> None:
    assert [name.rpartition("/")[2] for name in levels()] == list(LAYOUTS)
    assert level_named("/Game/Carla/Maps/suburb").name == "suburb"


def test_another_seed_is_another_town() -> None:
    assert level_named("suburb_3").name == "suburb_3"
    assert level_named("suburb_3").places.text != _level("suburb").places.text


@pytest.mark.parametrize("name", ["Town03", "city_", "city_x", "", "../city_1/x"])
def test_no_other_name_is_a_map(name: str) -> None:
    with pytest.raises(UnknownName, match=r"known: city, highway, junction, suburb|did you mean"):
        level_named(name)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_vehicles_may_start_in_the_middle_of_lanes_and_hit_nothing(layout: str) -> None:
    level = _level(layout)
    assert len(level.places.spawns) >= 40
    for spawn in level.places.spawns:
        x, y, z = spawn.location
        assert level.solids.hit(Solid(x, y, z + 0.75, 2.6, 1.1, 0.75, math.radians(spawn.rotation.yaw))) is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_official_client_finds_the_lanes_and_a_way_on_from_each(layout: str) -> None:
    carla = pytest.importorskip("carla", reason=NO_CLIENT)
    level = _level(layout)
    found = carla.Map("town", level.places.text)
    for spawn in level.places.spawns:
        waypoint = found.get_waypoint(carla.Location(*spawn.location), project_to_road=False)
        assert waypoint is not None
        there = waypoint.transform
        right = there.get_right_vector()  # along bends the client itself is some decimeters off
        away = there.location - carla.Location(*spawn.location)
        assert abs(away.x * right.x + away.y * right.y) < 0.05
        assert math.hypot(away.x, away.y) < 0.5
        assert math.cos(math.radians(there.rotation.yaw - spawn.rotation.yaw)) > 0.999
    for begin, _ in found.get_topology():
        place = begin
        for _ in range(3):
            following = place.next(25.0)
            assert following, f"road {place.road_id} lane {place.lane_id} leads nowhere"
            place = following[-1]


def test_the_official_client_has_places_on_the_globe_where_they_are_told_to_be() -> None:
    carla = pytest.importorskip("carla", reason=NO_CLIENT)
    text = _level("suburb").places.text
    assert origin_of(text) == (0.0, 0.0)
    other = text.replace("+lat_0=0.0 +lon_0=0.0", "+lat_0=49.0 +lon_0=8.5")
    for told, origin in ((text, (0.0, 0.0)), (other, (49.0, 8.5))):
        assert origin_of(told) == origin
        for place in (Vector(0, 0, 0), Vector(120, -40, 3), Vector(12_000, -4000, 3)):
            theirs = carla.Map("town", told).transform_to_geolocation(carla.Location(*place))
            ours = geolocation(place, origin)
            assert ours == pytest.approx((theirs.latitude, theirs.longitude, theirs.altitude), abs=2e-7)


def test_a_map_that_tells_where_it_lies_is_left_as_it_is() -> None:
    text = _level("suburb").places.text
    assert with_origin(text) == text


class TestLights:
    def test_a_crossing_has_one_for_each_way_in_and_those_that_face_each_other_belong_together(self) -> None:
        lights = _level("junction").places.lights
        assert len(lights) == 4
        assert len({light.junction for light in lights}) == 1

    def test_who_comes_along_a_lane_stands_in_the_box_before_the_light(self) -> None:
        from domainaug_simulators.carla_server.world.solids import solid_of

        level = _level("junction")
        for light in level.places.lights:
            box = solid_of(light.transform, light.trigger)
            back = light.transform.forward
            assert (box.x - light.transform.location.x) * back.x + (box.y - light.transform.location.y) * back.y < -5
            on = [
                s
                for s in level.places.spawns
                if overlap(Solid(*s.location, 9, 0.5, 2, math.radians(s.rotation.yaw)), box)
            ]
            assert any(math.cos(math.radians(s.rotation.yaw - light.transform.rotation.yaw)) > 0.99 for s in on)


class TestSurroundings:
    def test_everything_that_stands_has_a_box_about_all_of_it(self) -> None:
        level = _level("junction")
        assert len(level.standing) > 100
        for one in level.standing:
            thing = level.town.things[one.id - FIRST]
            points = thing.mesh.corners.reshape(-1, 3) * [1, -1, 1]
            angle = math.radians(one.box.rotation.yaw)
            turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
            own = (points[:, :2] - one.box.center[:2]) @ turn.T
            assert (np.abs(own) <= np.array(one.box.extent[:2]) + 0.02).all(), one.name
            assert points[:, 2].min() == pytest.approx(one.box.center.z - one.box.extent.z, abs=0.02)

    def test_under_a_gantry_and_a_lamp_vehicles_pass(self) -> None:
        level = _level("highway")
        lane = [spawn.location for spawn in level.places.spawns]
        posts = [one for one in level.solids.all if one.height < 3 and one.reach < 1]
        assert posts
        assert not [p for p in posts for x, y, _ in lane if math.hypot(p.x - x, p.y - y) < 1.0]


class TestPaving:
    def test_neighbors_share_their_edge_and_turn_the_same_way(self) -> None:
        paving = _level("junction").paving
        beyond = paving.neighbors()
        for number, others in enumerate(beyond, 1):
            assert all(number in beyond[other - 1] for other in others if other)
        for corners, _ in paving.polygons:
            places = np.array([paving.corners[corner] for corner in corners])
            following = np.roll(places, -1, axis=0)
            assert (places[:, 0] * following[:, 1] - following[:, 0] * places[:, 1]).sum() < 0

    def test_sidewalks_hang_together_over_corners_and_crossings(self) -> None:
        paving = _level("junction").paving
        beyond = paving.neighbors()
        walkable = {i for i, (_, area) in enumerate(paving.polygons) if area in (Area.SIDEWALK, Area.CROSSING)}
        first = next(i for i, (_, area) in enumerate(paving.polygons) if area == Area.SIDEWALK)
        reached, border = {first}, [first]
        while border:
            border = [n - 1 for i in border for n in beyond[i] if n and n - 1 in walkable and n - 1 not in reached]
            reached |= set(border)
        assert reached == walkable

    def test_people_stand_on_curbs_and_down_on_the_street(self) -> None:
        level = _level("junction")
        spawn = level.places.spawns[0].location
        assert level.floor(spawn.x, spawn.y) == 0.0
        walk = next(t for lane, t in level.places.roads["0"].lanes if lane.kind == "sidewalk")
        assert level.floor(20.0, -walk) == pytest.approx(0.14)

    def test_a_mesh_is_as_long_as_its_head_says(self) -> None:
        mesh = _level("junction").mesh
        assert mesh[:4] == b"TESM"
        _, size = struct.unpack_from("<Ii", mesh, 40)
        assert len(mesh) == 48 + size
        assert _level("highway").mesh == b""  # nobody walks there


def test_a_map_that_a_client_brings_is_a_town_of_its_roads() -> None:
    level = level_brought(opendrive_of(_level("suburb").town))
    assert level.name == "OpenDriveMap"
    assert len(level.places.spawns) == len(_level("suburb").places.spawns)


@pytest.mark.parametrize("text", ["", "<kml/>", "<OpenDRIVE/>"])
def test_what_is_no_map_is_refused(text: str) -> None:
    with pytest.raises(DomainAugError, match="map"):
        level_brought(text)
