"""`Pose`: SimpleITK's answer on the same parameters, about the middle of the body, in pictures and in volumes."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.generators import Frame
from domainaug.pipeline import Pipeline
from domainaug.pipeline.motion import motion_of
from domainaug.transforms import Deform, Pose
from domainaug.transforms.space import linear_maps, tilts

sitk = pytest.importorskip("SimpleITK")

SHAPE, SPACING = (12, 40, 48), (3.0, 0.8, 0.5)
STILL = {"rotate": 0, "scale": (1.0, 1.0)}


@pytest.fixture(scope="module")
def volume():
    z, y, x = np.mgrid[:12, :40, :48]
    return (300 * np.sin(x / 7) + 200 * np.cos(y / 5) + 40 * z).astype(np.float32)


def through_itk(array, params, spacing, fill):
    """Resample by a transform that SimpleITK puts together from factors, shears, turns and a shift."""
    axes = array.ndim
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing[::-1])
    center = image.TransformContinuousIndexToPhysicalPoint(params["center"])
    parts = [sitk.AffineTransform(axes) for _ in range(2)]
    for part in parts:
        part.SetCenter(center)
    parts[0].SetMatrix(np.diag(params["scale"][:axes]).ravel().tolist())
    lean = np.tan(np.radians(params["shear"]))
    parts[1].Shear(0, 1, lean[0])
    forward = sitk.CompositeTransform(axes)
    if axes == 3:
        steep = np.eye(3)
        steep[0, 1:], steep[1, 2] = lean[:2], lean[2]
        parts[1].SetMatrix(steep.ravel().tolist())
        turned = sitk.Euler3DTransform(center, *np.radians([-angle for angle in params["rotate"]]), params["shift_mm"])
    else:
        turned = sitk.Euler2DTransform(center, float(np.radians(-params["rotate"][2])), params["shift_mm"][:2])
    for one in (turned, parts[1], parts[0]):  # the last one added is applied first
        forward.AddTransform(one)
    return sitk.GetArrayFromImage(sitk.Resample(image, image, forward.GetInverse(), sitk.sitkLinear, fill))


@pytest.mark.parametrize("center", ["body", "field"])
@pytest.mark.parametrize("seed", range(3))
def test_a_volume_is_what_simpleitk_makes_of_the_same_draw(volume, seed, center):
    pose = Pose((14, 12, 30), (0.2, 0.1, 0.1), (12, 9, 7), (4, 3, 5), center, SPACING, fill=-500.0, p=1)
    out = A.Compose([pose], seed=seed)(volume=volume)["volume"]
    assert np.abs(out - through_itk(volume, pose.params, SPACING, -500.0)).max() < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_a_picture_is_what_simpleitk_makes_of_the_same_draw(volume, seed):
    pose = Pose(30, (0.2, 0.1, 0.1), 12, 4, spacing=SPACING, fill=-500.0, p=1)
    out = A.Compose([pose], seed=seed)(image=volume[3])["image"]
    inside = pose.apply(np.ones(SHAPE[1:], np.float32), **{**pose.params, "fill": 0.0}) > 0.999  # ITK has hard edges
    away = np.abs(out - through_itk(volume[3], pose.params, SPACING[1:], -500.0))
    assert inside.mean() > 0.5
    assert away[inside].max() < 0.02


def body_at(x, y, shape=(120, 160), radius=30):
    """A disc of tissue with a lung in it, on a table, in air."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    away = np.hypot(columns - x, rows - y)
    picture = np.where(away < radius, 40, -1000)
    picture[np.hypot(columns - x + 10, rows - y) < 9] = -850
    picture[(rows > y + radius + 1) & (rows < y + radius + 5) & (abs(columns - 80) < 70)] = -200
    return picture.astype(np.int16)


class TestTheMiddleOfTheBody:
    @pytest.mark.parametrize("place", [(60, 55), (95, 62), (80, 50)])
    def test_stays_where_it_is(self, place):
        picture = body_at(*place)
        marked = np.zeros_like(picture, np.uint8)
        marked[place[1] - 2 : place[1] + 3, place[0] - 2 : place[0] + 3] = 1
        pose = Pose((35, 35), (1.2, 1.2), spacing=(1.0, 1.0), p=1)
        out = A.Compose([pose])(image=picture, mask=marked)["mask"]
        landed = np.argwhere(out)[:, ::-1].mean(axis=0)
        assert np.abs(landed - place).max() < 0.5
        assert np.abs(np.array(pose.params["center"]) - place).max() < 0.5

    def test_is_found_in_what_the_steps_before_made(self):
        """A body that was shifted turns where it has come to lie, whether steps share a pass or not."""
        picture = body_at(80, 60)
        steps = [A.Affine(translate_px={"x": (20, 20), "y": (0, 0)}, p=1), Pose((30, 30), spacing=(1.0, 1.0), p=1)]
        for fused in (True, False):
            pipeline = Pipeline(steps, seed=1, value_range=(-1024, 3071), fill=-1000, fused=fused)
            pipeline(image=picture)
            told = pipeline.record["steps"][1]["params"]
            assert np.abs(np.array(told["center"]) - (100, 60)).max() < 0.5
            assert told["found"] is True

    def test_shares_a_pass_with_what_follows(self):
        picture = np.stack([body_at(70, 60)] * 6)
        pipeline = Pipeline(
            [Pose(rotate=(20, 20), p=1), Deform(displacement_px=4.0, p=1)], seed=2, value_range=(-1024, 3071)
        )
        out = pipeline(volume=picture, spacing=(2.0, 1.0, 1.0))["volume"]
        one, two = motion_of(pipeline, picture.shape)
        from domainaug.kernels.resample import resample_volume

        assert np.array_equal(out, resample_volume(picture, one.then(two), order="linear", fill=-1024.0))

    def test_is_that_of_the_frame_where_nothing_stands_out(self):
        for picture in (np.full((40, 50), 7, np.uint8), np.random.default_rng(0).integers(0, 255, (40, 50), np.uint8)):
            pose = Pose(p=1)
            pose(image=picture)
            assert pose.params["center"] == (24.5, 19.5)
            assert pose.params["found"] is False

    def test_is_held_within_a_quarter_of_the_frame(self):
        pose = Pose(p=1)
        pose(image=body_at(4, 60, radius=28))
        assert pose.params["center"][0] == pytest.approx(79.5 - 40)

    def test_across_slices_it_is_the_middle_of_the_stack(self):
        volume = np.full((21, 60, 60), -1000, np.int16)
        volume[:9, 20:44, 14:38] = 30
        pose = Pose((5, 0, 0), spacing=(3.0, 1.0, 1.0), p=1)
        pose(volume=volume)
        assert pose.params["center"] == pytest.approx((25.5, 31.5, 10.0), abs=0.6)


