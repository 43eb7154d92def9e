"""Putting a patch on a photograph: on the part, without a seam, with a mask of what really changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnknownName
from domainaug.manufacturing.pasting.blending import BLENDS, Floats, Mask
from domainaug.manufacturing.pasting.patch import Patch
from domainaug.manufacturing.response import to_values
from domainaug.manufacturing.site import Box, Site

__all__ = ["Pasted", "changed_mask", "largest", "paste"]

_TRIES = 32
_RIM = 2  # pixels about a defect that go with it, where blending has room to work
_ENOUGH = 1 << 13  # pixels that noise is read from
_LOOKED = 512  # pixels along a side, in the middle, among which these are
_ABOVE_NOISE = 3.0  # standard deviations of the noise a change has to exceed to count


@dataclass(frozen=True, slots=True, eq=False)
class Pasted:
    """A photograph with a defect from elsewhere.

    Attributes:
        picture: Like the one that came.
        mask: (H, W): the defect, by what really changed.
        box: The window that may have changed.
        changed: (h, w) of that box: largest change over the channels, in light as a share of white.
        parameters: What was drawn, for the record.
    """

    picture: NDArray[Any]
    mask: Mask
    box: Box
    changed: Floats
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blur_px(self) -> float:
        """0: what is pasted went through its lens already."""
        return 0.0

    def share_on_part(self, site: Site) -> float:
        """Return how much of the defect lies on the part."""
        if site.inside is None or not self.mask.any():
            return float(self.mask.any())
        return float(site.inside[self.mask].mean())

    def told(self, **more: Any) -> Pasted:
        """Return it with more in its record."""
        return replace(self, parameters={**self.parameters, **more})


def paste(
    patch: Patch,
    site: Site,
    random: np.random.Generator,
    *,
    blend: str = "ratio",
    place: tuple[float, float] | None = None,
    spread: float = 0.05,
) -> Pasted | None:
    """Return a photograph with a patch on its part; None where none of the places that were drawn has room for it.

    Args:
        patch: At the pitch of the picture.
        site: The picture.
        random: Chance.
        blend: A name of `BLENDS`.
        place: The middle of where it goes, as shares of height and width; anywhere by default.
        spread: Standard deviation about `place`, likewise.

    Raises:
        UnknownName: There is no such blend.
    """
    if blend not in BLENDS:
        raise UnknownName("blend", blend, tuple(BLENDS))
    light = _in_channels(patch.light, site.channels, site.picture.ndim)
    rim = cv2.dilate(patch.mask.astype(np.uint8), np.ones((2 * _RIM + 1,) * 2, np.uint8)).astype(np.bool_)
    for _ in range(_TRIES):
        middle = random.random(2) if place is None else np.array(place) + random.normal(0, spread, 2)
        at = _at(middle, patch.mask.shape, site.shape)
        if at is not None and _fits(patch.mask, at, site):
            return _put(patch, light, rim, at, site, blend)
    return None


def _put(patch: Patch, light: Floats, rim: Mask, at: tuple[int, int], site: Site, blend: str) -> Pasted:
    height, width = patch.mask.shape
    box = at[0], at[1], at[0] + height, at[1] + width
    under = site.light(box)
    if site.inside is not None:
        rim = rim & site.inside[box[0] : box[2], box[1] : box[3]]
    seen = np.clip(BLENDS[blend](under, light, rim), 0.0, 1.0)
    changed = largest(np.abs(seen - under))
    picture, mask = site.picture.copy(), np.zeros(site.shape, np.bool_)
    values = to_values(seen, site.picture, site.part.response, site.value_range)
    window = picture[box[0] : box[2], box[1] : box[3]]
    window[rim] = values[rim]
    mask[box[0] : box[2], box[1] : box[3]] = changed_mask(under, changed, patch.mask, rim)
    told = {"blend": blend, "at": list(at), "area_mm2": patch.area_mm2}
    return Pasted(picture, mask, box, changed, told)


def changed_mask(under: Floats, changed: Floats, claimed: Mask, within: Mask) -> Mask:
    """Return the pixels that a defect really changed: those of its mask, and those of its rim, beyond the noise.

    Args:
        under: (h, w[, channels]) light as it was.
        changed: (h, w) how much it changed.
        claimed: (h, w) the mask of the patch.
        within: (h, w) where anything may have changed.

    Returns:
        (h, w); that of the patch where hardly anything changed, so that it is a gate's to say so.
    """
    flat = under if under.ndim == 3 else under[..., None]
    gray = reduce(np.add, np.moveaxis(flat, -1, 0)) / np.float32(flat.shape[2])
    looked = gray[_middle(gray.shape[0]), _middle(gray.shape[1])]
    fine = (looked - cv2.GaussianBlur(looked, (0, 0), 1.5)).ravel()[:: max(1, looked.size // _ENOUGH)]
    noise = 1.4826 * float(np.median(np.abs(fine - np.median(fine))))
    seen = (changed > max(_ABOVE_NOISE * noise, 1 / 255)) & within
    whole = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)).astype(np.bool_)
    whole &= within
    return claimed.copy() if (whole & claimed).sum() < 0.2 * claimed.sum() else whole & (claimed | seen)


def largest(values: Floats) -> Floats:
    """Return (h, w): of (h, w[, channels]) the largest over the channels."""
    return values if values.ndim == 2 else np.asarray(reduce(np.maximum, np.moveaxis(values, -1, 0)), np.float32)


def _middle(size: int) -> slice:
    first = max(0, (size - _LOOKED) // 2)
    return slice(first, first + _LOOKED)


def _at(middle: NDArray[np.float64], size: tuple[int, ...], shape: tuple[int, int]) -> tuple[int, int] | None:
    """Return the row and column of a window about a middle, pushed into the picture; None if it is too large."""
    room = shape[0] - size[0], shape[1] - size[1]
    if min(room) < 0:
        return None
    begins = [round(float(share) * have - n / 2) for share, have, n in zip(middle, shape, size, strict=True)]
    return min(max(begins[0], 0), room[0]), min(max(begins[1], 0), room[1])


def _fits(mask: Mask, at: tuple[int, int], site: Site) -> bool:
    if site.inside is None:
        return True
    inside = site.inside[at[0] : at[0] + mask.shape[0], at[1] : at[1] + mask.shape[1]]
    return bool(inside[mask].all())


def _in_channels(light: Floats, channels: int, axes: int) -> Floats:
    """Return light with as many channels as the picture: gray of color is their mean, color of gray three alike."""
    if axes == 2:
        return light if light.ndim == 2 else light.mean(axis=2)
    wide = light if light.ndim == 3 else light[..., None]
    if wide.shape[2] == channels:
        return wide
    return np.repeat(wide.mean(axis=2, keepdims=True), channels, axis=2)
