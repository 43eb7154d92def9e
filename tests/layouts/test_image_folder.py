"""Image folders: which file is an image, which is its mask, and what is set aside rather than guessed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from domainaug.errors import LabelError, UnknownName, UnreadableInput
from domainaug.layouts import LAYOUTS, layout_for, layout_named
from domainaug.layouts.image_folder import ImageFolder
from domainaug.layouts.images import encode, read_mask
from domainaug.layouts.layout import Layout, Sample, Stamp

GRAY = np.tile(np.arange(20, dtype=np.uint8), (16, 1))
COLOR = np.repeat(GRAY[..., None], 3, axis=2)
STAMP = Stamp("p", "1", "d", 0, 0, False, {}, "v")


def put(root: Path, *names: str, pixels: np.ndarray = GRAY) -> None:
    from PIL import Image

    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)


def scanned(root: Path) -> tuple[dict[str, str | None], dict[str, str]]:
    scan = ImageFolder().scan(root)
    pairs = {
        item.key: item.files[1].relative_to(root).as_posix() if len(item.files) > 1 else None for item in scan.items
    }
    return pairs, {aside.key: aside.code for aside in scan.set_aside}


def test_images_are_listed_by_path_whatever_the_case_of_their_suffix(tmp_path):
    put(tmp_path, "b.png", "a.JPG", "deep/er/c.bmp", "d.tif", "e.webp")
    (tmp_path / "notes.md").write_text("x")
    assert scanned(tmp_path) == (dict.fromkeys(["a.JPG", "b.png", "d.tif", "deep/er/c.bmp", "e.webp"]), {})


def test_masks_beside_by_suffix(tmp_path):
    put(tmp_path, "a.png", "a_mask.png", "b.jpg", "b_mask.tif", "c.png")
    assert scanned(tmp_path)[0] == {"a.png": "a_mask.png", "b.jpg": "b_mask.tif", "c.png": None}


def test_masks_beside_a_photograph_of_the_same_name(tmp_path):
    put(tmp_path, "MT_Crack/x.jpg", pixels=COLOR)
    put(tmp_path, "MT_Crack/x.png")
    assert scanned(tmp_path) == ({"MT_Crack/x.jpg": "MT_Crack/x.png"}, {})


def test_masks_in_a_folder_of_their_own(tmp_path):
    put(tmp_path, "train/images/a/1.jpg", "train/masks/a/1.png", "train/images/2.png", "train/masks/2_mask.png")
    assert scanned(tmp_path)[0] == {
        "train/images/2.png": "train/masks/2_mask.png",
        "train/images/a/1.jpg": "train/masks/a/1.png",
    }


def test_a_color_twin_is_ambiguous_and_a_lone_mask_is_said(tmp_path):
    put(tmp_path, "x.jpg", "x.png", pixels=COLOR)
    put(tmp_path, "lost_mask.png")
    pairs, aside = scanned(tmp_path)
    assert pairs == {}
    assert aside == {"x.jpg": "ambiguous-pair", "x.png": "ambiguous-pair", "lost_mask.png": "mask-without-image"}


@pytest.mark.parametrize(("image", "label"), [("a.png", "a.txt"), ("images/a.png", "labels/a.txt"), ("a.png", "a.xml")])
def test_labels_of_another_kind_are_not_left_behind_silently(tmp_path, image, label):
    put(tmp_path, image, "free.png")
    (tmp_path / label).parent.mkdir(exist_ok=True)
    (tmp_path / label).write_text("0 0.5 0.5 0.1 0.1")
    assert scanned(tmp_path) == ({"free.png": None}, {image: "unknown-label"})


def test_names_with_spaces_accents_and_all_the_length_a_disk_allows(tmp_path):
    long = "l" * 250 + ".png"
    put(tmp_path, "größe 1 (neu).png", "日本/画像.png", long)
    layout, written = ImageFolder(), set()
    for item in layout.scan(tmp_path).items:
        (file,) = layout.write(layout.read(item), item, STAMP, tmp_path / "out")
        assert (tmp_path / "out" / file).is_file()
        written.add(file.as_posix())
    assert {"größe 1 (neu)_aug000.png", "日本/画像_aug000.png"} < written
    assert len(written) == 3


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are text there")
def test_a_name_that_is_no_text_is_set_aside(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(encode(GRAY)[1])
    scan = ImageFolder().scan(tmp_path)
    assert [aside.code for aside in scan.set_aside] == ["name"]
    scan.set_aside[0].key.encode()


def test_links_to_files_are_read_and_links_to_folders_and_hidden_files_are_not(tmp_path):
    put(tmp_path, "real/a.png", ".hidden/b.png", ".c.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "real" / "a.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert set(scanned(tmp_path)[0]) == {"link.png", "real/a.png"}


def test_a_mask_of_another_size_is_refused(tmp_path):
    put(tmp_path, "a.png")
    put(tmp_path, "a_mask.png", pixels=GRAY[:-1])
    (item,) = ImageFolder().scan(tmp_path).items
    with pytest.raises(UnreadableInput, match="20 x 16 upright, its mask 20 x 15") as caught:
        ImageFolder().read(item)
    assert caught.value.code == "size-mismatch"


def test_float_images_say_their_range(tmp_path):
    for name, factor, expected in (("unit", 1.0, (0.0, 1.0)), ("height", 40.0, (0.0, 40.0))):
        pixels = np.linspace(0, factor, 320, dtype=np.float32).reshape(16, 20)
        (tmp_path / f"{name}.tif").write_bytes(encode(pixels)[1])
        item = next(item for item in ImageFolder().scan(tmp_path).items if name in item.key)
        assert ImageFolder().read(item).value_range == expected


def test_a_mask_that_became_empty_is_refused(tmp_path):
    put(tmp_path, "a.png", "a_mask.png")
    (item,) = ImageFolder().scan(tmp_path).items
    gone = Stamp("p", "1", "d", 0, 0, True, {"labels": {"vanished": {"mask": [1]}}}, "v")
    sample = Sample(image=GRAY, mask=np.zeros_like(GRAY))
    with pytest.raises(LabelError, match="left the picture"):
        ImageFolder().write(sample, item, gone, tmp_path)


@pytest.mark.parametrize(("quality", "expected"), [(None, {".png"}), (80, {".jpg"})])
def test_what_came_as_jpeg_is_written_as_jpeg_where_asked_for_and_masks_never(tmp_path, quality, expected):
    put(tmp_path / "in", "a.JPG", "b.png")
    put(tmp_path / "in", "a_mask.png", "b_mask.png", pixels=(GRAY > 9).astype(np.uint8))
    layout = ImageFolder(jpeg_quality=quality)
    written = {}
    for item in layout.scan(tmp_path / "in").items:
        image, mask = layout.write(layout.read(item), item, STAMP, tmp_path)
        written[item.key] = image.suffix
        np.testing.assert_array_equal(read_mask(tmp_path / mask), GRAY > 9)
    assert written == {"a.JPG": next(iter(expected)), "b.png": ".png"}


def test_layouts_are_told_apart_and_are_layouts(tmp_path):
    put(tmp_path / "plain", "a.png")
    assert layout_for(tmp_path / "plain").name == "image-folder"
    assert [layout_named(name).name for name in LAYOUTS] == list(LAYOUTS)
    as_layouts: list[Layout] = [layout_named(name) for name in LAYOUTS]
    assert all(layout.recognizes(tmp_path / "plain") is (layout.name == "image-folder") for layout in as_layouts)
    with pytest.raises(UnknownName, match="did you mean 'coco'"):
        layout_named("cocoo")
