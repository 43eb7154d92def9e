"""B-spline lattices, held against SciPy's own B-splines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from domainaug.kernels.lattice import axis_weights, fit, lookup, on_grid


def by_scipy(positions, n, control, *, slope=False):
    """The cubic B-spline basis with evenly spaced knots, the first cell beginning at 0, the last ending at n - 1."""
    knots = np.arange(-3, control + 1) * (n - 1) / (control - 3)
    basis = BSpline(knots, np.eye(control), 3)
    return (basis.derivative() if slope else basis)(positions)


@pytest.mark.parametrize("slope", [False, True])
@given(n=st.integers(2, 300), control=st.integers(4, 12), seed=st.integers(0, 999))
@settings(max_examples=40)
def test_control_points_weigh_what_the_b_spline_basis_says(slope, n, control, seed):
    positions = np.append(np.random.default_rng(seed).uniform(0, n - 1, 20), [0.0, n - 1])
    wanted = by_scipy(positions, n, control, slope=slope)
    np.testing.assert_allclose(axis_weights(positions, n, control, slope=slope), wanted, atol=1e-9)


def test_one_voxel_alone_is_the_first_knot():
    np.testing.assert_allclose(axis_weights(np.zeros(1), 1, 5), [[1 / 6, 4 / 6, 1 / 6, 0, 0]])


@given(seed=st.integers(0, 999))
@settings(max_examples=20)
def test_a_grid_and_single_points_agree(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 9, 3))
    lattice = rng.normal(size=(3, *rng.integers(4, 8, 3))).astype(np.float32)
    at = [np.arange(n, dtype=float) for n in shape]
    z, y, x = (axis_weights(p, n, g) for p, n, g in zip(at, shape, lattice.shape[1:], strict=True))
    points = np.indices(shape).reshape(3, -1).T[:, ::-1].astype(float)
    np.testing.assert_allclose(on_grid(lattice, (z, y, x)).reshape(3, -1).T, lookup(lattice, shape, points), atol=1e-9)


def test_beyond_the_grid_a_displacement_stays_smooth_and_bounded():
    lattice = np.random.default_rng(0).normal(size=(3, 5, 5, 5)).astype(np.float32)
    far = lookup(lattice, (9, 9, 9), np.array([[4.0, 4.0, 4.0 + d] for d in np.arange(0, 60, 0.01)]))
    assert np.abs(far).max() <= np.abs(lattice).max() + 1e-6
    assert np.abs(np.diff(far, n=2, axis=0)).max() < 1e-3  # no kink anywhere
    np.testing.assert_allclose(far[-1], far[-1000], atol=1e-12)


@pytest.mark.parametrize("shape", [(20, 30, 40), (1, 30, 40), (2, 3, 200)])
def test_a_fitted_lattice_gives_the_field_everywhere(shape):
    def field(points):
        x, y, z = points.T
        return np.stack([np.sin(x / 9) + z / 50, np.cos(y / 7) * 2, np.sin((x + y) / 20)], axis=1)

    lattice = fit(field, shape, (1, 3, 4), 1e-3)
    points = np.random.default_rng(0).uniform(0, 1, (5000, 3)) * (np.array(shape[::-1]) - 1)
    assert np.abs(lookup(lattice, shape, points) - field(points)).max() < 2e-3


def test_a_field_too_rough_for_any_lattice_is_refused():
    with pytest.raises(ValueError, match="resample in two passes"):
        fit(lambda points: np.sign(np.sin(points * 3)), (9, 300, 300), (3, 40, 40), 1e-3)
