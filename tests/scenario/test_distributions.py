"""Values drawn from a distribution are distributed so, as SciPy has it; what is written comes back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from domainaug.scenario import Axis
from domainaug.scenario.distributions import Histogram, Normal, Poisson, Weighted, distribution_of
from domainaug.scenario.spreads import spread_of

RAIN = Axis("rain", "Rain.", 0.0, "mm/h", 0, 50)
COUNT = Axis("count", "How many.", 1, "", 0, 100, whole=True)
WORD = Axis("weather", "Which.", "noon", choices=("noon", "snow", "fog"))
SHARES = (np.arange(4000) + 0.5) / 4000


def test_a_normal_distribution_is_cut_off_at_the_ends_of_its_axis() -> None:
    spread = distribution_of(RAIN, {"mean": "4 mm/h", "deviation": 6})
    drawn = [spread.at(share) for share in SHARES]
    there = stats.truncnorm((0 - 4) / 6, (50 - 4) / 6, 4, 6).ppf(SHARES)
    np.testing.assert_allclose(drawn, there, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose([spread.share(value) for value in drawn], SHARES, atol=1e-9)


def test_poisson_counts_as_often_as_it_should() -> None:
    spread = distribution_of(COUNT, {"poisson": 3.5})
    counts = np.bincount([int(spread.at(share)) for share in SHARES], minlength=8)[:8]
    np.testing.assert_allclose(counts / 4000, stats.poisson(3.5).pmf(np.arange(8)), atol=2 / 4000)
    shares = [spread.share(number) for number in range(20)]
    assert shares == sorted(shares)


def test_histograms_and_weights_are_met_as_often_as_they_weigh() -> None:
    bins = distribution_of(RAIN, {"bins": [[0, 2, 6], [2, 4, 0], [4, 20, 2]]})
    drawn = np.array([bins.at(share) for share in SHARES])
    assert (drawn < 2).mean() == pytest.approx(0.75)
    assert not ((drawn > 2) & (drawn < 4)).any()
    assert np.median(drawn[drawn >= 4]) == pytest.approx(12, abs=0.1)
    words = distribution_of(WORD, {"weights": [["noon", 3], ["fog", 1]]})
    assert [words.at(share) for share in SHARES].count("noon") == 3000
    assert words.grid() == ("noon", "fog")


@pytest.mark.parametrize(
    ("axis", "written", "kind"),
    [
        (RAIN, {"mean": 4.0, "deviation": 2.0, "from": 0.0, "to": 9.0}, Normal),
        (COUNT, {"poisson": 4.0, "from": 1, "to": 9}, Poisson),
        (RAIN, {"bins": [[0.0, 2.0, 6.0], [2.0, 20.0, 2.0]]}, Histogram),
        (WORD, {"weights": [["noon", 3.0], ["fog", 1.0]]}, Weighted),
    ],
)
def test_what_is_written_comes_back_and_every_part_has_a_name(axis: Axis, written: dict, kind: type) -> None:
    spread = spread_of(axis, written)
    assert isinstance(spread, kind)
    assert spread.written == written
    assert len({spread.label(part) for part in range(spread.bins)}) == spread.bins
    parts = [min(int(spread.share(spread.at(share)) * spread.bins), spread.bins - 1) for share in SHARES]
    assert set(parts) == set(range(spread.bins))


@pytest.mark.parametrize(
    ("axis", "written", "says"),
    [
        (RAIN, {"mean": 4}, "a mean and a deviation"),
        (RAIN, {"mean": 4, "deviation": 0}, "deviation=0: it is above 0"),
        (RAIN, {"mean": 4, "deviation": 1, "low": 2}, "has no 'low'; it has mean, deviation, from, to"),
        (RAIN, {"mean": 400, "deviation": 1}, "nothing of the normal distribution lies between 0 and 50"),
        (RAIN, {"mean": 4, "deviation": 1, "from": 5, "to": 5}, "the first must be the smaller"),
        (RAIN, {"poisson": 0}, "above 0"),
        (RAIN, {"bins": []}, "a list of"),
        (RAIN, {"bins": [[0, 2, 1], [3, 4, 1]]}, "begins where the one before it ends"),
        (RAIN, {"bins": [[0, 60, 1]]}, "rain lies between 0 and 50"),
        (WORD, {"weights": [["noon", 0]]}, "one weight, above 0"),
        (WORD, {"weights": [["nooon", 1]]}, "did you mean 'noon'"),
        (WORD, {"mean": 1, "deviation": 1}, "weather is a word"),
        (COUNT, {"mean": 1, "deviation": 1}, "a whole number"),
    ],
)
def test_what_is_no_distribution_is_said_in_one_sentence(axis: Axis, written: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        spread_of(axis, written)


def test_a_grid_takes_no_curve() -> None:
    with pytest.raises(ValueError, match="a grid takes no distribution"):
        spread_of(RAIN, {"mean": 4, "deviation": 1}).grid()
