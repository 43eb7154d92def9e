"""Every draw that is read as a map: the map, evaluated, is what the transform itself makes of a picture.

Compared are float32 pictures of one channel, for which the OpenCV functions behind albumentations interpolate in
floats. What differs is told at each tolerance; pictures are noise of range 1, the hardest there is, unless a test
says smooth.
"""

from __future__ import annotations

import warnings
from functools import partial

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug._albumentations import A
from domainaug._albumentations.leaves import draw
from domainaug._albumentations.maps import drawn_from_shape, map_of, settings_of
from domainaug._albumentations.streams import Streams
from domainaug.kernels.engine import using
from domainaug.kernels.maps import Field, PixelMap, Projective
from domainaug.kernels.plain.warp import exact_remap
from domainaug.kernels.warp import warp

CONSTANT, REPLICATE, REFLECT, WRAP, REFLECT_101 = range(5)
SHAPES = [(37, 53), (52, 24), (31, 31)]

EXACT = {
    "NoOp": A.NoOp,
    "HorizontalFlip": A.HorizontalFlip,
    "VerticalFlip": A.VerticalFlip,
    "Transpose": A.Transpose,
    "D4": A.D4,
    "SquareSymmetry": A.SquareSymmetry,
    "RandomRotate90": A.RandomRotate90,
    "Crop": partial(A.Crop, 1, 2, 9, 10),
    "Crop, padded": partial(A.Crop, 3, 1, 70, 80, pad_if_needed=True, fill=0.25),
    "Crop, padded at random": partial(
        A.Crop, 0, 0, 70, 80, pad_if_needed=True, pad_position="random", border_mode=REFLECT_101
    ),
    "CenterCrop": partial(A.CenterCrop, 9, 7),
    "CenterCrop, padded": partial(A.CenterCrop, 40, 60, pad_if_needed=True, border_mode=REPLICATE),
    "RandomCrop": partial(A.RandomCrop, 9, 7),
    "RandomCrop, padded": partial(A.RandomCrop, 40, 60, pad_if_needed=True, pad_position="random", fill=0.5),
    "RandomCropFromBorders": partial(A.RandomCropFromBorders, 0.2, 0.3, 0.1, 0.4),
    "RandomCropNearBBox": A.RandomCropNearBBox,
    "CropNonEmptyMaskIfExists": partial(A.CropNonEmptyMaskIfExists, 9, 7),
    "BBoxSafeRandomCrop": A.BBoxSafeRandomCrop,
    "AtLeastOneBBoxRandomCrop": partial(A.AtLeastOneBBoxRandomCrop, 9, 7),
    "Pad": partial(A.Pad, (3, 5, 2, 9), fill=0.75),
    "Pad, by two": partial(A.Pad, (3, 5), border_mode=WRAP),
    "Pad, further than the picture is large": partial(A.Pad, 120, border_mode=REFLECT),
    "PadIfNeeded": partial(A.PadIfNeeded, 50, 60, position="random"),
    "PadIfNeeded, to multiples": partial(
        A.PadIfNeeded, None, None, pad_height_divisor=16, pad_width_divisor=32, border_mode=REFLECT_101
    ),
    "CropAndPad": partial(A.CropAndPad, px=(-6, 8), keep_size=False, fill=0.5),
    "CropAndPad, mirrored": partial(A.CropAndPad, percent=(-0.2, 0.2), keep_size=False, border_mode=REFLECT_101),
}

