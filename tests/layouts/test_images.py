"""Single image files: what is kept, what is refused and with which code."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from domainaug.errors import UnreadableInput
from domainaug.layouts.images import encode, read_bytes, read_header, read_image, read_mask

RNG = np.random.default_rng(0)
HERE = Path("x")


def saved(image: Image.Image, form: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A whole, valid PNG of one color: 1 bit a pixel, deflated to next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compressobj(9)
    line = b"\0" * (1 + (width + 7) // 8)
    body = b"".join(rows.compress(line) for _ in range(min(height, 20_000))) + rows.flush()
    ihdr = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def code_of(data: bytes, read=read_image) -> str:
    with pytest.raises(UnreadableInput) as caught:
        read(HERE, data=data)
    assert "\n" not in str(caught.value)
    return caught.value.code


def from_file(tmp_path, data: bytes, read=read_mask):
    (tmp_path / "m.png").write_bytes(data)
    return read(tmp_path / "m.png")


# -- kept ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3), (1, 1), (1, 300, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_what_is_written_is_read_again_exactly(dtype, shape):
    pixels = (RNG.random(shape) * 200 - (100 if dtype == "int16" else 0)).astype(dtype)
    suffix, data = encode(pixels)
    assert suffix == (".png" if dtype.startswith("u") else ".tif")
    again = read_image(HERE, data=data)
    assert again.dtype == pixels.dtype
    np.testing.assert_array_equal(again, pixels)
    assert encode(pixels)[1] == data


@pytest.mark.parametrize(
    ("form", "exact"), [("PNG", True), ("BMP", True), ("TIFF", True), ("WebP", False), ("JPEG", False)]
)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_format_gives_the_pixels_that_were_saved(form, exact, mode):
    shape = (20, 30) if mode == "L" else (20, 30, 3)
    pixels = np.full(shape, 90, np.uint8)
    pixels[5:15, 10:20] = 160
    read = read_image(HERE, data=saved(Image.fromarray(pixels), form))
    if form == "WebP":  # has no gray
        pixels = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    assert read.shape == pixels.shape
    assert np.abs(read.astype(int) - pixels).max() <= (0 if exact else 40)
    assert np.abs(read.astype(int) - pixels).mean() <= (0 if exact else 4)


@settings(max_examples=60)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    color=st.booleans(),
    sampling=st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
    quality=st.integers(1, 100),
    progressive=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_jpeg_gives_the_pixels_that_pillow_gives(shape, color, sampling, quality, progressive, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (*shape, 3) if color else shape, dtype=np.uint8)
    options = {"quality": quality, "progressive": progressive, **({"subsampling": sampling} if color else {})}
    data = saved(Image.fromarray(pixels), "JPEG", **options)
    np.testing.assert_array_equal(read_image(HERE, data=data), np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("shape", [(30, 20), (30, 20, 1), (30, 20, 3)])
def test_eight_bits_are_written_as_jpeg_where_asked_for_and_the_rest_losslessly(shape):
    smooth = np.linspace(0, 250, int(np.prod(shape))).reshape(shape)
    suffix, data = encode(smooth.astype(np.uint8), jpeg_quality=95)
    assert (suffix, data[:3]) == (".jpg", b"\xff\xd8\xff")
    read = read_image(HERE, data=data)
    assert read.shape == (shape if shape[-1] == 3 else shape[:2])
    assert np.abs(read.reshape(shape) - smooth).max() < 12
    assert len(encode(smooth.astype(np.uint8), jpeg_quality=10)[1]) < len(data)
    for dtype, expected in (("uint16", ".png"), ("int16", ".tif"), ("float32", ".tif")):
        suffix, data = encode(smooth.astype(dtype), jpeg_quality=95)
        assert suffix == expected
        np.testing.assert_array_equal(read_image(HERE, data=data), smooth.astype(dtype).reshape(read.shape))


def test_the_colors_of_a_jpeg_keep_their_order():
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    data = encode(red, jpeg_quality=95)[1]
    assert np.abs(read_image(HERE, data=data)[8, 8].astype(int) - [200, 0, 0]).max() < 5
    assert np.abs(np.asarray(Image.open(io.BytesIO(data)))[8, 8].astype(int) - [200, 0, 0]).max() < 5


def test_sixteen_bit_color_keeps_its_bits_and_its_order():
    pixels = np.zeros((4, 5, 3), np.uint16)
    pixels[..., 0] = 40_001
    read = read_image(HERE, data=encode(pixels)[1])
    assert read.dtype == np.uint16
    assert read[0, 0].tolist() == [40_001, 0, 0]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WebP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_as_a_viewer_does(orientation, form):
    pixels = RNG.integers(0, 255, (16, 24, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if form == "WebP" else {}
    data = saved(Image.fromarray(pixels), form, exif=exif, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(read_image(HERE, data=data), expected)
    assert read_header(data, HERE).upright == expected.shape[:2]


def test_opaque_alpha_is_dropped_and_a_palette_becomes_color():
    pixels = np.full((4, 4, 4), 255, np.uint8)
    assert read_image(HERE, data=saved(Image.fromarray(pixels), "PNG")).shape == (4, 4, 3)
    palette = Image.fromarray(np.full((4, 4, 3), (10, 20, 30), np.uint8)).quantize(4)
    assert read_image(HERE, data=saved(palette, "PNG"))[0, 0].tolist() == [10, 20, 30]


def test_a_palette_mask_gives_its_indices_and_a_gray_one_its_values(tmp_path):
    image = Image.new("P", (4, 3), 2)
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    assert (from_file(tmp_path, saved(image, "PNG")) == 2).all()
    labels = np.array([[0, 300], [70, 65_535]], np.uint16)
    np.testing.assert_array_equal(from_file(tmp_path, encode(labels)[1]), labels)


# -- refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "WebP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_file_that_is_cut_is_never_read_halfway(form, share):
    data = saved(Image.fromarray(RNG.integers(0, 255, (60, 80, 3)).astype(np.uint8)), form)
    assert code_of(data[: int(len(data) * share)]) in {"truncated", "damaged"}


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_cut_at_any_byte_is_never_read_halfway(mode, progressive):
    shape = (24, 40) if mode == "L" else (24, 40, 3)
    picture = Image.fromarray(RNG.integers(0, 255, shape).astype(np.uint8))
    data = saved(picture, "JPEG", quality=60, progressive=progressive)
    for length in range(4, len(data)):
        assert code_of(data[:length]) in {"truncated", "damaged"}, length


def test_the_end_of_a_thumbnail_is_not_taken_for_that_of_the_picture():
    picture = Image.fromarray(RNG.integers(0, 255, (60, 80, 3)).astype(np.uint8))
    thumbnail = saved(picture.resize((8, 6)), "JPEG")
    assert thumbnail.endswith(b"\xff\xd9")
    data = saved(picture, "JPEG", comment=thumbnail)
    assert data.count(b"\xff\xd9") == 2
    assert code_of(data[:-2]) == "truncated"
    assert code_of(data[: (data.index(b"\xff\xd9") + len(data)) // 2]) == "truncated"
    assert read_image(HERE, data=data).shape == (60, 80, 3)
    assert read_image(HERE, data=data + b"what some cameras add").shape == (60, 80, 3)


def test_a_png_with_fewer_rows_than_it_says_is_refused():
    """Deflated and checked without a fault, and yet half a picture; Pillow shows the rest as black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def png(rows: int) -> bytes:
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 40, 8, 0, 0, 0, 0))
        pixels = chunk(b"IDAT", zlib.compress((b"\0" + b"\7" * 64) * rows))
        return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")

    assert (read_image(HERE, data=png(40)) == 7).all()
    assert code_of(png(20)) == "truncated"


