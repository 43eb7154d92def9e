"""Elements so plain that a parser has nothing to say about them, and headers laid out byte for byte like another.

What differs from slice to slice is mostly a UID, a position, a time, a number. Where such a value is written in the
one usual way, decoding it cannot fail and encoding it again gives the same bytes, so neither is done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domainaug.medical.explicit import Elements

__all__ = ["Layout", "is_plain", "numbers"]

_META_LENGTH = 0x00020000
_HEAD = 12  # bytes of the pixel data's tag, representation and length
_DECIMAL = rb"(?![0-9.+-]{17})[-+]?[0-9]{1,9}(?:\.[0-9]*)?"  # of up to 16 characters
_TEXT = rb"[!-\[\]-}](?:[ -\[\]-}]*[!-\[\]-}])? ?"  # one value, in letters that every character set shares
_PLAIN = {
    b"UI": re.compile(rb"[0-9.]{1,64}\0?"),
    b"DS": re.compile(_DECIMAL + rb"(?:\\" + _DECIMAL + rb")* ?"),
    b"IS": re.compile(rb"-?[0-9]{1,9} ?"),
    b"DA": re.compile(rb"[0-9]{8}"),
    b"TM": re.compile(rb"[0-9]{6}(?:\.[0-9]{1,6})? ?"),
    b"CS": re.compile(rb"[A-Z0-9_]{1,16} ?"),
    b"LO": re.compile(_TEXT),
    b"SH": re.compile(_TEXT),
    b"US": re.compile(rb"..", re.DOTALL),
    b"SS": re.compile(rb"..", re.DOTALL),
    b"UL": re.compile(rb"....", re.DOTALL),
    b"SL": re.compile(rb"....", re.DOTALL),
    b"FL": re.compile(rb"....", re.DOTALL),
    b"FD": re.compile(rb"........", re.DOTALL),
}


def is_plain(element: bytes) -> bool:
    """Return whether an element, as it is written, decodes without fail and is written again in the same way."""
    form = _PLAIN.get(element[4:6])
    return form is not None and form.fullmatch(element, 8) is not None


def numbers(element: bytes) -> tuple[float, ...]:
    """Return the numbers of a plain element of decimal strings."""
    return tuple(map(float, element[8:].split(b"\\")))


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where everything lies in a header, to find out what differs in another one without walking through it.

    Attributes:
        elements: Of the header.
        changed: Tags of those that differ from the series' first header.
        content: (pixels_at,) uint8, the header as it is written, up to the pixels.
        starts: (n,) where elements begin, the pixel data last.
        values: (n,) where their values begin.
    """

    elements: Elements
    changed: frozenset[int]
    content: NDArray[np.uint8]
    starts: NDArray[np.intp]
    values: NDArray[np.intp]

    @classmethod
    def of(cls, content: bytes, elements: Elements, changed: frozenset[int]) -> Layout:
        """Return the layout of a header that was walked through."""
        pieces = [*elements.meta.values(), *elements.body.values()]
        ends = 132 + np.cumsum([len(piece) for piece in pieces])
        starts = np.concatenate(([132], ends)).astype(np.intp)
        long = [piece[6:8] == b"\0\0" and piece[4:6] in (b"OB", b"OW", b"UN", b"UT", b"SQ") for piece in pieces]
        values = starts + np.where([*long, True], 12, 8)
        return cls(elements, changed, np.frombuffer(content, np.uint8, elements.pixels_at), starts, values)

    def match(self, content: bytes) -> tuple[Elements, frozenset[int]] | None:
        """Return the elements of another header, and which differ from the first one's; None if laid out otherwise."""
        known = self.elements
        if len(content) < known.pixels_at:
            return None
        head = slice(known.pixels_at - _HEAD, known.pixels_at)
        if content[head] != self.content[head].tobytes():
            return None  # mostly so where anything has another length, and soonest found out here
        other = np.frombuffer(content, np.uint8, known.pixels_at)
        places = np.flatnonzero(other[128:] != self.content[128:]) + 128
        which = np.searchsorted(self.starts, places, side="right") - 1
        if len(which) and (which[0] < 0 or (places < self.values[which]).any()):
            return None  # a tag, a representation or a length differs
        meta, body, changed = dict(known.meta), dict(known.body), set(self.changed)
        tags = [*meta, *body]
        for index in dict.fromkeys(which.tolist()):
            tag, element = tags[index], content[self.starts[index] : self.starts[index + 1]]
            if element[4:6] == b"SQ" or tag == _META_LENGTH:
                return None  # lengths that the walk holds against others
            (meta if tag >> 16 == 2 else body)[tag] = element
            if tag >> 16 != 2:
                changed.add(tag)
        found = Elements(meta, body, known.pixels_at, known.pixels_length, known.pixels_vr)
        return found, frozenset(changed)
