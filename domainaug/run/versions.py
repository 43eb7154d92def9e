"""The versions of everything that outputs depend on."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable
from contextlib import suppress
from functools import cache

from domainaug._version import __version__

__all__ = ["versions"]

_PACKAGES = ("albumentations", "albucore", "numpy", "scipy", "pillow", "pydicom")
_OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")


def _kernels() -> str:
    from domainaug.kernels.engine import engine

    return f"numba {importlib.metadata.version('numba')}" if engine() == "numba" else "plain"


def versions(more: Iterable[str] = ()) -> dict[str, str]:
    """Return name to version, for domainaug, the libraries that compute pixels, and the processor.

    Args:
        more: Further distributions that the bytes depend on; those that are not installed are left out.
    """
    found = {"domainaug": __version__, "machine": platform.machine(), "kernels": _kernels()}
    return dict(sorted({**found, **_installed(), **_found(more)}.items()))


@cache
def _installed() -> dict[str, str]:
    return {"opencv" if name in _OPENCV else name: number for name, number in _found((*_PACKAGES, *_OPENCV)).items()}


def _found(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in names:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
