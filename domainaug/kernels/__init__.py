"""The loops that must be fast: resampling, curves, noise, Perlin masks, pasting.

Every function runs on one of two engines: compiled by numba where it is installed, else on OpenCV, SciPy and
NumPy. Both give the same picture within stated tolerances, and each the same bytes for any number of threads.

    maps.py, volume_map.py   where each output pixel or voxel looks
    point.py                 what happens to each value
    warp.py                  pictures and stacks of slices
    resample.py              volumes
    random.py, spectrum.py   noise that depends on a key and a place alone
    perlin.py, paste.py      masks and defects
    engine.py                which engine runs, and warming it up
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "PixelMap": "maps",
    "VolumeMap": "volume_map",
    "Point": "point",
    "warp": "warp",
    "warp_labels": "warp",
    "apply_point": "warp",
    "resample_volume": "resample",
    "resample_labels": "resample",
    "normals": "random",
    "noise_by_spectrum": "spectrum",
    "perlin": "perlin",
    "perlin_mask": "perlin",
    "paste": "paste",
    "engine": "engine",
    "warmup": "engine",
}

__all__ = list(_HOMES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
