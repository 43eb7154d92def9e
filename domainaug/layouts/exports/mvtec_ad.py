"""MVTec AD: `train/good/`, `test/KIND/` and `ground_truth/KIND/`, of one category named `part`.

Pictures in which a defect is seen go to `test`. Those without go to `train/good`, but for each fifth, which goes to
`test/good`: chosen by the variant's name, so that a longer run moves none. Clean twins stay behind: trained on, they
would tell what the test pictures look like without their defect.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from domainaug.layouts.exports.files import copied, put_image
from domainaug.layouts.parts import PartPicture

__all__ = ["write"]

_CATEGORY: Final = "part"
_EVERY: Final = 5


def write(pictures: Sequence[PartPicture], out: Path) -> None:
    """Write the pictures."""
    category = out / _CATEGORY
    for name in ("train/good", "test/good", "ground_truth"):
        (category / name).mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        tested = bool(picture.marks) or int(picture.variant, 16) % _EVERY == 0
        copied(picture.place, category / ("test" if tested else "train") / picture.kind / f"{picture.variant}.png")
        if picture.marks:
            union = np.any([mark.mask() for mark in picture.marks], axis=0)
            place = category / "ground_truth" / picture.kind / f"{picture.variant}_mask.png"
            put_image(place, union.astype(np.uint8) * np.uint8(255))
