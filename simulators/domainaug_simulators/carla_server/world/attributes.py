"""Attributes of blueprints: named texts with a type."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Attribute", "Kind", "number", "one_of", "truth"]


class Kind(IntEnum):
    """The type of an attribute, as CARLA numbers them."""

    BOOL = 1
    INT = 2
    FLOAT = 3
    STRING = 4
    COLOR = 5


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something of a blueprint that can be set.

    Attributes:
        name: What it is called.
        kind: Its type.
        default: Its value, as text.
        recommended: Values that scripts may draw from.
        modifiable: Whether it can be set at all.
        restrict: Whether only recommended values can be set, if there are any.
    """

    name: str
    kind: Kind
    default: str
    recommended: tuple[str, ...] = ()
    modifiable: bool = True
    restrict: bool = False


def truth(name: str, default: bool) -> Attribute:
    """Return a switch."""
    return Attribute(name, Kind.BOOL, str(default).lower(), ("true", "false"))


def number(name: str, value: int) -> Attribute:
    """Return a whole number that cannot be set."""
    return Attribute(name, Kind.INT, str(value), modifiable=False)


def one_of(name: str, default: str, *others: str, fixed: bool = False) -> Attribute:
    """Return a text."""
    return Attribute(name, Kind.STRING, default, (default, *others) if others else (), not fixed, bool(others))
