"""Every target albumentations has goes through, alone and in stacks, and comes back in its type and shape."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.pipeline import Pipeline

sys.path.insert(0, str(Path(__file__).parent))
from examples import EXAMPLES, named

RNG = np.random.default_rng(0)
PICTURES = {
    "image": (40, 50, 3),
    "images": (2, 40, 50, 3),
    "mask": (40, 50),
    "masks": (4, 40, 50),
}
VOLUMES = {
    "volume": (6, 40, 50),
    "volumes": (2, 6, 40, 50),
    "mask3d": (6, 40, 50),
    "masks3d": (3, 6, 40, 50),
}
FLAT = (
    *("ComponentCrop-0", "ComponentCrop-1", "ComponentCrop-2", "CropMm-3", "Deform-2", "Deform-3"),
    *("DrawDefect-0", "DrawDefect-1", "DrawDefect-2", "PasteDefect-0", "PasteDefect-1"),
    *("SyntheticAnomaly-0", "SyntheticAnomaly-1", "SyntheticAnomaly-2"),
)
"""Told about two axes only."""


def sample(shapes):
    return {name: RNG.integers(0, 3 if "mask" in name else 256, shape, np.uint8) for name, shape in shapes.items()}


def expected_shape(transform, name, array, out):
    """That of the input; of what cuts or turns arrays, whatever its pictures have become."""
    if not transform.regrids:
        return array.shape
    axes = 3 if "volume" in name or "3d" in name else 2
    leading = 1 if name.endswith("s") or name.endswith("s3d") else 0
    shown = out["volume" if axes == 3 else "image"].shape[:axes]
    return (*array.shape[:leading], *shown, *array.shape[leading + axes :])


@pytest.mark.parametrize("transform", EXAMPLES, ids=named)
@pytest.mark.parametrize(
    "make", [A.Compose, lambda steps, seed: Pipeline(steps, seed=seed)], ids=["compose", "pipeline"]
)
def test_all_of_them(transform, make):
    kinds = (VOLUMES,) if type(transform).__name__ == "VolumeAffine" else (PICTURES, VOLUMES)
    kinds = (PICTURES,) if named(transform) in FLAT else kinds
    for shapes in kinds:
        data = sample(shapes)
        if getattr(transform, "gray", False):
            data |= {name: np.ascontiguousarray(data[name][..., 0]) for name in ("image", "images") if name in data}
        before = {name: array.copy() for name, array in data.items()}
        out = make([transform], seed=3)(**data)
        for name, array in before.items():
            assert np.array_equal(data[name], array), f"{name} was written to"
            assert out[name].shape == expected_shape(transform, name, array, out)
            assert out[name].dtype == array.dtype
            if "mask" in name:
                assert set(np.unique(out[name])) <= {0, 1, 2}
        if isinstance(transform, A.ImageOnlyTransform):
            assert all(np.array_equal(out[name], array) for name, array in before.items() if "mask" in name)


@pytest.mark.parametrize("transform", EXAMPLES, ids=named)
def test_the_same_draw_is_the_same_picture(transform):
    name, shape = ("volume", (6, 40, 50)) if type(transform).__name__ == "VolumeAffine" else ("image", (40, 50))
    values = RNG.integers(0, 256, shape, np.uint8)
    one, two = (A.Compose([transform], seed=8)(**{name: values})[name] for _ in range(2))
    assert np.array_equal(one, two)
    apply = transform.apply if name == "image" else transform.apply_to_volume
    assert np.array_equal(apply(values, **transform.params), two)  # nothing is drawn while applying


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (33, 31)])
@pytest.mark.parametrize("transform", [each for each in EXAMPLES if type(each).__name__ != "VolumeAffine"], ids=named)
def test_pictures_of_any_size(transform, shape):
    image, compose = np.full(shape, 90, np.uint8), A.Compose([transform], seed=1)
    if named(transform) == "ColoredNoise-2" and shape == (1, 1):
        with pytest.raises(ImageError, match=r"^ColoredNoise has no such grain for \(1, 1\): spectrum is 0 at every"):
            compose(image=image)
        return
    out = compose(image=image)["image"]
    assert out.shape == shape or (transform.regrids and out.ndim == 2 and out.size)
