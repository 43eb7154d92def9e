"""The shape of a recipe, checked when a profile is read: one transform an entry, lists nested as they may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domainaug.profile.reading import Document, Spot, Where

__all__ = ["COMPOSITIONS", "check_shape", "steps"]

COMPOSITIONS = ("OneOf", "SomeOf", "RandomOrder", "Sequential", "OneOrOther")
"""What holds other transforms, in its `transforms`."""


def steps(recipe: Any, road: Where = ()) -> Iterator[tuple[str, Mapping[str, Any], Where]]:
    """Yield (name, parameters, road) of every entry of a well-shaped recipe, outermost first."""
    for index, entry in enumerate(recipe):
        ((name, parameters),) = entry.items()
        here: Where = (*road, index, name)
        yield name, parameters or {}, here
        if name in COMPOSITIONS:
            yield from steps((parameters or {})["transforms"], (*here, "transforms"))


def check_shape(document: Document, recipe: list[dict[str, Any]], road: Where = ("recipe",)) -> None:
    """Hold a recipe's shape.

    Raises:
        ProfileError: An entry is not one transform with a mapping of parameters; with line and column.
    """
    for index, entry in enumerate(recipe):
        spot = Spot(document, (*road, index))
        if not isinstance(entry, dict):
            raise spot.fault(f"a step is written `- Transform: {{parameter: value}}`, got {entry!r}")
        if len(entry) != 1:
            names = ", ".join(entry) or "none"
            raise spot.fault(
                f"a step names one transform, got {len(entry)} ({names}); indent the parameters below it, "
                "or start each with a dash"
            )
        ((name, parameters),) = entry.items()
        if parameters is not None and not isinstance(parameters, dict):
            raise spot.fault(f"{name}: expected a mapping of parameters, got {parameters!r}", name)
        if name not in COMPOSITIONS:
            if parameters and "transforms" in parameters:
                raise spot.fault(f"{name} holds no transforms; {', '.join(COMPOSITIONS)} do", name, "transforms")
            continue
        nested = (parameters or {}).get("transforms")
        if not isinstance(nested, list) or not nested:
            raise spot.fault(f"{name} needs `transforms`, a list of at least one step", name)
        check_shape(document, nested, (*road, index, name, "transforms"))
