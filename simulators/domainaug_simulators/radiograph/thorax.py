"""A procedural thorax: a body of plain shapes that projects to what a radiologist would call a chest film.

It is nobody's: dimensions are those of an average adult, by eye, and vary with the seed. It is there to try the
simulator without data, to test it on a body whose every label is known, and for pictures in documents. It is not made
to train a network on.

Axes are DICOM's (left, back, up) in mm; the origin is in the middle of the chest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.radiograph.drawing import Canvas, along, rotation
from domainaug_simulators.radiograph.vessels import grow

__all__ = ["SEGMENTS", "Body", "Thorax", "thorax"]

SEGMENTS: Final[Mapping[int, str]] = {
    1: "left lung", 2: "right lung", 3: "heart", 4: "aorta", 5: "trachea", 6: "spine", 7: "ribs", 8: "clavicles",
    9: "scapulae", 10: "sternum", 11: "nodules",
}  # fmt: skip
"""Number to name, of the labels of every such body."""

_LUNG, _BLOOD, _MUSCLE, _FAT, _SHELL, _MARROW = -865.0, 45.0, 45.0, -95.0, 1050.0, 220.0
Number = Any


@dataclass(frozen=True, slots=True)
class Body:
    """What differs from one body to the next, as factors around 1 but for the last.

    Attributes:
        width: Of the chest, from side to side.
        depth: From front to back.
        height: Of the lungs.
        heart: Size of the heart.
        fat: Thickness of what is under the skin.
        bone: Density of bone.
        breath: By how many mm the diaphragm stands lower than on average.
    """

    width: float = 1.0
    depth: float = 1.0
    height: float = 1.0
    heart: float = 1.0
    fat: float = 1.0
    bone: float = 1.0
    breath: float = 0.0

    @classmethod
    def drawn(cls, seed: int) -> Body:
        """Return the body of a seed; 0 is the average one."""
        if seed == 0:
            return cls()
        stream = np.random.default_rng(seed)
        width, depth, height, heart, bone = (1 + stream.uniform(-1, 1, 5) * [0.07, 0.1, 0.06, 0.1, 0.25]).tolist()
        return cls(width, depth, height, heart, float(stream.uniform(0.5, 2.2)), bone, float(stream.uniform(-14, 10)))


@dataclass(frozen=True, slots=True, eq=False)
class Thorax:
    """A body, drawn.

    Attributes:
        hounsfield: (D, H, W) float32, in HU.
        labels: (D, H, W) uint8, numbers of `SEGMENTS`.
        matrix: (4, 4) takes voxel indices (x, y, z, 1) to millimeters.
        landmarks: Name to place, in mm.
    """

    hounsfield: NDArray[np.float32]
    labels: NDArray[np.uint8]
    matrix: NDArray[np.float64]
    landmarks: Mapping[str, tuple[float, float, float]]


def thorax(seed: int = 0, step: float = 1.5, nodules: int = 0) -> Thorax:
    """Return a body.

    Args:
        seed: Decides its dimensions, its vessels and where nodules are.
        step: Side of a voxel, in mm.
        nodules: How many there are in the lungs.
    """
    from scipy.ndimage import gaussian_filter

    body, stream = Body.drawn(seed), np.random.default_rng([seed, 1])
    canvas = Canvas.of(((-225.0, 225.0), (-150.0, 150.0), (-205.0, 190.0)), step)
    _flesh(canvas, body)
    lungs = _lungs(canvas, body)
    _mediastinum(canvas, body)
    inside = (canvas.labels == 1) | (canvas.labels == 2)
    grow(canvas, stream, inside, body.width)
    _airways(canvas)
    _abdomen(canvas, body)
    _spine(canvas, body)
    _ribs(canvas, body)
    _girdle(canvas, body)
    _nodules(canvas, stream, nodules, inside)
    smooth = gaussian_filter(canvas.hounsfield, 0.6, truncate=3.0)
    return Thorax(smooth, canvas.labels, canvas.matrix, {**lungs, **_LANDMARKS})


_LANDMARKS: Final = {"carina": (0.0, 20.0, 36.0), "aortic knob": (33.0, 22.0, 60.0), "T6": (0.0, 66.0, 0.0)}


# -- the wall ---------------------------------------------------------------------------------------------


def _cavity(z: Number, body: Body) -> tuple[Number, Number, Number]:
    """Return half width, half depth and middle (y) of the chest's inside at a height."""
    share = np.clip((z / body.height + 75.0) / 196.0, 0.0, 0.9999)
    shrink = np.sqrt(1 - share**3.2)
    half_width = (136.0 - 6.0 * np.clip((-z - 75.0) / 100.0, 0, 1)) * body.width * shrink
    half_depth = (92.0 * body.depth) * shrink**0.9 * (1 - 0.1 * share)
    return half_width, half_depth, 2.0 + 22.0 * share