RESIZING = {
    "Resize": partial(A.Resize, 41, 29),
    "Resize, to the same": partial(A.Resize, 37, 53),
    "Resize, by area when smaller": partial(A.Resize, 90, 80, area_for_downscale="image"),
    "Resize, nearest exact": partial(A.Resize, 61, 30, interpolation=cv2.INTER_NEAREST_EXACT),
    "Resize, nearest": partial(A.Resize, 61, 30, interpolation=cv2.INTER_NEAREST),
    "Resize, nearest twice": partial(A.Resize, 74, 106, interpolation=cv2.INTER_NEAREST),
    "Resize, cubic": partial(A.Resize, 61, 30, interpolation=cv2.INTER_CUBIC),
    "LongestMaxSize": partial(A.LongestMaxSize, [31, 77]),
    "LongestMaxSize, of height and width": partial(A.LongestMaxSize, max_size_hw=(40, 50)),
    "SmallestMaxSize": partial(A.SmallestMaxSize, 43),
    "RandomScale": partial(A.RandomScale, (-0.5, 0.5)),
    "RandomResizedCrop": partial(A.RandomResizedCrop, (33, 47)),
    "RandomSizedCrop": partial(A.RandomSizedCrop, (8, 20), (33, 47), w2h_ratio=0.7),
    "RandomSizedBBoxSafeCrop": partial(A.RandomSizedBBoxSafeCrop, 33, 47),
    "CropAndPad, to size": partial(A.CropAndPad, px=(-6, 8), fill=0.5),
    "CropAndPad, mirrored, to size": partial(A.CropAndPad, percent=(-0.2, 0.2), border_mode=REFLECT),
}

MATRICES = {
    "Affine": partial(
        A.Affine, scale=(0.6, 1.6), translate_percent=(-0.2, 0.2), rotate=(-180, 180), shear=(-20, 20), fill=0.25
    ),
    "Affine, all in view": partial(A.Affine, scale=(0.6, 1.6), rotate=(-180, 180), shear=(-20, 20), fit_output=True),
    "Affine, nothing": partial(A.Affine, fit_output=True),
    "Affine, shifted": partial(A.Affine, translate_px=(-9, 9), border_mode=REPLICATE),
    "Affine, as often larger": partial(A.Affine, scale=(0.5, 3), balanced_scale=True, keep_ratio=True),
    "Affine, mirrored": partial(A.Affine, scale=(0.3, 0.8), rotate=(-90, 90), border_mode=REFLECT),
    "Affine, mirrored at centers": partial(A.Affine, scale=(0.3, 0.8), rotate=(-90, 90), border_mode=REFLECT_101),
    "Affine, repeated": partial(A.Affine, scale=(0.3, 0.8), rotate=(-90, 90), border_mode=WRAP),
    "Affine, by area": partial(A.Affine, scale=(0.6, 1.6), rotate=(-90, 90), interpolation=cv2.INTER_AREA),
    "ShiftScaleRotate": partial(A.ShiftScaleRotate, 0.2, 0.4, 90, fill=0.5),
    "Rotate": partial(A.Rotate, 180, fill=0.75),
    "Rotate, cropped": partial(A.Rotate, 60, crop_border=True),
    "SafeRotate": partial(A.SafeRotate, 180),
    "Perspective": partial(A.Perspective, (0.05, 0.2)),
    "Perspective, by area": partial(A.Perspective, (0.05, 0.2), interpolation=cv2.INTER_AREA),
    "Perspective, all in view": partial(A.Perspective, (0.05, 0.2), fit_output=True, fill=0.5),
    "Perspective, of another size": partial(A.Perspective, (0.05, 0.2), keep_size=False, border_mode=REPLICATE),
    "Perspective, all, of another size": partial(A.Perspective, (0.05, 0.2), keep_size=False, fit_output=True),
}

FIELDS = {
    "ElasticTransform": partial(A.ElasticTransform, 60, 6),
    "ElasticTransform, mirrored": partial(A.ElasticTransform, 60, 6, same_dxdy=True, border_mode=REFLECT_101),
    "ElasticTransform, by area": partial(A.ElasticTransform, 60, 6, interpolation=cv2.INTER_AREA),
    "GridDistortion": partial(A.GridDistortion, 4, fill=0.5),
    "OpticalDistortion": partial(A.OpticalDistortion, 0.4),
    "OpticalDistortion, fisheye": partial(A.OpticalDistortion, 0.4, mode="fisheye", border_mode=REPLICATE),
    "ThinPlateSpline": partial(A.ThinPlateSpline),
    "PiecewiseAffine": partial(A.PiecewiseAffine, (0.03, 0.05)),
}

