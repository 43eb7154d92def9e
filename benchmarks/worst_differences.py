"""The worst difference of every kernel from an independent answer, over random cases.

`python -m benchmarks.worst_differences` prints the table.
A row is one kernel and type. "worst" is the largest difference found, in units of a range of 1000 for floating
pictures, else in levels after both sides are rounded; "off" counts values beyond the tolerance, of all compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from domainaug.kernels.engine import using
from domainaug.kernels.labels import warp_labels
from domainaug.kernels.maps import Field, PixelMap
from domainaug.kernels.point import Bias, Curve, Linear, Noise, Op, Point, Power
from domainaug.kernels.random import normals
from domainaug.kernels.warp import apply_point, warp

__all__ = ["Kernel", "measure", "planar"]

Array = NDArray[Any]
Case = Callable[[np.random.Generator], tuple[Array, Array]]

_MODES = {"constant": "grid-constant", "replicate": "nearest", "reflect": "reflect", "wrap": "grid-wrap",
          "reflect101": "mirror"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kernel:
    """One row: a case draws its input and returns what the kernel says and what the reference says."""

    name: str
    reference: str
    tolerance: float
    case: Case


def measure(kernel: Kernel, cases: int) -> tuple[float, int, int]:
    """Return the worst difference over random cases, how many values are beyond tolerance, and of how many."""
    worst, beyond, compared = 0.0, 0, 0
    for seed in range(cases):
        got, wanted = kernel.case(np.random.default_rng(seed))
        off = np.abs(got.astype(np.float64) - wanted.astype(np.float64))
        worst = max(worst, float(off.max()))
        beyond += int(np.count_nonzero(off > kernel.tolerance))
        compared += off.size
    return worst, beyond, compared


def planar() -> Iterator[Kernel]:
    """Yield the rows of pictures, masks and point programs."""
    for dtype in ("float32", "uint8", "uint16", "int16"):
        whole = dtype != "float32"
        for order in ("linear", "nearest"):
            tolerance = 1.0 if whole and order == "linear" else 0.01
            yield Kernel(f"warp {order} {dtype}", "SciPy map_coordinates", tolerance, _warped(dtype, order))
        for order in ("cubic", "area"):
            yield Kernel(f"warp {order} {dtype}", "NumPy, float64", 1.0 if whole else 0.01, _plain(dtype, order))
    yield Kernel("warp field float32", "SciPy map_coordinates", 0.1, _through_field)
    yield Kernel("warp_labels uint8", "one coverage a label", 0.0, _labels)
    yield Kernel("point gamma float32", "numpy.power", 0.01, _pointwise(lambda r: Power(float(r.uniform(0.3, 3)))))
    yield Kernel("point linear float32", "NumPy", 0.01, _pointwise(lambda r: Linear(*r.uniform(-1, 1.5, 2).tolist())))
    yield Kernel("point curve float32", "numpy.interp", 0.01, _pointwise(_random_curve))
    yield Kernel("point bias float32", "NumPy", 0.01, _bias)
    yield Kernel("point noise float32", "normals by place", 0.01, _noise)


def _picture(rng: np.random.Generator, dtype: str) -> Array:
    shape = (*rng.integers(1, 70, 2), rng.choice([1, 3]))
    return (rng.random(shape) * (255 if dtype == "uint8" else 1000)).astype(dtype)


def _affine(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    angle, zoom = rng.uniform(-np.pi, np.pi), rng.uniform(0.3, 3, 2)
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * zoom
    middle = np.array([shape[1], shape[0]]) / 2
    shift = middle - linear @ middle + rng.uniform(-9, 9, 2)
    return np.vstack([np.column_stack([linear, shift]), [0, 0, 1]])


def _places(matrix: Array, shape: tuple[int, int]) -> tuple[Array, Array]:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    return tuple(matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] for k in (0, 1))


def _scipy(image: Array, x: Array, y: Array, order: int, border: str) -> Array:
    planes = [
        map_coordinates(image[..., c].astype(np.float64), [y, x], order=order, mode=_MODES[border], cval=20.0)
        for c in range(image.shape[2])
    ]
    found = np.stack(planes, axis=-1)
    return np.rint(found) if image.dtype.kind in "iu" else found


def _warped(dtype: str, order: str) -> Case:
    def case(rng: np.random.Generator) -> tuple[Array, Array]:
        image = _picture(rng, dtype)
        border, shape = str(rng.choice(list(_MODES))), (int(rng.integers(1, 70)), int(rng.integers(1, 70)))
        matrix = _affine(rng, image.shape)
        got = warp(image, PixelMap.of(matrix, image.shape[:2], shape, border), order=order, fill=20.0)  # type: ignore[arg-type]
        x, y = _places(matrix, shape)
        if order == "nearest":
            x, y = np.floor(x + 0.5), np.floor(y + 0.5)
        return got, _scipy(image, x, y, int(order == "linear"), border)

    return case


def _plain(dtype: str, order: str) -> Case:
    def case(rng: np.random.Generator) -> tuple[Array, Array]:
        image = _picture(rng, dtype)
        map_ = PixelMap.of(_affine(rng, image.shape), image.shape[:2], (31, 33), str(rng.choice(list(_MODES))))  # type: ignore[arg-type]
        got = warp(image, map_, order=order, fill=20.0)  # type: ignore[arg-type]
        with using("plain"):
            return got, warp(image, map_, order=order, fill=20.0)  # type: ignore[arg-type]

    return case


def _through_field(rng: np.random.Generator) -> tuple[Array, Array]:
    image = _picture(rng, "float32")
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    x, y = (t + rng.normal(0, 3, t.shape).astype(np.float32) for t in (x, y))
    border = str(rng.choice(list(_MODES)))
    got = warp(image, PixelMap(image.shape[:2], (Field(x, y, image.shape[:2], border),)), fill=20.0)  # type: ignore[arg-type]
    return got, _scipy(image, x.astype(np.float64), y.astype(np.float64), 1, border)


def _labels(rng: np.random.Generator) -> tuple[Array, Array]:
    mask = np.kron(rng.integers(0, 5, (9, 11)), np.ones((7, 8))).astype(np.uint8)
    map_ = PixelMap.of(_affine(rng, mask.shape), mask.shape, border=str(rng.choice(list(_MODES))))  # type: ignore[arg-type]
    got = warp_labels(mask, map_)
    with using("plain"):
        return (got != warp_labels(mask, map_)).astype(np.uint8), np.zeros(mask.shape)


def _random_curve(rng: np.random.Generator) -> Curve:
    return Curve(np.sort(rng.random(int(rng.integers(2, 65)))).astype(np.float32))


def _pointwise(draw: Callable[[np.random.Generator], Op]) -> Case:
    def case(rng: np.random.Generator) -> tuple[Array, Array]:
        values, op = (rng.random((20, 30)) * 1000).astype(np.float32), draw(rng)
        got = apply_point(values, Point((op,), 0.0, 1000.0, clip=False), channels_last=False)
        u = values.astype(np.float64) / 1000
        if isinstance(op, Power):
            return got, u**op.gamma * 1000
        if isinstance(op, Curve):
            return got, np.interp(u, np.linspace(0, 1, len(op.knots)), op.knots) * 1000
        assert isinstance(op, Linear)
        return got, (u * op.gain + op.offset) * 1000

    return case


def _bias(rng: np.random.Generator) -> tuple[Array, Array]:
    order = int(rng.integers(1, 6))
    terms = [(i, j, k) for i in range(order + 1) for j in range(order + 1 - i) for k in range(order + 1 - i - j)]
    op = Bias(tuple(rng.uniform(-0.2, 0.2, len(terms)).tolist()), order)
    values = (rng.random((20, 30)) * 1000).astype(np.float32)
    got = apply_point(values, Point((op,), 0.0, 1000.0, clip=False), channels_last=False)
    y, x = np.linspace(-1, 1, 20)[:, None], np.linspace(-1, 1, 30)
    field = sum(c * x**i * y**j * 0.0**k for c, (i, j, k) in zip(op.coefficients, terms, strict=True))
    return got, values * np.exp(field)


def _noise(rng: np.random.Generator) -> tuple[Array, Array]:
    op = Noise(float(rng.uniform(0, 0.2)), int(rng.integers(2**63)), 0.01, int(rng.integers(2**63)))
    values = (rng.random((20, 30, 3)) * 1000).astype(np.float32)
    got = apply_point(values, Point((op,), 0.0, 1000.0, clip=False), channels_last=True)
    return got, values + 10.0 + op.std * 1000 * normals(values.shape, op.key, op.stream).astype(np.float64)


def main() -> None:
    """Print the table of the kernels for pictures; `benchmarks.worst_volumes` has that of volumes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=1000, help="random cases a row (default: 1000)")
    chosen = parser.parse_args()
    print(f"| kernel | held against | worst of {chosen.cases} cases | tolerance | off |\n|---|---|---|---|---|")
    for kernel in planar():
        worst, beyond, compared = measure(kernel, chosen.cases)
        print(f"| {kernel.name} | {kernel.reference} | {worst:.2g} | {kernel.tolerance:g} | {beyond} of {compared:,} |")


if __name__ == "__main__":
    main()
