"""LiDAR, radar and flow on disk: one truth for all weathers, clouds that lie where the labels say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street import views
from domainaug_simulators.street.listening import LIDAR_LABEL_KINDS
from domainaug_simulators.street.town import plan
from domainaug_simulators.street.town.tags import Tag

from domainaug.driving.lidar_weather import Echo
from domainaug.layouts.images import read_mask
from domainaug.run import simulate

SCENARIO = """id: test
simulator: street
world:
  layout: city
  seed: 1
  frames: 2
  dt: 0.2
  sensors:
  - {name: front, kind: camera}
  - {name: top, kind: lidar, x: -0.4, z: 1.9, yaw: 3, channels: 24, columns: 720}
  - {name: bumper, kind: radar}
fixed: {width: 96, height: 64, quality: draft}
vary: {weather: [noon, fog-dense, rain-heavy]}
sample: {method: grid}
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> dict[str, Path]:
    """The folder of each weather's variant."""
    root = tmp_path_factory.mktemp("sensors")
    (root / "scenario.yaml").write_text(SCENARIO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "town_of", cache(plan.town_of))
        assert simulate(root / "scenario.yaml", root / "out", engine="serial").exit_code == 0
    rows = [json.loads(line) for line in (root / "out" / "variants.jsonl").read_text().splitlines()]
    return {row["values"]["weather"]: root / "out" / "variants" / row["id"] for row in rows}


def read(folder: Path, sensor: str, ending: str, frame: int = 0):
    path = folder / sensor / f"{frame:06d}.{ending}"
    return json.loads(path.read_text()) if ending.endswith("json") else np.load(path)


@pytest.mark.slow
def test_all_weathers_share_one_truth_byte_for_byte(rendered) -> None:
    shared = [f"top/{frame:06d}.{kind}" for frame in range(2) for kind in LIDAR_LABEL_KINDS]
    for name in (*shared, "front/000000.flow.png", "bumper/000001.radar.json", "rig.json"):
        assert len({(folder / name).read_bytes() for folder in rendered.values()}) == 1, name
    assert len({(folder / "top" / "000000.npz").read_bytes() for folder in rendered.values()}) == 3


