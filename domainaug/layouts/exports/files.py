"""Writing the files of an export: the same content gives the same bytes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from domainaug.layouts import images

__all__ = ["copied", "put_bytes", "put_image", "put_json", "put_text"]


def put_text(path: Path, text: str) -> None:
    """Write text, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def put_json(path: Path, content: Any) -> None:
    """Write JSON."""
    put_text(path, json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n")


def put_image(path: Path, pixels: NDArray[Any]) -> None:
    """Write a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(images.encode(pixels)[1])


def put_bytes(path: Path, content: bytes) -> None:
    """Write bytes, and the folders above them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def copied(path: Path, to: Path) -> None:
    """Copy a file."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)
