"""A COCO data set augmented from end to end: what comes out is COCO, and still true."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from small_sets import digests, save

from domainaug.layouts.coco import Coco
from domainaug.layouts.instances import encode_counts
from domainaug.run import augment, replay


def disc(center, radius) -> np.ndarray:
    rows, columns = np.mgrid[:64, :80]
    return (rows - center[0]) ** 2 + (columns - center[1]) ** 2 < radius**2


@pytest.fixture
def source(tmp_path):
    """Bright discs on dark ground: one a polygon, one run lengths, one a box; the picture shows where each is."""
    content = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "disc"}]}
    for number in range(3):
        left, middle, right = disc((20, 16 + number), 8), disc((40, 40), 9), disc((22, 62), 7)
        picture = np.where(left | middle | right, 220, 30).astype(np.uint8)
        save(tmp_path / "source" / "images" / f"{number}.png", picture)
        content["images"].append({"id": 10 + number, "file_name": f"images/{number}.png", "width": 80, "height": 64})
        outline = cv2.findContours(left.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0][0]
        polygon = (outline.reshape(-1, 2) + 0.5).ravel().tolist()
        shapes = (
            {"segmentation": [polygon]},
            {"segmentation": {"size": [64, 80], "counts": encode_counts(middle)}, "iscrowd": 1},
            {"bbox": [55, 15, 14, 14]},
        )
        for shape in shapes:
            numbered = {"id": len(content["annotations"]), "image_id": 10 + number, "category_id": 1}
            content["annotations"].append({**numbered, **shape})
    (tmp_path / "source" / "annotations.json").write_text(json.dumps(content))
    return tmp_path / "source"


def test_the_output_is_coco_and_its_labels_lie_on_what_they_name(source, tmp_path, profile):
    out = tmp_path / "out"
    summary = augment(source, out, profile=profile, copies=4, seed=3, engine="serial")
    assert (summary.done, summary.exit_code) == (12, 0)
    content = json.loads((out / "annotations.json").read_text())
    assert len(content["images"]) == 12
    assert len({each["id"] for each in content["annotations"]}) == len(content["annotations"]) == 36
    scan = Coco().scan(out)
    assert (len(scan.items), scan.set_aside) == (12, ())
    moved = 0
    for item in scan.items:
        sample = Coco().read(item)
        bright = sample.image > (int(sample.image.max()) + int(sample.image.min())) / 2
        labeled = sample.mask > 0
        for left, top, right, bottom in np.round(sample.boxes).astype(int):
            labeled[top:bottom, left:right] |= bright[top:bottom, left:right]
            assert bright[top:bottom, left:right].mean() > 0.5, "a box lies beside its disc"
        assert (bright & labeled).sum() / (bright | labeled).sum() > 0.88
        boxes = [each["bbox"] for each in item.detail["annotations"]]
        moved += boxes[1] != [31.0, 31.0, 18.0, 18.0]
        assert all(x >= 0 and y >= 0 and x + w <= 80 and y + h <= 64 for x, y, w, h in boxes)
    assert moved >= 8


def test_resumed_and_in_workers_the_file_is_the_same(source, tmp_path, profile):
    augment(source, tmp_path / "one", profile=profile, copies=2, seed=3, engine="serial")
    augment(source, tmp_path / "two", profile=profile, copies=1, seed=3, engine="serial")
    augment(source, tmp_path / "two", profile=profile, copies=2, seed=3, workers=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_replay_proves_the_annotations_too(source, tmp_path, profile):
    out = tmp_path / "out"
    augment(source, out, profile=profile, copies=2, seed=3, engine="serial")
    report = replay(out, engine="serial")
    assert (report.ok, report.checked) == (True, 7)
    text = (out / "annotations.json").read_text()
    (out / "annotations.json").write_text(text.replace('"bbox"', '"BBOX"', 1))
    assert [(each.kind, each.name) for each in replay(out, engine="serial").differences] == [
        ("altered", "annotations.json")
    ]
    (out / "annotations.json").write_text(text)
    whole = (source / "annotations.json").read_text()
    (source / "annotations.json").write_text(whole.replace('"bbox": [55', '"bbox": [54', 1))
    kinds = {(each.kind, each.name) for each in replay(out, engine="serial").differences}
    assert ("input changed", "images/0.png") in kinds
    assert not any(name == "images/1.png" for _, name in kinds)
