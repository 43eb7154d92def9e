"""A stack of slices, each moved in its plane."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.harness import Case, Contender, Reach, Scale

_AIR = -1000


@lru_cache(maxsize=2)
def _stack(scale: Scale) -> tuple[Any, Any]:
    """Return (D, H, W) int16 and the (2, 3) matrix from output to input."""
    import cv2

    depth, side = (60, 512) if scale == "full" else (4, 24)
    rng = np.random.default_rng(0)
    stack = np.stack(
        [cv2.GaussianBlur(rng.normal(0, 2000, (side, side)).astype(np.float32), (0, 0), 3) for _ in range(depth)]
    )
    middle = (side - 1) / 2
    return stack.astype(np.int16), cv2.getRotationMatrix2D((middle, middle), 7, 1 / 1.05)


def _ours(scale: Scale) -> Callable[[], Any]:
    from domainaug.kernels.maps import PixelMap
    from domainaug.kernels.warp import warp

    stack, matrix = _stack(scale)
    pixel_map, out = PixelMap.of(matrix, stack.shape[1:]), np.empty_like(stack)
    return lambda: warp(stack, pixel_map, fill=_AIR, stack=True, out=out, threads=1)


def _cv2(scale: Scale) -> Callable[[], Any]:
    import cv2

    stack, matrix = _stack(scale)
    out, size = np.empty_like(stack), stack.shape[:0:-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP

    def work() -> Any:
        for picture, result in zip(stack, out, strict=True):
            cv2.warpAffine(picture, matrix, size, result, flags, cv2.BORDER_CONSTANT, _AIR)
        return out

    return work


def _sitk(scale: Scale) -> Callable[[], Any]:
    import SimpleITK as sitk  # noqa: N813

    stack, matrix = _stack(scale)
    image, transform = sitk.GetImageFromArray(stack), sitk.AffineTransform(3)
    whole = np.eye(3)
    whole[:2, :2] = matrix[:, :2]
    transform.SetMatrix(whole.ravel().tolist())
    transform.SetTranslation([*matrix[:, 2].tolist(), 0.0])
    return lambda: sitk.GetArrayViewFromImage(sitk.Resample(image, transform, sitk.sitkLinear, _AIR))


def _copy(scale: Scale) -> Callable[[], Any]:
    stack, _ = _stack(scale)
    out = np.empty_like(stack)
    return lambda: np.copyto(out, stack)


CASES = (
    Case(
        "stack-int16",
        "in-plane affine, 60 x 512 x 512 int16",
        ours=(Contender("domainaug.kernels.warp", _ours, "ours"),),
        peers=(
            Contender("cv2 per slice", _cv2),
            Contender("SimpleITK", _sitk, needs=("SimpleITK",), note="cuts decimals off where others round"),
        ),
        limits=(Contender("copy", _copy, "limit"),),
        reach=(Reach(2, "cv2 per slice"), Reach(5, "SimpleITK")),
        rounds=7,
    ),
)
