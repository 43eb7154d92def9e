"""Phantoms with a known truth in the patient: solids, grids that lie every which way, and series on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from scipy.spatial.transform import Rotation

from domainaug.medical.labels import Grid


@dataclass(frozen=True)
class Ellipsoid:
    center: np.ndarray
    radii: np.ndarray
    turn: np.ndarray

    @property
    def volume(self) -> float:
        return float(4 / 3 * np.pi * np.prod(self.radii))

    def holds(self, points: np.ndarray) -> np.ndarray:
        return (((points - self.center) @ self.turn / self.radii) ** 2).sum(axis=-1) <= 1


@dataclass(frozen=True)
class Box:
    center: np.ndarray
    radii: np.ndarray
    turn: np.ndarray

    @property
    def volume(self) -> float:
        return float(8 * np.prod(self.radii))

    def holds(self, points: np.ndarray) -> np.ndarray:
        return (np.abs((points - self.center) @ self.turn) <= self.radii).all(axis=-1)


def laid(shape: tuple[int, int, int], steps: Any, euler: Any = (0, 0, 0), center: Any = (0, 0, 0)) -> Grid:
    """A grid whose middle lies at `center`, turned by angles in degrees."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", euler, degrees=True).as_matrix() * np.array(steps, float)
    matrix[:3, 3] = np.array(center) - matrix[:3, :3] @ ((np.array(shape[::-1]) - 1) / 2)
    return Grid(shape, matrix)


def sampled(grid: Grid, solid: Any) -> np.ndarray:
    """Which voxels have their middle in a solid."""
    z, y, x = np.indices(grid.shape)
    return solid.holds(grid.to_mm(np.stack([x, y, z], -1).reshape(-1, 3))).reshape(grid.shape)


@pytest.fixture
def grid() -> Callable[..., Grid]:
    return laid


@pytest.fixture
def voxels() -> Callable[[Grid, Any], np.ndarray]:
    return sampled


@pytest.fixture
def ellipsoid() -> Callable[..., Ellipsoid]:
    def make(center: Any = (0, 0, 0), radii: Any = (26, 21, 24), euler: Any = (20, -15, 35)) -> Ellipsoid:
        turn = Rotation.from_euler("xyz", euler, degrees=True).as_matrix()
        return Ellipsoid(np.array(center, float), np.array(radii, float), turn)

    return make


@pytest.fixture
def box() -> Callable[..., Box]:
    def make(center: Any = (0, 0, 0), radii: Any = (20, 16, 22), euler: Any = (10, 20, -25)) -> Box:
        turn = Rotation.from_euler("xyz", euler, degrees=True).as_matrix()
        return Box(np.array(center, float), np.array(radii, float), turn)

    return make


@pytest.fixture
def on_grid(tmp_path: Path) -> Callable[..., Path]:
    """A folder with a CT series whose voxels are those of a grid, which is right-handed and does not lean."""

    def make(grid: Grid, values: np.ndarray | None = None, folder: str = "study", **tags: Any) -> Path:
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        source = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
        x, y, z = grid.steps
        stored = np.zeros(grid.shape) if values is None else values
        for index in range(grid.shape[0]):
            one = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
            one.Rows, one.Columns = grid.shape[1:]
            one.PixelSpacing = [f"{y:.10g}", f"{x:.10g}"]
            one.SliceThickness = one.SpacingBetweenSlices = f"{z:.10g}"
            axes = grid.matrix[:3, :2] / (x, y)
            one.ImageOrientationPatient = [f"{value:.12f}"[:16] for value in axes.T.ravel()]
            one.ImagePositionPatient = [f"{value:.10f}"[:16] for value in grid.to_mm([[0, 0, index]])[0]]
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.77.{index + 1}"
            one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.826.0.2.77", "1.2.826.0.4.77"
            one.InstanceNumber = index + 1
            one.PixelData = (stored[index] + 1024 if values is not None else stored[index]).astype("<i2").tobytes()
            for name, value in tags.items():
                setattr(one, name, value)
            one.save_as(place / f"slice-{index:03d}.dcm")
        assert source is not None
        return place

    return make
