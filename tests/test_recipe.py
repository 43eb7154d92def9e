"""Recipes: from YAML's lists and mappings to transforms, gentler on request, and strict about names (A9)."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ProfileError, UnknownName
from domainaug.pipeline import Pipeline
from domainaug.profile.model import Profile, ValueRange
from domainaug.profile.recipe import recipe_classes
from domainaug.profile.recipe_shape import COMPOSITIONS
from domainaug.recipe import build_recipe, scaled_parameters

MOVE = {"rotate": [-5, 5], "scale": [0.9, 1.1], "keep_ratio": True, "translate_percent": [-0.04, 0.04], "p": 0.7}
NOISE = {"GaussNoise": {"std_range": [0.01, 0.02]}}
BLUR = {"GaussianBlur": {"sigma_limit": [0.4, 0.8], "blur_limit": 0}}
RECIPE = ({"Affine": MOVE}, {"OneOf": {"p": 0.3, "transforms": [NOISE, BLUR]}}, {"HorizontalFlip": {"p": 0.5}})


class TestBuilding:
    def test_lists_become_transforms(self):
        turn, either, flip = build_recipe(RECIPE)
        assert (type(turn), type(either), type(flip)) == (A.Affine, A.OneOf, A.HorizontalFlip)
        assert turn.rotate == (-5, 5)
        assert turn.p == 0.7
        assert [type(inner) for inner in either.transforms] == [A.GaussNoise, A.GaussianBlur]

    def test_flags_of_opencv_go_by_name(self):
        (turn,) = build_recipe([{"Affine": {"interpolation": "INTER_CUBIC", "border_mode": "BORDER_REFLECT_101"}}])
        assert (turn.interpolation, turn.border_mode) == (2, 4)

    def test_a_bare_name_is_a_transform_with_its_defaults(self):
        assert [type(x) for x in build_recipe(["HorizontalFlip", {"Transpose": None}])] == [
            A.HorizontalFlip,
            A.Transpose,
        ]

    def test_plain_albumentations_only_warns_of_a_parameter_it_does_not_know(self):
        with pytest.warns(UserWarning, match="var_limit"):
            A.GaussNoise(var_limit=(10, 50))

    @pytest.mark.parametrize(
        ("recipe", "error", "words"),
        [
            ([{"Afine": {}}], UnknownName, r"recipe\[0\].*'Afine'.*did you mean 'Affine'"),
            ([{"Affine": {"rotat": 3}}], UnknownName, "Affine.*'rotat'.*did you mean 'rotate'"),
            ([{"OneOf": {"transform": []}}], UnknownName, "OneOf.*did you mean 'transforms'"),
            ([{"GaussNoise": {"std_range": [2, 3]}}], ProfileError, "GaussNoise: std_range"),
            ([{"OneOf": {"transforms": []}}], ProfileError, "needs a list"),
            ([{"OneOf": {"transforms": [{"Blurr": {}}]}}], UnknownName, r"OneOf\[0\]"),
            ([{"Affine": {}, "Blur": {}}], ProfileError, "one name"),
            ([{"Affine": [1, 2]}], ProfileError, "mapping"),
            ([7], ProfileError, "one name"),
            ([{"Lambda": {}}], ProfileError, "Lambda"),
            ([{"BasicTransform": {}}], UnknownName, "BasicTransform"),
            ([{"os.system": {}}], UnknownName, "os.system"),
        ],
    )
    def test_faults_are_named_with_their_place(self, recipe, error, words):
        with pytest.raises(error, match=words) as caught:
            build_recipe(recipe, path="my.yaml")
        assert str(caught.value).startswith("my.yaml")
        assert "\n" not in str(caught.value)

    def test_the_table_is_closed_and_complete(self):
        assert {"Affine", "GaussNoise", "CoarseDropout3D"} <= set(recipe_classes())
        assert not {"Compose", "Lambda", "DualTransform"} & set(recipe_classes())


class TestStrength:
    def test_one_is_as_written(self):
        assert scaled_parameters(A.Affine, {"rotate": (-5, 5), "p": 0.7}, 1.0) == {"rotate": (-5, 5), "p": 0.7}

    def test_half_is_half_the_way_to_neutral(self):
        turn, either, flip = build_recipe(RECIPE, strength=0.5)
        assert turn.rotate == (-2.5, 2.5)
        assert turn.scale["x"] == pytest.approx((0.95, 1.05))
        assert turn.translate_percent["x"] == pytest.approx((-0.02, 0.02))
        assert turn.p == 0.7
        assert either.transforms[0].std_range == pytest.approx((0.005, 0.01))
        assert either.p == 0.3
        assert flip.p == 0.25  # it has no range: it happens less often

    def test_defaults_shrink_too(self):
        (brighter,) = build_recipe([{"RandomBrightnessContrast": {}}], strength=0.5)
        assert brighter.brightness_limit == pytest.approx((-0.1, 0.1))
        (gamma,) = build_recipe([{"RandomGamma": {}}], strength=0.5)
        assert gamma.gamma_limit == pytest.approx((90, 110))

    @pytest.mark.parametrize("strength", [0.0, 0.3, 0.7])
    def test_every_transform_can_be_gentle(self, strength):
        for name, cls in recipe_classes().items():
            if name in COMPOSITIONS:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    cls()
                except Exception:  # it needs parameters
                    continue
            (built,) = build_recipe([{name: {}}], strength=strength)
            assert strength > 0 or built.p == 0

    def test_zero_leaves_every_picture_alone(self):
        image = np.random.default_rng(0).integers(0, 255, (32, 32), dtype=np.uint8)
        pipeline = Pipeline(build_recipe(RECIPE, strength=0))
        assert all(np.array_equal(pipeline(image=image)["image"], image) for _ in range(20))

    @pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
    def test_is_a_share(self, strength):
        with pytest.raises(ValueError, match="strength"):
            build_recipe(RECIPE, strength=strength)


class TestFromProfile:
    PROFILE = Profile("x/y", "1.0.0", "X", (), recipe=RECIPE, value_range=ValueRange(-1024, 3071, "HU", -1000))

    def test_range_and_fill_are_the_profiles(self):
        pipeline = Pipeline.from_profile(self.PROFILE, seed=1)
        air = np.full((32, 32), -1000, np.int16)
        air[8:24, 8:24] = 40
        out = pipeline(image=air, key="k")["image"]
        assert out.dtype == np.int16
        assert pipeline.record["value_range"] == [-1024, 3071]
        assert pipeline.record["fill"] == -1000

    def test_strength_and_compose_arguments_pass_through(self):
        pipeline = Pipeline.from_profile(
            self.PROFILE, strength=0.5, bbox_params=A.BboxParams("coco"), on_vanished="refuse"
        )
        assert pipeline.transforms[0].rotate == (-2.5, 2.5)
        assert pipeline.on_vanished == "refuse"
        assert "bboxes" in pipeline.processors
