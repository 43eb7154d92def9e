"""How sure a count is; held against SciPy, which counts exactly, and against the rule of three."""

from __future__ import annotations

import math

import pytest
from scipy.stats import binomtest, hypergeom

from domainaug.errors import DomainAugError
from domainaug.review.intervals import at_most, rate_of, sample_size


@pytest.mark.parametrize(("count", "of"), [(0, 10), (1, 10), (10, 10), (3, 149), (50, 200)])
def test_a_rate_has_wilsons_interval(count, of):
    expected = binomtest(count, of).proportion_ci(0.95, method="wilson")
    rate = rate_of(count, of)
    assert (rate.low, rate.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert rate.low <= rate.share <= rate.high


def test_of_nothing_everything_is_possible():
    assert (rate_of(0, 0).low, rate_of(0, 0).high, rate_of(0, 0).share) == (0, 1, 0)
    assert at_most(0, 0, 100) == 1


def test_none_bad_among_many_is_the_rule_of_three():
    for rate in (0.01, 0.02, 0.05):
        size = sample_size(10**7, rate)
        assert size == math.ceil(math.log(0.05) / math.log(1 - rate))
        assert size == pytest.approx(3 / rate, rel=0.03)


@pytest.mark.parametrize("population", [50, 400, 3000])
@pytest.mark.parametrize("accepted", [0, 2])
@pytest.mark.parametrize("rate", [0.02, 0.1])
def test_a_sample_is_the_smallest_that_proves_it(population, accepted, rate):
    bad = math.ceil(rate * population)
    size = sample_size(population, rate, 0.95, accepted)
    if accepted >= bad:
        assert size == population
        return
    assert hypergeom(population, bad, size).cdf(accepted) <= 0.05 + 1e-9
    assert hypergeom(population, bad, size - 1).cdf(accepted) > 0.05


def test_few_copies_need_fewer_looks_than_many():
    sizes = [sample_size(population, 0.02) for population in (60, 200, 1000, 10**6)]
    assert sizes == sorted(sizes)
    assert sizes[0] < 60


@pytest.mark.parametrize(("found", "judged", "population"), [(0, 149, 10**6), (0, 60, 400), (3, 60, 400), (5, 5, 40)])
def test_the_bound_is_the_largest_share_that_is_not_ruled_out(found, judged, population):
    bad = round(at_most(found, judged, population) * population)
    assert hypergeom(population, bad, judged).cdf(found) > 0.05
    if bad < population - judged + found:
        assert hypergeom(population, bad + 1, judged).cdf(found) <= 0.05


def test_who_judged_all_knows_the_share():
    assert at_most(3, 40, 40) == 3 / 40


def test_the_bound_of_a_full_sample_is_below_the_rate_it_proves():
    for population in (100, 400, 5000):
        for accepted in (0, 1, 3):
            size = sample_size(population, 0.05, 0.9, accepted)
            assert at_most(accepted, size, population, 0.9) < 0.05 + 1e-12


@pytest.mark.parametrize(
    ("given", "words"), [({"rate": 0}, "rate=0"), ({"rate": 0.1, "confidence": 1}, "confidence=1"),
                         ({"rate": 0.1, "accepted": -1}, "accepted=-1")],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(given, words):
    with pytest.raises(DomainAugError, match=words):
        sample_size(100, **given)
