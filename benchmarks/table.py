"""The results as Markdown: a line for each piece of work, then everyone's figures."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.harness import Outcome, Timing, Verdict, judge

__all__ = ["document"]

_HEAD = """\
# Benchmarks

<!-- Written by `make bench`. Do not edit. -->

How long domainaug takes, and how long others take for the same work. Everyone has one thread, gets the same input,
interpolates alike and is prepared before the clock starts. All run in one process, in turns A B C A B C; figures are
medians of CPU time, or of wall time where a line says so. Ratios within a line are worth comparing, milliseconds of
different lines or machines are not.
"""


def document(outcomes: Sequence[Outcome], machine: Sequence[str], versions: Sequence[str], rounds: int) -> str:
    """Return the whole page.

    Args:
        outcomes: One for each case.
        machine: Lines about the machine.
        versions: "name version" of what took part.
        rounds: How often each contender was to be timed.
    """
    parts = [
        _HEAD,
        "\n".join(f"* {line}" for line in machine),
        f"* {', '.join(versions)}",
        f"* up to {rounds} rounds\n",
        "## Summary\n",
        "| work | ours | best peer | faster | of the limit | to reach | reached |",
        "|---|---|---|---|---|---|---|",
        *(_line(each) for each in outcomes),
        "",
        *(_section(each) for each in outcomes),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _line(outcome: Outcome) -> str:
    ours, peer, limit = outcome.ours, outcome.best("peer"), outcome.best("limit")
    verdicts = judge(outcome)
    cells = [
        f"{outcome.case.work}{', wall' if outcome.case.clock == 'wall' else ''}",
        _time(ours),
        f"{peer.contender.name} {_time(peer)}" if peer else "none measured",
        _times(peer, ours) if peer else "",
        _times(ours, _slowest_limit(outcome)) if limit else "",
        "; ".join(str(each.reach) for each in verdicts),
        "; ".join(_verdict(each) for each in verdicts),
    ]
    return f"| {' | '.join(cells)} |"


def _section(outcome: Outcome) -> str:
    clock = "wall" if outcome.case.clock == "wall" else "CPU"
    lines = [
        f"### {outcome.case.name}\n",
        f"{outcome.case.work}.\n",
        f"| | {clock} time | least | rounds | x ours | |",
        "|---|---|---|---|---|---|",
    ]
    for each in outcome.timings:
        if each.seconds:
            name = f"**{each.contender.name}**" if each.contender.kind == "ours" else each.contender.name
            kind = {"by hand": "by hand", "limit": "limit"}.get(each.contender.kind, "")
            notes = "; ".join(filter(None, (kind, each.contender.note)))
            lines.append(
                f"| {name} | {_time(each)} | {_told(min(each.seconds))} | {len(each.seconds)} | "
                f"{_times(each, outcome.ours)} | {notes} |"
            )
        else:
            lines.append(f"| {each.contender.name} | | | | | {_cell(each.why_not)} |")
    lines.extend(f"| {name} | | | | | cannot: {reason} |" for name, reason in outcome.case.cannot.items())
    return "\n".join(lines) + "\n"


def _slowest_limit(outcome: Outcome) -> Timing:
    """Return the tightest of the limits: the one that takes longest."""
    measured = [each for each in outcome.timings if each.contender.kind == "limit" and each.seconds]
    return max(measured, key=lambda each: each.median)


def _verdict(verdict: Verdict) -> str:
    if verdict.times is None:
        return "not measured"
    word = "yes" if verdict.reached else "**no**"
    if verdict.reach.within is not None:
        return f"{word}, {_told(verdict.times * verdict.reach.within)}"
    return f"{word}, {_figure(verdict.times)} x"


def _time(timing: Timing) -> str:
    return _told(timing.median) if timing.seconds else "none"


def _told(seconds: float) -> str:
    milliseconds = seconds * 1e3
    if milliseconds >= 100:
        return f"{milliseconds:,.0f} ms".replace(",", " ")
    return f"{milliseconds:.3g} ms"


def _times(one: Timing, other: Timing) -> str:
    if not one.seconds or not other.seconds:
        return ""
    return _figure(one.median / other.median)


def _figure(times: float) -> str:
    return f"{times:.0f}" if times >= 10 else f"{times:.2g}" if times < 1 else f"{times:.1f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
