"""Steps that share a pass give what they give one after the other, once interpolated and once rounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.pipeline import Pipeline, passes
from domainaug.transforms import BiasField, Deform, Gamma, GaussianNoise, VolumeAffine


def smooth(height: int, width: int, dtype: Any = np.uint8, channels: int = 1) -> np.ndarray:
    """A picture without edges: what two interpolations lose of it is next to nothing."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    waves = [0.5 + 0.35 * np.sin(x / 17 + k) * np.cos(y / 23 - k) for k in range(channels)]
    picture = np.stack(waves, axis=-1) if channels > 1 else waves[0]
    if np.dtype(dtype).kind == "f":
        return picture.astype(dtype)
    limits = np.iinfo(dtype)
    return np.rint(limits.min + picture * (limits.max - limits.min)).astype(dtype)


def passes_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the passes that run, by the name of the kernel."""
    ran: list[str] = []
    for name in ("warp", "apply_point", "resample_volume"):
        real: Callable[..., Any] = getattr(passes, name)
        monkeypatch.setattr(passes, name, lambda *a, _n=name, _r=real, **k: (ran.append(_n), _r(*a, **k))[1])
    return ran


def both(steps: Callable[[], list[Any]], seed: int = 3, **call: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        Pipeline(steps(), seed=seed, **call.pop("init", {}))(key="k", **call),
        Pipeline(steps(), seed=seed, fused=False)(key="k", **call),
    )


# -- what shares a pass --------------------------------------------------------------------------------


def test_a_common_chain_is_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = passes_of(monkeypatch)
    chain = [
        A.HorizontalFlip(p=1),
        A.Affine(rotate=(-9, 9), p=1),
        A.RandomCrop(40, 50, p=1),
        A.Resize(64, 64, p=1),
        A.RandomBrightnessContrast(p=1),
        A.RandomGamma(p=1),
        A.GaussNoise(p=1),
    ]
    Pipeline(chain, seed=1)(image=smooth(70, 80, channels=3))
    assert ran == ["warp"]


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        pytest.param([A.RandomGamma(p=1), A.Rotate(p=1)], ["apply_point", "warp"], id="values-before-geometry"),
        pytest.param([A.Rotate(p=1), A.GaussianBlur(p=1), A.Rotate(p=1)], ["warp", "warp"], id="a-filter-between"),
        pytest.param(
            [A.Rotate(p=1), A.Affine(rotate=5, interpolation=cv2.INTER_NEAREST, p=1)], ["warp"] * 2, id="another-order"
        ),
        pytest.param([A.Rotate(fill=3, p=1), A.Rotate(fill=9, p=1)], ["warp"] * 2, id="another-fill"),
        pytest.param([A.Rotate(fill=3, p=1), A.VerticalFlip(p=1)], ["warp"], id="a-mirror-goes-with-any"),
        pytest.param([A.ElasticTransform(p=1), A.GridDistortion(p=1)], ["warp"], id="two-fields"),
        pytest.param([A.InvertImg(p=1), A.Posterize(p=1), A.Solarize(p=1)], ["apply_point"], id="values-alone"),
    ],
)
def test_what_cannot_share_starts_the_next(
    monkeypatch: pytest.MonkeyPatch, chain: list[Any], expected: list[str]
) -> None:
    ran = passes_of(monkeypatch)
    Pipeline(chain, seed=1)(image=smooth(48, 48))
    assert ran == expected


def test_a_crop_that_looks_at_the_mask_sees_it_moved() -> None:
    mask = np.zeros((60, 60), np.uint8)
    mask[4:10, 4:10] = 1
    chain = [A.HorizontalFlip(p=1), A.CropNonEmptyMaskIfExists(16, 16, p=1), A.VerticalFlip(p=1)]
    for copy in range(8):
        out = Pipeline(chain, seed=5)(image=smooth(60, 60), mask=mask, key="k", copy=copy)
        assert out["mask"].any()


def test_one_channel_of_three_is_worked_on_by_itself() -> None:
    picture = smooth(32, 32, channels=3)
    chain = [A.SelectiveChannelTransform([A.InvertImg(p=1)], channels=(1,), p=1)]
    out = Pipeline(chain, seed=1)(image=picture)["image"]
    np.testing.assert_array_equal(out[..., [0, 2]], picture[..., [0, 2]])
    np.testing.assert_array_equal(out[..., 1], 255 - picture[..., 1])


# -- the same picture ----------------------------------------------------------------------------------

GEOMETRY = {
    "affine": lambda: A.Affine(rotate=(-20, 20), scale=(0.8, 1.25), shear=(-8, 8), p=1),
    "rotate": lambda: A.Rotate(limit=(-40, 40), p=1),
    "safe": lambda: A.SafeRotate(limit=(-40, 40), p=1),
    "perspective": lambda: A.Perspective(scale=(0.02, 0.06), p=1),
    "flip": lambda: A.HorizontalFlip(p=1),
    "square": lambda: A.D4(p=1),
    "pad": lambda: A.Pad(padding=5, p=1),
    "resize": lambda: A.Resize(45, 71, p=1),
    "crop": lambda: A.RandomCropFromBorders(crop_left=0.1, crop_right=0.1, crop_top=0.1, crop_bottom=0.1, p=1),
    "reflect": lambda: A.Affine(translate_percent=(-0.2, 0.2), border_mode=cv2.BORDER_REFLECT_101, p=1),
    "elastic": lambda: A.ElasticTransform(alpha=20, sigma=8, p=1),
}
VALUES = {
    "contrast": lambda: A.RandomBrightnessContrast(p=1),
    "gamma": lambda: A.RandomGamma(p=1),
    "tone": lambda: A.RandomToneCurve(p=1),
    "invert": lambda: A.InvertImg(p=1),
}


@settings(max_examples=60)
@given(
    moves=st.lists(st.sampled_from(sorted(GEOMETRY)), min_size=1, max_size=4),
    tones=st.lists(st.sampled_from(sorted(VALUES)), max_size=3),
    size=st.tuples(st.integers(24, 120), st.integers(24, 120)),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 2**32),
)
def test_any_chain_equals_its_steps(
    moves: list[str], tones: list[str], size: tuple[int, int], dtype: str, channels: int, seed: int
) -> None:
    def chain() -> list[Any]:
        return [GEOMETRY[name]() for name in moves] + [VALUES[name]() for name in tones]

    picture = smooth(*size, dtype=dtype, channels=channels)
    one, many = (out["image"].astype(np.float64) for out in both(chain, seed=seed, image=picture))
    assert one.shape == many.shape
    span = 1.0 if dtype == "float32" else float(np.iinfo(dtype).max)
    apart = np.abs(one - many) / span
    # Along every edge that a step cut, one pass has a soft pixel where another has two.
    inner = seen_whole([GEOMETRY[name] for name in moves], size, seed)
    assert apart[~inner].mean() <= 0.1 if (~inner).any() else True
    if inner.any():
        # Two levels of 8 bits for every step that rounds, and what a second interpolation blurs.
        assert apart[inner].mean() <= 0.004 * len(moves + tones)
        assert np.quantile(apart[inner], 0.99) <= 0.02 * len(moves + tones)


def seen_whole(moves: list[Callable[[], Any]], size: tuple[int, int], seed: int) -> np.ndarray:
    """Where the output shows the picture, and no edge of it or of a frame on the way is within two pixels."""
    white = np.ones(size, np.float32)
    _, many = both(lambda: [move() for move in moves], seed=seed, image=white)
    return cv2.erode((many["image"] > 0.999).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1) > 0


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (9, 1), (33, 64), (33, 64, 1), (20, 31, 5)])
def test_odd_pictures_pass(dtype: str, shape: tuple[int, ...]) -> None:
    def chain() -> list[Any]:
        return [A.HorizontalFlip(p=1), A.Rotate(limit=(7, 7), p=1), A.RandomGamma(p=1), A.GaussNoise(p=1)]

    rng = np.random.default_rng(0)
    high = {"float32": 1.0}.get(dtype, 200.0)
    picture = (rng.random(shape) * high).astype(dtype)
    ends = (0.0, 255.0) if dtype != "float32" else (0.0, 1.0)
    out = Pipeline(chain(), seed=2, value_range=ends)(image=picture)["image"]
    assert out.shape == shape
    assert out.dtype == picture.dtype
    assert out.flags.c_contiguous


def test_corners_that_were_turned_out_do_not_come_back() -> None:
    def chain() -> list[Any]:
        return [A.Rotate(limit=(45, 45), p=1), A.Rotate(limit=(-45, -45), p=1)]

    one, many = (out["image"] for out in both(chain, image=np.full((80, 80), 200, np.uint8)))
    assert one[0, 0] == many[0, 0] == 0
    assert abs(int((one == 0).sum()) - int((many == 0).sum())) <= 80  # a soft pixel along each cut
    assert one[40, 40] == 200


def test_one_interpolation_is_sharper_than_three() -> None:
    def chain() -> list[Any]:
        return [A.Rotate(limit=(a, a), p=1) for a in (8, -13, 5)]

    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (96, 96), dtype=np.uint8)
    one, many = (out["image"][24:72, 24:72].astype(float) for out in both(chain, image=picture))
    assert one.std() > 1.2 * many.std()


def test_noise_is_the_same_in_one_pass_and_in_many() -> None:
    def chain() -> list[Any]:
        return [A.VerticalFlip(p=1), A.RandomGamma(p=1), A.GaussNoise(std_range=(0.05, 0.05), p=1)]

    one, many = (out["image"] for out in both(chain, image=smooth(64, 64, np.float32)))
    np.testing.assert_allclose(one, many, atol=1e-5)


def test_hounsfield_units_keep_type_and_fill() -> None:
    hu = np.full((64, 64), 40, np.int16)
    chain = [A.Rotate(limit=(45, 45), p=1), A.RandomBrightnessContrast(brightness_limit=0, contrast_limit=0, p=1)]
    out = Pipeline(chain, seed=1, value_range=(-1024, 3071), fill=-1000)(image=hu)["image"]
    assert out.dtype == np.int16
    assert out[0, 0] == -1000
    assert out[32, 32] == 40


def test_values_beyond_the_range_are_counted() -> None:
    hu = np.full((40, 40), 5000, np.int16)
    hu[:20] = 0
    pipeline = Pipeline([A.RandomGamma(p=1)], seed=1, value_range=(-1024, 3071))
    pipeline(image=hu)
    assert pipeline.record["clipped"] == 800


# -- labels --------------------------------------------------------------------------------------------


def test_masks_go_by_the_same_map() -> None:
    picture = np.zeros((90, 90), np.uint8)
    cv2.circle(picture, (50, 40), 14, 255, -1)
    chain = [A.Rotate(limit=(25, 25), p=1), A.RandomCrop(70, 70, p=1), A.Resize(100, 100, p=1), A.HorizontalFlip(p=1)]
    out = Pipeline(chain, seed=3)(image=picture, mask=(picture > 0).astype(np.uint8))
    inside = out["image"] > 127
    assert (inside != (out["mask"] > 0)).sum() <= 4


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int32", "int64", "uint32", "float32", "float64"])
def test_masks_of_any_type_come_back_in_it(dtype: str) -> None:
    mask = np.zeros((40, 40), dtype)
    mask[10:30, 10:30] = 1
    out = Pipeline([A.Rotate(limit=(20, 20), p=1)], seed=1)(image=smooth(40, 40), mask=mask)["mask"]
    assert out.dtype == mask.dtype
    assert 360 <= (out > 0.5).sum() <= 440


def test_boxes_are_framed_once() -> None:
    box = {"bboxes": np.array([[30.0, 40, 60, 50]]), "labels": [1]}
    params = A.BboxParams(format="pascal_voc", label_fields=["labels"])
    chain = [A.Rotate(limit=(30, 30), p=1), A.Rotate(limit=(-30, -30), p=1)]
    out = Pipeline(chain, seed=1, bbox_params=params)(image=smooth(100, 100), **box)
    np.testing.assert_allclose(out["bboxes"], box["bboxes"], atol=0.6)


def test_points_follow_and_those_outside_are_dropped() -> None:
    picture = np.zeros((100, 100), np.uint8)
    picture[60, 30] = 255
    picture = cv2.GaussianBlur(picture, (7, 7), 2) * 4
    params = A.KeypointParams(format="xy", remove_invisible=True)
    chain = [A.Rotate(limit=(20, 20), p=1), A.CenterCrop(80, 80, p=1), A.HorizontalFlip(p=1)]
    points = np.array([[30.0, 60.0], [1.0, 1.0]])
    out = Pipeline(chain, seed=1, keypoint_params=params)(image=picture, keypoints=points)
    assert len(out["keypoints"]) == 1
    row, column = np.unravel_index(out["image"].argmax(), out["image"].shape)
    np.testing.assert_allclose(out["keypoints"][0][:2], [column, row], atol=1.0)


# -- volumes -------------------------------------------------------------------------------------------


def test_a_volume_moves_slice_by_slice_by_one_map(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = passes_of(monkeypatch)
    volume = np.stack([smooth(40, 44, np.float32) * k / 5 for k in range(1, 6)])
    chain = [A.Affine(rotate=(10, 10), p=1), A.HorizontalFlip(p=1), A.RandomGamma(p=1)]
    out = Pipeline(chain, seed=1)(volume=volume, mask3d=(volume > 0.5).astype(np.uint8))
    assert ran == ["warp"]
    alone = Pipeline(chain, seed=1)(image=volume[2], key=None)
    np.testing.assert_allclose(out["volume"][2], alone["image"], atol=1e-5)
    assert out["mask3d"].shape == volume.shape


def test_our_volume_transforms_share_one_pass_with_a_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = passes_of(monkeypatch)
    volume = np.random.default_rng(0).random((12, 30, 32), dtype=np.float32)
    chain = [
        A.HorizontalFlip(p=1),
        VolumeAffine(rotate=(-4, 4), p=1),
        Deform(displacement_px=1.0, p=1),
        BiasField(p=1),
        Gamma(p=1),
        GaussianNoise(std=(0.01, 0.02), p=1),
    ]
    out = Pipeline(chain, seed=1, value_range=(0, 1))(volume=volume, mask3d=(volume > 0.5).astype(np.uint8))
    assert ran == ["resample_volume"]
    assert out["volume"].shape == volume.shape
    assert out["mask3d"].dtype == np.uint8


def test_noise_is_new_in_every_slice() -> None:
    volume = np.full((4, 32, 32), 0.5, np.float32)
    out = Pipeline([A.GaussNoise(std_range=(0.1, 0.1), p=1)], seed=1)(volume=volume)["volume"]
    grain = (out - 0.5).reshape(4, -1)
    assert np.abs(np.corrcoef(grain) - np.eye(4)).max() < 0.15


# -- the record ----------------------------------------------------------------------------------------


def test_the_record_does_not_tell_passes_apart() -> None:
    records = []
    for fused in (True, False):
        chain = [A.HorizontalFlip(p=0.5), A.Affine(rotate=(-9, 9), p=1), A.RandomGamma(p=1), A.GaussNoise(p=0.5)]
        pipeline = Pipeline(chain, seed=9, fused=fused)
        pipeline(image=smooth(60, 60), key="k")
        records.append(pipeline.record)
    assert records[0] == records[1]
    assert records[0]["exact"]


def test_saved_pipelines_keep_the_setting() -> None:
    loaded = A.from_dict(A.to_dict(Pipeline([A.HorizontalFlip()], fused=False)))
    assert loaded.fused is False


def test_shares_of_a_wide_type_join_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = passes_of(monkeypatch)
    chain = [A.RandomGamma(p=1), A.GaussNoise(p=1)]
    out = Pipeline(chain, seed=1, value_range=(0, 1000))(image=smooth(30, 30, np.float64) * 900)["image"]
    assert out.dtype == np.float64
    assert ran == ["apply_point"]


def test_a_border_that_repeats_goes_with_any_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = passes_of(monkeypatch)
    chain = [A.Rotate(border_mode=cv2.BORDER_REFLECT_101, p=1), A.Rotate(fill=9, p=1)]
    Pipeline(chain, seed=1)(image=smooth(48, 48))
    assert ran == ["warp"]


# -- what a pass must not undo -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(lambda: [A.RandomScale((-0.75, -0.75), p=1), A.Resize(128, 128, p=1)], id="resized"),
        pytest.param(lambda: [A.Affine(scale=0.25, p=1), A.Affine(scale=4.0, p=1)], id="scaled"),
    ],
)
def test_a_picture_made_small_and_large_again_has_lost_its_detail(chain: Callable[[], list[Any]]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (128, 128), dtype=np.uint8)
    one, many = (out["image"].ravel().astype(float) for out in both(chain, image=picture))
    assert np.corrcoef(one, picture.ravel())[0, 1] < 0.3
    np.testing.assert_array_equal(one, many)


def test_a_small_crop_still_shares_its_pass_with_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = passes_of(monkeypatch)
    chain = [A.Resize(40, 40, p=1), A.Affine(scale=(0.92, 1.08), rotate=(-5, 5), p=1)]
    Pipeline(chain, seed=1)(image=smooth(120, 120))
    assert ran == ["warp"]


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(
            lambda: [A.CenterCrop(32, 32, p=1), VolumeAffine(rotate=0, scale=(0.5, 0.5), p=1)], id="crop-then-shrink"
        ),
        pytest.param(
            lambda: [
                VolumeAffine(rotate=0, scale=(1, 1), translate=((0.5, 0.5), (0, 0), (0, 0)), p=1),
                VolumeAffine(rotate=0, scale=(1, 1), translate=((-0.5, -0.5), (0, 0), (0, 0)), p=1),
            ],
            id="there-and-back",
        ),
        pytest.param(lambda: [A.Rotate(limit=(45, 45), p=1), VolumeAffine(rotate=(-45, -45), p=1)], id="turned-back"),
    ],
)
def test_what_a_volume_lost_does_not_come_back(chain: Callable[[], list[Any]]) -> None:
    volume = np.ones((9, 64, 64), np.float32)
    volume[:, 16:48, 16:48] = 0.5
    one, many = both(chain, volume=volume, mask3d=(volume > 0.7).astype(np.uint8), init={"value_range": (0, 1)})
    np.testing.assert_allclose(one["volume"], many["volume"], atol=1e-4)
    np.testing.assert_array_equal(one["mask3d"], many["mask3d"])


def test_what_has_to_stay_visible_is_asked_of_every_step() -> None:
    params = A.BboxParams(format="pascal_voc", label_fields=["labels"], min_visibility=0.6)
    chain = [A.Crop(0, 6, 80, 80, p=1), A.Crop(6, 0, 80, 74, p=1)]
    box = {"bboxes": np.array([[0.0, 0, 20, 20]]), "labels": [1]}
    theirs = A.Compose(chain, bbox_params=params)(image=smooth(80, 80), **box)["bboxes"]
    ours = Pipeline(chain, seed=1, bbox_params=params)(image=smooth(80, 80), **box)["bboxes"]
    np.testing.assert_allclose(ours, theirs)


class Black(Gamma):
    def apply(self, img: np.ndarray, **params: Any) -> np.ndarray:
        return np.zeros_like(img)


def test_who_derives_from_ours_and_writes_another_apply_is_heard() -> None:
    assert not Pipeline([Black(p=1)], seed=1)(image=smooth(20, 20))["image"].any()


def test_noise_in_a_volume_with_channels_is_the_same_in_one_pass_and_in_many() -> None:
    volume = np.full((6, 30, 32, 3), 0.5, np.float32)
    one, many = both(lambda: [VolumeAffine(p=1), GaussianNoise(std=0.02, p=1)], volume=volume)
    np.testing.assert_allclose(one["volume"], many["volume"], atol=1e-5)


def test_an_array_that_claims_more_than_there_is_is_refused_before_it_is_copied() -> None:
    claimed = np.broadcast_to(np.uint8(0), (4_000_000, 4_000_000))
    with pytest.raises(ImageError, match="GB are available"):
        Pipeline([A.HorizontalFlip(p=1)])(image=claimed)


def test_more_channels_than_a_program_takes_go_step_by_step(monkeypatch):
    ran = passes_of(monkeypatch)
    picture = np.broadcast_to(smooth(12, 14)[..., None], (12, 14, 1100)).copy()
    steps = [A.Affine(rotate=(5, 5), p=1), A.RandomBrightnessContrast((0.1, 0.1), (0.1, 0.1), p=1)]
    got = Pipeline(steps, seed=1)(image=picture)["image"]
    assert ran == ["warp"]  # the map alone
    assert got.shape == picture.shape
    np.testing.assert_array_equal(got[..., 0], got[..., 1099])
