"""Labels of a street drawn on its picture: classes, things, depth, boxes, points of the LiDAR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.cityscapes_labels import CLASSES
from domainaug.preview.scenes import Shot

__all__ = ["FAR", "LAYERS", "NEAR", "Share", "Thing", "colored_range", "overlaid", "shares_of", "things_of"]

Picture = NDArray[np.uint8]

LAYERS: Final = ("picture", "classes", "things", "depth")
"""What a picture can be covered by, the picture itself first."""

NEAR, FAR = 2.0, 120.0
"""Meters that colors of ranges begin and end with; between them they go with the logarithm."""

_NAMES: Final = {one.id: one.name for one in CLASSES}
_COLORS: Final = np.zeros((256, 3), np.uint8)
for _one in CLASSES:
    if _one.id >= 0:
        _COLORS[_one.id] = _one.color
_GROUND: Final = (18, 24, 26)
_GOLDEN: Final = 0.6180339887
_FACE: Final = cv2.FONT_HERSHEY_DUPLEX


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a picture a class has.

    Attributes:
        name: Of the class, Cityscapes' word.
        color: Its color, red, green, blue.
        share: Of the pixels, 0 to 1.
    """

    name: str
    color: tuple[int, int, int]
    share: float


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing in a picture.

    Attributes:
        number: In the picture of things.
        name: Its class.
        color: In the layer of things.
        distance: Of its middle from the camera, meters.
        pixels: How many pixels of it are seen.
        occlusion: Share of it that others hide.
        truncation: Share of it that is beyond the picture.
        box: Left, top, right and bottom edge of what is seen of it, or None.
    """

    number: int
    name: str
    color: tuple[int, int, int]
    distance: float
    pixels: int
    occlusion: float
    truncation: float
    box: tuple[float, float, float, float] | None


def overlaid(
    shot: Shot,
    layer: str = "picture",
    *,
    strength: float = 0.6,
    boxes: bool = False,
    points: bool = False,
    scale: int = 1,
) -> Picture:
    """Return the picture with labels on it.

    Args:
        shot: The picture and its labels.
        layer: One of `LAYERS`.
        strength: How much a layer covers the picture, 0 to 1.
        boxes: Whether boxes are drawn around what is seen of things, with class and distance.
        points: Whether points of the LiDAR are drawn, in colors of their ranges.
        scale: How many pixels a pixel becomes on either side, so that lines and words are fine.
    """
    height, width = shot.picture.shape[:2]
    size = (width * scale, height * scale)
    out = cv2.resize(shot.picture, size, interpolation=cv2.INTER_CUBIC)
    if layer != "picture":
        cover = cv2.resize(_layer(shot, layer), size, interpolation=cv2.INTER_NEAREST)
        out = cv2.addWeighted(out, 1 - strength, cover, strength, 0)
    drawn = np.ascontiguousarray(out, dtype=np.uint8)
    if points:
        _points(drawn, shot, scale)
    if boxes:
        _boxes(drawn, shot, scale)
    return drawn


def colored_range(meters: NDArray[Any]) -> Picture:
    """Return ranges as colors: near ones red, far ones blue, sky and nothing near black.

    Args:
        meters: (...) of any shape; inf for nothing.
    """
    flat = np.asarray(meters, np.float32).reshape(-1)
    known = np.isfinite(flat)
    share = np.log(np.clip(np.where(known, flat, FAR), NEAR, FAR) / NEAR) / np.log(FAR / NEAR)
    levels = np.rint(235 - 215 * share).astype(np.uint8)
    colors = np.asarray(cv2.applyColorMap(levels[:, None], cv2.COLORMAP_TURBO), np.uint8)[:, 0, ::-1]
    out = np.where(known[:, None], colors, np.array(_GROUND, np.uint8))
    return np.asarray(out.reshape(*np.shape(meters), 3), np.uint8)


def shares_of(shot: Shot) -> tuple[Share, ...]:
    """Return the classes in a picture, the largest first."""
    counts = np.bincount(shot.classes.reshape(-1), minlength=256)
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda number: (-counts[number], number))
    return tuple(
        Share(
            _NAMES.get(number, f"class {number}"), _triple(_COLORS[number]), float(counts[number] / shot.classes.size)
        )
        for number in order
    )


def things_of(shot: Shot) -> tuple[Thing, ...]:
    """Return the things in a picture of which anything is seen, the nearest first."""
    found = []
    for one in shot.objects:
        if one["box"] is None or not one["pixels"]:
            continue
        pose = np.array(one["box_3d"]["pose_to_camera"])
        number = int(one["instance"])
        left, top, right, bottom = (float(edge) for edge in one["box"])
        found.append(Thing(
            number, str(one["class"]).replace("_", " "), _triple(_thing_colors(np.array([number]))[0]),
            float(np.linalg.norm(pose[:3, 3])), int(one["pixels"]), float(one["occlusion"]), float(one["truncation"]),
            (left, top, right, bottom),
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.distance, one.number)))


def _layer(shot: Shot, layer: str) -> Picture:
    if layer == "classes":
        return np.asarray(_COLORS[shot.classes])
    if layer == "things":
        return np.where((shot.things > 0)[..., None], _thing_colors(shot.things), np.array(_GROUND, np.uint8))
    return colored_range(shot.depth)


def _thing_colors(numbers: NDArray[Any]) -> Picture:
    """Return a color for each number: hues a golden section apart, so that neighbors differ."""
    flat = np.asarray(numbers, np.int64).reshape(-1)
    hue = np.rint(flat * _GOLDEN % 1 * 179).astype(np.uint8)
    value = np.where(flat % 2, 255, 205).astype(np.uint8)
    hsv = np.stack([hue, np.full_like(hue, 190), value], axis=-1)[:, None]
    colors = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)
    return colors.reshape(*np.shape(numbers), 3)


def _points(out: Picture, shot: Shot, scale: int) -> None:
    colors = colored_range(shot.points[:, 2]).tolist()
    places = np.rint(shot.points[:, :2] * scale - 0.5).astype(int).tolist()
    for (x, y), color in zip(places, colors, strict=True):
        cv2.circle(out, (x, y), scale, color, -1, cv2.LINE_AA)


def _boxes(out: Picture, shot: Shot, scale: int) -> None:
    """Draw boxes, far ones first; words where they hide no nearer ones."""
    things = things_of(shot)
    for thing in reversed(things):
        assert thing.box is not None
        left, top, right, bottom = (round(edge * scale) for edge in thing.box)
        cv2.rectangle(out, (left, top), (right - 1, bottom - 1), (0, 0, 0), scale + 1, cv2.LINE_AA)
        cv2.rectangle(out, (left, top), (right - 1, bottom - 1), thing.color, scale, cv2.LINE_AA)
    taken: list[tuple[int, int, int, int]] = []
    for thing in things:
        assert thing.box is not None
        place = _word_place(out, thing, scale, taken)
        if place is not None:
            taken.append(place)
            _word(out, thing, place, scale)


def _said(thing: Thing) -> str:
    return f"{thing.name} {thing.distance:.0f} m"


def _word_place(
    out: Picture, thing: Thing, scale: int, taken: list[tuple[int, int, int, int]]
) -> tuple[int, int, int, int] | None:
    """Return where a thing's word stands, or None where there is no room for it."""
    assert thing.box is not None
    (wide, high), _ = cv2.getTextSize(_said(thing), _FACE, 0.32 * scale, 1)
    left, top = round(thing.box[0] * scale), round(thing.box[1] * scale)
    x = min(max(left, 0), out.shape[1] - wide - 4)
    y = top - high - 6 if top - high - 6 >= 0 else top
    place = (x, y, x + wide + 4, y + high + 6)
    if any(place[0] < b[2] and b[0] < place[2] and place[1] < b[3] and b[1] < place[3] for b in taken):
        return None
    return place


def _word(out: Picture, thing: Thing, place: tuple[int, int, int, int], scale: int) -> None:
    x, y, right, bottom = place
    cv2.rectangle(out, (x, y), (right, bottom), thing.color, -1)
    cv2.putText(out, _said(thing), (x + 2, bottom - 3), _FACE, 0.32 * scale, (0, 0, 0), 1, cv2.LINE_AA)


def _triple(color: NDArray[Any]) -> tuple[int, int, int]:
    red, green, blue = (int(level) for level in color)
    return red, green, blue
