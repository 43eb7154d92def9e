"""Runs that the app has started: processes of their own, which a closed browser does not end."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from domainaug.errors import OutputError

__all__ = ["Child", "child_of", "start"]

_PATIENCE = 20.0  # seconds that a run has to save and stop when the server ends
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, eq=False)
class Child:
    """A run.

    Attributes:
        process: Its own process; the command line's.
        log: What it says.
    """

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    @property
    def failure(self) -> str:
        """Why it ended, if it could not do what it was asked for: one sentence, else ""."""
        status = self.process.poll()
        if status in (None, 0, 1, _INTERRUPTED):
            return ""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        return told[-1] if told else f"the run ended with status {status}; the same again goes on where it stopped"

    def stop(self) -> None:
        """Ask it to save and stop, as Ctrl-C does; what is done is not done again."""
        if self.goes_on:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGINT)


@dataclass(slots=True)
class _Children:
    """The runs of this server, by folder."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="domainaug-app-")))
    known: dict[Path, Child] = field(default_factory=dict)
    alone: threading.Lock = field(default_factory=threading.Lock)

    def end(self) -> None:
        """Let all of them save and stop; the server ends."""
        going = [child for child in self.known.values() if child.goes_on]
        for child in going:
            child.stop()
        for child in going:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(_PATIENCE)


def child_of(out: Path) -> Child | None:
    """Return the run into a folder that this server has started last, or None."""
    return _children().known.get(out)


def start(words: Sequence[str], out: Path, cwd: Path) -> Child:
    """Start a run, unless it goes on already.

    Args:
        words: What stands after `domainaug` on the command line.
        out: The folder it writes.
        cwd: Where names on the command line start.

    Raises:
        OutputError: It goes on already, or cannot be started.
    """
    children = _children()
    with children.alone:
        known = children.known.get(out)
        if known is not None and known.goes_on:
            raise OutputError(f"{out.name}: a run into this folder goes on; wait for it, or stop it")
        log = children.folder / f"{len(children.known)}-{os.urandom(4).hex()}.log"
        try:
            with log.open("wb") as said:
                # in a session of its own: Ctrl-C in the server's terminal reaches it once, through the server
                process = subprocess.Popen(  # noqa: S603  (our own command, words apart)
                    [sys.executable, "-m", "domainaug", *words], cwd=cwd, stdin=subprocess.DEVNULL, stdout=said,
                    stderr=said, start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise OutputError(f"the run cannot be started: {error.strerror or error}") from error
        child = children.known[out] = Child(process, log)
        return child


@st.cache_resource(show_spinner=False)
def _children() -> _Children:
    children = _Children()
    atexit.register(children.end)
    return children
