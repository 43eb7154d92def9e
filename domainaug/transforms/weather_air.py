"""Fog and haze on photographs and video, by distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from domainaug.declare.sets import about, up_to
from domainaug.driving.physics import CONTRAST_EXPONENT, extinction_of_visibility
from domainaug.effects import Interval
from domainaug.generators import Generators
from domainaug.transforms.arguments import Range, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import governed
from domainaug.transforms.weather_scene import Light, SceneWeather, Shot

__all__ = ["CLEAR", "VEIL_EFFECTS", "Fog", "added_extinction", "hidden_by", "through_air"]

CLEAR = 30_000.0
"""Meters one sees where a photograph was taken, on a clear day: what is in its air already."""

VEIL_EFFECTS = (
    *("contrast", "brightness", "gamma", "tone", "local_gain", "saturation", "hue", "color_cast", "channel_mixing"),
    *("occlusion", "inversion", "blur", "sharpening", "noise", "impulse_noise", "pixelation"),
)


class Fog(SceneWeather):
    """Fog, in which light is lost on its way to the camera and air shines instead (Koschmieder 1924).

    Light becomes t I + (1 - t) A with t = exp(-b d), where d is the length of the ray. b is 3 / visibility, less that
    of the 30 km of a clear day, in which the photograph was taken; so `visibility` is what a meter would then read.
    A is that of the sky near the horizon, or of the brightest thousandth where no sky is in view; in a video that of
    the first picture. Light is decoded first. The same visibility goes into LiDAR beside it
    (`domainaug.driving.lidar_weather`).

    Args:
        visibility: Meters at which 5 % of contrast is left; a number, or a range it is drawn from, evenly in b.
        airlight: Light of the air as a share of what the sensor holds, or three of them, for red, green and blue;
            None takes it from the picture.
        view: Horizontal field of view, degrees, where the call gives no `camera`.
        mounted: Meters of the camera above the road, likewise.
        pitch: Degrees that it looks up, likewise.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: depth or camera do not fit the picture.
    """

    neutral: ClassVar[Mapping[str, float]] = {"visibility": CLEAR}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("visibility", *VEIL_EFFECTS), "visibility")

    def __init__(
        self,
        visibility: float | Sequence[float] = (80.0, 600.0),
        airlight: float | Sequence[float] | None = None,
        view: float = 75.0,
        mounted: float = 1.5,
        pitch: float = 0.0,
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(view, mounted, pitch, encoding, p)
        self.visibility = span(self, "visibility", visibility, least=5.0, most=CLEAR)
        self.airlight = _airlight(self, airlight)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the visibility, evenly in extinction."""
        ends = [extinction_of_visibility(each) for each in self.visibility]
        return {"visibility": CONTRAST_EXPONENT / self.py_random.uniform(ends[1], ends[0])}

    def lit(self, light: Light, shot: Shot, params: Drawn) -> Light:
        """Return light through fog."""
        air = shot.air if self.airlight is None else np.resize(np.asarray(self.airlight, np.float32), light.shape[2])
        return through_air(light, shot.way(), added_extinction(params["visibility"]), air)

    def most(self, ends: Range) -> Generators:
        """Return what fog does at most."""
        share = 1 - float(np.exp(-added_extinction(ends[0]) * 300.0))
        return hidden_by(share).with_ranges(visibility=Interval(*ends))


def added_extinction(visibility: float) -> float:
    """Return the extinction, 1/m, that a clear day lacks to a visibility."""
    return max(extinction_of_visibility(visibility) - extinction_of_visibility(CLEAR), 0.0)


def through_air(light: Light, way: Light, extinction: float, air: Light) -> Light:
    """Return light (height, width, channels) behind air.

    Args:
        light: Of what is seen.
        way: (height, width) meters.
        extinction: 1/m.
        air: (channels,) of the air itself.
    """
    left = np.exp(np.float32(-extinction) * way)[..., None]
    return np.asarray(air + (light - air) * left, np.float32)


def hidden_by(share: float, grain: float = 0.0) -> Generators:
    """Return what hiding up to a share of the light does at most to a picture; `grain` is of what is not smooth."""
    bend = min(1.6 * share, 1.0)  # a little light is much of an sRGB value, in the dark
    return Generators.bounds(
        brightness=about(bend),
        contrast=Interval(max(1 - 1.6 * bend, 0.0), 1 + 0.5 * bend),
        gamma=Interval(1 / (1 + 8 * bend), 1 + 6 * bend),
        tone=up_to(bend),
        inversion=up_to(2 * (share - 0.2)),
        local_gain=up_to(2 * bend),
        color_cast=up_to(bend),
        hue=about(14 * bend),
        saturation=Interval(max(1 - 2.5 * bend, 0.0), 1 + 4 * bend),
        channel_mixing=up_to(3 * bend),
        occlusion=up_to(min(2 * max(share - 0.2, 0.0), 1.0)),
        blur=up_to(2 * bend),
        sharpening=up_to(bend + grain),
        noise=up_to(0.1 * bend + grain),
        impulse_noise=up_to(min(0.3 * bend + grain, 1.0)),
        pixelation=Interval(1.0, 1 + 4 * bend),
    )


def _airlight(owner: Any, value: Any) -> Range | tuple[float, ...] | None:
    if value is None:
        return None
    each = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    legal = all(isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= 1 for one in each)
    if not legal or len(each) not in (1, 3):
        raise ValueError(
            f"{type(owner).__name__}: airlight: a share from 0 to 1, three of them, or None is needed, got {value!r}"
        )
    return tuple(float(one) for one in each)
