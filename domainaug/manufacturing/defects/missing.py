"""Components that are not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from domainaug.manufacturing.defect import Defect, generator
from domainaug.manufacturing.defects.kinds import needed_components
from domainaug.manufacturing.refill import refill
from domainaug.manufacturing.site import Box, Site

__all__ = ["Missing", "taken_away"]


@dataclass(frozen=True, slots=True)
class Missing:
    """A component that is not there: its place shows the surface around it. The mask is where it was expected."""

    name: ClassVar[str] = "missing"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one, of one component of the site; see `Kind`."""
        boxes = needed_components(self.name, site)
        random = generator(seed, self.name)
        which = int(random.integers(len(boxes)))
        box = boxes[which]
        light, around = taken_away(site, box)
        window = slice(box[0] - around[0], box[2] - around[0]), slice(box[1] - around[1], box[3] - around[1])
        shape = box[2] - box[0], box[3] - box[1]
        return Defect(
            kind=self.name,
            at=(box[0], box[1]),
            pitch_mm=site.pitch_mm,
            height_mm=np.zeros(shape, np.float32),
            albedo=np.ones(shape, np.float32),
            roughness=np.zeros(shape, np.float32),
            coverage=np.ones(shape, np.float32),
            mask=np.ones(shape, np.bool_),
            parameters={
                "component": float(which),
                "height_mm": shape[0] * site.pitch_mm,
                "width_mm": shape[1] * site.pitch_mm,
            },
            seed=seed,
            anchored=True,
            light=np.ascontiguousarray(light[window]),
        )


def taken_away(site: Site, box: Box) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float32]], Box]:
    """Return light around a box without what is in it, and the box of that window."""
    margin = 2 * max(box[2] - box[0], box[3] - box[1]) + 12
    around = site.clipped(box, margin)
    hole = np.zeros((around[2] - around[0], around[3] - around[1]), np.bool_)
    hole[box[0] - around[0] : box[2] - around[0], box[1] - around[1] : box[3] - around[1]] = True
    avoid = np.zeros_like(hole)
    for other in site.components:  # nothing is copied from where another component is
        top, left, bottom, right = (each - around[k % 2] for k, each in enumerate(other))
        avoid[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    return refill(site.light(around), hole, avoid), around
