"""Data sets that list themselves in a `dataset.json`: nnU-Net and the Medical Segmentation Decathlon.

nnU-Net has a file a channel, `imagesTr/case_0000.nii.gz` ..., and `labelsTr/case.nii.gz`; the Decathlon has one file a
case, its channels along the fourth axis. Test images are no training data, and are left out.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from domainaug.errors import UnreadableInput
from domainaug.layouts.layout import SetAside
from domainaug.layouts.naming import safe_relative
from domainaug.layouts.nifti_cases import Arrangement, Case, Found, modality_of
from domainaug.medical.nifti_files import is_nifti_name, stem_of

__all__ = ["LISTED"]

_NAME: Final = "dataset.json"
_MOST: Final = 64 << 20
_KEPT: Final = frozenset(
    (
        *("name", "description", "reference", "licence", "license", "release", "citation"),
        *("modality", "channel_names", "labels", "regions_class_order", "tensorImageSize"),
        *("file_ending", "overwrite_image_reader_writer", "numTraining", "numTest", "training", "test", "dataset"),
    )
)
"""What both formats say of a data set and its classes; of what else somebody wrote nobody knows whom it names."""

_CHANNEL: Final = re.compile(r"(.+)_(\d{4})")


def _recognizes(source: Path) -> bool:
    if not (source / _NAME).is_file():
        return False
    try:
        meta = _meta(source)
    except UnreadableInput:
        return (source / "imagesTr").is_dir()  # so that its fault is told, rather than files paired by guessing
    listed = "labels" in meta and any(one in meta for one in ("channel_names", "modality"))
    return listed and is_nifti_name(f"x{meta.get('file_ending', '.nii.gz')}")


def _meta(source: Path) -> dict[str, Any]:
    path = source / _NAME
    if path.stat().st_size > _MOST:
        raise UnreadableInput("too-large", f"{_NAME} takes more than {_MOST >> 20} MiB", path=path)
    try:
        meta = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise UnreadableInput("damaged", f"{_NAME} is no JSON", path=path) from None
    if not isinstance(meta, dict):
        raise UnreadableInput("damaged", f"{_NAME} holds no object", path=path)
    return meta


def _find(source: Path) -> Found:
    meta = _meta(source)
    modalities = [modality_of(str(name)) for _, name in _channels(meta)] or [""]
    structures = _structures(meta)
    cases: list[Case] = []
    aside: list[SetAside] = []
    used = {source / _NAME}
    for key, images, label, apart in _entries(source, meta, aside):
        used.update((*images, *label))
        if not apart and len(images) != len(modalities):
            reason = f"it has {len(images)} of the {len(modalities)} channels that {_NAME} lists"
            aside.append(SetAside(key, "missing-channel", reason))
            continue
        if not label or not label[0].is_file():
            aside.append(SetAside(key, "missing-label", "it has no label"))
            continue
        if not all(path.is_file() for path in images):
            aside.append(SetAside(key, "missing", f"an image that {_NAME} lists is not there"))
            continue
        names = [_name(source, path, key) for path in (*images, *label)]
        cases.append(Case(key, key, images, label, tuple(names), tuple(modalities), structures, apart))
    return Found(tuple(sorted(cases, key=lambda case: case.key)), tuple(aside), frozenset(used))


def _channels(meta: Mapping[str, Any]) -> list[tuple[int, str]]:
    told = meta.get("channel_names", meta.get("modality", {}))
    if not isinstance(told, dict) or not all(str(number).isdigit() for number in told):
        raise UnreadableInput("damaged", f"{_NAME} has no channel_names from 0 up")
    return sorted((int(number), str(name)) for number, name in told.items())


def _structures(meta: Mapping[str, Any]) -> dict[int, str]:
    """Return names by number: `{"liver": 1}` in version 2 of nnU-Net, `{"1": "liver"}` before; regions have none."""
    found: dict[int, str] = {}
    labels = meta.get("labels")
    for name, number in labels.items() if isinstance(labels, dict) else ():
        if isinstance(number, int):
            found[number] = str(name)
        elif str(name).isdigit() and isinstance(number, str):
            found[int(name)] = number
    found.pop(0, None)
    return {number: name for number, name in found.items() if number > 0}


def _entries(
    source: Path, meta: Mapping[str, Any], aside: list[SetAside]
) -> Iterator[tuple[str, tuple[Path, ...], tuple[Path, ...], bool]]:
    """Yield key, images and label of each case, and whether channels are along the fourth axis."""
    told = meta.get("dataset")
    if isinstance(told, dict):
        for key, entry in told.items():
            images = entry.get("images") if isinstance(entry, dict) else None
            places = [*images, entry.get("label", "")] if isinstance(images, list) else []
            paths = _inside(source, key, places, aside)
            if paths is not None:
                yield key, paths[:-1], paths[-1:], False
        return
    pairs = _listed(meta)
    whole = [one for one in pairs if _exists(source, one.get("image"))]
    if whole and "channel_names" not in meta:
        for one in pairs:
            key = stem_of(PurePosixPath(str(one.get("image", ""))).name)
            paths = _inside(source, key, [one.get("image", ""), one.get("label", "")], aside)
            if paths is not None:
                yield key, paths[:1], paths[1:], True
        return
    yield from _by_name(source, str(meta.get("file_ending", ".nii.gz")))


def _by_name(source: Path, ending: str) -> Iterator[tuple[str, tuple[Path, ...], tuple[Path, ...], bool]]:
    cases: dict[str, list[Path]] = defaultdict(list)
    folder = source / "imagesTr"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        found = _CHANNEL.fullmatch(path.name[: -len(ending)])
        if path.name.endswith(ending) and not path.name.startswith(".") and found is not None:
            cases[found[1]].append(path)
    for key, images in cases.items():
        label = source / "labelsTr" / f"{key}{ending}"
        yield key, tuple(images), (label,), False


def _inside(source: Path, key: str, places: list[Any], aside: list[SetAside]) -> tuple[Path, ...] | None:
    """Return the files of a case; None, and a reason, where a name leads out of the data set."""
    relative = [safe_relative(str(place)) for place in places]
    if any(one is None for one in relative) or len(places) < 2:
        aside.append(SetAside(key, "name", f"{_NAME} lists files for it that do not lie in the data set"))
        return None
    return tuple(source / one for one in relative if one is not None)


def _listed(meta: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the cases that version 1 lists."""
    listed = meta.get("training")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _exists(source: Path, place: Any) -> bool:
    relative = safe_relative(place) if isinstance(place, str) else None
    return relative is not None and (source / relative).is_file()


