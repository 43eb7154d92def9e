"""Which files of a study are labels of which of its series: segmentations and structure sets, by their headers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from domainaug.errors import LabelError, UnreadableInput
from domainaug.medical.labels.belonging import belonging, origin_of
from domainaug.medical.labels.grid import Grid
from domainaug.medical.labels.model import Labels, Origin
from domainaug.medical.opening import open_dicom
from domainaug.medical.remarks import DERIVED_HERE, SAID
from domainaug.medical.series import Series
from domainaug.medical.straighten import upright
from domainaug.medical.study import FileSetAside

__all__ = ["attached"]

_NOT_AN_IMAGE = "not-augmented-class"


def attached(
    set_aside: Iterable[FileSetAside], everything: Sequence[Series], allow: Collection[str] = ()
) -> tuple[dict[str, list[Path]], list[FileSetAside]]:
    """Return the label files of each series, by its key, and the files that stay set aside.

    Args:
        set_aside: Files that are no images.
        everything: The series that are augmented.
        allow: Findings that were accepted; a series is straightened where that mends them.
    """
    found: dict[str, list[Path]] = {}
    left: list[FileSetAside] = []
    for one in set_aside:
        if one.code != _NOT_AN_IMAGE:
            left.append(one)
            continue
        try:
            origin = origin_of(one.path)
            if origin is None:
                left.append(one)
                continue
            if _of_a_copy(one.path, origin, everything):
                left.append(replace(one, code=DERIVED_HERE, reason=SAID[DERIVED_HERE]))
                continue
            series = belonging(Labels(origin=origin), everything)
            Grid.of_series(upright(series, allow))
            if not series.instances[0].frame_of_reference_uid:
                raise LabelError(
                    "the images it belongs to name no frame of reference, so it cannot be written for a copy"
                )
        except UnreadableInput as error:
            left.append(replace(one, code=error.code, reason=str(error).removeprefix(f"{one.path}: ")))
        except LabelError as error:
            left.append(replace(one, code="label", reason=str(error)))
        else:
            found.setdefault(series.key, []).append(one.path)
    return found, left


def _of_a_copy(path: Path, origin: Origin, everything: Sequence[Series]) -> bool:
    """Return whether labels were written here for images that are not augmented.

    They may share coordinates with the source of these images, and are not its labels.
    """
    known = {one.sop_instance_uid for series in everything for one in series.instances}
    if not origin.image_uids or known & origin.image_uids:
        return False
    return str(open_dicom(path, pixels=False).get("Manufacturer", "")) == "domainaug"
