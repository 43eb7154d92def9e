"""Where slow sensors make their messages: beside the world's clock, frame by frame, from states that do not change."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["Darkroom"]

log = logging.getLogger("domainaug.carla")
_PATIENCE: Final = 600.0


class Darkroom:
    """A thread that works through frames, one at a time."""

    def __init__(self) -> None:
        """Begin."""
        self._jobs: queue.Queue[Sequence[Callable[[], None]] | None] = queue.Queue()
        self._free = threading.Event()
        self._free.set()
        self._told: set[str] = set()
        threading.Thread(target=self._run, name="carla-darkroom", daemon=True).start()

    @property
    def busy(self) -> bool:
        """Whether a frame is still being made."""
        return not self._free.is_set()

    def wait(self) -> None:
        """Return when the frame that was given last is made."""
        self._free.wait(_PATIENCE)

    def develop(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Make the messages of a frame; asked for only when it is not busy."""
        self._free.clear()
        self._jobs.put(jobs)

    def close(self) -> None:
        """End, after the frame that is being made."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (jobs := self._jobs.get()) is not None:
            for job in jobs:
                try:
                    job()
                except Exception as error:  # one sensor that cannot measure must not end all others
                    self._tell(error)
            self._free.set()

    def _tell(self, error: Exception) -> None:
        said = f"{type(error).__name__}: {error}"
        if said not in self._told:
            self._told.add(said)
            log.error("a sensor made nothing: %s", said)
