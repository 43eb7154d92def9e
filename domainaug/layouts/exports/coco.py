"""COCO: `images/` and `annotations/instances.json`, a box and a mask in run lengths for every defect that is seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domainaug.layouts.exports.files import copied, put_json
from domainaug.layouts.instances import encode_counts
from domainaug.layouts.parts import PartPicture

__all__ = ["write"]


def write(pictures: Sequence[PartPicture], out: Path) -> None:
    """Write the pictures."""
    kinds = sorted({mark.kind for picture in pictures for mark in picture.marks})
    listed: list[dict[str, Any]] = []
    instances: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, start=1):
        height, width = picture.size
        name = f"{picture.variant}.png"
        listed.append({"id": number, "file_name": name, "width": width, "height": height})
        copied(picture.place, out / "images" / name)
        for mark in picture.marks:
            left, top, right, bottom = mark.box
            instances.append({
                "id": len(instances) + 1, "image_id": number, "category_id": kinds.index(mark.kind) + 1,
                "bbox": [left, top, right - left, bottom - top], "area": mark.pixels, "iscrowd": 0,
                "segmentation": {"size": [height, width], "counts": encode_counts(mark.mask())},
            })  # fmt: skip
    categories = [{"id": number, "name": kind} for number, kind in enumerate(kinds, start=1)]
    content = {"images": listed, "annotations": instances, "categories": categories}
    put_json(out / "annotations" / "instances.json", content)
