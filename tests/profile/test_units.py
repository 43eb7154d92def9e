"""Amounts convert to the unit of their effect, or say why they do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug.effects import EFFECTS, Interval, effect
from domainaug.errors import ProfileError
from domainaug.generators import Frame
from domainaug.profile.model import Limit
from domainaug.profile.units import LENGTHS, VALUES, assumptions, bounds, convertible, to_effect_unit

FRAME = Frame(height=400, width=100, spacing=(0.5, 0.5), low=-1000, high=1000, unit="HU")  # 200 px a side


@pytest.mark.parametrize(
    ("value", "unit", "name", "expected"),
    [
        (10, "deg", "rotation", 10),
        (10, "", "rotation", 10),
        (5, "%", "shift", 0.05),
        (0.05, "share", "shift", 0.05),
        (10, "px", "shift", 0.05),
        (10, "mm", "shift", 0.1),
        (10, "mm", "blur", 20),
        (2, "px", "blur", 2),
        (1, "%", "blur", 2),
        (30, "HU", "noise", 0.015),
        (20, "HU", "brightness", 0.01),
        (5, "%", "noise", 0.05),
        (98, "%", "scale", 0.98),
        (1.1, "x", "scale", 1.1),
        (90, "%", "field_of_view", 0.9),
    ],
)
def test_conversions(value, unit, name, expected):
    assert to_effect_unit(value, unit, effect(name), FRAME) == pytest.approx(expected)


def test_unequal_spacing_counts_as_its_geometric_mean():
    frame = Frame(spacing=(0.25, 1.0))
    assert to_effect_unit(1, "mm", effect("blur"), frame) == pytest.approx(2)


@pytest.mark.parametrize(
    ("unit", "name", "legal"),
    [
        ("mm", "rotation", "legal: deg"),
        ("deg", "shift", "legal: share, %, px, mm"),
        ("mm", "occlusion", "legal: share, %"),
        ("HU", "shift", "legal: share, %, px, mm"),
        ("px", "noise", "legal: share, %, HU, level"),
        ("%", "gamma", "legal: exponent"),
        ("x", "rotation", "legal: deg"),
    ],
)
def test_units_that_do_not_convert_name_those_that_do(unit, name, legal):
    with pytest.raises(ProfileError, match=legal):
        to_effect_unit(1, unit, effect(name), FRAME)


@given(st.sampled_from(sorted(EFFECTS)), st.floats(0.001, 1000))
def test_every_unit_said_to_convert_does_and_keeps_order_and_zero(name, value):
    row = effect(name)
    for unit in convertible(row):
        assert to_effect_unit(0, unit, row, FRAME) == 0
        assert to_effect_unit(value, unit, row, FRAME) < to_effect_unit(2 * value, unit, row, FRAME)


def test_lengths_and_values_are_effects_measured_in_shares():
    assert {effect(name).unit for name in LENGTHS | VALUES} == {"share"}


def _limit(name: str, **more) -> Limit:
    return Limit(effect(name), "MY101", "range", "Because.", **more)


class TestBounds:
    def test_never_and_any(self):
        row = effect("rotation")
        assert bounds(Limit(row, "MY101", "never", "x"), FRAME) == row.still
        assert bounds(Limit(row, "MY101", "any", "x"), FRAME) == row.anything

    def test_an_open_end_is_the_effects_own(self):
        assert bounds(_limit("field_of_view", low=90, unit="%"), FRAME) == Interval(0.9, 1.0)
        assert bounds(_limit("blur", high=1, unit="mm"), FRAME) == Interval(0.0, 2.0)


class TestAssumptions:
    def test_millimeters_without_spacing_say_what_was_assumed(self):
        limit = _limit("blur", high=2, unit="mm")
        unknown = Frame()
        assert assumptions(limit, unknown) == "pixel spacing is not known: 1 mm a pixel is assumed for MY101"
        assert bounds(limit, unknown) == Interval(0, 2)
        assert assumptions(limit, FRAME) is None

    def test_hounsfield_units_for_an_image_in_levels(self):
        limit = _limit("noise", high=30, unit="HU")
        assert "a range of 0 to 255 HU is assumed" in (assumptions(limit, Frame()) or "")
        assert assumptions(limit, FRAME) is None

    def test_nothing_is_assumed_where_the_unit_is_the_effects(self):
        assert assumptions(_limit("rotation", low=-10, high=10, unit="deg"), Frame()) is None
