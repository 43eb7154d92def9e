"""What is done to the volume, by us, TorchIO and MONAI: the same physics at the same strength, or their nearest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.beside import figures
from benchmarks.beside.brain import LEVEL, SPACING, brain

__all__ = ["WORKS", "Work"]

Volume = NDArray[Any]
Maker = Callable[[Volume, int], Volume]
STD = 0.05 * LEVEL


@dataclass(frozen=True)
class Work:
    """One kind of physics.

    Attributes:
        name: How it is called.
        asked: What everybody is asked for.
        makers: By library, what makes (channels, slices, rows, columns) of such a volume and a seed.
        measure: What is measured of a volume before and after.
        told: How the figures are told; `{0}` is the median of the first.
        wanted: What they would be.
        gain: What differences are shown times.
        bends: Whether figures are of the map, and not of values.
        on: What they are measured on in place of the volume.
    """

    name: str
    asked: str
    makers: Mapping[str, Maker]
    measure: figures.Figure
    told: str
    wanted: str
    gain: float = 2.0
    bends: bool = False
    on: Callable[[Volume], Volume] = field(default=lambda volume: volume)

    def say(self, measured: Sequence[float]) -> str:
        """Return figures in words."""
        return self.told.format(*measured).replace("-0.00", "0.00")


def ours(make: Callable[[], Any], **call: Any) -> Maker:
    """Return what a transform of ours makes."""
    from domainaug.pipeline import Pipeline

    def made(volume: Volume, seed: int) -> Volume:
        pipeline = Pipeline([make()], seed=seed, value_range=(0.0, float(LEVEL)))
        shown = np.ascontiguousarray(np.moveaxis(volume, 0, -1) if len(volume) > 1 else volume[0])
        out = pipeline(volume=shown, spacing=SPACING, **call)["volume"]
        return np.moveaxis(out, -1, 0) if len(volume) > 1 else out[None]

    return made


def torchio(make: Callable[[Any], Any]) -> Maker:
    """Return what a transform of TorchIO makes."""

    def made(volume: Volume, seed: int) -> Volume:
        import torch
        import torchio as tio

        torch.manual_seed(seed)
        image = tio.ScalarImage(
            tensor=torch.from_numpy(np.ascontiguousarray(volume, np.float32)), affine=np.diag((*SPACING, 1))
        )
        return np.asarray(make(tio)(image).numpy())

    return made


def monai(make: Callable[[Any], Any]) -> Maker:
    """Return what a transform of MONAI makes."""

    def made(volume: Volume, seed: int) -> Volume:
        import torch
        from monai import transforms

        step = make(transforms)
        step.set_random_state(seed)
        out = step(torch.from_numpy(np.ascontiguousarray(volume, np.float32)))
        return np.asarray(out.numpy() if hasattr(out, "numpy") else out)

    return made


def noise_like(volume: Volume) -> Volume:
    """Return white noise in place of the brain."""
    return np.random.default_rng(0).normal(LEVEL, STD, volume.shape).astype(np.float32)


def _spike(mt: Any) -> Any:
    """MONAI asks for the logarithm of what a point of k-space becomes."""
    height = float(np.log(0.5 * brain().sum()))
    return mt.RandKSpaceSpikeNoise(1, intensity_range=(height, height), channel_wise=True)


def _ours(name: str, **given: Any) -> Callable[[], Any]:
    def make() -> Any:
        from domainaug import transforms

        return getattr(transforms, name)(**given, p=1)

    return make


WORKS = (
    Work(
        "Noise", "standard deviation 5 % of bright tissue",
        {
            "domainaug RicianNoise": ours(_ours("RicianNoise", std=STD)),
            "TorchIO RandomNoise": torchio(lambda tio: tio.RandomNoise(0, (STD, STD))),
            "MONAI RandRicianNoise": monai(lambda mt: mt.RandRicianNoise(1, 0, STD, relative=False, sample_std=False)),
        },
        figures.air(STD), "air: mean {0:.2f}, deviation {1:.2f} of the noise", "1.25 and 0.66 (Rayleigh)", 4.0,
    ),
    Work(
        "Bias field", "coefficients to 0.5, order 3",
        {
            "domainaug BiasField": ours(_ours("BiasField", coefficients=0.5, order=3)),
            "TorchIO RandomBiasField": torchio(lambda tio: tio.RandomBiasField(0.5, 3)),
            "MONAI RandBiasField": monai(lambda mt: mt.RandBiasField(3, coeff_range=(-0.5, 0.5), prob=1)),
        },
        figures.bias, "strongest / weakest {0:.1f}; off a cubic {1:.3f}", "smooth: 0 off a cubic", 1.0,
    ),
    Work(
        "Motion", "three moves, to 5 degrees and 5 mm",
        {
            "domainaug PatientMotion": ours(_ours("PatientMotion", degrees=5, mm=5, moves=3, phase_axis="rows")),
            "TorchIO RandomMotion": torchio(lambda tio: tio.RandomMotion(5, 5, 3)),
        },
        figures.stays_put, "lies {0:.2f} mm beside its labels", "0 mm", 2.0,
    ),
    Work(
        "Ghosting", "three copies of an eighth along the rows",
        {
            "domainaug Ghosting": ours(_ours("Ghosting", ghosts=3, intensity=0.125, phase_axis="rows")),
            "TorchIO RandomGhosting": torchio(lambda tio: tio.RandomGhosting((4, 4), (1,), (0.5, 0.5))),
        },
        figures.negative, "{0:.1%} of voxels below 0; sum {1:.2f} of before", "0 %: a magnitude is not negative", 2.0,
    ),
    Work(
        "Spike", "one point, a wave of half the mean",
        {
            "domainaug KSpaceSpike": ours(_ours("KSpaceSpike", amplitude=0.5, acquisition="3d")),
            "TorchIO RandomSpike": torchio(lambda tio: tio.RandomSpike(1, (0.5, 0.5))),
            "MONAI RandKSpaceSpikeNoise": monai(_spike),
        },
        figures.negative, "{0:.1%} of voxels below 0; sum {1:.2f} of before", "0 %: a magnitude is not negative", 2.0,
    ),
    Work(
        "Gibbs ringing", "the middle 0.6 of k-space along an axis",
        {
            "domainaug GibbsRinging": ours(_ours("GibbsRinging", kept=0.6)),
            "MONAI RandGibbsNoise": monai(lambda mt: mt.RandGibbsNoise(1, (0.576, 0.576))),
        },
        figures.negative, "{0:.1%} of voxels below 0; sum {1:.2f} of before", "0 %: a magnitude is not negative", 4.0,
    ),
    Work(
        "Thick slices", "8 mm along the rows, 4 rows each",
        {
            "domainaug ThickSlices": ours(_ours("ThickSlices", thickness_mm=8, axis="rows")),
            "TorchIO RandomAnisotropy": torchio(lambda tio: tio.RandomAnisotropy((1,), (4, 4))),
        },
        figures.noise_left, "leaves {0:.2f} of white noise", "at most 0.50: a slab is the mean of 4 rows",
        2.0, on=noise_like,
    ),
    Work(
        "Elastic", "7 control points, to 25 mm",
        {
            "domainaug Deform": ours(_ours("Deform", control_points=7, displacement_mm=25)),
            "TorchIO RandomElasticDeformation": torchio(lambda tio: tio.RandomElasticDeformation(7, 25)),
            "MONAI Rand3DElastic": monai(
                lambda mt: mt.Rand3DElastic((5, 7), (200, 400), prob=1, padding_mode="zeros", mode="bilinear")
            ),
        },
        figures.folding, "smallest Jacobian {0:.2f}; moves {1:.1f} mm", "above 0: nothing folds", 1.0, bends=True,
    ),
)  # fmt: skip
