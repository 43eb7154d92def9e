"""A review: the run, the sample, the queue, and what the verdicts come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

from domainaug.errors import DomainAugError, OutputError, UnknownName
from domainaug.profile import Profile, list_profiles, load_profile
from domainaug.review.agreement import Agreement, agreement_of
from domainaug.review.candidates import Candidate, candidates_of
from domainaug.review.derived import Derived, Provenance, write_derived
from domainaug.review.intervals import at_most, sample_size
from domainaug.review.judged import Judged, RateRow, judged_of, rates_of
from domainaug.review.reasons import Reason, reasons_for
from domainaug.review.sampling import draw_sample
from domainaug.review.thresholds import Threshold, Tightening, tighten
from domainaug.review.verdicts import Answer, Plan, Verdict, Verdicts
from domainaug.run.ledger import LEDGER, Ledger
from domainaug.run.plan import SIMULATION

__all__ = ["Review", "State"]

_FIELDS = {"street": "driving", "carla": "driving", "radiograph": "medical", "surface": "manufacturing"}


@dataclass(frozen=True, slots=True)
class State:
    """How far a review is, and what it shows.

    Attributes:
        plan: What it is to prove.
        copies: Copies of the run.
        sample: How many of them are to be judged.
        judged: How many of the sample were accepted or rejected.
        rejected: How many of these were rejected.
        skipped: How many of the sample were only skipped.
        outside: Judged copies that are not in the sample: they count for rates and limits, and prove nothing.
        stale: Verdicts on bytes that are not there any more.
        at_most: The share of bad copies that cannot be ruled out yet, at the confidence of the plan.
        reviewers: Verdicts of each reviewer that count.
    """

    plan: Plan
    copies: int
    sample: int
    judged: int
    rejected: int
    skipped: int
    outside: int
    stale: int
    at_most: float
    reviewers: dict[str, int]

    @property
    def complete(self) -> bool:
        """Whether every copy of the sample is accepted or rejected."""
        return self.judged == self.sample

    @property
    def proven(self) -> bool:
        """Whether it is shown that fewer copies are bad than the plan allows."""
        return self.complete and self.copies > 0 and self.rejected <= self.plan.accepted

    @property
    def refuted(self) -> bool:
        """Whether the copies that are rejected are a larger share of all than the plan allows."""
        return self.rejected > 0 and self.rejected >= self.plan.rate * self.copies

    @property
    def needed(self) -> int:
        """How many would have to be judged to prove it with the copies that are rejected already."""
        accepted = max(self.rejected, self.plan.accepted)
        return sample_size(self.copies, self.plan.rate, self.plan.confidence, accepted)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        counts = {"copies": self.copies, "sample": self.sample, "judged": self.judged, "rejected": self.rejected}
        others = {"skipped": self.skipped, "outside": self.outside, "stale": self.stale, "late": self.plan.late}
        what = {"at_most": round(self.at_most, 6), "proven": self.proven, "reviewers": self.reviewers}
        return {**self.plan.to_dict(), **counts, **others, **what}

    def __str__(self) -> str:
        sure, rate = f"{100 * self.plan.confidence:g} %", f"{100 * self.plan.rate:g} %"
        lines = [f"{self.judged} of {self.sample} judged, of {self.copies} copies; {self.rejected} rejected"]
        if self.skipped:
            lines[0] += f", {self.skipped} skipped"
        bound = f"{100 * self.at_most:.2g} %"
        if self.proven:
            lines.append(f"proven: with {sure} confidence fewer than {rate} of the copies are bad (at most {bound})")
        elif self.refuted:
            lines.append(f"refuted: the rejected copies are {rate} or more of all that there are")
        elif self.rejected > self.plan.accepted:
            lines.append(
                f"not proven: {self.rejected} rejected, where the plan accepts {self.plan.accepted}; with {sure} "
                f"confidence at most {bound} are bad. {self.needed} judged without a further reject would show {rate}"
            )
        elif self.judged:
            lines.append(f"so far: with {sure} confidence at most {bound} are bad; {rate} is to be shown")
        if self.plan.late:
            lines.append(
                f"the plan was made when {self.plan.late} verdicts were known: its proof is weaker than it says"
            )
        if self.outside:
            lines.append(f"{self.outside} judged copies lie outside the sample; they count for rates and limits only")
        if self.stale:
            lines.append(f"verdicts that do not count: {self.stale} on copies that were made anew since, or are gone")
        return "\n".join(lines)


class Review:
    """The review of one run. Cheap to keep; verdicts are read from the ledger each time they are asked for.

    Example:
        >>> review = Review("augmented/")  # doctest: +SKIP
        >>> for one in review.queue("ada"):
        ...     review.judge(one.id, "reject", reviewer="ada", reasons=["light"])
        >>> print(review.state())
    """

    def __init__(self, out: Path | str) -> None:
        """Open the review of a run.

        Args:
            out: The output folder of a run, which may still go on.

        Raises:
            OutputError: There is no ledger in it, or it is damaged.
        """
        self.out = Path(out)
        self.verdicts = Verdicts(self.out)
        with Ledger(self.out / LEDGER) as ledger:
            self.header = ledger.header
            simulator = str(self.header.get("simulator", ""))
            axes = [str(each["axis"]) for each in self.header.get("scenario", {}).get("vary", ())]
            self.candidates: tuple[Candidate, ...] = candidates_of(ledger.rows(), source=simulator, axes=axes)
        self._by_id = {one.id: one for one in self.candidates}
        self._drawn: tuple[tuple[int, int], tuple[Candidate, ...]] = ((-1, -1), ())

    @staticmethod
    def size_of(out: Path | str) -> int:
        """Return how many copies a run has by now, which says whether its review is to be opened anew.

        Raises:
            OutputError: There is no ledger, or it cannot be read.
        """
        return Verdicts(out).copies()

    @property
    def domain(self) -> str:
        """The field of the run: that of its profile, or of what this extends, or of its simulator."""
        name = self._profile_id()
        if not name:
            return _FIELDS.get(str(self.header.get("simulator")), "")
        first, known = name.partition("/")[0], {one.partition("/")[0] for one in list_profiles(include_abstract=True)}
        return first if first in known else self._extended_field or first

    @cached_property
    def _extended_field(self) -> str:
        """The field of what a profile of one's own extends, or "" where it is gone or extends nothing of ours."""
        try:
            parents = self.profile().parents
        except DomainAugError:
            return ""
        return parents[-1].partition("/")[0] if parents else ""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons that are offered in this field."""
        return reasons_for(self.domain)

    @property
    def plan(self) -> Plan:
        """What the review is to prove; fewer than 2 % bad with 95 % confidence unless somebody said otherwise."""
        return self.verdicts.plan() or Plan()

    def set_plan(self, *, rate: float = 0.02, confidence: float = 0.95, accepted: int = 0, seed: int = 0) -> Plan:
        """Say what the review is to prove, and remember it in the ledger; the same words again change nothing.

        Args:
            rate: The share of bad copies to rule out.
            confidence: How sure.
            accepted: How many bad ones in the sample still prove it.
            seed: Fixes the sample.

        Raises:
            DomainAugError: A number makes no sense.
        """
        sample_size(len(self.candidates), rate, confidence, accepted)
        before = self.plan
        plan = Plan(rate, confidence, accepted, seed, late=len(self.judged()))
        if before.to_dict() == plan.to_dict():
            return before
        self.verdicts.set_plan(plan)
        return plan

    def sample(self) -> tuple[Candidate, ...]:
        """Return the copies to judge, in the order in which they are."""
        plan = self.plan
        wanted = (sample_size(len(self.candidates), plan.rate, plan.confidence, plan.accepted), plan.seed)
        if self._drawn[0] != wanted:
            self._drawn = wanted, draw_sample(self.candidates, *wanted)
        return self._drawn[1]

    def queue(self, reviewer: str, *, again: bool = False) -> tuple[Candidate, ...]:
        """Return what is left of the sample for a reviewer; what this reviewer has skipped comes last.

        Args:
            reviewer: Who judges.
            again: Whether copies that others have judged are judged by this reviewer too, to see who agrees.
        """
        done: set[tuple[str, int]] = set()
        skipped: set[tuple[str, int]] = set()
        for one in self.judged():
            place = (one.candidate.key, one.candidate.copy)
            mine = next((said.answer for said in one.verdicts if said.reviewer == reviewer), None)
            if mine in ("accept", "reject") or (not again and one.outcome != "skip"):
                done.add(place)
            elif mine == "skip":
                skipped.add(place)
        left = [one for one in self.sample() if (one.key, one.copy) not in done]
        return tuple(sorted(left, key=lambda one: (one.key, one.copy) in skipped))

    def find(self, name: str) -> Candidate:
        """Return the copy called `name`: its id, the beginning of its id, or the path of its first file.

        Raises:
            UnknownName: There is none.
            DomainAugError: Several begin so.
        """
        if name in self._by_id:
            return self._by_id[name]
        path = Path(name).as_posix()
        found = [one for one in self.candidates if one.path == path]
        found = found or [one for one in self.candidates if len(name) >= 4 and one.id.startswith(name)]
        if len(found) > 1:
            raise DomainAugError(f"{name}: {len(found)} copies are called so; give more of the id")
        if not found:
            raise UnknownName("copy", name, self._by_id)
        return found[0]

    def judge(
        self,
        name: str,
        answer: Answer,
        *,
        reviewer: str,
        reasons: Iterable[str] = (),
        note: str = "",
        at: str | None = None,
    ) -> Verdict:
        """Write a verdict, at once.

        Args:
            name: Which copy, as `find` takes it.
            answer: "accept", "reject" or "skip".
            reviewer: Who says so.
            reasons: Codes of reasons, for a copy that is rejected.
            note: Anything else, in one's own words.
            at: When, as ISO 8601; now by default.

        Raises:
            UnknownName: No copy, answer or reason is called so.
            DomainAugError: The reviewer has no name, or a text is too long.
            OutputError: The ledger cannot be written.
        """
        verdict = self.verdict(name, answer, reviewer=reviewer, reasons=reasons, note=note, at=at)
        self.verdicts.add(verdict)
        return verdict

    def verdict(
        self, name: str, answer: Answer, *, reviewer: str, reasons: Iterable[str] = (), note: str = "",
        at: str | None = None,
    ) -> Verdict:  # fmt: skip
        """Return a verdict that is not written yet; see `judge`."""
        one = self.find(name)
        at = at or datetime.now(timezone.utc).isoformat(timespec="seconds")
        return Verdict(one.key, one.copy, one.sha256, reviewer.strip(), answer, tuple(reasons), note.strip(), at)

    def undo(self, reviewer: str) -> Verdict | None:
        """Take back the reviewer's last verdict, and return it; what they had said before counts again."""
        return self.verdicts.undo(reviewer.strip())

    def judged(self) -> tuple[Judged, ...]:
        """Return every copy that somebody judged."""
        return judged_of(self.candidates, self.verdicts.counting())

    def state(self) -> State:
        """Return how far the review is, and what it shows."""
        plan, said = self.plan, self.verdicts.counting()
        judged = judged_of(self.candidates, said)
        sample = self.sample()
        places = {(one.key, one.copy) for one in sample}
        inside = Counter(one.outcome for one in judged if (one.candidate.key, one.candidate.copy) in places)
        decided = inside["accept"] + inside["reject"]
        in_all = sum(one.outcome != "skip" for one in judged)
        fresh = [verdict for one in judged for verdict in one.verdicts]
        return State(
            plan=plan,
            copies=len(self.candidates),
            sample=len(sample),
            judged=decided,
            rejected=inside["reject"],
            skipped=inside["skip"],
            outside=in_all - decided,
            stale=len(said) - len(fresh),
            at_most=at_most(inside["reject"], decided, len(self.candidates), plan.confidence),
            reviewers=dict(sorted(Counter(verdict.reviewer for verdict in fresh).items())),
        )

    def rates(self) -> tuple[RateRow, ...]:
        """Return how often copies are rejected, by effect, transform, group and kind of defect."""
        return rates_of(self.judged())

    def agreement(self) -> Agreement:
        """Return how far the reviewers agree."""
        return agreement_of(self.judged())

    def tighten(self) -> Tightening:
        """Return the limits that would have avoided rejected copies, as far as the verdicts can tell."""
        return tighten(self.judged())

    def write_profile(
        self,
        path: Path | str,
        *,
        date: str,
        thresholds: Iterable[Threshold] | None = None,
        name: str | None = None,
        profile: Profile | Path | str | None = None,
    ) -> Derived:
        """Write a profile that extends the run's and sets the limits that the verdicts show.

        Args:
            path: A new YAML file.
            date: What the file says of when it was made.
            thresholds: Some of those that `tighten` found; all by default.
            name: Id of the profile.
            profile: The profile to extend, where the run has none or it is not where it was.

        Raises:
            DomainAugError: The verdicts show no limit, the profile is not there, or the file is.
        """
        judged = [one for one in self.judged() if one.outcome != "skip"]
        if thresholds is None:
            found = tighten(judged)
            if not found.thresholds:
                raise DomainAugError(f"{self.out.name}: no profile is written, {found.reason}")
            thresholds = found.thresholds
        who = sorted({said.reviewer for one in judged for said in one.verdicts})
        bad = sum(one.outcome == "reject" for one in judged)
        provenance = Provenance(str(self.header.get("run", "")), len(judged), bad, tuple(who), date)
        spans = {one.span for one in self.candidates}
        span = spans.pop() if len(spans) == 1 else None
        return write_derived(path, self.profile(profile), tuple(thresholds), provenance, name=name, span=span)

    def profile(self, given: Profile | Path | str | None = None) -> Profile:
        """Return the profile of the run, with its options and waivers.

        Args:
            given: The profile itself, where the run has none, or it is not where it was.

        Raises:
            OutputError: The run has none, or its file is not there.
        """
        if isinstance(given, Profile):
            return given
        how = {"options": self.header.get("options") or None, "waivers": self.header.get("waivers") or None}
        if given is not None:
            return load_profile(given, **how)
        if not self._profile_id():
            raise OutputError(f"{self.out.name}: the run was held against no profile; name one to extend")
        if self.header.get("profile_path") is None:
            return load_profile(self._profile_id(), **how)
        path = self.out / self.header["profile_path"]
        if not path.is_file():
            raise OutputError(f"{path}: the profile of the run is not there any more; name the one to extend")
        return load_profile(path.resolve(), **how)

    def _profile_id(self) -> str:
        if self.header.get("layout") == SIMULATION:
            return str(self.header.get("scenario", {}).get("limits") or "")
        return str(self.header.get("profile") or "")
