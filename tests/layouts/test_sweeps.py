"""Clouds and detections of simulated streets: points lie in the boxes of their things, or there is no export."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import LabelError, UnreadableInput
from domainaug.layouts.exports.nuscenes_clouds import channel_of_sweep, classes_of, content_of
from domainaug.layouts.exports.nuscenes_things import CLASSES
from domainaug.layouts.exports.semantic_kitti import labels_of
from domainaug.layouts.sweeps import Sweep, check_sweep, read_sweeps

TO_WORLD = np.array([[0, -1, 0, 5], [1, 0, 0, 2], [0, 0, 1, 1.8], [0, 0, 0, 1.0]])  # heads along +y
CAR, ROAD, RIDER, MOTORCYCLE = 14, 1, 13, 18


def solid(number: int, kind: str, x: float, y: float, size=(4.0, 2.0, 1.5), speed: float = 0.0) -> dict:
    """A thing that stands at a place of the sensor's axes, on the ground."""
    pose = np.eye(4)
    pose[:3, 3] = x, y, -1.8
    return {
        "instance": number, "class": kind, "points": 3,
        "box_3d": {
            "pose_to_sensor": pose.tolist(), "pose_to_world": (TO_WORLD @ pose).tolist(), "size_lwh_m": list(size),
            "velocity_mps": [speed, 0.0, 0.0],
        },
    }  # fmt: skip


def put(folder: Path, points, semantic, instance, objects, echo=None, ending: str = "turn.json", **more) -> Sweep:
    """Write one turn, and read it."""
    place = folder / "aa" / "top"
    place.mkdir(parents=True)
    count = len(points)
    arrays = {
        "points": np.array(points, np.float32), "ring": np.arange(count, dtype=np.uint16),
        "time": np.zeros(count, np.float32), "semantic": np.array(semantic, np.uint8),
        "instance": np.array(instance, np.uint16), "echo": np.array(echo or [1] * count, np.uint8),
        "pulse": np.arange(count, dtype=np.int32),
    }  # fmt: skip
    np.savez(place / "000003.npz", **{**arrays, **more})
    ego = {"place_m": [5, 2, 0], "yaw_deg": 90, "velocity_mps": [0, 6, 0]}
    told = {"time_s": 0.3, "sensor_to_world": TO_WORLD.tolist(), "ego": ego, "noise_m": 0.02, "objects": objects}
    (place / f"000003.{ending}").write_text(json.dumps(told))
    ((sweep,),) = read_sweeps(folder / "aa").values()
    return sweep


POINTS = [[10, 0, -1.0, 0.5], [12.1, 0.9, -0.35, 0.1], [4, 0, -1.8, 0.2]]


def test_points_are_held_against_the_boxes_of_their_things(tmp_path):
    sweep = put(tmp_path, POINTS, [CAR, CAR, ROAD], [7, 7, 0], [solid(7, "car", 12, 0)])
    assert (sweep.number, sweep.sensor, sweep.kind, sweep.noise) == (3, "top", "lidar", 0.02)
    assert check_sweep(sweep) == 2
    assert sweep.counts() == {7: 2}


@pytest.mark.parametrize("shift", [(2.4, 0), (0, -0.2), (-2.4, 0)])
def test_a_point_beside_the_box_of_its_thing_is_named(tmp_path, shift):
    sweep = put(tmp_path, POINTS, [CAR, CAR, ROAD], [7, 7, 0], [solid(7, "car", 12 + shift[0], shift[1] - 0.3)])
    with pytest.raises(LabelError, match=r"aa_top_000003: \d of the 2 points of thing 7 lie more than 0.17 m outside"):
        check_sweep(sweep)


def test_the_tolerance_is_five_centimeters_and_six_deviations_of_the_noise(tmp_path):
    for number, (beyond, right) in enumerate(((0.16, True), (0.18, False))):
        point = [[10 - beyond, 0, -1.0, 0.5]]
        sweep = put(tmp_path / str(number), point, [CAR], [7], [solid(7, "car", 12, 0)])
        if right:
            assert check_sweep(sweep) == 1
        else:
            with pytest.raises(LabelError):
                check_sweep(sweep)


