"""Draws docs/images/radiograph-simulator.jpg: what the radiograph simulator makes of the procedural thorax.

python docs/render_radiograph.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray

from domainaug.run import simulate

SCENARIO = """
id: picture
simulator: radiograph
seed: 2
world: {phantom: thorax, voxel: 1.25, nodules: 3}
fixed: {rows: 760, columns: 760, pitch: 0.56 mm, source_to_detector: 1800 mm}
vary: {view: [PA, LL], turn: [0, 45], exposure: [0.05, 2.5]}
sample: {method: grid}
constraints: ["turn == 0 or view == 'PA'", "exposure > 1 or (turn == 0 and view == 'PA')"]
"""

SEEN = {1: (90, 160, 255), 2: (90, 160, 255), 3: (80, 80, 255), 4: (255, 120, 200), 11: (60, 255, 120)}
"""Segments that are outlined, and their colors (BGR)."""


def shown(path: Path) -> NDArray[np.uint8]:
    """Return an image as a viewer shows it: its window, and its shutter black."""
    image = pydicom.dcmread(path)
    low = float(image.WindowCenter) - float(image.WindowWidth) / 2
    picture = np.clip((image.pixel_array - low) / float(image.WindowWidth), 0, 1) * 255
    picture[: image.ShutterUpperHorizontalEdge + 3] = 0
    picture[image.ShutterLowerHorizontalEdge - 4 :] = 0
    return picture.astype(np.uint8)


def outlined(picture: NDArray[np.uint8], folder: Path) -> NDArray[Any]:
    """Return a picture with masks outlined and landmarks marked."""
    drawn = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    for number, color in SEEN.items():
        mask = cv2.imdecode(np.fromfile(folder / f"mask-{number:03d}.png", np.uint8), cv2.IMREAD_GRAYSCALE)
        lines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, lines, -1, color, 2, cv2.LINE_AA)
    for point in json.loads((folder / "labels.json").read_text())["landmarks"]:
        if point["seen"]:
            cv2.circle(drawn, (round(point["x"]), round(point["y"])), 5, (0, 230, 255), -1, cv2.LINE_AA)
    return drawn


def main() -> None:
    """Render the scenario and lay four pictures side by side, and one with its labels."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "scenario.yaml").write_text(SCENARIO)
        simulate(place / "scenario.yaml", place / "out", engine="serial")
        rows = [json.loads(line) for line in (place / "out" / "variants.jsonl").read_text().splitlines()]

        def folder(**wanted: object) -> Path:
            (row,) = (row for row in rows if all(row["values"][name] == value for name, value in wanted.items()))
            return place / "out" / "variants" / row["id"]

        frontal = folder(view="PA", turn=0, exposure=2.5)
        pictures = {
            "PA, 120 kV, 2.5 uGy": shown(frontal / "image.dcm"),
            "its labels": outlined(shown(frontal / "image.dcm"), frontal),
            "left lateral": shown(folder(view="LL") / "image.dcm"),
            "45 deg oblique": shown(folder(turn=45) / "image.dcm"),
            "PA, 0.05 uGy": shown(folder(view="PA", exposure=0.05) / "image.dcm"),
        }
        tiles = []
        for words, picture in pictures.items():
            tile = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture
            tile = cv2.resize(tile, (440, 440), interpolation=cv2.INTER_AREA)
            cv2.putText(tile, words, (12, 428), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 255, 255), 1, cv2.LINE_AA)
            tiles.append(tile)
    target = Path(__file__).parent / "images" / "radiograph-simulator.jpg"
    cv2.imwrite(str(target), np.hstack(tiles), [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
