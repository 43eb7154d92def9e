"""Cityscapes: label pictures that agree with each other, polygons and a camera that agree with the picture."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from domainaug.errors import UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.cityscapes import Cityscapes
from domainaug.layouts.cityscapes_labels import CLASSES, classes_of, colored, trained
from domainaug.layouts.images import encode, read_image, read_mask
from domainaug.run import augment, replay

HEIGHT, WIDTH = 50, 100
ROAD, SKY, CAR = 7, 23, 26
BASE = "train/ulm/ulm_000003_000019"
POLYGONS = {
    "sky": [[0, 0], [WIDTH - 1, 0], [WIDTH - 1, 19], [0, 19]],
    "road": [[0, 20], [WIDTH - 1, 20], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]],
    "car": [[30, 15], [59, 15], [59, 34], [30, 34]],
}
CAMERA = {
    "extrinsic": {"baseline": 0.21, "pitch": 0.04, "roll": 0.0, "yaw": 0.0, "x": 1.7, "y": 0.1, "z": 1.2},
    "intrinsic": {"fx": 90.0, "fy": 91.0, "u0": 48.0, "v0": 26.0},
}


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def drawn() -> np.ndarray:
    instances = np.full((HEIGHT, WIDTH), SKY, np.uint16)
    instances[20:] = ROAD
    instances[15:35, 30:60] = CAR * 1000 + 2
    return instances


def data_set(root: Path, *, leave_out: tuple[str, ...] = ()) -> Path:
    instances = drawn()
    classes = classes_of(instances)
    image = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    image[classes == CAR] = 220
    objects = [{"label": label, "polygon": polygon} for label, polygon in POLYGONS.items()]
    files = {
        "gtFine/{}_gtFine_instanceIds.png": encode(instances)[1],
        "gtFine/{}_gtFine_labelIds.png": encode(classes)[1],
        "gtFine/{}_gtFine_labelTrainIds.png": encode(trained(classes))[1],
        "gtFine/{}_gtFine_color.png": encode(colored(classes))[1],
        "gtFine/{}_gtFine_polygons.json": json.dumps({"imgHeight": HEIGHT, "imgWidth": WIDTH, "objects": objects}),
        "camera/{}_camera.json": json.dumps(CAMERA),
        "disparity/{}_disparity.png": encode(np.full((HEIGHT, WIDTH), 4000, np.uint16))[1],
    }
    put(root / f"leftImg8bit/{BASE}_leftImg8bit.png", encode(image)[1])
    for name, content in files.items():
        if not any(part in name for part in leave_out):
            put(root / name.format(BASE), content)
    return root


def copied(tmp_path: Path, *steps: str, root: Path | None = None):
    text = "id: test/road\nversion: 1.0.0\ntitle: A road\nframe: {size: [50, 100], channels: 3}\n"
    text += "limits:\n  - {effect: noise, code: TST101, max: 90 %, reason: There is nothing to see in it then., "
    text += "evidence: [{strength: opinion}]}\nrecipe:\n" + "".join(f"  - {step}\n" for step in steps)
    put(tmp_path / "road.yaml", text)
    root = data_set(tmp_path / "in") if root is None else root
    out = tmp_path / "out"
    return out, augment(root, out, profile=tmp_path / "road.yaml", seed=5, engine="serial")


def of(out: Path, folder: str, ending: str) -> Path:
    return out / folder / f"{BASE}aug000_{ending}"


def labels(out: Path, name: str) -> np.ndarray:
    return read_mask(of(out, "gtFine", f"gtFine_{name}.png"))


MOVES = {
    "mirror": ["HorizontalFlip: {p: 1}"],
    "zoom": ["Affine: {scale: [1.3, 1.3], keep_ratio: true, translate_percent: [0.1, 0.1], p: 1}"],
    "another size": ["Resize: {height: 80, width: 160, p: 1}"],
    "turn": ["Affine: {rotate: [6, 6], p: 1}"],
    "a part": ["Crop: {x_min: 20, y_min: 5, x_max: 95, y_max: 45, p: 1}"],
}


# -- reading ---------------------------------------------------------------------------------------------


def test_it_is_recognized_and_instances_are_the_mask(tmp_path):
    root = data_set(tmp_path)
    assert layout_for(root).name == "cityscapes"
    (item,) = Cityscapes().scan(root).items
    assert item.key == f"leftImg8bit/{BASE}_leftImg8bit.png"
    np.testing.assert_array_equal(Cityscapes().read(item).mask, drawn())


def test_a_picture_without_its_labels_is_set_aside_unless_there_are_none_at_all(tmp_path):
    root = data_set(tmp_path / "a", leave_out=("labelIds", "instanceIds"))
    assert [one.code for one in Cityscapes().scan(root).set_aside] == ["no-label"]
    root = data_set(tmp_path / "b", leave_out=("gtFine",))
    (item,) = Cityscapes().scan(root).items
    assert Cityscapes().read(item).mask is None


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("gtFine/{}_gtFine_labelIds.png", encode(np.full((HEIGHT, WIDTH), 7, np.uint8))[1], "bad-label"),
        ("gtFine/{}_gtFine_labelIds.png", encode(np.full((9, 9), 7, np.uint8))[1], "size-mismatch"),
        ("gtFine/{}_gtFine_polygons.json", '{"objects": [{"label": "car", "polygon": [[1, 2]]}]}', "bad-label"),
        ("gtFine/{}_gtFine_polygons.json", '{"objects": [{"polygon": 3}]}', "bad-label"),
        ("camera/{}_camera.json", '{"intrinsic": {"fx": 0, "fy": 1, "u0": 1, "v0": 1}}', "bad-label"),
        ("camera/{}_camera.json", "[" * 100_000, "bad-label"),
    ],
)
def test_files_that_contradict_or_say_nothing_are_refused(tmp_path, name, content, code):
    root = data_set(tmp_path)
    put(root / name.format(BASE), content)
    (item,) = Cityscapes().scan(root).items
    with pytest.raises(UnreadableInput) as caught:
        Cityscapes().read(item)
    assert caught.value.code == code


# -- copies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("move", MOVES, ids=str)
def test_every_file_of_a_copy_tells_the_same(tmp_path, move):
    out, summary = copied(tmp_path, *MOVES[move])
    assert (summary.done, summary.set_aside) == (1, ())
    image = read_image(of(out, "leftImg8bit", "leftImg8bit.png"))
    instances, classes = labels(out, "instanceIds"), labels(out, "labelIds")
    assert set(np.unique(instances)) <= {0, ROAD, SKY, CAR * 1000 + 2}
    np.testing.assert_array_equal(classes_of(instances), classes)
    np.testing.assert_array_equal(trained(classes), labels(out, "labelTrainIds"))
    np.testing.assert_array_equal(colored(classes), read_image(of(out, "gtFine", "gtFine_color.png")))
    bright = image[..., 0] > 140
    assert ((classes == CAR) & bright).sum() / ((classes == CAR) | bright).sum() > 0.95
    told = json.loads(of(out, "gtFine", "gtFine_polygons.json").read_text())
    assert (told["imgHeight"], told["imgWidth"]) == image.shape[:2]
    again = np.zeros(image.shape[:2], np.uint8)
    for each in told["objects"]:
        cv2.fillPoly(
            again, [np.array(each["polygon"], np.int32)], {"sky": SKY, "road": ROAD, "car": CAR}[each["label"]]
        )
    assert (again == classes).mean() > 0.95


@pytest.mark.parametrize("move", ["zoom", "another size", "a part"])
def test_the_camera_sees_the_car_where_the_copy_shows_it(tmp_path, move):
    out, _ = copied(tmp_path, *MOVES[move])
    inner = json.loads(of(out, "camera", "camera.json").read_text())["intrinsic"]
    before = CAMERA["intrinsic"]
    corners = np.array([[29.5, 14.5], [59.5, 34.5]])  # of the car, outer edges
    rays = (corners - [before["u0"], before["v0"]]) / [before["fx"], before["fy"]]
    expected = (rays * [inner["fx"], inner["fy"]] + [inner["u0"], inner["v0"]]).ravel()
    rows, columns = np.nonzero(labels(out, "labelIds") == CAR)
    shown = [columns.min() - 0.5, rows.min() - 0.5, columns.max() + 0.5, rows.max() + 0.5]
    np.testing.assert_allclose(expected, shown, atol=1.1)


@pytest.mark.parametrize("move", ["turn", "mirror"])
def test_what_four_numbers_cannot_say_of_a_camera_is_not_said(tmp_path, move):
    out, _ = copied(tmp_path, *MOVES[move])
    assert not of(out, "camera", "camera.json").exists()
    assert not of(out, "disparity", "disparity.png").exists()


def test_light_leaves_everything_beside_as_it_is(tmp_path):
    out, _ = copied(tmp_path, "RandomGamma: {gamma_limit: [80, 80], p: 1}")
    assert json.loads(of(out, "camera", "camera.json").read_text()) == CAMERA
    source = tmp_path / "in" / f"disparity/{BASE}_disparity.png"
    assert of(out, "disparity", "disparity.png").read_bytes() == source.read_bytes()
    told = json.loads(of(out, "gtFine", "gtFine_polygons.json").read_text())
    assert {each["label"]: each["polygon"] for each in told["objects"]} == POLYGONS


def test_a_deformation_moves_label_pictures_and_leaves_out_what_has_corners(tmp_path):
    out, summary = copied(tmp_path, "ElasticTransform: {alpha: 30, sigma: 6, p: 1}")
    assert summary.done == 1
    assert labels(out, "labelIds").shape == (HEIGHT, WIDTH)
    assert not of(out, "gtFine", "gtFine_polygons.json").exists()
    assert not of(out, "camera", "camera.json").exists()


def test_classes_without_instances_stay_classes(tmp_path):
    root = data_set(tmp_path / "in", leave_out=("instanceIds", "color", "TrainIds"))
    out, _ = copied(tmp_path, "HorizontalFlip: {p: 1}", root=root)
    np.testing.assert_array_equal(labels(out, "labelIds"), classes_of(drawn())[:, ::-1])
    assert not list(out.rglob("*instanceIds*")) + list(out.rglob("*TrainIds*")) + list(out.rglob("*color*"))


def test_copies_read_again_and_are_replayed(tmp_path):
    out, _ = copied(tmp_path, *MOVES["zoom"])
    scan = Cityscapes().scan(out)
    assert (len(scan.items), scan.set_aside) == (1, ())
    assert Cityscapes().read(scan.items[0]).mask.max() == CAR * 1000 + 2
    assert replay(out, engine="serial").ok


# -- the data set's own scripts --------------------------------------------------------------------------


def test_classes_are_those_of_the_scripts():
    helpers = pytest.importorskip("cityscapesscripts.helpers.labels")
    theirs = {(each.id, each.trainId, each.name, tuple(each.color), each.hasInstances) for each in helpers.labels}
    assert {tuple(each) for each in CLASSES} == theirs


def test_the_scripts_find_the_frame_in_the_name_and_draw_the_same_labels(tmp_path):
    helper = pytest.importorskip("cityscapesscripts.helpers.csHelpers")
    preparing = pytest.importorskip("cityscapesscripts.preparation.json2labelImg")
    annotation = pytest.importorskip("cityscapesscripts.helpers.annotation")
    out, _ = copied(tmp_path, *MOVES["zoom"])
    path = of(out, "gtFine", "gtFine_polygons.json")
    info = helper.getCsFileInfo(str(path))
    assert (info.city, info.sequenceNb, info.frameNb, info.type, info.type2) == (
        "ulm", "000003", "000019aug000", "gtFine", "polygons",
    )  # fmt: skip
    told = annotation.Annotation()
    told.fromJsonFile(str(path))
    again = np.asarray(preparing.createLabelImage(told, "ids"))
    assert (again == labels(out, "labelIds")).mean() > 0.95
