from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug.check.judge import Look, breaches, open_effects, reach, share_beyond
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame

GRAY = Frame(256, 256)


@dataclass
class Seen:
    ranges: dict
    counts: dict
    draws: int = 100

    def beyond(self, effect, allowed):
        return self.counts.get(effect, 0), self.draws


def declared(probability=1.0, **ranges):
    return Look((0,), "Step", None, probability, {name: Interval(*ends) for name, ends in ranges.items()})


def seen(counts=None, **ranges):
    return Look((), "", None, 1.0, None, Seen({k: Interval(*v) for k, v in ranges.items()}, counts or {}))


def codes(look, profile, frame=GRAY):
    return [breach.rule for breach in breaches(look, profile, frame)]


def test_what_stays_inside_is_no_breach(film):
    assert codes(declared(rotation=(-10, 10), scale=(0.85, 1.15), noise=(0, 0.05)), film) == []


def test_what_goes_beyond_is_one_breach_for_each_rule_and_effect_in_the_order_of_effects(film):
    look = declared(noise=(0, 0.2), rotation=(-30, 5), aspect=(0.7, 1))
    assert codes(look, film) == [("TST102", "rotation"), ("TST103", "aspect"), ("TST111", "noise")]


def test_a_declared_end_exactly_on_the_limit_is_inside(film):
    assert codes(declared(rotation=(-10 - 1e-9, 10 + 1e-9)), film) == []


def test_what_was_measured_may_be_off_by_the_meters_own_error(film):
    assert codes(seen(rotation=(-10.2, 10.2)), film) == []
    assert codes(seen({"rotation": 3}, rotation=(-10.5, 10.2)), film) == [("TST102", "rotation")]


def test_an_effect_too_small_to_be_reported_breaks_nothing(film):
    assert codes(declared(occlusion=(0, 0.009)), film) == []


def test_an_option_lifts_a_rule(film):
    flip = declared(mirror_horizontal=(1, 1))
    assert codes(flip, film) == [("TST101", "mirror_horizontal")]
    assert codes(flip, replace(film, options={"laterality_free": True})) == []


def test_the_probability_is_the_chance_to_run_times_the_share_of_the_range_beyond(film):
    (breach,) = breaches(declared(0.5, rotation=(-40, 40)), film, GRAY)
    assert breach.probability == pytest.approx(0.5 * 60 / 80)
    (breach,) = breaches(declared(0.5, mirror_horizontal=(0, 1)), film, GRAY)
    assert breach.probability == 0.5


def test_the_probability_of_what_was_measured_is_counted(film):
    (breach,) = breaches(seen({"mirror_horizontal": 5}, mirror_horizontal=(0, 1)), film, GRAY)
    assert breach.seen_in == (5, 100)
    assert breach.probability == pytest.approx(0.05)


def test_how_often_an_effect_may_happen_is_judged_by_its_probability(profile_of):
    rule = {"rotation": {"code": "TST1", "low": -10, "high": 10, "p_max": 0.3}}
    profile = profile_of(rule)
    assert codes(declared(0.3, rotation=(-5, 5)), profile) == []
    (breach,) = breaches(declared(0.5, rotation=(-5, 5)), profile, GRAY)
    assert breach.too_often
    assert breach.probability == pytest.approx(0.5, abs=0.03)


def test_never_more_often_than_allows_what_is_rare(profile_of):
    profile = profile_of({"mirror_horizontal": {"code": "TST1", "allow": "never", "p_max": 0.1}})
    assert codes(declared(0.1, mirror_horizontal=(1, 1)), profile) == []
    assert codes(declared(0.2, mirror_horizontal=(1, 1)), profile) == [("TST1", "mirror_horizontal")]


def test_a_gray_picture_has_no_hue_and_a_flat_one_no_tilt(profile_of):
    profile = profile_of({"hue": {"code": "TST1", "allow": "never"}, "tilt": {"code": "TST2", "allow": "never"}})
    look = declared(hue=(-40, 40), tilt=(0, 10))
    assert codes(look, profile, GRAY) == []
    assert codes(look, profile, replace(GRAY, channels=3)) == [("TST1", "hue")]
    assert codes(look, profile, replace(GRAY, volume=True)) == [("TST2", "tilt")]


def test_limits_in_millimeters_follow_the_spacing(film):
    look = declared(blur=(0, 2.5))
    assert codes(look, film, replace(GRAY, spacing=(0.2, 0.2))) == []
    assert codes(look, film, replace(GRAY, spacing=(0.8, 0.8))) == [("TST112", "blur")]


def test_where_the_picture_decides_what_was_seen_stands_in_for_a_missing_bound(film):
    row = EFFECTS["contrast"].anything
    look = replace(declared(contrast=(row.low, row.high)), content=True)
    assert list(open_effects(look)) == ["contrast"]
    assert codes(look, film) == [("TST108", "contrast")]
    tame = replace(look, seen=Seen({"contrast": Interval(0.9, 1.1)}, {}))
    assert reach(tame, "contrast") == Interval(0.9, 1.1)
    assert codes(tame, film) == []
    assert codes(replace(look, seen=Seen({}, {})), film) == []
    wild = replace(look, seen=Seen({"contrast": Interval(0.9, 1.9)}, {"contrast": 40}))
    assert codes(wild, film) == [("TST108", "contrast")]


def test_a_bound_that_is_declared_holds_though_less_was_seen(film):
    look = replace(declared(local_gain=(0, 0.5)), content=True, seen=Seen({"local_gain": Interval(0, 0.05)}, {}))
    (breach,) = breaches(look, film, GRAY)
    assert breach.interval == Interval(0, 0.5)


ends = st.floats(-100, 100)


@given(ends, ends, ends, ends)
def test_the_share_beyond_is_a_share_and_zero_only_inside(a, b, c, d):
    interval, allowed = Interval(min(a, b), max(a, b)), Interval(min(c, d), max(c, d))
    share = share_beyond(interval, allowed)
    assert 0 <= share <= 1
    if interval in allowed:
        assert share == 0
    if interval.high < allowed.low or interval.low > allowed.high:
        assert share > 0
