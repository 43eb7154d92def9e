"""The chart: known, unrepeating, and right in every value range."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.check.measured import Probe, make_probe
from domainaug.check.measured.chart import dtype_for
from domainaug.errors import ImageError
from domainaug.generators import Frame

RANGES = [(0, 255, np.uint8), (0, 65535, np.uint16), (0, 1, np.float32), (-1024, 3071, np.int16), (0, 4095, np.uint16)]


@pytest.mark.parametrize(("low", "high", "dtype"), RANGES)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_type_follows_the_range_and_decoding_undoes_encoding(low, high, dtype, channels):
    probe = make_probe(Frame(128, 160, channels, low=low, high=high))
    assert probe.image.dtype == dtype
    assert probe.image.shape == ((128, 160) if channels == 1 else (128, 160, 3))
    assert probe.decode(probe.image) == pytest.approx(probe.picture, abs=0.003)


def test_the_same_chart_every_time():
    one, two = make_probe(Frame(96, 96, 3)), make_probe(Frame(96, 96, 3))
    assert np.array_equal(one.image, two.image)


@pytest.mark.parametrize("size", [(256, 256), (512, 384), (128, 128)])
def test_every_gray_level_is_there_three_times_at_least(size):
    discs = make_probe(Frame(*size, 3)).discs
    levels, counts = np.unique(discs.colors[discs.is_gray][:, 0], return_counts=True)
    assert len(levels) == 9
    assert counts.min() >= 3


def test_the_texture_carries_no_color_and_does_not_repeat():
    probe = make_probe(Frame(256, 256, 3))
    gray = probe.picture.mean(axis=2) - probe.picture.mean()
    texture = np.ptp(probe.picture, axis=2) < 1e-6
    assert texture.mean() > 0.9
    spectrum = np.abs(np.fft.fft2(gray)) ** 2
    likeness = np.fft.ifft2(spectrum).real / spectrum.mean()
    likeness[:9, :9] = likeness[-8:, :9] = likeness[:9, -8:] = likeness[-8:, -8:] = 0
    assert likeness.max() < 0.35 * np.fft.ifft2(spectrum).real[0, 0] / spectrum.mean()


def test_masks_hold_the_address_of_every_pixel():
    x, y = make_probe(Frame(100, 120, 1)).masks
    assert (x[7, 5], y[7, 5]) == (6, 8)
    assert min(x.min(), y.min()) == 1


def test_frames_too_small_or_without_a_range_are_refused():
    with pytest.raises(ImageError, match="64 pixels a side"):
        make_probe(Frame(40, 256))
    with pytest.raises(ImageError, match="low < high"):
        make_probe(Frame(256, 256, low=5, high=5))


def test_a_real_picture_is_a_probe_without_discs():
    picture = np.tile(np.arange(128, dtype=np.uint8), (128, 1))
    probe = Probe.of_picture(picture, Frame())
    assert probe.discs is None
    assert probe.frame.height == 128
    with pytest.raises(ImageError, match=r"\(h, w\[, c\]\)"):
        Probe.of_picture(np.zeros((3, 3)), Frame())


def test_narrow_ranges_come_as_floats():
    assert dtype_for(Frame(low=-1, high=1)) == np.float32
    assert dtype_for(Frame(low=-1e6, high=1e6)) == np.float32
