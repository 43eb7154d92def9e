from __future__ import annotations

import itertools

import numpy as np
import pytest

from domainaug.errors import DomainAugError
from domainaug.scenario import Choices, Range, coverage_of
from domainaug.scenario.sampling import METHODS, points

SPREADS = {"a": Range(0, 1), "b": Range(1, 100, "log"), "c": Choices(("x", "y"))}


def taken(method, count, seed=1, spreads=SPREADS):
    return list(itertools.islice(points(spreads, method, count, seed), count))


@pytest.mark.parametrize("method", [method for method in METHODS if method != "grid"])
def test_points_follow_from_the_seed(method):
    assert taken(method, 10) == taken(method, 10)
    assert taken(method, 10) != taken(method, 10, seed=2)


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_a_longer_sample_begins_with_the_shorter_one(method):
    assert taken(method, 200)[:10] == taken(method, 10)


def test_a_latin_hypercube_has_a_point_in_every_part_of_every_axis():
    found = taken("latin-hypercube", 20)
    for name, spread in SPREADS.items():
        if isinstance(spread, Range):
            assert sorted(int(spread.share(point[name]) * 20) for point in found) == list(range(20))


def test_a_grid_is_every_combination():
    spreads = {"a": Range(0, 1, steps=3), "c": Choices(("x", "y"))}
    found = list(points(spreads, "grid", 1, 0))
    assert found == [{"a": a, "c": c} for a in (0, 0.5, 1) for c in "xy"]


def test_a_grid_that_is_too_long_says_so():
    spreads = {str(k): Range(0, 1, steps=100) for k in range(4)}
    with pytest.raises(DomainAugError, match="1e"):
        next(points(spreads, "grid", 1, 0))


def test_even_sampling_is_more_even_than_chance():
    spreads = {"a": Range(0, 1), "b": Range(0, 1), "c": Range(0, 1)}
    by = {
        method: coverage_of(spreads, taken(method, 64, spreads=spreads)).discrepancy for method in ("sobol", "random")
    }
    assert by["sobol"] < by["random"] / 5


def test_coverage_counts_what_is_there():
    spreads = {"a": Range(0, 8), "c": Choices(("x", "y"))}
    cover = coverage_of(spreads, [{"a": 0.5, "c": "x"}, {"a": 0.6, "c": "x"}, {"a": 7.9, "c": "y"}])
    assert list(cover.axes["a"].values()) == [2, 0, 0, 0, 0, 0, 0, 1]
    assert cover.axes["c"] == {"x": 2, "y": 1}
    assert cover.pairs["a", "c"] == 2 / 8
    assert len(cover.empty) == 6
    assert "a 0 to 2 with c y" in cover.empty
    assert "pairs of axes: 25%" in str(cover)


def test_coverage_is_whole_where_every_cell_is_met():
    spreads = {"a": Range(0, 1, steps=8), "b": Range(0, 1, steps=8)}
    cover = coverage_of(spreads, list(points(spreads, "grid", 1, 0)))
    assert cover.pairwise == 1.0
    assert cover.empty == ()
    assert set(cover.axes["a"].values()) == {8}


def test_the_discrepancy_is_that_of_hickernell():
    """One point in the middle of one axis: CD² = 13/12 - 2 (1) + 1 = 1/12 (Hickernell 1998, eq. for n = 1, x = 1/2)."""
    cover = coverage_of({"a": Range(0, 1)}, [{"a": 0.5}])
    assert cover.discrepancy == pytest.approx(1 / 12)
    assert np.isfinite(cover.discrepancy)
