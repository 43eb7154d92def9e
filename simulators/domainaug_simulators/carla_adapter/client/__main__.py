"""The client's process: answers what the run asks on its standard input, and leaves politely when that ends."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial
from typing import Any, BinaryIO, Final

from domainaug.errors import DomainAugError
from domainaug_simulators.carla_adapter import pipe
from domainaug_simulators.carla_adapter.client.session import Session
from domainaug_simulators.carla_adapter.faults import CaptureFailed, ServerLost

__all__ = ["main"]

_PULSE: Final = 0.5  # seconds


def main() -> None:
    """Serve the run until it goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run is told, and ends this by its pipe
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the client's library writes warnings to the standard output
    session: Session | None = None
    try:
        while True:
            try:
                told, _ = pipe.read(asked)
            except EOFError:
                return
            if told["do"] == "close":
                return
            session = _answer(answers, session, told)
    except BrokenPipeError:
        return
    finally:
        if session is not None:
            session.close()


def _alive(answers: BinaryIO, last: list[float]) -> None:
    """Tell the run now and then that this process waits, and does not hang."""
    if time.monotonic() > last[0] + _PULSE:
        last[0] = time.monotonic()
        pipe.write(answers, {"alive": True})


def _answer(answers: BinaryIO, session: Session | None, told: dict[str, Any]) -> Session | None:
    """Do what is asked, and tell how it went."""
    try:
        if session is None:
            alive = partial(_alive, answers, [time.monotonic()])
            session = Session(told["host"], told["port"], told["seconds"], told["deadline"], alive)
        if told["do"] == "frame":
            pipe.write(answers, *session.frame(told))
        elif told["do"] == "open":
            pipe.write(answers, session.open(told))
        elif told["do"] == "drive":
            pipe.write(answers, session.drive(told))
        elif told["do"] == "tidy":
            pipe.write(answers, session.tidy())
        elif told["do"] == "look":
            pipe.write(answers, session.look())
        else:
            pipe.write(answers, session.hello(told.get("ego", "")))
    except (CaptureFailed, ServerLost) as error:
        pipe.write(answers, {"error": type(error).__name__, "says": str(error)})
    except DomainAugError as error:
        pipe.write(answers, {"error": "ServerUnfit", "says": str(error)})
    except RuntimeError as error:  # how the client's library says everything
        pipe.write(answers, {"error": "ServerLost", "says": f"CARLA's client says: {error}"})
    return session


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    os._exit(0)  # the library's threads may hang on streams of a server that is gone
