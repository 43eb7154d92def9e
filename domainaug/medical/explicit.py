"""Where each element of an explicit little-endian DICOM file begins and ends, found without decoding it.

The files of a series repeat each other's headers nearly word for word, and a parser that turns every element into
an object spends its time on what it has seen. This walk reads tags and lengths alone (PS3.5 7.1.2). It accepts
only what is plainly in order: elements ascending, of even length, of a known representation. Whatever else a file
holds is `Unsure`, and the strict reader has the last word on it, so this one may never be the more lenient.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import RawIOBase

__all__ = [
    "FIRST_BYTES",
    "PIXEL_DATA",
    "TRAILING_PADDING",
    "UNDEFINED",
    "Elements",
    "Unsure",
    "fragments",
    "is_padding_or_none",
    "read_elements",
    "walk",
    "written",
]

PIXEL_DATA = 0x7FE00010
TRAILING_PADDING = 0xFFFCFFFC
UNDEFINED = 0xFFFFFFFF

_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(),
)
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_DEEPEST = 16
FIRST_BYTES = 32 * 1024
_MOST_BYTES = 16 * 2**20
_HEAD = struct.Struct("<HH2sH")
_ITEM_HEAD = struct.Struct("<HHI")
_LENGTH = struct.Struct("<I")


class Unsure(Exception):
    """The file is not plainly in order; the strict reader decides."""


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of a file as they are written, each with its tag, representation and length.

    Attributes:
        meta: Those of group 0002, by tag.
        body: Those of the data set up to the pixel data, by tag.
        pixels_at: Where in the file the value of the pixel data begins.
        pixels_length: Its length, or `UNDEFINED` where it is encapsulated.
        pixels_vr: Its representation, OB or OW.
    """

    meta: Mapping[int, bytes]
    body: Mapping[int, bytes]
    pixels_at: int
    pixels_length: int
    pixels_vr: bytes

    def value(self, tag: int) -> bytes:
        """Return the value of a short element of either part without its padding; empty where there is none."""
        return (self.meta if tag >> 16 == 2 else self.body).get(tag, b"")[8:].rstrip(b"\0 ")


def read_elements(stream: RawIOBase, content: bytes | None = None) -> tuple[Elements, bytes]:
    """Read the header of an open file, as much of it as is needed.

    Args:
        stream: The file.
        content: What has been read of it already, from its beginning.

    Returns:
        Its elements, and what was read.

    Raises:
        Unsure: It is not an explicit little-endian file with pixel data, or not plainly in order.
        OSError: It cannot be read.
    """
    content = (stream.read(FIRST_BYTES) or b"") if content is None else content
    while True:
        try:
            return walk(content), content
        except struct.error:
            more = stream.read(len(content)) or b"" if len(content) < _MOST_BYTES else b""
            if not more:
                raise Unsure from None
            content += more


def walk(content: bytes) -> Elements:
    """Return the elements of a file, of which at least everything before the pixels is in `content`.

    Raises:
        Unsure: As `read_elements`.
        struct.error: `content` ends before the pixels begin.
    """
    if content[128:132] != b"DICM":
        raise Unsure
    meta: dict[int, bytes] = {}
    at = _walk(content, 132, meta, upto=0x00030000)
    group_length = meta.get(0x00020000, b"")
    if len(group_length) != 12 or _LENGTH.unpack(group_length[8:])[0] != at - 144:
        raise Unsure
    body: dict[int, bytes] = {}
    at = _walk(content, at, body, upto=PIXEL_DATA)
    group, element, vr, _ = _HEAD.unpack_from(content, at)
    if group << 16 | element != PIXEL_DATA or vr not in (b"OB", b"OW") or min(body, default=0) < 0x00080000:
        raise Unsure
    return Elements(meta, body, at + 12, _LENGTH.unpack_from(content, at + 8)[0], vr)


def _walk(content: bytes, at: int, found: dict[int, bytes], *, upto: int) -> int:
    """Collect the elements from `at` on whose tags are below `upto`; return where the first other one begins."""
    before = -1
    head, length_of = _HEAD.unpack_from, _LENGTH.unpack_from
    while True:
        group, element, vr, length = head(content, at)
        tag = group << 16 | element
        if tag >= upto:
            return at
        if tag <= before:
            raise Unsure
        if vr in _SHORT:
            end = at + 8 + length
        elif vr in _LONG:
            (length,) = length_of(content, at + 8)
            end = at + 12 + length if length != UNDEFINED else _sequence_end(content, at + 12, vr, 0)
        else:
            raise Unsure
        if length & 1 and length != UNDEFINED:
            raise Unsure
        if end > len(content):
            raise struct.error
        found[tag] = content[at:end]
        before, at = tag, end


def _sequence_end(content: bytes, at: int, vr: bytes, depth: int) -> int:
    """Return where a sequence of undefined length ends."""
    if vr != b"SQ" or depth > _DEEPEST:
        raise Unsure
    while True:
        group, element, length = _ITEM_HEAD.unpack_from(content, at)
        at += 8
        tag = group << 16 | element
        if tag == _SEQUENCE_END and length == 0:
            return at
        if tag != _ITEM:
            raise Unsure
        at = at + length if length != UNDEFINED else _item_end(content, at, depth + 1)


def _item_end(content: bytes, at: int, depth: int) -> int:
    """Return where an item of undefined length ends."""
    while True:
        group, element, vr, length = _HEAD.unpack_from(content, at)
        if group << 16 | element == _ITEM_END:
            if _ITEM_HEAD.unpack_from(content, at)[2]:
                raise Unsure
            return at + 8
        if vr in _SHORT:
            at += 8 + length
        elif vr in _LONG:
            (length,) = _LENGTH.unpack_from(content, at + 8)
            at = at + 12 + length if length != UNDEFINED else _sequence_end(content, at + 12, vr, depth)
        else:
            raise Unsure


def is_padding_or_none(rest: bytes, length: int) -> bool:
    """Return whether what follows the pixel data is nothing, or Data Set Trailing Padding alone (PS3.10 7.2).

    Args:
        rest: The first 12 bytes of it.
        length: How many there are.
    """
    return not length or (length >= 12 and rest == _HEAD.pack(0xFFFC, 0xFFFC, b"OB", 0) + _LENGTH.pack(length - 12))


def written(tag: int, vr: str, text: str) -> bytes:
    """Return a short element of ASCII text as it is written, of even length (PS3.5 6.2)."""
    value = text.encode("ascii")
    value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    return _HEAD.pack(tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def fragments(content: bytes) -> bytes:
    """Return the one compressed picture that encapsulated pixel data hold, its fragments joined (PS3.5 A.4).

    Args:
        content: The file from the value of the pixel data on.

    Raises:
        Unsure: There are several pictures, or the items do not end where the file does.
    """
    parts: list[bytes] = []
    at, end = 0, len(content)
    while at + 8 <= end:
        group, element, length = _ITEM_HEAD.unpack_from(content, at)
        at += 8
        if group << 16 | element == _SEQUENCE_END:
            if length or not is_padding_or_none(content[at : at + 12], end - at) or not len(parts) > 1 or parts[0][4:]:
                raise Unsure
            return b"".join(parts[1:])
        if group << 16 | element != _ITEM or length > end - at:
            raise Unsure
        parts.append(content[at : at + length])
        at += length
    raise Unsure
