"""A wish for wide vectors changes no result, and reaches LLVM."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

import numba

from domainaug.kernels.jit.wide import wide_vectors


@numba.njit
def _wishing(values):
    wide_vectors()
    for i in range(values.size):
        values[i] = values[i] * np.float32(2.0) + np.float32(1.0)


def test_a_kernel_that_wishes_gives_the_same() -> None:
    values = np.arange(100, dtype=np.float32)
    _wishing(values)
    np.testing.assert_array_equal(values, np.arange(100, dtype=np.float32) * 2 + 1)
    assert '"prefer-vector-width"="512"' in next(iter(_wishing.inspect_llvm().values()))
