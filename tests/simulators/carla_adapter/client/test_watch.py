"""Frames of a world in which somebody else had a hand are refused."""

from __future__ import annotations

from types import SimpleNamespace as Made
from typing import Any

import pytest
from domainaug_simulators.carla_adapter.client.watch import Watch
from domainaug_simulators.carla_adapter.faults import CaptureFailed


class World:
    """A world of one actor, number 7, at (1, 2)."""

    def __init__(self) -> None:
        self.weather, self.frame, self.actors = "noon", 5, {7: (1.0, 2.0)}

    def get_weather(self) -> str:
        return self.weather

    def get_snapshot(self) -> Any:
        def find(number: int) -> Any:
            if number not in self.actors:
                return None
            x, y = self.actors[number]
            return Made(get_transform=lambda: Made(location=Made(x=x, y=y)))

        return Made(frame=self.frame, find=find)


THINGS = [{"id": 7, "place": [1.0, 2.1, 0.0]}, {"id": 0, "place": [9.0, 9.0, 0.0]}]


def test_a_world_that_is_as_it_was_asked_for_is_well() -> None:
    watch = Watch(World())
    watch.covered()
    watch.ticked(4)
    watch.ticked(5)
    watch.hold(5, THINGS)


def test_frames_that_nobody_here_asked_for_are_told() -> None:
    watch = Watch(World())
    watch.ticked(5)
    with pytest.raises(CaptureFailed, match="frame 7 came after 5: another client lets time pass; nothing else"):
        watch.ticked(7)
    watch.ticked(8)
    with pytest.raises(CaptureFailed, match="frame 5 came after 4: another client"):
        watch.hold(4, THINGS)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"actors": {}}, "actor 7 is gone from frame 5: another destroyed it"),
        ({"actors": {7: (1.0, 2.5)}}, "actor 7 is 0.40 m off its place in frame 5"),
        ({"actors": {7: (float("nan"), 2.0)}}, "actor 7 is nan m off its place"),
        ({"weather": "night"}, "the weather of frame 5 is not the one that was set"),
    ],
)
def test_who_is_gone_or_elsewhere_and_other_weather_are_told(change: dict[str, Any], says: str) -> None:
    world = World()
    watch = Watch(world)
    watch.covered()
    vars(world).update(change)
    with pytest.raises(CaptureFailed, match=says):
        watch.hold(5, THINGS)


def test_a_sensor_that_another_client_destroyed_is_named() -> None:
    watch = Watch(World())
    watch.there({"gps": Made(id=7)})
    with pytest.raises(CaptureFailed, match="the sensor imu is gone: destroyed, or the server began anew"):
        watch.there({"gps": Made(id=7), "imu": Made(id=8)})
