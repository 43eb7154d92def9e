"""Draws docs/images/transforms-mri.jpg: one row an MR transform, on a real slice from pydicom-data.

python docs/render_mri_transforms.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from render_transforms import CAPTION, GAP, SIDE, row, slice_of

from domainaug.transforms import Ghosting, GibbsRinging, KSpaceSpike, PatientMotion, RicianNoise, ThickSlices

TARGET = Path(__file__).parent / "images" / "transforms-mri.jpg"


def main() -> None:
    """Draw the picture."""
    mr, mm = slice_of("MR2_UNCR.dcm")
    shown = (0.0, float(np.quantile(mr, 0.995)))
    steps: list[Any] = [
        RicianNoise(std_share=(0.05, 0.15), p=1),
        PatientMotion(degrees=8, mm=6, moves=(4, 10), center=0.05, phase_axis="rows", p=1),
        Ghosting((1, 4), (0.1, 0.3), phase_axis="rows", p=1),
        KSpaceSpike((0.2, 0.8), p=1),
        GibbsRinging((0.08, 0.2), phase_axis="rows", p=1),
        ThickSlices((3, 9), axis="rows", p=1),
    ]
    rows = [row(step, mr, shown, shown, spacing=mm) for step in steps]
    sheet = Image.new("RGB", (4 * SIDE + 3 * GAP, len(rows) * (SIDE + CAPTION)), "white")
    for down, tiles in enumerate(rows):
        for across, one in enumerate(tiles):
            sheet.paste(one, (across * (SIDE + GAP), down * (SIDE + CAPTION)))
    sheet.save(TARGET, quality=80)
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
