"""Who says so: the catalogue's `references.bib`, read strictly.

The file is a small part of BibTeX: entries `@kind{key, field = {value}, ...}`, values in braces or quotes or
a bare number, `%` lines as comments; no strings, preambles or macros.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from domainaug.errors import ProfileError, nearest

__all__ = ["Reference", "cite", "parse_references", "references"]

KINDS = ("article", "book", "inproceedings", "misc", "techreport", "phdthesis", "mastersthesis", "standard", "online")
MAX_BYTES = 1024 * 1024

_SPACE = re.compile(r"(?:\s+|%[^\n]*)*")
_HEAD = re.compile(r"@([A-Za-z]+)\s*\{\s*([A-Za-z0-9][A-Za-z0-9:_.+/-]*)\s*")
_FIELD = re.compile(r"([A-Za-z][A-Za-z_-]*)\s*=\s*")
_NUMBER = re.compile(r"\d{1,9}")
_ACCENTS = re.compile(r"""\\(["'`^~=.cvuH])\s*\{?\\?([A-Za-z])\}?""")
_MARKS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307"}
_MARKS |= {"c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b"}


@dataclass(frozen=True, slots=True)
class Reference:
    """One source.

    Attributes:
        key: What profiles cite it by.
        kind: "article", "misc" ...
        fields: Every field as written, braces taken off.
    """

    key: str
    kind: str
    fields: Mapping[str, str]

    @property
    def author(self) -> str:
        """Authors as written, joined by "and"; the organization where there are none."""
        return next((self.fields[x] for x in ("author", "organization", "institution") if x in self.fields), "")

    @property
    def title(self) -> str:
        """Its title."""
        return self.fields.get("title", "")

    @property
    def year(self) -> str:
        """Its year, or ""."""
        return self.fields.get("year", "")

    @property
    def doi(self) -> str:
        """Its DOI without the resolver, or ""."""
        return self.fields.get("doi", "").removeprefix("https://doi.org/")

    @property
    def url(self) -> str:
        """Where it is on the web, or ""."""
        if self.fields.get("url"):
            return self.fields["url"]
        if self.doi:
            return f"https://doi.org/{self.doi}"
        eprint = self.fields.get("eprint", "")
        return f"https://arxiv.org/abs/{eprint}" if eprint else ""

    def __str__(self) -> str:
        """Return one readable line: "Sowrirajan et al. (2021). MoCo Pretraining ... . https://..."."""
        when = f" ({self.year})" if self.year else ""
        venue = next((self.fields[x] for x in ("journal", "booktitle", "howpublished") if x in self.fields), "")
        venue = "" if "http" in venue else venue
        who = _short_authors(self.author)
        parts = [f"{who}{when}", self.title, venue] if who else [f"{self.title}{when}", venue]
        told = " ".join(part if part[-1] in ".?!" else f"{part}." for part in parts if part)
        return f"{told} {self.url}".rstrip()


def _short_authors(written: str) -> str:
    names = [name.strip() for name in re.split(r"\s+and\s+", written) if name.strip()]
    families = [name.partition(",")[0] if "," in name else name for name in names]
    if len(families) > 1 and families[-1] == "others":
        return f"{families[0]} et al."
    if len(families) > 2:
        return f"{families[0]} et al."
    return " and ".join(families)


@lru_cache(maxsize=16)
def _references_at(path: Path, stamp: tuple[int, int]) -> Mapping[str, Reference]:
    return parse_references(path.read_text(encoding="utf-8"), path=path)


def references(path: Path) -> Mapping[str, Reference]:
    """Return every reference of a file by key; none where there is no such file.

    Raises:
        ProfileError: The file is not what this module reads.
    """
    if not path.is_file():
        return {}
    state = path.stat()
    if state.st_size > MAX_BYTES:
        raise ProfileError(f"has {state.st_size} bytes; at most {MAX_BYTES} are read", path=path)
    try:
        return _references_at(path, (state.st_mtime_ns, state.st_size))
    except UnicodeDecodeError:
        raise ProfileError("is not UTF-8 text", path=path) from None


def cite(key: str, *, beside: Path | None = None) -> Reference:
    """Return the reference that profiles cite as `key`.

    Args:
        key: Its key.
        beside: A profile's file; a `references.bib` in its folder is looked into before the catalogue's.

    Raises:
        ProfileError: There is none; the message names the nearest.
    """
    from domainaug.profile.catalogue import catalogue_folder

    known = dict(references(catalogue_folder() / "references.bib"))
    if beside is not None:
        known |= references(beside.parent / "references.bib")
    if key in known:
        return known[key]
    close = nearest(key, known)
    hint = f"did you mean {close!r}?" if close else "add it to a references.bib beside the profile"
    raise ProfileError(f"no reference is called {key!r}; {hint}")


def parse_references(text: str, *, path: Path | None = None) -> Mapping[str, Reference]:
    """Parse references.

    Args:
        text: Entries and comments, nothing else.
        path: Named in errors.

    Raises:
        ProfileError: With line and column.
    """
    found: dict[str, Reference] = {}
    at = _SPACE.match(text, 0).end()  # type: ignore[union-attr]  # matches the empty string
    while at < len(text):
        start = at
        head = _HEAD.match(text, at)
        if head is None:
            raise _fault(text, at, "expected an entry such as @article{key, title = {...}}", path)
        kind, key = head.group(1).lower(), head.group(2)
        if kind not in KINDS:
            close = nearest(kind, KINDS)
            hint = f"did you mean @{close}?" if close else "known: " + ", ".join(KINDS)
            raise _fault(text, at, f"no kind of entry is called @{kind}; {hint}", path)
        if key in found:
            raise _fault(text, at, f"{key!r} is there twice", path)
        fields, at = _fields(text, head.end(), path)
        if "title" not in fields:
            raise _fault(text, start, f"{key!r} has no title", path)
        found[key] = Reference(key, kind, MappingProxyType(fields))
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
    return MappingProxyType(found)


def _fields(text: str, at: int, path: Path | None) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    while True:
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == ",":
            at = _SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
        elif text[at : at + 1] != "}":
            raise _fault(text, at, "expected `,` and a field, or `}`", path)
        if text[at : at + 1] == "}":
            return fields, at + 1
        name = _FIELD.match(text, at)
        if name is None:
            raise _fault(text, at, "expected a field such as year = {2021}", path)
        if name.group(1).lower() in fields:
            raise _fault(text, at, f"{name.group(1)!r} is there twice in one entry", path)
        value, at = _value(text, name.end(), path)
        fields[name.group(1).lower()] = _readable(value)


def _value(text: str, at: int, path: Path | None) -> tuple[str, int]:
    number = _NUMBER.match(text, at)
    if number is not None:
        return number.group(), number.end()
    opening = text[at : at + 1]
    if opening not in {"{", '"'}:
        raise _fault(text, at, 'expected a value in {braces} or "quotes"', path)
    depth = 0
    for index in range(at + 1, len(text)):
        char = text[index]
        if depth == 0 and char == ("}" if opening == "{" else '"'):
            return text[at + 1 : index], index + 1
        depth += {"{": 1, "}": -1}.get(char, 0) if text[index - 1] != "\\" else 0
    raise _fault(text, at, "this value is not closed", path)


def _readable(value: str) -> str:
    """Return a value without TeX: accents composed, escapes and braces taken off, spaces joined."""
    import unicodedata

    value = _ACCENTS.sub(lambda m: unicodedata.normalize("NFC", m.group(2) + _MARKS[m.group(1)]), value)
    for written, meant in (("\\&", "&"), ("\\%", "%"), ("\\_", "_"), ("\\#", "#"), ("--", "\u2013"), ("~", " ")):
        value = value.replace(written, meant) if "://" not in value or written.startswith("\\") else value
    return " ".join(value.replace("{", "").replace("}", "").split())


def _fault(text: str, at: int, message: str, path: Path | None) -> ProfileError:
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return ProfileError(message, path=path, line=line, column=column)
