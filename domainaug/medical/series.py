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
from domainaug.medical.enhanced.groups import ENHANCED
from domainaug.medical.findings import SeriesFinding
from domainaug.medical.instance import Instance, describe, frames_of, short_hash
from domainaug.medical.opening import open_dicom
from domainaug.medical.pixels import through_lookup, to_physical
from domainaug.medical.planes import pictures
from domainaug.medical.stacks import StackGeometry, judge

__all__ = ["Series"]

_CHANGED = "it changed while it was being read"

_UNITS = frozenset(
    {
        *("OD", "HU", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"),
        *("CNTS", "NONE", "CM2", "CM2ML", "PCNT", "CPS", "BQML", "MGMINML", "UMOLMINML", "MLMING", "MLG", "1CM"),
        *("UMOLML", "PROPCNTS", "PROPCPS", "MLMINML", "MLML", "GML", "STDDEV"),
    }
)
"""Rescale Types (PS3.3 C.11.1.1.2) and Units of PET (C.8.9.1.1.3) with a meaning; any other text may name a patient."""


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
        uids = sorted(one.sop_instance_uid + f"#{one.frame}" * (one.frames > 1) for one in self.instances)
        return short_hash(self.instances[0].series_uid, *uids)

    @property
    def modality(self) -> str:
        """CT, MR, PT, CR, DX, MG, US or SC."""
        return self.instances[0].modality

    @property
    def sop_class_uid(self) -> str:
        """UID of the kind of its images."""
        return self.instances[0].sop_class_uid

    @property
    def photometric(self) -> str:
        """MONOCHROME2, or MONOCHROME1 where low values are bright, or what color is written in; see `Instance`."""
        return self.instances[0].photometric

    @property
    def transfer_syntaxes(self) -> tuple[str, ...]:
        """UIDs of how its files are written."""
        return tuple(sorted({instance.transfer_syntax for instance in self.instances}))

    @property
    def files(self) -> tuple[Path, ...]:
        """Its files, in the order of their first slices."""
        return tuple(dict.fromkeys(instance.path for instance in self.instances))

    @property
    def chosen(self) -> tuple[int, ...] | None:
        """Which of all frames in its files, in slice order; None where it is all, as they come."""
        counts = {instance.path: instance.frames for instance in self.instances}
        begins = dict(zip(counts, np.cumsum([0, *counts.values()]).tolist(), strict=False))
        chosen = tuple(begins[instance.path] + instance.frame for instance in self.instances)
        return None if chosen == tuple(range(sum(counts.values()))) else chosen

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
        return first.value_type if first.value_type in _UNITS and not first.storage.lookup else "level"

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
    def enhanced(self) -> bool:
        """Whether its images are frames that functional groups describe."""
        return self.sop_class_uid in ENHANCED

    @property
    def color(self) -> bool:
        """Whether its pixels are red, green and blue once they are decoded."""
        return self.instances[0].samples > 1

    @property
    def kind(self) -> Literal["volume", "cine", "images"]:
        """Whether it is augmented as one volume, as frames in time that share a draw, or image by image.

        Image by image are radiographs, single slices, and what is no stack.
        """
        if self.instances[0].in_time:
            return "cine"
        return "volume" if self.geometry is not None and len(self.instances) > 1 else "images"

    def datasets(self) -> Iterator[tuple[Instance, Dataset]]:
        """Read every file whole, in slice order, with what its header says of its first frame.

        Raises:
            UnreadableInput: One cannot be read, or is not what it was when the headers were read.
        """
        known = {(instance.path, instance.frame): instance for instance in self.instances}
        for path in self.files:
            dataset = open_dicom(path, pixels=True)
            frames = frames_of(describe(dataset, path), dataset)
            if any(known.get((path, one.frame), one) != one for one in frames):
                raise UnreadableInput("changed", _CHANGED, path=path)
            yield frames[0], dataset

    def pixels(self, *, stored: bool = False) -> NDArray[Any]:
        """Return all pixels, (slices, rows, columns) and samples of color, in slice order.

        Args:
            stored: The values as they are in the files, rather than in physical units.

        Raises:
            UnreadableInput: A file cannot be read or decoded.
        """
        opened, volume, _ = pictures(self.files, chosen=self.chosen)
        for instance, one in zip(self.instances, opened, strict=True):
            if one.instance != instance:
                raise UnreadableInput("changed", _CHANGED, path=instance.path)
        if stored or self.color:
            return volume
        planes = [
            through_lookup(plane, one.dataset, one.instance.path)
            if one.instance.storage.lookup
            else to_physical(plane, one.instance.storage)
            for one, plane in zip(opened, volume, strict=True)
        ]
        return np.stack(planes)