def test_a_bomb_is_refused_by_its_header_at_once():
    data = png_header(20_000, 20_000)
    assert len(data) < 60_000
    began = time.process_time()
    assert code_of(data) == "too-large"
    assert time.process_time() - began < 1
    assert code_of(png_header(60_000, 60_000)[:200]) in {"too-large", "damaged"}


def test_the_limit_on_pixels_is_an_option():
    data = encode(np.zeros((100, 100), np.uint8))[1]
    assert read_image(HERE, data=data, max_pixels=10_000).shape == (100, 100)
    with pytest.raises(UnreadableInput, match="9,999"):
        read_image(HERE, data=data, max_pixels=9_999)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value):
    pixels = np.zeros((5, 5), np.float32)
    pixels[2, 2] = value
    assert code_of(encode(pixels)[1]) == "not-finite"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"hello", "not-an-image"),
        (b"GIF89a" + b"\0" * 50, "not-an-image"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 20, "damaged"),
        (b"II*\0" + b"\xff" * 20, "damaged"),
        (png_header(0, 0), "empty"),
    ],
)
def test_what_is_no_image_is_refused(data, code):
    assert code_of(data) == code


def test_transparency_many_pages_and_print_colors_are_refused():
    see_through = np.full((4, 4, 4), 255, np.uint8)
    see_through[0, 0, 3] = 254
    assert code_of(saved(Image.fromarray(see_through), "PNG")) == "transparency"
    page = Image.new("L", (4, 4))
    assert code_of(saved(page, "TIFF", save_all=True, append_images=[page])) == "multi-page"
    assert code_of(saved(Image.new("CMYK", (4, 4)), "JPEG")) == "color-model"
    assert code_of(saved(Image.new("F", (4, 4)), "TIFF", tiffinfo={274: 6})) == "orientation"


