"""A float32 volume with a mask: affine alone, and affine, elastic, bias field, gamma and noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cases import volume_peers as peers
from benchmarks.cases.volume_work import Work, work_of
from benchmarks.harness import Case, Contender, Reach, Scale


def _kernel(everything: bool) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug.kernels.point import Bias, Noise, Point, Power
        from domainaug.kernels.resample import resample_labels, resample_volume
        from domainaug.kernels.volume_map import VolumeMap

        work = work_of(scale)
        mesh = work.mesh if everything else None
        volume_map = VolumeMap(work.volume.shape, work.matrix, work.volume.shape, mesh)
        point = None
        if everything:
            ops = (Bias(work.bias, work.order), Power(work.gamma), Noise(work.std / work.high, 7))
            point = Point(ops, 0, work.high, clip=False)
        image, mask = np.empty_like(work.volume), np.empty_like(work.mask)
        return lambda: (
            resample_volume(work.volume, volume_map, point=point, out=image, threads=1),
            resample_labels(work.mask, volume_map, out=mask, threads=1),
        )

    return make


def _pipeline(everything: bool) -> Callable[[Scale], Callable[[], Any]]:
    def make(scale: Scale) -> Callable[[], Any]:
        from domainaug import Pipeline
        from domainaug.transforms import BiasField, Deform, Gamma, GaussianNoise, VolumeAffine

        work = work_of(scale)
        scales, turn = (work.scale, work.scale), (work.degrees, work.degrees)
        steps: list[Any] = [VolumeAffine(rotate=turn, scale=scales, translate_mm=(work.shift, work.shift), p=1)]
        if everything:
            bend = Deform(7, displacement_px=(work.amplitude, work.amplitude), locked_borders=0, p=1)
            log_gamma = float(np.log(work.gamma))
            steps += [
                bend,
                BiasField(0.3, p=1),
                Gamma((log_gamma, log_gamma), p=1),
                GaussianNoise((work.std, work.std), p=1),
            ]
        pipeline = Pipeline(steps, seed=7, value_range=(0, work.high))
        return lambda: pipeline(volume=work.volume, mask3d=work.mask, spacing=(1, 1, 1))

    return make


def _copy(scale: Scale) -> Callable[[], Any]:
    work: Work = work_of(scale)
    image, mask = np.empty_like(work.volume), np.empty_like(work.mask)
    return lambda: (np.copyto(image, work.volume), np.copyto(mask, work.mask))


_SIZE = "128 x 256 x 256 float32 and mask"

CASES = (
    Case(
        "volume-affine",
        f"affine, {_SIZE}",
        ours=(
            Contender("domainaug.kernels.resample", _kernel(False), "ours"),
            Contender("domainaug.Pipeline", _pipeline(False), "ours", note="draws, checks, and a new array each time"),
        ),
        peers=(
            Contender("SimpleITK", peers.sitk_affine, needs=("SimpleITK",)),
            Contender("TorchIO", peers.torchio_affine, needs=("torchio",), rounds=1),
            Contender("MONAI", peers.monai_affine, needs=("monai",), rounds=1),
            Contender("batchgeneratorsv2", peers.bg_affine, needs=("batchgeneratorsv2",), rounds=1),
            Contender("SciPy affine_transform", peers.scipy_affine, needs=("scipy",), rounds=1),
            Contender("PyTorch affine_grid and grid_sample", peers.torch_affine, "by hand", needs=("torch",), rounds=3),
        ),
        limits=(Contender("copy of both", _copy, "limit"),),
        reach=(Reach(4, "SimpleITK"),),
        rounds=5,
    ),
    Case(
        "volume-everything",
        f"affine + elastic + bias field + gamma + noise, {_SIZE}",
        ours=(
            Contender("domainaug.kernels.resample", _kernel(True), "ours", note="one pass"),
            Contender("domainaug.Pipeline", _pipeline(True), "ours", note="draws, checks, and a new array each time"),
        ),
        peers=(
            Contender(
                "batchgeneratorsv2",
                peers.bg_everything,
                needs=("batchgeneratorsv2",),
                note="less work: has no bias field; elastic by smoothed noise",
                rounds=2,
            ),
            Contender(
                "MONAI",
                peers.monai_everything,
                needs=("monai",),
                note="elastic by smoothed noise",
                rounds=1,
            ),
            Contender(
                "TorchIO", peers.torchio_everything, needs=("torchio",), note="elastic by ITK's B-spline", rounds=1
            ),
            Contender(
                "PyTorch by hand",
                peers.torch_everything,
                "by hand",
                needs=("torch",),
                note="coarse grids of displacement and bias, upsampled linearly; grid_sample",
                rounds=3,
            ),
            Contender(
                "SciPy by hand",
                peers.scipy_everything,
                "by hand",
                needs=("scipy",),
                note="coarse grids, upsampled linearly; map_coordinates",
                rounds=1,
            ),
        ),
        limits=(Contender("copy of both", _copy, "limit"),),
        reach=(Reach(30), Reach(10, "PyTorch by hand")),
        rounds=5,
        cannot={"SimpleITK": "resamples by affine and B-spline at once, but has no random bias field to follow"},
    ),
)
