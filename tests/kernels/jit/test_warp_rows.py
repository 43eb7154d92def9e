"""Where rows look: what is done unchecked stays inside the picture."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug.kernels.jit.warp_rows import inner, span

HEIGHT, WIDTH, N = 12, 70, 64


@pytest.mark.parametrize("big", [1.0, 1e6, 1e10, 1e12, 1e14])
def test_the_unchecked_part_of_a_row_has_four_pixels_around_every_place(big):
    rng = np.random.default_rng(3)
    index, fx, fy = np.empty(N, np.uint32), np.empty(N, np.float32), np.empty(N, np.float32)
    spans = []
    for _ in range(300):
        y = int(rng.integers(1, 9))
        shear = rng.uniform(1, 9) * big
        slope = rng.uniform(0.05, 0.9) * np.spacing(shear * y) if big > 1e6 else 0.01
        shift = HEIGHT - 1 - shear * y - 30 * slope  # looks at the last row after half of them
        matrix = np.array([1, 0, 0.5, slope, shear, shift, 0.0])
        begin, end = span(matrix, y, 0, N, HEIGHT, WIDTH)
        inner(matrix, y, 0, begin, end, WIDTH, 1, index, fx, fy)
        assert (index[begin:end] < (HEIGHT - 1) * WIDTH).all()
        spans.append(end - begin)
    assert (max(spans) > 8) == (big <= 1e6)  # where roundings could lead outside, every place is checked
