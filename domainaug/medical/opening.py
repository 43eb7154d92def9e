"""Opening one DICOM file strictly: whatever is wrong with it ends as one `UnreadableInput`.

The transfer syntax is looked at before anything is parsed, because a deflated file of 300 kB can inflate to
300 MB even when only its header is asked for. Messages name the fault and the file, never a tag's value: a
value may identify a patient, and pydicom quotes values in its own messages, so those are not passed on.
"""

from __future__ import annotations

import io
import logging
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.filebase import DicomIO
from pydicom.filereader import read_file_meta_info
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from domainaug.errors import UnreadableInput
from domainaug.medical.decoders import ENCAPSULATED, decoder_of

__all__ = ["ENCAPSULATED", "INFLATED_LIMIT", "NATIVE", "border", "has_marker", "open_dicom", "quiet"]

INFLATED_LIMIT = 128 * 2**20
"""Bytes a deflated file may inflate to: 64 million pixels of 16 bits."""

NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
"""Transfer syntaxes whose pixels are not compressed one by one."""

_SWAP = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


class _Hush:
    """Loggers that say nothing while anybody asks for it, in any thread."""

    def __init__(self, *names: str) -> None:
        self._names, self._asking, self._guard = names, 0, threading.Lock()
        self._before: list[tuple[logging.Logger, int]] = []

    def __enter__(self) -> None:
        with self._guard:
            self._asking += 1
            if self._asking > 1:
                return  # setting a level makes every logger there is forget what it knows of levels
            self._before = [(logger, logger.level) for logger in map(logging.getLogger, self._names)]
            for logger, _ in self._before:
                logger.setLevel(logging.CRITICAL + 1)  # `disabled` would not hold back the loggers below

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._asking -= 1
            if not self._asking:
                for logger, level in self._before:
                    logger.setLevel(level)


