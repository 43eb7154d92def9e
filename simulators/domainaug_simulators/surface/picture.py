"""From a station and skins to light at the camera, and the exposure that the station is set up with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from domainaug.errors import DomainAugError
from domainaug.manufacturing.defect import Floats
from domainaug_simulators.surface.labels import Window
from domainaug_simulators.surface.lights import LEVELS, patches_of, samples_of
from domainaug_simulators.surface.parts import Seen, View, pose_of
from domainaug_simulators.surface.skin import Skin
from domainaug_simulators.surface.station import Station

__all__ = ["exposure_of", "radiance", "retouched"]

_COARSE: Final = 96  # pixels of the longer side that the exposure is measured on
_WHITE: Final = 0.9  # of white: where all but a twentieth of a good part lies below


def radiance(station: Station, skin: Skin, seen: Seen, samples: int) -> Floats:
    """Return (h, w, 4) light toward the camera, and the share of each pixel that shows the part.

    Args:
        station: The station.
        skin: Of the part.
        seen: (h samples, w samples, 12) of a window of the picture.
        samples: In a pixel along an axis.

    Raises:
        DomainAugError: The light would be below the surface.
    """
    from domainaug_simulators.surface.shading import shade

    patches, around = patches_of(station.light, station.view.distance)
    behind = 1.0 if station.light.kind == "back-light" else 0.0
    out = np.zeros((seen.shape[0] // samples, seen.shape[1] // samples, 4), np.float32)
    lights, surround = samples_of(patches, skin.rough), np.array([around, behind])
    shade(seen, skin.texels, skin.detail, skin.finish.numbers, lights, surround, station.eye, samples, out)
    return out


def retouched(station: Station, skin: Skin, clean: Floats, seen: Seen, windows: Sequence[Window]) -> Floats:
    """Return the light of a part with defects: that of the clean one, but for the windows that show them."""
    made = clean.copy()
    fine = station.samples
    for top, left, bottom, right in windows:
        part = np.ascontiguousarray(seen[top * fine : bottom * fine, left * fine : right * fine])
        made[top:bottom, left:right] = radiance(station, skin, part, fine)
    return made


def exposure_of(station: Station, skin: Skin) -> float:
    """Return the factor from light to shares of white that the station is set up with.

    A good part that lies flat below the camera is as light as `LEVELS` says, and hardly anywhere white.

    Raises:
        DomainAugError: The light does not reach what the camera sees of the part.
    """
    level = LEVELS[station.light.kind]
    if station.light.kind == "back-light":
        return level
    step = max(station.view.rows, station.view.columns) / _COARSE
    view = station.view
    coarse = View(
        max(round(view.rows / step), 8), max(round(view.columns / step), 8), view.pitch * step, view.distance,
        view.telecentric,
    )  # fmt: skip
    flat = pose_of(station.part, 0.0, 0.0, 0.0, (0.0, 0.0))
    seen = station.part.seen(coarse, flat, (0, 0, coarse.rows, coarse.columns), 1)
    there = seen[..., 11] != 0
    found = radiance(station, skin, seen, 1)[..., :3].max(axis=2)[there]
    if not found.size or float(np.median(found)) <= 1e-9:
        raise DomainAugError(
            f"the {station.light.kind} light does not reach what the camera sees of the part; raise it, or move it"
        )
    return float(min(level / float(np.median(found)), _WHITE / float(np.quantile(found, 0.95))))
