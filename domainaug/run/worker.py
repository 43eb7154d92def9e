"""What runs in a worker process: limits first, then tasks until there are no more."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from typing import Any, Literal

import cv2

from domainaug.errors import DomainAugError, OutputError
from domainaug.run.job import Outcome, Work, ends_item

__all__ = ["Message", "work"]

_Kind = Literal["ready", "outcome", "last", "idle", "refused", "unwritable"]
Message = tuple[_Kind, Outcome | tuple[str, ...] | str | None]
"""What a worker says: it is ready (and where the recipe was narrowed), a copy has an outcome, it was the last of the
task, a task is over, or why the run must stop."""


def work(pipe: Connection[Any, Any], job: Work) -> None:
    """Do tasks that come through `pipe` until None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets copies finish
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # for what a user's layout may start
    _end_with_parent()
    cv2.setNumThreads(0)  # the processes are the parallelism
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # the ledger says what cannot be read
    try:
        job.rehearse()
    except DomainAugError as error:
        pipe.send(("refused", str(error)))
        return
    limit_memory(job.memory_limit)
    _hush_codecs()
    pipe.send(("ready", job.narrowed))
    try:
        while (task := pipe.recv()) is not None:
            over = False
            for number, outcome in enumerate(job.perform(task), 1):
                over = number == len(task.copies) or ends_item(outcome)
                pipe.send(("last" if over else "outcome", outcome))  # one message, so that the next task comes at once
                if not over and pipe.poll():  # None is waiting: stop between two copies
                    break
            if not over:
                pipe.send(("idle", None))
    except DomainAugError as error:
        pipe.send(("unwritable" if isinstance(error, OutputError) else "refused", str(error)))
    except (EOFError, BrokenPipeError):
        return


def _hush_codecs() -> None:
    """Send to nowhere what libraries in C write to the error output; Python keeps it.

    Codecs say there what they think of a file, without its name; the ledger says what could not be read.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):  # there is none: nobody would read it
        sys.stderr.flush()
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stderr = os.fdopen(kept, "w", buffering=1, encoding="utf-8", errors="backslashreplace")


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
