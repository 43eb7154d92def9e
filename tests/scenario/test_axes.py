from __future__ import annotations

import pytest

from domainaug.scenario import Axis, Choices, Range
from domainaug.scenario.spreads import spread_of

ANGLE = Axis("turn", "A turn.", 0.0, "deg", -90, 90)
WORD = Axis("view", "Which.", "PA", choices=("PA", "AP", "lateral"))
COUNT = Axis("rows", "Rows.", 8, "px", 1, 100, whole=True)


@pytest.mark.parametrize(("written", "meant"), [(5, 5.0), ("5", 5.0), ("-5.5 deg", -5.5), (" 1e1 deg ", 10.0)])
def test_amounts_are_numbers_with_or_without_their_unit(written, meant):
    assert ANGLE.value(written) == meant


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("5 mm", "counts deg"),
        (91, "between -90 and 90"),
        (True, "an amount"),
        ("x", "an amount"),
        (float("nan"), "amount"),
    ],
)
def test_other_units_and_illegal_amounts_are_refused(written, said):
    with pytest.raises(ValueError, match=said):
        ANGLE.value(written)


def test_words_come_with_the_nearest_right_one():
    assert WORD.value("lateral") == "lateral"
    with pytest.raises(ValueError, match="did you mean 'lateral'"):
        WORD.value("latral")


def test_whole_axes_take_whole_numbers():
    assert COUNT.value("12 px") == 12
    assert isinstance(COUNT.value(12.0), int)
    with pytest.raises(ValueError, match="whole number"):
        COUNT.value(12.5)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_range_goes_from_end_to_end_and_back(scale):
    spread = spread_of(ANGLE, {"from": 1, "to": 64, "scale": scale})
    assert spread.at(0.0) == 1
    assert spread.at(1.0) == pytest.approx(64)
    assert spread.at(0.5) == pytest.approx(32.5 if scale == "linear" else 8)
    for share in (0.0, 0.3, 0.99):
        assert spread.share(spread.at(share)) == pytest.approx(share, abs=1e-9)


def test_whole_numbers_are_all_as_likely():
    spread = spread_of(COUNT, {"from": 1, "to": 4})
    found = [spread.at(k / 400) for k in range(400)]
    assert {value: found.count(value) for value in found} == {1: 100, 2: 100, 3: 100, 4: 100}


def test_choices_are_all_as_likely_and_checked():
    spread = spread_of(WORD, ["PA", "lateral"])
    assert isinstance(spread, Choices)
    assert [spread.at(share) for share in (0.0, 0.49, 0.51, 0.999)] == ["PA", "PA", "lateral", "lateral"]
    for wrong in (["PA"], ["PA", "PA"], ["PA", "XX"], {"from": 1, "to": 2}):
        with pytest.raises(ValueError):
            spread_of(WORD, wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"from": 5, "to": 5}, "must be the smaller"),
        ({"from": -5, "to": 5, "scale": "log"}, "above 0"),
        ({"from": 1, "to": 5, "step": 2}, "no 'step'"),
        ({"from": 1, "to": 5, "steps": 1}, "2 places"),
        ({"from": 1}, "from"),
        (7, "a list of values"),
    ],
)
def test_wrong_ranges_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        spread_of(ANGLE, wrong)


def test_a_grid_takes_both_ends():
    assert Range(0, 10, steps=3).grid() == (0, 5, 10)
    assert Range(1, 100, "log", steps=3).grid() == pytest.approx((1, 10, 100))
    with pytest.raises(ValueError, match="steps"):
        Range(0, 10).grid()
