"""Reading and writing single image files, strictly.

The file's bytes are read first, then its header, and only then its pixels: what is too large, cut short, of an
unknown kind or ambiguous in meaning is refused in one sentence with a reason code, never read halfway.

What is kept and what is not:

* 8 and 16 bit gray and RGB (PNG, JPEG, BMP, WebP, TIFF), and signed 16 bit and 32 bit float TIFF, keep their type.
* Orientation (EXIF) is applied, so that pixels and labels are upright as a viewer shows them; a TIFF that
  needs turning is refused.
* A fully opaque alpha channel is dropped; transparency is refused, since nothing says what lies under it.
* Color profiles (ICC) and all other metadata are neither applied nor written: values stay as they are, and
  no camera position or name travels along.
* Images are written losslessly, whatever they came from: PNG for 8 and 16 bit, TIFF for the rest; 8 bit ones
  as JPEG where that is asked for.
"""

from __future__ import annotations

import io
import os
import re
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**30))  # a second fence behind our own, see `MAX_PIXELS`

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, Image, ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from domainaug.errors import UnreadableInput

__all__ = ["MAX_PIXELS", "SUFFIXES", "Header", "encode", "read_bytes", "read_header", "read_image", "read_mask"]

MAX_PIXELS: Final = 200_000_000
"""More pixels than this are refused; a 20 000 x 20 000 PNG of 49 kB takes 2.45 GB to decode."""

SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
"""File name endings that are taken for images, in lower case."""

_MAX_BYTES: Final = 2 << 30
_ORIENTATION: Final = 274
_MARKER: Final = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # of a JPEG, those within its coded pixels apart
_END_OF_IMAGE: Final = 0xD9
_TIFF_TYPES: Final = {(8, 1): "uint8", (16, 1): "uint16", (16, 2): "int16", (32, 3): "float32"}
_PLUGINS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    # Classes, not `Image.open`: that would try forty formats, and has a bomb limit of its own.
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
}


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about its image before any pixel is decoded.

    Attributes:
        format: "PNG", "JPEG", "TIFF", "BMP" or "WebP".
        width: Columns, as stored.
        height: Rows, as stored.
        channels: Samples a pixel.
        dtype: Type of the samples.
        mode: Pillow's name of the pixel layout, or "TIFF".
        orientation: EXIF orientation, 1 to 8; 1 is upright.
    """

    format: str
    width: int
    height: int
    channels: int
    dtype: str
    mode: str
    orientation: int

    @property
    def upright(self) -> tuple[int, int]:
        """(height, width) once the orientation is applied."""
        return (self.width, self.height) if self.orientation > 4 else (self.height, self.width)


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        UnreadableInput: `missing`, `no-permission`, `not-a-file`, `empty`, `too-large` or `unreadable`.
    """
    try:
        if not path.is_file():
            code = "not-a-file" if path.exists() else "missing"
            raise UnreadableInput(code, "there is no regular file here", path=path)
        if path.stat().st_size > _MAX_BYTES:
            raise UnreadableInput("too-large", "the file is larger than 2 GiB", path=path)
        data = path.read_bytes()
    except PermissionError:
        raise UnreadableInput("no-permission", "the file may not be read: permission denied", path=path) from None
    except OSError as error:
        raise UnreadableInput("unreadable", f"the file cannot be read: {error.strerror}", path=path) from None
    if not data:
        raise UnreadableInput("empty", "the file is empty", path=path)
    return data


def read_header(data: bytes, path: Path, *, max_pixels: int = MAX_PIXELS) -> Header:
    """Read the size and type of an image, and refuse what cannot or should not be decoded.

    Raises:
        UnreadableInput: `not-an-image`, `damaged`, `empty`, `too-large`, `multi-page`, `unsupported-type`,
            `color-model` or `orientation`.
    """
    return _opened(data, path, max_pixels)[0]


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS, data: bytes | None = None) -> NDArray[Any]:
    """Read an image: (H, W) if gray, (H, W, 3) RGB otherwise, upright, in its own type.

    Args:
        path: The file; named in errors.
        max_pixels: Refuse more pixels than this.
        data: The file's bytes, when they are there already.

    Raises:
        UnreadableInput: As `read_bytes` and `read_header`, or `truncated`, `transparency` or `not-finite`.
    """
    data = read_bytes(path) if data is None else data
    header, opened = _opened(data, path, max_pixels)
    pixels = _decode(data, header, opened, path)
    pixels = _without_alpha(pixels, path)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise UnreadableInput("not-finite", "some pixels are NaN or infinite", path=path)
    return _upright(pixels, header.orientation)


def read_mask(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.integer[Any]]:
    """Read a mask: (H, W) integer labels; a palette image gives its indices.

    Raises:
        UnreadableInput: As `read_image`, or `mask-not-labels` for color or fractional values.
    """
    data = read_bytes(path)
    header, opened = _opened(data, path, max_pixels)
    if header.format == "JPEG":
        raise UnreadableInput("mask-not-labels", "a JPEG cannot hold labels: compression blends them", path=path)
    if opened is not None and opened.mode == "P":
        _load(opened, path)
        return _upright(np.asarray(opened), header.orientation)
    pixels = _without_alpha(_decode(data, header, opened, path), path)
    if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
        pixels = pixels[..., 0]
    if pixels.ndim != 2 or pixels.dtype.kind not in "ui":
        raise UnreadableInput("mask-not-labels", "a mask holds one integer label a pixel; this holds color", path=path)
    return np.ascontiguousarray(_upright(pixels, header.orientation))


