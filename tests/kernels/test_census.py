"""Counting labels, and what of them is deep inside: both engines, against a definition spelled out."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.kernels.engine import loops, using

ENGINES = ["numba", "plain"]


def spelled_out(codes: np.ndarray, count: int) -> tuple[list[int], list[int]]:
    there, deep = [0] * count, [0] * count
    for (y, x), code in np.ndenumerate(codes):
        around = codes[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
        there[code] += 1
        deep[code] += bool((around == code).all())
    return there, deep


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (2, 2), (23, 31), (5, 64), (9, 200)])
def test_counts_are_those_of_the_definition(engine: str, dtype: str, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(shape[0])
    blocks = rng.integers(0, 5, (shape[0] // 4 + 1, shape[1] // 5 + 1))
    codes = np.kron(blocks, np.ones((4, 5), int))[: shape[0], : shape[1]].astype(dtype)
    if engine == "numba":
        pytest.importorskip("numba")
    with using(engine):
        there, deep = loops("census").census(np.ascontiguousarray(codes), 256)
    wanted = spelled_out(codes, 256)
    assert there.tolist() == wanted[0]
    assert deep.tolist() == wanted[1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("labels", [1, 3, 40])
@pytest.mark.parametrize("size", [1, 63, 64, 1000])
def test_what_is_present_is_found(engine: str, dtype: str, labels: int, size: int) -> None:
    codes = np.repeat(np.random.default_rng(size).integers(0, labels, size // 7 + 1), 7)[:size].astype(dtype)
    if engine == "numba":
        pytest.importorskip("numba")
    with using(engine):
        assert np.flatnonzero(loops("census").present(codes, 256)).tolist() == np.unique(codes).tolist()
