"""KITTI object: pictures, 2-D and 3-D boxes, calibration and LiDAR, a file of each for every frame.

The picture is the left color camera's (`image_2`). What moves it moves the 2-D boxes and goes into its projection
matrix, so that 3-D boxes and LiDAR, which stay in meters, land where the copy shows them. A mirror mirrors the world:
places, angles and points as well. A deformation has no matrix and sets the copy aside where there is anything in 3-D.
Lists of frames in `ImageSets/` are written for the copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import LabelError, UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.kitti_labels import Calibration, KittiObject, read_calibration, read_objects
from domainaug.layouts.layout import Item, LabelsGone, Sample, Scan, SetAside, Stamp
from domainaug.layouts.naming import copy_stem, is_text, stems
from domainaug.layouts.pictures import quality_for, write_image
from domainaug.layouts.placing import placing_of

__all__ = ["Kitti", "KittiLabels"]

_SPLITS: Final = ("", "training", "testing")
_MOST_TEXT: Final = 1 << 24
_MOST_POINTS: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Kitti:
    """Reads and writes KITTI object data sets.

    Attributes:
        max_pixels: Pictures with more pixels are set aside.
        name: The name of the layout.
        jpeg_quality: What came as JPEG is written as JPEG of this quality, 1 to 100; None writes losslessly.
    """

    max_pixels: int = images.MAX_PIXELS
    name: str = "kitti"
    jpeg_quality: int | None = None

    def recognizes(self, source: Path) -> bool:
        """Return whether there are pictures in `image_2` with labels or calibration beside it."""
        return bool(_splits(source))

    def scan(self, source: Path) -> Scan:
        """List the pictures of every split, by name."""
        items: list[Item] = []
        aside: list[SetAside] = []
        ignored = 0
        for split in _splits(source):
            root = source / split
            found: dict[str, Path] = {}
            for path in sorted((root / "image_2").iterdir()):
                if path.suffix.lower() not in images.SUFFIXES or not is_text(path.name):
                    ignored += 1
                    continue
                found[f"{split}/image_2/{path.name}".lstrip("/")] = path
            names = stems(found)
            for key, path in found.items():
                files = _files_of(root, path)
                if (root / "label_2").is_dir() and "label" not in files:
                    aside.append(SetAside(key, "no-label", "label_2 has no file for it"))
                    continue
                detail = {"stem": names[key], "has": sorted(files)}
                items.append(Item(key, (path, *(files[name] for name in sorted(files))), detail=detail))
        return Scan(tuple(items), tuple(aside), ignored)

    def read(self, item: Item) -> Sample:
        """Read a picture with its labels, calibration and points."""
        image = images.read_image(item.files[0], max_pixels=self.max_pixels)
        beside = KittiLabels.read(item, (image.shape[0], image.shape[1]))
        # Boxes are told from center to center; a pipeline is told edges.
        boxes = np.array([each.box for each in beside.objects], np.float64).reshape(-1, 4) + 0.5
        limits = [image.shape[1], image.shape[0]] * 2
        boxes = np.clip(boxes, 0, limits)
        kept = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
        names = tuple(int(index) for index in kept)
        return Sample(image=image, boxes=boxes[kept], box_labels=names, beside=beside)

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the picture, and its labels, calibration and points in the folders beside `image_2`.

        Raises:
            LabelsGone: No object of a picture that had some is left.
        """
        assert sample.image is not None
        assert isinstance(sample.beside, KittiLabels)
        labels = sample.beside.boxed(sample.boxes, sample.box_labels)
        quality = quality_for(item, self.jpeg_quality)
        picture = write_image(sample.image, folder, copy_stem(item.detail["stem"], stamp.copy), jpeg_quality=quality)
        return (picture, *(Path(name) for name in labels.write([picture], folder, stamp)))

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write the lists of `ImageSets/`: the copies of the frames that each of the source's names."""
        copies: dict[str, list[str]] = {}
        for key, made in items.items():
            names = [Path(each["files"][0]).stem for each in made]
            copies.setdefault(Path(key).stem, []).extend(names)
        written = []
        for path in sorted((source / "ImageSets").glob("*.txt")):
            frames = path.read_text(encoding="utf-8", errors="replace").split()
            lines = [name for frame in frames for name in copies.get(frame, ())]
            relative = Path("ImageSets", path.name)
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            (folder / relative).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
            written.append(relative)
        return tuple(written)


