"""Servers that put a simulator behind somebody else's protocol, found by entry points as simulators are.

[project.entry-points."domainaug.servers"]
carla = "domainaug_simulators.carla_server.server:serve"
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from domainaug.errors import MissingExtra, UnknownName

__all__ = ["GROUP", "server_named"]

GROUP = "domainaug.servers"


def server_named(name: str) -> Any:
    """Return the function that serves, which runs until it is interrupted.

    Raises:
        UnknownName: None of that name is installed.
        MissingExtra: What it needs is not installed.
    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        raise UnknownName("server", name, found)
    try:
        return found[name].load()
    except ImportError:
        raise MissingExtra(f"the {name} server", name) from None
