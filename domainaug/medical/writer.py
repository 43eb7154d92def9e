"""A whole derived series: one deed for all its images, one file each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from domainaug.errors import DomainAugError, UnreadableInput
from domainaug.medical.deeds import derived_uid, effects_in, faint_in
from domainaug.medical.derive import Deed, derive, to_bytes
from domainaug.medical.loading import Loaded
from domainaug.medical.opening import quiet
from domainaug.medical.pixels import Stored, differ
from domainaug.medical.splice import DerivedFile, Splicer

__all__ = ["Told", "derived_files", "files_of", "write_series"]


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


def write_series(loaded: Loaded, seen: NDArray[Any], told: Told) -> list[bytes]:
    """Return the files of a derived series, in slice order.

    Args:
        loaded: The source.
        seen: What the pipeline made of `loaded.view.seen()`.
        told: The run.

    Raises:
        LabelError: The copy would say something untrue.
        ImageError: The pixels do not fit the source's grid.
    """
    return [bytes(file) for file in derived_files(loaded, seen, told)]


def derived_files(
    loaded: Loaded, seen: NDArray[Any], told: Told, *, threads: int | None = None
) -> Iterator[DerivedFile]:
    """Yield the files of a derived series, in slice order, each when its turn has come.

    The UIDs are hashes of the source's UIDs, the run and the new pixels: the same copy made again has the same
    UIDs, and different pixels never share one (PS3.3 C.7.6.1.1.2).

    Args:
        loaded: The source.
        seen: What the pipeline made of `loaded.view.seen()`.
        told: The run.
        threads: How many work on the pixels; as `kernels.threads.thread_count`.

    Raises:
        LabelError: The copy would say something untrue.
        ImageError: The pixels do not fit the source's grid.
    """
    stored, saturated = loaded.view.stored_again(seen, moved=told.moved, threads=threads)
    pairs = zip(stored, loaded.view.stored, strict=True)
    changed = np.array([differ(after, before) for after, before in pairs], dtype=bool)
    yield from files_of(loaded, stored, saturated, told, changed=changed)


def files_of(
    loaded: Loaded, stored: Stored, saturated: int, told: Told, *, changed: NDArray[np.bool_]
) -> Iterator[DerivedFile]:
    """Yield the files of a derived series of which the stored values are known, as `derived_files` does.

    Args:
        loaded: The source; its own stored values are not looked at.
        stored: (slices, rows, columns) stored values of the copy, little-endian.
        saturated: How many of them did not fit.
        told: The run.
        changed: (slices,) whether any pixel differs from the source's.

    Raises:
        LabelError: The copy would say something untrue.
    """
    run = told.profile_digest, told.seed, told.copy, hashlib.sha256(stored.reshape(-1).view(np.uint8).data).hexdigest()
    key = loaded.view.series.key
    deed = Deed(
        instance_uid="",
        series_uid=derived_uid("series", key, *run),
        frame_of_reference_uid=derived_uid("frame", key, *run),
        number=0,
        copy=told.copy,
        profile=f"{told.profile} {told.profile_version} ({told.profile_digest[:12]})",
        seed=told.seed,
        version=told.version,
        moved=told.moved,
        effects=effects_in(told.record),
        faint=faint_in(told.record),
        undeclared=bool(told.record.get("undeclared")),
        saturated=saturated,
    )
    splicer = Splicer(_file)
    for index, (one, plane) in enumerate(zip(loaded.opened, stored, strict=True)):
        uid = derived_uid("instance", one.instance.sop_instance_uid, *run)
        yield splicer.file(one, plane, replace(deed, instance_uid=uid, number=index + 1, changed=bool(changed[index])))


def _file(header: Dataset, plane: Stored, deed: Deed) -> bytes:
    try:
        with quiet():
            return to_bytes(derive(header, plane, deed))
    except DomainAugError:
        raise
    except Exception as error:  # the message of a library may quote a tag's value
        message = f"its header cannot be written again ({type(error).__name__})"
        raise UnreadableInput("unwritable-header", message) from None
