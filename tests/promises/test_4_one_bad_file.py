"""Promise 4: one bad file never stops a batch: it is set aside with a reason, and counted."""

from __future__ import annotations

import json

import pydicom
from PIL import Image

PARTS = ("--profile", "manufacturing/metal-surface", "--copies", 2, "--workers", 2, "--json")


def manifest(out):
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def test_nine_of_ten_pictures_are_done_and_the_tenth_once_it_is_mended(tmp_path, photos, command, tree):
    source, out = photos(tmp_path / "source", 10), tmp_path / "out"
    whole = (source / "part 4.png").read_bytes()
    (source / "part 4.png").write_bytes(whole[: len(whole) // 2])

    ended = command("augment", source, out, *PARTS, expect=1)
    assert (ended.data["done"], ended.data["items"]) == (18, 10)
    assert [(aside["key"], aside["code"]) for aside in ended.data["set_aside"]] == [("part 4.png", "truncated")]
    assert "1 set aside" in ended.err
    assert "part 4.png: truncated" in ended.err
    assert not list(out.glob("part 4*"))
    assert [line["set_aside"]["key"] for line in manifest(out) if "set_aside" in line] == ["part 4.png"]

    (source / "part 4.png").write_bytes(whole)
    mended = command("augment", source, out, *PARTS, expect=0).data
    assert (mended["done"], mended["skipped"], mended["set_aside"]) == (2, 18, [])
    command("augment", source, tmp_path / "fresh", *PARTS, expect=0)
    assert tree(out) == tree(tmp_path / "fresh")


def test_the_first_and_the_last_may_be_bad_and_a_second_start_finds_them_bad_again(tmp_path, photos, command):
    source, out = photos(tmp_path / "source", 4), tmp_path / "out"
    for name in ("0.png", "z.png"):
        (source / name).write_bytes(b"not a picture")
    for done, skipped in ((8, 0), (0, 8)):
        ended = command("augment", source, out, *PARTS, expect=1).data
        assert (ended["done"], ended["skipped"], len(ended["set_aside"])) == (done, skipped, 2)


def test_nine_of_ten_radiographs_are_done(tmp_path, slices, command):
    source, out = tmp_path / "source", tmp_path / "out"
    for number in range(10):
        series = {"SeriesInstanceUID": f"1.2.826.0.2.{number}", "StudyInstanceUID": f"1.2.826.0.4.{number}"}
        slices(source / str(number), 1, **series)
        dataset = pydicom.dcmread(source / str(number) / "slice-0.dcm")
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.3.{number}"
        dataset.save_as(source / str(number) / "slice-0.dcm")
    cut = source / "6" / "slice-0.dcm"
    cut.write_bytes(cut.read_bytes()[:-2000])
    ended = command("augment", source, out, "--profile", "medical/ct-chest", "--workers", 2, "--json", expect=1).data
    assert (ended["done"], [aside["code"] for aside in ended["set_aside"]]) == (9, ["truncated"])
    assert len(list(out.rglob("*.dcm"))) == 9


def test_a_mask_that_does_not_fit_costs_its_picture_only(tmp_path, photos, command):
    source, out = photos(tmp_path / "source", 3), tmp_path / "out"
    Image.new("L", (7, 5)).save(source / "part 1_mask.png")
    ended = command("augment", source, out, *PARTS, expect=1).data
    assert [(aside["key"], aside["code"]) for aside in ended["set_aside"]] == [("part 1.png", "size-mismatch")]
    assert ended["done"] == 4
