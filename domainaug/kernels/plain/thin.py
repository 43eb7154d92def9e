"""Taking pixels off a mask one after another, as long as it does not come apart."""

from __future__ import annotations

from typing import Any

__all__ = ["peel"]


def peel(kept: Any, places: Any, wide: int, may: Any) -> None:
    """Clear the pixels of a mask that nothing hangs on, each seen when its turn has come.

    Args:
        kept: (height * wide,) uint8, 0 or 1, changed in place; its rim is 0.
        places: Where the pixels are that may go, in the order in which they are asked.
        wide: Pixels in a row.
        may: (256,) uint8: whether one goes, by which of its eight neighbors are there; bit 0 is the one above to the
            left, and so on clockwise.
    """
    for number in range(len(places)):
        at = places[number]
        code = kept[at - wide - 1] | kept[at - wide] << 1 | kept[at - wide + 1] << 2 | kept[at + 1] << 3
        code |= kept[at + wide + 1] << 4 | kept[at + wide] << 5 | kept[at + wide - 1] << 6 | kept[at - 1] << 7
        if may[code]:
            kept[at] = 0
