"""Decoding compressed pixels through imagecodecs, where it is installed: many times faster, and outside Python's lock.

Only codecs without loss go this way. What they decode to is defined bit for bit, so the result does not depend on
what is installed. What imagecodecs does not decode to exactly what the header announces is left to the strict
decoders of `pixels`, which say what is wrong with it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from pydicom.uid import (
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from domainaug.medical.decoders import is_cut
from domainaug.medical.instance import Instance
from domainaug.medical.pixels import Stored, codestream_size, frame_header

__all__ = ["decode_into", "decodes", "fits"]

_MOST_UNFOLDED = 64  # bytes that one byte of a run-length code can stand for
_BARE = {JPEGLossless, JPEGLosslessSV1, JPEGLSLossless}
_NOTHING = b"\x80"  # the run-length code that unfolds to no byte


@cache
def _codecs() -> ModuleType | None:
    """Return imagecodecs, imported where it is first used, or None where it is not installed."""
    if find_spec("imagecodecs") is None:
        return None
    import imagecodecs

    return imagecodecs


def decodes(transfer_syntax: str) -> bool:
    """Return whether pictures of a transfer syntax may be decoded here: it is without loss, and its codec is there."""
    found, library = _CODECS.get(transfer_syntax), _codecs()
    return found is not None and library is not None and bool(getattr(library, found[0]).available)


def fits(frame: bytes, instance: Instance) -> bool:
    """Return whether a compressed picture is one that is decoded here, and of the size that its header announces.

    Nothing is decoded for the answer, so it can be had before memory is spent.
    """
    if not decodes(instance.transfer_syntax) or is_cut(
        frame, instance.transfer_syntax, instance.rows * instance.columns
    ):
        return False
    size = instance.rows, instance.columns
    if instance.transfer_syntax == RLELossless:
        return size[0] * size[1] * instance.storage.allocated // 8 <= len(frame) * _MOST_UNFOLDED
    return codestream_size(frame) == size and _samples(frame) == (instance.storage.stored, _sign(instance))


def decode_into(plane: Stored, frame: bytes, instance: Instance) -> bool:
    """Decode a compressed picture that `fits`.

    Args:
        plane: (rows, columns) of the type that the header announces; is written.
        frame: The compressed picture.
        instance: What its header says.

    Returns:
        Whether it came out as announced. If not, `plane` holds anything, and the strict decoders say what is wrong.
    """
    try:
        _CODECS[instance.transfer_syntax][1](plane, frame, instance)
    except Exception:  # a codec raises whatever it likes on damaged data
        return False
    return True


def _sign(instance: Instance) -> bool | None:
    """Return whether a codestream has to call its samples signed; None where it cannot say."""
    return None if instance.transfer_syntax in _BARE else instance.storage.signed


def _samples(stream: bytes) -> tuple[int, bool | None]:
    """Return the bits of a gray codestream's samples and whether they are signed (None: JPEG cannot say)."""
    if stream[:4] == b"\xff\x4f\xff\x51":  # JPEG 2000: Csiz and Ssiz of SIZ (ISO 15444-1 A.5.1)
        return ((stream[42] & 0x7F) + 1, stream[42] > 127) if stream[40:42] == b"\x00\x01" else (0, None)
    start = frame_header(stream)  # P and Nf (ISO 10918-1 B.2.2, ISO 14495-1 C.2.2)
    return (stream[start + 4], None) if start and stream[start + 9] == 1 else (0, None)


def _run_lengths(plane: Stored, frame: bytes, instance: Instance) -> None:
    """Unfold one segment a byte of a pixel, the highest first (PS3.5 G).

    The codec for whole pictures trusts the offsets and reads wherever they lead, so segments are cut out here.

    Raises:
        ValueError: There are more or fewer segments, they are not in order, or one unfolds to another size.
    """
    count, *offsets = struct.unpack_from("<16I", frame)
    bounds = [*offsets[:count], len(frame)]
    if count != plane.itemsize or bounds[0] != 64 or bounds != sorted(bounds):
        raise ValueError
    bytes_of = plane.reshape(-1).view(np.uint8).reshape(-1, plane.itemsize)
    for place, (begin, end) in enumerate(pairwise(bounds)):
        # The codec makes up the byte that a run at the very end may lack; after two bytes that stand for nothing,
        # such a run ends in them.
        content = _call("packbits_decode", frame[begin:end] + _NOTHING * 2)
        if not 0 <= len(content) - plane.size <= 2 or content[: plane.size].endswith(_NOTHING * 2):
            raise ValueError
        bytes_of[:, plane.itemsize - 1 - place] = np.frombuffer(content, np.uint8, plane.size)


def _jpeg_2000(plane: Stored, frame: bytes, instance: Instance) -> None:
    np.copyto(plane, _call("jpeg2k_decode", frame), casting="safe")


def _high_throughput(plane: Stored, frame: bytes, instance: Instance) -> None:
    np.copyto(plane, _call("htj2k_decode", frame), casting="safe")


def _jpeg_ls(plane: Stored, frame: bytes, instance: Instance) -> None:
    _bare_bits(plane, _call("jpegls_decode", frame), instance)


def _jpeg_lossless(plane: Stored, frame: bytes, instance: Instance) -> None:
    _bare_bits(plane, _call("jpeg8_decode", frame), instance)


def _bare_bits(plane: Stored, samples: Any, instance: Instance) -> None:
    """Take over samples that are bare bits; the sign of those of a signed picture is their highest one."""
    bits = samples.astype(f"u{plane.itemsize}", casting="safe")
    spare = instance.storage.allocated - instance.storage.stored
    plane[...] = (bits << spare).view(plane.dtype) >> spare


def _call(name: str, *arguments: object) -> Any:
    return getattr(_codecs(), name)(*arguments)


_CODECS: dict[str, tuple[str, Callable[[Stored, bytes, Instance], None]]] = {
    RLELossless: ("PACKBITS", _run_lengths),
    JPEGLossless: ("JPEG8", _jpeg_lossless),
    JPEGLosslessSV1: ("JPEG8", _jpeg_lossless),
    JPEGLSLossless: ("JPEGLS", _jpeg_ls),
    JPEG2000Lossless: ("JPEG2K", _jpeg_2000),
    HTJ2KLossless: ("HTJ2K", _high_throughput),
    HTJ2KLosslessRPCL: ("HTJ2K", _high_throughput),
}
"""Transfer syntaxes without loss, the codec that imagecodecs has for them, and how its result is taken over."""
