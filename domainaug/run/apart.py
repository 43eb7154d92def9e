"""One call in a worker process, under the limits of a run: what nobody vouches for is opened there.

A file that takes too much memory or time, or that a decoder dies of, costs its process and is one sentence; who asked
goes on. The process, its limits and its clock are those of `domainaug.run.engines.local`.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.layouts.layout import Item, SetAside
from domainaug.run.augmenting import MEMORY_LIMIT
from domainaug.run.job import Made, Outcome, Task, set_aside

__all__ = ["TIMEOUT", "apart"]

T = TypeVar("T")

TIMEOUT: Final = 60.0
"""Seconds that a call may take; what a run grants an item."""

_ITEM: Final = Item("", ())
_HELP: Final = MappingProxyType(
    {
        "memory": "make it smaller, or cut it into parts",
        "timeout": "make it smaller, or cut it into parts",
        "decoder-crash": "it is damaged: write it anew with the program that made it",
    }
)


def apart(
    call: Callable[[], T], *, name: str = "", doing: str = "reading it", memory_limit: int | None = MEMORY_LIMIT,
    timeout: float | None = TIMEOUT,
) -> T:  # fmt: skip
    """Return what a call gives that is made in a worker process.

    Args:
        call: A function of a module, or a `functools.partial` of one; it and what it gives travel by pickle.
        name: What it is about, for messages.
        doing: What it does, for messages.
        memory_limit: Bytes it may take beyond what a worker starts with, or None.
        timeout: Seconds it may take, or None.

    Raises:
        UnreadableInput: It raised that, or anything that is no error of domainaug's, took too much, or its process
            died.
        DomainAugError: It raised one.
    """
    from domainaug.run.engines.local import LocalEngine

    work = _Call(call, doing, memory_limit, timeout)
    (outcome,) = LocalEngine(1).run(work, [Task(_ITEM, (0,))], stopping=lambda: False)
    if isinstance(outcome, SetAside):
        more = f"; {_HELP[outcome.code]}" if outcome.code in _HELP else ""
        about = f"{name}: " if name else ""
        raise UnreadableInput(outcome.code, f"{about}{outcome.reason}{more}")
    if "raised" in outcome.record:
        raise outcome.record["raised"]
    given: T = outcome.record["gave"]
    return given


@dataclass(frozen=True, slots=True)
class _Call:
    """The call, as work that travels to a worker."""

    call: Callable[[], Any]
    doing: str
    memory_limit: int | None
    timeout: float | None
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def narrowed(self) -> tuple[str, ...]:
        """Nothing: there is no recipe."""
        return ()

    def rehearse(self) -> None:
        """Do nothing: there is nothing to compile."""

    def perform(self, task: Task) -> Iterator[Outcome]:
        """Make the call; never raises for what it raises."""
        record: dict[str, Any]
        try:
            record = {"gave": self.call()}
        except UnreadableInput as error:  # with the file's path, which who asked may know
            record = {"raised": error}
        except DomainAugError as error:  # the others do not travel, and only say what they say
            record = {"raised": DomainAugError(str(error))}
        except Exception as error:  # codecs raise anything
            yield set_aside(error, task.item, None, self.doing)
            return
        yield Made(task.item.key, 0, Path(), (), record, None, "", 0.0)


def _held(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


copyreg.pickle(MappingProxyType, lambda proxy: (_held, (dict(proxy),)))  # labels hold some
