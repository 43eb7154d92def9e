"""DICOM studies: stacks as volumes, frames in time by one draw, radiographs and single slices image by image.

Segmentations and structure sets go with the series they were drawn on; see `study_labels`.

Nothing that names a patient leaves the DICOM files. Items are named after hashes of UIDs; a file that is set
aside, or why an item is, is told by its place in the sorted list of files, because a file's name may name a patient
too: file-00003 is `domainaug.medical.read_study(source).files[2]`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from domainaug.errors import ImageError, LabelError, UnreadableInput
from domainaug.layouts.layout import Item, Sample, Scan, SetAside, Stamp
from domainaug.layouts.study_labels import StudyLabels
from domainaug.layouts.study_nifti import no_nifti, write_as_nifti
from domainaug.medical.findings import SeriesFinding
from domainaug.medical.instance import Instance, short_hash
from domainaug.medical.labels.attaching import attached
from domainaug.medical.loading import Loaded, load
from domainaug.medical.lying import orientation_in
from domainaug.medical.opening import has_marker
from domainaug.medical.phase_encode import phase_axis
from domainaug.medical.remarks import DERIVED_HERE
from domainaug.medical.repeats import together
from domainaug.medical.series import Series
from domainaug.medical.slicewise import Each, new_pixels, write_files
from domainaug.medical.straighten import refusal_of
from domainaug.medical.study import read_study
from domainaug.medical.terms import Terms
from domainaug.medical.view import View
from domainaug.medical.writer import NewPixels, count_of, derived_files, files_of

__all__ = ["DicomStudy", "PlacedItem"]

_LOOKED_AT = 200  # files looked into before a folder counts as something else


@dataclass(frozen=True, slots=True)
class PlacedItem(Item):
    """An item that knows where its files are in the list of all files.

    Attributes:
        place: "file-00003", or "file-00003 and 4 more": tells a person which files it is, and is no part of what it
            is, because it changes when a file is added.
    """

    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class DicomStudy:
    """Reads DICOM series and writes derived ones.

    Attributes:
        allow: Codes of findings ("missing-slice", "gantry-tilt" ...) that set a stack aside and are accepted. A stack
            whose geometry they make wrong is straightened first, see `domainaug.medical.straighten`.
            With "burned-in-unknown", content of images of which nothing says whether they hold text may move.
        format: What copies are written as: "dicom", or "nifti", see `study_nifti`.
        private: Private creators whose elements copies keep.
        study_salt: Copies lie in studies of their own, named by hashes of their sources' and this, if not None.
        name: The name of the layout.
        formats: What `format` may be.
    """

    allow: frozenset[str] = frozenset()
    format: str = "dicom"
    private: frozenset[str] = frozenset()
    study_salt: str | None = None
    name: str = "dicom-study"
    formats: ClassVar[tuple[str, ...]] = ("dicom", "nifti")

    def recognizes(self, source: Path) -> bool:
        """Return whether `source` is a DICOM file, or a folder with one among its names or first files."""
        if source.is_file():
            return has_marker(source) or source.suffix.lower() in (".dcm", ".dicom")
        files = [path for path in source.rglob("*") if path.is_file()]
        if any(path.suffix.lower() in (".dcm", ".dicom") or path.name == "DICOMDIR" for path in files):
            return True
        return any(map(has_marker, sorted(files)[:_LOOKED_AT]))

    def scan(self, source: Path) -> Scan:
        """List every stack, and every image that is not in one."""
        study = read_study(source)
        groups = _groups(study.series)
        places = {path: _named(place) for place, path in enumerate(study.files, start=1)}
        items: list[Item] = []
        augmented = [series for series in study.series if self._refusal(series) is None]
        labels, left = attached(study.set_aside, augmented, self.allow)
        aside = [SetAside(_named(one.index), one.code, one.reason) for one in left]
        shared = together([series.instances for series in study.series])
        for series, draw in zip(study.series, shared, strict=True):
            group = groups[_patient(series.instances[0])]
            refusal = self._refusal(series)
            own = labels.get(series.key, [])
            if series.kind == "images" and refusal is None:
                items.extend(_item("image", Series.of([one]), group, places, own) for one in series.instances)
            elif refusal is not None:
                reason = f"{_place(series.files, places)}: {refusal.told()}"
                aside.append(SetAside(f"series-{series.key}", refusal.code, reason))
            else:
                kind = "cine" if series.kind == "cine" else "series"
                items.append(_item(kind, series, group, places, own, together=draw))
        return Scan(tuple(sorted(items, key=lambda item: item.key)), tuple(aside), ignored=len(study.left_alone))

    def _refusal(self, series: Series) -> SeriesFinding | None:
        """Return why a stack is set aside, or None; images that are no stack are taken one by one."""
        unfit = no_nifti(series) if self.format == "nifti" else None
        if DERIVED_HERE not in self.allow:
            unfit = next((one for one in series.findings if one.code == DERIVED_HERE), unfit)
        if series.kind == "images":
            return unfit
        return refusal_of(series, self.allow) or unfit

    def read(self, item: Item) -> Sample:
        """Read one stack or image, in physical units, dark to bright, and the labels that belong to it.

        Raises:
            UnreadableInput: It, or its labels, cannot be read, or is not what it was when it was listed.
        """
        loaded = _load(item, self.allow)
        view = loaded.view
        volume = bool(item.detail["volume"])
        cine = view.series.kind == "cine"
        whole = cine or self.format != "dicom"
        kind = _Volume if volume and not whole else Sample
        sample = kind(
            image=None if volume else view.seen()[0],
            value_range=(view.low, view.high),
            fill=view.fill,
            spacing=view.series.voxel_spacing if volume else view.series.spacing,
            told=_told_of(loaded.headers[0], view.series, volume=volume),
            beside=_labels(item, view.series, volume=volume),
            gridded=True,
            prepared=_prepared(loaded),
            source=loaded,
        )
        if volume and whole:
            sample.volume, sample.in_time = view.seen(), cine
        return sample

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write a derived series into `series-<hash>/copy-<n>/`, `cine-<hash>/copy-<n>/` or `image-<hash>/copy-<n>/`.

        Raises:
            domainaug.errors.LabelError: The copy would say something untrue of its side, or move burned-in text.
            domainaug.errors.ImageError: Its pixels do not fit the grid of the source.
        """
        if self.format == "nifti":
            series = sample.source.view.series
            return write_as_nifti(sample, series, stamp, folder, Path(item.key, f"copy-{stamp.copy}"))
        terms = Terms(self.allow, self.private, self.study_salt)
        if isinstance(sample.source, _Made):
            loaded = sample.source.loaded
            files = files_of(loaded, sample.source.pixels, stamp, terms)
        else:
            loaded = sample.source if isinstance(sample.source, Loaded) else _load(item, self.allow)
            files = derived_files(loaded, _seen(sample, item), stamp, terms)
        place = Path(item.key, f"copy-{stamp.copy}")
        (folder / place).mkdir(parents=True, exist_ok=True)
        names = tuple(place / f"IM{number:04d}.dcm" for number in range(1, count_of(loaded, stamp) + 1))
        try:
            write_files(files, [folder / name for name in names])
        except (ImageError, LabelError) as error:
            raise type(error)(f"{_told(item)}: {error}") from error
        if sample.beside is None:
            return names
        beside = sample.beside.write([folder / name for name in names], folder / place, stamp)
        return (*names, *(place / name for name in beside))

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write nothing: a series describes itself."""
        return ()


def _prepared(loaded: Loaded) -> dict[str, Any]:
    """Return what was done to a stack that is no volume, as the ledger keeps it."""
    if loaded.places is None:
        return {}
    first = loaded.opened[0].instance
    size = [len(loaded.opened), first.rows, first.columns]
    return {"straightened": loaded.places[0].why, "from": size, "to": list(loaded.view.series.size)}


def _told_of(header: Dataset, series: Series, *, volume: bool) -> dict[str, str]:
    """Return what headers say that steps may ask for."""
    told = {"phase_axis": phase_axis(header), "orientation": orientation_in(header, series, volume=volume)}
    return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Made:
    """The pixels of a copy, and what they were made from."""

    loaded: Loaded
    pixels: NewPixels


class _Volume(Sample):
    """A volume that is shown whole to whoever asks for it, and else goes through a few slices at a time: `Sliced`."""

    __slots__ = ("_shown",)
    _shown: NDArray[Any] | None

    @property
    def _view(self) -> View:
        loaded: Loaded = self.source
        return loaded.view

    @property
    def volume(self) -> NDArray[Any] | None:
        """(D, H, W), made when somebody asks."""
        if self._shown is None:
            self._shown = self._view.seen()
        return self._shown

    @volume.setter
    def volume(self, shown: NDArray[Any] | None) -> None:
        self._shown = shown

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return self._view.series.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that it is shown in."""
        return self._view.dtype

    def replaced(self, each: Each, *, moved: bool, keep: bool) -> Sample:
        """Return a copy, every slice of it made by `each`."""
        return Sample(source=_Made(self.source, new_pixels(self.source, each, moved=moved, keep=keep)))