ALL = {**EXACT, **RESIZING, **MATRICES, **FIELDS}


@pytest.fixture(autouse=True, scope="module")
def _plain_loops():
    """The maps are under test, and not the loops that evaluate them."""
    with using("plain"):
        yield


def made(build):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return build(p=1)


def labels(shape):
    height, width = shape
    mask = np.zeros(shape, np.uint8)
    mask[height // 2, width // 3] = 1
    box = (width // 4, height // 4, width // 4 + width // 2, height // 4 + height // 2)
    return {"mask": mask, "bboxes": np.array([[0.2, 0.3, 0.6, 0.7], [0.5, 0.1, 0.9, 0.4]]), "cropping_bbox": box}


def drawn(leaf, image, seed):
    stream = Streams((seed,)).at((0,))
    leaf.set_random_state(stream.generator, stream.python)
    return draw(leaf, {"image": image, **labels(image.shape[:2])})


def noise(shape, seed=0):
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


def smooth(shape):
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return (0.5 + 0.25 * np.sin(x / 9 + 1) + 0.25 * np.cos(y / 7 - x / 23)).astype(np.float32)


def both(leaf, image, seed):
    """Return what a transform makes of a picture, and what its map does."""
    params = drawn(leaf, image, seed)
    pixel_map = map_of(leaf, params, image.shape[:2])
    assert pixel_map is not None
    mapped = warp(image, pixel_map, order=order_of(leaf), fill=settings_of(leaf).fill or 0.0)
    return np.asarray(leaf.apply(image, **params)), mapped


def order_of(leaf):
    order = settings_of(leaf).order
    return "linear" if order == "any" else order


FINE = 1e-3 if exact_remap() else 0.06
"""Of the range. OpenCV 5 interpolates in floats; version 4 on a grid of 1/32 pixel, and noise has slopes of 2."""

SEEDS = range(6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", EXACT)
def test_what_moves_whole_pixels_is_the_same_to_the_bit(name, shape):
    leaf = made(EXACT[name])
    assert settings_of(leaf).order in ("any", "linear")
    for seed in SEEDS:
        own, mapped = both(leaf, noise(shape, seed), seed)
        np.testing.assert_array_equal(mapped, own)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [name for name in [*RESIZING, *MATRICES, *FIELDS] if "nearest" not in name])
def test_what_interpolates_is_the_same_but_for_rounding_edges_and_all(name, shape):
    leaf = made(ALL[name])
    for seed in SEEDS:
        own, mapped = both(leaf, noise(shape, seed), seed)
        assert mapped.shape == own.shape
        assert np.abs(mapped - own).max() <= FINE


@pytest.mark.parametrize("name", ["Affine", "SafeRotate", "Perspective", "OpticalDistortion", "RandomResizedCrop"])
def test_pictures_of_three_channels_and_eight_bits(name):
    fill = {} if name == "RandomResizedCrop" else {"fill": (40.0, 90.0, 200.0)}
    leaf = made(partial(ALL[name].func, *ALL[name].args, **{**ALL[name].keywords, **fill}))
    assert settings_of(leaf).fill == fill.get("fill")
    for seed in SEEDS:
        image = np.random.default_rng(seed).integers(0, 256, (40, 57, 3), dtype=np.uint8)
        own, mapped = both(leaf, image, seed)
        # OpenCV 5 keeps 5 to 15 bits of a weight for bytes, and version 4 a grid of 1/32 pixel.
        assert np.abs(mapped.astype(int) - own).max() <= (1 if exact_remap() else 16)


@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    seed=st.integers(0, 2**32),
    name=st.sampled_from([name for name in [*EXACT, *MATRICES, *RESIZING] if "nearest" not in name]),
)
@settings(max_examples=300)
def test_pictures_of_any_size_down_to_a_pixel(shape, seed, name):
    leaf, image = made(ALL[name]), noise(shape)
    try:
        params = drawn(leaf, image, seed)
        own = np.asarray(leaf.apply(image, **params))
    except Exception:
        return  # a crop larger than the picture, a box of no size, a scale to nothing: not taken by the transform
    pixel_map, settings = map_of(leaf, params, shape), settings_of(leaf)
    if pixel_map is None:
        assert "Perspective" in name or "area" in name
        return
    mapped = warp(
        image, pixel_map, order="linear" if settings.order == "any" else settings.order, fill=settings.fill or 0
    )
    assert mapped.shape == own.shape
    # What is enlarged by much has OpenCV's single-precision coordinates enlarged, and edges move with them.
    assert np.quantile(np.abs(mapped - own), 0.99) <= max(FINE, 2e-3)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [name for name in RESIZING if "nearest" in name])
