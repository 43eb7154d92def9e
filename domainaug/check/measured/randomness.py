"""Random states: everything a callable may draw from is left as it was, and each step draws from its own stream."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, MethodType
from typing import Any

import numpy as np

__all__ = ["copied", "independent", "is_albumentations", "is_monai", "seeded", "undisturbed"]

_DEEPEST, _MOST = 8, 4000


def is_albumentations(target: object) -> bool:
    """Return whether `target` is an albumentations transform or composition (without importing albumentations)."""
    return any(kind.__module__.partition(".")[0] == "albumentations" for kind in type(target).__mro__)


def copied(target: Any) -> tuple[Any, bool]:
    """Return a deep copy of `target` and True, or `target` itself and False when it cannot be copied."""
    try:
        return copy.deepcopy(target), True
    except Exception:  # copying runs the user's own code, which may raise anything
        return target, False


@contextmanager
def undisturbed(target: object) -> Iterator[None]:
    """Put the global random states, and every generator `target` holds, back to what they were.

    A function cannot be copied; the generators in its closure, its defaults and the globals it names are
    restored instead.
    """
    states = [(holder, _state(holder)) for holder in _generators(target)]
    legacy, plain = np.random.get_state(), random.getstate()
    torch = sys.modules.get("torch")
    tensor = torch.get_rng_state() if torch is not None else None
    shared = _monai()
    of_monai = shared.get_state() if shared is not None else None
    try:
        yield
    finally:
        random.setstate(plain)
        np.random.set_state(legacy)
        if torch is not None and tensor is not None:
            torch.set_rng_state(tensor)
        if shared is not None:
            shared.set_state(of_monai)
        for holder, state in states:
            _restore(holder, state)


def seeded(seed: int) -> None:
    """Seed the global generators, so that a callable that draws from them varies from draw to draw."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.manual_seed(seed)  # on the processor alone: other devices' states are not ours
    shared = _monai()
    if shared is not None:
        shared.seed(seed % 2**32)


def _monai() -> Any:
    """Return the state that all MONAI transforms share which have none of their own, or None without MONAI."""
    return getattr(getattr(sys.modules.get("monai.transforms"), "Randomizable", None), "R", None)


def independent(target: Any, seed: int) -> None:
    """Give each step of an albumentations or MONAI pipeline a random stream of its own; `target` is changed.

    A seeded albumentations Compose hands every step the same stream, and MONAI transforms seeded alike draw
    alike, so that two flips always fall together; drawn like that, a check would see only the diagonal.
    """
    if is_monai(target):
        seeding = getattr(target, "set_random_state", None)  # a transform without chance has none
        if seeding is not None:
            seeding(seed=int(np.random.SeedSequence(seed).generate_state(1)[0]))
    else:
        _spread(target, np.random.SeedSequence(seed))


def is_monai(target: object) -> bool:
    """Return whether `target` is a MONAI transform or composition (without importing MONAI)."""
    return any(kind.__module__.partition(".")[0] == "monai" for kind in type(target).__mro__)


def _spread(step: Any, sequence: np.random.SeedSequence) -> None:
    if hasattr(step, "set_random_seed"):
        step.set_random_seed(int(sequence.generate_state(1)[0]))
    inner = getattr(step, "transforms", None) or ()
    steps = [*inner] if isinstance(inner, list | tuple) else []
    for child, stream in zip(steps, sequence.spawn(len(steps)), strict=True):
        _spread(child, stream)


def _generators(target: object) -> list[Any]:
    """Return every random generator that can be reached from `target`."""
    found: list[Any] = []
    known: set[int] = set()
    torch = getattr(sys.modules.get("torch"), "Generator", None)
    kinds = (np.random.Generator, np.random.RandomState, random.Random, *([torch] if torch is not None else []))
    waiting: list[tuple[Any, int]] = [(target, 0)]
    while waiting and len(known) < _MOST:
        thing, depth = waiting.pop()
        if id(thing) in known or depth > _DEEPEST:
            continue
        known.add(id(thing))
        if isinstance(thing, kinds):
            found.append(thing)
        else:
            waiting.extend((part, depth + 1) for part in _parts(thing))
    return found


def _parts(thing: Any) -> list[Any]:
    if isinstance(thing, FunctionType):
        cells = [cell.cell_contents for cell in thing.__closure__ or () if _is_filled(cell)]
        named = [thing.__globals__[name] for name in thing.__code__.co_names if name in thing.__globals__]
        return [*cells, *(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values(), *named]
    if isinstance(thing, MethodType):
        return [thing.__self__, thing.__func__]
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    if isinstance(thing, type) or type(thing).__module__ in ("builtins", "numpy") or not hasattr(thing, "__dict__"):
        return []
    if isinstance(thing, type(sys)):
        return []
    return [*vars(thing).values(), *([thing.func] if hasattr(thing, "func") else [])]


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty cell raises
    except ValueError:
        return False
    return True


def _state(holder: Any) -> Any:
    if isinstance(holder, np.random.Generator):
        return copy.deepcopy(holder.bit_generator.state)
    return holder.getstate() if isinstance(holder, random.Random) else holder.get_state()


def _restore(holder: Any, state: Any) -> None:
    if isinstance(holder, np.random.Generator):
        holder.bit_generator.state = state
    elif isinstance(holder, random.Random):
        holder.setstate(state)
    else:
        holder.set_state(state)
