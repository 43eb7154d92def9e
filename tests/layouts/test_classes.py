"""What items show, of which part they are, and what stays together: told by names and labels, without a pixel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domainaug.errors import DomainAugError
from domainaug.layouts import layout_named
from domainaug.layouts.classes import classes_of, names_of
from domainaug.layouts.groups import groups_of, image_files
from domainaug.layouts.layout import Item
from domainaug.layouts.splits import own_splits


def item(key: str, *files: Path, group: str = "", **detail) -> Item:
    return Item(key, files or (Path(key),), group, detail)


def told(layout: str, *items: Item, source: Path = Path()) -> dict[str, dict[str, int]]:
    return {key: dict(shown) for key, shown in classes_of(layout_named(layout), source, items).items()}


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("scratch/a.png", {"scratch": 1}),
        ("train/scratch/a.png", {"scratch": 1}),
        ("Scratch/images/a.png", {"Scratch": 1}),
        ("val/images/a.png", {}),
        ("a.png", {}),
    ],
)
def test_a_class_is_the_innermost_folder_that_says_something(key, shown):
    assert told("image-folder", item(key)) == {key: shown}


def test_categories_of_mvtec_are_told_where_there_are_several():
    one = [item("bottle/train/good/0.png"), item("bottle/test/crack/0.png")]
    assert told("mvtec-ad", *one) == {one[0].key: {"good": 1}, one[1].key: {"crack": 1}}
    other = item("can/test_public/bad/0.png")
    assert told("mvtec-ad", *one, other)[other.key] == {"can/bad": 1}
    assert told("mvtec-ad", *one, other)[one[1].key] == {"bottle/crack": 1}
    assert told("visa", item("candle/Data/Images/Anomaly/0.JPG")) == {
        "candle/Data/Images/Anomaly/0.JPG": {"Anomaly": 1}
    }


def test_yolo_names_are_a_list_or_a_mapping(tmp_path):
    (tmp_path / "0.txt").write_text("1 .5 .5 .1 .1\n\n1 .2 .2 .1 .1\n0 .5 .5 .2 .2\n")
    picture = item("0.png", tmp_path / "0.png", tmp_path / "0.txt")
    for names in ("[car, rider]", "{0: car, 1: rider}"):
        (tmp_path / "data.yaml").write_text(f"train: .\nnames: {names}\n")
        assert names_of(layout_named("yolo"), tmp_path) == {0: "car", 1: "rider"}
        assert told("yolo", picture, source=tmp_path) == {"0.png": {"rider": 2, "car": 1}}


@pytest.mark.parametrize("text", ["not numbers at all", "\x00\x01", "nan 1 2 3 4"])
def test_labels_that_cannot_be_read_tell_no_class_and_stop_nothing(tmp_path, text):
    (tmp_path / "0.txt").write_text(text)
    assert told("yolo", item("0.png", tmp_path / "0.png", tmp_path / "0.txt"), source=tmp_path) == {"0.png": {}}
    (tmp_path / "0.json").write_text(text)
    assert told("labelme", item("0.json", tmp_path / "0.json")) == {"0.json": {}}


def test_labelme_counts_its_shapes(tmp_path):
    shapes = [{"label": "dent"}, {"label": "dent"}, {"label": "crack"}]
    (tmp_path / "0.json").write_text(json.dumps({"shapes": shapes}))
    assert told("labelme", item("0.json", tmp_path / "0.json")) == {"0.json": {"dent": 2, "crack": 1}}


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("train/a.png", "train"),
        ("images/Validation/a.png", "val"),
        ("imagesTs/a", "test"),
        ("bottle/test/good/test.png", "test"),
        ("trainings/a.png", None),
        ("train.png", None),
    ],
)
def test_a_part_is_told_by_the_name_of_a_folder(key, part):
    assert own_splits(layout_named("image-folder"), Path(), [item(key)]).get(key) == part


def test_lists_of_yolo_tell_parts_and_train_goes_before_test(tmp_path):
    (tmp_path / "data.yaml").write_text("train: train.txt\ntest: test.txt\nnames: [car]\n")
    (tmp_path / "train.txt").write_text("./images/a.png\nimages/b.png\n")
    (tmp_path / "test.txt").write_text("./images/b.png\n./images/c.png\n../outside.png\n")
    found = own_splits(layout_named("yolo"), tmp_path, [item(f"images/{name}.png") for name in "abcd"])
    assert dict(found) == {"images/a.png": "train", "images/b.png": "train", "images/c.png": "test"}


def test_groups_are_those_of_the_layout_or_of_a_pattern():
    frames = [item(f"{n}", base=f"train/ulm/ulm_{n:06d}_000019") for n in (1, 2)]
    assert dict(groups_of(layout_named("cityscapes"), frames)) == {"1": "ulm_000001", "2": "ulm_000002"}
    people = [item("a", group="patient-1"), item("b", group="patient-1")]
    assert set(groups_of(layout_named("nifti"), people).values()) == {"patient-1"}
    assert dict(groups_of(layout_named("nifti"), people, "([ab])")) == {"a": "a", "b": "b"}
    with pytest.raises(DomainAugError, match="fits none of 2"):
        groups_of(layout_named("nifti"), people, "(serial)")


def test_images_are_told_from_their_labels():
    files = tuple(Path(name) for name in ("a.dcm", "b.dcm", "seg.dcm"))
    assert image_files(item("series-1", *files, findings=[], labels=1)) == files[:2]
    assert image_files(item("case", *files, images=[1, 1], labels=[1], modalities=["", ""])) == files[:2]
    assert image_files(item("0.json", Path("0.json"), Path("0.png"))) == (Path("0.png"),)
    assert image_files(item("a.png", Path("a.png"), Path("a_mask.png"))) == (Path("a.png"),)
