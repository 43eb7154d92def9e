"""Rain and snow in the air before a camera: drops of one world, lit by sky, sun and lamps."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from domainaug.driving.falling import Falling, covered
from domainaug.driving.pinhole import Pinhole
from domainaug.driving.weather import Weather
from domainaug_simulators.street.air import glow_of_lamps
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.lamps import Lamps
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.render import Light

__all__ = ["SHUTTER", "with_precipitation"]

SHUTTER: Final = (0.006, 0.025)
"""Seconds that a camera's shutter is open, by day and at night."""

_OPTICAL: Final = np.array([[0, 0, 1.0], [-1, 0, 0], [0, -1, 0]])
_NEAR: Final = 8.0
"""Meters within which drops are seen one by one, whose lamp light is taken together."""

_EMPHASIS: Final = 1.5
"""Factor on what drops cover, by eye: the sharp edge of a drop shows more than its mean light says."""


def with_precipitation(
    radiance: Floats,
    depth: Floats,
    camera: Camera,
    velocity: tuple[float, float, float],
    weather: Weather,
    light: Light,
    lamps: Lamps,
    *,
    time: float,
    key: int,
) -> Floats:
    """Return a picture's radiance, (height, width, 3), with the drops and flakes that fly before it.

    Args:
        radiance: Of what is behind.
        depth: (height, width) meters along the optical axis: drops behind things are not seen.
        camera: What looks.
        velocity: (3,) m/s of the camera in the world.
        weather: What falls, and the wind.
        light: Sky and sun.
        lamps: Lamps that burn.
        time: Seconds; a drop is at one place of the world at one time, whatever looks at it.
        key: Names the drops.
    """
    out = radiance
    for rate, snow in ((weather.rain, False), (weather.snowfall, True)):
        if rate <= 0:
            continue
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = camera.matrix[:3, :3] @ _OPTICAL, camera.place
        night = light.ground.night
        exposure = SHUTTER[0] + (SHUTTER[1] - SHUTTER[0]) * night
        falling = Falling(rate, key, snow, weather.wind_toward)
        speed = np.asarray(velocity, np.float64)
        share = covered(falling, _pinhole(camera), pose, speed, time=time, exposure=exposure, depth=depth)
        share = np.minimum(share * np.float32(1.0 if snow else _EMPHASIS), 1)[..., None]
        own = _light_of_drops(depth, camera, light, lamps, snow)
        out = out * (1 - share) + own * share
    return np.asarray(out, np.float32)


def _pinhole(camera: Camera) -> Pinhole:
    middle = camera.width / 2 - 0.5, camera.height / 2 - 0.5
    return Pinhole(camera.width, camera.height, camera.focal, camera.focal, *middle)


def _light_of_drops(depth: Floats, camera: Camera, light: Light, lamps: Lamps, snow: bool) -> Floats:
    """Return the radiance of drops along each ray, (height, width, 3).

    Drops show most of what is before them, the sky above all (Garg and Nayar 2007: lenses of 165 degrees); flakes are
    white and lit from all sides. Of lamps, both scatter what crosses the ray's first meters.
    """
    sky = light.sky
    if snow:
        own = sky.ambient.reshape(-1, 3).mean(axis=0) * 0.9 + sky.sunlight * 0.9 / (4 * np.pi)
    else:
        own = sky.ambient[-1, 0] * 0.65 + sky.ambient[0, 0] * 0.25
    out = np.broadcast_to(own.astype(np.float32), (camera.height, camera.width, 3))
    if light.ground.night <= 0 or not len(lamps):
        return out
    step = 8
    rays = camera.centers().reshape(camera.height, camera.width, 3)[::step, ::step]
    far = np.minimum(depth[::step, ::step], np.float32(_NEAR))
    thin = 1e-4  # of a fog so thin that it loses no light: the glow counts what lamps throw into the ray
    coarse = np.ascontiguousarray(rays.reshape(-1, 3))
    glow = glow_of_lamps(camera.origin, coarse, np.ascontiguousarray(far.ravel()), lamps, thin)
    per_meter = glow.reshape(*far.shape, 3) / (thin * np.maximum(far, 0.5)[..., None])
    grown = cv2.resize(per_meter.astype(np.float32), (camera.width, camera.height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(out + grown * np.float32(light.ground.night), np.float32)
