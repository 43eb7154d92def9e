"""Pixels of one image: decoding them strictly, and the way between stored values and physical ones."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.processing import apply_modality_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import RLELossless
from xxhash import xxh3_128_digest

from domainaug.errors import ImageError, UnreadableInput
from domainaug.medical.decoders import decoder_of, is_cut
from domainaug.medical.instance import Instance, Storage
from domainaug.medical.opening import NATIVE, border
from domainaug.medical.palette import through_palette

__all__ = [
    "WHOLE",
    "Array",
    "Ends",
    "Stored",
    "codestream_size",
    "decode",
    "differ",
    "digest",
    "ends_of",
    "frame_header",
    "is_padding",
    "is_same",
    "is_whole",
    "may_hold_padding",
    "native_size",
    "physical_type",
    "pixel_type",
    "through_lookup",
    "to_physical",
    "to_stored",
    "wrapped",
]

Array = NDArray[np.floating] | NDArray[np.int16]
"""Physical values; whole numbers where `WHOLE` can hold all that becomes of them."""
WHOLE = np.dtype(np.int16)
Stored = NDArray[np.integer]
Ends = tuple[int, int]
"""The lowest and highest stored value of an image."""

_START_OF_FRAME = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # JPEG frame headers; F7 is JPEG-LS
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def decode(dataset: Dataset, instance: Instance) -> Stored:
    """Return the stored values of everything in a file.

    Args:
        dataset: The whole data set of `instance`.
        instance: What its header says, already found plausible.

    Returns:
        `instance.file_shape` int16, uint16, int8 or uint8; bits beyond BitsStored are masked out. Color is red, green
        and blue, whatever it is in the file; that of a palette has 8 bits, the highest of longer entries.

    Raises:
        UnreadableInput: The pixel data are missing, cut, damaged, or of another size than announced.
    """
    path = instance.path
    content = dataset.get("PixelData")
    if not content:
        raise UnreadableInput("no-pixels", "it has no pixel data, or is cut before them", path=path)
    with border("damaged-pixels", "its pixels cannot be decoded", path):
        _expect_size(content, dataset, instance)
        pixels: Stored = np.asarray(pixel_array(dataset, decoding_plugin=decoder_of(instance.transfer_syntax) or ""))
        if instance.photometric == "PALETTE COLOR":
            pixels = through_palette(pixels, dataset)
        if pixels.shape != instance.file_shape:
            raise UnreadableInput("damaged-pixels", "its pixels decode to another size than announced", path=path)
        store = instance.storage
        if pixels.min() < store.lowest or pixels.max() > store.highest:
            raise UnreadableInput("damaged-pixels", "its pixels decode to values that BitsStored rules out", path=path)
        return pixels.astype(pixel_type(store), copy=False)


def native_size(dataset: Dataset) -> int:
    """Return the bytes that the pixels of a file take where they are not compressed (PS3.3 C.7.6.3.1.2)."""
    halved = dataset.get("PhotometricInterpretation") == "YBR_FULL_422"  # every second pixel has chrominance
    samples = 2 if halved else int(dataset.get("SamplesPerPixel", 1))
    pixels = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("NumberOfFrames") or 1)
    return pixels * samples * int(dataset.BitsAllocated) // 8


def _expect_size(content: bytes, dataset: Dataset, instance: Instance) -> None:
    """Compare the size that the header announces with that of the data, before memory is spent on them."""
    path = instance.path
    if instance.transfer_syntax in NATIVE:
        expected = native_size(dataset)
        if len(content) < expected:
            raise UnreadableInput("truncated", "its pixel data are shorter than its header announces", path=path)
        if len(content) > expected + expected % 2:
            message = "its pixel data are longer than its header announces"
            raise UnreadableInput("bad-pixel-length", message, path=path)
        return
    count = 0
    for frame in generate_frames(content, number_of_frames=instance.frames):
        if is_cut(frame, instance.transfer_syntax, instance.rows * instance.columns):
            raise UnreadableInput("truncated", "its compressed picture ends before its last marker", path=path)
        if not _is_as_large(frame, instance):
            message = "its compressed picture has another size than its header announces"
            raise UnreadableInput("bad-pixel-length", message, path=path)
        count += 1
    if count != instance.frames:
        raise UnreadableInput("bad-pixel-length", "it has more or fewer frames than its header announces", path=path)


def _is_as_large(frame: bytes, instance: Instance) -> bool:
    size = instance.rows, instance.columns
    if instance.transfer_syntax != RLELossless:
        return codestream_size(frame) in (None, size)
    return 0 <= _run_length_pixels(frame) - size[0] * size[1] <= 2  # an even length may take a byte more


def _run_length_pixels(frame: bytes) -> int:
    """Return how many bytes the first segment of a run-length coded picture unfolds to (PS3.5 G)."""
    count, first, second = struct.unpack("<3I", frame[:12])
    at, end, pixels = first, second if count > 1 else len(frame), 0
    while at + 1 < end:
        head = frame[at]
        if head < 128:
            pixels, at = pixels + head + 1, at + head + 2
        elif head > 128:
            pixels, at = pixels + 257 - head, at + 2
        else:
            at += 1
    return pixels


def codestream_size(stream: bytes) -> tuple[int, int] | None:
    """Return (rows, columns) as a JPEG, JPEG-LS or JPEG 2000 picture itself says, or None."""
    if stream[:4] == b"\xff\x4f\xff\x51":  # JPEG 2000: SIZ comes first
        right, bottom, left, top = struct.unpack(">4I", stream[8:24])
        return bottom - top, right - left
    at = frame_header(stream)
    if not at:
        return None
    rows, columns = struct.unpack(">2H", stream[at + 5 : at + 9])
    return rows, columns


def frame_header(stream: bytes) -> int:
    """Return where the frame header of a JPEG or JPEG-LS picture begins, or 0 where it has none."""
    at = 2
    while at + 10 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker in _START_OF_FRAME:
            return at
        if marker in _WITHOUT_LENGTH:
            at += 2
        elif marker == 0xFF:
            at += 1
        else:
            at += 2 + struct.unpack(">H", stream[at + 2 : at + 4])[0]
    return 0


def pixel_type(storage: Storage) -> np.dtype[np.integer]:
    """Return the type that stored values have in memory."""
    return np.dtype(f"{'i' if storage.signed else 'u'}{storage.allocated // 8}")


def physical_type(storage: Storage) -> type[np.float32] | type[np.float64]:
    """Return the floating type in which every stored value survives the way to physical units and back."""
    largest = max(abs(storage.lowest), abs(storage.highest)) * abs(storage.slope) + abs(storage.intercept)
    return np.float32 if largest * 2.0**-24 < 0.1 * abs(storage.slope) else np.float64


def is_whole(storage: Storage) -> bool:
    """Return whether every physical value is a whole number, and the next one is the next stored value's."""
    return storage.lookup or (storage.slope == 1 and storage.intercept.is_integer())


