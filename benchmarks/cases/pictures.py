"""Pictures through a whole pipeline: affine, brightness and contrast, gamma, noise."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.harness import Case, Contender, Reach, Scale

_HIGH = {"uint8": 255, "uint16": 65535, "float32": 1}
_TURN, _SCALE, _SHIFT = 7.0, 1.05, 0.03  # degrees, factor, share
_GAIN, _GAMMA, _STD = 0.1, 1.2, 0.03


def _chain() -> list[Any]:
    """The albumentations steps that Compose and Pipeline are both given; fixed ranges, so all do the same work."""
    from domainaug._albumentations import A

    return [
        A.Affine(rotate=(_TURN, _TURN), scale=(_SCALE, _SCALE), translate_percent=(_SHIFT, _SHIFT), p=1),
        A.RandomBrightnessContrast((_GAIN, _GAIN), (_GAIN, _GAIN), p=1),
        A.RandomGamma((100 * _GAMMA, 100 * _GAMMA), p=1),
        A.GaussNoise((_STD, _STD), p=1),
    ]


@lru_cache(maxsize=8)
def _xray(scale: Scale, dtype: str) -> Any:
    import cv2

    side = 1024 if scale == "full" else 48
    smooth = cv2.GaussianBlur(np.random.default_rng(0).random((side, side), dtype=np.float32), (0, 0), 6)
    smooth = cv2.normalize(smooth, None, 0, 1, cv2.NORM_MINMAX)
    return smooth if dtype == "float32" else (smooth * _HIGH[dtype]).astype(dtype)


def _pipeline(dtype: str) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug import Pipeline

        image = _xray(scale, dtype)
        pipeline = Pipeline(_chain(), seed=7, value_range=(0, _HIGH[dtype]))
        return lambda: pipeline(image=image)

    return make


def _compose(dtype: str) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug._albumentations import A

        image, compose = _xray(scale, dtype), A.Compose(_chain(), seed=7)
        if compose(image=image)["image"].dtype != image.dtype:
            raise TypeError(f"{dtype} goes in and {compose(image=image)['image'].dtype} comes out")
        return lambda: compose(image=image)

    return make


def _kornia(dtype: str) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        import kornia.augmentation as K  # noqa: N812
        import torch

        image, high = _xray(scale, dtype), _HIGH[dtype]
        steps = K.AugmentationSequential(
            K.RandomAffine((_TURN, _TURN), (_SHIFT, _SHIFT), (_SCALE, _SCALE), p=1),
            K.RandomBrightness((1 + _GAIN, 1 + _GAIN), p=1),
            K.RandomContrast((1 + _GAIN, 1 + _GAIN), p=1),
            K.RandomGamma((_GAMMA, _GAMMA), p=1),
            K.RandomGaussianNoise(std=_STD, p=1),
            data_keys=["input"],
        )

        def work() -> Any:
            with torch.no_grad():
                tensor = torch.from_numpy(image).to(torch.float32)[None, None] / high
                out = steps(tensor)[0, 0].clamp_(0, 1)
                return out.numpy() if dtype == "float32" else (out * high).round().to(torch.uint8).numpy()

        return work

    return make


def _torchio(scale: Scale) -> Callable[[], Any]:
    import torch
    import torchio as tio

    tensor = torch.from_numpy(_xray(scale, "float32"))[None, ..., None]
    steps = tio.Compose(
        [
            tio.RandomAffine(
                scales=(_SCALE, _SCALE, _SCALE, _SCALE, 1, 1), degrees=(0, 0, 0, 0, _TURN, _TURN), isotropic=False
            ),
            tio.RandomGamma((0.18, 0.18)),
            tio.RandomNoise(0, (_STD, _STD)),
        ]
    )
    return lambda: steps(tensor)


def _monai(scale: Scale) -> Callable[[], Any]:
    import torch
    from monai import transforms as mt

    tensor = torch.from_numpy(_xray(scale, "float32"))[None]
    steps = mt.Compose(
        [
            mt.RandAffine(1, (0.122, 0.122), None, (10, 10), (0.05, 0.05), mode="bilinear", padding_mode="zeros"),
            mt.RandScaleIntensity((_GAIN, _GAIN), 1),
            mt.RandShiftIntensity((_GAIN, _GAIN), prob=1),
            mt.RandAdjustContrast(1, (_GAMMA, _GAMMA)),
            mt.RandGaussianNoise(1, 0, _STD),
        ]
    )
    return lambda: steps(tensor)


def _bare_warp(dtype: str) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        import cv2

        image = _xray(scale, dtype)
        side = len(image)
        matrix = cv2.getRotationMatrix2D((side / 2, side / 2), _TURN, _SCALE)
        return lambda: cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR)

    return make


def _copy(dtype: str) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        return _xray(scale, dtype).copy

    return make


_WORK = "affine + brightness/contrast + gamma + noise, 1024² "
_FLOATS = "has no kernels for {}: float32 and back, which is counted"


def _xray_case(dtype: str, peers: tuple[Contender, ...], reach: tuple[Reach, ...]) -> Case:
    return Case(
        f"xray-{dtype}",
        _WORK + dtype,
        ours=(Contender("domainaug.Pipeline", _pipeline(dtype), "ours"),),
        peers=peers,
        limits=(
            Contender("cv2.warpAffine alone", _bare_warp(dtype), "limit"),
            Contender("copy", _copy(dtype), "limit"),
        ),
        reach=reach,
    )


_ALBUMENTATIONS = "albumentations"
_FLOAT_ALBUMENTATIONS = Contender(
    "albumentations, float32", _compose("float32"), needs=(_ALBUMENTATIONS,), note="on a float32 picture"
)


@lru_cache(maxsize=2)
def _photo(scale: Scale) -> tuple[Any, Any]:
    side = 224 if scale == "full" else 40
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    mask = np.zeros((side, side), np.uint8)
    mask[side // 4 : side // 2, side // 3 : side // 2] = 1
    return image, mask


def _photo_with(name: str) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug import Pipeline
        from domainaug._albumentations import A

        image, mask = _photo(scale)
        steps = [A.HorizontalFlip(p=1), *_chain()]
        made = Pipeline(steps, seed=7) if name == "ours" else A.Compose(steps, seed=7)
        return lambda: made(image=image, mask=mask)

    return make


def _photo_kornia(scale: Scale) -> Callable[[], Any]:
    import kornia.augmentation as K  # noqa: N812
    import torch

    image, mask = _photo(scale)
    steps = K.AugmentationSequential(
        K.RandomHorizontalFlip(p=1),
        K.RandomAffine((_TURN, _TURN), (_SHIFT, _SHIFT), (_SCALE, _SCALE), p=1),
        K.RandomBrightness((1 + _GAIN, 1 + _GAIN), p=1),
        K.RandomContrast((1 + _GAIN, 1 + _GAIN), p=1),
        K.RandomGamma((_GAMMA, _GAMMA), p=1),
        K.RandomGaussianNoise(std=_STD, p=1),
        data_keys=["input", "mask"],
    )

    def work() -> Any:
        with torch.no_grad():
            tensor = torch.from_numpy(image).permute(2, 0, 1)[None].to(torch.float32) / 255
            out, label = steps(tensor, torch.from_numpy(mask)[None, None].to(torch.float32))
            return (out[0].clamp_(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy(), label

    return work


def _photo_warp(scale: Scale) -> Callable[[], Any]:
    import cv2

    image, mask = _photo(scale)
    side = len(image)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), _TURN, _SCALE)
    return lambda: (
        cv2.warpAffine(image, matrix, (side, side)),
        cv2.warpAffine(mask, matrix, (side, side), flags=cv2.INTER_NEAREST),
    )


CASES = (
    _xray_case(
        "uint8",
        (
            Contender("albumentations", _compose("uint8"), needs=(_ALBUMENTATIONS,)),
            Contender("kornia", _kornia("uint8"), needs=("kornia", "torch"), note=_FLOATS.format("uint8")),
        ),
        (Reach(2.4, "albumentations"), Reach(1.7, "cv2.warpAffine alone", most=True)),
    ),
    _xray_case(
        "uint16",
        (
            Contender("albumentations", _compose("uint16"), needs=(_ALBUMENTATIONS,)),
            _FLOAT_ALBUMENTATIONS,
        ),
        (Reach(2.4, "albumentations, float32"),),
    ),
    _xray_case(
        "float32",
        (
            _FLOAT_ALBUMENTATIONS,
            Contender("kornia", _kornia("float32"), needs=("kornia", "torch")),
            Contender("TorchIO", _torchio, needs=("torchio",), note="less work: has no brightness or contrast"),
            Contender("MONAI", _monai, needs=("monai",)),
        ),
        (Reach(2.4, "albumentations, float32"),),
    ),
    Case(
        "photo-224",
        "flip + affine + brightness/contrast + gamma + noise, 224² x 3 uint8 with mask, a call",
        ours=(Contender("domainaug.Pipeline", _photo_with("ours"), "ours"),),
        peers=(
            Contender("albumentations", _photo_with("albumentations"), needs=(_ALBUMENTATIONS,)),
            Contender("kornia", _photo_kornia, needs=("kornia", "torch"), note=_FLOATS.format("uint8")),
        ),
        limits=(Contender("cv2.warpAffine of both alone", _photo_warp, "limit"),),
        reach=(Reach(2.4, "albumentations"),),
    ),
)
