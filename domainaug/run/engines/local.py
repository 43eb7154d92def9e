"""The engine of worker processes, each with a memory limit and a clock.

A worker that dies or does not answer costs one copy of one item: it is replaced, the item is tried once more
if the worker died (the system may have been short of memory), and is then set aside.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import connection
from typing import Any, Final

from domainaug.errors import DomainAugError, OutputError
from domainaug.layouts.layout import SetAside
from domainaug.run.job import Outcome, Task, Work, ends_item
from domainaug.run.worker import work

__all__ = ["LocalEngine"]

_START_SECONDS: Final = 180.0  # importing on a slow disk
_STARTS: Final = 3  # workers that die before they are ready, in a row, before the run gives up
_TRIES: Final = 2
_TICK: Final = 0.1
_LONGEST_FOLDER: Final = 70  # leaves room for pymp-xxxxxxxx/listener-xxxxxxxx
_imported = ["domainaug.run.preloaded"]  # by the server, once
_alone = threading.Lock()


@dataclass(slots=True)
class _Worker:
    """A process, what it is doing, and until when it may."""

    process: Any
    pipe: connection.Connection[Any, Any]
    deadline: float
    ready: bool = False
    task: Task | None = None
    done: int = 0
    leaving: bool = False

    @property
    def rest(self) -> tuple[int, ...]:
        """The copies that have no outcome yet."""
        return self.task.copies[self.done :] if self.task is not None else ()

    def end(self) -> int | None:
        """End the process at once, and return its exit status."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        status: int | None = self.process.exitcode
        return status


