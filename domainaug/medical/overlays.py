"""Overlays that lie in the bits of the pixels that hold no value (PS3.3 C.9.2, retired; old scanners write them).

New pixels have nothing there, so such an overlay is given an element of its own when its pixels are read, as the
standard has it now. Whether a copy keeps it is then decided as for any overlay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.tag import Tag

__all__ = ["OVERLAY_POSITIONS", "overlay_groups_inside", "set_overlays_apart"]

_ALLOCATED, _POSITION, _DATA = 0x0100, 0x0102, 0x3000
_GROUPS = range(0x6000, 0x6020, 2)

OVERLAY_POSITIONS = frozenset(group << 16 | _POSITION for group in _GROUPS)
"""Tags of Overlay Bit Position of every overlay there may be; 0 where its bits have an element of their own."""


def overlay_groups_inside(dataset: Dataset) -> tuple[int, ...]:
    """Return the groups of the overlays that lie in the pixels."""
    return tuple(
        group for group in _GROUPS if int(_value(dataset, group, _POSITION) or 0) and Tag(group, _DATA) not in dataset
    )


def set_overlays_apart(dataset: Dataset) -> None:
    """Give every overlay that lies in the pixels of `dataset`, which are native, an element of its own.

    One that cannot lie there as its header says (it has another size than the pixels, or its bit is one that holds
    values, or pixels are compressed) is taken away.
    """
    for group in overlay_groups_inside(dataset):
        bits = _bits(dataset, group)
        if bits is None:
            for tag in [tag for tag in dataset.keys() if tag.group == group]:  # noqa: SIM118 - it iterates over elements
                del dataset[tag]
            continue
        packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
        dataset.add(DataElement(Tag(group, _ALLOCATED), "US", 1))
        dataset.add(DataElement(Tag(group, _POSITION), "US", 0))
        dataset.add(DataElement(Tag(group, _DATA), "OW", packed + b"\0" * (len(packed) % 2)))


def _bits(dataset: Dataset, group: int) -> NDArray[np.uint8] | None:
    """Return (rows, columns) uint8, the bit of every pixel that belongs to an overlay."""
    position, size = int(_value(dataset, group, _POSITION)), (int(dataset.Rows), int(dataset.Columns))
    stored, allocated = int(dataset.BitsStored), int(dataset.BitsAllocated)
    own = _value(dataset, group, 0x0010), _value(dataset, group, 0x0011)
    native = not dataset.file_meta.TransferSyntaxUID.is_encapsulated
    if own != size or not stored <= position < allocated or not native or int(dataset.get("NumberOfFrames") or 1) > 1:
        return None
    order = "<" if dataset.file_meta.TransferSyntaxUID.is_little_endian else ">"
    words = np.frombuffer(dataset.PixelData, f"{order}u{allocated // 8}", size[0] * size[1])
    bits: NDArray[np.uint8] = ((words >> position) & 1).astype(np.uint8).reshape(size)
    return bits


def _value(dataset: Dataset, group: int, element: int) -> Any:
    found = dataset.get(Tag(group, element))
    return None if found is None else found.value
