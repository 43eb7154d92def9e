"""Image folders: class folders or flat, with masks beside the images or in a folder of their own.

A mask is found in one of three ways:

* `name_mask.png` beside `name.jpg`;
* `name.png` beside `name.jpg`, if it is gray and of the same size;
* `masks/.../name.png` for `images/.../name.jpg` (also `name_mask.png` there).

A folder with other labels (`name.txt`, `name.xml`, `name.json` beside the image or in `labels/`) is not copied
without them: those images are set aside.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from domainaug.errors import UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.layout import Item, Sample, Scan, SetAside, Stamp
from domainaug.layouts.masked import read_masked, write_masked
from domainaug.layouts.naming import copy_stem, in_folder, is_text, label_places, relative_key, stems
from domainaug.layouts.simulated import is_simulated

__all__ = ["ImageFolder"]

_MASK_SUFFIXES: Final = frozenset({".png", ".tif", ".tiff", ".bmp"})
_JPEG_SUFFIXES: Final = frozenset({".jpg", ".jpeg"})


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """Reads and writes folders of images.

    Attributes:
        max_pixels: Images with more pixels are set aside.
        name: The name of the layout.
        jpeg_quality: What came as JPEG is written as JPEG of this quality, 1 to 100; None writes losslessly.
    """

    max_pixels: int = images.MAX_PIXELS
    name: str = "image-folder"
    jpeg_quality: int | None = None

    def recognizes(self, source: Path) -> bool:
        """Return whether there is an image anywhere below `source`."""
        return source.is_dir() and next(iter(_walk(source)), None) is not None

    def scan(self, source: Path) -> Scan:
        """List the images, each with its mask, by path."""
        found = _Folder(source, max_pixels=self.max_pixels)
        names = stems(key for key, _ in found.images)
        items = tuple(
            Item(
                key=key,
                files=(source / key,) if mask is None else (source / key, source / mask),
                detail={"stem": names[key], **({} if mask is None else {"mask": mask_place(key)})},
            )
            for key, mask in found.images
        )
        aside = tuple(sorted(found.set_aside, key=lambda aside: aside.key))
        return Scan(items=items, set_aside=aside, ignored=found.ignored)

    def read(self, item: Item) -> Sample:
        """Read an image and its mask; the two must be of one size, and an anti-aliased mask becomes two-valued."""
        return read_masked(item, max_pixels=self.max_pixels)

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the image, and the mask if there is one.

        Raises:
            LabelsGone: Nothing of what the mask marks is left.
        """
        stem = copy_stem(item.detail["stem"], stamp.copy)
        mask_stem = f"{stem}_mask" if item.detail.get("mask") != "folder" else mask_folder(stem)
        return write_masked(sample, item, stamp, folder, stem=stem, mask_stem=mask_stem, jpeg_quality=self.jpeg_quality)

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write nothing: the files say it all."""
        return ()


class _Folder:
    """The images of a folder, paired with their masks."""

    def __init__(self, source: Path, *, max_pixels: int) -> None:
        self.source, self.max_pixels = source, max_pixels
        self.images: list[tuple[str, str | None]] = []
        self.set_aside: list[SetAside] = []
        keys = []
        for path in _walk(source):
            key = relative_key(path, source)
            if is_text(key):
                keys.append(key)
            else:
                safe = key.encode("utf-8", "backslashreplace").decode().replace("\n", "\\n")
                self._aside(safe, "name", "the file name holds bytes or control characters that are not text")
        self.by_stem: dict[str, list[str]] = defaultdict(list)
        for key in sorted(keys):
            self.by_stem[PurePosixPath(key).with_suffix("").as_posix()].append(key)
        self.masks: set[str] = set()
        self.labels: set[str] = set()
        self._pair()

    def _pair(self) -> None:
        paired = {key: self._mask_of(key) for keys in self.by_stem.values() for key in keys if not _is_mask(key)}
        taken = {mask for mask in paired.values() if mask is not None}
        for key, mask in sorted(paired.items()):
            if key not in taken and key not in self.masks:
                self._add(key, mask)
        for key in sorted(key for keys in self.by_stem.values() for key in keys):
            if _is_mask(key) and key not in taken:
                self._aside(key, "mask-without-image", "this is a mask, and no image has its name")

    def _add(self, key: str, mask: str | None) -> None:
        labels = [place for place in label_places(key) if (self.source / place).is_file()]
        self.labels.update(labels)
        if labels:
            self._aside(key, "unknown-label", f"it has a label file {labels[0]} that this layout cannot transform")
        elif mask == "?":
            self._aside(key, "ambiguous-pair", "two images share this name, and neither is a gray mask of the other")
        else:
            self.images.append((key, mask))

    def _mask_of(self, key: str) -> str | None:
        """Return the mask of an image, None if it has none, or "?" when that cannot be told."""
        stem = PurePosixPath(key).with_suffix("").as_posix()
        for place in (f"{stem}_mask", mask_folder(stem), f"{mask_folder(stem)}_mask"):
            candidates = [other for other in self.by_stem.get(place, ()) if place != stem and _may_be_mask(other)]
            if candidates:
                return candidates[0]
        twins = [other for other in self.by_stem[stem] if other != key]
        if not twins or mask_place(key) == "folder":
            return None
        photo = [other for other in self.by_stem[stem] if PurePosixPath(other).suffix.lower() in _JPEG_SUFFIXES]
        labels = [other for other in self.by_stem[stem] if other not in photo]
        if len(photo) == 1 and len(labels) == 1 and self._is_mask_of(labels[0], photo[0]):
            self.masks.add(labels[0])
            return labels[0] if key == photo[0] else None
        return "?" if len(photo) == 1 and len(labels) == 1 and _may_be_mask(labels[0]) else None

    def _is_mask_of(self, label: str, photo: str) -> bool:
        try:
            mask, image = (self._header(name) for name in (label, photo))
        except UnreadableInput:
            return _may_be_mask(label)  # so that reading the pair refuses both, rather than splitting it
        return _may_be_mask(label) and (mask.channels == 1) and mask.upright == image.upright

    def _header(self, key: str) -> images.Header:
        path = self.source / key
        return images.read_header(images.read_bytes(path), path, max_pixels=self.max_pixels)

    @property
    def ignored(self) -> int:
        """How many files are neither images nor the labels of one."""
        others = (path for path in _files(self.source) if path.suffix.lower() not in images.SUFFIXES)
        return sum(1 for path in others if relative_key(path, self.source) not in self.labels)

    def _aside(self, key: str, code: str, reason: str) -> None:
        self.set_aside.append(SetAside(key, code, reason))


def mask_place(key: str) -> str:
    """Return whether the mask of an image is in a "folder" of masks or "beside" it."""
    return "folder" if "images" in PurePosixPath(key).parts[:-1] else "beside"


def mask_folder(stem: str) -> str:
    """Return the path in `masks/` that belongs to one in `images/` (the innermost one)."""
    return in_folder(stem, "masks")


def _is_mask(key: str) -> bool:
    path = PurePosixPath(key)
    return path.stem.endswith("_mask") or ("masks" in path.parts[:-1] and "images" not in path.parts[:-1])


def _may_be_mask(key: str) -> bool:
    return PurePosixPath(key).suffix.lower() in _MASK_SUFFIXES


def _walk(source: Path) -> Iterator[Path]:
    """Yield the files named like images, in order."""
    return (path for path in _files(source) if path.suffix.lower() in images.SUFFIXES)


def _files(source: Path) -> Iterator[Path]:
    """Yield the files below `source`, in order; hidden ones, linked folders and rendered ones are passed over."""
    for folder, below, files in os.walk(source, followlinks=False):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if "variants" in below and is_simulated(Path(folder)):
            below.remove("variants")
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(folder, name)
