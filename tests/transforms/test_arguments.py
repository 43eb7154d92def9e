"""Constructor arguments: one form whatever was written, and one sentence when it is not legal."""

from __future__ import annotations

import pytest

from domainaug.transforms.arguments import choice, choices, counts, distances, number, share, span, spans


class Thing:
    """Stands for a transform."""


OWNER = Thing()


class TestRanges:
    @pytest.mark.parametrize(
        ("given", "around", "kept"),
        [
            (3, None, (3.0, 3.0)),
            (0.2, 0.0, (-0.2, 0.2)),
            (0.25, 1.0, (0.75, 1.25)),
            ((1, 2), 0.0, (1.0, 2.0)),
            ([-1.5, 2], None, (-1.5, 2.0)),
        ],
    )
    def test_one_number_stands_for_itself_or_for_either_side(self, given, around, kept):
        assert span(OWNER, "x", given, around=around) == kept

    @pytest.mark.parametrize(
        "given", ["five", None, True, (1,), (2, 1), (1, 2, 3), (float("nan"), 1), float("inf"), {"x": 1}]
    )
    def test_what_is_no_range_is_refused_in_one_sentence(self, given):
        with pytest.raises(ValueError, match=r"^Thing: width: a number or two in order, .* are needed, got ") as caught:
            span(OWNER, "width", given)
        assert "\n" not in str(caught.value)

    def test_bounds_are_told(self):
        with pytest.raises(ValueError, match="from 0 up are needed, got -1"):
            span(OWNER, "std", -1, least=0.0)
        with pytest.raises(ValueError, match=r"above 1 are needed, got \(1, 2\)"):
            span(OWNER, "width", (1, 2), above=1.0)
        with pytest.raises(ValueError, match="from -180 to 180 are needed, got 200"):
            span(OWNER, "rotate", 200, around=0.0, least=-180.0, most=180.0)

    def test_three_are_along_x_y_and_z_and_one_is_for_the_axes_that_say_so(self):
        assert spans(OWNER, "r", (1, (2, 3), 0)) == ((-1, 1), (2, 3), (0, 0))
        assert spans(OWNER, "r", (2, 3)) == ((2, 3),) * 3
        assert spans(OWNER, "r", 5, alone="z") == ((0, 0), (0, 0), (-5, 5))
        with pytest.raises(ValueError, match=r"^Thing: r\[1\]: "):
            spans(OWNER, "r", (1, "x", 0))


class TestOthers:
    def test_numbers(self):
        assert number(OWNER, "fill", -1000) == -1000.0
        assert share(OWNER, "p", 1) == 1.0
        with pytest.raises(ValueError, match=r"Thing: p: a number from 0 to 1 is needed, got 1\.5"):
            share(OWNER, "p", 1.5)

    def test_words(self):
        with pytest.raises(ValueError, match="Thing: order: one of linear, cubic is needed, got 'lanczos'"):
            choice(OWNER, "order", "lanczos", ("linear", "cubic"))

    @pytest.mark.parametrize(("given", "kept"), [("cubic", ("cubic",)), (["linear", "cubic"], ("linear", "cubic"))])
    def test_one_word_or_several(self, given, kept):
        assert choices(OWNER, "order", given, ("linear", "cubic")) == kept

    @pytest.mark.parametrize("given", [(), ("linear", "lanczos"), 3, None])
    def test_several_words_are_held_as_one_is(self, given):
        with pytest.raises(ValueError, match="Thing: order: one of linear, cubic is needed"):
            choices(OWNER, "order", given, ("linear", "cubic"))

    @pytest.mark.parametrize("given", [3, 4.0, (4, 3), (), "5", (4, 4, 4, 4), True])
    def test_counts_are_whole_and_one_or_one_an_axis(self, given):
        with pytest.raises(ValueError, match="a whole number from 4 to 64"):
            counts(OWNER, "control_points", given, least=4, most=64)
        assert counts(OWNER, "control_points", [5, 7], least=4, most=64) == (5, 7)

    @pytest.mark.parametrize("given", [1.0, (1.0,), (1, 0), (1, 2, 3, 4), "12", (1, None)])
    def test_distances_are_two_or_three_above_zero(self, given):
        with pytest.raises(ValueError, match=r"mm along \(slices, rows, columns\)"):
            distances(OWNER, given)
        assert distances(OWNER, [3, 1, 1]) == (3.0, 1.0, 1.0)
        assert distances(OWNER, None) is None
