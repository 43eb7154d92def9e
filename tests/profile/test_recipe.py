"""A recipe's words come from a closed table, and what they build is built once to see that it can be."""

from __future__ import annotations

import pytest

from domainaug.errors import ProfileError
from domainaug.profile import list_profiles, load_profile
from domainaug.profile.recipe import NOT_IN_RECIPES, parameter_names, recipe_classes, validate_recipe
from domainaug.profile.recipe_shape import COMPOSITIONS, steps


@pytest.mark.parametrize("name", list_profiles(include_abstract=True))
def test_every_recipe_of_the_catalogue_can_be_built(name):
    validate_recipe(load_profile(name))


def test_steps_are_listed_outermost_first_with_their_road():
    recipe = [{"A": None}, {"OneOf": {"transforms": [{"B": {"x": 1}}]}}]
    assert list(steps(recipe)) == [
        ("A", {}, (0, "A")),
        ("OneOf", {"transforms": [{"B": {"x": 1}}]}, (1, "OneOf")),
        ("B", {"x": 1}, (1, "OneOf", "transforms", 0, "B")),
    ]


class TestTable:
    def test_it_holds_transforms_and_compositions_and_no_skeletons(self):
        table = recipe_classes()
        assert {"Affine", "GaussNoise", "NoOp", *COMPOSITIONS} <= set(table)
        assert not {"BasicTransform", "DualTransform", "Compose", "ReplayCompose", "BboxParams"} & set(table)

    def test_nothing_in_it_reads_files_or_runs_code(self):
        table = recipe_classes()
        assert not set(NOT_IN_RECIPES) & set(table)
        for name, one in table.items():
            assert not {"read_fn", "font_path", "reference_images"} & set(parameter_names(one)), name

    @pytest.mark.parametrize("name", sorted(NOT_IN_RECIPES))
    def test_what_it_leaves_out_is_refused_with_the_reason(self, desk, name):
        body = f"{name}: {{transforms: [NoOp: {{}}]}}" if name in COMPOSITIONS else f"{name}: {{}}"
        with pytest.raises(ProfileError, match=f"{name} is not for recipes: {NOT_IN_RECIPES[name]}"):
            validate_recipe(desk.load(f"recipe:\n  - {body}\n"))


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("Affine: {rotate: ten}", r"5:14: recipe: Affine: rotate: .*got 'ten'"),
        ("Affine: {scale: [1, 2, 3]}", r"5:14: recipe: Affine: scale: .*at most 2 items"),
        ("RandomGridShuffle: {grid: [0, 0]}", r"5:25: recipe: RandomGridShuffle: grid: All values"),
        ("Resize: {height: 3}", r"5:5: recipe: Resize: 'width' is missing$"),
        ("SomeOf: {m: 2, transforms: [{NoOp: {}}]}", r"5:14: recipe: SomeOf has no parameter called 'm'"),
        ("OneOf: {transforms: [{Blurr: {}}]}", r"5:27: recipe: no transform is called 'Blurr'; did you mean 'Blur'"),
    ],
)
def test_wrong_values_have_a_place(desk, step, told):
    with pytest.raises(ProfileError, match=told) as caught:
        validate_recipe(desk.load(f"recipe:\n  - {step}\n"))
    assert "\n" not in str(caught.value)
