"""What is in a data set, in every layout; nothing of it depends on workers, and no patient is named."""

from __future__ import annotations

import json
import os
import shutil
from html.parser import HTMLParser

import cv2
import numpy as np
import pydicom
import pytest
from many_layouts import LAYOUTS, coco, dicom, image_folder, mask, mvtec, picture, put, yolo
from pydicom.data import get_testdata_file
from typer.testing import CliRunner

import domainaug as da
from domainaug.cli import app
from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.exploring.page import page_of
from domainaug.medical.deeds import Code
from domainaug.medical.labels import Copy, Grid, Labels, Mask, Segment, write_seg
from domainaug.run.sets import plan_set, read_plan

EXPECTED = {
    "image-folder": ({"good": 2, "scratch": 2}, {}, "general/photo"),
    "mvtec-ad": ({"good": 3, "dent": 1}, {"train": 2, "test": 2}, "manufacturing/bottle"),
    "visa": ({"Normal": 3, "Anomaly": 1}, {"train": 2, "test": 2}, "manufacturing/aligned-assembly"),
    "coco": ({"crack": 2}, {}, "general/photo"),
    "yolo": ({"rider": 2}, {"train": 3, "val": 1}, "driving/front-camera"),
    "kitti": ({"Car": 4}, {"train": 3, "val": 1}, "driving/front-camera"),
    "cityscapes": ({}, {"train": 3, "val": 1}, "driving/front-camera"),
    "labelme": ({"dent": 4}, {}, "general/photo"),
    "nifti": ({"segment 1": 4}, {}, "medical/mri"),
    "dicom-study": ({}, {}, "medical/ct"),
}


def look(source, **how):
    return da.explore(source, engine="serial", **how)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_told_with_its_classes_parts_and_profile(layout, tmp_path):
    found = look(LAYOUTS[layout](tmp_path / "data"))
    classes, parts, profile = EXPECTED[layout]
    assert found.layout == layout
    assert {one.name: one.items for one in found.classes} == classes
    assert dict(found.parts) == parts
    assert found.fits[0].profile == profile
    assert json.loads(json.dumps(found.to_dict()))["items"] == found.items
    assert sum(found.shapes.values()) == found.items


def test_sizes_values_and_objects_are_those_of_the_pictures(tmp_path):
    found = look(image_folder(tmp_path / "data"))
    assert dict(found.shapes) == {"40 x 56": 4}
    pixels = [picture(number, number < 2) for number in range(4)]
    (values,) = found.values
    assert values.scale == "8 bit"
    assert values.highest.highest == max(one.max() for one in pixels)
    assert values.mean.median == pytest.approx(np.median([one.mean() / 255 for one in pixels]), abs=1e-4)
    bars = np.mean([np.histogram(one, 64, (0, 255))[0] / one.size for one in pixels], axis=0)
    assert values.histogram == pytest.approx(bars, abs=1e-6)
    (thing,) = found.objects
    assert (thing.objects, thing.size.median, thing.width.median, thing.height.median) == (2, 320, 20, 16)


def test_spacing_and_volumes_are_told_where_they_are_known(tmp_path):
    found = look(LAYOUTS["nifti"](tmp_path / "data"))
    assert dict(found.shapes) == {"6 x 14 x 16": 4}
    assert dict(found.spacing) == {"2 x 1 x 1": 4}
    assert found.objects[0].size.median == 5 * 5 * 2


def test_clipped_pictures_are_counted(tmp_path):
    shown = picture(0)
    shown[:8] = 255
    put(tmp_path / "a.png", shown)
    put(tmp_path / "b.png", picture(1))
    (values,) = look(tmp_path).values
    assert (values.dark, values.bright) == (0, 1)


def test_what_cannot_be_read_is_listed_with_its_reason_and_the_rest_goes_on(tmp_path):
    image_folder(tmp_path)
    (tmp_path / "good" / "p2.png").write_bytes((tmp_path / "good" / "p2.png").read_bytes()[:200])
    (tmp_path / "good" / "bad.png").write_bytes(b"no picture")
    found = look(tmp_path)
    assert {aside.key: aside.code for aside in found.unreadable} == {
        "good/p2.png": "truncated",
        "good/bad.png": "not-an-image",
    }
    assert (found.items, found.ok) == (3, False)


