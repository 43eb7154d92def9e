"""Runs of defects: as many as wanted, masks that are true, the same bytes each time, and every refusal told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from plate_sets import plate, plates, profile, save
from typer.testing import CliRunner

import domainaug as da
from domainaug.cli import app
from domainaug.errors import DomainAugError, OutputError
from domainaug.layouts import layout_for
from domainaug.run.defects.asking import DefectRequest
from domainaug.run.ledger import LEDGER, Ledger

ASKED = "pit:4,bank/hole:4,perlin:2,stain:2"
BOTH = "bank/hole:1,stain:1"


def rows_of(out):
    with Ledger(out / LEDGER) as ledger:
        return list(ledger.rows())


def files(out):
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != LEDGER
    }


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plates")
    source, asked = plates(folder / "plates"), profile(folder)
    out = folder / "out"
    return source, asked, out, da.augment(source, out, profile=asked, defects=ASKED, seed=4, engine="serial")


def test_as_many_of_each_class_as_wanted_of_pictures_to_train_on(done):
    _, _, _, summary = done
    assert {each.name: (each.wanted, each.planned, each.made) for each in summary.tallies} == {
        "pit": (4, 4, 4),
        "hole": (4, 4, 4),
        "perlin": (2, 2, 2),
        "stain": (2, 2, 2),
    }
    assert summary.exit_code == 0


def test_only_what_the_mask_marks_has_changed_and_that_clearly(done):
    source, _, out, _ = done
    for row in rows_of(out):
        shown, mask = (np.asarray(Image.open(out / file.path)) for file in row.files)
        before = np.asarray(Image.open(source / row.key)).astype(int)
        change = np.abs(shown.astype(int) - before)
        assert set(np.unique(mask)) == {0, 255}
        assert change[mask > 0].mean() > 2
        assert change[mask == 0].mean() < 0.5


def test_the_output_is_read_as_what_it_is(done):
    _, _, out, _ = done
    layout = layout_for(out)
    assert layout.name == "mvtec-ad"
    items = layout.scan(out).items
    assert len(items) == 12
    assert {item.key.split("/")[1] for item in items} == {"pit", "hole", "perlin", "stain"}
    assert all(layout.read(item).mask.any() for item in items)


def test_the_ledger_tells_kind_sizes_measures_part_and_tries(done):
    _, _, out, summary = done
    rows = rows_of(out)
    for row in rows:
        told = row.record["defect"]
        assert row.record["group"] == row.key
        assert row.record["lighting"] == "bright-field"
        assert 0 < row.record["effects"]["drawn_defect"] < 0.25
        assert told["gate"]["contrast"] >= 0.7
        assert told["tries"] == len(told["refused"]) + 1
    pit = next(row.record["defect"] for row in rows if row.record["defect"]["class"] == "pit")
    assert pit["sizes"]["diameter_mm"] > 0
    hole = next(row.record["defect"] for row in rows if row.record["defect"]["class"] == "hole")
    assert hole["sizes"]["source"].startswith("test/hole/")
    assert sum(row.record["defect"]["tries"] for row in rows) == sum(each.tries for each in summary.tallies)


def test_two_workers_and_a_second_start_give_the_same_bytes_and_replay_proves_them(done, tmp_path):
    source, asked, out, _ = done
    for row in rows_of(out)[:5]:
        (out / row.files[0].path).unlink()
    again = da.augment(source, out, profile=asked, defects=ASKED, seed=4, engine="serial")
    assert (again.done, again.repaired) == (5, 5)
    both = da.augment(source, tmp_path / "out", profile=asked, defects=ASKED, seed=4, workers=2)
    assert both.done == 12
    assert files(tmp_path / "out") == files(out)
    report = da.replay(out, engine="serial")
    assert report.ok
    assert report.identical == 24


def test_another_request_or_a_plain_run_in_the_same_folder_is_refused(done):
    source, asked, out, _ = done
    with pytest.raises(OutputError, match="belongs to another run: defects"):
        da.augment(source, out, profile=asked, defects="pit:5", seed=4, engine="serial")
    with pytest.raises(OutputError, match="belongs to another run"):
        da.augment(source, out, profile=asked, seed=4, engine="serial")


def test_a_dry_run_tells_the_sums_and_writes_nothing(done, tmp_path):
    source, asked, _, _ = done
    request = DefectRequest("pit:9,dent", cap=2, group="([0-9]+).png", lighting="(train|test)")
    told = da.augment(source, tmp_path / "out", profile=asked, defects=request, engine="serial", dry_run=True)
    text = str(told)
    assert "4 pictures of good parts, 4 parts; by lighting: train 4" in text
    assert "pit: 9 wanted = 4 pictures x 2.25" in text
    assert "half of the good pictures, real ones counted, would be pit 2:" in text
    assert "pit: 9 wanted, 8 planned: the cap leaves no room for more" in text
    assert "dent: half of 4 good pictures less 0 real ones: 2 wanted" in text
    assert told.to_dict()["defects"][0]["planned"] == 8
    assert not (tmp_path / "out").exists()


def test_a_bank_may_lie_elsewhere_and_parts_and_lightings_are_told(done, tmp_path):
    source, asked, _, _ = done
    good = tmp_path / "lines" / "good"
    for serial in "ABC":
        for light in ("dark", "dome"):
            save(good / f"{serial}_{light}.png", plate(ord(serial)))
    request = DefectRequest("bank/hole:6", group="([A-C])_", lighting="_(dark|dome)", bank=source)
    out = tmp_path / "out"
    told = da.augment(tmp_path / "lines", out, profile=asked, defects=request, engine="serial")
    assert told.tallies[0].lightings == {"dark": (3, 3), "dome": (3, 3)}
    rows = rows_of(out)
    assert {(row.record["group"], row.record["lighting"]) for row in rows} == {
        (part, light) for part in "ABC" for light in ("dark", "dome")
    }
    assert all(row.record["defect"]["sizes"]["source"].startswith("test/hole/") for row in rows)
    assert str(source) not in (out / "manifest.jsonl").read_text(encoding="utf-8")
    assert da.replay(out, engine="serial").ok


def test_what_the_gate_refuses_is_counted_by_reason_and_no_run_goes_on_for_ever(done, tmp_path):
    source, asked, _, _ = done
    request = DefectRequest({"pit": {"count": 3, "gate": {"contrast": 1e6}}, "stain": 2}, tries=3)
    told = da.augment(source, tmp_path / "out", profile=asked, defects=request, engine="serial")
    pit, stain = told.tallies
    assert (pit.wanted, pit.made, pit.aside) == (3, 0, {"invisible": 3})
    assert pit.refused["invisible"] == 9
    assert stain.made == 2
    assert told.exit_code == 1
    assert "pit: wanted 3, made 0: 3 set aside as invisible" in str(told)
    assert "the gate refused 3 tries (invisible 3" in told.set_aside[0].reason


def test_bad_pictures_are_set_aside_and_the_others_are_made(tmp_path):
    source = plates(tmp_path / "plates")
    (source / "train" / "good" / "001.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    save(source / "train" / "good" / "002.png", np.zeros((96, 128), np.uint8))
    asked = profile(tmp_path, part=", foreground: {by: threshold, threshold: 0.2}")
    told = da.augment(source, tmp_path / "out", profile=asked, defects="stain:4", engine="serial")
    assert told.tallies[0].made == 2
    reasons = {one.key: one.reason for one in told.set_aside}
    assert "no pixel belongs to the part by threshold" in reasons["train/good/002.png"]
    assert "train/good/001.png" in reasons


def test_masks_of_the_part_come_from_a_folder_and_a_missing_one_is_told(tmp_path):
    source = plates(tmp_path / "plates")
    left = np.zeros((96, 128), np.uint8)
    left[:, :64] = 255
    for number in (0, 1, 2):
        save(tmp_path / "parts" / f"{number:03d}.png", left)
    save(tmp_path / "parts" / "002.png", left[:50])
    asked = profile(tmp_path, part=", foreground: {by: masks, folder: parts}")
    told = da.augment(source, tmp_path / "out", profile=asked, defects="stain:4", engine="serial")
    assert told.tallies[0].made == 2
    reasons = {one.key: one.reason for one in told.set_aside}
    assert "mask of the part is (50, 128)" in reasons["train/good/002.png"]
    assert "no 003.png" in reasons["train/good/003.png"]
    for row in rows_of(tmp_path / "out"):
        assert not np.asarray(Image.open(tmp_path / "out" / row.files[1].path))[:, 64:].any()


def test_a_bank_whose_defects_fit_nowhere_is_told_and_other_classes_are_made(tmp_path):
    source = plates(tmp_path / "plates", holes=0)
    shown, mask = plate(7, 400, 400), np.zeros((400, 400), np.uint8)
    mask[20:380, 20:380] = 255
    save(source / "test" / "hole" / "000.png", np.where(mask, 40, shown).astype(np.uint8))
    save(source / "ground_truth" / "hole" / "000_mask.png", mask)
    told = da.augment(
        source, tmp_path / "out", profile=profile(tmp_path), defects="bank/hole:1,stain:1", engine="serial"
    )
    assert [each.made for each in told.tallies] == [0, 1]
    assert told.set_aside[0].code == "no-room"
    assert "fits on the part whole" in told.set_aside[0].reason


def test_a_class_whose_labels_mark_nothing_is_told_and_others_are_made(tmp_path):
    source = plates(tmp_path / "plates", holes=1)
    save(source / "ground_truth" / "hole" / "000_mask.png", np.zeros((96, 128), np.uint8))
    told = da.augment(
        source, tmp_path / "out", profile=profile(tmp_path), defects="bank/hole:1,stain:1", engine="serial"
    )
    assert [(each.made, each.aside) for each in told.tallies] == [(0, {"bank": 1}), (1, {})]
    assert "the bank is empty" in told.set_aside[0].reason


def test_sizes_and_places_are_learned_from_masks_of_a_class(tmp_path):
    source = plates(tmp_path / "plates")
    asked = {"pit": {"count": 6, "like": "hole"}}
    da.augment(source, tmp_path / "out", profile=profile(tmp_path), defects=asked, engine="serial")
    real = 0.7  # the longer side of 6 x 7 pixels
    for row in rows_of(tmp_path / "out"):
        assert row.record["defect"]["sizes"]["diameter_mm"] == pytest.approx(real)


@pytest.mark.parametrize("output", ["coco", "masks"])
def test_other_outputs_are_read_back_with_the_same_masks(done, tmp_path, output):
    source, asked, _, _ = done
    out = tmp_path / "out"
    request = DefectRequest("stain:2,bank/hole:2", output=output)
    da.augment(source, out, profile=asked, defects=request, seed=4, engine="serial")
    layout = layout_for(out)
    assert layout.name == {"coco": "coco", "masks": "image-folder"}[output]
    items = layout.scan(out).items
    assert len(items) == 4
    sizes = {row.files[0].path.split("/")[-1]: row.record["defect"]["gate"]["area_mm2"] for row in rows_of(out)}
    for item in items:
        marked = layout.read(item).mask
        assert (marked > 0).sum() * 0.01 == pytest.approx(sizes[item.files[0].name], rel=0.02)
    if output == "coco":
        told = json.loads((out / "annotations.json").read_text(encoding="utf-8"))
        assert [one["name"] for one in told["categories"]] == ["hole", "stain"]
        assert da.replay(out, engine="serial").ok


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"defects": "bank/hale:1"}, "did you mean 'hole'"),
        ({"defects": "scartch:1"}, "did you mean 'scratch'"),
        ({"defects": {"pit": {"count": 1, "diametr_mm": 2}}}, "did you mean 'diameter_mm'"),
        ({"defects": {"perlin": {"share": [0.2, 3]}}}, "two numbers above 0 in order"),
        ({"defects": DefectRequest("pit:1", output="yolo")}, "no output is called 'yolo'"),
        ({"defects": DefectRequest("pit:1", good="nothing/*")}, "say which with --good"),
        ({"defects": "pit:1", "copies": 3}, "copies=3"),
        ({"defects": "pit:1", "profile": "manufacturing/metal-surface"}, "nothing says how many a pixel is"),
        ({"defects": "pit:1", "profile": "manufacturing/wafer-map", "pitch_mm": 0.1}, "allows no drawn defects"),
    ],
)
def test_what_cannot_be_made_is_refused_before_any_pixel(done, tmp_path, given, why):
    source, asked, _, _ = done
    with pytest.raises(DomainAugError, match=why):
        da.augment(source, tmp_path / "out", **{"profile": asked, "engine": "serial", **given})


def test_the_command_tells_the_table_and_takes_a_pitch(done, tmp_path):
    source, _, _, _ = done
    out = tmp_path / "out"
    common = ["augment", str(source), str(out), "-p", "manufacturing/metal-surface", "--engine", "serial"]
    ran = CliRunner().invoke(app, [*common, "--defects", "stain:2", "--pitch", "0.1"])
    assert ran.exit_code == 0, ran.output
    assert "class  from           wanted  made" in ran.output
    alone = CliRunner().invoke(app, [*common, "--cap", "2"])
    assert alone.exit_code == 2
    assert "only with --defects" in alone.output
