"""A whole derived series: one deed for all its images, one file each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.medical.deeds import derived_uid, effects_in, faint_in
from domainaug.medical.derive import Deed, derive, to_bytes
from domainaug.medical.instance import describe
from domainaug.medical.opening import NATIVE, open_dicom
from domainaug.medical.pixels import decode
from domainaug.medical.series import Series
from domainaug.medical.view import View

__all__ = ["Loaded", "Told", "load", "write_series"]


class Loaded:
    """A series in memory: how it is shown, and the headers that its copies are derived from.

    Attributes:
        view: How it is shown to a pipeline.
        headers: One data set per image, in slice order.
    """

    __slots__ = ("headers", "view")

    def __init__(self, view: View, headers: Sequence[Dataset]) -> None:
        self.view, self.headers = view, tuple(headers)


class Told(Protocol):
    """What a copy must be told about the run that made it; `layouts.layout.Stamp` is one."""

    @property
    def profile(self) -> str:
        """Profile id."""

    @property
    def profile_version(self) -> str:
        """Version of the profile."""

    @property
    def profile_digest(self) -> str:
        """Hash of its resolved content."""

    @property
    def seed(self) -> int:
        """Seed of the run."""

    @property
    def copy(self) -> int:
        """Which copy, from 0."""

    @property
    def moved(self) -> bool:
        """Whether content moved relative to the patient."""

    @property
    def record(self) -> Mapping[str, Any]:
        """The pipeline's record; its "effects" and what is "faint" are written into the header."""

    @property
    def version(self) -> str:
        """Version of domainaug."""


def load(files: Iterable[Path]) -> Loaded:
    """Read images that are one series, in slice order, whole.

    Raises:
        UnreadableInput: A file cannot be read or decoded.
    """
    instances, planes, headers = [], [], []
    for path in files:
        dataset = open_dicom(path, pixels=True)
        instance = describe(dataset, path)
        planes.append(decode(dataset, instance))
        if instance.transfer_syntax in NATIVE:
            del dataset.PixelData  # decoded by now; compressed ones are small, and their size is still asked for
        instances.append(instance)
        headers.append(dataset)
    return Loaded(View.of(Series.of(instances), planes), headers)


def write_series(loaded: Loaded, seen: NDArray[Any], told: Told) -> list[bytes]:
    """Return the files of a derived series, in slice order.

    The UIDs are hashes of the source's UIDs, the run and the new pixels: the same copy made again has the same
    UIDs, and different pixels never share one (PS3.3 C.7.6.1.1.2).

    Args:
        loaded: The source.
        seen: What the pipeline made of `loaded.view.seen()`.
        told: The run.

    Raises:
        LabelError: The copy would say something untrue.
        ImageError: The pixels do not fit the source's grid.
    """
    stored, saturated = loaded.view.stored_again(seen, moved=told.moved)
    effects, faint = effects_in(told.record), faint_in(told.record)
    changed = (stored != loaded.view.stored).any(axis=(1, 2))
    run = told.profile_digest, told.seed, told.copy, hashlib.sha256(stored.tobytes()).hexdigest()
    series = loaded.view.series
    files = []
    for number, (header, plane) in enumerate(zip(loaded.headers, stored, strict=True), start=1):
        deed = Deed(
            instance_uid=derived_uid("instance", header.SOPInstanceUID, *run),
            series_uid=derived_uid("series", series.key, *run),
            frame_of_reference_uid=derived_uid("frame", series.key, *run),
            number=number,
            copy=told.copy,
            profile=f"{told.profile} {told.profile_version} ({told.profile_digest[:12]})",
            seed=told.seed,
            version=told.version,
            moved=told.moved,
            effects=effects,
            faint=faint,
            changed=bool(changed[number - 1]),
            undeclared=bool(told.record.get("undeclared")),
            saturated=saturated,
        )
        files.append(_file(header, plane, deed))
    return files


def _file(header: Dataset, plane: NDArray[np.integer[Any]], deed: Deed) -> bytes:
    try:
        return to_bytes(derive(header, plane, deed))
    except DomainAugError:
        raise
    except Exception as error:  # the message of a library may quote a tag's value
        message = f"its header cannot be written again ({type(error).__name__})"
        raise UnreadableInput("unwritable-header", message) from None
