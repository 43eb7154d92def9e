"""How pictures with synthetic defects lie on disk: as MVTec AD, as COCO, or as class folders with masks."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnknownName
from domainaug.layouts.instances import encode_counts, outline
from domainaug.layouts.layout import Item
from domainaug.layouts.naming import copy_stem
from domainaug.layouts.pictures import write_image

__all__ = ["OUTPUTS", "Output", "names_of", "output_named"]

_SPLITS = frozenset({"train", "test", "val", "good", "images", "test_public", "Data", "Images", "Normal"})
_COCO = Path("annotations.json")


class Output(Protocol):
    """A way to lay pictures with defects out."""

    @property
    def name(self) -> str:
        """What `output_named` calls it."""

    def write(
        self, picture: NDArray[Any], mask: NDArray[np.bool_], name: str, stem: str, copy: int, folder: Path
    ) -> tuple[tuple[Path, ...], Any]:
        """Write one into `folder`.

        Args:
            picture: With the defect.
            mask: (H, W): the defect.
            name: Its class.
            stem: What names the source, of `names_of`.
            copy: Which of that source's.
            folder: Private to this call.

        Returns:
            The files, relative to it, picture first; and what `finish` is to know.
        """

    def finish(self, folder: Path, copies: Iterable[tuple[str, Any]]) -> tuple[Path, ...]:
        """Write what describes all of it.

        Args:
            folder: Where to.
            copies: Of each picture, its file and what `write` said, in order.
        """


class _Folders:
    """Masks are files; nothing else is written."""

    def finish(self, folder: Path, copies: Iterable[tuple[str, Any]]) -> tuple[Path, ...]:
        """Write nothing."""
        return ()


class Mvtec(_Folders):
    """`bottle/test/scratch/000_aug002.png`, its mask `bottle/ground_truth/scratch/000_aug002_mask.png`."""

    name = "mvtec-ad"

    def write(
        self, picture: NDArray[Any], mask: NDArray[np.bool_], name: str, stem: str, copy: int, folder: Path
    ) -> tuple[tuple[Path, ...], Any]:
        """See `Output`."""
        category, _, last = stem.rpartition("/")
        begin = f"{category}/" if category else ""
        file = copy_stem(last, copy)
        shown = write_image(picture, folder, f"{begin}test/{name}/{file}")
        return (shown, write_image(_gray(mask), folder, f"{begin}ground_truth/{name}/{file}_mask")), None


class Masks(_Folders):
    """`scratch/000_aug002.png`, its mask `scratch/000_aug002_mask.png`."""

    name = "masks"

    def write(
        self, picture: NDArray[Any], mask: NDArray[np.bool_], name: str, stem: str, copy: int, folder: Path
    ) -> tuple[tuple[Path, ...], Any]:
        """See `Output`."""
        file = f"{name}/{copy_stem(_flat(stem), copy)}"
        shown = write_image(picture, folder, file)
        return (shown, write_image(_gray(mask), folder, f"{file}_mask")), None


class CocoFile:
    """`images/scratch/000_aug002.png`, and `annotations.json` with an outline, or run lengths, for each."""

    name = "coco"

    def write(
        self, picture: NDArray[Any], mask: NDArray[np.bool_], name: str, stem: str, copy: int, folder: Path
    ) -> tuple[tuple[Path, ...], Any]:
        """See `Output`."""
        shown = write_image(picture, folder, f"images/{name}/{copy_stem(_flat(stem), copy)}")
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        box = [columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]]
        polygons = outline(mask)
        lengths = {"size": list(mask.shape), "counts": encode_counts(mask)}
        label = {
            "category": name,
            "bbox": [float(value) for value in box],
            "area": int(mask.sum()),
            "iscrowd": 0,
            "segmentation": lengths if polygons is None else polygons,
        }
        return (shown,), {"width": mask.shape[1], "height": mask.shape[0], "label": label}

    def finish(self, folder: Path, copies: Iterable[tuple[str, Any]]) -> tuple[Path, ...]:
        """Write the file of annotations."""
        listed = list(copies)
        names = sorted({told["label"]["category"] for _, told in listed})
        numbers = {name: number for number, name in enumerate(names, start=1)}
        pictures, labels = [], []
        for number, (file, told) in enumerate(listed, start=1):
            size = {"width": told["width"], "height": told["height"]}
            pictures.append({"id": number, "file_name": PurePosixPath(file).relative_to("images").as_posix(), **size})
            label = dict(told["label"])
            labels.append({"id": number, "image_id": number, "category_id": numbers[label.pop("category")], **label})
        categories = [{"id": number, "name": name} for name, number in numbers.items()]
        lists = {"images": pictures, "annotations": labels, "categories": categories}
        parts = (f"{json.dumps(name)}: [\n" + ",\n".join(map(json.dumps, one)) + "\n]" for name, one in lists.items())
        (folder / _COCO).write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8", newline="\n")
        return (_COCO,)


OUTPUTS: Mapping[str, Output] = {one.name: one for one in (Mvtec(), CocoFile(), Masks())}
"""Every way there is, by name."""


def output_named(name: str | None, layout: str) -> Output:
    """Return the output called `name`, or the one that suits a source of a layout.

    Raises:
        UnknownName: There is none.
    """
    if name is None:
        name = layout if layout in OUTPUTS else "masks"
    if name not in OUTPUTS:
        raise UnknownName("output", name, OUTPUTS)
    return OUTPUTS[name]


def names_of(items: Iterable[Item]) -> Mapping[str, str]:
    """Return what names each source in its copies: its category, and its file's name where that tells it from others.

    Folders that only say of which split it was are left out.
    """
    short: dict[str, str] = {}
    for item in items:
        path = PurePosixPath(item.detail.get("stem") or item.key)
        above = [part for part in path.parts[:-1] if part not in _SPLITS]
        short[item.key] = "/".join([*above, path.name])
    alike = Counter(_flat(name).casefold() for name in short.values())
    return {
        key: name if alike[_flat(name).casefold()] == 1 else f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
        for key, name in short.items()
    }


def _flat(stem: str) -> str:
    return stem.replace("/", "_")


def _gray(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.asarray(mask, np.uint8) * np.uint8(255)
