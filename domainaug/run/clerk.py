"""The thread that settles outcomes, many at a time, while workers make the next ones.

To put a copy in place, its files and then the folders that name them are flushed to the disk. That is waiting, not
work, and most of it is the same for one copy and for thirty.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final

from domainaug.run.job import Outcome

__all__ = ["Clerk"]

_LINGER: Final = 0.05  # seconds that the first of a batch waits for others
_MOST: Final = 64  # in a batch, and as many may wait: then whoever makes them waits too


class Clerk:
    """Settles what it is given, in that order; a context manager, and at its end all is settled."""

    def __init__(self, settle: Callable[[Sequence[Outcome]], None]) -> None:
        """Begin.

        Args:
            settle: Settles a batch; called in a thread of its own, never twice at once. After it raised, nothing
                more is settled.
        """
        self._settle = settle
        self._inbox: queue.Queue[Outcome | None] = queue.Queue(_MOST)
        self._settled: deque[Outcome] = deque()
        self._error: BaseException | None = None
        self._last = False
        self._thread = threading.Thread(target=self._work, name="domainaug-clerk", daemon=True)

    def __enter__(self) -> Clerk:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._inbox.put(None)
        self._thread.join()

    def take(self, outcome: Outcome) -> None:
        """Take an outcome; returns at once, or when there is room."""
        self._inbox.put(outcome)

    def settled(self) -> list[Outcome]:
        """Return what has been settled since this was asked last.

        Raises:
            BaseException: What went wrong in settling.
        """
        done = [self._settled.popleft() for _ in range(len(self._settled))]
        if self._error is not None and not done:
            raise self._error
        return done

    def _work(self) -> None:
        while batch := self._batch():
            if self._error is not None:
                continue  # only makes room, so that nobody waits for ever
            try:
                self._settle(batch)
            except BaseException as error:  # raised again where somebody can act on it
                self._error = error
            else:
                self._settled.extend(batch)

    def _batch(self) -> list[Outcome]:
        """Wait for an outcome and for what follows soon; nothing when there is no more."""
        batch: list[Outcome] = []
        end = float("inf")
        while not self._last and len(batch) < _MOST:
            left = end - time.monotonic()
            try:
                outcome = self._inbox.get(timeout=None if left == float("inf") else max(left, 0))
            except queue.Empty:
                break
            if outcome is None:
                self._last = True
                break
            if not batch:
                end = time.monotonic() + _LINGER
            batch.append(outcome)
        return batch
