"""How sure a count is: intervals for shares, and how many to look at to prove that few are bad.

All bounds here are exact for drawing without replacement from a finite number of copies (hypergeometric), but for
Wilson's interval, which is the usual one for a rate.

Sources: Wilson 1927, doi 10.1080/01621459.1927.10502953; Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404, whose
argument holds for finite populations word for word.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from domainaug.errors import DomainAugError

__all__ = ["Rate", "at_most", "rate_of", "sample_size"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that was counted, and Wilson's interval around it.

    Attributes:
        count: How many were.
        of: Of how many.
        low: Lower end of the interval.
        high: Upper end.
    """

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share itself; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    def to_dict(self) -> dict[str, float | int]:
        """Return it as JSON-able data."""
        ends = {"share": round(self.share, 6), "low": round(self.low, 6), "high": round(self.high, 6)}
        return {"count": self.count, "of": self.of, **ends}

    def __str__(self) -> str:
        if not self.of:
            return "none judged"
        return f"{self.count} of {self.of} ({100 * self.low:.1f} to {100 * self.high:.1f} %)"


def rate_of(count: int, of: int, confidence: float = 0.95) -> Rate:
    """Return the share `count` / `of` with Wilson's interval; of nothing, everything from 0 to 1 is possible."""
    if not of:
        return Rate(count, of, 0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = count / of
    scale = 1 + z * z / of
    middle = (share + z * z / (2 * of)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = (0.0 if count == 0 else max(0.0, middle - half), 1.0 if count == of else min(1.0, middle + half))
    return Rate(count, of, low, high)


def sample_size(population: int, rate: float, confidence: float = 0.95, accepted: int = 0) -> int:
    """Return how many of `population` to judge so that finding few bad proves that few are.

    If a share of `rate` or more were bad, a random sample of this size would hold more than `accepted` bad ones with
    at least this confidence. For a large population, 95 % and none accepted this is the rule of three, 3 / rate.

    Args:
        population: How many there are.
        rate: The share of bad ones that is to be ruled out, above 0, below 1.
        confidence: Above 0, below 1.
        accepted: How many bad ones in the sample still prove it.

    Returns:
        The size; all of them where no smaller sample can tell.

    Raises:
        DomainAugError: A number makes no sense.
    """
    _hold(rate, confidence, accepted)
    bad = min(population, max(1, math.ceil(rate * population - 1e-9)))
    if accepted >= bad:
        return population
    low, high = 0, population
    while low < high:
        middle = (low + high) // 2
        if _at_most(accepted, population, bad, middle) <= 1 - confidence + 1e-12:
            high = middle
        else:
            low = middle + 1
    return low


def at_most(found: int, judged: int, population: int, confidence: float = 0.95) -> float:
    """Return the largest share of bad ones that finding `found` among `judged` leaves possible.

    Args:
        found: Bad ones in the sample.
        judged: Size of the random sample.
        population: How many it was drawn from.
        confidence: Of this one-sided bound.

    Returns:
        The share: with fewer judged than all, somewhat more than `found / judged`.
    """
    if not population or not judged:
        return 1.0
    low, high = found, population - judged + found  # the most there can be: all that nobody looked at
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most(found, population, middle, judged) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low / population


def _at_most(most: int, population: int, bad: int, sample: int) -> float:
    """Return the chance of at most `most` bad ones in a sample without replacement."""
    fewest, good = max(0, sample - (population - bad)), population - bad
    if most < fewest:
        return 0.0
    if most >= min(bad, sample):
        return 1.0
    whole = _choose(population, sample)
    return min(1.0, sum(math.exp(_choose(bad, k) + _choose(good, sample - k) - whole) for k in range(fewest, most + 1)))


def _choose(n: int, k: int) -> float:
    """Return the logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _hold(rate: float, confidence: float, accepted: int) -> None:
    if not 0 < rate < 1:
        raise DomainAugError(f"rate={rate:g}: the share of bad copies to rule out lies between 0 and 1, such as 0.02")
    if not 0 < confidence < 1:
        raise DomainAugError(f"confidence={confidence:g}: a confidence lies between 0 and 1, such as 0.95")
    if accepted < 0:
        raise DomainAugError(f"accepted={accepted}: how many bad ones still prove it is a whole number from 0 up")
