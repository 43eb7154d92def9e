"""Copies of DICOM series written as NIfTI, for training: one image a copy, its segmentations as label maps on its grid.

Nothing of a DICOM header is written but where voxels lie. Numbers in a label map are those of the segments; their names
are free text, may name a patient, and stay in the DICOM files.
"""

from __future__ import annotations

from pathlib import Path

from domainaug.errors import LabelError
from domainaug.kernels.regrid import Regrid
from domainaug.layouts.layout import Sample, Stamp
from domainaug.layouts.study_labels import StudyLabels
from domainaug.medical.deeds import effects_in, is_mirrored
from domainaug.medical.findings import SeriesFinding
from domainaug.medical.grid import Grid
from domainaug.medical.labels.model import Labels
from domainaug.medical.labels.sides import swapped_name
from domainaug.medical.nifti_export import image_of, label_map
from domainaug.medical.series import Series

__all__ = ["no_nifti", "write_as_nifti"]


def no_nifti(series: Series) -> SeriesFinding | None:
    """Return why a series cannot be written as NIfTI, or None."""
    if series.kind != "volume":
        return SeriesFinding("not-a-volume", "it is no stack of slices; write copies of it as DICOM")
    if any(one.burned_in for one in series.instances):
        return SeriesFinding("burned-in", "text is burned into its pixels and would leave the DICOM files with them")
    return None


def write_as_nifti(sample: Sample, series: Series, stamp: Stamp, folder: Path, place: Path) -> tuple[Path, ...]:
    """Write a copy into `folder / place`, and return the files, relative to `folder`, the image first.

    Args:
        sample: The copy.
        series: What it was made from, as it was shown.
        stamp: The run.
        folder: Private to this call.
        place: Where in it.

    Raises:
        domainaug.errors.LabelError: A label would say something untrue.
    """
    assert sample.volume is not None
    grid = Grid.of_series(series)
    if "grid" in stamp.record:
        grid = grid.seen_through(Regrid.of_record(stamp.record["grid"]).map)
    run = f"{stamp.profile} {stamp.profile_version}, seed {stamp.seed}, copy {stamp.copy}"
    image = image_of(sample.volume, grid)
    image = image.with_stored(image.stored, description=f"domainaug {stamp.version}: {run}")
    (folder / place).mkdir(parents=True, exist_ok=True)
    image.write(folder / place / "image.nii.gz")
    written = [place / "image.nii.gz"]
    beside: StudyLabels | None = sample.beside  # type: ignore[assignment]
    for name, labels in () if beside is None else zip(beside.names(), beside.labels, strict=True):
        if is_mirrored(effects_in(stamp.record)):
            _refuse_unpaired(labels)
        found = label_map(labels, grid)
        if found is not None:
            found.write(folder / place / f"{name}.nii.gz")
            written.append(place / f"{name}.nii.gz")
    return tuple(written)


def _refuse_unpaired(labels: Labels) -> None:
    """Refuse what has another name in a mirrored patient: a label map holds numbers only."""
    names = {one.name.casefold() for one in labels.segments}
    for one in labels.segments:
        if one.side and swapped_name(one.name).casefold() not in names:
            raise LabelError(
                f"the patient is mirrored, and segment {one.number} is of one side without its pair: a label map keeps "
                "its number, which would then name the other side; write DICOM, or leave mirrors out"
            )