def is_same(storage: Storage) -> bool:
    """Return whether every physical value is the stored one."""
    return storage.lookup or (storage.slope == 1 and storage.intercept == 0)


def to_physical(stored: Stored, storage: Storage, out: Array | None = None) -> Array:
    """Return physical values: HU for CT, the modality's output unit elsewhere.

    Args:
        stored: Stored values of any shape.
        storage: How they are stored.
        out: Where to write them, of the shape of `stored`; a new array of a floating type by default. Whole numbers
            may be written as `WHOLE`, and wrap around where it cannot hold them.
    """
    out = np.empty(stored.shape, physical_type(storage)) if out is None else out
    if out.dtype == WHOLE:
        np.add(_as_whole(stored), _offset(storage), out=out, dtype=WHOLE, casting="unsafe")
    elif is_same(storage):
        out[...] = stored
    elif is_whole(storage):  # exact in either type, by the choice of it
        np.add(stored, out.dtype.type(storage.intercept), out=out, dtype=out.dtype)
    else:
        exact = stored * np.float64(storage.slope)
        np.add(exact, storage.intercept, out=exact)
        out[...] = exact.astype(physical_type(storage), copy=False)
    return out


def _as_whole(stored: Stored) -> Stored:
    """Return values of two bytes as `WHOLE`, wrapped around: NumPy adds numbers of one type ten times as fast."""
    return stored.view(WHOLE.newbyteorder("<")) if stored.itemsize == WHOLE.itemsize else stored


def wrapped(number: float) -> np.int16:
    """Return a whole number as `WHOLE`, wrapped around."""
    return np.int64(number).astype(np.int16)


def _offset(storage: Storage) -> np.int16:
    """Return what is to be added to stored values that become whole numbers."""
    return wrapped(0 if storage.lookup else storage.intercept)


def through_lookup(stored: Stored, dataset: Dataset, path: Path) -> Array:
    """Return the values behind a Modality LUT Sequence, which has no unique way back."""
    with border("bad-rescale", "its modality look-up table cannot be applied", path):
        return np.asarray(apply_modality_lut(stored, dataset), dtype=np.float32)


