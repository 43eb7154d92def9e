"""Scan regions of a DICOM ultrasound object: found in the picture, within what its header says.

The header's Sequence of Ultrasound Regions (PS3.3 C.8.5.5) gives rectangles around each view, and how many
centimeters a pixel is; the fan within a rectangle is found in the picture. So two views side by side are two
regions, which the picture alone does not tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import ImageError
from domainaug.transforms.scan_region import ScanRegion, scan_region

__all__ = ["ScanRegion", "TaggedRegion", "scan_region", "tagged_regions"]

_TWO_DIMENSIONAL = 1  # Region Spatial Format
_ECHOES = (1, 2)  # Region Data Type: tissue, color flow
_CENTIMETERS = 3  # Physical Units


@dataclass(frozen=True, eq=False)
class TaggedRegion:
    """A scan region and the size of its pixels.

    Attributes:
        region: Of the whole picture.
        spacing: Millimeters from one pixel to the next, (rows, columns); None where the header does not say.
    """

    region: ScanRegion
    spacing: tuple[float, float] | None


def tagged_regions(dataset: Any, frames: NDArray[Any], *, cine: bool = False) -> list[TaggedRegion]:
    """Return the regions of an object in which there are echoes, each found within its rectangle.

    Args:
        dataset: The header, a pydicom Dataset.
        frames: Its decoded picture, (height, width[, channels]); with `cine` (frames, height, width[, channels]).
        cine: As of `scan_region`.

    Returns:
        One for each view, in the order of the header; the one of the whole picture where the header tells none.

    Raises:
        ImageError: A rectangle lies outside the picture, or the picture is none.
    """
    views = [each for each in dataset.get("SequenceOfUltrasoundRegions") or () if _shows_echoes(each)]
    if not views:
        told = dataset.get("PixelSpacing")
        return [TaggedRegion(scan_region(frames, cine=cine), (float(told[0]), float(told[1])) if told else None)]
    return [TaggedRegion(_within(frames, view, cine), _spacing(view)) for view in views]


def _shows_echoes(view: Any) -> bool:
    return view.get("RegionSpatialFormat") == _TWO_DIMENSIONAL and view.get("RegionDataType") in _ECHOES


def _spacing(view: Any) -> tuple[float, float] | None:
    """Return the size of pixels, which the header gives in cm, and negative where an axis points back."""
    if not view.get("PhysicalUnitsXDirection") == view.get("PhysicalUnitsYDirection") == _CENTIMETERS:
        return None
    rows, columns = (abs(float(view.get(name) or 0)) * 10 for name in ("PhysicalDeltaY", "PhysicalDeltaX"))
    return (rows, columns) if rows and columns else None


def _within(frames: NDArray[Any], view: Any, cine: bool) -> ScanRegion:
    """Return the region in a rectangle of the header, in pixels of the whole picture."""
    height, width = frames.shape[1:3] if cine else frames.shape[:2]
    left, top = int(view.RegionLocationMinX0), int(view.RegionLocationMinY0)
    right, bottom = int(view.RegionLocationMaxX1) + 1, int(view.RegionLocationMaxY1) + 1
    if not (0 <= left < right and 0 <= top < bottom and left < width and top < height):
        raise ImageError(
            f"an ultrasound region of the header runs from ({left}, {top}) to ({right}, {bottom}), and the picture has "
            f"{width} x {height} pixels: the header is of another picture, or damaged"
        )
    right, bottom = min(right, width), min(bottom, height)
    rows, columns = slice(top, bottom), slice(left, right)
    found = scan_region(frames[:, rows, columns] if cine else frames[rows, columns], cine=cine)
    mask = np.zeros((height, width), bool)
    mask[top:bottom, left:right] = found.mask
    box = (found.box[0] + left, found.box[1] + top, found.box[2] + left, found.box[3] + top)
    apex = None if found.apex is None else (found.apex[0] + left, found.apex[1] + top)
    return replace(found, mask=mask, box=box, apex=apex)
