"""The folder that the app was started for: everything it reads or writes lies under it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from domainaug.errors import OutputError, UnreadableInput
from domainaug.run.ledger import LEDGER

__all__ = ["MOST_UPLOADED", "Root", "checked_upload", "root_of"]

MOST_UPLOADED = 20 * 1024**2
"""Bytes of one upload; the server refuses larger ones before, and this is looked at again after."""

_TOLD = 60  # characters of a name
_MOST_LISTED = 2_000
_MOST_LOOKED_AT = 50_000


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that files are chosen under.

    Attributes:
        folder: It, resolved.
    """

    folder: Path

    def files(self, suffixes: Sequence[str], *, most: int = _MOST_LISTED) -> tuple[str, ...]:
        """Return the files under the root, by name relative to it, sorted; hidden ones are left out.

        Args:
            suffixes: Endings wanted, in lower case (".png", ".nii.gz"); none at all wants every file.
            most: How many to list at most.
        """
        wanted = tuple(suffixes)
        named = (name for name, is_file in self._walked() if is_file and (not wanted or name.lower().endswith(wanted)))
        found = (name for name in named if (self.folder / name).is_file())  # no pipes, no links to nowhere
        return tuple(sorted(_first(found, most), key=str.lower))

    def folders(self, *, most: int = _MOST_LISTED) -> tuple[str, ...]:
        """Return the folders under the root, by name relative to it, sorted; "." is the root itself."""
        found = (name for name, is_file in self._walked() if not is_file)
        return (".", *sorted(_first(found, most), key=str.lower))

    def inside(self, name: str) -> Path:
        """Return the path of a file or folder that exists under the root.

        Args:
            name: Relative to the root.

        Raises:
            UnreadableInput: It is not there, or links lead it out of the root.
        """
        path = self._below(name)
        if path is None:
            raise UnreadableInput("outside", f"{name}: lies outside the folder that the app was started for")
        if not path.exists():
            raise UnreadableInput("missing", f"{name}: there is no such file under the root")
        return path

    def new(self, name: str) -> Path:
        """Return the path of something to be written under the root; its folder is made.

        Raises:
            OutputError: It would lie outside the root, or is there already.
        """
        path = self._below(name)
        if path is None or path == self.folder:
            raise OutputError(f"{name}: lies outside the folder that the app was started for; give a name below it")
        if path.exists():
            raise OutputError(f"{name}: is there already; choose another name")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def called(self, name: str) -> str:
        """Return a folder's name as people know it: that of the root is its own."""
        return self.folder.name if name == "." else name

    def short(self, text: str) -> str:
        """Return a message without the road to the root: who looks at a page need not know where it lies."""
        return text.replace(f"{self.folder}{os.sep}", "").replace(str(self.folder), "the root")

    def _below(self, name: str) -> Path | None:
        if "\0" in name or PurePosixPath(name).is_absolute():
            return None
        path = _resolved(self.folder / name)
        return path if path.is_relative_to(self.folder) else None

    def _walked(self) -> Iterator[tuple[str, bool]]:
        """Yield (name, whether it is a file) below the root; links that lead out of it are left out.

        A run is told without its folders: what it made is no choice of its own, and would crowd out others.
        """
        looked = 0
        for folder, folders, files in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
            here = Path(folder)
            if LEDGER in files and here != self.folder:
                folders.clear()
            for name, is_file in (*((n, False) for n in folders), *((n, True) for n in sorted(files))):
                looked += 1
                path = here / name
                if name.startswith(".") or not name.isprintable():  # names that no page could show
                    continue
                if path.is_symlink() and not _resolved(path).is_relative_to(self.folder):
                    continue
                yield path.relative_to(self.folder).as_posix(), is_file
            if looked > _MOST_LOOKED_AT:
                return


def root_of(arguments: Sequence[str]) -> Root:
    """Return the root that a script's own arguments name, by default the working folder.

    Args:
        arguments: What stood after `--` on the server's command line.

    Raises:
        UnreadableInput: It is no folder.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--root", default=".")
    folder = Path(parser.parse_known_args(list(arguments))[0].root).resolve()
    if not folder.is_dir():
        raise UnreadableInput("missing", f"--root {folder.name}: there is no such folder")
    return Root(folder)


def checked_upload(name: str, content: bytes, suffixes: Sequence[str]) -> str:
    """Return the ending of an upload, once its size and name are fit.

    Args:
        name: As the browser gave it; nothing of it but the ending is used, and its beginning told.
        content: The bytes.
        suffixes: The endings taken, in lower case, longer ones before those they end in.

    Raises:
        UnreadableInput: It is empty, too large, or of another kind.
    """
    told = name if len(name) <= _TOLD else f"{name[:_TOLD]}..."
    if not content:
        raise UnreadableInput("empty", f"{told}: the upload is empty; choose a file with content")
    if len(content) > MOST_UPLOADED:
        size, most = len(content) / 1024**2, MOST_UPLOADED // 1024**2
        where = "put it below the folder that the app was started for"
        raise UnreadableInput("too-large", f"{told}: the upload has {size:.0f} MB, and {most} MB is the most; {where}")
    for suffix in suffixes:
        if name.lower().endswith(suffix):
            return suffix
    raise UnreadableInput(
        "not-an-image", f"{told}: its name does not end in {', '.join(suffixes)}; save it as one of them"
    )


def _resolved(path: Path) -> Path:
    """Return where a path leads; `Path.resolve` raises for links that lead to each other, before Python 3.13."""
    return Path(os.path.realpath(path))


def _first(found: Iterator[str], most: int) -> list[str]:
    return [name for name, _ in zip(found, range(most), strict=False)]
