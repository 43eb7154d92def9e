"""Draws docs/images/transforms-ct.jpg and transforms-radiograph.jpg: one row a transform, on slices from pydicom-data.

python docs/render_xray_transforms.py
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from render_transforms import CAPTION, GAP, SIDE, row, slice_of

from domainaug.transforms import (
    BeamHardening,
    Collimation,
    Exposure,
    GridLines,
    KernelNoise,
    LowDose,
    MetalStreaks,
    QuantumNoise,
    Rings,
    Scatter,
)

IMAGES = Path(__file__).parent / "images"
HU = (-1024.0, 3071.0)
SOFT = (-80.0, 140.0)
PITCH = 0.17  # mm; the file does not say, and this is about what such plates are read with

Array = NDArray[Any]


def radiograph() -> tuple[Array, Array, float]:
    """Return a radiograph, bones white, whole and coarse, and a part as fine as it is; and mm a pixel of the part."""
    found = find_spec("data_store")
    assert found is not None
    assert found.origin is not None
    data = pydicom.dcmread(Path(found.origin).parent / "data" / "RG1_UNCR.dcm")
    values = data.pixel_array.astype(np.float32)
    if data.PhotometricInterpretation == "MONOCHROME1":
        values = values.max() - values
    values = (values - values.min()) / np.ptp(values)
    rows, columns = (size // 7 * 7 for size in values.shape)
    whole = values[:rows, :columns].reshape(rows // 7, 7, columns // 7, 7).mean(axis=(1, 3))
    return whole, np.ascontiguousarray(values[900:1100, 800:1000]), PITCH


def sheet(name: str, rows: list[list[Any]]) -> None:
    """Put rows of tiles on a sheet and save it."""
    out = Image.new("RGB", (4 * SIDE + 3 * GAP, len(rows) * (SIDE + CAPTION)), "white")
    for down, tiles in enumerate(rows):
        for across, one in enumerate(tiles):
            out.paste(one, (across * (SIDE + GAP), down * (SIDE + CAPTION)))
    out.save(IMAGES / name, quality=80)
    print(f"{name}: {(IMAGES / name).stat().st_size / 1000:.0f} kB")


def main() -> None:
    """Draw both pictures."""
    ct, mm = slice_of("693_UNCR.dcm")
    steps: list[Any] = [
        KernelNoise((8, 20), p=1),
        LowDose((0.05, 0.2), 5.0, p=1),
        Rings((0.005, 0.02), (2, 4), p=1),
        BeamHardening((0.5, 1.0), (0.5, 1.0), p=1),
        MetalStreaks((1, 3), (3, 8), p=1),
    ]
    sheet("transforms-ct.jpg", [row(step, ct, HU, SOFT, spacing=mm) for step in steps])
    whole, part, pitch = radiograph()
    coarse: list[Any] = [
        Exposure((0.3, 3.0), photons=3000, p=1),
        Scatter((0.4, 0.8), p=1),
        Collimation((0.6, 0.9), 1.0, 10, (2, 10), p=1),
    ]
    fine: list[Any] = [QuantumNoise((5e3, 5e4), p=1), GridLines((0.05, 0.2), angle=3, p=1)]
    rows = [row(step, whole, (0, 1), (0, 1), spacing=(7 * pitch, 7 * pitch)) for step in coarse]
    shown = (float(part.min()), float(part.max()))
    rows += [row(step, part, (0, 1), shown, spacing=(pitch, pitch)) for step in fine]
    sheet("transforms-radiograph.jpg", rows)


if __name__ == "__main__":
    main()
