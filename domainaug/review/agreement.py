"""How far reviewers agree beyond chance: Cohen's kappa for two, Fleiss' for more.

Sources: Cohen 1960, doi 10.1177/001316446002000104; Fleiss 1971, doi 10.1037/h0031619.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from domainaug.review.judged import Judged

__all__ = ["Agreement", "agreement_of", "cohen_kappa", "fleiss_kappa"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far reviewers agree.

    Attributes:
        reviewers: Who judged anything, by name.
        shared: Copies that at least two accepted or rejected.
        unanimous: How many of these they all said the same of.
        kappa: Cohen's for two reviewers, Fleiss' for more, over the copies that all of them judged; None where
            there are none, or where all is accepted, or all rejected, so that chance explains everything.
        pairs: Cohen's kappa of every two reviewers, by their names.
        split: Ids of the copies they disagree on.
    """

    reviewers: tuple[str, ...]
    shared: int
    unanimous: int
    kappa: float | None
    pairs: tuple[tuple[str, str, float | None], ...]
    split: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        pairs = [{"reviewers": [one, other], "kappa": _rounded(kappa)} for one, other, kappa in self.pairs]
        counts = {"reviewers": list(self.reviewers), "shared": self.shared, "unanimous": self.unanimous}
        return {**counts, "kappa": _rounded(self.kappa), "pairs": pairs, "split": list(self.split)}


def agreement_of(judged: Iterable[Judged]) -> Agreement:
    """Return how far the reviewers of copies agree; who skips a copy says nothing of it."""
    answers = [
        (one.candidate.id, {said.reviewer: said.answer for said in one.verdicts if said.answer != "skip"})
        for one in judged
    ]
    names = tuple(sorted({name for _, said in answers for name in said}))
    shared = [(name, said) for name, said in answers if len(said) > 1]
    split = tuple(name for name, said in shared if len(set(said.values())) > 1)
    pairs = []
    for one, other in combinations(names, 2):
        both = [(said[one], said[other]) for _, said in shared if one in said and other in said]
        pairs.append((one, other, cohen_kappa(both)))
    of_all = [list(said.values()) for _, said in shared if len(said) == len(names)]
    kappa = pairs[0][2] if len(names) == 2 else fleiss_kappa(of_all) if len(names) > 2 else None
    return Agreement(names, len(shared), len(shared) - len(split), kappa, tuple(pairs), split)


def cohen_kappa(both: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa of two reviewers.

    Args:
        both: What each said of every thing both judged.

    Returns:
        1 for full agreement, 0 for what chance gives, or None where it is not defined.
    """
    total = len(both)
    ones, others = (Counter(column) for column in zip(*both, strict=True)) if both else (Counter[str](), Counter[str]())
    chance = sum(ones[answer] * others[answer] for answer in ones) / total**2 if total else 1.0
    return None if chance == 1 else (sum(a == b for a, b in both) / total - chance) / (1 - chance)


def fleiss_kappa(answers: Sequence[Sequence[str]]) -> float | None:
    """Return Fleiss' kappa.

    Args:
        answers: For every thing, what each of the same number of reviewers said of it.

    Returns:
        1 for full agreement, 0 for what chance gives, or None where it is not defined.
    """
    if not answers or len(answers[0]) < 2:
        return None
    raters, things = len(answers[0]), len(answers)
    counts = [Counter(said) for said in answers]
    whole = sum(counts, Counter[str]())
    chance = sum((count / (raters * things)) ** 2 for count in whole.values())
    found = sum(sum(n * (n - 1) for n in each.values()) for each in counts) / (raters * (raters - 1) * things)
    return None if chance == 1 else (found - chance) / (1 - chance)


def _rounded(kappa: float | None) -> float | None:
    return None if kappa is None else round(kappa, 4)
