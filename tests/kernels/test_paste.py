"""A pasted patch is where it was put, blends as its name says, and the mask tells every pixel that changed."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from domainaug.errors import ImageError, UnknownName
from domainaug.kernels.engine import using
from domainaug.kernels.paste import paste

BLENDS = ["hard", "feather", "membrane", "multiband"]
DISC = (np.hypot(*np.mgrid[-20:21, -20:21]) < 17).astype(np.uint8)


def picture(height, width, channels=3, dtype=np.uint8, seed=0):
    """A smooth picture that fills its type's range, or [0, 1] for floats."""
    rough = np.random.default_rng(seed).random((height, width, channels), dtype=np.float32)
    smooth = cv2.normalize(cv2.GaussianBlur(rough, (0, 0), 4), None, 0, 1, cv2.NORM_MINMAX).reshape(rough.shape)
    if dtype == np.float32:
        return smooth
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return (low + smooth * (high - low)).astype(dtype)


@pytest.mark.parametrize("blend", [*BLENDS, "seamless"])
def test_the_background_is_not_written_to_unless_asked(blend):
    background, patch = picture(90, 80), picture(41, 41, seed=1)
    before = background.copy()
    result, changed = paste(background, patch, DISC, (20, 25), blend=blend)
    np.testing.assert_array_equal(background, before)
    assert (changed.shape, changed.dtype, result.dtype) == ((90, 80), np.uint8, np.uint8)
    np.testing.assert_array_equal(changed, (result != before).any(axis=-1))
    assert changed.sum() > 500
    into = np.zeros_like(background)
    assert paste(background, patch, DISC, (20, 25), blend=blend, out=into)[0] is into
    assert paste(background, patch, DISC, (20, 25), blend=blend, out=background)[0] is background
    np.testing.assert_array_equal(into, result)
    np.testing.assert_array_equal(background, result)


@pytest.mark.parametrize("blend", ["hard", "feather", "membrane"])
def test_nothing_changes_outside_the_mask(blend):
    background, patch = picture(60, 60), picture(41, 41, seed=1)
    _, changed = paste(background, patch, DISC, (5, 9), blend=blend)
    there = np.zeros((60, 60), bool)
    there[5:46, 9:50] = DISC
    assert not changed[~there].any()


def test_hard_is_the_patch_itself():
    background, patch = picture(60, 60, dtype=np.uint16), picture(41, 41, dtype=np.uint16, seed=1)
    result, _ = paste(background, patch, DISC, (5, 9), blend="hard")
    expected = background.copy()
    expected[5:46, 9:50][DISC > 0] = patch[DISC > 0]
    np.testing.assert_array_equal(result, expected)


def test_a_mask_of_floats_is_an_opacity():
    background, patch = np.zeros((10, 10), np.float32), np.ones((4, 4), np.float32)
    opacity = np.linspace(0, 1, 16).reshape(4, 4)
    result, changed = paste(background, patch, opacity, (3, 3), blend="hard")
    np.testing.assert_allclose(result[3:7, 3:7], opacity, atol=1e-7)
    assert changed.sum() == 15


def test_feather_fades_from_the_edge_inwards():
    background, patch = np.zeros((41, 41), np.float32), np.ones((41, 41), np.float32)
    faded, _ = paste(background, patch, DISC, (0, 0), feather_px=6)
    row = faded[20, 20:]
    assert (np.diff(row) <= 0).all()
    np.testing.assert_array_equal(row[:8], 1)
    assert 0 < row[16] < 0.2
    assert (row[17:] == 0).all()
    np.testing.assert_array_equal(paste(background, patch, DISC, (0, 0), feather_px=0)[0], DISC)


def test_a_scratch_thinner_than_the_fade_still_shows():
    background, patch = np.zeros((9, 40), np.float32), np.ones((3, 30), np.float32)
    result, _ = paste(background, patch, np.ones((3, 30), bool), (3, 5), feather_px=8)
    assert result.max() == 1


def test_the_frame_s_edge_is_not_faded():
    background, patch = np.zeros((41, 41), np.float32), np.ones((41, 41), np.float32)
    whole = np.zeros((81, 81), np.float32)
    cut, _ = paste(background, patch, DISC, (-20, -13), feather_px=6)
    all_of_it, _ = paste(whole, patch, DISC, (20, 27), feather_px=6)
    np.testing.assert_array_equal(cut, all_of_it[40:, 40:])


@pytest.mark.parametrize("blend", [*BLENDS, "seamless"])
@pytest.mark.parametrize("at", [(-30, -30), (70, 60), (-41, 0), (100, 100), (-1000, 5), (35, -39)])
def test_what_falls_outside_is_left_out(blend, at):
    background, patch = picture(90, 80), picture(41, 41, seed=1)
    result, changed = paste(background, patch, DISC, at, blend=blend)
    np.testing.assert_array_equal(changed, (result != background).any(axis=-1))
    if at in [(-41, 0), (100, 100), (-1000, 5)]:
        assert not changed.any()


