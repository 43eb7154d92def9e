"""Everything domainaug raises on purpose.

    DomainAugError
    ├── UnknownName         a profile, effect, transform, parameter or column nobody knows (names the nearest)
    ├── ProfileError        a profile file that cannot be used (file, line, column)
    ├── ScenarioError       a scenario file that cannot be used (file, line, column)
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
import re
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
    "ScenarioError",
    "UnknownName",
    "UnreadableInput",
    "nearest",
]


_CODE = re.compile(r"[a-z]{2,4}[0-9]{1,3}")


class DomainAugError(Exception):
    """The root of every error raised on purpose; the CLI prints it as one line and exits with 2."""


class UnknownName(DomainAugError, LookupError):
    """A name that is not in a closed list.

    Attributes:
        kind: What sort of thing was asked for ("profile", "effect", "transform" ...).
        name: The name that was asked for.
        nearest: The closest legal name, or None.
    """

    def __init__(
        self, kind: str, name: str, legal: Iterable[str], *, where: str = "", listed: Iterable[str] | None = None
    ) -> None:
        """Take what was asked for, and what there is.

        Args:
            kind: What sort of thing was asked for.
            name: The name that was asked for.
            legal: Every name there is.
            where: Place of the fault, or "".
            listed: The names to list when none is close; all of `legal` by default.
        """
        legal = sorted(legal)
        begun = [each for each in legal if name and each.casefold().startswith(name.casefold())]
        self.kind, self.name, self.nearest = kind, name, nearest(name, legal)
        place = f"{where}: " if where else ""
        if self.nearest:
            hint = f"did you mean {self.nearest!r}?"
        elif begun:
            hint = "these begin so: " + _some(begun)
        else:
            hint = "known: " + _some(legal if listed is None else sorted(listed))
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


class ScenarioError(ProfileError):
    """A scenario file that cannot be used; located as a profile's faults are."""


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


class RemoteError(DomainAugError, OSError):
    """A server that cannot be reached, refuses, or answers what it should not."""


class CheckFailed(DomainAugError):
    """A pipeline does what its profile does not allow; raised by `Report.raise_if_violated()`."""


class MissingExtra(DomainAugError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f'{what} needs packages that are not installed: pip install "domainaug[{extra}]"')


def _some(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def nearest(name: str, legal: Iterable[str]) -> str | None:
    """Return the legal name that looks most like `name`, or None when none is close.

    A name that begins otherwise must be closer than one that begins the same: people seldom miss the first
    letter, and short words look like many others.
    """
    legal = list(legal)
    folded = {candidate.casefold(): candidate for candidate in legal}
    found = _close(name.casefold(), folded)
    if found:
        return folded[found]
    tails: dict[str, str] = {}
    for candidate in legal:
        tails.setdefault(candidate.casefold().rpartition("/")[2], candidate)
    found = _close(name.casefold().rpartition("/")[2], tails)
    return tails[found] if found else None


def _close(name: str, candidates: Iterable[str]) -> str | None:
    if _CODE.fullmatch(name):
        return None  # one code looks like every other, and another number is another rule
    for one in difflib.get_close_matches(name, candidates, n=8, cutoff=0.6):
        if one[:1] == name[:1] or difflib.SequenceMatcher(None, name, one).ratio() >= 0.75:
            return one
    return None
