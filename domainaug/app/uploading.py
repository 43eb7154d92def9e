"""Uploads: written into a folder of their session, which goes with it."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import streamlit as st

from domainaug.app.root import checked_upload
from domainaug.errors import DomainAugError
from domainaug.preview.sources import ENDINGS

__all__ = ["Temporary", "Uploaded", "stored_upload", "uploads_of_session"]

_MOST_FILES = 400
_UNFIT = re.compile(r"[^\w.-]+")  # letters of every script are fit: a picture and its mask are paired by them
_LONGEST = 80  # bytes


class Uploaded(Protocol):
    """A file as a browser sent it."""

    name: str

    def getvalue(self) -> bytes:
        """Return its content."""


class Temporary:
    """A folder that is gone when nobody holds it any more.

    Attributes:
        path: It.
    """

    def __init__(self, prefix: str) -> None:
        """Make it; its name begins so."""
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def stored_upload(files: Sequence[Uploaded], folder: Path) -> Path:
    """Write uploads into a folder of their own, and return it; the same ones are not written twice.

    Args:
        files: What the browser sent.
        folder: Where folders of uploads are made.

    Raises:
        UnreadableInput: One is empty, too large or of another kind.
        DomainAugError: There are too many.
    """
    if len(files) > _MOST_FILES:
        raise DomainAugError(f"at most {_MOST_FILES} files can be uploaded at once, got {len(files)}; use the folder")
    digest, named = hashlib.sha256(), dict[str, bytes]()
    for number, file in enumerate(files):
        content = file.getvalue()
        suffix = checked_upload(file.name, content, ENDINGS)
        stem = _shortened(_UNFIT.sub("_", Path(file.name).name[: -len(suffix)]).strip("._"))
        name = f"{stem or 'upload'}{suffix}"
        named[name if name not in named else f"{number}-{name}"] = content
    for name, content in sorted(named.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    place = folder / digest.hexdigest()[:16]
    if not place.is_dir():
        making = Path(tempfile.mkdtemp(dir=folder))
        for name, content in named.items():
            (making / name).write_bytes(content)
        making.rename(place)
    return place


def uploads_of_session() -> Path:
    """Return the folder of this session's uploads; it goes with the session."""
    if "uploads" not in st.session_state:
        st.session_state["uploads"] = Temporary("domainaug-upload-")
    held: Temporary = st.session_state["uploads"]
    return held.path


def _shortened(stem: str) -> str:
    """Return a name that every disk takes; disks count bytes."""
    return stem.encode()[:_LONGEST].decode(errors="ignore")
