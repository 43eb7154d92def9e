"""`VolumeAffine`: SimpleITK's answer on the same parameters, and labels that go along."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError, LabelError
from domainaug.generators import Frame
from domainaug.transforms import VolumeAffine

sitk = pytest.importorskip("SimpleITK")

SHAPE, SPACING = (12, 40, 48), (3.0, 0.8, 0.5)


@pytest.fixture(scope="module")
def volume():
    z, y, x = np.mgrid[:12, :40, :48]
    return (300 * np.sin(x / 7) + 200 * np.cos(y / 5) + 40 * z).astype(np.float32)


def through_itk(array, params, fill, interpolator):
    """Resample by SimpleITK's own rotation, factors and translation, about the middle of the volume."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING[::-1])
    middle = image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in SHAPE[::-1]])
    turned = sitk.Euler3DTransform(middle, *np.radians([-angle for angle in params["rotate"]]), params["translate_mm"])
    forward = sitk.AffineTransform(3)
    forward.SetCenter(middle)
    forward.SetMatrix((np.array(turned.GetMatrix()).reshape(3, 3) * params["scale"]).ravel().tolist())
    forward.SetTranslation(params["translate_mm"])
    return sitk.GetArrayFromImage(sitk.Resample(image, image, forward.GetInverse(), interpolator, fill))


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_simpleitk_makes_of_the_same_draw(volume, seed):
    turn = VolumeAffine((20, 12, 30), (0.2, 0.1, 0.1), (4, 3, 5), spacing=SPACING, fill=-500.0, p=1)
    out = A.Compose([turn], seed=seed)(volume=volume, mask3d=(volume > 100).astype(np.uint8))
    expected = through_itk(volume, turn.params, -500.0, sitk.sitkLinear)
    assert np.abs(out["volume"] - expected).max() < 0.01
    labels = through_itk((volume > 100).astype(np.uint8), turn.params, 0.0, sitk.sitkNearestNeighbor)
    assert (out["mask3d"] != labels).mean() < 0.02  # ours goes to the label that covers most, ITK's to the nearest


class TestConventions:
    def test_positive_is_counter_clockwise_as_seen(self):
        volume = np.zeros((1, 41, 41), np.float32)
        volume[0, 20, 30:38] = 1  # to the right of the middle
        out = A.Compose([VolumeAffine((30, 30), scale=0, p=1)])(volume=volume)["volume"][0]
        row, column = (float((each * out).sum() / out.sum()) for each in np.mgrid[:41, :41])
        assert np.degrees(np.arctan2(20 - row, column - 20)) == pytest.approx(30, abs=0.5)

    def test_shifts_are_in_millimeters_or_shares(self, volume):
        by_mm = VolumeAffine(0, 0, ((5, 5), (-4, -4), (3, 3)), spacing=SPACING, p=1)
        by_share = VolumeAffine(0, 0, translate=((10 / 48,) * 2, (-5 / 40,) * 2, (1 / 12,) * 2), spacing=SPACING, p=1)
        moved = by_mm(volume=volume)["volume"]
        assert np.allclose(moved[1:, :-5, 10:], volume[:-1, 5:, :-10], atol=1e-3)
        assert np.allclose(by_share(volume=volume)["volume"], moved, atol=1e-3)

    def test_one_range_turns_in_the_slice_and_three_are_x_y_z(self):
        assert VolumeAffine(7).rotate == ((0, 0), (0, 0), (-7, 7))
        assert VolumeAffine((1, 2, 3)).rotate == ((-1, 1), (-2, 2), (-3, 3))

    def test_one_factor_is_for_all_axes(self, volume):
        turn = VolumeAffine(0, (0.8, 1.2), p=1)
        turn(volume=volume)
        assert len(set(turn.params["scale"])) == 1
        turn = VolumeAffine(0, (0.2, 0.2, 0.2), p=1)
        turn(volume=volume)
        assert len(set(turn.params["scale"])) == 3


class TestSpacing:
    def test_of_the_call_goes_before_that_of_the_transform(self, volume):
        turn = VolumeAffine((5, 0, 0), spacing=(9, 9, 9), p=1)
        turn(volume=volume, spacing=SPACING)
        assert turn.params["spacing"] == SPACING

    def test_is_asked_for_where_it_matters(self, volume):
        VolumeAffine(10, p=1)(volume=volume)
        with pytest.raises(ImageError, match=r"distance of slices in mm: pass spacing=\(slices, rows, columns\)"):
            VolumeAffine((5, 0, 0), p=1)(volume=volume, spacing=(1.0, 1.0))
        with pytest.raises(ImageError, match="distance of pixels in mm"):
            VolumeAffine(0, 0, (3, 3, 0), p=1)(volume=volume)
        VolumeAffine(0, 0, (3, 3, 0), p=1)(volume=volume, spacing=(1.0, 1.0))

    def test_pictures_are_sent_elsewhere(self):
        with pytest.raises(ImageError, match=r"VolumeAffine moves volumes: pass volume=, or use Affine"):
            VolumeAffine(p=1)(image=np.zeros((8, 8), np.uint8))