def _flesh(canvas: Canvas, body: Body) -> None:
    """Skin, fat and muscle of trunk, neck and shoulders."""
    x, y, z = canvas.axes
    neck = np.clip((z - 66.0) / 84.0, 0, 1)
    fall = neck * neck * (3 - 2 * neck)
    half_width = (157.0 * body.width) * (1 - fall) + 60.0 * fall - 5.0 * np.cos((z + 40.0) / 60.0)
    half_depth = (118.0 * body.depth) * (1 - fall) + 62.0 * fall
    middle = 4.0 + 12.0 * fall
    fat = 9.0 * body.fat

    def within(by: float) -> NDArray[np.bool_]:
        wide, deep = half_width + by, half_depth + by
        return np.asarray((np.abs(x) / wide) ** 2.5 + (np.abs(y - middle) / deep) ** 2.5 <= 1)

    canvas.fill(within(fat), _FAT)
    for side in (-1, 1):
        arm = _arm(side, body)
        canvas.tube(arm, np.linspace(44, 36, len(arm)) + fat, _FAT)
    canvas.fill(within(0.0), _MUSCLE)
    for side in (-1, 1):
        arm = _arm(side, body)
        canvas.tube(arm, np.linspace(44, 36, len(arm)), _MUSCLE)


def _arm(side: int, body: Body) -> NDArray[np.float64]:
    """Return the middle line of an upper arm, raised as in a scanner."""
    wide = side * body.width
    return along([(wide * 132, 14, 92), (wide * 172, 4, 118), (wide * 196, -10, 165), (wide * 205, -16, 215)], 6)


def _lungs(canvas: Canvas, body: Body) -> dict[str, tuple[float, float, float]]:
    """Both lungs, between the chest's inside, the diaphragm and the mediastinum; return their landmarks."""
    x, y, z = canvas.axes
    half_width, half_depth, middle = _cavity(z, body)
    chest = (x / half_width) ** 2 + ((y - middle) / half_depth) ** 2 <= 1
    marks = {}
    for side, label, name in ((1, 1, "left"), (-1, 2, "right")):
        out = side * x
        top = (-88.0 if side < 0 else -100.0) - body.breath
        away = ((out - 70.0 * body.width) / 78.0) ** 2 + ((y + 12.0) / 92.0) ** 2
        dome = top - 64.0 * away**1.15 * np.where(y > -12, 1.15, 0.8)
        inner = _inner(y, z, side)
        lung = chest & (z > np.maximum(dome, top - 76.0)) & (out > inner)
        canvas.fill(lung, _LUNG, label)
        held = np.argwhere(canvas.labels == label)
        highest = held[held[:, 0].argmax()][::-1]
        marks[f"{name} apex"] = tuple((highest * canvas.step + canvas.low).tolist())
        rim = held[np.abs(held[:, 1] * canvas.step + canvas.low[1] - 10) < 12]
        lateral = rim[(rim[:, 2] * side - 0.25 * rim[:, 0]).argmax()][::-1]
        marks[f"{name} costophrenic angle"] = tuple((lateral * canvas.step + canvas.low).tolist())
    return marks


