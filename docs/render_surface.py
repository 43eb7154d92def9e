"""Draws docs/images/surface.jpg: what the surface simulator makes of a plate, a shaft and a pressed cover.

python docs/render_surface.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from domainaug.run import simulate

TARGET = Path(__file__).parent / "images" / "surface.jpg"
SIDE, CAPTION, GAP = 300, 18, 4

DEFECTS = [
    {"kind": "scratch", "at": [-6, -5], "length_mm": 13, "width_mm": 0.16, "heading_deg": 25, "seed": 4, "skips": 0.1},
    {"kind": "dent", "at": [7, -7], "diameter_mm": 6, "depth_share": 0.022, "seed": 3},
    {"kind": "stain", "at": [7, 6], "diameter_mm": 7, "seed": 6},
    {"kind": "pit", "at": [-7, 8], "diameter_mm": 0.9, "cluster": 5, "spread_mm": 2.5, "seed": 2},
    {"kind": "crack", "at": [0, 1], "length_mm": 8, "width_mm": 0.12, "heading_deg": 110, "seed": 5},
]
PLATE = {"shape": "plane", "width": 34, "height": 34, "detail": 0.04, "defects": DEFECTS}
SHAFT = {"shape": "cylinder", "diameter": 24, "length": 40, "detail": 0.04, "defects": DEFECTS}
COVER = {"shape": "mesh", "file": "cover.obj", "chart": "above", "detail": 0.04, "defects": [
    {"kind": "scratch", "at": [-4, 6], "length_mm": 11, "width_mm": 0.16, "heading_deg": 15, "seed": 4, "skips": 0.1},
    {"kind": "dent", "at": [8, 2], "diameter_mm": 3.5, "depth_share": 0.04, "seed": 3},
    {"kind": "stain", "at": [-7, -5], "diameter_mm": 5, "seed": 6},
]}  # fmt: skip
FIXED = {"rows": SIDE, "columns": SIDE, "pitch": 0.1, "azimuth": 60, "light_size": 60}


def cover(path: Path) -> None:
    """Write a round pressed cover with a boss in its middle, as OBJ."""
    around, across = 144, 60
    radius = np.linspace(0.02, 14.0, across)
    rim = 3.0 / (1 + np.exp((radius - 12.0) / 0.35))
    boss = 1.6 / (1 + np.exp((radius - 4.2) / 0.22))
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    lines = [f"v {r * np.cos(a):.5f} {r * np.sin(a):.5f} {z:.5f}" for r, z in zip(radius, rim + boss, strict=True)
             for a in angle]  # fmt: skip
    for ring in range(across - 1):
        for k in range(around):
            a, b = ring * around + k + 1, ring * around + (k + 1) % around + 1
            lines += [f"f {a} {a + around} {b + around}", f"f {a} {b + around} {b}"]
    path.write_text("\n".join(lines) + "\n")


def rendered(folder: Path, world: dict[str, Any], **values: Any) -> tuple[NDArray[np.uint8], ...]:
    """Return the clean part, the one with defects, and the mask."""
    scenario = {"id": "picture", "simulator": "surface", "seed": 2, "world": world, "fixed": FIXED | values}
    place = folder / f"out{len(list(folder.iterdir()))}"
    (folder / "scenario.yaml").write_text(json.dumps(scenario))  # JSON is YAML
    summary = simulate(folder / "scenario.yaml", place, engine="serial", timeout=None)
    assert summary.exit_code == 0, summary
    (found,) = place.glob("variants/*")
    return tuple(np.asarray(Image.open(found / f"{name}.png").convert("RGB")) for name in ("clean", "image", "mask"))


def tile(picture: NDArray[np.uint8], words: str) -> Image.Image:
    """Return a picture with words above it."""
    made = Image.new("RGB", (SIDE, CAPTION + SIDE), "white")
    made.paste(Image.fromarray(picture), (0, CAPTION))
    ImageDraw.Draw(made).text((2, 3), words, fill="#222222")
    return made


def outlined(picture: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture with a line around what a mask marks."""
    lines, _ = cv2.findContours((mask[..., 0] > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(picture.copy(), lines, -1, (255, 90, 20), 1), np.uint8)


def main() -> None:
    """Render all and lay it out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cover(folder / "cover.obj")
        rows = []
        for light, finish, shaft, pressed in (
            ("bright-field", "cast", "brushed", {"finish": "painted"}),
            ("dark-field", "painted", "painted", {"finish": "painted", "renderer": "mitsuba", "samples": 4}),
            ("dome", "plastic", "cast", {"finish": "plastic", "light": "ring"}),
        ):
            clean, marred, mask = rendered(folder, PLATE, light=light, finish="brushed")
            other = rendered(folder, PLATE, finish=finish)[1]
            turned = rendered(
                folder, SHAFT, finish=shaft, spin=12, light="ring" if shaft == "painted" else "bright-field"
            )
            _, bowl, marked = rendered(folder, COVER, tilt_down=28, **pressed)
            last = "light" in pressed
            by = "Mitsuba" if "renderer" in pressed else "outlined" if last else "shader"
            rows.append([
                tile(clean, f"brushed, {light}: clean"), tile(marred, "with defects"), tile(mask, "their mask"),
                tile(other, f"{finish}, bright-field"), tile(turned[1], f"shaft, {shaft}"),
                tile(outlined(bowl, marked) if last else bowl,
                     f"mesh, {pressed['finish']}, {pressed.get('light', 'bright-field')}, {by}"),
            ])  # fmt: skip
    wide, tall = len(rows[0]) * (SIDE + GAP) - GAP, len(rows) * (SIDE + CAPTION + GAP) - GAP
    sheet = Image.new("RGB", (wide, tall), "white")
    for y, row in enumerate(rows):
        for x, one in enumerate(row):
            sheet.paste(one, (x * (SIDE + GAP), y * (SIDE + CAPTION + GAP)))
    sheet.save(TARGET, quality=85)


if __name__ == "__main__":
    main()
