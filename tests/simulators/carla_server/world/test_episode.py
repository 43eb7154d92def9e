"""The world between frames: who comes and goes, what moves, who runs into whom."""

from __future__ import annotations

import math

import pytest
from domainaug_simulators.carla_server.world.actors import SensorActor, TrafficLight, Vehicle, VehicleControl, Walker
from domainaug_simulators.carla_server.world.blueprints import blueprints
from domainaug_simulators.carla_server.world.episode import COLLIDES, Episode, Refused
from domainaug_simulators.carla_server.world.frames import ORIGIN, Rotation, Transform, Vector
from domainaug_simulators.carla_server.world.levels import level_named

MODEL = "vehicle.tesla.model3"


@pytest.fixture
def episode() -> Episode:
    return Episode(level_named("junction"), 1)


def _car(episode: Episode, spawn: int = 40, name: str = MODEL) -> Vehicle:
    car = episode.spawn(name, {}, episode.level.places.spawns[spawn])
    assert isinstance(car, Vehicle)
    return car


def _ahead(car: Vehicle, meters: float) -> Transform:
    way, place = car.transform.forward, car.transform.location
    there = Vector(place.x + way.x * meters, place.y + way.y * meters, 0.5)
    return Transform(there, car.transform.rotation)


@pytest.mark.parametrize("name", sorted(blueprints()))
def test_every_blueprint_can_be_spawned(episode: Episode, name: str) -> None:
    made = episode.spawn(name, {"role_name": "hero"}, episode.level.places.spawns[40])
    assert made.description.attributes["role_name"] == "hero"
    assert made.id in episode.actors
    episode.step(0.05)


def test_no_number_is_given_twice(episode: Episode) -> None:
    first = _car(episode)
    episode.destroy(first.id)
    assert _car(episode).id > first.id


def test_there_is_no_room_where_somebody_is_nor_inside_of_a_house(episode: Episode) -> None:
    car = _car(episode)
    with pytest.raises(Refused, match=COLLIDES):
        _car(episode)
    house = next(one for one in episode.level.standing if one.name.startswith("Building"))
    with pytest.raises(Refused, match=COLLIDES):
        episode.spawn("walker.pedestrian.0001", {}, Transform(Vector(*house.box.center[:2], 1.0), Rotation()))
    episode.spawn("static.prop.trafficcone01", {}, car.transform)  # things are put anywhere, as in CARLA


def test_what_is_unknown_is_refused_in_a_sentence(episode: Episode) -> None:
    with pytest.raises(Refused, match=r"blueprint 'vehicle\.x' not found"):
        episode.spawn("vehicle.x", {}, ORIGIN)
    with pytest.raises(Refused, match=r"actor 999 not found"):
        episode.spawn("sensor.other.imu", {}, ORIGIN, parent=999)
    light = next(one for one in episode.actors.values() if isinstance(one, TrafficLight))
    with pytest.raises(Refused, match=r"actor \d+ is traffic\.traffic_light, and the call is for a vehicle"):
        episode.find(light.id, Vehicle)


def test_what_hangs_on_a_vehicle_goes_where_it_goes_and_goes_with_it(episode: Episode) -> None:
    car = _car(episode)
    mount = Transform(Vector(1.0, 0.5, 1.5), Rotation(-10.0, 90.0, 5.0))
    sensor = episode.spawn("sensor.other.imu", {}, mount, parent=car.id)
    second = episode.spawn("sensor.other.gnss", {}, mount, parent=sensor.id)
    car.control = VehicleControl(throttle=1.0, steer=0.3)
    for _ in range(20):
        episode.step(0.05)
    assert sensor.transform == car.transform @ mount
    assert second.transform == car.transform @ mount @ mount
    assert sensor.velocity == car.velocity
    assert [one.id for one in episode.destroy(car.id)] == [car.id, sensor.id, second.id]
    assert not episode.each(SensorActor)


def test_lights_and_the_spectator_stay(episode: Episode) -> None:
    light = episode.each(TrafficLight)[0]
    assert episode.destroy(light.id) == episode.destroy(episode.spectator.id) == episode.destroy(12345) == []


