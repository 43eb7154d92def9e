"""Faults on purpose: what goes wrong with which message or call, by a plan that is the same each time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from domainaug.errors import DomainAugError

__all__ = ["OBSERVER", "Doing", "Fault", "Faults"]

Doing = Literal["drop", "delay", "double", "reorder", "corrupt", "hang", "fail", "freeze", "die"]
"""What goes wrong. A message is not sent; comes later; comes twice; comes after the next; comes with other bytes. A
call is answered late or never; is refused. The server stands still for everybody; ends."""

OBSERVER: Final = "observer"
"""What the stream of the world's states is called; streams of sensors are called as their blueprints are."""

_OF_BOTH: Final = ("freeze", "die")
_OF_STREAMS: Final = ("drop", "delay", "double", "reorder", "corrupt", *_OF_BOTH)
_OF_CALLS: Final = ("hang", "fail", *_OF_BOTH)
_LONGEST: Final = 3600.0
_GLANCE: Final = 0.05  # seconds between looks at whether a server still stands still
_TURNED: Final = bytes(255 - value for value in range(256))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        do: What.
        stream: Whose messages: `observer`, or a blueprint (`sensor.camera.rgb`, `sensor.*`); "" where it is a call.
        call: Which call (`tick_cue`, `get_*`); "" where it is a message.
        at: Which of them, counted from 1 over all that match, as long as the process lives.
        every: Each so manieth too; 0 for none.
        since: A call from which on it is counted; "" for from the start.
        seconds: How long a message is late, a call hangs, or the server stands still; None for ever.
        span: Of a message that is corrupted, the bytes whose bits are turned over: from the first, up to before the
            second, counted from 0; () for all of them. The first eight tell the client what kind of message it is.
        back: Seconds after which a server that died is there again, with a new world; None for never.
        says: What a call that fails is answered.

    Raises:
        DomainAugError: These do not go together.
    """

    do: Doing
    stream: str = ""
    call: str = ""
    at: tuple[int, ...] = ()
    every: int = 0
    since: str = ""
    seconds: float | None = None
    span: tuple[int, ...] = ()
    back: float | None = None
    says: str = "it fails, as the plan of faults has it"

    def __post_init__(self) -> None:
        wrong = _wrong(self)
        if wrong:
            raise DomainAugError(f"a fault that is to {self.do}: {wrong}")

    def corrupted(self, message: bytes) -> bytes:
        """Return a message with its bytes turned over, as long as it was."""
        first, end = self.span or (0, len(message))
        return message[:first] + message[first:end].translate(_TURNED) + message[end:]

    def strikes(self, count: int) -> bool:
        """Return whether it befalls the message or call of this number."""
        return count in self.at or (self.every > 0 and count % self.every == 0)


def _wrong(fault: Fault) -> str:
    """Return what is wrong with a fault, or ""."""
    if fault.do not in (*_OF_STREAMS, *_OF_CALLS):
        return f"there are {', '.join((*_OF_STREAMS, *_OF_CALLS[:2]))}"
    if bool(fault.stream) == bool(fault.call):
        return "it befalls either messages (stream: NAME) or calls (call: NAME)"
    if fault.do not in (_OF_STREAMS if fault.stream else _OF_CALLS):
        return "it befalls calls, not messages" if fault.stream else "it befalls messages, not calls"
    if not fault.at and not fault.every:
        return "at: or every: tells which of them"
    if fault.every < 0 or any(number < 1 for number in fault.at):
        return "at: and every: count from 1"
    if fault.do == "delay" and fault.seconds is None:
        return "seconds: tells how long"
    if fault.span and (fault.do != "corrupt" or len(fault.span) != 2 or not 0 <= fault.span[0] < fault.span[1]):
        return "span: tells which bytes are corrupted, as [FIRST, END], counted from 0"
    if any(not 0 <= value <= _LONGEST for value in (fault.seconds, fault.back) if value is not None):
        return f"seconds: and back: are from 0 to {_LONGEST:g}"
    return ""


class Faults:
    """A plan at work: counts what passes, and tells what befalls it.

    Attributes:
        dying: Told of the fault that ends the server.
        dead: Whether it has ended; nothing is sent or answered then.
    """

    def __init__(self, plan: Sequence[Fault] = ()) -> None:
        """Begin to count; no plan, no faults."""
        self.dying: Callable[[Fault], None] = lambda _: None
        self.dead = False
        self._plan = tuple(plan)
        self._counts = [0] * len(self._plan)
        self._made: set[str] = set()
        self._begun = {fault.since for fault in plan}
        self._thaws = -math.inf
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Whether anything is planned."""
        return bool(self._plan)

    def end(self, fault: Fault) -> None:
        """Let the server die."""
        self.dead = True
        self.dying(fault)

    def freeze(self, fault: Fault) -> None:
        """Let the server stand still, as a process does that is stopped."""
        self._thaws = math.inf if fault.seconds is None else time.monotonic() + fault.seconds

    @property
    def frozen(self) -> bool:
        """Whether it stands still: nobody is answered, nothing is sent, no time passes."""
        return time.monotonic() < self._thaws

    def thaw(self, over: Callable[[], bool]) -> None:
        """Return when the server no longer stands still, or it is over with who waits."""
        while self.frozen and not over():
            time.sleep(min(_GLANCE, max(0.0, self._thaws - time.monotonic())))

    def of_call(self, name: str) -> Fault | None:
        """Count a call, and return what befalls it."""
        if not self._plan:
            return None
        with self._lock:
            if name in self._begun:
                self._made.add(name)
            return self._next(lambda fault: bool(fault.call) and fnmatchcase(name, fault.call))

    def of_message(self, name: str) -> Fault | None:
        """Count a message of a stream, and return what befalls it."""
        with self._lock:
            return self._next(lambda fault: bool(fault.stream) and fnmatchcase(name, fault.stream))

    def _next(self, matches: Callable[[Fault], bool]) -> Fault | None:
        struck = None
        for index, fault in enumerate(self._plan):
            if matches(fault) and (not fault.since or fault.since in self._made):
                self._counts[index] += 1
                if struck is None and fault.strikes(self._counts[index]):
                    struck = fault
        return struck
