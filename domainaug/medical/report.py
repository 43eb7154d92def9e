"""What is in a study, series by series: what it is, where it lies, what its header gives away, and what is wrong.

Values of a patient's elements are counted by kind and never kept; nothing in a report names a file or a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import UID

from domainaug.errors import UnreadableInput
from domainaug.medical.findings import SeriesFinding
from domainaug.medical.identity import carried_by
from domainaug.medical.labels.attaching import attached
from domainaug.medical.labels.belonging import origin_of
from domainaug.medical.opening import open_dicom, quiet
from domainaug.medical.series import Series
from domainaug.medical.study import FileSetAside, read_study

__all__ = ["SeriesReport", "StudyReport", "report_of"]

_PLANES = ("sagittal", "coronal", "axial")
_STRAIGHT = 0.99  # cosine of 8 degrees: a plane further off is oblique


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """One series.

    Attributes:
        key: A name that is the same on every machine and tells nobody anything.
        place: Where its first file is in the list of all files: "file-00003 and 4 more".
        modality: CT, MR ...
        sop_class: What kind of object it is, in words.
        kind: "volume", "cine" or "images".
        files: How many files.
        size: Slices or frames, rows, columns.
        spacing: Millimeters between slices, rows and columns, or between rows and columns; () where it is not known.
        plane: "axial", "coronal", "sagittal", or one of them with "oblique "; "" where nothing says.
        origin: Middle of the first pixel, mm in the patient (left, back, up), or None.
        bits: Bits a value has.
        signed: Whether values can be negative as they are stored.
        photometric: Photometric Interpretation.
        unit: What values count: "HU", "level" ...
        storable: Lowest and highest value that can be stored.
        observed: Lowest and highest value there is, where pixels were looked at; else None.
        syntaxes: How its files are written, in words.
        identity: How many elements of each kind that may tell who was imaged hold something, in any of its files.
        findings: Everything its user should know.
        labels: Segmentations and structure sets that go with it, and their places: "RTSTRUCT (file-00041)".
    """

    key: str
    place: str
    modality: str
    sop_class: str
    kind: str
    files: int
    size: tuple[int, int, int]
    spacing: tuple[float, ...]
    plane: str
    origin: tuple[float, float, float] | None
    bits: int
    signed: bool
    photometric: str
    unit: str
    storable: tuple[float, float]
    observed: tuple[float, float] | None
    syntaxes: tuple[str, ...]
    identity: Mapping[str, int]
    findings: tuple[SeriesFinding, ...]
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        size = " x ".join(map(str, self.size[1:] if self.kind == "images" else self.size))
        spacing = f", {' x '.join(f'{step:.4g}' for step in self.spacing)} mm" if self.spacing else ""
        lines = [
            f"{self.modality} {self.kind}, {self.plane + ', ' if self.plane else ''}{size}{spacing}  ({self.place})",
            f"  {self.sop_class}; {', '.join(self.syntaxes)}",
            f"  {self.photometric}, {self.bits} bits{', signed' if self.signed else ''}; "
            + f"{self.unit} from {self.storable[0]:g} to {self.storable[1]:g} can be stored"
            + (f", {self.observed[0]:g} to {self.observed[1]:g} is there" if self.observed else ""),
        ]
        if self.identity:
            lines.append("  identity: " + ", ".join(f"{kind} {count}" for kind, count in self.identity.items()))
        if self.labels:
            lines.append("  labels: " + ", ".join(self.labels))
        lines += [f"  {'! ' if one.refuses else ''}{one.code}: {one.told()}" for one in self.findings]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class StudyReport:
    """A study, or whatever else was looked at.

    Attributes:
        patients: How many patients there are, as far as their numbers tell.
        studies: How many studies.
        series: What was found, in an order that names of files do not decide.
        set_aside: Files that are neither images that can be augmented nor labels of any.
        left_alone: How many files are not DICOM.
    """

    patients: int
    studies: int
    series: tuple[SeriesReport, ...]
    set_aside: tuple[FileSetAside, ...] = ()
    left_alone: int = 0

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many files were set aside for each reason, by code, the most frequent first."""
        return dict(Counter(one.code for one in sorted(self.set_aside, key=lambda each: each.code)).most_common())

    @property
    def clean(self) -> bool:
        """Whether no series is refused as it is, and no file was set aside."""
        return not self.set_aside and not any(one.refuses for series in self.series for one in series.findings)

    def __str__(self) -> str:
        lines = [f"{_many(self.patients, 'patient')}, {_many(self.studies, 'study')}, {len(self.series)} series"]
        lines += map(str, self.series)
        lines += [f"set aside, file-{one.index:05d}: {one.code}: {one.reason}" for one in self.set_aside]
        if self.set_aside:
            reasons = ", ".join(f"{count} {code}" for code, count in self.reasons.items())
            lines.append(f"set aside: {_many(len(self.set_aside), 'file')} ({reasons})")
        if self.left_alone:
            lines.append(f"left alone: {_many(self.left_alone, 'file')} of another kind")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return {
            "patients": self.patients,
            "studies": self.studies,
            "series": [_as_dict(one) for one in self.series],
            "set_aside": [
                {"file": f"file-{one.index:05d}", "code": one.code, "reason": one.reason} for one in self.set_aside
            ],
            "reasons": dict(self.reasons),
            "left_alone": self.left_alone,
            "clean": self.clean,
        }


