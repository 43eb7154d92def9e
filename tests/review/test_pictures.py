"""A copy as a reviewer sees it: beside its original, labels drawn, and where the two differ."""

from __future__ import annotations

import json
import shutil

import cv2
import numpy as np
import pytest

from domainaug.errors import DomainAugError
from domainaug.review import Review
from domainaug.review.pictures import Pictures
from domainaug.run import augment
from domainaug.run.job import File, Made
from domainaug.run.ledger import LEDGER, Ledger

PROFILE = """\
id: test/light
version: 1.0.0
title: Light
recipe:
  - RandomBrightnessContrast: {brightness_limit: [0.2, 0.2], contrast_limit: [0, 0], p: 1}
"""


@pytest.fixture
def folder(tmp_path):
    for name, level in (("part 0", 60), ("part 1", 100)):
        picture = np.full((40, 60), level, np.uint8)
        mask = np.zeros((40, 60), np.uint8)
        mask[10:20, 20:40] = 1
        (tmp_path / "source").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "source" / f"{name}.png"), picture)
        cv2.imwrite(str(tmp_path / "source" / f"{name}_mask.png"), mask)
    (tmp_path / "light.yaml").write_text(PROFILE)
    augment(tmp_path / "source", tmp_path / "out", profile=tmp_path / "light.yaml", copies=2, engine="serial")
    return tmp_path


def looked(folder, index=0, **how):
    review = Review(folder / "out")
    one = sorted(review.candidates, key=lambda each: (each.key, each.copy))[index]
    return Pictures(review.out, review.header).look(one, **how)


def test_a_copy_is_seen_beside_what_it_was_made_from(folder):
    look = looked(folder, labels=False)
    assert look.original is not None
    assert np.unique(look.original).tolist() == [60]
    assert look.copy.shape == (40, 60, 3)
    assert look.copy.mean() == pytest.approx(60 + 0.2 * 255, abs=1)
    assert (look.note, look.slices) == ("", 1)


def test_where_it_became_lighter_is_orange(folder):
    red, _, blue = looked(folder).difference.reshape(-1, 3).mean(axis=0)
    assert red > blue + 20


def test_labels_are_drawn_on_both_and_not_on_the_difference(folder):
    plain, drawn = looked(folder, labels=False), looked(folder)
    assert drawn.labels == 1
    for before, after in ((plain.original, drawn.original), (plain.copy, drawn.copy)):
        assert (before != after).any(axis=2)[9:21, 19:41].any()
        assert not (before != after).any(axis=2)[25:].any()
    assert np.array_equal(plain.difference, drawn.difference)


def test_drawn_defects_may_come_in_another_layout_than_the_good_parts(folder):
    review = Review(folder / "out")
    header = {**review.header, "layout": "mvtec-ad", "defects": {"output": "image-folder"}}
    look = Pictures(review.out, header).look(review.candidates[0])
    assert look.labels == 1


def test_pictures_are_no_larger_than_asked(folder):
    assert max(looked(folder, longest=30).copy.shape) == 30
    assert max(looked(folder, longest=900).copy.shape) == 60


def test_without_its_original_a_copy_is_seen_alone(folder):
    shutil.move(folder / "source", folder / "elsewhere")
    look = looked(folder)
    assert look.original is None
    assert look.difference is None
    assert look.note == "The originals are not where they were"
    shutil.move(folder / "elsewhere", folder / "source")
    (folder / "source" / "part 0.png").unlink()
    (folder / "source" / "part 0_mask.png").unlink()
    assert looked(folder).note == "The original is not where it was"


def test_a_copy_that_is_gone_is_told_in_a_sentence(folder):
    review = Review(folder / "out")
    one = review.candidates[0]
    (folder / "out" / one.path).unlink()
    with pytest.raises(DomainAugError, match=f"copy {one.id} cannot be shown: there is no such file") as raised:
        Pictures(review.out, review.header).look(one)
    assert one.path not in str(raised.value)


def test_a_copy_that_is_made_anew_is_read_anew(folder):
    review = Review(folder / "out")
    one, pictures = review.candidates[0], Pictures(review.out, review.header)
    assert pictures.look(one, labels=False).copy.max() > 50
    cv2.imwrite(str(folder / "out" / one.path), np.full((40, 60), 7, np.uint8))
    assert pictures.look(one, labels=False).copy.max() == 7


