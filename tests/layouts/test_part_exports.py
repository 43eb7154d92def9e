"""What the surface simulator rendered, as MVTec AD and COCO: read back by this library and by others'."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from domainaug.cli import app
from domainaug.errors import LabelError, OutputError, UnknownName, UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.coco import Coco
from domainaug.layouts.exports import PART_EXPORTS, export_frames, export_parts
from domainaug.layouts.mvtec import MvtecAd
from domainaug.layouts.parts import read_parts
from domainaug.run import simulate

SCENARIO = """
id: parts
simulator: surface
world: {width: 16, height: 14, detail: 0.2, defects: []}
fixed: {rows: 40, columns: 48, pitch: 0.4, defect_size: 5.0, defect_across: 2.0, finish: plastic, samples: 1}
vary:
  defect: [none, dent, stain]
  finish_seed: [0, 1, 2, 3, 4, 5, 6, 7]
sample: {method: grid}
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    pytest.importorskip("numba", reason="numba is not installed")
    folder = tmp_path_factory.mktemp("parts")
    (folder / "scenario.yaml").write_text(SCENARIO)
    simulate(folder / "scenario.yaml", folder / "out", engine="serial")
    return folder / "out"


def test_every_picture_has_its_kind(rendered):
    kinds = [picture.kind for picture in read_parts(rendered)]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"good": 8, "dent": 8, "stain": 8}


def test_mvtec_ad_is_read_back_with_its_masks(rendered, tmp_path):
    made = export_parts(rendered, tmp_path / "out", "mvtec-ad")
    assert (made.frames, made.things) == (24, 16)
    layout = MvtecAd()
    assert layout.recognizes(tmp_path / "out")
    found = layout.scan(tmp_path / "out")
    assert not found.set_aside
    assert len(found.items) == 24
    by_variant = {picture.variant: picture for picture in read_parts(rendered)}
    for item in found.items:
        sample = layout.read(item)
        picture = by_variant[item.files[0].stem]
        if picture.kind == "good":
            assert sample.mask is None
            assert item.key.split("/")[1] in ("train", "test")
        else:
            assert item.key == f"part/test/{picture.kind}/{picture.variant}.png"
            assert np.array_equal(sample.mask > 0, picture.marks[0].mask())
            assert item.files[0].read_bytes() == picture.place.read_bytes()


def test_a_longer_run_moves_no_good_picture(rendered, tmp_path):
    export_parts(rendered, tmp_path / "all", "mvtec-ad")
    shorter = tmp_path / "few"
    shutil.copytree(rendered, shorter)
    for folder in sorted((shorter / "variants").iterdir())[::2]:
        shutil.rmtree(folder)
    export_parts(shorter, tmp_path / "some", "mvtec-ad")
    few, every = (
        {path.relative_to(tmp_path / name).as_posix() for path in (tmp_path / name).rglob("*.png")}
        for name in ("some", "all")
    )
    assert few < every


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
def test_coco_is_read_back_by_us_and_by_pycocotools(rendered, tmp_path):
    export_parts(rendered, tmp_path / "out", "coco")
    found = Coco().scan(tmp_path / "out")
    assert not found.set_aside
    assert len(found.items) == 24
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    read = coco.COCO(str(tmp_path / "out" / "annotations" / "instances.json"))
    by_variant = {picture.variant: picture for picture in read_parts(rendered)}
    seen = 0
    for entry in read.loadImgs(read.getImgIds()):
        picture = by_variant[Path(entry["file_name"]).stem]
        assert (entry["height"], entry["width"]) == picture.size
        told = read.loadAnns(read.getAnnIds(imgIds=entry["id"]))
        assert len(told) == len(picture.marks)
        for annotation, mark in zip(told, picture.marks, strict=True):
            mask = read.annToMask(annotation) > 0
            assert np.array_equal(mask, mark.mask())
            left, top, width, height = annotation["bbox"]
            assert (left, top, left + width, top + height) == mark.box
            assert read.loadCats(annotation["category_id"])[0]["name"] == mark.kind
            seen += 1
    assert seen == 16


@pytest.mark.parametrize("layout", PART_EXPORTS)
def test_the_command_gives_the_same_bytes_twice(rendered, tmp_path, layout):
    contents = []
    for name in ("one", "two"):
        done = CliRunner().invoke(app, ["export", str(rendered), str(tmp_path / name), "--layout", layout])
        assert done.exit_code == 0, done.output
        assert "16 things agree" in done.output
        found = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        contents.append([(path.relative_to(tmp_path / name), path.read_bytes()) for path in found])
    assert contents[0] == contents[1]


def test_several_kinds_in_a_picture_are_combined(tmp_path):
    world = "{width: 16, height: 14, detail: 0.2, defects: [{kind: dent, at: [4, 0], diameter_mm: 4}, {kind: stain, diameter_mm: 3}]}"  # noqa: E501
    (tmp_path / "scenario.yaml").write_text(
        f"id: two\nsimulator: surface\nworld: {world}\nfixed: {{rows: 40, columns: 48, pitch: 0.4, samples: 1}}\n"
    )
    simulate(tmp_path / "scenario.yaml", tmp_path / "frames", engine="serial")
    export_parts(tmp_path / "frames", tmp_path / "out", "mvtec-ad")
    (mask,) = (tmp_path / "out" / "part" / "ground_truth" / "combined").iterdir()
    (picture,) = read_parts(tmp_path / "frames")
    assert np.array_equal(images.read_mask(mask) > 0, np.any([one.mask() for one in picture.marks], axis=0))


def test_labels_that_contradict_are_not_exported(rendered, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(rendered, broken)
    picture = next(one for one in read_parts(broken) if one.marks)
    path = picture.place.with_name("labels.json")
    told = json.loads(path.read_text())
    told["defects"][0]["pixels"] += 1
    path.write_text(json.dumps(told))
    with pytest.raises(LabelError, match=f"{picture.variant}: defect 1: its mask has"):
        export_parts(broken, tmp_path / "out", "coco")
    told["defects"][0]["pixels"] -= 1
    told["defects"][0]["box"][0] -= 1
    path.write_text(json.dumps(told))
    with pytest.raises(LabelError, match="its pixels lie in"):
        export_parts(broken, tmp_path / "out", "coco")
    path.write_text("{")
    with pytest.raises(UnreadableInput, match="not JSON"):
        export_parts(broken, tmp_path / "out", "coco")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_exported_says_why(rendered, tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'mvtec-ad'"):
        export_parts(rendered, tmp_path / "out", "mvtec_ad")
    with pytest.raises(UnreadableInput, match="no parts here"):
        export_parts(tmp_path, tmp_path / "out", "coco")
    with pytest.raises(UnreadableInput, match="no frames here"):
        export_frames(rendered, tmp_path / "out", "kitti")
    with pytest.raises(OutputError, match="something here already"):
        export_parts(rendered, rendered, "coco")
    done = CliRunner().invoke(app, ["export", str(rendered), str(tmp_path / "out"), "--layout", "mvtek-ad"])
    assert "did you mean 'mvtec-ad'" in str(done.exception)
