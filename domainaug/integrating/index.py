"""What a training set says of itself: `manifest.jsonl`, and the list of files that are its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from domainaug.errors import OutputError
from domainaug.integrating.entries import Entry
from domainaug.run.ledger import MANIFEST
from domainaug.run.publish import write_whole

__all__ = ["JOURNAL", "earlier_parts", "index_of", "own_files", "write_journal"]

JOURNAL: Final = ".set.json"
"""Names every file that the set has or may have, before it is placed: what is not in it is not touched."""


def index_of(
    entries: Iterable[Entry],
    prefixes: Mapping[str, str],
    digests: Mapping[str, str],
    header: Mapping[str, Any],
    *,
    copy_weight: float,
) -> bytes:
    """Return the manifest: the set in its first line, then a line for each original and copy.

    Args:
        entries: What is in the set.
        prefixes: What names of files begin with, by part.
        digests: SHA-256 of each file, by its path in the set.
        header: What the first line says.
        copy_weight: Weight of a copy; that of an original is 1.
    """
    lines: list[dict[str, Any]] = [{"set": dict(header)}]
    run = {"run": header.get("run"), "profile": header.get("profile")}
    for entry in entries:
        names = [prefixes[entry.place.split] + file.name for file in entry.files]
        line: dict[str, Any] = {
            "path": names[0],
            "files": [
                {"path": name, "sha256": digests[name], "size": file.size}
                for name, file in zip(names, entry.files, strict=True)
            ],
            "split": entry.place.split,
            "is_synthetic": entry.copy is not None,
            "weight": 1.0 if entry.copy is None else copy_weight,
            "group": entry.place.group,
            "classes": dict(entry.classes),
            "key": entry.place.key,
            "verdict": entry.verdict,
        }
        if entry.copy is not None:
            line |= {"copy": entry.copy, **run, "effects": entry.effects, "source_sha256": entry.source_sha256}
        if entry.donors:
            line["donors"] = list(entry.donors)
        lines.append(line)
    text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)
    return text.encode()


def write_journal(train: Path, files: Iterable[str]) -> None:
    """Write down which files are the set's own."""
    told = {"set": 1, "files": sorted(files)}
    write_whole(train / JOURNAL, (json.dumps(told, ensure_ascii=False, indent=0) + "\n").encode())


def own_files(train: Path) -> frozenset[str]:
    """Return the files that an earlier start wrote down, as far as they lie in the set.

    Raises:
        OutputError: The list is damaged.
    """
    path = train / JOURNAL
    if not path.is_file():
        return frozenset()
    try:
        told = json.loads(path.read_bytes())
        files: Sequence[Any] = told["files"]
        names = [str(name) for name in files]
    except (ValueError, KeyError, TypeError):
        raise OutputError(f"{path}: the list of the set's files is damaged; start again in a new folder") from None
    root = train.resolve()
    return frozenset(name for name in names if (train / name).parent.resolve().is_relative_to(root))


def earlier_parts(train: Path) -> dict[str, str]:
    """Return the part that each item of an earlier set was in, by key; empty without one.

    Raises:
        OutputError: The manifest is damaged.
    """
    path = train / MANIFEST
    if not path.is_file():
        return {}
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        return {str(line["key"]): str(line["split"]) for line in lines}
    except (ValueError, KeyError, TypeError):
        raise OutputError(f"{path}: the manifest is damaged; start again in a new folder") from None
