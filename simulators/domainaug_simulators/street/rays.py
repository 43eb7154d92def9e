"""Rays against triangles: which one is hit first, and where.

Two engines: Embree, where its wheel exists, in single precision, and a tree of boxes compiled by numba, in double.
They part only at edges; what labels are made of is settled in double precision for both (`exact`). Where two
triangles of one thing meet they may name either, so what is compared is whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import MissingExtra
from domainaug_simulators.street.mesh import Floats

__all__ = ["Engine", "Hits", "Rays", "engine_there", "rays_of"]

Engine = Literal["embree", "numba"]


@dataclass(frozen=True, slots=True)
class Hits:
    """What rays met.

    Attributes:
        face: (n,) which triangle, -1 for none.
        distance: (n,) meters along the ray; inf for none.
        u: (n,) share of the second corner.
        v: (n,) share of the third corner.
    """

    face: NDArray[np.int32]
    distance: Floats
    u: Floats
    v: Floats


class Rays(Protocol):
    """Triangles that rays can be cast at.

    Attributes:
        exact: Whether it meets triangles in double precision.
    """

    exact: bool

    def first(self, origins: Floats, directions: Floats) -> Hits:
        """Return what each ray meets first; (n, 3) and (n, 3), directions of unit length."""
        ...

    def blocked(self, origins: Floats, directions: Floats, reach: Floats) -> NDArray[np.bool_]:
        """Return whether each ray meets anything nearer than `reach` (n,) meters."""
        ...


def engine_there() -> Engine:
    """Return the engine that `rays_of` takes when it is not told: Embree where it is installed."""
    try:
        import embreex.rtcore_scene  # noqa: F401
    except ImportError:
        return "numba"
    return "embree"


def rays_of(corners: Floats, engine: Engine | None = None) -> Rays:
    """Return triangles, (faces, 3, 3), ready to be cast at.

    Raises:
        MissingExtra: Neither engine is installed.
    """
    if (engine or engine_there()) == "embree":
        from domainaug_simulators.street.embree import EmbreeRays

        return EmbreeRays(corners)
    try:
        from domainaug_simulators.street.tree import TreeRays
    except ImportError:
        raise MissingExtra("the street simulator", "street") from None
    return TreeRays(corners)
