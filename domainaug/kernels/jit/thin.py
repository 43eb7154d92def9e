"""Taking pixels off a mask, compiled: see `domainaug.kernels.plain.thin`."""

from __future__ import annotations

from domainaug.kernels.jit import compiled
from domainaug.kernels.plain import thin

__all__ = ["peel"]

peel = compiled(thin.peel)
