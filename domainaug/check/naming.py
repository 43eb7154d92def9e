"""Which names of a Python file may be pipelines: read, not run."""

from __future__ import annotations

import ast
from pathlib import Path

from domainaug.errors import UnreadableInput

__all__ = ["names_in"]

_MOST_BYTES = 2_000_000


def names_in(path: Path) -> tuple[str, ...]:
    """Return the public names that a Python file gives to what it calls, and its functions and classes, as written.

    Which of them is a pipeline is known only once the file has run; those whose name speaks of augmentation come
    first.

    Args:
        path: The file; nothing of it is run.

    Raises:
        UnreadableInput: It is not there, too large, or no Python.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UnreadableInput("too-large", f"a file of code has at most {_MOST_BYTES} bytes", path=path)
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise UnreadableInput("unreadable", fault.strerror or str(fault), path=path) from None
    except (SyntaxError, ValueError, RecursionError) as fault:
        line = f" in line {fault.lineno}" if isinstance(fault, SyntaxError) and fault.lineno else ""
        raise UnreadableInput("not-python", f"this is no Python that can be read{line}", path=path) from None
    names = dict.fromkeys(name for node in tree.body for name in _names(node) if not name.startswith("_"))
    return tuple(sorted(names, key=lambda name: not _speaks(name)))


def _names(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return (node.target.id,) if isinstance(node.value, ast.Call | ast.Lambda) else ()
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call | ast.Lambda):
        return tuple(target.id for target in node.targets if isinstance(target, ast.Name))
    return ()


def _speaks(name: str) -> bool:
    return any(word in name.lower() for word in ("aug", "transform", "pipeline", "compose", "preprocess"))
