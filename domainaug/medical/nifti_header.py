"""The header of a NIfTI file: what it says of its voxels before one of them is read.

Versions 1 and 2, either byte order, one file (.nii) or two (.hdr and .img). The bytes are kept as they came, so that a
copy says all that its source said, extensions included. Field names are those of nifti1.h and nifti2.h.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnreadableInput

__all__ = ["FIRST_BYTES", "MOST_BYTES", "MOST_EXTENDED", "Form", "NiftiHeader", "header_length", "new_header"]

Matrix = NDArray[np.float64]

FIRST_BYTES: Final = 348
"""Bytes of a header of version 1, and enough to see that it is one of version 2."""

MOST_BYTES: Final = 8 << 30
"""Voxels that take more than this are refused before any is read."""

MOST_EXTENDED: Final = 64 << 20
"""Bytes of header and extensions that are read."""

_FIRST = [
    ("sizeof_hdr", "i4"), ("data_type", "S10"), ("db_name", "S18"), ("extents", "i4"), ("session_error", "i2"),
    ("regular", "u1"), ("dim_info", "u1"), ("dim", "i2", 8), ("intent_p", "f4", 3), ("intent_code", "i2"),
    ("datatype", "i2"), ("bitpix", "i2"), ("slice_start", "i2"), ("pixdim", "f4", 8), ("vox_offset", "f4"),
    ("scl_slope", "f4"), ("scl_inter", "f4"), ("slice_end", "i2"), ("slice_code", "u1"), ("xyzt_units", "u1"),
    ("cal_max", "f4"), ("cal_min", "f4"), ("slice_duration", "f4"), ("toffset", "f4"), ("glmax", "i4"),
    ("glmin", "i4"), ("descrip", "S80"), ("aux_file", "S24"), ("qform_code", "i2"), ("sform_code", "i2"),
    ("quatern", "f4", 3), ("qoffset", "f4", 3), ("srow", "f4", (3, 4)), ("intent_name", "S16"), ("magic", "S4"),
]  # fmt: skip
_SECOND = [
    ("sizeof_hdr", "i4"), ("magic", "S8"), ("datatype", "i2"), ("bitpix", "i2"), ("dim", "i8", 8),
    ("intent_p", "f8", 3), ("pixdim", "f8", 8), ("vox_offset", "i8"), ("scl_slope", "f8"), ("scl_inter", "f8"),
    ("cal_max", "f8"), ("cal_min", "f8"), ("slice_duration", "f8"), ("toffset", "f8"), ("slice_start", "i8"),
    ("slice_end", "i8"), ("descrip", "S80"), ("aux_file", "S24"), ("qform_code", "i4"), ("sform_code", "i4"),
    ("quatern", "f8", 3), ("qoffset", "f8", 3), ("srow", "f8", (3, 4)), ("slice_code", "i4"), ("xyzt_units", "i4"),
    ("intent_code", "i4"), ("intent_name", "S16"), ("dim_info", "u1"), ("unused", "S15"),
]  # fmt: skip
_LAYOUTS: Final[dict[int, np.dtype[Any]]] = {348: np.dtype(_FIRST), 540: np.dtype(_SECOND)}
_MAGIC = {348: (b"n+1", b"ni1"), 540: (b"n+2", b"ni2")}
_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_OTHERS = {
    0: "of no type", 1: "single bits", 32: "complex numbers", 128: "RGB colors", 1536: "128-bit floats",
    1792: "complex numbers", 2048: "complex numbers", 2304: "RGBA colors",
}  # fmt: skip
_TEXTS: Final = ("data_type", "db_name", "descrip", "aux_file", "intent_name", "unused")
"""Fields that hold what programs and people write into them; nothing in them is needed to read voxels."""

_HALF_TURN = 1e-7
_MILLIMETERS = {1: 1000.0, 2: 1.0, 3: 0.001}


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One of the two ways in which a header says where its voxels lie.

    Attributes:
        code: 1 for the scanner, 2 for another image, 3 and 4 for an atlas, 5 for a template.
        matrix: (4, 4); takes (i, j, k, 1) to millimeters in NIfTI's axes (right, front, up).
    """

    code: int
    matrix: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class NiftiHeader:
    """A header, checked.

    Attributes:
        raw: Its bytes, and those between it and the voxels (extensions).
        record: Its fields, of shape ().
        single: Whether the voxels are in the same file.
    """

    raw: bytes
    record: NDArray[Any]
    single: bool

    @classmethod
    def of(cls, raw: bytes) -> NiftiHeader:
        """Return the header that a file begins with; `raw` may go on beyond it, up to the voxels at most.

        Raises:
            UnreadableInput: It is no NIfTI header (`not-nifti`), or says what cannot be: `bad-size`, `too-large`,
                `unsupported-type`, `bad-rescale`, `damaged`.
        """
        layout = _layout(raw)
        if len(raw) < layout.itemsize:
            raise UnreadableInput("truncated", "its header is cut short")
        record = np.frombuffer(raw, layout, 1)[0]
        magic = bytes(record["magic"])[:3]
        if magic not in _MAGIC[layout.itemsize]:
            raise UnreadableInput("not-nifti", "it is not a NIfTI file")
        header = cls(raw, record, single=magic[1:2] == b"+")
        header._check()
        return header

    def _check(self) -> None:
        dim = self.record["dim"].tolist()
        rank = dim[0]
        if not 1 <= rank <= 7 or min(dim[1 : rank + 1]) < 1:
            raise UnreadableInput("bad-size", "its header gives it no size: each axis needs a voxel or more")
        if math.prod(dim[5 : rank + 1]) != 1:
            raise UnreadableInput("bad-size", "it has more than four axes; three, and a fourth for time, are read")
        code = int(self.record["datatype"])
        if code not in _TYPES:
            kind = _OTHERS.get(code, f"of an unknown type ({code})")
            raise UnreadableInput(
                "unsupported-type", f"its voxels are {kind}; integers and floats of 8 to 64 bits are read"
            )
        if int(self.record["bitpix"]) not in (0, self.dtype.itemsize * 8):
            raise UnreadableInput("damaged", "its header contradicts itself on how many bits a voxel has")
        if self.voxel_bytes > MOST_BYTES:
            raise UnreadableInput("too-large", f"its voxels take more than {MOST_BYTES >> 30} GiB")
        offset = float(self.record["vox_offset"])
        least = self.record.dtype.itemsize if self.single else 0
        if not (math.isfinite(offset) and offset.is_integer() and least <= offset <= MOST_EXTENDED):
            raise UnreadableInput("damaged", "its header does not say where its voxels begin")
        slope, intercept = float(self.record["scl_slope"]), float(self.record["scl_inter"])
        if math.isinf(slope) or (math.isfinite(slope) and slope and not math.isfinite(intercept)):
            raise UnreadableInput("bad-rescale", "its slope or intercept is not a finite number")

    @property
    def version(self) -> int:
        """1 or 2."""
        return 1 if self.record.dtype.itemsize == 348 else 2

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(frames, slices, rows, columns), as NIfTI's axes (t, k, j, i) lie in the file."""
        rank, *dim = self.record["dim"].tolist()
        i, j, k, t = ([*dim[:rank], 1, 1, 1])[:4]
        return t, k, j, i

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the stored voxels, in the byte order of the file."""
        order = ">" if self.record.dtype["datatype"].str[0] == ">" else "<"
        return np.dtype(f"{order}{_TYPES[int(self.record['datatype'])]}")

    @property
    def voxel_bytes(self) -> int:
        """How many bytes the voxels take."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def offset(self) -> int:
        """Where the voxels begin, in the file they are in."""
        return int(self.record["vox_offset"])

    @property
    def rescale(self) -> tuple[float, float]:
        """(slope, intercept); a slope of 0, or none, stands for values as they are stored."""
        slope = float(self.record["scl_slope"])
        return (slope, float(self.record["scl_inter"])) if math.isfinite(slope) and slope else (1.0, 0.0)

    @property
    def unit_mm(self) -> float:
        """Millimeters in the unit of lengths; 1 where none is told."""
        return _MILLIMETERS.get(int(self.record["xyzt_units"]) & 7, 1.0)

    @property
    def steps(self) -> tuple[float, float, float]:
        """Millimeters between voxels along i, j and k by `pixdim`; 1 where it has no length."""
        rank = int(self.record["dim"][0])
        lengths = np.abs(self.record["pixdim"][1:4].astype(np.float64)) * self.unit_mm
        told = [bool(math.isfinite(one) and one > 0 and axis < rank) for axis, one in enumerate(lengths)]
        x, y, z = (float(one) if known else 1.0 for one, known in zip(lengths, told, strict=True))
        return x, y, z

    @property
    def axes(self) -> tuple[int | None, int | None, int | None]:
        """Which of i, j, k (0, 1, 2) were frequency and phase encoded, and which counts slices; None if not told."""
        info = int(self.record["dim_info"])
        frequency, phase, slices = (part - 1 if part else None for part in (info & 3, info >> 2 & 3, info >> 4 & 3))
        return frequency, phase, slices

    @property
    def sform(self) -> Form | None:
        """The affine, if it has a code and can be turned round."""
        matrix = np.eye(4)
        matrix[:3] = self.record["srow"]
        return self._form("sform_code", matrix)

    @property
    def qform(self) -> Form | None:
        """Rotation, spacing and offset, if it has a code and can be turned round."""
        b, c, d = self.record["quatern"].astype(np.float64).tolist()
        rest = 1.0 - (b * b + c * c + d * d)
        a = math.sqrt(max(rest, 0.0)) if rest > _HALF_TURN else 0.0
        if not a:  # half a turn, but for what single precision left of it; nifti1.h has it so
            b, c, d = (one / (math.hypot(b, c, d) or 1.0) for one in (b, c, d))
        turn = np.array(
            [
                [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
            ]
        )
        lengths = np.abs(self.record["pixdim"][1:4].astype(np.float64))
        lengths[2] *= -1.0 if self.record["pixdim"][0] < 0 else 1.0
        matrix = np.eye(4)
        matrix[:3, :3] = turn * lengths
        matrix[:3, 3] = self.record["qoffset"]
        return self._form("qform_code", matrix)

    def _form(self, code: str, matrix: Matrix) -> Form | None:
        if int(self.record[code]) <= 0 or not np.isfinite(matrix).all():
            return None
        matrix[:3] *= self.unit_mm
        lengths = np.linalg.norm(matrix[:3, :3], axis=0)
        if not lengths.all() or abs(np.linalg.det(matrix[:3, :3] / lengths)) < 1e-6:
            return None
        return Form(int(self.record[code]), matrix)

    def laid_anew(self, size: tuple[int, ...], matrix: Matrix) -> NiftiHeader:
        """Return the header of an image on another grid, in the same place; both forms say so.

        Args:
            size: Along i, j and k.
            matrix: (4, 4); takes (i, j, k, 1) of it to those of this one. Axes change places, or their pace.
        """
        dim, pixdim = self.record["dim"].copy(), self.record["pixdim"].copy()
        along = np.abs(matrix[:3, :3]).argmax(axis=0)  # which axis was what each is now
        dim[0] = max(int(dim[0]), 3)
        dim[1:4], dim[4:] = size, np.maximum(dim[4:], 1)
        pixdim[1:4] = pixdim[1:4][along] * np.abs(matrix[along, (0, 1, 2)])
        encoded = [0 if axis is None else along.tolist().index(axis) + 1 for axis in self.axes]
        fields: dict[str, Any] = {"dim": dim, "dim_info": encoded[0] | encoded[1] << 2 | encoded[2] << 4}
        fields |= {"slice_code": 0, "slice_start": 0, "slice_end": 0, "slice_duration": 0.0}
        if (sform := self.sform) is not None:
            fields["srow"] = (sform.matrix @ matrix)[:3] / self.unit_mm
        if (qform := self.qform) is not None:
            there = qform.matrix @ matrix
            pixdim[0], fields["quatern"] = _turn_of(there)
            fields["qoffset"] = there[:3, 3] / self.unit_mm
        return self.changed(pixdim=pixdim, **fields)

    def without_text(self) -> NiftiHeader:
        """Return the header without what was written into it for people: no text, no names, no extensions."""
        length = self.record.dtype.itemsize
        bare = NiftiHeader(self.raw[:length] + bytes(4), self.record, self.single)
        fields: dict[str, Any] = {name: b"" for name in _TEXTS if name in (self.record.dtype.names or ())}
        if self.single:
            fields["vox_offset"] = length + 4
        return bare.changed(**fields)

    def changed(self, **fields: Any) -> NiftiHeader:
        """Return the header with fields changed, and everything else as it was."""
        raw = bytearray(self.raw)
        record = np.frombuffer(raw, self.record.dtype, 1)
        for name, value in fields.items():
            record[name][0] = value
        return NiftiHeader(bytes(raw), record[0], self.single)


def new_header(matrix: Matrix, dtype: np.dtype[Any], size: tuple[int, ...], *, rigid: bool) -> NiftiHeader:
    """Return the header of a new NIfTI-1 file, little-endian, in millimeters and seconds.

    Args:
        matrix: (4, 4); takes (i, j, k, 1) to millimeters in NIfTI's axes.
        dtype: Of the voxels.
        size: Along i, j, k, and more.
        rigid: Whether the axes are square to each other: a qform knows no others.
    """
    code = next(number for number, name in _TYPES.items() if name == dtype.str[1:])
    record = np.zeros((), _LAYOUTS[348].newbyteorder("<"))
    steps = np.linalg.norm(matrix[:3, :3], axis=0)
    side, turn = _turn_of(matrix)
    record["sizeof_hdr"], record["regular"], record["magic"], record["vox_offset"] = 348, ord("r"), b"n+1", 352
    record["dim"][:] = ([len(size), *size] + [1] * 7)[:8]
    record["datatype"], record["bitpix"], record["xyzt_units"] = code, dtype.itemsize * 8, 2 | 8
    record["pixdim"][:] = [side, *steps, 1, 1, 1, 1][:8]
    record["scl_slope"], record["sform_code"], record["srow"][:] = 1.0, 1, matrix[:3]
    if rigid:
        record["qform_code"], record["quatern"][:], record["qoffset"][:] = 1, turn, matrix[:3, 3]
    return NiftiHeader.of(record.tobytes() + bytes(4))


def _turn_of(matrix: Matrix) -> tuple[float, Matrix]:
    """Return 1 or -1, the side of a qform, and its quaternion: of a matrix with axes square to each other."""
    side = 1.0 if np.linalg.det(matrix[:3, :3]) > 0 else -1.0
    return side, _quaternion(matrix[:3, :3] / (np.linalg.norm(matrix[:3, :3], axis=0) * (1, 1, side)))


def _quaternion(turn: Matrix) -> Matrix:
    """Return b, c and d of the unit quaternion of a rotation, a at 0 or above; the eigenvector of Bar-Itzhack."""
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = turn
    whole = np.array(
        [
            [xx - yy - zz, yx + xy, zx + xz, zy - yz],
            [yx + xy, yy - xx - zz, zy + yz, xz - zx],
            [zx + xz, zy + yz, zz - xx - yy, yx - xy],
            [zy - yz, xz - zx, yx - xy, xx + yy + zz],
        ]
    )
    b, c, d, a = np.linalg.eigh(whole)[1][:, -1]
    return np.array([b, c, d]) * (-1.0 if a < 0 else 1.0)


def header_length(raw: bytes) -> int:
    """Return how many bytes the header has that begins with `raw`, without its extensions.

    Raises:
        UnreadableInput: It is none.
    """
    return _layout(raw).itemsize


def _layout(raw: bytes) -> np.dtype[Any]:
    for order in ("<", ">"):
        for size, layout in _LAYOUTS.items():
            if len(raw) >= 4 and int(np.frombuffer(raw, f"{order}i4", 1)[0]) == size:
                return layout.newbyteorder(order)
    raise UnreadableInput("not-nifti", "it is not a NIfTI file")
