"""How a dataset on disk is read one item at a time, and how augmented copies of an item are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError

__all__ = [
    "Beside",
    "Item",
    "Jointed",
    "Labeled",
    "LabelsGone",
    "Layout",
    "Sample",
    "Scan",
    "SetAside",
    "Sliced",
    "Stamp",
]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is augmented as a whole: an image with its labels, or a series.

    Attributes:
        key: Names the item within its source, stable across machines (a relative POSIX path, or a UID
            hashed); free of anything that identifies a patient. Draws depend on it.
        files: The files it is read from, image first.
        group: What must not be split between train and test (patient, part, drive), or "".
        detail: What the layout needs to read and write it, JSON-able and picklable.
    """

    key: str
    files: tuple[Path, ...]
    group: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def drawn_as(self) -> tuple[str, int]:
        """The name that its draws depend on, and which part of what has this name it is.

        Its own key, unless `detail["together"]` says that several items share every draw.
        """
        shared = self.detail.get("together")
        return (self.key, 0) if shared is None else (str(shared[0]), int(shared[1]))


@dataclass(frozen=True, slots=True)
class SetAside:
    """An input that is not augmented, and why.

    Attributes:
        key: What it is, as `Item.key`.
        code: A stable reason code ("truncated", "too-large" ...).
        reason: One sentence, free of patient identifiers.
        copy: The one copy that could not be made, or None when it is the whole item.
    """

    key: str
    code: str
    reason: str
    copy: int | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a layout found in a source.

    Attributes:
        items: What can be read, as far as names and headers say.
        set_aside: What cannot, and why.
        ignored: How many files are neither images nor labels.
    """

    items: tuple[Item, ...]
    set_aside: tuple[SetAside, ...] = ()
    ignored: int = 0


class Beside(Protocol):
    """Labels that do not lie on the pixels of an image; only their layout knows what they are."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width) of the image they go with, or (depth, height, width) of the volume."""

    def moved(self, maps: Sequence[Any]) -> tuple[Any, Mapping[str, list[int]]]:
        """Return the labels of a copy, and the numbers of those that vanished, by what they were part of.

        Args:
            maps: Those that the image went through, as `domainaug.pipeline.motion.motion_of` gives them.

        Raises:
            domainaug.errors.LabelError: They cannot follow, or would say something untrue.
        """

    def write(self, images: Sequence[Path], folder: Path, stamp: Stamp) -> list[str]:
        """Write them beside the files of their image, and return the names of the files."""


@dataclass(slots=True)
class Sample:
    """An item in memory; either `image` or `volume` is there.

    Attributes:
        image: (H, W) or (H, W, C), in its own type and unit.
        volume: (D, H, W), slices of one series in order, in physical units; or frames, and samples of color last.
        mask: (H, W) integer labels that lie on the image, or None.
        boxes: (n, 4) pixel corners x_min, y_min, x_max, y_max.
        box_labels: One per box: whatever identifies it to the layout.
        value_range: (low, high) of the values, in their unit; None for the whole range of the type.
        fill: What lies outside the field of view, in the unit of the values.
        spacing: Millimeters between rows and columns, or between slices, rows and columns of a volume, or None.
        told: What its header says that a step may ask for, by the name it asks under: `phase_axis` of an MR image.
        soft_mask: Whether the mask was anti-aliased and is read as two-valued.
        beside: Labels on voxels or in coordinates of their own, which follow by the maps of the image; or None.
        gridded: Whether files say where its pixels lie; a copy of another size then has `grid` in its record.
        in_time: Whether what is in `volume` are frames that follow each other in time, and no slices.
        prepared: What reading did to it besides, which the record of each copy tells; JSON-able.
        source: What the layout needs to write it back; opaque to everyone else.
    """

    image: NDArray[Any] | None = None
    volume: NDArray[Any] | None = None
    mask: NDArray[np.integer[Any]] | None = None
    boxes: NDArray[np.float64] | None = None
    box_labels: tuple[Any, ...] = ()
    value_range: tuple[float, float] | None = None
    fill: float | None = None
    spacing: tuple[float, ...] | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    soft_mask: bool = False
    beside: Beside | None = None
    gridded: bool = False
    in_time: bool = False
    prepared: Mapping[str, Any] = field(default_factory=dict)
    source: Any = None


