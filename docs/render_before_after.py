"""Draws docs/images/chest-radiograph.jpg, the picture of the README, from a real radiograph in pydicom-data.

python docs/render_before_after.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from domainaug import augment
from domainaug.demo import pictures
from domainaug.demo.material import gather
from domainaug.demo.tour import draws

TARGET = Path(__file__).parent / "images" / "chest-radiograph.jpg"
SIDE, GAP, CAPTION = 250, 8, 30
INK, QUIET, WRONG, RIGHT = "#1b1f24", "#5b6570", "#b42318", "#1a7f4b"


def tile(picture: np.ndarray, title: str, color: str) -> Image.Image:
    """Return one captioned picture."""
    out = Image.new("RGB", (SIDE, SIDE + CAPTION), "white")
    square = Image.fromarray(picture).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    out.paste(square, (0, CAPTION))
    ImageDraw.Draw(out).text((1, 7), title, fill=color, font=ImageFont.load_default(14))
    return out


def main() -> None:
    """Draw the picture."""
    with tempfile.TemporaryDirectory() as scratch:
        station = gather(Path(scratch) / "source")[0]
        out = Path(scratch) / "out"
        augment(station.source, out, profile=station.profile, copies=3, seed=7)
        values, inverted = pictures.load(next(station.source.glob("*.dcm")))
        window = pictures.window_of(values)
        before = pictures.shown(values, window, inverted=inverted)
        copies = [
            pictures.shown(pictures.load(path)[0], window, inverted=inverted) for path in sorted(out.rglob("*.dcm"))
        ]
    small = np.ascontiguousarray(before[::3, ::3])
    spoiled = [made for made, names in draws(small, wanted=12) if "ShiftScaleRotate" in names or "Flip" in names][:3]
    top = [tile(before, "a chest radiograph", INK)]
    top += [tile(made, title, WRONG) for made, title in zip(spoiled, ("a common pipeline", "", ""), strict=True)]
    bottom = [Image.new("RGB", (SIDE, SIDE + CAPTION), "white")]
    bottom += [tile(made, title, RIGHT) for made, title in zip(copies, ("domainaug", "", ""), strict=True)]
    sheet = Image.new("RGB", (4 * SIDE + 3 * GAP, 2 * (SIDE + CAPTION)), "white")
    for row, tiles in enumerate((top, bottom)):
        for column, one in enumerate(tiles):
            sheet.paste(one, (column * (SIDE + GAP), row * (SIDE + CAPTION)))
    lines = (
        "the same patient:",
        "heart on the left,",
        "nothing hidden or bleached,",
        "valid derived DICOM,",
        "a record of what was done",
    )
    pen = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        pen.text((1, SIDE + 2 * CAPTION + 60 + 20 * number), line, fill=QUIET, font=ImageFont.load_default(14))
    TARGET.parent.mkdir(exist_ok=True)
    sheet.save(TARGET, quality=85)
    print(TARGET)


if __name__ == "__main__":
    main()
