"""Promise 7: labels stay true, or the augmentation is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

SIZE = (240, 320)  # rows, columns
RADIUS = 30.0

HEAD = """\
id: test/turning
version: 1.0.0
title: Parts that turn on a belt
frame: {size: [240, 320], channels: 1}
limits:
  - {effect: blur, code: TST101, max: 9 px, reason: They lie in focus., evidence: [{strength: opinion}]}
recipe:
"""
TURNING = "  - Affine: {rotate: [-40, 40], scale: [0.8, 1.2], keep_ratio: true, translate_percent: [-0.1, 0.1]}\n"
MIRRORS = "  - HorizontalFlip: {p: 0.5}\n  - VerticalFlip: {p: 0.5}\n"
AWAY = "  - Affine: {translate_px: {x: [200, 200], y: [0, 0]}, p: 1.0}\n"


def profile(folder: Path, recipe: str) -> Path:
    path = folder / "turning.yaml"
    path.write_text(HEAD + recipe)
    return path


def disc(center: tuple[float, float], radius: float, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return the pixels whose centers lie in a disc around `center`, (x, y)."""
    y, x = np.mgrid[: size[0], : size[1]]
    return (x - center[0]) ** 2 + (y - center[1]) ** 2 <= radius**2


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def moved(center: tuple[float, float], steps: list[dict]) -> tuple[tuple[float, float], float]:
    """Work out by hand where a point goes and how much larger things get, from what was drawn: turn, scale, shift."""
    place = np.array(center) - (np.array(SIZE[::-1]) - 1) / 2
    size = 1.0
    for step in steps:
        if step["transform"] == "HorizontalFlip":
            place = place * (-1, 1)
        elif step["transform"] == "VerticalFlip":
            place = place * (1, -1)
        else:
            drawn, turn = step["params"], np.radians(step["params"]["rotate"])
            size *= drawn["scale"]["x"]
            # y runs down the picture: a positive angle turns counter-clockwise as one sees it
            place = drawn["scale"]["x"] * np.array(
                [np.cos(turn) * place[0] + np.sin(turn) * place[1], np.cos(turn) * place[1] - np.sin(turn) * place[0]]
            )
            shift = np.array(drawn["matrix"]) @ [*(np.array(SIZE[::-1]) - 1) / 2, 1]
            place = place + shift[:2] - (np.array(SIZE[::-1]) - 1) / 2
    x, y = place + (np.array(SIZE[::-1]) - 1) / 2
    return (float(x), float(y)), size


@pytest.mark.parametrize("recipe", [TURNING, MIRRORS, MIRRORS + TURNING], ids=["turned", "mirrored", "both"])
def test_a_mask_lies_where_geometry_says_and_where_the_picture_shows_it(tmp_path, command, recipe):
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    centers = {f"part {number}": (120.0 + 15 * number, 110.0 + 4 * number) for number in range(4)}
    for name, center in centers.items():
        there = disc(center, RADIUS)
        Image.fromarray(np.where(there, 220, 40).astype(np.uint8)).save(source / f"{name}.png")
        Image.fromarray(there.astype(np.uint8)).save(source / f"{name}_mask.png")
    command("augment", source, out, "--profile", profile(tmp_path, recipe), "--copies", 4, "--seed", 3, expect=0)
    seen = 0
    for line in lines(out)[1:]:
        image, mask = (pixels(out / file["path"]) for file in line["files"])
        center, larger = moved(centers[Path(line["key"]).stem], line["record"]["steps"])
        assert overlap(mask > 0, disc(center, RADIUS * larger)) > 0.95
        assert overlap(mask > 0, image > 130) > 0.95
        assert set(np.unique(mask)) == {0, 1}
        seen += line["record"]["moved"]
    assert seen >= 8


# -- COCO ------------------------------------------------------------------------------------------------


def coco(folder: Path, centers: list[tuple[float, float]]) -> Path:
    """One picture with discs of different brightness, each an instance with a polygon and a box."""
    (folder / "images").mkdir(parents=True)
    image, annotations = np.full(SIZE, 20, np.uint8), []
    for number, center in enumerate(centers, start=1):
        image[disc(center, RADIUS)] = 60 * number
        around = np.linspace(0, 2 * np.pi, 180, endpoint=False)
        x, y = (center[0] + 0.5 + RADIUS * np.cos(around), center[1] + 0.5 + RADIUS * np.sin(around))
        annotations.append({
            "id": number, "image_id": 1, "category_id": number, "iscrowd": 0, "area": float(np.pi * RADIUS**2),
            "segmentation": [np.column_stack([x, y]).round(2).ravel().tolist()],
            "bbox": [center[0] + 0.5 - RADIUS, center[1] + 0.5 - RADIUS, 2 * RADIUS, 2 * RADIUS],
        })  # fmt: skip
    Image.fromarray(image).save(folder / "images" / "one.png")
    whole = {
        "images": [{"id": 1, "file_name": "one.png", "width": SIZE[1], "height": SIZE[0]}],
        "annotations": annotations,
        "categories": [{"id": number, "name": f"kind {number}"} for number in range(1, len(centers) + 1)],
    }
    (folder / "annotations.json").write_text(json.dumps(whole))
    return folder


