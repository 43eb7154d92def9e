"""Which decoder reads a transfer syntax: always the same one, whatever else is installed.

pydicom takes any plug-in it finds, and codecs with loss differ by a level here and there; what comes out must not
depend on who else installed what. JPEG Lossless and JPEG of 12 bits go through imagecodecs (libjpeg-turbo, BSD), for
which this module is a plug-in of pydicom's: of the decoders that pydicom knows for them, one is under the GPL and one
brings a second copy of every codec.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

if TYPE_CHECKING:
    from pydicom.pixels.decoders.base import DecodeRunner

__all__ = ["ENCAPSULATED", "decoder_of", "is_available", "is_cut"]

_OURS = "domainaug"

_ORDER: dict[str, tuple[str, ...]] = {
    RLELossless: ("pydicom",),  # the one of pylibjpeg panics on damaged data
    JPEGBaseline8Bit: ("pillow",),
    JPEGExtended12Bit: (_OURS, "pillow"),  # Pillow takes 8 bits alone
    JPEGLossless: (_OURS,),
    JPEGLosslessSV1: (_OURS,),
    JPEGLSLossless: ("pyjpegls",),
    JPEGLSNearLossless: ("pyjpegls",),
    JPEG2000Lossless: ("pylibjpeg", "pillow"),  # Pillow takes no color of more than 8 bits
    JPEG2000: ("pylibjpeg", "pillow"),
    HTJ2KLossless: ("pylibjpeg",),
    HTJ2KLosslessRPCL: ("pylibjpeg",),
    HTJ2K: ("pylibjpeg",),
}

ENCAPSULATED = tuple(_ORDER)
"""Transfer syntaxes with compressed still pictures; which of them decode depends on what is installed."""

DECODER_DEPENDENCIES = {syntax: ("imagecodecs>=2024.6",) for syntax, order in _ORDER.items() if _OURS in order}
"""What pydicom tells people to install."""

_END, _PADDED = b"\xff\xd9", 4  # the last marker of a picture; what makes its length even may follow
_LEAST_BITS: dict[str, float] = {
    JPEGLossless: 1,
    JPEGLosslessSV1: 1,
    JPEGExtended12Bit: 2 / 64,
}  # a Huffman code has one, a block two
_MAKE_THE_REST_UP = {JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K}


@cache
def decoder_of(transfer_syntax: str) -> str | None:
    """Return the name of the pydicom plug-in that decodes a transfer syntax here; None where nothing installed does."""
    order = _ORDER.get(transfer_syntax, ())
    decoder: Any = get_decoder(UID(transfer_syntax)) if order else None
    if _OURS in order and _OURS not in (*decoder._available, *decoder._unavailable):
        decoder.add_plugin(_OURS, (__name__, "decode_frame"))
    return next((name for name in order if name in decoder.available_plugins), None)


def is_cut(frame: bytes, transfer_syntax: str, pixels: int) -> bool:
    """Return whether a picture has no end, or is too short for its size, of a syntax whose decoder makes the rest up.

    Args:
        frame: The picture.
        transfer_syntax: UID of how it is coded.
        pixels: How many it has.
    """
    if transfer_syntax not in _MAKE_THE_REST_UP:
        return False
    return _END not in frame[-_PADDED:] or len(frame) * 8 < pixels * _LEAST_BITS.get(transfer_syntax, 0)


def is_available(transfer_syntax: str) -> bool:
    """Return whether this module can decode a transfer syntax; pydicom asks."""
    return transfer_syntax in DECODER_DEPENDENCIES and find_spec("imagecodecs") is not None


def decode_frame(frame: bytes, runner: DecodeRunner) -> bytes:
    """Return the samples of one picture, as pydicom asks for them.

    Args:
        frame: A JPEG picture: lossless, or of 8 or 12 bits.
        runner: What the header announces; is told what was found.

    Raises:
        ValueError: The picture has another size or number of samples than announced.
    """
    import imagecodecs

    # Without a conversion between color spaces: pydicom does that by Photometric Interpretation.
    space = None if runner.samples_per_pixel == 1 else "RGB"
    pixels = imagecodecs.jpeg8_decode(frame, colorspace=space, outcolorspace=space)
    if pixels.shape[:2] != (runner.rows, runner.columns) or pixels.size != runner.frame_length(unit="pixels"):
        raise ValueError("the picture has another size than its header announces")
    runner.set_option("bits_allocated", 8 * pixels.itemsize)
    runner.set_option("planar_configuration", 0)
    return bytes(pixels.tobytes())
