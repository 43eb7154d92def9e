"""Masks of a NIfTI case: they follow their image, on the grid they came on, in the type they came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from domainaug.errors import LabelError, UnreadableInput
from domainaug.kernels.regrid import Regrid, regrid_of
from domainaug.layouts.layout import LabelsGone, Stamp
from domainaug.medical.labels import Grid, Labels, move
from domainaug.medical.labels.journey import Journey
from domainaug.medical.labels.nifti import labels_of
from domainaug.medical.nifti import NiftiImage
from domainaug.medical.nifti_view import Turn, on_grid

__all__ = ["NiftiLabels", "description_of"]


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """One mask.

    Attributes:
        image: The file.
        turn: How its axes are shown; as those of its image, where it is on the same grid.
        labels: What it says, on its grid as it is shown.
        fitted: Whether it is on the grid of its image, and stays so.
    """

    image: NiftiImage
    turn: Turn
    labels: Labels
    fitted: bool

    def holding(self, labels: Labels, grid: Regrid) -> _File:
        """Return the file of a copy.

        Args:
            labels: What it is to say.
            grid: What became of the grid of its image.
        """
        several = len(labels.masks) > 1  # a volume a segment
        values = []
        for mask in labels.masks:
            shown = self.turn.back(mask.values)
            if mask.share_of is None:
                shown = (shown != 0).astype(np.uint8) if several else shown
            values.append(shown)
        image = on_grid(self.image, self.turn, grid) if self.fitted else self.image
        return replace(self, image=image.with_values(np.stack(values)), labels=labels)


@dataclass(frozen=True, slots=True, eq=False)
class NiftiLabels:
    """The masks of a case, or of a copy of it.

    Attributes:
        grid: Where the voxels of its image lie, as it is shown.
        files: The masks.
    """

    grid: Grid
    files: tuple[_File, ...]

    @classmethod
    def read(
        cls, paths: Sequence[Path], image: NiftiImage, turn: Turn, structures: Mapping[int, str], allow: frozenset[str]
    ) -> NiftiLabels:
        """Read the masks of a case.

        Args:
            paths: The files.
            image: What they belong to.
            turn: How that is shown.
            structures: What numbers stand for.
            allow: As `NiftiImage.read`.

        Raises:
            UnreadableInput: One cannot be read, is no mask, or lies elsewhere.
        """
        return cls(turn.grid(image.grid), tuple(_read(path, image, turn, structures, allow) for path in paths))

    @property
    def shape(self) -> tuple[int, ...]:
        """(slices, rows, columns) of what a pipeline is given, or (rows, columns)."""
        return self.grid.shape[1:] if self.grid.shape[0] == 1 else self.grid.shape

    def moved(self, maps: Sequence[Any]) -> tuple[NiftiLabels, Mapping[str, list[int]]]:
        """Return the masks of a copy, and the numbers of what vanished, under "mask", "mask 2" ...

        Raises:
            LabelError: They cannot follow, or would name the wrong side.
            LabelsGone: Nothing that they mark is left.
        """
        if not maps:
            return self, {}
        grid = regrid_of(maps, self.shape)
        target = self.grid if grid.map.is_identity else self.grid.seen_through(grid.map)
        mirrors = Journey.of(maps, self.grid, target).mirrors
        found, vanished = [], {}
        for number, one in enumerate(self.files, start=1):
            onto = target if one.fitted else one.labels.masks[0].grid
            moved = move(one.labels, maps, self.grid, target, onto=onto)
            if mirrors:
                _refuse_renamed(one.labels, moved.labels)
            if gone := moved.vanished.get("segments"):
                vanished["mask" if number == 1 else f"mask {number}"] = sorted(gone)
            found.append(one.holding(moved.labels, grid))
        if _marks(self.files) and not _marks(found):
            raise LabelsGone("everything its masks mark left the image")
        return replace(self, grid=target, files=tuple(found)), vanished

    def write(self, images: Sequence[Path], folder: Path, stamp: Stamp) -> list[str]:
        """Write the masks, and return the names of the files.

        Args:
            images: Where each mask goes.
            folder: What the names are relative to.
            stamp: The run.
        """
        bare = [one.image.without_text(description_of(stamp)) for one in self.files]
        pairs = zip(bare, images, strict=True)
        return [file.relative_to(folder).as_posix() for image, path in pairs for file in image.write(path)]


def description_of(stamp: Stamp) -> str:
    """Return what the header of a copy says: which run made it."""
    told = f"{stamp.profile} {stamp.profile_version}, seed {stamp.seed}, copy {stamp.copy}"
    return f"domainaug {stamp.version}: {told}"


def _marks(files: Sequence[_File]) -> bool:
    return any(mask.numbers() for one in files for mask in one.labels.masks)


def _refuse_renamed(before: Labels, after: Labels) -> None:
    """Refuse what would need another name in a mirrored patient: the names of numbers are those of a whole data set."""
    for one in before.segments:
        if after.segment(one.number).name != one.name:
            raise LabelError(
                f"the patient is mirrored, and label {one.number} is of one side while none is called the other: leave "
                "mirrors out, or list both sides"
            )


def _read(path: Path, image: NiftiImage, turn: Turn, structures: Mapping[int, str], allow: frozenset[str]) -> _File:
    try:
        mask = NiftiImage.read(path, allow=allow)
        if mask.placed != image.placed:
            which = "only the mask" if mask.placed else "only the image"
            raise UnreadableInput("no-geometry", f"{which} says where it lies, so nobody can lay one on the other")
        fitted = mask.grid.is_same(image.grid)
        if not fitted and mask.grid.shape == image.grid.shape:
            raise UnreadableInput("mask-elsewhere", "it is as large as the image and lies elsewhere in the patient")
        if not fitted and not image.placed:
            raise UnreadableInput("size-mismatch", "it has another size than the image, and neither says where it lies")
        own = turn if fitted else Turn.of(mask.header, mask.grid, mask.placed)
        layers = [np.ascontiguousarray(own.shown(mask.values(frame))) for frame in range(mask.frames)]
        labels = labels_of(layers, own.grid(mask.grid), dict(structures), path)
    except UnreadableInput as error:
        message = str(error).removeprefix(f"{error.path}: ")
        raise UnreadableInput(error.code, f"of its mask: {message}", path=path) from None
    return _File(mask, own, labels, fitted)
