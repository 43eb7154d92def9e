"""MVTec AD: which mask belongs to which picture, and what is set aside rather than taken for a good part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domainaug.layouts import layout_for
from domainaug.layouts.images import encode, read_image, read_mask
from domainaug.layouts.mvtec import MvtecAd
from domainaug.run import augment, replay

HEIGHT, WIDTH = 40, 60
SPOT = (slice(10, 18), slice(20, 32))


def part(*, bad: bool = False) -> np.ndarray:
    shown = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    if bad:
        shown[SPOT] = 220
    return shown


def truth() -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[SPOT] = 255
    return mask


def put(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(pixels)[1])


@pytest.fixture
def bottle(tmp_path) -> Path:
    """A category of AD: two good pictures to train on, one of each kind to test on."""
    place = tmp_path / "in" / "bottle"
    for name in ("train/good/000.png", "train/good/001.png", "test/good/000.png"):
        put(place / name, part())
    put(place / "test/crack/000.png", part(bad=True))
    put(place / "ground_truth/crack/000_mask.png", truth())
    (place / "license.txt").write_text("CC")
    return place


@pytest.fixture
def can(tmp_path) -> Path:
    """A category of AD 2."""
    place = tmp_path / "in" / "can"
    put(place / "train/good/000_regular.png", part())
    put(place / "test_public/good/000_regular.png", part())
    put(place / "test_public/bad/000_regular.png", part(bad=True))
    put(place / "test_public/ground_truth/bad/000_regular_mask.png", truth())
    put(place / "test_private/000_mixed.png", part())
    return place


def masks(source: Path) -> dict[str, str | None]:
    return {
        item.key: item.files[1].relative_to(source).as_posix() if len(item.files) > 1 else None
        for item in MvtecAd().scan(source).items
    }


def codes(source: Path) -> dict[str, str]:
    return {one.key: one.code for one in MvtecAd().scan(source).set_aside}


def profile(tmp_path: Path, *steps: str) -> Path:
    text = "id: test/part\nversion: 1.0.0\ntitle: A part\nframe: {size: [40, 60], channels: 3}\n"
    text += "limits:\n  - {effect: noise, code: TST101, max: 90 %, reason: There is nothing to see in it then., "
    text += "evidence: [{strength: opinion}]}\nrecipe:\n" + "".join(f"  - {step}\n" for step in steps)
    path = tmp_path / "part.yaml"
    path.write_text(text, encoding="utf-8")
    return path


# -- reading ----------------------------------------------------------------------------------------------


def test_a_category_and_a_folder_of_them_are_recognized(bottle, can):
    assert [layout_for(place).name for place in (bottle, can, bottle.parent)] == ["mvtec-ad"] * 3
    assert len(MvtecAd().scan(bottle.parent).items) == 8


def test_masks_of_ad(bottle):
    assert masks(bottle) == {
        "test/crack/000.png": "ground_truth/crack/000_mask.png",
        "test/good/000.png": None,
        "train/good/000.png": None,
        "train/good/001.png": None,
    }
    assert codes(bottle) == {}


def test_masks_of_ad_2(can):
    assert masks(can) == {
        "test_private/000_mixed.png": None,
        "test_public/bad/000_regular.png": "test_public/ground_truth/bad/000_regular_mask.png",
        "test_public/good/000_regular.png": None,
        "train/good/000_regular.png": None,
    }


def test_masks_named_as_their_pictures_are_found_too(bottle):
    (bottle / "ground_truth/crack/000_mask.png").rename(bottle / "ground_truth/crack/000.png")
    assert masks(bottle)["test/crack/000.png"] == "ground_truth/crack/000.png"


def test_a_bad_picture_without_its_mask_is_not_taken_for_a_good_one(bottle):
    put(bottle / "test/crack/001.png", part(bad=True))
    (reason,) = (one.reason for one in MvtecAd().scan(bottle).set_aside)
    assert reason == "it shows a defect, and there is no ground_truth/crack/001_mask.png"
    assert "test/crack/001.png" not in masks(bottle)


def test_a_mask_without_its_picture_is_said(bottle):
    put(bottle / "ground_truth/crack/007_mask.png", truth())
    assert codes(bottle) == {"ground_truth/crack/007_mask.png": "mask-without-image"}


def test_several_masks_for_a_picture_are_said_once(bottle):
    put(bottle / "test/logical_anomalies/000.png", part(bad=True))
    for number in range(2):
        put(bottle / f"ground_truth/logical_anomalies/000/00{number}.png", truth())
    assert codes(bottle) == {"test/logical_anomalies/000.png": "several-masks"}


def test_a_mask_of_another_size_is_refused(bottle, tmp_path):
    put(bottle / "ground_truth/crack/000_mask.png", truth()[:-2])
    used = profile(tmp_path, "HorizontalFlip: {p: 1}")
    summary = augment(bottle, tmp_path / "out", profile=used, seed=1, engine="serial")
    assert [(one.key, one.code) for one in summary.set_aside] == [("test/crack/000.png", "size-mismatch")]
    assert summary.done == 3


# -- copies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bottle", "can"])
def test_copies_are_laid_out_as_their_source_and_masks_follow(name, bottle, can, tmp_path):
    source = {"bottle": bottle, "can": can}[name]
    used = profile(tmp_path, "HorizontalFlip: {p: 1}")
    summary = augment(source, tmp_path / "out", profile=used, seed=1, engine="serial")
    assert (summary.done, summary.set_aside) == (4, ())
    again = MvtecAd().scan(tmp_path / "out")
    assert again.set_aside == ()
    assert layout_for(tmp_path / "out").name == "mvtec-ad"
    (bad,) = (item for item in again.items if len(item.files) > 1)
    np.testing.assert_array_equal(read_mask(bad.files[1]), truth()[:, ::-1])
    np.testing.assert_array_equal(read_image(bad.files[0])[..., 0] == 220, truth()[:, ::-1] > 0)
    assert not replay(tmp_path / "out").differences


def test_a_copy_whose_defect_left_the_picture_is_none(bottle, tmp_path):
    used = profile(tmp_path, "Crop: {x_min: 0, y_min: 24, x_max: 60, y_max: 40, p: 1}")
    summary = augment(bottle, tmp_path / "out", profile=used, seed=1, engine="serial")
    assert [one.key for one in summary.set_aside] == ["test/crack/000.png"]
    assert summary.done == 3