def exact_membrane(difference, inside):
    """The discrete Laplace equation inside, solved at once; `difference` holds outside."""
    number = np.cumsum(inside).reshape(inside.shape) - 1
    rows, columns, values, right = [], [], [], np.zeros(inside.sum())
    for y, x in zip(*np.nonzero(inside), strict=True):
        rows, columns, values = [*rows, number[y, x]], [*columns, number[y, x]], [*values, 4.0]
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if inside[v, u]:
                rows, columns, values = [*rows, number[y, x]], [*columns, number[v, u]], [*values, -1.0]
            else:
                right[number[y, x]] += difference[v, u]
    return spsolve(coo_matrix((values, (rows, columns))).tocsr(), right)


@pytest.mark.parametrize("engine", ["plain", "numba"])
@pytest.mark.parametrize("over", ["ramp", "saddle"])
def test_membrane_solves_the_poisson_equation(engine, over):
    if engine == "numba":
        pytest.importorskip("numba")
    y, x = np.mgrid[-20:21, -20:21].astype(np.float32)
    background = 0.5 + (x / 60 + y / 90 if over == "ramp" else x * y / 1200)
    patch = 0.1 * np.cos(x / 2)
    with using(engine):
        result, _ = paste(background, patch, DISC, (0, 0), blend="membrane")
    inside = DISC > 0
    error = result[inside] - patch[inside] - exact_membrane(background - patch, inside)
    assert np.abs(error).max() < 0.05 * np.ptp(background)
    assert np.abs(error).mean() < 0.02 * np.ptp(background)


def test_membrane_takes_the_background_s_level():
    background = np.full((60, 60, 3), (40, 90, 200), np.uint8)
    patch = np.full((41, 41, 3), 120, np.uint8)
    patch[18:23, 18:23] = 150
    result, changed = paste(background, patch, DISC, (10, 10), blend="membrane")
    np.testing.assert_array_equal(result[30, 30], (70, 120, 230))
    np.testing.assert_array_equal(result[20, 30], (40, 90, 200))
    assert changed.sum() == 25


def test_one_lost_pixel_does_not_spoil_the_membrane():
    background, patch = np.full((60, 60), 0.5, np.float32), np.full((41, 41), 0.2, np.float32)
    around = np.argwhere(cv2.dilate(DISC, np.ones((3, 3), np.uint8)) - DISC)[0] + 10
    background[tuple(around)] = np.nan
    result, changed = paste(background, patch, DISC, (10, 10), blend="membrane")
    assert np.isnan(result).sum() == 1
    assert np.nanmax(np.abs(result - 0.5)) < 1e-5
    assert changed[tuple(around)] == 0


def test_multiband_has_no_seam_and_keeps_fine_structure():
    background, patch = np.full((128, 128), 0.2, np.float32), np.full((41, 41), 0.8, np.float32)
    patch[::2] += 0.05
    result, changed = paste(background, patch, DISC, (43, 43), blend="multiband")
    hard, _ = paste(background, patch, DISC, (43, 43), blend="hard")
    assert np.abs(np.diff(result, axis=1)).max() < 0.35 * np.abs(np.diff(hard, axis=1)).max()
    assert np.abs(result[63, 63] - result[64, 63]) == pytest.approx(0.05, abs=0.01)
    assert changed.sum() > 1.2 * DISC.sum()
    np.testing.assert_array_equal(result[changed == 0], background[changed == 0])
    edge = np.concatenate([result[0], result[-1], result[:, 0], result[:, -1]])
    assert np.abs(edge - 0.2).max() < 1e-3


def test_multiband_of_everything_is_the_patch():
    background, patch = picture(64, 64, 1, np.float32), picture(64, 64, 1, np.float32, seed=2)
    result, _ = paste(background, patch, np.ones((64, 64), bool), (0, 0), blend="multiband")
    np.testing.assert_allclose(result, patch, atol=1e-5)


def test_seamless_is_cv2_s():
    background, patch = picture(90, 80), picture(41, 41, seed=1)
    result, _ = paste(background, patch, DISC, (20, 25), blend="seamless")
    np.testing.assert_array_equal(
        result, cv2.seamlessClone(patch, background, DISC * 255, (25 + 20, 20 + 20), cv2.NORMAL_CLONE)
    )


def test_seamless_leaves_nothing_of_a_mask_as_thin_as_its_rim():
    background, patch = picture(90, 80), picture(41, 41, seed=1)
    thin = np.zeros((41, 41), np.uint8)
    thin[20:22, 5:35] = 1
    assert not paste(background, patch, thin, (20, 25), blend="seamless")[1].any()
    assert paste(background, patch, thin, (20, 25), blend="membrane")[1].sum() > 50