def test_the_same_bytes_and_near_duplicates_are_found_and_other_pictures_are_not(tmp_path):
    rng = np.random.default_rng(0)
    shown = cv2.resize(rng.random((12, 16, 3)) * 200, (160, 120), interpolation=cv2.INTER_CUBIC).clip(0, 255)
    shown = shown.astype(np.uint8)
    put(tmp_path / "a.png", shown)
    shutil.copy(tmp_path / "a.png", tmp_path / "again.png")
    put(tmp_path / "small.png", cv2.resize(shown, (80, 60), interpolation=cv2.INTER_AREA))
    put(tmp_path / "light.jpg", cv2.imencode(".jpg", np.clip(shown * 1.1 + 6, 0, 255).astype(np.uint8))[1].tobytes())
    for number in range(6):
        put(tmp_path / f"other{number}.png", picture(number))
    found = look(tmp_path)
    assert found.same == (("a.png", "again.png"),)
    assert {frozenset((pair.one, pair.other)) for pair in found.near} == {
        frozenset(pair)
        for pair in (("a.png", "light.jpg"), ("a.png", "small.png"), ("again.png", "light.jpg"),
                     ("again.png", "small.png"), ("light.jpg", "small.png"))
    }  # fmt: skip
    assert all(f"<td>{pair.one}</td><td>{pair.other}</td>" in page_of(found) for pair in found.near)
    assert look(tmp_path, near=None).near == ()


def test_parts_on_a_fixture_are_not_taken_for_each_other(tmp_path):
    rng = np.random.default_rng(3)
    part = cv2.resize(rng.random((6, 6)) * 150 + 40, (96, 96), interpolation=cv2.INTER_CUBIC)
    for number in range(30):
        grain = cv2.GaussianBlur(rng.normal(0, 40, part.shape), (0, 0), 3)
        put(tmp_path / f"part{number:02d}.png", np.clip(part + grain, 0, 255).astype(np.uint8))
    shutil.copy(tmp_path / "part00.png", tmp_path / "twin.png")
    found = look(tmp_path)
    assert (found.same, found.near) == ((("part00.png", "twin.png"),), ())


def test_stray_values_of_masks_are_one_line(tmp_path):
    image_folder(tmp_path)
    marked = mask()
    marked[0, 0], marked[0, 9] = 13, 19
    put(tmp_path / "scratch" / "p0_mask.png", marked)
    told = {one.name: one.objects for one in look(tmp_path).objects}
    assert told == {"label 255": 2, "2 stray values of masks": 2}


@pytest.mark.parametrize("kind", ["same bytes", "near duplicate", "group"])
def test_what_is_on_both_sides_of_a_split_is_a_leak(tmp_path, kind):
    source = mvtec(tmp_path)
    first = source / "bottle" / "train" / "good" / "000.png"
    if kind == "same bytes":
        shutil.copy(first, source / "bottle" / "test" / "good" / "copy.png")
    elif kind == "near duplicate":
        put(source / "bottle" / "test" / "good" / "copy.png", np.clip(picture(0) * 1.05, 0, 255).astype(np.uint8))
    found = look(source, group="(00[0-9])" if kind == "group" else None)
    assert [leak.kind for leak in found.leaks] == [kind]
    assert not found.ok
    assert "on both sides of the split" in str(found)
    assert {"train", "test"} == {found_part(key) for key in found.leaks[0].example}


def found_part(key: str) -> str:
    return key.split("/")[1]


def test_who_is_rare_is_said(tmp_path):
    for number in range(24):
        put(tmp_path / "good" / f"serial{number // 4}_{number}.png", picture(number))
    for number in range(2):
        put(tmp_path / "crack" / f"serial9_{number}.png", picture(50 + number))
    found = look(tmp_path, group="(serial[0-9]+)")
    assert found.imbalance == 12
    assert found.rare == (
        "crack has 2 items, 8% of what the commonest class has",
        "all 2 items of crack are of one group: no split can test it",
    )
    assert (found.groups.count, found.groups.largest) == (7, pytest.approx(4 / 26))


