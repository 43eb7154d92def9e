"""Files that are small on the disk and would be huge in memory."""

import gzip
import struct
import zlib
from functools import partial

import pytest


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(path, width, height):
    """A PNG of zeros, of any size, without ever holding it."""
    packer = zlib.compressobj(1)
    content = b"".join(packer.compress(bytes(width + 1)) for _ in range(min(height, 200))) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", content) + chunk(b"IEND", b""))


def nifti_bomb(path, size):
    """A NIfTI header of a size, and hardly a voxel; as long as one whose voxels are all zero."""
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 3, *size, 1, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 4, 16)
    struct.pack_into("<8f", head, 76, *([1.0] * 8))
    struct.pack_into("<f", head, 108, 352.0)
    head[344:348] = b"n+1\0"
    path.write_bytes(gzip.compress(bytes(head) + bytes(1 << 20), 1) + bytes(8 << 20))


def dicom_bomb(path, rows, columns, **more):
    pydicom = pytest.importorskip("pydicom")
    from pydicom.encaps import encapsulate

    dataset = pydicom.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"))
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.RLELossless
    dataset.Rows, dataset.Columns = rows, columns
    for name, value in more.items():
        setattr(dataset, name, value)
    segment = b"\x81\x00" * 4096  # 128 zeros for two bytes
    frame = struct.pack("<16I", 2, 64, 64 + len(segment), *([0] * 13)) + segment * 2
    dataset.PixelData = encapsulate([frame] * min(more.get("NumberOfFrames", 1), 50))
    dataset["PixelData"].VR = "OB"
    dataset.save_as(path, enforce_file_format=True)


def tiff_bomb(path, width, height):
    size = (width * height) & 0xFFFFFFFF
    tags = (
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (270, 2, 0xFFFFFFF0, 8), (273, 4, 0x0FFFFFFF, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, size),
    )  # fmt: skip
    packed = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(tags)) + packed + bytes(4))


BOMBS = {
    "a.png": partial(png_bomb, width=60_000, height=60_000),
    "a.tif": partial(tiff_bomb, width=60_000, height=60_000),
    "a.nii.gz": partial(nifti_bomb, size=(32_000, 32_000, 20)),
    "b.nii.gz": partial(nifti_bomb, size=(2_000, 2_000, 800)),
    "a.dcm": partial(dicom_bomb, rows=65_535, columns=65_535),
    "b.dcm": partial(dicom_bomb, rows=32_000, columns=32_000),
    "c.dcm": partial(dicom_bomb, rows=512, columns=512, NumberOfFrames=100_000),
}
