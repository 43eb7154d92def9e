"""The event camera: which pixels become brighter or darker, and when, between one frame and the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domainaug_simulators.carla_server.sensors.cameras import RgbCamera
from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.sensors.stage import camera_of

__all__ = ["EVENT", "EventCamera"]

EVENT: Final = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("pol", "?")])
"""An event as the client reads it, 13 bytes: column, row, nanoseconds of the simulation, whether it became brighter."""

_GRAY: Final = np.array([0.299, 0.587, 0.114])
_STILL: Final = 1e-6
_LEAST: Final = 0.01  # a threshold that noise has made smaller is taken for this


@dataclass(slots=True, eq=False)
class _Past:
    """What each pixel remembers, (pixels,).

    Attributes:
        time: Nanoseconds of the frame before.
        seen: The brightness in it.
        level: The brightness at which its last event was.
        last: When that was, ns; 0 for never.
    """

    time: int
    seen: NDArray[np.float64]
    level: NDArray[np.float64]
    last: NDArray[np.int64]


@dataclass(slots=True)
class EventCamera:
    """Events by the model of Rebecq et al. (ESIM, 2018), which CARLA's camera has: pixels change evenly between frames.

    A pixel tells each time its brightness has gone by a threshold since its last event. Exposure stays as in the first
    frame, since event cameras have none.

    Attributes:
        eye: What makes its pictures.
        slow: Whether a frame takes long.
    """

    eye: RgbCamera
    slow: bool = True
    _past: _Past | None = None
    _exposure: float | None = None

    def frame(self, world: Frame, own: Seen) -> bytes | None:
        """Return the events since the last frame by time; None where there are none, as in a camera's first frame."""
        picture, self._exposure = self.eye.picture(world, own, self._exposure)
        bright = self._brightness(picture)
        now = round(world.elapsed * 1e9)
        past, self._past = self._past, _Past(now, bright, bright.copy(), np.zeros(len(bright), np.int64))
        if past is None:
            return None
        self._past.level, self._past.last = past.level, past.last
        camera = camera_of(own)
        noise = np.random.Generator(np.random.Philox(key=[round(world.drawn * 1e6), 2]))
        events = self._events(past, bright, now, camera.width, noise)
        if not len(events):
            return None
        return self.eye.layout.image.pack(camera.width, camera.height, camera.view) + events.tobytes()

    def _brightness(self, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        gray = picture.reshape(-1, 3) @ _GRAY
        if self.eye.attributes["use_log"].lower() != "true":
            return np.asarray(gray, np.float64)
        return np.asarray(np.log(float(self.eye.attributes["log_eps"]) + gray / 255.0), np.float64)

    def _events(
        self, past: _Past, bright: NDArray[np.float64], now: int, width: int, noise: np.random.Generator
    ) -> NDArray[np.void]:
        """Return what crosses a threshold on the way from one brightness to the next, and remember it."""
        rise = bright - past.seen
        step = self._steps(rise, noise)
        rest = int(self.eye.attributes["refractory_period_ns"])
        pixel = np.flatnonzero(np.abs(rise) > _STILL)
        found = []
        while len(pixel):
            level = past.level[pixel] + step[pixel]
            share = (level - past.seen[pixel]) / rise[pixel]
            crossed = (share > 0) & (share <= 1)
            pixel, level, share = pixel[crossed], level[crossed], share[crossed]
            when = past.time + np.rint(share * (now - past.time)).astype(np.int64)
            past.level[pixel] = level
            awake = (past.last[pixel] == 0) | (when - past.last[pixel] >= rest)
            told, at = pixel[awake], when[awake]
            past.last[told] = at
            one = np.empty(len(told), EVENT)
            one["y"], one["x"] = np.divmod(told, width)
            one["t"], one["pol"] = at, rise[told] > 0
            found.append(one)
        events = np.concatenate(found) if found else np.empty(0, EVENT)
        return events[np.lexsort((events["x"], events["y"], events["t"]))]

    def _steps(self, rise: NDArray[np.float64], noise: np.random.Generator) -> NDArray[np.float64]:
        """Return by how much each pixel has to change, upward or downward."""
        size = np.empty(len(rise))
        for name, mine in (("positive", rise > 0), ("negative", rise <= 0)):
            threshold = np.full(int(mine.sum()), float(self.eye.attributes[f"{name}_threshold"]))
            spread = float(self.eye.attributes[f"sigma_{name}_threshold"])
            if spread > 0:
                threshold += spread * noise.standard_normal(len(threshold))
            size[mine] = np.maximum(threshold, _LEAST)
        return np.copysign(size, rise)
