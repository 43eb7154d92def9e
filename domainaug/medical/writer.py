"""A whole derived series: one deed for all its images, one file each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from domainaug.errors import DomainAugError, ImageError, UnreadableInput
from domainaug.kernels.regrid import Regrid
from domainaug.kernels.threads import run_slabs
from domainaug.medical.deeds import Deed, derived_uid, effects_in, faint_in
from domainaug.medical.derive import derive, to_bytes
from domainaug.medical.enhanced.writing import frame_files, objects_of
from domainaug.medical.laterality import is_mirrored_patient
from domainaug.medical.loading import Loaded
from domainaug.medical.opening import quiet
from domainaug.medical.pixels import Stored, differ, digest
from domainaug.medical.placed import Placed, as_they_lie, laid_anew
from domainaug.medical.splice import DerivedFile, Splicer
from domainaug.medical.terms import BY_THE_RULES, Terms

__all__ = ["NewPixels", "Told", "count_of", "derived_files", "files_of", "write_series"]


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


@dataclass(frozen=True, slots=True, eq=False)
class NewPixels:
    """The pixels of a copy, and what a header says of them.

    Attributes:
        stored: (slices, rows, columns) stored values, and samples of color, little-endian.
        saturated: How many of them did not fit.
        changed: (slices,) whether any pixel differs from the source's.
        digests: The digest of each slice.
        slopes: Rescale slopes of slices that have another one than their source.
    """

    stored: Stored
    saturated: int
    changed: NDArray[np.bool_]
    digests: tuple[bytes, ...]
    slopes: Mapping[int, float] = field(default_factory=dict)


def write_series(loaded: Loaded, seen: NDArray[Any], told: Told, terms: Terms = BY_THE_RULES) -> list[bytes]:
    """Return the files of a derived series, in slice order.

    Args:
        loaded: The source.
        seen: What the pipeline made of `loaded.view.seen()`.
        told: The run.
        terms: What the user asks of the files.

    Raises:
        LabelError: The copy would say something untrue.
        ImageError: The pixels do not fit the source's grid.
    """
    return [bytes(file) for file in derived_files(loaded, seen, told, terms)]


def derived_files(
    loaded: Loaded, seen: NDArray[Any], told: Told, terms: Terms = BY_THE_RULES, *, threads: int | None = None
) -> Iterator[DerivedFile]:
    """Yield the files of a derived series, in slice order, each when its turn has come; one for all frames in time.

    The UIDs are hashes of the source's UIDs, the run and the new pixels: the same copy made again has the same
    UIDs, and different pixels never share one (PS3.3 C.7.6.1.1.2).

    Args:
        loaded: The source.
        seen: What the pipeline made of `loaded.view.seen()`.
        told: The run.
        terms: What the user asks of the files.
        threads: How many work on the pixels; as `kernels.threads.thread_count`.

    Raises:
        LabelError: The copy would say something untrue.
        ImageError: The pixels do not fit the source's grid.
    """
    grid = _grid_of(told)
    slices = None if grid is None else grid.nearest
    if grid is not None and grid.shape != seen.shape[:3]:
        raise ImageError(f"the augmented series is {seen.shape} and the record of its pipeline says {grid.shape}")
    view = loaded.view
    wider = [view.wider_slope(index if slices is None else slices[index], plane) for index, plane in enumerate(seen)]
    slopes = {index: slope for index, slope in enumerate(wider) if slope is not None}
    stored, saturated = view.stored_again(seen, moved=told.moved, slices=slices, slopes=slopes, threads=threads)
    changed, digests = np.ones(len(stored), bool), [b""] * len(stored)

    def look(begin: int, end: int) -> None:
        for index in range(begin, end):
            if grid is None:
                changed[index] = differ(stored[index], loaded.view.stored[index])
            digests[index] = digest(stored[index])

    run_slabs(look, len(stored), threads)
    yield from files_of(loaded, NewPixels(stored, saturated, changed, tuple(digests), slopes), told, terms)


def files_of(loaded: Loaded, pixels: NewPixels, told: Told, terms: Terms = BY_THE_RULES) -> Iterator[DerivedFile]:
    """Yield the files of a derived series of which the pixels are known, as `derived_files` does.

    Args:
        loaded: The source; its own stored values are not looked at.
        pixels: Those of the copy.
        told: The run.
        terms: What the user asks of the files.

    Raises:
        LabelError: The copy would say something untrue.
    """
    places = _places_of(loaded, told)
    scales = [f"{index} {slope!r}".encode() for index, slope in sorted(pixels.slopes.items())]
    salt, key = terms.study_salt, loaded.key
    pixels_digest = hashlib.sha256(b"".join([*pixels.digests, *scales])).hexdigest()
    run = told.profile_digest, told.seed, told.copy, pixels_digest, *(() if salt is None else (salt,))
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
        saturated=pixels.saturated + int(told.record.get("saturated", 0)),  # at storing, and by steps that clamp
        steps=tuple(str(step.get("transform")) for step in told.record.get("steps", ())),
        mirrored=is_mirrored_patient(told.record),
        allowed=terms.allow,
        study_uid=None if salt is None else derived_uid("study", loaded.opened[0].instance.study_uid, salt),
        private=terms.private,
    )
    splicer = Splicer(_file)
    if loaded.view.series.kind == "cine":
        uid = derived_uid("instance", loaded.opened[0].instance.sop_instance_uid, *run)
        changed = places is not None or bool(pixels.changed.any())
        placed = None if places is None else places[0]
        done = replace(deed, instance_uid=uid, number=1, changed=changed, placed=placed)
        yield splicer.file(loaded.opened[0], pixels.stored, done)
        return
    if loaded.view.series.enhanced:
        yield from frame_files(loaded, pixels.stored, pixels.changed.tolist(), deed, places, run)
        return
    for index, plane in enumerate(pixels.stored):
        placed = None if places is None else places[index]
        shown = [loaded.opened[number] for number in ((index,) if placed is None else placed.sources)]
        own = shown[0].instance.sop_instance_uid
        uid = derived_uid("instance", own, *run) if placed is None else derived_uid("instance", own, index, *run)
        beside = tuple((one.instance.sop_class_uid, one.instance.sop_instance_uid) for one in shown[1:])
        changed = placed is not None or bool(pixels.changed[index])
        done = replace(deed, instance_uid=uid, number=index + 1, changed=changed, placed=placed, beside=beside)
        yield splicer.file(shown[0], plane, replace(done, slope=pixels.slopes.get(index)))


def count_of(loaded: Loaded, told: Told) -> int:
    """Return how many files a copy has: one a slice, but one for all frames of an object."""
    places = _places_of(loaded, told)
    if loaded.view.series.kind == "cine":
        return 1
    if loaded.view.series.enhanced:
        return len(objects_of([one.instance for one in loaded.opened], places))
    return len(loaded.opened) if places is None else len(places)


def _grid_of(told: Told) -> Regrid | None:
    """Return the grid that the record of a pipeline tells of, where it is not that of what it was shown."""
    grid = told.record.get("grid")
    return None if grid is None else Regrid.of_record(grid)


def _places_of(loaded: Loaded, told: Told) -> tuple[Placed, ...] | None:
    """Return where the images of a copy lie; None where their source's do."""
    grid = _grid_of(told)
    if grid is None:
        return loaded.places
    return laid_anew(loaded.view.series, loaded.places or as_they_lie(loaded.view.series), grid)


def _file(header: Dataset, plane: Stored, deed: Deed) -> bytes:
    try:
        with quiet():
            return to_bytes(derive(header, plane, deed))
    except DomainAugError:
        raise
    except Exception as error:  # the message of a library may quote a tag's value
        message = f"its header cannot be written again ({type(error).__name__})"
        raise UnreadableInput("unwritable-header", message) from None