@dataclass(frozen=True, slots=True)
class KittiLabels:
    """What goes with a picture.

    Attributes:
        shape: (height, width) of the picture.
        objects: Those of its label file.
        labeled: Whether it has a label file.
        calibration: What its calibration file says, or None.
        points: (n, 4) LiDAR points x, y, z, reflectance, or None.
    """

    shape: tuple[int, int]
    objects: tuple[KittiObject, ...] = ()
    labeled: bool = False
    calibration: Calibration | None = None
    points: NDArray[np.float32] | None = None

    @classmethod
    def read(cls, item: Item, shape: tuple[int, int]) -> KittiLabels:
        """Read the files beside a picture.

        Raises:
            UnreadableInput: One is not what it should be.
        """
        files = dict(zip(item.detail["has"], item.files[1:], strict=True))
        try:
            objects = read_objects(_text(files["label"])) if "label" in files else ()
            calibration = read_calibration(_text(files["calib"])) if "calib" in files else None
            points = _points(files["velodyne"]) if "velodyne" in files else None
        except ValueError as error:
            if isinstance(error, UnreadableInput):
                raise
            raise UnreadableInput("bad-label", str(error), path=item.files[0]) from None
        return cls(shape, objects, "label" in files, calibration, points)

    @property
    def solid(self) -> bool:
        """Whether anything is told in three dimensions."""
        return self.calibration is not None or self.points is not None or any(each.solid for each in self.objects)

    def moved(self, maps: Sequence[Any]) -> tuple[KittiLabels, Mapping[str, list[int]]]:
        """Return those of a copy; their 2-D boxes are told by `boxed`.

        Raises:
            LabelError: There is something in 3-D and no calibration that could say how the copy shows it.
        """
        placing = placing_of(maps, self.shape)
        if placing is None:
            if self.solid:
                raise LabelError(
                    "a deformation cannot be told by a calibration, so its 3-D boxes and points would lie beside "
                    "what they name; leave deformations out"
                )
            return replace(self, shape=maps[-1].shape), {}
        if placing.still and placing.shape == self.shape:
            return self, {}
        if self.solid and self.calibration is None:
            raise LabelError(
                "it has 3-D boxes or points and no file in calib/ to say how a moved picture shows them; add the "
                "calibration, or leave geometry out"
            )
        points, calibration = self.points, self.calibration
        if calibration is not None:
            back = calibration.reflection()
            if placing.mirrored and points is not None:
                if back is None:
                    raise LabelError("its calibration does not place the LiDAR, so its points cannot be mirrored")
                points = _through(back, points)
            calibration = calibration.moved(placing, self.shape)
        objects = tuple(each.moved(placing) for each in self.objects)
        return replace(self, shape=placing.shape, objects=objects, calibration=calibration, points=points), {}

    def boxed(self, boxes: NDArray[np.float64] | None, rows: Sequence[int]) -> KittiLabels:
        """Return those whose 2-D box is left, with it.

        Args:
            boxes: (n, 4) left, top, right, bottom edges.
            rows: Which object each belongs to.

        Raises:
            LabelsGone: No object is left, and there were some.
        """
        found = {} if boxes is None else dict(zip(rows, (boxes - 0.5).tolist(), strict=True))
        last = (self.shape[1] - 1, self.shape[0] - 1) * 2
        kept = []
        for row, each in enumerate(self.objects):
            if row in found:
                left, top, right, bottom = (min(max(v, 0.0), end) for v, end in zip(found[row], last, strict=True))
                kept.append(replace(each, box=(round(left, 2), round(top, 2), round(right, 2), round(bottom, 2))))
        if any(each.counts for each in self.objects) and not any(each.counts for each in kept):
            raise LabelsGone("every labeled object left the picture")
        return replace(self, objects=tuple(kept))

    def write(self, images: Sequence[Path], folder: Path, stamp: Stamp) -> list[str]:
        """Write them in the folders beside that of the picture; return the files, relative to `folder`."""
        (picture,) = images
        content: dict[str, bytes] = {}
        if self.calibration is not None:
            content[f"calib/{picture.stem}.txt"] = self.calibration.text().encode()
        if self.labeled:
            content[f"label_2/{picture.stem}.txt"] = "".join(f"{each.line()}\n" for each in self.objects).encode()
        if self.points is not None:
            content[f"velodyne/{picture.stem}.bin"] = self.points.astype("<f4").tobytes()
        written = []
        for name, data in content.items():
            relative = picture.parent.parent / name
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            (folder / relative).write_bytes(data)
            written.append(relative.as_posix())
        return written


def _splits(source: Path) -> list[str]:
    if not source.is_dir():
        return []
    roots = {split: source / split for split in _SPLITS}
    return [
        split
        for split, root in roots.items()
        if (root / "image_2").is_dir() and ((root / "label_2").is_dir() or (root / "calib").is_dir())
    ]


def _files_of(root: Path, picture: Path) -> dict[str, Path]:
    places = {
        "calib": root / "calib" / f"{picture.stem}.txt",
        "label": root / "label_2" / f"{picture.stem}.txt",
        "velodyne": root / "velodyne" / f"{picture.stem}.bin",
    }
    return {name: path for name, path in places.items() if path.is_file()}


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_TEXT:
        raise UnreadableInput("too-large", "its labels or calibration are larger than 16 MiB", path=path)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UnreadableInput("bad-label", "its labels or calibration are not text", path=path) from None


def _points(path: Path) -> NDArray[np.float32]:
    size = path.stat().st_size
    if size % 16 or size > _MOST_POINTS:
        raise UnreadableInput("bad-points", "LiDAR points are four 32-bit floats each, up to 1 GiB", path=path)
    return np.frombuffer(path.read_bytes(), "<f4").reshape(-1, 4)


def _through(matrix: NDArray[np.float64], points: NDArray[np.float32]) -> NDArray[np.float32]:
    moved = points.copy()
    moved[:, :3] = points[:, :3].astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return moved