def test_the_nearest_pixel_of_a_resize_is_the_same_unless_two_are_as_near(name, shape):
    leaf, image = made(RESIZING[name]), noise(shape)
    own, mapped = both(leaf, image, 0)
    pixel_map = map_of(leaf, drawn(leaf, image, 0), shape)
    assert pixel_map is not None
    matrix = pixel_map.matrix

    def sure(scale, offset, count):
        at = scale * np.arange(count) + offset + 0.5
        return np.abs(at - np.rint(at)) > 0.3 / count

    rows, columns = sure(matrix[1, 1], matrix[1, 2], own.shape[0]), sure(matrix[0, 0], matrix[0, 2], own.shape[1])
    assert min(rows.mean(), columns.mean()) >= 0.5
    np.testing.assert_array_equal(mapped[np.ix_(rows, columns)], own[np.ix_(rows, columns)])


@pytest.mark.parametrize("name", ["Affine", "SafeRotate", "Perspective", "ElasticTransform", "ThinPlateSpline"])
def test_the_nearest_pixel_of_a_warp_is_the_same_but_close_to_ties(name):
    leaf = made(partial(ALL[name].func, *ALL[name].args, **{**ALL[name].keywords, "interpolation": cv2.INTER_NEAREST}))
    assert settings_of(leaf).order == "nearest"
    for seed in SEEDS:
        own, mapped = both(leaf, noise((37, 53), seed), seed)
        assert (own != mapped).mean() < (2e-3 if exact_remap() else 0.05)  # version 4 rounds coordinates to 1/32 first


@pytest.mark.parametrize("name", ["Affine", "Perspective", "OpticalDistortion"])
def test_a_cubic_warp_of_a_smooth_picture(name):
    leaf = made(
        partial(
            ALL[name].func,
            *ALL[name].args,
            **{**ALL[name].keywords, "interpolation": cv2.INTER_CUBIC, "border_mode": REPLICATE},
        )
    )
    assert settings_of(leaf).order == "cubic"
    own, mapped = both(leaf, smooth((37, 53)), 3)
    assert np.abs(own - mapped).max() < 2e-3  # OpenCV: weights on a grid of 1/32 pixel; slopes are 0.05 a pixel


# -- one map after the other ---------------------------------------------------------------------------

CHAINS = [
    ["HorizontalFlip", "Affine"],
    ["Affine", "HorizontalFlip", "Transpose"],
    ["Pad", "Rotate", "CenterCrop, padded"],
    ["Affine", "Perspective"],
    ["RandomResizedCrop", "Affine, mirrored at centers", "D4"],
    ["ElasticTransform", "Affine", "RandomResizedCrop"],
    ["OpticalDistortion", "CropAndPad, to size", "SafeRotate", "RandomRotate90"],
    ["Rotate, cropped", "ElasticTransform"],
]


