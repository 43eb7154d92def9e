"""LiDAR, radar, GNSS and IMU come with their frames, in the files of the street simulator, and tell what is there."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from domainaug_simulators.carla_adapter.clouds import position_told
from domainaug_simulators.carla_server.server import CarlaServer
from domainaug_simulators.carla_server.world.frames import Vector
from domainaug_simulators.carla_server.world.globe import geolocation
from domainaug_simulators.street.town.tags import Tag

from domainaug.run import simulate

from .conftest import TEXT, Run

MOUNTED = "{name: top, kind: lidar, channels: 32, columns: 720}, {name: ahead, kind: radar, reach: 80}"
ALL = (
    TEXT.replace("sensors: [", f"sensors: [{MOUNTED}, ")
    .replace("{width: 160, height: 96}", "{width: 64, height: 48}")
    .replace("warmup: 0", "warmup: 1\n  frames: 2")
    .replace("[noon, snow]", "[noon, fog-dense]\n  time: [0, 20]")
)
SPEED = 8.0


@pytest.fixture(scope="module")
def taken(server: CarlaServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with all sensors, in two weathers at two times."""
    folder = tmp_path_factory.mktemp("sensors")
    (folder / "scenario.yaml").write_text(ALL)
    world = {"servers": [f"127.0.0.1:{server.port}"]}
    assert simulate(folder / "scenario.yaml", folder / "out", world=world, engine="serial").run.exit_code == 0
    return folder / "out"


def told(path: Path) -> Any:
    return json.loads(path.read_text())


def variants(taken: Path, weather: str) -> list[Path]:
    return [
        path.parent
        for path in sorted(taken.glob("variants/*/scene.json"))
        if told(path)["values"]["weather"] == weather
    ]


def boxes_of(variant: Path) -> dict[int, dict[str, Any]]:
    return {one["instance"]: one["box_3d"] for one in told(variant / "top" / "000000.turn.json")["objects"]}


def inside(points: np.ndarray, box: dict[str, Any], slack: float) -> np.ndarray:
    """Return which (n, 3) points of the world lie in a box."""
    own = np.column_stack([points, np.ones(len(points))]) @ np.linalg.inv(np.array(box["pose_to_world"])).T
    length, width, height = box["size_lwh_m"]
    low, high = np.array([-length / 2, -width / 2, 0]) - slack, np.array([length / 2, width / 2, height]) + slack
    return ((own[:, :3] > low) & (own[:, :3] < high)).all(axis=1)


@pytest.mark.slow
def test_the_files_are_those_of_a_street(run: Run, taken: Path, tmp_path: Path) -> None:
    text = ALL.replace("simulator: carla", "simulator: street").replace("map: junction", "layout: junction")
    for line in ("  vehicles: 8\n", "  walkers: 3\n", "  timeout: 6\n", "  warmup: 1\n"):
        text = text.replace(line, "")
    text = text.replace(", {name: gps, kind: gnss}, {name: imu, kind: imu}", "").replace("\n  time: [0, 20]", "")
    text = text.replace("height: 48}", "height: 48, quality: draft}")
    (tmp_path / "street.yaml").write_text(text)
    simulate(tmp_path / "street.yaml", tmp_path / "street", engine="serial")
    ours, theirs = variants(taken, "noon")[0], next(tmp_path.glob("street/variants/*"))
    names = {str(path.relative_to(theirs)) for path in theirs.rglob("*") if path.is_file()}
    names -= {str(path.relative_to(theirs)) for path in theirs.rglob("*.flow.png")}
    assert names <= {str(path.relative_to(ours)) for path in ours.rglob("*") if path.is_file()}
    for name in ("top/000000.npz", "top/000000.truth.npz", "ahead/000000.npz"):
        mine, street = np.load(ours / name), np.load(theirs / name)
        assert [(key, mine[key].dtype, mine[key].ndim) for key in mine] == [
            (key, street[key].dtype, street[key].ndim) for key in street
        ]
    for name in ("top/000000.turn.json", "ahead/000000.radar.json", "rig.json"):
        assert told(theirs / name).keys() <= told(ours / name).keys()


