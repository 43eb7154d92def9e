"""One item's work, wherever it is done: read it, make its copies, write each into a private folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from domainaug.errors import DomainAugError, ImageError, LabelError, OutputError, UnreadableInput
from domainaug.layouts.layout import Beside, Item, Jointed, Labeled, LabelsGone, Layout, Sample, SetAside, Sliced, Stamp
from domainaug.profile.model import Profile

__all__ = [
    "TEMPORARY",
    "File",
    "Job",
    "Made",
    "Outcome",
    "Task",
    "Work",
    "ends_item",
    "hashed",
    "private_folder",
    "sealed",
    "set_aside",
    "source_digest",
]

TEMPORARY = ".tmp-"
"""What the names of private folders start with; readers never see it, and every start sweeps it away."""


_DRAWS = 6  # a copy that lost all of its labels is drawn again, five times


@dataclass(frozen=True, slots=True)
class File:
    """One output file.

    Attributes:
        path: Where it belongs, relative to the output, with forward slashes.
        sha256: Its digest, hex.
        size: Its length in bytes.
    """

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Task:
    """An item, and which copies of it to make.

    Attributes:
        item: What is read, once.
        copies: Numbers of the copies, from 0.
    """

    item: Item
    copies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A copy that is complete, in a private folder.

    Attributes:
        key: Key of the item.
        copy: Number of the copy.
        folder: The private folder.
        files: What is in it, image first.
        record: The pipeline's record.
        labels: What a `Labeled` layout says of it, or None.
        source_sha256: Digest of what it was made from.
        seconds: How long it took, its share of the reading included.
    """

    key: str
    copy: int
    folder: Path
    files: tuple[File, ...]
    record: Mapping[str, Any]
    labels: Any
    source_sha256: str
    seconds: float


Outcome = Made | SetAside


def ends_item(outcome: Outcome) -> bool:
    """Whether nothing more can come of the item: it was set aside as a whole."""
    return isinstance(outcome, SetAside) and outcome.copy is None


