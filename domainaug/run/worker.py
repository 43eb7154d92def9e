"""What runs in a worker process: limits first, then tasks until there are no more."""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from typing import Any, Literal

import cv2

from domainaug.errors import DomainAugError, OutputError
from domainaug.run.job import Job, Outcome

__all__ = ["Message", "work"]

Message = tuple[Literal["ready", "outcome", "idle", "refused", "unwritable"], Outcome | tuple[str, ...] | str | None]
"""What a worker says: it is ready (and where the recipe was narrowed), a copy has an outcome, a task is over, or
why the run must stop."""


def work(pipe: Connection[Any, Any], job: Job) -> None:
    """Do tasks that come through `pipe` until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets copies finish
    _end_with_parent()
    cv2.setNumThreads(0)  # the processes are the parallelism
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # the ledger says what cannot be read
    try:
        job.prepare()
    except DomainAugError as error:
        pipe.send(("refused", str(error)))
        return
    limit_memory(job.memory_limit)
    pipe.send(("ready", job.narrowed))
    try:
        while (task := pipe.recv()) is not None:
            for outcome in job.perform(task):
                pipe.send(("outcome", outcome))
                if pipe.poll():  # None is waiting: stop between two copies
                    break
            pipe.send(("idle", None))
    except DomainAugError as error:
        pipe.send(("unwritable" if isinstance(error, OutputError) else "refused", str(error)))
    except (EOFError, BrokenPipeError):
        return


def limit_memory(extra: int | None) -> None:
    """Let this process take at most `extra` bytes of address space more than it has; Windows has no such limit."""
    if extra is None or sys.platform == "win32":
        return
    import resource

    try:
        with open("/proc/self/statm", "rb") as stream:  # noqa: PTH123 - not a file of the user's
            taken = int(stream.read().split()[0]) * resource.getpagesize()
    except OSError:
        taken = 0
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken + extra
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    except (ValueError, OSError):  # macOS refuses; the time limit still holds
        return


def _end_with_parent() -> None:
    """End this process when its parent is gone, so that a killed run leaves nobody writing."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
