"""The bytes of NIfTI files, in and out: plain, gzipped, or as a pair of header and voxels.

How many bytes there are to be is known from the header before voxels are read; no more than that is ever inflated.
What is written holds no time and no name: the same content gives the same bytes.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError, UnreadableInput
from domainaug.kernels.checks import check_room
from domainaug.medical.nifti_header import FIRST_BYTES, MOST_EXTENDED, NiftiHeader, header_length

__all__ = ["SUFFIXES", "gzipped", "is_nifti_name", "paired_with", "read_header", "read_voxels", "stem_of"]

SUFFIXES: Final = (".nii.gz", ".nii", ".hdr.gz", ".hdr")
"""Endings of the files that are named; the voxels of a .hdr are in the .img beside it."""

_BLOCK: Final = 1 << 20
_TIMES: Final = 1032  # deflate makes no more than this of a byte
_SURPLUS: Final = 1 << 20  # bytes behind the voxels that some programs leave
_LEVEL: Final = 1
_GZIP_HEAD: Final = b"\x1f\x8b\x08\0\0\0\0\0\x04\xff"  # no name, no time, no system


def is_nifti_name(name: str) -> bool:
    """Return whether a file is called as NIfTI files are."""
    return stem_of(name) != name


def stem_of(name: str) -> str:
    """Return a file's name without .nii.gz, .nii, .hdr.gz or .hdr."""
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def paired_with(path: Path) -> Path | None:
    """Return the file with the voxels of a .hdr, whether it is there or not; None for other names."""
    name = path.name
    for ending, other in ((".hdr.gz", ".img.gz"), (".hdr", ".img")):
        if name.lower().endswith(ending):
            found = path.with_name(name[: -len(ending)] + (other if name[-1].islower() else other.upper()))
            plain = found.with_name(found.name.removesuffix(".gz"))
            return plain if not found.is_file() and plain.is_file() else found
    return None


def read_header(path: Path) -> NiftiHeader:
    """Read the header of a file, and its extensions, and no voxel.

    Raises:
        UnreadableInput: It cannot be read, or is no NIfTI file; see `NiftiHeader.of`.
    """
    with _Opened(path) as file:
        return _header(file)


def read_voxels(path: Path) -> tuple[NiftiHeader, NDArray[Any]]:
    """Read a file: its header, and its stored voxels as (frames, slices, rows, columns).

    Raises:
        UnreadableInput: As `read_header`; or it is cut short, damaged, longer than it says, or too large for the
            memory there is.
    """
    with _Opened(path) as file:
        header = _header(file)
        if header.single:
            voxels = _voxels(file, header)
        else:
            beside = paired_with(path)
            if beside is None or not beside.is_file():
                raise UnreadableInput("missing", "its voxels are in an .img file, which is not there", path=path)
            with _Opened(beside) as other:
                other.read(header.offset)
                voxels = _voxels(other, header)
    return header, voxels


class _Opened:
    """A file that is read from front to back, gzipped or not; what goes wrong with it is an `UnreadableInput`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: list[Any] = []

    def __enter__(self) -> _Opened:
        if not self.path.is_file():
            code = "not-a-file" if self.path.exists() else "missing"
            raise UnreadableInput(code, "there is no regular file here", path=self.path)
        try:
            plain = self.path.open("rb")
            self._open.append(plain)
            self.size = self.path.stat().st_size
            self.zipped = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
        except OSError as error:
            self.__exit__(type(error), error, None)
            raise
        if self.zipped:
            self._open.append(gzip.GzipFile(fileobj=plain))
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        for one in reversed(self._open):
            one.close()
        if isinstance(error, UnreadableInput) and error.path is None:
            raise UnreadableInput(error.code, str(error), path=self.path) from None
        if isinstance(error, EOFError):
            raise UnreadableInput("truncated", "it is cut short", path=self.path) from None
        if isinstance(error, zlib.error | gzip.BadGzipFile):
            raise UnreadableInput("damaged", "its compressed content is damaged", path=self.path) from None
        if isinstance(error, PermissionError):
            raise UnreadableInput("no-permission", "the file may not be read", path=self.path) from None
        if isinstance(error, OSError):
            raise UnreadableInput("unreadable", f"it cannot be read: {error.strerror}", path=self.path) from None

    def read(self, most: int) -> bytes:
        """Return the next bytes, fewer where there are no more."""
        found: bytes = self._open[-1].read(most)
        return found

    def fill(self, room: memoryview) -> int:
        """Read into a buffer, and return how many bytes there were."""
        done = 0
        while done < len(room):
            got: int = self._open[-1].readinto(room[done : done + _BLOCK])
            if not got:
                break
            done += got
        return done


def _header(file: _Opened) -> NiftiHeader:
    first = file.read(FIRST_BYTES)
    first += file.read(header_length(first) - len(first))
    header = NiftiHeader.of(first)
    end = header.offset if header.single else MOST_EXTENDED
    behind = file.read(end - len(first))
    if header.single and len(first) + len(behind) < end:
        raise UnreadableInput("truncated", "it is cut short before its voxels")
    return NiftiHeader(first + behind, header.record, header.single)


def _voxels(file: _Opened, header: NiftiHeader) -> NDArray[Any]:
    least = header.voxel_bytes // _TIMES if file.zipped else header.voxel_bytes + header.offset
    if file.size < least:
        raise UnreadableInput("truncated", f"its header announces {header.voxel_bytes} bytes, and they are not there")
    try:
        check_room((header.voxel_bytes,), np.uint8)
        room = bytearray(header.voxel_bytes)
    except (ImageError, MemoryError):
        raise UnreadableInput("too-large", "it needs more memory than there is") from None
    if file.fill(memoryview(room)) < len(room):
        raise UnreadableInput("truncated", "it is cut short")
    if file.zipped and len(file.read(_SURPLUS + 1)) > _SURPLUS:  # to its end, where the checksum is
        raise UnreadableInput("bad-length", "it holds more than its header announces")
    return np.frombuffer(room, header.dtype).reshape(header.shape)


def gzipped(parts: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Yield parts of a file as one gzip stream; nothing in it tells when or where it was made."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    check, size = 0, 0
    yield _GZIP_HEAD
    for part in parts:
        check, size = zlib.crc32(part, check), size + memoryview(part).nbytes
        yield deflater.compress(part)
    yield deflater.flush() + struct.pack("<II", check, size & 0xFFFFFFFF)
