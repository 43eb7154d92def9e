"""What `Profile.compose` makes stays inside the profile, whatever the recipe says."""

from dataclasses import replace

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.check import check
from domainaug.errors import ProfileError
from domainaug.pipeline import Pipeline
from domainaug.profile.catalogue import list_profiles, load_profile

TURNED = ({"Affine": {"rotate": (-30, 30), "p": 0.5}}, {"GaussNoise": {"std_range": (0.005, 0.02)}})


def test_a_recipe_is_narrowed_to_a_tighter_limit_and_says_so(film):
    pipeline = replace(film, recipe=TURNED).compose(seed=1)
    assert isinstance(pipeline, Pipeline)
    assert pipeline.narrowed == ("Affine(rotate=(-10, 10)) instead of (-30, 30): TST102 allows ±10 deg",)
    assert check(pipeline, film, measured=False).ok
    assert pipeline.transforms[0].rotate == (-10, 10)
    image = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    for _ in range(20):
        pipeline(image=image)
        low_high = pipeline.record["effects"].get("rotation", 0)
        assert abs(np.asarray(low_high)).max() <= 10


def test_what_goes_too_far_only_together_is_told_with_its_sum(film):
    recipe = ({"Affine": {"rotate": (-8, 8), "p": 1.0}}, {"Rotate": {"limit": (-8, 8), "p": 1.0}})
    (told,) = replace(film, recipe=recipe).compose(seed=1).narrowed
    assert "TST102 allows ±10 deg, got rotation ±16 deg in sum: Affine (step 0) and Rotate (step 1)" in told
    assert replace(film, recipe=recipe[:1]).compose(seed=1).narrowed == ()


def test_a_step_that_must_never_happen_is_left_out(film):
    profile = replace(film, recipe=({"HorizontalFlip": {"p": 0.5}}, *TURNED[1:]))
    pipeline = profile.compose(seed=1)
    assert pipeline.narrowed == ("HorizontalFlip left out: TST101 does not allow mirror_horizontal",)
    assert [type(step).__name__ for step in pipeline] == ["GaussNoise"]
    # the same recipe where an option lifts the rule: fixes of one profile are not those of another
    lifted = replace(profile, options={"laterality_free": True})
    assert lifted.compose(seed=1).narrowed == ()


def test_a_warning_narrows_too_and_a_waiver_does_not(profile_of):
    rule = {"rotation": {"low": -2, "high": 2, "code": "TST102", "severity": "warning"}}
    profile = profile_of(rule, recipe=TURNED)
    assert len(profile.compose(seed=1).narrowed) == 1
    assert replace(profile, waivers={"TST102": "our films are turned"}).compose(seed=1).narrowed == ()


def test_arguments_of_compose_and_the_profile_are_kept(film):
    profile = replace(film, recipe=TURNED)
    pipeline = profile.compose(seed=5, bbox_params=A.BboxParams("coco", label_fields=["names"]))
    assert pipeline.seed == 5
    assert pipeline.profile is profile
    assert "bboxes" in pipeline.processors
    assert "bboxes" in pipeline.transforms[0].processors


def test_what_depends_on_the_picture_is_left_out_only_where_it_must_never_happen(profile_of):
    recipe = ({"CLAHE": {"p": 0.5}},)
    assert len(profile_of({}, recipe=recipe).compose(seed=1).transforms) == 1
    never = {"local_gain": {"allow": "never", "code": "TST110"}}
    assert profile_of(never, recipe=recipe).compose(seed=1).transforms == []


def test_what_no_parameter_mends_is_refused_by_the_name_of_the_rule(profile_of):
    flips = tuple({"HorizontalFlip": {"p": 0.4}} for _ in range(2))
    profile = profile_of({"mirror_horizontal": {"allow": "any", "p_max": 0.5, "code": "TST101"}}, recipe=flips)
    with pytest.raises(ProfileError, match=r"test/film: its recipe breaks TST101: .* no parameter mends it"):
        profile.compose(seed=1)


def test_an_abstract_profile_has_no_pipeline(film):
    with pytest.raises(ProfileError, match="test/film is only there to be extended; name a profile that extends it"):
        replace(film, abstract=True, recipe=TURNED).compose()


def test_without_a_recipe_the_pipeline_is_empty(film):
    pipeline = film.compose(seed=1)
    assert (pipeline.transforms, pipeline.narrowed) == ([], ())


def test_the_second_time_nothing_is_examined(film, monkeypatch):
    profile = replace(film, recipe=TURNED)
    first = profile.compose(seed=1)
    monkeypatch.setattr("domainaug.check.narrow.check", None)
    assert profile.compose(seed=2).narrowed == first.narrowed


@pytest.mark.parametrize("name", list_profiles())
def test_no_recipe_of_the_catalogue_needs_narrowing(name):
    assert load_profile(name).compose(seed=1).narrowed == ()
