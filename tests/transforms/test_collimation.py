"""`Collimation`: what is outside is not exposed, edges are as soft as asked, and labels know of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.generators import Frame
from domainaug.pipeline import Pipeline
from domainaug.profile import load_profile
from domainaug.transforms import Collimation

RAW = {"response": "linear", "bright": "exposed"}
IMAGE = np.full((200, 300), 0.8, np.float32)


def blades(**arguments):
    given = {"opening": (0.6, 0.5), "shift": 0.0, "angle": 0.0, "penumbra_mm": 0.0, "spacing": (0.5, 0.5)}
    given |= {**RAW, "p": 1.0, **arguments}
    wide, high = given["opening"]  # here two numbers are the two sides
    return Collimation(**{**given, "opening": (_range(wide), _range(high))})


def _range(side):
    return side if isinstance(side, tuple) else (side, side)


def run(transform, **data):
    return A.Compose(
        [transform],
        seed=3,
        bbox_params=A.BboxParams("pascal_voc", label_fields=["names"]) if "bboxes" in data else None,
        keypoint_params=A.KeypointParams("xy") if "keypoints" in data else None,
    )(image=IMAGE, **data)


def test_inside_nothing_changes_and_outside_only_the_leak_is_read():
    out = run(blades(leak=0.01))["image"]
    assert np.array_equal(out[52:148, 62:238], IMAGE[52:148, 62:238])
    assert np.allclose(out[:48], 0.008)
    assert np.allclose(out[:, :58], 0.008)
    assert (out > 0.4).mean() == pytest.approx(0.3, abs=0.01)


def test_wide_open_blades_do_nothing():
    out = run(blades(opening=(1.0, 1.0), penumbra_mm=5.0, angle=30.0, shift=1.0))["image"]
    assert np.array_equal(out, IMAGE)


@pytest.mark.parametrize("penumbra", [2.0, 6.0])
def test_the_edge_is_a_ramp_as_wide_as_the_penumbra(penumbra):
    out = run(blades(penumbra_mm=penumbra, leak=0.0, spacing=(0.2, 0.2)))["image"][100] / 0.8
    rise = np.interp([0.1, 0.9], out[:150], np.arange(150) * 0.2)
    assert np.diff(rise)[0] == pytest.approx(0.8 * penumbra, abs=0.1)
    assert np.interp(1.0 - 1e-3, out[:150], np.arange(150)) == pytest.approx(60, abs=1)  # fully exposed from there


def test_the_opening_turns_counter_clockwise_about_its_middle():
    transform = blades(opening=(0.5, 0.3), angle=(20.0, 20.0))
    out = run(transform)["image"] > 0.4
    y, x = np.nonzero(out)
    moments = np.cov(x, y)
    turn = np.degrees(0.5 * np.arctan2(2 * moments[0, 1], moments[0, 0] - moments[1, 1]))
    assert turn == pytest.approx(-20, abs=0.5)  # y points down
    assert (x.mean(), y.mean()) == pytest.approx((149.5, 99.5), abs=0.5)


def test_unexposed_is_white_where_bones_are_white():
    out = run(blades(leak=0.0, response="log", bright="dense"))["image"]
    assert np.allclose(out[:40], 1.0)
    assert np.allclose(out[100, 150], 0.8)


def test_masks_are_background_outside_in_pictures_and_volumes():
    mask = np.ones((200, 300), np.uint8)
    out = run(blades(fill_mask=7.0), mask=mask, masks=np.stack([mask, 2 * mask]))
    hidden = out["image"] < 0.4
    assert np.array_equal(out["mask"], np.where(hidden, 7, 1))
    assert np.array_equal(out["masks"][1], np.where(hidden, 7, 2))
    volume = A.Compose([blades()], seed=0)(
        volume=np.repeat(IMAGE[None], 3, axis=0), mask3d=np.ones((3, 200, 300), np.uint8)
    )
    assert np.array_equal(volume["mask3d"] == 0, volume["volume"] < 0.4)
    assert np.array_equal(volume["volume"][0], volume["volume"][2])


def test_boxes_are_cut_to_what_is_seen_and_the_rest_goes():
    boxes = [[100, 80, 140, 120], [40, 80, 80, 120], [0, 0, 40, 40]]
    out = run(blades(), bboxes=boxes, names=["in", "cut", "out"])
    assert list(out["names"]) == ["in", "cut"]
    assert np.array(out["bboxes"][0]) == pytest.approx(boxes[0])
    assert np.array(out["bboxes"][1]) == pytest.approx([60, 80, 80, 120], abs=0.3)


def test_a_box_behind_a_turned_blade_is_cut_along_it():
    transform = blades(opening=(0.5, 0.3), angle=(20.0, 20.0))
    out = run(transform, bboxes=[[230, 100, 290, 190]], names=["corner"])
    seen = run(transform)["image"] > 0.4
    rows, columns = np.nonzero(seen[100:190, 230:290])
    if len(rows) == 0:
        assert len(out["bboxes"]) == 0
    else:
        box = np.array(out["bboxes"][0])
        found = [230 + columns.min(), 100 + rows.min(), 231 + columns.max(), 101 + rows.max()]
        assert box == pytest.approx(found, abs=1.5)


def test_points_outside_go():
    out = run(blades(), keypoints=[(150, 100), (20, 100), (150, 20), (61, 51)])
    assert [tuple(point) for point in out["keypoints"]] == [(150, 100), (61, 51)]


def test_labels_are_true_in_a_pipeline_too():
    pipeline = Pipeline(
        [blades(opening=((0.4, 0.8), 0.5), shift=0.6, angle=5.0)],
        seed=1,
        value_range=(0, 1),
        bbox_params=A.BboxParams("pascal_voc", label_fields=["names"]),
        keypoint_params=A.KeypointParams("xy", label_fields=["points"]),
    )
    for key in range(6):
        out = pipeline(
            image=IMAGE,
            mask=np.ones((200, 300), np.uint8),
            bboxes=[[10, 10, 290, 190]],
            names=["all"],
            keypoints=[(5, 5), (150, 100)],
            points=["corner", "middle"],
            key=str(key),
        )
        rows, columns = np.nonzero(out["mask"])
        around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        cut = [max(around[0], 10), max(around[1], 10), min(around[2], 290), min(around[3], 190)]
        assert np.array(out["bboxes"][0]) == pytest.approx(cut, abs=1.5)
        assert list(out["points"]) == ["middle"]
        assert pipeline.record["effects"]["outside"] == pytest.approx((out["mask"] == 0).mean(), abs=0.01)


def test_the_opening_stays_in_the_picture_and_hides_no_more_than_is_declared():
    transform = Collimation(((0.5, 0.9), 0.7), shift=1.0, angle=25.0, spacing=(0.5, 0.5))
    frame = Frame(200, 300)
    most = transform.declare_effects(frame).effects(frame)["outside"].high
    assert most == pytest.approx(0.75)
    told = []
    for seed in range(30):
        transform.set_random_seed(seed)
        drawn = transform.draw({"image": IMAGE})
        told.append(transform.drawn_effects(drawn, frame).effects(frame)["outside"].high)
    assert max(told) <= most
    assert max(told) > 0.5


def test_a_profile_narrows_it():
    recipe = ({"Collimation": {"opening": [0.3, 1.0]}},)
    pipeline = replace(load_profile("medical/chest-xray"), recipe=recipe).compose(seed=1)
    assert len(pipeline.transforms) == 1
    assert "instead of" in pipeline.narrowed[0]


def test_what_is_not_legal_is_told():
    with pytest.raises(ValueError, match=r"Collimation: opening: .* above 0"):
        Collimation(0.0)
    with pytest.raises(ValueError, match=r"Collimation: shift: a number from 0 to 1"):
        Collimation(shift=1.9)