def test_a_patch_out_of_the_background_can_be_pasted_into_it():
    for blend in BLENDS:
        one, other = picture(90, 90), picture(90, 90)
        paste(one, one[30:71, 30:71], DISC, (35, 40), blend=blend, out=one)
        expected, _ = paste(other, other[30:71, 30:71].copy(), DISC, (35, 40), blend=blend)
        np.testing.assert_array_equal(one, expected)


@given(
    st.sampled_from(BLENDS),
    st.sampled_from([np.uint8, np.uint16, np.int16, np.float32]),
    st.tuples(*[st.integers(1, 40)] * 4),
    st.tuples(*[st.integers(-40, 40)] * 2),
    st.sampled_from([0, 1, 3]),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=150)
def test_both_engines_agree_on_any_sizes_and_types(blend, dtype, sizes, at, channels, seed):
    pytest.importorskip("numba")
    background, patch = (
        picture(*sizes[:2], channels or 1, dtype, seed),
        picture(*sizes[2:], channels or 1, dtype, seed + 1),
    )
    if not channels:
        background, patch = background[..., 0], patch[..., 0]
    mask = np.random.default_rng(seed).random(sizes[2:]) < 0.6
    with using("plain"):
        plain, plain_changed = paste(background, patch, mask, at, blend=blend)
    with using("numba"):
        fast, fast_changed = paste(background, patch, mask, at, blend=blend)
    if dtype == np.float32:
        np.testing.assert_allclose(fast, plain, atol=1e-5)
    else:
        assert np.abs(fast.astype(int) - plain).max() <= 1
        assert (fast != plain).mean() < 0.02
    for result, changed in ((plain, plain_changed), (fast, fast_changed)):
        differs = result != background
        np.testing.assert_array_equal(changed, differs if differs.ndim == 2 else differs.any(axis=-1))


def test_an_empty_mask_pastes_nothing():
    background, patch = picture(60, 60), picture(41, 41, seed=1)
    for blend in [*BLENDS, "seamless"]:
        result, changed = paste(background, patch, np.zeros((41, 41), np.uint8), (5, 5), blend=blend)
        np.testing.assert_array_equal(result, background)
        assert not changed.any()


def test_read_only_and_strided_pictures_are_taken():
    background, patch = picture(90, 160)[:, ::2], picture(82, 41, seed=1)[::2]
    background.flags.writeable = patch.flags.writeable = False
    result, _ = paste(background, patch, DISC, (20, 20), blend="membrane")
    expected, _ = paste(background.copy(), patch.copy(), DISC, (20, 20), blend="membrane")
    np.testing.assert_array_equal(result, expected)


GRAY = np.zeros((30, 30), np.uint8)
ONES = np.ones((5, 5), np.uint8)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((GRAY.astype(np.float64), ONES, ONES, (0, 0)), ImageError, "background has type float64"),
        ((GRAY, ONES.astype(np.uint16), ONES, (0, 0)), ImageError, "patch has type uint16"),
        ((GRAY, np.ones((5, 5, 3), np.uint8), ONES, (0, 0)), ImageError, "patch has 3 axes"),
        ((np.zeros((9, 9, 3), np.uint8), np.ones((5, 5, 4), np.uint8), ONES, (0, 0)), ImageError, "4 channels"),
        ((GRAY[:0], ONES, ONES, (0, 0)), ImageError, "background is empty"),
        ((GRAY, ONES, ONES[:4], (0, 0)), ImageError, "mask must be"),
        ((GRAY, ONES, ONES * 1.5, (0, 0)), ImageError, "opacity from 0 to 1"),
        ((GRAY, ONES, ONES * np.nan, (0, 0)), ImageError, "opacity from 0 to 1"),
        ((GRAY, ONES, ONES, (0.5, 0)), ValueError, r"at=\(0.5, 0\)"),
        ((GRAY, ONES, ONES, 3), ValueError, "at=3"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, said):
    with pytest.raises(error, match=said):
        paste(*arguments)


def test_wrong_options_are_named():
    with pytest.raises(UnknownName, match="did you mean 'feather'"):
        paste(GRAY, ONES, ONES, (0, 0), blend="fether")
    with pytest.raises(ValueError, match="feather_px=-1"):
        paste(GRAY, ONES, ONES, (0, 0), feather_px=-1)
    with pytest.raises(ImageError, match='use "membrane"'):
        paste(GRAY, ONES, ONES, (0, 0), blend="seamless")
    with pytest.raises(ImageError, match="out overlaps"):
        paste(GRAY, ONES, ONES, (0, 0), out=GRAY[:])
