"""Cameras: pictures in the weather, depth, classes, and which thing each pixel shows, as CARLA writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.sensors.stage import Shot, Stage
from domainaug_simulators.carla_server.wire.layouts import Layout
from domainaug_simulators.carla_server.world.skies import weather_of
from domainaug_simulators.street.film import Film, developed, exposure_of
from domainaug_simulators.street.precipitation import with_precipitation
from domainaug_simulators.street.render import QUALITIES, prepare
from domainaug_simulators.street.views import light_of

__all__ = ["DepthCamera", "InstanceCamera", "RgbCamera", "SemanticCamera"]

_FAR: Final = 1000.0
_DEPTHS: Final = 256**3 - 1


def _image(layout: Layout, shot: Shot, blue_green_red: NDArray[np.uint8]) -> bytes:
    height, width, _ = blue_green_red.shape
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[..., :3] = blue_green_red
    return layout.image.pack(width, height, shot.camera.view) + pixels.tobytes()


@dataclass(slots=True)
class RgbCamera:
    """A picture.

    Attributes:
        stage: What there is to see.
        layout: The client's.
        attributes: The blueprint's.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    attributes: Mapping[str, str]
    slow: bool = True
    _exposure: float | None = None

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return a picture; it is metered anew for each, unless its exposure is manual: then for the first."""
        shot, weather = self.stage.shot(world, own), weather_of(world.sky)
        light = light_of(weather, world.elapsed)
        radiance = prepare(shot.scene, shot.camera, QUALITIES["draft"], shot.samples).radiance(light)
        seed = round(world.elapsed * 1e6)
        if weather.rain > 0:
            velocity = own.velocity.x, -own.velocity.y, own.velocity.z
            told = (shot.labels.depth, shot.camera, velocity, weather, light, shot.scene.lamps)
            radiance = with_precipitation(radiance, *told, time=world.elapsed, key=world.episode)
        if self._exposure is None or self.attributes.get("exposure_mode") != "manual":
            self._exposure = exposure_of(radiance) * 2.0 ** float(self.attributes.get("exposure_compensation", "0"))
        noise = np.random.Generator(np.random.Philox(key=[seed, 1]))
        picture = developed(radiance, Film(self._exposure, light.film.noise), noise)
        return _image(self.layout, shot, picture[..., ::-1])


@dataclass(frozen=True, slots=True)
class DepthCamera:
    """Meters along the optical axis, a thousand of them over 24 bits; the sky is as far as it goes.

    Attributes:
        stage: What there is to see.
        layout: The client's.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    slow: bool = True

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return depths: the low byte in red, the high in blue."""
        shot = self.stage.shot(world, own)
        told = np.minimum(shot.labels.depth.astype(np.float64) / _FAR, 1.0)
        steps = np.rint(told * _DEPTHS).astype(np.uint32)
        parts = [(steps >> shift & 255).astype(np.uint8) for shift in (16, 8, 0)]
        return _image(self.layout, shot, np.stack(parts, axis=-1))


@dataclass(frozen=True, slots=True)
class SemanticCamera:
    """Classes, by CARLA's numbers, in red.

    Attributes:
        stage: What there is to see.
        layout: The client's.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    slow: bool = True

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return classes."""
        shot = self.stage.shot(world, own)
        pixels = np.zeros((*shot.labels.semantic.shape, 3), np.uint8)
        pixels[..., 2] = shot.labels.semantic
        return _image(self.layout, shot, pixels)


@dataclass(frozen=True, slots=True)
class InstanceCamera:
    """Classes in red, and in green and blue the low and high byte of the number of the actor or thing of the town.

    Attributes:
        stage: What there is to see.
        layout: The client's.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    slow: bool = True

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return classes and numbers."""
        shot = self.stage.shot(world, own)
        number = shot.labels.instance.astype(np.uint16)
        parts = (number >> 8).astype(np.uint8), (number & 255).astype(np.uint8), shot.labels.semantic
        return _image(self.layout, shot, np.stack(parts, axis=-1))
