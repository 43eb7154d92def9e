"""What is measured, and how: every contender once a round, A B C A B C, and the median of its rounds."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal

__all__ = ["Case", "Contender", "Outcome", "Reach", "Scale", "Timing", "Took", "Verdict", "judge", "measure"]

Scale = Literal["full", "tiny"]
Kind = Literal["ours", "peer", "by hand", "limit"]
Clock = Literal["cpu", "wall"]

_SHORTEST = 0.02  # seconds: what is faster is done several times in a round
_MOST_TIMES = 500
_CLOCKS: Mapping[Clock, Callable[[], float]] = {"cpu": time.process_time, "wall": time.perf_counter}


class Took(float):
    """Seconds, returned by work that looks at the clock itself: to leave out the start of its processes."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who does the work of a case.

    Attributes:
        name: The library, and how it is used.
        make: Takes the scale, prepares, and returns what is timed; raises if it cannot do the work.
        kind: "ours"; "peer", a library; "by hand", code a user could write; "limit", what nobody can go below.
        needs: Modules it imports; without one of them it is named as not measured.
        note: What is unequal about its work.
        rounds: At most so many; 1 for those that take a minute.
    """

    name: str
    make: Callable[[Scale], Callable[[], Any]]
    kind: Kind = "peer"
    needs: tuple[str, ...] = ()
    note: str = ""
    rounds: int | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """A figure to reach.

    Attributes:
        times: How many times faster than the other, or slower where `most`.
        other: A contender's name, or "best peer" or "best by hand".
        most: Ours may take at most `times` as long, instead of the other at least.
        ours: Which of ours; the first when empty.
        within: Seconds that ours may take, where there is no other to be held against.
    """

    times: float = 1.0
    other: str = "best peer"
    most: bool = False
    ours: str = ""
    within: float | None = None

    def __str__(self) -> str:
        which = f"{self.ours}: " if self.ours else ""
        if self.within is not None:
            return f"{which}≤ {self.within:g} s"
        return (
            f"{which}≤ {self.times:g} x {self.other}"
            if self.most
            else f"{which}≥ {self.times:g} x faster than {self.other}"
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the summary.

    Attributes:
        name: For `--only`.
        work: What everyone does, in a phrase.
        ours: Ours first, then others of ours.
        peers: Libraries, and code by hand.
        limits: What nobody can go below.
        reach: The figures to reach.
        cannot: Peer to the reason why it cannot do the work.
        clock: CPU time of the process, or wall time where processes and disks take part.
        rounds: At most so many for everyone.
    """

    name: str
    work: str
    ours: tuple[Contender, ...]
    peers: tuple[Contender, ...]
    limits: tuple[Contender, ...]
    reach: tuple[Reach, ...]
    cannot: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = "cpu"
    rounds: int | None = None

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """All of them, ours first."""
        return (*self.ours, *self.peers, *self.limits)


@dataclass(slots=True)
class Timing:
    """What was measured of one contender.

    Attributes:
        contender: Who.
        seconds: One entry a round, for the work done once.
        why_not: Why nothing was measured, or "".
    """

    contender: Contender
    seconds: list[float] = field(default_factory=list)
    why_not: str = ""

    @property
    def median(self) -> float:
        """Median of the rounds; NaN when there is none."""
        return statistics.median(self.seconds) if self.seconds else float("nan")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a figure was reached; `times` is None when one of the two was not measured, and seconds of ours by
    those it may take where there is no other."""

    reach: Reach
    times: float | None
    other: str

    @property
    def reached(self) -> bool | None:
        """None when it was not measured."""
        if self.times is None:
            return None
        return (
            self.times <= self.reach.times
            if self.reach.most or self.reach.within is not None
            else self.times >= self.reach.times
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case and what was measured."""

    case: Case
    timings: tuple[Timing, ...]

    def best(self, kind: Kind) -> Timing | None:
        """Return the fastest of a kind, or None when none was measured."""
        measured = [each for each in self.timings if each.contender.kind == kind and each.seconds]
        return min(measured, key=lambda each: each.median, default=None)

    def of(self, name: str) -> Timing | None:
        """Return a contender's timing by its name, or by "best peer" and "best by hand"."""
        if name.startswith("best "):
            return self.best(name.removeprefix("best "))  # type: ignore[arg-type]
        return next((each for each in self.timings if each.contender.name == name and each.seconds), None)

    @property
    def ours(self) -> Timing:
        """The first of ours."""
        return self.timings[0]


def judge(outcome: Outcome) -> list[Verdict]:
    """Hold an outcome against the figures to reach."""
    verdicts = []
    for reach in outcome.case.reach:
        ours, other = outcome.of(reach.ours) if reach.ours else outcome.ours, outcome.of(reach.other)
        if reach.within is not None and ours is not None and ours.seconds:
            verdicts.append(Verdict(reach, ours.median / reach.within, ""))
            continue
        if reach.within is not None or ours is None or not ours.seconds or other is None:
            verdicts.append(Verdict(reach, None, reach.other))
            continue
        times = ours.median / other.median if reach.most else other.median / ours.median
        verdicts.append(Verdict(reach, times, other.contender.name))
    return verdicts


def measure(
    case: Case, rounds: int, *, scale: Scale = "full", say: Callable[[str], None] = lambda line: None
) -> Outcome:
    """Time everyone in a case, in interleaved rounds.

    Whoever runs one round only, and work that takes wall time, is warmed up on a tiny input, the others on the
    input itself. Work shorter than 20
    milliseconds is done several times a round, as often for every round.

    Args:
        case: The case.
        rounds: How often each is timed; a case and a contender may want fewer.
        scale: "tiny" only shows that everything runs.
        say: Called with a line for each contender that cannot run and each that is slow.
    """
    clock, rounds = _CLOCKS[case.clock], min(rounds, case.rounds or rounds)
    timings = tuple(Timing(each) for each in case.contenders)
    ready = []
    for timing in timings:
        lasting = case.clock == "wall" or timing.contender.rounds == 1
        if prepared := _prepared(timing, scale, clock, lasting, say):
            ready.append((timing, *prepared))
    for turn in range(rounds):
        for timing, work, times in ready:
            if turn >= (timing.contender.rounds or rounds) or timing.why_not:
                continue
            gc.collect()
            timing.seconds.append(_timed(work, times, clock))
    return Outcome(case, timings)


def _timed(work: Callable[[], Any], times: int, clock: Callable[[], float]) -> float:
    began = clock()
    for _ in range(times):
        result = work()
    spent = (clock() - began) / times
    return float(result) if isinstance(result, Took) else spent


def _prepared(
    timing: Timing, scale: Scale, clock: Callable[[], float], lasting: bool, say: Callable[[str], None]
) -> tuple[Callable[[], Any], int] | None:
    """Return the work and how often it is done in a round, or write down why there is none."""
    contender = timing.contender
    missing = [module for module in contender.needs if find_spec(module.partition(".")[0]) is None]
    if missing:
        timing.why_not = f"not measured: {', '.join(missing)} is not installed"
    else:
        try:
            if lasting and scale == "full":
                contender.make("tiny")()
                return contender.make(scale), 1
            work = contender.make(scale)
            first = _timed(work, 1, clock)
            took = first if first > 1 else _timed(work, 1, clock)
            return work, max(1, min(_MOST_TIMES, round(_SHORTEST / max(took, 1e-6))))
        except Exception as error:  # a peer may fail in any way; that it does is a result
            text = " ".join(str(error).split())
            timing.why_not = f"fails: {type(error).__name__}: {text[:160]}"
    say(f"    {contender.name}: {timing.why_not}")
    return None
