"""Streams: what sensors see and how the world stands, each over sockets of its own.

A client connects, names a stream with four bytes, and is sent messages, each after its size. A reader that is slow
loses the oldest messages; it never holds up the world.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from domainaug_simulators.carla_server.faults import OBSERVER, Fault, Faults
from domainaug_simulators.carla_server.wire.layouts import Layout
from domainaug_simulators.carla_server.wire.rpc import listening

__all__ = ["StreamServer"]

_WAITING: Final = 64
_HEAVY: Final = 256 << 20
_HANDSHAKE: Final = 5.0
_IDLE: Final = 1.0
_SIZE: Final = struct.Struct("<I")
_KIND: Final = struct.Struct("<Q")
_TCP, _ANYWHERE = 1, 0


class _Reader:
    """A client that reads one stream."""

    def __init__(self, one: socket.socket, faults: Faults) -> None:
        self.socket = one
        self._faults = faults
        self.lost = 0
        self._queue: deque[bytes] = deque()
        self._held = 0
        self._news = threading.Condition()
        self._closed = False

    def offer(self, message: bytes) -> None:
        """Queue a message with its size before it; the oldest are lost where too many wait."""
        with self._news:
            self._queue.append(message)
            self._held += len(message)
            while len(self._queue) > _WAITING or (self._held > _HEAVY and len(self._queue) > 1):
                self._held -= len(self._queue.popleft())
                self.lost += 1
            self._news.notify()

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        """Send what is queued until either side closes."""
        try:
            while (message := self._next()) is not None:
                self._faults.thaw(lambda: self._closed)
                self.socket.sendall(message)
        except OSError:
            pass  # the client has gone
        finally:
            self.socket.close()

    def _next(self) -> bytes | None:
        while True:
            with self._news:
                if not self._queue and not self._closed:
                    self._news.wait(_IDLE)
                if self._closed:
                    return None
                if self._queue:
                    message = self._queue.popleft()
                    self._held -= len(message)
                    return message
            if _hung_up(self.socket):
                return None


def _hung_up(one: socket.socket) -> bool:
    readable, _, _ = select.select([one], [], [], 0)
    return bool(readable) and not one.recv(1, socket.MSG_PEEK)


class StreamServer:
    """All streams of a server."""

    def __init__(self, host: str, port: int, layout: Layout, faults: Faults | None = None) -> None:
        """Listen; readers are taken in from `start` on.

        Args:
            host: Where.
            port: Where; 0 for any that is free.
            layout: What clients read.
            faults: What goes wrong on purpose.

        Raises:
            DomainAugError: The address cannot be had.
        """
        self._layout = layout
        self._faults = faults or Faults()
        self._kinds = {kind: name for name, kind in layout.sensors.items()} | {layout.observer: OBSERVER}
        self._held: dict[int, bytes] = {}
        self._socket = listening(host, port)
        self._numbers = itertools.count(1)
        self._readers: dict[int, list[_Reader]] = {}
        self._first: dict[int, Callable[[], bytes | None]] = {}
        self._arrived: dict[int, int] = {}
        self._due: dict[int, int] = {}
        self._lock = threading.Lock()
        self._arrival = threading.Condition(self._lock)
        self._closed = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Take readers in, until `close`."""
        threading.Thread(target=self._accept, name="carla-streams", daemon=True).start()

    def close(self) -> None:
        """Hang up on everybody."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            readers = [reader for all_of in self._readers.values() for reader in all_of]
            self._readers.clear()
        for reader in readers:
            reader.close()

    def open(self, first: Callable[[], bytes | None] = lambda: None) -> int:
        """Return the number of a new stream; `first` gives what a reader is sent on arrival."""
        with self._lock:
            number = next(self._numbers)
            self._readers[number] = []
            self._first[number] = first
        return number

    def shut(self, number: int) -> None:
        """End a stream."""
        with self._lock:
            readers = self._readers.pop(number, [])
            self._first.pop(number, None)
            self._held.pop(number, None)
        for reader in readers:
            reader.close()

    def wanted(self, number: int) -> bool:
        """Return whether anybody reads a stream."""
        return bool(self._readers.get(number))

    def publish(self, number: int, message: bytes) -> None:
        """Send a message to all who read a stream; returns at once."""
        if self._faults.dead:
            return
        fault = self._faults.of_message(self._name(message)) if self._faults else None
        held = self._held.pop(number, None) if self._faults else None
        if fault is None:
            self._offer(number, message)
        else:
            self._strike(number, message, fault)
        if held is not None:
            self._offer(number, held)

    def _name(self, message: bytes) -> str:
        return self._kinds.get(_KIND.unpack_from(message)[0], "") if len(message) >= _KIND.size else ""

    def _strike(self, number: int, message: bytes, fault: Fault) -> None:
        """Let a fault befall a message."""
        match fault.do:
            case "double":
                self._offer(number, message)
                self._offer(number, message)
            case "delay":
                late = threading.Timer(fault.seconds or 0.0, self._offer, (number, message))
                late.daemon = True
                late.start()
            case "reorder":
                self._held[number] = message
            case "corrupt":
                self._offer(number, fault.corrupted(message))
            case "freeze":
                self._faults.freeze(fault)
                self._offer(number, message)
            case "die":
                self._offer(number, message, broken=True)
                self._faults.end(fault)

    def _offer(self, number: int, message: bytes, *, broken: bool = False) -> None:
        with self._lock:
            readers = list(self._readers.get(number, ()))
        sent = _SIZE.pack(len(message)) + message
        if broken:
            sent = sent[: len(sent) // 2]
        for reader in readers:
            reader.offer(sent)

    def expect(self, number: int) -> None:
        """Take in that somebody is about to come and read a stream."""
        with self._lock:
            if number in self._readers:
                self._due[number] = max(self._due.get(number, 0), self._arrived.get(number, 0)) + 1

    def gather(self, seconds: float) -> None:
        """Wait until everybody has come who is expected, or for some seconds; who has not by then is forgotten."""
        with self._lock:
            self._arrival.wait_for(self._all_here, seconds)
            self._due.clear()

    def _all_here(self) -> bool:
        return all(self._arrived.get(number, 0) >= due or number not in self._readers for number, due in
                   self._due.items())  # fmt: skip

    def arrived(self, number: int) -> int:
        """Return how many have ever come to read a stream."""
        return self._arrived.get(number, 0)

    @property
    def readers(self) -> int:
        """How many sockets are open."""
        with self._lock:
            return sum(map(len, self._readers.values()))

    def token(self, number: int) -> bytes:
        """Return what a client needs to find a stream; without an address, so that it takes the one it called."""
        return self._layout.token.pack(number, self.port, _TCP, _ANYWHERE, b"")

    def _accept(self) -> None:
        while not self._closed:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._greet, args=(one,), name="carla-reader", daemon=True).start()

    def _greet(self, one: socket.socket) -> None:
        """Read which stream is wanted, and serve it."""
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            one.settimeout(_HANDSHAKE)
            told = b""
            while len(told) < 4 and (part := one.recv(4 - len(told))):
                told += part
            one.settimeout(None)
        except OSError:
            told = b""
        number = _SIZE.unpack(told)[0] if len(told) == 4 else 0
        reader = _Reader(one, self._faults)
        with self._lock:
            known = number in self._readers
            if known:
                self._readers[number].append(reader)
                self._arrived[number] = self._arrived.get(number, 0) + 1
                self._arrival.notify_all()
                first = self._first[number]
        if not known:
            one.close()
            return
        if (message := first()) is not None:
            reader.offer(_SIZE.pack(len(message)) + message)
        try:
            reader.run()
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._readers.get(number, []).remove(reader)