_HUSH = _Hush("pydicom", "pylibjpeg", "openjpeg")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings and log lines of pydicom and its decoders to themselves: they quote values of tags."""
    with _HUSH, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def border(code: str, what: str, path: Path | None) -> Iterator[None]:
    """Turn any exception of a library into `UnreadableInput` with `code` and a sentence free of values."""
    try:
        with quiet():
            yield
    except UnreadableInput:
        raise
    except RecursionError:
        raise UnreadableInput("nested-too-deep", "its sequences are nested too deep to be read", path=path) from None
    except MemoryError:
        raise UnreadableInput("too-large", "it needs more memory than there is", path=path) from None
    except BaseException as error:
        # Decoders written in Rust panic with an exception that is not an Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise UnreadableInput(code, f"{what} ({type(error).__name__})", path=path) from None


def has_marker(path: Path) -> bool:
    """Return whether the file carries DICM after its 128 bytes of preamble."""
    try:
        with path.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False


def open_dicom(path: Path, *, pixels: bool) -> Dataset:
    """Read one file, every element of it.

    Args:
        path: The file.
        pixels: Whether to read the pixel data too; without, a file that ends before them is still found out.

    Returns:
        The data set, with its `file_meta`; words of a big-endian file are put in little-endian order, and
        `UnreadableInput` has been raised for anything that would raise later.

    Raises:
        UnreadableInput: It is not DICOM, is cut or damaged, or is written in a way that is not read here.
    """
    if not path.is_file():
        raise UnreadableInput("not-a-file", "there is no such file", path=path)
    with border("damaged", "it cannot be parsed as DICOM", path):
        if has_marker(path):
            syntax = _transfer_syntax(path)
            if syntax == DeflatedExplicitVRLittleEndian:
                dataset, rest = _parse(io.BytesIO(_inflated(path)), pixels)
                dataset.file_meta.TransferSyntaxUID = syntax
            else:
                with path.open("rb") as stream:
                    dataset, rest = _parse(stream, pixels)
        else:
            dataset, rest = _without_marker(path, pixels)
        _touch_everything(dataset)
        if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian:
            _swap_words(dataset)
        if not pixels:
            _expect_pixels(dataset, rest, path)
    return dataset


def _transfer_syntax(path: Path) -> UID:
    """Return the transfer syntax of a file, if it is one that is read here."""
    meta = read_file_meta_info(path)
    syntax = UID(str(meta.get("TransferSyntaxUID", "")))
    if syntax in NATIVE:
        return syntax
    if syntax not in ENCAPSULATED:
        message = "its transfer syntax is not one of still pictures; native, RLE, JPEG, JPEG-LS and JPEG 2000 are read"
        raise UnreadableInput("unsupported-transfer-syntax", message, path=path)
    if decoder_of(syntax) is None:
        message = f'nothing installed decodes {syntax.name}: pip install "domainaug[medical,codecs]"'
        raise UnreadableInput("no-decoder", message, path=path)
    return syntax


def _parse(stream: io.BufferedIOBase, pixels: bool) -> tuple[FileDataset, int]:
    dataset = dcmread(stream, stop_before_pixels=not pixels)
    here = stream.tell()
    return dataset, stream.seek(0, io.SEEK_END) - here


def _inflated(path: Path) -> bytes:
    """Return a deflated file as an explicit little-endian one, if it does not inflate beyond the limit."""
    meta = read_file_meta_info(path)
    content = path.read_bytes()
    start = 132 + 12 + int(meta.FileMetaInformationGroupLength)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    body = inflater.decompress(content[start:], INFLATED_LIMIT)
    if inflater.unconsumed_tail:
        message = f"it inflates to more than {INFLATED_LIMIT // 2**20} MiB"
        raise UnreadableInput("too-large", message, path=path)
    if not inflater.eof:
        raise UnreadableInput("truncated", "its deflated part is cut short", path=path)
    out = io.BytesIO()
    plain = FileMetaDataset()
    plain.update(meta)
    plain.TransferSyntaxUID = ExplicitVRLittleEndian
    out.write(bytes(128) + b"DICM")
    write_file_meta_info(DicomIO(out), plain, enforce_standard=False)
    out.write(body)
    out.seek(0)
    return out.getvalue()


def _without_marker(path: Path, pixels: bool) -> tuple[FileDataset, int]:
    """Read a file that lacks preamble and file meta; only one that turns out to be an image counts as DICOM."""
    try:
        with path.open("rb") as stream:
            dataset = dcmread(stream, stop_before_pixels=not pixels, force=True)
            rest = path.stat().st_size - stream.tell()
    except RecursionError:
        raise
    except Exception:
        raise UnreadableInput("not-dicom", "it is not a DICOM file", path=path) from None
    if "SOPClassUID" not in dataset or "Rows" not in dataset:
        raise UnreadableInput("not-dicom", "it is not a DICOM file, or its header is damaged", path=path)
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = syntax
    elif dataset.file_meta.TransferSyntaxUID not in (*NATIVE[:3], *ENCAPSULATED):
        raise UnreadableInput("unsupported-transfer-syntax", "its transfer syntax is not read here", path=path)
    return dataset, rest


def _touch_everything(dataset: Dataset) -> None:
    """Decode every element now, so that a damaged one is found here and not while a result is written."""
    for element in dataset.iterall():
        _ = element.value


def _swap_words(dataset: Dataset) -> None:
    """Turn the words of binary elements round; pixel data are left, their decoder minds the byte order."""
    for element in dataset.iterall():
        size = _SWAP.get(element.VR, 0)
        if size and element.keyword != "PixelData" and isinstance(element.value, bytes):
            swapped = memoryview(element.value)[: len(element.value) // size * size].tobytes()
            element.value = b"".join(swapped[i : i + size][::-1] for i in range(0, len(swapped), size))


def _expect_pixels(dataset: Dataset, rest: int, path: Path) -> None:
    """Refuse a file whose rest is too short for the pixels its header announces.

    `rest` is what is left of the file once the header has been read.
    """
    if "Rows" not in dataset:
        return
    if rest == 0:
        raise UnreadableInput("no-pixels", "it has no pixel data, or is cut before them", path=path)
    if dataset.file_meta.TransferSyntaxUID in NATIVE:
        announced = int(dataset.Rows) * int(dataset.Columns) * int(dataset.BitsAllocated) // 8
        if rest < announced:
            raise UnreadableInput("truncated", "it ends before its pixels do", path=path)
