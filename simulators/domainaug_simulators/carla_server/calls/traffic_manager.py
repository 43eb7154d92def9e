"""Calls by which traffic managers, which live in clients, find each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from domainaug_simulators.carla_server.calls.registry import call
from domainaug_simulators.carla_server.wire.rpc import Caller

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__: list[str] = []


@call("is_traffic_manager_running")
def _running(desk: Desk, port: int) -> bool:
    return port in desk.managers


@call("get_traffic_manager_running")
def _where(desk: Desk, port: int) -> list[Any]:
    return [desk.managers[port], port] if port in desk.managers else ["", 0]


@call("add_traffic_manager_running", caller=True)
def _add(desk: Desk, caller: Caller, told: Sequence[Any]) -> bool:
    host, port = told
    if port in desk.managers:
        return False
    desk.managers[port] = str(host)
    caller.ports.add(port)
    return True


@call("destroy_traffic_manager", caller=True)
def _destroy(desk: Desk, caller: Caller, port: int) -> bool:
    caller.ports.discard(port)
    return desk.managers.pop(port, None) is not None
