"""Where the work is done: an engine takes tasks and gives outcomes, in any order, with the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from domainaug.errors import DomainAugError, UnknownName
from domainaug.run.job import Outcome, Task, Work

__all__ = ["ENGINES", "Engine", "engine_named"]

ENGINES = ("local", "serial")


class Engine(Protocol):
    """Does the tasks of a job."""

    def run(self, job: Work, tasks: Iterable[Task], *, stopping: Callable[[], bool]) -> Iterator[Outcome]:
        """Yield what becomes of every copy, as soon as it is known.

        Args:
            job: What is the same for all tasks.
            tasks: What is to be done; taken one by one.
            stopping: Asked often; once it says yes, no copy is begun that was not.
        """


def engine_named(name: str, *, workers: int) -> Engine:
    """Return an engine.

    Args:
        name: "local" (worker processes with a memory and a time limit) or "serial" (in this process, without
            limits: for a debugger).
        workers: How many processes, at least 1.

    Raises:
        UnknownName: There is none of that name.
    """
    if name == "local":
        from domainaug.run.engines.local import LocalEngine

        return LocalEngine(workers)
    if name == "serial":
        from domainaug.run.engines.serial import SerialEngine

        return SerialEngine()
    if name == "ray":
        raise DomainAugError("engine 'ray' is not part of this version; use engine 'local', which gives the same bytes")
    raise UnknownName("engine", name, ENGINES)
