"""Segmentations and structure sets of a DICOM study: they follow the series they were drawn on.

Each is read with its series, moved by the maps that the series went through, and written beside every copy of it,
with references to that copy. Names of structures stay in the DICOM files; a ledger is told numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydicom import dcmread

from domainaug.errors import UnreadableInput
from domainaug.kernels.regrid import regrid_of
from domainaug.layouts.layout import Stamp
from domainaug.medical.labels import Copy, Grid, Labels, move, read_labels, write_seg, write_structures
from domainaug.medical.opening import quiet
from domainaug.medical.series import Series

__all__ = ["StudyLabels"]

_NAMES = {"seg": "SEG", "rtstruct": "RTSTRUCT"}


@dataclass(frozen=True, slots=True)
class StudyLabels:
    """Labels beside a series, or beside a copy of it.

    Attributes:
        grid: Where the voxels of the series lie.
        volume: Whether it is augmented as a volume, rather than as a picture.
        labels: What each file says.
    """

    grid: Grid
    volume: bool
    labels: tuple[Labels, ...]

    @classmethod
    def read(cls, files: Sequence[Path], series: Series, *, volume: bool) -> StudyLabels:
        """Read the labels of a series.

        Raises:
            UnreadableInput: A file cannot be read; it is told by its kind.
            LabelError: The series is no even grid.
        """
        grid = Grid.of_series(series)
        found = []
        for path in files:
            try:
                found.append(read_labels(path))
            except UnreadableInput as error:  # without the path: it may name a patient
                message = str(error).removeprefix(f"{path}: ")
                raise UnreadableInput(error.code, f"labels that belong to it cannot be read: {message}") from None
        return cls(grid, volume, tuple(found))

    @property
    def shape(self) -> tuple[int, ...]:
        """(slices, rows, columns) of what a pipeline is given, or (rows, columns)."""
        return self.grid.shape if self.volume else self.grid.shape[1:]

    def moved(self, maps: Sequence[Any]) -> tuple[StudyLabels, Mapping[str, list[int]]]:
        """Return the labels of a copy, and what vanished: numbers, by the name of the file they were to be in.

        Raises:
            LabelError: They cannot follow, or would name the wrong side.
        """
        found, vanished = [], {}
        grid = regrid_of(maps, self.shape)
        target = self.grid if grid.map.is_identity else self.grid.seen_through(grid.map)
        for name, labels in zip(self.names(), self.labels, strict=True):
            moved = move(labels, maps, self.grid, target)
            gone = set(moved.vanished.get("segments", ()))
            lost = moved.vanished.get("landmarks", ())
            gone |= {one.number for one in labels.landmarks if one.name in lost}
            if gone:
                vanished[name] = sorted(gone)
            found.append(moved.labels)
        return replace(self, grid=target, labels=tuple(found)), vanished

    def names(self) -> list[str]:
        """Return what the files are called: SEG01, RTSTRUCT02."""
        return [f"{_NAMES[one.origin.kind]}{number:02d}" for number, one in enumerate(self.labels, start=1)]

    def write(self, images: Sequence[Path], folder: Path, stamp: Stamp) -> list[str]:
        """Write the labels of a copy beside its images, and return the names of the files.

        Labels of which nothing is left have none: a segmentation without a voxel is none.

        Args:
            images: Files of the copy, in slice order.
            folder: Where they are.
            stamp: The run.
        """
        with quiet():
            headers = tuple(dcmread(path, stop_before_pixels=True) for path in images)
        copy = Copy(headers, self.grid, (stamp.profile_digest, stamp.seed, stamp.copy), stamp.version)
        written = []
        for name, labels in zip(self.names(), self.labels, strict=True):
            if labels.origin.kind == "seg" and labels.volumes_mm3():
                content = write_seg(labels, copy)
            elif labels.origin.kind == "rtstruct" and (labels.contours or labels.landmarks):
                content = write_structures(labels, copy)
            else:
                continue
            (folder / f"{name}.dcm").write_bytes(content)
            written.append(f"{name}.dcm")
        return written
