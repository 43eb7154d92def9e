"""Which servers the adapter talks to: one table, and what is said of the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from domainaug.errors import DomainAugError

__all__ = ["VERSIONS", "handshake"]

Standing = Literal["tested", "untried", "refused"]

VERSIONS: Final[Mapping[str, tuple[Standing, str]]] = MappingProxyType(
    {
        "0.9.16": ("tested", ""),
        "0.9.15": ("untried", "its classes are numbered as 0.9.16's"),
        "0.9.14": ("untried", "its classes are numbered as 0.9.16's"),
        "0.9.13": ("refused", "it numbers classes otherwise, and has no instance camera"),
        "0.9.12": ("refused", "it numbers classes otherwise, and has no instance camera"),
        "0.10.0": ("refused", "it has other sensors and other weather"),
    }
)
"""How the adapter stands to each version of the server, and why."""

_NUMBER: Final = re.compile(r"\d+\.\d+\.\d+")


def handshake(server: str, client: str) -> tuple[str, ...]:
    """Return what is worth knowing of a server and the client that talks to it.

    Args:
        server: What the server calls itself; builds from source add to the number, or have none.
        client: What the installed client calls itself.

    Raises:
        DomainAugError: They do not go together: streams are laid out anew with every version, and a client that reads
            another's ends with a segmentation fault.
    """
    theirs, ours = _NUMBER.match(server), _NUMBER.match(client)
    if theirs is None:
        return (f"CARLA calls itself {server!r}, which is no version: that it is one of {client} is taken on trust",)
    number = theirs[0]
    standing, why = VERSIONS.get(number, ("untried", "it is in no table"))
    if standing == "refused" or _ordered(number) < _ordered("0.9.12"):
        told = why or "it is older than any that is known"
        raise DomainAugError(f"CARLA {server}: {told}; run a server of 0.9.16 (and `pip install carla==0.9.16`)")
    if ours is None or ours[0] != number:
        raise DomainAugError(
            f"the server is CARLA {server} and the client {client}: streams of another version crash it; "
            f"`pip install carla=={number}`, or run a server of {client}"
        )
    return () if standing == "tested" else (f"CARLA {server} has not been tried with this: {why}",)


def _ordered(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))
