"""A contact sheet: an image and its augmented copies side by side, each with what happened to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from domainaug.effects import EFFECTS
from domainaug.errors import ImageError
from domainaug.profile.model import Profile

__all__ = ["Window", "contact_sheet", "happened", "lay_out", "window_for"]

Picture = NDArray[np.uint8]

TILE = 232  # longest side of a tile, in pixels of the sheet, unless told otherwise
_SMALLEST, _LARGEST = 48, 4096
GAP, LINE = 12, 16
_SHOWN = 4  # effects named below a tile, unless more than these are flags
_PAPER, _INK, _PALE = (250, 250, 248), (24, 24, 27), (113, 113, 122)
_OUTLINES = ((255, 176, 0), (0, 158, 255), (64, 200, 96), (230, 80, 160), (150, 110, 255), (0, 200, 200))


@dataclass(frozen=True, slots=True)
class Window:
    """The values shown as black and as white."""

    low: float
    high: float

    def __call__(self, image: NDArray[Any]) -> Picture:
        """Return `image` as (H, W, 3) uint8."""
        span = self.high - self.low or 1.0
        gray = np.clip((image.astype(np.float64) - self.low) / span, 0, 1)
        shown = np.round(np.nan_to_num(gray) * 255).astype(np.uint8)
        if shown.ndim == 2:
            shown = shown[..., None]
        return np.ascontiguousarray(np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown[..., :3])


def window_for(image: NDArray[Any]) -> Window:
    """Return the window an image is best seen in.

    uint8 is shown as it is. Everything else is shown from its 1st to its 99th percentile, values equal to
    the smallest left out, because padding and air would otherwise take up most of the range.
    """
    if image.dtype == np.uint8:
        return Window(0.0, 255.0)
    values = image[np.isfinite(image)].astype(np.float64) if image.dtype.kind == "f" else image.astype(np.float64)
    if values.size == 0:
        return Window(0.0, 1.0)
    inner = values[values > values.min()]
    low, high = np.percentile(inner if inner.size else values, (1, 99))
    return Window(float(low), float(high)) if high > low else Window(float(low), float(low) + 1.0)


def contact_sheet(
    profile: Profile,
    image: NDArray[Any],
    *,
    n: int = 8,
    seed: int = 0,
    mask: NDArray[Any] | None = None,
    strength: float = 1.0,
    tile: int = TILE,
    value_range: tuple[float, float] | None = None,
) -> Picture:
    """Return the image and `n` augmented copies on one sheet; see `Profile.preview`.

    Raises:
        ImageError: It is no (H, W) or (H, W, C) image, `n` is below 1, or `tile` is not 48 to 4096.
    """
    asked: object = image
    if not isinstance(asked, np.ndarray):
        got = f"{type(asked).__name__} {str(asked)!r}" if isinstance(asked, str | Path) else type(asked).__name__
        raise ImageError(f"a preview needs an array, got {got}: read the file with PIL or pydicom first")
    if image.ndim not in (2, 3) or image.size == 0 or (image.ndim == 3 and image.shape[2] > 4):
        raise ImageError(f"a preview takes one image, (H, W) or (H, W, C) with up to 4 channels; got {image.shape}")
    if n < 1:
        raise ImageError(f"a preview shows at least one copy, got n={n}")
    if not _SMALLEST <= tile <= _LARGEST:
        raise ImageError(f"a tile is {_SMALLEST} to {_LARGEST} pixels wide, got tile={tile}")
    if value_range is None and image.dtype == np.uint8:
        value_range = (0.0, 255.0)  # a windowed picture, to look at
    pipeline = profile.compose(seed=seed, strength=strength)
    targets: dict[str, Any] = {"image": image, "mask": mask, "value_range": value_range}
    given = {name: value for name, value in targets.items() if value is not None}
    window = window_for(image)
    tiles = [_outlined(window(image), mask, tile)]
    labels: list[tuple[str, ...]] = [("original", "x".join(map(str, image.shape)) + f" {image.dtype}")]
    for copy in range(n):
        out = pipeline(**given)
        tiles.append(_outlined(window(out["image"]), out.get("mask"), tile))
        labels.append((f"copy {copy + 1}", *happened(pipeline.record)))
    return lay_out(tiles, labels, title=f"{profile.title}   {profile.id} {profile.version}", width=tile)


def happened(record: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what happened to a copy, from its record: lines of two effects each.

    First what happens or does not (a mirror is never left out for want of room), then the rest by how many
    times over its threshold it is; what is left out is counted. Where nothing is over its threshold, as the noise
    of a CT may be, what was too faint to count is told.
    """
    told = record or {}
    ranked = _ranked(told.get("effects", {}))
    faint = [] if ranked else _ranked(told.get("faint", {}), threshold=0.0)
    if faint:
        return (f"faint: {faint[0][1]}",)
    words = [text for _, text in ranked]
    flags = sum(math.isinf(size) for size, _ in ranked)
    shown = max(_SHOWN, flags)
    lines = [", ".join(words[i : min(i + 2, shown)]) for i in range(0, min(shown, len(words)), 2)]
    if len(words) > shown:
        lines.append(f"+{len(words) - shown} more")
    return tuple(lines) or ("left alone",)


