"""A defect on a plate under several lights, as the surface simulator sees it: what light makes of one defect."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError
from domainaug.layouts import images
from domainaug.scenario.planning import Variant
from domainaug.scenario.simulator import simulator_named

__all__ = ["FINISHES", "LIGHTS", "ON_SURFACES", "Lit", "under_lights"]

LIGHTS = ("bright-field", "dark-field", "dome")
"""Those that tell most: what is level is bright, what is level is dark, and light from everywhere."""

FINISHES = ("brushed", "painted", "plastic", "cast")
"""What the plate can be made of."""

ON_SURFACES = ("crack", "dent", "discoloration", "fiber", "pit", "scratch", "stain")
"""Kinds that a plate can have; the others need a photograph, an outline or X-rays."""

_ROOM = 2.0  # sides of the plate over the length of the defect
_SMALLEST = 6.0  # mm of plate that is shown at least


@dataclass(frozen=True, slots=True, eq=False)
class Lit:
    """The plate in one light.

    Attributes:
        light: Its name.
        picture: (h, w, 3) uint8.
        contrast: As the gate measures it; 0 where the camera does not see the defect.
    """

    light: str
    picture: NDArray[np.uint8]
    contrast: float


def under_lights(
    kind: str,
    sizes: Mapping[str, Any],
    *,
    seed: int = 0,
    finish: str = "brushed",
    lights: Sequence[str] = LIGHTS,
    side: int = 224,
) -> tuple[Lit, ...]:
    """Return a plate with a defect under several lights.

    Args:
        kind: One of `ON_SURFACES`.
        sizes: Its settings; what is left out is drawn as usual.
        seed: Of the defect.
        finish: One of `FINISHES`.
        lights: Names of lights of the surface simulator.
        side: Of the pictures, in pixels.

    Raises:
        DomainAugError: A plate cannot have such a defect, or the simulator is not installed.
    """
    if kind not in ON_SURFACES:
        raise DomainAugError(
            f"a {kind} needs a photograph, an outline or X-rays; a plate can have {', '.join(ON_SURFACES)}"
        )
    simulator = simulator_named("surface")
    longest = max(
        (float(np.max(one)) for name, one in sizes.items() if name in ("length_mm", "diameter_mm")), default=8.0
    )
    width = max(_SMALLEST, _ROOM * longest)
    entry = {"kind": kind, "seed": seed, **{name: _written(one) for name, one in sizes.items()}}
    world = {"width": width, "height": width, "detail": width / side, "defects": [entry]}
    usual: dict[str, Any] = {axis.name: axis.default for axis in simulator.axes}
    fixed = {"rows": side, "columns": side, "pitch": width / side, "finish": finish, "lens": "telecentric"}
    found = []
    with tempfile.TemporaryDirectory(prefix="domainaug-lights-") as name:
        folder = Path(name)
        stage = simulator.survey(world, folder).load()
        for light in lights:
            variant = Variant(light, usual | fixed | {"light": light}, key=seed, labels="plate")
            own = folder / light
            own.mkdir()
            rendered = stage.render(variant, 1, own)
            contrast = max(rendered.record["contrast"].values(), default=0.0)
            found.append(Lit(light, images.read_image(own / "image.png"), float(contrast)))
    return tuple(found)


def _written(size: Any) -> Any:
    return list(size) if isinstance(size, tuple) else size
