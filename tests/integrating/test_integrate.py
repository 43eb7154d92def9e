"""One set of originals and copies: parted before anything else, whole or not there, and read again by its layout."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from many_layouts import LAYOUTS, coco, dicom, image_folder, mvtec, picture, put, visa, yolo
from typer.testing import CliRunner

import domainaug as da
from domainaug.cli import app
from domainaug.errors import DomainAugError, OutputError
from domainaug.integrating import composing, writing
from domainaug.integrating.entries import donors_of
from domainaug.integrating.placing import place_file
from domainaug.layouts import layout_named
from domainaug.review.verdicts import Verdict, Verdicts
from domainaug.run.defects.asking import DefectRequest
from domainaug.run.defects.running import make_defects
from domainaug.run.ledger import Ledger
from domainaug.run.sets import plan_set

DICOM = {"profile": "medical/ct", "allow": ("missing-slice", "not-hu")}


def run(source, out, profile, copies=2, **how):
    return da.augment(source, out, profile=profile, copies=copies, engine="serial", **how)


def lines(train):
    head, *rest = [json.loads(line) for line in (train / "manifest.jsonl").read_text().splitlines()]
    return head["set"], rest


def files(train):
    hidden = (".set.json", ".lock")
    return {
        path.relative_to(train).as_posix(): path.read_bytes()
        for path in sorted(train.rglob("*"))
        if path.is_file() and path.name not in hidden
    }


@pytest.fixture
def made(tmp_path, profile):
    """Eight pictures of four parts, and a run of two copies of each."""
    source = tmp_path / "source"
    for number in range(8):
        put(source / ("good" if number % 2 else "dent") / f"serial{number // 2}_{number}.png", picture(number))
    run(source, tmp_path / "out", profile)
    return source, tmp_path / "out", tmp_path / "train"


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "dicom-study"])
def test_every_layout_reads_its_set_again(layout, tmp_path, profile):
    source, out, train = LAYOUTS[layout](tmp_path / "source"), tmp_path / "out", tmp_path / "train"
    run(source, out, profile)
    summary = da.integrate(source, out, train, test=0.25)
    own = summary.split == "own"
    assert own == (layout in ("mvtec-ad", "visa", "yolo", "kitti", "cityscapes"))
    assert sum(part.originals for part in summary.parts.values()) == 4
    assert summary.parts["train"].copies == 2 * summary.parts["train"].originals
    assert sum(part.copies for part in summary.parts.values()) == summary.parts["train"].copies
    for part, told in summary.parts.items():
        if own or not told.originals:
            continue
        place = layout_named(layout)
        found = place.scan(train / part)
        assert (len(found.items), found.set_aside) == (told.originals + told.copies, ())
        for item in found.items:
            place.read(item)
    if own:
        found = layout_named(layout).scan(train)
        assert (len(found.items), found.set_aside) == (4 + summary.parts["train"].copies, ())
        for item in found.items:
            layout_named(layout).read(item)


def test_the_manifest_says_of_every_file_what_it_is(made):
    source, out, train = made
    da.integrate(source, out, train, group="(serial[0-9])", test=0.25, copy_weight=0.5)
    head, told = lines(train)
    assert (head["layout"], head["split"], head["profile"]) == ("image-folder", "new", "test/light")
    assert {name for line in told for name in (file["path"] for file in line["files"])} == set(files(train)) - {
        "manifest.jsonl"
    }
    originals = [line for line in told if not line["is_synthetic"]]
    copies = [line for line in told if line["is_synthetic"]]
    assert ({line["weight"] for line in originals}, {line["weight"] for line in copies}) == ({1.0}, {0.5})
    assert {line["verdict"] for line in copies} == {"unreviewed"}
    assert all("brightness" in line["effects"] and line["run"] == head["run"] for line in copies)
    assert {line["split"] for line in copies} == {"train"}
    with Ledger(out / "ledger.sqlite") as ledger:
        digests = {(row.key, row.copy): row.files[0].sha256 for row in ledger.rows()}
    assert all(line["files"][0]["sha256"] == digests[line["key"], line["copy"]] for line in copies)


def test_no_group_and_no_source_is_on_both_sides(made):
    source, out, train = made
    da.integrate(source, out, train, group="(serial[0-9])", test=0.3, val=0.2)
    _, told = lines(train)
    for what in ("group", "key"):
        sides = {}
        for line in told:
            sides.setdefault(line[what], set()).add(line["split"])
        assert all(len(parts) == 1 for parts in sides.values())
    assert {line["split"] for line in told} == {"train", "val", "test"}
    assert {line["path"].partition("/")[0] for line in told} == {"train", "val", "test"}


def test_what_a_reviewer_rejected_is_left_out_and_goes_when_it_was_in(made):
    source, out, train = made
    summary = da.integrate(source, out, train, test=0)
    assert (summary.parts["train"].copies, summary.rejected) == (16, 0)
    with Ledger(out / "ledger.sqlite") as ledger:
        first, second = list(ledger.rows())[:2]
    Verdicts(out).add(
        Verdict(first.key, first.copy, first.files[0].sha256, "ana", "reject", ("implausible",)),
        Verdict(second.key, second.copy, second.files[0].sha256, "ana", "accept"),
    )
    again = da.integrate(source, out, train, test=0)
    assert (again.parts["train"].copies, again.rejected, again.removed) == (15, 1, 1)
    _, told = lines(train)
    assert (first.key, first.copy) not in {(line["key"], line.get("copy")) for line in told}
    assert not (train / "train" / first.files[0].path).exists()
    only = da.integrate(source, out, train, test=0, reviewed_only=True)
    assert (only.parts["train"].copies, only.removed) == (1, 14)
    assert [line["verdict"] for line in lines(train)[1] if line["is_synthetic"]] == ["accepted"]


def test_the_same_call_again_changes_nothing(made):
    source, out, train = made
    da.integrate(source, out, train)
    before, times = files(train), {path: path.stat().st_mtime_ns for path in train.rglob("*") if path.is_file()}
    again = da.integrate(source, out, train)
    assert (dict(again.placed), again.removed) == ({}, 0)
    assert files(train) == before
    assert {path: path.stat().st_mtime_ns for path in train.rglob("*") if path.is_file()} == times


@pytest.mark.parametrize("broken", [0, 1, 7, 17])
def test_a_start_that_died_is_taken_up_and_ends_the_same(made, monkeypatch, broken):
    source, out, train = made
    da.integrate(source, out, train.with_name("whole"), link="copy")
    count = 0

    def dying(*given):
        nonlocal count
        count += 1
        if count > broken:
            raise KeyboardInterrupt
        return place_file(*given)

    monkeypatch.setattr(writing, "place_file", dying)
    with pytest.raises(KeyboardInterrupt):
        da.integrate(source, out, train, link="copy")
    assert not (train / "manifest.jsonl").exists()
    assert not list(train.rglob(".tmp-*"))
    monkeypatch.undo()
    da.integrate(source, out, train, link="copy")
    assert files(train) == files(train.with_name("whole"))


def test_what_was_deleted_or_altered_is_put_back(made):
    source, out, train = made
    da.integrate(source, out, train, link="copy")
    before = files(train)
    first, second = sorted(name for name in before if name.endswith(".png"))[:2]
    (train / first).unlink()
    (train / second).write_bytes(b"x" * len(before[second]))
    again = da.integrate(source, out, train, link="copy")
    assert dict(again.placed) == {"copy": 2}
    assert files(train) == before


@pytest.mark.parametrize("link", ["hardlink", "copy", "auto"])
def test_files_are_shared_or_copied_as_asked_and_the_source_stays_as_it_is(made, link):
    source, out, train = made
    before = files(source)
    summary = da.integrate(source, out, train, link=link)
    assert sum(summary.placed.values()) == summary.files
    linked = any(path.stat().st_nlink > 1 for path in train.rglob("*.png"))
    assert linked == ("hard link" in summary.placed)
    assert linked == (link == "hardlink") or link == "auto"
    shutil.rmtree(train)
    assert files(source) == before


def test_a_plan_is_kept_from_the_run_to_the_set(tmp_path, profile):
    source, out, train = image_folder(tmp_path / "source"), tmp_path / "out", tmp_path / "train"
    plan = plan_set(source, test=0.25, copies=3)
    plan.save(tmp_path / "plan.json")
    run(source, out, profile, plan=plan)
    summary = da.integrate(source, out, train, plan=tmp_path / "plan.json")
    assert summary.parts["train"].copies == plan.total
    assert summary.held_out == 0
    with pytest.raises(DomainAugError, match="made with a plan, and this is another"):
        da.integrate(source, out, tmp_path / "other", test=0.5)


def test_copies_of_what_is_tested_on_are_left_out_and_counted(made):
    source, out, train = made
    summary = da.integrate(source, out, train, test=0.25)
    assert summary.held_out == 2 * summary.parts["test"].originals == 4
    assert "4 of what is not trained on" in str(summary)


def test_nobody_changes_sides(made):
    source, out, train = made
    before = {place.key: place.split for place in plan_set(source, test=0.25).places}
    others = (plan_set(source, test=0.25, seed=seed) for seed in range(1, 9))
    other = next(plan for plan in others if {place.key: place.split for place in plan.places} != before)
    da.integrate(source, out, train, test=0.25)
    with pytest.raises(DomainAugError, match=r"was in (train|test) and would go to (train|test)"):
        da.integrate(source, out, train, plan=other)


def test_a_picture_in_two_parts_of_a_plan_is_refused_by_name(tmp_path, profile):
    source, out, train = image_folder(tmp_path / "source"), tmp_path / "out", tmp_path / "train"
    plan = plan_set(source, test=0.25)
    sides = {place.split: place.key for place in plan.places}
    run(source, out, profile, plan=plan)
    shutil.copy(source / sides["train"], source / sides["test"])
    with pytest.raises(DomainAugError, match="1 images are on both sides of the split, for one"):
        da.integrate(source, out, train, plan=plan)
    assert not train.exists()


def test_items_that_changed_since_are_refused(made):
    source, out, train = made
    put(next(source.rglob("*.png")), picture(99))
    with pytest.raises(DomainAugError, match="1 items changed since they were augmented"):
        da.integrate(source, out, train)


def test_a_run_of_another_source_is_refused(made, tmp_path):
    _, out, train = made
    with pytest.raises(DomainAugError, match="8 items that the run made copies of are not in the source"):
        da.integrate(image_folder(tmp_path / "other"), out, train)


def test_altered_copies_are_refused(made):
    source, out, train = made
    copy = sorted(out.rglob("*_aug000.png"))[0]
    kept = copy.read_bytes()
    copy.write_bytes(kept[:-1] + b"!")
    with pytest.raises(OutputError, match="altered"):
        da.integrate(source, out, train, test=0)
    copy.unlink()
    with pytest.raises(OutputError, match="gone or altered"):
        da.integrate(source, out, train, test=0)


def test_folders_of_others_are_refused_and_not_touched(made):
    source, out, train = made
    put(train / "notes.txt", "mine")
    with pytest.raises(OutputError, match=r"holds other things \(notes.txt\)"):
        da.integrate(source, out, train)
    for place in (source, source / "in", out / "in", out.parent):
        with pytest.raises(OutputError, match="lie in each other"):
            da.integrate(source, out, place)
    with pytest.raises(OutputError, match="this is a file"):
        da.integrate(source, out, train / "notes.txt")
    assert files(train) == {"notes.txt": b"mine"}


def test_files_that_somebody_put_beside_the_set_stay(made):
    source, out, train = made
    da.integrate(source, out, train, test=0)
    put(train / "train" / "notes.txt", "mine")
    with Ledger(out / "ledger.sqlite") as ledger:
        row = next(ledger.rows())
    Verdicts(out).add(Verdict(row.key, row.copy, row.files[0].sha256, "ana", "reject", ("implausible",)))
    da.integrate(source, out, train, test=0)
    assert not (train / "train" / row.files[0].path).exists()
    assert (train / "train" / "notes.txt").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_nothing_is_written_through_a_link(made, tmp_path):
    source, out, train = made
    da.integrate(source, out, train)
    target = put(tmp_path / "elsewhere.png", b"not yours")
    place = next(train.rglob("*.png"))
    place.unlink()
    place.symlink_to(target)
    with pytest.raises(OutputError, match="there is a link in the set"):
        da.integrate(source, out, train)
    assert target.read_bytes() == b"not yours"


def test_a_dry_run_says_the_same_and_writes_nothing(made):
    source, out, train = made
    told = da.integrate(source, out, train, dry_run=True).to_dict()
    assert not train.exists()
    done = da.integrate(source, out, train).to_dict()
    assert (told["parts"], told["files"], told["bytes"]) == (done["parts"], done["files"], done["bytes"])


def test_coco_comes_as_one_file_a_part_with_all_that_it_said(tmp_path, profile):
    source, out, train = coco(tmp_path / "source"), tmp_path / "out", tmp_path / "train"
    run(source, out, profile, copies=1)
    da.integrate(source, out, train, test=0.25)
    before = json.loads((source / "annotations" / "all.json").read_text())
    told = json.loads((train / "train" / "annotations" / "all.json").read_text())
    assert told["categories"] == before["categories"]
    names = {entry["file_name"]: entry["id"] for entry in told["images"]}
    marked = {entry["id"] for entry in before["images"] for a in before["annotations"] if a["image_id"] == entry["id"]}
    for entry in before["images"]:
        if entry["file_name"] in names:
            own = [a for a in told["annotations"] if a["image_id"] == names[entry["file_name"]]]
            same = [a for a in before["annotations"] if a["image_id"] == entry["id"]]
            assert bool(own) == (entry["id"] in marked)
            assert [(a["bbox"], a["segmentation"], a["category_id"]) for a in own] == [
                (a["bbox"], a["segmentation"], a["category_id"]) for a in same
            ]
    assert len({entry["id"] for entry in told["images"]}) == len(told["images"]) == 6


def test_the_tables_of_visa_and_the_lists_of_kitti_name_originals_and_copies(tmp_path, profile):
    source, out, train = visa(tmp_path / "visa"), tmp_path / "out", tmp_path / "train"
    run(source, out, profile, copies=1)
    da.integrate(source, out, train)
    rows = (train / "split_csv" / "1cls.csv").read_text().splitlines()
    assert len(rows) == 1 + 4 + 2
    assert sum("_aug000" in row for row in rows) == 2
    assert all((train / row.split(",")[3]).is_file() for row in rows[1:])
    kitti = LAYOUTS["kitti"](tmp_path / "kitti")
    run(kitti, tmp_path / "out2", profile, copies=1)
    da.integrate(kitti, tmp_path / "out2", tmp_path / "train2")
    listed = (tmp_path / "train2" / "ImageSets" / "train.txt").read_text().split()
    assert listed == ["000000", "000000_aug000", "000001", "000001_aug000", "000002", "000002_aug000"]
    assert (tmp_path / "train2" / "ImageSets" / "val.txt").read_text().split() == ["000003"]


def test_a_yolo_set_that_was_parted_anew_has_one_description(tmp_path, profile):
    from ruamel.yaml import YAML

    source, out, train = yolo(tmp_path / "source"), tmp_path / "out", tmp_path / "train"
    run(source, out, profile, copies=1)
    da.integrate(source, out, train, split="new", test=0.25)
    told = YAML(typ="safe").load(train / "data.yaml")
    assert told == {"names": {0: "car", 1: "rider"}, "train": "train", "test": "test", "val": "test"}
    assert not list(train.glob("*/data.yaml"))


def test_defects_of_mvtec_are_tested_on_and_only_good_parts_get_copies(tmp_path, profile):
    source, out, train = mvtec(tmp_path / "source"), tmp_path / "out", tmp_path / "train"
    run(source, out, profile)
    da.integrate(source, out, train)
    _, told = lines(train)
    copies = [line["path"] for line in told if line["is_synthetic"]]
    assert len(copies) == 4
    assert all(path.startswith("bottle/train/good/") for path in copies)
    assert (train / "bottle" / "ground_truth" / "dent" / "000_mask.png").is_file()


def test_dicom_series_keep_together_and_no_name_of_a_patient_becomes_a_file(tmp_path):
    source, out, train = dicom(tmp_path / "source"), tmp_path / "out", tmp_path / "train"
    da.augment(source, out, copies=1, engine="serial", **DICOM)
    summary = da.integrate(source, out, train, test=0.5)
    assert {part: told.groups for part, told in summary.parts.items() if told.originals} == {"train": 1, "test": 1}
    names = "\n".join(files(train)) + (train / "manifest.jsonl").read_text() + (train / ".set.json").read_text()
    for name in ("Doe", "Peter", "Archibald", "98892001", "77654033"):
        assert name not in names
    found = layout_named("dicom-study").scan(train / "test")
    assert len(found.items) + len(found.set_aside) > 0
    assert not list((train / "test").rglob("copy-*"))


def test_copies_that_are_laid_out_otherwise_are_refused(tmp_path):
    source, out = dicom(tmp_path / "source"), tmp_path / "out"
    da.augment(source, out, copies=1, engine="serial", file_format="nifti", **DICOM)
    with pytest.raises(DomainAugError, match="laid out as nifti, and the source as dicom-study"):
        da.integrate(source, out, tmp_path / "train")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"link": "symlink"}, "placed by auto, reflink, hardlink, copy"),
        ({"copy_weight": 3.0}, "copy_weight=3"),
        ({"test": 1.0}, "leave something to train on"),
        ({"split": "own"}, "names no parts"),
    ],
)
def test_misuse_is_one_sentence_and_writes_nothing(made, given, said):
    source, out, train = made
    with pytest.raises(DomainAugError, match=said):
        da.integrate(source, out, train, **given)
    assert not train.exists()


def test_two_at_once_do_not_mix(made):
    source, out, train = made
    train.mkdir()
    with composing_lock(train), pytest.raises(OutputError, match="somebody else is writing"):
        da.integrate(source, out, train)


def composing_lock(train):
    from domainaug.run.augmenting import held_lock

    assert composing.LOCK == ".lock"
    return held_lock(train / composing.LOCK)


def call(*words):
    return CliRunner().invoke(app, ["integrate", *map(str, words)])


def test_the_command_tells_in_words_and_in_json(made):
    source, out, train = made
    dry = call(source, out, train, "--dry-run")
    assert dry.exit_code == 0
    assert "dry run, nothing written" in dry.stdout
    done = call(source, out, train, "--test", 0.25, "--group", "(serial[0-9])", "--json")
    told = json.loads(done.stdout)
    assert told["parts"]["test"] == {"originals": 2, "copies": 0, "groups": 1, "classes": {"dent": 1, "good": 1}}
    assert isinstance(call(source, source, train).exception, OutputError)


def test_what_cannot_be_read_is_left_out_and_ends_with_1(made):
    source, out, train = made
    put(source / "good" / "a_mask.png", b"bad")
    result = call(source, out, train)
    assert result.exit_code == 1
    assert "left out: good/a_mask.png: mask-without-image" in result.stderr


@pytest.mark.parametrize("planned", [False, True])
def test_what_the_run_found_to_be_no_picture_is_left_out_and_told(made, profile, planned):
    source, out, train = made
    torn = put(source / "good" / "torn.png", picture(9))
    torn.write_bytes(torn.read_bytes()[:60])
    plan = plan_set(source, test=0) if planned else None
    shutil.rmtree(out)
    run(source, out, profile, **({"plan": plan} if planned else {}))
    summary = da.integrate(source, out, train, **({"plan": plan} if planned else {"test": 0}))
    assert summary.parts["train"].originals == 8
    assert [(one.key, one.code) for one in summary.set_aside] == [("good/torn.png", "truncated")]
    assert not [name for name in files(train) if "torn" in name]
    assert "good/torn.png" not in {line["key"] for line in lines(train)[1]}
    put(source / "good" / "torn.png", picture(9))  # mended: the run makes its copies, and it is in
    run(source, out, profile, **({"plan": plan} if planned else {}))
    mended = da.integrate(source, out, train, **({"plan": plan} if planned else {"test": 0}))
    assert (mended.parts["train"].originals, mended.set_aside) == (9, ())


def test_a_zip_file_is_a_source_as_its_folder_is(tmp_path, profile):
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", image_folder(tmp_path / "source")))
    run(packed, tmp_path / "out", profile)
    summary = da.integrate(packed, tmp_path / "out", tmp_path / "train", test=0.25)
    assert summary.parts["train"].copies == 2 * summary.parts["train"].originals
    assert {line["key"] for line in lines(tmp_path / "train")[1]} == {
        f"{kind}/p{number}.png" for number, kind in enumerate(("scratch", "scratch", "good", "good"))
    }


def test_names_are_on_the_disk_before_the_index_is(made, monkeypatch):
    source, out, train = made
    seen = []
    monkeypatch.setattr(writing, "settle", lambda folders: seen.append((sorted(set(folders)), index(train))))
    monkeypatch.setattr(writing, "write_whole", lambda *given: seen.append("index"))
    da.integrate(source, out, train, test=0)
    assert seen == [([train / "train" / "dent", train / "train" / "good"], False), "index"]


def index(train):
    return (train / "manifest.jsonl").exists()


@pytest.fixture
def defects(tmp_path):
    """Plates with and without pits, and a run that draws scratches and pastes the pits onto good ones."""
    rng = np.random.default_rng(0)
    source, out = tmp_path / "plates", tmp_path / "out"
    for number in range(12):
        plate = (125 + rng.normal(0, 2, (120, 120))).round().astype(np.uint8)
        marked = np.zeros_like(plate)
        if number >= 8:
            rows, columns = np.ogrid[:120, :120]
            marked[(rows - 60) ** 2 + (columns - 50 - number) ** 2 < 40] = 255
            plate[marked > 0] = 60
            put(source / "pit" / f"{number}_mask.png", marked)
        put(source / ("pit" if number >= 8 else "good") / f"{number}.png", plate)
    wanted = DefectRequest({"pit": {"count": 8, "from": "bank"}}, good="good/*")
    summary = make_defects(
        source, out, wanted, profile="manufacturing/metal-surface", options={"pixel_pitch_mm": 0.1}, engine="serial"
    )
    assert summary.done == 8
    return source, out


def test_a_defect_that_was_cut_from_what_is_tested_on_stays_out_of_train(defects, tmp_path):
    source, out = defects
    summary = da.integrate(source, out, tmp_path / "train", test=0.5)
    _, told = lines(tmp_path / "train")
    sides = {line["key"]: line["split"] for line in told if not line["is_synthetic"]}
    assert {sides[f"pit/{number}.png"] for number in range(8, 12)} == {"train", "test"}
    with Ledger(out / "ledger.sqlite") as ledger:
        pasted = {row.key: donors_of(row.record) for row in ledger.rows()}
    wanted = {key for key, donors in pasted.items() if sides[key] == sides[donors[0]] == "train"}
    copies = [line for line in told if line["is_synthetic"]]
    assert {line["key"] for line in copies} == wanted
    assert any(sides[key] == "train" != sides[donors[0]] for key, donors in pasted.items())
    assert summary.held_out == 8 - len(wanted)
    assert all(line["classes"] == {"pit": 1} and line["donors"] == list(pasted[line["key"]]) for line in copies)
