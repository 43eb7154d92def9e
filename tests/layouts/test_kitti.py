"""KITTI object: boxes in two and three dimensions, calibration and LiDAR stay true of every copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import LabelError, UnreadableInput
from domainaug.kernels.maps import PixelMap
from domainaug.layouts import layout_for
from domainaug.layouts.images import encode, read_image
from domainaug.layouts.kitti import Kitti
from domainaug.layouts.kitti_labels import read_calibration, read_objects
from domainaug.layouts.layout import LabelsGone, Stamp
from domainaug.run import augment, replay

HEIGHT, WIDTH = 60, 160
FOCAL = 120.0
CAR = (1.5, 1.6, 3.9, 2.0, 1.6, 14.0, 0.4)  # height, width, length, x, y, z, turn about y
BEHIND = "DontCare -1 -1 -10 3.00 20.00 12.00 30.00 -1 -1 -1 -1000 -1000 -1000 -10"
STAMP = Stamp("p", "1", "d", 0, 0, False, {}, "v")
# x forward, y left, z up to x right, y down, z forward, 0.1 m apart
MOUNTED = np.array([[0, -1, 0, 0.02], [0, 0, -1, -0.08], [1, 0, 0, -0.27]])
TURNED_HERE = np.array([[0.9998, 0.0175, 0.0], [-0.0175, 0.9998, 0.0], [0.0, 0.0, 1.0]])
PROJECTION = np.array([[FOCAL, 0, WIDTH / 2, 8.0], [0, FOCAL, HEIGHT / 2 - 8, 0.1], [0, 0, 1, 0.003]])


def corners(height, width, length, x, y, z, turn) -> np.ndarray:
    """The eight corners of a box, (8, 3): the devkit's own arithmetic, written again."""
    along = np.array([1, 1, -1, -1, 1, 1, -1, -1]) * length / 2
    up = np.array([0, 0, 0, 0, -1, -1, -1, -1]) * height
    across = np.array([1, -1, -1, 1, 1, -1, -1, 1]) * width / 2
    cos, sin = np.cos(turn), np.sin(turn)
    return np.stack([cos * along + sin * across + x, up + y, -sin * along + cos * across + z], axis=1)


def landed(points: np.ndarray, camera: np.ndarray) -> np.ndarray:
    seen = np.column_stack([points, np.ones(len(points))]) @ camera.T
    return seen[:, :2] / seen[:, 2:]


def around(points: np.ndarray) -> np.ndarray:
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def lidar_on_the_car() -> np.ndarray:
    """Points on the faces of the car, seen from the LiDAR."""
    rng = np.random.default_rng(3)
    height, width, length, *_ = CAR
    own = rng.uniform([-length / 2, -height, -width / 2], [length / 2, 0, width / 2], (200, 3))
    cos, sin = np.cos(CAR[6]), np.sin(CAR[6])
    turned = np.stack([cos * own[:, 0] + sin * own[:, 2], own[:, 1], -sin * own[:, 0] + cos * own[:, 2]], axis=1)
    at = turned + CAR[3:6]
    whole = np.eye(4)
    whole[:3] = MOUNTED
    rectified = np.eye(4)
    rectified[:3, :3] = TURNED_HERE
    back = np.linalg.inv(rectified @ whole)
    return np.column_stack([at @ back[:3, :3].T + back[:3, 3], rng.random(200)]).astype(np.float32)


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def text_of(name: str, matrix: np.ndarray) -> str:
    return f"{name}: " + " ".join(f"{value:.12e}" for value in np.ravel(matrix))


def data_set(root: Path, *, split: str = "training", lines: list[str] | None = None, leave_out: str = "") -> Path:
    """A frame with a car: bright in the picture where its 3-D box lands, and hit by the LiDAR."""
    frame = root / split
    box = around(landed(corners(*CAR), PROJECTION))
    picture = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    left, top, right, bottom = np.round(box).astype(int)
    picture[top : bottom + 1, left : right + 1] = 210
    size = " ".join(f"{value:.2f}" for value in CAR[:6])
    shown = " ".join(f"{value:.2f}" for value in box)
    car = f"Car 0.00 1 {CAR[6] - np.arctan2(CAR[3], CAR[5]):.2f} {shown} {size} {CAR[6]:.2f}"
    put(frame / "image_2" / "000008.png", encode(picture)[1])
    if leave_out != "label_2":
        put(frame / "label_2" / "000008.txt", "\n".join([car, BEHIND] if lines is None else lines) + "\n")
    if leave_out != "calib":
        told = {f"P{n}": PROJECTION for n in range(4)} | {"R0_rect": TURNED_HERE, "Tr_velo_to_cam": MOUNTED}
        told["Tr_imu_to_velo"] = np.eye(4)[:3] + 0.01
        put(frame / "calib" / "000008.txt", "\n".join(text_of(*each) for each in told.items()) + "\n")
    if leave_out != "velodyne":
        put(frame / "velodyne" / "000008.bin", lidar_on_the_car().tobytes())
    return root


