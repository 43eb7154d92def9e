"""The forms in which answers to calls are written.

CARLA's client reads a value or an error as a variant (`[index, ...]` in an array of one), an error or nothing as an
optional, and optionals as `[false]` or `[true, value]`.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["DONE", "done_not", "failed", "ok", "optional", "outcome"]

DONE: Final = [[False]]
"""A call that answers nothing went well."""


def ok(value: Any) -> list[Any]:
    """Return the answer that holds a value."""
    return [[1, value]]


def failed(message: str) -> list[Any]:
    """Return the answer of a call that should have told a value; the client raises RuntimeError with the message."""
    return [[0, [message]]]


def done_not(message: str) -> list[Any]:
    """Return the answer of a call that tells nothing and went wrong."""
    return [[True, [message]]]


def outcome(actor: int, error: str | None = None) -> list[Any]:
    """Return the answer to one command of a batch: the actor it was about, or what went wrong."""
    return ok(actor) if error is None else failed(error)


def optional(value: Any) -> list[Any]:
    """Return a value that may be missing (None)."""
    return [False] if value is None else [True, value]
