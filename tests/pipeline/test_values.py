"""A2 to A5: what albumentations does to values that are neither uint8 nor in [0, 1], and what happens here."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug._albumentations.leaves import Kind, kind_of, quantizes
from domainaug.errors import ImageError
from domainaug.pipeline import Pipeline
from domainaug.pipeline.ranges import Values, cast, check_range
from domainaug.profile import load_profile
from domainaug.profile.model import Profile, ValueRange
from domainaug.profile.recipe import recipe_classes
from domainaug.profile.recipe_shape import COMPOSITIONS

NEEDED = {
    "AtLeastOneBBoxRandomCrop": {"height": 40, "width": 40},
    "CenterCrop": {"height": 40, "width": 40},
    "CenterCrop3D": {"size": (2, 20, 20)},
    "ConstrainedCoarseDropout": {"mask_indices": [1]},
    "Crop": {"x_max": 40, "y_max": 40},
    "CropAndPad": {"percent": (-0.1, 0.1)},
    "CropNonEmptyMaskIfExists": {"height": 40, "width": 40},
    "GridElasticDeform": {"num_grid_xy": (4, 4), "magnitude": 3},
    "LongestMaxSize": {"max_size": 50},
    "Pad": {"padding": 5},
    "Pad3D": {"padding": 2},
    "PadIfNeeded": {"min_height": 80, "min_width": 80},
    "PadIfNeeded3D": {"min_zyx": (8, 80, 80)},
    "RandomCrop": {"height": 40, "width": 40},
    "RandomCrop3D": {"size": (2, 20, 20)},
    "RandomResizedCrop": {"size": (48, 48)},
    "RandomSizedBBoxSafeCrop": {"height": 40, "width": 40},
    "RandomSizedCrop": {"min_max_height": (30, 50), "size": (48, 48)},
    "Resize": {"height": 40, "width": 50},
    "SmallestMaxSize": {"max_size": 50},
    "XYMasking": {"num_masks_x": 1, "num_masks_y": 1, "mask_x_length": 5, "mask_y_length": 5},
}
# These need a box of somebody else, or leave the type on purpose.
APART = {"RandomCropNearBBox", "Normalize", "ToFloat", "FromFloat", "ToTensorV2", "ToTensor3D", *COMPOSITIONS}
STOCK = sorted(
    name for name, cls in recipe_classes().items() if name not in APART and cls.__module__.startswith("albumentations.")
)
HU = (-1024, 3071)


def make(name):
    cls = recipe_classes()[name]
    arguments = dict(NEEDED.get(name, {}))
    return cls(**arguments, **({"p": 1} if "p" in inspect.signature(cls.__init__).parameters else {}))


def sample(name, dtype, value_range, channels=None):
    low, high = value_range
    shape = (64, 64) if channels is None else (64, 64, channels)
    share = np.random.default_rng(1).random(shape)
    share[20:44, 20:44] *= 0.5
    picture = (low + share * (high - low)).astype(dtype)
    mask = np.zeros((64, 64), np.uint8)
    mask[20:44, 20:44] = 1
    if issubclass(recipe_classes()[name], A.Transform3D):
        return {"volume": np.stack([picture] * 4), "mask3d": np.stack([mask] * 4)}
    boxes = {"bboxes": np.array([[20, 20, 44, 44]], float)} if "BBox" in name else {}
    return {"image": picture, "mask": mask, **boxes}


def gray_or_color(name):
    gray_fails = "ChannelDropout ChromaticAberration HEStain ISONoise PlanckianJitter RandomFog RandomGravel RandomRain"
    return 3 if name in (gray_fails + " RandomSnow RandomSunFlare Spatter HueSaturationValue ToGray").split() else None


def changed(out, data):
    name = "image" if "image" in data else "volume"
    return out[name], data[name]


@pytest.mark.parametrize("name", STOCK)
@pytest.mark.parametrize(
    ("dtype", "value_range"),
    [("int16", HU), ("uint16", (0, 4095)), ("float32", HU), ("int32", HU)],
    ids=["int16 HU", "uint16 of 12 bits", "float32 HU", "int32 HU"],
)
def test_values_and_type_survive_every_stock_transform(name, dtype, value_range):
    data = sample(name, dtype, value_range, gray_or_color(name))
    pipeline = Pipeline([make(name)], seed=1, value_range=value_range, bbox_params=A.BboxParams("pascal_voc"))
    out, given = changed(pipeline(**data), data)
    assert out.dtype == given.dtype
    slack = 0.02 * (value_range[1] - value_range[0])  # a cubic interpolation may overshoot
    assert value_range[0] - slack <= out.min()
    assert out.max() <= value_range[1] + slack
    # Not squashed to a corner of the range: what was spread stays spread over at least a hundred units.
    if name not in ("Equalize", "AutoContrast", "RandomSnow", "Posterize", "Solarize"):
        assert float(out.max()) - float(out.min()) > 100
    assert out.flags.c_contiguous
    assert not np.shares_memory(out, given)


class TestHounsfieldUnitsAsFloats:
    """A2: floats outside [0, 1] are clipped to [0, 1] without a word."""

    IMAGE = np.linspace(-1000, 2000, 64 * 64, dtype=np.float32).reshape(64, 64)

    @pytest.mark.parametrize("make", [A.GaussNoise, A.RandomBrightnessContrast, A.GaussianBlur, A.MotionBlur])
    def test_plain_albumentations_clips(self, make):
        out = A.Compose([make(p=1)], seed=0)(image=self.IMAGE)["image"]
        assert out.min() >= 0
        assert out.max() <= 1

    @pytest.mark.parametrize("make", [A.GaussNoise, A.RandomBrightnessContrast, A.GaussianBlur, A.MotionBlur])
    def test_ours_stays_in_hounsfield_units(self, make):
        out = Pipeline([make(p=1)], seed=0, value_range=HU)(image=self.IMAGE)["image"]
        assert out.min() < -400
        assert out.max() > 1000

    def test_noise_is_a_share_of_the_range(self):
        flat = np.full((128, 128), 1000, np.float32)
        out = Pipeline([A.GaussNoise(std_range=(0.01, 0.01), p=1)], seed=0, value_range=HU)(image=flat)["image"]
        assert np.std(out) == pytest.approx(0.01 * 4095, rel=0.05)


class TestSixteenBits:
    """A3 and A4: uint16 changes its type, and 12 bits in it are taken for 16."""

    IMAGE = np.linspace(0, 4095, 64 * 64).astype(np.uint16).reshape(64, 64)

    def test_plain_albumentations_changes_the_type(self):
        assert A.Compose([A.RandomGamma(p=1)], seed=0)(image=self.IMAGE)["image"].dtype != np.uint16

    def test_plain_albumentations_scales_by_65535(self):
        brighter = A.RandomBrightnessContrast(brightness_limit=(0.2, 0.2), contrast_limit=(0, 0), p=1)
        out = A.Compose([brighter])(image=self.IMAGE)["image"]
        assert np.mean(out.astype(float) - self.IMAGE) > 9000

    def test_ours_keeps_the_type_and_scales_by_what_is_used(self):
        brighter = A.RandomBrightnessContrast(brightness_limit=(0.2, 0.2), contrast_limit=(0, 0), p=1)
        out = Pipeline([brighter, A.RandomGamma(gamma_limit=(100, 100), p=1)], seed=0, value_range=(0, 4095))(
            image=self.IMAGE
        )["image"]
        assert out.dtype == np.uint16
        assert np.median(out.astype(float) - self.IMAGE) == pytest.approx(0.2 * 4095, abs=2)

    @pytest.mark.parametrize(
        ("dtype", "highest", "span"),
        [
            ("uint16", 4000, 4095),
            ("uint16", 9000, 16383),
            ("uint16", 40000, 65535),
            ("uint32", 3000, 4095),
            ("uint8", 9, 255),
        ],
    )
    def test_ours_untold_takes_the_fewest_bits_that_hold_the_picture(self, dtype, highest, span):
        image = np.linspace(0, highest, 64 * 64).astype(dtype).reshape(64, 64)
        pipeline = Pipeline([A.GaussNoise(std_range=(0.01, 0.01), p=1)], seed=0)
        pipeline(image=image)
        assert pipeline.record["value_range"] == [0, span]


class TestUntold:
    @pytest.mark.parametrize("key", [f"sample-{n}" for n in range(12)])
    def test_a_picture_that_says_nothing_is_refused_whatever_is_drawn(self, key):
        pipeline = Pipeline([A.Rotate(p=1), A.OneOf([A.GaussNoise(), A.HorizontalFlip()], p=0.1)], seed=0)
        with pytest.raises(ImageError, match="GaussNoise needs to know what the values mean"):
            pipeline(image=np.full((16, 16), -500, np.int16), key=key)

    def test_moving_pixels_needs_no_range(self):
        out = Pipeline([A.HorizontalFlip(p=1)], seed=0)(image=np.full((16, 16), -500, np.int16))["image"]
        assert out.dtype == np.int16


class TestLevels:
    """A profile that speaks of levels 0 to 255 means bytes."""

    PROFILE = load_profile("driving/front-camera")

    @pytest.mark.parametrize(
        ("image", "span"),
        [
            (np.full((32, 32, 3), 200, np.uint8), [0, 255]),
            (np.full((32, 32, 3), 50000, np.uint16), [0, 65535]),
            (np.full((32, 32, 3), 0.5, np.float32), [0, 1]),
            (np.full((32, 32, 3), 200, np.float32), [0, 255]),
        ],
        ids=["bytes", "16 bits", "unit floats", "floats in bytes"],
    )
    def test_what_a_picture_spans_follows_its_type(self, image, span):
        pipeline = Pipeline.from_profile(self.PROFILE, seed=0)
        out = pipeline(image=image, key="a")["image"]
        assert pipeline.record["value_range"] == span
        assert out.mean() > 0.6 * image.mean()

    def test_a_unit_says_it_whatever_the_type(self):
        pipeline = Pipeline.from_profile(load_profile("medical/ct-chest"), seed=0)
        pipeline(image=np.full((32, 32), 40, np.int16), key="a")
        assert pipeline.record["value_range"] == [-1024, 3071]


class TestSignedSixteenBits:
    """A5: int16 raises from deep inside."""

    IMAGE = np.linspace(-1024, 3071, 64 * 64).astype(np.int16).reshape(64, 64)

    @pytest.mark.parametrize("make", [A.GaussNoise, A.GaussianBlur, A.RandomBrightnessContrast])
    def test_plain_albumentations_raises(self, make):
        with pytest.raises(Exception):  # noqa: B017 - KeyError, cv2.error ...
            A.Compose([make(p=1)])(image=self.IMAGE)

    def test_ours_takes_it(self):
        out = Pipeline([A.GaussNoise(p=1), A.GaussianBlur(p=1)], seed=0, value_range=HU)(image=self.IMAGE)["image"]
        assert out.dtype == np.int16

    def test_a_range_that_nobody_told_is_asked_for(self):
        with pytest.raises(ImageError, match=r"GaussNoise needs to know.*value_range"):
            Pipeline([A.GaussNoise(p=1)])(image=self.IMAGE)

    def test_moving_needs_no_range(self):
        out = Pipeline([A.HorizontalFlip(p=1)])(image=self.IMAGE)["image"]
        assert np.array_equal(out, self.IMAGE[:, ::-1])

    def test_there_and_back_changes_nothing(self):
        nothing = A.RandomBrightnessContrast(brightness_limit=(0, 0), contrast_limit=(0, 0), p=1)
        for value_range in (HU, (-32768, 32767)):
            out = Pipeline([nothing], value_range=value_range)(image=self.IMAGE)["image"]
            assert np.array_equal(out, self.IMAGE)


class TestFill:
    """Outside the picture is air, not water."""

    MOVING = tuple(n for n in STOCK if kind_of(make(n)) in (Kind.RESAMPLING, Kind.EXACT) and "3D" not in n)

    def test_plain_albumentations_fills_with_water(self):
        air = np.full((64, 64), -1024, np.int16)
        out = A.Compose([A.Affine(translate_percent=0.3, p=1)], seed=0)(image=air)["image"]
        assert 0 in out

    @pytest.mark.parametrize("name", MOVING)
    def test_ours_fills_with_the_low_end(self, name):
        data = sample(name, "int16", HU)
        name_of = "image" if "image" in data else "volume"
        data[name_of][:] = -1024
        pipeline = Pipeline([make(name)], seed=1, value_range=HU, bbox_params=A.BboxParams("pascal_voc"))
        assert np.unique(pipeline(**data)[name_of]).tolist() == [-1024]

    def test_the_domain_says_what_it_is(self):
        white = np.full((64, 64), 4095, np.uint16)  # MONOCHROME1: the background is bright
        pipeline = Pipeline([A.Rotate(limit=(30, 30), p=1)], value_range=(0, 4095), fill=4095)
        assert pipeline(image=white)["image"].min() == 4095
        assert pipeline(image=white, fill=7)["image"].min() == 7

    def test_a_fill_that_somebody_chose_is_theirs(self):
        pipeline = Pipeline([A.Rotate(limit=(30, 30), fill=50, p=1)], value_range=(0, 4095), fill=4095)
        assert pipeline(image=np.full((64, 64), 4095, np.uint16))["image"].min() == 50

    def test_in_shares_of_the_range_too(self):
        pipeline = Pipeline([A.RandomGamma((100, 100), p=1), A.Rotate(limit=(45, 45), p=1)], value_range=HU, fill=-1000)
        out = pipeline(image=np.full((64, 64), -1000, np.int16))["image"]
        assert np.unique(out).tolist() == [-1000]

    def test_the_transform_is_left_as_it_was(self):
        turn = A.Rotate(limit=(30, 30), p=1)
        Pipeline([turn], value_range=HU)(image=np.zeros((8, 8), np.int16))
        assert turn.fill == 0


class TestWhereTheRangeComesFrom:
    BRIGHTER = [A.RandomBrightnessContrast(brightness_limit=(0.1, 0.1), contrast_limit=(0, 0), p=1)]  # noqa: RUF012

    def profile(self):
        return Profile("x/y", "1.0.0", "X", (), value_range=ValueRange(0, 1000, "level", 10))

    def gain(self, image, **told):
        profile = told.pop("profile", None)
        call = told.pop("call", {})
        out = Pipeline(self.BRIGHTER, profile=profile, **told)(image=image, **call)["image"]
        return float(np.median(out.astype(float) - image))

    def test_call_before_pipeline_before_profile_before_type(self):
        image = np.full((8, 8), 100, np.uint16)
        assert self.gain(image) == pytest.approx(409.5, abs=1)
        assert self.gain(image, profile=self.profile()) == pytest.approx(100, abs=1)
        assert self.gain(image, profile=self.profile(), value_range=(0, 500)) == pytest.approx(50, abs=1)
        told = {"value_range": (0, 2000)}
        assert self.gain(image, profile=self.profile(), value_range=(0, 500), call=told) == pytest.approx(200, abs=1)

    def test_eight_bits_are_rounded_where_the_stock_path_cuts_off(self):
        image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        stock = A.RandomBrightnessContrast((0.1, 0.1), (0.1, 0.1), p=1)
        ours, theirs = (made([stock])(image=image)["image"].astype(int) for made in (Pipeline, A.Compose))
        assert set(np.unique(ours - theirs)) <= {0, 1}

    @pytest.mark.parametrize("value_range", [(1, 1), (3, 2), (0, np.inf), (1,), "ab"])
    def test_a_range_is_two_finite_numbers_in_order(self, value_range):
        with pytest.raises(ValueError, match="value_range"):
            check_range(value_range, "here")


class TestWhatIsLostIsCounted:
    def test_values_outside_the_range(self):
        image = np.zeros((10, 10), np.int16)
        image[0, :3] = 5000
        pipeline = Pipeline([A.RandomGamma((100, 100), p=1)], value_range=HU)
        assert pipeline(image=image)["image"].max() == 3071
        assert pipeline.record["clipped"] == 3

    def test_values_pushed_to_an_end(self):
        image = np.full((10, 10), 3000, np.int16)
        image[0, :7] = 0
        brighter = A.RandomBrightnessContrast((0.2, 0.2), (0, 0), p=1)
        pipeline = Pipeline([brighter], value_range=HU)
        pipeline(image=image)
        assert pipeline.record["saturated"] == 93

    def test_eight_bits_inside(self):
        pipeline = Pipeline([A.CLAHE(p=1)], value_range=HU)
        pipeline(image=np.zeros((32, 32), np.int16))
        assert pipeline.record["quantized"] == ["CLAHE"]


PIXEL = [
    n
    for n in STOCK
    if kind_of(make(n)) is Kind.PIXEL and "3D" not in n and n not in ("MaskDropout", "ShotNoise", "ToRGB")
]


def test_a_tone_curve_in_a_pass_keeps_all_levels():
    pipeline = Pipeline([A.RandomToneCurve(scale=0.3, p=1)], seed=0)
    levels = np.unique(pipeline(image=np.linspace(0, 1, 4096, dtype=np.float32)[None].repeat(8, axis=0))["image"])
    assert len(levels) > 3000
    assert not pipeline.record.get("quantized")


@pytest.mark.parametrize("name", [name for name in PIXEL if name != "RandomToneCurve"])
def test_the_list_of_what_goes_through_eight_bits_is_true(name):
    image = np.random.default_rng(0).random((64, 64, 3))  # float64: every step by itself
    data = {"image": image, "mask": np.ones((64, 64), np.uint8)}
    levels = np.unique(Pipeline([make(name)], seed=0)(**data)["image"])
    on_the_grid = np.abs(levels * 255 - np.rint(levels * 255)).mean() < 0.02
    assert (on_the_grid or len(levels) <= 768) == quantizes(make(name))


class TestConversions:
    def test_a_normalized_picture_stays_normalized(self):
        image = np.full((8, 8, 3), 128, np.uint8)
        out = Pipeline([A.Normalize(p=1), A.HorizontalFlip(p=1)])(image=image)["image"]
        assert out.dtype == np.float32
        assert abs(out.mean()) < 2

    @pytest.mark.parametrize("dtype", ["int8", "uint32", "int64", "float16", "bool", ">u2", ">i2"])
    def test_every_type_comes_back(self, dtype):
        image = (np.random.default_rng(0).random((32, 32)) * 100).astype(dtype)
        out = Pipeline([A.HorizontalFlip(p=1), A.Affine(scale=1.1, p=1)])(image=image)["image"]
        assert out.dtype == np.dtype(dtype).newbyteorder("=")

    def test_casting_rounds_and_stays_within_the_type(self):
        wild = np.array([-1e12, -0.6, 0.5, 1.5, 1e12])
        assert cast(wild, np.dtype(np.int16)).tolist() == [-32768, -1, 0, 2, 32767]
        assert cast(wild, np.dtype(np.uint64))[-1] == 10**12
        assert cast(np.array([1e30]), np.dtype(np.int64))[0] > 9e18

    def test_both_ends_survive_the_way_back(self):
        values = Values(np.dtype(np.int16), -1024, 3071, None)
        unit, clipped = values.to_unit(np.array([-1024, 3071], np.int16), "a test")
        assert clipped == 0
        assert values.from_unit(unit).tolist() == [-1024, 3071]
