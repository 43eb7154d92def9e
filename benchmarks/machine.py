"""What the figures were measured on, and one thread for everyone."""

from __future__ import annotations

import os
import platform
import sys
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

__all__ = ["described", "one_thread_each", "versions"]

_PACKAGES = (
    "domainaug", "numpy", "numba", "opencv-python-headless", "scipy", "albumentations", "kornia", "torch", "torchio",
    "monai", "batchgeneratorsv2", "SimpleITK", "anomalib", "pydicom", "imagecodecs", "embreex",
)  # fmt: skip
_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "DOMAINAUG_THREADS")


def one_thread_each(*, torch: bool = True) -> None:
    """Give every library one thread, torch only where it is wanted: it is slow to import."""
    for name in _POOLS:
        os.environ[name] = "1"
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    import cv2

    cv2.setNumThreads(1)
    if torch and find_spec("torch"):
        import torch as pytorch

        pytorch.set_num_threads(1)
        pytorch.set_num_interop_threads(1)
    if find_spec("SimpleITK"):
        import SimpleITK

        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)


def described() -> list[str]:
    """Return lines about the machine: no name of it, nothing about its user."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = _field("/proc/meminfo", "MemTotal")
    gigabytes = f", {int(memory.split()[0]) / 2**20:.0f} GB of memory" if memory else ""
    return [
        f"{_field('/proc/cpuinfo', 'model name') or platform.machine()}, {cores} cores{gigabytes}",
        f"{platform.system()} {platform.machine()}, Python {sys.version.split()[0]}",
        f"{datetime.now(timezone.utc):%Y-%m-%d}",
    ]


def versions() -> list[str]:
    """Return "name version" of the packages that take part and are installed."""
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


def _field(path: str, name: str) -> str:
    try:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    except OSError:
        pass
    return ""
