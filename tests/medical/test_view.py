"""What a pipeline is shown: a range that fits, dark to bright, without padding; and the way back."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from domainaug.errors import ImageError
from domainaug.medical import load

EVERY_FILE = ["CT_small.dcm", "MR_small.dcm", "693_J2KI.dcm", "J2K_pixelrep_mismatch.dcm", "examples_overlay.dcm"]
EVERY_FILE += ["dicomdirtests/77654033/CR1/6154", "dicomdirtests/98892001/CT5N/2062"]


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("name", EVERY_FILE)
def test_an_image_left_alone_comes_back_bit_for_bit(name, moved, real):
    view = load([real("CT_small.dcm").parent / name]).view
    back, beyond = view.stored_again(view.seen(), moved=moved)
    assert beyond == 0
    held = view.stored != back
    assert not held.any() or (moved and "padding-value" in {x.code for x in view.series.findings})


@pytest.mark.parametrize("name", EVERY_FILE)
def test_everything_shown_lies_within_the_range(name, real):
    view = load([real("CT_small.dcm").parent / name]).view
    assert view.low <= view.seen().min()
    assert view.seen().max() <= view.high
    assert view.low <= view.fill <= view.high


def stored_as(edited, values, name="CT_small.dcm", **tags):
    return edited(name, PixelData=np.resize(np.asarray(values, "<i2"), (128, 128)).tobytes(), **tags)


def test_ct_is_shown_on_the_scale_of_twelve_bits_with_air_outside(real):
    view = load([real("CT_small.dcm")]).view
    assert (view.low, view.high, view.fill) == (-1024, 3071, -1000)
    assert view.seen().dtype == np.int16


def test_ct_with_metal_is_shown_whole(edited):
    view = load([stored_as(edited, [0, 1000, 9000])]).view
    assert (view.low, view.high) == (-1024, 7976)


def test_ct_of_twelve_bits_is_shown_no_wider_than_it_can_be_stored(edited):
    path = stored_as(edited, [0, 4095], BitsStored=12, HighBit=11, PixelRepresentation=0, PixelPaddingValue=None)
    view = load([path]).view
    assert (view.low, view.high) == (-1024, 3071)


def test_mr_is_shown_from_nothing_to_its_brightest_pixel(real):
    view = load([real("MR_small.dcm")]).view
    assert (view.low, view.high, view.fill) == (0, 2145, 0)


def test_a_radiograph_of_few_bits_is_shown_over_all_of_them(radiograph):
    view = load([radiograph()]).view
    assert (view.low, view.high, view.fill) == (0, 4095, 0)


def test_a_radiograph_of_many_bits_is_shown_over_window_and_content(radiograph):
    ramp = np.full((48, 40), 3000, "<u2").tobytes()
    view = load([radiograph(BitsStored=16, HighBit=15, PixelData=ramp, WindowCenter=2000, WindowWidth=1000)]).view
    assert (view.low, view.high) == (1500, 3000)


def test_a_constant_image_still_has_a_range(radiograph):
    flat = np.zeros((48, 40), "<u2").tobytes()
    view = load([radiograph(BitsStored=16, HighBit=15, PixelData=flat, WindowCenter=None, WindowWidth=None)]).view
    assert view.high > view.low


def test_monochrome1_is_shown_dark_to_bright(real):
    path = real("CT_small.dcm").parent / "dicomdirtests/77654033/CR1/6154"
    view = load([path]).view
    stored = pydicom.dcmread(path).pixel_array
    seen = view.seen()[0]
    assert seen[np.unravel_index(stored.argmin(), stored.shape)] == seen.max()
    assert np.allclose(seen, view.low + view.high - (stored * 0.684 + 200), atol=0.01)
    brighter, _ = view.stored_again(np.clip(view.seen() + 68.4, view.low, view.high), moved=False)
    assert np.array_equal(brighter[0], stored - 100)


def test_padding_is_not_shown_and_stays_padding(edited):
    values = np.arange(128 * 128).reshape(128, 128) % 1000
    values[:20] = -2000
    view = load([stored_as(edited, values)]).view
    assert view.seen()[0, :20].max() == view.fill
    assert view.low == -1024
    noisy, _ = view.stored_again(view.seen() + 50, moved=False)
    assert (noisy[0, :20] == -2000).all()
    assert np.array_equal(noisy[0, 20:], values[20:] + 50)


def test_nothing_becomes_padding_by_accident(edited):
    view = load([stored_as(edited, [5, 6, 7], PixelPaddingValue=0)]).view
    darker, _ = view.stored_again(view.seen() - 5, moved=False)
    assert set(np.unique(darker)) == {1, 2}


def test_padding_that_lies_within_the_range_is_what_lies_outside(edited):
    assert load([stored_as(edited, [500, 600], PixelPaddingValue=10)]).view.fill == -1014


def test_padding_that_moved_is_what_the_pipeline_made_of_it(edited):
    values = np.full((128, 128), 1024)
    values[:20] = -2000
    view = load([stored_as(edited, values)]).view
    moved, _ = view.stored_again(np.roll(view.seen(), 5, axis=1), moved=True)
    assert (moved[0, 5:25] == 24).all()  # air
    assert (moved[0, 25:] == 1024).all()


def test_what_whole_numbers_cannot_hold_is_shown_as_floats(edited, radiograph):
    assert load([edited(RescaleSlope=0.5)]).view.seen().dtype == np.float32
    assert load([edited(RescaleIntercept=-1024.5)]).view.seen().dtype == np.float32
    assert load([stored_as(edited, [0, 30000])]).view.seen().dtype == np.float32
    ramp = np.full((48, 40), 40000, "<u2").tobytes()
    assert load([radiograph(BitsStored=16, HighBit=15, PixelData=ramp)]).view.seen().dtype == np.float32


def test_whole_numbers_and_floats_are_stored_alike(edited, radiograph):
    flipped = radiograph("flipped.dcm", PhotometricInterpretation="MONOCHROME1")
    padded = stored_as(edited, np.arange(128 * 128) % 3000, to="padded.dcm", PixelPaddingValue=7)
    for path in (edited(), padded, radiograph(), flipped):
        view = load([path]).view
        seen = view.seen()
        assert seen.dtype == np.int16
        for change in (0, 7, -900, 3000):
            whole = view.stored_again(seen + np.int16(change), moved=False)
            floating = view.stored_again(seen.astype(np.float32) + change, moved=False)
            assert np.array_equal(whole[0], floating[0])
            assert whole[1] == floating[1]


def test_what_the_working_type_cut_off_counts_as_beyond(edited):
    view = load([edited()]).view
    seen = view.seen()
    seen[0, 0, :3] = -(2**15)
    assert view.stored_again(seen, moved=False)[1] == 3


def test_slices_keep_their_own_rescale(series):
    folder = series((0, 5, 10), each=lambda i: {"RescaleSlope": [1, 0.333, 0.777][i]})
    from domainaug.medical import read_study

    view = load(read_study(folder).series[0].files).view
    back, _ = view.stored_again(view.seen(), moved=False)
    assert np.array_equal(back, view.stored)


def test_another_grid_is_refused_with_both_sizes(real):
    view = load([real("CT_small.dcm")]).view
    with pytest.raises(ImageError, match="1 x 64 x 64 and its source 1 x 128 x 128"):
        view.stored_again(view.seen()[:, ::2, ::2], moved=True)


def test_values_that_are_not_finite_are_refused(real):
    view = load([real("CT_small.dcm")]).view
    with pytest.raises(ImageError, match="not finite"):
        view.stored_again(view.seen() * np.nan, moved=False)


def test_values_that_do_not_fit_are_counted(radiograph):
    view = load([radiograph()]).view
    seen = view.seen()
    stored, beyond = view.stored_again(seen + 100, moved=False)
    assert stored.max() == 4095
    assert beyond == np.count_nonzero(seen + 100 > 4095) > 0
