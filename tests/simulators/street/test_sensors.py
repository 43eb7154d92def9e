"""The LiDARs and radars of a scenario: what is read, and what is refused in one sentence."""

from __future__ import annotations

import pytest
from domainaug_simulators.street.sensors import LidarMount, RadarMount
from domainaug_simulators.street.worlds import read_street

from domainaug.errors import DomainAugError, UnknownName

TOP = {"name": "top", "kind": "lidar", "z": 1.9, "channels": 32}
BUMPER = {"name": "bumper", "kind": "radar", "view": 90}
REAR = {"name": "rear", "kind": "camera", "yaw": 180}


def test_a_rig_lists_sensors_of_every_kind() -> None:
    street = read_street({"cameras": {"front": {}}, "sensors": [TOP, BUMPER, REAR]})
    assert [camera.name for camera in street.cameras] == ["front", "rear"]
    assert street.cameras[1].yaw == 180
    assert street.sensors == (LidarMount("top", z=1.9, channels=32), RadarMount("bumper", view=90.0))


def test_a_camera_in_the_list_takes_the_place_of_the_one_that_nobody_named() -> None:
    assert [camera.name for camera in read_street({"sensors": [TOP]}).cameras] == ["front"]
    assert [camera.name for camera in read_street({"sensors": [REAR]}).cameras] == ["rear"]


def test_another_sensor_is_another_street() -> None:
    digests = {read_street({"sensors": told}).digest for told in ([], [TOP], [{**TOP, "channels": 16}], [TOP, BUMPER])}
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("world", "message"),
    [
        ({"sensors": {"top": {}}}, "sensors is a list"),
        ({"sensors": ["top"]}, "a mapping with a name and a kind"),
        ({"sensors": [{"name": "top"}]}, "a mapping with a name and a kind"),
        ({"sensors": [{**TOP, "kind": "lidr"}]}, "did you mean 'lidar'"),
        ({"sensors": [{**TOP, "chanels": 3}]}, "lidar top.*did you mean 'channels'"),
        ({"sensors": [{**TOP, "channels": 0}]}, "lidar top: channels is a whole number from 1 to 256, and not 0"),
        ({"sensors": [{**TOP, "columns": 20.5}]}, "columns is a whole number"),
        ({"sensors": [{**TOP, "z": 0}]}, "z is a number from 0.2 to 6, and not 0"),
        ({"sensors": [{**TOP, "lowest": 10, "highest": -10}]}, "its lowest channel .* is above its highest"),
        ({"sensors": [{**BUMPER, "view": True}]}, "radar bumper: view is a number from 1 to 180"),
        ({"sensors": [{**TOP, "name": "Top"}]}, "small letters"),
        ({"sensors": [TOP, TOP]}, "two sensors are called 'top'"),
        ({"sensors": [{**TOP, "name": "front"}]}, "two sensors are called 'front'"),
        ({"sensors": [{**REAR, "name": "front"}], "cameras": {"front": {}}}, "two sensors are called 'front'"),
        ({"flow": 1}, "flow is true or false"),
    ],
)
def test_what_no_rig_can_be_is_said_in_one_sentence(world: dict, message: str) -> None:
    with pytest.raises((DomainAugError, UnknownName), match=message):
        read_street(world)
