"""Copies of one subject, in memory: the draws, and the pixels, of the run that would write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domainaug._version import __version__
from domainaug.layouts.layout import Sample
from domainaug.preview.sources import MOST_HELD, Subject
from domainaug.profile.contact_sheet import happened
from domainaug.profile.model import Profile
from domainaug.run.job import Job

__all__ = ["Drawn", "Variant", "affordable", "draw", "variants"]


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A copy.

    Attributes:
        copy: Which one, from 0.
        sample: Its pixels and labels.
        record: The record of the pipeline: steps, what they drew, effects.
        happened: What happened to it, in words: the effects that count most, two a line.
    """

    copy: int
    sample: Sample
    record: Mapping[str, Any]
    happened: tuple[str, ...]

    @property
    def lost(self) -> int:
        """How many labels left the picture."""
        vanished = self.record.get("labels", {}).get("vanished", {})
        return sum(len(gone) for gone in vanished.values())


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Copies of one subject under one recipe.

    Attributes:
        variants: They.
        narrowed: Where the recipe went beyond a limit and was narrowed, a sentence each.
    """

    variants: tuple[Variant, ...]
    narrowed: tuple[str, ...]


def affordable(subject: Subject, copies: int) -> int:
    """Return how many of so many copies can be held at once; at least one."""
    return max(1, min(copies, MOST_HELD // max(1, subject.values.nbytes)))


def draw(
    subject: Subject, profile: Profile, *, seed: int = 0, copies: Iterable[int] = range(8), strength: float = 1.0
) -> Drawn:
    """Return copies of a subject, and what was narrowed to make them.

    Copy 3 at seed 7 is copy 3 of a run with seed 7: the draw depends on seed, item and copy alone.

    Args:
        subject: What copies are made of.
        profile: The limits and the recipe.
        seed: That of the run.
        copies: Which copies.
        strength: 0 leaves images alone, 1 is the recipe.

    Raises:
        domainaug.errors.DomainAugError: The recipe cannot be composed, or a label would no longer be true.
    """
    job = Job(profile, subject.layout, seed, strength, Path(), __version__)
    made = []
    for copy in copies:
        sample, record = job.shown(subject.sample, subject.item, copy, number=subject.part)
        made.append(Variant(copy, sample, record, happened(record)))
    job.prepare()
    return Drawn(tuple(made), job.narrowed)


def variants(
    subject: Subject, profile: Profile, *, seed: int = 0, copies: Iterable[int] = range(8), strength: float = 1.0
) -> tuple[Variant, ...]:
    """Return copies of a subject; as `draw`."""
    return draw(subject, profile, seed=seed, copies=copies, strength=strength).variants
