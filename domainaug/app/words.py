"""Text on a page: what came from a file or a user is shown as it is, and errors are one sentence."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import streamlit as st

from domainaug.errors import DomainAugError

if TYPE_CHECKING:
    from domainaug.app.root import Root

__all__ = ["in_a_sentence", "plain", "sentence"]

_OF_THE_DISK = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC))
_TURNS = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Characters that turn the direction of writing: a name must not make the sentence around it read another way."""

_WHAT_TO_DO = MappingProxyType(
    {
        "truncated": "copy or save it anew",
        "damaged": "copy or save it anew",
        "not-an-image": "save it as one of them",
        "color-model": "save it as gray or RGB",
        "multi-page": "save each as a file of its own",
        "not-finite": "put numbers in their place",
    }
)
"""What helps where an error of this code does not say so itself: who looks at a page has the file at hand."""

_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+!|~$:^-])")


def plain(text: str) -> str:
    """Return text that Markdown shows as it is: a file's name must not draw a picture from the net."""
    return _MARKS.sub(r"\\\1", " ".join(text.translate(_TURNS).split()))


def sentence(error: Exception, root: Root | None = None) -> str:
    """Return an error as a page tells it: what was raised on purpose says so itself, of the rest only the place."""
    if isinstance(error, DomainAugError):
        told = str(error) if root is None else root.short(str(error))
        more = _WHAT_TO_DO.get(getattr(error, "code", ""), "")
        told += f"; {more}" if more and ";" not in told else ""
        path = getattr(error, "path", None)
        if path is None or not Path(path).is_absolute():
            return told
        folder = str(Path(path).parent)  # of an upload: only its name
        return told.replace(f"{folder}{os.sep}", "").replace(folder, "its folder")
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:  # without the name, which may be a patient's
        return f"The disk refuses: {error.strerror}. See to the rights and the room of the folder."
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f", {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""
    return (
        f"This is a fault of domainaug ({type(error).__name__}{where}): "
        "start the app again with DOMAINAUG_DEBUG=1 and report what it prints."
    )


@contextmanager
def in_a_sentence(root: Root | None = None) -> Iterator[None]:
    """Show whatever is raised inside as one sentence in place of what was to be drawn."""
    try:
        yield
    except Exception as error:
        if os.environ.get("DOMAINAUG_DEBUG") and not isinstance(error, DomainAugError):
            raise
        st.error(plain(sentence(error, root)))
