"""The YAML file of a YOLO data set: which folders or lists are for training, and what classes are called."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from domainaug.errors import UnreadableInput
from domainaug.layouts.naming import safe_relative

__all__ = ["described", "description_of", "list_of_copies", "written_description"]

_SPLITS: Final = ("train", "val", "test")
_MOST_BYTES: Final = 1 << 22


def description_of(source: Path) -> Path | None:
    """Return the YAML file of a source: itself, or the one in the folder that names classes and a split."""
    if source.is_file():
        return source if source.suffix.lower() in (".yaml", ".yml") and _describes(source) else None
    if not source.is_dir():
        return None
    found = [path for path in sorted(source.iterdir()) if path.suffix.lower() in (".yaml", ".yml")]
    return next((path for path in found if path.is_file() and _describes(path)), None)


def _describes(path: Path) -> bool:
    try:
        content = described(path)
    except UnreadableInput:
        return False
    return "names" in content and any(split in content for split in _SPLITS)


def described(path: Path) -> dict[str, Any]:
    """Return what a YAML file says.

    Raises:
        UnreadableInput: It is none.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise UnreadableInput("too-large", "the YAML file is larger than 4 MiB", path=path)
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, RecursionError):
        raise UnreadableInput("not-yaml", "this is not YAML", path=path) from None
    if not isinstance(content, dict):
        raise UnreadableInput("not-yaml", "the YAML file is no mapping of names to values", path=path)
    return content


def written_description(content: Mapping[str, Any], root: Path) -> tuple[str, list[str]]:
    """Return the YAML file of the copies, and which lists of pictures it names.

    `path` and `download` are left out: they lead to the source, and readers begin at the folder of the file.

    Args:
        content: What the source's says.
        root: Where that is.
    """
    told = {name: value for name, value in content.items() if name not in ("path", "download", *_SPLITS)}
    lists: list[str] = []
    for split in _SPLITS:
        given = content.get(split)
        entries = given if isinstance(given, list) else [given]
        places = [place for entry in entries if (place := _place(entry, content.get("path"), root)) is not None]
        lists += [place for place in places if place.endswith(".txt")]
        if places:
            told[split] = places if isinstance(given, list) else places[0]
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False  # a class a line: data sets have dozens, and readers of this file are people too
    yaml.dump(told, stream)
    return stream.getvalue(), list(dict.fromkeys(lists))


def _place(entry: Any, start: Any, root: Path) -> str | None:
    """Return an entry relative to the folder of the YAML file; None where it leads to nothing in that folder."""
    if not isinstance(entry, str):
        return None
    given = [Path(entry), Path(entry.removeprefix("../"))]
    if isinstance(start, str):
        given.insert(0, Path(start, entry))
    for path in given:
        whole = (root / path).resolve()
        if whole.exists() and whole.is_relative_to(root.resolve()):
            return whole.relative_to(root.resolve()).as_posix()
    return None


def list_of_copies(path: Path, root: Path, copies: Mapping[str, list[str]]) -> str:
    """Return a list of pictures for the copies of those that it names.

    Args:
        path: The list, a picture a line.
        root: What keys of pictures are relative to.
        copies: The pictures of the copies, by key.
    """
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name = line.strip().removeprefix("./")
        key = safe_relative(name)
        if key is None and name and Path(name).is_relative_to(root.resolve()):
            key = safe_relative(Path(name).relative_to(root.resolve()).as_posix())
        if key is not None:
            lines += [f"./{made}" for made in copies.get(key.as_posix(), ())]
    return "".join(f"{line}\n" for line in lines)