def test_points_of_a_thing_without_a_box_are_refused(tmp_path):
    sweep = put(tmp_path, POINTS, [CAR, CAR, ROAD], [7, 8, 0], [solid(7, "car", 12, 0)])
    with pytest.raises(LabelError, match="points are of thing 8, which has no box"):
        check_sweep(sweep)


def test_what_is_no_cloud_is_said_in_one_sentence(tmp_path):
    sweep = put(tmp_path / "1", POINTS, [CAR] * 3, [0] * 3, [], ring=np.zeros(2))
    with pytest.raises(UnreadableInput, match="not equally long"):
        sweep.arrays()
    sweep = put(tmp_path / "2", POINTS, [CAR] * 3, [0] * 3, [], ending="radar.json")
    with pytest.raises(UnreadableInput, match="this is no radar: it lacks range"):
        sweep.arrays()
    sweep.place.write_bytes(b"PK no archive")
    other = put(tmp_path / "3", POINTS, [CAR] * 3, [0] * 3, [])
    other.place.write_bytes(b"PK no archive")
    with pytest.raises(UnreadableInput, match="cannot be read as arrays"):
        other.arrays()
    (other.place.with_suffix("").with_suffix(".turn.json")).write_text("{}")
    with pytest.raises(UnreadableInput, match="does not tell of a lidar"):
        read_sweeps(tmp_path / "3" / "aa")


def test_classes_of_semantic_kitti_tell_what_moves_who_rides_what_and_what_nothing_sent(tmp_path):
    objects = [
        solid(7, "car", 12, 0, speed=3.0),
        solid(8, "car", 20, 0),
        solid(9, "rider", 6, 3, (0.5, 0.5, 1.8)),
        solid(10, "motorcycle", 6, 3.2, (2, 0.8, 1.2)),
        solid(11, "rider", 9, 3, (0.5, 0.5, 1.8), speed=2.0),
    ]
    semantic = [CAR, CAR, RIDER, MOTORCYCLE, RIDER, ROAD, 0, 0]
    sweep = put(
        tmp_path, [[1, 1, 1, 1]] * 8, semantic, [7, 8, 9, 10, 11, 0, 0, 0], objects, echo=[1, 1, 1, 1, 1, 1, 2, 3]
    )
    labels = labels_of(sweep)
    assert (labels & 0xFFFF).tolist() == [252, 10, 32, 15, 253, 40, 1, 1]
    assert (labels >> 16).tolist() == [7, 8, 9, 10, 11, 0, 0, 0]


def test_classes_of_nuscenes_count_riders_to_what_they_ride_and_fog_as_noise(tmp_path):
    objects = [
        solid(9, "rider", 6, 3, (0.5, 0.5, 1.8)),
        solid(10, "motorcycle", 6, 3.2, (2, 0.8, 1.2)),
        solid(11, "rider", 9, 3, (0.5, 0.5, 1.8)),
    ]
    points, semantic = [[1, 1, 1, 1]] * 6, [CAR, RIDER, MOTORCYCLE, RIDER, ROAD, 0]
    sweep = put(tmp_path, points, semantic, [7, 9, 10, 11, 0, 0], objects, echo=[1, 1, 1, 1, 1, 2])
    names = [CLASSES[number] for number in classes_of(sweep)]
    assert names == [
        "vehicle.car", "vehicle.motorcycle", "vehicle.motorcycle", "vehicle.bicycle", "flat.driveable_surface", "noise",
    ]  # fmt: skip


def test_nuscenes_clouds_are_five_floats_a_point(tmp_path):
    sweep = put(tmp_path, POINTS, [CAR, CAR, ROAD], [7, 7, 0], [])
    rows = np.frombuffer(content_of(sweep), "<f4").reshape(-1, 5)
    assert np.allclose(rows[:, :3], np.array(POINTS)[:, :3])
    assert np.allclose(rows[:, 3], [127.5, 25.5, 51])
    assert rows[:, 4].tolist() == [0, 1, 2]