def _name(source: Path, path: Path, key: str) -> tuple[str, str]:
    """Return what comes before and behind the number of a copy: the number goes behind the name of the case."""
    folder = path.parent.relative_to(source).as_posix()
    behind = path.name[len(key) :] if path.name.startswith(key) else path.name[len(stem_of(path.name)) :]
    stem = path.name[: len(path.name) - len(behind)]
    return f"{folder}/{stem}_aug", behind


def _described(source: Path, copies: Mapping[str, list[list[str]]]) -> Mapping[str, bytes]:
    """Return the `dataset.json` of the copies: as that of the source, with its cases and without its other text."""
    told = _meta(source)
    meta = {name: "Augmented copies" if name == "description" else told[name] for name in told if name in _KEPT}
    every = [files for key in sorted(copies) for files in copies[key]]
    whole = any(_exists(source, one.get("image")) for one in _listed(meta))
    meta["numTraining"] = len(every)
    if "training" in meta:
        meta["training"] = [
            {"image": f"./{files[0] if whole else _without_channel(files[0])}", "label": f"./{files[-1]}"}
            for files in every
        ]
    if isinstance(meta.get("dataset"), dict):
        meta["dataset"] = {
            stem_of(PurePosixPath(files[-1]).name): {"images": files[:-1], "label": files[-1]} for files in every
        }
    if "numTest" in meta:
        meta["numTest"] = 0
    if "test" in meta:
        meta["test"] = []
    return {_NAME: f"{json.dumps(meta, ensure_ascii=False, indent=2)}\n".encode()}


def _without_channel(place: str) -> str:
    stem = stem_of(place)
    return f"{stem.rpartition('_')[0]}{place[len(stem) :]}"


LISTED = Arrangement("dataset.json", _recognizes, _find, _described)