class TestLabels:
    def test_key_points_follow_what_they_mark(self, volume):
        marked = np.zeros(SHAPE, np.float32)
        marked[5:8, 14:17, 30:33] = 1
        turn = VolumeAffine((8, 8, 20), 0.1, (4, 4, 3), spacing=SPACING, p=1)
        compose = A.Compose([turn], seed=3, keypoint_params=A.KeypointParams("xyz"))
        out = compose(volume=marked, keypoints=[(31, 15, 6)])
        where = [float((each * out["volume"]).sum() / out["volume"].sum()) for each in np.mgrid[:12, :40, :48]]
        assert np.allclose(out["keypoints"][0], where[::-1], atol=0.3)

    def test_boxes_without_slices_are_refused(self, volume):
        compose = A.Compose([VolumeAffine(p=1)], bbox_params=A.BboxParams("pascal_voc", label_fields=[]))
        with pytest.raises(LabelError, match="boxes of albumentations have no slice"):
            compose(volume=volume, bboxes=[(1, 2, 10, 12)])

    @pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "int64", "uint64", "float64"])
    def test_masks_keep_their_type_and_labels(self, dtype):
        mask = np.zeros((4, 20, 20), dtype)
        mask[1:3, 5:15, 5:15] = 1
        turn = VolumeAffine(20, p=1)
        out = turn(volume=np.zeros((4, 20, 20), np.uint8), mask3d=mask)["mask3d"]
        assert out.dtype == mask.dtype
        assert out.max() == pytest.approx(1, abs=0.02)
        assert 0.8 < out.sum() / mask.sum() < 1.2

    def test_labels_beyond_32_bits_are_refused(self):
        with pytest.raises(LabelError, match="labels beyond 32 bits"):
            VolumeAffine(p=1)(volume=np.zeros((4, 9, 9), np.uint8), mask3d=np.full((4, 9, 9), 2**40, np.int64))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_types_and_channels_come_back(dtype):
    volume = np.arange(4 * 16 * 16 * 2).reshape(4, 16, 16, 2).astype(dtype)
    out = VolumeAffine(15, p=1)(volume=volume)["volume"]
    assert (out.shape, out.dtype) == (volume.shape, volume.dtype)
    one = VolumeAffine(15, p=1)
    assert np.array_equal(
        one(volume=volume)["volume"][..., 1], one.apply_to_volume(volume[..., 1].copy(), **one.params)
    )


class TestEffects:
    @pytest.mark.parametrize(
        ("arguments", "effect", "size"),
        [
            ({"rotate": (9, 9), "scale": 0}, "rotation", 9.0),
            ({"rotate": (0, (6, 6), 0), "scale": 0, "spacing": (1, 1, 1)}, "tilt", 6.0),
            ({"rotate": 0, "scale": (1.1, 1.1)}, "scale", 1.1),
            ({"rotate": 0, "scale": 0, "translate": ((0.1, 0.1), 0, 0)}, "shift", 0.1),
            ({"rotate": 0, "scale": 0, "translate_mm": (0, 0, (-12, -12)), "spacing": (3, 1, 1)}, "shift", 12 / 48),
            ({"rotate": 0, "scale": 0, "translate": (0, 0, (0.25, 0.25))}, "field_of_view", 0.75),
            ({"rotate": (0, 0), "scale": (0.5, 0.5)}, "outside", 7 / 8),
        ],
    )
    def test_are_read_off_the_draw(self, arguments, effect, size):
        turn, frame = VolumeAffine(**arguments, p=1), Frame(48, 48, volume=True)
        turn(volume=np.zeros((16, 48, 48), np.uint8))
        (low, high) = (
            getattr(turn.drawn_effects(turn.params, frame).effects(frame)[effect], end) for end in ("low", "high")
        )
        assert low == high == pytest.approx(size, abs=1e-6)

    def test_millimeters_without_a_spacing_may_be_any_shift(self):
        frame, known = Frame(48, 48, volume=True), Frame(48, 48, spacing=(0.5, 0.5), volume=True)
        shift = VolumeAffine(0, 0, ((0, 0), (0, 0), (-3, 3)))
        assert shift.declare_effects(frame).effects(frame)["shift"].high == float("inf")
        assert shift.declare_effects(known).effects(known)["shift"].high == pytest.approx(3 / 24)