@dataclass(slots=True)
class LocalEngine:
    """Worker processes on this machine.

    Attributes:
        workers: How many.
    """

    workers: int
    _pool: list[_Worker] = field(default_factory=list)
    _again: deque[Task] = field(default_factory=deque)
    _deaths: dict[tuple[str, int], int] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _failed_starts: int = 0

    def __post_init__(self) -> None:
        start_server()

    def run(self, job: Work, tasks: Iterable[Task], *, stopping: Callable[[], bool]) -> Iterator[Outcome]:
        """Yield the outcome of every copy, in the order they are done.

        Raises:
            DomainAugError: The workers cannot start, the profile cannot be composed, or the output not written.
        """
        waiting = iter(tasks)
        try:
            self._hand_out(job, waiting, stopping())
            while any(worker.task is not None or not worker.ready for worker in self._pool):
                outcomes = list(self._listen(job))
                self._hand_out(job, waiting, stopping())  # before anybody looks at them: workers are not to wait
                yield from outcomes
        finally:
            for worker in self._pool:
                worker.end()
            self._pool.clear()

    def _hand_out(self, job: Work, waiting: Iterator[Task], stop: bool) -> None:
        if stop:
            self._dismiss()
            return
        for worker in [worker for worker in self._pool if worker.ready and worker.task is None]:
            task = self._next(waiting)
            if task is None:
                return
            self._give(worker, task, job)
        starting = sum(1 for worker in self._pool if not worker.ready)
        while len(self._pool) < self.workers:
            if len(self._again) <= starting:  # a process is worth starting only for a task of its own
                task = next(waiting, None)
                if task is None:
                    return
                self._again.append(task)
            self._pool.append(_started(job))
            starting += 1

    def _dismiss(self) -> None:
        """Ask the busy to stop after the copy at hand, and end the rest."""
        for worker in list(self._pool):
            if worker.task is None:
                worker.end()
                self._pool.remove(worker)
            elif not worker.leaving:  # told once: nobody reads while a copy is made, and a full pipe would block
                worker.leaving = True
                with contextlib.suppress(OSError):
                    worker.pipe.send(None)

    def _next(self, waiting: Iterator[Task]) -> Task | None:
        return self._again.popleft() if self._again else next(waiting, None)

    def _give(self, worker: _Worker, task: Task, job: Work) -> None:
        worker.task, worker.done = task, 0
        worker.deadline = _deadline(job)
        with contextlib.suppress(OSError):  # it died just now; the next look at it will see that
            worker.pipe.send(task)

    def _listen(self, job: Work) -> Iterator[Outcome]:
        ends = {worker.pipe: worker for worker in self._pool}
        for pipe in connection.wait(list(ends), timeout=_TICK):
            worker = ends[pipe]  # type: ignore[index]
            try:
                yield from self._hear(worker, job)
            except (EOFError, OSError):
                yield from self._died(worker, None)
        now = time.monotonic()
        for worker in [worker for worker in self._pool if worker.deadline < now]:
            yield from self._died(worker, job.timeout)

    def _hear(self, worker: _Worker, job: Work) -> Iterator[Outcome]:
        """Take in all that a worker has said: what becomes of a copy, and that the task is over, come together."""
        more = True
        while more:
            kind, what = worker.pipe.recv()
            if kind == "unwritable":
                raise OutputError(what)
            if kind == "refused":
                raise DomainAugError(what)
            if kind == "ready":
                worker.ready, worker.deadline, self._failed_starts = True, float("inf"), 0
                job.made["narrowed"] = what
            elif kind == "idle":
                worker.task, worker.deadline = None, float("inf")
            else:
                worker.done = len(worker.task.copies) if ends_item(what) and worker.task else worker.done + 1
                worker.deadline = _deadline(job)
                if kind == "last":
                    worker.task, worker.deadline = None, float("inf")
                self._begun.add(what.key)
                yield what
            more = worker.pipe.poll()

    def _died(self, worker: _Worker, timeout: float | None) -> Iterator[Outcome]:
        """Replace a worker that is gone or late, and settle what it was doing."""
        status = worker.end()
        self._pool.remove(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _STARTS:
                raise DomainAugError(f"worker processes end before they are ready (exit status {status}); see above")
        if worker.task is None or not worker.rest:
            return
        item, copies = worker.task.item, worker.rest
        place = (item.key, copies[0])
        self._deaths[place] = self._deaths.get(place, 0) + 1
        if timeout is None and self._deaths[place] < _TRIES:
            self._again.append(Task(item, copies))
            return
        # Without an outcome it may be the reading that fails, which would fail for every copy.
        whole = item.key not in self._begun
        code, reason = _blame(status, timeout)
        yield SetAside(item.key, code, reason, None if whole else copies[0])
        if not whole and copies[1:]:
            self._again.append(Task(item, copies[1:]))


def _deadline(job: Work) -> float:
    return float("inf") if job.timeout is None else time.monotonic() + job.timeout


def _blame(status: int | None, timeout: float | None) -> tuple[str, str]:
    if timeout is not None:
        return "timeout", f"it took longer than {timeout:g} s"
    if status is not None and status < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-status).name
            return "decoder-crash", f"the process that worked on it was ended by {name}, twice"
    return "decoder-crash", f"the process that worked on it ended with status {status}, twice"


def _started(job: Work) -> _Worker:
    context = _context()
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, job), daemon=True)
    with _without_main():
        process.start()
    theirs.close()
    return _Worker(process, ours, time.monotonic() + _START_SECONDS)


def _context() -> Any:
    """Processes are forked from a clean server that has imported everything once, or spawned where there is none.

    The server listens on a socket among the temporary files, and the name of a socket is limited to 107 bytes.
    """
    roomy = len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_FOLDER
    if roomy and "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_imported)
        return context
    return multiprocessing.get_context("spawn")


def start_server(*also: str) -> None:
    """Let the server that workers are forked from import what they need, while this process goes on planning.

    It starts deaf to Ctrl-C, which is for this process; it would else show where in its imports it was hit.

    Args:
        *also: Modules that it imports besides, if it has not started yet.
    """
    _imported.extend(name for name in also if name not in _imported)
    if _context().get_start_method() != "forkserver":
        return
    from multiprocessing.forkserver import ensure_running

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Start processes without running the user's script in them again: nothing of it is needed there."""
    with _alone:  # two threads that start some would each put back what the other had put there
        real = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = real
