"""The record, A10 (a Compose forgets its seed when saved), and what else a Compose is used for."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import UnknownName
from domainaug.pipeline import Pipeline
from domainaug.pipeline.record import small
from domainaug.profile.model import Profile, ValueRange

IMAGE = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)


def unchanged(image, **_):
    return image


def pipeline(**told):
    steps = [A.Affine(rotate=(5, 9), p=1), A.OneOf([A.HorizontalFlip(p=1)], p=1), A.GaussNoise(p=1)]
    return Pipeline(steps, seed=7, **told)


class TestRecord:
    def test_is_empty_before_the_first_call(self):
        assert pipeline().record == {}

    def test_tells_what_was_drawn_and_did(self):
        p = pipeline()
        p(image=IMAGE, key="patient/1", copy=3)
        record = json.loads(json.dumps(p.record, allow_nan=False))
        assert (record["seed"], record["key"], record["copy"]) == (7, "patient/1", 3)
        assert [(s["transform"], s["path"]) for s in record["steps"]] == [
            ("Affine", [0]), ("HorizontalFlip", [1, 0]), ("GaussNoise", [2]),
        ]  # fmt: skip
        turn = record["steps"][0]
        assert 5 <= turn["params"]["rotate"] <= 9
        assert turn["effects"]["rotation"] == pytest.approx(turn["params"]["rotate"], abs=1e-4)
        assert record["steps"][1]["effects"] == {"mirror_horizontal": 1}

    def test_composes_effects_in_order(self):
        p = pipeline()
        p(image=IMAGE, key="a")
        turned = p.record["steps"][0]["effects"]["rotation"]
        assert p.record["effects"]["rotation"] == pytest.approx(-turned, abs=1e-4)  # a mirror turns the sign
        assert p.record["effects"]["mirror_horizontal"] == 1

    def test_says_whether_content_moved(self):
        still, moved = Pipeline([A.GaussNoise(p=1)], seed=0), Pipeline([A.HorizontalFlip(p=1)], seed=0)
        still(image=IMAGE)
        moved(image=IMAGE)
        assert (still.record["moved"], moved.record["moved"]) == (False, True)

    @pytest.mark.parametrize("step", [A.Affine(rotate=(0.1, 0.1), p=1), A.Affine(translate_px=(1, 1), p=1)])
    def test_content_moved_however_little_it_did(self, step):
        p = Pipeline([step], seed=0)
        p(image=np.zeros((512, 512), np.uint8))
        assert not p.record["effects"].keys() & {"rotation", "shift"}
        assert p.record["moved"] is True

    def test_a_turn_of_nothing_moves_nothing(self):
        p = Pipeline([A.Affine(rotate=(0, 0), scale=(1, 1), p=1), A.ShiftScaleRotate(0, 0, 0, p=1)], seed=0)
        p(image=IMAGE)
        assert (p.record["moved"], p.record["effects"]) == (False, {})

    def test_keeps_what_lies_below_what_counts(self):
        p = Pipeline([A.Affine(rotate=(0.1, 0.1), p=1), A.GaussNoise(std_range=(0.002, 0.002), p=1)], seed=0)
        p(image=IMAGE)
        assert p.record["faint"]["rotation"] == pytest.approx(0.1, abs=1e-5)
        assert p.record["faint"]["noise"] == pytest.approx(0.002, abs=1e-4)
        assert not p.record["faint"].keys() & p.record["effects"].keys()

    def test_leaves_out_what_changes_no_pixel(self):
        p = Pipeline([A.Affine(rotate=(0.001, 0.001), p=1)], seed=0)
        p(image=IMAGE)
        assert "rotation" not in p.record.get("faint", {})
        assert p.record["moved"] is True

    def test_has_no_faint_effects_where_there_are_none(self):
        p = Pipeline([A.HorizontalFlip(p=1)], seed=0)
        p(image=IMAGE)
        assert "faint" not in p.record

    def test_says_whether_effects_are_known_or_bounded(self):
        sure = Pipeline([A.HorizontalFlip(p=1)], seed=0)
        sure(image=IMAGE)
        assert sure.record["exact"] is True

    def test_names_what_nobody_declares(self):
        p = Pipeline([A.Lambda(image=unchanged, p=1)], seed=0)
        p(image=IMAGE)
        assert p.record["undeclared"] == ["Lambda"]
        assert p.record["exact"] is False

    def test_stays_small(self):
        p = Pipeline([A.GaussNoise(p=1), A.ElasticTransform(p=1)], seed=0)
        p(image=np.zeros((512, 512), np.uint8))
        assert len(json.dumps(p.record)) < 4000

    def test_is_that_of_the_last_call(self):
        p = pipeline()
        p(image=IMAGE, key="a")
        p(image=IMAGE, key="b")
        assert p.record["key"] == "b"

    def test_large_values_are_told_by_their_hash(self):
        told = small({"a": np.zeros((50, 50)), "b": np.float32(2), "c": (1, float("inf")), "d": {3: object()}})
        assert told["a"]["shape"] == [50, 50]
        assert len(told["a"]["sha256"]) == 64
        assert (told["b"], told["c"], told["d"]) == (2.0, [1, None], {"3": "object"})


class TestSaving:
    """A10: the seed is not in `to_dict`."""

    def test_plain_albumentations_forgets_the_seed(self):
        assert "seed" not in A.to_dict(A.Compose([A.NoOp()], seed=3))["transform"]

    def test_ours_comes_back_whole(self):
        p = pipeline(value_range=(0, 200), fill=3, on_vanished="refuse", bbox_params=A.BboxParams("coco"))
        again = A.from_dict(json.loads(json.dumps(A.to_dict(p))))
        assert type(again) is Pipeline
        assert A.to_dict(again) == A.to_dict(p)
        assert np.array_equal(again(image=IMAGE, key="k")["image"], p(image=IMAGE, key="k")["image"])

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_through_a_file(self, tmp_path, form):
        p = pipeline()
        A.save(p, tmp_path / "p", data_format=form)
        again = A.load(tmp_path / "p", data_format=form)
        assert again.seed == 7
        assert np.array_equal(again(image=IMAGE, key="k")["image"], p(image=IMAGE, key="k")["image"])

    def test_keeps_what_the_profile_said_about_values(self):
        p = Pipeline(
            [A.NoOp()], profile=Profile("x/y", "1.0.0", "X", (), value_range=ValueRange(-1024, 3071, "HU", -1000))
        )
        again = A.from_dict(A.to_dict(p))
        assert (again.value_range, again.fill) == ((-1024, 3071), -1000)


class TestIsACompose:
    def test_by_class(self):
        assert isinstance(pipeline(), A.Compose)

    def test_can_be_pickled_copied_shown_and_indexed(self):
        p = pipeline()
        p(image=IMAGE)
        for twin in (pickle.loads(pickle.dumps(p)), copy.deepcopy(p)):
            assert A.to_dict(twin) == A.to_dict(p)
            assert twin.record == {}
        assert repr(p).startswith("Pipeline([")
        assert len(p) == 3
        assert isinstance(p[0], A.Affine)

    def test_inside_another_compose(self):
        inner = Pipeline([A.HorizontalFlip(p=1)])
        assert np.array_equal(A.Compose([inner], seed=1)(image=IMAGE)["image"], IMAGE[:, ::-1])
        assert np.array_equal(Pipeline([inner], seed=1)(image=IMAGE)["image"], IMAGE[:, ::-1])

    def test_positional_arguments_are_refused_as_there(self):
        with pytest.raises(KeyError, match="by name"):
            pipeline()(IMAGE)

    def test_p_and_force_apply(self):
        p = Pipeline([A.HorizontalFlip(p=1)], p=0)
        assert np.array_equal(p(image=IMAGE)["image"], IMAGE)
        assert np.array_equal(p(image=IMAGE, force_apply=True)["image"], IMAGE[:, ::-1])

    def test_applied_params_as_there(self):
        out = Pipeline([A.HorizontalFlip(p=1)], save_applied_params=True)(image=IMAGE)
        assert [name for name, _ in out["applied_transforms"]] == ["HorizontalFlip"]

    def test_more_targets_as_there(self):
        p = Pipeline([A.HorizontalFlip(p=1)], additional_targets={"other": "image", "second": "mask"})
        out = p(image=IMAGE, other=IMAGE, second=IMAGE)
        assert np.array_equal(out["other"], out["second"])

    def test_a_parameter_that_does_not_exist_is_refused(self):
        """A9: albumentations only warns, and goes on without it."""
        with pytest.warns(UserWarning, match="not valid"):
            noise = A.GaussNoise(std_rang=(0.1, 0.2))
        with pytest.raises(UnknownName, match="did you mean 'std_range'"):
            Pipeline([A.Sequential([noise])])

    def test_reseeding_starts_again(self):
        p = pipeline()
        first = p(image=IMAGE)["image"]
        p(image=IMAGE)
        p.set_random_seed(7)
        assert np.array_equal(first, p(image=IMAGE)["image"])
