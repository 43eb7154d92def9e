"""MVTec AD: good pictures to train on, good and bad ones to test on, and a mask for each bad one.

Of AD (Bergmann et al., "MVTec AD", CVPR 2019) a bad picture is `bottle/test/crack/000.png` and its mask
`bottle/ground_truth/crack/000_mask.png`; of AD 2 (Heckler-Kram et al., 2025) they are
`can/test_public/bad/000.png` and `can/test_public/ground_truth/bad/000_mask.png`. One category may be given, or a
folder of several. A bad picture without its mask is set aside, rather than taken for a good one. So are those of LOCO,
which has several masks for a picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from domainaug.layouts import images
from domainaug.layouts.layout import Item, Sample, Scan, SetAside, Stamp
from domainaug.layouts.masked import other_label, read_masked, write_masked
from domainaug.layouts.naming import copy_stem, is_text, relative_key, stems

__all__ = ["MvtecAd"]

_TRUTH: Final = "ground_truth"
_GOOD: Final = "good"


@dataclass(frozen=True, slots=True)
class MvtecAd:
    """Reads and writes data sets laid out as MVTec AD and AD 2 are.

    Attributes:
        max_pixels: Pictures with more pixels are set aside.
        name: The name of the layout.
        jpeg_quality: What came as JPEG is written as JPEG of this quality, 1 to 100; None writes losslessly.
    """

    max_pixels: int = images.MAX_PIXELS
    name: str = "mvtec-ad"
    jpeg_quality: int | None = None

    def recognizes(self, source: Path) -> bool:
        """Return whether a category is here or one folder below: `ground_truth` beside what it is the truth of."""
        return source.is_dir() and any(_truths(source))

    def scan(self, source: Path) -> Scan:
        """List the pictures, by path, each with its mask if it shows a defect."""
        found: dict[str, Path | None] = {}
        aside: list[SetAside] = []
        taken: set[Path] = set()
        for path in _pictures(source):
            key = relative_key(path, source)
            if not is_text(key):
                safe = key.encode("utf-8", "backslashreplace").decode().replace("\n", "\\n")
                aside.append(SetAside(safe, "name", "the file name holds bytes or control characters that are no text"))
                continue
            if (other := other_label(source, key)) is not None:
                aside.append(other)
                taken.update(filter(None, (_existing(at) for at in (_mask_place(path),) if at is not None)))
                continue
            place = _mask_place(path)
            mask = None if place is None else _existing(place)
            if place is None or mask is not None:
                found[key] = mask
                taken.update(() if mask is None else (mask,))
            elif place.with_name(path.stem).is_dir():
                taken.update(place.with_name(path.stem).iterdir())
                aside.append(SetAside(key, "several-masks", "it has a folder of masks, and one mask is read"))
            else:
                reason = f"it shows a defect, and there is no {relative_key(place, source)}"
                aside.append(SetAside(key, "mask-missing", reason))
        lost = [path for path in _masks(source) if path not in taken]
        aside += [SetAside(relative_key(path, source), "mask-without-image", _LOST) for path in lost]
        names = stems(found)
        items = tuple(_item(source, key, mask, names[key]) for key, mask in found.items())
        return Scan(items, tuple(sorted(aside, key=lambda one: one.key)))

    def read(self, item: Item) -> Sample:
        """Read a picture and its mask; an anti-aliased mask becomes two-valued."""
        return read_masked(item, max_pixels=self.max_pixels)

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the picture where its source lies, and its mask where that of its source does.

        Raises:
            LabelsGone: Nothing of its defect is left.
        """
        stem = copy_stem(item.detail["stem"], stamp.copy)
        mask = f"{item.detail.get('masks', '')}/{PurePosixPath(stem).name}_mask"
        return write_masked(sample, item, stamp, folder, stem=stem, mask_stem=mask, jpeg_quality=self.jpeg_quality)

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write nothing: the files say it all."""
        return ()


_LOST: Final = "this is a mask, and there is no picture of its name"


def _item(source: Path, key: str, mask: Path | None, stem: str) -> Item:
    if mask is None:
        return Item(key, (source / key,), detail={"stem": stem})
    return Item(key, (source / key, mask), detail={"stem": stem, "masks": relative_key(mask.parent, source)})


def _truths(source: Path) -> Iterator[Path]:
    """Yield the folders of masks that lie in a category: beside `test` or `train` (AD), or beside `bad` (AD 2)."""
    near = [source, *_folders(source)]
    for place in (*near, *(below for folder in near[1:] for below in _folders(folder))):
        beside = ("test", "train", "bad")
        if (place / _TRUTH).is_dir() and any((place / name).is_dir() for name in beside):
            yield place / _TRUTH


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir() and not path.name.startswith("."))


def _pictures(source: Path) -> Iterator[Path]:
    """Yield the pictures that are no masks, in order."""
    for folder, below, files in os.walk(source, followlinks=False):
        below[:] = sorted(name for name in below if not name.startswith(".") and name != _TRUTH)
        for name in sorted(files):
            if Path(name).suffix.lower() in images.SUFFIXES and not name.startswith("."):
                yield Path(folder, name)


def _masks(source: Path) -> Iterator[Path]:
    """Yield the masks, in order."""
    for truth in _truths(source):
        for path in sorted(truth.rglob("*")):
            if path.suffix.lower() in images.SUFFIXES and not path.name.startswith("."):
                yield path


def _mask_place(picture: Path) -> Path | None:
    """Return where the mask of a picture has to be; None for one that shows no defect, or is not said to."""
    kind, split = picture.parent, picture.parent.parent
    if kind.name == _GOOD:
        return None
    name = f"{picture.stem}_mask.png"
    if (split / _TRUTH).is_dir():
        return split / _TRUTH / kind.name / name
    place = split.parent / _TRUTH / kind.name / name
    if split.name == "test" and (split.parent / _TRUTH).is_dir():
        return place
    return place if split.name == "train" and place.is_file() else None  # defects to learn from, as in a set of ours


def _existing(place: Path) -> Path | None:
    """Return the mask, whichever lossless format it has, named as in AD or as its picture (as some copies do)."""
    plain = place.with_name(place.name.removesuffix("_mask.png") + ".png")
    places = (one.with_suffix(suffix) for one in (place, plain) for suffix in (".png", ".bmp", ".tif", ".tiff"))
    return next((one for one in places if one.is_file()), None)
