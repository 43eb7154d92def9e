"""Blends: no seam, nothing outside the mask touched, and Laplace's equation solved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from domainaug.manufacturing.pasting.blending import BLENDS, membrane

ROWS, COLUMNS = np.mgrid[:60, :72]
DISC = (ROWS - 30) ** 2 + (COLUMNS - 34) ** 2 < 18**2
RING = DISC & ~((ROWS - 26) ** 2 + (COLUMNS - 38) ** 2 < 6**2)
UNDER = (0.3 + 0.004 * COLUMNS + 0.02 * np.sin(ROWS / 3)).astype(np.float32)
OVER = (0.55 - 0.003 * ROWS + 0.1 * (((ROWS - 30) ** 2 + (COLUMNS - 34) ** 2) < 8**2)).astype(np.float32)


def exact(values, mask):
    """Laplace's equation by a sparse solver."""
    number = -np.ones(mask.shape, int)
    number[mask] = np.arange(mask.sum())
    places = np.argwhere(mask)
    rows, columns, entries, right = [], [], [], np.zeros(len(places))
    for own, (y, x) in enumerate(places):
        rows, columns, entries = [*rows, own], [*columns, own], [*entries, 4.0]
        for beside in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            if mask[beside]:
                rows, columns, entries = [*rows, own], [*columns, number[beside]], [*entries, -1.0]
            else:
                right[own] += values[beside]
    matrix = sparse.coo_matrix((entries, (rows, columns)), shape=(len(places),) * 2).tocsr()
    out = values.astype(np.float64).copy()
    out[mask] = spsolve(matrix, right)
    return out


@pytest.mark.parametrize("mask", [DISC, RING], ids=["disc", "ring"])
def test_a_membrane_is_that_of_a_sparse_solver(mask):
    values = np.random.default_rng(0).normal(0, 0.02, mask.shape) + UNDER - OVER
    found = membrane(values.astype(np.float32), mask)
    around = np.ptp(values[~mask])
    assert np.abs(found - exact(values, mask))[mask].max() < 0.02 * around
    np.testing.assert_array_equal(found[~mask], values.astype(np.float32)[~mask])


def test_a_membrane_through_a_plane_is_the_plane():
    plane = (0.2 + 0.01 * ROWS - 0.004 * COLUMNS).astype(np.float32)
    np.testing.assert_allclose(membrane(np.where(DISC, 9, plane), DISC), plane, atol=0.01 * np.ptp(plane))


def test_nothing_unknown_is_left_as_it_is_and_a_whole_window_hangs_on_its_border():
    np.testing.assert_array_equal(membrane(UNDER, np.zeros_like(DISC)), UNDER)
    found = membrane(np.where(ROWS == 0, 1.0, 0.0).astype(np.float32), np.ones_like(DISC))
    assert 0 < found[30, 36] < found[5, 36] < 1


@pytest.mark.parametrize("name", BLENDS)
@pytest.mark.parametrize("channels", [0, 1, 3])
def test_what_lies_outside_the_mask_stays_as_it_is(name, channels):
    under, over = (np.repeat(one[..., None], channels, 2) if channels else one for one in (UNDER, OVER))
    out = BLENDS[name](under, over, DISC)
    assert (out.shape, out.dtype) == (under.shape, np.float32)
    np.testing.assert_array_equal(out[~DISC], under[~DISC])
    assert np.abs(out - under)[DISC].max() > 0.02


def seam(out):
    """Mean step across the edge of the disc, over that which the picture has there anyway."""
    across = DISC[:, 1:] != DISC[:, :-1]
    return np.abs(np.diff(out, axis=1))[across].mean() / np.abs(np.diff(UNDER, axis=1))[across].mean()


def test_seams_from_the_worst_to_the_best():
    seams = {name: seam(blend(UNDER, OVER, DISC)) for name, blend in BLENDS.items()}
    assert seams["naive"] > 12
    assert seams["naive"] > 1.5 * seams["feather"]
    assert max(seams["ratio"], seams["poisson"]) < 2


def test_poisson_keeps_differences_and_ratio_keeps_shares_of_the_light():
    dark = (UNDER * 0.2).astype(np.float32)
    inner, outer = (30, 34), (30, 47)
    step = OVER[inner] - OVER[outer]
    poisson, ratio = (BLENDS[name](dark, OVER, DISC) for name in ("poisson", "ratio"))
    assert poisson[inner] - poisson[outer] == pytest.approx(step, abs=0.03)
    assert ratio[inner] / ratio[outer] == pytest.approx(OVER[inner] / OVER[outer], rel=0.15)
