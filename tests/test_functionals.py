"""Reading effects off maps and curves, against values worked out by hand and against counting pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug.declare.sets import affine_maps
from domainaug.functionals import (
    LEVELS,
    decompose,
    field_of_view,
    is_mirrored,
    nearest_affine,
    tone_effects,
    wrap_degrees,
)

MIRROR = affine_maps(scale_x=-1.0)[0]
UPSIDE_DOWN = affine_maps(scale_y=-1.0)[0]


def turned(angle: float) -> np.ndarray:
    return affine_maps(rotation=angle)[0]


def read(*steps: np.ndarray) -> dict[str, float]:
    """Effects of maps applied one after the other, the first first."""
    whole = np.eye(3)
    for step in steps:
        whole = step @ whole
    return {name: float(values[0]) for name, values in decompose(whole[None]).items()}


def test_a_turn_to_the_left_is_positive():
    up = turned(90.0) @ [0.5, 0, 1]  # the right edge
    assert up[:2] == pytest.approx([0, -0.5])  # goes to the top: y points down
    assert read(turned(90.0))["rotation"] == pytest.approx(90)


def test_turns_add_up():
    assert read(turned(7), turned(5))["rotation"] == pytest.approx(12.0)


def test_scales_multiply():
    small, large = affine_maps(scale_x=0.9, scale_y=0.9)[0], affine_maps(scale_x=1.2, scale_y=1.2)[0]
    assert read(small, large)["scale"] == pytest.approx(1.08)


def test_a_mirror_turns_the_sign_of_the_rotation_before_it():
    after, before = read(MIRROR, turned(7)), read(turned(7), MIRROR)
    assert (after["mirror_horizontal"], after["rotation"]) == pytest.approx((1, 7))
    assert (before["mirror_horizontal"], before["rotation"]) == pytest.approx((1, -7))


def test_both_mirrors_are_a_half_turn_and_a_mirror_with_a_half_turn_is_the_other_mirror():
    both = read(MIRROR, UPSIDE_DOWN)
    assert (both["mirror_horizontal"], both["mirror_vertical"], abs(both["rotation"])) == (0, 0, pytest.approx(180))
    other = read(MIRROR, turned(180))
    assert (other["mirror_horizontal"], other["mirror_vertical"]) == (0, 1)
    assert other["rotation"] == pytest.approx(0, abs=1e-9)


def test_a_transpose_is_a_horizontal_mirror_and_a_quarter_turn():
    found = read(np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]]))
    assert (found["mirror_horizontal"], found["mirror_vertical"], found["rotation"]) == pytest.approx((1, 0, 90))


def test_a_shear_of_ten_degrees_leans_ten_and_turns_five():
    found = read(affine_maps(shear_x=-10.0)[0])
    assert (found["shear"], found["rotation"], found["aspect"]) == pytest.approx((-10, -5, 0.985), abs=1e-3)
    found = read(affine_maps(shear_y=10.0)[0])
    assert abs(found["shear"]) == pytest.approx(10)
    assert abs(found["rotation"]) == pytest.approx(5)


def test_shear_and_rotation_do_not_commute():
    shear, turn = affine_maps(shear_x=-10.0)[0], turned(10)
    last, first = read(turn, shear), read(shear, turn)
    assert (last["rotation"], last["shear"], last["aspect"]) == pytest.approx((4.9, -9.7, 1.05), abs=0.06)
    assert (first["rotation"], first["shear"], first["aspect"]) == pytest.approx((5.0, -10.0, 0.985), abs=1e-3)


def test_an_earlier_shift_is_turned_and_scaled_by_later_steps():
    right = affine_maps(shift_x=0.1)[0]
    grown = affine_maps(scale_x=1.5, scale_y=1.5)[0]
    assert read(right, grown)["shift"] == pytest.approx(0.15)
    assert read(grown, right)["shift"] == pytest.approx(0.1)
    moved = turned(30) @ right
    assert moved[:2, 2] == pytest.approx([0.0866, -0.05], abs=1e-3)


def test_a_shift_is_a_share_of_the_side_it_runs_along():
    wide = decompose(affine_maps(shift_x=0.1, aspect=2.0), aspect=2.0)
    tall = decompose(affine_maps(shift_y=0.1, aspect=2.0), aspect=2.0)
    assert wide["shift"][0] == pytest.approx(0.1)
    assert tall["shift"][0] == pytest.approx(0.1)


def test_a_projective_map_departs_from_its_best_affine_one():
    maps = np.eye(3)[None].repeat(3, axis=0)
    maps[:, 2, 0] = (0.0, 0.1, 0.3)
    departure = nearest_affine(maps)[1]
    assert departure[0] == 0
    assert 0 < departure[1] < departure[2]
    assert np.array_equal(is_mirrored(np.stack([np.eye(3), MIRROR])), [False, True])


@pytest.mark.parametrize(("angle", "wrapped"), [(181, -179), (-180, 180), (540, 180), (-90, -90), (359, -1)])
def test_angles_are_told_the_short_way_round(angle, wrapped):
    assert wrap_degrees(np.array([float(angle)]))[0] == pytest.approx(wrapped)


@given(
    rotation=st.floats(-179, 179),
    scale=st.floats(0.3, 3),
    aspect=st.floats(0.6, 1.6),
    shear=st.floats(-40, 40),
    shift=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
def test_decomposing_gives_back_what_a_map_was_composed_of(rotation, scale, aspect, shear, shift):
    """Built from the definitions: axes turned by rotation -/+ shear / 2, lengths in the ratio of aspect."""
    turn_x, turn_y = np.radians(rotation - shear / 2), np.radians(rotation + shear / 2)
    axes = np.array([[np.cos(turn_x), np.sin(turn_y)], [-np.sin(turn_x), np.cos(turn_y)]])
    axes = axes * [np.sqrt(aspect), 1 / np.sqrt(aspect)]
    axes *= scale / np.sqrt(np.linalg.det(axes))
    whole = np.eye(3)
    whole[:2, :2], whole[:2, 2] = axes, shift
    found = {name: values[0] for name, values in decompose(whole[None]).items()}
    assert found["rotation"] == pytest.approx(rotation, abs=1e-6)
    assert found["scale"] == pytest.approx(scale, rel=1e-6)
    assert found["aspect"] == pytest.approx(aspect, rel=1e-6)
    assert found["shear"] == pytest.approx(shear, abs=1e-6)
    assert found["shift"] == pytest.approx(max(map(abs, shift)))
    assert found["mirror_horizontal"] == found["mirror_vertical"] == 0


def counted(maps: np.ndarray, aspect: float, count: int = 240) -> tuple[float, float]:
    """Field of view and outside by counting a raster of points: the slow and obvious way."""
    half_x, half_y = np.sqrt(aspect) / 2, 0.5 / np.sqrt(aspect)
    middle = (np.arange(count) + 0.5) / count - 0.5
    x, y = np.meshgrid(middle * 2 * half_x, middle * 2 * half_y)
    points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])

    def share(matrix: np.ndarray) -> float:
        moved = matrix @ points
        return float(np.mean((np.abs(moved[0]) <= half_x) & (np.abs(moved[1]) <= half_y)))

    return share(maps), 1 - share(np.linalg.inv(maps))


@settings(max_examples=60)
@given(
    rotation=st.floats(-180, 180),
    scale_x=st.floats(0.4, 2.5),
    scale_y=st.floats(0.4, 2.5),
    shear=st.floats(-40, 40),
    shift=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
    aspect=st.floats(0.5, 2.0),
    mirrored=st.booleans(),
)
def test_clipping_a_polygon_agrees_with_counting_points(rotation, scale_x, scale_y, shear, shift, aspect, mirrored):
    maps = affine_maps(
        rotation=rotation,
        scale_x=-scale_x if mirrored else scale_x,
        scale_y=scale_y,
        shear_x=shear,
        shift_x=shift[0],
        shift_y=shift[1],
        aspect=aspect,
    )
    kept, empty = field_of_view(maps, aspect=aspect)
    assert (kept[0], empty[0]) == pytest.approx(counted(maps[0], aspect), abs=0.012)


def test_a_square_turned_by_45_degrees_keeps_83_percent():
    kept, empty = field_of_view(affine_maps(rotation=45.0))
    assert kept[0] == pytest.approx(2 * (np.sqrt(2) - 1))
    assert empty[0] == pytest.approx(1 - 2 * (np.sqrt(2) - 1))


# -- tone ----------------------------------------------------------------------------------------------


def tone(curve: np.ndarray) -> dict[str, float]:
    return {name: float(values[0]) for name, values in tone_effects(np.clip(curve, 0, 1)).items()}


def test_the_identity_does_nothing():
    assert tone(LEVELS) == pytest.approx({"brightness": 0, "contrast": 1, "gamma": 1, "tone": 0, "inversion": 0})


def test_brightness_is_read_at_mid_gray():
    found = tone(LEVELS + 0.2)
    assert found["brightness"] == pytest.approx(0.2)
    assert found["contrast"] == pytest.approx(1, abs=0.01)
    assert found["tone"] == pytest.approx(0.2)


def test_contrast_is_the_slope_where_nothing_is_clipped():
    found = tone(1.2 * LEVELS)
    assert found["contrast"] == pytest.approx(1.2, abs=0.01)
    assert found["brightness"] == pytest.approx(0.1)  # albumentations pivots on black
    assert tone(0.7 * (LEVELS - 0.5) + 0.5)["brightness"] == pytest.approx(0)


@pytest.mark.parametrize("exponent", [0.5, 0.8, 1.25, 2.0])
def test_gamma_is_read_where_a_power_fits_better_than_a_line(exponent):
    assert tone(LEVELS**exponent)["gamma"] == pytest.approx(exponent, rel=0.03)


def test_contrast_twice_is_contrast_squared_and_brighter():
    found = tone(np.clip(1.2 * np.clip(1.2 * LEVELS, 0, 1), 0, 1))
    assert found["contrast"] == pytest.approx(1.43, abs=0.02)
    assert found["brightness"] == pytest.approx(0.22, abs=0.005)


def test_gamma_undone_is_nothing_and_gamma_twice_is_its_square():
    assert tone((LEVELS**0.8) ** 1.25)["tone"] == pytest.approx(0, abs=1e-9)
    twice = tone((LEVELS**0.8) ** 0.8)
    assert (twice["gamma"], twice["brightness"]) == pytest.approx((0.64, 0.142), abs=0.01)


def test_clipping_does_not_cancel():
    there_and_back = np.clip(LEVELS + 0.4, 0, 1) - 0.4
    assert tone(there_and_back)["tone"] > 0.2


@pytest.mark.parametrize(("curve", "share"), [(1 - LEVELS, 1.0), (np.where(LEVELS < 0.5, LEVELS, 1 - LEVELS), 0.5)])
def test_inversion_is_the_share_of_levels_over_which_the_curve_falls(curve, share):
    assert tone(curve)["inversion"] == pytest.approx(share, abs=0.02)


@given(st.floats(0.5, 2.0), st.floats(-0.2, 0.2))
def test_reading_many_curves_at_once_is_reading_each(slope, offset):
    curves = np.clip(np.stack([slope * LEVELS + offset, LEVELS**slope, 1 - LEVELS]), 0, 1)
    together = tone_effects(curves)
    for index, curve in enumerate(curves):
        alone = tone_effects(curve)
        assert {name: values[index] for name, values in together.items()} == pytest.approx(
            {name: values[0] for name, values in alone.items()}
        )
