"""Work of which one part has to go in order and the rest may go side by side: files, opened or made one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from domainaug.kernels.threads import run_slabs, thread_count

__all__ = ["in_turn"]

T = TypeVar("T")


def in_turn(items: Iterable[T], work: Callable[[T], object], threads: int | None = None) -> None:
    """Work on items side by side, each as soon as it is there.

    Nobody waits for a share of the others at the end: a picture takes as long to decode as a hundred to write.

    Args:
        items: They come in order, and one at a time; making the next one goes on beside the work on those before.
        work: Takes an item; called from several threads at once.
        threads: How many; as `kernels.threads.thread_count`.

    Raises:
        BaseException: Whatever was raised first; no further item is begun then.
    """
    left, turn, over = iter(items), threading.Lock(), threading.Event()

    def begun() -> tuple[T, ...]:
        """Return the next item, alone, or nothing."""
        with turn, _setting(over):
            return () if over.is_set() else tuple(islice(left, 1))

    def take(begin: int, end: int) -> None:
        while item := begun():
            with _setting(over):
                work(*item)

    several = thread_count(threads)
    run_slabs(take, several, several)


@contextmanager
def _setting(over: threading.Event) -> Iterator[None]:
    """Note that something was raised, before anyone else can begin anything."""
    try:
        yield
    except BaseException:
        over.set()
        raise
