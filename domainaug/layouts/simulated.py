"""Rendered variants are no data set: their masks, depths and clean doubles would be taken for photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["is_simulated"]

_TELLING: Final = (("rig.json",), ("clean.png", "labels.json"), ("image.json", "image.png"))
"""Files of a variant of a street, of a part, of a radiograph that is no DICOM."""


def is_simulated(folder: Path) -> bool:
    """Whether a folder is what `domainaug simulate` wrote, and its pictures are not alone in it.

    Args:
        folder: Any folder, or a file, which is none.
    """
    for first, *others in _TELLING:
        found = next(folder.glob(f"variants/*/{first}"), None)
        if found is not None and all(found.with_name(other).is_file() for other in others):
            return True
    return False
