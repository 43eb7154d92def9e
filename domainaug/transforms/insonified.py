"""What the ultrasound transforms have in common: they change echoes, and nothing else on the screen.

Gray levels of a B-mode picture are decibels: the scanner takes the logarithm of the envelope and spreads its
dynamic range over the levels. So what multiplies echoes adds to levels, and what adds to echoes is added before
the logarithm.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.transforms.arguments import choice, number, share
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Ranged
from domainaug.transforms.scan_region import ScanRegion, scan_region

__all__ = ["Insonified", "speckle_field"]

Array = NDArray[Any]
Floats = NDArray[np.float32]

_AGREES = 0.6  # of shape and echoes, below which no region is taken for one
_SAMPLES = 4  # of a speckle, along either axis, in the field that is interpolated
_MOST = 4096  # samples along an axis of that field


class Insonified(Ranged, A.ImageOnlyTransform):  # type: ignore[misc]
    """A transform of echoes; a new one has `draw`, `echoes` and its effects.

    Pixels outside the scan region, and what is drawn over it in color or in thin strokes, keep every bit. Pictures
    in `images` and slices of a `volume` are taken for frames of one cine: one region is found for all of them.

    Args:
        dynamic_range_db: Decibels from the darkest level to the brightest.
        region: "found" in the picture, or the whole "frame", beams from top to bottom, for pictures that were cut
            to a rectangle of echoes.
        p: How often it happens.

    Attributes:
        needs_echo: Whether pixels at the dark end of the range, which show no echo, are left alone.

    Raises:
        ImageError: At the call: what differs from the ground has the shape of no scan region.
    """

    needs_echo: ClassVar[bool] = True

    def __init__(self, dynamic_range_db: float = 60.0, region: str = "found", p: float = 0.5) -> None:
        super().__init__(p=share(self, "p", p))
        self.dynamic_range_db = number(self, "dynamic_range_db", dynamic_range_db, least=20.0, most=200.0)
        self.region = choice(self, "region", region, ("found", "frame"))

    # -- what a transform says -------------------------------------------------------------------------

    def echoes(self, levels: Floats, region: ScanRegion, params: Drawn, frame: int) -> Floats:
        """Return what becomes of levels (n,), shares of the range, at the pixels of `region.mask`, in order.

        Args:
            levels: Above 0, where the transform needs echoes.
            region: Where they are.
            params: What was drawn.
            frame: Number of the frame in its cine; 0 for pictures.
        """
        raise TypeError(f"{type(self).__name__} says nothing about echoes: give it a method echoes(...)")

    # -- albumentations --------------------------------------------------------------------------------

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture with its echoes changed."""
        return self._changed(img, self._region(img, cine=False), params, 0)

    def apply_to_images(self, images: Array, **params: Any) -> Array:
        """Return frames of a cine changed, all by the same draw."""
        region = self._region(images, cine=True)
        return np.stack([self._changed(image, region, params, 0) for image in images])

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return a volume changed, slice by slice; noise is new in every slice."""
        region = self._region(volume, cine=True)
        return np.stack([self._changed(one, region, params, at) for at, one in enumerate(volume)])

    def _region(self, picture: Array, *, cine: bool) -> ScanRegion:
        if self.region == "frame":
            return ScanRegion.whole(picture.shape[1:3] if cine else picture.shape[:2])
        found = scan_region(picture, cine=cine)
        if found.agreement < _AGREES:
            raise ImageError(
                f"{type(self).__name__}: what differs from the ground of this picture has the shape of no fan or "
                f"rectangle (they agree by {found.agreement:.2f}, {_AGREES} is needed); cut the picture to its echoes "
                'and use region="frame"'
            )
        return found

    def _changed(self, picture: Array, region: ScanRegion, params: Drawn, frame: int) -> Array:
        low, high = params["value_range"]
        flat = picture.reshape(*picture.shape[:2], -1)
        brightest = flat.max(axis=2)
        there = region.mask & (brightest > low) if self.needs_echo else region.mask
        if not there.any():
            return picture.copy()
        span = np.float32(high - low)
        levels = np.asarray((brightest[there] - np.float32(low)) / span, np.float32)
        made = np.maximum(self.echoes(levels, replace(region, mask=there), params, frame), 0.0)
        # Gray stays gray. A tint fades with the level, and does not grow with it: in JPEG it is an error in the dark.
        faded = np.minimum(made / np.maximum(levels, np.float32(1e-6)), 1.0)
        less = (levels[:, None] - (flat[there] - np.float32(low)) / span) * faded[:, None]
        out = flat.copy()
        out[there] = _typed(low + (made[:, None] - less) * span, picture.dtype, high)
        return out.reshape(picture.shape)


def _typed(values: Array, dtype: np.dtype[Any], high: float) -> Array:
    """Return values in a type of pictures; echoes beyond the brightest level are shown as that."""
    values = np.minimum(values, high)
    return values.astype(dtype) if dtype.kind == "f" else np.rint(values).astype(dtype)


def speckle_field(region: ScanRegion, axial: float, lateral: float, key: int, frame: int = 0) -> NDArray[np.complex64]:
    """Return fully developed speckle of mean power 1 at the pixels of a region, as complex numbers.

    A circular complex normal field, smoothed along the beam and across by Gaussians, as the point spread function
    of a scanner does, is looked up in the coordinates of the beams: in a fan speckles widen with depth. Its
    amplitude is Rayleigh distributed (Burckhardt 1978, IEEE Trans. Sonics Ultrason. 25:1).

    Args:
        region: Where.
        axial: Full width at half maximum of the point spread function along the beam, px.
        lateral: Likewise across, at the middle of the depth.
        key: Of the field.
        frame: Of the cine; frames are independent.

    Returns:
        (n,), for the pixels of `region.mask` in order.
    """
    middle = (region.near + region.far) / 2
    width = float(np.radians(region.opening)) * middle if region.apex else region.box[2] - region.box[0]
    down, along = np.float32(_SAMPLES / axial), np.float32(width * _SAMPLES / lateral)
    sides = (region.length * float(down), float(along))
    shape = tuple(min(int(side) + 2 + 6 * _SAMPLES, _MOST) for side in sides)
    field = _smooth_complex(shape, key, frame)
    i, v = _between(region.depth[region.mask] * down, shape[0])
    j, u = _between(region.across[region.mask] * along, shape[1])
    found = (1 - v) * ((1 - u) * field[i, j] + u * field[i, j + 1])
    found += v * ((1 - u) * field[i + 1, j] + u * field[i + 1, j + 1])
    # What lies between two samples varies less than they do, by an amount that is known.
    alike = np.float32(np.exp(-1 / (4 * _SIGMA**2)))
    kept = (1 - 2 * v * (1 - v) * (1 - alike)) * (1 - 2 * u * (1 - u) * (1 - alike))
    return np.asarray(found / np.sqrt(kept), np.complex64)


_SIGMA = float(_SAMPLES / (2 * np.sqrt(2 * np.log(2))))  # of the point spread function, in samples


def _between(place: Floats, size: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the sample before each place, and how far beyond it the place is."""
    place = np.clip(place, 0, size - 2)
    before = place.astype(np.intp)
    return before, (place - before).astype(np.float32)


def _smooth_complex(shape: tuple[int, ...], key: int, frame: int) -> NDArray[np.complex64]:
    """Return complex normal numbers of mean power 1, smoothed by the point spread function."""
    from scipy import fft

    from domainaug.kernels.random import normals

    real, imaginary = (normals(shape, key, 2 * frame + part, threads=1) for part in (0, 1))
    gains = [np.exp(-2 * (np.pi * _SIGMA * np.fft.fftfreq(size)) ** 2) for size in shape]
    gain = np.outer(*gains)
    gain /= np.sqrt(2 * np.mean(gain**2))
    waves = fft.fft2(real + 1j * imaginary, workers=1)
    return np.asarray(fft.ifft2(waves * gain.astype(np.float32), workers=1), np.complex64)
