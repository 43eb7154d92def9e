"""Slabs of work on a few threads of this process.

The kernels hold no Python lock while they run, so plain threads are enough. The caller works too: whatever the
helpers do not take, it does itself, so nothing waits for a thread that never comes, however deep calls are nested.
A slab's result depends on its own indices only; the number of threads never changes a result.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

__all__ = ["run_slabs", "thread_count", "usable_cores"]

_MOST = 256
_SHARES = 4
"""Slabs a thread: with some to spare, a thread that was held up does not hold up all."""

_here = threading.local()
_pool: tuple[int, ThreadPoolExecutor] | None = None
_pool_guard = threading.Lock()


def thread_count(threads: int | None = None) -> int:
    """Return how many threads a call may use.

    Args:
        threads: What the caller asks for, or None: then 1 in a worker process (multiprocessing, a `DataLoader`)
            and inside a slab, where others already keep the cores busy; otherwise `DOMAINAUG_THREADS` from the
            environment, otherwise the cores this process may use.

    Raises:
        ValueError: Not a whole number from 1 to 256.
    """
    if threads is not None:
        return _legal(threads, f"threads={threads!r}")
    if getattr(_here, "inside", False) or _in_worker():
        return 1
    wish = os.environ.get("DOMAINAUG_THREADS", "").strip()
    if wish:
        return _legal(int(wish) if wish.isdecimal() else wish, f"DOMAINAUG_THREADS={wish!r} in the environment")
    return min(usable_cores(), _MOST)


def run_slabs(work: Callable[[int, int], None], count: int, threads: int | None = None, *, least: int = 1) -> None:
    """Do `work(begin, end)` for slabs that together are range(count), each index once.

    Args:
        work: Does the indices from begin to end, end not included; called from several threads at once.
        count: How many indices there are; with 0 nothing is called.
        threads: As in `thread_count`.
        least: Fewest indices worth a slab.

    Raises:
        BaseException: Whatever `work` raised first; slabs not yet begun are left out then.
        ValueError: `threads` or `least` is out of range.
    """
    if least < 1:
        raise ValueError(f"least={least!r} must be 1 or more: the fewest indices worth a slab")
    several = thread_count(threads)
    slabs = min(several * _SHARES if several > 1 else 1, max(1, count // least))
    if count <= 0:
        return
    if slabs == 1:
        work(0, count)
        return
    job = _Job(work, [count * i // slabs for i in range(slabs + 1)])
    helpers = [helper for _ in range(min(several, slabs) - 1) if (helper := _start(job)) is not None]
    job.run()
    for helper in helpers:
        if not helper.cancel():
            helper.result()
    job.finish()


class _Job:
    """Slabs that threads take one after another."""

    def __init__(self, work: Callable[[int, int], None], bounds: list[int]) -> None:
        self._work, self._bounds = work, bounds
        self._next, self._guard = 0, threading.Lock()
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Take slabs until none is left or one has failed."""
        outer, _here.inside = getattr(_here, "inside", False), True
        try:
            while (slab := self._take()) is not None:
                try:
                    self._work(self._bounds[slab], self._bounds[slab + 1])
                except BaseException as failure:
                    self._fail(failure)
        finally:
            _here.inside = outer

    def finish(self) -> None:
        """Raise what the first failing slab raised."""
        if self._failure is not None:
            raise self._failure

    def _take(self) -> int | None:
        with self._guard:
            if self._failure is not None or self._next == len(self._bounds) - 1:
                return None
            self._next += 1
            return self._next - 1

    def _fail(self, failure: BaseException) -> None:
        with self._guard:
            self._failure = self._failure or failure


def _start(job: _Job) -> Future[None] | None:
    """Let a helper work on a job; None where no thread can be had, as at the interpreter's end."""
    try:
        return _threads().submit(job.run)
    except RuntimeError:
        return None


def _threads() -> ThreadPoolExecutor:
    """Return this process's pool; a forked child has none of its parent's threads and makes its own."""
    global _pool
    with _pool_guard:
        if _pool is None or _pool[0] != os.getpid():
            _pool = (os.getpid(), ThreadPoolExecutor(_MOST, thread_name_prefix="domainaug"))
        return _pool[1]


def _forget() -> None:
    """Drop locks and threads that a fork copied in whatever state they were."""
    global _pool, _pool_guard
    _pool, _pool_guard = None, threading.Lock()
    _here.inside = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _legal(threads: object, said: str) -> int:
    if isinstance(threads, bool) or not isinstance(threads, int) or not 1 <= threads <= _MOST:
        raise ValueError(f"{said} must be a whole number from 1 to {_MOST}")
    return threads


def _in_worker() -> bool:
    """Whether this process works for another one; looks only at modules that are loaded already."""
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None and (
        processes.parent_process() is not None or processes.current_process().name != "MainProcess"
    ):
        return True
    data = sys.modules.get("torch.utils.data")
    return data is not None and data.get_worker_info() is not None


@cache
def usable_cores() -> int:
    """Return how many cores this process may use: its affinity, or less where a container's quota is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(Path("/sys/fs/cgroup"))
    return max(1, min(cores, math.ceil(quota)) if quota is not None else cores)


def _quota(root: Path) -> float | None:
    """Return the cores a control group allows (version 2, then 1), or None."""
    try:
        limit, period = (root / "cpu.max").read_text().split()
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        pass
    try:
        limit = (root / "cpu" / "cpu.cfs_quota_us").read_text()
        period = (root / "cpu" / "cpu.cfs_period_us").read_text()
        return int(limit) / int(period) if int(limit) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None
