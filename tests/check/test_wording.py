import math

import pytest

from domainaug.check.wording import amount, number, often, quantity, rule
from domainaug.effects import EFFECTS, Interval
from domainaug.generators import Frame
from domainaug.profile.model import bounds


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (45.0, "45"),
        (0.0625, "0.0625"),
        (-0.05, "-0.05"),
        (0.1 + 0.2, "0.3"),
        (12.3456, "12.3"),
        (1e-5, "1e-05"),
        (1500, "1500"),
    ],
)
def test_numbers_have_three_digits_and_no_ghosts_of_binary_fractions(value, words):
    assert number(value) == words


def test_shares_read_as_percentages_and_angles_keep_their_unit():
    assert amount(EFFECTS["shift"], 0.0625) == "6.25 %"
    assert amount(EFFECTS["rotation"], 10) == "10 deg"
    assert amount(EFFECTS["scale"], 1.1) == "1.1 x"
    assert amount(EFFECTS["gamma"], 1.2) == "1.2"


@pytest.mark.parametrize(
    ("effect", "low", "high", "words"),
    [
        ("rotation", -45, 45, "±45 deg"),
        ("rotation", -5, 20, "-5 to 20 deg"),
        ("rotation", 7, 7, "7 deg"),
        ("rotation", -180, 180, "±180 deg"),
        ("contrast", 0, math.inf, "without a bound"),
        ("scale", 0.9, 1.1, "0.9 to 1.1 x"),
        ("noise", 0, 0.1, "up to 10 %"),
        ("field_of_view", 0.47, 1, "down to 47 %"),
        ("blur", 1, math.inf, "1 px and more, without a bound"),
        ("mirror_horizontal", 1, 1, "happens"),
        ("mirror_horizontal", 0, 1, "happens"),
        ("mirror_horizontal", 0, 0, "does not happen"),
    ],
)
def test_ranges_read_as_a_person_says_them(effect, low, high, words):
    assert quantity(EFFECTS[effect], Interval(low, high)) == words


def test_how_often_is_a_share_of_outputs():
    assert often(0.5) == "in 50 % of outputs"
    assert often(1) == "in every output"
    assert often(0.004) == "in less than 1 % of outputs"


@pytest.mark.parametrize(
    ("effect", "given", "words"),
    [
        ("mirror_horizontal", {"allow": "never"}, "never"),
        ("mirror_horizontal", {"allow": "any", "p_max": 0.3}, "in at most 30 % of outputs"),
        ("rotation", {"low": -10, "high": 10, "unit": "deg"}, "±10 deg"),
        ("scale", {"low": 0.85, "high": 1.15, "unit": "x"}, "0.85 to 1.15 x"),
        ("field_of_view", {"low": 0.7}, "at least 70 %"),
        ("noise", {"high": 0.05, "p_max": 0.5}, "at most 5 %, in at most 50 % of outputs"),
        ("noise", {"high": 20, "unit": "HU"}, "at most 20 HU"),
        ("blur", {"high": 1, "unit": "mm"}, "at most 1 mm (up to 5 px at 0.2 mm a pixel)"),
    ],
)
def test_a_limit_reads_in_its_own_unit(limit_of, effect, given, words):
    frame = Frame(256, 256, spacing=(0.2, 0.2), low=-1000, high=1000, unit="HU")
    rule_ = limit_of(effect, **given)
    assert rule(rule_, frame, bounds(rule_, frame)) == words
