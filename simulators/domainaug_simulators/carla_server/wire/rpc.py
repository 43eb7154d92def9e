"""Calls over msgpack-rpc, as rpclib's client makes them.

A call is `[0, number, name, [[asynchronous], *arguments]]`, its answer `[1, number, nil, result]`. Calls come many to a
segment; asynchronous ones are answered too, and their answers are ignored.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgpack

from domainaug.errors import DomainAugError
from domainaug_simulators.carla_server.faults import Fault, Faults

__all__ = ["Caller", "Later", "RpcServer", "listening"]

_LARGEST: Final = 256 << 20
_CHUNK: Final = 1 << 16
_GLANCE: Final = 0.05  # seconds between looks at whether a client that waits has gone


@dataclass(eq=False, slots=True)
class Caller:
    """A client that is connected.

    Attributes:
        name: Its address.
        ports: Ports of traffic managers that it runs.
        writing: Held while an answer is sent.
    """

    name: str
    ports: set[int] = field(default_factory=set)
    writing: threading.Lock = field(default_factory=threading.Lock, repr=False)


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that has to wait; calls after it are answered meanwhile.

    Attributes:
        result: Waits, and gives it.
    """

    result: Callable[[], Any]


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        DomainAugError: The address cannot be had.
    """
    try:
        return socket.create_server((host, port), backlog=64)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DomainAugError(
            f"{host}:{port} cannot be listened on ({reason}); stop what uses it, or name another with --port"
        ) from None


class RpcServer:
    """Answers calls, each client in a thread of its own."""

    def __init__(
        self,
        host: str,
        port: int,
        answer: Callable[[str, list[Any], Caller], Any],
        left: Callable[[Caller], None] = lambda _: None,
        *,
        faults: Faults | None = None,
        refuse: Callable[[str, list[Any], str], Any] = lambda _name, _arguments, _says: None,
    ) -> None:
        """Listen; answers are given from `start` on.

        Args:
            host: Where.
            port: Where; 0 for any that is free.
            answer: Gives the result of a call by its name and arguments; must not raise.
            left: Told when a client has gone.
            faults: What goes wrong on purpose.
            refuse: Gives the result of a call, by its name and arguments, that is refused in a sentence.

        Raises:
            DomainAugError: The address cannot be had.
        """
        self._answer, self._left, self._refuse = answer, left, refuse
        self._faults = faults or Faults()
        self._socket = listening(host, port)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    @property
    def clients(self) -> int:
        """How many are connected."""
        with self._lock:
            return len(self._open)

    def start(self) -> None:
        """Take clients in, until `close`."""
        threading.Thread(target=self._accept, name="carla-rpc", daemon=True).start()

    def close(self) -> None:
        """Hang up on everybody."""
        self._closed = True
        _shut(self._socket)
        with self._lock:
            still = list(self._open)
        for one in still:
            _shut(one)

    def _accept(self) -> None:
        while not self._closed:
            try:
                one, address = self._socket.accept()
            except OSError:
                return
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(one)
            caller = Caller(f"{address[0]}:{address[1]}")
            threading.Thread(target=self._serve, args=(one, caller), name="carla-client", daemon=True).start()

    def _serve(self, one: socket.socket, caller: Caller) -> None:
        unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, max_buffer_size=_LARGEST,
                                    unicode_errors="surrogateescape")  # fmt: skip
        try:
            while data := one.recv(_CHUNK):
                unpacker.feed(data)
                for request in unpacker:
                    self._reply(one, request, caller)
        except (OSError, ValueError, msgpack.UnpackException):
            pass  # it hung up, or does not speak msgpack-rpc
        finally:
            with self._lock:
                self._open.discard(one)
            _shut(one)
            if not self._closed:
                self._left(caller)

    def _reply(self, one: socket.socket, request: Any, caller: Caller) -> None:
        match request:
            case [0, int() as number, str() as name, [[*_], *arguments]]:
                fault = self._faults.of_call(name)
                if fault is not None and fault.do == "freeze":
                    self._faults.freeze(fault)
                self._thaw(one)
                result = self._result(name, arguments, caller, fault, one)
            case _:
                raise ValueError("no call of msgpack-rpc")
        if fault is not None and fault.do == "die":
            self._faults.end(fault)
        if self._faults.dead:
            raise OSError("the server has died")
        self._thaw(one)
        if isinstance(result, Later):
            threading.Thread(target=self._send_later, args=(one, number, result, caller), daemon=True).start()
        else:
            self._send(one, number, result, caller)

    def _result(self, name: str, arguments: list[Any], caller: Caller, fault: Fault | None, one: socket.socket) -> Any:
        if fault is not None and fault.do == "hang":
            self._hang(one, fault)
        if fault is not None and fault.do == "fail":
            return self._refuse(name, arguments, fault.says)
        return self._answer(name, arguments, caller)

    def _thaw(self, one: socket.socket) -> None:
        """Wait while the server stands still.

        Raises:
            OSError: The client has gone meanwhile, or the server is closed.
        """
        self._faults.thaw(lambda: self._closed or _gone(one))
        if self._faults.frozen:
            raise OSError("nobody waits any more")

    def _hang(self, one: socket.socket, fault: Fault) -> None:
        """Do nothing for as long as a fault lasts; nor is any other call of this client answered.

        Raises:
            OSError: The client has gone meanwhile, or the server is closed.
        """
        end = None if fault.seconds is None else time.monotonic() + fault.seconds
        while end is None or time.monotonic() < end:
            if self._closed or _gone(one):
                raise OSError("nobody waits any more")
            time.sleep(_GLANCE if end is None else min(_GLANCE, max(0.0, end - time.monotonic())))

    def _send_later(self, one: socket.socket, number: int, later: Later, caller: Caller) -> None:
        with contextlib.suppress(OSError):
            result = later.result()
            self._thaw(one)
            self._send(one, number, result, caller)

    @staticmethod
    def _send(one: socket.socket, number: int, result: Any, caller: Caller) -> None:
        message = msgpack.packb([1, number, None, result], use_bin_type=True)
        with caller.writing:
            one.sendall(message)


def _gone(one: socket.socket) -> bool:
    """Return whether a client has hung up, though it may have sent more before."""
    if not hasattr(select, "POLLRDHUP"):
        return False  # told only where the system is Linux; elsewhere a hung call ends with the server
    asked = select.poll()
    asked.register(one, select.POLLRDHUP)
    return bool(asked.poll(0))


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
