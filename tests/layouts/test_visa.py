"""VisA: the tables that say which pictures there are, and the tables of the copies."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.images import encode, read_mask
from domainaug.layouts.visa import Visa
from domainaug.run import augment
from tests.layouts.test_mvtec import HEIGHT, WIDTH, part, profile, put

ANOMALY = "candle/Data/Images/Anomaly/000.JPG"
NORMAL = "candle/Data/Images/Normal/0000.JPG"
MASK = "candle/Data/Masks/Anomaly/000.png"
TWO_KINDS = np.zeros((HEIGHT, WIDTH), np.uint8)
TWO_KINDS[10:18, 20:32], TWO_KINDS[25:30, 5:15] = 1, 3


@pytest.fixture
def visa(tmp_path) -> Path:
    root = tmp_path / "VisA"
    for name in (ANOMALY, NORMAL):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(encode(part(bad=name == ANOMALY), jpeg_quality=95)[1])
    put(root / MASK, TWO_KINDS)
    rows = [["image", "label", "mask"], [NORMAL, "normal", ""], [ANOMALY, "wax melded, hole", MASK]]
    write(root / "candle" / "image_anno.csv", rows)
    (root / "split_csv").mkdir()
    split = [["object", "split", "label", "image", "mask"]]
    split += [["candle", "train", "normal", NORMAL, ""], ["candle", "test", "anomaly", ANOMALY, MASK]]
    write(root / "split_csv" / "1cls.csv", split)
    return root


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def aside(root: Path) -> dict[str, str]:
    return {one.key: one.code for one in Visa().scan(root).set_aside}


def test_the_whole_and_one_kind_of_object_are_recognized(visa):
    assert [layout_for(place).name for place in (visa, visa / "candle")] == ["visa", "visa"]
    for place in (visa, visa / "candle"):
        found = {item.key: len(item.files) for item in Visa().scan(place).items}
        assert found == {ANOMALY: 2, NORMAL: 1}


def test_a_mask_keeps_a_number_for_each_kind_of_defect(visa):
    (bad,) = (item for item in Visa().scan(visa).items if len(item.files) > 1)
    assert set(np.unique(Visa().read(bad).mask)) == {0, 1, 3}


def test_copies_have_tables_and_masks_of_their_own(visa, tmp_path):
    used = profile(tmp_path, "HorizontalFlip: {p: 1}")
    summary = augment(visa, tmp_path / "out", profile=used, copies=2, seed=1, engine="serial")
    assert (summary.done, summary.set_aside) == (4, ())
    table = rows_of(tmp_path / "out" / "candle" / "image_anno.csv")
    assert [row["label"] for row in table] == ["normal", "normal", "wax melded, hole", "wax melded, hole"]
    splits = rows_of(tmp_path / "out" / "split_csv" / "1cls.csv")
    assert [(row["split"], row["image"], row["mask"]) for row in splits] == [
        ("train" if row["label"] == "normal" else "test", row["image"], row["mask"]) for row in table
    ]
    for row in table:
        assert (tmp_path / "out" / row["image"]).is_file()
        if row["mask"]:
            np.testing.assert_array_equal(read_mask(tmp_path / "out" / row["mask"]), TWO_KINDS[:, ::-1])
    assert len(Visa().scan(tmp_path / "out").items) == 4


def test_one_kind_of_object_is_written_as_such(visa, tmp_path):
    used = profile(tmp_path, "HorizontalFlip: {p: 1}")
    augment(visa / "candle", tmp_path / "out", profile=used, seed=1, engine="serial")
    assert (tmp_path / "out" / "candle" / "image_anno.csv").is_file()
    assert layout_for(tmp_path / "out").name == "visa"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["candle/Data/Images/Normal/none.JPG", "normal", ""], "missing"),
        ([ANOMALY, "hole", "candle/Data/Masks/Anomaly/none.png"], "mask-missing"),
        ([NORMAL, "hole", ""], "mask-missing"),
        (["../../secret.png", "normal", ""], "outside-source"),
        ([NORMAL, "normal", "../x.png"], "outside-source"),
        (["", "normal", ""], "outside-source"),
    ],
)
def test_rows_that_are_of_no_use_are_set_aside(row, code, visa):
    write(visa / "candle" / "image_anno.csv", [["image", "label", "mask"], row])
    assert list(aside(visa).values()) == [code]


def test_a_picture_named_twice_is_said(visa):
    with (visa / "candle" / "image_anno.csv").open("a", encoding="utf-8") as stream:
        stream.write(f"{NORMAL},normal,\n")
    assert aside(visa) == {NORMAL: "duplicate"}


@pytest.mark.parametrize("text", [b"picture,kind\na,b\n", b"image,label,mask\n\xff\xfe\n"])
def test_a_table_that_is_none_is_refused(text, visa):
    (visa / "candle" / "image_anno.csv").write_bytes(text)
    with pytest.raises(UnreadableInput, match=r"image_anno\.csv: (its first line has to name|it cannot be read)"):
        Visa().scan(visa)
