"""The optical-flow camera: how what each pixel shows has moved since the frame before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from domainaug_simulators.carla_server.sensors.interface import Frame, Seen
from domainaug_simulators.carla_server.sensors.stage import Shot, Stage
from domainaug_simulators.carla_server.wire.layouts import Layout
from domainaug_simulators.street.flow import moved_between

__all__ = ["FlowCamera"]

_MOST: Final = 2.0  # CARLA's camera stores no more: the whole picture, in half pictures


@dataclass(slots=True)
class FlowCamera:
    """Two numbers a pixel, as CARLA's: the way since this camera's frame before, right and up, in halves of a picture.

    So a pixel has moved by `x * width / 2` to the right and by `y * height / 2` upward. (CARLA's reference says that
    numbers are shares of the whole picture and not which way they count; that they are halves, and y upward, is what
    users found, and what a velocity of Unreal's is.)

    Attributes:
        stage: What there is to see.
        layout: The client's.
        slow: Whether a frame takes long.
    """

    stage: Stage
    layout: Layout
    slow: bool = True
    _before: Shot | None = None

    def frame(self, world: Frame, own: Seen) -> bytes:
        """Return the flow; in a camera's first frame nothing has moved, nor what was behind it before."""
        shot = self.stage.shot(world, own)
        before, self._before = self._before, shot
        camera = shot.camera
        flow = np.zeros((camera.height, camera.width, 2), np.float32)
        if before is not None:
            back = moved_between(shot.scene, camera, shot.samples, before.scene, before.camera)
            flow = np.nan_to_num(back * np.array([-2 / camera.width, 2 / camera.height], np.float32))
        pixels = np.clip(flow, -_MOST, _MOST).astype("<f4")
        return self.layout.image.pack(camera.width, camera.height, camera.view) + pixels.tobytes()
