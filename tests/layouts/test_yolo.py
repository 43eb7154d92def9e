"""YOLO: boxes and outlines in shares of the picture, and the file that names classes and splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from domainaug.errors import UnreadableInput
from domainaug.kernels.maps import PixelMap
from domainaug.layouts import layout_for
from domainaug.layouts.images import encode, read_image
from domainaug.layouts.instances import fill_polygons
from domainaug.layouts.layout import LabelsGone
from domainaug.layouts.yolo import Yolo, read_rows
from domainaug.run import augment, replay

HEIGHT, WIDTH = 48, 64
BOX = (10, 8, 30, 24)  # edges
TRIANGLE = np.array([[40.0, 10.0], [60.0, 10.0], [50.0, 40.0]])
NAMES = "names: {0: car, 1: rider}\n"


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def lines() -> str:
    left, top, right, bottom = BOX
    box = [(left + right) / 2 / WIDTH, (top + bottom) / 2 / HEIGHT, (right - left) / WIDTH, (bottom - top) / HEIGHT]
    outline = (TRIANGLE / [WIDTH, HEIGHT]).ravel()
    return "\n".join(" ".join(map(str, (kind, *values))) for kind, values in ((0, box), (1, outline))) + "\n"


def picture() -> np.ndarray:
    """The box in green and the outline in red, so that the picture shows where each is."""
    shown = np.full((HEIGHT, WIDTH, 3), 30, np.uint8)
    shown[BOX[1] : BOX[3], BOX[0] : BOX[2], 1] = 220
    shown[fill_polygons([TRIANGLE.ravel().tolist()], (HEIGHT, WIDTH)), 0] = 220
    return shown


def data_set(root: Path, *, labels: str | None = None, table: str | None = f"train: images/train\n{NAMES}") -> Path:
    put(root / "images" / "train" / "a.png", encode(picture())[1])
    put(root / "labels" / "train" / "a.txt", lines() if labels is None else labels)
    if table is not None:
        put(root / "data.yaml", table)
    return root


def profile(tmp_path: Path, *steps: str) -> Path:
    text = "id: test/road\nversion: 1.0.0\ntitle: A road\nframe: {size: [48, 64], channels: 3}\n"
    text += "limits:\n  - {effect: noise, code: TST101, max: 90 %, reason: There is nothing to see in it then., "
    text += "evidence: [{strength: opinion}]}\nrecipe:\n" + "".join(f"  - {step}\n" for step in steps)
    put(tmp_path / "road.yaml", text)
    return tmp_path / "road.yaml"


def copied(tmp_path: Path, *steps: str, root: Path | None = None, copies: int = 1):
    root = data_set(tmp_path / "in") if root is None else root
    used = profile(tmp_path, *steps)
    return tmp_path / "out", augment(root, tmp_path / "out", profile=used, copies=copies, seed=5, engine="serial")


# -- reading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [None, f"train: images/train\n{NAMES}"], ids=["without a table", "with one"])
def test_it_is_recognized_and_labels_are_read(tmp_path, table):
    root = data_set(tmp_path, table=table)
    assert layout_for(root).name == "yolo"
    (item,) = Yolo().scan(root).items
    assert item.key == "images/train/a.png"
    sample = Yolo().read(item)
    np.testing.assert_allclose(sample.boxes, [BOX])
    np.testing.assert_allclose(sample.beside.rows[1].outline, TRIANGLE - 0.5)


def test_the_table_itself_names_the_data_set(tmp_path):
    root = data_set(tmp_path)
    assert layout_for(root / "data.yaml").name == "yolo"
    assert len(Yolo().scan(root / "data.yaml").items) == 1


@pytest.mark.parametrize("text", ["a recipe for soup\n", "0 5 5 12 12\n", ""])
def test_other_text_beside_pictures_is_not_taken_for_labels(tmp_path, text):
    assert layout_for(data_set(tmp_path, labels=text, table=None)).name == "image-folder"


def test_labels_may_lie_beside_their_picture_and_other_pictures_are_left_alone(tmp_path):
    put(tmp_path / "a.png", encode(picture())[1])
    put(tmp_path / "a.txt", lines())
    put(tmp_path / "runs" / "curve.png", encode(picture())[1])
    assert [item.key for item in Yolo().scan(tmp_path).items] == ["a.png"]


def test_a_picture_without_labels_shows_nothing_that_has_one(tmp_path):
    root = data_set(tmp_path / "in")
    put(root / "images" / "train" / "empty.png", encode(picture())[1])
    out, summary = copied(tmp_path, "HorizontalFlip: {p: 1}", root=root)
    assert (summary.done, summary.set_aside) == (2, ())
    assert sorted(path.name for path in (out / "labels" / "train").iterdir()) == ["a_aug000.txt"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 0.5 0.5 0.2", "line 2 .* four numbers of a box, or three or more corners"),
        ("0 0.5 0.5 0.2 0.2 0.3", "four numbers of a box"),
        ("car 0.5 0.5 0.2 0.2", "four numbers of a box"),
        ("-1 0.5 0.5 0.2 0.2", "four numbers of a box"),
        ("0 0.5 0.5 0.2 nan", "no shares of a picture"),
        ("0 20 30 12 12", "no shares of a picture"),
        ("0 0.5 0.5 0 0.2", "without width or height"),
        ("0 0.05 0.5 0.3 0.2", "reaches out of the picture"),
    ],
)
def test_a_line_that_is_no_label_is_refused_in_a_sentence(tmp_path, line, said):
    (item,) = Yolo().scan(data_set(tmp_path, labels=f"0 0.5 0.5 0.1 0.1\n{line}\n")).items
    with pytest.raises(UnreadableInput, match=said) as caught:
        Yolo().read(item)
    assert caught.value.code == "bad-label"


def test_keypoints_are_not_read(tmp_path):
    root = data_set(tmp_path, table=f"train: images/train\nkpt_shape: [17, 3]\n{NAMES}")
    scan = Yolo().scan(root)
    assert (scan.items, [one.code for one in scan.set_aside]) == ((), ["unknown-label"])


# -- copies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        ["RandomGamma: {gamma_limit: [80, 80], p: 1}"],
        ["HorizontalFlip: {p: 1}"],
        ["Affine: {scale: [1.3, 1.3], keep_ratio: true, translate_percent: [0.1, 0.1], p: 1}"],
        ["HorizontalFlip: {p: 1}", "Crop: {x_min: 8, y_min: 6, x_max: 50, y_max: 44, p: 1}"],
        ["Resize: {height: 70, width: 90, p: 1}"],
        ["Affine: {rotate: [8, 8], p: 1}"],
    ],
    ids=["left alone", "mirror", "zoom", "mirror of a part", "another size", "turn"],
)
def test_labels_lie_on_what_they_name(tmp_path, steps):
    out, summary = copied(tmp_path, *steps)
    assert (summary.done, summary.set_aside) == (1, ())
    shown = read_image(out / "images" / "train" / "a_aug000.png")
    box, outline = read_rows((out / "labels" / "train" / "a_aug000.txt").read_text(), shown.shape[:2])
    rows, columns = np.nonzero(shown[..., 1] > 110)
    around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(box.box, around, atol=1.2)
    filled = fill_polygons([(outline.outline + 0.5).ravel().tolist()], shown.shape[:2])
    red = shown[..., 0] > 125  # halfway between what is inside and what is not
    assert (filled & red).sum() / (filled | red).sum() > 0.93
    assert (box.kind, outline.kind) == (0, 1)


def test_what_left_the_picture_has_no_line_and_the_record_says_so(tmp_path):
    out, _ = copied(tmp_path, "Crop: {x_min: 0, y_min: 0, x_max: 38, y_max: 48, p: 1}")
    (box,) = read_rows((out / "labels" / "train" / "a_aug000.txt").read_text(), (48, 38))
    assert (box.kind, box.outline) == (0, None)
    assert '"outlines": [1]' in (out / "manifest.jsonl").read_text().replace('":[', '": [')


def test_a_picture_that_lost_all_labels_is_refused(tmp_path):
    (item,) = Yolo().scan(data_set(tmp_path)).items
    labels = Yolo().read(item).beside
    moved, gone = labels.moved((PixelMap.of([[1, 0, 0], [0, 1, 0]], (HEIGHT, WIDTH), (48, 8)),))
    assert gone == {"outlines": [1]}
    with pytest.raises(LabelsGone):
        moved.boxed(np.zeros((0, 4)), ())


def test_outlines_are_not_bent_and_boxes_may_be(tmp_path):
    _, summary = copied(tmp_path, "ElasticTransform: {alpha: 30, sigma: 6, p: 1}")
    assert ["bends the lines" in one.reason for one in summary.set_aside] == [True]
    root = data_set(tmp_path / "boxes", labels=lines().splitlines()[0])
    used = profile(tmp_path, "ElasticTransform: {alpha: 30, sigma: 6, p: 1}")
    assert augment(root, tmp_path / "bent", profile=used, engine="serial").done == 1


# -- the table -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("path: /else\ntrain: images/train\nval: images\n", {"train": "images/train", "val": "images"}),
        ("path: .\ntrain: [images/train]\nval: images/missing\n", {"train": ["images/train"]}),
        ("train: ../images/train\n", {"train": "images/train"}),
        ("path: images\ntrain: train\ndownload: bash rm\n", {"train": "images/train"}),
    ],
)
def test_the_table_of_copies_leads_to_the_copies(tmp_path, table, expected):
    out, _ = copied(tmp_path, "HorizontalFlip: {p: 1}", root=data_set(tmp_path / "in", table=table + NAMES))
    text = (out / "data.yaml").read_text()
    assert "\n  1: rider\n" in text, "a class a line"
    content = YAML(typ="safe", pure=True).load(text)
    assert content == {"names": {0: "car", 1: "rider"}, **expected}


def test_lists_of_pictures_name_the_copies(tmp_path):
    root = data_set(tmp_path / "in", table=f"train: train.txt\n{NAMES}")
    put(root / "train.txt", f"./images/train/a.png\n{root}/images/train/a.png\n./images/train/gone.png\n")
    out, _ = copied(tmp_path, "HorizontalFlip: {p: 1}", root=root, copies=2)
    two = "./images/train/a_aug000.png\n./images/train/a_aug001.png\n"
    assert (out / "train.txt").read_text() == two * 2
    assert len(Yolo().scan(out).items) == 2
    assert replay(out, engine="serial").ok
