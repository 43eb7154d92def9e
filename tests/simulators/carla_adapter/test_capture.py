"""Variants of one world come whole from a server, with the same labels, and leave nothing behind."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from domainaug_simulators.carla_server.server import CarlaServer

from domainaug.layouts.frames import check_frame, read_frames
from domainaug.run import replay

from .conftest import TEXT, Run, left_in


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


def test_the_same_bytes_come_whatever_the_server_did_before(run: Run, server: CarlaServer, tmp_path: Path) -> None:
    sensors = "{name: top, kind: lidar, channels: 8, columns: 180}, {name: ahead, kind: radar}, {name: gps, kind: gnss}"
    text = TEXT.replace("{name: gps, kind: gnss}, {name: imu, kind: imu}", sensors)
    text = text.replace("[noon, snow]", "[rain-heavy, snow]").replace("warmup: 0", "warmup: 1\n  frames: 2")
    text = text.replace("160, height: 96", "64, height: 48")
    assert run(server.port, text=text).run.exit_code == 0
    with server.desk.lock:  # another world by now: its clock, its frames and the numbers of its actors have gone on
        for _ in range(7):
            server.desk.tick(0.0173)
    report = replay(tmp_path / "out", engine="serial")
    assert report.differences == ()
    assert report.identical == report.checked >= 40
    truths = sorted(tmp_path.glob("out/variants/*/top/000000.truth.npz"))
    assert len({path.read_bytes() for path in truths}) == 1  # what pulses meet in clear air is no weather's


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
