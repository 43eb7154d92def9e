import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.kernels.engine import using
from domainaug.kernels.random import normals
from domainaug.kernels.spectrum import noise_by_spectrum

RAMP = (np.linspace(0, 1.2, 25), np.interp(np.linspace(0, 1.2, 25), [0, 0.3, 1.2], [2.0, 40.0, 0.0]))
"""A filtered back-projection: little at low frequencies, most at 0.3 cycles/mm, nothing at 1.2; HU² mm²."""


def measured(noise: np.ndarray, spacing: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Frequency in cycles/mm and power of every bin, averaged over slices, by the definition."""
    power = (np.abs(np.fft.fft2(noise.astype(np.float64))) ** 2).mean(0) * np.prod(spacing) / noise[0].size
    rows, columns = (np.fft.fftfreq(n, d) for n, d in zip(noise.shape[1:], spacing, strict=True))
    return np.hypot(rows[:, None], columns), power


@pytest.mark.parametrize("spacing", [(0.7, 0.7), (0.5, 0.9)])
def test_64_slices_have_the_spectrum_that_was_asked_for(spacing: tuple[float, float]) -> None:
    noise = noise_by_spectrum((64, 96, 129), spacing, RAMP, 5)
    frequency, power = measured(noise, spacing)
    for low in np.arange(0.05, 1.0, 0.1):
        ring = (frequency >= low) & (frequency < low + 0.1)
        asked = np.interp(frequency[ring], *RAMP, right=0.0).mean()
        spread = asked / np.sqrt(ring.sum() / 2 * 64)  # a bin's power is exponential; bins come in equal pairs
        assert abs(power[ring].mean() - asked) < 5 * spread + 1e-3 * asked


def test_the_spectrum_says_how_strong_the_noise_is() -> None:
    spacing = (0.7, 0.8)
    noise = noise_by_spectrum((64, 96, 96), spacing, RAMP, 5)
    rows, columns = (np.fft.fftfreq(96, d) for d in spacing)
    integral = np.interp(np.hypot(rows[:, None], columns), *RAMP, right=0).sum() / (96 * 0.7 * 96 * 0.8)
    assert noise.var() == pytest.approx(integral, rel=0.01)


def test_a_standard_deviation_says_it_instead() -> None:
    noise = noise_by_spectrum((32, 128, 128), 0.6, RAMP, 1, std=12.5)
    assert noise.std() == pytest.approx(12.5, rel=0.01)
    assert abs(noise.mean()) < 0.05
    weaker = noise_by_spectrum((32, 128, 128), 0.6, (RAMP[0], RAMP[1] / 7), 1, std=12.5)
    assert np.allclose(noise, weaker, atol=1e-4)
    assert not noise_by_spectrum((8, 8), 0.6, RAMP, 1, std=0.0).any()


def test_slices_are_independent_of_each_other() -> None:
    noise = noise_by_spectrum((40, 64, 64), 0.7, RAMP, 11, std=1.0).reshape(40, -1)
    correlation = np.corrcoef(noise)[np.triu_indices(40, 1)]
    # neighbors in a slice are alike, so a slice has fewer independent values than pixels
    power = np.interp(np.hypot(*np.meshgrid(np.fft.fftfreq(64, 0.7), np.fft.fftfreq(64, 0.7))), *RAMP, right=0.0)
    independent = power.sum() ** 2 / (power**2).sum()
    assert correlation.std() == pytest.approx(independent**-0.5, rel=0.15)
    assert abs(correlation).max() < 5 * independent**-0.5


def test_it_is_normal() -> None:
    noise = noise_by_spectrum((16, 128, 128), 0.7, RAMP, 3, std=1.0).astype(np.float64)
    assert abs((noise**3).mean()) < 0.03
    assert abs((noise**4).mean() - 3) < 0.06


def test_white_is_the_numbers_themselves() -> None:
    noise = noise_by_spectrum((3, 31, 18), 1.0, ([0.0, 9.0], [1.0, 1.0]), 8)
    assert np.allclose(noise, normals((3, 31, 18), 8), atol=1e-5)


def test_a_spectrum_for_every_frequency_may_be_lopsided_only_along_axes() -> None:
    power = np.zeros((32, 48))
    power[0, 5] = power[0, -5] = 1.0  # stripes across the columns
    noise = noise_by_spectrum((32, 48), 1.0, power, 2, std=1.0)
    assert np.allclose(noise, noise[:1], atol=1e-5)
    one_sided = np.zeros((32, 48))
    one_sided[0, 5] = 2.0
    assert np.array_equal(noise_by_spectrum((32, 48), 1.0, one_sided, 2, std=1.0), noise)


def test_key_stream_and_slice_decide_and_nothing_else_does() -> None:
    whole = noise_by_spectrum((6, 40, 30), 0.7, RAMP, 9, stream=4, threads=1)
    assert np.array_equal(noise_by_spectrum((6, 40, 30), 0.7, RAMP, 9, stream=4, threads=5), whole)
    assert np.array_equal(noise_by_spectrum((40, 30), 0.7, RAMP, 9, stream=4, first=3), whole[3])
    assert not np.array_equal(noise_by_spectrum((6, 40, 30), 0.7, RAMP, 10, stream=4), whole)
    assert not np.array_equal(noise_by_spectrum((6, 40, 30), 0.7, RAMP, 9, stream=5), whole)
    with using("plain"):
        assert np.array_equal(noise_by_spectrum((6, 40, 30), 0.7, RAMP, 9, stream=4), whole)
    out = np.empty((6, 40, 30), np.float32)
    assert noise_by_spectrum((6, 40, 30), 0.7, RAMP, 9, stream=4, out=out) is out
    assert np.array_equal(out, whole)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (1, 1, 1), (2, 3, 2)])
def test_the_smallest_pictures_have_noise_too(shape: tuple[int, ...]) -> None:
    noise = noise_by_spectrum(shape, 0.7, RAMP, 9)
    assert noise.shape == shape
    assert noise.dtype == np.float32
    assert np.isfinite(noise).all()


@pytest.mark.parametrize(
    ("spectrum", "message"),
    [
        (([0, 1], [1, -1]), "0 or more and finite"),
        (([0, 1], [1, np.nan]), "0 or more and finite"),
        (([0, 1], [1]), "as many powers as frequencies"),
        (([], []), "as many powers as frequencies"),
        (([1, 0], [1, 1]), "must rise"),
        (([-1, 0], [1, 1]), "must rise"),
        (np.ones((3, 3)), r"picture's shape \(8, 8\)"),
        (np.zeros((8, 8)), "0 at every frequency"),
    ],
)
def test_what_is_no_spectrum_is_refused(spectrum: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        noise_by_spectrum((8, 8), 0.7, spectrum, 1, std=1.0)


def test_what_else_is_refused() -> None:
    with pytest.raises(ValueError, match="spacing must be above zero"):
        noise_by_spectrum((8, 8), (0.7, 0.0), RAMP, 1)
    with pytest.raises(ValueError, match="std=-1"):
        noise_by_spectrum((8, 8), 0.7, RAMP, 1, std=-1)
    with pytest.raises(ValueError, match="shape must be"):
        noise_by_spectrum((8,), 0.7, RAMP, 1)
    with pytest.raises(ValueError, match="start="):
        noise_by_spectrum((8, 8), 0.7, RAMP, 1, first=-1)
    with pytest.raises(ImageError, match="empty"):
        noise_by_spectrum((0, 8), 0.7, RAMP, 1)