@pytest.mark.parametrize("names", CHAINS, ids="-".join)
def test_a_chain_of_maps_is_the_transforms_one_after_the_other_on_a_smooth_picture(names):
    for seed in SEEDS:
        image, cover = smooth((60, 70)), np.ones((60, 70), np.float32)
        steps, chain = image, PixelMap.identity(image.shape)
        for number, name in enumerate(names):
            keywords = {} if name in ("D4", "HorizontalFlip", "Transpose", "RandomRotate90") else ALL[name].keywords
            build = partial(ALL[name], fill=0.0) if "fill" in keywords else ALL[name]
            leaf = made(build)
            params = drawn(leaf, steps, 10 * seed + number)
            step = map_of(leaf, params, steps.shape)
            assert step is not None
            chain = chain.then(step)
            steps, cover = np.asarray(leaf.apply(steps, **params)), np.asarray(leaf.apply(cover, **params))
        mapped, shown = warp(image, chain), warp(np.ones((60, 70), np.float32), chain)
        assert mapped.shape == steps.shape
        # Each interpolation too many takes an eighth of the curvature, 0.0008; a mirrored edge is a kink of 0.05.
        same = (cover > 0.999) & (shown > 0.999)
        assert np.abs(mapped - steps)[same].max() < (0.03 if "mirrored" in "".join(names) else 6e-3)
        # Edges are soft by a pixel at every step.
        covered, away = (cover > 0.5).astype(np.uint8), (slice(3, -3), slice(3, -3))
        inside, around = cv2.erode(covered, np.ones((5, 5))), cv2.dilate(covered, np.ones((5, 5)))
        assert (shown[away][inside[away] == 1] > 0.99).all()
        assert (shown[away][around[away] == 0] < 0.01).all()


def test_flips_and_turns_become_one_matrix_that_moves_whole_pixels():
    leaves = [made(EXACT[name]) for name in ("D4", "HorizontalFlip", "RandomRotate90", "Transpose", "VerticalFlip")]
    image = noise((7, 11))
    steps, chain = image, PixelMap.identity(image.shape)
    for seed, leaf in enumerate(leaves):
        params = drawn(leaf, steps, seed)
        chain = chain.then(map_of(leaf, params, steps.shape))
        steps = leaf.apply(steps, **params)
    assert chain.matrix is not None
    assert set(np.unique(chain.matrix[:2, :2])) <= {-1.0, 0.0, 1.0}
    np.testing.assert_array_equal(warp(image, chain), steps)


# -- what is said of a transform -----------------------------------------------------------------------


def test_stages_keep_the_border_of_the_transform_and_resizes_replicate():
    image = noise((20, 30))
    for border, name in enumerate(("constant", "replicate", "reflect", "wrap", "reflect101")):
        for leaf in (A.Affine(rotate=(9, 9), border_mode=border, p=1), A.Pad(3, border_mode=border, p=1)):
            pixel_map = map_of(leaf, drawn(leaf, image, 0), (20, 30))
            assert isinstance(pixel_map.stages[0], Projective)
            assert pixel_map.stages[0].border == name
    leaf = A.Resize(40, 50)
    assert map_of(leaf, drawn(leaf, image, 0), (20, 30)).stages[0].border == "replicate"
    leaf = A.ElasticTransform(border_mode=REFLECT, p=1)
    stage = map_of(leaf, drawn(leaf, image, 0), (20, 30)).stages[0]
    assert isinstance(stage, Field)
    assert stage.border == "reflect"
    assert stage.x.dtype == stage.y.dtype == np.float32


@pytest.mark.parametrize(
    ("leaf", "order"),
    [
        (A.HorizontalFlip(), "any"),
        (A.RandomCrop(3, 3), "any"),
        (A.Affine(), "linear"),
        (A.Affine(interpolation=cv2.INTER_AREA), "linear"),
        (A.Affine(interpolation=cv2.INTER_CUBIC), "cubic"),
        (A.Affine(interpolation=cv2.INTER_LANCZOS4), None),
        (A.Resize(3, 3), "linear"),
        (A.Resize(3, 3, interpolation=cv2.INTER_LINEAR_EXACT), "linear"),
        (A.Resize(3, 3, interpolation=cv2.INTER_AREA), None),
        (A.Resize(3, 3, interpolation=cv2.INTER_LANCZOS4), None),
        (A.CropAndPad(px=3, fill=(0, 9)), None),  # draws its fill
    ],
    ids=repr,
)
def test_the_order_of_interpolation(leaf, order):
    assert settings_of(leaf).order == order


