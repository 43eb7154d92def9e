"""Plain folders of NIfTI images, with labels beside them or in a folder of their own.

* `scan.nii.gz` and `scan_seg.nii.gz` (also `_label`, `_labels`, `_mask`, `_segmentation`, `_gt`, with `_`, `-` or `.`);
* `images/.../scan.nii.gz` and `labels/.../scan.nii.gz` (or `masks`, `segmentations`; `imagesTr` and `labelsTr`);
* `case_t1.nii.gz`, `case_flair.nii.gz` ... and `case_seg.nii.gz`, or `images/case_0000.nii.gz` ... and
  `labels/case.nii.gz`: the images are channels of one case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from domainaug.layouts.layout import SetAside
from domainaug.layouts.naming import relative_key, stems
from domainaug.layouts.nifti_cases import Arrangement, Case, Found, files_below, modality_of, with_pairs
from domainaug.medical.nifti_files import is_nifti_name, stem_of

__all__ = ["PLAIN"]

_LABEL: Final = re.compile(r"[_.-](?:seg|segmentation|label|labels|labelmap|mask|gt|dseg)$", re.IGNORECASE)
_FOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "images": ("labels", "masks", "segmentations", "label", "mask", "annotations"),
    "image": ("label", "mask", "labels", "masks", "segmentation"),
    "img": ("label", "mask", "labels", "masks", "seg"),
    "imgs": ("labels", "masks", "segs"),
    "imagesTr": ("labelsTr",),
}
_OF_LABELS: Final = frozenset(name for names in _FOLDERS.values() for name in names)


def _recognizes(source: Path) -> bool:
    if source.is_file():
        return is_nifti_name(source.name)
    return any(is_nifti_name(path.name) for path in files_below(source))


def _find(source: Path) -> Found:
    root = source.parent if source.is_file() else source
    files = [path for path in ([source] if source.is_file() else files_below(source)) if is_nifti_name(path.name)]
    return _Folder(root, files).found()


class _Folder:
    """The files of a source, by their path without suffix."""

    def __init__(self, root: Path, files: Sequence[Path]) -> None:
        self.root = root
        self.aside: list[SetAside] = []
        self.images: dict[str, Path] = {}
        self.labels: dict[str, Path] = {}
        for path in files:
            key = relative_key(path, root)
            stem = f"{key[: len(key) - len(path.name)]}{stem_of(path.name)}"
            kept = self.labels if _is_label(stem) else self.images
            if stem in kept:
                self._aside(stem, "ambiguous-pair", "two files have this name and differ in how they are compressed")
                continue
            kept[stem] = path
        self.files = files

    def found(self) -> Found:
        """Return the cases."""
        taken: dict[str, list[str]] = {}  # case: its labels
        channels: dict[str, list[str]] = {}
        for label in self.labels:
            bases = _bases(label)
            own = next((base for base in bases if base in self.images), None)
            if own is not None:
                taken.setdefault(own, []).append(label)
                continue
            for base in bases:
                several = [image for image in self.images if image.startswith((f"{base}_", f"{base}-"))]
                several = [image for image in several if image not in taken and "/" not in image[len(base) :]]
                if several:
                    taken.setdefault(base, []).append(label)
                    channels[base] = several
                    break
            else:
                self._aside(label, "mask-without-image", "this is a mask, and no image has its name")
        inside = {image for several in channels.values() for image in several}
        whole = {image: [image] for image in self.images if image not in inside} | channels
        named = stems(f"{key}.nii" for key in whole)
        cases = [self._case(key, whole[key], taken.get(key, []), named[f"{key}.nii"]) for key in sorted(whole)]
        good = [case for case in cases if case is not None]
        return Found(tuple(good), tuple(self.aside), frozenset(with_pairs(list(self.files))))

    def _case(self, key: str, images: list[str], labels: list[str], out: str) -> Case | None:
        paths = [self.images[image] for image in images]
        for path in paths:
            if any(path.with_name(f"{stem_of(path.name)}{suffix}").is_file() for suffix in (".bvec", ".bvecs")):
                reason = "diffusion directions (bvec) lie beside it, and would have to turn with it"
                self._aside(key, "gradients", reason)
                return None
        behind = [image[len(key) :] + _suffix(path) for image, path in zip(images, paths, strict=True)]
        names = [(f"{out}_aug", one) for one in behind]
        names.extend(_label_name(label, self.labels[label], key, out) for label in labels)
        modalities = tuple(modality_of(one[len(key) + 1 :]) or modality_of(_last_word(one)) for one in images)
        marks = tuple(self.labels[label] for label in labels)
        return Case(key, _group(key), tuple(paths), marks, tuple(names), modalities)

    def _aside(self, key: str, code: str, reason: str) -> None:
        self.aside.append(SetAside(key, code, reason))


def _is_label(stem: str) -> bool:
    *folders, name = PurePosixPath(stem).parts
    structural = [one for one in folders if one in _FOLDERS or one in _OF_LABELS]
    if structural and structural[-1] in _OF_LABELS:
        return True
    return _LABEL.search(name) is not None


def _bases(label: str) -> list[str]:
    """Return what the image of a label may be called, the likeliest first."""
    folder, _, name = label.rpartition("/")
    bare = _LABEL.sub("", name)
    parts = folder.split("/") if folder else []
    found = [] if bare == name else ["/".join((*parts, bare))]
    for place in reversed(range(len(parts))):
        for images, names in _FOLDERS.items():
            if parts[place] in names:
                moved = (*parts[:place], images, *parts[place + 1 :])
                found.extend("/".join((*moved, one)) for one in dict.fromkeys((name, bare)))
    return found


def _label_name(label: str, path: Path, key: str, out: str) -> tuple[str, str]:
    """Return the name of a label of a copy, as what comes before and behind the number of the copy."""
    folder, _, name = label.rpartition("/")
    base = key.rpartition("/")[2]
    behind = name[len(base) :] + _suffix(path)
    stem = out.rpartition("/")[2]  # with digits where two cases would share a name
    return (f"{folder}/{stem}_aug" if folder else f"{stem}_aug", behind)


def _suffix(path: Path) -> str:
    return path.name[len(stem_of(path.name)) :]


def _last_word(stem: str) -> str:
    return re.split(r"[_./-]", stem)[-1]


def _group(key: str) -> str:
    """Return whose a case is: the folder it is in, unless that is one of images; else the case itself."""
    folders = [one for one in PurePosixPath(key).parts[:-1] if one not in _FOLDERS]
    return folders[0] if folders else PurePosixPath(key).name


def _described(source: Path, copies: Mapping[str, list[list[str]]]) -> Mapping[str, bytes]:
    return {}


PLAIN = Arrangement("plain", _recognizes, _find, _described)