@pytest.mark.slow
def test_the_same_scenario_gives_the_same_bytes(rendered, tmp_path) -> None:
    (tmp_path / "scenario.yaml").write_text(SCENARIO.replace("[noon, fog-dense, rain-heavy]", "[noon, fog-dense]"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "town_of", cache(plan.town_of))
        simulate(tmp_path / "scenario.yaml", tmp_path / "out", engine="serial")
    again = tmp_path / "out" / "variants" / rendered["fog-dense"].name
    first = {path.relative_to(rendered["fog-dense"]): path.read_bytes() for path in rendered["fog-dense"].rglob("*.*")}
    assert {path.relative_to(again): path.read_bytes() for path in again.rglob("*.*")} == first
    assert len(first) > 20


@pytest.mark.slow
def test_what_comes_back_in_fog_is_what_came_back_in_clear_air_or_of_the_fog(rendered) -> None:
    clear, fog = (read(rendered[weather], "top", "npz") for weather in ("noon", "fog-dense"))
    assert (clear["echo"] == Echo.SURFACE).all()
    surface = fog["echo"] == Echo.SURFACE
    assert 0.05 < surface.sum() / len(clear["pulse"]) < 0.9
    assert (fog["echo"] == Echo.FOG).any()
    same = np.searchsorted(clear["pulse"], fog["pulse"][surface])
    assert (clear["pulse"][same] == fog["pulse"][surface]).all()
    assert np.array_equal(clear["points"][same, :3], fog["points"][surface, :3]), "the same noise, too"
    assert (clear["points"][same, 3] > fog["points"][surface, 3]).mean() > 0.95
    for name in ("semantic", "instance"):
        assert (clear[name][same] == fog[name][surface]).all()
        assert (fog[name][~surface] == 0).all(), "fog is nothing's"


@pytest.mark.slow
def test_a_cloud_is_its_truth_with_the_noise_of_the_sensor(rendered) -> None:
    cloud, truth = read(rendered["noon"], "top", "npz"), read(rendered["noon"], "top", "truth.npz")
    assert truth["range"].shape == truth["semantic"].shape == truth["instance"].shape == (24, 720)
    away = np.linalg.norm(cloud["points"][:, :3], axis=1)
    error = away - truth["range"].ravel()[cloud["pulse"]]
    assert error.std() == pytest.approx(0.02, rel=0.05)
    assert (truth["semantic"].ravel()[cloud["pulse"]] == cloud["semantic"]).all()
    assert (cloud["ring"] == cloud["pulse"] // 720).all()
    assert {Tag.ROAD, Tag.BUILDING} <= set(cloud["semantic"].tolist())


@pytest.mark.slow
@pytest.mark.parametrize("frame", [0, 1])
def test_points_of_things_lie_in_their_boxes_in_the_sensor_and_in_the_world(rendered, frame) -> None:
    truth, told = (read(rendered["noon"], "top", kind, frame) for kind in LIDAR_LABEL_KINDS)
    cloud = read(rendered["noon"], "top", "npz", frame)
    assert {one["instance"] for one in told["objects"]} == set(np.unique(truth["instance"]).tolist()) - {0}
    to_world = np.array(told["sensor_to_world"])
    for one in told["objects"]:
        assert one["points"] == (truth["instance"] == one["instance"]).sum()
        mine = cloud["points"][cloud["instance"] == one["instance"], :3]
        length, width, height = one["box_3d"]["size_lwh_m"]
        for pose, points in (
            ("pose_to_sensor", mine),
            ("pose_to_world", mine @ to_world[:3, :3].T + to_world[:3, 3]),
        ):
            turn = np.array(one["box_3d"][pose])
            own = (points - turn[:3, 3]) @ turn[:3, :3]
            assert (np.abs(own[:, :2]) <= np.array([length, width]) / 2 + 0.12).all()
            assert ((own[:, 2] >= -0.12) & (own[:, 2] <= height + 0.12)).all()


@pytest.mark.slow
def test_points_land_where_the_camera_sees_the_same_thing_as_far_away(rendered) -> None:
    folder = rendered["noon"]
    cloud, frame = read(folder, "top", "npz"), read(folder, "front", "objects.json")
    to_camera = np.array(frame["camera"]["world_to_camera"]) @ read(folder, "top", "turn.json")["sensor_to_world"]
    points = cloud["points"][:, :3] @ to_camera[:3, :3].T + to_camera[:3, 3]
    landed = points @ np.array(frame["camera"]["intrinsics"]).T
    x, y = np.floor(landed[:, :2] / landed[:, 2:]).T
    inside = (points[:, 2] > 0.5) & (x >= 0) & (x < 96) & (y >= 0) & (y < 64)
    at = y[inside].astype(int), x[inside].astype(int)
    seen = read_mask(folder / "front" / "000000.semantic.png")[at]
    depth = read_mask(folder / "front" / "000000.depth.png")[at] / 100
    assert inside.sum() > 500
    alike = (seen == cloud["semantic"][inside]) & (np.abs(depth / points[inside, 2] - 1) < 0.1)
    assert alike.mean() > 0.75, "the rest lies at edges, and where only one of two places sees"


@pytest.mark.slow
def test_the_rig_says_where_its_sensors_were(rendered) -> None:
    folder = rendered["noon"]
    rig = json.loads((folder / "rig.json").read_text())
    assert {name: one["kind"] for name, one in rig["sensors"].items()} == {
        "front": "camera", "top": "lidar", "bumper": "radar",
    }  # fmt: skip
    for frame in range(2):
        vehicle = np.array(rig["poses"][frame]["vehicle_to_world"])
        for name, ending, key in (("top", "turn.json", "sensor_to_world"), ("bumper", "radar.json", "sensor_to_world")):
            placed = vehicle @ rig["sensors"][name]["sensor_to_vehicle"]
            assert np.allclose(placed, read(folder, name, ending, frame)[key], atol=1e-4)
        camera = vehicle @ rig["sensors"]["front"]["sensor_to_vehicle"]
        told = read(folder, "front", "objects.json", frame)["camera"]
        assert np.allclose(np.linalg.inv(camera), told["world_to_camera"], atol=1e-4)
        assert rig["sensors"]["front"]["intrinsics"] == told["intrinsics"]
    moved = np.subtract(rig["poses"][1]["place_m"], rig["poses"][0]["place_m"])
    assert moved == pytest.approx(0.2 * np.array(rig["poses"][0]["velocity_mps"]), abs=0.1), (
        "traffic speeds up and brakes"
    )


@pytest.mark.slow
def test_radar_hears_less_far_in_rain_and_as_well_in_fog(rendered) -> None:
    clear, fog, rain = (read(rendered[weather], "bumper", "npz") for weather in ("noon", "fog-dense", "rain-heavy"))
    assert all(np.array_equal(clear[name], fog[name]) for name in clear.files)
    assert set(rain["range"].tolist()) <= set(clear["range"].tolist())
    assert len(clear["range"]) > 100


@pytest.mark.slow
def test_flow_carries_pixels_to_where_the_next_frame_shows_the_same_thing(rendered) -> None:
    import cv2

    folder = rendered["noon"] / "front"
    coded = cv2.imread(str(folder / "000000.flow.png"), cv2.IMREAD_UNCHANGED)[..., ::-1].astype(float)
    assert not (folder / "000001.flow.png").exists(), "nothing comes after the last"
    seen = coded[..., 2] == 1
    rows, columns = np.nonzero(seen)
    there = (
        np.floor(columns + 0.5 + (coded[seen, 0] - 32768) / 64),
        np.floor(rows + 0.5 + (coded[seen, 1] - 32768) / 64),
    )
    x, y = (np.clip(one, 0, size - 1).astype(int) for one, size in zip(there, (96, 64), strict=True))
    before, after = (read_mask(folder / f"{number:06d}.semantic.png") for number in (0, 1))
    assert seen.mean() > 0.5
    assert (before[rows, columns] == after[y, x]).mean() > 0.9
