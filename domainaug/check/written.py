"""A pipeline as the Python that makes it: only what differs from defaults, for a person to paste."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from domainaug._albumentations import A
from domainaug.check.clamp import without_ghosts

__all__ = ["python_of"]

_WIDTH = 100
_PARAMS = {"bbox_params": (A.BboxParams, "A.BboxParams"), "keypoint_params": (A.KeypointParams, "A.KeypointParams")}


def python_of(pipeline: A.BaseCompose | A.BasicTransform, name: str = "pipeline") -> str:
    """Return a small module that makes `pipeline` under `name`.

    Steps of other packages are imported from where they come. Code of yours inside a step (a Lambda's
    functions) cannot be written out and stands as `...`, with a comment.

    Args:
        pipeline: A Compose or a transform.
        name: The variable.
    """
    imports: dict[str, None] = {}
    lines = list(_node(pipeline, imports))
    lines[0] = f"{name} = {lines[0]}"
    head = ["import albumentations as A", *sorted(imports)]
    return "\n".join([*head, "", *lines]) + "\n"


def _node(node: Any, imports: dict[str, None]) -> Iterator[str]:
    """Yield the lines of one step, not indented."""
    called = _class(type(node), imports)
    if not isinstance(node, A.BaseCompose):
        yield from _leaf(node, called)
        return
    yield f"{called}("
    yield "    ["
    for child in node.transforms:
        *lines, last = _node(child, imports)
        mark = "  #" if "  # " in last else ""
        code, _, comment = last.partition("  # ")
        yield from (f"        {line}" for line in lines)
        yield f"        {code},{mark}{' ' + comment if mark else ''}"
    yield "    ],"
    yield from (f"    {name}={value}," for name, value in _settings(node))
    yield ")"


def _class(kind: type[Any], imports: dict[str, None]) -> str:
    if getattr(A, kind.__name__, None) is kind:
        return f"A.{kind.__name__}"
    if "<" not in kind.__qualname__:
        home = "domainaug" if kind.__module__ == "domainaug.pipeline.pipeline" else kind.__module__
        imports[f"from {home} import {kind.__qualname__.partition('.')[0]}"] = None
    return kind.__qualname__.replace("<locals>.", "")


def _leaf(leaf: Any, called: str) -> Iterator[str]:
    if isinstance(leaf, A.Lambda):
        yield f"{called}(...)  # the functions are yours, as they were"
        return
    given = {**leaf.get_transform_init_args(), "p": leaf.p}
    standing = _defaults(type(leaf))
    told = {name: value for name, value in given.items() if name not in standing or not _same(value, standing[name])}
    one = f"{called}({', '.join(f'{name}={_literal(value)}' for name, value in told.items())})"
    if len(one) <= _WIDTH:
        yield one
        return
    yield f"{called}("
    yield from (f"    {name}={_literal(value)}," for name, value in told.items())
    yield ")"


def _defaults(kind: type[Any]) -> Mapping[str, Any]:
    """Return arguments as a transform made without any has them, in the form it keeps them in."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            bare = kind()
    except Exception:  # third-party constructors raise whatever they like
        return _signature(kind)
    return {**_signature(kind), **bare.get_transform_init_args(), "p": bare.p}


def _signature(kind: Any) -> dict[str, Any]:
    rows = inspect.signature(kind).parameters.values()
    return {row.name: row.default for row in rows if row.default is not row.empty}


def _settings(node: A.BaseCompose) -> Iterator[tuple[str, str]]:
    """Yield what a container was given besides its steps."""
    standing = {**(_signature(A.Compose) if isinstance(node, A.Compose) else {}), **_signature(type(node))}
    alone = copy.copy(node)
    alone.transforms = []  # a Lambda without a name refuses to be told
    saved = {name: value for name, value in alone.to_dict_private().items() if name in standing}
    if isinstance(node, A.Compose) and getattr(node, "seed", None) is not None:
        saved["seed"] = node.seed
    for name, value in saved.items():
        if name in _PARAMS and value:
            kind, called = _PARAMS[name]
            plain = _signature(kind)
            parts = [f"{key}={_literal(x)}" for key, x in value.items() if key not in plain or x != plain[key]]
            yield name, f"{called}({', '.join(parts)})"
        elif name != "transforms" and value not in (None, {}) and not _same(value, standing[name]):
            yield name, _literal(value)


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(without_ghosts(one) == without_ghosts(other))
    except ValueError:  # arrays say so for each of their numbers
        return False


def _literal(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    value = without_ghosts(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return repr(int(value))
    if isinstance(value, tuple | list):
        inside = ", ".join(map(_literal, value))
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_literal(item)}" for key, item in value.items()) + "}"
    return repr(value)