@runtime_checkable
class Sliced(Protocol):
    """A sample whose volume can be replaced a few slices at a time, so that no second volume is held."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns) of the volume."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the volume."""

    def replaced(self, each: Callable[[int, NDArray[Any]], NDArray[Any]], *, moved: bool, keep: bool) -> Sample:
        """Return the sample of a copy, which its layout can write.

        Args:
            each: Takes the place of a slice, from 0, and (n, rows, columns) values of it and those that follow, which
                it may change, and returns as many; called from several threads.
            moved: Whether content moves.
            keep: Whether the volume is still needed; if not, it may be used up.
        """


@runtime_checkable
class Jointed(Protocol):
    """A sample of several pictures of one thing on one grid, which share a draw: channels, frames."""

    @property
    def names(self) -> tuple[str, ...]:
        """What each part is called, in order: "frame 0", "flair"."""

    def part(self, number: int) -> Sample:
        """Return one of them, from 0."""

    def parts(self) -> Iterator[Sample]:
        """Yield each, made when its turn has come."""

    def joined(self, parts: Iterator[tuple[Sample, Mapping[str, Any]]]) -> Sample:
        """Return the sample of a copy, which its layout can write.

        Args:
            parts: What became of each part, in order, and the record of that; made when its turn has come.
        """


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is written into an output so that it can be explained and made again.

    Attributes:
        profile: Profile id.
        profile_version: Its version.
        profile_digest: SHA-256 of its resolved content.
        seed: Seed of the run.
        copy: Which copy of the item, from 0.
        moved: Whether content moved relative to the patient or part (any geometric effect).
        record: The record of the pipeline: steps, drawn parameters and effects.
        version: Version of domainaug.
    """

    profile: str
    profile_version: str
    profile_digest: str
    seed: int
    copy: int
    moved: bool
    record: Mapping[str, Any]
    version: str


class Layout(Protocol):
    """Reads and writes one way of laying a dataset out on disk."""

    @property
    def name(self) -> str:
        """What the ledger and `domainaug.layouts.layout_named` call it."""

    def recognizes(self, source: Path) -> bool:
        """Return whether `source` is laid out this way; looks at names and first bytes only."""

    def scan(self, source: Path) -> Scan:
        """List every item, in a fixed order; headers are read, pixels are not."""

    def read(self, item: Item) -> Sample:
        """Read one item, strictly.

        Raises:
            domainaug.errors.UnreadableInput: It cannot be read; carries the reason code.
        """

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write an augmented copy into `folder`, and return the files, relative to it.

        `folder` is private to this call; what is in it becomes visible in the output in one step. Relative
        paths are where the files belong in the output. The same sample and stamp give the same bytes.

        Raises:
            LabelsGone: No label is left in it; the copy is drawn again.
            domainaug.errors.LabelError: It would say something untrue.
        """

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write what describes the whole output (a COCO file), and return the files, relative to `folder`.

        Args:
            source: Where the items came from.
            folder: Private to this call; what is returned is moved into the output.
            items: By item key, in the order of keys, one entry a copy: `copy`, `files` (relative POSIX paths,
                image first), `labels` (see `Labeled`, or None) and `record` (that of the pipeline).
        """


class LabelsGone(LabelError):
    """Nothing that the labels of a sample name is left in this copy; another draw may keep some."""


@runtime_checkable
class Labeled(Protocol):
    """A layout whose labels are not files of their own: the ledger keeps them for `Layout.finish`."""

    def labels(self, sample: Sample, item: Item) -> Any:
        """Return the labels of an augmented sample, JSON-able.

        Raises:
            LabelsGone: None is left; the copy is drawn again.
        """
