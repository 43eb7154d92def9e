"""Night-like relighting and the glare of a low sun on street photographs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import cv2
import numpy as np

from domainaug.effects import Interval
from domainaug.generators import Generators
from domainaug.kernels.random import normals
from domainaug.transforms.arguments import Range, number, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import draw_key, governed
from domainaug.transforms.weather_air import VEIL_EFFECTS, hidden_by
from domainaug.transforms.weather_scene import Light, SceneWeather, Shot

__all__ = ["NightLike", "SunGlare"]

_BLUE_HOUR = np.array([0.62, 0.86, 1.45], np.float32)  # light of the sky after sunset, balanced for the day
_LAMP = np.array([1.15, 1.0, 0.78], np.float32)  # halogen low beams, in a camera balanced between


class NightLike(SceneWeather):
    """Relights a day so that it is like dusk or night: the sky goes dark, light turns blue, and one's own lamps shine.

    It is no night: shadows of the sun stay where they were, windows and other road users' lamps stay unlit, and a road
    that was in the sun is brighter than one in the shade. It shows a network less light and other colors; what it
    learns of headlights it has to learn from nights, rendered or real.

    Light is taken times what the sky still gives, and one's low beams add theirs: as 1 / d**2 of the distance, within
    a fan of 60 degrees and below their cut-off. A short exposure adds noise.

    Args:
        darkness: How far it goes: 0 is the day, 0.5 deep dusk, 1 night; a number, or a range it is drawn from.
        headlights: How bright one's own lamps are against the night; 0 for a parked car.
        noise: Standard deviation in the dark, as a share of the range, at darkness 1.
        view: Horizontal field of view, degrees, where the call gives no `camera`.
        mounted: Meters of the camera above the road, likewise.
        pitch: Degrees that it looks up, likewise.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: depth or camera do not fit the picture.
    """

    neutral: ClassVar[Mapping[str, float]] = {"darkness": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("sun_altitude", *VEIL_EFFECTS), "darkness")

    def __init__(
        self,
        darkness: float | Sequence[float] = (0.5, 1.0),
        headlights: float = 1.0,
        noise: float = 0.01,
        view: float = 75.0,
        mounted: float = 1.5,
        pitch: float = 0.0,
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(view, mounted, pitch, encoding, p)
        self.darkness = span(self, "darkness", darkness, least=0.0, most=1.0)
        self.headlights = number(self, "headlights", headlights, least=0.0, most=10.0)
        self.noise = number(self, "noise", noise, least=0.0, most=0.1)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw how dark it is, and the noise."""
        return {"darkness": self.py_random.uniform(*self.darkness), "key": draw_key(self.random_generator)}

    def lit(self, light: Light, shot: Shot, params: Drawn) -> Light:
        """Return light as of a night."""
        dark = params["darkness"]
        if dark <= 0:
            return light
        left = np.float32(10.0 ** (-1.75 * dark))  # a camera makes up for most of the light that goes
        tint = _fit(1 + dark * (_BLUE_HOUR - 1), light)
        out = light * (left * tint)
        sky = shot.depth.sky.astype(np.float32)
        if sky.any():
            soft = cv2.GaussianBlur(sky, (0, 0), 1.2)[..., None]
            glow = 0.35 * left * (1 - 0.8 * dark) * tint * (0.4 + 0.6 * light.mean(axis=2, keepdims=True))
            out = out * (1 - soft) + glow * soft
        if self.headlights > 0:
            lamp = _low_beams(shot) * np.float32(self.headlights * dark**2)
            out = out + light * lamp[..., None] * _fit(_LAMP, light)
        grain = normals(light.shape, params["key"], round(shot.time * 1000)) * np.float32(self.noise * dark)
        return np.asarray(np.maximum(out + grain * np.sqrt(out + 0.003) * 2.0, 0), np.float32)

    def most(self, ends: Range) -> Generators:
        """Return what a night does at most; the day keeps its sun, beyond it the light is that of -2 to -18 degrees."""
        low, high = (-2.0 - 16.0 * dark if dark > 0 else 90.0 for dark in ends[::-1])
        hidden = hidden_by(min(2.0 * ends[1], 1.0), min(0.3 * ends[1], 1.0))
        return hidden.with_ranges(sun_altitude=Interval(low, high))


