"""COCO: boxes, polygons and run lengths, in and out, valid and still true."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from domainaug.errors import LabelError, UnreadableInput
from domainaug.layouts import layout_for
from domainaug.layouts.coco import Coco
from domainaug.layouts.images import encode
from domainaug.layouts.instances import InstanceMap, decode_counts, encode_counts, fill_polygons, outline
from domainaug.layouts.layout import Sample, Stamp

STAMP = Stamp("p", "1", "d", 0, 0, False, {}, "v")
MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=14))
SQUARE = [[10.0, 10.0, 30.0, 10.0, 30.0, 20.0, 10.0, 20.0]]


def data_set(root: Path, annotations: list[dict], *, name: str = "a.png", where: str = "", **image) -> Path:
    (root / where).mkdir(parents=True, exist_ok=True)
    (root / where / "a.png").write_bytes(encode(np.full((40, 60), 90, np.uint8))[1])
    entry = {"id": 5, "file_name": name, "width": 60, "height": 40, **image}
    numbered = [{"id": 70 + n, "image_id": 5, "category_id": 3, **each} for n, each in enumerate(annotations)]
    content = {"images": [entry], "annotations": numbered, "categories": [{"id": 3, "name": "screw"}]}
    (root / "annotations.json").write_text(json.dumps(content))
    return root


def only(root: Path):
    (item,) = Coco().scan(root).items
    return item


def changed(sample: Sample, **values) -> Sample:
    for name, value in values.items():
        setattr(sample, name, value)
    return sample


# -- reading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["", "images"])
def test_it_is_recognized_and_images_are_found(tmp_path, where):
    root = data_set(tmp_path, [{"bbox": [1, 2, 3, 4]}], where=where)
    assert layout_for(root).name == "coco"
    assert layout_for(root / "annotations.json").name == "coco"
    sample = Coco().read(only(root))
    assert sample.image.shape == (40, 60)
    assert sample.boxes.tolist() == [[1, 2, 4, 6]]
    assert sample.mask is None


def test_polygons_and_run_lengths_become_masks_boxes_alone_stay_boxes(tmp_path):
    hole = np.zeros((40, 60), bool)
    hole[5:15, 5:15] = True
    hole[8:10, 8:10] = False
    lengths = {"size": [40, 60], "counts": encode_counts(hole)}
    root = data_set(
        tmp_path,
        [{"segmentation": SQUARE}, {"bbox": [50, 30, 5, 5]}, {"segmentation": lengths, "iscrowd": 1, "occluded": True}],
    )
    item = only(root)
    labels = Coco().labels(Coco().read(item), item)["annotations"]
    assert [each["bbox"] for each in labels] == [[10, 10, 20, 10], [50, 30, 5, 5], [5, 5, 10, 10]]
    assert [each["area"] for each in labels] == [200, 25, 96]
    assert isinstance(labels[0]["segmentation"], list)
    assert labels[2]["segmentation"] == lengths
    assert labels[2]["iscrowd"] == 1
    assert labels[2]["occluded"] is True


@pytest.mark.parametrize(
    ("annotation", "code"),
    [
        ({"bbox": [1, 2, 3, 4], "keypoints": [1, 2, 2]}, "unknown-label"),
        ({"bbox": [1, 2, 3, 4], "rotated_box": {"angle": 3}}, "unknown-label"),
        ({"bbox": [1, 2, 0, 4]}, "bad-label"),
        ({"bbox": [1, 2, "3", 4]}, "bad-label"),
        ({"bbox": [1, 2]}, "bad-label"),
        ({}, "bad-label"),
        ({"bbox": [1, 2, 3, 4], "category_id": 9}, "bad-label"),
    ],
)
def test_annotations_that_cannot_be_kept_true_set_their_image_aside(tmp_path, annotation, code):
    scan = Coco().scan(data_set(tmp_path, [annotation]))
    assert (len(scan.items), [aside.code for aside in scan.set_aside]) == (0, [code])


@pytest.mark.parametrize(
    "annotation",
    [
        {"bbox": [100, 2, 3, 4]},
        {"segmentation": [[1, 2, 3]]},
        {"segmentation": [[1.0, 2.0, 3.0, 4.0]]},
        {"segmentation": {"size": [40, 60], "counts": [5]}},
        {"segmentation": {"size": [60, 40], "counts": [2400]}},
        {"segmentation": {"size": [40, 60], "counts": "\x00"}},
        {"segmentation": [[100, 100, 110, 100, 110, 110]]},
    ],
)
def test_labels_that_make_no_sense_are_refused_when_read(tmp_path, annotation):
    item = only(data_set(tmp_path, [annotation]))
    with pytest.raises(UnreadableInput) as caught:
        Coco().read(item)
    assert caught.value.code == "bad-label"


@pytest.mark.parametrize("name", ["../a.png", "/etc/passwd", "..\\a.png", "x/../../a.png"])
def test_a_name_that_leads_out_is_set_aside(tmp_path, name):
    scan = Coco().scan(data_set(tmp_path, [], name=name))
    assert [aside.code for aside in scan.set_aside] == ["outside-source"]


def test_annotations_for_another_size_are_refused(tmp_path):
    with pytest.raises(UnreadableInput) as caught:
        Coco().read(only(data_set(tmp_path, [], width=40, height=60)))
    assert caught.value.code == "size-mismatch"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"images": [', "not-json"),
        ('{"images": [1], "annotations": [], "categories": []}', "not-coco"),
        ('{"images": [], "annotations": [], "categories": [], "info": NaN}', "not-json"),
        ('{"images": [' + "[" * 100_000, "not-json"),
    ],
)
def test_a_file_that_is_no_coco_is_one_sentence(tmp_path, text, code):
    (tmp_path / "annotations.json").write_text(text)
    with pytest.raises(UnreadableInput) as caught:
        Coco().scan(tmp_path)
    assert caught.value.code == code


def test_two_files_are_not_guessed_between(tmp_path):
    data_set(tmp_path, [])
    (tmp_path / "other.json").write_text((tmp_path / "annotations.json").read_text())
    with pytest.raises(UnreadableInput, match=r"annotations\.json, other\.json"):
        Coco().scan(tmp_path)


# -- writing ---------------------------------------------------------------------------------------------


def test_instances_that_leave_are_dropped_and_an_image_that_lost_all_is_refused(tmp_path):
    item = only(data_set(tmp_path, [{"segmentation": SQUARE}, {"bbox": [1, 1, 5, 5]}]))
    sample = Coco().read(item)
    kept = Coco().labels(changed(sample, boxes=np.zeros((0, 4)), box_labels=()), item)
    assert len(kept["annotations"]) == 1
    with pytest.raises(LabelError, match="left the picture"):
        Coco().labels(changed(sample, mask=np.zeros_like(sample.mask)), item)


def test_the_whole_set_is_written_with_new_ids_and_reads_again(tmp_path):
    root = data_set(tmp_path / "in", [{"segmentation": SQUARE}, {"bbox": [50, 30, 5, 5]}])
    item, layout = only(root), Coco()
    sample = layout.read(item)
    out = tmp_path / "out"
    made = []
    for copy in range(2):
        files = layout.write(sample, item, Stamp("p", "1", "d", 0, copy, False, {}, "v"), out)
        made.append({"copy": copy, "files": [file.as_posix() for file in files], "labels": layout.labels(sample, item)})
    assert layout.finish(root, out, {item.key: made}) == (Path("annotations.json"),)
    content = json.loads((out / "annotations.json").read_text())
    assert [image["id"] for image in content["images"]] == [1, 2]
    assert [each["id"] for each in content["annotations"]] == [1, 2, 3, 4]
    assert {each["image_id"] for each in content["annotations"]} == {1, 2}
    assert content["categories"] == [{"id": 3, "name": "screw"}]
    again = layout.scan(out)
    assert (len(again.items), again.set_aside) == (2, ())
    read = layout.read(again.items[1])
    np.testing.assert_array_equal(read.image, sample.image)
    np.testing.assert_array_equal(read.mask > 0, sample.mask > 0)


@pytest.mark.parametrize(
    ("name", "json_file", "image", "written"),
    [
        ("a.png", "annotations.json", "a.png", "a_aug000.png"),
        ("a.png", "annotations.json", "images/a.png", "images/a_aug000.png"),
        ("images/a.png", "labels.json", "images/a.png", "images/a_aug000.png"),
        ("x/a.png", "annotations/instances_train.json", "images/train/x/a.png", "images/train/x/a_aug000.png"),
        ("a.png", "annotations/instances_val.json", "val/a.png", "val/a_aug000.png"),
    ],
)
def test_the_output_lies_as_its_source_does(tmp_path, name, json_file, image, written):
    made = data_set(tmp_path / "plain", [{"segmentation": SQUARE}], name=name)
    root, out = tmp_path / "in", tmp_path / "out"
    for old, new in ((made / "a.png", root / image), (made / "annotations.json", root / json_file)):
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
    item, layout = only(root), Coco()
    sample = layout.read(item)
    (file,) = layout.write(sample, item, STAMP, out)
    entry = {"copy": 0, "files": [file.as_posix()], "labels": layout.labels(sample, item)}
    (whole,) = layout.finish(root, out, {item.key: [entry]})
    assert (file.as_posix(), whole.as_posix()) == (written, json_file)
    again = only(out)
    assert again.key == name.replace("a.png", "a_aug000.png"), "a loader is given the same folder as before"
    np.testing.assert_array_equal(layout.read(again).mask, sample.mask)


def test_one_file_under_two_names_is_augmented_once(tmp_path):
    root = data_set(tmp_path, [{"bbox": [1, 2, 3, 4]}], where="images")
    content = json.loads((root / "annotations.json").read_text())
    content["images"].append({**content["images"][0], "id": 6, "file_name": "images/a.png"})
    (root / "annotations.json").write_text(json.dumps(content))
    scan = Coco().scan(root)
    assert [item.key for item in scan.items] == ["a.png"]
    assert [(aside.key, aside.code) for aside in scan.set_aside] == [("images/a.png", "duplicate")]


# -- masks -----------------------------------------------------------------------------------------------


@given(MASKS)
def test_run_lengths_and_masks_are_the_same(mask):
    counts = encode_counts(mask)
    assert sum(counts) == mask.size
    assert all(run > 0 for run in counts[1:])
    np.testing.assert_array_equal(decode_counts(counts, mask.shape), mask)


def test_compressed_run_lengths_are_those_of_the_reference():
    # Counts 5, 3, 900, 2, 1490: written by hand after the format of cocoapi's maskApi.c: five bits a character,
    # low ones first, bit 6 for more to come, and from the fourth count on the difference to the one before last.
    text = ""
    runs = [5, 3, 900, 2, 1490]
    for index, run in enumerate(runs):
        value = run - (runs[index - 2] if index > 2 else 0)
        more = True
        while more:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            text += chr((bits | (32 if more else 0)) + 48)
    assert encode_counts(decode_counts(text, (40, 60))) == runs


@given(MASKS)
def test_outlines_of_small_shapes_fill_to_nearly_the_same_mask_unless_there_are_holes(mask):
    polygons = outline(mask)
    if polygons is not None:
        filled = fill_polygons(polygons, mask.shape)
        assert (filled & mask).sum() >= 0.98 * (filled | mask).sum()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
@given(MASKS)
@example(np.arange(108).reshape(9, 12) != 2)  # wide enough to be told with fewer corners, and too small for it
@example(np.arange(130).reshape(10, 13) != 2)
def test_outlines_of_what_is_small_or_thin_are_filled_to_the_very_mask_by_the_tools_of_coco(mask):
    tools = pytest.importorskip("pycocotools.mask")
    polygons = outline(mask)
    if polygons:
        filled = tools.decode(tools.merge(tools.frPyObjects(polygons, *mask.shape))) > 0
        np.testing.assert_array_equal(filled, mask)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
def test_outlines_of_scratches_reach_to_their_tips():
    tools = pytest.importorskip("pycocotools.mask")
    for angle in range(0, 180, 15):
        mask = np.zeros((120, 120), np.uint8)
        along = 50 * np.cos(np.radians(angle)), -50 * np.sin(np.radians(angle))
        tips = [(round(60 + sign * along[0]), round(60 + sign * along[1])) for sign in (-1, 1)]
        cv2.line(mask, *tips, color=1, thickness=1 + angle % 2)
        filled = tools.decode(tools.merge(tools.frPyObjects(outline(mask > 0), *mask.shape)))
        np.testing.assert_array_equal(filled, mask)


@pytest.mark.parametrize("radius", [3, 8, 20, 60, 150])
@pytest.mark.parametrize("flat", [1.0, 0.4])
def test_outlines_of_round_shapes_keep_the_shape_with_few_corners(radius, flat):
    rows, columns = np.mgrid[:320, :320] - 160.3
    along, across = 0.8 * rows + 0.6 * columns, 0.6 * rows - 0.8 * columns
    mask = np.hypot(along, across / flat) < radius
    (polygon,) = outline(mask)
    filled = fill_polygons([polygon], mask.shape)
    assert (filled & mask).sum() > 0.98 * (filled | mask).sum()
    assert len(polygon) // 2 <= 40 + radius
    distance = np.abs(np.hypot(*_turned(polygon, flat)) - radius)
    assert distance.max() < 1.5 / flat


def _turned(polygon, flat):
    columns, rows = np.reshape(polygon, (-1, 2)).T - 160.8
    return 0.8 * rows + 0.6 * columns, (0.6 * rows - 0.8 * columns) / flat


def test_filling_follows_the_centers_of_pixels():
    triangle = fill_polygons([[0.0, 0.0, 10.0, 0.0, 0.0, 10.0]], (12, 12))
    rows, columns = np.mgrid[:12, :12] + 0.5
    sure = np.abs(rows + columns - 10) > 0.4
    np.testing.assert_array_equal(triangle[sure], (rows + columns < 10)[sure])


def test_filling_is_as_large_as_what_is_filled():
    rng = np.random.default_rng(0)
    ratios, offsets = [], []
    for _ in range(200):
        turn, radius = np.arange(12) * np.pi / 6, rng.uniform(8, 18, 12)
        ring = rng.uniform(20, 80, 2) + radius[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
        x, y = ring.T
        area = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
        filled = fill_polygons([ring.ravel().tolist()], (100, 100))
        ratios.append(filled.sum() / area)
        offsets.append(np.argwhere(filled).mean(axis=0) + 0.5 - _middle(ring))
    assert np.mean(ratios) == pytest.approx(1, abs=0.003)
    np.testing.assert_allclose(np.mean(offsets, axis=0), 0, atol=0.01)


def _middle(ring):
    """The (row, column) of a polygon's center of gravity."""
    (x, y), (u, v) = ring.T, np.roll(ring, -1, axis=0).T
    cross = x * v - u * y
    return np.array([((y + v) * cross).sum(), ((x + u) * cross).sum()]) / (3 * cross.sum())


def test_a_polygon_thinner_than_a_pixel_keeps_the_pixels_it_runs_through():
    scratch = fill_polygons([[2.0, 3.6, 17.0, 3.7, 17.0, 3.8, 2.0, 3.9]], (8, 20))
    assert np.argwhere(scratch).tolist() == [[3, column] for column in range(2, 17)]


@given(st.lists(arrays(np.bool_, (7, 9)), max_size=7))
def test_any_overlap_goes_through_one_label_map(masks):
    instances = InstanceMap.of(masks, (7, 9))
    for index, mask in enumerate(masks):
        np.testing.assert_array_equal(instances.mask(instances.labels, index), mask)
        np.testing.assert_array_equal(instances.mask(instances.labels[:, ::-1], index), mask[:, ::-1])
