"""Frames of streets and pictures of parts that were simulated, as data sets that other people's programs read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from domainaug.errors import OutputError, UnknownName
from domainaug.layouts.frames import check_frame, read_frames
from domainaug.layouts.parts import check_part, read_parts
from domainaug.layouts.sweeps import check_sweep

__all__ = ["EXPORTS", "PART_EXPORTS", "Exported", "export_frames", "export_parts"]

EXPORTS: Final = ("bdd100k", "cityscapes", "coco-panoptic", "kitti", "nuscenes", "semantic-kitti", "yolo")
"""Every layout that frames are exported to."""

PART_EXPORTS: Final = ("coco", "mvtec-ad")
"""Every layout that pictures of parts are exported to."""

Writer = Callable[[Sequence[Any], Path], None]


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
    write = _writer(layout, EXPORTS)
    frames = read_frames(source)
    _refuse_full(out)
    things = sum(check_frame(frame) for frame in frames)
    sweeps = {sweep.place: sweep for frame in frames for sweep in frame.sweeps}
    points = sum(check_sweep(sweep) for sweep in sweeps.values())
    _publish(write, frames, out)
    return Exported(out, layout, len(frames), things, points)


def export_parts(source: Path | str, out: Path | str, layout: str) -> Exported:
    """Write the pictures of a rendered scenario of parts as a data set.

    The labels of every picture are held against its masks first; nothing is written where they contradict.

    Args:
        source: What `domainaug.run.simulating.simulate` wrote with the surface simulator.
        out: A folder that does not exist, or is empty.
        layout: One of `PART_EXPORTS`.

    Raises:
        UnknownName: There is no such layout.
        UnreadableInput: There are no pictures, or one cannot be read.
        LabelError: Labels contradict each other.
        OutputError: `out` holds something, or cannot be written.
    """
    source, out = Path(source), Path(out)
    write = _writer(layout, PART_EXPORTS)
    pictures = read_parts(source)
    _refuse_full(out)
    defects = sum(check_part(picture) for picture in pictures)
    _publish(write, pictures, out)
    return Exported(out, layout, len(pictures), defects)


def _refuse_full(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: there is something here already; name a new folder")


def _publish(write: Writer, pictures: Sequence[Any], out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # All of it appears at once, or nothing does.
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=out.parent) as folder:
            write(pictures, Path(folder, "out"))
            if out.exists():
                out.rmdir()
            shutil.move(Path(folder, "out"), out)
    except OSError as error:
        raise OutputError(f"{out}: the export cannot be written: {error.strerror or error}") from error


def _writer(layout: str, legal: Sequence[str]) -> Writer:
    if layout not in legal:
        raise UnknownName("export", layout, legal)
    # Imported when asked for, as layouts are.
    write: Writer = import_module(f"{__name__}.{layout.replace('-', '_')}").write
    return write
