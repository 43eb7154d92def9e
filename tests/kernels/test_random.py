import hashlib
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from domainaug.errors import ImageError
from domainaug.kernels.engine import engine, loops, using
from domainaug.kernels.random import halves, normals, uniforms

ENGINES = ["plain", "numba"] if engine() == "numba" else ["plain"]

coarse = partial(normals, coarse=True)

KNOWN = [
    (0, 0, "00000000 00000000 00000000 00000000", "5f6fb709 0d893f64 4f121f81 4f730a48"),
    (0xFFFFFFFF, 0xFFFFFFFF, "ffffffff ffffffff ffffffff ffffffff", "5207ddc2 45165e59 4d8ee751 8c52f662"),
    (0xA4093822, 0x299F31D0, "243f6a88 85a308d3 13198a2e 03707344", "4dfccaba 190a87f0 c47362ba b6b5242a"),
]
"""Known answers of philox4x32-7: key, counter, words; from Random123's `kat_vectors`."""


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("key_lo", "key_hi", "counter", "answer"), KNOWN)
def test_philox_gives_the_known_answers(name: str, key_lo: int, key_hi: int, counter: str, answer: str) -> None:
    c0, c1, c2, c3 = (int(word, 16) for word in counter.split())
    words = np.zeros((4, 1), np.uint32)
    with using(name):
        loops("random").philox(
            words, 1, np.uint32(key_lo), np.uint32(key_hi), np.uint64(c2 | c3 << 32), np.uint64(c0 | c1 << 32)
        )
    assert [f"{word:08x}" for word in words[:, 0]] == answer.split()


@settings(max_examples=40)
@given(
    key=st.integers(0, 2**64 - 1),
    stream=st.integers(0, 2**64 - 1),
    start=st.integers(0, 2**62),
    count=st.integers(1, 5000),
)
def test_both_engines_give_the_same_bits(key: int, stream: int, start: int, count: int) -> None:
    made = []
    for name in ENGINES:
        with using(name):
            made.append([f((count,), key, stream, start=start).tobytes() for f in (normals, coarse, uniforms)])
    assert made[0] == made[-1]


def test_the_numbers_of_a_key_never_change() -> None:
    """A dataset made today can be made again with every later release, on every machine."""
    assert hashlib.sha256(normals((1 << 16,), 7, 3).tobytes()).hexdigest()[:16] == "379166509caf5fed"
    assert hashlib.sha256(coarse((1 << 16,), 7, 3).tobytes()).hexdigest()[:16] == "c157f1bbdf43b435"
    assert hashlib.sha256(uniforms((1 << 16,), 7, 3).tobytes()).hexdigest()[:16] == "2381121325625929"


@settings(max_examples=60)
@given(begin=st.integers(0, 9000), count=st.integers(1, 3000))
def test_an_element_depends_on_its_index_alone(begin: int, count: int) -> None:
    whole = normals((12000,), 99, 1)
    assert np.array_equal(normals((count,), 99, 1, start=begin), whole[begin : begin + count])
    whole = coarse((12000,), 99, 1)
    assert np.array_equal(coarse((count,), 99, 1, start=begin), whole[begin : begin + count])
    whole = uniforms((12000,), 99, 1)
    assert np.array_equal(uniforms((count,), 99, 1, start=begin), whole[begin : begin + count])


def test_threads_change_nothing() -> None:
    once = normals((3, 257, 311), 5, threads=1)
    for threads in (2, 3, 7):
        assert np.array_equal(normals((3, 257, 311), 5, threads=threads), once)


@pytest.fixture(scope="module")
def many() -> np.ndarray:
    return normals((1 << 23,), 20, 26)


def test_they_are_normal(many: np.ndarray) -> None:
    n, x = many.size, many.astype(np.float64)
    assert abs(x.mean()) < 4 / np.sqrt(n)
    assert abs(x.std() - 1) < 4 / np.sqrt(2 * n)
    assert abs(stats.skew(x)) < 4 * np.sqrt(6 / n)
    assert abs(stats.kurtosis(x)) < 4 * np.sqrt(24 / n)
    assert stats.kstest(x, "norm").pvalue > 0.001


def test_the_tails_are_those_of_a_normal(many: np.ndarray) -> None:
    for bound in (3.0, 4.0, 4.5):
        expected = 2 * stats.norm.sf(bound) * many.size
        assert abs((abs(many) > bound).sum() - expected) < 4 * np.sqrt(expected)
    assert 5.2 < abs(many).max() < 6.7


def test_the_two_of_a_pair_are_independent(many: np.ndarray) -> None:
    first, second = many[0::2].astype(np.float64), many[1::2].astype(np.float64)
    bound = 4 / np.sqrt(first.size)
    assert abs(np.corrcoef(first, second)[0, 1]) < bound
    assert abs(np.corrcoef(first**2, second**2)[0, 1]) < bound
    angle = np.arctan2(second, first) / (2 * np.pi) + 0.5
    assert stats.kstest(angle, "uniform").pvalue > 0.001


def test_rows_slices_streams_and_keys_are_independent() -> None:
    volume = normals((16, 128, 256), 3, 1).astype(np.float64)
    bound = 4.5 / np.sqrt(volume.size)
    for axis in range(3):
        for lag in (1, 2, 3, 4, 5, 8):
            assert abs((volume * np.roll(volume, lag, axis)).mean()) < bound
    for key, stream in ((4, 1), (3, 2), (3, 1 + 2**32), (3 + 2**32, 1), (2, 1)):
        other = normals((16, 128, 256), key, stream).astype(np.float64)
        assert abs((volume * other).mean()) < bound
        assert abs(((volume**2 - 1) * (other**2 - 1)).mean()) < 2 * bound


