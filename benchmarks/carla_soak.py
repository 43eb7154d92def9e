"""A thousand frames of five sensors through the CARLA adapter: what memory and processor time its processes take.

python -m benchmarks.carla_soak --ticks 1000
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path

from benchmarks.cases.carla import adapter, raw, served
from benchmarks.harness import Scale

_PAGE, _CLOCK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


def _spent(process: int | str) -> tuple[float, float]:
    """Return seconds of processor time and MiB of memory that a process has taken."""
    numbers = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return (int(numbers[11]) + int(numbers[12])) / _CLOCK, pages * _PAGE / 2**20


def main() -> None:
    """Measure, and print a line of each process, and one of each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=1000)
    parser.add_argument("--small", action="store_true", help="64 x 48 pixels instead of 640 x 384")
    parser.add_argument("--alone", action="store_true", help="without the official client beside it")
    options = parser.parse_args()
    scale: Scale = "tiny" if options.small else "full"
    ours, line = adapter(scale)
    theirs = None if options.alone else raw(scale)
    for _ in range(100 if options.small else 5):
        ours()
        if theirs is not None:
            theirs()
    processes = {"run": "self", "client": line._process.pid, "server": served("adapter", scale)[1]}
    before = {name: _spent(process) for name, process in processes.items()}
    walls: dict[str, list[float]] = {"adapter": [], "official client": []}
    cpus: dict[str, float] = {"adapter": 0.0, "official client": 0.0}
    servers: dict[str, float] = {"adapter": 0.0, "official client": 0.0}
    names = {"adapter": "adapter", "official client": "raw"}
    for number in range(options.ticks):
        if number and number % 100 == 0:
            told = (f"{name} {_spent(process)[1]:.1f}" for name, process in processes.items())
            print(f"after {number} frames, MiB: {', '.join(told)}", flush=True)
        for name, work in (("adapter", ours), ("official client", theirs)):
            if work is None:
                continue
            child = _spent(line._process.pid)[0] if name == "adapter" else 0.0
            drawn = _spent(served(names[name], scale)[1])[0]
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            walls[name].append(time.perf_counter() - wall)
            cpus[name] += time.process_time() - cpu + (_spent(line._process.pid)[0] - child if child else 0.0)
            servers[name] += _spent(served(names[name], scale)[1])[0] - drawn
    for name, process in processes.items():
        (_, first), (_, last) = before[name], _spent(process)
        print(f"{name}: {first:.1f} to {last:.1f} MiB ({last / first - 1:+.2%}) over {options.ticks} frames")
    _told(walls, cpus, servers)


def _told(walls: dict[str, list[float]], cpus: dict[str, float], servers: dict[str, float]) -> None:
    """Print what a frame took each way, and how the two compare."""
    for name, seconds in walls.items():
        if seconds:
            print(f"{name}: {1e3 * statistics.median(seconds):.1f} ms by the clock, "
              f"{1e3 * cpus[name] / len(seconds):.2f} ms of processor time a frame, and its server "
              f"{1e3 * servers[name] / len(seconds):.0f} ms")  # fmt: skip
    if walls["official client"]:
        ours_all, theirs_all = (cpus[name] + servers[name] for name in walls)
        ours_fair = cpus["adapter"] + servers["official client"]
        print(f"with the server's: {ours_all / theirs_all:.3f} times the official client's, in turns; "
              f"{ours_fair / theirs_all:.3f} where both servers are taken to need the same")  # fmt: skip


if __name__ == "__main__":
    main()
