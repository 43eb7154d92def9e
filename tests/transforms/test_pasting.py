"""`PasteDefect` and `SyntheticAnomaly`: what is put on is in the mask, and in the boxes where they are told how."""

from __future__ import annotations

import json

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import LabelError, UnknownName, UnreadableInput
from domainaug.manufacturing import DefectBank, Part, patches_of
from domainaug.pipeline import Pipeline
from domainaug.profile import load_profile
from domainaug.transforms import DrawDefect, PasteDefect, SyntheticAnomaly

PITCH = 0.1


def plate(height=160, width=200, seed=0):
    """Return a plate that gets brighter to the right, (height, width) uint8."""
    noise = np.random.default_rng(seed).normal(0, 2, (height, width))
    return (np.linspace(80, 160, width) + noise).round().astype(np.uint8)


def empty(height=160, width=200):
    return np.zeros((height, width), np.uint8)


@pytest.fixture(scope="module")
def bank():
    shown, mask = plate(seed=1), empty()
    for row, column in ((30, 40), (100, 120)):
        shown[row : row + 8, column : column + 12] = 30
        mask[row : row + 8, column : column + 12] = 1
    return DefectBank.of(patches_of(shown, mask, Part(pixel_pitch_mm=PITCH), kind="hole", source="plate 1"))


class TestPictureAndMask:
    @pytest.mark.parametrize("seed", range(4))
    def test_a_defect_of_the_bank_is_where_its_mask_is_and_as_large_as_it_was(self, bank, seed):
        out = Pipeline([PasteDefect(bank, label=5, spacing=PITCH, p=1)], seed=seed)(image=plate(), mask=empty())
        change = np.abs(out["image"].astype(int) - plate())
        assert set(np.unique(out["mask"])) == {0, 5}
        assert change[out["mask"] == 5].mean() > 20
        assert change[out["mask"] == 0].mean() < 0.2
        assert (out["mask"] == 5).sum() == pytest.approx(96, rel=0.3)

    @pytest.mark.parametrize("kind", ["cutpaste", "scar", "nsa", "perlin"])
    def test_an_anomaly_of_the_papers_is_where_its_mask_is(self, kind):
        settings = {"blend": "feather"} if kind == "nsa" else {}  # Poisson makes a smooth plate of a smooth plate
        made = SyntheticAnomaly({kind: settings}, spacing=PITCH, tries=20, cover=0.3, p=1)
        out = Pipeline([made], seed=2)(image=plate(), mask=empty())
        change = np.abs(out["image"].astype(int) - plate())
        assert out["mask"].any()
        assert change[out["mask"] == 1].mean() > 10 * change[out["mask"] == 0].mean()

    def test_the_record_says_what_came_from_where(self, bank):
        pipeline = Pipeline([PasteDefect(bank, spacing=PITCH, p=1)], seed=3)
        out = pipeline(image=plate(), mask=empty())
        (step,) = pipeline.record["steps"]
        assert step["params"]["kind"] == "hole"
        assert step["params"]["sizes"]["source"] == "plate 1"
        assert pipeline.record["effects"]["drawn_defect"] == pytest.approx(out["mask"].mean(), abs=1e-4)
        json.dumps(pipeline.record)

    def test_the_same_seed_is_the_same(self, bank):
        for made in (PasteDefect(bank, spacing=PITCH, p=1), SyntheticAnomaly(spacing=PITCH, p=1)):
            one, two = (Pipeline([made], seed=8)(image=plate(), mask=empty(), key="a") for _ in range(2))
            assert np.array_equal(one["image"], two["image"])
            assert np.array_equal(one["mask"], two["mask"])

    def test_what_the_gate_refuses_is_left_out_and_told(self, bank):
        pipeline = Pipeline([PasteDefect(bank, gate={"contrast": 1000}, tries=3, spacing=PITCH, p=1)], seed=0)
        out = pipeline(image=plate(), mask=empty())
        assert np.array_equal(out["image"], plate())
        (step,) = pipeline.record["steps"]
        refused = step["params"]["refused"]
        assert len(refused) == 3
        assert all("invisible" in codes for codes in refused)

    def test_where_there_is_no_room_nothing_happens(self, bank):
        pipeline = Pipeline([PasteDefect(bank, tries=2, spacing=1.0 / 200, p=1)], seed=0)
        out = pipeline(image=plate(), mask=empty())
        assert not out["mask"].any()
        assert pipeline.record["steps"][0]["params"]["refused"] == [["no-room"], ["no-room"]]