class Work(Protocol):
    """What an engine needs of what is to be done: a `Job`, or the rendering of a scenario. Travels to the workers."""

    @property
    def memory_limit(self) -> int | None:
        """Bytes a worker may take beyond what it starts with, or None."""

    @property
    def timeout(self) -> float | None:
        """Seconds that reading an item, or making one copy, may take, or None."""

    @property
    def made(self) -> dict[str, Any]:
        """What this process made for it, such as the pipeline."""

    @property
    def narrowed(self) -> tuple[str, ...]:
        """Where the recipe was narrowed to the limits of the profile; known once somebody composed it."""

    def rehearse(self) -> None:
        """Do what is to be done once a process, before limits bind.

        Raises:
            DomainAugError: It cannot be done at all.
        """

    def perform(self, task: Task) -> Iterator[Outcome]:
        """Make the copies of one item, each as soon as it is done; never raises for a bad input."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for every item of a run; travels to the workers.

    Attributes:
        profile: The limits and the recipe.
        layout: Reads and writes.
        seed: Seed of the run.
        strength: Share of the recipe's ranges that is used.
        out: The folder that private folders are made in.
        version: Version of domainaug.
        memory_limit: Bytes a worker may take beyond what it starts with, or None.
        timeout: Seconds that reading an item, or making one copy, may take, or None.
    """

    profile: Profile
    layout: Layout
    seed: int
    strength: float
    out: Path
    version: str
    memory_limit: int | None = None
    timeout: float | None = None
    made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def prepare(self) -> Any:
        """Return the pipeline, composed once a process.

        Raises:
            DomainAugError: The recipe cannot be composed, or nothing of it is inside the profile's limits.
        """
        if "pipeline" not in self.made:
            from domainaug._albumentations import A

            # The boxes carry their row in a fifth column; one of which a tenth is left in view names nothing.
            boxes = A.BboxParams(format="pascal_voc", min_visibility=0.1)
            pipeline = self.profile.compose(seed=self.seed, strength=self.strength, bbox_params=boxes)
            narrowed = tuple(getattr(pipeline, "narrowed", ()))
            if narrowed and not pipeline.transforms:
                raise DomainAugError(
                    f"{self.profile.id}: its limits leave nothing of its recipe, so nothing would change: "
                    f"{'; '.join(narrowed)}; change the recipe, or vouch for what lifts the limit"
                )
            self.made.update(pipeline=pipeline, narrowed=narrowed)
        return self.made["pipeline"]

    def rehearse(self) -> None:
        """Compose the pipeline and run it once on pictures that nobody sees.

        Raises:
            DomainAugError: The recipe cannot be composed.
        """
        from domainaug.run.rehearsal import rehearse

        rehearse(self.prepare())

    @property
    def narrowed(self) -> tuple[str, ...]:
        """Where the recipe was narrowed to the limits of the profile; known once somebody composed it."""
        return tuple(self.made.get("narrowed", ()))

    def perform(self, task: Task) -> Iterator[Outcome]:
        """Make the copies of one item, each as soon as it is done; never raises for a bad input.

        Raises:
            OutputError: The output cannot be written (a full disk); the run must stop.
            DomainAugError: The installation is broken, or the recipe cannot be composed; likewise.
        """
        self.prepare()
        start = time.perf_counter()
        try:
            digest = source_digest(task.item)
            sample = self.layout.read(task.item)
        except Exception as error:  # codecs raise anything; one bad file never stops a batch
            yield set_aside(error, task.item, None, "reading it")
            return
        share = (time.perf_counter() - start) / max(len(task.copies), 1)
        for copy in task.copies:
            start = time.perf_counter()
            outcome = self._copy(sample, task.item, copy, last=copy == task.copies[-1])
            if isinstance(outcome, SetAside):
                yield outcome
            else:
                folder, files, record, labels = outcome
                seconds = share + time.perf_counter() - start
                yield Made(task.item.key, copy, folder, files, record, labels, digest, seconds)

    def _copy(self, sample: Sample, item: Item, copy: int, *, last: bool) -> Any:
        try:
            for attempt in range(_DRAWS):
                try:
                    return self._drawn(sample, item, copy, attempt, last=last)
                except LabelsGone as error:
                    gone = error
            how = "narrow the shifts, turns and zooms of the recipe, or lower the strength"
            return SetAside(item.key, "label", f"{gone}, in each of {_DRAWS} draws; {how}", copy)
        except Exception as error:
            return set_aside(error, item, copy, "augmenting it")

    def _drawn(self, sample: Sample, item: Item, copy: int, attempt: int, *, last: bool) -> Any:
        sliced = isinstance(sample, Sliced) and not attempt
        key, part = item.drawn_as
        made = self._by_slices(sample, key, copy, part, keep=not last) if sliced else None
        if isinstance(sample, Jointed):
            made = self._jointly(sample, key, copy, attempt)
        augmented, record = made or self._augment(sample, key, copy, attempt, part)
        if sample.prepared:
            record = {**record, "prepared": dict(sample.prepared)}
        if sample.gridded:
            record = self._on_its_grid(sample, augmented, record)
        if sample.beside is not None:
            augmented.beside, record = self._followed(sample.beside, record)
        labels = _as_stored(self.layout.labels(augmented, item)) if isinstance(self.layout, Labeled) else None
        stamp = Stamp(
            profile=self.profile.id,
            profile_version=self.profile.version,
            profile_digest=self.profile.digest,
            seed=self.seed,
            copy=copy,
            moved=bool(record.get("moved", False)),
            record=record,
            version=self.version,
        )
        folder = private_folder(self.out)
        try:
            paths = self.layout.write(augmented, item, stamp, folder)
            return folder, tuple(sealed(folder, path) for path in paths), record, labels
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _on_its_grid(self, sample: Sample, augmented: Sample, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a record that tells the grid of a copy of another size, whose content did not move by that."""
        planes, name = (2, "image") if augmented.image is not None else (3, "volume")
        after = getattr(augmented, name)
        if after is None:  # made slice by slice, which keeps the size
            return record
        shape = getattr(sample, name).shape[:planes]
        from domainaug.kernels.regrid import regrid_of
        from domainaug.pipeline.motion import motion_of, regrids

        if after.shape[:planes] == shape and not regrids(self.prepare()):
            return record
        grid = regrid_of(motion_of(self.prepare(), shape), shape)
        told: Mapping[str, Any] = _as_stored({**record, "moved": grid.moved, "grid": grid.as_record()})
        return told

    def _followed(self, beside: Beside, record: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        """Return the labels beside the copy that was just made, and its record with those that are gone."""
        from domainaug.pipeline.motion import motion_of

        moved, vanished = beside.moved(motion_of(self.prepare(), beside.shape))
        labels = record["labels"]
        return moved, {**record, "labels": {**labels, "vanished": {**labels["vanished"], **vanished}}}

    def _jointly(self, sample: Jointed, key: str, copy: int, attempt: int) -> tuple[Sample, Mapping[str, Any]]:
        """Make a copy of a sample of several parts."""
        from domainaug.pipeline.motion import motion_of
        from domainaug.run.joint import drawn_jointly

        def draw(part: Sample, number: int) -> tuple[Sample, Mapping[str, Any], tuple[Any, ...]]:
            augmented, record = self._augment(part, key, copy, attempt, number)
            if part.gridded:
                record = self._on_its_grid(part, augmented, record)
            shown = part.image if part.volume is None else part.volume
            return augmented, record, motion_of(self.prepare(), np.shape(np.asarray(shown)))

        return drawn_jointly(sample, draw)

    def shown(self, sample: Sample, item: Item, copy: int, *, number: int = 0) -> tuple[Sample, Mapping[str, Any]]:
        """Return a copy in memory, and its record: the first draw of it, as `perform` writes it, for looking at.

        Args:
            sample: What the layout read; of one of several parts that share a draw, one of them.
            item: What it was read from.
            copy: Which copy.
            number: Which of its parts it is, from 0.

        Raises:
            LabelError: A label would no longer be true.
        """
        key, part = item.drawn_as
        augmented, record = self._augment(sample, key, copy, 0, number or part)
        if sample.beside is not None:
            augmented.beside, record = self._followed(sample.beside, record)
        return augmented, record

    def _by_slices(
        self, sample: Any, key: str, copy: int, part: int, *, keep: bool
    ) -> tuple[Sample, Mapping[str, Any]] | None:
        """Make a copy of a volume a few slices at a time, as `_augment` makes it; None where that cannot be done."""
        from domainaug.pipeline.slices import drawn_for_slices

        pipeline = self.prepare()
        each = drawn_for_slices(
            pipeline, sample.shape, sample.dtype, key=key, copy=copy, value_range=sample.value_range, fill=sample.fill,
            spacing=sample.spacing, told=sample.told, part=part,
        )  # fmt: skip
        if each is None:
            return None
        made = sample.replaced(each, moved=bool(pipeline.record["moved"]), keep=keep)
        return made, _as_stored(pipeline.record)

    def _augment(
        self, sample: Sample, key: str, copy: int, attempt: int, part: int = 0
    ) -> tuple[Sample, Mapping[str, Any]]:
        pipeline = self.prepare()
        # Frames have noise of their own, as slices have; but nothing may lead from one into the next.
        whole = "images" if sample.in_time and pipeline.mixes_slices else "volume"
        given: dict[str, Any] = {
            "image": sample.image,
            whole: sample.volume,
            "mask": sample.mask,
            "value_range": sample.value_range,
            "fill": sample.fill,
            "spacing": sample.spacing,
        }
        given = {name: value for name, value in given.items() if value is not None} | dict(sample.told)
        if sample.boxes is not None:
            # The last column says which box is which; a pipeline drops those that leave the picture.
            given["bboxes"] = np.column_stack([sample.boxes, np.arange(len(sample.boxes), dtype=np.float64)])
        # Keys are text without control characters, so no other item has the key of a later draw.
        out = pipeline(**given, key=f"{key}\nattempt {attempt}" if attempt else key, copy=copy, part=part)
        boxes, names, record = sample.boxes, sample.box_labels, pipeline.record
        if record["labels"].get("added"):
            raise LabelError("a step put a box beside those of its source, which its labels have no place for")
        if boxes is not None:
            found = np.asarray(out["bboxes"], np.float64).reshape(-1, 5)
            boxes, names = found[:, :4], tuple(sample.box_labels[int(row)] for row in found[:, 4])
        if attempt:
            record["attempt"] = attempt
        if sample.soft_mask:
            record["soft_mask"] = True
        augmented = Sample(
            image=out.get("image") if sample.image is not None else None,
            volume=out[whole] if sample.volume is not None else None,
            mask=out.get("mask") if sample.mask is not None else None,
            boxes=boxes,
            box_labels=names,
            value_range=sample.value_range,
            fill=sample.fill,
            spacing=sample.spacing,
            soft_mask=sample.soft_mask,
            in_time=sample.in_time,
            source=sample.source,
        )
        return augmented, _as_stored(record)


def _as_stored(value: Any) -> Any:
    """Return a value as the ledger will give it back: fresh and stored ones must write the same bytes."""
    return json.loads(json.dumps(value, sort_keys=True, allow_nan=False))


def source_digest(item: Item) -> str:
    """Return the SHA-256 of what an item is read from: its files, in order, and its labels.

    Raises:
        UnreadableInput: A file cannot be read.
    """
    whole = hashlib.sha256()
    for path in item.files:
        if not path.is_file():  # opening a pipe would wait for somebody to write into it
            code = "not-a-file" if path.exists() else "missing"
            raise UnreadableInput(code, "there is no regular file here")
        try:
            whole.update(bytes.fromhex(hashed(path)[0]))
        except PermissionError:
            raise UnreadableInput("no-permission", "the file may not be read: permission denied") from None
        except OSError as error:
            raise UnreadableInput("unreadable", f"the file cannot be read: {error.strerror}") from None
    whole.update(json.dumps(dict(item.detail), sort_keys=True, default=str).encode())
    return whole.hexdigest()


def hashed(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, and its length."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def sealed(folder: Path, relative: Path) -> File:
    """Return what a written file is; `publish` sees to it that it is on the disk."""
    digest, size = hashed(folder / relative)
    return File(relative.as_posix(), digest, size)


def private_folder(out: Path) -> Path:
    """Return a new folder in `out` that no reader looks at and every start sweeps away."""
    return Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=out))


def set_aside(error: Exception, item: Item, copy: int | None, doing: str) -> SetAside:
    """Turn what went wrong with an item into a sentence that names neither paths nor what the file holds.

    Raises:
        OutputError: Not the item is at fault, but the disk.
        DomainAugError: Nor here, but the installation.
    """
    if isinstance(error, MemoryError) or "Insufficient memory" in str(error):
        return SetAside(item.key, "memory", f"{doing} took more memory than allowed", copy)
    if isinstance(error, UnreadableInput):
        message = str(error)
        return SetAside(item.key, error.code, message.removeprefix(f"{error.path}: "), copy)
    if isinstance(error, LabelError):
        return SetAside(item.key, "label", str(error), copy)
    if isinstance(error, ImageError):
        return SetAside(item.key, "image", str(error), copy)
    if isinstance(error, OSError) and doing == "augmenting it":
        # A source may be bad; an output that cannot be written would fail for every item.
        raise OutputError(f"the output cannot be written: {error.strerror or error}") from error
    if isinstance(error, DomainAugError):
        return SetAside(item.key, "refused", str(error), copy)
    if isinstance(error, ImportError):  # the installation is at fault, for every item
        raise DomainAugError(f"{doing} failed: {error}; install domainaug again") from error
    return SetAside(item.key, "failed", f"{doing} failed with {_place(error)}", copy)


def _place(error: BaseException) -> str:
    """Return the type of an error and where it arose; its message may quote the file, so it stays out."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
