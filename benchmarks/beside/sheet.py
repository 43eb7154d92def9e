"""The picture: one row a kind of physics, a copy of each library, and below it what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.beside.brain import LEVEL
from benchmarks.beside.measured import Told
from benchmarks.beside.works import Work

__all__ = ["draw"]

WIDE, TALL, GAP, CAPTION, COLUMNS = 256, 192, 8, 38, 4
SLICE = 12
_INK, _QUIET = "#1b1f24", "#5b6570"
_LIBRARIES = ("domainaug", "TorchIO", "MONAI")


def draw(path: Path, rows: Sequence[tuple[Work, NDArray[np.float32], Mapping[str, Told]]]) -> None:
    """Write a sheet.

    Args:
        path: A .jpg.
        rows: What was done, the volume before, and what each library made of it.
    """
    height = CAPTION + TALL + TALL // 2 + GAP
    sheet = Image.new("RGB", (COLUMNS * (WIDE + GAP) - GAP, len(rows) * height), "white")
    for down, (work, before, made) in enumerate(rows):
        top = down * height
        _put(sheet, 0, top, _shown(before), None, work.name, work.asked, work.gain)
        for across, library in enumerate(_LIBRARIES, start=1):
            name = next((one for one in made if one.startswith(library)), None)
            if name is None:
                _say(sheet, across, top, library, "has none")
                continue
            told = made[name]
            _put(sheet, across, top, _shown(told.copy), _change(before, told.copy, work.gain), name,
                 work.say(told.figures))  # fmt: skip
    sheet.save(path, **({"quality": 82} if path.suffix == ".jpg" else {}))


def _put(
    sheet: Image.Image, across: int, top: int, picture: Image.Image, change: Image.Image | None, name: str, told: str,
    gain: float = 0.0,
) -> None:  # fmt: skip
    left = across * (WIDE + GAP)
    _say(sheet, across, top, name, told)
    sheet.paste(picture, (left, top + CAPTION))
    if change is not None:
        sheet.paste(change, (left, top + CAPTION + TALL))
    else:
        text = ImageDraw.Draw(sheet)
        words = f"change x {gain:g}, gray is none"
        text.text((left + WIDE - 6, top + CAPTION + TALL + 8), words, _QUIET, _font(12), anchor="ra")


def _say(sheet: Image.Image, across: int, top: int, name: str, told: str) -> None:
    text, left = ImageDraw.Draw(sheet), across * (WIDE + GAP) + 1
    text.text((left, top + 2), name, _INK, _font(13))
    text.text((left, top + 19), told, _QUIET, _font(12))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _shown(volume: NDArray[np.float32]) -> Image.Image:
    """Return a slice in the one window of all: from 0 to bright tissue."""
    levels = np.uint8(np.clip(volume[SLICE] / LEVEL, 0, 1) * 255)
    return Image.fromarray(levels).convert("RGB").resize((WIDE, TALL), Image.Resampling.BICUBIC)


def _change(before: NDArray[np.float32], after: NDArray[np.float32], gain: float) -> Image.Image:
    """Return the upper half of the slice: after less before, gray where it is the same."""
    change = (after[SLICE] - before[SLICE])[: before.shape[1] // 2]
    levels = np.uint8(np.clip(0.5 + gain * change / (2 * LEVEL), 0, 1) * 255)
    return Image.fromarray(levels).convert("RGB").resize((WIDE, TALL // 2), Image.Resampling.BICUBIC)