def test_boxes_of_a_coco_file_are_drawn_once_it_is_written(tmp_path):
    source = tmp_path / "source"
    (source / "images").mkdir(parents=True)
    cv2.imwrite(str(source / "images" / "a.png"), np.full((40, 60), 90, np.uint8))
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 12], "area": 240, "iscrowd": 0}
    image = {"id": 1, "file_name": "a.png", "width": 60, "height": 40}
    content = {"images": [image], "annotations": [box], "categories": [{"id": 1, "name": "dent"}]}
    (source / "coco.json").write_text(json.dumps(content))
    (tmp_path / "light.yaml").write_text(PROFILE)
    augment(source, tmp_path / "out", profile=tmp_path / "light.yaml", engine="serial")
    assert looked(tmp_path).labels == 1
    (tmp_path / "out" / "coco.json").unlink()
    look = looked(tmp_path)
    assert look.labels == 0
    assert look.copy.shape == (40, 60, 3)


def test_of_a_volume_the_slice_with_most_labels_is_shown(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    volume = np.zeros((24, 20, 9), np.int16)
    volume[..., 6] = 200
    mask = np.zeros(volume.shape, np.uint8)
    mask[5:15, 5:15, 6] = 1
    mask[5:8, 5:8, 3] = 1
    (tmp_path / "source" / "labels").mkdir(parents=True)
    (tmp_path / "source" / "images").mkdir()
    for name, values in (("images", volume), ("labels", mask)):
        nibabel.save(
            nibabel.Nifti1Image(values, np.diag([1.0, 1.0, 3.0, 1.0])), tmp_path / "source" / name / "a.nii.gz"
        )
    profile = PROFILE.replace("id: test/light", "id: test/light\nframe: {volume: true}")
    (tmp_path / "light.yaml").write_text(profile)
    augment(tmp_path / "source", tmp_path / "out", profile=tmp_path / "light.yaml", engine="serial")
    look = looked(tmp_path)
    assert (look.slices, look.labels) == (9, 1)
    other = looked(tmp_path, slice_index=(look.slice + 1) % 9)
    assert other.labels == 0
    assert look.original is not None
    assert look.difference is not None


def test_derived_dicom_is_seen_beside_its_source(tmp_path):
    data = pytest.importorskip("pydicom.data")
    (tmp_path / "source").mkdir()
    shutil.copy(data.get_testdata_file("CT_small.dcm", download=False), tmp_path / "source" / "a.dcm")
    (tmp_path / "light.yaml").write_text(PROFILE)
    augment(tmp_path / "source", tmp_path / "out", profile=tmp_path / "light.yaml", engine="serial")
    look = looked(tmp_path)
    assert look.original is not None
    assert look.original.shape == look.copy.shape == (128, 128, 3)
    assert look.copy.mean() > look.original.mean() + 10
    assert "lung" in look.windows
    assert not np.array_equal(looked(tmp_path, window="lung").copy, looked(tmp_path, window="bone").copy)


def test_what_another_simulator_rendered_is_its_first_picture(tmp_path, make_run):
    out = make_run(2)
    review = Review(out)
    for one in review.candidates:
        (out / one.path).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(out / one.path), np.full((20, 30, 3), 9, np.uint8))
    look = Pictures(out, {"layout": "simulation"}).look(review.candidates[0])
    assert [panel.title for panel in look.panels] == ["To judge"]
    assert look.original is None
    assert look.note == "What is rendered has no original"
    assert look.copy.shape == (20, 30, 3)


def test_what_another_simulator_rendered_as_dicom_is_not_one_of_its_masks(tmp_path, make_run):
    data = pytest.importorskip("pydicom.data")
    out = make_run(0)
    shutil.copy(data.get_testdata_file("CT_small.dcm", download=False), out / "seen.dcm")
    cv2.imwrite(str(out / "mask.png"), np.zeros((8, 8), np.uint8))
    with Ledger(out / LEDGER, writable=True) as ledger:
        files = tuple(File(name, "00", 1) for name in ("seen.dcm", "mask.png"))
        ledger.add(Made("a", 0, out, files, {"values": {}}, None, "", 0.0))
        ledger.settle()
    look = Pictures(out, {"layout": "simulation"}).look(Review(out).candidates[0])
    assert look.copy.shape == (128, 128, 3)
