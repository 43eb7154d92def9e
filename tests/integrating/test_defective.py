"""Pictures with synthetic defects beside originals: what the layout of the set makes of them when it is read again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from many_layouts import put

import domainaug as da
from domainaug.errors import DomainAugError
from domainaug.layouts import layout_named
from domainaug.layouts.classes import classes_of
from domainaug.layouts.splits import own_splits
from domainaug.run.defects.asking import DefectRequest
from domainaug.run.defects.running import make_defects


def plate(number, pit=False):
    pixels = (125 + np.random.default_rng(number).normal(0, 2, (120, 120))).round().astype(np.uint8)
    if pit:
        pixels[50:62, 40:54] = 60
    return pixels


def truth():
    marked = np.zeros((120, 120), np.uint8)
    marked[50:62, 40:54] = 255
    return marked


def run(source, out, wanted=None, **how):
    summary = make_defects(
        source,
        out,
        DefectRequest(wanted or {"dark": {"from": "pit", "count": 6}}, **how),
        profile="manufacturing/metal-surface",
        options={"pixel_pitch_mm": 0.1},
        engine="serial",
    )
    assert summary.done == 6
    return out


def told(train):
    return [json.loads(line) for line in (train / "manifest.jsonl").read_text().splitlines()[1:]]


@pytest.fixture
def folders(tmp_path):
    """Two pictures each of six good parts."""
    for number in range(12):
        put(tmp_path / "plates" / "good" / f"serial{number // 2}_{number}.png", plate(number))
    return tmp_path / "plates"


def test_drawn_defects_of_mvtec_are_trained_on_and_never_beside_what_is_tested_on(tmp_path):
    source, train = tmp_path / "source", tmp_path / "train"
    for number in range(6):
        put(source / "nut" / ("train" if number < 4 else "test") / "good" / f"{number:03d}.png", plate(number))
    put(source / "nut" / "test" / "dark" / "000.png", plate(9, pit=True))
    put(source / "nut" / "ground_truth" / "dark" / "000_mask.png", truth())
    da.integrate(source, run(source, tmp_path / "out"), train)
    assert sorted(path.name for path in train.glob("nut/test/*/*")) == ["000.png", "004.png", "005.png"]
    layout = layout_named("mvtec-ad")
    found = layout.scan(train)
    assert found.set_aside == ()
    parts, classes = own_splits(layout, train, found.items), classes_of(layout, train, found.items)
    drawn = [item for item in found.items if "aug" in item.key]
    assert len(drawn) == 6
    for item in drawn:
        assert (parts[item.key], dict(classes[item.key])) == ("train", {"dark": 1})
        assert layout.read(item).mask.any()


def test_drawn_defects_of_coco_are_annotated_and_a_new_class_gets_a_number(tmp_path):
    source, train = tmp_path / "source", tmp_path / "train"
    images = [{"id": number, "file_name": f"{number}.png", "width": 120, "height": 120} for number in range(8)]
    for number in range(8):
        put(source / "images" / f"{number}.png", plate(number, pit=number < 2))
    corners = [40, 50, 54, 50, 54, 62, 40, 62]
    marked = [
        {"id": n, "image_id": n, "category_id": 3, "bbox": [40, 50, 14, 12], "area": 168, "segmentation": [corners]}
        for n in range(2)
    ]
    whole = {"images": images, "annotations": marked, "categories": [{"id": 3, "name": "pit"}]}
    put(source / "annotations.json", json.dumps(whole))
    wanted = {"pit": {"count": 3}, "dark": {"from": "pit", "count": 3}}
    da.integrate(source, run(source, tmp_path / "out", wanted), train, test=0.25)
    made = json.loads((train / "train" / "annotations.json").read_bytes())
    assert made["categories"] == [{"id": 3, "name": "pit"}, {"id": 4, "name": "dark"}]
    names = {one["id"]: one["file_name"] for one in made["images"]}
    assert all((train / "train" / "images" / name).is_file() for name in names.values())
    drawn = {
        names[one["image_id"]]: one["category_id"] for one in made["annotations"] if "aug" in names[one["image_id"]]
    }
    assert {name.split("/")[0]: number for name, number in drawn.items()} == {"pit": 3, "dark": 4}
    assert len(drawn) == sum(one["is_synthetic"] for one in told(train))
    found = layout_named("coco").scan(train / "train")
    assert (len(found.items), found.set_aside) == (len(names), ())


@pytest.mark.parametrize("output", ["mvtec-ad", "coco"])
def test_defects_that_are_written_otherwise_than_the_source_are_refused(folders, tmp_path, output):
    out = run(folders, tmp_path / "out", output=output)
    with pytest.raises(DomainAugError, match=f"written as {output}, and the source .* image-folder.*--output masks"):
        da.integrate(folders, out, tmp_path / "train")
    assert not (tmp_path / "train").exists()


def test_parts_that_were_told_for_the_run_stay_whole_in_the_set(folders, tmp_path):
    out, group = run(folders, tmp_path / "out", group="(serial[0-9])"), tmp_path / "train"
    da.integrate(folders, out, group, test=0.34)
    sides = {}
    for line in told(group):
        sides.setdefault(line["key"].split("_")[0], set()).add(line["split"])
    assert all(len(side) == 1 for side in sides.values())
    assert {side.pop() for side in sides.values()} == {"train", "test"}
