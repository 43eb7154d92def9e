"""COCO: images with one JSON file of boxes, polygons and run lengths.

Instances with a segmentation travel as masks, and their boxes, areas and outlines are read off the mask they
became. Instances with a box alone travel as boxes. What is in a file and cannot travel (keypoints, panoptic
segments, lists nobody knows) sets its image aside. In the output, polygons stay polygons where they can say
the shape; run lengths stay run lengths, and a shape with holes becomes them. Files lie as they do in the source.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import UnreadableInput
from domainaug.layouts import images
from domainaug.layouts.instances import InstanceMap, decode_counts, encode_counts, fill_polygons, outline
from domainaug.layouts.layout import Item, LabelsGone, Sample, Scan, SetAside, Stamp
from domainaug.layouts.masked import other_mask
from domainaug.layouts.naming import copy_stem, is_text, safe_relative, stems
from domainaug.layouts.pictures import float_range, quality_for, write_image

__all__ = ["Coco", "categories", "labels_as_told", "marked_instances"]

_MAX_BYTES: Final = 1 << 30
_KNOWN: Final = frozenset({"id", "image_id", "category_id", "bbox", "area", "segmentation", "iscrowd"})
_IMAGE: Final = frozenset({"id", "file_name", "width", "height", "coco_url", "flickr_url"})
_OPENING: Final = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class Coco:
    """Reads and writes COCO data sets.

    Attributes:
        max_pixels: Images with more pixels are set aside.
        name: The name of the layout.
        jpeg_quality: What came as JPEG is written as JPEG of this quality, 1 to 100; None writes losslessly.
    """

    max_pixels: int = images.MAX_PIXELS
    name: str = "coco"
    jpeg_quality: int | None = None

    def recognizes(self, source: Path) -> bool:
        """Return whether `source` is a COCO file, or a folder that holds one."""
        return bool(annotation_files(source))

    def scan(self, source: Path) -> Scan:
        """List the images, by file name, each with its annotations.

        Raises:
            UnreadableInput: The JSON file cannot be used at all.
        """
        path = _the_one(source)
        content = _load(path)
        known = {category["id"] for category in content["categories"] if isinstance(category.get("id"), int)}
        by_image: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for annotation in content["annotations"]:
            by_image[_hashable(annotation.get("image_id"))].append(annotation)
        aside: list[SetAside] = []
        entries: dict[str, dict[str, Any]] = {}
        for entry in content["images"]:
            key, reason = _key_of(entry)
            if reason is None and key in entries:
                reason = ("duplicate", "the file names this image twice")
            if reason is None:
                reason = _unfit(entry, by_image[entry["id"]], known)
            if reason is None:
                entries[key] = entry
            else:
                aside.append(SetAside(key, *reason))
        places = {key: _locate(path, key) for key in sorted(entries)}
        below = {key: _folder_of(found, key, _root(path)) for key, found in places.items()}
        names = stems(dict.fromkeys(_joined(below[key], key) for key in places))
        items, seen = [], set()
        for key, found in places.items():
            whole = _joined(below[key], key)
            if whole in seen:
                aside.append(SetAside(key, "duplicate", "the file names this image twice"))
                continue
            seen.add(whole)
            if (mask := other_mask(_root(path), whole)) is not None:
                aside.append(SetAside(key, mask.code, mask.reason))
                continue
            labels = {"image": entries[key], "annotations": by_image[entries[key]["id"]]}
            items.append(Item(key=key, files=(found,), detail={"stem": names[whole], "folder": below[key], **labels}))
        return Scan(tuple(items), tuple(aside))

    def read(self, item: Item) -> Sample:
        """Read an image with its instances."""
        path, entry = item.files[0], item.detail["image"]
        data = images.read_bytes(path)
        header = images.read_header(data, path, max_pixels=self.max_pixels)
        height, width = header.upright
        if (entry["height"], entry["width"]) != (height, width):
            stated, real = f"{entry['width']} x {entry['height']}", f"{width} x {height}"
            message = f"the annotations are for {stated} pixels, the image is {real} upright"
            raise UnreadableInput("size-mismatch", message, path=path)
        image = images.read_image(path, max_pixels=self.max_pixels, data=data)
        return self._with_labels(Sample(image=image, value_range=float_range(image)), item, (height, width))

    def _with_labels(self, sample: Sample, item: Item, shape: tuple[int, int]) -> Sample:
        annotations = item.detail["annotations"]
        shaped = [index for index, each in enumerate(annotations) if each.get("segmentation")]
        boxed = [index for index in range(len(annotations)) if index not in set(shaped)]
        try:
            masks = [_mask(annotations[index]["segmentation"], shape) for index in shaped]
            instances = InstanceMap.of(masks, shape)
            boxes = [_corners(annotations[index]["bbox"], shape) for index in boxed]
        except ValueError as error:
            raise UnreadableInput("bad-label", str(error), path=item.files[0]) from None
        empty = next((annotations[i]["id"] for i, mask in zip(shaped, masks, strict=True) if not mask.any()), None)
        if empty is not None:
            message = f"annotation {empty} has a segmentation without a pixel"
            raise UnreadableInput("bad-label", message, path=item.files[0])
        if shaped:
            sample.mask = instances.labels
        if boxed:
            sample.boxes, sample.box_labels = np.array(boxes, np.float64), tuple(boxed)
        sample.source = _Instances(instances, tuple(shaped))
        return sample

    def write(self, sample: Sample, item: Item, stamp: Stamp, folder: Path) -> tuple[Path, ...]:
        """Write the image where its source lies relative to the annotations; its labels go to `finish`."""
        assert sample.image is not None
        stem, quality = copy_stem(item.detail["stem"], stamp.copy), quality_for(item, self.jpeg_quality)
        return (write_image(sample.image, folder, stem, jpeg_quality=quality),)

    def labels(self, sample: Sample, item: Item) -> dict[str, Any]:
        """Return the size of the image and its annotations, without ids.

        Raises:
            LabelsGone: No instance of an image that had some is left.
        """
        assert sample.image is not None
        annotations = item.detail["annotations"]
        found: dict[int, dict[str, Any]] = {}
        found.update(_shaped_labels(sample, annotations))
        found.update(_boxed_labels(sample, annotations))
        if annotations and not found:
            raise LabelsGone("every labeled object left the picture")
        height, width = sample.image.shape[:2]
        kept = [found[index] for index in sorted(found)]
        told = {name: value for name, value in item.detail["image"].items() if name not in _IMAGE}
        size = {"width": width, "height": height}
        return {**size, "folder": item.detail["folder"], "told": told, "annotations": kept}

    def finish(self, source: Path, folder: Path, items: Mapping[str, list[Mapping[str, Any]]]) -> tuple[Path, ...]:
        """Write the annotations under the name that they have in the source, with new ids."""
        path = _the_one(source)
        content = _load(path)
        kept: dict[str, Any] = {key: content[key] for key in ("info", "licenses") if key in content}
        pictures: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        listed = list(content["categories"])
        for _, copies in sorted(items.items()):
            for made in copies:
                labels = made["labels"]
                size = {"width": labels["width"], "height": labels["height"]}
                name = made["files"][0].removeprefix(_joined(labels["folder"], ""))
                pictures.append({**labels.get("told", {}), "id": len(pictures) + 1, "file_name": name, **size})
                for each in labels["annotations"]:
                    told = each if "category_id" in each else _numbered(each, listed)
                    annotations.append({"id": len(annotations) + 1, "image_id": len(pictures), **told})
        whole = {**kept, "images": pictures, "annotations": annotations, "categories": listed}
        relative = path.relative_to(_root(path))
        (folder / relative).parent.mkdir(parents=True, exist_ok=True)
        (folder / relative).write_text(_lines(whole), encoding="utf-8", newline="\n")
        return (relative,)


@dataclass(frozen=True, slots=True)
class _Instances:
    """What turns the label map of a sample back into instances."""

    map: InstanceMap
    shaped: tuple[int, ...]


def _numbered(annotation: Mapping[str, Any], listed: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an annotation that names its category with that one's number; a new category is added to the list."""
    told = dict(annotation)
    name = told.pop("category")
    number = next((each["id"] for each in listed if each.get("name") == name), None)
    if number is None:
        number = max((each["id"] for each in listed if isinstance(each.get("id"), int)), default=0) + 1
        listed.append({"id": number, "name": name})
    return {"category_id": number, **told}


