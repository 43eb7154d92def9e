"""Components that lie shifted or turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from domainaug.manufacturing.defect import Defect, generator
from domainaug.manufacturing.defects.kinds import needed_components, softened
from domainaug.manufacturing.defects.missing import taken_away
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import Sized, size_of

__all__ = ["Misplaced"]


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A component cut out, its place filled, and put back shifted and turned. The mask is old place and new.

    Attributes:
        shift_mm: How far, in any direction; above what the line tolerates.
        turn_deg: By how much, to either side.
    """

    shift_mm: Sized = (0.3, 2.0)
    turn_deg: Sized = (0.0, 20.0)

    name: ClassVar[str] = "misplaced"

    def draw(self, seed: int, site: Site) -> Defect:
        """Return one, of one component of the site; see `Kind`."""
        boxes = needed_components(self.name, site)
        random = generator(seed, self.name)
        shift = size_of("shift_mm", self.shift_mm).draw(random)
        turn = size_of("turn_deg", self.turn_deg).draw(random) * float(random.choice([-1.0, 1.0]))
        which, toward = int(random.integers(len(boxes))), float(random.uniform(0, 2 * np.pi))
        box = boxes[which]
        filled, around = taken_away(site, box)
        size = box[2] - box[0], box[3] - box[1]
        top, left = box[0] - around[0], box[1] - around[1]
        middle = left + (size[1] - 1) / 2, top + (size[0] - 1) / 2
        matrix = cv2.getRotationMatrix2D(middle, turn, 1.0)
        matrix[:, 2] += np.array([np.cos(toward), -np.sin(toward)]) * shift / site.pitch_mm
        solid = np.zeros(filled.shape[:2], np.float32)
        solid[top : top + size[0], left : left + size[1]] = 1.0
        flags = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
        extent = filled.shape[1], filled.shape[0]
        moved = cv2.warpAffine(site.light(around), matrix, extent, **flags).reshape(filled.shape)
        alpha = softened(cv2.warpAffine(solid, matrix, extent, flags=cv2.INTER_LINEAR), 0.6)
        wide = alpha[..., None] if filled.ndim == 3 else alpha
        light = filled * (1 - wide) + moved * wide
        mask = (solid > 0) | (alpha > 0.5)
        rows, columns = np.nonzero(cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)))
        window = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        shape = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
        return Defect(
            kind=self.name,
            at=(around[0] + int(rows.min()), around[1] + int(columns.min())),
            pitch_mm=site.pitch_mm,
            height_mm=np.zeros(shape, np.float32),
            albedo=np.ones(shape, np.float32),
            roughness=np.zeros(shape, np.float32),
            coverage=np.maximum(solid, alpha)[window].astype(np.float32),
            mask=mask[window],
            parameters={
                "component": float(which),
                "shift_mm": shift,
                "turn_deg": turn,
                "toward_deg": np.degrees(toward),
            },
            seed=seed,
            anchored=True,
            light=np.ascontiguousarray(light[window], np.float32),
        )
