"""Noise without tables: smooth values that hang on place and seed alone, faded where a pixel would see many of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from domainaug.kernels.jit import compiled

__all__ = ["chance", "fbm2", "fbm3", "smoothstep", "value2", "value3"]


@compiled
def chance(a: Any, b: Any, c: Any) -> Any:
    """Return a number from 0 to 1 for three whole numbers (lowbias32 by Wellons over a mix of them)."""
    x = np.uint32((np.int64(a) * 73856093) ^ (np.int64(b) * 19349663) ^ (np.int64(c) * 83492791) & 0xFFFFFFFF)
    x ^= x >> np.uint32(16)
    x = np.uint32(np.uint64(x) * np.uint64(0x7FEB352D) & np.uint64(0xFFFFFFFF))
    x ^= x >> np.uint32(15)
    x = np.uint32(np.uint64(x) * np.uint64(0x846CA68B) & np.uint64(0xFFFFFFFF))
    x ^= x >> np.uint32(16)
    return np.float32(x >> np.uint32(8)) * np.float32(1.0 / 16777216.0)


@compiled
def smoothstep(low: Any, high: Any, x: Any) -> Any:
    """Return 0 below `low`, 1 above `high`, and a smooth way between."""
    t = (x - low) / (high - low)
    t = np.float32(0) if t < np.float32(0) else (np.float32(1) if t > np.float32(1) else np.float32(t))
    return t * t * (np.float32(3) - np.float32(2) * t)


@compiled
def value2(x: Any, y: Any, seed: Any) -> Any:
    """Return smooth noise of a place in the plane, 0 to 1; a unit of length is one grain."""
    i, j = np.floor(x), np.floor(y)
    f, g = np.float32(x - i), np.float32(y - j)
    f, g = f * f * (np.float32(3) - np.float32(2) * f), g * g * (np.float32(3) - np.float32(2) * g)
    a, b = np.int64(i), np.int64(j)
    top = chance(a, b, seed) * (np.float32(1) - f) + chance(a + 1, b, seed) * f
    low = chance(a, b + 1, seed) * (np.float32(1) - f) + chance(a + 1, b + 1, seed) * f
    return top * (np.float32(1) - g) + low * g


@compiled
def value3(x: Any, y: Any, z: Any, seed: Any) -> Any:
    """Return smooth noise of a place in space, 0 to 1."""
    k = np.floor(z)
    h = np.float32(z - k)
    h = h * h * (np.float32(3) - np.float32(2) * h)
    c = np.int64(k) * 1013 + np.int64(seed)
    return value2(x, y, c) * (np.float32(1) - h) + value2(x, y, c + 1013) * h


@compiled
def fbm2(x: Any, y: Any, octaves: Any, width: Any, seed: Any) -> Any:
    """Return noise of several sizes, -1 to 1; grains smaller than `width` units fade out."""
    total, size, frequency = np.float32(0), np.float32(0.5), np.float32(1)
    for octave in range(octaves):
        fade = np.float32(1) - smoothstep(np.float32(0.35), np.float32(1.0), width * frequency)
        if fade <= np.float32(0):
            break
        grain = value2(x * frequency, y * frequency, seed + octave * 57)
        total += (grain * np.float32(2) - np.float32(1)) * size * fade
        size *= np.float32(0.5)
        frequency *= np.float32(2.03)
    return total


@compiled
def fbm3(x: Any, y: Any, z: Any, octaves: Any, width: Any, seed: Any) -> Any:
    """Return noise of several sizes in space, -1 to 1; grains smaller than `width` units fade out."""
    total, size, frequency = np.float32(0), np.float32(0.5), np.float32(1)
    for octave in range(octaves):
        fade = np.float32(1) - smoothstep(np.float32(0.35), np.float32(1.0), width * frequency)
        if fade <= np.float32(0):
            break
        grain = value3(x * frequency, y * frequency, z * frequency, seed + octave * 57)
        total += (grain * np.float32(2) - np.float32(1)) * size * fade
        size *= np.float32(0.5)
        frequency *= np.float32(2.03)
    return total
