import pytest

from domainaug import list_profiles, load_profile
from domainaug.check import check
from domainaug.errors import UnknownName
from domainaug.pipeline import Pipeline
from domainaug.preview.knobs import knobs_of, steps_of, turned
from domainaug.preview.searching import dividing, farthest, nice_step, on_grid
from domainaug.recipe import build_recipe

_TIGHTER = """\
id: own/films
version: 1.0.0
title: Films of ours
extends: medical/chest-xray
limits:
  - {effect: rotation, code: MED102, max: 1.38 deg, reason: Ours stand still., evidence: [{strength: opinion}]}
"""


@pytest.fixture(scope="module")
def chest():
    return load_profile("medical/chest-xray")


@pytest.fixture(scope="module")
def knobs(chest):
    return knobs_of(chest)


def broken(profile):
    """The rules that a profile's recipe breaks, as it stands."""
    pipeline = Pipeline(build_recipe(profile.recipe), seed=0, profile=profile)
    return {one.code for one in check(pipeline, profile, measured=False).findings}


class TestWhatCanBeTurned:
    def test_every_step_of_the_recipe_is_there_compositions_opened(self, chest):
        steps = [(step.key, step.transform, step.inside) for step in steps_of(chest)]
        assert steps[0] == ("0", "Affine", ())
        assert ("1.0", "RandomGamma", ("OneOf",)) in steps

    def test_a_knob_starts_where_the_recipe_is(self, knobs):
        assert knobs["0.rotate"].value == (-4, 4)
        assert knobs["0.p"].value == pytest.approx(0.7)
        assert knobs["3.0.std_range"].value == (0.004, 0.015)

    def test_how_often_belongs_to_steps_that_are_not_chosen_among_others(self, knobs):
        assert "0.p" in knobs
        assert "1.0.p" not in knobs

    def test_how_something_is_done_is_no_knob(self, knobs):
        assert not any(key.endswith(("blur_limit", "border_mode", "mode")) for key in knobs)


class TestEnds:
    def test_they_are_those_of_the_limits(self, knobs):
        assert (knobs["0.rotate"].low, knobs["0.rotate"].high) == (-10, 10)
        assert (knobs["0.scale"].low, knobs["0.scale"].high) == (0.85, 1.15)
        assert knobs["3.0.std_range"].high == pytest.approx(0.04)
        assert knobs_of(load_profile("manufacturing/pcb"))["0.scale"].high == pytest.approx(1.05)

    def test_each_says_which_rule_it_is(self, knobs):
        assert knobs["0.rotate"].at_high.code == "MED102"
        assert knobs["0.rotate"].at_high.effect == "rotation"
        assert "10 deg" in knobs["0.rotate"].at_high.limit
        assert knobs["3.0.std_range"].at_low is None

    def test_where_the_transform_itself_takes_no_more_no_rule_is_named(self, knobs):
        assert knobs["2.intensity_range"].low == 0.01
        assert knobs["2.intensity_range"].at_low.code == ""

    def test_only_an_end_that_is_reached_is_told(self, knobs):
        rotate = knobs["0.rotate"]
        assert rotate.reached((-4, 4)) == ()
        assert [one.code for one in rotate.reached((-4, 10))] == ["MED102"]
        assert [one.code for one in rotate.reached((-10, 10))] == ["MED102"]

    @pytest.mark.parametrize("name", list_profiles())
    def test_at_its_end_no_knob_breaks_a_rule_and_a_step_further_it_does(self, name):
        profile = load_profile(name)
        before = broken(profile)
        for key, knob in knobs_of(profile).items():
            if knob.kind != "range":
                continue
            fits = turned(profile, {key: (knob.value[0], knob.high)})
            assert not _breaks(profile, _only(fits, key)) - before, (key, knob)
            if knob.at_high is not None and knob.at_high.code and knob.high > knob.value[1]:
                beyond = turned(
                    profile, {key: (knob.value[0], on_grid(knob.high + knob.step, knob.step, whole=knob.whole))}
                )
                assert _breaks(profile, _only(beyond, key)), (key, knob)

    def test_a_recipe_that_was_inherited_under_a_tighter_limit_is_turned_within_that(self, tmp_path):
        (tmp_path / "own.yaml").write_text(_TIGHTER)
        profile = load_profile(tmp_path / "own.yaml")
        rotate = knobs_of(profile)["0.rotate"]
        assert (rotate.low, rotate.high, rotate.value) == (-1.38, 1.38, (-1.38, 1.38))
        assert rotate.at_high.code == rotate.at_low.code == "MED102"
        assert "1.38 deg" in rotate.at_high.limit
        assert turned(profile, {"0.rotate": rotate.value}).compose(seed=0).narrowed == ()
        assert knobs_of(profile)["0.scale"] == knobs_of(load_profile("medical/chest-xray"))["0.scale"]

    def test_an_answer_that_lifts_a_rule_frees_the_knob(self):
        bound = knobs_of(load_profile("manufacturing/pcb"))["0.rotate"]
        tight = knobs_of(load_profile("manufacturing/pcb", options={"template_compared": True}))["0.rotate"]
        assert tight.high < bound.high
        assert tight.at_high.code == "MFG403"