def test_pulses_end_where_things_are(taken: Path) -> None:
    for variant in variants(taken, "noon"):
        turn, cloud = told(variant / "top" / "000000.turn.json"), np.load(variant / "top" / "000000.npz")
        truth = np.load(variant / "top" / "000000.truth.npz")
        assert truth["range"].shape == (32, 720)
        place = np.array(turn["sensor_to_world"])
        world = cloud["points"][:, :3] @ place[:3, :3].T + place[:3, 3]
        assert len(world) > 5000
        road = world[(cloud["semantic"] == Tag.ROAD) & (np.linalg.norm(cloud["points"][:, :3], axis=1) < 30)]
        assert len(road) > 500
        assert np.abs(np.median(road[:, 2]) - turn["ego"]["place_m"][2]) < 0.05
        away = np.linalg.norm(cloud["points"][:, :3], axis=1) - truth["range"].ravel()[cloud["pulse"]]
        assert np.abs(away).max() < 6 * turn["noise_m"]
        assert turn["objects"]
        for number, box in boxes_of(variant).items():
            mine = cloud["instance"] == number
            assert mine.any()
            assert inside(world[mine], box, 0.3).mean() > 0.99


def test_pulses_meet_the_same_in_all_weathers_and_fog_takes_echoes(taken: Path) -> None:
    pairs = {told(one / "rig.json")["labels_id"]: one for one in variants(taken, "fog-dense")}
    for clear in variants(taken, "noon"):
        fog = pairs[told(clear / "rig.json")["labels_id"]]
        for name in ("000000.truth.npz", "000001.truth.npz", "000000.turn.json"):
            assert (clear / "top" / name).read_bytes() == (fog / "top" / name).read_bytes()
        near, far = (np.load(one / "top" / "000000.npz")["points"][:, :3] for one in (fog, clear))
        assert np.linalg.norm(near, axis=1).max() < np.linalg.norm(far, axis=1).max()


def test_detections_lie_on_what_they_name_and_tell_its_speed(taken: Path) -> None:
    named = 0
    for variant in variants(taken, "noon"):
        found, frame = np.load(variant / "ahead" / "000000.npz"), told(variant / "ahead" / "000000.radar.json")
        assert len(found["range"]) > 50
        level = found["range"] * np.cos(found["altitude"])
        own = np.column_stack(
            [level * np.cos(found["azimuth"]), level * np.sin(found["azimuth"]),
             found["range"] * np.sin(found["altitude"])]
        )  # fmt: skip
        place = np.array(frame["sensor_to_world"])
        world, rays = own @ place[:3, :3].T + place[:3, 3], own @ place[:3, :3].T / found["range"][:, None]
        moving = np.zeros((len(own), 3))
        for number, box in boxes_of(variant).items():
            mine = found["instance"] == number
            named += int(mine.sum())
            assert inside(world[mine], box, 0.6).all()
            moving[mine] = box["velocity_mps"]
        still = found["instance"] == 0
        speed = ((moving - frame["ego"]["velocity_mps"]) * rays).sum(axis=1)
        np.testing.assert_allclose(found["velocity"][still], speed[still], atol=1e-3)
        assert found["velocity"][still].min() > -SPEED - 0.5  # nothing that stands comes faster than we drive
    assert named > 0


def test_positions_are_the_maps_and_motion_is_that_of_the_vehicle(server: CarlaServer, taken: Path) -> None:
    origin = server.desk.level.places.origin
    for variant in taken.glob("variants/*"):
        for name in ("000000.json", "000001.json"):
            place, motion = told(variant / "gps" / name), told(variant / "imu" / name)
            x, y, z = place["ego"]["place_m"]
            latitude, longitude, height = geolocation(Vector(x, -y, z), origin)
            assert place["latitude_deg"] == pytest.approx(latitude, abs=1e-7)
            assert place["longitude_deg"] == pytest.approx(longitude, abs=1e-7)
            assert place["altitude_m"] == pytest.approx(height + 0.5, abs=0.01)  # half a meter over the road
            yaw = -math.radians(motion["ego"]["yaw_deg"])
            north = (yaw + math.pi / 2 - motion["compass_rad"] + math.pi) % (2 * math.pi) - math.pi
            assert north == pytest.approx(0, abs=1e-3)
            assert motion["acceleration_mps2"][2] == pytest.approx(9.81, abs=0.2)
            aside = SPEED * motion["turning_radps"][2]
            assert motion["acceleration_mps2"][1] == pytest.approx(aside, abs=0.8)


def test_inertial_sensors_feel_the_earth_and_the_curve():
    """A circle of 20 m at 10 m/s, clockwise: 5 m/s^2 to the right, and half a radian a second."""
    moment = {"ego": [0, 0, 0, 0, 90.0, 0], "acceleration": [-5.0, 0.0, 0.0], "turning": 0.5}
    found = position_told("imu", np.array([0, 0, 9.81, 0, 0, 0, 1.0]), moment)
    assert found["acceleration_mps2"] == pytest.approx([0, 5, 9.81])
    assert found["turning_radps"] == pytest.approx([0, 0, 0.5])
    assert found["compass_rad"] == 1.0
