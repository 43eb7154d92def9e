"""Draws docs/images/defects.jpg: drawn defects and their masks on photographs that ship inside scikit-image.

python docs/render_defects.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage import data

from domainaug.manufacturing import (
    Foreground,
    Gate,
    Lighting,
    Part,
    Relight,
    Response,
    Site,
    draw_defect,
    find_part,
    kind,
)

TARGET = Path(__file__).parent / "images" / "defects.jpg"
SHOWN, SIDE, CAPTION, GAP = 110, 250, 22, 6  # pixels of a picture that are shown, and of the tile they fill

Array = NDArray[Any]


def radiograph() -> Array:
    """Return a cast plate of changing thickness, on film: made up, as no such picture is in the wheels."""
    random = np.random.default_rng(3)
    y, x = np.mgrid[:200, :200] / 200
    level = 120 + 45 * x + 18 * np.sin(5 * y) + cv2.GaussianBlur(random.normal(0, 9, (200, 200)), (0, 0), 0.8)
    return np.clip(level, 0, 255).astype(np.uint8)


def coins() -> tuple[Array, list[tuple[int, int, int, int]]]:
    """Return coins and boxes around each."""
    picture = data.coins()
    inside = find_part(picture, Foreground("otsu"), (0, 255)).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(inside, cv2.MORPH_OPEN, np.ones((7, 7))))
    boxes = [(t - 4, left - 4, t + h + 4, left + w + 4) for left, t, w, h, area in stats[1:].tolist() if area < 6000]
    return picture, [box for box in boxes if box[0] > 0 and box[1] > 0]


def tile(site: Site, name: str, seed: int, relight: Relight, **sizes: Any) -> Image.Image:
    """Return a defect the gate accepts, over the picture before with the outline of the mask."""
    outcome = draw_defect(kind(name, **sizes), site, seed, gate=Gate(contrast=0.5), relight=relight, most=40)
    assert outcome.drawn is not None, name
    drawn = outcome.drawn
    rows, columns = np.nonzero(drawn.mask)
    top, left = (
        int(np.clip(round(where.mean()) - SHOWN // 2, 0, size - SHOWN))
        for where, size in zip((rows, columns), site.shape, strict=True)
    )
    window = slice(top, top + SHOWN), slice(left, left + SHOWN)
    made = Image.new("RGB", (SIDE, CAPTION + 2 * SIDE + GAP), "white")
    outline, _ = cv2.findContours(
        cv2.resize(drawn.mask[window].astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), 1, 2
    )
    for row, picture in enumerate((drawn.picture[window], site.picture[window])):
        large = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        large = np.repeat(large[..., None], 3, axis=2) if large.ndim == 2 else large
        if row:
            large = cv2.drawContours(np.ascontiguousarray(large), outline, -1, (217, 72, 15), 1)
        made.paste(Image.fromarray(large), (0, CAPTION + row * (SIDE + GAP)))
    length = outcome.attempts[-1].verdict.measures.length_mm
    ImageDraw.Draw(made).text((2, 4), f"{name}, {length:.1f} mm", fill="#222222")
    return made


def main() -> None:
    """Draw the picture."""
    wood = np.ascontiguousarray(data.coffee()[30:200, 440:600])
    picture, boxes = coins()
    matte, metal, steel = Relight(gloss=0.1), Relight(), Relight(mu_per_mm=0.12)
    side = Lighting("bright-field", 150, 50)
    table = Site.of(wood, Part(pixel_pitch_mm=0.25, lighting=side))
    wall = Site.of(data.brick(), Part(pixel_pitch_mm=1.0, lighting=Lighting("bright-field", 90, 60)))
    money = Site.of(picture, Part(pixel_pitch_mm=0.3, foreground=Foreground("otsu"), lighting=side), components=boxes)
    page = Site.of(data.page(), Part(pixel_pitch_mm=0.2))
    film = Site.of(radiograph(), Part(pixel_pitch_mm=0.1, lighting=Lighting("x-ray"), response=Response("log")))
    tiles = [
        tile(table, "scratch", 4, matte, length_mm=(8, 16), width_mm=(0.4, 0.6), fresh=1.5),
        tile(table, "dent", 5, matte, diameter_mm=(4, 7), depth_share=0.06),
        tile(table, "stain", 2, matte, diameter_mm=(8, 12), density=0.3),
        tile(table, "discoloration", 3, matte, diameter_mm=(10, 15), difference=14, hue_deg=70),
        tile(table, "fiber", 9, matte, length_mm=(10, 16), width_mm=(0.25, 0.4)),
        tile(wall, "crack", 3, matte, length_mm=(60, 90), width_mm=(1.5, 3), branches_per_mm=0.02),
        tile(wall, "pit", 8, matte, diameter_mm=(5, 10), cluster=4, spread_mm=25),
        tile(money, "burr", 1, metal, height_mm=(1.0, 2.2), length_mm=(6, 14)),
        tile(money, "missing", 2, metal),
        tile(money, "misplaced", 0, metal, shift_mm=(2, 4)),
        tile(page, "print-smear", 4, matte, length_mm=(2, 4), area_mm=(12, 20)),
        tile(film, "pore", 5, steel, diameter_mm=(0.8, 2.2), cluster=4),
    ]
    columns = len(tiles) // 2
    wide, tall = tiles[0].size
    sheet = Image.new("RGB", (columns * (wide + GAP) - GAP, 2 * tall + 2 * GAP), "white")
    for index, one in enumerate(tiles):
        sheet.paste(one, (index % columns * (wide + GAP), index // columns * (tall + 2 * GAP)))
    sheet.save(TARGET, quality=85)


if __name__ == "__main__":
    main()
