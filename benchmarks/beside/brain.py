"""The volume that everybody is given: a head in the wheel of nibabel, with air that is 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BODY", "LEVEL", "SPACING", "brain"]

Volume = NDArray[np.float32]

SPACING = (2.2, 2.0, 2.0)
"""Millimeters between slices, rows and columns."""

LEVEL = 700.0
"""What bright tissue measures; the 99th percentile of the volume is 690."""

BODY = 60.0
"""Values above this are tissue."""


def brain() -> Volume:
    """Return example4d.nii.gz, its first moment, as (slices, rows, columns), front up; 24 x 96 x 128."""
    import nibabel

    place = Path(str(nibabel.__file__)).parent / "tests/data/example4d.nii.gz"
    loaded: Any = nibabel.load(place)
    values = np.asarray(loaded.dataobj[..., 0], np.float32)
    return np.ascontiguousarray(values.transpose(2, 1, 0)[:, ::-1])
