"""Draw the clouds of docs/scenarios/street-lidar.yaml, in clear air and in fog: `python docs/render_lidar.py OUT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np

WEATHERS = {"noon": "clear", "fog-dense": "dense fog"}
FARTHEST = 60.0  # meters, the end of the colors
BEHIND, AHEAD, LEFT, RIGHT = -15.0, 55.0, 17.5, -9.5  # meters, edges of the view from above
WIDTH = 960
BOXES = {"pedestrian": (90, 220, 255), "rider": (90, 220, 255), "bicycle": (90, 220, 255)}
FINE = 16  # OpenCV's fractions of a pixel: 4 bits


def colored(away: np.ndarray) -> np.ndarray:
    """Colors by range, near red and far blue, by its logarithm."""
    share = 1 - np.clip(np.log(np.maximum(away, 3.0) / 3.0) / np.log(FARTHEST / 3.0), 0, 1)
    return cv2.applyColorMap(np.rint(25 + share * 215).astype(np.uint8)[:, None], cv2.COLORMAP_TURBO)[:, 0]


def before_camera(folder: Path) -> np.ndarray:
    """The picture with the points that land in it."""
    cloud, frame = (
        np.load(folder / "top" / "000000.npz"),
        json.loads((folder / "front" / "000000.objects.json").read_text()),
    )
    turn = json.loads((folder / "top" / "000000.turn.json").read_text())
    camera = np.array(frame["camera"]["world_to_camera"]) @ turn["sensor_to_world"]
    points = cloud["points"][:, :3] @ camera[:3, :3].T + camera[:3, 3]
    landed = points @ np.array(frame["camera"]["intrinsics"]).T
    ahead = points[:, 2] > 1
    places = landed[ahead, :2] / landed[ahead, 2:]
    away = np.linalg.norm(points[ahead], axis=1)
    picture = cv2.imread(str(folder / "front" / "000000.png"))
    out = cv2.addWeighted(picture, 0.62, np.zeros_like(picture), 0, 0)
    for (x, y), color in zip(places, colored(away), strict=True):
        if 0 <= x < out.shape[1] and 0 <= y < out.shape[0]:
            cv2.circle(out, (int(x * FINE), int(y * FINE)), int(1.3 * FINE), color.tolist(), -1, cv2.LINE_AA, 4)
    return cv2.resize(out, (WIDTH, round(out.shape[0] * WIDTH / out.shape[1])), interpolation=cv2.INTER_AREA)


def from_above(folder: Path) -> np.ndarray:
    """The cloud and the boxes of things, the vehicle heading to the right."""
    meter = WIDTH / (AHEAD - BEHIND)
    out = np.full((round((LEFT - RIGHT) * meter), WIDTH, 3), 22, np.uint8)

    def at(points: np.ndarray) -> np.ndarray:
        return np.rint(np.stack([points[:, 0] - BEHIND, LEFT - points[:, 1]], 1) * meter * FINE).astype(np.int32)

    for radius in (10, 20, 30, 40, 50):
        cv2.circle(
            out, tuple(at(np.zeros((1, 2)))[0].tolist()), int(radius * meter * FINE), (62, 62, 62), 1, cv2.LINE_AA, 4
        )
        label = at(np.array([[radius, 0.4]]))[0] // FINE
        cv2.putText(
            out, f"{radius} m", tuple(label.tolist()), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (120, 120, 120), 1, cv2.LINE_AA
        )
    cloud, turn = np.load(folder / "top" / "000000.npz"), json.loads((folder / "top" / "000000.turn.json").read_text())
    points = cloud["points"][:, :3]
    for place, color in zip(at(points), colored(np.linalg.norm(points, axis=1)), strict=True):
        cv2.circle(out, tuple(place.tolist()), int(0.8 * FINE), color.tolist(), -1, cv2.LINE_AA, 4)
    for one in turn["objects"]:
        length, width, _ = one["box_3d"]["size_lwh_m"]
        corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1], [1, 1], [1.0, 0], [1.5, 0]]) * [length / 2, width / 2]
        pose = np.array(one["box_3d"]["pose_to_sensor"])
        line = at(corners @ pose[:2, :2].T + pose[:2, 3])
        cv2.polylines(out, [line], False, BOXES.get(one["class"], (255, 255, 255)), 2, cv2.LINE_AA, 4)
    own = at(np.array([[2.2, 0.9], [-2.2, 0.9], [-2.2, -0.9], [2.2, -0.9]]))
    cv2.fillPoly(out, [own], (110, 110, 110), cv2.LINE_AA, 4)
    return out


def main(out: Path) -> None:
    """Write docs/images/street-lidar.jpg from what the scenario rendered."""
    rows = [json.loads(line) for line in (out / "variants.jsonl").read_text(encoding="utf-8").splitlines()]
    folders = {row["values"]["weather"]: out / "variants" / row["id"] for row in rows}
    columns = []
    for weather, title in WEATHERS.items():
        column = np.vstack([before_camera(folders[weather]), from_above(folders[weather])])
        count = len(np.load(folders[weather] / "top" / "000000.npz")["pulse"])
        text = f"{title}: {count} points"
        cv2.rectangle(column, (0, 0), (13 * len(text) + 10, 34), (20, 20, 20), -1)
        cv2.putText(column, text, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (240, 240, 240), 1, cv2.LINE_AA)
        columns.append(column)
    gap = np.full((len(columns[0]), 6, 3), 255, np.uint8)
    sheet = np.hstack([columns[0], gap, columns[1]])
    place = Path(__file__).parent / "images" / "street-lidar.jpg"
    cv2.imwrite(str(place), sheet, [cv2.IMWRITE_JPEG_QUALITY, 84])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
