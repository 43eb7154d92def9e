"""Draws docs/images/part-profiles.jpg: a part for each profile of manufacturing, and copies of it by the recipe.

python docs/render_part_profiles.py

The parts are drawn here, each with a defect: photographs of parts that may be passed on are rare.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from render_profiles import CAPTION, GAP, HEIGHT, WIDTH, Array, Row, tiles

TARGET = Path(__file__).parent / "images" / "part-profiles.jpg"
SIDE = 400
BYTE = (0.0, 255.0)
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float64)
RNG = np.random.default_rng(5)


def smooth(down: float, across: float, shape: tuple[int, int] = (SIDE, SIDE)) -> Array:
    """Return noise of deviation 1 that is smooth over so many pixels."""
    noise = cv2.GaussianBlur(RNG.normal(size=shape), (0, 0), sigmaX=across, sigmaY=down)
    return np.asarray(noise / noise.std())


def gray(values: Array) -> Array:
    """Return a gray picture."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def tinted(values: Array, color: tuple[float, float, float]) -> Array:
    """Return a picture of one color, as bright as the values from 0 to 1 say."""
    return gray(values[..., None] * np.array(color))


def strip() -> Array:
    """Return rolled strip with scratches along the rolling direction."""
    values = 120 + 12 * smooth(0.6, 30) + 5 * smooth(1, 1) + 14 * smooth(60, 60)
    for row, left, right in ((150, 130, 275), (232, 105, 190)):
        cv2.line(values, (left, row), (right, row + 3), 205.0, 2, cv2.LINE_AA)
    return gray(values[100:300, 100:300])


def wood() -> Array:
    """Return a board with a knot."""
    around = np.hypot((COLUMNS - 250) / 1.6, ROWS - 170)
    bend = 40 * np.exp(-((around / 60) ** 2)) * np.sign(ROWS - 170)
    rings = np.sin((ROWS + bend + 6 * smooth(30, 120)) / 5.5)
    values = 0.8 + 0.07 * rings + 0.03 * smooth(0.7, 25)
    knot = np.clip((30 - around) / 6, 0, 1)
    values = values * (1 - 0.55 * knot) + 0.04 * knot * np.sin(around)
    return tinted(values, (225, 178, 120))


def leather() -> Array:
    """Return grain of leather with a cut."""
    places = np.mgrid[4:SIDE:8, 4:SIDE:8].reshape(2, -1).T + RNG.uniform(-3.4, 3.4, (2500, 2))
    seeds = np.full((SIDE, SIDE), 255, np.uint8)
    seeds[places[:, 0].astype(int), places[:, 1].astype(int)] = 0
    cells = np.minimum(cv2.distanceTransform(seeds, cv2.DIST_L2, 5), 7) / 7
    values = 0.82 - 0.3 * cells**2 + 0.03 * smooth(40, 40) + 0.02 * smooth(1, 1)
    curve = np.array([[120, 90], [160, 150], [215, 190], [230, 260]], np.int32)
    cv2.polylines(values, [curve], False, 0.22, 3, cv2.LINE_AA)
    return tinted(values, (170, 105, 65))


def tile() -> Array:
    """Return a tile of terrazzo with a hairline crack."""
    picture = tinted(0.86 + 0.01 * smooth(2, 2), (236, 230, 220))
    for _ in range(420):
        column, row, long, wide = (*RNG.integers(0, SIDE, 2), *RNG.integers(2, 11, 2))
        color = ((150, 110, 90), (95, 100, 105), (185, 170, 140))[int(RNG.integers(3))]
        around = (int(column), int(row)), (int(long), int(wide))
        cv2.ellipse(picture, *around, float(RNG.uniform(0, 180)), 0, 360, color, -1, cv2.LINE_AA)
    crack = np.array([[60, 330], [120, 290], [165, 282], [230, 225], [262, 210]], np.int32)
    cv2.polylines(picture, [crack], False, (70, 62, 55), 1, cv2.LINE_AA)
    return gray(cv2.GaussianBlur(picture, (0, 0), 0.7) + 1.5 * smooth(0.7, 0.7)[..., None])


