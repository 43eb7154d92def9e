from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domainaug._albumentations.matrices import inverse

entries = st.floats(-3, 3)


def determinant(rows):
    with np.errstate(all="ignore"):  # of subnormal numbers it divides by zero
        return abs(np.linalg.det(rows))


@given(st.lists(entries, min_size=6, max_size=6))
def test_the_inverse_of_an_affine_matrix_is_numpys(values):
    rows = [values[:3], values[3:], [0.0, 0.0, 1.0]]
    if determinant(rows) > 1e-3:
        np.testing.assert_allclose(inverse(rows), np.linalg.inv(rows), atol=1e-7, rtol=1e-7)


@given(st.lists(entries, min_size=6, max_size=6), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.floats(0.5, 2))
def test_the_inverse_with_perspective_is_numpys_but_for_its_scale(values, g, h, i):
    rows = [values[:3], values[3:], [g, h, i]]
    true = np.linalg.inv(rows) if determinant(rows) > 1e-3 else None
    if true is None or abs(true[2, 2]) < 1e-3:
        return
    found = np.array(inverse(rows))
    assert found[2, 2] == 1
    np.testing.assert_allclose(found, true / true[2, 2], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 2, 0], [2, 4, 5], [0, 0, 1]],
        [[0, 0, 0], [0, 0, 0], [0, 0, 1]],
        [[1, 0, 0], [0, 1, 0], [1, 1, 0]],  # takes what is far away to the origin
        [[1, 2, 3], [2, 4, 6], [0.1, 0, 2]],
        [[float("nan"), 0, 0], [0, 1, 0], [0, 0, 1]],
    ],
)
def test_what_has_no_inverse_is_told(rows):
    assert inverse(rows) is None
