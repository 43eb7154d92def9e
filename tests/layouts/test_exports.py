"""Frames become data sets: their labels agree, and other people's programs read them as they were meant."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from domainaug.cli import app
from domainaug.errors import LabelError, OutputError, UnknownName, UnreadableInput
from domainaug.layouts import layout_named
from domainaug.layouts.exports import EXPORTS, export_frames
from domainaug.layouts.exports.bdd100k import attributes_of
from domainaug.layouts.exports.cityscapes import numbered
from domainaug.layouts.frames import check_frame, read_frames
from domainaug.layouts.images import encode, read_image, read_mask
from domainaug.layouts.kitti_labels import read_calibration, read_objects

HEIGHT, WIDTH, FOCAL, TALL = 60, 120, 80.0, 1.5
ROAD, SKY, PERSON, CAR = 7, 23, 24, 26
CLEAR = {"visibility": 30000, "rain": 0, "snowfall": 0, "snow_cover": 0, "sun_altitude": 50, "clouds": 0.1}
INNER = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
EGO = (10.0, 2.0, 0.0)
CAMERA = np.array([[0, -1, 0, EGO[1]], [0, 0, -1, TALL], [1, 0, 0, -EGO[0]], [0, 0, 0, 1.0]])  # looks along +x


def posed(x: float, y: float, yaw: float) -> np.ndarray:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, -s, 0, x], [s, c, 0, y], [0, 0, 1, 0], [0, 0, 0, 1.0]])


def cast(pose: np.ndarray, size: tuple[float, float, float]) -> np.ndarray:
    """Depth of a box at the middle of each pixel, inf beside it."""
    columns, rows = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    rays = np.stack([columns, rows, np.ones_like(rows)], axis=-1) @ np.linalg.inv(INNER).T
    back = np.linalg.inv(CAMERA @ pose)
    own, start = rays @ back[:3, :3].T, back[:3, 3]
    low, high = np.array([-size[0] / 2, -size[1] / 2, 0]), np.array([size[0] / 2, size[1] / 2, size[2]])
    with np.errstate(divide="ignore"):
        ends = np.sort(np.stack([(low - start) / own, (high - start) / own]), axis=0)
    near, far = ends[0].max(axis=-1), ends[1].min(axis=-1)
    return np.where((near < far) & (near > 0), near, np.inf)


THINGS = {
    3: ("car", CAR, (4.2, 1.8, 1.5), 0.5),
    4: ("pedestrian", PERSON, (0.5, 0.6, 1.8), 0.0),
    5: ("car", CAR, (4.0, 1.7, 1.4), 0.0),  # behind the first
}


def place_of(number: int, frame: int) -> tuple[float, float]:
    return {3: (22.0 + frame, 3.0), 4: (20.0, -1.5), 5: (40.0 + frame, 5.0)}[number]


def put_frame(folder: Path, frame: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    depth = np.full((HEIGHT, WIDTH), np.inf)
    instance, classes = np.zeros((HEIGHT, WIDTH), np.uint16), np.full((HEIGHT, WIDTH), SKY, np.uint8)
    classes[HEIGHT // 2 :] = ROAD
    alone, poses = {}, {}
    for number, (_, kind, size, yaw) in THINGS.items():
        poses[number] = posed(*place_of(number, frame), yaw)
        alone[number] = cast(poses[number], size)
        nearer = alone[number] < depth
        depth[nearer], instance[nearer], classes[nearer] = alone[number][nearer], number, kind
    told = []
    for number, (name, _, size, _) in THINGS.items():
        shown, whole = np.nonzero(instance == number), np.nonzero(np.isfinite(alone[number]))
        pixels = len(shown[0])
        told.append(
            {
                "instance": number, "class": name, "pixels": pixels, "occlusion": 1 - pixels / len(whole[0]),
                "truncation": 0.0, "box": _around(shown) if pixels else None, "amodal_box": _around(whole),
                "whole_box": _around(whole),
                "box_3d": {
                    "pose_to_world": poses[number].tolist(), "pose_to_camera": (CAMERA @ poses[number]).tolist(),
                    "size_lwh_m": list(size), "velocity_mps": [2.0 if name == "car" else 0.0, 0.0, 0.0],
                },
            }
        )  # fmt: skip
    camera = {"width": WIDTH, "height": HEIGHT, "intrinsics": INNER.tolist(), "world_to_camera": CAMERA.tolist()}
    ego = {"place_m": list(EGO), "yaw_deg": 0.0, "velocity_mps": [0, 0, 0]}
    content = {"time_s": frame * 0.5, "camera": camera, "ego": ego, "objects": told}
    image = np.stack([classes * 5, np.where(instance, 200, 40), instance * 40], axis=-1).astype(np.uint8)
    far = np.where(np.isfinite(depth), np.rint(depth * 100), 0).astype(np.uint16)
    files = {"png": image, "cityscapes.png": classes, "instance.png": instance, "depth.png": far}
    for ending, pixels in files.items():
        (folder / f"{frame:06d}.{ending}").write_bytes(encode(pixels)[1])
    (folder / f"{frame:06d}.objects.json").write_text(json.dumps(content))


def _around(where) -> list[int]:
    rows, columns = where
    return [int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    """Two weathers of a street of two frames."""
    root = tmp_path_factory.mktemp("frames") / "rendered"
    for variant, weather in (("aa", CLEAR), ("bb", {**CLEAR, "rain": 5})):
        for frame in range(2):
            put_frame(root / "variants" / variant / "front", frame)
        told = {"labels_id": "L", "weather": weather, "layout": "highway"}
        (root / "variants" / variant / "scene.json").write_text(json.dumps(told))
    return root


@pytest.fixture
def one(tmp_path) -> Path:
    """A frame that a test may spoil."""
    put_frame(tmp_path / "own" / "variants" / "aa" / "front", 0)
    told = json.dumps({"labels_id": "L", "weather": CLEAR})
    (tmp_path / "own" / "variants" / "aa" / "scene.json").write_text(told)
    return tmp_path / "own"


def changed(root: Path, number: int, **values) -> None:
    (path,) = root.rglob("*.objects.json")
    content = json.loads(path.read_text())
    for each in content["objects"]:
        if each["instance"] == number:
            for name, value in values.items():
                (each["box_3d"] if name in each["box_3d"] else each)[name] = value
    path.write_text(json.dumps(content))


# -- reading and checking --------------------------------------------------------------------------------


def test_frames_are_read_in_order_and_their_labels_agree(rendered):
    frames = read_frames(rendered)
    assert [frame.stem for frame in frames] == [
        "aa_front_000000", "aa_front_000001", "bb_front_000000", "bb_front_000001",
    ]  # fmt: skip
    assert [check_frame(frame) for frame in frames] == [3, 3, 3, 3]
    assert {frame.street for frame in frames} == {"highway"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"box": [0, 0, 5, 5]}, r"the pixels of thing 3 lie in \(.*, its box is \(0, 0, 5, 5\)"),
        ({"pixels": 7}, "pixels show thing 3, and it says 7"),
        ({"instance": 9}, "pixels show thing 3, which has no box"),
        ({"pose_to_camera": (CAMERA @ posed(30, 3, 0.5)).tolist()}, "of the pixels of thing 3 lie in its 3-D box"),
        ({"size_lwh_m": [4.2, 1.8, 0.4]}, "of the pixels of thing 3 lie in its 3-D box"),
    ],
)
def test_labels_that_contradict_each_other_are_named_and_nothing_is_written(one, tmp_path, values, said):
    changed(one, 3, **values)
    with pytest.raises(LabelError, match=said):
        export_frames(one, tmp_path / "out", "kitti")
    assert not (tmp_path / "out").exists()


def test_bad_input_is_one_sentence(rendered, one, tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'kitti'"):
        export_frames(rendered, tmp_path / "out", "kity")
    with pytest.raises(UnreadableInput, match="there are no frames here"):
        export_frames(tmp_path / "none", tmp_path / "out", "kitti")
    with pytest.raises(OutputError, match="something here already"):
        export_frames(rendered, one, "kitti")
    (path,) = one.rglob("*.objects.json")
    told = json.loads(path.read_text())
    del told["camera"]["intrinsics"]
    path.write_text(json.dumps(told))
    with pytest.raises(
        UnreadableInput, match="does not tell of a frame: the calibration of its camera has no intrinsics"
    ):
        export_frames(one, tmp_path / "out", "kitti")
    path.write_text("{}")
    with pytest.raises(UnreadableInput, match="has no width and no height and no intrinsics and no world_to_camera"):
        export_frames(one, tmp_path / "out", "kitti")
    assert not (tmp_path / "out").exists()


def test_classes_of_points_need_a_lidar(rendered, tmp_path):
    with pytest.raises(LabelError, match="no LiDAR was there"):
        export_frames(rendered, tmp_path / "out", "semantic-kitti")
    assert not (tmp_path / "out").exists()


def test_the_command_exports_and_the_same_frames_give_the_same_bytes(rendered, tmp_path):
    from typer.testing import CliRunner

    for layout in set(EXPORTS) - {"semantic-kitti"}:
        outs = [tmp_path / f"{layout}{number}" for number in range(2)]
        for out in outs:
            done = CliRunner().invoke(app, ["export", str(rendered), str(out), "--layout", layout])
            assert done.exit_code == 0, done.output
            assert f"4 frames as {layout}" in done.stdout
        files = [{p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()} for out in outs]
        assert files[0] == files[1]


# -- layouts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layout", "count"), [("kitti", 2), ("yolo", 2), ("cityscapes", None)])
def test_what_was_exported_is_a_layout_that_is_augmented(rendered, tmp_path, layout, count):
    export_frames(rendered, tmp_path / "out", layout)
    scan = layout_named(layout).scan(tmp_path / "out")
    assert (len(scan.items), scan.set_aside) == (4, ())
    sample = layout_named(layout).read(scan.items[0])
    if count is None:
        assert sorted(np.unique(sample.mask).tolist()) == [ROAD, SKY, PERSON * 1000, CAR * 1000]
    else:
        assert len(sample.boxes) == count, "the car behind the other is not seen"


def test_kitti_boxes_project_onto_their_pixels(rendered, tmp_path):
    export_frames(rendered, tmp_path / "out", "kitti")
    root = tmp_path / "out" / "training"
    car = next(each for each in read_objects((root / "label_2" / "000001.txt").read_text()) if each.kind == "Car")
    camera = read_calibration((root / "calib" / "000001.txt").read_text()).camera
    height, width, length = car.size
    c, s = np.cos(car.turn), np.sin(car.turn)
    own = np.array(
        [[x, y, z] for x in (-length / 2, length / 2) for y in (-height, 0) for z in (-width / 2, width / 2)]
    )
    at = np.stack([c * own[:, 0] + s * own[:, 2], own[:, 1], -s * own[:, 0] + c * own[:, 2]], axis=1) + car.place
    seen = np.column_stack([at, np.ones(8)]) @ camera.T
    landed = seen[:, :2] / seen[:, 2:]
    np.testing.assert_allclose([*landed.min(axis=0), *landed.max(axis=0)], car.box, atol=0.8)
    assert car.turn == pytest.approx(-0.5 - np.pi / 2), "it heads half a radian to the left of the camera's view"


@pytest.mark.parametrize("truncation", [0.0, 0.3])
def test_kitti_boxes_of_what_the_frame_cuts_are_around_what_is_seen(one, tmp_path, truncation):
    """Beside the camera, the unseen rest of a car lands above and below the picture that shows a strip of it."""
    changed(one, 3, truncation=truncation, amodal_box=[0.0, 0.0, float(WIDTH), float(HEIGHT)])
    export_frames(one, tmp_path / "out", "kitti")
    car, _ = read_objects((tmp_path / "out" / "training" / "label_2" / "000000.txt").read_text())
    (frame,) = read_frames(one)
    seen = next(thing.box for thing in frame.things if thing.instance == 3)
    expected = np.subtract(seen, 0.5) if truncation else [0, 0, WIDTH - 1, HEIGHT - 1]
    np.testing.assert_allclose(car.box, expected)
    assert car.truncated == truncation


def test_a_camera_that_leans_has_no_upright_boxes(one, tmp_path):
    tilt = np.eye(4)
    tilt[1:3, 1:3] = [[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]]
    pose = CAMERA @ posed(20.0, -1.5, 0.0)
    pose[:3, :3] = tilt[:3, :3] @ pose[:3, :3]
    changed(one, 4, pose_to_camera=pose.tolist())
    with pytest.raises(LabelError, match=r"leans by 5\.7 degrees against thing 4"):
        export_frames(one, tmp_path / "out", "kitti")


def test_panoptic_segments_are_the_pixels_that_they_say(rendered, tmp_path):
    export_frames(rendered, tmp_path / "out", "coco-panoptic")
    folder = tmp_path / "out" / "annotations"
    told = json.loads((folder / "panoptic.json").read_text())
    things = {each["id"] for each in told["categories"] if each["isthing"]}
    for each in told["annotations"]:
        levels = read_image(folder / "panoptic" / each["file_name"]).astype(int)
        segments = levels[..., 0] + 256 * levels[..., 1] + 65536 * levels[..., 2]
        found = dict(zip(*(part.tolist() for part in np.unique(segments, return_counts=True)), strict=True))
        assert found == {one["id"]: one["area"] for one in each["segments_info"]}
        assert sorted(one["category_id"] for one in each["segments_info"]) == [ROAD, SKY, PERSON, CAR]
        assert {CAR, PERSON} <= things


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # its own, under numpy 2
def test_pycocotools_reads_the_instances(rendered, tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    export_frames(rendered, tmp_path / "out", "coco-panoptic")
    read = coco.COCO(str(tmp_path / "out" / "annotations" / "instances.json"))
    assert len(read.anns) == 8
    for each in read.anns.values():
        mask = read.annToMask(each)
        assert mask.sum() == each["area"]
        left, top, right, bottom = _around(np.nonzero(mask))
        assert each["bbox"] == [left, top, right - left, bottom - top]


def test_cityscapes_scripts_count_the_same_instances(rendered, tmp_path):
    helper = pytest.importorskip("cityscapesscripts.helpers.csHelpers")
    instances = pytest.importorskip("cityscapesscripts.evaluation.instance")
    export_frames(rendered, tmp_path / "out", "cityscapes")
    path = next(iter(sorted((tmp_path / "out").rglob("*_instanceIds.png"))))
    info = helper.getCsFileInfo(str(path))
    assert (info.city, info.sequenceNb, info.frameNb) == ("aa", "000000", "000000")
    drawn = read_mask(path)
    found = [instances.Instance(drawn, number) for number in np.unique(drawn) if number >= 1000]
    counts = {each.labelID: each.pixelCount for each in found}
    (frame, *_) = read_frames(rendered)
    assert counts == {CAR: int((frame.instances() == 3).sum()), PERSON: int((frame.instances() == 4).sum())}


def test_cityscapes_counts_to_a_thousand():
    things = np.arange(1, 1002, dtype=np.uint16)[None]
    assert numbered(np.full((1, 1000), CAR, np.uint8), things[:, :1000]).max() == CAR * 1000 + 999
    with pytest.raises(LabelError, match="1001 things of class 26"):
        numbered(np.full((1, 1001), CAR, np.uint8), things)


def test_bdd100k_labels_say_weather_hour_and_scene(rendered, tmp_path):
    export_frames(rendered, tmp_path / "out", "bdd100k")
    told = json.loads((tmp_path / "out" / "labels" / "det_20" / "det_train.json").read_text())
    assert [each["attributes"]["weather"] for each in told] == ["clear", "clear", "rainy", "rainy"]
    assert told[0]["attributes"] == {"weather": "clear", "timeofday": "daytime", "scene": "highway"}
    assert sorted(each["category"] for each in told[0]["labels"]) == ["car", "pedestrian"]
    (frame, *_) = read_frames(rendered)
    box = next(each["box2d"] for each in told[0]["labels"] if each["category"] == "car")
    left, top, right, bottom = next(thing.box for thing in frame.things if thing.instance == 3)
    assert list(box.values()) == [left, top, right - 1, bottom - 1]
    assert (tmp_path / "out" / "images" / "100k" / "train" / told[0]["name"]).is_file()


@pytest.mark.parametrize(
    ("weather", "expected"),
    [
        ({"clouds": 0.5}, "partly cloudy"),
        ({"clouds": 0.9}, "overcast"),
        ({"clouds": 0.9, "visibility": 300}, "foggy"),
        ({"visibility": 300, "rain": 1}, "rainy"),
        ({"rain": 1, "snowfall": 1}, "snowy"),
        ({"snow_cover": 0.9}, "snowy"),
    ],
)
def test_bdd100k_has_one_word_for_the_sky(weather, expected):
    assert attributes_of({**CLEAR, **weather}, "city")["weather"] == expected


@pytest.mark.parametrize(("sun", "expected"), [(-20, "night"), (-3, "dawn/dusk"), (3, "dawn/dusk"), (20, "daytime")])
def test_bdd100k_has_three_hours(sun, expected):
    assert attributes_of({**CLEAR, "sun_altitude": sun}, "")["timeofday"] == expected


def tables(root: Path) -> dict[str, list[dict]]:
    return {path.stem: json.loads(path.read_text()) for path in sorted((root / "v1.0-mini").glob("*.json"))}


def test_nuscenes_tables_point_at_each_other(rendered, tmp_path):
    export_frames(rendered, tmp_path / "out", "nuscenes")
    told = tables(tmp_path / "out")
    assert len(told) == 13
    tokens = {name: {row["token"] for row in rows} for name, rows in told.items()}
    for name, rows in told.items():
        assert len(tokens[name]) == len(rows), f"a token of {name} is there twice"
        for row in rows:
            for key, value in row.items():
                table = key.removesuffix("_token").removeprefix("first_").removeprefix("last_")
                table = {"annotation": "sample_annotation"}.get(table, table)
                if key.endswith("_token"):
                    assert value in tokens[table], f"{name}.{key}"
                elif key in ("prev", "next"):
                    assert value == "" or value in tokens[name]
    for name in ("sample", "sample_data", "sample_annotation"):
        rows = {row["token"]: row for row in told[name]}
        assert all(rows[row["next"]]["prev"] == row["token"] for row in rows.values() if row["next"])
    assert {row["nbr_annotations"] for row in told["instance"]} == {2}
    assert {row["timestamp"] for row in told["sample"]} == {0, 500_000, 10_000_000_000, 10_000_500_000}


def test_nuscenes_boxes_land_on_their_pixels(rendered, tmp_path):
    """From the world to the vehicle to the camera, as the tables say and not as the frame does."""
    export_frames(rendered, tmp_path / "out", "nuscenes")
    told = {name: {row["token"]: row for row in rows} for name, rows in tables(tmp_path / "out").items()}
    frames = {f"{frame.variant}{frame.number}": frame for frame in read_frames(rendered)}
    held = 0
    for data in told["sample_data"].values():
        frame = frames[f"{Path(data['filename']).name[:2]}{int(bool(data['prev']))}"]
        ego, mounted = (
            told["ego_pose"][data["ego_pose_token"]],
            told["calibrated_sensor"][data["calibrated_sensor_token"]],
        )
        back = np.linalg.inv(_pose(ego) @ _pose(mounted))
        for each in told["sample_annotation"].values():
            if each["sample_token"] != data["sample_token"]:
                continue
            width, length, height = each["size"]
            own = np.array([[x, y, z, 1] for x in (-length / 2, length / 2) for y in (-width / 2, width / 2)
                            for z in (-height / 2, height / 2)])  # fmt: skip
            seen = (own @ (back @ _pose(each)).T)[:, :3] @ np.array(mounted["camera_intrinsic"]).T
            landed = seen[:, :2] / seen[:, 2:] + 0.5
            around = np.concatenate([landed.min(axis=0), landed.max(axis=0)])
            assert any(np.abs(around - thing.whole).max() < 1 for thing in frame.things)
            held += 1
    assert held == 8


def _pose(row: dict) -> np.ndarray:
    w, x, y, z = row["rotation"]
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    pose[:3, 3] = row["translation"]
    return pose


def test_the_development_kit_of_nuscenes_reads_the_tables(rendered, tmp_path):
    kit = pytest.importorskip("nuscenes.nuscenes")
    export_frames(rendered, tmp_path / "out", "nuscenes")
    read = kit.NuScenes("v1.0-mini", str(tmp_path / "out"), verbose=False)
    assert sorted(read.sample[0]["data"]) == ["CAM_FRONT"]
    path, boxes, _ = read.get_sample_data(read.sample[0]["data"]["CAM_FRONT"])
    assert Path(path).is_file()
    assert sorted(box.name for box in boxes) == ["human.pedestrian.adult", "vehicle.car"]
