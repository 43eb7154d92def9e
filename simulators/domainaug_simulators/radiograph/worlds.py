"""What stands before the tube: a CT series with its labels, or the procedural thorax."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.errors import DomainAugError, LabelError, UnknownName, UnreadableInput
from domainaug.medical.labels.grid import Grid
from domainaug.medical.labels.model import Labels
from domainaug.medical.series import Series
from domainaug_simulators.radiograph.shadows import Solid, solids
from domainaug_simulators.radiograph.thorax import SEGMENTS, thorax

__all__ = ["Patient", "PhantomPatient", "ScannedPatient", "Spot", "read_patient"]

_BODY = -400.0
"""HU above which a voxel belongs to the body."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A landmark.

    Attributes:
        name: Its name where it may be told, else "".
        number: Its number, from 1.
        place: In the patient, in mm.
    """

    name: str
    number: int
    place: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Patient:
    """A body in memory.

    Attributes:
        hounsfield: (D, H, W) float32, in HU.
        grid: Where voxels lie.
        solids: Segments, cut out.
        spots: Landmarks.
        names: Number of a segment to its name, where it may be told.
        body: (2, 3) lowest and highest index (x, y, z) of the body.
        series: The CT it is, or None.
    """

    hounsfield: NDArray[np.float32]
    grid: Grid
    solids: Sequence[Solid] = ()
    spots: Sequence[Spot] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    body: NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 3)))
    series: Series | None = None

    @property
    def center(self) -> NDArray[np.float64]:
        """(3,) the middle of the body, in mm."""
        return np.asarray(self.grid.to_mm(self.body.mean(axis=0)[None])[0])

    def reach(self, toward: NDArray[np.float64]) -> float:
        """Return how far the body reaches from its middle in a direction, in mm."""
        half = (self.body[1] - self.body[0] + 1) / 2
        return float(np.abs(self.grid.matrix[:3, :3].T @ toward) @ half)


def body_of(hounsfield: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the lowest and highest index (x, y, z) of the largest thing that is not air, (2, 3).

    Raises:
        UnreadableInput: There is none.
    """
    from scipy import ndimage

    steps = tuple(max(1, n // 128) for n in hounsfield.shape)
    thin = hounsfield[:: steps[0], :: steps[1], :: steps[2]] > _BODY
    numbered, count = ndimage.label(thin)
    if not count:
        raise UnreadableInput("empty", "the scan holds nothing but air: there is nothing to project")
    largest = int(np.bincount(numbered.ravel())[1:].argmax()) + 1
    places = np.argwhere(numbered == largest) * np.array(steps)
    low, high = places.min(axis=0), places.max(axis=0) + np.array(steps) - 1
    return np.stack([low, np.minimum(high, np.array(hounsfield.shape) - 1)])[:, ::-1].astype(np.float64)


# -- the phantom ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PhantomPatient:
    """The procedural thorax, before it is drawn.

    Attributes:
        seed: Which body.
        voxel: Side of a voxel, in mm.
        nodules: How many lesions its lungs have.
    """

    seed: int = 0
    voxel: float = 1.5
    nodules: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of what it is."""
        return hashlib.sha256(repr(("thorax", 1, self)).encode()).hexdigest()

    @property
    def sources(self) -> tuple[Path, ...]:
        """Nothing: it is drawn."""
        return ()

    def load(self) -> Patient:
        """Draw it."""
        made = thorax(self.seed, self.voxel, self.nodules)
        depth, height, width = made.hounsfield.shape
        grid = Grid((depth, height, width), made.matrix)
        spots = [Spot(name, n, place) for n, (name, place) in enumerate(sorted(made.landmarks.items()), 1)]
        cut = solids(made.labels, grid, tuple(SEGMENTS))
        return Patient(made.hounsfield, grid, cut, spots, SEGMENTS, body_of(made.hounsfield))


# -- a scan -----------------------------------------------------------------------------------------------

_OWN_NAMES = frozenset({"nifti", "png", "landmarks", "memory"})
"""Kinds of labels whose names somebody gave outside DICOM; others may hold what identifies a patient."""


@dataclass(frozen=True, slots=True)
class ScannedPatient:
    """A CT series and its labels, before pixels are read.

    Attributes:
        series: The series.
        labels: Files of labels.
        digest: SHA-256 of all files.
    """

    series: Series
    labels: tuple[Path, ...]
    digest: str

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files, and the folders they are in."""
        return tuple(sorted({path.parent for path in self.series.files}))

    def load(self) -> Patient:
        """Read pixels and labels.

        Raises:
            UnreadableInput: A file cannot be read.
            LabelError: Labels do not lie on the scan.
        """
        from domainaug.medical.labels.belonging import read_labels

        hounsfield = self.series.pixels().astype(np.float32)
        grid = Grid.of_series(self.series)
        cut: list[Solid] = []
        spots: list[Spot] = []
        names: dict[int, str] = {}
        for path in self.labels:
            labels = read_labels(path)
            first = max((solid.number for solid in cut), default=0)
            made, told = _solids_of(labels, grid, first)
            cut += made
            names.update(told)
            own = labels.origin.kind in _OWN_NAMES
            spots += [
                Spot(one.name if own else "", len(spots) + n, one.point) for n, one in enumerate(labels.landmarks, 1)
            ]
        return Patient(hounsfield, grid, cut, spots, names, body_of(hounsfield), self.series)


def _solids_of(labels: Labels, grid: Grid, first: int) -> tuple[list[Solid], dict[int, str]]:
    """Return segments numbered from `first` + 1, and names that may be told: a code's meaning, or one's own."""
    cut: list[Solid] = []
    names: dict[int, str] = {}
    numbers = [segment.number for segment in labels.segments]
    own = labels.origin.kind in _OWN_NAMES
    for segment in labels.segments:
        told = segment.code.meaning if segment.code is not None else segment.name if own else ""
        if told:
            names[first + segment.number] = told
    for mask in labels.masks:
        values = mask.values if mask.share_of is None else np.where(mask.values >= 0.5, mask.share_of, 0)
        made = solids(values, mask.grid, numbers)
        cut += [Solid(first + one.number, one.mask, one.matrix) for one in made]
    if labels.contours and not labels.masks:
        cut += [Solid(first + one.number, one.mask, one.matrix) for one in solids(_filled(labels, grid), grid, numbers)]
    return cut, names


def _filled(labels: Labels, grid: Grid) -> NDArray[np.uint16]:
    """Return what closed curves enclose, (D, H, W) numbers of segments, on the slices nearest to them."""
    from domainaug.medical.labels.outlines import covered

    drawn: dict[tuple[int, int], list[NDArray[np.float64]]] = {}
    for contour in labels.contours:
        if contour.closed:
            places = grid.to_index(contour.points)
            drawn.setdefault((contour.number, round(float(places[:, 2].mean()))), []).append(places[:, :2])
    values = np.zeros(grid.shape, np.uint16)
    for (number, z), curves in sorted(drawn.items()):
        if 0 <= z < grid.shape[0]:
            values[z][covered(curves, grid.shape[1:]) >= 0.5] = number
    return values


def read_patient(world: Mapping[str, Any], folder: Path) -> PhantomPatient | ScannedPatient:
    """Return what a scenario's world says, without reading pixels.

    Args:
        world: `{phantom: thorax, seed: 0, nodules: 2, voxel: 1.5}`, or `{ct: FOLDER, labels: [FILE ...]}`.
        folder: Where paths start.

    Raises:
        DomainAugError: A key or value is not legal.
        UnreadableInput: There is no CT series that is an even stack in HU.
    """
    legal = {"phantom", "seed", "voxel", "nodules"} if "phantom" in world else {"ct", "labels", "series"}
    for key in world:
        if key not in legal:
            raise UnknownName("key of a world", str(key), legal, where="world")
    if "phantom" in world:
        return _phantom(world)
    if not isinstance(world.get("ct"), str):
        raise DomainAugError("world: it names a CT series (ct: FOLDER) or the phantom (phantom: thorax)")
    return _scan(world, folder)


def _phantom(world: Mapping[str, Any]) -> PhantomPatient:
    if world["phantom"] != "thorax":
        raise UnknownName("phantom", str(world["phantom"]), ["thorax"], where="world")
    seed, voxel, nodules = world.get("seed", 0), world.get("voxel", 1.5), world.get("nodules", 0)
    if not (type(seed) is int and 0 <= seed < 2**63 and type(nodules) is int and 0 <= nodules <= 100):
        raise DomainAugError("world: seed is a whole number from 0 up, and nodules one from 0 to 100")
    if isinstance(voxel, bool) or not isinstance(voxel, int | float) or not 0.75 <= voxel <= 10:
        raise DomainAugError(f"world: voxel={voxel!r}: the side of a voxel lies between 0.75 and 10 mm")
    return PhantomPatient(seed, float(voxel), nodules)


def _scan(world: Mapping[str, Any], folder: Path) -> ScannedPatient:
    from domainaug.medical.study import read_study
    from domainaug.run.job import hashed

    given = world.get("labels", [])
    files = [given] if isinstance(given, str) else given
    if not isinstance(files, list) or not all(isinstance(one, str) for one in files):
        raise DomainAugError("world: labels is a file, or a list of files")
    labels = tuple(folder / one for one in files)
    for number, path in enumerate(labels, 1):
        if not path.is_file():
            raise UnreadableInput("not-a-file", f"world: there is no file of labels, number {number}")
    study = read_study(folder / world["ct"])
    series = _chosen([one for one in study.series if one.modality == "CT"], world.get("series"))
    whole = hashlib.sha256()
    for path in (*series.files, *labels):
        whole.update(bytes.fromhex(hashed(path)[0]))
    return ScannedPatient(series, labels, whole.hexdigest())


def _chosen(found: Sequence[Series], wish: object) -> Series:
    """Return the series that is meant: the only one that can be projected, or the one of a key."""
    fit = [one for one in found if one.refusal is None and one.kind == "volume" and one.unit == "HU"]
    if wish is not None:
        named = [one for one in fit if one.key == wish]
        if not named:
            raise UnknownName("CT series", str(wish), [one.key for one in fit], where="world")
        return named[0]
    if not fit:
        why = "; ".join(sorted({one.refusal.message for one in found if one.refusal is not None}))
        raise UnreadableInput(
            "no-scan", "no CT series that is an even stack in HU was found" + (f": {why}" if why else "")
        )
    if len(fit) > 1:
        listed = ", ".join(f"{one.key} ({'x'.join(map(str, one.size))})" for one in fit[:8])
        raise LabelError(f"world: there are {len(fit)} CT series: name one with series: KEY, of {listed}")
    return fit[0]
