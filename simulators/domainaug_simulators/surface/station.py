"""A station: the part in its pose, the camera above it, the light, as the values of a variant say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from domainaug.errors import DomainAugError
from domainaug.scenario import Value
from domainaug_simulators.surface.camera import Camera
from domainaug_simulators.surface.lights import Light
from domainaug_simulators.surface.parts import Floats, Part, View, pose_of

__all__ = ["Station"]

_MOST: Final = 1 << 24  # samples of a picture
_CLEAR: Final = 1.0  # mm between lens and part at least


@dataclass(frozen=True, slots=True, eq=False)
class Station:
    """What a picture is taken with.

    Attributes:
        part: The part.
        pose: (3, 4) from its millimeters to the station's.
        view: How the camera looks.
        camera: What it makes of light.
        light: The light.
        intensity: Factor on it.
        samples: In a pixel along an axis.
    """

    part: Part
    pose: Floats
    view: View
    camera: Camera
    light: Light
    intensity: float
    samples: int

    @classmethod
    def of(cls, part: Part, values: Mapping[str, Value]) -> Station:
        """Return the station of a variant.

        Raises:
            DomainAugError: The part would reach the lens, or the picture would have too many samples.
        """
        number = {name: float(value) for name, value in values.items() if not isinstance(value, str)}
        rows, columns, samples = int(number["rows"]), int(number["columns"]), int(number["samples"])
        if rows * columns * samples**2 > _MOST:
            raise DomainAugError(
                f"a picture of {rows} x {columns} pixels with {samples} x {samples} samples each takes "
                f"{rows * columns * samples**2 / 1e6:.3g} million samples, and {_MOST / 1e6:.3g} million are the most: "
                "lower samples, rows or columns"
            )
        view = View(rows, columns, number["pitch"], number["working_distance"], values["lens"] == "telecentric")
        shift = number["shift_across"], -number["shift_down"]
        pose = pose_of(part, number["tilt_across"], number["tilt_down"], number["spin"], shift)
        highest = float(pose[2, 3] + np.abs(pose[2, :3]) @ part.half)
        if view.distance < highest + _CLEAR:
            raise DomainAugError(
                f"the part reaches {highest:.4g} mm toward the lens, which is {view.distance:g} mm away: raise "
                "working_distance"
            )
        camera = Camera(
            view.pitch, view.distance, number["aperture"], number["defocus"], number["softness"], number["well"],
            noisy=values["noise"] == "on", curve=str(values["response"]),
        )  # fmt: skip
        kind = str(values["light"])
        elevation = number["grazing"] if kind == "dark-field" else number["elevation"]
        light = Light(kind, number["azimuth"], elevation, number["light_distance"], number["light_size"])
        return cls(part, pose, view, camera, light, number["intensity"], samples)

    @property
    def eye(self) -> float:
        """Height of the camera as kernels take it."""
        return 0.0 if self.view.telecentric else self.view.distance
