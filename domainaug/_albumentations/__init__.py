"""The one door to albumentations, and everything that leans on its internals.

albumentations looks up the package index when it is imported unless told not to, so it is imported here,
after that is switched off, and everywhere else as `from domainaug._albumentations import A`.

    __init__.py   the import
    leaves.py     what kind each stock transform is, and how one is drawn and applied
    tree.py       from a tree of compositions to the steps of one call
    maps.py       a draw as a map of pixels; maps_of_crops.py and maps_of_warps.py read them
    ops.py        a draw as operations on values
    grain.py      GaussNoise by a key
    boxes.py      boxes and points through a map; matrices.py and polygons.py reckon
    fill.py       the value outside the picture, lent to a transform for one call
"""

from __future__ import annotations

import os

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # whatever it was: empty or "0" would look for updates

import albumentations as A  # noqa: N812

__all__ = ["A"]
