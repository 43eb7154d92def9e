"""What a scenario says of its world is checked before a server is asked."""

from __future__ import annotations

import pytest
from domainaug_simulators.carla_adapter.simulator import AXES
from domainaug_simulators.carla_adapter.worlds import asked_of, mounts_of, read_world

from domainaug.errors import DomainAugError, UnknownName

VALUES = {axis.name: axis.default for axis in AXES}


def test_a_world_need_say_nothing():
    world = read_world({})
    assert (world.map, world.frames, world.vehicles, str(world.servers[0])) == ("", 1, 20, "127.0.0.1:2000")
    assert [camera.name for camera in world.cameras] == ["front"]


def test_where_it_is_shown_is_no_part_of_what_it_is():
    here = read_world({"map": "Town03", "servers": ["a:2000"], "restart": "x", "timeout": 5})
    there = read_world({"map": "Town03", "servers": ["b:2000", "c:2000"]})
    assert here.digest == there.digest
    assert here.digest != read_world({"map": "Town04"}).digest


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"mapp": "Town03"}, "did you mean 'map'"),
        ({"map": 3}, "map is the name"),
        ({"map": "Town03", "layout": "city"}, "map is the name"),
        ({"vehicles": -1}, "whole number from 0 to 200"),
        ({"vehicles": 1.5}, "whole number"),
        ({"warmup": True}, "whole number"),
        ({"speed": "fast"}, "speed='fast': it is a number"),
        ({"exposure": "auto"}, "no exposure is called 'auto'"),
        ({"sensors": [{"name": "gps", "kind": "gnss", "x": 1}]}, "no place"),
        ({"sensors": [{"name": "front", "kind": "gnss"}], "cameras": {"front": {}}}, "called alike"),
        ({"sensors": {"top": "lidar"}}, "sensors is a list"),
        ({"servers": ["nowhere:port"]}, "write HOST:PORT"),
        ({"frames": 0}, "frames=0"),
    ],
)
def test_what_is_not_legal_is_refused_by_name(told, says):
    with pytest.raises((DomainAugError, UnknownName), match=says):
        read_world(told)


def test_cameras_are_three_of_carlas_in_one_place():
    world = read_world({"cameras": {"left": {"y": 0.4, "yaw": 30, "z": 0.1}}, "exposure": "manual"})
    asked = asked_of(world, VALUES)
    kinds = ["rgb", "depth", "instance_segmentation"]
    assert [each["blueprint"] for each in asked] == [f"sensor.camera.{kind}" for kind in kinds]
    assert asked[0]["attributes"]["exposure_mode"] == "manual"
    mounts = mounts_of(world, {**VALUES, "camera_yaw": 10.0})
    assert len({tuple(place) for place in mounts.values()}) == 1
    assert mounts["left/rgb"] == pytest.approx([0.5, -0.4, 1.6, 0, -40, 0])  # CARLA counts to the right, and clockwise


def test_a_lidar_turns_once_a_frame():
    world = read_world({"dt": 0.05, "sensors": [{"name": "top", "kind": "lidar", "channels": 16, "columns": 512}]})
    lidar = asked_of(world, VALUES)[-1]
    assert lidar["attributes"]["rotation_frequency"] == pytest.approx(20)
    assert lidar["attributes"]["points_per_second"] == 16 * 512 * 20


@pytest.mark.parametrize("restart", ["'", "   ", 'start "carla', "start\0", 3, ["start"]])
def test_a_restart_that_is_no_command_is_refused_before_it_is_needed(restart):
    with pytest.raises(DomainAugError, match="restart is a command, with its quotes closed"):
        read_world({"restart": restart})