def _inner(y: Number, z: Number, side: int) -> Number:
    """Return how far from the middle a lung begins: it wraps the spine behind, and nearly meets the other in front."""
    front = np.clip((-y - 25.0) / 40.0, 0, 1)
    spine = np.exp(-(((y - 60.0) / 26.0) ** 2))
    hilum = np.exp(-(((z - 2.0) / 38.0) ** 2) - ((y - 12.0) / 30.0) ** 2)
    root = np.clip((z - 70.0) / 50.0, 0, 1)
    return (
        13.5
        + 6.0 * spine
        + 9.0 * hilum
        + (7.0 if side < 0 else 5.0) * root
        - 9.0 * front * (1 - root)
        + 2.0 * np.sin(z / 31.0)
    )


# -- the middle -------------------------------------------------------------------------------------------


def _mediastinum(canvas: Canvas, body: Body) -> None:
    """Heart, great vessels; what lies between the lungs is already soft tissue."""
    size = body.heart
    left = rotation((0.80, -0.42, -0.43))
    canvas.ellipsoid((20, -26, -58), (72 * size, 52 * size, 47 * size), _BLOOD - 5, 3, turn=left)
    canvas.ellipsoid((-24, -16, -52), (31 * size, 38 * size, 43 * size), _BLOOD - 5, 3)
    canvas.ellipsoid((27, -16, -4), (20, 21, 30), _BLOOD, 3)
    canvas.tube(along([(-8, -22, -40), (-16, -22, 0), (-10, -14, 42), (8, 4, 60), (20, 28, 58), (24, 46, 40)], 4), 14.5,
                _BLOOD, 4)  # fmt: skip
    canvas.tube(along([(24, 46, 42), (24, 50, 0), (19, 48, -80), (10, 46, -200)], 4), 13.0, _BLOOD, 4)
    canvas.tube(along([(-26, -10, 110), (-25, -14, 60), (-27, -12, -20)], 4), 10.0, _BLOOD)
    canvas.tube(along([(22, -10, 22), (-6, 4, 14), (-36, 8, 4)], 4), 11.5, _BLOOD)
    canvas.tube(along([(24, -8, 22), (34, 8, 20), (44, 14, 8)], 4), 11.0, _BLOOD)


def _airways(canvas: Canvas) -> None:
    """Trachea and main bronchi, walls and air."""
    fork = (0.0, 20.0, 38.0)
    trachea = along([(0, 2, 188), (1, 10, 110), fork], 3)
    right = along([fork, (-18, 22, 22), (-40, 22, 0)], 3)
    left = along([fork, (22, 22, 26), (46, 26, 12)], 3)
    for extra, value in ((2.0, 20.0), (0.0, -990.0)):
        label = 5 if value < 0 else None
        canvas.tube(trachea, 8.6 + extra, value, label)
        canvas.tube(right, np.linspace(7.0, 5.0, len(right)) + extra, value, label)
        canvas.tube(left, np.linspace(6.4, 4.6, len(left)) + extra, value, label)


def _abdomen(canvas: Canvas, body: Body) -> None:
    """What lies below the diaphragm: the liver, fat between organs, gas in the stomach and the gut."""
    lower = -body.breath
    canvas.ellipsoid((-62, -8, -150 + lower), (72, 70, 48), 60, turn=None, where=canvas.labels == 0)
    canvas.ellipsoid((66, 4, -128 + lower), (34, 30, 15), -970, where=canvas.labels == 0)


# -- bone -------------------------------------------------------------------------------------------------


def _bend(z: Number) -> Number:
    """Return where the spine's middle lies (y) at a height."""
    return 64.0 + 9.0 * np.cos((z - 5.0) / 85.0) - 5.0


_GAPS: Final = np.concatenate([np.full(3, 18.5), np.linspace(19.5, 26.0, 12), np.full(4, 28.0)])
_LEVELS: Final = 150.0 - np.concatenate([[0.0], np.cumsum(_GAPS)])
"""Heights of the middles of vertebrae, from C5 down; T1 is the fourth."""


def _vertebra(level: int) -> tuple[float, float]:
    """Return height and gap of thoracic vertebra 1 to 12."""
    return float(_LEVELS[level + 2]), float(_GAPS[level + 2])


