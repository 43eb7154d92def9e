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
from domainaug_simulators.street.labels import normals_of
from domainaug_simulators.street.precipitation import with_precipitation
from domainaug_simulators.street.render import Quality, prepare
from domainaug_simulators.street.views import light_of

__all__ = ["DepthCamera", "InstanceCamera", "NormalsCamera", "RgbCamera", "SemanticCamera"]

_FAR: Final = 1000.0
_DEPTHS: Final = 256**3 - 1
_MANUAL: Final = {"shutter_speed": "200", "iso": "100", "fstop": "1.4"}
_SUNNY: Final = 0.14  # exposure of a noon in the sun, which the attributes of a fresh blueprint are taken for
_DROPS: Final = 1  # names the drops of rain, the same for all cameras


def _image(layout: Layout, shot: Shot, blue_green_red: NDArray[np.uint8]) -> bytes:
    height, width, _ = blue_green_red.shape
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[..., :3] = blue_green_red
    return layout.image.pack(width, height, shot.camera.view) + pixels.tobytes()


def _by_hand(attributes: Mapping[str, str]) -> float:
    """Return the exposure that shutter, film and aperture give; they are as they are whatever the light."""
    shutter, film, stop = (float(attributes.get(name, usual)) for name, usual in _MANUAL.items())
    return _SUNNY * (200.0 / max(shutter, 1e-6)) * (film / 100.0) * (1.4 / max(stop, 1e-6)) ** 2


@dataclass(frozen=True, slots=True)
class RgbCamera:
    """A picture.

    Attributes:
        stage: What there is to see.
        layout: The client's.
        attributes: The blueprint's.
        quality: How much work a picture is worth.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    attributes: Mapping[str, str]
    quality: Quality
    slow: bool = True

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return a picture; it is metered for each, unless its exposure is manual."""
        picture, _ = self.picture(world, own)
        return _image(self.layout, self.stage.shot(world, own), picture[..., ::-1])

    def picture(self, world: Frame, own: Seen, exposure: float | None = None) -> tuple[NDArray[np.uint8], float]:
        """Return red, green and blue, (height, width, 3), and the exposure they were taken with.

        Args:
            world: The world.
            own: The camera.
            exposure: Factor on radiance; None for what the camera's attributes say.
        """
        shot, weather = self.stage.shot(world, own), weather_of(world.sky)
        light = light_of(weather, world.drawn)
        radiance = prepare(shot.scene, shot.camera, self.quality, shot.samples).radiance(light)
        seed = round(world.drawn * 1e6)
        if weather.rain > 0:
            velocity = own.velocity.x, -own.velocity.y, own.velocity.z
            told = (shot.labels.depth, shot.camera, velocity, weather, light, shot.scene.lamps)
            radiance = with_precipitation(radiance, *told, time=world.drawn, key=_DROPS)
        if exposure is None:
            manual = self.attributes.get("exposure_mode") == "manual"
            exposure = _by_hand(self.attributes) if manual else exposure_of(radiance)
            exposure *= 2.0 ** float(self.attributes.get("exposure_compensation", "0"))
        noise = np.random.Generator(np.random.Philox(key=[seed, 1]))
        return developed(radiance, Film(exposure, light.film.noise), noise), exposure


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


@dataclass(frozen=True, slots=True)
class NormalsCamera:
    """Which way surfaces face, in the axes of CARLA's world: x in red, y in green, z in blue, from -1 at 0 to 1 at 255.

    Attributes:
        stage: What there is to see.
        layout: The client's.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    slow: bool = True

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return normals; the sky faces nowhere, which is 128 in all three."""
        shot = self.stage.shot(world, own)
        normals = normals_of(shot.scene, shot.camera, shot.samples) * np.array([1, -1, 1], np.float32)
        return _image(self.layout, shot, np.rint(normals * 127.5 + 127.5).astype(np.uint8)[..., ::-1])
