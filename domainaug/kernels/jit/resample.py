"""Resampling of volumes; see `domainaug.kernels.plain.resample`."""

from domainaug.kernels.plain.resample import labels, volume

__all__ = ["labels", "volume"]
