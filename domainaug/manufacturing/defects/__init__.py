"""Kinds of defects, one module each: what is drawn of them, in mm, and what they look like.

    scratch.py crack.py dent.py pit.py          changes of height
    stain.py discoloration.py                   of what the surface gives back
    fiber.py burr.py                            of what lies on it or grows at its edge
    pore.py                                     of what X-rays pass
    missing.py misplaced.py print_smear.py      of what is mounted or printed
    kinds.py                                    what they have in common

A kind is a frozen dataclass of sizes with a method `draw(seed, site)`; a new one is a module and an entry here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from domainaug.errors import UnknownName
from domainaug.manufacturing.sizes import size_of

if TYPE_CHECKING:
    from domainaug.manufacturing.defects.kinds import Kind

__all__ = ["KINDS", "kind"]

KINDS: Mapping[str, tuple[str, str]] = {
    "burr": ("burr", "Burr"),
    "crack": ("crack", "Crack"),
    "dent": ("dent", "Dent"),
    "discoloration": ("discoloration", "Discoloration"),
    "fiber": ("fiber", "Fiber"),
    "misplaced": ("misplaced", "Misplaced"),
    "missing": ("missing", "Missing"),
    "pit": ("pit", "Pit"),
    "pore": ("pore", "Pore"),
    "print-smear": ("print_smear", "PrintSmear"),
    "scratch": ("scratch", "Scratch"),
    "stain": ("stain", "Stain"),
}
"""Name of each kind to its module and class."""

_SIGNED = ("gloss", "lighter")  # sizes that go either way, down to all of what there is


def kind(name: str, **sizes: Any) -> Kind:
    """Return a kind with sizes.

    Args:
        name: One of `KINDS`.
        **sizes: For its class; what is not given has its default.

    Raises:
        UnknownName: There is no such kind, or it has no such size.
        ValueError: A size is not legal.
    """
    if name not in KINDS:
        raise UnknownName("kind of defect", name, KINDS)
    module, cls = KINDS[name]
    made: Any = getattr(import_module(f"{__name__}.{module}"), cls)
    legal = [one.name for one in fields(made)]
    for each in sizes:
        if each not in legal:
            raise UnknownName("size", each, legal, where=name)
        if made.__dataclass_fields__[each].type == "Sized":
            size_of(f"{name}: {each}", sizes[each], least=-1.0 if each in _SIGNED else 0.0)
    return made(**sizes)  # type: ignore[no-any-return]