def _spine(canvas: Canvas, body: Body) -> None:
    canvas = canvas.part((-50.0, 50.0), (20.0, 150.0), (-205.0, 190.0))
    x, y, z = canvas.axes
    column = ((x / 15.0) ** 2 + ((y - _bend(z)) / 12.5) ** 2 <= 1) & (z < 165)
    canvas.fill(column, 85.0, 6)  # discs
    shell, marrow = _SHELL * 0.5 * body.bone, (_MARROW - 70) * body.bone
    for level, gap in zip(_LEVELS, _GAPS, strict=False):
        half = 0.40 * gap
        disk = canvas.part((-50.0, 50.0), (20.0, 150.0), (level - half - 2, level + half + 2))
        x, y, z = disk.axes
        near = np.abs(z - level)
        waist = 1 - 0.10 * np.cos(np.clip(near / half, 0, 1) * np.pi / 2)
        wide, deep = 11.5 + 0.28 * gap, 9.0 + 0.26 * gap
        radius = np.sqrt((x / (wide * waist)) ** 2 + ((y - _bend(level)) / (deep * waist)) ** 2)
        disk.fill((radius <= 1) & (near <= half), shell, 6)
        disk.fill((radius <= 1 - 2.0 / deep) & (near <= half - 1.8), marrow, 6)
        back = float(_bend(level)) + deep
        for side in (-1, 1):
            canvas.tube(
                along([(side * 10, back - 2, level + 3), (side * 11, back + 12, level + 2)], 2), 4.5, shell * 0.7, 6
            )
            canvas.tube(along([(side * 11, back + 12, level + 2), (side * 32, back + 17, level + 4)], 2), 4.0,
                        shell * 0.7, 6)  # fmt: skip
            canvas.tube(along([(side * 11, back + 12, level), (0, back + 19, level - 3)], 2), 3.5, shell * 0.5, 6)
        spinous = along([(0, back + 19, level - 3), (0, back + 38, level - 3 - 0.7 * gap)], 2)
        canvas.tube(spinous, 3.6, shell * 0.5, 6, flat=(0.7, 1.0, 1.2))
        canvas.ellipsoid((0, back + 8, level), (7.5, 6.5, half), 25.0)


def _ribs(canvas: Canvas, body: Body) -> None:
    """Twelve pairs along the chest's wall, each sinking from back to front; cartilage to the sternum."""
    shell, marrow = _SHELL * 1.05 * body.bone, _MARROW * body.bone
    paths = [(number, side, _rib(number, side, body)) for number in range(1, 13) for side in (-1, 1)]
    for number, side, path in paths:
        if number <= 10:
            canvas.tube(_cartilage(number, side, path[-1], body), 5.5, 95.0, flat=(1.0, 0.8, 1.15))
    for shrink, value in ((0.0, shell), (1.8, marrow)):
        for number, _, path in paths:
            tall = 5.4 if number in (1, 12) else 6.6
            for place in path[:: max(2 if shrink else 1, int(canvas.step / 3))]:
                canvas.ellipsoid(place, (4.6 - shrink, 4.6 - shrink, tall - shrink), value, 7)


def _rib(number: int, side: int, body: Body) -> NDArray[np.float64]:
    """Return the middle line of a rib, from its head to its front end."""
    level, _ = _vertebra(number)
    drop = (28, 44, 58, 70, 80, 88, 92, 90, 80, 66, 40, 26)[number - 1]
    last = np.radians((128, 138, 140, 141, 140, 138, 134, 128, 122, 114, 82, 52)[number - 1])
    turn = np.linspace(np.radians(14), last, 160)
    share = (turn - turn[0]) / (np.radians(141) - turn[0])
    z = level + 5 * np.sin(np.pi * np.clip(share * 3, 0, 1)) - drop * share**1.25
    half_width, half_depth, middle = _cavity(np.clip(z, -150, 104), body)
    grown = 5.5
    x = side * (half_width + grown) * np.sin(turn) ** 0.92
    y = middle + (half_depth + grown) * np.cos(turn)
    head = [
        (side * 15.0, float(_bend(level)) + 12.0, level + 2.0),
        (side * 26.0, float(_bend(level)) + 20.0, level + 3.0),
    ]
    far = np.abs(x) > 34
    return along([*head, *np.stack([x, y, z], axis=1)[far][::8].tolist()], 2.0)


