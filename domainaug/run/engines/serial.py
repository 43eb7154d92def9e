"""The engine that works in this process: no limits, no processes, good for a debugger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from domainaug.run.job import Outcome, Task, Work

__all__ = ["SerialEngine"]


class SerialEngine:
    """Does one task after the other."""

    def run(self, job: Work, tasks: Iterable[Task], *, stopping: Callable[[], bool]) -> Iterator[Outcome]:
        """Yield the outcome of every copy, in order."""
        for task in tasks:
            for outcome in job.perform(task):
                yield outcome
                if stopping():
                    return
