"""Which way the axes of an array point in the patient, in letters: "SPL" for axial slices from the feet up.

One letter an axis, (slices, rows, columns), says toward what the index grows: L and R, A and P (front and back), S and
I (head and feet). The last two are those of a picture. An axis that lies between two has the letter it is nearest to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug.errors import ImageError

__all__ = ["AXES", "checked_orientation", "letters_of", "opposite", "orientation_of", "place_of", "turned"]

AXES: Mapping[str, str] = {"left-right": "LR", "anterior-posterior": "AP", "superior-inferior": "SI"}
"""What an axis of the body is called, and the letters of its ends."""

_OPPOSITE = dict(zip("LRAPSI", "RLPAIS", strict=True))
_TOWARD = ("LR", "PA", "SI")  # the letters of +x and -x, +y and -y, +z and -z in DICOM's axes


def checked_orientation(owner: str, value: Any) -> str:
    """Return an orientation in capitals.

    Raises:
        ValueError: It is not two or three letters, one of each axis of the body.
    """
    letters = value.upper() if isinstance(value, str) else ""
    axes = {"".join(sorted((letter, _OPPOSITE.get(letter, "")))) for letter in letters}
    if len(letters) not in (2, 3) or len(axes) != len(letters) or not set(letters) <= set(_OPPOSITE):
        raise ValueError(
            f"{owner}: orientation: toward what (slices,) rows and columns count up is needed, a letter each, L or R, "
            f'A or P, S or I, such as "SPL" for axial slices, got {value!r}'
        )
    return letters


def orientation_of(owner: str, data: Mapping[str, Any], own: str, axes: int) -> str:
    """Return the orientation of a picture (2 axes) or volume (3), as the call says it or the transform was told.

    Raises:
        ImageError: Neither says, or it says too little.
        ValueError: What the call says is no orientation.
    """
    for told in (data.get("orientation"), None if own == "auto" else own):
        if told is not None and len(letters := checked_orientation(owner, told)) >= axes:
            return letters[-axes:]
    raise ImageError(
        f"{owner} has to know which way the {axes} axes of the array point in the patient: pass "
        'orientation="SPL" (toward what slices, rows and columns count up; "PL" for a picture) to the call or to the '
        "transform; DICOM and NIfTI images say it themselves in a run"
    )


def place_of(axis: str, orientation: str) -> int | None:
    """Return which letter of an orientation runs along an axis of the body, or None."""
    return next((at for at, letter in enumerate(orientation) if letter in AXES[axis]), None)


def opposite(letter: str) -> str:
    """Return the letter of the other end."""
    return _OPPOSITE[letter]


def turned(have: str, want: str) -> NDArray[np.float64] | None:
    """Return what brings an array of one orientation into another: (n, n), output index to input index, but for ends.

    Args:
        have: That of the array.
        want: That of the result.

    Returns:
        Row i holds, for axis i of the input, 1 or -1 in the column of the axis of the output that runs along it, both
        in the order x, y(, z), the last letter first; None where an axis of one is not in the other.
    """
    matrix = np.zeros((len(have), len(want)))
    for row, letter in enumerate(have[::-1]):
        for column, wanted in enumerate(want[::-1]):
            if letter in (wanted, _OPPOSITE[wanted]):
                matrix[row, column] = 1.0 if letter == wanted else -1.0
    return matrix if np.abs(matrix).sum() == len(have) == len(want) else None


def letters_of(directions: ArrayLike) -> str:
    """Return the orientation of axes given as vectors, (n, 3) in DICOM's axes (left, back, up), slices first.

    Each gets the letter it is nearest to, of those that are left, the surest first.
    """
    vectors = np.array(directions, np.float64)
    sizes = np.abs(vectors) / np.linalg.norm(vectors, axis=1, keepdims=True)
    letters = [""] * len(vectors)
    for _ in vectors:
        at, along = np.unravel_index(int(sizes.argmax()), sizes.shape)
        letters[at] = _TOWARD[along][0 if vectors[at, along] > 0 else 1]
        sizes[at, :], sizes[:, along] = -1.0, -1.0
    return "".join(letters)
