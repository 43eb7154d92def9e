"""Lay pictures of street-weathers.yaml or street-night-rain.yaml out on a sheet: `python docs/render_street.py OUT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np

WEATHERS = ("noon", "overcast", "fog-light", "fog-dense", "rain-light", "rain-heavy", "snow", "snow-lying")
HOURS = (10.0, 23.0)


def main(out: Path) -> None:
    """Write docs/images/street-weathers.jpg, or street-night-rain.jpg from the scenario of a clip."""
    rows = (out / "variants.jsonl").read_text(encoding="utf-8").splitlines()
    if len(rows) == 1:
        clip(out / "variants" / json.loads(rows[0])["id"] / "front")
    else:
        weathers(out)


def clip(frames: Path) -> None:
    """Write every fourth frame of a clip, from left to right and down."""
    tiles = []
    for number in range(0, 30, 4):
        picture = cv2.imdecode(np.fromfile(frames / f"{number:06d}.png", np.uint8), cv2.IMREAD_COLOR)
        tile = cv2.resize(picture, (400, 240), interpolation=cv2.INTER_AREA)
        cv2.putText(
            tile, f"{number / 10:.1f} s", (4, 235), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (240, 240, 240), 1, cv2.LINE_AA
        )
        tiles.append(tile)
    written(np.vstack([np.hstack(tiles[:4]), np.hstack(tiles[4:])]), "street-night-rain.jpg")


def weathers(out: Path) -> None:
    """Write each weather at both hours."""
    tiles = {}
    for line in (out / "variants.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        weather, hour = row["values"]["weather"], row["values"]["hour"]
        picture = cv2.imdecode(
            np.fromfile(out / "variants" / row["id"] / "front" / "000000.png", np.uint8), cv2.IMREAD_COLOR
        )
        tile = cv2.resize(picture, (400, 240), interpolation=cv2.INTER_AREA)
        text = f"{'clear' if weather == 'noon' else weather}, {hour:.0f} h"
        cv2.rectangle(tile, (0, 222), (8 * len(text) + 6, 240), (20, 20, 20), -1)
        cv2.putText(tile, text, (4, 235), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (240, 240, 240), 1, cv2.LINE_AA)
        tiles[weather, hour] = tile
    rows = [[tiles[weather, hour] for weather in half] for half in (WEATHERS[:4], WEATHERS[4:]) for hour in HOURS]
    written(np.vstack([np.hstack(row) for row in rows]), "street-weathers.jpg")


def written(sheet: np.ndarray, name: str) -> None:
    """Write a sheet among the guide's pictures."""
    cv2.imwrite(str(Path(__file__).parent / "images" / name), sheet, [cv2.IMWRITE_JPEG_QUALITY, 86])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
