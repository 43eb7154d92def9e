"""Everything domainaug raises on purpose.

    DomainAugError
    ├── UnknownName         a profile, effect, transform, parameter or column nobody knows (names the nearest)
    ├── ProfileError        a profile file that cannot be used (file, line, column)
    ├── ImageError          an array a pipeline cannot take (type, shape, values)
    ├── LabelError          a label that would no longer be true
    ├── UnreadableInput     a file that cannot be read (carries a reason code)
    ├── OutputError         an output folder that cannot be written
    ├── CheckFailed         `Report.raise_if_violated()`
    └── MissingExtra        an optional dependency is not installed

Each message is one sentence or two: what, where, what was got, what is legal, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "CheckFailed",
    "DomainAugError",
    "ImageError",
    "LabelError",
    "MissingExtra",
    "OutputError",
    "ProfileError",
    "UnknownName",
    "UnreadableInput",
    "nearest",
]


class DomainAugError(Exception):
    """The root of every error raised on purpose; the CLI prints it as one line and exits with 2."""


class UnknownName(DomainAugError, LookupError):
    """A name that is not in a closed list.

    Attributes:
        kind: What sort of thing was asked for ("profile", "effect", "transform" ...).
        name: The name that was asked for.
        nearest: The closest legal name, or None.
    """

    def __init__(self, kind: str, name: str, legal: Iterable[str], *, where: str = "") -> None:
        legal = sorted(legal)
        self.kind, self.name, self.nearest = kind, name, nearest(name, legal)
        place = f"{where}: " if where else ""
        if self.nearest:
            hint = f"did you mean {self.nearest!r}?"
        else:
            hint = "known: " + ", ".join(legal[:8]) + (f" and {len(legal) - 8} more" if len(legal) > 8 else "")
        super().__init__(f"{place}no {kind} is called {name!r}; {hint}")


class ProfileError(DomainAugError, ValueError):
    """A profile file that cannot be used.

    Attributes:
        path: The file, or None for a profile made in memory.
        line: Line of the fault, 1 for the first, or None.
        column: Column of the fault, 1 for the first, or None.
    """

    def __init__(
        self, message: str, *, path: Path | str | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        self.path, self.line, self.column = path, line, column
        place = ":".join(str(part) for part in (path, line, column) if part is not None)
        super().__init__(f"{place}: {message}" if place else message)


class ImageError(DomainAugError, ValueError):
    """An array that a pipeline cannot take: its type, shape or values."""


class LabelError(DomainAugError, ValueError):
    """A label that would no longer be true of the image."""


class UnreadableInput(DomainAugError, ValueError):
    """An input file that is set aside.

    Attributes:
        code: A short reason code ("truncated", "too-large", "not-an-image" ...), stable for machines.
        path: The file, or None.
    """

    def __init__(self, code: str, message: str, *, path: Path | str | None = None) -> None:
        self.code, self.path = code, path
        super().__init__(f"{path}: {message}" if path is not None else message)

    def __reduce__(self) -> tuple[object, ...]:
        message = str(self)
        if self.path is not None:
            message = message.removeprefix(f"{self.path}: ")
        return _rebuild_unreadable, (self.code, message, self.path)


def _rebuild_unreadable(code: str, message: str, path: Path | str | None) -> UnreadableInput:
    return UnreadableInput(code, message, path=path)


class OutputError(DomainAugError, OSError):
    """An output folder that cannot be written, or belongs to another run."""


class CheckFailed(DomainAugError):
    """A pipeline does what its profile does not allow; raised by `Report.raise_if_violated()`."""


class MissingExtra(DomainAugError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f'{what} needs packages that are not installed: pip install "domainaug[{extra}]"')


def nearest(name: str, legal: Iterable[str]) -> str | None:
    """Return the legal name that looks most like `name`, or None when none is close."""
    legal = list(legal)
    folded = {candidate.casefold(): candidate for candidate in legal}
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if found:
        return folded[found[0]]
    tails: dict[str, str] = {}
    for candidate in legal:
        tails.setdefault(candidate.casefold().rpartition("/")[2], candidate)
    found = difflib.get_close_matches(name.casefold().rpartition("/")[2], tails, n=1, cutoff=0.6)
    return tails[found[0]] if found else None