class TestCount:
    def test_so_many_are_put_on_and_each_is_told(self, bank):
        pipeline = Pipeline([PasteDefect(bank, count=2, spacing=PITCH, prior=None, p=1)], seed=5)
        pipeline(image=plate(), mask=empty())
        params = pipeline.record["steps"][0]["params"]
        assert [params["kind"], *(each["kind"] for each in params["also"])] == ["hole", "hole"]

    def test_between_the_fewest_and_the_most(self):
        made = DrawDefect({"pit": {"diameter_mm": 1.0, "cluster": 1}}, count=(1, 3), box_label=1, spacing=PITCH, p=1)
        pipeline = Pipeline([made], bbox_params=A.BboxParams("pascal_voc"), seed=0)
        seen = {
            len(pipeline(image=plate(), mask=empty(), bboxes=np.zeros((0, 4)), key=str(n))["bboxes"]) for n in range(12)
        }
        assert seen == {1, 2, 3}

    def test_all_together_cover_no_more_than_said(self):
        made = DrawDefect({"stain": {"diameter_mm": (2.0, 4.0)}}, count=6, cover=0.05, spacing=PITCH, p=1)
        for seed in range(4):
            assert Pipeline([made], seed=seed)(image=plate(), mask=empty())["mask"].mean() <= 0.05

    @pytest.mark.parametrize("count", [0, (3, 1), (1, 2, 3), 1.5, True])
    def test_a_count_that_is_none(self, count):
        with pytest.raises(ValueError, match="count: a number from 1 to 100"):
            DrawDefect(count=count)


class TestBoxes:
    def test_a_box_about_each_beside_those_that_were_there(self):
        made = DrawDefect({"pit": {"diameter_mm": 1.0, "cluster": 1}}, box_label="pit", spacing=PITCH, p=1)
        pipeline = Pipeline([made], bbox_params=A.BboxParams("pascal_voc", label_fields=["names"]), seed=4)
        out = pipeline(image=plate(), mask=empty(), bboxes=np.array([[10.0, 10, 30, 40]]), names=["logo"])
        assert list(out["names"]) == ["logo", "pit"]
        assert out["bboxes"][0] == pytest.approx([10, 10, 30, 40])
        down, right = np.nonzero(out["mask"])
        assert out["bboxes"][1] == pytest.approx([right.min(), down.min(), right.max() + 1, down.max() + 1], abs=1e-3)
        assert pipeline.record["labels"]["added"] == {"bboxes": 1}
        assert pipeline.record["labels"]["vanished"] == {}

    @pytest.mark.parametrize("boxes", [np.zeros((0, 4)), []])
    @pytest.mark.parametrize("label", ["pit", 7])
    def test_a_good_part_without_boxes_gets_its_first(self, boxes, label):
        made = DrawDefect({"pit": {"diameter_mm": 1.0, "cluster": 1}}, box_label=label, spacing=PITCH, p=1)
        pipeline = Pipeline([made], bbox_params=A.BboxParams("pascal_voc", label_fields=["names"]), seed=4)
        for _ in range(2):  # a second call knows labels of the first
            out = pipeline(image=plate(), mask=empty(), bboxes=boxes, names=[])
            assert [type(label)(name) for name in out["names"]] == [label]
            assert len(out["bboxes"]) == 1

    def test_boxes_move_with_what_follows(self):
        steps = [DrawDefect({"pit": {"diameter_mm": 2.0, "cluster": 1}}, box_label=1, spacing=PITCH, p=1)]
        steps += [A.HorizontalFlip(p=1), A.Affine(translate_px=(5, 5), p=1)]
        pipeline = Pipeline(steps, bbox_params=A.BboxParams("pascal_voc"), seed=9)
        out = pipeline(image=plate(), mask=empty(), bboxes=np.zeros((0, 4)))
        down, right = np.nonzero(out["mask"])
        around = [right.min(), down.min(), right.max() + 1, down.max() + 1]
        assert out["bboxes"][0][:4] == pytest.approx(around, abs=1.01)

    def test_those_that_leave_are_told_apart_from_those_that_came(self):
        steps = [
            DrawDefect({"pit": {"diameter_mm": 1.0, "cluster": 1}}, box_label=1, spacing=PITCH, p=1),
            A.Crop(x_min=100, y_min=0, x_max=200, y_max=160, p=1),
        ]
        pipeline = Pipeline(steps, bbox_params=A.BboxParams("pascal_voc"), seed=1)
        pipeline(image=plate(), mask=empty(), bboxes=np.array([[10.0, 10, 30, 40, 1]]))
        assert pipeline.record["labels"]["vanished"]["bboxes"] == [0]

    def test_a_plain_compose_takes_numbers(self):
        made = DrawDefect("pit", box_label=3, spacing=PITCH, p=1)
        compose = A.Compose([made], bbox_params=A.BboxParams("pascal_voc", label_fields=["of"]), seed=2)
        out = compose(image=plate(), mask=empty(), bboxes=[[10, 10, 30, 40]], of=[1])
        assert list(out["of"]) == [1, 3]
        words = A.Compose(
            [DrawDefect("pit", box_label="pit", spacing=PITCH, p=1)], bbox_params=compose.processors["bboxes"].params
        )
        with pytest.raises(LabelError, match="words need a domainaug Pipeline"):
            words(image=plate(), mask=empty(), bboxes=[[10, 10, 30, 40]], of=[1])

    def test_a_word_among_numbers_is_refused(self):
        made = DrawDefect("pit", box_label="pit", spacing=PITCH, p=1)
        pipeline = Pipeline([made], bbox_params=A.BboxParams("pascal_voc", label_fields=["of"]), seed=2)
        with pytest.raises(LabelError, match="the labels of of are numbers"):
            pipeline(image=plate(), mask=empty(), bboxes=[[10, 10, 30, 40]], of=[1])

    def test_instance_masks_beside_boxes_are_refused(self):
        made = DrawDefect("pit", box_label=1, masks="each", spacing=PITCH, p=1)
        pipeline = Pipeline([made], bbox_params=A.BboxParams("pascal_voc"), seed=2)
        with pytest.raises(LabelError, match="cannot add a mask"):
            pipeline(image=plate(), masks=[empty()], bboxes=np.array([[10.0, 10, 30, 40]]))


