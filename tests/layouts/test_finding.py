import io

import numpy as np
import pytest
from PIL import Image

from domainaug.errors import UnreadableInput
from domainaug.layouts import layout_for


def test_frames_of_a_street_are_no_folder_of_images(tmp_path):
    frame = tmp_path / "variants" / "0358be689d40f916"
    (frame / "front").mkdir(parents=True)
    for name in ("000000.png", "000000.semantic.png"):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(frame / "front" / name)
    assert layout_for(tmp_path).name == "image-folder"
    (frame / "rig.json").write_text("{}")
    with pytest.raises(UnreadableInput, match="domainaug export") as refused:
        layout_for(tmp_path)  # their classes would be lighter and darker, too
    assert refused.value.code == "no-layout"


@pytest.mark.parametrize(
    "names", [("image.png", "clean.png", "labels.json"), ("image.png", "image.json", "mask-001.png")]
)
def test_rendered_parts_and_radiographs_are_no_folder_of_images(tmp_path, names):
    variant = tmp_path / "variants" / "3b685b7b3abd2669"
    variant.mkdir(parents=True)
    for name in names:
        (variant / name).write_bytes(png())
    with pytest.raises(UnreadableInput, match="these were rendered, with labels beside them"):
        layout_for(tmp_path)


def test_a_folder_above_what_was_rendered_has_its_photographs_only(tmp_path):
    for name in (
        "photos/a.png",
        "parts/variants/1/image.png",
        "parts/variants/1/clean.png",
        "parts/variants/1/labels.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png())
    layout = layout_for(tmp_path)
    assert [item.key for item in layout.scan(tmp_path).items] == ["photos/a.png"]


def test_a_folder_called_variants_is_one_like_others(tmp_path):
    for name in ("variants/red/image.png", "variants/red/labels.json", "variants/blue/image.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png())
    keys = [item.key for item in layout_for(tmp_path).scan(tmp_path).items]
    assert keys == ["variants/blue/image.png", "variants/red/image.png"]


def png() -> bytes:
    made = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(made, "PNG")
    return made.getvalue()
