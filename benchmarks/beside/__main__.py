"""The command: `python -m benchmarks.beside [--draws N] [--out FOLDER]`; it draws two sheets and prints a table."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from benchmarks.beside.brain import brain
from benchmarks.beside.measured import examined
from benchmarks.beside.sheet import draw
from benchmarks.beside.works import WORKS

_IMAGES = Path(__file__).parents[2] / "docs/images"


def main() -> int:
    """Draw the sheets, and print the figures as Markdown."""
    parser = argparse.ArgumentParser(prog="benchmarks.beside", description="Physics of MR beside that of others.")
    parser.add_argument("--draws", type=int, default=20, help="over how many draws figures are medians (default 20)")
    parser.add_argument("--out", type=Path, default=_IMAGES, metavar="FOLDER", help="where the sheets go")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    volume = brain()
    rows = []
    print("| physics | library | measured | would be |\n|---|---|---|---|")
    for work in WORKS:
        made = examined(work, volume, asked.draws)
        rows.append((work, volume, made))
        for name, told in made.items():
            print(f"| {work.name} | {name} | {work.say(told.figures)} | {work.wanted} |", flush=True)
    half = len(rows) // 2
    for number, part in enumerate((rows[:half], rows[half:]), start=1):
        path = asked.out / f"beside-{number}.jpg"
        draw(path, part)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
