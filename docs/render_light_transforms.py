"""Draws docs/images/transforms-ultrasound.jpg and transforms-light.jpg: one row a transform, on real pictures.

python docs/render_light_transforms.py

Ultrasound comes from pydicom and pydicom-data, the section and the fundus from scikit-image.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom.data import get_testdata_file
from skimage import data

from domainaug.pipeline import Pipeline
from domainaug.transforms import (
    AcousticClutter,
    AcousticShadow,
    DepthAttenuation,
    FundusHaze,
    LightTemperature,
    Speckle,
    StainJitter,
    UnevenLight,
)

IMAGES = Path(__file__).parent / "images"
WIDTH, GAP, CAPTION = 190, 6, 20
INK, QUIET = "#1b1f24", "#5b6570"

Array = NDArray[Any]


def opened(name: str) -> Array:
    """Return the picture of a file that ships with pydicom."""
    found = get_testdata_file(name, download=False)
    assert found is not None
    return np.asarray(pydicom.dcmread(found).pixel_array)


def tile(picture: Array, caption: str, color: str) -> Image.Image:
    """Return one captioned picture."""
    height = round(WIDTH * picture.shape[0] / picture.shape[1])
    out = Image.new("RGB", (WIDTH, height + CAPTION), "white")
    out.paste(Image.fromarray(picture).resize((WIDTH, height), Image.Resampling.LANCZOS), (0, CAPTION))
    ImageDraw.Draw(out).text((1, 3), caption, fill=color, font=ImageFont.load_default(13))
    return out


def row(transform: Any, pictures: Array, shown: int | None = None, rows: slice = slice(None)) -> list[Image.Image]:
    """Return a picture and three draws of a transform; of a cine, the frame that is shown, of each, some rows."""
    pipeline = Pipeline([transform], seed=3)
    name = "image" if shown is None else "images"
    first = pictures if shown is None else pictures[shown]
    tiles = [tile(first[rows], "before", QUIET)]
    for number in range(3):
        made = pipeline(**{name: pictures}, key=str(number))[name]
        tiles.append(
            tile((made if shown is None else made[shown])[rows], "" if number else type(transform).__name__, INK)
        )
    return tiles


def draw(name: str, rows: list[list[Image.Image]]) -> None:
    """Write a sheet of rows."""
    sheet = Image.new("RGB", (4 * WIDTH + 3 * GAP, sum(tiles[0].height for tiles in rows)), "white")
    down = 0
    for tiles in rows:
        for across, one in enumerate(tiles):
            sheet.paste(one, (across * (WIDTH + GAP), down))
        down += tiles[0].height
    target = IMAGES / name
    sheet.save(target, quality=76)
    print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Draw both pictures."""
    cine, flow, doppler = (opened(f"{name}.dcm") for name in ("examples_ybr_color", "examples_rgb_color", "color-px"))
    draw(
        "transforms-ultrasound.jpg",
        [
            row(DepthAttenuation((4, 20), p=1), cine, 15),
            row(AcousticShadow((10, 25), p=1), doppler),
            row(Speckle((0.1, 0.6), p=1), flow, rows=slice(52, 168)),  # without the letters of the clinic
            row(AcousticClutter((0.1, 0.4), p=1), cine, 15),
        ],
    )
    section, fundus = data.immunohistochemistry()[:320:2, ::2], data.retina()[::4, ::4]
    draw(
        "transforms-light.jpg",
        [
            row(StainJitter(0.4, 0.05, p=1), np.ascontiguousarray(section)),
            row(UnevenLight((0.3, 0.8), field="found", p=1), np.ascontiguousarray(fundus)),
            row(FundusHaze((0.1, 0.5), p=1), np.ascontiguousarray(fundus)),
            row(LightTemperature(90, p=1), np.ascontiguousarray(fundus)),
        ],
    )


if __name__ == "__main__":
    main()
