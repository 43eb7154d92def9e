"""Work that outlives a page: begun once, watched by whoever looks, ended by a button or with the server.

A script of Streamlit ends when its browser goes, is reloaded, or moves a slider. What takes minutes is done beside it,
in a thread of its own; the script only waits and draws how far it is. Whoever opens the page meanwhile waits too.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import streamlit as st

from domainaug.errors import DomainAugError
from domainaug.run.summary import Progress

__all__ = ["Errand", "begin", "errand_of", "watched"]

T = TypeVar("T")
Tell = Callable[[Progress], None]

_EVERY = 0.3  # seconds between two looks
_KEPT = 600.0  # seconds that what came of it is there for who comes back
_MOST_KEPT = 8
_PATIENCE = 10.0  # seconds to leave things whole in when the server ends


class _Stopped(BaseException):
    """Raised where work tells how far it is, so that it ends as it does for Ctrl-C."""


@dataclass(slots=True, eq=False)
class Errand(Generic[T]):
    """Work that is done beside the pages.

    Attributes:
        coming: What comes of it.
        progress: How far it is; None before the first word of it.
        ended: When it ended, in seconds; 0 before.
    """

    coming: Future[T] = field(default_factory=Future)
    progress: Progress | None = None
    ended: float = 0.0
    _unwanted: threading.Event = field(default_factory=threading.Event)

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended."""
        return not self.coming.done()

    def stop(self) -> None:
        """Ask it to end; it leaves things as Ctrl-C would."""
        self._unwanted.set()

    def do(self, work: Callable[[Tell], T]) -> None:
        """Do it, in this thread."""

        def tell(progress: Progress) -> None:
            self.progress = progress
            if self._unwanted.is_set():
                raise _Stopped

        try:
            found = work(tell)
        except _Stopped:
            self.coming.set_exception(DomainAugError("it was stopped; the same again begins where it can go on"))
        except BaseException as error:  # told where somebody looks
            self.coming.set_exception(error)
        else:
            self.coming.set_result(found)
        finally:
            self.ended = time.monotonic()


@dataclass(slots=True)
class _Errands:
    """What goes on, and what ended of late, by what it is about."""

    known: dict[Hashable, Errand[Any]] = field(default_factory=dict)
    alone: threading.Lock = field(default_factory=threading.Lock)

    def swept(self) -> dict[Hashable, Errand[Any]]:
        now = time.monotonic()
        ended = [key for key, one in self.known.items() if not one.goes_on]
        late = [key for key in ended if now - self.known[key].ended > _KEPT]
        for key in {*late, *ended[:-_MOST_KEPT]}:
            del self.known[key]
        return self.known

    def end(self) -> None:
        """Stop all of them; the server ends."""
        going = [one for one in self.known.values() if one.goes_on]
        for one in going:
            one.stop()
        for one in going:
            with suppress(Exception):
                one.coming.exception(_PATIENCE)


def begin(about: Hashable, work: Callable[[Tell], T]) -> Errand[T]:
    """Begin work, unless the same goes on already; return it.

    Args:
        about: What it is, the same in every session: the arguments of `work`.
        work: Does it, and tells how far it is; it must not draw.
    """
    errands = _errands()
    with errands.alone:
        known = errands.swept().pop(about, None)
        if known is None or not known.goes_on:
            known = Errand[T]()
            threading.Thread(target=known.do, args=(work,), name="errand", daemon=True).start()
        errands.known[about] = known
    return known


def errand_of(about: Hashable) -> Errand[Any] | None:
    """Return work that goes on, or ended in the last minutes; None where there is none."""
    errands = _errands()
    with errands.alone:
        return errands.swept().get(about)


def watched(errand: Errand[T], key: str, start: str, text: Callable[[Progress], str]) -> T:
    """Draw how far work is until it ends, and return what came of it.

    Args:
        errand: The work.
        key: Of the button that stops it.
        start: What is said before it tells anything.
        text: What is said of how far it is.

    Raises:
        Exception: Whatever it raised.
    """
    place = st.empty()
    if errand.goes_on:
        with place.container(horizontal=True, vertical_alignment="center"):
            bar = st.progress(0.0, text=start)
            st.button("Stop", icon=":material/stop:", key=key, on_click=errand.stop)
        while errand.goes_on:
            if errand.progress is not None:
                bar.progress(errand.progress.done / max(errand.progress.total, 1), text=text(errand.progress))
            else:
                bar.progress(0.0, text=start)
            with suppress(TimeoutError):
                errand.coming.exception(_EVERY)
    place.empty()
    return errand.coming.result()


@st.cache_resource(show_spinner=False)
def _errands() -> _Errands:
    errands = _Errands()
    atexit.register(errands.end)
    return errands