def test_no_patient_is_named_anywhere(tmp_path):
    source = dicom(tmp_path / "data")
    found = look(source)
    told = json.dumps(found.to_dict()) + str(found) + page_of(found)
    for name in ("Doe", "Peter", "Archibald", "98890234", "77654033", "98892001"):
        assert name not in told
    assert (found.groups.known, found.groups.count) == (True, 2)


def test_what_is_found_does_not_depend_on_the_workers(tmp_path):
    source = coco(tmp_path / "data")
    alone, several = look(source).to_dict(), da.explore(source, workers=2).to_dict()
    assert {**alone, "seconds": 0} == {**several, "seconds": 0}


def test_progress_counts_what_cannot_be_read_too(tmp_path):
    image_folder(tmp_path)
    (tmp_path / "bad.png").write_bytes(b"bad")
    seen = []
    look(tmp_path, progress=seen.append)
    assert (seen[-1].done, seen[-1].total, seen[-1].set_aside) == (5, 5, 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [({"near": 2.0}, "near=2"), ({"group": "("}, "no regular expression"), ({"engine": "cloud"}, "engine")],
)
def test_misuse_is_one_sentence(tmp_path, given, said):
    image_folder(tmp_path)
    with pytest.raises(DomainAugError, match=said):
        da.explore(tmp_path, **given)


def test_nothing_to_explore_is_one_sentence(tmp_path):
    with pytest.raises(UnreadableInput, match="no such file"):
        look(tmp_path / "nowhere")
    with pytest.raises(UnreadableInput, match="no images"):
        look(tmp_path)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_links_that_lead_out_are_not_followed(tmp_path):
    secret = image_folder(tmp_path / "elsewhere")
    put(tmp_path / "data" / "a.png", picture(0))
    (tmp_path / "data" / "out").symlink_to(secret, target_is_directory=True)
    assert look(tmp_path / "data").items == 1


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.outside, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        self.outside += [value for name, value in attrs if name in ("src", "href")] + [tag] * (
            tag in ("script", "link")
        )

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_loads_nothing_and_escapes_names(tmp_path):
    put(tmp_path / "<b>&data" / "<i>x" / "a.png", picture(0))
    found = look(tmp_path / "<b>&data")
    page = _Page()
    page.feed(page_of(found, plan=plan_set(tmp_path / "<b>&data", test=0)))
    assert page.outside == []
    assert "<b>&data" in page.texts
    assert "<i>x" in page.texts


def call(*words):
    return CliRunner().invoke(app, ["explore", *map(str, words), "--engine", "serial"])