def test_nuscenes_radar_tells_velocities_with_and_without_the_sensors_own(tmp_path):
    """The vehicle goes at 6 m/s where the radar looks: what stands comes nearer at 6 m/s."""
    folder = tmp_path / "aa" / "bumper"
    folder.mkdir(parents=True)
    azimuth = np.array([0.0, np.pi / 3, 0.0], np.float32)
    arrays = {
        "range": np.array([20.0, 10.0, 30.0], np.float32), "azimuth": azimuth, "altitude": np.zeros(3, np.float32),
        "velocity": np.array([-6.0, -3.0, 4.0], np.float32), "semantic": np.array([3, 3, CAR], np.uint8),
        "instance": np.array([0, 0, 7], np.uint16),
    }  # fmt: skip
    np.savez(folder / "000000.npz", **arrays)
    ego = {"place_m": [5, 2, 0], "yaw_deg": 90, "velocity_mps": [0, 6, 0]}
    told = {"time_s": 0.0, "sensor_to_world": TO_WORLD.tolist(), "ego": ego}
    (folder / "000000.radar.json").write_text(json.dumps(told))
    ((sweep,),) = read_sweeps(tmp_path / "aa").values()
    assert check_sweep(sweep) == 0
    assert sweep.counts() == {7: 1}
    head, _, body = content_of(sweep).partition(b"DATA binary\n")
    assert b"POINTS 3" in head
    fields = dict(line.split(" ", 1) for line in head.decode().splitlines() if not line.startswith("#"))
    kinds = [
        f"<{kind.lower()}{size}" for kind, size in zip(fields["TYPE"].split(), fields["SIZE"].split(), strict=True)
    ]
    assert body.endswith(b"\n"), "the development kit wants a byte behind the last"
    rows = np.frombuffer(body[:-1], np.dtype(list(zip(fields["FIELDS"].split(), kinds, strict=True))))
    assert len(rows) == 3
    assert np.allclose(rows["x"], [20, 5, 30])
    assert np.allclose(rows["y"], [0, 10 * np.sin(np.pi / 3), 0], atol=1e-5)
    assert np.allclose(rows["vx"], [-6, -1.5, 4])
    assert np.allclose(rows["vx_comp"], [0, 0, 10], atol=1e-5)
    assert rows["dyn_prop"].tolist() == [1, 1, 0], "houses stand, the car moves"


def test_nuscenes_radar_that_heard_nothing_says_so_with_a_point_that_is_no_number(tmp_path):
    folder = tmp_path / "aa" / "bumper"
    folder.mkdir(parents=True)
    nothing = {name: np.zeros(0) for name in ("range", "azimuth", "altitude", "velocity", "semantic", "instance")}
    np.savez(folder / "000000.npz", **nothing)
    ego = {"place_m": [5, 2, 0], "yaw_deg": 90, "velocity_mps": [0, 6, 0]}
    told = {"time_s": 0.0, "sensor_to_world": TO_WORLD.tolist(), "ego": ego}
    (folder / "000000.radar.json").write_text(json.dumps(told))
    ((sweep,),) = read_sweeps(tmp_path / "aa").values()
    head, _, body = content_of(sweep).partition(b"DATA binary\n")
    assert b"POINTS 1" in head
    assert np.isnan(np.frombuffer(body[:4], "<f4")).all()


def test_sensors_are_called_as_nuscenes_calls_them(tmp_path):
    sweep = put(tmp_path, POINTS, [CAR, CAR, ROAD], [7, 7, 0], [])
    assert channel_of_sweep(sweep, alone=True) == "LIDAR_TOP"
    assert channel_of_sweep(sweep, alone=False) == "LIDAR_TOP"
    assert channel_of_sweep(sweep.__class__(**{**_fields(sweep), "sensor": "rear-left"}), False) == "LIDAR_REAR_LEFT"


def _fields(sweep: Sweep) -> dict:
    return {name: getattr(sweep, name) for name in sweep.__dataclass_fields__}