def _seen(sample: Sample, item: Item) -> NDArray[Any]:
    """Return what is to be written, (slices, rows, columns), and samples of color."""
    if sample.volume is not None:
        return sample.volume
    if sample.image is None:
        raise ImageError(f"{item.key}: there is neither an image nor a volume to write")
    image = np.asarray(sample.image)
    return image[None] if image.ndim == 2 or image.shape[2] > 1 else image[None, ..., 0]


def _named(place: int) -> str:
    return f"file-{place:05d}"


def _place(files: tuple[Path, ...], places: Mapping[Path, str]) -> str:
    first = min(places[path] for path in files)
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"


def _told(item: Item) -> str:
    """Tell a person which files an item is, without their names."""
    return item.place if isinstance(item, PlacedItem) else item.key


def _item(
    kind: str,
    series: Series,
    group: str,
    places: Mapping[Path, str],
    labels: Sequence[Path] = (),
    *,
    together: tuple[str, int] | None = None,
) -> PlacedItem:
    """Return an item; its files are those of the images, and behind them those of its labels."""
    codes = [finding.code for finding in series.findings]
    detail: dict[str, Any] = {"volume": kind != "image", "modality": series.modality, "findings": codes}
    if series.modality == "CT":
        detail["unit"] = series.unit
    if labels:
        detail["labels"] = len(labels)
    if together is not None:
        detail["together"] = list(together)
    if series.chosen is not None:
        detail["frames"] = list(series.chosen)
    files = (*series.files, *labels)
    return PlacedItem(f"{kind}-{series.key}", files, group, detail, _place(series.files, places))


