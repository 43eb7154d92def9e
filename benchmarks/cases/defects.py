"""Perlin masks, pasted defects, and drawn ones."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import files
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.harness import Case, Contender, Reach, Scale

_CELLS = 8


def _side(scale: Scale, full: int) -> int:
    return full if scale == "full" else 32


def _perlin_ours(full: int) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug.kernels.perlin import perlin_mask

        side = _side(scale, full)
        return lambda: perlin_mask((side, side), _CELLS, 0.5, 7, threads=1)

    return make


def _perlin_anomalib(full: int) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        generate, side = _anomalib().generate_perlin_noise, _side(scale, full)
        return lambda: generate(side, side, (_CELLS, _CELLS)) > 0.5

    return make


@lru_cache(maxsize=1)
def _anomalib() -> ModuleType:
    """Load anomalib's own file; stand-ins take the place of what that file imports for its other functions."""
    name = "anomalib/data/utils/generators/perlin.py"
    path = next(each.locate() for each in files("anomalib") or () if str(each) == name)
    spec = importlib.util.spec_from_file_location("anomalib_perlin", str(path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    transforms = ModuleType("torchvision.transforms")
    transforms.v2 = mock.MagicMock(Transform=object)  # type: ignore[attr-defined]
    stand_ins = {
        "torchvision": mock.MagicMock(),
        "torchvision.datasets": mock.MagicMock(),
        "torchvision.datasets.folder": mock.MagicMock(),
        "torchvision.transforms": transforms,
        "anomalib": mock.MagicMock(),
        "anomalib.data": mock.MagicMock(),
        "anomalib.data.transforms": mock.MagicMock(),
    }
    with mock.patch.dict(sys.modules, stand_ins):
        spec.loader.exec_module(module)
    return module


def _perlin_numpy(full: int) -> Callable[[Scale], Callable[[], Any]]:
    """The usual NumPy code, as DRAEM's authors and many after them write it: every corner for every pixel."""

    def make(scale: Scale) -> Callable[[], Any]:
        side, rng = _side(scale, full), np.random.default_rng(0)
        each = side // _CELLS

        def work() -> Any:
            angles = 2 * np.pi * rng.random((_CELLS + 1, _CELLS + 1))
            gradients = np.stack((np.cos(angles), np.sin(angles)), axis=-1)
            place = np.stack(np.mgrid[0 : _CELLS : 1 / each, 0 : _CELLS : 1 / each], axis=-1) % 1
            spread = gradients.repeat(each, 0).repeat(each, 1)
            rise = 6 * place**5 - 15 * place**4 + 10 * place**3
            corner = {
                (i, j): ((place - (i, j)) * spread[i * each : i * each + side, j * each : j * each + side]).sum(-1)
                for i in (0, 1)
                for j in (0, 1)
            }
            left = corner[0, 0] + rise[..., 0] * (corner[1, 0] - corner[0, 0])
            right = corner[0, 1] + rise[..., 0] * (corner[1, 1] - corner[0, 1])
            return np.sqrt(2) * (left + rise[..., 1] * (right - left)) > 0.5

        return work

    return make


def _memset(full: int) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        mask = np.empty((_side(scale, full),) * 2, np.uint8)
        return lambda: mask.fill(1)

    return make


def _perlin(full: int, times: float) -> Case:
    return Case(
        f"perlin-{full}",
        f"Perlin mask {full}², {_CELLS} x {_CELLS} cells",
        ours=(Contender("domainaug", _perlin_ours(full), "ours"),),
        peers=(
            Contender(
                "anomalib",
                _perlin_anomalib(full),
                needs=("torch", "anomalib"),
                note="its `generate_perlin_noise`, loaded without torchvision, which that function does not use",
            ),
            Contender("NumPy as in DRAEM", _perlin_numpy(full), "by hand"),
        ),
        limits=(Contender("writing the mask", _memset(full), "limit"),),
        reach=(Reach(times, "anomalib"),),
    )


@lru_cache(maxsize=2)
def _scene(scale: Scale) -> tuple[Any, Any, Any, tuple[int, int]]:
    """Return background, patch, mask of a disc, and where the patch goes."""
    import cv2

    side, small = (1024, 128) if scale == "full" else (64, 24)
    rng = np.random.default_rng(0)
    background = cv2.GaussianBlur(rng.integers(0, 256, (side, side, 3), dtype=np.uint8), (0, 0), 5)
    patch = cv2.GaussianBlur(rng.integers(0, 256, (small, small, 3), dtype=np.uint8), (0, 0), 2)
    far = np.hypot(*np.mgrid[:small, :small] - (small - 1) / 2)
    return background, patch, (far < 0.43 * small).astype(np.uint8), (side // 3, side // 4)


def _paste_ours(blend: Any) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug.kernels.paste import paste

        background, patch, mask, at = _scene(scale)
        return lambda: paste(background, patch, mask, at, blend=blend)

    return make


def _seamless(scale: Scale) -> Callable[[], Any]:
    import cv2

    background, patch, mask, at = _scene(scale)
    middle = (at[1] + patch.shape[1] // 2, at[0] + patch.shape[0] // 2)
    return lambda: cv2.seamlessClone(patch, background, mask * 255, middle, cv2.NORMAL_CLONE)


def _whole_alpha(scale: Scale) -> Callable[[], Any]:
    import cv2

    background, patch, mask, at = _scene(scale)

    def work() -> Any:
        alpha, source = np.zeros(background.shape[:2]), np.zeros_like(background)
        window = np.s_[at[0] : at[0] + len(patch), at[1] : at[1] + len(patch)]
        alpha[window], source[window] = mask, patch
        alpha = cv2.GaussianBlur(alpha, (9, 9), 0)[..., None]
        return (background * (1 - alpha) + source * alpha).astype(np.uint8)

    return work


def _copy(scale: Scale) -> Callable[[], Any]:
    return _scene(scale)[0].copy


def _paste(name: str, blend: str, times: float, note: str) -> Case:
    side = "defect paste 128² into 1024² x 3"
    return Case(
        f"paste-{name}",
        f"{side}, {name}",
        ours=(Contender("domainaug", _paste_ours(blend), "ours", note=note),),
        peers=(
            Contender("cv2.seamlessClone", _seamless, note="gradient-domain"),
            Contender("alpha over the whole picture", _whole_alpha, "by hand", note="feathered, in float64"),
        ),
        limits=(Contender("copy of the picture", _copy, "limit"),),
        reach=(Reach(times, "cv2.seamlessClone"),),
    )


_DRAWN = {
    "scratch": {"length_mm": 11.5, "width_mm": 0.15},
    "dent": {"diameter_mm": 7.0},
    "stain": {"diameter_mm": 8.0},
}
"""Kinds, and sizes at which their window is about 128 pixels at 0.1 mm."""


def _drawn(name: str) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug.manufacturing import Gate, Part, Relight, Site, kind

        rng, side = np.random.default_rng(0), _side(scale, 1024)
        photograph = (110 + rng.normal(0, 2, (side, side)) + rng.normal(0, 3, (1, side))).astype(np.uint8)
        part, drawer, seeds = Part(pixel_pitch_mm=0.1), kind(name, **_DRAWN[name]), iter(range(1 << 30))

        def work() -> Any:
            site = Site.of(photograph, part)
            return Gate().judge(Relight().draw(drawer.draw(next(seeds), site), site), site)

        return work

    return make


def _judged(name: str) -> Case:
    return Case(
        f"defect-drawn-{name}",
        f"{name} of 128 pixels drawn, relit and judged on 1024²",
        ours=(Contender("domainaug", _drawn(name), "ours"),),
        peers=(),
        limits=(Contender("copy of the picture", _copy, "limit"),),
        reach=(Reach(within=0.06),),
    )


def _pasted(scale: Scale) -> Callable[[], Any]:
    from domainaug.manufacturing import Part, Response, Site, to_light
    from domainaug.manufacturing.pasting.paste import paste
    from domainaug.manufacturing.pasting.patch import Patch

    background, patch, mask, _ = _scene(scale)
    site = Site.of(background, Part(pixel_pitch_mm=0.1))
    ready = Patch("bank", to_light(patch, Response(), (0, 255)), mask > 0, 0.1, (0.5, 0.5))
    return lambda: paste(ready, site, np.random.default_rng(1), blend="poisson", place=(0.4, 0.4))


def _on_part(scale: Scale) -> Callable[[], Any]:
    from domainaug.manufacturing import Foreground, Part, Site, perlin_texture

    side = _side(scale, 1024)
    far = np.hypot(*np.mgrid[:side, :side] - (side - 1) / 2)
    level = np.where(far < side / 4, 120, 10) + np.random.default_rng(0).normal(0, 3, (side, side))
    part = Part(pixel_pitch_mm=0.1, foreground=Foreground("threshold", threshold=0.2))
    site, seeds = Site.of(np.clip(level, 0, 255).astype(np.uint8), part), iter(range(1 << 30))
    return lambda: perlin_texture(site, np.random.default_rng(next(seeds)), grain_mm=0.1 * side / _CELLS)


_BANK = Case(
    "defect-pasted",
    "a real defect of 128 pixels pasted by Poisson's equation, in light, into 1024² x 3",
    ours=(Contender("domainaug", _pasted, "ours", note="with a place on the part, and the mask by what changed"),),
    peers=(Contender("cv2.seamlessClone", _seamless, note="into values, at a place that is told; no mask"),),
    limits=(Contender("copy of the picture", _copy, "limit"),),
    reach=(Reach(1.0, "cv2.seamlessClone", most=True),),
)

_ON_PART = Case(
    "defect-perlin",
    "another texture on a fifth of 1024² where noise is highest",
    ours=(
        Contender("domainaug", _on_part, "ours", note="on the part by construction; texture, mask and picture as well"),
    ),
    peers=(
        Contender(
            "anomalib",
            _perlin_anomalib(1024),
            needs=("torch", "anomalib"),
            note="less work: its noise alone, anywhere in the picture, without texture and picture",
        ),
    ),
    limits=(Contender("writing the mask", _memset(1024), "limit"),),
    reach=(Reach(5.0, "anomalib"),),
)

CASES = (
    *(_judged(name) for name in _DRAWN),
    _BANK,
    _ON_PART,
    _perlin(256, 100),
    _perlin(1024, 200),
    _paste("feather", "feather", 4, "into a new picture; also tells which pixels changed"),
    _paste("gradient-domain", "membrane", 2, "into a new picture; also tells which pixels changed; not cv2's solver"),
)
