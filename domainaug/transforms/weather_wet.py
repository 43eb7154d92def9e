"""Water on the road and on the lens of street photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import up_to
from domainaug.generators import Generators
from domainaug.kernels.random import uniforms
from domainaug.transforms.arguments import Range, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import draw_key, governed
from domainaug.transforms.weather_air import VEIL_EFFECTS, hidden_by
from domainaug.transforms.weather_scene import Light, SceneWeather, Shot

__all__ = ["LensDrops", "WetRoad"]

_STEPS = 28  # places along a mirrored ray at which the picture is looked at
_FLAT = 0.18  # meters above the plane, and a hundredth of the distance: what is still road


class WetRoad(SceneWeather):
    """Wets the road: it darkens, and mirrors what stands on it the more, the flatter one looks.

    Road is where depth agrees with the plane of the calibration (within 18 cm and 1 % of the distance), or where a
    mask says, `road` beside the picture. Wet asphalt gives back half of the light (Lekner and Dorf 1988). Mirrored rays
    are followed through the depth map; what they meet comes back by Fresnel's share of water, drawn out along the
    column by the roughness of the film. What the picture does not show is taken for sky.

    Args:
        wetness: 0 dry to 1 soaked; a number, or a range it is drawn from.
        view: Horizontal field of view, degrees, where the call gives no `camera`.
        mounted: Meters of the camera above the road, likewise.
        pitch: Degrees that it looks up, likewise.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: depth or camera do not fit the picture.
    """

    neutral: ClassVar[Mapping[str, float]] = {"wetness": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(VEIL_EFFECTS, "wetness")

    def __init__(
        self,
        wetness: float | Sequence[float] = (0.4, 1.0),
        view: float = 75.0,
        mounted: float = 1.5,
        pitch: float = 0.0,
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(view, mounted, pitch, encoding, p)
        self.wetness = span(self, "wetness", wetness, least=0.0, most=1.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw how wet it is."""
        return {"wetness": self.py_random.uniform(*self.wetness), "road": data.get("road")}

    def lit(self, light: Light, shot: Shot, params: Drawn) -> Light:
        """Return light with a wet road."""
        wet = np.float32(params["wetness"])
        if wet <= 0:
            return light
        road = _road(shot) if params["road"] is None else np.asarray(params["road"]).reshape(light.shape[:2]) > 0
        share = cv2.GaussianBlur(road.astype(np.float32), (0, 0), 1.5)[..., None] * wet
        rays = shot.camera.rays() / shot.camera.stretch()[..., None]
        flat = np.clip(-(rays @ shot.camera.up.astype(np.float32)), 0.0, 1.0)[..., None]
        fresnel = 0.02 + 0.98 * (1 - flat) ** 5
        mirrored = cv2.GaussianBlur(_mirrored(light, shot, road), (0, 0), sigmaX=1.2, sigmaY=5.0)
        mirrored = mirrored.reshape(light.shape)
        wetted = light * 0.5 * (1 - fresnel) + mirrored * fresnel
        return np.asarray(light + (wetted - light) * share, np.float32)

    def most(self, ends: Range) -> Generators:
        """Return what a wet road does at most."""
        return hidden_by(min(ends[1], 1.0), 0.2 * ends[1])


