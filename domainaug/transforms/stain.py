"""Histology: stains as optical density, found in the picture, and made stronger or weaker.

Light that passes a stained section falls by a power of ten for each unit of optical density (Beer-Lambert), and
the densities of stains add. So stains are told apart and changed in optical density, never in color.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import about, up_to
from domainaug.effects import EFFECTS, Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import number, share, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Ranged, governed

__all__ = ["STAINS", "StainJitter", "macenko_stains", "optical_density"]

Array = NDArray[Any]
Floats = NDArray[np.float64]

STAINS: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    "he": ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11)),
    "hdab": ((0.65, 0.70, 0.29), (0.27, 0.57, 0.78)),
    "hed": ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11), (0.27, 0.57, 0.78)),
}
"""Absorption in red, green and blue of hematoxylin, eosin and DAB (Ruifrok and Johnston 2001, Anal. Quant. Cytol.
Histol. 23:291)."""

_FOUND = "macenko"
_PIXELS = 200_000  # of a picture that stains are looked for in
_TISSUE = 100  # pixels with stain that it takes
_TOO_ALIKE = np.radians(8)  # stains closer than this are one
_TOO_FAR = np.radians(75)  # the angle between pure cyan and pure yellow is 90, between real stains it is below 60
_FAINTEST = 1 / 510  # of white: half a level of 255, the darkest that is told from black


def optical_density(picture: ArrayLike, white: float = 255.0) -> Floats:
    """Return -log10 of the share of light that passes.

    Args:
        picture: Transmitted light, any shape.
        white: Light where there is no section.
    """
    return -np.log10(np.maximum(np.asarray(picture, np.float64) / white, _FAINTEST))


def macenko_stains(
    picture: ArrayLike, white: float = 255.0, *, beta: float = 0.15, alpha: float = 1.0
) -> Floats | None:
    """Return the two stains of a picture (Macenko et al. 2009, IEEE ISBI, 1107).

    Densities of two stains lie in a plane through the origin, between the directions of the pure stains. The plane
    is that of the two largest singular vectors of the densities, which are not centered: a centered one need not
    hold the origin. The stains are the directions at a low and a high percentile of the angle in it.

    Args:
        picture: (..., 3), red, green and blue of transmitted light.
        white: Light where there is no section.
        beta: Densities whose length is less are no tissue.
        alpha: The percentile, and 100 less it.

    Returns:
        (2, 3), of length 1, hematoxylin (which takes more red) first; None where there is too little tissue, or no
        two directions in it.
    """
    values = np.asarray(picture, np.float64).reshape(-1, 3)
    values = values[:: max(1, len(values) // _PIXELS)]
    density = optical_density(values, white)
    # What is black in a channel has lost its direction.
    kept = (np.linalg.norm(density, axis=1) > beta) & (values > 2 * _FAINTEST * white).all(axis=1)
    density = density[kept]
    if len(density) < _TISSUE:
        return None
    _, vectors = np.linalg.eigh(density.T @ density)
    plane = vectors[:, :0:-1]  # (3, 2): along most of the density, and beside it
    plane = plane * np.where(plane.sum(axis=0)[:1] < 0, -1.0, 1.0)
    along, beside = (density @ plane).T
    angles = np.percentile(np.arctan2(beside, along), [alpha, 100 - alpha])
    if not _TOO_ALIKE < angles[1] - angles[0] < _TOO_FAR:
        return None
    stains = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ plane.T
    stains = np.maximum(stains, 0.0)
    stains /= np.linalg.norm(stains, axis=1, keepdims=True)
    return np.asarray(stains[::-1] if stains[1, 0] > stains[0, 0] else stains)


class StainJitter(Ranged, A.ImageOnlyTransform):  # type: ignore[misc]
    """Makes each stain stronger or weaker, in optical density.

    A density c of a stain becomes a c + b, with a and b drawn for each stain (Tellez et al. 2019, Med. Image Anal.
    58:101544). Light is multiplied by what that changes, so that nothing drawn leaves every bit as it was, and what
    the stains do not explain stays. b fades out where there is no section: white stays white. Gray pictures have no
    stains to tell apart, and stay as they are.

    Args:
        gain: a, a range; one number g is 1 - g to 1 + g.
        offset: b, a range, in units of optical density; one number is either side of 0.
        stains: "macenko" finds two in each picture, and takes "he" where it finds none; or "he", "hdab" or "hed";
            or two or three lists of absorption in red, green and blue.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: the picture has neither one channel nor three.
    """

    neutral: ClassVar[Mapping[str, float]] = {"gain": 1.0, "offset": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        (
            *("stain", "hue", "saturation", "color_cast", "channel_mixing", "brightness", "contrast", "gamma", "tone"),
            *("local_gain", "noise", "sharpening", "occlusion", "inversion", "pixelation"),
        ),
        "gain",
        "offset",
    )

    def __init__(
        self,
        gain: float | Sequence[float] = 0.2,
        offset: float | Sequence[float] = 0.02,
        stains: str | Sequence[Sequence[float]] = _FOUND,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self.gain = span(self, "gain", gain, around=1.0, least=0.0, most=4.0)
        self.offset = span(self, "offset", offset, around=0.0, least=-2.0, most=2.0)
        self.stains = _checked(self, stains)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw a gain and an offset for each stain."""
        even = self.py_random.uniform
        count = 2 if self.stains == _FOUND else len(_fixed(self.stains))
        return {
            "gains": tuple(even(*self.gain) for _ in range(count)),
            "offsets": tuple(even(*self.offset) for _ in range(count)),
        }

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture with its stains changed."""
        return self._stained(img, params) if img.ndim == 3 else img.copy()

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return a volume changed, whose stains are those of all its slices."""
        return self._stained(volume, params) if volume.ndim == 4 else volume.copy()

    def _stained(self, picture: Array, params: Drawn) -> Array:
        if picture.shape[-1] == 1:
            return picture.copy()
        if picture.shape[-1] != 3:
            raise ImageError(
                f"StainJitter needs red, green and blue, and this picture has {picture.shape[-1]} channels"
            )
        low, high = params["value_range"]
        light = picture.reshape(-1, 3).astype(np.float64) - low
        stains = _fixed(self.stains) if self.stains != _FOUND else macenko_stains(light, high - low)
        stains = np.array(STAINS["he"]) if stains is None else stains
        stains = stains / np.linalg.norm(stains, axis=1, keepdims=True)
        density = optical_density(light, high - low)
        amounts = np.maximum(density @ np.linalg.pinv(stains), 0.0)
        there = _tissue(density)
        more = amounts * (np.array(params["gains"]) - 1) + there[:, None] * np.array(params["offsets"])
        more = np.maximum(more, -amounts)  # a stain cannot be less than none
        made = low + light * 10 ** -(more @ stains)
        if picture.dtype.kind != "f":
            ends = np.iinfo(picture.dtype)
            made = np.rint(np.clip(made, max(ends.min, low), min(ends.max, high)))
        changed = np.where(more.any(axis=1)[:, None], made, picture.reshape(-1, 3))
        return np.asarray(changed.astype(picture.dtype).reshape(picture.shape))

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most to a section that is well stained."""
        return _restained(max(abs(end - 1) for end in self.gain), max(abs(end) for end in self.offset))

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        gain = max(abs(each - 1) for each in params["gains"])
        return replace(_restained(gain, max(abs(each) for each in params["offsets"])), exact=False)


def _tissue(density: Floats) -> Floats:
    """Return 0 where nothing is stained, 1 from the density on at which Macenko counts tissue, smooth in between."""
    x = np.clip(np.linalg.norm(density, axis=1) / 0.15, 0.0, 1.0)
    return np.asarray(x * x * (3 - 2 * x))


def _fixed(stains: Any) -> Floats:
    return np.array(STAINS[stains] if isinstance(stains, str) else stains, np.float64)


def _checked(owner: Any, stains: Any) -> Any:
    """Return a name, or tuples of numbers.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(stains, str) and stains in (_FOUND, *STAINS):
        return stains
    listed = isinstance(stains, Sequence) and not isinstance(stains, str) and len(stains) in (2, 3)
    if not listed or any(isinstance(one, str) or not isinstance(one, Sequence) or len(one) != 3 for one in stains):
        raise ValueError(
            f"StainJitter: stains: one of {', '.join((_FOUND, *STAINS))}, or two or three lists of absorption in red, "
            f"green and blue, are needed, got {stains!r}"
        )
    kept = tuple(tuple(number(owner, "stains", each, least=0.0) for each in one) for one in stains)
    if np.linalg.matrix_rank(np.array(kept), tol=1e-3) < len(kept):
        raise ValueError(f"StainJitter: stains: directions that differ are needed, got {stains!r}")
    return kept


def _restained(gain: float, offset: float) -> Generators:
    """Return what a change of densities does; a density of 1 leaves a tenth of the light."""
    change = gain + offset
    bend = min(2.3 * change, 1.0)  # 10 ** -x falls by 2.3 x at most
    return Generators.bounds(
        stain=up_to(change),
        brightness=about(bend / 2),
        contrast=Interval(max(1 - 1.5 * bend, 0.0), 1 + 1.5 * bend),
        gamma=Interval(1 / (1 + 3 * bend), 1 + 3 * bend),
        tone=up_to(bend),
        color_cast=up_to(bend),
        hue=about(min(240 * change, 180.0)),
        saturation=EFFECTS["saturation"].anything if bend > 0.5 else Interval(max(1 - 2 * bend, 0.0), 1 + 4 * bend),
        channel_mixing=up_to(4 * change),
        local_gain=up_to(bend / 2),
        noise=up_to(0.1 * bend),
        sharpening=up_to(2 * bend),
        occlusion=up_to(0.2 * (bend - 0.6)),
        inversion=up_to(0.2 * (bend - 0.5)),
        pixelation=Interval(1.0, 1 + max(bend - 0.5, 0.0)),
    )
