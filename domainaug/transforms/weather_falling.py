"""Rain and snow in the air of photographs and video, by distance."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from domainaug.driving.falling import Falling, covered
from domainaug.driving.physics import extinction_of_rain, extinction_of_snowfall
from domainaug.effects import Interval
from domainaug.generators import Generators
from domainaug.transforms.arguments import Range, number, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import draw_key, governed
from domainaug.transforms.weather_air import VEIL_EFFECTS, hidden_by, through_air
from domainaug.transforms.weather_scene import Light, SceneWeather, Shot

__all__ = ["RainInAir", "SnowInAir"]


class _InAir(SceneWeather):
    """What falls: a new one says how it takes light, and what light its drops or flakes show.

    Attributes:
        snow: Whether flakes fall, and not drops.
        dimming: Light of its veil as a share of that of the air.
        grain: What it adds to noise, of the square root of mm/h.
    """

    snow: ClassVar[bool]
    dimming: ClassVar[float]
    grain: ClassVar[float]

    def __init__(
        self,
        exposure_ms: float | Sequence[float],
        wind: float | Sequence[float],
        emphasis: float,
        world: int | None,
        scene: tuple[float, float, float, str, float],
    ) -> None:
        super().__init__(*scene)
        self.exposure_ms = span(self, "exposure_ms", exposure_ms, least=0.1, most=100.0)
        self.wind = span(self, "wind", wind, least=0.0, most=40.0)
        self.emphasis = number(self, "emphasis", emphasis, least=0.0, most=20.0)
        if world is not None and (isinstance(world, bool) or not isinstance(world, int) or not 0 <= world < 2**64):
            raise ValueError(
                f"{type(self).__name__}: world: a whole number from 0 to 2**64 - 1, or None, is needed, got {world!r}"
            )
        self.world = world

    @abstractmethod
    def extinction(self, rate: float) -> float:
        """Return 1/m of air in which so many mm/h of water fall."""

    @abstractmethod
    def shown(self, light: Light, shot: Shot) -> Light:
        """Return (channels,) light that a drop or flake shows."""

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw how much falls, the wind, the shutter, and which drops; those of a `world` are always the same."""
        rate = self.py_random.uniform(*self.ends)
        exposure = self.py_random.uniform(*self.exposure_ms)
        speed, toward = self.py_random.uniform(*self.wind), self.py_random.uniform(0.0, 2 * math.pi)
        key = draw_key(self.random_generator)
        if self.world is not None:  # of the world, too, is where its wind blows
            key, toward = self.world, 2 * math.pi * ((self.world * 0.6180339887498949) % 1.0)
        wind = (speed * math.cos(toward), speed * math.sin(toward))
        return {"rate": rate, "exposure_ms": exposure, "wind": wind, "key": key}

    def strength(self, params: Drawn) -> float:
        """Return mm/h of water."""
        return float(params["rate"])

    def lit(self, light: Light, shot: Shot, params: Drawn) -> Light:
        """Return light through what falls."""
        rate = params["rate"]
        if rate <= 0:
            return light
        air = shot.air * np.float32(self.dimming)
        veiled = through_air(light, shot.way(), self.extinction(rate), air)
        return np.asarray(veiled + (self.shown(light, shot) - veiled) * self._covered(shot, params), np.float32)

    def most(self, ends: Range) -> Generators:
        """Return what it does at most."""
        share = 1 - math.exp(-self.extinction(ends[1]) * 300)
        grain = min(self.grain * math.sqrt(ends[1]) * self.emphasis, 1.0)
        hidden = hidden_by(min(share + grain / 2, 1.0), grain)
        return hidden.with_ranges(**{next(iter(self.neutral)): Interval(*ends)})

    def _covered(self, shot: Shot, params: Drawn) -> Light:
        falling = Falling(params["rate"], params["key"], self.snow, params["wind"])
        share = covered(
            falling,
            shot.camera,
            shot.pose,
            shot.velocity,
            time=shot.time,
            exposure=params["exposure_ms"] / 1000,
            depth=shot.depth.meters,
        )
        return np.asarray(np.minimum(share * self.emphasis, 1), np.float32)[..., None]


