"""Opening images that repeat each other: what a file shares with an earlier one of its series is not parsed again.

The first file of a series goes through the strict reader. Of every later one the elements are found by their
lengths, and those that are byte for byte what the first one holds have been judged already; only the others (its
UID, its position, a time) are decoded, by the same parser, and held against the same rules. What is not plainly
in order goes to the strict reader whole, so nothing is accepted here that it would refuse.
"""

from __future__ import annotations

import io
import os
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import cast

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.filereader import read_dataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from domainaug.errors import UnreadableInput
from domainaug.kernels.threads import run_slabs
from domainaug.medical import codecs
from domainaug.medical.explicit import (
    FIRST_BYTES,
    PIXEL_DATA,
    TRAILING_PADDING,
    UNDEFINED,
    Elements,
    Unsure,
    fragments,
    is_padding_or_none,
    read_elements,
)
from domainaug.medical.instance import ASKED_TAGS, Instance, describe, describe_placed, frames_of
from domainaug.medical.opening import ENCAPSULATED, NATIVE, open_dicom, quiet
from domainaug.medical.overlays import set_overlays_apart
from domainaug.medical.pixels import Ends, Stored, decode, ends_of, pixel_type
from domainaug.medical.plain import Layout, is_plain, numbers

__all__ = ["Opened", "Opener", "Picture", "Room", "differing"]

_CHARACTER_SET, _SERIES_UID = 0x00080005, 0x0020000E
_META_LENGTH, _META_UID = 0x00020000, 0x00020003
_UID, _POSITION = 0x00080018, 0x00200032
_PLACE = {_UID, _POSITION}
_BEHIND = {PIXEL_DATA, TRAILING_PADDING}
_REMEMBERED = 8  # series that a folder may hold file by file in turn

Room = Callable[[Instance], Stored]
"""Gives a file a place to lie in: `Instance.file_shape` of the type its header announces, C-contiguous."""


class Opened:
    """The header of one file.

    Attributes:
        instance: What it says; of one frame, where there are several.
        elements: It, as it is written; None where only the strict reader could read the file.
    """

    __slots__ = ("_changed", "_dataset", "_known", "elements", "instance")

    def __init__(
        self,
        instance: Instance,
        elements: Elements | None,
        dataset: Dataset | None,
        *,
        known: Opened | None = None,
        changed: frozenset[int] = frozenset(),
    ) -> None:
        self.instance, self.elements = instance, elements
        self._dataset, self._known, self._changed = dataset, known, changed

    def differs_from(self, other: Opened) -> frozenset[int]:
        """Return the tags of which two headers hold different bytes, or that only one of them has.

        Both must have `elements`.
        """
        assert self.elements is not None
        assert other.elements is not None
        mine, theirs = self.elements.body, other.elements.body
        first = self._known or self
        if first is not (other._known or other):
            return differing(mine, theirs)
        # What differs from the first of their series in neither is the same in both.
        return frozenset(tag for tag in self._changed | other._changed if mine.get(tag) != theirs.get(tag))

    def frames(self) -> tuple[Opened, ...]:
        """Return the header once for every frame of its file, which share the data set."""
        if self.instance.frames == 1:
            return (self,)
        return tuple(Opened(frame, None, self.dataset) for frame in frames_of(self.instance, self.dataset))

    @property
    def dataset(self) -> Dataset:
        """It, decoded; compressed pixels are in it only where they were compressed with loss."""
        if self._dataset is None:
            assert self._known is not None
            assert self.elements is not None
            self._dataset = _merged(self._known, self.elements, self._changed)
        return self._dataset


@dataclass(frozen=True, slots=True)
class Picture:
    """The pixels of one file, or what they are decoded from, and its header.

    Attributes:
        opened: The header.
        plane: Where the pixels are, or will be once `finished` was called.
        frame: The compressed picture that is still to be decoded, or None.
        unread: Where in the file pixels that are not compressed begin, if they are still to be read, or 0.
    """

    opened: Opened
    plane: Stored
    frame: bytes | None = None
    unread: int = 0

    def finished(self) -> Ends | None:
        """Read or decode what is left to be, and return the lowest and highest value; for any thread.

        None where the pixels are not sound.
        """
        instance, storage = self.opened.instance, self.opened.instance.storage
        if self.unread and not _read_into(self.plane, instance.path, self.unread):
            return None
        if self.frame is not None and not codecs.decode_into(self.plane, self.frame, instance):
            return None
        low, high = ends_of(self.plane)  # now, while they are in the cache
        # Where all values fit the bits that count, the bits beyond them repeat what those say.
        return (low, high) if storage.lowest <= low and high <= storage.highest else None


