"""The worst numerical differences of the volume kernels over random cases: `python -m benchmarks.worst_volumes`.

Every case draws sizes, spacing, rotation about all axes, scale, translation, border and, for elastic ones, a mesh.
Values are 0 to 1000, so that 0.01 is a hundred-thousandth of the range. Places within 1e-6 voxel of the edge of the
input are left out for the comparison with SimpleITK: there the last bit decides between an edge and the fill.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.engine import using
from domainaug.kernels.point import Bias, Noise, Point, Power
from domainaug.kernels.resample import resample_labels, resample_volume
from domainaug.kernels.volume_map import VolumeBorder, VolumeMap

__all__ = ["WORST", "worst"]

Array = NDArray[Any]
Case = Callable[[np.random.Generator], float]


def worst(case: Case, cases: int) -> float:
    """Return the largest difference over so many cases, each drawn from its own number."""
    return max(case(np.random.default_rng(seed)) for seed in range(cases))


def _drawn(rng: np.random.Generator, mesh: bool, border: VolumeBorder = "constant") -> VolumeMap:
    while True:
        least = 2 if mesh else 1
        depth, height, width = (int(rng.integers(least, most)) for most in (12, 40, 40))
        shape = (depth, height, width)
        spacing, turn, shift = rng.uniform(0.4, 4, 3), rng.uniform(-60, 60, 3), rng.normal(0, 2, 3)
        physical = VolumeMap.from_physical(
            shape, spacing.tolist(), turn.tolist(), float(rng.uniform(0.6, 1.6)), shift.tolist()
        )
        control = (3, *(int(g) for g in rng.integers(4, 8, 3)))
        moves = rng.normal(0, 0.4, control).astype(np.float32) if mesh else None
        found = VolumeMap(shape, physical.matrix, shape, moves, border)
        if not found.folds():
            return found


def _by_simpleitk(array: Array, found: VolumeMap, nearest: bool) -> Array:
    import SimpleITK

    affine = SimpleITK.AffineTransform(3)
    affine.SetMatrix(found.matrix[:3, :3].ravel().tolist())
    affine.SetTranslation(found.matrix[:3, 3].tolist())
    transform = affine
    if found.mesh is not None:  # ITK adds the displacement before the matrix
        before = np.tensordot(np.linalg.inv(found.matrix[:3, :3]), found.mesh.astype(float), (1, 0))
        spline = SimpleITK.BSplineTransform(3, 3)
        spline.SetTransformDomainOrigin((-1e-7,) * 3)
        spline.SetTransformDomainMeshSize([g - 3 for g in found.mesh.shape[:0:-1]])
        spline.SetTransformDomainPhysicalDimensions([n - 1 + 2e-7 for n in found.shape[::-1]])
        spline.SetParameters(before.ravel().tolist())
        transform = SimpleITK.CompositeTransform([affine, spline])
    image = SimpleITK.GetImageFromArray(array)
    kind = SimpleITK.sitkNearestNeighbor if nearest else SimpleITK.sitkLinear
    resampled: Array = SimpleITK.GetArrayFromImage(SimpleITK.Resample(image, image, transform, kind, 7.0))
    return resampled


def _sure(found: VolumeMap, *, halves: bool = False) -> Array:
    """Return where the last bit of a coordinate decides nothing."""
    grid = np.indices(found.shape).reshape(3, -1).T[:, ::-1].astype(float)
    at = found.looks_at(grid).reshape(*found.shape, 3)
    sure = np.ones(found.shape, bool)
    for axis, n in enumerate(found.frame[::-1]):
        place = at[..., axis]
        sure &= (np.abs(place + 0.5) > 1e-6) & (np.abs(place - (n - 0.5)) > 1e-6)
        if halves:
            sure &= np.abs(place - np.floor(place) - 0.5) > 1e-6
    return sure


def _against_simpleitk(dtype: type[np.generic], mesh: bool) -> Case:
    def case(rng: np.random.Generator) -> float:
        found = _drawn(rng, mesh)
        array = rng.uniform(0, 1000, found.frame).astype(dtype)
        off = np.abs(resample_volume(array, found, fill=7).astype(float) - _by_simpleitk(array, found, False))
        return float(off[_sure(found)].max(initial=0))

    return case


def _labels_against_simpleitk(mesh: bool) -> Case:
    def case(rng: np.random.Generator) -> float:
        found = _drawn(rng, mesh)
        labels = rng.integers(0, 9, found.frame).astype(np.uint8)
        wrong = resample_labels(labels, found, fill=7) != _by_simpleitk(labels, found, True)
        return float(wrong[_sure(found, halves=True)].sum())

    return case


def _engines(order: str, point: bool) -> Case:
    def case(rng: np.random.Generator) -> float:
        found = _drawn(rng, bool(rng.integers(2)), "replicate" if rng.integers(2) else "constant")
        array = rng.uniform(0, 1000, found.frame).astype(np.float32)
        ops = (Bias(tuple(rng.normal(0, 0.1, 20))), Power(float(rng.uniform(0.5, 2))), Noise(0.02, 5))
        options: dict[str, Any] = {"order": order, "point": Point(ops, 0, 1000, clip=False) if point else None}
        with using("numba"):
            got = resample_volume(array, found, **options)
        with using("plain"):
            return float(np.abs(got - resample_volume(array, found, **options)).max())

    return case


def _votes(rng: np.random.Generator) -> float:
    found = _drawn(rng, bool(rng.integers(2)))
    labels = rng.integers(0, 4, found.frame).astype(np.uint8)
    with using("numba"):
        got = resample_labels(labels, found, order="vote")
    with using("plain"):
        return float((got != resample_labels(labels, found, order="vote")).sum())


WORST: dict[str, Case] = {
    "affine, float32, against SimpleITK (of 1000)": _against_simpleitk(np.float32, False),
    "affine, int16, against SimpleITK (levels)": _against_simpleitk(np.int16, False),
    "affine and mesh, float32, against SimpleITK (of 1000)": _against_simpleitk(np.float32, True),
    "affine and mesh, int16, against SimpleITK (levels)": _against_simpleitk(np.int16, True),
    "nearest labels, affine, against SimpleITK (voxels that differ)": _labels_against_simpleitk(False),
    "nearest labels, affine and mesh, against SimpleITK (voxels that differ)": _labels_against_simpleitk(True),
    "voted labels, compiled against NumPy (voxels that differ)": _votes,
    "linear, compiled against float64 (of 1000)": _engines("linear", False),
    "cubic, compiled against float64 (of 1000)": _engines("cubic", False),
    "area, compiled against float64 (of 1000)": _engines("area", False),
    "linear, bias, gamma and noise, compiled against NumPy (of 1000)": _engines("linear", True),
}
"""What is compared, each a function from a random generator to the worst difference of one case."""


def main(cases: int = 1000) -> None:
    """Print one line for each comparison."""
    for name, case in WORST.items():
        print(f"{name}: {worst(case, cases):.3g} over {cases} cases", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
