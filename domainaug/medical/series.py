"""One stack of images, or one set of images of one kind: what it is, and its pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from domainaug.errors import UnreadableInput
from domainaug.medical.findings import SeriesFinding
from domainaug.medical.instance import Instance, describe, short_hash
from domainaug.medical.opening import open_dicom
from domainaug.medical.pixels import through_lookup, to_physical
from domainaug.medical.planes import pictures
from domainaug.medical.stacks import StackGeometry, judge

__all__ = ["Series"]

_CHANGED = "it changed while it was being read"


@dataclass(frozen=True, slots=True)
class Series:
    """Images that belong together, in slice order.

    Attributes:
        instances: What each file's header says.
        geometry: Where the stack lies in the patient; None where it is not a stack.
        findings: Everything its user should know.
    """

    instances: tuple[Instance, ...]
    geometry: StackGeometry | None
    findings: tuple[SeriesFinding, ...]

    @classmethod
    def of(cls, stack: Sequence[Instance], siblings: Sequence[Sequence[Instance]] = ()) -> Series:
        """Return the series of a stack that `split` found, among its `siblings`."""
        geometry, findings = judge(stack, siblings)
        return cls(tuple(stack), geometry, findings)

    @property
    def key(self) -> str:
        """A name that is the same on every machine and tells nobody anything."""
        uids = sorted(instance.sop_instance_uid for instance in self.instances)
        return short_hash(self.instances[0].series_uid, *uids)

    @property
    def modality(self) -> str:
        """CT, MR, CR or DX."""
        return self.instances[0].modality

    @property
    def sop_class_uid(self) -> str:
        """UID of the kind of its images."""
        return self.instances[0].sop_class_uid

    @property
    def photometric(self) -> str:
        """MONOCHROME2, or MONOCHROME1 where low values are bright."""
        return self.instances[0].photometric

    @property
    def transfer_syntaxes(self) -> tuple[str, ...]:
        """UIDs of how its files are written."""
        return tuple(sorted({instance.transfer_syntax for instance in self.instances}))

    @property
    def files(self) -> tuple[Path, ...]:
        """Its files, in slice order."""
        return tuple(instance.path for instance in self.instances)

    @property
    def size(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        return len(self.instances), self.instances[0].rows, self.instances[0].columns

    @property
    def spacing(self) -> tuple[float, float] | None:
        """Millimeters between rows and between columns, or None."""
        return self.instances[0].spacing

    @property
    def voxel_spacing(self) -> tuple[float, ...] | None:
        """Millimeters between slices, rows and columns; between rows and columns where the first is not known."""
        between = None if self.geometry is None else self.geometry.slice_spacing
        return self.spacing if between is None or self.spacing is None else (between, *self.spacing)

    @property
    def unit(self) -> str:
        """What values count: "HU", another Rescale Type, or "level" for a scale of the scanner's own."""
        first = self.instances[0]
        if self.modality == "CT" and first.rescaled and first.value_type in ("", "HU"):
            return "HU"
        return first.value_type if first.value_type not in ("", "US") and not first.storage.lookup else "level"

    @property
    def value_range(self) -> tuple[float, float]:
        """The lowest and highest physical value that can be stored."""
        ends = [
            end * one.storage.slope + one.storage.intercept
            for one in self.instances
            for end in (one.storage.lowest, one.storage.highest)
        ]
        return min(ends), max(ends)

    @property
    def refusal(self) -> SeriesFinding | None:
        """The finding that makes it wrong as a volume, the gravest first, or None."""
        return next((finding for finding in self.findings if finding.refuses), None)

    @property
    def kind(self) -> Literal["volume", "images"]:
        """Whether it is augmented as one volume, or image by image: radiographs, single slices, non-stacks."""
        return "volume" if self.geometry is not None and len(self.instances) > 1 else "images"

    def datasets(self) -> Iterator[tuple[Instance, Dataset]]:
        """Read every file whole, in slice order.

        Raises:
            UnreadableInput: One cannot be read, or is not what it was when the headers were read.
        """
        for instance in self.instances:
            dataset = open_dicom(instance.path, pixels=True)
            if describe(dataset, instance.path) != instance:
                raise UnreadableInput("changed", _CHANGED, path=instance.path)
            yield instance, dataset

    def pixels(self, *, stored: bool = False) -> NDArray[Any]:
        """Return all pixels, (slices, rows, columns), in slice order.

        Args:
            stored: The values as they are in the files, rather than in physical units.

        Raises:
            UnreadableInput: A file cannot be read or decoded.
        """
        opened, volume, _ = pictures(self.files)
        for instance, one in zip(self.instances, opened, strict=True):
            if one.instance != instance:
                raise UnreadableInput("changed", _CHANGED, path=instance.path)
        if stored:
            return volume
        planes = [
            through_lookup(plane, one.dataset, one.instance.path)
            if one.instance.storage.lookup
            else to_physical(plane, one.instance.storage)
            for one, plane in zip(opened, volume, strict=True)
        ]
        return np.stack(planes)