def profile(tmp_path: Path, *steps: str) -> Path:
    text = "id: test/road\nversion: 1.0.0\ntitle: A road\nframe: {size: [60, 160], channels: 3}\n"
    text += "limits:\n  - {effect: noise, code: TST101, max: 90 %, reason: There is nothing to see in it then., "
    text += "evidence: [{strength: opinion}]}\nrecipe:\n" + "".join(f"  - {step}\n" for step in steps)
    put(tmp_path / "road.yaml", text)
    return tmp_path / "road.yaml"


def copied(tmp_path: Path, *steps: str, root: Path | None = None, copies: int = 1):
    root = data_set(tmp_path / "in") if root is None else root
    out = tmp_path / "out"
    summary = augment(root, out, profile=profile(tmp_path, *steps), copies=copies, seed=5, engine="serial")
    return out / "training", summary


# -- reading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["", "training"])
def test_it_is_recognized_and_what_belongs_to_a_picture_is_found(tmp_path, split):
    root = data_set(tmp_path, split=split)
    assert layout_for(root).name == "kitti"
    (item,) = Kitti().scan(root).items
    assert item.key == f"{split}/image_2/000008.png".lstrip("/")
    sample = Kitti().read(item)
    assert [each.kind for each in sample.beside.objects] == ["Car", "DontCare"]
    assert sample.beside.points.shape == (200, 4)
    np.testing.assert_allclose(sample.boxes[1], [3.5, 20.5, 12.5, 30.5])


def test_pictures_to_be_tested_on_have_no_labels_and_copies_have_none(tmp_path):
    root = data_set(tmp_path / "in", split="testing", leave_out="label_2")
    summary = augment(root, tmp_path / "out", profile=profile(tmp_path, "HorizontalFlip: {p: 1}"), engine="serial")
    assert summary.done == 1
    assert not (tmp_path / "out" / "testing" / "label_2").exists()
    assert (tmp_path / "out" / "testing" / "calib" / "000008_aug000.txt").is_file()


def test_a_picture_whose_labels_are_missing_is_set_aside(tmp_path):
    root = data_set(tmp_path)
    put(root / "training" / "image_2" / "000009.png", encode(np.zeros((9, 9), np.uint8))[1])
    assert [(one.key, one.code) for one in Kitti().scan(root).set_aside] == [
        ("training/image_2/000009.png", "no-label")
    ]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("label_2/000008.txt", "Car 0 0 0 1 2 3", "line 1 .* 14 numbers"),
        ("label_2/000008.txt", f"\n{BEHIND}\nCar 0 0 0 9 2 3 4 1 1 1 1 1 1 x", "line 3 .* 14 numbers"),
        ("label_2/000008.txt", "Car 0 0 0 9 2 3 4 1 1 1 1 1 1 0", "right or bottom lies before"),
        ("label_2/000008.txt", "Car 0 0 0 1 2 3 nan 1 1 1 1 1 1 0", "14 numbers"),
        ("label_2/000008.txt", b"\xff\xfe\x00", "not text"),
        ("calib/000008.txt", "P2: 1 2 3", "line 1 .* 12 finite numbers"),
        ("calib/000008.txt", "P1: 1 0 0 0 0 1 0 0 0 0 1 0", "no P2"),
        ("calib/000008.txt", "hello", "line 1 of its calibration"),
        ("velodyne/000008.bin", b"123", "four 32-bit floats"),
    ],
)
def test_files_that_are_none_are_refused_in_a_sentence(tmp_path, file, content, said):
    root = data_set(tmp_path)
    put(root / "training" / file, content)
    (item,) = Kitti().scan(root).items
    with pytest.raises(UnreadableInput, match=said):
        Kitti().read(item)