def _only(profile, key):
    """The transform that a key names, as an entry of a recipe."""
    entry = None
    recipe = profile.recipe
    for place in key.split(".")[:-1]:
        entry = recipe[int(place)]
        ((_, parameters),) = entry.items()
        recipe = (parameters or {}).get("transforms", ())
    return [entry]


def _breaks(profile, recipe):
    pipeline = Pipeline(build_recipe(recipe), seed=0, profile=profile)
    rules = {limit.code for limit in profile.limits}
    found = check(pipeline, profile, measured=False).findings
    return {code for one in found for code in (one.code, *(x.code for x in one.follows))} & rules


class TestTurned:
    def test_only_what_is_turned_changes(self, chest):
        other = turned(chest, {"0.rotate": (-8, 8), "3.0.std_range": (0.0, 0.01)})
        assert other.recipe[0]["Affine"]["rotate"] == [-8, 8]
        assert other.recipe[0]["Affine"]["scale"] == chest.recipe[0]["Affine"]["scale"]
        assert other.recipe[3]["OneOf"]["transforms"][0]["GaussNoise"]["std_range"] == [0.0, 0.01]
        assert chest.recipe[0]["Affine"]["rotate"] == [-4, 4]

    def test_a_step_that_is_left_out_is_gone_and_so_is_an_empty_choice(self, chest):
        assert len(turned(chest, {}, ["2"]).recipe) == len(chest.recipe) - 1
        fewer = turned(chest, {}, ["1.0"])
        assert [next(iter(one)) for one in fewer.recipe[1]["OneOf"]["transforms"]] == ["RandomBrightnessContrast"]
        assert len(turned(chest, {}, ["1.0", "1.1"]).recipe) == len(chest.recipe) - 1

    def test_places_are_those_of_the_recipe_whatever_is_left_out(self, chest):
        other = turned(chest, {"2.p": 0.9}, ["0", "1.1"])
        assert [next(iter(one)) for one in other.recipe] == ["OneOf", "Illumination", "OneOf"]
        assert other.recipe[1]["Illumination"]["p"] == 0.9

    @pytest.mark.parametrize("key", ["9.p", "1.p", "x.p", ""])
    def test_a_step_that_is_not_there_is_refused(self, chest, key):
        with pytest.raises(UnknownName):
            turned(chest, {key: 1.0})


class TestSearching:
    @pytest.mark.parametrize(("most", "found"), [(0.37, 0.37), (5.0, 5.0), (0.2, 0.2), (0.215, 0.21)])
    def test_the_farthest_is_the_last_on_the_grid_that_fits(self, most, found):
        value, why = farthest(lambda x: None if x <= most + 1e-12 else "over", 0.2, 0.01, 10.0, whole=False)
        assert value == pytest.approx(found)
        assert why == "over"

    def test_the_end_is_the_end(self):
        assert farthest(lambda x: None, 0.5, 0.05, 1.0, whole=False) == (1.0, None)

    def test_what_has_no_bound_ends_after_a_while(self):
        value, why = farthest(lambda x: None, 0, 1, float("inf"), whole=True)
        assert (value, why) == (64, None)

    @pytest.mark.parametrize(("span", "step"), [(8, 0.2), (0.11, 0.005), (0.004, 0.0001), (400, 10)])
    def test_steps_are_round(self, span, step):
        assert nice_step(span, whole=False) == pytest.approx(step)
        assert nice_step(span, whole=True) >= 1

    @pytest.mark.parametrize(
        ("step", "values", "found"),
        [(0.01, (1.03, 1.04), 0.01), (0.01, (1.035, 1.045), 0.005), (0.05, (0.37,), 0.01), (0.01, (0.00333,), 0.001)],
    )
    def test_steps_go_through_where_the_recipe_is(self, step, values, found):
        assert dividing(step, values) == pytest.approx(found)

    def test_no_ghosts_of_binary_fractions(self):
        assert repr(on_grid(0.1 + 0.2, 0.01, whole=False)) == "0.3"
        assert on_grid(2.0, 1.0, whole=True) == 2
