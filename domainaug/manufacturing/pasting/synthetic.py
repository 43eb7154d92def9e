"""Anomalies as the papers of anomaly detection make them: sizes in mm, on the part, and a mask that is never empty.

* CutPaste and its scar: Li et al., "CutPaste: Self-supervised learning for anomaly detection and localization", 2021.
* NSA: Schlueter et al., "Natural synthetic anomalies for self-supervised anomaly detection and localization", 2022.
* Perlin textures: Zavrtanik et al., "DRAEM", 2021; on the part alone as in Yang et al., "MemSeg", 2023; mixed with a
  drawn opacity as in Chen et al., "GLASS", 2024.

Written from the papers. Where those count pixels of pictures of one size, we draw mm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError
from domainaug.kernels.perlin import perlin
from domainaug.manufacturing.pasting.blending import Floats
from domainaug.manufacturing.pasting.paste import Pasted, changed_mask, largest, paste
from domainaug.manufacturing.pasting.patch import Patch
from domainaug.manufacturing.response import to_values
from domainaug.manufacturing.site import Box, Site
from domainaug.manufacturing.sizes import Sized, size_of

__all__ = ["cut_paste", "nsa", "perlin_texture", "scar"]

_TRIES = 32
_ASPECT = (0.3, 3.3)  # of CutPaste
_OPACITY = 0.5, 0.1, 0.2, 0.8  # mean, standard deviation and ends, of GLASS


def cut_paste(
    site: Site,
    random: np.random.Generator,
    *,
    area_mm2: Sized,
    aspect: tuple[float, float] = _ASPECT,
    jitter: float = 0.1,
    place: tuple[float, float] | None = None,
) -> Pasted:
    """Return a photograph with a rectangle of it put elsewhere.

    Args:
        site: A photograph of a good part.
        random: Chance.
        area_mm2: Of the rectangle.
        aspect: Width over height, drawn evenly in the logarithm.
        jitter: The light of the rectangle is multiplied by up to 1 +- this.
        place: The middle of where it goes, as shares of height and width; anywhere on the part by default.

    Raises:
        LabelError: There is no room for it on the part.
    """
    area = size_of("area_mm2", area_mm2).draw(random)
    ratio = float(np.exp(random.uniform(*np.log(aspect))))
    width, height = np.sqrt(area * ratio), np.sqrt(area / ratio)
    patch = _cut(site, random, height, width, jitter, "cutpaste")
    return _placed(patch, site, random, "naive", f"a rectangle of {width:.3g} x {height:.3g} mm", place)


def scar(
    site: Site,
    random: np.random.Generator,
    *,
    length_mm: Sized,
    width_mm: Sized,
    degrees: float = 45.0,
    jitter: float = 0.1,
    place: tuple[float, float] | None = None,
) -> Pasted:
    """Return a photograph with a thin piece of it put elsewhere, turned.

    Args:
        site: A photograph of a good part.
        random: Chance.
        length_mm: Of the piece.
        width_mm: Likewise.
        degrees: It is turned by up to this, either way.
        jitter: The light of the piece is multiplied by up to 1 +- this.
        place: See `cut_paste`.

    Raises:
        LabelError: There is no room for it on the part.
    """
    length, width = (
        size_of(name, one).draw(random) for name, one in (("length_mm", length_mm), ("width_mm", width_mm))
    )
    patch = _cut(site, random, width, length, jitter, "scar")
    turned = patch.turned(float(random.uniform(-degrees, degrees)))
    return _placed(turned, site, random, "naive", f"a scar of {length:.3g} x {width:.3g} mm", place)


def nsa(
    site: Site,
    random: np.random.Generator,
    *,
    length_mm: Sized,
    width_mm: Sized,
    other: Site | None = None,
    scale: tuple[float, float] = (0.7, 1.3),
    blend: str = "poisson",
    place: tuple[float, float] | None = None,
) -> Pasted:
    """Return a photograph with a piece of another one blended in, scaled; its mask is what changed.

    Args:
        site: A photograph of a good part.
        random: Chance.
        length_mm: Of the piece, along rows.
        width_mm: Likewise, along columns.
        other: Where it is from; the same photograph by default.
        scale: By how much it is scaled, evenly in the logarithm.
        blend: A name of `BLENDS`.
        place: See `cut_paste`.

    Raises:
        LabelError: There is no room for it on the part.
    """
    length, width = (
        size_of(name, one).draw(random) for name, one in (("length_mm", length_mm), ("width_mm", width_mm))
    )
    factor = float(np.exp(random.uniform(*np.log(scale))))
    source = other or site
    patch = _cut(source, random, length / factor, width / factor, 0.0, "nsa")
    sized = Patch(patch.kind, patch.light, patch.mask, patch.pitch_mm * factor, patch.place)
    fitted = sized.turned(pitch_mm=site.pitch_mm)
    what = f"a piece of {length:.3g} x {width:.3g} mm"
    return _placed(fitted, site, random, blend, what, place).told(scale=factor)


def perlin_texture(
    site: Site,
    random: np.random.Generator,
    *,
    grain_mm: Sized,
    share: tuple[float, float] = (0.01, 0.1),
    texture: NDArray[np.floating] | None = None,
    opacity: float | None = None,
) -> Pasted:
    """Return a photograph with another texture where noise is highest on the part.

    Args:
        site: A photograph of a good part.
        random: Chance.
        grain_mm: From one blob of the noise to the next.
        share: Of the part that is covered; the threshold follows from it, so that the mask is never empty.
        texture: (h, w) or (h, w, channels) light as a share of white, repeated as needed; by default that of the part
            itself, its blocks in another order (the "structure" source of MemSeg).
        opacity: Of the texture; drawn about a half by default.

    Raises:
        LabelError: There is no part in the picture.
    """
    box = _around(site)
    if box is None:
        raise LabelError("nothing in the picture belongs to the part, so there is no place for a texture")
    window = slice(box[0], box[2]), slice(box[1], box[3])
    pitch = size_of("grain_mm", grain_mm).draw(random) / site.pitch_mm
    cells = tuple(int(np.clip(round(side / pitch), 1, side)) for side in site.shape)
    noise = perlin(site.shape, (cells[0], cells[1]), int(random.integers(2**63)))[window]
    covered = float(random.uniform(*share))
    values = noise if site.inside is None else noise[site.inside[window]]
    count = max(1, round(covered * values.size))
    mask = noise >= np.partition(values, values.size - count, axis=None)[values.size - count]
    if site.inside is not None:
        mask &= site.inside[window]
    under = site.light(box)
    over = _shuffled(under, random) if texture is None else _tiled(np.asarray(texture, np.float32), under)
    mean, spread, low, high = _OPACITY
    solid = float(np.clip(random.normal(mean, spread), low, high)) if opacity is None else opacity
    there = under[mask]
    seen = np.clip(there + np.float32(solid) * (over[mask] - there), 0.0, 1.0)
    changed = np.zeros(mask.shape, np.float32)
    changed[mask] = largest(np.abs(seen - there)[None])[0] if there.ndim == 2 else np.abs(seen - there)
    picture, marked = site.picture.copy(), np.zeros(site.shape, np.bool_)
    picture[window][mask] = to_values(seen, site.picture, site.part.response, site.value_range)
    marked[window] = changed_mask(under, changed, mask, mask)
    told = {"cells": list(cells), "share": covered, "opacity": solid, "area_mm2": float(mask.sum()) * site.pitch_mm**2}
    return Pasted(picture, marked, box, changed, told)


def _around(site: Site) -> Box | None:
    """Return the box around the part; None where there is none."""
    if site.inside is None:
        return 0, 0, *site.shape
    rows, columns = np.flatnonzero(site.inside.any(axis=1)), np.flatnonzero(site.inside.any(axis=0))
    return (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1) if len(rows) else None


def _cut(site: Site, random: np.random.Generator, tall_mm: float, wide_mm: float, jitter: float, kind: str) -> Patch:
    """Return a rectangle of a photograph that lies on the part.

    Raises:
        LabelError: There is none.
    """
    tall, wide = (max(1, round(float(one) / site.pitch_mm)) for one in (tall_mm, wide_mm))
    room = site.shape[0] - tall, site.shape[1] - wide
    for _ in range(_TRIES if min(room) >= 0 else 0):
        top, left = (int(random.integers(one + 1)) for one in room)
        box = top, left, top + tall, left + wide
        if site.inside is None or site.inside[box[0] : box[2], box[1] : box[3]].all():
            light = np.clip(site.light(box) * np.float32(random.uniform(1 - jitter, 1 + jitter)), 0.0, 1.0)
            place = (top + tall / 2) / site.shape[0], (left + wide / 2) / site.shape[1]
            return Patch(kind, light, np.ones((tall, wide), np.bool_), site.pitch_mm, place)
    raise LabelError(f"there is no piece of {tall_mm:.3g} x {wide_mm:.3g} mm on the part to take; use smaller sizes")


def _placed(
    patch: Patch, site: Site, random: np.random.Generator, blend: str, what: str, place: tuple[float, float] | None
) -> Pasted:
    found = paste(patch, site, random, blend=blend, place=place, spread=0.0)
    if found is None:
        where, other = ("on the part", "") if place is None else ("on the part at that place", "another place, or ")
        raise LabelError(f"there is no room for {what} {where}; use {other}smaller sizes")
    return found.told(kind=patch.kind)


def _shuffled(light: Floats, random: np.random.Generator) -> Floats:
    """Return light with its blocks, eighths of each side, in another order; what is left over stays."""
    out = light.copy()
    tall, wide = light.shape[0] // 8, light.shape[1] // 8
    if not tall or not wide:
        return out[::-1, ::-1].copy()
    order = random.permutation(64)
    for at, source in enumerate(order):
        (row, column), (from_row, from_column) = divmod(at, 8), divmod(int(source), 8)
        block = light[from_row * tall : (from_row + 1) * tall, from_column * wide : (from_column + 1) * wide]
        out[row * tall : (row + 1) * tall, column * wide : (column + 1) * wide] = block
    return out


def _tiled(texture: Floats, like: Floats) -> Floats:
    """Return a texture repeated to the size and channels of a picture."""
    gray = texture if texture.ndim == 2 else texture.mean(axis=2)
    same = texture if texture.ndim == like.ndim and texture.shape[2:] == like.shape[2:] else gray
    times = tuple(-(-have // own) for have, own in zip(like.shape[:2], same.shape[:2], strict=True))
    tiled = np.tile(same, (*times, 1) if same.ndim == 3 else times)[: like.shape[0], : like.shape[1]]
    return np.repeat(tiled[..., None], like.shape[2], axis=2) if tiled.ndim < like.ndim else tiled
