"""Which way the pixels of an image or a stack lie in the patient, as transforms ask for it: "SPL"."""

from __future__ import annotations

from pydicom import Dataset

from domainaug.medical.series import Series
from domainaug.transforms.orientation import letters_of

__all__ = ["orientation_in"]

_LETTERS = {"L": "L", "R": "R", "A": "A", "P": "P", "H": "S", "F": "I"}
"""Of Patient Orientation (PS3.3 C.7.6.1.1.1), to those of arrays: head and feet are up and down."""


def orientation_in(header: Dataset, series: Series, *, volume: bool) -> str | None:
    """Return toward what (slices,) rows and columns count up, a letter each; see `transforms.orientation`.

    That is by Image Orientation (Patient), and for projections, which have none, by Patient Orientation, of which the
    first letter of each axis counts: it is the one that the axis is nearest to.

    Args:
        header: Of the first image.
        series: The stack, or the image.
        volume: Whether it is taken as a volume.

    Returns:
        Three letters for a volume, two for an image; None where the header does not say.
    """
    geometry = series.geometry
    if geometry is not None:
        axes = (geometry.normal, geometry.column, geometry.row)
        return letters_of(axes if volume else axes[1:])
    orientation = series.instances[0].orientation
    if orientation is not None and not volume:
        return letters_of((orientation[3:], orientation[:3]))
    told = header.get("PatientOrientation") or ()
    pair = [str(each)[:1] for each in told] if not isinstance(told, str) else []  # of a row, of a column
    letters = "".join(_LETTERS.get(each, "") for each in pair[::-1])
    return letters if len(letters) == 2 and not volume else None