def _cartilage(number: int, side: int, end: NDArray[np.float64], body: Body) -> NDArray[np.float64]:
    target = 78.0 - 24.0 * min(number, 7)
    front = _breastbone(max(target, -74.0), body)
    halfway = ((end[0] + side * 20) / 2, min(end[1], front) - 4, (end[2] + target) / 2 - (8 if number > 5 else 0))
    return along([end.tolist(), halfway, (side * 16.0, front, max(target, -74.0))], 3.0)


def _breastbone(z: float, body: Body) -> float:
    return float((-62.0 - 0.20 * (90.0 - z)) * body.depth)


def _girdle(canvas: Canvas, body: Body) -> None:
    """Sternum, collar bones, shoulder blades, heads of the arms."""
    shell, marrow = _SHELL * 0.8 * body.bone, _MARROW * body.bone
    for shrink, value in ((0.0, shell * 0.7), (1.6, marrow * 0.8)):
        for z in np.arange(84.0, -74.0, -1.5):
            wide = 26.0 if z > 48 else 17.0
            canvas.ellipsoid((0, _breastbone(z, body), z), (wide - shrink, 5.5 - shrink, 3.0), value, 10)
    wide = body.width
    for side in (-1, 1):
        collar = along([(side * 18, -58, 90), (side * 60 * wide, -60, 99), (side * 110 * wide, -22, 112),
                        (side * 158 * wide, 8, 118)], 2)  # fmt: skip
        canvas.tube(collar, 6.4, shell * 1.2, 8)
        canvas.tube(collar[3:-3], 4.2, marrow, 8)
        _blade(canvas, side, wide, shell)
        head = (side * 158.0 * wide, 10.0, 108.0)
        shaft = _arm(side, body)[8:]
        for shrink, value in ((0.0, shell), (2.5, marrow)):
            canvas.tube(shaft, 13.0 - shrink, value)
            canvas.ellipsoid(head, (24.0 - shrink, 23.0 - shrink, 24.0 - shrink), value)


def _blade(canvas: Canvas, side: int, wide: float, shell: float) -> None:
    """Draw a shoulder blade: a thin plate with thick borders, a spine, and the socket."""
    corner = np.array([(124, 88, 100), (132, 84, -30), (158, 34, 88)], float) * (side * wide, 1, 1)
    for a in np.linspace(0, 1, 46):
        for b in np.linspace(0, 1 - a, max(2, int(46 * (1 - a)))):
            place = corner[0] * (1 - a - b) + corner[1] * a + corner[2] * b
            canvas.ellipsoid(place, (2.2, 2.2, 2.6), shell * 0.55, 9)
    for one, other in ((0, 1), (1, 2), (0, 2)):
        canvas.tube(along([corner[one].tolist(), corner[other].tolist()], 2), 3.6, shell * 0.75, 9)
    crest = along([(side * 128 * wide, 94, 72), (side * 150 * wide, 78, 104), (side * 166 * wide, 30, 124)], 2)
    canvas.tube(crest, 3.4, shell * 0.6, 9)


def _nodules(canvas: Canvas, stream: np.random.Generator, count: int, inside: NDArray[np.bool_]) -> None:
    """Round lesions, wholly within a lung."""
    from scipy.ndimage import distance_transform_edt

    if not count:
        return
    thin = slice(None, None, 2)
    deep = distance_transform_edt(inside[thin, thin, thin]) * canvas.step * 2
    for _ in range(count):
        radius = float(stream.uniform(5.0, 13.0))
        places = np.argwhere(deep > radius + 3.0)
        z, y, x = (places[int(stream.integers(len(places)))] * 2).tolist()
        middle = np.array([x, y, z]) * canvas.step + canvas.low
        canvas.ellipsoid(middle, (radius, radius * 0.9, radius * 0.95), 25.0, 11)
