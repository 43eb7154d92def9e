"""From verdicts to one outcome a copy, and to rates: of effects, of transforms, of strata."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domainaug.effects import EFFECTS
from domainaug.review.candidates import Candidate
from domainaug.review.intervals import Rate, rate_of
from domainaug.review.verdicts import Answer, Verdict

__all__ = ["Judged", "RateRow", "judged_of", "rates_of"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A copy that somebody judged.

    Attributes:
        candidate: The copy.
        outcome: "reject" if anybody rejects it, else "accept" if anybody accepts it, else "skip".
        verdicts: The last word of each reviewer.
        reasons: Codes of the reasons for which it was rejected.
    """

    candidate: Candidate
    outcome: Answer
    verdicts: tuple[Verdict, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RateRow:
    """How often copies that have something are rejected, beside those that have not.

    Attributes:
        about: "effect", "transform", "group" or "kind" (of a defect that was drawn).
        name: Which.
        rate: Of the copies that have it.
        others: Of those that have not.
    """

    about: str
    name: str
    rate: Rate
    others: Rate

    @property
    def stands_out(self) -> bool:
        """Whether the two intervals lie apart, so that chance alone hardly explains the difference."""
        return self.rate.low > self.others.high and self.others.of > 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        rates = {"rate": self.rate.to_dict(), "others": self.others.to_dict()}
        return {"about": self.about, "name": self.name, **rates, "stands_out": self.stands_out}


def judged_of(candidates: Sequence[Candidate], verdicts: Iterable[Verdict]) -> tuple[Judged, ...]:
    """Return the copies that somebody judged, in the order of their first verdict.

    A verdict on other bytes than those that are there now, or on a copy that is gone, does not count.
    """
    by_place = {(one.key, one.copy): one for one in candidates}
    said: dict[tuple[str, int], list[Verdict]] = {}
    for verdict in verdicts:
        place = (verdict.key, verdict.copy)
        if place in by_place and by_place[place].sha256 == verdict.sha256:
            said.setdefault(place, []).append(verdict)
    return tuple(_judged(by_place[place], tuple(found)) for place, found in said.items())


def _judged(candidate: Candidate, verdicts: tuple[Verdict, ...]) -> Judged:
    answers = {verdict.answer for verdict in verdicts}
    order: tuple[Answer, ...] = ("reject", "accept", "skip")
    outcome = next(answer for answer in order if answer in answers)
    reasons = dict.fromkeys(code for verdict in verdicts for code in verdict.reasons)
    return Judged(candidate, outcome, verdicts, tuple(reasons))


_Having = Callable[[Candidate], Iterable[str]]


def rates_of(judged: Iterable[Judged]) -> tuple[RateRow, ...]:
    """Return how often copies are rejected, by what they have, the most suspicious first within each kind of row."""
    decided = [(one.candidate, one.outcome == "reject") for one in judged if one.outcome != "skip"]
    ways: Mapping[str, _Having] = {
        "effect": lambda one: [name for name in one.effects if _counts(one, name)],
        "transform": lambda one: one.transforms,
        "group": lambda one: [one.stratum.group] if one.stratum.group else [],
        "kind": lambda one: [one.stratum.kind] if one.stratum.kind else [],
    }
    rows: list[RateRow] = []
    for about, having in ways.items():
        found = _rates(about, decided, having)
        rows += sorted(found, key=lambda row: (-row.rate.low, -row.rate.share, row.name))
    return tuple(rows)


def _rates(about: str, decided: Sequence[tuple[Candidate, bool]], having: _Having) -> list[RateRow]:
    counts: dict[str, list[int]] = {}
    for candidate, bad in decided:
        for name in having(candidate):
            count = counts.setdefault(name, [0, 0])
            count[0] += bad
            count[1] += 1
    bad_in_all, all_of_them = sum(bad for _, bad in decided), len(decided)
    return [
        RateRow(about, name, rate_of(bad, of), rate_of(bad_in_all - bad, all_of_them - of))
        for name, (bad, of) in counts.items()
    ]


def _counts(candidate: Candidate, name: str) -> bool:
    """Whether an effect happened so that it counts, and not but faintly."""
    amount = candidate.amount(name)
    return amount is None or EFFECTS[name].is_present(amount)