def categories(source: Path) -> dict[int, str]:
    """Return the names of the categories of a source, by number.

    Raises:
        UnreadableInput: The JSON file cannot be used.
    """
    listed = _load(_the_one(source))["categories"]
    return {each["id"]: str(each.get("name", each["id"])) for each in listed if isinstance(each.get("id"), int)}


def labels_as_told(item: Item) -> dict[str, Any]:
    """Return the labels of an image as the file has them, in the form that `Coco.labels` gives those of a copy."""
    entry = item.detail["image"]
    told = [
        {name: value for name, value in each.items() if name not in ("id", "image_id")}
        for each in item.detail["annotations"]
    ]
    return {"width": entry["width"], "height": entry["height"], "folder": item.detail["folder"], "annotations": told}


def marked_instances(sample: Sample, item: Item) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Yield the number of the category of each instance of a sample that has a segmentation, and its mask, (H, W)."""
    source: _Instances = sample.source
    for place, index in enumerate(source.shaped if sample.mask is not None else ()):
        assert sample.mask is not None
        yield item.detail["annotations"][index]["category_id"], source.map.mask(sample.mask, place)


def annotation_files(source: Path) -> list[Path]:
    """Return the COCO files of a source: itself, or those in the folder or its `annotations/`."""
    if source.is_file():
        return [source] if source.suffix.lower() == ".json" and _opens_like_coco(source) else []
    return [
        path
        for folder in (source, source / "annotations")
        if folder.is_dir()
        for path in sorted(folder.glob("*.json"))
        if path.is_file() and _opens_like_coco(path)
    ]


def _opens_like_coco(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return _OPENING.search(stream.read(1 << 16)) is not None
    except OSError:
        return False


def _the_one(source: Path) -> Path:
    found = annotation_files(source)
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        message = f"exactly one COCO file is expected here, found: {names}; name the file itself"
        raise UnreadableInput("coco-file", message, path=source)
    return found[0]


def _load(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MAX_BYTES:
        raise UnreadableInput("too-large", "the annotations are larger than 1 GiB", path=path)
    try:
        content = json.loads(path.read_bytes(), parse_constant=_no_constant)
    except RecursionError:
        raise UnreadableInput("not-json", "the JSON is nested too deeply", path=path) from None
    except ValueError as error:
        raise UnreadableInput("not-json", f"this is not JSON: {error}", path=path) from None
    for name in ("images", "annotations", "categories"):
        value = content.get(name) if isinstance(content, dict) else None
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise UnreadableInput("not-coco", f'a COCO file has a list of objects called "{name}"', path=path)
    checked: dict[str, Any] = content
    return checked


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number JSON knows")


def _hashable(value: Any) -> Any:
    return value if isinstance(value, int | str) else None


def _key_of(entry: Mapping[str, Any]) -> tuple[str, tuple[str, str] | None]:
    name = entry.get("file_name")
    if not isinstance(name, str) or not is_text(name):
        return f"image {entry.get('id')!r}"[:80], ("name", "its file_name is missing or not text")
    key = safe_relative(name)
    if key is None:
        return name, ("outside-source", "its file_name leads out of the data set")
    return key.as_posix(), None


def _unfit(entry: Mapping[str, Any], annotations: list[dict[str, Any]], categories: set[int]) -> tuple[str, str] | None:
    sizes = (entry.get("width"), entry.get("height"))
    if not all(type(size) is int and size > 0 for size in sizes) or not isinstance(entry.get("id"), int | str):
        return "bad-label", "its entry needs an id and a whole, positive width and height"
    for field, value in entry.items():
        if field not in _IMAGE and _has_numbers(value):
            return "unknown-label", f"its entry has {field}, which may say where something is and cannot be transformed"
    for annotation in annotations:
        name = f"annotation {annotation.get('id')!r}"
        if not isinstance(annotation.get("id"), int) or annotation.get("category_id") not in categories:
            return "bad-label", f"{name} has no whole id, or a category that is not listed"
        for field, value in annotation.items():
            if field not in _KNOWN and isinstance(value, list | dict) and value:
                return "unknown-label", f"{name} has {field}, which cannot be transformed"
        if not annotation.get("segmentation") and not _is_box(annotation.get("bbox")):
            return "bad-label", f"{name} has neither a segmentation nor a box of four finite numbers"
    return None


def _has_numbers(value: Any) -> bool:
    """Whether a list or an object holds numbers: a place in the picture, for all we know; words stay true."""
    if isinstance(value, Mapping):
        return any(
            (isinstance(one, int | float) and not isinstance(one, bool)) or _has_numbers(one) for one in value.values()
        )
    return isinstance(value, list) and _has_numbers(dict(enumerate(value)))


def _is_box(box: Any) -> bool:
    numbers = isinstance(box, list) and len(box) == 4 and all(type(value) in (int, float) for value in box)
    return bool(numbers and np.isfinite(box).all() and box[2] > 0 and box[3] > 0)


def _lines(content: Mapping[str, Any]) -> str:
    """Return JSON with a line for each image, annotation and category."""

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    parts = []
    for name, value in content.items():
        entries = isinstance(value, list) and value
        shown = "[\n" + ",\n".join(map(text, value)) + "\n]" if entries else text(value)
        parts.append(f"{text(name)}: {shown}")
    return "{" + ",\n".join(parts) + "}\n"


def _root(path: Path) -> Path:
    """Return the folder of a data set: that of its annotations, or the one around `annotations/`."""
    return path.parent.parent if path.parent.name == "annotations" else path.parent


def _folder_of(found: Path, key: str, root: Path) -> str:
    """Return what the file names of images are relative to: a folder below `root`, "" for itself."""
    folder = Path(*found.parts[: len(found.parts) - len(PurePosixPath(key).parts)])
    return "" if folder == root else folder.relative_to(root).as_posix()


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _locate(path: Path, key: str) -> Path:
    """Return where an image lies: beside the JSON file, in `images/`, or as COCO itself lays folders out."""
    split = path.stem.rpartition("_")[2]
    root = _root(path)
    places = [path.parent, root, root / "images", root / split, root / "images" / split]
    candidates = [place / key for place in places]
    return next((candidate for candidate in candidates if candidate.is_file()), candidates[0])


def _mask(segmentation: Any, shape: tuple[int, int]) -> NDArray[np.bool_]:
    if isinstance(segmentation, list):
        return fill_polygons(segmentation, shape)
    if isinstance(segmentation, dict) and list(segmentation.get("size", ())) == list(shape):
        counts = segmentation.get("counts")
        if isinstance(counts, str | list):
            return decode_counts(counts, shape)
    raise ValueError("a segmentation is a list of polygons, or run lengths of the size of the image")


def _corners(box: list[float], shape: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, width, height = box
    right, bottom = min(left + width, shape[1]), min(top + height, shape[0])
    left, top = max(left, 0), max(top, 0)
    if right <= left or bottom <= top:
        raise ValueError(f"the box {box} lies outside the image")
    return left, top, right, bottom


def _carried(annotation: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in annotation.items() if name not in _KNOWN}
    return {"category_id": annotation["category_id"], "iscrowd": annotation.get("iscrowd", 0), **plain}


def _shaped_labels(sample: Sample, annotations: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    source: _Instances = sample.source
    if sample.mask is None:
        return
    for place, index in enumerate(source.shaped):
        mask = source.map.mask(sample.mask, place)
        if not mask.any():
            continue
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        box = [columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]]
        annotation = annotations[index]
        polygons = outline(mask) if isinstance(annotation["segmentation"], list) else None
        lengths = {"size": list(mask.shape), "counts": encode_counts(mask)} if polygons is None else None
        yield (
            index,
            {
                **_carried(annotation),
                "bbox": [float(value) for value in box],
                "area": int(mask.sum()),
                "segmentation": polygons if lengths is None else lengths,
            },
        )


def _boxed_labels(sample: Sample, annotations: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    if sample.boxes is None:
        return
    for (left, top, right, bottom), index in zip(sample.boxes.tolist(), sample.box_labels, strict=True):
        width, height = right - left, bottom - top
        values = {"bbox": [round(value, 3) for value in (left, top, width, height)], "area": round(width * height, 3)}
        yield index, {**_carried(annotations[index]), **values, "segmentation": []}
