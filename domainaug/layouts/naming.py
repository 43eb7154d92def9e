"""Which output belongs to which input: names that never clash, never leave the folder, and always fit."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

__all__ = [
    "copy_stem",
    "in_folder",
    "is_text",
    "label_places",
    "mask_places",
    "relative_key",
    "safe_relative",
    "stems",
]

_LABEL_SUFFIXES = (".txt", ".xml", ".json", ".csv", ".npy", ".mat")
_MASK_SUFFIXES = (".png", ".tif", ".tiff", ".bmp")

_MOST_BYTES = 200  # of 255 a file name may have; the rest is for "_aug000_mask.tif" and what others append


def relative_key(path: Path, root: Path) -> str:
    """Return the path of `path` below `root`, with forward slashes."""
    return path.relative_to(root).as_posix()


def is_text(name: str) -> bool:
    """Return whether a file name is text that JSON and other machines can carry (some bytes are not)."""
    return not any(0xD800 <= ord(letter) <= 0xDFFF or ord(letter) < 32 for letter in name)


def safe_relative(name: str) -> PurePosixPath | None:
    """Return a relative path that stays below where it starts, or None if `name` is not one.

    Backslashes count as separators, as files written on Windows mean them.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    drive = len(path.parts) > 0 and ":" in path.parts[0]
    if not path.parts or path.is_absolute() or drive or ".." in path.parts or "\0" in name:
        return None
    return path


def stems(keys: Iterable[str]) -> Mapping[str, str]:
    """Give each key the output path it starts with, without suffix; no two are alike, even to Windows or macOS.

    Mostly that is the key without its suffix. Keys that would share one ("a.jpg" and "a.tif", "A.png" and
    "a.png") or be too long get eight digits of their SHA-256 appended.

    Args:
        keys: Relative POSIX paths, each once.
    """
    keys = tuple(keys)
    plain = {key: _cut(PurePosixPath(key).with_suffix("").as_posix(), "") for key in keys}
    for digits in (8, 64):
        shared = Counter(_folded(stem) for stem in plain.values())
        clashing = [key for key in keys if shared[_folded(plain[key])] > 1]
        for key in clashing:
            plain[key] = _cut(PurePosixPath(key).with_suffix("").as_posix(), f"-{_digest(key)[:digits]}")
    return plain


def in_folder(stem: str, name: str) -> str:
    """Return the path in a folder called `name` that belongs to one in `images/` (the innermost one)."""
    parts = list(PurePosixPath(stem).parts)
    for index in reversed(range(len(parts) - 1)):
        if parts[index] == "images":
            parts[index] = name
            break
    return "/".join(parts)


def label_places(key: str) -> Iterator[str]:
    """Yield where a picture would have labels of its own that are no picture: beside it, or in a folder of labels."""
    stem = PurePosixPath(key).with_suffix("").as_posix()
    for place in dict.fromkeys((stem, in_folder(stem, "labels"), in_folder(stem, "annotations"))):
        yield from (f"{place}{suffix}" for suffix in _LABEL_SUFFIXES)


def mask_places(key: str) -> Iterator[str]:
    """Yield where a picture would have a mask: beside it as `name_mask.png`, or in `masks/` for `images/`."""
    stem = PurePosixPath(key).with_suffix("").as_posix()
    apart = in_folder(stem, "masks")
    for place in (f"{stem}_mask", *((apart, f"{apart}_mask") if apart != stem else ())):
        yield from (f"{place}{suffix}" for suffix in _MASK_SUFFIXES)


def copy_stem(stem: str, copy: int) -> str:
    """Return what the files of one copy start with: the stem and the number of the copy."""
    return f"{stem}_aug{copy:03d}"


def _cut(stem: str, tail: str) -> str:
    folder, name = os.path.split(stem)
    if len(os.fsencode(name + tail)) > _MOST_BYTES:
        tail = tail or f"-{_digest(stem)[:8]}"
        kept = os.fsencode(name)[: _MOST_BYTES - len(tail)]
        name = kept.decode("utf-8", "ignore")
    return f"{folder}/{name}{tail}" if folder else f"{name}{tail}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _folded(stem: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).casefold())
