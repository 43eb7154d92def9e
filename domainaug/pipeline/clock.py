"""What the chance of one call depends on.

With a key: on the seed, the key and the copy, and on nothing else. Without: on the seed, the worker process
and how many calls came before in it, so that no two workers and no two epochs repeat each other, and the
same program run twice repeats itself.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import secrets
import sys
from dataclasses import dataclass
from typing import Any

__all__ = ["Clock", "Draw", "check_seed"]


@dataclass(frozen=True, slots=True)
class Draw:
    """Names one draw.

    Attributes:
        seed: The seed of the pipeline.
        key: The sample, or None when the call had no key.
        copy: Which copy of the sample.
        worker: What tells this process from others, empty in the main one and with a key.
        count: Calls before this one in the process, 0 with a key.
    """

    seed: int
    key: str | None = None
    copy: int = 0
    worker: tuple[int, ...] = ()
    count: int = 0

    @property
    def entropy(self) -> tuple[int, ...]:
        """The integers the streams of the call grow from."""
        if self.key is not None:
            digest = hashlib.sha256(self.key.encode("utf-8", "surrogatepass")).digest()
            return (self.seed, int.from_bytes(digest[:16], "big"), self.copy)
        # A keyless draw must not meet a keyed one: the tag in front sets the two kinds apart.
        return (self.seed, 1 << 128, len(self.worker), *self.worker, self.count)


def check_seed(seed: int | None) -> int | None:
    """Return `seed`, or raise `ValueError` or `TypeError` when it is not a non-negative integer or None."""
    if seed is None:
        return None
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise TypeError(f"seed: an integer from 0, or None, is needed, got {seed!r}")
    seed = int(seed.__index__())
    if seed < 0:
        raise ValueError(f"seed: an integer from 0, or None, is needed, got {seed}")
    return seed


class Clock:
    """Counts the calls of one pipeline in one process.

    Args:
        seed: The seed; None takes one from the operating system, which the record then tells.
    """

    __slots__ = ("_count", "_worker", "seed")

    def __init__(self, seed: int | None) -> None:
        self.seed = secrets.randbits(64) if seed is None else seed
        self._count = 0
        self._worker: tuple[int, ...] = ()

    def tick(self) -> Draw:
        """Return the next draw of this process."""
        worker = _worker()
        if worker != self._worker:
            self._worker, self._count = worker, 0
        draw = Draw(self.seed, worker=worker, count=self._count)
        self._count += 1
        return draw

    def __getstate__(self) -> tuple[int, int, tuple[int, ...]]:
        return self.seed, self._count, self._worker

    def __setstate__(self, state: tuple[int, int, tuple[int, ...]]) -> None:
        self.seed, self._count, self._worker = state


def _worker() -> tuple[int, ...]:
    """What tells this process from its siblings, equal when the program runs again; () in the main process.

    A torch worker has a seed that is its own and new in every epoch, drawn from torch's generator: set that
    (`torch.manual_seed`, or the loader's `generator`) and the epochs of two runs are equal. torch is only
    looked at where the program has imported it. Other children of `multiprocessing` have a place in the
    family tree.
    """
    data: Any = sys.modules.get("torch.utils.data")
    info = data.get_worker_info() if data is not None else None
    if info is not None:
        return (1, int(info.seed))
    family = getattr(multiprocessing.process.current_process(), "_identity", ())
    if family:
        return (2, *family)
    # A child made by a bare os.fork has no place in the family: its process id is all there is.
    return () if os.getpid() == _MAIN else (3, os.getpid())


_MAIN = os.getpid()
