"""Calls by their names, and how what they return or raise becomes an answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from domainaug.errors import DomainAugError
from domainaug_simulators.carla_server.wire import answers
from domainaug_simulators.carla_server.wire.rpc import Caller, Later

if TYPE_CHECKING:
    from domainaug_simulators.carla_server.desk import Desk

__all__ = ["CALLS", "Call", "answered", "call", "refused"]

Form = Literal["value", "nothing", "raw"]
log = logging.getLogger("domainaug.carla")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is known.

    Attributes:
        name: What clients call it.
        run: What it does.
        form: Whether it tells a value or nothing, or writes its own answer.
        locked: Whether the world must stand still for it.
        caller: Whether it is told who calls.
    """

    name: str
    run: Callable[..., Any]
    form: Form
    locked: bool
    caller: bool


CALLS: Final[dict[str, Call]] = {}
"""All calls that are known, by name."""


def call(
    name: str, *, form: Form = "value", locked: bool = True, caller: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function the handler of a call: it is given the server, then the call's arguments."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        CALLS[name] = Call(name, run, form, locked, caller)
        return run

    return register


def answered(desk: Desk, name: str, arguments: list[Any], caller: Caller) -> Any:
    """Return the answer to a call; whatever goes wrong becomes one."""
    found = CALLS.get(name)
    if found is None:
        if name not in desk.unknown:
            desk.unknown.add(name)
            log.warning("%s is not served; a client that calls it is told so", name)
        return answers.failed(f"{name} is not served by domainaug; docs/carla.md lists what is")
    first = (desk, caller) if found.caller else (desk,)
    return _tried(desk, found, lambda: _run(desk, found, (*first, *arguments)))


def refused(name: str, arguments: list[Any], message: str) -> Any:
    """Return the answer to a call that is refused: each of its commands, where it has many."""
    found = CALLS.get(name)
    if found is None:
        return answers.failed(message)
    if found.form == "raw" and arguments and isinstance(arguments[0], list):
        return [answers.outcome(0, message) for _ in arguments[0]]
    return _refusal(found, message)


def _run(desk: Desk, found: Call, arguments: tuple[Any, ...]) -> Any:
    if found.locked:
        with desk.lock:
            return found.run(*arguments)
    return found.run(*arguments)


def _tried(desk: Desk, found: Call, run: Callable[[], Any]) -> Any:
    """Return what a call answers, whatever goes wrong in it."""
    try:
        result = run()
    except DomainAugError as error:
        return _refusal(found, str(error))
    except Exception as error:  # a server outlives whatever a client sends
        log.warning("%s: its arguments are not CARLA's (%s: %s)", found.name, type(error).__name__, error)
        return _refusal(found, f"{found.name}: its arguments are not those of CARLA {desk.layout.version}")
    if isinstance(result, Later):
        return Later(lambda: _tried(desk, found, result.result))
    return _written(found, result)


def _written(found: Call, result: Any) -> Any:
    if found.form == "raw":
        return result
    return answers.DONE if found.form == "nothing" else answers.ok(result)


def _refusal(found: Call, message: str) -> Any:
    return answers.done_not(message) if found.form == "nothing" else answers.failed(message)
