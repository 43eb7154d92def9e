"""On which line of the source a step was written, as far as the source says so plainly."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["lines_of"]

Path_ = tuple[int, ...]


def lines_of(file: Path, attribute: str, value: Any) -> tuple[tuple[Path_, int], ...]:
    """Return the line of each step of a pipeline by its path; () is the pipeline itself.

    A step is found when the statement that makes the pipeline calls its class as often as the pipeline holds
    it; otherwise it is left out, and reports point to the statement.

    Args:
        file: The Python file.
        attribute: The name the pipeline is assigned to, or of the function that returns it.
        value: The pipeline.
    """
    try:
        statement = _statement(ast.parse(file.read_bytes()), attribute.partition(".")[0])
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ()
    if statement is None:
        return ()
    found: list[tuple[Path_, int]] = [((), statement.lineno)]
    calls = _calls(statement)
    steps: dict[str, list[Path_]] = {}
    for path, step in _steps(value, ()):
        steps.setdefault(type(step).__name__, []).append(path)
    for name, paths in steps.items():
        lines = calls.get(name, [])
        if len(lines) == len(paths):
            found.extend(zip(paths, lines, strict=True))
    return tuple(sorted(found))


def _statement(tree: ast.Module, name: str) -> ast.stmt | None:
    last: ast.stmt | None = None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            last = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                last = node
    return last


def _calls(statement: ast.stmt) -> dict[str, list[int]]:
    """Return the lines on which each class is called, in the order of the source."""
    found: dict[str, list[tuple[int, int]]] = {}
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found.setdefault(name, []).append((node.lineno, node.col_offset))
    return {name: [line for line, _ in sorted(places)] for name, places in found.items()}


def _steps(node: Any, path: Path_) -> Iterator[tuple[Path_, Any]]:
    children = getattr(node, "transforms", None)
    if isinstance(children, list | tuple):
        for index, child in enumerate(children):
            yield (*path, index), child
            yield from _steps(child, (*path, index))
