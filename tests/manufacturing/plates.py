"""Pictures of parts that tests draw on: brushed plates, a disc on a dark ground, a sheet of print."""

from __future__ import annotations

import cv2
import numpy as np

from domainaug.manufacturing import Foreground, Lighting, Part, Response, Site

PITCH = 0.1


def plate(height=160, width=200, level=110, grain=3.0, noise=1.5, seed=0):
    """Return a brushed plate, (h, w) uint8: lines along columns, and noise."""
    random = np.random.default_rng(seed)
    lines = cv2.GaussianBlur(random.normal(0, 1, (1, width)).astype(np.float32), (0, 0), 0.8) * grain
    picture = level + np.broadcast_to(lines, (height, width)) + random.normal(0, noise, (height, width))
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def disc(size=160, radius=55):
    """Return a bright disc on a dark ground, (size, size) uint8."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    inside = np.hypot(x, y) < radius
    return np.where(inside, plate(size, size, 150), plate(size, size, 25)).astype(np.uint8), inside


def printed(size=160):
    """Return dark bars on a bright ground, (size, size) uint8."""
    picture = plate(size, size, 210, grain=0.5)
    picture[20:150:16, 20:140] = 60
    picture[21:151:16, 20:140] = 60
    return picture


def board(size=160):
    """Return a plate with four bright components, and their boxes."""
    picture, boxes = plate(size, size, 70), []
    for row, column in ((30, 30), (30, 100), (100, 30), (100, 100)):
        picture[row : row + 18, column : column + 26] = 190
        boxes.append((row - 2, column - 2, row + 20, column + 28))
    return picture, tuple(boxes)


def lit(azimuth=90.0, kind="bright-field", **more):
    """Return a part at 0.1 mm a pixel, lit from one side."""
    return Part(pixel_pitch_mm=PITCH, lighting=Lighting(kind, azimuth_deg=azimuth), **more)


def site_for(name):
    """Return a site that a kind can be drawn on."""
    if name == "burr":
        return Site.of(disc()[0], lit(foreground=Foreground("otsu")))
    if name in ("missing", "misplaced"):
        picture, boxes = board()
        return Site.of(picture, lit(), components=boxes)
    if name == "print-smear":
        return Site.of(printed(), lit())
    if name == "pore":
        return Site.of(plate(), Part(pixel_pitch_mm=PITCH, lighting=Lighting("x-ray"), response=Response("log")))
    return Site.of(plate(), lit())