# -- copies ----------------------------------------------------------------------------------------------

MOVES = {
    "left alone": "RandomGamma: {gamma_limit: [80, 80], p: 1}",
    "zoom and shift": "Affine: {scale: [1.2, 1.2], keep_ratio: true, translate_percent: [0.05, 0.05], p: 1}",
    "turn": "Affine: {rotate: [4, 4], p: 1}",
    "mirror": "HorizontalFlip: {p: 1}",
    "mirror of a part": "HorizontalFlip: {p: 1}\n  - Crop: {x_min: 30, y_min: 6, x_max: 150, y_max: 56, p: 1}",
    "another size": "Resize: {height: 90, width: 200, p: 1}",
    "perspective": "Perspective: {scale: [0.04, 0.04], p: 1}",
}


@pytest.mark.parametrize("move", MOVES, ids=str)
def test_everything_lands_where_the_copy_shows_it(tmp_path, move):
    out, summary = copied(tmp_path, *MOVES[move].split("\n  - "))
    assert (summary.done, summary.set_aside) == (1, ())
    name = "000008_aug000"
    bright = read_image(out / "image_2" / f"{name}.png")[..., 1] > 120
    car = next(each for each in read_objects((out / "label_2" / f"{name}.txt").read_text()) if each.kind == "Car")
    calibration = read_calibration((out / "calib" / f"{name}.txt").read_text())
    rows, columns = np.nonzero(bright)
    shown = np.array([columns.min(), rows.min(), columns.max(), rows.max()])
    solid = landed(corners(*car.size, *car.place, car.turn), calibration.camera)
    slack = 3.0 if move in ("turn", "perspective") else 1.5  # a box about a turned box is wider than it
    np.testing.assert_allclose(car.box, shown, atol=1.5)
    np.testing.assert_allclose(around(solid), shown, atol=slack + 1)
    assert car.alpha == pytest.approx(car.turn - np.arctan2(car.place[0], car.place[2]), abs=0.02)
    points = np.frombuffer((out / "velodyne" / f"{name}.bin").read_bytes(), "<f4").reshape(-1, 4)
    at = np.column_stack([points[:, :3], np.ones(len(points))]) @ calibration.to_camera[:3].T
    on = np.round(landed(at, calibration.camera)).astype(int)
    inside = (on >= 0).all(axis=1) & (on < bright.shape[::-1]).all(axis=1)
    assert inside.mean() > 0.9
    assert bright[on[inside, 1], on[inside, 0]].mean() > 0.97
    assert _in_the_box(at, car).mean() > 0.99


def _in_the_box(points: np.ndarray, car) -> np.ndarray:
    away = points - car.place
    cos, sin = np.cos(car.turn), np.sin(car.turn)
    own = np.stack([cos * away[:, 0] - sin * away[:, 2], away[:, 1], sin * away[:, 0] + cos * away[:, 2]], axis=1)
    height, width, length = car.size
    low, high = [-length / 2, -height, -width / 2], [length / 2, 0, width / 2]
    return ((own > np.subtract(low, 0.03)) & (own < np.add(high, 0.03))).all(axis=1)


def test_a_mirror_keeps_every_focal_length_positive_and_the_other_axes_right_handed(tmp_path):
    out, _ = copied(tmp_path, "HorizontalFlip: {p: 1}")
    told = read_calibration((out / "calib" / "000008_aug000.txt").read_text()).matrices
    assert all(told[f"P{n}"][0, 0] == pytest.approx(FOCAL) for n in range(4))
    assert np.linalg.det(told["Tr_imu_to_velo"][:, :3]) == pytest.approx(np.linalg.det(np.eye(3) + 0.01))
    np.testing.assert_allclose(told["Tr_velo_to_cam"], MOUNTED)


def test_what_the_frame_cuts_off_is_told_as_truncation(tmp_path):
    out, _ = copied(tmp_path, "Crop: {x_min: 0, y_min: 0, x_max: 100, y_max: 60, p: 1}")
    car, _ = read_objects((out / "label_2" / "000008_aug000.txt").read_text())
    left, _, right, _ = around(landed(corners(*CAR), PROJECTION))
    assert car.box[2] == 99
    assert car.truncated == pytest.approx((right - 99.5) / (right - left), abs=0.01)


