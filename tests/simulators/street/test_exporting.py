"""Simulated streets as data sets: clouds, calibration and boxes as other people's programs read them."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street import views
from domainaug_simulators.street.town import plan

from domainaug.errors import LabelError
from domainaug.layouts import layout_named
from domainaug.layouts.exports import export_frames
from domainaug.layouts.frames import read_frames
from domainaug.layouts.kitti_labels import read_calibration, read_objects
from domainaug.run import simulate

pytestmark = pytest.mark.slow

SCENARIO = """id: test
simulator: street
world:
  layout: city
  seed: 1
  frames: 2
  dt: 0.5
  cameras: {front: {}, rear: {x: -1, yaw: 180}}
  sensors:
  - {name: top, kind: lidar, x: -0.4, z: 1.9, yaw: 3, channels: 24, columns: 720}
  - {name: bumper, kind: radar}
fixed: {width: 96, height: 64, quality: draft}
vary: {weather: [noon, fog-dense]}
sample: {method: grid}
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("exported")
    (root / "scenario.yaml").write_text(SCENARIO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "town_of", cache(plan.town_of))
        assert simulate(root / "scenario.yaml", root / "out", engine="serial").exit_code == 0
    return root / "out"


@pytest.fixture(scope="module")
def nuscenes(rendered) -> Path:
    export_frames(rendered, rendered.parent / "nuscenes", "nuscenes")
    return rendered.parent / "nuscenes"


def test_what_the_simulator_writes_agrees_with_itself(rendered, tmp_path):
    made = export_frames(rendered, tmp_path / "kitti", "kitti")
    assert made.frames == 8
    assert made.points > 500
    assert f"{made.points} LiDAR points lie in their boxes" in str(made)


def test_a_cloud_that_was_turned_is_not_exported(rendered, tmp_path):
    shutil.copytree(rendered, tmp_path / "own")
    path = next(iter(sorted((tmp_path / "own").glob("variants/*/top/000001.npz"))))
    with np.load(path) as found:
        arrays = dict(found)
    arrays["points"][:, 1] *= -1
    np.savez(path, **arrays)
    with pytest.raises(LabelError, match="outside its 3-D box"):
        export_frames(tmp_path / "own", tmp_path / "out", "kitti")
    assert not (tmp_path / "out").exists()


def test_kitti_points_land_in_the_boxes_of_what_they_hit(rendered, tmp_path):
    export_frames(rendered, tmp_path / "out", "kitti")
    root = tmp_path / "out" / "training"
    told = json.loads((tmp_path / "out" / "frames.json").read_text())
    frames = {(frame.variant, frame.camera, frame.number): frame for frame in read_frames(rendered)}
    held = 0
    for name, one in told.items():
        frame = frames[one["variant"], one["camera"], one["number"]]
        (sweep,) = (sweep for sweep in frame.sweeps if sweep.kind == "lidar")
        points = np.fromfile(root / "velodyne" / f"{name}.bin", "<f4").reshape(-1, 4)
        calibration = read_calibration((root / "calib" / f"{name}.txt").read_text())
        forth = calibration.to_camera
        before = points[:, :3] @ forth[:3, :3].T + forth[:3, 3]
        landed = calibration.project(before)
        things = {thing.instance: thing for thing in frame.things if thing.pixels and thing.truncation == 0}
        objects = read_objects((root / "label_2" / f"{name}.txt").read_text())
        for number, thing in things.items():
            mine = sweep.arrays()["instance"] == number
            if not mine.any():
                continue
            inside = [_inside(each, before[mine]) for each in objects]
            assert any(each.all() for each in inside), "in the 3-D box of one line, all of them"
            left, top, right, bottom = thing.whole
            x, y = landed[mine, :2].T
            slack = 1.0 + 0.2 * frame.intrinsics[0, 0] / before[mine, 2].min()
            assert ((x > left - slack) & (x < right + slack) & (y > top - slack) & (y < bottom + slack)).all()
            held += 1
    assert held > 5
    scan = layout_named("kitti").scan(tmp_path / "out")
    assert (len(scan.items), scan.set_aside) == (8, ())
    assert layout_named("kitti").read(scan.items[0]).beside.points is not None


def _inside(each, points: np.ndarray) -> np.ndarray:
    """Whether points before the camera lie in the box of a line, give or take what a range's noise takes."""
    height, width, length = each.size
    c, s = np.cos(each.turn), np.sin(each.turn)
    x, y, z = (points - each.place).T
    along, across = c * x - s * z, s * x + c * z
    slack = 0.2
    return (
        (np.abs(along) <= length / 2 + slack) & (np.abs(across) <= width / 2 + slack)
        & (y <= slack) & (y >= -height - slack)
    )  # fmt: skip


