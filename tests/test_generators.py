"""Sets of draws: composed first, read afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domainaug.declare.sets import affine_maps
from domainaug.effects import EFFECTS, Interval
from domainaug.errors import UnknownName
from domainaug.functionals import LEVELS
from domainaug.generators import Frame, Generators

FRAME = Frame(256, 256, 3)
MIRROR = Generators(maps=affine_maps(scale_x=-1.0))


def turns(*angles: float) -> Generators:
    return Generators.geometric(affine_maps(rotation=np.array(angles, dtype=float)), FRAME)


def zooms(*sizes: float) -> Generators:
    each = np.array(sizes, dtype=float)
    return Generators.geometric(affine_maps(scale_x=each, scale_y=each), FRAME)


def gains(*factors: float) -> Generators:
    return Generators.tonal(np.array(factors)[:, None] * LEVELS)


def noise(*sizes: float) -> Generators:
    return Generators.bounds(noise=Interval.of(sizes))


def span(found: Generators, name: str) -> tuple[float, float]:
    interval = found.effects(FRAME).get(name, EFFECTS[name].still)
    return interval.low, interval.high


def test_nothing_has_no_effect_and_changes_no_other_step():
    assert Generators.nothing().effects() == {}
    some = turns(-5, 5).then(gains(0.9, 1.1))
    for composed in (some.then(Generators.nothing()), Generators.nothing().then(some)):
        assert composed.effects(FRAME) == some.effects(FRAME)


def test_two_rotations_in_a_row_add_up():
    assert span(turns(-5, 5).then(turns(-7, 7)), "rotation") == pytest.approx((-12, 12))


def test_turns_beyond_a_half_turn_leave_no_gap():
    assert span(turns(-100, 0, 100).then(turns(-100, 0, 100)), "rotation") == (-180, 180)
    assert span(turns(170).then(turns(20)), "rotation") == pytest.approx((-170, -170))


def test_a_mirror_before_or_after_a_turn():
    assert span(MIRROR.then(turns(7)), "rotation") == pytest.approx((7, 7))
    assert span(turns(7).then(MIRROR), "rotation") == pytest.approx((-7, -7))


def test_a_step_that_may_be_left_out_reaches_from_neutral():
    both = MIRROR.then(turns(7)).maybe()
    assert span(both, "mirror_horizontal") == (0, 1)
    assert span(both, "rotation") == pytest.approx((0, 7))


def test_one_or_the_other_is_the_hull_of_both():
    either = turns(3).union(gains(1.2))
    assert span(either, "rotation") == pytest.approx((0, 3))
    assert span(either, "contrast") == pytest.approx((1, 1.2), abs=0.01)


def test_curves_are_composed_before_they_are_read():
    assert span(gains(1.2).then(gains(1.2)), "contrast") == pytest.approx((1.43, 1.43), abs=0.02)
    assert span(gains(1.2).then(gains(1.2)), "brightness")[0] == pytest.approx(0.22, abs=0.01)
    up, down = Generators.tonal(LEVELS + 0.1), gains(1.2)
    assert span(up.then(down), "brightness")[0] == pytest.approx(0.22, abs=0.005)
    assert span(down.then(up), "brightness")[0] == pytest.approx(0.20, abs=0.005)


def test_clipping_does_not_cancel():
    there_and_back = Generators.tonal(LEVELS + 0.4).then(Generators.tonal(LEVELS - 0.4))
    assert span(there_and_back, "tone")[1] > 0.2


def test_a_field_of_view_lost_twice_is_a_product_and_fill_adds_up():
    once = turns(45)
    kept, empty = span(once, "field_of_view")[0], span(once, "outside")[1]
    twice = once.then(turns(45))
    assert span(twice, "field_of_view")[0] == pytest.approx(kept**2)
    assert span(twice, "outside")[1] == pytest.approx(2 * empty)


def test_reflected_borders_are_duplicated_not_outside():
    found = Generators.geometric(affine_maps(rotation=30.0), FRAME, fills=False).effects(FRAME)
    assert "outside" not in found
    assert found["duplicated"].high > 0.1


def test_noise_follows_later_contrast():
    assert span(noise(0.05).then(gains(1.2)), "noise")[1] == pytest.approx(0.06)
    assert span(gains(1.2).then(noise(0.05)), "noise") == (0.05, 0.05)


@pytest.mark.parametrize("measured", [0.0126])
def test_noise_is_eaten_by_later_blur(measured):
    low, high = span(noise(0.05).then(Generators.bounds(blur=Interval(1, 1))), "noise")
    assert low <= measured <= high < 0.02


def test_noise_is_eaten_by_resampling_and_kept_by_mirrors():
    low, high = span(noise(0.05).then(turns(7)), "noise")
    assert low <= 0.031 <= high
    assert span(noise(0.05).then(MIRROR), "noise") == (0.05, 0.05)


def test_independent_noise_and_blur_add_in_quadrature():
    assert span(noise(0.03).then(noise(0.04)), "noise") == pytest.approx((0.05, 0.05))
    blurred = Generators.bounds(blur=Interval(1, 1)).then(Generators.bounds(blur=Interval(1.5, 1.5)))
    assert span(blurred, "blur") == pytest.approx((1.8, 1.8), abs=0.01)


def test_blur_grows_with_a_later_zoom():
    low, high = span(Generators.bounds(blur=Interval(1, 1)).then(zooms(1.5)), "blur")
    assert low <= 1.6 <= high < 1.7


@pytest.mark.parametrize("later", [turns(7), Generators.bounds(blur=1.0)], ids=["rotation", "blur"])
def test_compression_may_be_hidden_by_what_comes_later(later):
    packed = Generators.bounds(compression=Interval(0.5, 0.5))
    assert span(packed.then(later), "compression") == (0, 0.5)
    assert span(later.then(packed), "compression") == (0.5, 0.5)
    assert span(packed.then(MIRROR), "compression") == (0.5, 0.5)


def test_a_zoom_enlarges_what_hides_the_picture():
    hole = Generators.bounds(occlusion=Interval(0.1, 0.1))
    assert span(hole.then(zooms(2.0)), "occlusion")[1] == pytest.approx(0.4)
    assert span(hole.then(zooms(9.0)), "occlusion")[1] == 1


def test_what_is_said_of_a_step_stays_said():
    some = Generators.bounds(tail=True, content=True, hue=10.0)
    assert span(some, "hue") == (0, 10)
    for composed in (some.then(turns(5)), turns(5).then(some), some.union(turns(5))):
        assert (composed.tail, composed.content, composed.resamples) == (True, True, True)


def test_intervals_by_mapping_and_by_name():
    found = Generators.bounds({"hue": 5.0, "noise": 0.1}, hue=Interval(-7, 7))
    assert dict(found.ranges) == {"hue": Interval(-7, 7), "noise": Interval(0, 0.1)}
    with pytest.raises(UnknownName, match="did you mean 'noise'"):
        Generators.bounds(nosie=0.1)


def test_only_what_is_beyond_its_threshold_is_present():
    found = turns(-0.1, 0.1).with_ranges(blur=Interval(0, 0.2))
    assert "rotation" in found.effects(FRAME)
    assert not found.present(FRAME)


def test_a_wide_frame_turned_loses_more():
    wide = Frame(128, 512)
    maps = affine_maps(rotation=90.0)
    assert Generators.geometric(maps, wide).ranges["field_of_view"].low == pytest.approx(0.25)
    assert Generators.geometric(maps, FRAME).ranges["field_of_view"].low == pytest.approx(1)
    assert (wide.aspect, wide.side, wide.span) == (4, 256, 255)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 12), st.floats(1, 1.15), st.booleans()), min_size=1, max_size=7))
def test_long_pipelines_keep_their_extremes(steps):
    """However many draws are dropped on the way, the ends stay what hand calculation gives."""
    whole, most, largest = Generators.nothing(), 0.0, 1.0
    for turn, size, mirrored in steps:
        angles, sizes = np.repeat([-turn, 0, turn], 3), np.tile([1 / size, 1, size], 3)
        maps = affine_maps(rotation=angles, scale_x=sizes, scale_y=sizes)
        whole = whole.then(Generators.geometric(maps, FRAME))
        whole = whole.then(MIRROR.maybe()) if mirrored else whole
        most, largest = most + turn, largest * size
        assert len(whole.maps) <= 80
    rotation, scale = span(whole, "rotation"), span(whole, "scale")
    assert rotation == pytest.approx((-most, most), abs=1e-6)
    assert scale == pytest.approx((1 / largest, largest), rel=1e-6)


@example([(0.0, 1.09375, 0.0), (0.0, 0.9375, 0.0), (0.0, 0.9375, 0.0), (0.0, 0.9375, 0.0), (0.0, 1.09375, 0.0)])
@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(0.9, 1.1), st.floats(-0.1, 0.1)), min_size=1, max_size=5))
def test_one_draw_of_each_step_lies_inside_the_whole(draws):
    """Composing sets holds what composing any one draw of each gives."""
    whole = single = Generators.nothing()
    for turn, gain, shift in draws:
        maps = affine_maps(rotation=np.array([-10.0, turn, 10.0]), shift_x=np.array([-0.1, shift, 0.1]))
        whole = whole.then(Generators(maps=maps)).then(gains(0.9, gain, 1.1))
        single = single.then(Generators(maps=maps[1:2])).then(gains(gain))
    for name, interval in single.effects(FRAME).items():
        low, high = span(whole, name)
        slack = EFFECTS[name].absent
        assert low - slack <= interval.low
        assert interval.high <= high + slack