def test_vehicles_settle_on_the_ground(episode: Episode) -> None:
    car = _car(episode)
    assert car.transform.location.z == 0.5
    for _ in range(3):
        episode.step(0.05)
    assert car.transform.location.z == 0.0


def test_a_vehicle_stops_at_another_and_both_are_told(episode: Episode) -> None:
    car = _car(episode)
    other = episode.spawn("vehicle.audi.a2", {}, _ahead(car, 15.0))
    car.control = VehicleControl(throttle=1.0)
    contacts = []
    for _ in range(120):
        episode.step(0.05)
        contacts += episode.contacts
    assert {(one.one, one.other) for one in contacts} == {(car.id, other.id)}
    assert contacts[0].impulse.length > 1000
    gap = math.dist(car.transform.location[:2], other.transform.location[:2])
    assert 0 <= gap - car.box.extent.x - other.box.extent.x < 0.6
    car.control = VehicleControl(throttle=1.0, reverse=True)
    for _ in range(20):
        episode.step(0.05)
    assert car.speed < -1  # and it can leave


def test_houses_stop_vehicles_and_people_do_not(episode: Episode) -> None:
    car = _car(episode)
    walker = episode.spawn("walker.pedestrian.0001", {}, _ahead(car, 8.0))
    car.control = VehicleControl(throttle=1.0)
    met = []
    for _ in range(60):
        episode.step(0.05)
        met += [one.other for one in episode.contacts]
    assert met == [walker.id]
    assert car.speed > 5
    house = next(one for one in episode.level.solids.all if one.tag == 3)
    car.transform = Transform(Vector(house.x, house.y - house.width - 12.0, 0.0), Rotation(0.0, 90.0, 0.0))
    car.speed = 15.0
    for _ in range(60):
        episode.step(0.05)
    assert car.speed == 0.0
    assert any(one.other == 0 for one in episode.contacts)


def test_without_physics_vehicles_stay_where_they_are_put(episode: Episode) -> None:
    car = _car(episode)
    car.physics, car.control = False, VehicleControl(throttle=1.0)
    there = Transform(Vector(5.0, 6.0, 7.0), Rotation(1.0, 2.0, 3.0))
    episode.place(car, there)
    episode.step(0.05)
    assert car.transform == there
    assert car.velocity == Vector()
    episode.place(car, Transform(Vector(5.0, 6.5, 7.0), there.rotation))
    episode.step(0.05)
    assert car.velocity == pytest.approx((0.0, 10.0, 0.0))  # what is moved bit by bit has a velocity


def test_somebody_walks_down_from_the_curb(episode: Episode) -> None:
    walk = next(t for lane, t in episode.level.places.roads["0"].lanes if lane.kind == "sidewalk")
    walker = episode.spawn("walker.pedestrian.0001", {}, Transform(Vector(20.0, -walk, 1.5), Rotation()))
    assert isinstance(walker, Walker)
    for _ in range(10):
        episode.step(0.05)
    assert walker.transform.location.z == pytest.approx(0.14 + walker.box.extent.z)


def test_the_same_commands_lead_to_the_same_world() -> None:
    ends = []
    for _ in range(2):
        episode = Episode(level_named("junction"), 1)
        cars = [_car(episode, number) for number in (3, 20, 40, 60)]
        for number, car in enumerate(cars):
            car.control = VehicleControl(throttle=0.4 + 0.1 * number, steer=0.05 * number)
        for _ in range(100):
            episode.step(0.05)
        ends.append([(car.transform, car.velocity) for car in cars])
    assert ends[0] == ends[1]


def test_a_frame_does_not_change_after_it_was_taken(episode: Episode) -> None:
    car = _car(episode)
    before = episode.frame(1, 0.05)
    place = before.actors[car.id].transform
    car.control = VehicleControl(throttle=1.0)
    for _ in range(10):
        episode.step(0.05)
    assert before.actors[car.id].transform == place
    assert car.transform != place
