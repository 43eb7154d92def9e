"""The versions of everything that outputs depend on."""

from __future__ import annotations

import importlib.metadata
import platform
from contextlib import suppress
from functools import cache

from domainaug._version import __version__

__all__ = ["versions"]

_PACKAGES = ("albumentations", "albucore", "numpy", "scipy", "pillow", "pydicom")
_OPENCV = ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")


def _kernels() -> str:
    from domainaug.kernels.engine import engine

    return f"numba {importlib.metadata.version('numba')}" if engine() == "numba" else "plain"


def versions() -> dict[str, str]:
    """Return name to version, for domainaug, the libraries that compute pixels, and the processor."""
    found = {"domainaug": __version__, "machine": platform.machine(), "kernels": _kernels()}
    return dict(sorted({**found, **_installed()}.items()))


@cache
def _installed() -> dict[str, str]:
    found = {}
    for name in (*_PACKAGES, *_OPENCV):
        with suppress(importlib.metadata.PackageNotFoundError):
            found["opencv" if name in _OPENCV else name] = importlib.metadata.version(name)
    return found
