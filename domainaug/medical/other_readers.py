"""What other programs read in a file: GDCM through SimpleITK, DCMTK's dcm2pnm, and dcm2niix, where they are installed.

None of them is asked to read what domainaug is given: they are second opinions on what it writes. Each answers with
pixels as it decoded them and, where it says so, with the place of every voxel in the patient.
"""

from __future__ import annotations

import logging
import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import MissingExtra, UnreadableInput
from domainaug.medical.validators import find_tool

__all__ = ["READERS", "Reading", "disagreement", "installed", "read_with"]

_SECONDS = 120
_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""NIfTI's axes are right, front, up; DICOM's are left, back, up."""

_PNM = re.compile(rb"(?P<kind>P[2356])\s+(?:#.*\n)*(?P<columns>\d+)\s+(?P<rows>\d+)\s+\d+\s")

_PLACE = 1e-2
"""How far apart, in voxels, two programs may see the same corner: dcm2niix keeps its matrix in single precision."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a program read.

    Attributes:
        pixels: (slices, rows, columns) or (slices, rows, columns, samples).
        matrix: (4, 4) takes (column, row, slice, 1) to patient millimeters in DICOM's axes; None where it does not say.
    """

    pixels: NDArray[Any]
    matrix: NDArray[np.float64] | None = None


def installed() -> tuple[str, ...]:
    """Return the names of the readers that can be asked here."""
    there = {
        "GDCM": find_spec("SimpleITK") is not None,
        "DCMTK": find_tool("dcm2pnm") is not None,
        "dcm2niix": find_tool("dcm2niix") is not None,
    }
    return tuple(name for name in READERS if there[name])


def read_with(name: str, files: Sequence[Path], bits: int) -> Reading:
    """Return what a reader makes of the files of a series.

    Args:
        name: One of `READERS`.
        files: In slice order; a single file may hold several frames.
        bits: Bits Stored, which DCMTK is asked to give.

    Raises:
        MissingExtra: The program is not installed.
        UnreadableInput: It could not read them.
    """
    return READERS[name](files, bits)


def disagreement(ours: Reading, theirs: Reading) -> str:
    """Return where two readings differ, as one sentence, or "".

    The order of slices, rows and columns may differ as long as the matrices say so; without matrices rows and slices
    may come in either order.
    """
    if ours.pixels.shape != theirs.pixels.shape:
        return f"it reads pixels of shape {theirs.pixels.shape}, and we {ours.pixels.shape}"
    orders: Sequence[tuple[int, ...]] = [(), (1,), (0,), (0, 1)]
    if ours.matrix is not None and theirs.matrix is not None:
        size = np.array([*ours.pixels.shape[2:0:-1], ours.pixels.shape[0]]) - 1
        corners = np.stack(np.meshgrid(*([0, n] for n in size), indexing="ij")).reshape(3, -1)
        there = (np.linalg.inv(theirs.matrix) @ ours.matrix @ np.vstack([corners, np.ones(8)]))[:3]
        turned = np.abs(there - corners).max(axis=1) > np.abs(there - (size[:, None] - corners)).max(axis=1)
        same = np.where(turned[:, None], size[:, None] - corners, corners)
        if float(np.abs(there - same).max()) > _PLACE:
            return "it sees the image at another place"
        orders = [tuple(2 - axis for axis in range(3) if turned[axis])]
    if any(_same(ours.pixels, np.flip(theirs.pixels, flips)) for flips in orders):
        return ""
    return "it reads other pixels"


def _same(ours: NDArray[Any], theirs: NDArray[Any]) -> bool:
    """Return whether values agree, to single precision: some of the programs keep no more."""
    if ours.dtype.kind in "iu" and theirs.dtype.kind in "iu":
        return bool(np.array_equal(ours, theirs))
    room = 1e-6 * max(1.0, float(np.abs(ours).max()))
    return bool(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max() <= room)


# -- the programs -----------------------------------------------------------------------------------------


def _gdcm(files: Sequence[Path], bits: int) -> Reading:
    """Read slice by slice, so that nothing is averaged: SimpleITK's series reader takes the spacing of the first two.

    It applies the rescale, and turns MONOCHROME1 round.
    """
    if find_spec("SimpleITK") is None:
        raise MissingExtra("SimpleITK", "medical")
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    reader = SimpleITK.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    planes, corners, image = [], [], None
    for path in files:
        reader.SetFileName(str(path))
        try:
            image = reader.Execute()
        except RuntimeError:
            raise UnreadableInput("unread", "GDCM does not read it", path=path) from None
        pixels = SimpleITK.GetArrayFromImage(image)
        planes.append(pixels if pixels.ndim > 2 + (image.GetNumberOfComponentsPerPixel() > 1) else pixels[None])
        corners.append(np.array(image.GetOrigin()))
    assert image is not None
    matrix = np.eye(4)
    if len(image.GetOrigin()) == 3:
        matrix[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
        matrix[:3, 3] = corners[0]
        if len(files) > 1:
            matrix[:3, 2] = (corners[-1] - corners[0]) / (len(files) - 1)
        return Reading(np.concatenate(planes), matrix)
    return Reading(np.concatenate(planes))


def _dcmtk(files: Sequence[Path], bits: int) -> Reading:
    """Draw every frame with all that a display would do switched off; what is left are stored values.

    Those of a signed image come out shifted to begin at 0.
    """
    program = _tool("dcm2pnm")
    written = ["+op"] if bits == 8 else ["+opn", str(bits)]  # more bits are written in digits only
    frames = []
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(files):
            to = Path(folder, f"{number:05d}")
            _run([program, "--no-modality", "--no-overlays", "+Pid", *written, "+Fa", str(path), str(to)])
            found = sorted(Path(folder).glob(f"{to.name}.*"), key=lambda one: int(one.suffixes[-2][1:]))
            if not found:
                raise UnreadableInput("unread", "DCMTK does not read it", path=path)
            frames += [_picture(one.read_bytes()) for one in found]
    return Reading(np.stack(frames))


def _picture(content: bytes) -> NDArray[Any]:
    """Return the values of a PGM or PPM picture, in bytes or written in digits."""
    header = _PNM.match(content)
    if header is None:
        raise UnreadableInput("unread", f"DCMTK writes what is no PGM or PPM picture: {content[:20]!r}")
    kind, columns, rows = header["kind"], int(header["columns"]), int(header["rows"])
    values = content[header.end() :]
    read = np.frombuffer(values, np.uint8) if kind in (b"P5", b"P6") else np.fromstring(values, np.int64, sep=" ")
    shape = (rows, columns) if kind in (b"P2", b"P5") else (rows, columns, 3)
    if read.size != math.prod(shape):
        raise UnreadableInput("unread", f"DCMTK writes {read.size} values of a picture of {shape}")
    return read.reshape(shape)


def _dcm2niix(files: Sequence[Path], bits: int) -> Reading:
    """Convert a series to NIfTI and read that; scaled as it says."""
    program = _tool("dcm2niix")
    import nibabel

    with tempfile.TemporaryDirectory() as folder:
        place, out = Path(folder, "in"), Path(folder, "out")
        place.mkdir()
        out.mkdir()
        for number, path in enumerate(files):
            shutil.copy(path, place / f"{number:05d}.dcm")
        _run([program, "-b", "n", "-z", "n", "-f", "x", "-o", str(out), str(place)])
        found = sorted(path for path in out.glob("*.nii") if "_ROI" not in path.name)  # overlays are volumes too
        if len(found) != 1:
            raise UnreadableInput("unread", f"dcm2niix makes {len(found)} volumes of it")
        logger = logging.getLogger("nibabel.global")
        level = logger.level
        logger.setLevel(logging.ERROR)  # it says of every slice without spacing that it has none
        try:
            image: Any = nibabel.load(found[0])
        finally:
            logger.setLevel(level)
        values = np.asarray(image.dataobj)
        samples: tuple[int, ...] = ()
        if values.dtype.names:  # RGB
            values, samples = np.stack([values[name] for name in values.dtype.names], axis=-1), (3,)
        values = values.reshape(*values.shape[:2], -1, *samples)
        matrix = None if image.header["sform_code"] == 0 else _TO_LPS @ np.asarray(image.affine, np.float64)
    return Reading(np.moveaxis(values, (0, 1, 2), (2, 1, 0)), matrix)


READERS: Mapping[str, Callable[[Sequence[Path], int], Reading]] = {
    "GDCM": _gdcm,
    "DCMTK": _dcmtk,
    "dcm2niix": _dcm2niix,
}
"""Who can be asked."""


def _tool(name: str) -> str:
    found = find_tool(name)
    if found is None:
        raise MissingExtra(name, "dev")
    return str(found)


def _run(command: list[str]) -> None:
    subprocess.run(  # noqa: S603
        command, capture_output=True, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL
    )