def test_semantic_kitti_poses_bring_the_clouds_of_a_clip_together(rendered, tmp_path):
    """What stands still lies at one place, by `calib.txt` and `poses.txt` alone."""
    export_frames(rendered, tmp_path / "out", "semantic-kitti")
    told = json.loads((tmp_path / "out" / "sequences.json").read_text())
    assert set(told) == {"00", "01"}
    folder = tmp_path / "out" / "sequences" / "00"
    matrices = {
        line.split(":")[0]: np.array(line.split(":")[1].split(), float)
        for line in (folder / "calib.txt").read_text().splitlines()
    }
    forth = np.vstack([matrices["Tr"].reshape(3, 4), [0, 0, 0, 1]])
    poses = [np.vstack([row.reshape(3, 4), [0, 0, 0, 1]]) for row in np.loadtxt(folder / "poses.txt")]
    assert np.allclose(poses[0], np.eye(4), atol=1e-6)
    walls = []
    for number, pose in enumerate(poses):
        points = np.fromfile(folder / "velodyne" / f"{number:06d}.bin", "<f4").reshape(-1, 4)
        labels = np.fromfile(folder / "labels" / f"{number:06d}.label", "<u4")
        assert len(points) == len(labels)
        whole = np.linalg.inv(forth) @ pose @ forth
        still = points[(labels & 0xFFFF) == 50][:, :3]
        walls.append(still @ whole[:3, :3].T + whole[:3, 3])
    from scipy.spatial import cKDTree

    apart, _ = cKDTree(walls[0]).query(walls[1])
    unmoved, _ = cKDTree(walls[0]).query(walls[1] + [4.0, 0, 0])
    assert np.median(apart) < 0.35
    assert np.median(unmoved) > 1.3 * np.median(apart), "it tells whether clouds are shifted"
    assert np.allclose(np.loadtxt(folder / "times.txt"), [0, 0.5])


def test_nuscenes_annotations_count_the_points_in_their_boxes(nuscenes):
    """By the tables alone: from the sensor to the vehicle to the world, into the box."""
    told = {
        path.stem: {row["token"]: row for row in json.loads(path.read_text())}
        for path in (nuscenes / "v1.0-mini").glob("*.json")
    }
    clouds = [row for row in told["sample_data"].values() if "LIDAR_TOP" in row["filename"]]
    assert len(clouds) == 4
    assert {row["fileformat"] for row in clouds} == {"pcd"}
    counted = 0
    for data in clouds:
        points = np.fromfile(nuscenes / data["filename"], "<f4").reshape(-1, 5)[:, :3]
        for table in ("calibrated_sensor", "ego_pose"):
            pose = _pose(told[table][data[f"{table}_token"]])
            points = points @ pose[:3, :3].T + pose[:3, 3]
        for each in told["sample_annotation"].values():
            if each["sample_token"] == data["sample_token"] and each["num_lidar_pts"]:
                own = (points - each["translation"]) @ _pose(each)[:3, :3]
                width, length, height = each["size"]
                inside = (np.abs(own) <= np.array([length, width, height]) / 2 + 0.17).all(axis=1).sum()
                assert inside >= each["num_lidar_pts"]
                counted += each["num_lidar_pts"]
    assert counted > 200
    assert any(row["num_radar_pts"] for row in told["sample_annotation"].values())


def _pose(row: dict) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    w, x, y, z = row["rotation"]
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = Rotation.from_quat([x, y, z, w]).as_matrix(), row["translation"]
    return pose


def test_the_development_kit_of_nuscenes_reads_clouds_boxes_and_cameras(nuscenes):
    kit = pytest.importorskip("nuscenes.nuscenes")
    classes = pytest.importorskip("nuscenes.utils.data_classes")
    geometry = pytest.importorskip("nuscenes.utils.geometry_utils")
    read = kit.NuScenes("v1.0-mini", str(nuscenes), verbose=False)
    assert len(read.scene) == 2
    inside = 0
    assert [one["name"] for one in sorted(read.category, key=lambda one: one["index"])] == list(read.colormap)
    for sample in read.sample:
        assert set(sample["data"]) == {"CAM_FRONT", "CAM_REAR", "LIDAR_TOP", "RADAR_FRONT"}
        path, boxes, intrinsic = read.get_sample_data(sample["data"]["LIDAR_TOP"])
        assert intrinsic is None
        cloud = classes.LidarPointCloud.from_file(path)
        labels = np.fromfile(nuscenes / read.get("lidarseg", sample["data"]["LIDAR_TOP"])["filename"], np.uint8)
        assert len(labels) == cloud.points.shape[1]
        names = [read.lidarseg_idx2name_mapping[number] for number in np.unique(labels)]
        assert {"flat.driveable_surface", "static.manmade", "vehicle.car"} <= set(names)
        for box in boxes:
            count = read.get("sample_annotation", box.token)["num_lidar_pts"]
            found = int(geometry.points_in_box(box, cloud.points[:3], wlh_factor=1.15).sum())
            assert found >= count * 0.9
            inside += found
        radar = classes.RadarPointCloud.from_file(read.get_sample_data_path(sample["data"]["RADAR_FRONT"]))
        assert radar.points.shape[0] == 18
        assert radar.points.shape[1] > 50, "none is dropped as unsure"
    assert inside > 200


@pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning")  # it leaves files open
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_the_development_kit_of_nuscenes_projects_points_onto_what_they_hit(nuscenes, rendered):
    kit = pytest.importorskip("nuscenes.nuscenes")
    read = kit.NuScenes("v1.0-mini", str(nuscenes), verbose=False)
    frame = next(f for f in read_frames(rendered) if f.camera == "front" and f.weather["visibility"] > 5000)
    (scene,) = (scene for scene in read.scene if scene["name"] == frame.variant)
    data = read.get("sample", scene["first_sample_token"])["data"]
    points, depths, picture = read.explorer.map_pointcloud_to_image(data["LIDAR_TOP"], data["CAM_FRONT"])
    x, y = np.floor(points[:2] + 0.5).astype(int)
    near = (x >= 0) & (x < picture.size[0]) & (y >= 0) & (y < picture.size[1])
    seen = frame.depth()[y[near], x[near]]
    assert near.sum() > 400
    assert (np.abs(seen / depths[near] - 1) < 0.1).mean() > 0.8