def test_coarse_normals_are_normal() -> None:
    x = coarse((1 << 22,), 20, 26).astype(np.float64)
    n = x.size
    assert abs(x.mean()) < 4 / np.sqrt(n)
    assert abs(x.std() - 1) < 4 / np.sqrt(2 * n)
    assert abs(stats.skew(x)) < 4 * np.sqrt(6 / n)
    assert abs(stats.kurtosis(x)) < 4 * np.sqrt(24 / n)
    assert stats.kstest(x[: 1 << 18], "norm").pvalue > 0.001
    for bound in (1.0, 2.0, 3.0, 3.5, 4.0):
        expected = 2 * stats.norm.sf(bound) * n
        assert abs((abs(x) > bound).sum() - expected) < 4 * np.sqrt(expected) + 0.02 * expected
    assert 4.2 < abs(x).max() < 4.4


def test_the_table_of_coarse_normals_holds_the_moments_of_a_normal() -> None:
    from domainaug.kernels.plain.random import _cells, coarse_table

    sizes = coarse_table()[_cells(np.arange(1 << 15))].astype(np.float64)
    assert (np.diff(sizes) <= 0).all()
    assert sizes[0] == pytest.approx(4.39, abs=0.01)
    for power, wanted in ((1, np.sqrt(2 / np.pi)), (2, 1.0), (4, 3.0), (6, 15.0)):
        assert (sizes**power).mean() == pytest.approx(wanted, rel=3e-3)


@pytest.mark.parametrize("lag", [1, 2, 4, 15, 16, 17, 64, 128, 512])
def test_coarse_normals_are_independent(lag: int) -> None:
    x = coarse((1 << 21,), 3, 1).astype(np.float64)
    bound = 4.5 / np.sqrt(x.size)
    assert abs((x[lag:] * x[:-lag]).mean()) < bound
    assert abs(((x[lag:] ** 2 - 1) * (x[:-lag] ** 2 - 1)).mean()) < 2 * bound
    others = (coarse((1 << 21,), 4, 1), coarse((1 << 21,), 3, 2), normals((1 << 21,), 3, 1))
    assert all(abs((x * other).mean()) < bound for other in others)


def test_uniforms_are_uniform() -> None:
    x = uniforms((1 << 22,), 1, 2)
    assert x.min() >= 0
    assert x.max() < 1
    assert np.array_equal(x * 2**24, np.round(x * 2**24))
    assert stats.kstest(x.astype(np.float64), "uniform").pvalue > 0.001
    bits = (x * 2**24).astype(np.uint32)
    for bit in range(24):
        ones = (bits >> bit & 1).sum()
        assert abs(ones - x.size / 2) < 4.5 * np.sqrt(x.size) / 2


@pytest.mark.parametrize("name", ENGINES)
def test_the_rarest_words_give_finite_numbers(name: str) -> None:
    words = np.array([0, 1, 2, 127, 128, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 129, 2**32 - 2, 2**32 - 1], np.uint32)
    grid = np.array(np.meshgrid(words, words)).reshape(2, -1)
    block = np.ascontiguousarray(np.concatenate([grid, grid]))
    out = np.empty(4 * block.shape[1], np.float32)
    with using(name):
        random = loops("random")
        if name == "numba":
            random._normals(block, block.shape[1], out)
        else:
            out[:] = random._normals(block).ravel()
    u = (grid[0].astype(np.float32) * np.float32(2**-32) + np.float32(2**-33)).astype(np.float64)
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * grid[1].astype(np.float64) / 2**32
    assert np.allclose(out[0::4], radius * np.cos(angle), rtol=0, atol=2e-6)
    assert np.allclose(out[1::4], radius * np.sin(angle), rtol=0, atol=2e-6)
    assert abs(out).max() < 6.77


def test_the_polynomials_are_as_exact_as_float32() -> None:
    from domainaug.kernels.plain.random import _normals

    words = np.random.default_rng(0).integers(0, 2**32, (4, 100_000), np.uint32)
    u = (words[0].astype(np.float32) * np.float32(2**-32) + np.float32(2**-33)).astype(np.float64)
    exact = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * words[1].astype(np.float64) / 2**32)
    assert abs(_normals(words)[:, 0] - exact).max() < 2e-6


@pytest.mark.parametrize("wrong", [-1, 2**64, 1.0, True, "7", None])
def test_a_key_is_64_bits(wrong: object) -> None:
    with pytest.raises(ValueError, match="must be a whole number from 0 to"):
        normals((3,), wrong)
    with pytest.raises(ValueError, match="must be a whole number from 0 to"):
        uniforms((3,), 0, wrong)
    with pytest.raises(ValueError, match="must be a whole number from 0 to"):
        halves(wrong)


def test_what_else_is_refused() -> None:
    with pytest.raises(ValueError, match="start="):
        normals((3,), 0, start=2**63 - 3)
    with pytest.raises(ImageError, match="empty"):
        normals((3, 0), 0)
    frozen = np.empty(3, np.float32)
    frozen.flags.writeable = False
    with pytest.raises(ImageError, match="read-only"):
        normals((3,), 0, out=frozen)
    with pytest.raises(ImageError, match="GB"):
        normals((1 << 20, 1 << 20), 0)
    assert halves(2**64 - 1) == (2**32 - 1, 2**32 - 1)
    assert normals((3,), np.int64(3)).dtype == np.float32
