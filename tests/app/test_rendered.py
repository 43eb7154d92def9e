"""Samples that are rendered: their labels, and the cache that keeps them."""

import json

import numpy as np
import pytest

pytest.importorskip("numba", reason="the packages of domainaug[street] are not installed")

from domainaug.app import rendered, samples
from domainaug.app.rendered import Scene, is_kept, lidar, plate, put_scene, sign, street
from domainaug.layouts import layout_for
from domainaug.preview.marks import marks_of


def read(folder):
    layout = layout_for(folder)
    (item,) = layout.scan(folder).items
    return layout.read(item)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "domainaug" / "samples"


@pytest.mark.slow
@pytest.mark.parametrize("scene", [street("noon", "highway", "draft"), street("night", "highway", "draft")])
def test_a_street_has_classes_boxes_and_points(scene, tmp_path):
    scene.make(tmp_path)
    sample = read(tmp_path)
    marks = marks_of(sample)
    assert sample.image.shape == (384, 640, 3)
    assert len(np.unique(marks.numbers)) > 4
    assert len(marks.boxes) > 0
    assert len(marks.points) > 20
    assert np.all((marks.points >= -0.5) & (marks.points <= (639.5, 383.5)))
    told = json.loads((tmp_path / "street.json").read_text())["shapes"]
    assert {"road", "sky", "lidar"} <= {one["label"] for one in told}
    names = [one["label"] for one in told if one["shape_type"] == "mask"]
    sky, road = (np.nonzero(sample.mask == 1 + names.index(name))[0].mean() for name in ("sky", "road"))
    assert sky < 192 < road


@pytest.mark.slow
def test_a_sign_is_cut_out_with_room_around_it(tmp_path):
    sign().make(tmp_path)
    sample = read(tmp_path)
    assert min(sample.image.shape[:2]) > 100
    assert 0.1 < (sample.mask > 0).mean() < 0.6
    rim = np.concatenate([sample.mask[0], sample.mask[-1], sample.mask[:, 0], sample.mask[:, -1]])
    assert not rim.any()


@pytest.mark.slow
def test_outlines_lie_where_a_lidar_has_its_points(tmp_path):
    lidar().make(tmp_path)
    sample = read(tmp_path)
    curves = marks_of(sample).curves
    assert sample.image.shape == (512, 512)
    assert len(curves) > 5
    inside = []
    for points, closed in curves:
        assert closed
        left, top = np.floor(points.min(axis=0)).astype(int) - 1
        right, bottom = np.ceil(points.max(axis=0)).astype(int) + 2
        inside.append((sample.image[top:bottom, left:right] > 45).any())  # higher than the road
    assert np.mean(inside) > 0.7


@pytest.mark.parametrize("finish", ["brushed", "plastic"])
def test_a_plate_has_a_mask_of_its_defects(tmp_path, finish):
    plate(finish).make(tmp_path)
    sample = read(tmp_path)
    assert sample.image.shape[:2] == (512, 512)
    assert sample.image.ndim == (2 if finish == "brushed" else 3)
    assert 0.0005 < (sample.mask > 0).mean() < 0.05


def test_what_was_rendered_once_is_kept_and_copied(tmp_path, cache):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "a.txt").write_text("a")

    for number in range(2):
        place = tmp_path / str(number)
        place.mkdir()
        put_scene("toy", Scene(make, ()), place)
        assert (place / "a.txt").read_text() == "a"
        assert is_kept("toy")
    assert len(made) == 1
    assert [one.name for one in cache.iterdir()] == ["toy-1"]


def test_a_rendering_that_fails_keeps_nothing(tmp_path, cache):
    def make(folder):
        (folder / "half.png").write_text("half")
        raise ValueError("stopped")

    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(ValueError, match="stopped"):
        put_scene("toy", Scene(make, ()), place)
    assert not is_kept("toy")


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, cache):
    cache.parent.parent.write_text("a file where the folder should be")
    place = tmp_path / "place"
    place.mkdir()
    put_scene("toy", Scene(lambda folder: (folder / "a.txt").write_text("a") and None, ()), place)
    assert (place / "a.txt").is_file()


def test_without_what_renders_it_there_is_none(monkeypatch):
    monkeypatch.setattr(rendered, "find_spec", lambda name: None)
    assert "street" not in {one.name for one in samples.available()}
    assert samples.sample_named("street") is None
