"""What a JPEG 2000 picture says of its own values, which may not be what the header around it says.

Some writers give signed values an unsigned codestream, or 12 bits one of 16. Readers that believe one side alone show
air as bone. domainaug decodes by the codestream and brings values into the header's terms; that both differ is told.
"""

from __future__ import annotations

from pydicom import dcmread
from pydicom.uid import HTJ2K, JPEG2000, HTJ2KLossless, HTJ2KLosslessRPCL, JPEG2000Lossless

from domainaug.medical.findings import SeriesFinding
from domainaug.medical.instance import Instance
from domainaug.medical.opening import border

__all__ = ["JPEG_2000", "codestream_finding", "precision_in"]

JPEG_2000 = (JPEG2000Lossless, JPEG2000, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K)
"""Transfer syntaxes whose pictures are JPEG 2000 codestreams."""

_BEGIN = b"\xff\x4f\xff\x51"
_PRECISION_AT = 42  # bytes from the begin of the codestream to the precision of its first component (ISO 15444-1 A.5.1)
_LOOKED_AT = 1 << 16


def precision_in(stream: bytes) -> tuple[bool, int] | None:
    """Return whether the first component of a codestream is signed, and its bits; None where there is no codestream."""
    begin = stream.find(_BEGIN)
    if begin < 0 or begin + _PRECISION_AT >= len(stream):
        return None
    told = stream[begin + _PRECISION_AT]
    return bool(told & 0x80), (told & 0x7F) + 1


def codestream_finding(one: Instance) -> SeriesFinding | None:
    """Return what is found where the picture in a file disagrees with its header; None where they agree.

    Raises:
        UnreadableInput: The file cannot be parsed.
    """
    if one.transfer_syntax not in JPEG_2000 or one.samples > 1:
        return None
    with border("damaged", "it cannot be parsed as DICOM", one.path), one.path.open("rb") as stream:
        dcmread(stream, stop_before_pixels=True)
        found = precision_in(stream.read(_LOOKED_AT))
    if found is None or found == (one.storage.signed, one.storage.stored):
        return None
    theirs, ours = (_words(*each) for each in (found, (one.storage.signed, one.storage.stored)))
    return SeriesFinding("codestream-mismatch", f"its compressed picture holds {theirs}, and its header says {ours}")


def _words(signed: bool, bits: int) -> str:
    return f"{'signed' if signed else 'unsigned'} values of {bits} bits"
