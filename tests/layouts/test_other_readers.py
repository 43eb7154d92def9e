"""Other people's programs read what is written, and find each defect where the picture shows it.

The readers want packages that ours do not go with; `make kits` runs this in an environment of its own.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from domainaug.layouts.images import encode, read_image, read_mask
from domainaug.layouts.instances import encode_counts, fill_polygons
from domainaug.run import augment

HEIGHT, WIDTH = 96, 120
SCRATCH = [[22.0, 30.0, 62.0, 36.0, 62.0, 44.0, 22.0, 40.0]]
PIT = [[76.0, 52.0, 92.0, 52.0, 92.0, 66.0, 76.0, 66.0]]
RING = fill_polygons([[30.0, 54.0, 56.0, 54.0, 56.0, 74.0, 30.0, 74.0]], (HEIGHT, WIDTH))
RING[61:67, 39:47] = False
KINDS = ("scratch", "pit", "ring")  # each in a channel of its own: red, green, blue
GROUND, DEFECT = 60, 220
STEPS = ("HorizontalFlip: {p: 1}", "Affine: {rotate: [14, 14], scale: [0.9, 0.9], p: 1}")

pytestmark = pytest.mark.filterwarnings("ignore")  # what others warn of is theirs to mend


def filled(kind: str) -> np.ndarray:
    return RING if kind == "ring" else fill_polygons({"scratch": SCRATCH, "pit": PIT}[kind], (HEIGHT, WIDTH))


def picture(*kinds: str) -> np.ndarray:
    """A part with defects."""
    shown = np.full((HEIGHT, WIDTH, 3), GROUND, np.uint8)
    for kind in kinds:
        shown[filled(kind), KINDS.index(kind)] = DEFECT
    return shown


def put(path: Path, content: np.ndarray | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else encode(content)[1])


def copied(root: Path, tmp_path: Path) -> Path:
    """Augment a data set: every copy is mirrored, turned and made smaller."""
    text = f"id: test/part\nversion: 1.0.0\ntitle: A part\nframe: {{size: [{HEIGHT}, {WIDTH}], channels: 3}}\n"
    text += "limits:\n  - {effect: noise, code: TST101, max: 90 %, reason: There is nothing to see in it then., "
    text += "evidence: [{strength: opinion}]}\nrecipe:\n" + "".join(f"  - {step}\n" for step in STEPS)
    put(tmp_path / "part.yaml", text)
    report = augment(root, tmp_path / "out", profile=tmp_path / "part.yaml", copies=1, seed=5, engine="serial")
    assert not report.set_aside
    return tmp_path / "out"


def shows(image: np.ndarray, kind: str) -> np.ndarray:
    """Where a copy, red first, shows a defect."""
    return image[..., KINDS.index(kind)] > (GROUND + DEFECT) / 2


def alike(mask: np.ndarray, image: np.ndarray, kind: str) -> float:
    """Intersection over union of what a reader says and what the picture shows."""
    inside, there = np.asarray(mask) > 0, shows(image, kind)
    return float((inside & there).sum() / (inside | there).sum())


def frame_of(there: np.ndarray) -> list[float]:
    rows, columns = np.nonzero(there)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


# -- COCO -------------------------------------------------------------------------------------------------


@pytest.fixture
def coco(tmp_path) -> Path:
    root = tmp_path / "in"
    put(root / "images" / "a.png", picture("scratch", "pit", "ring"))
    lengths = {"size": [HEIGHT, WIDTH], "counts": encode_counts(RING)}
    shapes = [SCRATCH, PIT, lengths]
    told = {
        "images": [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": n + 1, "name": kind, "supercategory": "defect"} for n, kind in enumerate(KINDS)],
        "annotations": [
            {"id": n + 1, "image_id": 1, "category_id": n + 1, "segmentation": each, "iscrowd": 0}
            for n, each in enumerate(shapes)
        ],
    }
    put(root / "annotations.json", json.dumps(told))
    return root


def test_coco_polygons_and_run_lengths_by_its_own_tools(coco, tmp_path):
    tools = pytest.importorskip("pycocotools.coco")
    out = copied(coco, tmp_path)
    (table,) = out.glob("*.json")
    read = tools.COCO(str(table))
    (entry,) = read.loadImgs(read.getImgIds())
    image = read_image(out / "images" / entry["file_name"])
    for annotation in read.loadAnns(read.getAnnIds()):
        (category,) = read.loadCats([annotation["category_id"]])
        assert alike(read.annToMask(annotation), image, category["name"]) > 0.85
        left, top, wide, tall = annotation["bbox"]
        around = frame_of(shows(image, category["name"]))
        assert np.abs(np.array([left, top, left + wide, top + tall]) - around).max() <= 1


def test_coco_by_supervision(coco, tmp_path):
    supervision = pytest.importorskip("supervision")
    out = copied(coco, tmp_path)
    (table,) = out.glob("*.json")
    read = supervision.DetectionDataset.from_coco(str(out / "images"), str(table), force_masks=True)
    ((_, image, found),) = [(name, image[..., ::-1], found) for name, image, found in read]
    assert len(found) == 3
    for mask, number in zip(found.mask, found.class_id, strict=True):
        assert alike(mask, image, read.classes[number]) > 0.8  # it draws polygons with their border


def test_coco_by_datumaro(coco, tmp_path):
    datumaro = pytest.importorskip("datumaro")
    out = copied(coco, tmp_path)
    (table,) = out.glob("*.json")
    laid = tmp_path / "laid"  # it wants annotations/instances_NAME.json and images/NAME
    put(laid / "annotations" / "instances_all.json", table.read_text())
    (name,) = [each["file_name"] for each in json.loads(table.read_text())["images"]]
    put(laid / "images" / "all" / name, read_image(out / "images" / name))
    read = datumaro.Dataset.import_from(str(laid), "coco_instances")
    names = [label.name for label in read.categories()[datumaro.AnnotationType.label]]
    (item,) = list(read)
    kinds = {names[each.label] for each in item.annotations}
    assert kinds == set(KINDS)
    image = read_image(out / "images" / name)
    for each in item.annotations:
        if each.type == datumaro.AnnotationType.mask:
            assert alike(each.image, image, names[each.label]) > 0.85


# -- YOLO -------------------------------------------------------------------------------------------------


def yolo(root: Path, *, outlines: bool) -> Path:
    put(root / "images" / "train" / "a.png", picture("scratch", "pit"))
    lines = []
    for number, ring in enumerate((SCRATCH[0], PIT[0])):
        corners = np.reshape(ring, (-1, 2)) / [WIDTH, HEIGHT]
        low, high = corners.min(axis=0), corners.max(axis=0)
        values = corners.ravel() if outlines else np.concatenate([(low + high) / 2, high - low])
        lines.append(" ".join([str(number), *(f"{value:.6f}" for value in values)]))
    put(root / "labels" / "train" / "a.txt", "\n".join(lines) + "\n")
    put(root / "data.yaml", "train: images/train\nnames: {0: scratch, 1: pit}\n")
    return root


@pytest.mark.parametrize("outlines", [True, False], ids=["segment", "detect"])
def test_yolo_by_supervision(outlines, tmp_path):
    supervision = pytest.importorskip("supervision")
    out = copied(yolo(tmp_path / "in", outlines=outlines), tmp_path)
    places = [str(out / each) for each in ("images/train", "labels/train", "data.yaml")]
    read = supervision.DetectionDataset.from_yolo(*places, force_masks=outlines)
    ((_, image, found),) = [(name, image[..., ::-1], found) for name, image, found in read]
    assert [read.classes[number] for number in found.class_id] == ["scratch", "pit"]
    for at, kind in enumerate(("scratch", "pit")):
        if outlines:
            assert alike(found.mask[at], image, kind) > 0.8
        left, top, right, bottom = found.xyxy[at].tolist()
        x, y, beyond, below = frame_of(shows(image, kind))
        assert left <= x + 1.5
        assert top <= y + 1.5
        assert right >= beyond - 1.5
        assert bottom >= below - 1.5


# -- LabelMe ----------------------------------------------------------------------------------------------


def test_labelme_by_supervision(tmp_path):
    supervision = pytest.importorskip("supervision")
    root = tmp_path / "in"
    put(root / "a.png", picture("scratch", "pit"))
    shapes = [
        {"label": kind, "shape_type": "polygon", "points": np.reshape(ring, (-1, 2)).tolist(), "flags": {}}
        for kind, ring in (("scratch", SCRATCH), ("pit", PIT))
    ]
    told = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": "a.png", "imageData": None}
    put(root / "a.json", json.dumps({**told, "imageHeight": HEIGHT, "imageWidth": WIDTH}))
    out = copied(root, tmp_path)
    read = supervision.DetectionDataset.from_labelme(str(out), str(out), force_masks=True)
    ((_, image, found),) = [(name, image[..., ::-1], found) for name, image, found in read]
    kinds = [read.classes[number] for number in found.class_id]
    assert sorted(kinds) == ["pit", "scratch"]
    for mask, kind in zip(found.mask, kinds, strict=True):
        assert alike(mask, image, kind) > 0.8


# -- folders ----------------------------------------------------------------------------------------------


def test_mvtec_ad_by_datumaro(tmp_path):
    datumaro = pytest.importorskip("datumaro")
    place = tmp_path / "in" / "bottle"
    for split, kind in (("train", "good"), ("test", "good"), ("test", "scratch"), ("test", "pit")):
        put(place / split / kind / "000.png", picture(*([] if kind == "good" else [kind])))
    for kind in ("scratch", "pit"):
        put(place / "ground_truth" / kind / "000_mask.png", filled(kind).astype(np.uint8) * 255)
    out = copied(place, tmp_path)
    read = datumaro.Dataset.import_from(str(out), "mvtec_segmentation")
    names = [label.name for label in read.categories()[datumaro.AnnotationType.label]]
    assert set(names) == {"good", "scratch", "pit"}
    seen = set()
    for item in read:
        kind, image = Path(item.id).parts[0], item.media.data[..., ::-1]
        masks = [each for each in item.annotations if each.type == datumaro.AnnotationType.mask]
        seen.add((item.subset, kind, len(masks)))
        for each in masks:
            assert names[each.label] == kind
            assert alike(each.image, image, kind) > 0.85
    assert seen == {("train", "good", 0), ("test", "good", 0), ("test", "scratch", 1), ("test", "pit", 1)}


def test_visa_as_the_tables_of_its_authors_say(tmp_path):
    """There is no reader without a gigabyte beside it: this one follows the tables, as its authors' script does."""
    root = tmp_path / "in"
    for name, kinds in (("Anomaly/000", ["pit"]), ("Normal/0000", [])):
        put(root / "candle/Data/Images" / f"{name}.png", picture(*kinds))
    put(root / "candle/Data/Masks/Anomaly/000.png", filled("pit").astype(np.uint8))
    images = {"normal": "candle/Data/Images/Normal/0000.png", "anomaly": "candle/Data/Images/Anomaly/000.png"}
    put(root / "candle/image_anno.csv", f"image,label,mask\n{images['normal']},normal,\n{images['anomaly']},hole,"
        "candle/Data/Masks/Anomaly/000.png\n")  # fmt: skip
    put(root / "split_csv/1cls.csv", f"object,split,label,image,mask\ncandle,train,normal,{images['normal']},\n"
        f"candle,test,anomaly,{images['anomaly']},candle/Data/Masks/Anomaly/000.png\n")  # fmt: skip
    out = copied(root, tmp_path)
    with (out / "split_csv/1cls.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["split"], row["label"]) for row in rows] == [("train", "normal"), ("test", "anomaly")]
    assert rows[0]["mask"] == ""
    assert alike(read_mask(out / rows[1]["mask"]), read_image(out / rows[1]["image"]), "pit") > 0.85


def test_images_and_masks_by_datumaro(tmp_path):
    datumaro = pytest.importorskip("datumaro")
    root = tmp_path / "in"
    put(root / "images" / "a.png", picture("scratch", "pit"))
    put(root / "masks" / "a.png", filled("scratch").astype(np.uint8) + 2 * filled("pit").astype(np.uint8))
    out = copied(root, tmp_path)
    meta = {"label_map": {"0": "background", "1": "scratch", "2": "pit"}}
    put(out / "dataset_meta.json", json.dumps(meta))
    read = datumaro.Dataset.import_from(str(out), "common_semantic_segmentation")
    names = [label.name for label in read.categories()[datumaro.AnnotationType.label]]
    (item,) = list(read)
    masks = {names[each.label]: each.image for each in item.annotations}
    for kind in ("scratch", "pit"):
        assert alike(masks[kind], item.media.data[..., ::-1], kind) > 0.85


def test_folders_of_classes_by_supervision(tmp_path):
    supervision = pytest.importorskip("supervision")
    for kind in ("scratch", "pit"):
        put(tmp_path / "in" / kind / "a.png", picture(kind))
    out = copied(tmp_path / "in", tmp_path)
    read = supervision.ClassificationDataset.from_folder_structure(str(out))
    assert len(read) == 2
    for _, image, found in read:
        assert shows(image[..., ::-1], read.classes[int(found.class_id[0])]).sum() > 50
