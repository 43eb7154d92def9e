"""What hangs in the air: haze and fog on the way of light, and the glow that lamps leave in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.grain import smoothstep
from domainaug_simulators.street.lamps import Lamps, low_beam
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.sky import Sky

__all__ = ["Air", "glow_of_lamps", "veiled"]


@dataclass(frozen=True, slots=True)
class Air:
    """How far one sees.

    Attributes:
        visibility: Meteorological visibility, meters: where 5 % of contrast is left (Koschmieder 1924).
        height: Meters over which the fog thins out to a third, for looking up.
    """

    visibility: float = 30_000.0
    height: float = 250.0

    @property
    def extinction(self) -> float:
        """Share of light lost a meter: 3 / visibility."""
        return 3.0 / self.visibility


def veiled(radiance: Floats, distance: Floats, directions: Floats, sky: Sky, air: Air) -> Floats:
    """Return radiance behind air, (n, 3): what comes through, and the light of the air itself.

    Args:
        radiance: (n, 3) at the surface, or of the sky.
        distance: (n,) meters, inf for the sky.
        directions: (n, 3) unit vectors.
        sky: Lights the air.
        air: How much of it there is.
    """
    up = np.maximum(directions[:, 2], 0.004)
    with np.errstate(over="ignore"):
        path = np.where(np.isfinite(distance), distance, np.minimum(air.height / up, 40_000.0))
    left = np.exp(-air.extinction * path)[:, None].astype(np.float32)
    thick = float(np.clip(1.5 - np.log10(air.visibility) / 2.6, 0, 1))  # fog is white, haze is the color of the rim
    rim = sky.table[1].mean(axis=0)
    around = sky.ambient[-1].mean(axis=0) * 0.9 + sky.sunlight * max(sky.sun[2], 0) * 0.10
    body = rim * (1 - thick) + np.mean(around) * np.array([0.97, 1.0, 1.03]) * thick
    cos = np.clip(directions @ sky.sun.astype(np.float32), -1, 1)[:, None]
    forward = 0.6 * np.maximum(cos, 0) ** 8 * (1 - thick * 0.5)
    own = body * (1 + forward) + 0.02 * forward * sky.sunlight
    return np.asarray(radiance * left + own * (1 - left), np.float32)


@compiled
def _glow(origin: Any, directions: Any, distance: Any, lamps: Any, beta: Any, out: Any) -> None:
    for r in range(len(directions)):
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        far = min(distance[r], np.float32(150))
        for i in range(len(lamps)):
            lamp = lamps[i]
            wx, wy, wz = lamp[0] - origin[0], lamp[1] - origin[1], lamp[2] - origin[2]
            along = wx * dx + wy * dy + wz * dz
            nearest = min(max(along, np.float32(0)), far)
            hx, hy, hz = wx - dx * nearest, wy - dy * nearest, wz - dz * nearest
            squared = wx * wx + wy * wy + wz * wz - along * along  # below 0 by a rounding, far along a ray
            gap = np.sqrt(max(squared, np.float32(0)) + np.float32(1e-3))
            if gap > np.float32(25):
                continue
            gap = max(gap, np.float32(0.25))
            reach = np.arctan((far - along) / gap) + np.arctan(along / gap)
            size = np.sqrt(hx * hx + hy * hy + hz * hz) + np.float32(1e-3)
            lx, ly, lz = -hx / size, -hy / size, -hz / size
            facing = lx * lamp[3] + ly * lamp[4] + lz * lamp[5]
            if lamp[9] > np.float32(0.5):
                share = low_beam(facing, -lx * lamp[4] + ly * lamp[3], lz) * np.float32(0.5) + np.float32(0.004)
            else:
                share = np.float32(0.10) + np.float32(0.9) * smoothstep(np.float32(-0.2), np.float32(0.6), facing)
            lost = np.exp(-beta * (nearest + size))
            k = beta * lost * reach / gap * share * np.float32(1.0 / (4 * np.pi))
            out[r, 0] += lamp[6] * k
            out[r, 1] += lamp[7] * k
            out[r, 2] += lamp[8] * k


def glow_of_lamps(origin: Floats, directions: Floats, distance: Floats, lamps: Lamps, extinction: float) -> Floats:
    """Return the light that lamps scatter into rays on their way, (n, 3).

    Single scattering that is even in all directions, in closed form for a lamp of one strength (Sun et al. 2005, "A
    practical analytic single scattering model"), weighed by where the lamp shines.
    """
    out = np.zeros((len(directions), 3), np.float32)
    if len(lamps):
        _glow(origin, directions, distance, lamps.rows, np.float32(extinction), out)
    return out