@pytest.mark.parametrize(
    ("leaf", "fill", "fill_mask"),
    [
        (A.HorizontalFlip(), None, 0),
        (A.Affine(), None, 0),
        (A.Affine(fill=7, fill_mask=3), 7, 3),
        (A.Affine(fill=(0, 0, 0)), None, 0),
        (A.Affine(fill=(1, 2, 3), fill_mask=(4, 4, 4)), (1, 2, 3), 4),
        (A.Pad(3, fill=0.5, fill_mask=255), 0.5, 255),
        (A.RandomResizedCrop((3, 3)), None, 0),
    ],
    ids=repr,
)
def test_a_fill_that_somebody_chose_is_theirs_and_zero_is_the_domains(leaf, fill, fill_mask):
    assert settings_of(leaf)[1:] == (fill, fill_mask)


class Wobble(A.Affine):
    def apply(self, img, **params):
        return img


NO_MAP = {
    "a subclass": (Wobble(), (20, 30)),
    "a blur": (A.GaussianBlur(p=1), (20, 30)),
    "cells of their own": (A.GridElasticDeform((3, 3), 4, p=1), (20, 30)),
    "a picture that becomes a line": (A.Affine(scale={"x": (0, 0), "y": (1, 1)}, p=1), (20, 30)),
    "shrinking by area": (A.Resize(9, 40, area_for_downscale="image"), (20, 30)),
    "scaling by area": (A.RandomScale((-0.5, -0.5), area_for_downscale="image_mask", p=1), (20, 30)),
    "limiting by area": (A.LongestMaxSize(9, area_for_downscale="image"), (20, 30)),
    "cropping by area": (A.RandomSizedCrop((15, 18), (4, 4), area_for_downscale="image"), (20, 30)),
    "a crop that reaches outside": (A.Crop(0, 0, 40, 10), (20, 30)),
    "a scale to nothing": (A.RandomScale((-0.9, -0.9), p=1), (2, 2)),
}


@pytest.mark.parametrize("case", NO_MAP)
def test_what_is_no_map_is_told(case):
    leaf, shape = NO_MAP[case]
    assert map_of(leaf, drawn(leaf, noise(shape), 0), shape) is None


def test_a_horizon_within_the_picture_is_no_map():
    leaf = A.Perspective(p=1)
    params = {"matrix": np.array([[1, 0, 0], [0, 1, 0], [0.2, 0, 1.0]]), "max_height": 20, "max_width": 30}
    assert map_of(leaf, params, (20, 30)) is None


# -- whether a draw may be made before the picture is there --------------------------------------------

BY_LABELS = ("NearBBox", "NonEmptyMask", "BBoxSafe", "AtLeastOne")


@pytest.mark.parametrize("name", ALL)
def test_a_draw_from_the_shape_alone_is_the_draw_from_the_picture(name):
    leaf = made(ALL[name])
    assert drawn_from_shape(leaf) == (not any(part in name for part in BY_LABELS))
    if not drawn_from_shape(leaf):
        return
    for shape, dtype in (((37, 53), np.uint8), ((52, 24, 3), np.float32)):
        image = (255 * noise(shape)).astype(dtype)
        told = drawn(leaf, image, 5)
        stream = Streams((5,)).at((0,))
        leaf.set_random_state(stream.generator, stream.python)
        np.testing.assert_equal(draw(leaf, {"image": np.broadcast_to(np.zeros((), dtype), shape)}), told)


@pytest.mark.parametrize("name", [name for name in ALL if any(part in name for part in BY_LABELS)])
def test_the_others_look_at_labels(name):
    leaf, image = made(ALL[name]), noise((37, 53))
    empty = {"mask": np.zeros((37, 53), np.uint8), "bboxes": np.empty((0, 4)), "cropping_bbox": (0, 0, 53, 37)}

    def coordinates(seed, given):
        stream = Streams((seed,)).at((0,))
        leaf.set_random_state(stream.generator, stream.python)
        return tuple(map(int, draw(leaf, {"image": image, **given})["crop_coords"]))

    assert any(coordinates(seed, labels((37, 53))) != coordinates(seed, empty) for seed in range(20))


def test_a_subclass_may_look_at_anything():
    assert not drawn_from_shape(Wobble())