def test_regions_that_do_not_count_move_too_and_keep_what_they_say(tmp_path):
    out, _ = copied(tmp_path, "Crop: {x_min: 1, y_min: 2, x_max: 160, y_max: 60, p: 1}")
    line = (out / "label_2" / "000008_aug000.txt").read_text().splitlines()[1]
    assert line == "DontCare -1 -1 -10 2.00 18.00 11.00 28.00 -1 -1 -1 -1000 -1000 -1000 -10"


def test_a_copy_without_an_object_is_drawn_again_and_then_set_aside(tmp_path):
    _, summary = copied(tmp_path, "Crop: {x_min: 0, y_min: 0, x_max: 30, y_max: 60, p: 1}")
    ((code, reason),) = [(one.code, one.reason) for one in summary.set_aside]
    assert code == "label"
    assert "every labeled object left the picture, in each of 6 draws" in reason


def test_what_no_calibration_can_say_is_refused(tmp_path):
    _, summary = copied(tmp_path, "ElasticTransform: {alpha: 30, sigma: 6, p: 1}")
    assert ["a deformation cannot be told by a calibration" in one.reason for one in summary.set_aside] == [True]


def test_without_calibration_light_may_change_and_places_may_not(tmp_path):
    root = data_set(tmp_path / "in", leave_out="calib")
    (item,) = Kitti().scan(root).items
    sample = Kitti().read(item)
    assert sample.beside.moved(()) == (sample.beside, {})
    _, summary = copied(tmp_path, "HorizontalFlip: {p: 1}", root=root)
    assert ["no file in calib/" in one.reason for one in summary.set_aside] == [True]


def test_boxes_alone_need_no_calibration(tmp_path):
    flat = "Car 0.00 0 -10 70.00 20.00 90.00 40.00 0 0 0 0 0 0 0"
    root = data_set(tmp_path / "in", leave_out="calib", lines=[flat])
    (root / "training" / "velodyne" / "000008.bin").unlink()
    out, summary = copied(tmp_path, "HorizontalFlip: {p: 1}", root=root)
    assert summary.done == 1
    (car,) = read_objects((out / "label_2" / "000008_aug000.txt").read_text())
    assert car.box == (69.0, 20.0, 89.0, 40.0)


def test_points_that_no_calibration_places_are_not_mirrored(tmp_path):
    root = data_set(tmp_path)
    place = root / "training" / "calib" / "000008.txt"
    place.write_text("\n".join(line for line in place.read_text().splitlines() if line.startswith("P")))
    (item,) = Kitti().scan(root).items
    mirror = PixelMap.of([[-1, 0, WIDTH - 1], [0, 1, 0]], (HEIGHT, WIDTH))
    with pytest.raises(LabelError, match="does not place the LiDAR"):
        Kitti().read(item).beside.moved((mirror,))


def test_an_object_less_frame_stays_one_and_one_that_lost_its_objects_is_refused(tmp_path):
    (item,) = Kitti().scan(data_set(tmp_path / "a", lines=[])).items
    sample = Kitti().read(item)
    written = Kitti().write(sample, item, STAMP, tmp_path / "out")
    assert (tmp_path / "out" / "training" / "label_2" / "000008_aug000.txt").read_text() == ""
    assert [path.parts[1] for path in written] == ["image_2", "calib", "label_2", "velodyne"]
    (item,) = Kitti().scan(data_set(tmp_path / "b")).items
    sample = Kitti().read(item)
    with pytest.raises(LabelsGone):
        sample.beside.boxed(sample.boxes[1:], (1,))


def test_copies_read_again_and_lists_of_frames_name_them(tmp_path):
    root = data_set(tmp_path / "in")
    put(root / "ImageSets" / "train.txt", "000008\n")
    put(root / "ImageSets" / "val.txt", "000009\n")
    out, _ = copied(tmp_path, MOVES["zoom and shift"], root=root, copies=2)
    assert (out.parent / "ImageSets" / "train.txt").read_text() == "000008_aug000\n000008_aug001\n"
    assert (out.parent / "ImageSets" / "val.txt").read_text() == ""
    scan = Kitti().scan(out.parent)
    assert (len(scan.items), scan.set_aside) == (2, ())
    assert replay(out.parent, engine="serial").ok
