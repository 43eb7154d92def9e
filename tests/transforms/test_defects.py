"""`DrawDefect`: a defect in the picture is a defect in the mask, or nothing happens."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError, LabelError, UnknownName
from domainaug.pipeline import Pipeline
from domainaug.profile import load_profile
from domainaug.profile.part import Lighting, Part, Response
from domainaug.transforms import DrawDefect


def plate(height=160, width=200, dtype=np.uint8):
    random = np.random.default_rng(0)
    values = 110 + random.normal(0, 1.5, (height, width)) + random.normal(0, 2, (1, width))
    return values.round().astype(dtype) if dtype == np.uint8 else (values / 255).astype(dtype)


def empty(height=160, width=200):
    return np.zeros((height, width), np.uint8)


def drawn(seed=0, image=None, **arguments):
    made = DrawDefect(**{"kinds": "stain", "spacing": 0.1, "p": 1.0, **arguments})
    pipeline = Pipeline([made], seed=seed)
    return pipeline(image=plate() if image is None else image, mask=empty()), pipeline


class TestPictureAndMask:
    @pytest.mark.parametrize("seed", range(4))
    def test_what_changed_is_marked(self, seed):
        out, _ = drawn(seed, kinds="pit", label=7)
        changed = np.abs(out["image"].astype(int) - plate()) > 8
        assert set(np.unique(out["mask"])) == {0, 7}
        near = cv2.dilate(out["mask"], np.ones((3, 3), np.uint8)) == 7
        assert near[changed].mean() > 0.95
        assert changed[out["mask"] == 7].mean() > 0.8

    def test_labels_that_were_there_stay(self):
        there = empty()
        there[:20, :20] = 3
        out = Pipeline([DrawDefect("stain", label=9, spacing=0.1, p=1)], seed=1)(image=plate(), mask=there)
        assert set(np.unique(out["mask"])) == {0, 3, 9}

    def test_what_no_try_makes_visible_is_not_drawn(self):
        out, pipeline = drawn(kinds={"stain": {"density": 0.0005, "gloss": 0}}, tries=3)
        assert np.array_equal(out["image"], plate())
        assert not out["mask"].any()
        (step,) = pipeline.record["steps"]
        assert step["params"]["kind"] is None
        assert len(step["params"]["refused"]) == 3

    def test_the_record_says_what_was_drawn_in_millimeters(self):
        out, pipeline = drawn(kinds={"dent": {"diameter_mm": 3.0, "depth_share": 0.08}})
        (step,) = pipeline.record["steps"]
        assert step["params"]["sizes"]["diameter_mm"] == 3.0
        assert pipeline.record["effects"]["drawn_defect"] == pytest.approx(out["mask"].mean(), abs=1e-4)
        json.dumps(pipeline.record)

    def test_the_same_seed_is_the_same_and_another_another(self):
        one, again, other = drawn(5)[0], drawn(5)[0], drawn(6)[0]
        assert np.array_equal(one["image"], again["image"])
        assert not np.array_equal(one["image"], other["image"])

    def test_a_defect_is_no_larger_than_cover(self):
        for seed in range(6):
            out, _ = drawn(seed, cover=0.02, kinds={"stain": {"diameter_mm": (1.0, 9.0)}})
            assert out["mask"].mean() <= 0.021

    def test_it_goes_on_in_floats_and_colors(self):
        image = np.repeat(plate(dtype=np.float32)[..., None], 3, axis=2)
        out, _ = drawn(image=image)
        assert out["image"].dtype == np.float32
        assert out["mask"].any()

    def test_both_pictures_of_a_call_get_the_same_defect(self):
        made = A.Compose([DrawDefect("stain", spacing=0.1, p=1)], additional_targets={"second": "image"}, seed=3)
        second = np.clip(plate().astype(int) + 40, 0, 255).astype(np.uint8)
        out = made(image=plate(), second=second, mask=empty())
        for name, before in (("image", plate()), ("second", second)):
            changed = np.abs(out[name].astype(int) - before) > 8
            assert (out["mask"][changed] > 0).mean() > 0.6
            assert changed.any()

    def test_a_component_is_taken_away(self):
        image = plate()
        image[60:80, 90:120] = 200
        made = DrawDefect("missing", spacing=0.1, p=1)
        out = Pipeline([made], seed=1)(image=image, mask=empty(), components=[(58, 88, 82, 122)])
        assert out["image"][60:80, 90:120].max() < 150
        assert out["mask"][58:82, 88:122].all()


class TestLight:
    def test_a_groove_glints_as_much_as_the_surface_is_glossy(self):
        bowl = {"dent": {"diameter_mm": 5.0, "depth_share": 0.04}}
        changes = []
        for gloss in (0.0, 0.9):
            light = {"kind": "bright-field", "azimuth_deg": 0.0, "elevation_deg": 60.0}
            out, _ = drawn(2, kinds=bowl, gloss=gloss, lighting=light, gate={"contrast": 0.0})
            assert out["mask"].any()
            changes.append(np.abs(out["image"].astype(int) - plate())[out["mask"] > 0].mean())
        assert changes[1] > 2 * changes[0]

    def test_a_pore_is_as_bright_as_its_material_attenuates(self):
        seen = []
        for mu in (0.06, 0.24):
            hollow = {"pore": {"diameter_mm": 2.0, "cluster": 1, "flatness": 1.0}}
            out, _ = drawn(
                4, image=np.full((160, 200), 0.2, np.float32), kinds=hollow, lighting="x-ray", response="linear",
                mu_per_mm=mu, gate={"contrast": 0.0},
            )  # fmt: skip
            chord = max(np.ptp(np.nonzero(out["mask"])[0]), np.ptp(np.nonzero(out["mask"])[1])) * 0.1
            seen.append(np.log(out["image"].max() / 0.2))
            assert seen[-1] == pytest.approx(mu * chord, rel=0.35)
        assert seen[1] == pytest.approx(4 * seen[0], rel=0.1)

    def test_both_are_saved(self):
        again = A.from_dict(A.to_dict(Pipeline([DrawDefect("dent", spacing=0.1, gloss=0.3, mu_per_mm=0.2)])))
        assert (again[0].gloss, again[0].mu_per_mm) == (0.3, 0.2)


class TestRefusals:
    def test_without_a_scale(self):
        with pytest.raises(ImageError, match="pass spacing="):
            drawn(spacing=None)

    def test_without_a_label(self):
        with pytest.raises(LabelError, match="without a label"):
            A.Compose([DrawDefect(spacing=0.1, p=1)])(image=plate())

    def test_boxes(self):
        compose = A.Compose([DrawDefect(spacing=0.1, p=1)], bbox_params=A.BboxParams("pascal_voc", label_fields=["of"]))
        with pytest.raises(LabelError, match="pass box_label="):
            compose(image=plate(), mask=empty(), bboxes=[[1, 1, 9, 9]], of=["a"])

    def test_several_masks(self):
        with pytest.raises(LabelError, match="several masks"):
            A.Compose([DrawDefect(spacing=0.1, p=1)])(image=plate(), masks=[empty(), empty()])

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({"kinds": "scrach"}, "did you mean 'scratch'"),
            ({"kinds": {"dent": {"diameter": 2}}}, "did you mean 'diameter_mm'"),
            ({"lighting": {"azimut_deg": 3}}, "did you mean 'azimuth_deg'"),
            ({"gate": {"contrat": 3}}, "did you mean 'contrast'"),
        ],
    )
    def test_unknown_words_get_the_nearest(self, arguments, told):
        with pytest.raises(UnknownName, match=told):
            DrawDefect(**arguments)

    @pytest.mark.parametrize(
        "arguments",
        [
            {"kinds": ()},
            {"lighting": "candle"},
            {"cover": 2},
            {"tries": 0},
            {"foreground": "masks"},
            {"masks": "all"},
            {"gloss": 2},
            {"mu_per_mm": 0},
        ],
    )
    def test_values_that_are_not_legal(self, arguments):
        with pytest.raises(ValueError, match="DrawDefect: "):
            DrawDefect(**arguments)


class TestProfile:
    def test_a_part_may_get_defects_and_foreign_content_it_may_not(self):
        profile = load_profile("manufacturing/metal-surface")
        assert profile.check(A.Compose([DrawDefect(spacing=0.1, cover=0.1)]), measured=False).ok
        report = profile.check(A.Compose([DrawDefect(spacing=0.1, cover=0.6)]), measured=False)
        (finding,) = report.findings
        assert (finding.code, finding.effect) == ("MFG143", "drawn_defect")
        assert finding.fix is not None
        assert finding.fix.parameter == "cover"

    def test_a_field_that_has_no_parts_says_that_it_knows_no_defects(self):
        report = load_profile("medical/chest-xray").check(A.Compose([DrawDefect(spacing=0.1)]), measured=False)
        assert [(finding.code, finding.effect) for finding in report.findings] == [("DA102", "drawn_defect")]

    def test_a_step_of_a_recipe_knows_the_part_and_the_gate_of_its_profile(self, tmp_path):
        path = tmp_path / "line.yaml"
        path.write_text(
            "id: plant/line\nversion: 1.0.0\ntitle: Line\nextends: manufacturing/metal-surface\n"
            "part: {pixel_pitch_mm: 0.05, lighting: {kind: dark-field, azimuth_deg: 45}}\ngate: {contrast: 0.9}\n"
            "recipe:\n  - OneOf:\n      transforms:\n        - DrawDefect: {kinds: dent}\n        - NoOp: {}\n",
            encoding="utf-8",
        )
        step = load_profile(path).compose(seed=3).transforms[-1].transforms[0]
        assert (step.spacing, step.gate["contrast"]) == ((0.05, 0.05), 0.9)
        assert step.lighting == {"kind": "dark-field", "azimuth_deg": 45}
        other = load_profile(path).with_part(Part(0.2)).compose(seed=3).transforms[-1].transforms[0]
        assert (other.spacing, other.lighting) == ((0.2, 0.2), "bright-field")

    def test_one_for_a_part_is_told_what_the_part_says(self):
        part = Part(0.02, lighting=Lighting("x-ray"), response=Response("log", decades=3.0))
        made = DrawDefect.for_part(part, kinds="pore", spacing=0.03)
        assert (made.lighting, made.response) == ({"kind": "x-ray"}, {"curve": "log", "decades": 3.0})
        assert made.spacing == (0.03, 0.03)

    def test_it_goes_into_recipes(self, tmp_path):
        path = tmp_path / "line.yaml"
        path.write_text(
            "id: plant/line\nversion: 1.0.0\ntitle: Line\nextends: manufacturing/metal-surface\n"
            "gate: {contrast: 0.9}\n"
            "recipe:\n"
            "  - DrawDefect: {kinds: {scratch: {length_mm: [2, 6], width_mm: 0.3}, dent: null}, spacing: 0.1}\n",
            encoding="utf-8",
        )
        profile = load_profile(path)
        assert profile.gate == {"contrast": 0.9}
        out = profile.compose(seed=3)(image=plate(), mask=empty())
        assert out["image"].shape == plate().shape
