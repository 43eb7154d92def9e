import numpy as np
import pytest

from domainaug.preview.windows import HOUNSFIELD, window_named, windows_for

CT = np.linspace(-1024, 3071, 64 * 64).reshape(64, 64).astype(np.int16)


def test_hounsfield_values_have_the_windows_of_radiologists():
    windows = windows_for(CT, "HU", (-1024.0, 3071.0))
    assert set(HOUNSFIELD) < set(windows)
    lung = windows["lung"]
    assert (lung.low, lung.high) == (-1350.0, 150.0)
    assert next(iter(windows)) == "soft tissue"


def test_other_values_are_shown_by_what_they_are():
    assert list(windows_for(CT, "")) == ["by the image"]
    assert list(windows_for(CT, "", (0.0, 4095.0))) == ["by the image", "whole range"]
    whole = windows_for(CT, "", (0.0, 4095.0))["whole range"]
    assert (whole.low, whole.high) == (0.0, 4095.0)


def test_bytes_are_shown_as_they_are():
    (only,) = windows_for(np.zeros((4, 4), np.uint8), "HU", (0.0, 255.0)).values()
    assert (only.low, only.high) == (0.0, 255.0)


@pytest.mark.parametrize("name", ["lung", "no such window", None])
def test_a_window_that_is_not_there_is_the_first(name):
    windows = windows_for(CT, "HU")
    assert window_named(windows, name) == windows[name if name == "lung" else "soft tissue"]


def test_large_volumes_are_not_looked_through():
    volume = np.zeros((80, 128, 128), np.int16)
    volume[:, :, 64:] = 1000
    volume[:, :, 64:] += np.arange(64, dtype=np.int16)
    window = windows_for(volume, "")["by the image"]
    assert 990 < window.low < window.high < 1070
