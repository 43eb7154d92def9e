"""Holding a scan to a folder: links in a data set may lead anywhere, and not everybody who asks may follow them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from domainaug.layouts.layout import Item, Scan, SetAside

__all__ = ["held_within"]


def held_within(scan: Scan, folder: Path) -> Scan:
    """Return a scan without items of which a file lies outside a folder, where links lead to; these are set aside.

    Args:
        scan: What was found.
        folder: What everything has to lie in.
    """
    real = Path(os.path.realpath(folder))
    inside = [item for item in scan.items if _lies_in(item, real)]
    if len(inside) == len(scan.items):
        return scan
    kept = {item.key for item in inside}
    reason = "a link leads out of the folder that may be read"
    out = [SetAside(item.key, "outside", reason) for item in scan.items if item.key not in kept]
    return replace(scan, items=tuple(inside), set_aside=(*scan.set_aside, *out))


def _lies_in(item: Item, folder: Path) -> bool:
    return all(Path(os.path.realpath(path)).is_relative_to(folder) for path in item.files)
