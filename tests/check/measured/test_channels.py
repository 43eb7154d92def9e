"""Reductions over channels equal NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.check.measured import channels


@pytest.mark.parametrize("count", [1, 3])
def test_reductions_equal_numpys(count):
    picture = np.random.default_rng(count).random((17, 23, count)).astype(np.float32)
    assert channels.mean(picture) == pytest.approx(picture.mean(axis=2), abs=1e-6)
    assert np.array_equal(channels.largest(picture), picture.max(axis=2))
    assert channels.spread(picture) == pytest.approx(np.ptp(picture, axis=2))


def test_views_that_are_not_contiguous_are_fine():
    picture = np.random.default_rng(0).random((12, 9, 3)).astype(np.float32)[:, ::-1]
    assert channels.mean(picture) == pytest.approx(picture.mean(axis=2), abs=1e-6)
