"""What a profile, once read, can be asked."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.effects import effect
from domainaug.errors import ProfileError
from domainaug.generators import Frame
from domainaug.profile import bounds, load_profile
from domainaug.profile.model import Limit, Profile, fulfils

CHEST = load_profile("medical/chest-xray")


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        (True, (True,), True),
        (1, (True,), False),
        (0, (False,), False),
        ("C4", ("C4", "D2"), True),
        ("C2", ("C4", "D2"), False),
        (0.5, (), True),
        (0, (), False),
        (None, (), False),
        ("", (), False),
    ],
)
def test_when_an_option_fulfils_a_condition(value, wanted, expected):
    assert fulfils(value, wanted) is expected


def test_unspoken_effects_are_those_this_kind_of_image_can_have():
    limits = (Limit(effect("rotation"), "MY101", "any", "R."),)
    gray = {row.name for row in Profile("a", "1.0.0", "A", limits).unspoken()}
    color = {row.name for row in Profile("a", "1.0.0", "A", limits, frame=Frame(channels=3)).unspoken()}
    assert "rotation" not in gray | color
    assert "hue" in color - gray
    assert "tilt" not in color


def test_another_frame_changes_what_millimeters_come_to(desk, rule):
    profile = desk.load("limits:\n" + rule("blur", "max: 1 mm"))
    (limit,) = profile.limits
    fine = profile.with_frame(Frame(spacing=(0.1, 0.1)))
    assert bounds(limit, fine.frame).high == pytest.approx(10)


class TestDoors:
    def test_compose_is_an_albumentations_compose(self):
        pipeline = CHEST.compose(seed=7)
        assert isinstance(pipeline, A.Compose)
        image = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
        assert np.array_equal(CHEST.compose(seed=7)(image=image)["image"], pipeline(image=image)["image"])

    def test_compose_names_what_is_wrong_in_the_recipe_and_where(self, desk):
        profile = desk.load("recipe:\n  - Affine: {rotat: 3}\n")
        with pytest.raises(ProfileError, match=r"own\.yaml:5:14: recipe: Affine has no parameter called 'rotat'"):
            profile.compose()

    def test_a_fault_in_an_inherited_recipe_is_placed_in_the_parents_file(self, desk):
        desk.write("recipe:\n  - Afine: {}\n", "up.yaml")
        profile = desk.load("extends: up.yaml\n", "down.yaml", head="id: my/down\nversion: 1.0.0\ntitle: D\n")
        with pytest.raises(ProfileError, match=r"up\.yaml:5:5: "):
            profile.compose()

    def test_check_finds_what_the_profile_does_not_allow(self):
        report = CHEST.check(A.Compose([A.HorizontalFlip(p=0.5)]))
        assert [finding.code for finding in report.findings if finding.severity == "error"] == ["MED101"]
