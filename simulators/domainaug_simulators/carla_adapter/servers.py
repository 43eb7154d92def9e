"""Which servers a run talks to, and which of them a process has for itself."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domainaug.errors import DomainAugError

__all__ = ["Claim", "Server", "check_apart", "claimed", "read_servers"]

_PORT: Final = 2000
_LONGEST: Final = 253  # characters of a host's name
_WAIT: Final = 60.0  # seconds for a client that is leaving


@dataclass(frozen=True, slots=True)
class Server:
    """A server.

    Attributes:
        host: Its name or address.
        port: The port of its calls.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def address(self) -> str:
        """Its host as an IPv4 address, so that two names of one server are one; the name, where nobody knows it."""
        try:
            return socket.gethostbyname(self.host)
        except (OSError, UnicodeError):
            return self.host


def read_servers(told: Any) -> tuple[Server, ...]:
    """Return servers from `HOST:PORT` or a list of them; without a port it is 2000.

    Raises:
        DomainAugError: One is not written so, or named twice.
    """
    listed = [told] if isinstance(told, str) else told
    if not isinstance(listed, list | tuple) or not listed or not all(isinstance(one, str) for one in listed):
        raise DomainAugError(f"servers: a list such as [127.0.0.1:2000], and not {told!r}")
    found = []
    for one in listed:
        host, _, port = one.strip().rpartition(":") if ":" in one else (one.strip(), "", str(_PORT))
        if not host or len(host) > _LONGEST or not port.isdecimal() or not 0 < int(port) < 65535:
            raise DomainAugError(f"servers: {one!r} is no server; write HOST:PORT, such as 127.0.0.1:2000")
        if ":" in host:
            raise DomainAugError(
                f"servers: {one!r} is not HOST:PORT, such as 127.0.0.1:2000; CARLA's client knows IPv4 alone"
            )
        found.append(Server(host, int(port)))
    if len(set(found)) < len(found):
        raise DomainAugError("servers: one is named twice; each process has one for itself")
    return tuple(found)


def check_apart(servers: Sequence[Server]) -> None:
    """Refuse one server under two names.

    Raises:
        DomainAugError: Two have one address and port.
    """
    known: dict[tuple[str, int], Server] = {}
    for server in servers if len(servers) > 1 else ():
        other = known.setdefault((server.address, server.port), server)
        if other != server:
            raise DomainAugError(f"servers: {other} and {server} are one; each process has one for itself")


@dataclass(frozen=True, slots=True)
class Claim:
    """A server that this process has for itself, on this machine.

    Attributes:
        server: Which.
        number: The file that is locked; the client's process holds it too, so that it is free once both are gone.
    """

    server: Server
    number: int

    def release(self) -> None:
        """Let another process have it."""
        os.close(self.number)


def claimed(servers: Sequence[Server], seconds: float = _WAIT) -> Claim:
    """Return the first server that no other process of this machine has.

    Raises:
        DomainAugError: All of them are had, for longer than a client takes to leave.
    """
    until = time.monotonic() + seconds
    while True:
        for server in servers:
            claim = _tried(server)
            if claim is not None:
                return claim
        if time.monotonic() > until:
            named = ", ".join(map(str, servers))
            raise DomainAugError(f"another run has {named}: wait until it is done, or name other servers")
        time.sleep(0.2)


def _tried(server: Server) -> Claim | None:
    try:
        import fcntl
    except ImportError:  # another system: runs there keep apart by themselves
        return Claim(server, os.open(os.devnull, os.O_RDONLY))
    user = os.getuid() if hasattr(os, "getuid") else 0
    name = f"domainaug-carla-{user}-{server.address}-{server.port}.lock"
    place = Path(tempfile.gettempdir(), name.replace("/", "_"))
    number = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(number)
        return None
    return Claim(server, number)