def test_the_command_tells_writes_the_page_and_the_plan(tmp_path):
    source = yolo(tmp_path / "data")
    result = call(source, "--html", tmp_path / "page.html", "--plan", tmp_path / "plan.json", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["layout"] == "yolo"
    assert told["plan"]["parts"]["train"] == {"items": 3, "groups": 3, "copies": 3}
    assert read_plan(tmp_path / "plan.json").quotas["images/val/3.png"] == 0
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


def test_the_command_estimates_what_the_plan_takes(tmp_path):
    source = image_folder(tmp_path / "data")
    words = (source, "--plan", tmp_path / "plan.json", "--profile", "general/photo", "--copies", 3, "--test", 0.25)
    told = json.loads(call(*words, "--json").stdout)
    assert told["estimate"]["measured"] == 3
    assert told["estimate"]["bytes"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "plan.json"]
    alone = call(source, "--profile", "general/photo")
    assert (alone.exit_code, "give --plan FILE" in alone.stderr) == (2, True)


def test_the_command_ends_with_1_where_something_is_wrong(tmp_path):
    image_folder(tmp_path)
    (tmp_path / "bad.png").write_bytes(b"bad")
    result = call(tmp_path)
    assert result.exit_code == 1
    assert "unreadable: bad.png: not-an-image: " in result.stderr
    assert "unreadable 1: not-an-image (1)" in result.stdout
    assert isinstance(call(tmp_path / "nowhere").exception, UnreadableInput)


def test_the_plan_keeps_near_duplicates_together(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(5):
        shown = cv2.resize(rng.random((10, 10)) * 220, (90, 90), interpolation=cv2.INTER_CUBIC).clip(0, 255)
        put(tmp_path / "data" / "good" / f"{number}_a.png", shown.astype(np.uint8))
        put(tmp_path / "data" / "good" / f"{number}_b.png", np.clip(shown * 0.9, 0, 255).astype(np.uint8))
    assert call(tmp_path / "data", "--plan", tmp_path / "plan.json", "--test", 0.4).exit_code == 0
    parts = {place.key[-7:]: place.split for place in read_plan(tmp_path / "plan.json").places}
    assert all(parts[f"{number}_a.png"] == parts[f"{number}_b.png"] for number in range(5))
    assert sorted(parts.values()).count("test") == 4


def test_masks_alone_are_no_pictures(tmp_path):
    put(tmp_path / "a_mask.png", mask())
    found = look(tmp_path)
    assert (found.items, [aside.code for aside in found.unreadable]) == (0, ["mask-without-image"])
    assert found.fits == ()


@pytest.mark.parametrize(("deed", "code"), [("kill", "decoder-crash"), ("hang", "timeout"), ("stumble", "failed")])
def test_a_picture_that_ends_its_reader_stops_nothing(tmp_path, deed, code):
    from hostile import Hostile

    for number in range(4):
        put(tmp_path / f"part {number}.png", picture(number))
    found = da.explore(tmp_path, layout=Hostile(deed=deed), workers=2, timeout=2.0 if deed == "hang" else 60.0)
    assert (found.items, [aside.code for aside in found.unreadable]) == (3, [code])
    assert "SECRET" not in json.dumps(found.to_dict())


def test_a_zip_file_is_explored_as_its_folder_is(tmp_path):
    source = image_folder(tmp_path / "data")
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", source)
    one, other = look(source).to_dict(), look(packed).to_dict()
    assert {**one, "seconds": 0, "name": ""} == {**other, "seconds": 0, "name": ""}


def test_segments_of_dicom_are_told_by_codes_and_never_by_free_text(tmp_path):
    segments = (Segment(1, "Doe^John lesion"), Segment(2, "Doe", code=Code("64033007", "SCT", "Kidney")),
                Segment(3, "Doe", code=Code("1", "99LOCAL", "of Doe^John")))  # fmt: skip
    grid = segmented_ct(tmp_path / "Doe^John", segments)
    found = look(tmp_path / "Doe^John")
    told = {one.name: one.size.median for one in found.objects}
    assert told == {"segment 1": 12, "Kidney": 24, "segment 3": 36}
    assert {one.name for one in found.classes} == set(told)
    assert grid.shape == (5, 24, 20)
    assert "Doe" not in json.dumps(found.to_dict()) + str(found) + page_of(found)


def segmented_ct(place, segments):
    place.mkdir()
    matrix = np.diag((0.9, 0.9, 2.0, 1.0))
    matrix[:3, 3] = (-15.0, -18.0, 100.0)
    grid = Grid((5, 24, 20), matrix)
    for index in range(5):
        one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        one.Rows, one.Columns = 24, 20
        one.PixelSpacing, one.SliceThickness, one.SpacingBetweenSlices = [0.9, 0.9], 2.0, 2.0
        one.ImagePositionPatient, one.ImageOrientationPatient = [-15.0, -18.0, 100.0 + 2 * index], [1, 0, 0, 0, 1, 0]
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.7.{index + 1}"
        one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.826.0.2.7", "1.2.826.0.4.7"
        one.InstanceNumber = index + 1
        one.PixelData = np.full((24, 20), 1024, "<i2").tobytes()
        one.save_as(place / f"image-{index}.dcm")
    (series,) = da.read_study(place).series
    values = np.zeros(grid.shape, np.uint8)
    for number in range(1, 4):
        values[number, 2:8, 2 : 2 + 2 * number] = number
    copy = Copy(tuple(pydicom.dcmread(path) for path in series.files), grid)
    (place / "seg.dcm").write_bytes(write_seg(Labels(segments, (Mask(grid, values),)), copy))
    return grid
