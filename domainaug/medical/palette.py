"""From the numbers of a palette to red, green and blue (PS3.3 C.7.6.3.1.5 and C.7.9)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import ExplicitVRLittleEndian

from domainaug.medical.plausible import PALETTE

__all__ = ["through_palette"]


def through_palette(indices: NDArray[np.integer], dataset: Dataset) -> NDArray[np.uint8]:
    """Return colors of 8 bits: of longer entries the highest ones, which is how they are shown.

    Args:
        indices: Of any shape.
        dataset: Holds the palette, its words in little-endian order whatever they were in the file.

    Returns:
        (..., 3) red, green and blue, behind the axes of `indices`.

    Raises:
        ValueError: The tables are not what their descriptor says.
    """
    palette = _tables(dataset)
    entries, first, _ = palette.RedPaletteColorLookupTableDescriptor
    table = apply_color_lut(np.arange(first, first + (entries or 2**16)), palette)
    if table.dtype != np.uint8:
        # Some writers give 8 bits as words and do not shift them; a palette as dark as that would be black all over.
        table = (table >> (8 if int(table.max()) > 255 else 0)).astype(np.uint8)
    found: NDArray[np.uint8] = table[np.clip(indices.astype(np.int64) - first, 0, len(table) - 1)]
    return found


def _tables(dataset: Dataset) -> Dataset:
    """Return the palette alone, as a little-endian data set, without a byte that only makes a length even."""
    out = Dataset()
    out.file_meta = FileMetaDataset()
    out.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for name in PALETTE:
        if name not in dataset:
            continue
        out.add(dataset[name])
        if name.endswith("TableData") and not name.startswith("Segmented"):
            entries = int(dataset[name.removesuffix("Data") + "Descriptor"].value[0]) or 2**16
            content = dataset[name].value
            setattr(out, name, content[: len(content) // entries * entries])
    return out
