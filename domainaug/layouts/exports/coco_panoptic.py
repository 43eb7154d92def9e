"""COCO: `images/`, `annotations/instances.json`, and panoptic segments as pictures with `annotations/panoptic.json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.layouts.cityscapes_labels import CLASSES
from domainaug.layouts.exports.files import copied, put_image, put_json
from domainaug.layouts.frames import Frame
from domainaug.layouts.instances import encode_counts

__all__ = ["write"]

_THINGS: Final = 65_536
"""Segments are this many times their class, plus the number of a thing."""


def write(frames: Sequence[Frame], out: Path) -> None:
    """Write the frames."""
    pictures: list[dict[str, Any]] = []
    instances: list[dict[str, Any]] = []
    panoptic: list[dict[str, Any]] = []
    counted = {each.id for each in CLASSES if each.counted}
    for number, frame in enumerate(frames, start=1):
        height, width = frame.size
        pictures.append({"id": number, "file_name": f"{frame.stem}.png", "width": width, "height": height})
        copied(frame.place, out / "images" / f"{frame.stem}.png")
        segments = segments_of(frame)
        levels = np.stack([segments & 255, segments >> 8 & 255, segments >> 16], axis=-1).astype(np.uint8)
        put_image(out / "annotations" / "panoptic" / f"{frame.stem}.png", levels)
        told = list(_told(segments))
        panoptic.append({"image_id": number, "file_name": f"{frame.stem}.png", "segments_info": told})
        for each in told:
            if each["category_id"] in counted:
                shape = {"size": [height, width], "counts": encode_counts(segments == each["id"])}
                known = {name: each[name] for name in ("category_id", "bbox", "area", "iscrowd")}
                instances.append({"id": len(instances) + 1, "image_id": number, **known, "segmentation": shape})
    kinds = [
        {"id": each.id, "name": each.name, "isthing": int(each.counted), "color": list(each.color)}
        for each in CLASSES
        if each.id > 0
    ]
    things = [{"id": each["id"], "name": each["name"]} for each in kinds if each["isthing"]]
    put_json(
        out / "annotations" / "instances.json", {"images": pictures, "annotations": instances, "categories": things}
    )
    put_json(out / "annotations" / "panoptic.json", {"images": pictures, "annotations": panoptic, "categories": kinds})


def segments_of(frame: Frame) -> NDArray[np.int64]:
    """Return the (height, width) segment of each pixel; 0 is none."""
    return frame.classes().astype(np.int64) * _THINGS + frame.instances()


def _told(segments: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    for number in np.unique(segments).tolist():
        if number < _THINGS:
            continue
        rows, columns = np.nonzero(segments == number)
        left, top = int(columns.min()), int(rows.min())
        box = [left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top]
        yield {"id": number, "category_id": number // _THINGS, "area": len(rows), "bbox": box, "iscrowd": 0}
