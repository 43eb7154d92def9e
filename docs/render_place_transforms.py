"""Draws docs/images/transforms-places.jpg: poses, crops, mirrors and turns, on real slices from pydicom-data.

python docs/render_place_transforms.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from render_transforms import CAPTION, GAP, INK, QUIET, SIDE, slice_of, tile

from domainaug.pipeline import Pipeline
from domainaug.transforms import AnatomicalMirror, CropMm, Pose, Reorient

TARGET = Path(__file__).parent / "images" / "transforms-places.jpg"
HU, SOFT = (-1024.0, 3071.0), (-1000.0, 400.0)

Array = NDArray[Any]


def aside(picture: Array, by: int) -> Array:
    """Return a picture whose content lies to the right of the middle, air where it came from."""
    moved = np.roll(picture, by, axis=1)
    moved[:, :by] = picture.min()
    return moved


def marked(shown: Image.Image, place: tuple[float, float], shape: tuple[int, ...]) -> Image.Image:
    """Mark a place of the picture in a tile."""
    x, y = place[0] / shape[1] * SIDE, place[1] / shape[0] * SIDE + CAPTION
    draw = ImageDraw.Draw(shown)
    draw.line((x - 6, y, x + 6, y), fill="#d9480f", width=2)
    draw.line((x, y - 6, x, y + 6), fill="#d9480f", width=2)
    return shown


def row(transform: Any, picture: Array, caption: str, shown: tuple[float, float], **call: Any) -> list[Image.Image]:
    """Return the picture and three draws; where a body was found, its middle."""
    pipeline = Pipeline([transform], seed=8, value_range=HU, fill=float(picture.min()))
    tiles = [tile(picture, *shown, "before", QUIET)]
    for number in range(3):
        made = pipeline(image=picture, key=str(number), **call)["image"]
        one = tile(boxed(made, shown[1]), *shown, caption if number == 0 else "", INK)
        found = transform.params.get("center")
        tiles.append(marked(one, found, picture.shape) if found else one)
    return tiles


def boxed(picture: Array, white: float) -> Array:
    """Return a picture on a square, so that its shape is seen."""
    side = max(picture.shape)
    out = np.full((side, side), white, picture.dtype)
    top, left = ((side - n) // 2 for n in picture.shape)
    out[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return out


def main() -> None:
    """Draw the picture."""
    head, head_mm = slice_of("693_UNCR.dcm")
    head = np.maximum(head, -1000)
    body, body_mm = slice_of("MR-SIEMENS-DICOM-WithOverlays.dcm")
    ends = (0.0, float(np.quantile(body, 0.995)))
    far = aside(head, 36)
    rows = [
        row(Pose((15, 30), (0.9, 1.1), p=1), far, "Pose: about the body", SOFT, spacing=head_mm),
        row(Pose((15, 30), (0.9, 1.1), center="field", p=1), far, "Pose: center=field", SOFT, spacing=head_mm),
        row(Pose(0, (1.0, 1.0), shear=15, shift_mm=20, p=1), body, "Pose: shear, shift", ends, spacing=body_mm),
        row(CropMm((120, 150), "random"), body, "CropMm: 120 x 150 mm", ends, spacing=body_mm),
        row(AnatomicalMirror(pairs=[], p=1), body, "AnatomicalMirror", ends, orientation="PL"),
        row(Reorient("LA"), body, 'Reorient: to="LA"', ends, orientation="PL"),
    ]
    sheet = Image.new("RGB", (4 * SIDE + 3 * GAP, len(rows) * (SIDE + CAPTION)), "white")
    for down, tiles in enumerate(rows):
        for across, one in enumerate(tiles if down < 4 else tiles[:2]):
            sheet.paste(one, (across * (SIDE + GAP), down * (SIDE + CAPTION)))
    sheet.save(TARGET, quality=72)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
