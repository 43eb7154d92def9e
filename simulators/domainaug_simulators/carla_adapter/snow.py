"""What CARLA's weather lacks, drawn into its pictures: snow that lies and snow that falls.

What lies needs where each pixel is and what it shows, and CARLA tells both exactly. It lies on level ground and on
what looks up, in patches that stay where they are in the world; it takes the light that the picture shows there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.pinhole import Pinhole as Lens
from domainaug.driving.weather import Weather
from domainaug.transforms.weather_falling import SnowInAir
from domainaug_simulators.carla_adapter.labels import Floats, Pinhole
from domainaug_simulators.street.town.tags import Tag

__all__ = ["in_image", "snowed"]

_PATCHES: Final = ((6.0, 0.5), (1.7, 0.3), (0.45, 0.2))  # meters across, and how much they count
_GROUND: Final = {Tag.ROAD: 0.14, Tag.ROAD_LINE: 0.55, Tag.SIDEWALK: 0.3, Tag.TERRAIN: 0.25, Tag.GROUND: 0.25,
                  Tag.OTHER: 0.25, Tag.STATIC: 0.3, Tag.BRIDGE: 0.3, Tag.RAIL_TRACK: 0.25}  # fmt: skip
_SNOW: Final = np.array([0.86, 0.89, 0.93])  # share of the light that it gives back, red to blue
_TRODDEN: Final = 0.75  # of the cover that is left where wheels go
_STEEP: Final = 0.55  # how far up a surface looks at least that snow stays on


def in_image(weather: Weather) -> tuple[str, ...]:
    """Return which parts of a weather are drawn into pictures, and not by the server."""
    return tuple(name for name in ("snow_cover", "snowfall") if getattr(weather, name) > 0)


def snowed(
    picture: NDArray[np.uint8], tags: NDArray[np.uint8], depth: Floats, camera: Pinhole, weather: Weather,
    *, key: int, time: float, poses: Sequence[Floats], rate: float,
) -> NDArray[np.uint8]:  # fmt: skip
    """Return a picture with the snow of a weather, lying and falling.

    Args:
        picture: (height, width, 3) RGB.
        tags: (height, width) CARLA's classes.
        depth: (height, width) meters along the optical axis; inf for the sky.
        camera: What took it.
        weather: The weather.
        key: Names the flakes, the same for all cameras.
        time: Seconds.
        poses: (4, 4) from optical axes to the world with the road at 0, of this frame and the next.
        rate: Frames a second.
    """
    if weather.snow_cover > 0:
        picture = _covered(picture, tags, depth, camera, weather.snow_cover)
    if weather.snowfall > 0:
        height, width, _ = picture.shape
        falling = SnowInAir(weather.snowfall, 8.0, weather.wind, world=key, p=1.0)
        falling.set_random_seed(key)
        lens = Lens.of_view(width, height, camera.view, mounted=max(float(poses[0][2, 3]), 0.1))
        given = depth.astype(np.float32)
        moved = np.stack(poses)
        picture = falling(image=picture, depth=given, camera=lens, poses=moved, rate=rate, time=time)["image"]
    return np.ascontiguousarray(picture, np.uint8)


def _covered(
    picture: NDArray[np.uint8], tags: NDArray[np.uint8], depth: Floats, camera: Pinhole, cover: float
) -> NDArray[np.uint8]:
    """Return a picture with snow that lies."""
    import cv2

    rows, columns = np.indices(depth.shape)
    away = np.where(np.isfinite(depth), depth, 0.0)
    points = camera.points(rows.ravel(), columns.ravel(), away.ravel()).reshape(*depth.shape, 3)
    albedo, up = np.zeros(depth.shape), _up(points)
    for tag, own in _GROUND.items():
        albedo[tags == tag] = own
    ground = albedo > 0
    share = np.where(np.isin(tags, (int(Tag.ROAD), int(Tag.ROAD_LINE))), cover * _TRODDEN, cover)
    lies = np.clip((share - _patches(points, away * 2 / camera.width)) * 4 + 0.5, 0, 1) * (share > 0)
    roof = np.clip((up - _STEEP) * 4, 0, 1) * min(cover * 1.2, 1.0)
    much = np.where(ground, lies, roof) * np.isfinite(depth)
    light = np.where(picture / 255 <= 0.04045, picture / 255 / 12.92, ((picture / 255 + 0.055) / 1.055) ** 2.4)
    gray = cv2.GaussianBlur(light.mean(axis=2), (0, 0), max(camera.width / 320, 0.6))
    lit = np.minimum(gray / np.where(ground, albedo, 0.35), 1.0)[..., None] * _SNOW
    mixed = light + (lit - light) * much[..., None]
    shown = np.where(mixed <= 0.0031308, mixed * 12.92, 1.055 * np.maximum(mixed, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(shown, 0, 1) * 255), np.uint8)


def _up(points: NDArray[np.float64]) -> Floats:
    """Return how far up surfaces look, from -1 to 1, by their neighbors' places."""
    down, right = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normal = np.cross(right, down)
    length = np.linalg.norm(normal, axis=2)
    return np.asarray(np.abs(normal[..., 2]) / np.maximum(length, 1e-12), np.float64)


def _patches(points: NDArray[np.float64], footprint: Floats) -> Floats:
    """Return noise about evenly spread from 0 to 1 at places of the world; what is finer than a pixel is left out."""
    total: Floats = np.full(footprint.shape, 0.5)
    for size, weight in _PATCHES:
        seen = np.clip(size / np.maximum(footprint, 1e-6) / 4, 0, 1)
        total += (_lattice(points[..., 0] / size, points[..., 1] / size) - 0.5) * weight * 1.6 * seen
    return np.asarray(np.clip(total, 0, 1), np.float64)


def _lattice(x: Floats, y: Floats) -> Floats:
    """Return smooth noise between the corners of a grid, each with a number that follows from its place."""
    left, low = np.floor(x), np.floor(y)
    u, v = x - left, y - low
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    column, row = left.astype(np.int64), low.astype(np.int64)
    near = _number(column, row) * (1 - u) + _number(column + 1, row) * u
    far = _number(column, row + 1) * (1 - u) + _number(column + 1, row + 1) * u
    return np.asarray(near * (1 - v) + far * v, np.float64)


def _number(column: NDArray[Any], row: NDArray[Any]) -> Floats:
    """Return a number from 0 to 1 for each corner (a hash of its place)."""
    with np.errstate(over="ignore"):
        mixed = column.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed += row.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53), np.float64)