def test_a_mask_in_color_or_as_jpeg_is_refused(tmp_path):
    for data in (encode(RNG.integers(0, 9, (4, 4, 3)).astype(np.uint8))[1], saved(Image.new("L", (4, 4)), "JPEG")):
        with pytest.raises(UnreadableInput) as caught:
            from_file(tmp_path, data)
        assert caught.value.code == "mask-not-labels"


def test_files_that_cannot_be_opened_are_refused(tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    for name, code in (("gone", "missing"), ("empty", "empty"), ("folder", "not-a-file"), ("pipe", "not-a-file")):
        with pytest.raises(UnreadableInput) as caught:
            read_bytes(tmp_path / f"{name}.png")
        assert caught.value.code == code


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    path = tmp_path / "locked.png"
    path.write_bytes(encode(np.zeros((4, 4), np.uint8))[1])
    path.chmod(0)
    script = (
        "import os, sys; from pathlib import Path; from domainaug.layouts.images import read_bytes\n"
        "from domainaug.errors import UnreadableInput\n"
        "os.getuid() or os.setuid(65534)\n"
        "try: read_bytes(Path(sys.argv[1]))\n"
        "except UnreadableInput as error: print(error.code)"
    )
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.stat().st_uid == os.getuid() and folder != Path("/tmp"):
            folder.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "no-permission", done.stderr


@settings(max_examples=150)
@given(
    form=st.sampled_from(["PNG", "JPEG", "TIFF", "BMP", "WebP"]),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), min_size=1, max_size=6),
)
def test_flipped_bytes_give_an_image_of_the_stated_size_or_a_refusal(form, flips):
    data = bytearray(saved(Image.fromarray(np.arange(48 * 40 * 3, dtype=np.uint8).reshape(48, 40, 3)), form))
    for place, value in flips:
        data[int(place * len(data))] ^= value
    began = time.process_time()
    try:
        header = read_header(bytes(data), HERE, max_pixels=10**6)
        read = read_image(HERE, data=bytes(data), max_pixels=10**6)
    except UnreadableInput:
        return
    finally:
        assert time.process_time() - began < 2  # nobody waits for a damaged file
    assert read.shape[:2] == header.upright


def test_encoding_what_cannot_be_kept_is_an_error():
    with pytest.raises(ValueError, match="float64"):
        encode(np.zeros((4, 4)))
