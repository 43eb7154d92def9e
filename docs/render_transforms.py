"""Draws docs/images/transforms.jpg: one row a transform of our own, on real slices from pydicom-data and a phantom.

python docs/render_transforms.py
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from domainaug.pipeline import Pipeline
from domainaug.transforms import BiasField, ColoredNoise, Deform, Gamma, GaussianNoise, VolumeAffine, Window

TARGET = Path(__file__).parent / "images" / "transforms.jpg"
SIDE, GAP, CAPTION = 150, 6, 20
INK, QUIET = "#1b1f24", "#5b6570"
HU = (-1024.0, 1024.0)

Array = NDArray[Any]


def slice_of(name: str) -> tuple[Array, tuple[float, float]]:
    """Return the values of a slice that ships inside pydicom-data, every other pixel, and its spacing in mm."""
    found = find_spec("data_store")
    assert found is not None
    assert found.origin is not None
    data = pydicom.dcmread(Path(found.origin).parent / "data" / name)
    values = data.pixel_array * float(data.get("RescaleSlope", 1)) + float(data.get("RescaleIntercept", 0))
    step = max(1, values.shape[0] // 256)
    rows, columns = (float(each) * step for each in data.get("PixelSpacing", (1, 1)))
    return np.ascontiguousarray(values[::step, ::step], np.float32), (rows, columns)


def phantom() -> Array:
    """Return a head of ellipsoids, (64, 128, 128) at 2 x 1 x 1 mm, whose ears and nose tell where it looks."""
    z, y, x = np.mgrid[-1:1:64j, -1:1:128j, -1:1:128j]
    volume = np.zeros(z.shape, np.float32)
    for (cx, cy, cz), (rx, ry, rz), value in (
        ((0, 0, 0), (0.62, 0.78, 0.8), 0.9),
        ((0, 0, 0), (0.57, 0.72, 0.74), 0.35),
        ((-0.2, 0, 0.05), (0.13, 0.36, 0.3), 0.1),
        ((0.2, 0, 0.05), (0.13, 0.36, 0.3), 0.1),
        ((0, -0.8, 0.1), (0.08, 0.12, 0.14), 0.7),
        ((0, 0.35, -0.3), (0.2, 0.14, 0.2), 0.6),
        ((0.05, -0.4, 0.35), (0.1, 0.1, 0.1), 0.75),
    ):
        inside = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2 < 1
        volume[inside] = value
    return volume


def with_grid(picture: Array) -> Array:
    """Return a picture with lines drawn into it that show how it bends."""
    out = picture.copy()
    out[::24] = out[:, ::24] = picture.max() * 0.8
    return out


def tile(picture: Array, low: float, high: float, caption: str, color: str) -> Image.Image:
    """Return one captioned picture."""
    shown = Image.fromarray(np.uint8(np.clip((picture - low) / (high - low), 0, 1) * 255))
    out = Image.new("RGB", (SIDE, SIDE + CAPTION), "white")
    out.paste(shown.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS), (0, CAPTION))
    ImageDraw.Draw(out).text((1, 3), caption, fill=color, font=ImageFont.load_default(13))
    return out


def row(
    transform: Any, picture: Array, ends: tuple[float, float], shown: tuple[float, float], **call: Any
) -> list[Any]:
    """Return the picture and three draws of a transform."""
    pipeline = Pipeline([transform], seed=5, value_range=ends)
    tiles = [tile(_section(picture), *shown, "before", QUIET)]
    for number in range(3):
        name = "volume" if picture.ndim == 3 else "image"
        made = pipeline(**{name: picture}, key=str(number), **call)[name]
        visible = ends if isinstance(transform, Window) else shown
        tiles.append(tile(_section(made), *visible, type(transform).__name__ if number == 0 else "", INK))
    return tiles


def _section(picture: Array) -> Array:
    """Return a picture as it is, and the middle of a volume from the side: slices from bottom to top."""
    return picture if picture.ndim == 2 else picture[::-1, :, picture.shape[2] // 2]


def main() -> None:
    """Draw the picture."""
    ct, ct_mm = slice_of("693_UNCR.dcm")
    mr, _ = slice_of("MR2_UNCR.dcm")
    soft, magnitude = (-60.0, 140.0), (0.0, float(np.quantile(mr, 0.995)))
    rows = [
        row(VolumeAffine(((-25, 25), 5, 5), 0.1, p=1), phantom(), (0, 1), (0, 1), spacing=(2.0, 1.0, 1.0)),
        row(Deform(displacement_px=11.0, p=1), with_grid(mr), magnitude, magnitude),
        row(BiasField(0.5, p=1), mr, magnitude, magnitude),
        row(Gamma(0.5, p=1), mr, magnitude, magnitude),
        row(Window((20, 120), (120, 600)), ct, HU, soft),
        row(GaussianNoise((5, 30), p=1), ct, HU, soft),
        row(ColoredNoise((5, 30), fwhm_mm=(2, 4), p=1), ct, HU, soft, spacing=ct_mm),
    ]
    sheet = Image.new("RGB", (4 * SIDE + 3 * GAP, len(rows) * (SIDE + CAPTION)), "white")
    for down, tiles in enumerate(rows):
        for across, one in enumerate(tiles):
            sheet.paste(one, (across * (SIDE + GAP), down * (SIDE + CAPTION)))
    TARGET.parent.mkdir(exist_ok=True)
    sheet.save(TARGET, quality=72)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
