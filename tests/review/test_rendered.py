"""What simulators rendered, as a reviewer sees it: labels drawn, and the clean part or the clearer street beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from domainaug.errors import UnreadableInput
from domainaug.layouts.frames import read_frames
from domainaug.layouts.images import read_image
from domainaug.review import Review
from domainaug.review.pictures import Pictures
from domainaug.review.rendered import View, clearest, marks_of_view, views_of
from domainaug.run import simulate
from domainaug.run.ledger import Row

PARTS = """
id: parts
simulator: surface
world: {width: 16, height: 14, detail: 0.2, defects: []}
fixed: {rows: 40, columns: 48, pitch: 0.4, defect_size: 5.0, finish: plastic, samples: 1}
vary: {defect: [none, stain]}
sample: {method: grid}
"""
STREET = """
id: street
simulator: street
world: {layout: highway, seed: 2, frames: 2}
fixed: {width: 96, height: 64, quality: draft, density: 0.4, along: 0.2}
vary: {weather: [noon, fog-dense, rain-night]}
sample: {method: grid}
"""
CHEST = """
id: chest
simulator: radiograph
world: {phantom: thorax}
fixed: {rows: 96, columns: 96, pitch: 4.5 mm, format: FORMAT}
vary: {view: [PA, LL]}
sample: {method: grid}
"""


def run_of(folder: Path, text: str) -> Path:
    (folder / "scenario.yaml").write_text(text)
    assert simulate(folder / "scenario.yaml", folder / "out", engine="serial").exit_code == 0
    return folder / "out"


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    pytest.importorskip("numba", reason="numba is not installed")
    return run_of(tmp_path_factory.mktemp("street"), STREET)


def looks_by(out: Path, name: str, **how):
    """What is seen of each variant, by one of its values."""
    review = Review(out)
    told = [json.loads(line) for line in (out / "variants.jsonl").read_text().splitlines()]
    values = {row["id"]: row["values"][name] for row in told}
    pictures = Pictures(out, review.header)
    return {values[one.key]: pictures.look(one, **how) for one in review.candidates}


def test_a_part_lies_beside_the_same_without_its_defect(tmp_path):
    pytest.importorskip("numba", reason="numba is not installed")
    out = run_of(tmp_path, PARTS)
    looks = looks_by(out, "defect", labels=False)
    assert [panel.title for panel in looks["stain"].panels] == ["Without its defects", "To judge", "Difference"]
    assert (looks["stain"].labels, looks["none"].labels) == (1, 0)
    (mask,) = out.glob("variants/*/mask.png")
    inside = cv2.imread(str(mask), cv2.IMREAD_UNCHANGED) > 0
    changed = np.abs(looks["stain"].copy.astype(int) - looks["stain"].original).sum(axis=2)
    assert changed[inside].mean() > 10 * max(changed[~inside].mean(), 0.1)
    drawn = looks_by(out, "defect")["stain"].copy
    ring = (drawn != looks["stain"].copy).any(axis=2)
    assert ring.any()
    assert not ring[~cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)].any()


def test_a_street_lies_beside_its_clearest_weather(street):
    looks = looks_by(street, "weather", labels=False)
    noon = looks["noon"]
    assert (noon.original, noon.note) == (None, "What is rendered has no original")
    for weather in ("fog-dense", "rain-night"):
        titles = [panel.title for panel in looks[weather].panels]
        assert titles == ["The clearest with its labels", "To judge", "Difference"]
        assert np.array_equal(looks[weather].original, noon.copy)


def test_every_frame_of_a_street_is_seen_with_its_boxes(street):
    fog = [frame for frame in read_frames(street) if frame.weather["visibility"] < 1000]
    assert len(fog) == 2
    for number, frame in enumerate(fog):
        look = looks_by(street, "weather", slice_index=number)["fog-dense"]
        assert (look.along, look.slices, look.slice) == ("frame", 2, number)
        boxes = [thing.box for thing in frame.things if thing.box is not None]
        assert look.labels == len(boxes) > 0
        plain = looks_by(street, "weather", slice_index=number, labels=False)["fog-dense"]
        assert np.array_equal(plain.copy, read_image(frame.place))
        left, top, right, bottom = max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
        drawn = (look.copy != plain.copy).any(axis=2)
        assert drawn[top, left:right].all()
        assert drawn[bottom - 1, left:right].all()


@pytest.mark.parametrize("kind", ["dicom", "png"])
def test_a_radiograph_is_seen_with_its_segments_and_points(tmp_path, kind):
    out = run_of(tmp_path, CHEST.replace("FORMAT", kind))
    look = looks_by(out, "view")["PA"]
    told = [json.loads(line) for line in (out / "variants.jsonl").read_text().splitlines()]
    (frontal,) = [row["id"] for row in told if row["values"]["view"] == "PA"]
    labels = json.loads((out / "variants" / frontal / "labels.json").read_text())
    points = [one for one in labels["landmarks"] if one["seen"]]
    assert look.labels == len([one for one in labels["segments"] if one["box"]]) + len(points)
    assert look.note == "What is rendered has no original"
    assert look.copy.shape == (96, 96, 3)
    assert len(np.unique(looks_by(out, "view", labels=False)["PA"].copy)) > 50  # the picture, not one of its masks


def test_files_of_another_kind_have_no_views():
    assert views_of(["variants/a/cloud.bin", "variants/a/scene.json"]) == ()


def test_lidars_beside_cameras_are_no_views():
    files = ["variants/a/left/000000.png", "variants/a/left/000000.depth.png", "variants/a/left/000000.objects.json",
             "variants/a/roof/000000.bin", "variants/a/scene.json"]  # fmt: skip
    assert [view.picture for view in views_of(files)] == ["variants/a/left/000000.png"]
    assert views_of(files)[0].place == "left/000000.png"


def row(key: str, labels: str, **weather) -> Row:
    return Row(key, 0, "", {"labels_id": labels, "weather": weather}, None, ())


def test_the_clearest_is_by_day_then_far_then_dry():
    day, night = {"sun_altitude": 30.0}, {"sun_altitude": -10.0}
    fog = row("fog", "a", visibility=50.0, **day)
    rain = row("rain", "a", visibility=9000.0, rain=5.0, **day)
    dry = row("dry", "a", visibility=9000.0, **day)
    dark = row("dark", "a", visibility=30000.0, **night)
    other = row("other", "b", visibility=30000.0, **day)
    assert clearest([fog, rain, dark, other]) == {"fog": "rain", "rain": "", "dark": "rain", "other": ""}
    assert clearest([fog, rain, dry]) == {"fog": "dry", "rain": "dry", "dry": ""}
    assert clearest([dark]) == {"dark": ""}


def test_of_two_that_are_as_clear_one_lies_beside_the_other():
    alike = [row(name, "a", visibility=9000.0, sun_altitude=30.0) for name in ("b", "a", "c")]
    assert clearest(alike) == {"a": "", "b": "a", "c": "a"}


def test_what_is_no_weather_has_nothing_clearer():
    assert clearest([Row(name, 0, "", {"labels_id": "a"}, None, ()) for name in "ab"]) == {"a": "", "b": ""}


@pytest.mark.parametrize("record", [{"weather": {"visibility": 9.0}}, {"labels_id": "a", "weather": "fog"}])
def test_weathers_that_another_simulator_tells_otherwise_are_not_compared(record):
    assert clearest([Row(name, 0, "", record, None, ()) for name in "ab"]) == {"a": "", "b": ""}


def test_a_clearer_picture_that_is_gone_is_left_out(street, tmp_path):
    shutil.copytree(street, tmp_path / "out")
    noon = next(frame for frame in read_frames(street) if frame.weather["visibility"] > 20000)
    for path in (tmp_path / "out" / "variants" / noon.variant).rglob("*.png"):
        path.unlink()
    review = Review(tmp_path / "out")
    fog = next(one for one in review.candidates if one.varied["weather"] == "fog-dense")
    look = Pictures(review.out, review.header).look(fog)
    assert (look.original, look.note) == (None, "What is rendered has no original")


@pytest.mark.parametrize("text", ["[]", "no json", '{"objects": [{}]}', '{"objects": [{"box": [1, 2]}]}'])
def test_labels_that_are_none_are_a_sentence(tmp_path, text):
    (tmp_path / "a.objects.json").write_text(text)
    with pytest.raises(UnreadableInput, match=r"a\.objects\.json: these are not labels as a simulator writes them"):
        marks_of_view(tmp_path, View("a.png", told="a.objects.json"))


def test_labels_that_are_gone_are_a_sentence(tmp_path):
    with pytest.raises(UnreadableInput, match="not there any more"):
        marks_of_view(tmp_path, View("a.png", told="a.objects.json"))
