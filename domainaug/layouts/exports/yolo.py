"""YOLO: `images/train/`, boxes around what is visible in `labels/train/`, and `data.yaml`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from domainaug.layouts.exports.files import copied, put_text
from domainaug.layouts.frames import Frame
from domainaug.layouts.yolo import Row

__all__ = ["write"]

KINDS: Final = ("pedestrian", "rider", "car", "truck", "bus", "motorcycle", "bicycle")
"""Classes, by their numbers."""


def write(frames: Sequence[Frame], out: Path) -> None:
    """Write the frames."""
    for frame in frames:
        copied(frame.place, out / "images" / "train" / f"{frame.stem}.png")
        rows = [
            Row(KINDS.index(thing.kind), (float(left), float(top), float(right), float(bottom)))
            for thing in frame.things
            if thing.kind in KINDS and thing.box is not None
            for left, top, right, bottom in (thing.box,)
        ]
        put_text(out / "labels" / "train" / f"{frame.stem}.txt", "".join(f"{row.line(frame.size)}\n" for row in rows))
    names = "".join(f"  {number}: {name}\n" for number, name in enumerate(KINDS))
    put_text(out / "data.yaml", f"train: images/train\nval: images/train\nnames:\n{names}")
