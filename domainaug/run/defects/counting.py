"""What was planned, and what came of it: by class and lighting, with the reasons of the gate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from domainaug.layouts.layout import SetAside
from domainaug.run.defects.making import Refused
from domainaug.run.defects.planning import DefectPlan
from domainaug.run.defects.sharing import HALF
from domainaug.run.ledger import Row
from domainaug.run.summary import RunSummary

__all__ = ["DefectSummary", "Tally", "arithmetic", "summed_up"]


@dataclass(frozen=True, slots=True)
class Tally:
    """One class.

    Attributes:
        name: The class.
        source: How its defects are made.
        wanted: How many were asked for.
        planned: How many the pictures and the cap have room for.
        made: How many there are.
        tries: How many were drawn for those that were made.
        refused: Code to how many tries the gate refused for it, of all pictures.
        aside: Code to how many pictures were not made for it.
        lightings: Lighting to (planned, made).
    """

    name: str
    source: str
    wanted: int
    planned: int
    made: int = 0
    tries: int = 0
    refused: Mapping[str, int] | None = None
    aside: Mapping[str, int] | None = None
    lightings: Mapping[str, tuple[int, int]] | None = None

    @property
    def why(self) -> str:
        """Why fewer were made than were asked for, or nothing."""
        reasons = [f"{count} set aside as {code}" for code, count in (self.aside or {}).items()]
        if self.planned < self.wanted:
            reasons.insert(0, f"the cap leaves room for {self.planned}")
        return ", ".join(reasons)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        whole = {each.name: getattr(self, each.name) for each in fields(self)}
        lightings = {name: list(pair) for name, pair in (self.lightings or {}).items()}
        return {**whole, "refused": dict(self.refused or {}), "aside": dict(self.aside or {}), "lightings": lightings}


@dataclass(frozen=True, slots=True)
class DefectSummary(RunSummary):
    """What a run of defects came to.

    Attributes:
        tallies: Each class.
        sums: How the plan was reckoned, a sentence each.
    """

    tallies: tuple[Tally, ...] = ()
    sums: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        defects = [each.to_dict() for each in self.tallies]
        return {**RunSummary.to_dict(self), "defects": defects, "sums": list(self.sums)}

    def __str__(self) -> str:
        planned = self.estimate is not None
        lines = [*self.sums, *(() if planned else self._table())]
        if not planned:
            short = [each for each in self.tallies if each.why]
            lines += [f"{each.name}: wanted {each.wanted}, made {each.made}: {each.why}" for each in short]
        return "\n".join([*lines, RunSummary.__str__(self)])

    def _table(self) -> Iterable[str]:
        wide = max(len("class"), *(len(each.name) for each in self.tallies))
        yield f"{'class':{wide}}  {'from':13}  wanted  made  tries  refused by the gate"
        for each in self.tallies:
            refused = ", ".join(f"{code} {count}" for code, count in (each.refused or {}).items()) or "none"
            yield f"{each.name:{wide}}  {each.source:13}  {each.wanted:6}  {each.made:4}  {each.tries:5}  {refused}"


def arithmetic(plan: DefectPlan) -> tuple[str, ...]:
    """Return how a plan was reckoned, a sentence each."""
    pictures = plan.pictures.values()
    lightings = Counter(each.lighting for each in pictures)
    parts = len({each.group for each in pictures})
    labeled = {name: len(items) for name, items in plan.labeled.classes.items()}
    real = ", ".join(f"{name} {count}" for name, count in labeled.items()) or "none: a set of good parts alone"
    lit = ", ".join(f"{name} {count}" for name, count in sorted(lightings.items()))
    sums = [
        f"{_many(len(plan.pictures), 'picture')} of good parts, {_many(parts, 'part')}; by lighting: {lit}",
        f"labeled pictures of defects: {real}",
    ]
    for one in plan.wanted:
        sums += _reckoned(plan, one.name, one.source, one.count or 0)
    sums += _over_half(plan)
    most = plan.copies
    cap = "no cap" if plan.request.cap is None else f"cap {plan.request.cap}"
    tries = f"at most {plan.request.tries} tries each"
    sums.append(f"{len(plan.shares)} in all, at most {most} of one picture ({cap}), {tries}")
    return tuple(sums)


def _reckoned(plan: DefectPlan, name: str, source: str, count: int) -> Iterable[str]:
    good, real = len(plan.pictures), len(plan.labeled.classes.get(name, ()))
    by_key = {key: each.lighting for key, each in plan.pictures.items()}
    planned = Counter(by_key[share.key] for share in plan.shares if share.name == name)
    lit = ", ".join(f"{lighting} {n}" for lighting, n in sorted(planned.items())) or "none planned"
    why = f"{count} wanted = {good} pictures x {count / good:.3g}"
    if plan.asked.get(name) is None:
        why = f"half of {good} good pictures less {real} real ones: {count} wanted"
    made = name if name == source else f"{name} (from {source})"
    yield f"{made}: {why}; planned by lighting: {lit}"
    if sum(planned.values()) < count:
        yield f"{name}: {count} wanted, {sum(planned.values())} planned: the cap leaves no room for more"


def _over_half(plan: DefectPlan) -> Iterable[str]:
    """Yield a sentence on the classes that get more than evidence asks for, where there are any."""
    good = len(plan.pictures)
    over = {
        one.name: max(round(HALF * good) - len(plan.labeled.classes.get(one.name, ())), 0)
        for one in plan.wanted
        if plan.asked.get(one.name) is not None
    }
    told = [f"{one.name} {over[one.name]}" for one in plan.wanted if (one.count or 0) > over.get(one.name, math.inf)]
    if told:
        yield (
            f"half of the good pictures, real ones counted, would be {', '.join(told)}: on wafer maps that did about "
            "as well as all of them; compare a training with fewer"
        )


def summed_up(plan: DefectPlan, run: RunSummary, rows: Iterable[Row]) -> DefectSummary:
    """Return what a run came to, class by class.

    Args:
        plan: What was planned.
        run: What the run says.
        rows: Of its ledger.
    """
    made: Counter[tuple[str, str]] = Counter()
    tries: Counter[str] = Counter()
    refused: dict[str, Counter[str]] = {one.name: Counter() for one in plan.wanted}
    for row in rows:
        told = row.record["defect"]
        made[told["class"], row.record["lighting"]] += 1
        tries[told["class"]] += told["tries"]
        for each in told["refused"]:
            refused[told["class"]].update(each.keys())
    aside: dict[str, Counter[str]] = {one.name: Counter() for one in plan.wanted}
    for share, gone in _aside(plan, run.set_aside):
        aside[share.name][gone.code] += 1
        if isinstance(gone, Refused) and gone.copy is not None:
            refused[share.name].update(gone.refusals)
    planned = Counter((share.name, plan.pictures[share.key].lighting) for share in plan.shares)
    tallies = tuple(
        Tally(
            one.name,
            one.source,
            one.count or 0,
            sum(count for (name, _), count in planned.items() if name == one.name),
            sum(count for (name, _), count in made.items() if name == one.name),
            tries[one.name],
            dict(refused[one.name].most_common()),
            dict(aside[one.name].most_common()),
            {lit: (count, made[name, lit]) for (name, lit), count in sorted(planned.items()) if name == one.name},
        )
        for one in plan.wanted
    )
    whole = {each.name: getattr(run, each.name) for each in fields(RunSummary)}
    return DefectSummary(**whole, tallies=tallies, sums=arithmetic(plan))


def _aside(plan: DefectPlan, gone: Iterable[SetAside]) -> Iterable[tuple[Any, SetAside]]:
    """Yield each planned picture that was set aside, alone or with its source, and why."""
    by_key = {each.key: each for each in gone if each.copy is None}
    by_copy = {(each.key, each.copy): each for each in gone}
    for share in plan.shares:
        found = by_key.get(share.key) or by_copy.get((share.key, share.copy))
        if found is not None:
            yield share, found


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