class Opener:
    """Opens images, one after the other; holds the latest file of a few series in memory.

    Args:
        threads: How many decode the frames of a file that holds several.
    """

    __slots__ = ("_known", "_layouts", "_threads")

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._known: OrderedDict[bytes, Opened] = OrderedDict()
        self._layouts: deque[Layout] = deque(maxlen=_REMEMBERED)

    def header(self, path: Path) -> Opened:
        """Read the header of one image, as strictly as `instance.read_instance`.

        Raises:
            UnreadableInput: As there.
        """
        with suppress(Unsure, OSError), _opened(path) as stream:
            return self._alike(path, stream)
        dataset = open_dicom(path, pixels=False)
        return self._remembered(path, describe(dataset, path), dataset)

    def picture(self, path: Path, room: Room) -> Picture:
        """Read one image; its pixels may be left to `Picture.finished`, which has to be called.

        Raises:
            UnreadableInput: It cannot be read or decoded.
        """
        with suppress(Unsure, OSError), _opened(path) as stream:
            opened = self._alike(path, stream)
            assert opened.elements is not None
            if opened.instance.transfer_syntax in ENCAPSULATED:
                stream.seek(opened.elements.pixels_at)
                frame = fragments(stream.read() or b"")
                if not codecs.fits(frame, opened.instance):
                    raise Unsure
                return Picture(opened, room(opened.instance), frame)
            if sys.byteorder != "little":
                raise Unsure
            return Picture(opened, room(opened.instance), unread=opened.elements.pixels_at)
        return self.strictly(path, room)

    def strictly(self, path: Path, room: Room) -> Picture:
        """Read one image by the strict reader alone.

        Raises:
            UnreadableInput: It cannot be read or decoded.
        """
        dataset = open_dicom(path, pixels=True)
        instance = describe(dataset, path)
        plane = _unpacked(dataset, instance, room, self._threads)
        if plane is None:
            pixels = decode(dataset, instance)
            plane = room(instance)
            plane[...] = pixels
            if instance.overlays_inside:
                set_overlays_apart(dataset)
        if instance.transfer_syntax in NATIVE:
            del dataset.PixelData  # decoded by now; compressed ones are small, and their size is still asked for
        return Picture(self._remembered(path, instance, dataset), plane)

    def _remembered(self, path: Path, instance: Instance, dataset: Dataset) -> Opened:
        """Keep a header that the strict reader has read, if it can be compared with later ones."""
        unsure = Opened(instance, None, dataset)
        if instance.overlays_inside:
            return unsure
        if instance.transfer_syntax != ExplicitVRLittleEndian and instance.transfer_syntax not in ENCAPSULATED:
            return unsure
        with suppress(Unsure, OSError), _opened(path) as stream:
            elements, content = read_elements(stream)
            same = dataset.keys() - _BEHIND == elements.body.keys()
            if not same or dataset.file_meta.keys() != elements.meta.keys():
                raise Unsure
            _check_pixels(elements, instance, stream)
            opened = Opened(instance, elements, dataset)
            uid = elements.body.get(_SERIES_UID, b"")
            # What others are known to differ in was held against the header that this one takes the place of.
            of_others = [layout for layout in self._layouts if layout.elements.body.get(_SERIES_UID, b"") != uid]
            self._layouts = deque([*of_others, Layout.of(content, elements, frozenset())], _REMEMBERED)
            self._known[uid] = opened
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            return opened
        return unsure

    def _alike(self, path: Path, stream: RawIOBase) -> Opened:
        """Return the header of a file of which only what differs from a known one is decoded.

        Raises:
            Unsure: None is known of its series, or it differs in more than values.
        """
        elements, changed = self._found(stream)
        known = self._known_of(elements)
        body = elements.body
        if (
            changed <= body.keys()
            and not (changed & ASKED_TAGS) - _PLACE
            and all(is_plain(body[tag]) for tag in changed)
        ):
            position = numbers(body[_POSITION]) if _POSITION in changed else known.instance.position
            instance = describe_placed(known.instance, path, elements.value(_UID).decode("ascii"), position)
            if instance is None:
                raise Unsure
            opened = Opened(instance, elements, None, known=known, changed=changed)
        else:
            dataset = _merged(known, elements, changed)
            try:
                opened = Opened(describe(dataset, path), elements, dataset)
            except UnreadableInput:
                raise Unsure from None
        _check_pixels(elements, opened.instance, stream)
        return opened

    def _found(self, stream: RawIOBase) -> tuple[Elements, frozenset[int]]:
        """Return the elements of a file, and which differ from those of its series' first one."""
        content = stream.read(FIRST_BYTES) or b""
        for layout in reversed(self._layouts):
            match = layout.match(content)
            if match is not None and match[0].body.get(_SERIES_UID) == layout.elements.body.get(_SERIES_UID):
                return match
        elements, content = read_elements(stream, content)
        known = self._known_of(elements)
        changed = differing(elements.body, known.elements.body if known.elements else {})
        self._layouts.append(Layout.of(content, elements, changed))
        return elements, changed

    def _known_of(self, elements: Elements) -> Opened:
        """Return the first header of a series, if another one agrees with its file meta information.

        Raises:
            Unsure: There is none, or it does not.
        """
        known = self._known.get(elements.body.get(_SERIES_UID, b""))
        if known is None or known.elements is None or elements.meta.keys() != known.elements.meta.keys():
            raise Unsure
        if differing(elements.meta, known.elements.meta) - {_META_LENGTH, _META_UID}:
            raise Unsure
        if _META_UID in elements.meta and not is_plain(elements.meta[_META_UID]):
            raise Unsure
        return known