def _ranked(effects: Mapping[str, Any], threshold: float = 1.0) -> list[tuple[float, str]]:
    """Return how many times over its threshold each effect is, and its amount in words; the largest first."""
    ranked = []
    for name, value in effects.items():
        amount = value[-1] if isinstance(value, list | tuple) else value
        row = EFFECTS.get(name)
        if row is None or not isinstance(amount, int | float):
            continue
        size = math.inf if row.is_flag else abs(amount - row.neutral) / (row.absent or 1.0)
        if size > threshold and (not row.is_flag or row.is_present(amount)):
            ranked.append((size, _amount(name, float(amount))))
    return sorted(ranked, key=lambda one: -one[0])


def _amount(name: str, value: float) -> str:
    row, words = EFFECTS[name], name.replace("_", " ")
    if row.is_flag:
        return words
    if row.unit == "share":
        return f"{words} {value * 100:.3g} %"
    number = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{words} {number} {'' if row.unit in ('x', 'exponent') else row.unit}".rstrip()


def _outlined(picture: Picture, mask: NDArray[Any] | None, longest: int) -> Picture:
    """Return a tile of the sheet, the outline of every label drawn on it."""
    height, width = picture.shape[:2]
    factor = longest / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    tile = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST)
    if mask is not None and mask.ndim == 2:
        small = cv2.resize(mask.astype(np.int32), size, interpolation=cv2.INTER_NEAREST_EXACT)
        for label in np.unique(small)[:32]:
            if label == 0:
                continue
            found, _ = cv2.findContours((small == label).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(tile, found, -1, _OUTLINES[int(label - 1) % len(_OUTLINES)], 1)
    return np.asarray(tile, dtype=np.uint8)


def lay_out(
    tiles: Sequence[Picture], labels: Sequence[tuple[str, ...]], *, title: str = "", width: int = TILE
) -> Picture:
    """Return tiles in rows under a title, the lines of each label below its tile.

    Args:
        tiles: (h, w, 3) uint8, at most `width` on a side.
        labels: For each tile its lines; the first is set darker.
        title: One line above, or "".
        width: What each tile is given, in pixels.

    Returns:
        (H, W, 3) uint8.
    """
    columns = len(tiles) if len(tiles) <= 4 else min((5, 4, 3), key=lambda wide: -len(tiles) % wide)
    rows = math.ceil(len(tiles) / columns)
    tallest = max(tile.shape[0] for tile in tiles)
    lines = max(len(label) for label in labels)
    top = GAP + (LINE + GAP if title else 0)
    step_x, step_y = width + GAP, tallest + lines * LINE + 2 * GAP
    sheet = Image.new("RGB", (GAP + columns * step_x, top + rows * step_y), _PAPER)
    pen = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(15), ImageFont.load_default(12)
    if title:
        pen.text((GAP, GAP - 2), _fitted(pen, title, large, columns * step_x), _INK, font=large)
    for index, (tile, label) in enumerate(zip(tiles, labels, strict=True)):
        left = GAP + index % columns * step_x
        upper = top + index // columns * step_y
        sheet.paste(Image.fromarray(tile), (left, upper))
        for line, text in enumerate(label):
            place = (left, upper + tallest + 4 + line * LINE)
            pen.text(place, _fitted(pen, text, small, width), _INK if line == 0 else _PALE, font=small)
    return np.asarray(sheet)


def _fitted(pen: ImageDraw.ImageDraw, text: str, font: Any, width: float) -> str:
    """Return `text`, cut with an ellipsis where it is wider than `width`."""
    if pen.textlength(text, font=font) <= width:
        return text
    while text and pen.textlength(f"{text}...", font=font) > width:
        text = text[:-1]
    return f"{text}..."