def encode(pixels: NDArray[Any], *, jpeg_quality: int | None = None) -> tuple[str, bytes]:
    """Encode an image; the same pixels give the same bytes.

    Args:
        pixels: (H, W), (H, W, 1) or (H, W, 3) RGB; uint8, uint16, int16 or float32.
        jpeg_quality: Write 8 bit pixels as JPEG of this quality, 1 to 100; None writes everything losslessly.

    Returns:
        The suffix of the file (".png", ".tif" or ".jpg") and its content.

    Raises:
        ValueError: Pixels of another type or shape.
    """
    if pixels.dtype.name not in _TIFF_TYPES.values():
        raise ValueError(f"an image of {pixels.dtype} cannot be written; legal: {', '.join(_TIFF_TYPES.values())}")
    if pixels.ndim == 3:
        pixels = pixels[..., 0] if pixels.shape[2] == 1 else _swapped(np.ascontiguousarray(pixels))
    # Nothing said, OpenCV takes for PNG what is fastest: row differences and run lengths. It takes a third of the
    # time of deflate at level 3, for files of photographs that are an eighth larger, and smaller ones of masks.
    suffix, options = ".png", []
    if jpeg_quality is not None and pixels.dtype == np.uint8:
        suffix, options = ".jpg", [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality]
    elif pixels.dtype.kind != "u":
        suffix, options = ".tif", [cv2.IMWRITE_TIFF_COMPRESSION, 8]
    done, data = cv2.imencode(suffix, np.ascontiguousarray(pixels), options)
    if not done:
        raise ValueError(f"an image of shape {pixels.shape} and type {pixels.dtype} cannot be encoded")
    return suffix, data.tobytes()


