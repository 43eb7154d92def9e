"""Whatever labels a data set of inspection has, every layout either writes them for the copies or says why not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from domainaug.layouts import layout_for
from domainaug.layouts.images import encode, read_mask
from domainaug.run import augment

HEIGHT, WIDTH = 40, 60
SPOT, OTHER = (slice(10, 18), slice(20, 32)), (slice(24, 34), slice(40, 50))
CORNERS = [20.0, 10.0, 32.0, 10.0, 32.0, 18.0, 20.0, 18.0]
SHAPE = {"flags": {}, "group_id": None}


def picture() -> np.ndarray:
    shown = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    shown[SPOT], shown[OTHER] = 220, 160
    return shown


def mask(*values: int) -> np.ndarray:
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for place, value in zip((SPOT, OTHER), values, strict=False):
        found[place] = value
    return found


def put(path: Path, content: np.ndarray | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else encode(content)[1])


def copies(root: Path, tmp_path: Path):
    """One copy of each item, mirrored."""
    text = f"id: test/part\nversion: 1.0.0\ntitle: A part\nframe: {{size: [{HEIGHT}, {WIDTH}], channels: 3}}\n"
    text += "limits:\n  - {effect: noise, code: TST101, max: 90 %, reason: There is nothing to see in it then., "
    text += "evidence: [{strength: opinion}]}\nrecipe:\n  - HorizontalFlip: {p: 1}\n"
    put(tmp_path / "part.yaml", text)
    out = tmp_path / "out"
    return out, augment(root, out, profile=tmp_path / "part.yaml", copies=1, seed=5, engine="serial")


# -- one data set of each layout, with room for any label -------------------------------------------------


def coco(root: Path, annotations: list[dict], **image) -> None:
    put(root / "images" / "a.png", picture())
    entry = {"id": 5, "file_name": "a.png", "width": WIDTH, "height": HEIGHT, **image}
    categories = [{"id": 3, "name": "scratch"}, {"id": 4, "name": "dent"}]
    numbered = [{"id": n, "image_id": 5, "category_id": 3, **each} for n, each in enumerate(annotations, start=70)]
    put(root / "a.json", json.dumps({"images": [entry], "annotations": numbered, "categories": categories}))


def yolo(root: Path, lines: str, table: str = "") -> None:
    put(root / "images" / "a.png", picture())
    put(root / "labels" / "a.txt", lines)
    put(root / "data.yaml", f"train: images\nnames: {{0: scratch, 1: dent}}\n{table}")


def labelme(root: Path, *shapes: dict, **more: object) -> None:
    put(root / "a.png", picture())
    told = {"version": "5", "flags": {}, "shapes": list(shapes), "imagePath": "a.png", "imageData": None, **more}
    put(root / "a.json", json.dumps(told))


def mvtec(root: Path) -> None:
    put(root / "train/good/000.png", picture())
    put(root / "test/scratch/000.png", picture())
    put(root / "ground_truth/scratch/000_mask.png", mask(255, 255))


def visa(root: Path, label: str = "hole") -> None:
    put(root / "candle/Data/Images/Anomaly/000.png", picture())
    put(root / "candle/Data/Masks/Anomaly/000.png", mask(1, 3))
    paths = "candle/Data/Images/Anomaly/000.png", "candle/Data/Masks/Anomaly/000.png"
    put(root / "candle/image_anno.csv", f"image,label,mask\n{paths[0]},{label},{paths[1]}\n")


def folder(root: Path) -> None:
    put(root / "scratch" / "images" / "a.png", picture())
    put(root / "scratch" / "masks" / "a.png", mask(1, 2))


BOX, POLYGON = {"bbox": [20, 10, 12, 8]}, {"segmentation": [CORNERS]}
LENGTHS = {"segmentation": {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * 20 + 10, 8, HEIGHT * 40 - 18]}}
BITS = base64.b64encode(encode(np.full((8, 12), 255, np.uint8))[1]).decode()


def coco_out(out: Path) -> dict:
    (path,) = out.glob("*.json")
    return json.loads(path.read_text())


def shapes_out(out: Path) -> list[dict]:
    return json.loads((out / "a_aug000.json").read_text())["shapes"]


def lines_out(out: Path) -> list[list[str]]:
    return [line.split() for line in (out / "labels/a_aug000.txt").read_text().splitlines()]


def drawn(kind: str, points: list[list[float]], **more: object) -> dict:
    return {**SHAPE, "label": "scratch", "shape_type": kind, "points": points, **more}


CASES: dict[str, tuple[str, Callable[[Path], None], Callable[[Path], bool] | str]] = {
    "coco class": ("coco", lambda r: coco(r, [BOX, {**BOX, "category_id": 4}]),
                   lambda o: [a["category_id"] for a in coco_out(o)["annotations"]] == [3, 4]),
    "coco box": ("coco", lambda r: coco(r, [BOX]), lambda o: coco_out(o)["annotations"][0]["bbox"] == [28, 10, 12, 8]),
    "coco polygon": ("coco", lambda r: coco(r, [POLYGON]),
                     lambda o: isinstance(coco_out(o)["annotations"][0]["segmentation"], list)),
    "coco mask": ("coco", lambda r: coco(r, [LENGTHS]),
                  lambda o: isinstance(coco_out(o)["annotations"][0]["segmentation"], dict)),
    "coco instances": ("coco", lambda r: coco(r, [POLYGON, POLYGON]), lambda o: len(coco_out(o)["annotations"]) == 2),
    "coco words of a picture": ("coco", lambda r: coco(r, [BOX], tags=["worn"], split="train"),
                                lambda o: (coco_out(o)["images"][0]["tags"],
                                           coco_out(o)["images"][0]["split"]) == (["worn"], "train")),
    "coco keypoints": ("coco", lambda r: coco(r, [{**BOX, "keypoints": [21, 11, 2], "num_keypoints": 1}]),
                       "has keypoints, which cannot be transformed"),
    "coco region of a picture": ("coco", lambda r: coco(r, [BOX], roi=[1, 2, 3, 4]), "its entry has roi"),
    "coco mask beside": ("coco", lambda r: (coco(r, [BOX]), put(r / "masks" / "a.png", mask(1))),
                         "it has a mask masks/a.png beside its labels"),
    "yolo class": ("yolo", lambda r: yolo(r, "1 0.5 0.5 0.2 0.2\n"), lambda o: lines_out(o)[0][0] == "1"),
    "yolo box": ("yolo", lambda r: yolo(r, "0 0.25 0.5 0.2 0.2\n"), lambda o: float(lines_out(o)[0][1]) == 0.75),
    "yolo polygon": ("yolo", lambda r: yolo(r, "0 0.1 0.1 0.4 0.1 0.4 0.5\n"), lambda o: len(lines_out(o)[0]) == 7),
    "yolo instances": ("yolo", lambda r: yolo(r, "0 0.25 0.5 0.2 0.2\n" * 2), lambda o: len(lines_out(o)) == 2),
    "yolo keypoints": ("yolo", lambda r: yolo(r, "0 0.25 0.5 0.2 0.2 0.3 0.4 2\n", "kpt_shape: [1, 3]\n"),
                       "its labels have keypoints, which are not read"),
    "yolo mask beside": ("yolo", lambda r: (yolo(r, "0 0.5 0.5 0.2 0.2\n"), put(r / "images/a_mask.png", mask(1))),
                         "it has a mask images/a_mask.png beside its labels"),
    "labelme class": ("labelme", lambda r: labelme(r, drawn("point", [[21, 11]])),
                      lambda o: shapes_out(o)[0]["label"] == "scratch"),
    "labelme box": ("labelme", lambda r: labelme(r, drawn("rectangle", [[20, 10], [32, 18]])),
                    lambda o: shapes_out(o)[0]["points"] == [[28, 10], [40, 18]]),
    "labelme polygon": ("labelme", lambda r: labelme(r, drawn("polygon", np.reshape(CORNERS, (-1, 2)).tolist())),
                        lambda o: len(shapes_out(o)[0]["points"]) == 4),
    "labelme keypoints": ("labelme", lambda r: labelme(r, drawn("point", [[21.0, 11.0]])),
                          lambda o: shapes_out(o)[0]["points"] == [[39, 11]]),
    "labelme mask": ("labelme", lambda r: labelme(r, drawn("mask", [[20, 10], [31, 17]], mask=BITS)),
                     lambda o: shapes_out(o)[0]["points"] == [[28, 10], [39, 17]]),
    "labelme instances": ("labelme", lambda r: labelme(r, drawn("point", [[1, 1]], group_id=7)),
                          lambda o: shapes_out(o)[0]["group_id"] == 7),
    "labelme flags of a picture": ("labelme", lambda r: labelme(r, drawn("point", [[1, 1]]), flags={"worn": True}),
                                   lambda o: json.loads((o / "a_aug000.json").read_text())["flags"]["worn"]),
    "labelme mask beside": ("labelme", lambda r: (labelme(r, drawn("point", [[1, 1]])), put(r / "a_mask.png", mask(1))),
                            "it has a mask a_mask.png beside its labels"),
    "mvtec class": ("mvtec-ad", mvtec, lambda o: (o / "test/scratch/000_aug000.png").is_file()),
    "mvtec mask": ("mvtec-ad", mvtec, lambda o: bool(
        (read_mask(o / "ground_truth/scratch/000_aug000_mask.png") == mask(255, 255)[:, ::-1]).all())),
    "mvtec polygons": ("mvtec-ad", lambda r: (mvtec(r), put(r / "test/scratch/000.json", "{}")),
                       "label file test/scratch/000.json that this layout cannot transform"),
    "mvtec boxes": ("mvtec-ad", lambda r: (mvtec(r), put(r / "test/scratch/000.txt", "0 0.5 0.5 0.1 0.1")),
                    "label file test/scratch/000.txt that this layout cannot transform"),
    "mvtec instances": ("mvtec-ad", lambda r: (mvtec(r), put(r / "test/dent/000.png", picture()),
                                               put(r / "ground_truth/dent/000/000.png", mask(1))),
                        "it has a folder of masks, and one mask is read"),
    "visa class": ("visa", visa, lambda o: ",hole," in (o / "candle/image_anno.csv").read_text()),
    "visa mask and instances": ("visa", visa, lambda o: bool(
        (read_mask(next((o / "candle/Data/Masks/Anomaly").iterdir())) == mask(1, 3)[:, ::-1]).all())),
    "visa boxes": ("visa", lambda r: (visa(r), put(r / "candle/Data/Images/Anomaly/000.xml", "<a/>")),
                   "label file candle/Data/Images/Anomaly/000.xml that this layout cannot transform"),
    "folder class": ("image-folder", folder, lambda o: (o / "scratch/images/a_aug000.png").is_file()),
    "folder mask and instances": ("image-folder", folder, lambda o: bool(
        (read_mask(o / "scratch/masks/a_aug000.png") == mask(1, 2)[:, ::-1]).all())),
    "folder boxes": ("image-folder", lambda r: (folder(r), put(r / "scratch/labels/a.txt", "a box, says who?")),
                     "label file scratch/labels/a.txt that this layout cannot transform"),
    "folder points": ("image-folder", lambda r: (folder(r), put(r / "scratch/images/a.npy", "x")),
                      "label file scratch/images/a.npy that this layout cannot transform"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_label_is_written_or_its_picture_is_set_aside_in_a_sentence(case, tmp_path):
    layout, make, wanted = CASES[case]
    make(tmp_path / "in")
    assert layout_for(tmp_path / "in").name == layout
    scan = layout_for(tmp_path / "in").scan(tmp_path / "in")
    if isinstance(wanted, str):
        (said,) = scan.set_aside
        assert wanted in said.reason
        assert said.code in ("unknown-label", "several-masks")
        assert not any("mask" in Path(item.key).name for item in scan.items)  # no mask is taken for a picture
        return
    out, report = copies(tmp_path / "in", tmp_path)
    assert not report.set_aside
    assert wanted(out)


def test_files_that_are_no_labels_we_know_are_counted(tmp_path):
    folder(tmp_path / "in")
    put(tmp_path / "in" / "classes.csv", "a.png,scratch\n")
    _, report = copies(tmp_path / "in", tmp_path)
    assert report.ignored == 1