def written(out: Path) -> dict:
    (path,) = [path for path in out.rglob("*.json") if "annotations" in path.read_text()]
    return json.loads(path.read_text())


@pytest.mark.parametrize("recipe", [TURNING, MIRRORS], ids=["turned", "mirrored"])
def test_a_box_is_the_box_of_what_is_seen(tmp_path, command, recipe):
    source, out = coco(tmp_path / "source", [(110.0, 120.0), (200.0, 110.0)]), tmp_path / "out"
    command("augment", source, out, "--profile", profile(tmp_path, recipe), "--copies", 8, "--seed", 5, expect=0)
    whole = written(out)
    files = {image["id"]: image["file_name"] for image in whole["images"]}
    assert len(whole["annotations"]) == 16
    for annotation in whole["annotations"]:
        (path,) = out.rglob(Path(files[annotation["image_id"]]).name)
        level = 60 * annotation["category_id"]
        image = pixels(path).astype(int)
        rows, columns = np.nonzero(np.abs(image - level) < 15)
        # the other disc and the ground meet at edges whose brightness passes through ours: look at the middle mass
        x, y, width, height = annotation["bbox"]
        inside = (columns >= x - 3) & (columns <= x + width + 3) & (rows >= y - 3) & (rows <= y + height + 3)
        seen = np.array([columns[inside].min(), rows[inside].min(), columns[inside].max() + 1, rows[inside].max() + 1])
        assert np.abs(seen - (x, y, x + width, y + height)).max() <= 1
        corners = np.concatenate([np.reshape(polygon, (-1, 2)) for polygon in annotation["segmentation"]])
        low, high = corners.min(axis=0), corners.max(axis=0)
        assert np.abs(np.array([*low, *high]) - (x, y, x + width, y + height)).max() <= 1
        assert annotation["area"] == pytest.approx(np.pi * width * height / 4, rel=0.05)


def test_a_label_that_left_the_picture_is_dropped_and_reported(tmp_path, command):
    source, out = coco(tmp_path / "source", [(60.0, 120.0), (250.0, 120.0)]), tmp_path / "out"
    command("augment", source, out, "--profile", profile(tmp_path, AWAY), expect=0)
    (kept,) = written(out)["annotations"]
    assert kept["category_id"] == 1
    assert kept["bbox"][0] == pytest.approx(60.5 + 200 - RADIUS, abs=1)
    assert any(lines(out)[1]["record"]["labels"]["vanished"].values())


def test_a_picture_that_lost_all_its_labels_is_refused(tmp_path, command):
    source, out = coco(tmp_path / "source", [(250.0, 120.0)]), tmp_path / "out"
    ended = command("augment", source, out, "--profile", profile(tmp_path, AWAY), "--json", expect=1).data
    assert [(aside["code"], aside["copy"]) for aside in ended["set_aside"]] == [("label", 0)]
    assert not list(out.rglob("*_aug*.png"))


def test_a_picture_whose_mask_left_is_refused(tmp_path, command):
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    for name, center in (("stays", (60.0, 120.0)), ("leaves", (250.0, 120.0))):
        Image.fromarray(np.full(SIZE, 90, np.uint8)).save(source / f"{name}.png")
        Image.fromarray(disc(center, RADIUS).astype(np.uint8)).save(source / f"{name}_mask.png")
    ended = command("augment", source, out, "--profile", profile(tmp_path, AWAY), "--json", expect=1).data
    assert [(aside["key"], aside["code"]) for aside in ended["set_aside"]] == [("leaves.png", "label")]
    assert sorted(path.name for path in out.glob("*.png")) == ["stays_aug000.png", "stays_aug000_mask.png"]


# -- sides -----------------------------------------------------------------------------------------------

LOOSE = """\
id: test/mirrored-ct
version: 1.0.0
title: A CT that may be mirrored, says its author
extends: medical/ct-chest
limits:
  - {effect: mirror_horizontal, code: MED201, allow: any, loosens: We say so.,
     reason: We say so., evidence: [{strength: opinion}]}
recipe:
  - HorizontalFlip: {p: 1.0}
"""


def test_an_image_that_names_its_side_is_not_mirrored_whatever_the_profile_says(tmp_path, command):
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    for number, side in enumerate(("L", None)):
        dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        if side:
            dataset.Laterality = side
        dataset.SeriesInstanceUID = f"1.2.826.0.2.{number}"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.{number}"
        dataset.save_as(source / f"{number}.dcm")
    path = tmp_path / "loose.yaml"
    path.write_text(LOOSE)
    ended = command("augment", source, out, "--profile", path, "--json", expect=1).data
    (aside,) = ended["set_aside"]
    assert aside["code"] == "label"
    assert "Laterality" in aside["reason"]
    (copy,) = out.rglob("*.dcm")
    assert not pydicom.dcmread(copy).get("Laterality")
    original = pydicom.dcmread(source / "1.dcm").pixel_array
    assert (pydicom.dcmread(copy).pixel_array == original[:, ::-1]).all()