class TestConventions:
    def test_a_picture_turns_and_leans_in_its_plane_alone(self):
        pose = Pose((9, 8, (20, 20)), shear=(0, 5, 5), shift_mm=(0, 0, 4), spacing=(1.0, 1.0), p=1)
        pose(image=np.zeros((20, 20), np.uint8))
        assert pose.params["rotate"] == (0.0, 0.0, 20.0)
        assert pose.params["shear"] == (0.0, 0.0, 0.0)
        assert pose.params["shift_mm"] == (0.0, 0.0, 0.0)

    def test_positive_shear_leans_what_is_further_down_to_the_right(self):
        picture = np.zeros((41, 61), np.float32)
        picture[:, 30] = 1
        out = Pose(**STILL, shear=(45, 45), center="field", p=1)(image=picture)["image"]
        assert [int(out[row].argmax()) for row in (10, 20, 30)] == [20, 30, 40]

    def test_one_range_is_for_the_plane_of_slices(self):
        pose = Pose(rotate=7, shear=3, shift_mm=5)
        assert pose.rotate == ((0, 0), (0, 0), (-7, 7))
        assert pose.shear == ((-3, 3), (0, 0), (0, 0))
        assert pose.shift_mm == ((-5, 5), (-5, 5), (0, 0))

    def test_spacing_is_asked_for_where_it_matters(self, volume):
        Pose(10, p=1)(volume=volume)
        for arguments in ({"rotate": (5, 0, 0)}, {"shear": (0, 4, 0)}, {"shift_mm": (0, 0, 2)}):
            with pytest.raises(ImageError, match=r"Pose has to know the distance of slices in mm"):
                Pose(**arguments, p=1)(volume=volume, spacing=(1.0, 1.0))
        with pytest.raises(ImageError, match="Pose has to know the distance of pixels in mm"):
            Pose(shift_mm=3, p=1)(image=volume[0])

    def test_every_map_that_mirrors_nothing_is_one_of_factors_shears_and_turns(self):
        """R K S reaches them all: nine numbers for nine."""
        linear = linear_maps((10, -20, 30), (0.8, 1.1, 1.3), (5, -7, 9))[0]
        turned, upper = np.linalg.qr(linear)
        signs = np.sign(np.diag(upper))
        turned, upper = turned * signs, upper * signs[:, None]
        assert np.allclose(np.diag(upper), (0.8, 1.1, 1.3))
        assert np.allclose(upper[0, 1] / upper[1, 1], np.tan(np.radians(5)))
        assert np.allclose(turned, linear_maps((10, -20, 30), 1.0)[0])
        assert tilts(linear[None])[0] == pytest.approx(np.degrees(np.arccos(turned[2, 2])))


class TestEffects:
    @pytest.mark.parametrize(
        ("arguments", "effect", "size"),
        [
            ({"rotate": (9, 9)}, "rotation", 9.0),
            ({"rotate": (0, (6, 6), 0)}, "tilt", 6.0),
            ({"scale": (1.1, 1.1)}, "scale", 1.1),
            ({"shear": ((0, 0), (8, 8), (0, 0))}, "shear", 8.0),
            ({"shift_mm": ((6, 6), (0, 0), (0, 0))}, "shift", 0.125),
            ({"shift_mm": (0, 0, (-12, -12))}, "shift", 12 / 48),
        ],
    )
    def test_are_read_off_the_draw(self, arguments, effect, size):
        pose, frame = Pose(**{**STILL, **arguments}, spacing=(3, 1, 1), p=1), Frame(48, 48, volume=True)
        pose(volume=np.zeros((16, 48, 48), np.uint8))
        did = pose.drawn_effects(pose.params, frame).effects(frame)[effect]
        assert (did.low, did.high) == pytest.approx((size, size), abs=1e-6)

    def test_a_turn_about_a_body_off_the_middle_shifts_the_middle(self):
        pose, frame = Pose((20, 20), (1.0, 1.0), spacing=(1.0, 1.0), p=1), Frame(120, 160)
        pose(image=body_at(55, 60))
        off = (79.5 - 55) * np.sin(np.radians(20)) / 120  # down, where the frame is shorter
        did = pose.drawn_effects(pose.params, frame).effects(frame)["shift"].high
        assert did == pytest.approx(off, rel=0.03)
        assert did <= pose.declare_effects(frame).effects(frame)["shift"].high

    def test_millimeters_without_a_spacing_may_be_any_shift(self):
        frame = Frame(48, 48)
        assert Pose(shift_mm=3).declare_effects(frame).effects(frame)["shift"].high == float("inf")
