"""Where the callback thread of a sensor leaves what it measured, and the main thread takes it by its frame."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from domainaug_simulators.carla_adapter.faults import Event

__all__ = ["FrameMissing", "Mailbox"]

_MOST: Final = 8


class FrameMissing(Exception):
    """A frame is not to be had; `event` says how."""

    def __init__(self, event: Event) -> None:
        self.event = event
        super().__init__(str(event))


class Mailbox:
    """A few measurements of one sensor, by frame.

    Attributes:
        name: The sensor's.
        events: What happened to its frames, until `told` takes them.
        last: When something came last, as `time.monotonic` counts.
    """

    def __init__(self, name: str, fault: Callable[[Any], str] = lambda _: "", most: int = _MOST) -> None:
        """Take the sensor's name.

        Args:
            name: What events call it.
            fault: Says what is wrong with a measurement, "" for nothing.
            most: How many are held; the oldest are let go.
        """
        self.name, self.events = name, list[Event]()
        self._fault, self._held = fault, deque[Any](maxlen=most)
        self._came = threading.Condition()
        self._taken, self._missed = -1, set[int]()
        self.last = -math.inf

    def put(self, data: Any) -> None:
        """Leave a measurement; called in the client's thread, and so does nothing else."""
        with self._came:
            if len(self._held) == self._held.maxlen:
                self.events.append(Event("crowded", self.name, self._held[0].frame))
            self._held.append(data)
            self.last = time.monotonic()
            self._came.notify()

    def take(self, frame: int, until: Callable[[], float]) -> Any:
        """Return the measurement of a frame; older ones are dropped.

        Args:
            frame: Which.
            until: Tells until when to wait, as `time.monotonic` counts; asked again when that is over.

        Raises:
            FrameMissing: It does not come in time, a later one came, or it is not as it was asked for.
        """
        with self._came:
            while True:
                while self._held:
                    data = self._held[0]
                    if data.frame > frame:
                        raise self._miss("skipped", frame, f"frame {data.frame} came")
                    self._held.popleft()
                    if data.frame == frame:
                        return self._opened(data, frame)
                    self._old(data.frame)
                left = until() - time.monotonic()
                if left <= 0:
                    raise self._miss("lost", frame, "it did not come in time")
                self._came.wait(left)

    def empty(self) -> None:
        """Let go of everything that came, and forget which frames there were: their count may begin anew."""
        with self._came:
            self._held.clear()
            self._taken, self._missed = -1, set()

    def note(self, event: Event) -> None:
        """Take down what happened otherwise."""
        with self._came:
            self.events.append(event)

    def told(self) -> list[Event]:
        """Return what happened since this was last asked for."""
        with self._came:
            events, self.events = self.events, []
        return events

    def _opened(self, data: Any, frame: int) -> Any:
        fault = self._fault(data)
        if fault:
            raise self._miss("wrong", frame, fault)
        self._taken = frame
        return data

    def _old(self, frame: int) -> None:
        if frame == self._taken:
            self.events.append(Event("doubled", self.name, frame))
        elif frame in self._missed:
            self.events.append(Event("late", self.name, frame))

    def _miss(self, kind: Any, frame: int, detail: str) -> FrameMissing:
        self._missed.add(frame)
        event = Event(kind, self.name, frame, detail)
        self.events.append(event)
        return FrameMissing(event)