def _opened(data: bytes, path: Path, max_pixels: int) -> tuple[Header, ImageFile.ImageFile | None]:
    kind = _kind(data)
    if kind is None:
        known = "PNG, JPEG, TIFF, BMP, WebP"
        raise UnreadableInput("not-an-image", f"the content is none of {known}", path=path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = _tiff_header if kind == "TIFF" else _pillow_header
            header, opened = read(kind, data, path, max_pixels)
    except UnreadableInput:
        raise
    except Exception as error:  # codecs raise whatever they like on damaged headers
        raise UnreadableInput("damaged", f"the {kind} header is damaged", path=path) from error
    return header, opened


def _hold_size(width: int, height: int, most: int, path: Path) -> None:
    if width <= 0 or height <= 0:
        raise UnreadableInput("empty", f"the image is {width} x {height} pixels", path=path)
    if width * height > most:
        raise UnreadableInput("too-large", f"{width} x {height} pixels are more than the {most:,} allowed", path=path)


def _kind(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] in (b"II*\0", b"MM\0*"):
        return "TIFF"
    if data.startswith(b"BM"):
        return "BMP"
    return "WebP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _pillow_header(kind: str, data: bytes, path: Path, most: int) -> tuple[Header, ImageFile.ImageFile | None]:
    if kind == "PNG" and data[12:16] == b"IHDR" and 0 in struct.unpack(">II", data[16:24]):
        raise UnreadableInput("empty", "the image has no pixels", path=path)
    opened = _PLUGINS[kind](io.BytesIO(data))
    _hold_size(opened.width, opened.height, most, path)
    if getattr(opened, "n_frames", 1) != 1:
        raise UnreadableInput("multi-page", "the file holds more than one image", path=path)
    if opened.mode not in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I"}:
        raise UnreadableInput("color-model", f"the pixels are {opened.mode}; gray and RGB are read", path=path)
    deep = opened.mode.startswith("I") or (kind == "PNG" and data[24] == 16)
    exif = _png_exif(data) if kind == "PNG" else opened.getexif()
    orientation = int(exif.get(_ORIENTATION, 1) or 1)
    header = Header(
        format=kind,
        width=opened.width,
        height=opened.height,
        channels=len(opened.getbands()),
        dtype="uint16" if deep else "uint8",
        mode=opened.mode,
        orientation=orientation if 1 <= orientation <= 8 else 1,
    )
    return header, opened


def _png_exif(data: bytes) -> Image.Exif:
    """Read the Exif chunk; Pillow would decode all pixels to look for one behind them."""
    exif, place = Image.Exif(), 8
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind == b"eXIf":
            exif.load(data[place + 8 : place + 8 + length])
            break
        place += length + 12
    return exif


def _tiff_header(kind: str, data: bytes, path: Path, most: int) -> tuple[Header, ImageFile.ImageFile | None]:
    stream = io.BytesIO(data)
    tags = TiffImagePlugin.ImageFileDirectory_v2(stream.read(8))
    stream.seek(tags.next)
    tags.load(stream)
    size = int(tags[256]), int(tags[257])
    _hold_size(*size, most, path)
    if tags.next:
        raise UnreadableInput("multi-page", "the file holds more than one image", path=path)
    if tags.get(262, 1) not in (1, 2):
        raise UnreadableInput("color-model", f"TIFF pixels of kind {tags.get(262)} are neither gray nor RGB", path=path)
    bits, channels = _each_the_same(tags.get(258, 1), path), int(tags.get(277, 1))
    sample = _each_the_same(tags.get(339, 1), path)
    dtype = _TIFF_TYPES.get((bits, sample))
    if dtype is None or channels not in (1, 2, 3, 4):
        legal = ", ".join(_TIFF_TYPES.values())
        raise UnreadableInput(
            "unsupported-type", f"{channels} samples of {bits} bit; legal: 1 to 4 of {legal}", path=path
        )
    if int(tags.get(_ORIENTATION, 1)) in range(2, 9):  # OpenCV turns some of these and not others
        raise UnreadableInput("orientation", "a TIFF that is to be turned for viewing; save it upright", path=path)
    return Header(kind, *size, channels, dtype, "TIFF", 1), None


def _each_the_same(value: Any, path: Path) -> int:
    values = set(value) if isinstance(value, tuple) else {value}
    if len(values) != 1:
        raise UnreadableInput("unsupported-type", "the samples of a pixel differ in type", path=path)
    return int(values.pop())


def _load(opened: ImageFile.ImageFile, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened.load()
    except MemoryError:
        raise
    except Exception as error:  # truncated files raise OSError, SyntaxError, ValueError, zlib.error ...
        raise UnreadableInput("truncated", "the pixels are cut short or damaged", path=path) from error


def _decode(data: bytes, header: Header, opened: ImageFile.ImageFile | None, path: Path) -> NDArray[Any]:
    if opened is None or _is_plain(data, header, opened):
        return _by_opencv(data, header, path)
    _load(opened, path)  # strict, and the proof that all of the file is there
    if header.dtype == "uint16" and header.channels > 1:  # Pillow turns 16 bit color into 8 bit
        return _by_opencv(data, header, path)
    return _from_pillow(opened)


def _is_plain(data: bytes, header: Header, opened: ImageFile.ImageFile) -> bool:
    """Whether OpenCV reads the same pixels as Pillow, sooner, and refuses all that Pillow refuses.

    Its PNG decoder is the stricter one: Pillow takes a file with too few rows.
    """
    if opened.mode not in {"L", "RGB"} or "transparency" in opened.info:
        return False
    return header.format == "JPEG" or (header.format == "PNG" and data[24] == 8)


def _ends_as_jpeg(data: bytes) -> bool:
    """Whether a JPEG goes on to its end marker; OpenCV 4 gives the upper half of one that is cut.

    Segments are stepped over by their lengths, so that the end of a thumbnail is not taken for that of the image.
    """
    place = 2
    while found := _MARKER.search(data, place):
        if found[1][0] == _END_OF_IMAGE:
            return True
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return False


def _by_opencv(data: bytes, header: Header, path: Path) -> NDArray[Any]:
    """Decode with OpenCV; from memory, since `imread` would return half an image."""
    if header.format == "JPEG" and not _ends_as_jpeg(data):
        raise UnreadableInput("truncated", "the pixels are cut short or damaged", path=path)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError from error
        raise UnreadableInput("damaged", "the pixels cannot be decoded", path=path) from error
    if pixels is None or pixels.shape[:2] != (header.height, header.width) or pixels.dtype.name != header.dtype:
        raise UnreadableInput("truncated", "the pixels are cut short or damaged", path=path)
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        return _swapped(pixels)
    return np.ascontiguousarray(pixels)


def _swapped(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return RGB as BGR, or the other way; a copy of `[..., ::-1]` takes as long as coding a JPEG."""
    known = pixels.view(np.uint16) if pixels.dtype == np.int16 else pixels  # OpenCV swaps no signed numbers
    swap = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    swapped: NDArray[Any] = cv2.cvtColor(known, swap).view(pixels.dtype)
    return swapped


def _from_pillow(opened: ImageFile.ImageFile) -> NDArray[Any]:
    if opened.mode == "P":
        return np.asarray(opened.convert("RGBA" if "transparency" in opened.info else "RGB"))
    if opened.mode == "1":
        return np.asarray(opened.convert("L"))
    if "transparency" in opened.info and opened.mode in {"L", "RGB"}:
        return np.asarray(opened.convert("RGBA"))
    pixels = np.asarray(opened)
    return pixels.astype(np.uint16) if opened.mode.startswith("I") else pixels


def _without_alpha(pixels: NDArray[Any], path: Path) -> NDArray[Any]:
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels in (2, 4):
        opaque = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "ui" else 1
        if (pixels[..., -1] != opaque).any():
            message = "the image is partly transparent, and nothing says what is under it; flatten it first"
            raise UnreadableInput("transparency", message, path=path)
        pixels = pixels[..., :-1]
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    return np.ascontiguousarray(pixels)


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
