"""Writing the images of a series that differ in little: the first is derived, the others are spliced from it.

Deriving an image takes its header apart and puts it together again, and nearly all of it comes out as it did for
the slice before. So the first image of a series is a model: its elements, as they were written, are taken over,
except those of which the source's differ, which go the whole way one by one, and the few that name the image.

A splice has to prove itself: the first image that is made by one is also derived whole, and unless both are the
same bytes, no image is spliced. Neither is one that differs from the model in anything that deriving asks for.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.charset import convert_encodings
from pydicom.datadict import tag_for_keyword
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.tag import Tag

from domainaug.medical.alike import Opened
from domainaug.medical.carried import kept, stays
from domainaug.medical.deeds import Deed
from domainaug.medical.derive import READ, WRITTEN
from domainaug.medical.explicit import Elements, Unsure, walk, written
from domainaug.medical.opening import quiet
from domainaug.medical.pixels import Stored
from domainaug.medical.plain import is_plain

__all__ = ["DerivedFile", "Splicer"]

Whole = Callable[[Dataset, Stored, Deed], bytes]
"""Derives an image from the header of its source, its stored values and what was done, as a file."""

_META_LENGTH, _META_UID = 0x00020000, 0x00020003
_UID, _NUMBER, _REFERENCED_UID = 0x00080018, 0x00200013, 0x00081155
_SOURCES, _SERIES, _STUDIES = 0x00082112, 0x00081115, 0x00081200
_READ = frozenset(int(tag_for_keyword(name) or 0) for name in READ)
_WRITTEN = frozenset(int(tag_for_keyword(name) or 0) for name in WRITTEN)


@dataclass(frozen=True, slots=True)
class DerivedFile:
    """A file to be written, in parts that lie apart in memory.

    Attributes:
        header: Everything up to the pixels; all of the file where there are none.
        pixels: Stored values, or None.
    """

    header: bytes
    pixels: Stored | None = None

    @property
    def parts(self) -> tuple[bytes | memoryview, ...]:
        """What the file holds, in order; of even length as a whole."""
        if self.pixels is None:
            return (self.header,)
        content = self.pixels.reshape(-1).view(np.uint8).data
        return self.header, content, b"\0" * (len(content) % 2)

    def __bytes__(self) -> bytes:
        return b"".join(self.parts)

    def write(self, path: Path, *, durable: bool = False) -> None:
        """Write it to a new file.

        Args:
            path: The file.
            durable: Whether to return only when it is on the disk.

        Raises:
            OSError: It cannot be written.
        """
        with path.open("wb", buffering=0) as stream:
            for part in filter(len, self.parts):
                view = memoryview(part)
                while len(view):  # more than 2 GiB take several turns
                    view = view[stream.write(view) :]
            if durable:
                os.fsync(stream.fileno())


@dataclass(frozen=True, slots=True)
class _Model:
    """An image that was derived whole: what it came from, what was done to it, and its elements as written."""

    source: Opened
    deed: Deed
    elements: Elements

    def header(self, opened: Opened, deed: Deed) -> bytes:
        """Return the header of the image that the same deed makes of another source.

        Raises:
            Unsure: It is not the same deed, or the source differs in what deriving asks for.
        """
        if opened.elements is None or self.source.elements is None:
            raise Unsure
        if replace(deed, instance_uid=self.deed.instance_uid, number=self.deed.number) != self.deed:
            raise Unsure
        changed = opened.differs_from(self.source)
        if changed & _READ or (deed.private and any(tag >> 16 & 1 for tag in changed)):
            raise Unsure
        body = dict(self.elements.body)
        for tag in changed - _WRITTEN:
            body.pop(tag, None)
        body.update(_carried_over(opened, changed - _WRITTEN, deed))
        body[_UID] = written(_UID, "UI", deed.instance_uid)
        body[_NUMBER] = written(_NUMBER, "IS", str(deed.number))
        names = [written(_REFERENCED_UID, "UI", one.instance.sop_instance_uid) for one in (self.source, opened)]
        for tag in (_SOURCES, _SERIES if deed.study_uid is None else _STUDIES):
            body[tag] = _exchanged(body[tag], *names)
        return self._put_together(body, deed)

    def _put_together(self, body: dict[int, bytes], deed: Deed) -> bytes:
        meta = dict(self.elements.meta)
        meta[_META_UID] = written(_META_UID, "UI", deed.instance_uid)
        del meta[_META_LENGTH]
        group = b"".join(meta[tag] for tag in sorted(meta))
        length = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(group))
        pixels = struct.pack("<HH2sHI", 0x7FE0, 0x10, self.elements.pixels_vr, 0, self.elements.pixels_length)
        return b"".join((bytes(128), b"DICM", length, group, *(body[tag] for tag in sorted(body)), pixels))


class Splicer:
    """Writes the images of one derived series.

    Args:
        whole: Derives an image in full.
    """

    __slots__ = ("_models", "_proven", "_whole")

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        self._models: dict[tuple[bool, int], _Model | None] = {}
        self._proven: set[bool] = set()

    def file(self, opened: Opened, plane: Stored, deed: Deed) -> DerivedFile:
        """Return the derived image of one source.

        Args:
            opened: The header of the source.
            plane: (rows, columns) stored values, little-endian, C-contiguous, of the type the header announces.
            deed: What was done.

        Raises:
            DomainAugError: As `whole`.
        """
        # Sequences that name the source keep their lengths as long as its UID, padded, has the same one.
        kind = deed.changed, len(opened.instance.sop_instance_uid) + 1 >> 1
        model = self._models.get(kind)
        if model is None:
            content = self._whole(opened.dataset, plane, deed)
            if kind not in self._models:
                self._models[kind] = _model(opened, deed, content)
            return DerivedFile(content)
        try:
            spliced = DerivedFile(model.header(opened, deed), plane)
        except Unsure:
            return DerivedFile(self._whole(opened.dataset, plane, deed))
        if deed.changed in self._proven:  # of lengths, a model of each is derived whole
            return spliced
        content = self._whole(opened.dataset, plane, deed)
        if content == bytes(spliced):
            self._proven.add(deed.changed)
        else:
            self._models[kind] = None
        return DerivedFile(content)


def _model(opened: Opened, deed: Deed, content: bytes) -> _Model | None:
    try:
        return _Model(opened, deed, walk(content)) if opened.elements is not None else None
    except (Unsure, struct.error):
        return None


def _carried_over(opened: Opened, tags: frozenset[int], deed: Deed) -> dict[int, bytes]:
    """Return those elements of a source that its derived image keeps, as they are written.

    Raises:
        Unsure: One cannot be written; deriving the image whole says why.
    """
    assert opened.elements is not None
    source = opened.elements.body
    # Lengths of groups are no longer written (PS3.5 7.2).
    staying = [tag for tag in tags if tag in source and tag & 0xFFFF and stays(tag, deed)]
    out = {tag: source[tag] for tag in staying if is_plain(source[tag])}
    rest = sorted(set(staying) - out.keys())
    if not rest:
        return out
    try:
        dataset = opened.dataset
        encodings = convert_encodings(dataset.get("SpecificCharacterSet"))
        with quiet():
            for element in kept(Dataset({Tag(tag): dataset[tag] for tag in rest}), deed):
                stream = DicomBytesIO()
                stream.is_little_endian, stream.is_implicit_VR = True, False
                write_data_element(stream, element, encodings)
                out[int(element.tag)] = stream.getvalue()
    except Exception:
        raise Unsure from None
    return out


def _exchanged(element: bytes, before: bytes, after: bytes) -> bytes:
    if element.count(before) != 1 or len(before) != len(after):
        raise Unsure
    return element.replace(before, after)
