"""YAML text to plain values with the place of each, strictly.

Profiles come from people and may come from strangers, so the text is taken event by event and nothing is
built that a profile does not need: no anchors, aliases, tags, directives or second documents, every key a
word, no key twice, and bounds on size and depth that are met before there is anything to build. Plain words
are read as YAML 1.2 reads them: `no` and `1:30` are text, `010` is ten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from domainaug.errors import ProfileError

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Document", "Spot", "Where", "parse_document", "read_document"]

MAX_BYTES = 256 * 1024
"""The largest profile file that is read."""

MAX_DEPTH = 32
"""How many lists and mappings may lie in each other."""

Where = tuple[str | int, ...]
"""The road to a value: keys and list positions from the top."""

Mark = tuple[int, int]

_BRACKETS_IN_A_ROW = re.compile(rf"(?:[\[{{]\s*){{{MAX_DEPTH + 1}}}")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_OCTAL = re.compile(r"0o[0-7]{1,18}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,32}|[0-9]{1,32}(?:\.[0-9]{0,32})?)(?:[eE][-+]?[0-9]{1,3})?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@dataclass(frozen=True, slots=True)
class Document:
    """A file's plain values, and where each was written.

    Attributes:
        data: The mapping at the top.
        path: The file, or None for text.
        keys: Road to where its key is written, (line, column), both from 1.
        values: Road to where its value is written, likewise.
    """

    data: dict[str, Any]
    path: Path | None = None
    keys: Mapping[Where, Mark] = field(default_factory=dict)
    values: Mapping[Where, Mark] = field(default_factory=dict)

    def mark(self, where: Iterable[str | int], *, key: bool = False) -> Mark:
        """Return (line, column) of the value at `where`, or of its key; of what holds it where it is not there."""
        road = tuple(where)
        if key and road in self.keys:
            return self.keys[road]
        while road not in self.values:
            road = road[:-1]
        return self.values[road]

    def fault(self, message: str, *where: str | int, key: bool = False) -> ProfileError:
        """Return the error that says `message` at `where`."""
        line, column = self.mark(where, key=key)
        return ProfileError(message, path=self.path, line=line, column=column)


@dataclass(frozen=True, slots=True)
class Spot:
    """One part of a file, such as one rule; faults in it are located from there."""

    document: Document
    road: Where

    def fault(self, message: str, *where: str | int, key: bool = False) -> ProfileError:
        """Return the error that says `message` at `where` within this part."""
        return self.document.fault(message, *self.road, *where, key=key)


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        ProfileError: There is no such file, it is too large, is not UTF-8, or is not what a profile may hold.
    """
    if not path.is_file():
        raise ProfileError("there is no such profile file" if not path.exists() else "is not a file", path=path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ProfileError(f"has {size} bytes; a profile has at most {MAX_BYTES}", path=path)
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProfileError(f"cannot be read: {error.strerror or error}", path=path) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ProfileError("is not UTF-8 text; save it as UTF-8", path=path, line=line) from None
    return parse_document(text, path=path)


def parse_document(text: str, *, path: Path | None = None) -> Document:
    """Parse YAML text whose top is a mapping.

    Args:
        text: At most `MAX_BYTES` long and `MAX_DEPTH` deep.
        path: Named in errors.

    Raises:
        ProfileError: With line and column.
    """
    if len(text) > MAX_BYTES:
        raise ProfileError(f"has {len(text)} characters; a profile has at most {MAX_BYTES}", path=path)
    bomb = _BRACKETS_IN_A_ROW.search(text)
    if bomb:
        raise _too_deep(path, text.count("\n", 0, bomb.start()) + 1, None)
    builder = _Builder(path)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except ProfileError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(part) for part in (error.problem, error.context) if part)
        raise ProfileError(
            f"is not YAML: {problem or 'it breaks off'}",
            path=path,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from None
    except YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        raise ProfileError(f"is not YAML: {getattr(error, 'reason', error)}", path=path, line=line) from None
    except (ValueError, IndexError, RecursionError, OverflowError) as error:  # the scanner's own slips on odd text
        raise ProfileError(f"is not YAML: {error}", path=path, line=1) from None
    return builder.document()


def _too_deep(path: Path | None, line: int, column: int | None) -> ProfileError:
    message = f"is nested deeper than {MAX_DEPTH} levels; a profile needs fewer than ten"
    return ProfileError(message, path=path, line=line, column=column)


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being filled."""

    value: dict[str, Any] | list[Any]
    road: Where
    key: str | None = None


class _Builder:
    """Fills plain lists and mappings from events, with a stack instead of recursion."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stack: list[_Open] = []
        self._top: Any = None
        self._documents = 0
        self._keys: dict[Where, Mark] = {}
        self._values: dict[Where, Mark] = {(): (1, 1)}

    def document(self) -> Document:
        if not isinstance(self._top, dict):
            found = "nothing" if self._top is None else f"a {_KIND.get(type(self._top), 'single value')}"
            message = f"a profile is a mapping (`id: ...`, `limits: ...`), this holds {found}"
            raise ProfileError(message, path=self._path, line=1)
        return Document(self._top, self._path, self._keys, self._values)

    def take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self._start(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._stack.pop()
        elif isinstance(event, NodeEvent):
            self._node(event)

    def _start(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._fault(event, "holds a second document after `---`; a file is one profile")
        if event.version or event.tags:
            raise self._fault(event, "`%` directives are not read; profiles are YAML 1.2 without them")

    def _node(self, event: NodeEvent) -> None:
        if isinstance(event, AliasEvent) or event.anchor is not None:
            sign = "*" if isinstance(event, AliasEvent) else "&"
            raise self._fault(event, f"anchors and aliases ({sign}{event.anchor}) are not read; write it out")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise self._fault(event, f"tags ({tag}) are not read; write a plain value")
        opened = self._stack[-1] if self._stack else None
        if opened is not None and isinstance(opened.value, dict) and opened.key is None:
            opened.key = self._key(event, opened)
            return
        if isinstance(event, ScalarEvent):
            self._put(event, self._scalar(event), opened)
            return
        if len(self._stack) >= MAX_DEPTH:
            raise _too_deep(self._path, *self._at(event))
        value: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        assert isinstance(event, MappingStartEvent | SequenceStartEvent)
        self._stack.append(_Open(value, self._put(event, value, opened)))

    def _key(self, event: NodeEvent, opened: _Open) -> str:
        if not isinstance(event, ScalarEvent):
            raise self._fault(event, "a key is a word, not a list or mapping")
        key = self._scalar(event)
        if not isinstance(key, str):
            raise self._fault(event, f"a key is a word, got {event.value or 'nothing'}; put it in quotes if it is one")
        road = (*opened.road, key)
        if road in self._keys:
            raise self._fault(event, f"{key!r} is written twice; the first is on line {self._keys[road][0]}")
        self._keys[road] = self._at(event)
        return key

    def _put(self, event: Event, value: Any, opened: _Open | None) -> Where:
        if opened is None:
            self._top = value
            self._values[()] = self._at(event)
            return ()
        if isinstance(opened.value, list):
            road: Where = (*opened.road, len(opened.value))
            opened.value.append(value)
        else:
            assert opened.key is not None
            road = (*opened.road, opened.key)
            opened.value[opened.key] = value
            opened.key = None
        self._values[road] = self._at(event)
        return road

    def _scalar(self, event: ScalarEvent) -> Any:
        plain = event.style is None or event.style == ""
        try:
            return _resolve(event.value) if plain else event.value
        except ValueError as error:
            raise self._fault(event, str(error)) from None

    def _at(self, event: Event) -> Mark:
        return event.start_mark.line + 1, event.start_mark.column + 1

    def _fault(self, event: Event, message: str) -> ProfileError:
        line, column = self._at(event)
        return ProfileError(message, path=self._path, line=line, column=column)


_KIND: Mapping[type, str] = {list: "list", str: "text", int: "number", float: "number", bool: "truth value"}


def _resolve(word: str) -> str | int | float | bool | None:
    """Return what a plain word is under the core schema of YAML 1.2 (section 10.3.2)."""
    if word in _NULL:
        return None
    if word in _BOOL:
        return _BOOL[word]
    if _INT.fullmatch(word):
        return int(word)
    if _OCTAL.fullmatch(word):
        return int(word[2:], 8)
    if _HEX.fullmatch(word):
        return int(word[2:], 16)
    if _FLOAT.fullmatch(word):
        return float(word)
    if _ENDLESS.fullmatch(word):
        raise ValueError(f"{word} is not a number a profile can use; leave the end out or say `allow: any`")
    return word