def fabric() -> Array:
    """Return a twill with a missing thread."""
    period = 12.0
    warp, weft = np.sin(2 * np.pi * COLUMNS / period), np.sin(2 * np.pi * ROWS / period)
    over = ((COLUMNS // period + ROWS // period) % 3) < 1.5
    values = 0.6 + np.where(over, 0.22 * np.abs(weft), 0.12 * np.abs(warp) - 0.12) + 0.03 * smooth(1, 1)
    values[204:216] = values[204:216] * 0.62
    return tinted(values, (150, 165, 205))


def board() -> Array:
    """Return a circuit board with an open track."""
    picture = np.empty((SIDE, SIDE, 3), np.uint8)
    picture[:] = gray(np.array([28, 96, 62]) + 4 * smooth(2, 2)[..., None])
    copper, solder = (58, 140, 92), (196, 198, 190)
    for index in range(7):
        y = 60 + index * 22
        cv2.polylines(
            picture, [np.array([[40, y], [170, y], [230, y + 60], [360, y + 60]], np.int32)], False, copper, 6
        )
        cv2.circle(picture, (40, y), 8, solder, -1, cv2.LINE_AA)
        cv2.circle(picture, (360, y + 60), 8, solder, -1, cv2.LINE_AA)
    cv2.line(picture, (108, 104), (118, 104), (30, 98, 63), 8)
    cv2.rectangle(picture, (60, 270), (160, 350), (38, 38, 42), -1)
    for pin in range(8):
        cv2.rectangle(picture, (66 + pin * 12, 350), (71 + pin * 12, 364), solder, -1)
        cv2.rectangle(picture, (66 + pin * 12, 256), (71 + pin * 12, 270), solder, -1)
    cv2.circle(picture, (70, 340), 4, (90, 90, 95), -1, cv2.LINE_AA)
    cv2.putText(picture, "U7  R12", (200, 330), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (225, 228, 222), 2, cv2.LINE_AA)
    return gray(picture + 2.0 * smooth(0.8, 0.8)[..., None])


def wafer() -> Array:
    """Return a map of 52 x 52 dies with an edge ring."""
    y, x = np.mgrid[:52, :52] - 25.5
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    failing = RNG.random(radius.shape) < 0.03 + 0.85 * ((radius > 21) & (np.abs(angle - 0.6) < 0.9))
    return np.asarray(np.where(radius > 25.5, 0, np.where(failing, 255, 127)), np.uint8)


def casting() -> Array:
    """Return a radiograph of a wheel hub with pores."""
    radius, angle = np.hypot(ROWS - 200, COLUMNS - 200), np.arctan2(ROWS - 200, COLUMNS - 200)
    spokes = 14 * np.clip(np.cos(5 * angle) * 3, 0, 1) * (radius < 160)
    thick = np.where(radius < 55, 34.0, np.where((radius > 150) & (radius < 185), 30.0, 10 + spokes)) * (radius < 185)
    thick = cv2.GaussianBlur(thick, (0, 0), 2.5)
    for row, column, size in ((190, 215, 6), (205, 225, 4), (212, 205, 3), (75, 90, 5), (84, 97, 3)):
        inside = 1 - ((ROWS - row) ** 2 + (COLUMNS - column) ** 2) / size**2
        thick = thick - 1.6 * size * np.sqrt(np.clip(inside, 0, None))
    light = 230 * np.exp(-0.05 * thick)
    return gray(light + 0.16 * np.sqrt(light) * smooth(0.6, 0.6))


def weld() -> Array:
    """Return a radiograph of a seam along the rows with pores and a crack."""
    rows, columns = np.mgrid[:220, :SIDE].astype(np.float64)
    middle = 110 + 4 * smooth(90, 40, (220, SIDE))
    bead = np.exp(-(((rows - middle) / 42) ** 4)) * (1 + 0.06 * np.sin(columns / 5 + (rows - 110) ** 2 / 400))
    values = 175 - 75 * bead + 5 * smooth(0.8, 0.8, (220, SIDE))
    for row, column, size in ((100, 120, 5), (112, 135, 3), (118, 122, 4), (104, 300, 4)):
        cv2.circle(values, (column, row), size, float(values[row, column]) + 24, -1, cv2.LINE_AA)
    crack = np.array([[205, 118], [225, 114], [240, 119], [262, 113]], np.int32)
    cv2.polylines(values, [crack], False, 160.0, 1, cv2.LINE_AA)
    return gray(cv2.GaussianBlur(values, (0, 0), 0.8))


def bottle() -> Array:
    """Return the mouth of a bottle with a chip."""
    radius, angle = np.hypot(ROWS - 200, COLUMNS - 200), np.arctan2(ROWS - 200, COLUMNS - 200)
    values = np.full((SIDE, SIDE), 0.86)
    for inner, outer, level in ((0, 70, 0.12), (70, 96, 0.42), (96, 112, 0.72), (112, 150, 0.3), (150, 158, 0.55)):
        values[(radius >= inner) & (radius < outer)] = level
    values += 0.25 * np.exp(-(((radius - 104) / 3) ** 2)) + 0.1 * np.exp(-(((radius - 130) / 5) ** 2))
    chip = np.hypot(radius - 108, 100 * (angle - 0.9)) < 11 + 2 * smooth(3, 3)
    values[chip] = 0.22 + 0.1 * smooth(2, 2)[chip]
    return tinted(cv2.GaussianBlur(values, (0, 0), 1.2) + 0.006 * smooth(0.7, 0.7), (215, 205, 180))


def screw() -> Array:
    """Return a wood screw that lies aslant, its tip blunt."""
    turn = np.radians(28)
    along = (COLUMNS - 200) * np.cos(turn) + (ROWS - 200) * np.sin(turn)
    across = -(COLUMNS - 200) * np.sin(turn) + (ROWS - 200) * np.cos(turn)
    thread = 4.5 * np.abs(((along + across * 0.35) / 13) % 1 - 0.5) * 2 * (along > -60)
    half = np.where(along > 95, 15 * (1 - (along - 95) / 60), 15) + thread
    half = np.where(along < -118, 15 + (-(along + 118)) * 0.9, half)
    inside = (np.abs(across) < half) & (along > -142) & (along < 128)
    shade = 0.2 + 0.5 * np.clip(1 - (across / np.maximum(half, 1)) ** 2, 0, 1) ** 0.7
    shade *= 0.72 + 0.28 * np.cos(2 * np.pi * (along + across * 0.35) / 13) * (along > -60)
    values = np.where(inside, shade, 0.88)
    return tinted(cv2.GaussianBlur(values, (0, 0), 0.9) + 0.006 * smooth(0.7, 0.7), (232, 232, 236))


def glass() -> Array:
    """Return glass in dark field with scratches and digs."""
    values = 9 + 2 * smooth(60, 60) + 1.5 * smooth(0.7, 0.7)
    for start, end, level in (((70, 300), (240, 120), 120.0), ((230, 320), (330, 250), 55.0)):
        cv2.line(values, start, end, level, 1, cv2.LINE_AA)
    for _ in range(9):
        row, column = RNG.integers(20, SIDE - 20, 2)
        cv2.circle(
            values, (int(column), int(row)), int(RNG.integers(1, 4)), float(RNG.uniform(80, 230)), -1, cv2.LINE_AA
        )
    return tinted(cv2.GaussianBlur(values, (0, 0), 0.7) / 255, (240, 248, 255))


def molding() -> Array:
    """Return a molded cover with flash along one edge."""
    shape = np.zeros((SIDE, SIDE), np.uint8)
    cv2.rectangle(shape, (95, 75), (305, 325), 255, -1)
    solid = cv2.GaussianBlur(shape, (0, 0), 14) > 127
    for center in ((140, 120), (260, 120), (140, 280), (260, 280)):
        solid &= np.hypot(COLUMNS - center[0], ROWS - center[1]) > 15
    depth = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5)
    relief = np.clip(depth / 12, 0, 1)
    values = np.where(solid, 0.5 + 0.13 * relief - 0.1 * (ROWS - 200) / 200, 0.08)
    flash = ~solid & (COLUMNS > 300) & (312 + 3 * smooth(12, 200) > COLUMNS) & (np.abs(ROWS - 215) < 55)
    values[flash] = 0.62
    colored = tinted(values + 0.008 * smooth(0.7, 0.7), (70, 120, 215))
    colored[~solid & ~flash] = gray(26 + 2 * smooth(1, 1))[~solid & ~flash][:, None]
    return np.asarray(cv2.GaussianBlur(colored, (0, 0), 0.8))


PARTS: tuple[tuple[str, Callable[[], Array], float], ...] = (
    ("strip-steel", strip, 0.1),
    ("wood", wood, 0.3),
    ("leather", leather, 0.1),
    ("tile", tile, 0.5),
    ("fabric", fabric, 0.05),
    ("pcb", board, 0.05),
    ("wafer-map", wafer, 4.0),
    ("casting-xray", casting, 0.3),
    ("weld-xray", weld, 0.1),
    ("bottle", bottle, 0.1),
    ("screw", screw, 0.05),
    ("glass", glass, 0.05),
    ("injection-molding", molding, 0.15),
)


def main() -> None:
    """Draw the picture: two profiles side by side."""
    drawn = [tiles(Row(f"manufacturing/{name}", draw(), BYTE, BYTE, (pitch, pitch))) for name, draw, pitch in PARTS]
    down, across = (len(drawn) + 1) // 2, 2 * 4
    high = HEIGHT + CAPTION + GAP
    sheet = Image.new("RGB", (across * (WIDTH + GAP) + 2 * GAP, down * high), "white")
    for index, each in enumerate(drawn):
        for place, one in enumerate(each):
            left = ((index % 2) * 4 + place) * (WIDTH + GAP) + (index % 2) * 3 * GAP
            sheet.paste(one, (left, index // 2 * high))
    sheet.save(TARGET, quality=74)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