def to_stored(physical: Array, storage: Storage, out: Stored | None = None) -> tuple[Stored, int]:
    """Return stored values, and how many were beyond what can be stored and were set to the nearest end.

    Args:
        physical: Physical values of any shape.
        storage: How they are to be stored.
        out: Where to write them, of the shape of `physical`; a new little-endian array by default.

    Raises:
        ImageError: A value is not finite.
    """
    out = np.empty(physical.shape, pixel_type(storage).newbyteorder("<")) if out is None else out
    if physical.dtype == out.dtype == np.uint8 and storage.stored == 8 and is_same(storage):
        np.copyto(out, physical)
        return out, 0
    if physical.dtype == WHOLE and is_whole(storage):
        return out, _whole_to_stored(physical, storage, out)
    values = _unscaled(np.asarray(physical), storage)
    if not values.size:
        return out, 0
    with np.errstate(invalid="ignore"):
        low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ImageError("the augmented series holds values that are not finite; look for a division by zero")
    beyond = 0
    if low < storage.lowest or high > storage.highest:
        beyond = int(np.count_nonzero((values < storage.lowest) | (values > storage.highest)))
        np.clip(values, storage.lowest, storage.highest, out=values)
    np.copyto(out, values, casting="unsafe")
    return out, beyond


def _whole_to_stored(physical: NDArray[Any], storage: Storage, out: Stored) -> int:
    """Write stored values of whole physical ones, and return how many were, or may have been, beyond the ends.

    What lies at an end of `WHOLE` may have been beyond it before.
    """
    if not physical.size:
        return 0
    shift = 0 if storage.lookup else int(storage.intercept)
    ends = np.iinfo(WHOLE)
    low, high = max(storage.lowest + shift, ends.min), min(storage.highest + shift, ends.max)
    beyond = 0
    least, most = physical.min(), physical.max()
    if least < low or most > high or least == ends.min or most == ends.max:
        outside = (physical < low) | (physical > high) | (physical == ends.min) | (physical == ends.max)
        beyond = int(np.count_nonzero(outside))
        physical = np.clip(physical, low, high)
    if out.itemsize == WHOLE.itemsize:
        np.subtract(physical, _offset(storage), out=_as_whole(out))
    else:
        np.copyto(out, physical - _offset(storage), casting="unsafe")
    return beyond


def _unscaled(physical: NDArray[Any], storage: Storage) -> Array:
    """Return the whole numbers nearest to the stored values of physical ones, as a fresh array.

    float32 is enough where nothing but a small even number is taken away: rounding to the nearest whole number,
    halves to the even one, may then come first, and the difference of whole numbers is exact.
    """
    slope, intercept = (1.0, 0.0) if storage.lookup else (storage.slope, storage.intercept)
    if physical.dtype == np.float32 and slope == 1 and intercept % 2 == 0 and abs(intercept) < 2**22:
        values: Array = np.rint(physical)
        return np.subtract(values, np.float32(intercept), out=values)
    values = physical.astype(np.float64)
    np.subtract(values, intercept, out=values)
    np.divide(values, slope, out=values)
    return np.rint(values, out=values)


def differ(one: Stored, other: Stored) -> bool:
    """Return whether two planes differ anywhere; mostly the middle row shows it."""
    middle = len(one) // 2
    return not (np.array_equal(one[middle], other[middle]) and np.array_equal(one, other))


def digest(stored: Stored) -> bytes:
    """Return 16 bytes that stand for a contiguous plane (XXH3; SHA-256 takes as long as all else done to a slice)."""
    return xxh3_128_digest(stored.reshape(-1).view(np.uint8).data)


def ends_of(stored: Stored) -> Ends:
    """Return the lowest and highest of some stored values."""
    return int(stored.min()), int(stored.max())


def may_hold_padding(stored: Stored, storage: Storage) -> bool:
    """Return whether any value may be padding; looking at the smallest and largest one is cheap."""
    if storage.padding is None or not stored.size:
        return False
    low, high = storage.padding
    least, most = ends_of(stored)
    return least <= high and most >= low


def is_padding(stored: Stored, storage: Storage) -> NDArray[np.bool_]:
    """Return which pixels are no image, by Pixel Padding Value and its range."""
    if storage.padding is None:
        return np.zeros(stored.shape, dtype=bool)
    low, high = storage.padding
    return np.asarray((stored >= low) & (stored <= high))