def _split(item: Item) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the files of images and those of labels."""
    images = len(item.files) - int(item.detail.get("labels", 0))
    return item.files[:images], item.files[images:]


def _labels(item: Item, series: Series, *, volume: bool) -> StudyLabels | None:
    _, files = _split(item)
    if not files:
        return None
    try:
        return StudyLabels.read(files, series, volume=volume)
    except UnreadableInput as error:
        raise UnreadableInput(error.code, f"{_told(item)}: {error}") from None


def _load(item: Item, allow: Collection[str]) -> Loaded:
    try:
        loaded = load(_split(item)[0], chosen=item.detail.get("frames"))
        if item.detail["volume"]:
            loaded = loaded.straightened(allow)
    except UnreadableInput as error:
        message = str(error).removeprefix(f"{error.path}: ")
        raise UnreadableInput(
            error.code, f"{_told(item)}: {message}"
        ) from None  # without the path: it may name a patient
    if not item.key.endswith(loaded.key):
        raise UnreadableInput("changed", f"{_told(item)}: its files changed after they were listed")
    return loaded


def _patient(instance: Instance) -> str:
    return instance.patient or f"study-{instance.study_uid}"


def _groups(everything: tuple[Series, ...]) -> dict[str, str]:
    """Name each patient after the first of their studies: a hash of a short Patient ID could be guessed."""
    studies: dict[str, set[str]] = {}
    for instance in _instances(everything):
        studies.setdefault(_patient(instance), set()).add(instance.study_uid)
    return {patient: f"patient-{short_hash('group', min(uids))}" for patient, uids in studies.items()}


def _instances(everything: tuple[Series, ...]) -> Iterator[Instance]:
    for series in everything:
        yield from series.instances
