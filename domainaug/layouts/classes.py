"""What the items of a data set show: names of classes, told by folders, tables and label files, without any pixel.

Those of DICOM studies and NIfTI volumes are in their segmentations, and are not told here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from domainaug.errors import UnreadableInput
from domainaug.layouts.layout import Item, Layout
from domainaug.layouts.splits import SPLIT_WORDS

__all__ = ["Classes", "classes_of", "names_of"]

Classes = Mapping[str, int]
"""Names of classes, and how many objects of each an item shows; 1 where the item as a whole is of the class."""

_PLAIN: Final = frozenset({"images", "image", "img", "imgs", "pictures", "data", "masks", *SPLIT_WORDS})
_MOST_TEXT: Final = 1 << 24


def classes_of(layout: Layout, source: Path, items: Iterable[Item]) -> Mapping[str, Classes]:
    """Return the classes of every item, by key; an item that tells of none has an empty mapping.

    Label files that cannot be read tell of none here: whoever reads the item says why it cannot be.

    Args:
        layout: That of the source.
        source: Where the items are.
        items: Those of its scan.
    """
    names = names_of(layout, source)
    tell = _TELLERS.get(layout.name)
    found: dict[str, Classes] = {}
    for item in items:
        try:
            found[item.key] = {} if tell is None else dict(tell(item, names))
        except (UnreadableInput, ValueError, OSError, KeyError, TypeError):
            found[item.key] = {}
    return MappingProxyType(_without_shared_folder(found) if layout.name in ("mvtec-ad", "visa") else found)


def names_of(layout: Layout, source: Path) -> Mapping[int, str]:
    """Return the names of classes by number, where the labels of a layout hold numbers.

    Raises:
        UnreadableInput: The file that names them cannot be read.
    """
    return dict(_NAMES[layout.name](source)) if layout.name in _NAMES else {}


def _of_folder(item: Item, names: Mapping[int, str]) -> Classes:
    """The innermost folder whose name is no word for pictures or a split."""
    folders = [part for part in PurePosixPath(item.key).parts[:-1] if part.casefold() not in _PLAIN]
    return {folders[-1]: 1} if folders else {}


def _of_kind(item: Item, names: Mapping[int, str]) -> Classes:
    """MVTec AD: the category and the folder of a picture; VisA: the object, and Normal or Anomaly."""
    folders = PurePosixPath(item.key).parts[:-1]
    told = [part for part in folders if part.casefold() not in _PLAIN]
    return {"/".join(told): 1} if told else {}


def _without_shared_folder(found: Mapping[str, Classes]) -> dict[str, Classes]:
    """Leave out the category where there is one: "bottle/crack" is "crack", unless there are capsules, too."""
    firsts = {name.partition("/")[0] for shown in found.values() for name in shown}
    if len(firsts) != 1 or any("/" not in name for shown in found.values() for name in shown):
        return dict(found)
    return {key: {name.partition("/")[2]: count for name, count in shown.items()} for key, shown in found.items()}


def _of_coco(item: Item, names: Mapping[int, str]) -> Classes:
    kinds = Counter(int(each["category_id"]) for each in item.detail["annotations"])
    return {names.get(kind, f"category {kind}"): count for kind, count in kinds.items()}


def _of_yolo(item: Item, names: Mapping[int, str]) -> Classes:
    if len(item.files) < 2:
        return {}
    lines = (line.split() for line in _text(item.files[1]).splitlines())
    kinds = Counter(int(float(line[0])) for line in lines if line)
    return {names.get(kind, f"class {kind}"): count for kind, count in kinds.items()}


def _of_kitti(item: Item, names: Mapping[int, str]) -> Classes:
    from domainaug.layouts.kitti_labels import read_objects

    files = dict(zip(item.detail["has"], item.files[1:], strict=True))
    if "label" not in files:
        return {}
    return Counter(each.kind for each in read_objects(_text(files["label"])) if each.counts)


def _of_labelme(item: Item, names: Mapping[int, str]) -> Classes:
    import json

    if item.files[0].suffix.lower() != ".json":
        return {}
    told = json.loads(item.files[0].read_bytes())
    return Counter(str(shape["label"]) for shape in told["shapes"])


def _of_cityscapes(item: Item, names: Mapping[int, str]) -> Classes:
    import json

    files = dict(zip(item.detail["has"], item.files[1:], strict=True))
    if "polygons" not in files:
        return {}
    return Counter(str(each["label"]) for each in json.loads(_text(files["polygons"]))["objects"])


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_TEXT:
        raise UnreadableInput("too-large", "its labels are larger than 16 MiB", path=path)
    return path.read_text(encoding="utf-8", errors="replace")


def _coco_names(source: Path) -> Mapping[int, str]:
    from domainaug.layouts.coco import categories

    return categories(source)


def _yolo_names(source: Path) -> Mapping[int, str]:
    from domainaug.layouts.yolo_table import described, description_of

    file = description_of(source)
    told: Any = described(file).get("names") if file is not None else None
    entries = enumerate(told) if isinstance(told, list) else (told or {}).items()
    return {int(number): str(name) for number, name in entries}


_TELLERS: Final[Mapping[str, Callable[[Item, Mapping[int, str]], Classes]]] = MappingProxyType(
    {
        "image-folder": _of_folder,
        "mvtec-ad": _of_kind,
        "visa": _of_kind,
        "coco": _of_coco,
        "yolo": _of_yolo,
        "kitti": _of_kitti,
        "labelme": _of_labelme,
        "cityscapes": _of_cityscapes,
    }
)
_NAMES: Final[Mapping[str, Callable[[Path], Mapping[int, str]]]] = MappingProxyType(
    {"coco": _coco_names, "yolo": _yolo_names}
)
