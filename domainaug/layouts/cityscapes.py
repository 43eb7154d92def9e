"""Cityscapes: pictures of the left camera, classes and instances of every pixel, polygons, camera, disparity.

Label pictures move with the picture, and those that follow from others (classes, training ids, colors) are derived
again. Polygons and the camera's numbers move where that can be said: a turn cannot be told by two focal lengths and a
middle, nor a deformation by corners, and such copies have no file of it. Disparity belongs to the place of both
cameras and is written where nothing moved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.cityscapes_labels import camera_of, classes_of, colored, polygons_of, trained
from domainaug.layouts.layout import Item, LabelsGone, Sample, Scan, SetAside, Stamp
from domainaug.layouts.naming import is_text
from domainaug.layouts.pictures import write_image
from domainaug.layouts.placing import placing_of

__all__ = ["Cityscapes", "CityscapesBeside"]

_PICTURES: Final = "leftImg8bit"
_LABELS: Final = ("gtFine", "gtCoarse")
_PARTS: Final = ("instanceIds", "labelIds", "labelTrainIds", "color", "polygons")
_MOST_TEXT: Final = 1 << 26


@dataclass(frozen=True, slots=True)
class Cityscapes:
    """Reads and writes data sets laid out like Cityscapes.

    Attributes:
        max_pixels: Pictures with more pixels are set aside.
        name: The name of the layout.
    """

    max_pixels: int = images.MAX_PIXELS
    name: str = "cityscapes"

    def recognizes(self, source: Path) -> bool:
        """Return whether there is a picture called `..._leftImg8bit.png` in a folder called so."""
        return next(source.glob(f"{_PICTURES}/**/*_{_PICTURES}.png"), None) is not None

    def scan(self, source: Path) -> Scan:
        """List the pictures, by path, each with its labels."""
        items: list[Item] = []
        aside: list[SetAside] = []
        labels = next((name for name in _LABELS if (source / name).is_dir()), None)
        for path in sorted(source.glob(f"{_PICTURES}/**/*_{_PICTURES}.png")):
            key = path.relative_to(source).as_posix()
            if not is_text(key):
                safe = key.encode("utf-8", "backslashreplace").decode().replace("\n", "\\n")
                aside.append(SetAside(safe, "name", "the file name holds bytes or control characters that are no text"))
                continue
            base = key.removeprefix(f"{_PICTURES}/").removesuffix(f"_{_PICTURES}.png")
            files = _files_of(source, base, labels)
            if labels is not None and not files.keys() & {"instanceIds", "labelIds"}:
                aside.append(SetAside(key, "no-label", f"{labels} has no labelIds or instanceIds for it"))
                continue
            detail = {"base": base, "labels": labels or "", "has": list(files)}
            items.append(Item(key, (path, *files.values()), detail=detail))
        return Scan(tuple(items), tuple(aside))

    def read(self, item: Item) -> Sample:
        """Read a picture with its labels and what is beside it."""
        image = images.read_image(item.files[0], max_pixels=self.max_pixels)
        files = dict(zip(item.detail["has"], item.files[1:], strict=True))
        beside = CityscapesBeside.read(files, (image.shape[0], image.shape[1]))
        sample = Sample(image=image, beside=beside)
        drawn = {name: self._mask(files[name], image) for name in ("instanceIds", "labelIds") if name in files}
        if len(drawn) == 2 and not np.array_equal(classes_of(drawn["instanceIds"]), drawn["labelIds"]):
            message = "its instanceIds and labelIds tell different classes of a pixel"
            raise UnreadableInput("bad-label", message, path=item.files[0])
        sample.mask = next(iter(drawn.values()), None)
        return sample

    def _mask(self, path: Path, image: NDArray[Any]) -> NDArray[np.integer[Any]]:
        mask = images.read_mask(path, max_pixels=self.max_pixels)
        if mask.shape != image.shape[:2]:
            sizes = f"{image.shape[1]} x {image.shape[0]}, its labels {mask.shape[1]} x {mask.shape[0]}"
            raise UnreadableInput("size-mismatch", f"the image is {sizes}; they must be of one size", path=path)
        return mask

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the picture and what belongs to it, each in its folder.

        Raises:
            LabelsGone: Nothing labeled is left.
        """
        assert sample.image is not None
        assert isinstance(sample.beside, CityscapesBeside)
        # No underscore before the copy's number: scripts part names at each, and one more would lead them astray.
        base = f"{item.detail['base']}aug{stamp.copy:03d}"
        written = [write_image(sample.image, folder, f"{_PICTURES}/{base}_{_PICTURES}")]
        if sample.mask is not None:
            if not sample.mask.any():
                raise LabelsGone("everything that is labeled left the picture")
            kind = item.detail["labels"]
            for name, drawn in _pictures_of(sample.mask, item.detail["has"]).items():
                written.append(write_image(drawn, folder, f"{kind}/{base}_{kind}_{name}"))
        beside = replace(sample.beside, base=base, kind=item.detail["labels"])
        return (*written, *(Path(name) for name in beside.write(written, folder, stamp)))

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write nothing: the files say it all."""
        return ()


@dataclass(frozen=True, slots=True)
class CityscapesBeside:
    """What goes with a picture and lies on none of its pixels.

    Attributes:
        shape: (height, width) of the picture.
        polygons: What its file says, or None.
        camera: Likewise.
        disparity: The bytes of its file, or None.
        base: Split, city and frame that its files begin with.
        kind: Folder of the labels.
    """

    shape: tuple[int, int]
    polygons: Mapping[str, Any] | None = None
    camera: Mapping[str, Any] | None = None
    disparity: bytes | None = field(default=None, repr=False)
    base: str = ""
    kind: str = ""

    @classmethod
    def read(cls, files: Mapping[str, Path], shape: tuple[int, int]) -> CityscapesBeside:
        """Read the files beside a picture.

        Raises:
            UnreadableInput: One is not what it should be.
        """
        polygons = _json(files["polygons"], _are_polygons) if "polygons" in files else None
        camera = _json(files["camera"], _is_camera) if "camera" in files else None
        disparity = images.read_bytes(files["disparity"]) if "disparity" in files else None
        return cls(shape, polygons, camera, disparity)

    def moved(self, maps: Sequence[Any]) -> tuple[CityscapesBeside, Mapping[str, list[int]]]:
        """Return that of a copy, without what cannot be told of it."""
        if not maps:
            return self, {}
        placing = placing_of(maps, self.shape)
        if placing is None:
            return CityscapesBeside(maps[-1].shape), {}
        if placing.still and placing.shape == self.shape:
            return self, {}
        polygons = None if self.polygons is None else polygons_of(self.polygons, placing)
        camera = None if self.camera is None else camera_of(self.camera, placing)
        return CityscapesBeside(placing.shape, polygons, camera), {}

    def write(self, images: Sequence[Path], folder: Path, stamp: Stamp) -> list[str]:
        """Write it, each in its folder; return the files, relative to `folder`."""
        content: dict[str, bytes] = {}
        if self.polygons is not None:
            content[f"{self.kind}/{self.base}_{self.kind}_polygons.json"] = _dumped(self.polygons)
        if self.camera is not None:
            content[f"camera/{self.base}_camera.json"] = _dumped(self.camera)
        if self.disparity is not None:
            content[f"disparity/{self.base}_disparity.png"] = self.disparity
        for name, data in content.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        return list(content)


def _files_of(source: Path, base: str, labels: str | None) -> dict[str, Path]:
    places = {
        "camera": source / f"camera/{base}_camera.json",
        "disparity": source / f"disparity/{base}_disparity.png",
    }
    for name in _PARTS if labels is not None else ():
        suffix = "json" if name == "polygons" else "png"
        places[name] = source / f"{labels}/{base}_{labels}_{name}.{suffix}"
    return {name: path for name, path in places.items() if path.is_file()}


def _pictures_of(mask: NDArray[np.integer[Any]], has: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return the label pictures of a copy that its source had: by instances, or by classes alone."""
    classes = classes_of(mask) if "instanceIds" in has else mask.astype(np.uint8)
    made = {"labelIds": classes, "labelTrainIds": trained(classes), "color": colored(classes)}
    if "instanceIds" in has:
        made["instanceIds"] = mask.astype(np.uint16)
    return {name: made[name] for name in _PARTS if name in has and name in made}


def _json(path: Path, fits: Any) -> dict[str, Any]:
    if path.stat().st_size > _MOST_TEXT:
        raise UnreadableInput("too-large", "its JSON file is larger than 64 MiB", path=path)
    try:
        content = json.loads(path.read_bytes())
        good = fits(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        good = False
    if not good:
        name = path.stem.rpartition("_")[2]
        raise UnreadableInput("bad-label", f"its JSON file of the {name} does not say what Cityscapes' say", path=path)
    checked: dict[str, Any] = content
    return checked


def _are_polygons(content: Mapping[str, Any]) -> bool:
    rings = [np.asarray(each["polygon"], np.float64) for each in content["objects"] if isinstance(each["label"], str)]
    fit = all(ring.ndim == 2 and ring.shape[1] == 2 and len(ring) >= 3 and np.isfinite(ring).all() for ring in rings)
    return fit and len(rings) == len(content["objects"])


def _is_camera(content: Mapping[str, Any]) -> bool:
    numbers = [float(content["intrinsic"][name]) for name in ("fx", "fy", "u0", "v0")]
    return bool(np.isfinite(numbers).all() and min(numbers[:2]) > 0)


def _dumped(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
