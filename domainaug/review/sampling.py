"""The random sample that is judged: stratified, with the same chance for every copy, and stable.

Each copy has a number of its own, a hash of the seed and of its name. Within a stratum those of the lowest numbers are
drawn, so that a run that goes on changes a sample only where new copies take part. How many a stratum gives is its
share of the whole, rounded along one random start, which keeps the chance of every copy the same however small its
stratum (controlled rounding, as in systematic sampling).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from domainaug.review.candidates import Candidate, Stratum

__all__ = ["draw_sample"]


def draw_sample(candidates: Sequence[Candidate], size: int, seed: int = 0) -> tuple[Candidate, ...]:
    """Return `size` of the copies, in random order, every stratum with its share.

    Args:
        candidates: All of them, in any order.
        size: How many; all of them where there are no more.
        seed: Fixes the draw.

    Returns:
        The sample in the order in which it is judged: whatever has been judged of it is a random sample too.
    """
    numbered = {(one.key, one.copy): _number(seed, f"{one.key}\n{one.copy}") for one in candidates}
    strata: dict[Stratum, list[Candidate]] = {}
    for one in candidates:
        strata.setdefault(one.stratum, []).append(one)
    size = min(size, len(candidates))
    share = size / len(candidates) if candidates else 0.0
    start = _number(seed, "the start of the rounding")
    drawn: list[Candidate] = []
    passed = 0
    for stratum in sorted(strata):
        members = sorted(strata[stratum], key=lambda one: numbered[one.key, one.copy])
        until = passed + len(members)
        drawn += members[: int(until * share + start + _EXACT) - int(passed * share + start + _EXACT)]
        passed = until
    return tuple(sorted(drawn, key=lambda one: numbered[one.key, one.copy]))


_EXACT = 1e-9  # a whole number that rounding put just below itself


def _number(seed: int, text: str) -> float:
    """Return a number from 0 to 1 that depends on nothing else."""
    digest = hashlib.sha256(f"domainaug review {seed}\n{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
