import pytest
from PIL import Image

from domainaug.layouts import layout_for
from domainaug.layouts.within import held_within


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    Image.new("L", (32, 24), 90).save(tmp_path / "outside.png")
    for name in ("a", "b"):
        Image.new("L", (32, 24), 90).save(folder / f"{name}.png")
    return folder


def scan(source):
    return held_within(layout_for(source).scan(source), source)


def test_what_lies_inside_is_kept(source):
    (source / "c.png").symlink_to(source / "a.png")
    assert [item.key for item in scan(source).items] == ["a.png", "b.png", "c.png"]


def test_a_link_that_leads_out_is_set_aside(source, tmp_path):
    (source / "out.png").symlink_to(tmp_path / "outside.png")
    found = scan(source)
    assert [item.key for item in found.items] == ["a.png", "b.png"]
    assert [(one.key, one.code) for one in found.set_aside] == [("out.png", "outside")]


def test_so_is_an_image_whose_mask_lies_outside(source, tmp_path):
    (source / "a_mask.png").symlink_to(tmp_path / "outside.png")
    assert [one.key for one in scan(source).set_aside] == ["a.png"]


def test_a_folder_may_be_reached_by_a_link_itself(source, tmp_path):
    (tmp_path / "alias").symlink_to(source)
    assert [item.key for item in scan(tmp_path / "alias").items] == ["a.png", "b.png"]
