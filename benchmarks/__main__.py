"""The command: `python -m benchmarks [--only NAME ...] [--rounds N] [--quick] [--out FILE] [--list]`."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import judge, measure
from benchmarks.machine import described, one_thread_each, versions
from benchmarks.table import document

_PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write the page; with `--only` or `--quick` the page goes to standard output instead.

    Returns:
        0, or 2 when no case has a name that was asked for.
    """
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure domainaug beside other libraries.")
    parser.add_argument("--only", action="append", metavar="NAME", help="a case whose name contains this; repeatable")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each is timed (default 5)")
    parser.add_argument("--quick", action="store_true", help="tiny inputs, one round: does everything run?")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the page goes")
    parser.add_argument("--list", action="store_true", help="only name the cases")
    asked = parser.parse_args(arguments)
    if asked.rounds < 1:
        parser.error("--rounds must be 1 or more")
    one_thread_each()
    from benchmarks.cases import CASES

    cases = [case for case in CASES if not asked.only or any(part in case.name for part in asked.only)]
    if not cases:
        print(f"no case is called like that; there are {', '.join(case.name for case in CASES)}", file=sys.stderr)
        return 2
    if asked.list:
        print("\n".join(f"{case.name:24} {case.work}" for case in cases))
        return 0
    warnings.simplefilter("ignore")
    rounds, outcomes = 1 if asked.quick else asked.rounds, []
    for case in cases:
        began = time.perf_counter()
        print(f"{case.name} ...", file=sys.stderr, flush=True)
        outcome = measure(case, rounds, scale="tiny" if asked.quick else "full", say=_say)
        outcomes.append(outcome)
        for verdict in judge(outcome):
            _say(f"    {verdict.reach}: {'not measured' if verdict.times is None else f'{verdict.times:.2f}'}")
        _say(f"    {time.perf_counter() - began:.0f} s")
    page = document(outcomes, described(), versions(), rounds)
    out = asked.out or (None if asked.only or asked.quick else _PAGE)
    if out is None:
        print(page)
    else:
        out.write_text(page, encoding="utf-8")
        print(f"written: {out}", file=sys.stderr)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
