"""A picture and the gray mask that lies on its pixels, wherever a layout keeps the two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from domainaug.errors import UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.layout import Item, LabelsGone, Sample, SetAside, Stamp
from domainaug.layouts.naming import label_places, mask_places
from domainaug.layouts.pictures import float_range, quality_for, write_image
from domainaug.layouts.soft_masks import as_labels

__all__ = ["other_label", "other_mask", "read_masked", "without_masked", "write_masked"]


def other_label(source: Path, key: str) -> SetAside | None:
    """Return why a picture is set aside that has labels beside its mask: a copy would be without them.

    Args:
        source: The data set.
        key: The path of the picture below it.
    """
    for place in label_places(key):
        if (source / place).is_file():
            return SetAside(key, "unknown-label", f"it has a label file {place} that this layout cannot transform")
    return None


def other_mask(source: Path, key: str) -> SetAside | None:
    """Return why a picture is set aside that has a mask beside its labels: a copy would be without it.

    Args:
        source: The data set.
        key: The path of the picture below it.
    """
    for place in mask_places(key):
        if (source / place).is_file():
            reason = f"it has a mask {place} beside its labels, and only these are read; move the masks elsewhere"
            return SetAside(key, "unknown-label", reason)
    return None


def without_masked(source: Path, found: dict[str, Any]) -> list[SetAside]:
    """Take the pictures with a mask beside their labels, and these masks, out of what was found, and return why.

    Args:
        source: The data set.
        found: By key; changed.
    """
    aside = [masked for key in found if (masked := other_mask(source, key)) is not None]
    for one in aside:
        for key in (one.key, *mask_places(one.key)):
            found.pop(key, None)
    return aside


def read_masked(item: Item, *, max_pixels: int = images.MAX_PIXELS) -> Sample:
    """Read a picture, and its mask if the item has a second file; an anti-aliased mask becomes two-valued.

    Raises:
        UnreadableInput: One of them cannot be read, or they are of two sizes.
    """
    image = images.read_image(item.files[0], max_pixels=max_pixels)
    sample = Sample(image=image, value_range=float_range(image))
    if len(item.files) > 1:
        mask = images.read_mask(item.files[1], max_pixels=max_pixels)
        if mask.shape != image.shape[:2]:
            sizes = f"the image is {_size(image.shape)} upright, its mask {_size(mask.shape)}"
            raise UnreadableInput("size-mismatch", f"{sizes}; they must be of one size", path=item.files[0])
        sample.mask, sample.soft_mask = as_labels(mask, item.files[1])
    return sample


def write_masked(
    sample: Sample, item: Item, stamp: Stamp, folder: Path, *, stem: str, mask_stem: str, jpeg_quality: int | None
) -> tuple[Path, ...]:
    """Write a picture, and its mask if there is one; return the files, relative to `folder`.

    Args:
        sample: The copy.
        item: What it is a copy of.
        stamp: The run.
        folder: Where to.
        stem: The path of the picture below it, without suffix.
        mask_stem: That of the mask.
        jpeg_quality: For what came as JPEG; None writes losslessly.

    Raises:
        LabelsGone: Nothing of what the mask marks is left.
    """
    assert sample.image is not None
    gone = stamp.record.get("labels", {}).get("vanished", {}).get("mask")
    if gone and sample.mask is not None and not sample.mask.any():
        raise LabelsGone("everything its mask marks left the picture")
    picture = write_image(sample.image, folder, stem, jpeg_quality=quality_for(item, jpeg_quality))
    return (picture,) if sample.mask is None else (picture, write_image(sample.mask, folder, mask_stem))


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"
