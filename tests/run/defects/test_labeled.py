"""Which pictures show good parts, and what labels mark, layout by layout."""

from __future__ import annotations

import json

import numpy as np
import pytest
from plate_sets import plate, plates, save

from domainaug.errors import DomainAugError, UnknownName
from domainaug.layouts import layout_for
from domainaug.run.defects.labeled import survey


def found_in(folder, **given):
    return survey(layout_for(folder), folder, **given)


def keys(items):
    return [item.key for item in items]


def test_of_mvtec_only_those_to_train_on_are_good(tmp_path):
    found = found_in(plates(tmp_path))
    assert keys(found.good) == [f"train/good/{number:03d}.png" for number in range(4)]
    assert keys(found.classes["hole"]) == [f"test/hole/{number:03d}.png" for number in range(3)]
    marked = [one[2] for one in found.pictures("hole")]
    assert [int(mask.sum()) for mask in marked] == [42, 42, 42]


def test_folders_named_as_good_are_and_classes_may_go_without_what_they_begin_with(tmp_path):
    for name in ("MT_Free", "MT_Crack", "MT_Fray"):
        save(tmp_path / name / "a.jpg", plate(1))
        save(tmp_path / name / "a.png", np.full((96, 128), 255 * (name != "MT_Free"), np.uint8))
    found = found_in(tmp_path)
    assert keys(found.good) == ["MT_Free/a.jpg"]
    assert found.called("crack") == "MT_Crack"
    assert found.called("mt_fray") == "MT_Fray"
    with pytest.raises(UnknownName, match="did you mean 'Crack'"):
        found.called("Crock")


def test_a_mask_that_marks_nothing_tells_a_good_one(tmp_path):
    for number in range(3):
        save(tmp_path / "images" / f"{number}.png", plate(number))
        save(tmp_path / "masks" / f"{number}.png", np.full((96, 128), 255 * (number == 1), np.uint8))
    assert keys(found_in(tmp_path).good) == ["images/0.png", "images/2.png"]


def test_a_set_of_good_parts_alone_is_all_good_and_a_pattern_goes_before(tmp_path):
    for number in range(3):
        save(tmp_path / f"{number}.png", plate(number))
    assert keys(found_in(tmp_path).good) == ["0.png", "1.png", "2.png"]
    assert keys(found_in(tmp_path, good="[01].png").good) == ["0.png", "1.png"]


def test_of_coco_pictures_without_annotations_are_good(tmp_path):
    for number in range(2):
        save(tmp_path / f"{number}.png", plate(number))
    polygon = [10.0, 10.0, 20.0, 10.0, 20.0, 18.0, 10.0, 18.0]
    content = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 128, "height": 96} for n in range(2)],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 5, "bbox": [10, 10, 10, 8], "segmentation": [polygon]}],
        "categories": [{"id": 5, "name": "hole"}],
    }
    (tmp_path / "set.json").write_text(json.dumps(content), encoding="utf-8")
    found = found_in(tmp_path)
    assert keys(found.good) == ["0.png"]
    ((_, _, mask),) = found.pictures("hole")
    assert int(mask.sum()) == 80


def test_outlines_of_yolo_and_labelme_are_masks(tmp_path):
    corners = [(10, 10), (20, 10), (20, 18), (10, 18)]
    for number in range(2):
        save(tmp_path / "yolo" / "images" / f"{number}.png", plate(number))
        save(tmp_path / "me" / f"{number}.png", plate(number))
    shares = " ".join(f"{x / 128:.6f} {y / 96:.6f}" for x, y in corners)
    (tmp_path / "yolo" / "labels").mkdir()
    (tmp_path / "yolo" / "labels" / "1.txt").write_text(f"0 {shares}\n", encoding="utf-8")
    (tmp_path / "yolo" / "set.yaml").write_text("train: images\nnames: [hole]\n", encoding="utf-8")
    told = {
        "shapes": [{"label": "hole", "points": corners, "shape_type": "polygon"}],
        "imagePath": "1.png",
        "imageData": None,
        "imageHeight": 96,
        "imageWidth": 128,
    }
    (tmp_path / "me" / "1.json").write_text(json.dumps(told), encoding="utf-8")
    for name in ("yolo", "me"):
        found = found_in(tmp_path / name)
        assert len(found.good) == 1
        ((_, _, mask),) = found.pictures("hole")
        assert int(mask.sum()) == 80


def test_labels_that_cannot_be_used_are_told_one_by_one(tmp_path):
    plates(tmp_path)
    save(tmp_path / "ground_truth" / "hole" / "000_mask.png", np.zeros((96, 128), np.uint8))
    save(tmp_path / "ground_truth" / "hole" / "001_mask.png", np.full((50, 60), 255, np.uint8))
    (tmp_path / "ground_truth" / "hole" / "002_mask.png").unlink()
    found = found_in(tmp_path)
    told = {one.key: (one.code, one.reason) for one in found.pictures("hole")}
    assert told["test/hole/000.png"] == ("label", "its labels mark no pixel")
    assert told["test/hole/001.png"][0] == "size-mismatch"
    assert [one.code for one in found.set_aside] == ["mask-missing"]


def test_data_that_is_no_pictures_of_parts_is_refused(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"\x1f\x8b")
    layout = layout_for(tmp_path)
    with pytest.raises(DomainAugError, match="has no pictures of parts; legal: image-folder"):
        survey(layout, tmp_path)
