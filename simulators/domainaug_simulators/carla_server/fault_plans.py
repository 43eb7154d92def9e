"""Plans of faults in YAML.

faults:
  - {do: drop, stream: sensor.camera.rgb, at: [3, 4]}
  - {do: die, call: tick_cue, at: 20, back: 2}
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from domainaug.errors import DomainAugError, ProfileError
from domainaug.profile.reading import Document, read_document
from domainaug_simulators.carla_server.faults import Fault

__all__ = ["plan_of"]

_NAMES: Final = tuple(field.name for field in fields(Fault))
_WORDS: Final = ("do", "stream", "call", "since", "says")
_NUMBERS: Final = ("seconds", "back")


def plan_of(path: Path) -> list[Fault]:
    """Read a plan.

    Raises:
        DomainAugError: There is no such file, or it is no plan.
    """
    if not path.is_file():
        raise ProfileError("there is no such plan of faults", path=path)
    document = read_document(path)
    listed = document.data.get("faults")
    if not isinstance(listed, list) or len(document.data) != 1:
        raise document.fault("a plan is one list under `faults:`")
    return [_fault(document, index, told) for index, told in enumerate(listed)]


def _fault(document: Document, index: int, told: Any) -> Fault:
    if not isinstance(told, dict):
        raise document.fault("a fault is a mapping, such as {do: drop, stream: sensor.camera.rgb, at: 3}",
                             "faults", index)  # fmt: skip
    for name, value in told.items():
        legal = _legal(name, value)
        if legal:
            raise document.fault(f"{name}: {value!r} is not {legal}", "faults", index, name, key=True)
    if "do" not in told:
        raise document.fault("do: tells what goes wrong", "faults", index)
    numbers = told.get("at", ())
    at = (numbers,) if isinstance(numbers, int) else tuple(numbers)
    try:
        return Fault(**{**told, "at": at, "span": tuple(told.get("span", ()))})
    except DomainAugError as error:
        raise document.fault(str(error), "faults", index) from None


def _legal(name: str, value: Any) -> str:
    """Return what a key's value has to be, or "" where it is."""
    if name not in _NAMES:
        return f"known here; known: {', '.join(_NAMES)}"
    if name in _WORDS:
        return "" if isinstance(value, str) else "a word"
    if name in _NUMBERS:
        return "" if _whole(value) or isinstance(value, float) else "a number of seconds"
    if name == "every":
        return "" if _whole(value) else "a whole number"
    if name == "span":
        both = isinstance(value, list) and len(value) == 2 and all(map(_whole, value))
        return "" if both else "two whole numbers: [FIRST, END]"
    listed = value if isinstance(value, list) else [value]
    return "" if listed and all(map(_whole, listed)) else "a whole number or a list of them"


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