class LensDrops(SceneWeather):
    """Drops on the windscreen: each a small, blurred picture of the whole scene, upside down.

    They sit on the glass and stay there through a video. Sizes are even in the logarithm.

    Args:
        cover: Share of the picture that drops cover; a number, or a range it is drawn from.
        radius: Of a drop, as a share of the width of the picture; a range.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
    """

    neutral: ClassVar[Mapping[str, float]] = {"cover": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed((*VEIL_EFFECTS, "foreign_content"), "cover")

    def __init__(
        self,
        cover: float | Sequence[float] = (0.02, 0.1),
        radius: float | Sequence[float] = (0.006, 0.025),
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(75.0, 1.5, 0.0, encoding, p)
        self.cover = span(self, "cover", cover, least=0.0, most=0.5)
        self.radius = span(self, "radius", radius, least=0.001, most=0.2)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw how much is covered, and where drops sit."""
        return {"cover": self.py_random.uniform(*self.cover), "key": draw_key(self.random_generator)}

    def lit(self, light: Light, shot: Shot, params: Drawn) -> Light:
        """Return light through a glass with drops."""
        rows, columns, channels = light.shape
        small, large = (max(each * columns, 1.5) for each in self.radius)
        mean = (large**2 - small**2) / (2 * np.log(large / small)) if large > small else small**2
        count = round(params["cover"] * rows * columns / (np.pi * mean))
        if not count:
            return light
        through = cv2.GaussianBlur(light, (0, 0), max(0.008 * columns, 0.6)).reshape(light.shape)
        out = light.copy()
        for x, y, size, stretch in uniforms((count, 4), params["key"]).tolist():
            radius = small * (large / small) ** size
            _drop(out, through, (x * columns, y * rows), radius, 1.0 + 0.35 * stretch)
        return np.asarray(out.reshape(rows, columns, channels), np.float32)

    def most(self, ends: Range) -> Generators:
        """Return what drops do at most; each shows a part of the scene at another place."""
        cover = ends[1]
        return hidden_by(min(4 * cover, 1.0), min(3 * cover, 1.0)).with_ranges(foreign_content=up_to(cover))


def _road(shot: Shot) -> NDArray[np.bool_]:
    """Return (height, width): where what is seen lies in the plane of the road."""
    sinking = shot.camera.rays() @ -shot.camera.up.astype(np.float32)
    meters = np.where(shot.depth.sky, np.float32(1e6), shot.depth.meters)
    above = shot.camera.mounted - sinking * meters
    flat = (sinking > 0) & (np.abs(above) < _FLAT + 0.01 * meters)
    rim = max(round(0.004 * shot.camera.width), 1)  # of things on the road, where filled-in depth runs into it
    inner = cv2.erode(flat.astype(np.uint8), np.ones((2 * rim + 1, 2 * rim + 1), np.uint8))
    wide = np.ones((7 * rim + 1, 7 * rim + 1), np.uint8)  # ribbons up the sides of cars, where it crosses the plane
    inner = cv2.morphologyEx(inner, cv2.MORPH_OPEN, wide)
    return np.asarray(inner > 0)


def _mirrored(light: Light, shot: Shot, road: NDArray[np.bool_]) -> Light:
    """Return (height, width, channels) what a mirror in place of the road would show."""
    camera, up = shot.camera, shot.camera.up.astype(np.float32)
    out = np.broadcast_to(shot.air, light.shape).astype(np.float32)
    row, column = np.nonzero(road)
    rays = camera.rays()[row, column]
    start = rays * (camera.mounted / np.maximum(rays @ -up, 1e-4))[:, None]
    toward = rays - 2 * (rays @ up)[:, None] * up
    open_ = np.ones(len(row), np.bool_)
    height, width = light.shape[:2]
    for step in range(_STEPS):
        at = start + toward * np.float32(0.15 * 1.3**step)
        x = np.rint(at[:, 0] / at[:, 2] * camera.focal_x + camera.center_x).astype(np.int64)
        y = np.rint(at[:, 1] / at[:, 2] * camera.focal_y + camera.center_y).astype(np.int64)
        inside = open_ & (x >= 0) & (x < width) & (y >= 0) & (y < height)
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        met = inside & (shot.depth.meters[y, x] < at[:, 2]) & ~road[y, x]
        last = inside & (step == _STEPS - 1)
        out[row[met | last], column[met | last]] = light[y[met | last], x[met | last]]
        open_ &= ~met
    return out


def _drop(out: Light, through: Light, middle: tuple[float, float], radius: float, tall: float) -> None:
    """Draw one drop into light: the view through it, upside down, rim darker, edge soft."""
    rows, columns = out.shape[:2]
    reach_x, reach_y = int(np.ceil(radius * 1.2)) + 1, int(np.ceil(radius * tall * 1.2)) + 1
    left, top = max(int(middle[0]) - reach_x, 0), max(int(middle[1]) - reach_y, 0)
    right, bottom = min(int(middle[0]) + reach_x + 1, columns), min(int(middle[1]) + reach_y + 1, rows)
    if right <= left or bottom <= top:
        return
    x = (np.arange(left, right, dtype=np.float32) - middle[0]) / radius
    y = (np.arange(top, bottom, dtype=np.float32)[:, None] - middle[1]) / (radius * tall)
    far = np.sqrt(x**2 + y**2)
    column = np.clip(columns / 2 - x * columns * 0.42, 0, columns - 1).astype(np.int64)
    row = np.clip(rows / 2 - y * rows * 0.45, 0, rows - 1).astype(np.int64)
    view = through[np.broadcast_to(row, far.shape), np.broadcast_to(column, far.shape)]
    shade = 1 - 0.45 * np.clip(far, 0, 1)[..., None] ** 6
    alpha = (0.88 * np.clip((1.12 - far) / 0.36, 0, 1))[..., None].astype(np.float32)
    part = out[top:bottom, left:right]
    part += (view * shade - part) * alpha
