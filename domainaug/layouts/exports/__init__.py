"""Frames of the street simulator as data sets that other people's programs read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from domainaug.errors import OutputError, UnknownName
from domainaug.layouts.frames import Frame, check_frame, read_frames
from domainaug.layouts.sweeps import check_sweep

__all__ = ["EXPORTS", "Exported", "export_frames"]

EXPORTS: Final = ("bdd100k", "cityscapes", "coco-panoptic", "kitti", "nuscenes", "semantic-kitti", "yolo")
"""Every layout that frames are exported to."""

Writer = Callable[[Sequence[Frame], Path], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to.

    Attributes:
        out: Where it is.
        layout: How it is laid out.
        frames: How many.
        things: How many labeled things were held against their pixels, depth and boxes.
        points: How many LiDAR points were held against the boxes of their things.
    """

    out: Path
    layout: str
    frames: int
    things: int
    points: int = 0

    def __str__(self) -> str:
        clouds = f", and {self.points} LiDAR points lie in their boxes" if self.points else ""
        return f"{self.frames} frames as {self.layout} in {self.out}; the labels of {self.things} things agree{clouds}"


def export_frames(source: Path | str, out: Path | str, layout: str) -> Exported:
    """Write the frames of a rendered scenario as a data set.

    The labels of every frame are held against each other first; nothing is written where they contradict.

    Args:
        source: What `domainaug.run.simulating.simulate` wrote.
        out: A folder that does not exist, or is empty.
        layout: One of `EXPORTS`.

    Raises:
        UnknownName: There is no such layout.
        UnreadableInput: There are no frames, or one cannot be read.
        LabelError: Labels contradict each other, or the layout cannot say them.
        OutputError: `out` holds something, or cannot be written.
    """
    source, out = Path(source), Path(out)
    write = _writer(layout)
    frames = read_frames(source)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: there is something here already; name a new folder")
    things = sum(check_frame(frame) for frame in frames)
    sweeps = {sweep.place: sweep for frame in frames for sweep in frame.sweeps}
    points = sum(check_sweep(sweep) for sweep in sweeps.values())
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # All of it appears at once, or nothing does.
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=out.parent) as folder:
            write(frames, Path(folder, "out"))
            if out.exists():
                out.rmdir()
            shutil.move(Path(folder, "out"), out)
    except OSError as error:
        raise OutputError(f"{out}: the export cannot be written: {error.strerror or error}") from error
    return Exported(out, layout, len(frames), things, points)


def _writer(layout: str) -> Writer:
    if layout not in EXPORTS:
        raise UnknownName("export", layout, EXPORTS)
    # Imported when asked for, as layouts are.
    write: Writer = import_module(f"{__name__}.{layout.replace('-', '_')}").write
    return write
