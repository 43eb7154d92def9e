"""Labels that a crop loses are dropped, relabeled or refused by rule: masks, boxes, points and instances alike."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import LabelError
from domainaug.pipeline import Pipeline

IMAGE = np.zeros((100, 100), np.uint8)
LOST, KEPT = (5, 5, 15, 15), (40, 40, 60, 60)  # left, top, right, bottom; the crop shows 30 to 70
CROP = A.Crop(30, 30, 70, 70, p=1)


def drawn(*boxes, value=1, dtype=np.uint8):
    mask = np.zeros((100, 100), dtype)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = value
    return mask


def middles(*boxes):
    return [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in boxes]


KINDS = {
    "mask": lambda *boxes: {"mask": sum(drawn(box, value=n) for n, box in enumerate(boxes, start=1))},
    "soft mask": lambda *boxes: {"mask": drawn(*boxes, value=0.8, dtype=np.float32)},
    "instances": lambda *boxes: {"masks": [drawn(box) for box in boxes]},
    "boxes": lambda *boxes: {"bboxes": [list(box) for box in boxes], "names": [str(box) for box in boxes]},
    "points": lambda *boxes: {"keypoints": middles(*boxes), "called": [str(box) for box in boxes]},
    "instances with boxes": lambda *boxes: {
        "masks": [drawn(box) for box in boxes],
        "bboxes": [list(box) for box in boxes],
        "names": [str(box) for box in boxes],
    },
}
PARAMS = {
    "bbox_params": A.BboxParams("pascal_voc", label_fields=["names"]),
    "keypoint_params": A.KeypointParams("xy", label_fields=["called"]),
}


def pipeline(labels, **arguments):
    wanted = {"bbox_params": "bboxes", "keypoint_params": "keypoints"}
    return Pipeline([CROP], **{name: PARAMS[name] for name, key in wanted.items() if key in labels}, **arguments)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(params=[True, False], ids=["fused", "unfused"])
def fused(request):
    return request.param


class TestAllLost:
    def test_is_dropped_and_told(self, kind, fused):
        labels = KINDS[kind](LOST)
        made = pipeline(labels, fused=fused)
        out = made(image=IMAGE, label="scratch", **labels)
        assert made.record["labels"]["vanished"]
        assert out["label"] == "scratch"
        assert not any(np.any(out[name]) for name in ("mask", "masks", "bboxes", "keypoints") if name in out)
        assert all(len(out[name]) == 0 for name in ("names", "called", "bboxes", "keypoints") if name in out)

    def test_or_what_the_call_says_of_the_picture_becomes_something_else(self, kind, fused):
        labels = KINDS[kind](LOST)
        made = pipeline(labels, fused=fused, on_vanished={"label": "good", "severity": 0, "absent": 1})
        out = made(image=IMAGE, label="scratch", severity=3, **labels)
        assert (out["label"], out["severity"]) == ("good", 0)
        assert "absent" not in out
        assert made.record["labels"]["relabeled"] == {"label": "good", "severity": 0}

    def test_or_refused(self, kind, fused):
        labels = KINDS[kind](LOST)
        with pytest.raises(LabelError, match="would vanish"):
            pipeline(labels, fused=fused, on_vanished="refuse")(image=IMAGE, label="scratch", **labels)


class TestSomeLost:
    def test_only_that_is_dropped_and_the_picture_keeps_its_name(self, kind, fused):
        labels = KINDS[kind](LOST, KEPT)
        made = pipeline(labels, fused=fused, on_vanished={"label": "good"})
        out = made(image=IMAGE, label="scratch", **labels)
        assert out["label"] == "scratch"
        assert "relabeled" not in made.record["labels"]
        assert bool(made.record["labels"]["vanished"]) == (kind != "soft mask")  # which says how much, not what
        for name in ("names", "called"):
            assert out.get(name, [str(KEPT)]) == [str(KEPT)]
        if kind == "instances":
            assert made.record["labels"]["vanished"] == {"emptied masks": [0]}

    def test_is_refused_as_well(self, kind, fused):
        labels = KINDS[kind](LOST, KEPT)
        made = pipeline(labels, fused=fused, on_vanished="refuse")
        if kind == "soft mask":  # one label, of which half is left
            assert made(image=IMAGE, **labels)["mask"].any()
            return
        with pytest.raises(LabelError, match="would vanish"):
            made(image=IMAGE, **labels)


class TestNoneLost:
    def test_nothing_is_told_renamed_or_refused(self, kind, fused):
        labels = KINDS[kind](KEPT)
        for rule in ("drop", "refuse", {"label": "good"}):
            made = pipeline(labels, fused=fused, on_vanished=rule)
            assert made(image=IMAGE, label="scratch", **labels)["label"] == "scratch"
            assert made.record["labels"]["vanished"] == {}

    def test_a_picture_that_had_no_labels_keeps_its_name(self, fused):
        made = pipeline({"mask": 0}, fused=fused, on_vanished={"label": "good"})
        assert made(image=IMAGE, mask=IMAGE, label="unknown")["label"] == "unknown"


@pytest.mark.parametrize("rule", ["ignore", None, {}, {1: "good"}, 3])
def test_a_rule_that_is_none_is_refused(rule):
    with pytest.raises(ValueError, match='"drop", "refuse" or a mapping'):
        Pipeline([CROP], on_vanished=rule)


def test_rules_are_saved():
    made = Pipeline([CROP], on_vanished={"label": "good"})
    again = A.from_dict(A.to_dict(made))
    assert again.on_vanished == {"label": "good"}
