"""Lay the pictures of docs/scenarios/street-weathers.yaml out on one sheet: `python docs/render_street.py OUT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np

WEATHERS = ("noon", "overcast", "fog-light", "fog-dense", "rain-light", "rain-heavy", "snow", "snow-lying")
HOURS = (10.0, 23.0)


def main(out: Path) -> None:
    """Write docs/images/street-weathers.jpg from what the scenario rendered."""
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
    sheet = np.vstack([np.hstack(row) for row in rows])
    place = Path(__file__).parent / "images" / "street-weathers.jpg"
    cv2.imwrite(str(place), sheet, [cv2.IMWRITE_JPEG_QUALITY, 86])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
