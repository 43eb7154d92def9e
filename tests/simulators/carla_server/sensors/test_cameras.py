"""Cameras stand where CARLA's do, and actors fill their boxes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from domainaug_simulators.carla_server.world.blueprints import blueprints
from domainaug_simulators.carla_server.world.episode import Episode
from domainaug_simulators.carla_server.world.frames import Rotation, Transform, Vector, to_street
from domainaug_simulators.carla_server.world.levels import level_named
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")

from domainaug_simulators.carla_server.desk import PictureQuality
from domainaug_simulators.carla_server.sensors.catalogue import sensor_for
from domainaug_simulators.carla_server.sensors.models import Models
from domainaug_simulators.carla_server.sensors.stage import Stage, camera_of
from domainaug_simulators.carla_server.server import CarlaServer
from domainaug_simulators.carla_server.world.actors import SensorActor
from domainaug_simulators.street.bodies import bodies_of
from domainaug_simulators.street.render import QUALITIES

EPISODE = Episode(level_named("junction"), 1)


@given(st.floats(-80, 80), st.floats(-179, 179), st.floats(-90, 90), st.floats(-50, 50))
def test_a_camera_looks_where_carlas_does(pitch: float, yaw: float, roll: float, y: float) -> None:
    attributes = {"image_size_x": "64", "image_size_y": "40", "fov": "75"}
    eye = EPISODE.spawn("sensor.camera.rgb", attributes, Transform(Vector(3.0, y, 1.5), Rotation(pitch, yaw, roll)))
    own = EPISODE.frame(1, 0.05).actors[eye.id]
    EPISODE.destroy(eye.id)
    camera = camera_of(own)
    np.testing.assert_allclose(camera.matrix, to_street(own.transform), atol=1e-6)
    assert (camera.width, camera.height, camera.view) == (64, 40, 75.0)


@pytest.mark.parametrize(
    "name", [one.id for one in blueprints().values() if one.look and not one.id.startswith("walker")]
)
def test_what_is_drawn_fills_its_box(name: str) -> None:
    palette = EPISODE.level.town.palette.copy()
    car = EPISODE.spawn(name, {"color": "250,10,10"}, EPISODE.level.places.spawns[40])
    seen = EPISODE.frame(1, 0.05).actors[car.id]
    EPISODE.destroy(car.id)
    things = Models(palette).things(replace(seen, transform=Transform()))
    corners = np.concatenate([thing.mesh.corners.reshape(-1, 3) for thing in things])
    center = np.array([seen.box.center.x, -seen.box.center.y, seen.box.center.z])
    np.testing.assert_allclose(np.abs(corners - center).max(axis=0), seen.box.extent, atol=2e-3)
    assert {thing.instance for thing in things} == {car.id}
    body = things[0].body
    assert body is not None
    np.testing.assert_allclose(body.size, 2 * np.array(seen.box.extent))


def test_a_scene_tells_actors_and_things_of_the_town_apart_by_their_numbers() -> None:
    episode = Episode(level_named("junction"), 1)
    stage = Stage(episode.level)
    car = episode.spawn("vehicle.tesla.model3", {}, episode.level.places.spawns[40])
    walker = episode.spawn("walker.pedestrian.0002", {}, Transform(Vector(20.0, 10.0, 1.2), Rotation(0, 30, 0)))
    scene = stage.scene(episode.frame(1, 0.05))
    numbers = set(np.unique(scene.instance).tolist())
    assert {car.id, walker.id} <= numbers
    assert {one.id for one in episode.level.standing} <= numbers
    boxes = {box.instance: box for box in bodies_of(scene)}
    for actor in (car, walker):
        at = to_street(actor.transform)[:3, 3] + [0, 0, actor.box.center.z]
        np.testing.assert_allclose(boxes[actor.id].center, at, atol=1e-6)
    house = next(one for one in episode.level.standing if one.name.startswith("Building"))
    episode.hidden.add(house.id)
    assert house.id not in stage.scene(episode.frame(2, 0.05)).instance
    assert stage.scene(episode.frame(2, 0.05)) is stage.scene(episode.frame(2, 0.05))


def test_lights_show_their_state() -> None:
    episode = Episode(level_named("junction"), 1)
    stage = Stage(episode.level)
    light = episode.signals.lights[0]
    shown = []
    for number, seconds in enumerate((0.0, 10.5, 3.0), 1):
        episode.signals.advance(seconds)
        frame = episode.frame(number, 0.05)
        things = stage._heads(frame.actors[light.id])
        assert len(things) == 1
        near = things[0].mesh.corners.reshape(-1, 3)[:, :2] - to_street(light.transform)[:2, 3]
        assert np.linalg.norm(near, axis=1).min() < 12.0
        shown.append((int(light.state), things[0].mesh.material.tobytes()))
    assert [state for state, _ in shown] == [2, 1, 0]
    assert len({materials for _, materials in shown}) == 3


@pytest.mark.parametrize("quality", ["draft", "normal", "high"])
def test_pictures_are_worth_as_much_work_as_the_server_is_told(quality: PictureQuality) -> None:
    server = CarlaServer("junction", port=0, quality=quality)
    try:
        for kind in ("rgb", "dvs"):
            actor = server.desk.episode.spawn(f"sensor.camera.{kind}", {}, Transform(Vector(0.0, 0.0, 3.0)))
            assert isinstance(actor, SensorActor)
            sensor: Any = sensor_for(actor, server.desk)
            assert (sensor if kind == "rgb" else sensor.eye).quality == QUALITIES[quality]
    finally:
        server.close()
