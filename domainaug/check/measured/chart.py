"""The picture that is shown to what is measured, in the value range it expects, with every pixel's address.

The chart is a gray multi-scale random texture with discs in it. The texture shows where things went and how
sharp they are; the discs, flat and of known level or color, show tone, noise and color. It never repeats
itself, so no place looks like another, and its texture carries no color, so a turn of hue is no local gain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured import channels
from domainaug.errors import ImageError
from domainaug.generators import Frame

__all__ = ["Array", "Discs", "Output", "Probe", "dtype_for", "make_probe"]

Array = NDArray[np.float32]

_GRAYS = np.linspace(0.06, 0.94, 9)
_COLORS = np.array(
    [
        [0.72, 0.30, 0.30],
        [0.30, 0.72, 0.30],
        [0.30, 0.30, 0.72],
        [0.30, 0.72, 0.72],
        [0.72, 0.30, 0.72],
        [0.72, 0.72, 0.30],
        [0.72, 0.50, 0.30],
    ]
)
_TEXTURE_SEED = 20260


@dataclass(frozen=True, slots=True, eq=False)
class Discs:
    """The flat discs of a chart.

    Attributes:
        centers: (n, 2) x, y in pixels.
        colors: (n, 3) shares of the value range; the three are equal for a gray disc.
        radius: In pixels.
        cores: (h, w) number of the disc whose middle a pixel belongs to, from 1; 0 for none.
        rings: (h, w) number of the disc whose surroundings a pixel belongs to, from 1; 0 for none.
    """

    centers: Array
    colors: NDArray[np.float64]
    radius: int
    cores: Array
    rings: Array

    @property
    def is_gray(self) -> NDArray[np.bool_]:
        """Which discs are gray, (n,)."""
        return np.asarray(np.ptp(self.colors, axis=1) < 1e-9)


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """What came back from one draw.

    Attributes:
        image: The picture, (h, w) or (h, w, channels).
        masks: What became of the probe's coordinate masks, two (h, w) arrays (x then y), or None when no
            label travels with the picture.
    """

    image: NDArray[Any]
    masks: tuple[NDArray[Any], NDArray[Any]] | None = None


@dataclass(frozen=True, eq=False)
class Probe:
    """A picture shown to what is measured, and what is known about it.

    Attributes:
        picture: (h, w, channels) float32, shares of the value range.
        frame: The frame it stands for: its size, channels and value range are those of the picture.
        dtype: The type pixel values are handed over in.
        discs: The discs of a chart, or None for a real picture.
    """

    picture: Array
    frame: Frame
    dtype: np.dtype[Any]
    discs: Discs | None = None

    @cached_property
    def image(self) -> NDArray[Any]:
        """The picture as it is handed over: (h, w) for one channel, else (h, w, channels), in `dtype`."""
        values = self.picture * np.float32(self.frame.span) + np.float32(self.frame.low)
        if self.dtype.kind in "iu":
            values = np.rint(values)
        values = values.astype(self.dtype)
        return values[..., 0] if values.shape[2] == 1 else values

    @cached_property
    def masks(self) -> tuple[Array, Array]:
        """The address of every pixel, (x + 1, y + 1) as float32; 0 is left to mean outside."""
        rows, columns = self.picture.shape[:2]
        x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
        return x + 1, y + 1

    @cached_property
    def gray(self) -> Array:
        """The picture's mean over channels, (h, w)."""
        return channels.mean(self.picture)

    def decode(self, image: NDArray[Any]) -> Array:
        """Return an output as shares of the value range, (h, w, channels) float32."""
        values = (image.astype(np.float32) - np.float32(self.frame.low)) / np.float32(self.frame.span)
        return values[..., None] if values.ndim == 2 else values

    @classmethod
    def of_picture(cls, picture: NDArray[Any], frame: Frame, dtype: np.dtype[Any] | None = None) -> Probe:
        """Return a probe that shows a real picture.

        Args:
            picture: (h, w) or (h, w, channels), values in the frame's range.
            frame: Gives the value range; the size and channels are the picture's.
            dtype: The type to hand it over in; the picture's own when None.

        Raises:
            ImageError: The picture is not of rank 2 or 3, or is smaller than 64 pixels on a side.
        """
        if picture.ndim not in (2, 3) or min(picture.shape[:2]) < 64:
            raise ImageError(f"a picture to measure on must be (h, w[, c]) with 64 pixels a side, got {picture.shape}")
        shares = (picture.astype(np.float32) - np.float32(frame.low)) / np.float32(frame.span)
        shares = np.clip(shares[..., None] if shares.ndim == 2 else shares, 0, 1)
        return cls(shares, _sized(frame, shares.shape), dtype or picture.dtype)


