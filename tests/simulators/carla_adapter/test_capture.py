"""Variants of one world come whole from a server, with the same labels, and leave nothing behind."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from domainaug_simulators.carla_server.server import CarlaServer

from domainaug.layouts.frames import check_frame, read_frames

from .conftest import Run, left_in


def gone(server: CarlaServer, seconds: float = 30.0) -> list[str]:
    """Return who is left in a world once clients had time to leave."""
    until = time.monotonic() + seconds
    while left_in(server) and time.monotonic() < until:
        time.sleep(0.1)
    return left_in(server)


def test_weathers_share_their_labels_byte_for_byte_and_differ_in_their_pictures(
    run: Run, server: CarlaServer, tmp_path: Path
) -> None:
    summary = run(server.port)
    assert (summary.run.exit_code, summary.run.items) == (0, 2)
    one, other = read_frames(tmp_path / "out")
    for ending in ("semantic.png", "cityscapes.png", "instance.png", "depth.png", "objects.json"):
        assert one.beside(ending).read_bytes() == other.beside(ending).read_bytes()
    assert check_frame(one) >= 3
    numbers, depth = one.instances(), one.depth()
    seen = [thing for thing in one.things if thing.pixels > 8]
    assert seen
    for thing in seen:  # depth puts them where their boxes are
        assert thing.pose is not None
        assert thing.size is not None
        middle = float(np.median(depth[numbers == thing.instance]))
        assert abs(middle - thing.pose[2, 3]) < max(thing.size) / 2 + 0.5
    assert one.street == "junction"
    assert {thing.kind for thing in one.things} >= {"car", "pedestrian"}
    bright = {frame.weather["snowfall"] > 0: frame.picture()[60:].astype(float) for frame in (one, other)}
    assert bright[True].mean() > bright[False].mean() + 15  # the ground is white
    for frame in (one, other):
        scene = json.loads((frame.place.parents[1] / "scene.json").read_text())
        snow = frame.weather["snowfall"] > 0
        assert scene["in_image"] == (["snow_cover", "snowfall"] if snow else [])
        assert scene["carla"]["server"] == "0.9.16"
        assert len(scene["carla"]["weather"]) == 14
        assert "events" not in scene
        place = json.loads((frame.place.parents[1] / "gps" / "000000.json").read_text())
        assert abs(place["latitude_deg"]) < 90
    assert gone(server) == []


def test_settings_weather_and_others_stay_as_they_were(run: Run, server: CarlaServer) -> None:
    with server.desk.lock:
        settings, sky, lights = server.desk.settings, server.desk.episode.sky, server.desk.episode.elapsed
    run(server.port, count=1)
    assert gone(server) == []
    time.sleep(0.3)
    with server.desk.lock:
        assert server.desk.settings == settings
        assert server.desk.episode.sky == sky
        assert server.desk.episode.elapsed > lights  # time passes again


@pytest.mark.slow
def test_servers_share_the_variants(run: Run, server: CarlaServer, tmp_path: Path) -> None:
    with CarlaServer("junction", port=0) as second:
        summary = run(server.port, second.port, engine="local", workers=4)
        assert summary.run.exit_code == 0
        one, other = read_frames(tmp_path / "out")
        for ending in ("instance.png", "objects.json"):
            assert one.beside(ending).read_bytes() == other.beside(ending).read_bytes()
        assert second.desk.frame > 0
        assert gone(server) == gone(second) == []
