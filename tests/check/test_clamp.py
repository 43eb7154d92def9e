import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug.check.clamp import clamped, shrunk


def within(limit, neutral=0.0):
    def fits(value):
        numbers = value if isinstance(value, tuple) else (value,)
        return all(abs(x - neutral) <= limit + 1e-9 for x in numbers)

    return fits


def test_a_range_is_clamped_to_what_the_limit_leaves_in_round_numbers():
    assert clamped((-45.0, 45.0), within(10)) == (-10.0, 10.0)


def test_each_side_keeps_as_much_as_it_may():
    assert clamped((-45.0, 8.0), within(10)) == pytest.approx((-10.0, 8.0), rel=0.03)


def test_a_range_around_one_is_drawn_towards_one():
    low, high = clamped((0.5, 1.5), within(0.15, 1.0))
    assert (low, high) == pytest.approx((0.85, 1.15))


def test_a_range_on_one_side_of_neutral_keeps_its_shape():
    low, high = clamped((0.2, 0.44), within(0.05))
    assert 0 < low < high <= 0.05


def test_whole_numbers_stay_whole_and_mappings_keep_their_keys():
    assert clamped((3, 15), lambda v: max(v) <= 7) is not None
    assert all(isinstance(x, int) for x in clamped((3, 15), lambda v: max(v) <= 7))
    found = clamped({"x": (0.5, 1.5), "y": (0.5, 1.5)}, lambda v: v["x"][1] <= 1.1 and v["y"][0] >= 0.9)
    assert set(found) == {"x", "y"}


def test_nothing_is_offered_where_nothing_fits_or_a_value_is_no_number():
    assert clamped((-45.0, 45.0), lambda _: False) is None
    assert clamped("reflect", lambda _: True) is None


def test_a_value_the_transform_refuses_counts_as_one_that_does_not_fit():
    def fits(value):
        if max(value) > 5:
            raise ValueError("too large")
        return True

    assert max(clamped((-45.0, 45.0), fits)) <= 5


@given(st.floats(0.5, 80), st.floats(1, 90), st.floats(0.01, 0.99))
def test_whatever_the_guess_the_outcome_fits_and_is_nearly_as_wide_as_can_be(limit, size, guess):
    found = clamped((-size, size), within(limit), guess=guess)
    widest = min(limit, size)
    assert found[1] <= limit + 1e-9
    assert found[1] >= 0.9 * widest
    assert math.isclose(-found[0], found[1])


def test_shrinking_to_nothing_is_neutral():
    assert shrunk((-45.0, 45.0), 0.0, 0.0, 0.0) == (0.0, 0.0)
    assert shrunk({"x": (0.5, 2.0)}, 1.0, 0.0, 0.0) == {"x": (1.0, 1.0)}
    assert shrunk(True, 0.0, 0.0, 0.0) is True


def test_a_zoom_around_one_is_never_drawn_up_to_a_hundred():
    """Zooming in until the border is out of view keeps a limit on fill, but is no way to do less."""
    assert clamped((0.98, 1.09), lambda value: min(value) >= 1.15) is None


def test_a_range_that_holds_no_neutral_value_is_drawn_to_the_nearest_that_keeps_the_limit():
    low, high = clamped((0.2, 0.44), within(0.1))
    assert 0 <= low < high <= 0.1
    assert clamped((20, 50), lambda value: min(value) >= 80)[0] >= 80  # a quality in percent