def make_probe(frame: Frame, *, dtype: np.dtype[Any] | str | None = None, seed: int = 0) -> Probe:
    """Return the chart for a frame: its size, its channels (1, or 3 otherwise) and its value range.

    Args:
        frame: The frame; at least 64 pixels a side.
        dtype: The type of pixel values; by default the one that fits the range (`dtype_for`).
        seed: Which chart; one seed gives one chart.

    Raises:
        ImageError: The frame is smaller than 64 pixels on a side or its value range is empty.
    """
    if min(frame.height, frame.width) < 64:
        raise ImageError(f"a chart needs 64 pixels a side, got {frame.height} x {frame.width}; use a larger frame")
    if not frame.span > 0:
        raise ImageError(f"a value range needs low < high, got [{frame.low}, {frame.high}]")
    count = 1 if frame.channels == 1 else 3
    rng = np.random.default_rng([_TEXTURE_SEED, seed])
    texture = _texture(frame.height, frame.width, rng)
    discs = _discs(frame.height, frame.width, count, rng)
    picture = np.repeat(texture[..., None], count, axis=2)
    for center, color in zip(discs.centers, discs.colors, strict=True):
        _stamp(picture, center, discs.radius, color[:count])
    chosen = np.dtype(dtype) if dtype is not None else dtype_for(frame)
    return Probe(picture, _sized(frame, picture.shape), chosen, discs)


def dtype_for(frame: Frame) -> np.dtype[Any]:
    """Return the type that images of such a value range come in."""
    if frame.span <= 2:
        return np.dtype(np.float32)
    if frame.low < 0:
        return np.dtype(np.int16 if frame.low >= -32768 and frame.high <= 32767 else np.float32)
    if frame.high <= 255:
        return np.dtype(np.uint8)
    return np.dtype(np.uint16 if frame.high <= 65535 else np.float32)


def _sized(frame: Frame, shape: tuple[int, ...]) -> Frame:
    return Frame(
        height=shape[0],
        width=shape[1],
        channels=shape[2],
        spacing=frame.spacing,
        low=frame.low,
        high=frame.high,
        unit=frame.unit,
        volume=frame.volume,
        scene=frame.scene,
    )


def _texture(rows: int, columns: int, rng: np.random.Generator) -> Array:
    total = np.zeros((rows, columns), np.float32)
    for sigma, weight in ((1.0, 1.0), (2.2, 0.9), (5.0, 0.8), (11.0, 0.6)):
        layer = cv2.GaussianBlur(rng.standard_normal((rows, columns)).astype(np.float32), (0, 0), sigma)
        total += np.float32(weight) * (layer - layer.mean()) / layer.std()
    total /= total.std()
    # Lopsided, so that equalizing a histogram does something.
    share = (0.5 + 0.5 * np.tanh(0.75 * total)) ** 1.25
    return np.asarray(0.14 + 0.68 * share, np.float32)


def _discs(rows: int, columns: int, count: int, rng: np.random.Generator) -> Discs:
    pitch = np.sqrt(rows * columns) / 9
    across, down = max(3, round(columns / pitch)), max(3, round(rows / pitch))
    sites = [(i, j) for j in range(down) for i in range(across) if (i + j) % 2 == 0]
    centers = np.rint([((i + 0.5) * columns / across, (j + 0.5) * rows / down) for i, j in sites])
    colorful = 0 if count == 1 else min(14, len(sites) // 3)
    grays = _GRAYS[np.arange(len(sites) - colorful) % len(_GRAYS)]
    colors = np.concatenate([np.repeat(grays[:, None], 3, axis=1), _COLORS[np.arange(colorful) % len(_COLORS)]])
    colors = colors[rng.permutation(len(colors))]
    radius = int(np.clip(round(np.sqrt(rows * columns) / 32), 5, 12))
    cores, rings = np.zeros((rows, columns), np.float32), np.zeros((rows, columns), np.float32)
    for number, (x, y) in enumerate(centers.astype(int), start=1):
        cv2.circle(rings, (int(x), int(y)), radius + 5, number, -1)
        cv2.circle(rings, (int(x), int(y)), radius + 1, 0, -1)
        cv2.circle(cores, (int(x), int(y)), radius - 3, number, -1)
    return Discs(centers.astype(np.float32), colors, radius, cores, rings)


def _stamp(picture: Array, center: Array, radius: int, color: NDArray[np.float64]) -> None:
    rows, columns = picture.shape[:2]
    x0, y0 = int(center[0]), int(center[1])
    ys = slice(max(0, y0 - radius - 1), min(rows, y0 + radius + 2))
    xs = slice(max(0, x0 - radius - 1), min(columns, x0 + radius + 2))
    yy, xx = np.mgrid[ys, xs]
    cover = np.clip(radius + 0.5 - np.hypot(xx - x0, yy - y0), 0, 1)[..., None].astype(np.float32)
    picture[ys, xs] = picture[ys, xs] * (1 - cover) + cover * color.astype(np.float32)
