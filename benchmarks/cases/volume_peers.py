"""How others do the work on a volume; whatever can be prepared once is prepared before the clock starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cases.volume_work import work_of
from benchmarks.harness import Scale

Run = Callable[[], Any]


def sitk_affine(scale: Scale) -> Run:
    """Resample image and mask; both are ITK images already."""
    import SimpleITK as sitk  # noqa: N813

    work = work_of(scale)
    image, mask = sitk.GetImageFromArray(work.volume), sitk.GetImageFromArray(work.mask)
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(work.matrix[:3, :3].ravel().tolist())
    transform.SetTranslation(work.matrix[:3, 3].tolist())
    return lambda: (
        sitk.Resample(image, transform, sitk.sitkLinear, 0.0),
        sitk.Resample(mask, transform, sitk.sitkNearestNeighbor, 0),
    )


def _subject(scale: Scale) -> Any:
    import torch
    import torchio as tio

    work = work_of(scale)
    return tio.Subject(
        image=tio.ScalarImage(tensor=torch.from_numpy(work.volume)[None]),
        mask=tio.LabelMap(tensor=torch.from_numpy(work.mask)[None]),
    )


def torchio_affine(scale: Scale) -> Run:
    """RandomAffine on a subject of image and label map."""
    import torchio as tio

    work, subject = work_of(scale), _subject(scale)
    s, d, t = work.scale, work.degrees, work.shift
    step = tio.RandomAffine((s, s) * 3, (d, d, 0, 0, 0, 0), (t, t) * 3, default_pad_value=0)
    return lambda: step(subject)


def torchio_everything(scale: Scale) -> Run:
    """Affine and elastic in one transform, then bias field, gamma, noise."""
    import torchio as tio

    work, subject = work_of(scale), _subject(scale)
    s, d, t = work.scale, work.degrees, work.shift
    affine = {"scales": (s, s) * 3, "degrees": (d, d, 0, 0, 0, 0), "translation": (t, t) * 3}
    elastic = {"num_control_points": 7, "max_displacement": work.amplitude, "locked_borders": 0}
    log_gamma = float(np.log(work.gamma))
    steps = tio.Compose(
        [
            tio.RandomAffineElasticDeformation(affine_kwargs=affine, elastic_kwargs=elastic),
            tio.RandomBiasField(0.3, work.order),
            tio.RandomGamma((log_gamma, log_gamma)),
            tio.RandomNoise(0, (work.std, work.std)),
        ]
    )
    return lambda: steps(subject)


def _monai_sample(scale: Scale) -> dict[str, Any]:
    import torch

    work = work_of(scale)
    return {"image": torch.from_numpy(work.volume)[None], "mask": torch.from_numpy(work.mask)[None]}


def monai_affine(scale: Scale) -> Run:
    """RandAffined on image and mask."""
    from monai import transforms as mt

    work, sample = work_of(scale), _monai_sample(scale)
    radians, grown = float(np.radians(work.degrees)), work.scale - 1
    step = mt.RandAffined(
        ["image", "mask"],
        prob=1,
        rotate_range=((radians, radians), 0, 0),
        translate_range=((work.shift, work.shift),) * 3,
        scale_range=((grown, grown),) * 3,
        mode=("bilinear", "nearest"),
        padding_mode="zeros",
    )
    return lambda: step(dict(sample))


def monai_everything(scale: Scale) -> Run:
    """Rand3DElasticd, which turns and grows as well, then bias field, gamma, noise."""
    from monai import transforms as mt

    work, sample = work_of(scale), _monai_sample(scale)
    radians, grown = float(np.radians(work.degrees)), work.scale - 1
    steps = mt.Compose(
        [
            mt.Rand3DElasticd(
                ["image", "mask"],
                sigma_range=(8, 8),
                magnitude_range=(200, 200),
                prob=1,
                rotate_range=((radians, radians), 0, 0),
                translate_range=((work.shift, work.shift),) * 3,
                scale_range=((grown, grown),) * 3,
                mode=("bilinear", "nearest"),
                padding_mode="zeros",
            ),
            mt.RandBiasFieldd("image", degree=work.order, coeff_range=(0, 0.3), prob=1),
            mt.RandAdjustContrastd("image", prob=1, gamma=(work.gamma, work.gamma)),
            mt.RandGaussianNoised("image", prob=1, std=work.std),
        ]
    )
    return lambda: steps(dict(sample))


def _bg_spatial(scale: Scale, elastic: float) -> Any:
    from batchgeneratorsv2.transforms.spatial.spatial import SpatialTransform

    work = work_of(scale)
    radians = float(np.radians(work.degrees))
    return SpatialTransform(
        patch_size=work.volume.shape,
        patch_center_dist_from_border=0,
        random_crop=False,
        p_elastic_deform=elastic,
        elastic_deform_scale=(0.2, 0.2),
        elastic_deform_magnitude=(0.05, 0.05),
        p_rotation=1,
        rotation=(radians, radians),
        p_scaling=1,
        scaling=(work.scale, work.scale),
        p_synchronize_scaling_across_axes=1,
        bg_style_seg_sampling=False,
        mode_seg="nearest",
    )


def _bg_sample(scale: Scale) -> dict[str, Any]:
    import torch

    work = work_of(scale)
    mask = torch.from_numpy(work.mask.astype(np.int16))[None]
    return {"image": torch.from_numpy(work.volume)[None], "segmentation": mask}


def bg_affine(scale: Scale) -> Run:
    """SpatialTransform without elastic deformation."""
    step, sample = _bg_spatial(scale, 0), _bg_sample(scale)
    return lambda: step(**sample)


def bg_everything(scale: Scale) -> Run:
    """SpatialTransform with elastic deformation, then gamma and noise."""
    from batchgeneratorsv2.transforms.intensity.gamma import GammaTransform
    from batchgeneratorsv2.transforms.intensity.gaussian_noise import GaussianNoiseTransform
    from batchgeneratorsv2.transforms.utils.compose import ComposeTransforms

    work, sample = work_of(scale), _bg_sample(scale)
    gamma = GammaTransform(
        (work.gamma, work.gamma), p_invert_image=0, synchronize_channels=True, p_per_channel=1, p_retain_stats=0
    )
    noise = GaussianNoiseTransform((work.std, work.std), p_per_channel=1, synchronize_channels=True)
    steps = ComposeTransforms([_bg_spatial(scale, 1), gamma, noise])
    return lambda: steps(**sample)


def scipy_affine(scale: Scale) -> Run:
    """ndimage.affine_transform of both."""
    from scipy import ndimage

    work = work_of(scale)
    matrix, offset = work.matrix[2::-1, 2::-1], work.matrix[2::-1, 3]
    return lambda: (
        ndimage.affine_transform(work.volume, matrix, offset, order=1),
        ndimage.affine_transform(work.mask, matrix, offset, order=0),
    )


def scipy_everything(scale: Scale) -> Run:
    """One map_coordinates each, over coordinates of the matrix and a linearly upsampled displacement."""
    from scipy import ndimage

    work, rng = work_of(scale), np.random.default_rng(0)
    shape = work.volume.shape
    zoom = np.array(shape) / 7
    axes = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in shape), indexing="ij", sparse=True)
    linear, offset = work.matrix[2::-1, 2::-1].astype(np.float32), work.matrix[2::-1, 3].astype(np.float32)
    log_bias = np.log(_coarse_bias(work.bias, work.order, 16))

    def work_once() -> Any:
        coordinates = np.empty((3, *shape), np.float32)
        for axis in range(3):
            moved = ndimage.zoom(work.mesh[2 - axis], zoom, order=1)
            coordinates[axis] = sum(linear[axis, i] * axes[i] for i in range(3)) + offset[axis] + moved
        image = ndimage.map_coordinates(work.volume, coordinates, order=1)
        mask = ndimage.map_coordinates(work.mask, coordinates, order=0)
        image *= np.exp(ndimage.zoom(log_bias, np.array(shape) / 16, order=1))
        image = work.high * np.clip(image / work.high, 0, None) ** np.float32(work.gamma)
        return image + np.float32(work.std) * rng.standard_normal(shape, dtype=np.float32), mask

    return work_once


def _grid_matrix(matrix: Any, shape: Any) -> Any:
    """Return the (3, 4) matrix of `affine_grid`, whose coordinates run from -1 to 1 over voxel centers."""
    half = (np.array(shape[::-1]) - 1) / 2
    to_voxels = np.diag([*half, 1.0])
    to_voxels[:3, 3] = half
    return (np.linalg.inv(to_voxels) @ matrix @ to_voxels)[:3]


def torch_affine(scale: Scale) -> Run:
    """affine_grid once, grid_sample twice."""
    import torch
    from torch.nn import functional as F  # noqa: N812

    work = work_of(scale)
    volume, mask = torch.from_numpy(work.volume)[None, None], torch.from_numpy(work.mask)[None, None]
    theta = torch.from_numpy(_grid_matrix(work.matrix, work.volume.shape)).float()[None]

    def work_once() -> Any:
        grid = F.affine_grid(theta, list(volume.shape), align_corners=True)
        return (
            F.grid_sample(volume, grid, align_corners=True),
            F.grid_sample(mask.float(), grid, "nearest", align_corners=True).byte(),
        )

    return work_once


def torch_everything(scale: Scale) -> Run:
    """affine_grid plus an upsampled coarse displacement, grid_sample twice, then in-place arithmetic."""
    import torch
    from torch.nn import functional as F  # noqa: N812

    work = work_of(scale)
    shape = work.volume.shape
    volume, mask = torch.from_numpy(work.volume)[None, None], torch.from_numpy(work.mask)[None, None]
    theta = torch.from_numpy(_grid_matrix(work.matrix, shape)).float()[None]
    half = torch.tensor([(n - 1) / 2 for n in shape[::-1]])
    coarse = torch.from_numpy(work.mesh)[None] / half[None, :, None, None, None]
    log_bias = torch.from_numpy(np.log(_coarse_bias(work.bias, work.order, 16)))[None, None]

    def work_once() -> Any:
        with torch.no_grad():
            grid = F.affine_grid(theta, list(volume.shape), align_corners=True)
            moved = F.interpolate(coarse, shape, mode="trilinear", align_corners=True)
            grid += moved.permute(0, 2, 3, 4, 1)
            image = F.grid_sample(volume, grid, align_corners=True)
            label = F.grid_sample(mask.float(), grid, "nearest", align_corners=True).byte()
            image *= F.interpolate(log_bias, shape, mode="trilinear", align_corners=True).exp_()
            image.div_(work.high).clamp_(min=0).pow_(work.gamma).mul_(work.high)
            return image.add_(torch.randn(image.shape), alpha=work.std), label

    return work_once


def _coarse_bias(coefficients: tuple[float, ...], order: int, points: int) -> Any:
    """Return the field at points^3 places, float32, for those who upsample it."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, points),) * 3, indexing="ij")
    powers = [(i, j, k) for i in range(order + 1) for j in range(order + 1 - i) for k in range(order + 1 - i - j)]
    terms = (c * x**i * y**j * z**k for c, (i, j, k) in zip(coefficients, powers, strict=True))
    return np.exp(sum(terms)).astype(np.float32)