class SunGlare(SceneWeather):
    """A low sun ahead: light scattered in windscreen and lens lies over the picture like a veil.

    The veil falls with the square of the angle from the sun, as disability glare does (Stiles and Holladay; CIE 146),
    and its sum is the share of the sun's light that the glass scatters. Where the sun is in view and something stands
    before it, an eighth of the veil is left. The disc itself is drawn where it stands in the sky.

    Args:
        scatter: Strength of the veil one degree from the sun, as a share of what the sensor holds, in tens; a number,
            or a range it is drawn from.
        altitude: Degrees of the sun over the horizon; a number, or a range.
        azimuth: Degrees to the left of straight ahead; a range, one number is either side of 0.
        view: Horizontal field of view, degrees, where the call gives no `camera`.
        mounted: Meters of the camera above the road, likewise.
        pitch: Degrees that it looks up, likewise.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: depth or camera do not fit the picture.
    """

    neutral: ClassVar[Mapping[str, float]] = {"scatter": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(VEIL_EFFECTS, "scatter")

    def __init__(
        self,
        scatter: float | Sequence[float] = (0.5, 2.0),
        altitude: float | Sequence[float] = (3.0, 15.0),
        azimuth: float | Sequence[float] = 25.0,
        view: float = 75.0,
        mounted: float = 1.5,
        pitch: float = 0.0,
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(view, mounted, pitch, encoding, p)
        self.scatter = span(self, "scatter", scatter, least=0.0, most=10.0)
        self.altitude = span(self, "altitude", altitude, least=-1.0, most=60.0)
        self.azimuth = span(self, "azimuth", azimuth, around=0.0, least=-180.0, most=180.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the strength, and where the sun stands."""
        return {name: self.py_random.uniform(*getattr(self, name)) for name in ("scatter", "altitude", "azimuth")}

    def lit(self, light: Light, shot: Shot, params: Drawn) -> Light:
        """Return light with glare over it."""
        if params["scatter"] <= 0:
            return light
        high, aside = math.radians(params["altitude"]), math.radians(params["azimuth"])
        level = shot.camera.pose()[:3, :3]
        sun = level.T @ [math.cos(high) * math.cos(aside), math.cos(high) * math.sin(aside), math.sin(high)]
        rays = shot.camera.rays() / shot.camera.stretch()[..., None]
        angle = np.degrees(np.arccos(np.clip(rays @ sun.astype(np.float32), -1, 1)))
        veil = np.float32(10 * params["scatter"]) / (angle**2 + 4.0)
        (place,), (depth,) = shot.camera.seen(sun[None])
        if depth > 0 and (place > -0.5).all() and (place < (light.shape[1] - 0.5, light.shape[0] - 0.5)).all():
            column, row = (round(float(each)) for each in place)
            if shot.depth.sky[row, column]:
                veil = veil + 30 * np.exp(-((angle / 0.35) ** 2)) * shot.depth.sky
            else:
                veil = veil / 8
        warm = _fit(np.array([1.0, 0.95, 0.86], np.float32), light)
        return np.asarray(light + veil[..., None].astype(np.float32) * warm, np.float32)

    def most(self, ends: Range) -> Generators:
        """Return what glare does at most."""
        return hidden_by(min(ends[1], 1.0), min(0.2 * ends[1], 1.0))


def _fit(color: Any, light: Light) -> Light:
    """Return a color for pictures in color, and its mean for others."""
    return np.asarray(color if light.shape[2] == 3 else np.full(light.shape[2], np.mean(color)), np.float32)


def _low_beams(shot: Shot) -> Light:
    """Return (height, width): light of one's own low beams on what is seen, 1 on the axis at 12 m."""
    rays, stretch = shot.camera.rays(), shot.camera.stretch()
    way = np.where(shot.depth.sky, np.float32(1e6), shot.depth.meters * stretch)
    level = shot.camera.pose()[:3, :3].astype(np.float32)
    world = rays @ level.T
    aside = np.degrees(np.arctan2(world[..., 1], np.maximum(world[..., 0], 1e-3)))
    height = np.float32(shot.camera.mounted) + world[..., 2] * (way / stretch)
    above = np.degrees(np.arctan2(height - 0.65, np.maximum(way, 1.0)))  # seen from the lamps
    fan = np.exp(-((aside / 22.0) ** 2))
    over = above + 0.6 - 0.012 * np.clip(-aside, 0, 30)  # the cut-off is a little higher at the curb
    cut = 1 / (1 + np.exp(np.clip(over / 0.35, -30, 30)))
    down = np.exp(np.minimum(above, 0) / 4.0)  # lamps light what is near less, so that the road is lit evenly
    return np.asarray(fan * (0.03 + 0.97 * cut) * down * (12.0 / np.maximum(way, 3.0)) ** 2, np.float32)