def _read_into(plane: Stored, path: Path, at: int) -> bool:
    try:
        with path.open("rb", buffering=0) as stream:
            stream.seek(at)
            return bool(stream.readinto(plane.reshape(-1).view(np.uint8).data) == plane.nbytes)
    except OSError:
        return False


def _unpacked(dataset: Dataset, instance: Instance, room: Room, threads: int) -> Stored | None:
    """Return the compressed pixels of a data set, if they are without loss and there is a fast codec for them."""
    if not codecs.decodes(instance.transfer_syntax):
        return None
    if instance.samples > 1 or instance.overlays_inside:
        return None
    with suppress(Exception), quiet():  # the strict decoder says what is wrong
        frames = list(generate_frames(dataset.PixelData, number_of_frames=instance.frames))
        if len(frames) != instance.frames or not all(codecs.fits(frame, instance) for frame in frames):
            return None
        whole, opened = room(instance), Opened(instance, None, dataset)
        planes, sound = whole.reshape(-1, *instance.shape), np.zeros(len(frames), bool)

        def unpack(begin: int, end: int) -> None:
            for index in range(begin, end):
                sound[index] = Picture(opened, planes[index], frames[index]).finished() is not None

        run_slabs(unpack, len(frames), threads)
        return whole if sound.all() else None
    return None


def differing(one: Mapping[int, bytes], other: Mapping[int, bytes]) -> frozenset[int]:
    """Return the tags that only one of two headers has, or of which they hold different bytes."""
    return frozenset(
        [tag for tag, element in one.items() if other.get(tag) != element] + [tag for tag in other if tag not in one]
    )


def _opened(path: Path) -> RawIOBase:
    if not path.is_file():  # opening a pipe would wait for somebody to write into it
        raise Unsure
    return cast(RawIOBase, path.open("rb", buffering=0))


def _check_pixels(elements: Elements, instance: Instance, stream: RawIOBase) -> None:
    """Ask for pixel data of one gray frame, of the announced size, followed by nothing but padding.

    Raises:
        Unsure: They do not.
    """
    if instance.samples > 1 or instance.frames > 1 or instance.overlays_inside:
        raise Unsure
    encapsulated = instance.transfer_syntax in ENCAPSULATED
    if encapsulated or elements.pixels_length == UNDEFINED:
        if not encapsulated or elements.pixels_length != UNDEFINED or elements.pixels_vr != b"OB":
            raise Unsure
        return
    expected = instance.rows * instance.columns * pixel_type(instance.storage).itemsize
    if elements.pixels_length != expected + expected % 2:
        raise Unsure
    end = stream.seek(elements.pixels_at + elements.pixels_length)
    if not is_padding_or_none(stream.read(12) or b"", os.fstat(stream.fileno()).st_size - end):
        raise Unsure


def _merged(known: Opened, elements: Elements, changed: frozenset[int]) -> Dataset:
    """Return a header as a data set: what `known` holds already, and what differs, decoded."""
    body = elements.body
    odd = {tag >> 16 for tag in changed if tag >> 16 & 1}
    creators = {tag for tag in body if tag >> 16 in odd and 0x10 <= tag & 0xFFFF <= 0xFF}
    if _CHARACTER_SET in changed or creators & changed or known.elements is None:
        raise Unsure
    part = sorted((changed & body.keys()) | creators | ({_CHARACTER_SET} & body.keys()))
    meta = FileMetaDataset()
    try:
        with quiet():
            fresh = read_dataset(io.BytesIO(b"".join(map(body.__getitem__, part))), False, True)
            for element in fresh.iterall():
                _ = element.value
            meta.update(known.dataset.file_meta)
            if _META_UID in elements.meta:
                meta.MediaStorageSOPInstanceUID = UID(elements.value(_META_UID).decode("ascii"))
    except Exception:
        raise Unsure from None
    if list(fresh.keys()) != part:
        raise Unsure
    gone = (changed - body.keys()) | _BEHIND
    both = {**dict(known.dataset.items()), **dict(fresh.items())}
    dataset = Dataset({tag: element for tag, element in both.items() if tag not in gone})
    dataset.file_meta = meta
    return dataset