class TestBank:
    def test_a_saved_bank_is_the_same(self, bank, tmp_path):
        path = bank.save(tmp_path / "holes.npz")
        again = DefectBank.load(path)
        assert (again.kinds, again.prior) == (bank.kinds, bank.prior)
        for one, two in zip(bank.patches, again.patches, strict=True):
            assert np.array_equal(one.light, two.light)
            assert np.array_equal(one.mask, two.mask)
            assert (one.kind, one.pitch_mm, one.place, one.source) == (two.kind, two.pitch_mm, two.place, two.source)
        steps = [PasteDefect(path, spacing=PITCH, p=1)]
        saved = json.loads(json.dumps(A.to_dict(A.Compose(steps))))
        out = A.from_dict(saved)(image=plate(), mask=empty())
        assert out["mask"].any()

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", b"\x93NUMPY"])
    def test_a_file_that_is_none(self, tmp_path, content):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(UnreadableInput, match=r"bad\.npz: .*bank"):
            PasteDefect(tmp_path / "bad.npz")
        with pytest.raises(UnreadableInput, match="cannot be read: No such file"):
            PasteDefect(tmp_path / "gone.npz")

    def test_names_that_there_are_not(self, bank):
        with pytest.raises(UnknownName, match="did you mean 'hole'"):
            PasteDefect(bank, kind="hold")
        with pytest.raises(UnknownName, match="did you mean 'ratio'"):
            PasteDefect(bank, blend="rato")
        with pytest.raises(UnknownName, match="did you mean 'perlin'"):
            SyntheticAnomaly("perlim")
        with pytest.raises(ValueError, match="symmetry: one of"):
            PasteDefect(bank, symmetry="C99")


def test_a_recipe_tells_them_what_the_profile_knows_of_the_part(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(
        "id: plant/own\nversion: 1.0.0\ntitle: Own\nextends: manufacturing/metal-surface\n"
        "part: {pixel_pitch_mm: 0.2, lighting: {kind: dark-field}}\ngate: {contrast: 0.9}\n"
        "recipe:\n  - SyntheticAnomaly: {kinds: perlin, p: 1}\n",
        encoding="utf-8",
    )
    step = load_profile(path).recipe[-1]["SyntheticAnomaly"]
    assert step == {"kinds": "perlin", "p": 1, "spacing": 0.2, "gate": {"contrast": 0.9}}
