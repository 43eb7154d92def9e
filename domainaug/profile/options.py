"""Options: what a user must vouch for or say, and the conditions of rules that hang on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domainaug.errors import ProfileError, UnknownName, nearest
from domainaug.profile.model import Condition, fulfils
from domainaug.profile.reading import Spot

__all__ = ["checked_value", "read_condition"]


def read_condition(
    spot: Spot,
    key: str,
    written: str | Mapping[str, Any] | None,
    options: Mapping[str, Any],
    choices: Mapping[str, tuple[Any, ...]],
) -> Condition | None:
    """Return a rule's `when` or `unless` with every option looked up.

    Args:
        spot: The rule.
        key: "when" or "unless".
        written: An option's name, which must be on; or option to value, or to a list of values.
        options: Every option with its value.
        choices: The values an option can have, where it says so.

    Raises:
        ProfileError: No such option, or a value it never has.
    """
    if written is None:
        return None
    if not written:
        raise spot.fault(f"{key}: name an option, or leave it out", key)
    pairs = {written: ()} if isinstance(written, str) else written
    condition: dict[str, tuple[Any, ...]] = {}
    for name, values in pairs.items():
        if name not in options:
            raise spot.fault(str(UnknownName("option", name, options)), key, name, key=True)
        wanted = tuple(values) if isinstance(values, list | tuple) else (values,)
        if isinstance(written, str):
            wanted = (True,) if isinstance(options[name], bool) else ()
        elif not wanted:
            raise spot.fault(f"{key}: {name} has no values; name those that count", key, name)
        for value in wanted:
            if name in choices and value not in choices[name]:
                legal = ", ".join(map(str, choices[name]))
                raise spot.fault(f"{key}: {name} is never {value!r}; its choices are {legal}", key, name)
            if isinstance(options[name], bool) and not isinstance(value, bool):
                raise spot.fault(f"{key}: {name} is true or false, got {value!r}", key, name)
        condition[name] = wanted
    return condition


def checked_value(name: str, value: Any, known: Mapping[str, Any], choices: Mapping[str, tuple[Any, ...]]) -> Any:
    """Return `value` if the option `name` can have it.

    Args:
        name: The option.
        value: What to set it to.
        known: Every option with its value so far, which says what type is wanted.
        choices: The values an option can have, where it says so.

    Raises:
        UnknownName: There is no such option.
        ProfileError: It cannot have that value.
    """
    if name not in known:
        raise UnknownName("option", name, known)
    if name in choices:
        if not fulfils(value, choices[name]):
            close = nearest(str(value), map(str, choices[name]))
            hint = f"did you mean {close}?" if close else "choices: " + ", ".join(map(str, choices[name]))
            raise ProfileError(f"option {name} is never {value!r}; {hint}")
        return value
    now = known[name]
    if not isinstance(value, bool | int | float | str | None):
        raise ProfileError(f"option {name} takes one plain value, got {type(value).__name__}")
    wanted = "true or false" if isinstance(now, bool) else "a number" if isinstance(now, int | float) else "text"
    fits = now is None or value is None or _kind(now) == _kind(value)
    if not fits or (isinstance(now, bool) and value is None):
        raise ProfileError(f"option {name} takes {wanted}, got {value!r}")
    return value


def _kind(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "text"