class RainInAir(_InAir):
    """Rain between the camera and what it sees: a veil that grows with distance, and streaks of near drops.

    Drops have the sizes of Marshall and Palmer (1948) and fall as fast as Atlas et al. (1973) measured. Each is at a
    place in the world, hidden by what is nearer, drawn out by its fall, the wind and the speed of the vehicle while the
    shutter is open, and shows the sky (drops are lenses of 165 degrees: Garg and Nayar 2007). What is too far to be
    seen singly is the veil. In short exposures real rain is faint; `emphasis` makes more of it, which no camera does.
    The ground stays dry: `WetRoad` wets it.

    Args:
        rain: mm/h; a number, or a range it is drawn from. 2 is light, 10 heavy, 50 a cloudburst.
        exposure_ms: How long the shutter is open; a number, or a range.
        wind: m/s, likewise; its direction is drawn.
        emphasis: Factor on the area of drops; 1 is physical.
        world: Names the drops; the same for all cameras of a vehicle, which tell their `poses`. None draws it.
        view: Horizontal field of view, degrees, where the call gives no `camera`.
        mounted: Meters of the camera above the road, likewise.
        pitch: Degrees that it looks up, likewise.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: depth or camera do not fit the picture.
    """

    snow: ClassVar[bool] = False
    dimming: ClassVar[float] = 0.85
    grain: ClassVar[float] = 0.04
    neutral: ClassVar[Mapping[str, float]] = {"rain": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("rain", *VEIL_EFFECTS), "rain")

    def __init__(
        self,
        rain: float | Sequence[float] = (2.0, 25.0),
        exposure_ms: float | Sequence[float] = (4.0, 16.0),
        wind: float | Sequence[float] = (0.0, 5.0),
        emphasis: float = 1.0,
        world: int | None = None,
        view: float = 75.0,
        mounted: float = 1.5,
        pitch: float = 0.0,
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(exposure_ms, wind, emphasis, world, (view, mounted, pitch, encoding, p))
        self.rain = span(self, "rain", rain, least=0.0, most=200.0)

    def extinction(self, rate: float) -> float:
        """Return 1/m of rain."""
        return extinction_of_rain(rate)

    def shown(self, light: Light, shot: Shot) -> Light:
        """Return the light of a drop, a lens that shows much sky and a little of all."""
        return np.asarray(0.75 * shot.air + 0.25 * light.mean(axis=(0, 1)), np.float32)


class SnowInAir(_InAir):
    """Snow between the camera and what it sees: a veil that grows with distance, and flakes.

    Flakes have the sizes of Gunn and Marshall (1958), three times as wide as what they melt to, fall at about a meter
    a second (Locatelli and Hobbs 1974), flutter, and give back the light of the sky. The veil is that of dry snow in
    ITU-R P.1814. All else is as in `RainInAir`. No snow lies: the ground stays as it is.

    Args:
        snowfall: mm/h of water; a number, or a range it is drawn from. 0.5 is light, 2.5 heavy.
        exposure_ms: How long the shutter is open; a number, or a range.
        wind: m/s, likewise; its direction is drawn.
        emphasis: Factor on the area of flakes; 1 is physical.
        world: Names the flakes; the same for all cameras of a vehicle, which tell their `poses`. None draws it.
        view: Horizontal field of view, degrees, where the call gives no `camera`.
        mounted: Meters of the camera above the road, likewise.
        pitch: Degrees that it looks up, likewise.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: depth or camera do not fit the picture.
    """

    snow: ClassVar[bool] = True
    dimming: ClassVar[float] = 0.9
    grain: ClassVar[float] = 0.25
    neutral: ClassVar[Mapping[str, float]] = {"snowfall": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("snowfall", *VEIL_EFFECTS), "snowfall")

    def __init__(
        self,
        snowfall: float | Sequence[float] = (0.3, 2.0),
        exposure_ms: float | Sequence[float] = (4.0, 16.0),
        wind: float | Sequence[float] = (0.0, 5.0),
        emphasis: float = 1.0,
        world: int | None = None,
        view: float = 75.0,
        mounted: float = 1.5,
        pitch: float = 0.0,
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(exposure_ms, wind, emphasis, world, (view, mounted, pitch, encoding, p))
        self.snowfall = span(self, "snowfall", snowfall, least=0.0, most=20.0)

    def extinction(self, rate: float) -> float:
        """Return 1/m of dry snow."""
        return extinction_of_snowfall(rate)

    def shown(self, light: Light, shot: Shot) -> Light:
        """Return the light of a flake, that of its veil."""
        return np.asarray(shot.air * np.float32(self.dimming), np.float32)
