"""Saved A.Compose files: read strictly, and written so that a reader never sees half a file."""

from __future__ import annotations

import io
import json
import math
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from domainaug._albumentations import A
from domainaug.check.clamp import without_ghosts
from domainaug.errors import DomainAugError, UnknownName, UnreadableInput
from domainaug.transforms import TRANSFORMS

__all__ = ["MOST_BYTES", "parse_saved", "read_saved", "saved_text", "write_saved"]

MOST_BYTES = 1_000_000
"""A saved pipeline is a few kilobytes; anything beyond this is not one."""

_MOST_DEPTH, _MOST_STEPS = 32, 1000


def read_saved(path: Path) -> tuple[A.BaseCompose | A.BasicTransform, tuple[tuple[tuple[int, ...], int], ...]]:
    """Return the pipeline saved in `path`, and the line of each of its steps.

    Only names of albumentations and of `domainaug.transforms` are resolved; nothing is imported.

    Raises:
        UnreadableInput: There is no such file, it is too large, or not a saved pipeline.
        UnknownName: A transform nobody knows; the message names the nearest.
    """
    return _read(path, _text(path))


def parse_saved(text: str) -> A.BaseCompose | A.BasicTransform:
    """Return the pipeline that a text says, JSON or YAML as `A.save` writes it; as `read_saved`.

    Raises:
        UnreadableInput: It is too long, or no saved pipeline.
        UnknownName: A transform nobody knows; the message names the nearest.
    """
    path = Path("pipeline.json" if text.lstrip().startswith(("{", "[")) else "pipeline.yaml")
    size = len(text.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise UnreadableInput("too-large", f"{size} bytes; a saved pipeline has at most {MOST_BYTES}", path=path)
    return _read(path, text)[0]


def _read(path: Path, text: str) -> tuple[A.BaseCompose | A.BasicTransform, tuple[tuple[tuple[int, ...], int], ...]]:
    data = _parsed(path, text)
    _hold_finite(path, data)
    step = data.get("transform", data) if isinstance(data, dict) else data
    paths = [where for where, _ in _checked(path, step, ())]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown arguments are a finding, told once, by the check
            pipeline = A.from_dict({"transform": step})
    except Exception as fault:
        words = " ".join(str(fault).split())[:200]
        raise UnreadableInput("not-a-pipeline", f"albumentations refuses it: {words}", path=path) from None
    return pipeline, _lines(text, paths)


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnreadableInput("too-large", f"{size} bytes; a saved pipeline has at most {MOST_BYTES}", path=path)
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UnreadableInput("missing", "there is no such file", path=path) from None
    except UnicodeDecodeError:
        raise UnreadableInput("not-text", "this is not UTF-8 text", path=path) from None
    except OSError as fault:
        raise UnreadableInput("unreadable", fault.strerror or str(fault), path=path) from None


def _parsed(path: Path, text: str) -> Any:
    try:
        if path.suffix.lower() == ".json":
            return json.loads(text)
        return _yaml(path, text)
    except json.JSONDecodeError as fault:
        message = f"broken JSON in line {fault.lineno}, column {fault.colno}: {fault.msg}"
        raise UnreadableInput("broken", message, path=path) from None
    except MarkedYAMLError as fault:
        mark = fault.problem_mark
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise UnreadableInput("broken", f"broken YAML{place}: {fault.problem}", path=path) from None
    except (YAMLError, RecursionError, ValueError) as fault:
        words = " ".join(str(fault).split())[:160]
        raise UnreadableInput("broken", f"cannot be read: {words}", path=path) from None


def _yaml(path: Path, text: str) -> Any:
    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            line = event.start_mark.line + 1
            raise UnreadableInput("broken", f"line {line} uses an alias; a saved pipeline has none", path=path)
    return YAML(typ="safe", pure=True).load(text)


def _hold_finite(path: Path, data: Any) -> None:
    """Refuse NaN and infinity: json reads them though JSON has none, and no parameter of a transform means them."""
    left = [data]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
        elif isinstance(value, float) and not math.isfinite(value):
            raise UnreadableInput("not-a-pipeline", f"a number in it is {value}; parameters are finite", path=path)


def _checked(path: Path, step: Any, where: tuple[int, ...], depth: int = 0) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield the path and class of every step, having seen that each is one albumentations knows."""
    if not isinstance(step, dict) or not isinstance(step.get("__class_fullname__"), str):
        place = f"step {'.'.join(map(str, where))}" if where else "the file"
        raise UnreadableInput(
            "not-a-pipeline", f"{place} is not what A.save() writes: no __class_fullname__", path=path
        )
    name = step["__class_fullname__"].rpartition(".")[2]
    known = getattr(A, name, TRANSFORMS.get(name))
    if not (isinstance(known, type) and issubclass(known, A.BaseCompose | A.BasicTransform)):
        raise UnknownName("transform", name, _legal(), where=str(path))
    yield where, name
    children = step.get("transforms", ())
    if not isinstance(children, list | tuple) or depth > _MOST_DEPTH or len(children) > _MOST_STEPS:
        raise UnreadableInput("not-a-pipeline", f"{name} has transforms that are no list of steps", path=path)
    for index, child in enumerate(children):
        yield from _checked(path, child, (*where, index), depth + 1)


def _legal() -> list[str]:
    kinds = (A.BaseCompose, A.BasicTransform)
    stock = [name for name, value in vars(A).items() if isinstance(value, type) and issubclass(value, kinds)]
    return [*stock, *TRANSFORMS]


def _lines(text: str, paths: list[tuple[int, ...]]) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Return the line of each step, when every `__class_fullname__` of the text is one, in order."""
    marks = [text.count("\n", 0, match.start()) + 1 for match in re.finditer("__class_fullname__", text)]
    ordered = text.find("__class_fullname__") < max(text.find("transforms"), 0) or len(paths) == 1
    return tuple(zip(paths, marks, strict=True)) if len(marks) == len(paths) and ordered else ()


def saved_text(pipeline: A.BaseCompose, suffix: str) -> str:
    """Return what a saved pipeline holds, as JSON or YAML by the file's suffix."""
    data = without_ghosts(A.to_dict(pipeline))
    if suffix.lower() == ".json":
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    out = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(json.loads(json.dumps(data)), out)
    return out.getvalue()


def write_saved(pipeline: A.BaseCompose, path: Path) -> None:
    """Write a pipeline to `path` (.json, .yaml): beside it first, then renamed into place.

    Raises:
        DomainAugError: The pipeline cannot be saved, or the file cannot be written.
    """
    try:
        text = saved_text(pipeline, path.suffix)
    except Exception as fault:
        raise DomainAugError(f"{path}: albumentations cannot save this pipeline: {fault}") from None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as fault:
        raise DomainAugError(f"{path}: cannot be written: {fault.strerror}") from None
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        part.replace(path)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise DomainAugError(f"{path}: cannot be written: {fault.strerror}") from None
