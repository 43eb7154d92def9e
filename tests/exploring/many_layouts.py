"""A small data set in each layout: four pictures or volumes, of which two show a thing, as a user would bring them."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
from pydicom.data import get_testdata_file

from domainaug.layouts.images import encode

HEIGHT, WIDTH = 40, 56
BOX = (12, 8, 32, 24)  # edges of the thing
STUDIES = Path(str(get_testdata_file("CT_small.dcm"))).parent / "dicomdirtests"


def put(path: Path, content: str | bytes | np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, np.ndarray):
        content = encode(content)[1]
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def picture(seed: int, thing: bool = False) -> np.ndarray:
    coarse = np.random.default_rng(seed).random((5, 7, 3)) * 120 + 20
    shown = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    if thing:
        shown[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 230
    return shown


def mask() -> np.ndarray:
    marked = np.zeros((HEIGHT, WIDTH), np.uint8)
    marked[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    return marked


def image_folder(root: Path) -> Path:
    for number in range(4):
        kind = "scratch" if number < 2 else "good"
        put(root / kind / f"p{number}.png", picture(number, number < 2))
        if number < 2:
            put(root / kind / f"p{number}_mask.png", mask())
    return root


def mvtec(root: Path) -> Path:
    for number, place in enumerate(("train/good/000", "train/good/001", "test/good/000", "test/dent/000")):
        put(root / "bottle" / f"{place}.png", picture(number, "dent" in place))
    put(root / "bottle" / "ground_truth" / "dent" / "000_mask.png", mask())
    return root


def visa(root: Path) -> Path:
    rows, split = [["image", "label", "mask"]], [["object", "split", "label", "image", "mask"]]
    for number in range(4):
        bad = number > 2
        image = f"candle/Data/Images/{'Anomaly' if bad else 'Normal'}/{number:04d}.JPG"
        truth = f"candle/Data/Masks/Anomaly/{number:04d}.png" if bad else ""
        put(root / image, encode(picture(number, bad), jpeg_quality=95)[1])
        if bad:
            put(root / truth, mask())
        rows.append([image, "hole" if bad else "normal", truth])
        split.append(["candle", "train" if number < 2 else "test", "anomaly" if bad else "normal", image, truth])
    (root / "split_csv").mkdir()
    for path, table in ((root / "candle" / "image_anno.csv", rows), (root / "split_csv" / "1cls.csv", split)):
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(table)
    return root


def coco(root: Path) -> Path:
    images, annotations = [], []
    left, top, right, bottom = BOX
    for number in range(4):
        put(root / "images" / f"{number}.png", picture(number, number < 2))
        images.append({"id": number + 7, "file_name": f"{number}.png", "width": WIDTH, "height": HEIGHT})
        if number < 2:
            corners = [left, top, right, top, right, bottom, left, bottom]
            annotations.append(
                {"id": number + 90, "image_id": number + 7, "category_id": 3, "iscrowd": 0, "area": 320,
                 "bbox": [left, top, right - left, bottom - top], "segmentation": [corners]}
            )  # fmt: skip
    categories = [{"id": 3, "name": "crack"}]
    whole = {"info": {"year": 2026}, "images": images, "annotations": annotations, "categories": categories}
    put(root / "annotations" / "all.json", json.dumps(whole))
    return root


def yolo(root: Path) -> Path:
    left, top, right, bottom = BOX
    box = [(left + right) / 2 / WIDTH, (top + bottom) / 2 / HEIGHT, (right - left) / WIDTH, (bottom - top) / HEIGHT]
    for number in range(4):
        part = "train" if number < 3 else "val"
        put(root / "images" / part / f"{number}.png", picture(number, number in (0, 3)))
        put(root / "labels" / part / f"{number}.txt", f"1 {' '.join(map(str, box))}\n" if number in (0, 3) else "")
    put(root / "data.yaml", "train: images/train\nval: images/val\nnames: {0: car, 1: rider}\n")
    return root


def kitti(root: Path) -> Path:
    for number in range(4):
        put(root / "training" / "image_2" / f"{number:06d}.png", picture(number, True))
        left, top, right, bottom = (value - 0.5 for value in BOX)
        line = f"Car 0.00 0 -10 {left} {top} {right} {bottom} 0 0 0 0 0 0 0\n"
        put(root / "training" / "label_2" / f"{number:06d}.txt", line)
    put(root / "ImageSets" / "train.txt", "000000\n000001\n000002\n")
    put(root / "ImageSets" / "val.txt", "000003\n")
    return root


def cityscapes(root: Path) -> Path:
    for number in range(4):
        part, drive = ("train", "aachen_000000") if number < 3 else ("val", "ulm_000001")
        base = f"{part}/{drive[:-7]}/{drive}_{number:06d}"
        instances = np.full((HEIGHT, WIDTH), 7, np.uint16)
        instances[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 26000
        put(root / "leftImg8bit" / f"{base}_leftImg8bit.png", picture(number, True))
        put(root / "gtFine" / f"{base}_gtFine_instanceIds.png", instances)
    return root


def labelme(root: Path) -> Path:
    for number in range(4):
        put(root / f"{number}.png", picture(number, True))
        shape = {"label": "dent", "points": [[12.0, 8.0], [32.0, 24.0]], "group_id": None, "description": "",
                 "shape_type": "rectangle", "flags": {}}  # fmt: skip
        told = {"version": "5.0", "flags": {}, "shapes": [shape], "imagePath": f"{number}.png", "imageData": None,
                "imageHeight": HEIGHT, "imageWidth": WIDTH}  # fmt: skip
        put(root / f"{number}.json", json.dumps(told))
    return root


def nifti(root: Path) -> Path:
    import nibabel

    for number in range(4):
        place = root / f"case{number}"
        place.mkdir(parents=True)
        values = np.random.default_rng(number).normal(300, 60, (16, 14, 6)).astype(np.int16)
        marked = np.zeros(values.shape, np.uint8)
        marked[4:9, 3:8, 2:4] = 1
        affine = np.diag([1.0, 1.0, 2.0, 1.0])
        nibabel.save(nibabel.Nifti1Image(values, affine), place / "scan.nii.gz")
        nibabel.save(nibabel.Nifti1Image(marked, affine), place / "scan_seg.nii.gz")
    return root


def dicom(root: Path) -> Path:
    """Real studies of two people, whose names are in folders and headers."""
    shutil.copytree(STUDIES / "98892001", root / "Doe^Peter" / "98892001")
    shutil.copytree(STUDIES / "77654033", root / "Doe^Archibald" / "77654033")
    return root


LAYOUTS = {
    "image-folder": image_folder,
    "mvtec-ad": mvtec,
    "visa": visa,
    "coco": coco,
    "yolo": yolo,
    "kitti": kitti,
    "cityscapes": cityscapes,
    "labelme": labelme,
    "nifti": nifti,
    "dicom-study": dicom,
}
"""What makes a data set in a folder, by the name of its layout."""