def report_of(source: Path | str | Iterable[Path | str], *, pixels: bool = False) -> StudyReport:
    """Look through a folder, a zip file, a file, a DICOMDIR, or a list of files.

    Args:
        source: Where to look, as for `read_study`.
        pixels: Whether to look at pixels too, for the range of values that is there.

    Raises:
        UnreadableInput: There is no such file or folder.
    """
    study = read_study(source)
    places = {path: index for index, path in enumerate(study.files, start=1)}
    instances = [one for series in study.series for one in series.instances]
    labels, set_aside = attached(study.set_aside, study.series)
    return StudyReport(
        patients=len({one.patient or one.study_uid for one in instances}),
        studies=len({one.study_uid for one in instances}),
        series=tuple(_report(series, places, labels.get(series.key, ()), pixels) for series in study.series),
        set_aside=tuple(set_aside),
        left_alone=len(study.left_alone),
    )


def _report(series: Series, places: Mapping[Path, int], labels: Iterable[Path], pixels: bool) -> SeriesReport:
    first = series.instances[0]
    files = series.files
    place = f"file-{min(places[path] for path in files):05d}"
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    low, high = series.value_range
    findings, observed = series.findings, None
    if pixels:
        try:
            values = series.pixels()
            observed = float(values.min()), float(values.max())
        except UnreadableInput as error:
            message = str(error).removeprefix(f"{error.path}: ")
            findings = (*findings, SeriesFinding(error.code, message, refuses=True))
    return SeriesReport(
        key=series.key,
        place=place + more,
        modality=series.modality,
        sop_class=UID(series.sop_class_uid).name,
        kind=series.kind,
        files=len(files),
        size=series.size,
        spacing=series.voxel_spacing or (),
        plane=_plane(first.orientation),
        origin=first.position,
        bits=first.storage.stored,
        signed=first.storage.signed,
        photometric=series.photometric,
        unit="color" if series.color else series.unit,
        storable=(float(low), float(high)),
        observed=observed,
        syntaxes=tuple(UID(syntax).name for syntax in series.transfer_syntaxes),
        identity=_identity(files),
        findings=findings,
        labels=tuple(f"{_kind(path)} (file-{places[path]:05d})" for path in labels),
    )


def _plane(orientation: tuple[float, ...] | None) -> str:
    """Return the anatomical plane that slices lie nearest to."""
    if orientation is None:
        return ""
    normal = np.abs(np.cross(orientation[:3], orientation[3:]))
    axis = int(np.argmax(normal))
    return _PLANES[axis] if normal[axis] >= _STRAIGHT else f"oblique {_PLANES[axis]}"


def _identity(files: Iterable[Path]) -> dict[str, int]:
    """Return how many elements of each kind hold something, in any of the files."""
    found: set[tuple[str, str]] = set()
    for path in files:
        with quiet():
            found.update(carried_by(open_dicom(path, pixels=False)))
    kinds = [kind for kind, _ in found]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def _kind(path: Path) -> str:
    """Return what labels are called: SEG, RTSTRUCT."""
    origin = origin_of(path)
    return "" if origin is None else origin.kind.upper()


def _many(count: int, what: str) -> str:
    if count == 1:
        return f"1 {what}"
    return f"{count} {what[:-1]}ies" if what.endswith("y") else f"{count} {what}s"


def _as_dict(one: SeriesReport) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in one.__slots__}
    plain.update(
        size=list(one.size),
        spacing=list(one.spacing),
        origin=None if one.origin is None else list(one.origin),
        storable=list(one.storable),
        observed=None if one.observed is None else list(one.observed),
        syntaxes=list(one.syntaxes),
        identity=dict(one.identity),
        labels=list(one.labels),
        findings=[{"code": each.code, "message": each.message, "refuses": each.refuses} for each in one.findings],
    )
    return plain
