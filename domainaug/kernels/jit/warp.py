"""Warping; see `domainaug.kernels.plain.warp`."""

from domainaug.kernels.plain.warp import points, warp

__all__ = ["points", "warp"]
