"""BIDS: images in `sub-*/[ses-*/]anat` (and `pet`, `func`), segmentations in `derivatives`.

Images of one visit on one grid are channels of one case; others are cases of their own. A segmentation goes with the
images on its grid; where there are none, with the only ones of the visit. Those in the space of a template are left
out. Copies are derivatives: `sub-01_desc-aug000_T1w.nii.gz`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domainaug._version import __version__
from domainaug.errors import UnreadableInput
from domainaug.layouts.layout import SetAside
from domainaug.layouts.naming import relative_key
from domainaug.layouts.nifti_cases import Arrangement, Case, Found, files_below, modality_of, with_pairs
from domainaug.medical.grid import Grid
from domainaug.medical.nifti import read_grid
from domainaug.medical.nifti_files import is_nifti_name, stem_of

__all__ = ["BIDS"]

_KINDS: Final = ("anat", "pet", "func")
_LABELS: Final = frozenset(("dseg", "mask", "roi", "seg", "label"))
_OWN_SPACE: Final = frozenset(("", "orig", "individual", "native"))
_DESCRIPTION: Final = "dataset_description.json"
_LENIENT: Final = frozenset(("forms-disagree", "sheared"))  # here grids are only compared


@dataclass(frozen=True, slots=True)
class _Named:
    """A file by what its name says.

    Attributes:
        path: The file.
        key: Its place in the data set, without suffix.
        kind: "anat", "pet", "func".
        entities: "sub", "ses", "run" ... and what they are.
        suffix: "T1w", "dseg" ...
    """

    path: Path
    key: str
    kind: str
    entities: Mapping[str, str]
    suffix: str

    @property
    def visit(self) -> tuple[str, str, str]:
        return self.entities.get("sub", ""), self.entities.get("ses", ""), self.kind

    @property
    def copy_name(self) -> tuple[str, str]:
        """What comes before and behind the number of a copy."""
        stem = self.key.removesuffix(f"_{self.suffix}")
        joint = "aug" if "desc" in self.entities else "_desc-aug"
        return f"{stem}{joint}", f"_{self.suffix}{self.path.name[len(stem_of(self.path.name)) :]}"


def _recognizes(source: Path) -> bool:
    if not source.is_dir():
        return False
    people = [path for path in sorted(source.iterdir()) if path.name.startswith("sub-") and path.is_dir()]
    return any(next(person.glob(f"**/{kind}/sub-*_*.nii*"), None) for person in people for kind in _KINDS)


def _named(path: Path, source: Path) -> _Named | None:
    """Return what a file's name says; None where it is not named as BIDS has it."""
    stem = stem_of(path.name)
    *pairs, suffix = stem.split("_")
    entities = dict(pair.split("-", 1) for pair in pairs if "-" in pair)
    if not path.name.startswith("sub-") or len(entities) != len(pairs) or path.parent.name not in _KINDS:
        return None
    key = relative_key(path, source)
    return _Named(path, key[: len(key) - len(path.name)] + stem, path.parent.name, entities, suffix)


def _find(source: Path) -> Found:
    images: dict[tuple[str, str, str], list[_Named]] = defaultdict(list)
    labels: list[_Named] = []
    used: set[Path] = set()
    for path in files_below(source):
        if path.name.endswith(".json") and path.parent.name in _KINDS:
            used.add(path)  # tells of the image it is named after
        one = _named(path, source) if is_nifti_name(path.name) else None
        if one is None:
            continue
        raw = relative_key(path, source).startswith("sub-")
        if one.suffix in _LABELS:
            labels.append(one)
        elif raw:
            images[one.visit].append(one)
            used.update(with_pairs([path]))
    aside: list[SetAside] = []
    cases: list[Case] = []
    for visit in sorted({*images, *(one.visit for one in labels)}):
        own = [one for one in labels if one.visit == visit]
        found, belonging = _visit(images[visit], own, aside)
        cases.extend(found)
        used.update(with_pairs([one.path for one in belonging]))
    return Found(tuple(sorted(cases, key=lambda case: case.key)), tuple(aside), frozenset(used))


def _visit(images: list[_Named], labels: list[_Named], aside: list[SetAside]) -> tuple[list[Case], list[_Named]]:
    """Return the cases of one visit, and the labels that belong to it."""
    groups: list[tuple[Grid, list[_Named]]] = []
    for one in images:
        grid = _grid(one, aside)
        if grid is None:
            continue
        same = [group for other, group in groups if one.kind == "anat" and other.is_same(grid)]
        if same:
            same[0].append(one)
        else:
            groups.append((grid, [one]))
    spaces = _OWN_SPACE | {one.suffix for one in images}
    mine: dict[int, list[_Named]] = defaultdict(list)
    belonging = [one for one in labels if one.entities.get("space", "") in spaces]
    for label in belonging:
        grid = _grid(label, aside)
        if grid is None:
            continue
        fitting = [number for number, (_, group) in enumerate(groups) if _agree(label, group)]
        fitting = [number for number in fitting if groups[number][0].is_same(grid)] or fitting
        if len(fitting) == 1:
            mine[fitting[0]].append(label)
        elif not fitting:
            aside.append(SetAside(label.key, "mask-without-image", "this is a mask, and its visit has no image for it"))
        else:
            reason = f"{len(fitting)} images of its visit could be meant, and none has its grid alone"
            aside.append(SetAside(label.key, "ambiguous-label", reason))
    return [_case(group, mine[number]) for number, (_, group) in enumerate(groups)], belonging


def _agree(label: _Named, group: list[_Named]) -> bool:
    """Whether a label may be of these images: whatever both name, they name alike."""
    shared = {"run", "acq", "task", "rec", "ce"}
    said = {name: value for name, value in label.entities.items() if name in shared}
    return any(all(one.entities.get(name, value) == value for name, value in said.items()) for one in group)


def _grid(one: _Named, aside: list[SetAside]) -> Grid | None:
    try:
        return read_grid(one.path, _LENIENT)[1]
    except UnreadableInput as error:
        aside.append(SetAside(one.key, error.code, str(error).removeprefix(f"{one.path}: ")))
        return None


def _case(group: list[_Named], labels: list[_Named]) -> Case:
    names = tuple(one.copy_name for one in (*group, *labels))
    modalities = tuple({"pet": "PT", "func": "MR"}.get(one.kind) or modality_of(one.suffix) for one in group)
    person = group[0].entities["sub"]
    images, masks = (tuple(one.path for one in several) for several in (group, labels))
    return Case(group[0].key, f"sub-{person}", images, masks, names, modalities)


def _described(source: Path, copies: Mapping[str, list[list[str]]]) -> Mapping[str, bytes]:
    """Return the description that a data set of derivatives needs."""
    told = {"Name": "Augmented copies", "BIDSVersion": "1.10.0", "DatasetType": "derivative"}
    maker = [{"Name": "domainaug", "Version": __version__}]
    return {_DESCRIPTION: f"{json.dumps({**told, 'GeneratedBy': maker}, indent=2)}\n".encode()}


BIDS = Arrangement("BIDS", _recognizes, _find, _described)
