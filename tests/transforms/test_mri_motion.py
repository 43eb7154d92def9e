"""`PatientMotion` against k-space put together by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from domainaug._albumentations import A
from domainaug.errors import ImageError
from domainaug.generators import Frame
from domainaug.transforms import PatientMotion
from domainaug.transforms.shears import moved_rigidly

RNG = np.random.default_rng(2)
STILL = (0.0, 0.0, 0.0)


def by_hand(image, params, axis):
    """Return what k-space of two axes shows whose lines are of the poses, the first of the lowest frequency."""
    space = np.fft.fftshift(np.fft.fft2(image))
    lines = space.shape[axis]
    begins = [0, *(int(np.ceil(lines // 2 + lines * (time - 0.5))) for time in params["times"]), lines]
    for begin, end, (degrees, mm) in zip(begins[:-1], begins[1:], params["poses"], strict=True):
        posed = moved_rigidly(image[None].astype(np.float32), degrees, mm, params["spacing"])[0]
        at = (slice(begin, end), slice(None)) if axis == 0 else (slice(None), slice(begin, end))
        space[at] = np.fft.fftshift(np.fft.fft2(posed))[at]
    return np.abs(np.fft.ifft2(np.fft.ifftshift(space)))


class TestPatientMotion:
    @pytest.mark.parametrize(("name", "axis"), [("rows", 0), ("columns", 1)])
    @pytest.mark.parametrize("shape", [(48, 60), (45, 61)])
    def test_is_k_space_put_together_from_poses(self, name, axis, shape):
        image = ndimage.gaussian_filter(RNG.random(shape), 1).astype(np.float32)
        motion = PatientMotion(6.0, 4.0, moves=5, phase_axis=name, p=1)
        out = motion(image=image, spacing=(1.2, 0.9))["image"]
        assert np.abs(out - image).max() > 0.02
        assert np.allclose(out, by_hand(image, motion.params, axis), atol=1e-5)

    def test_the_middle_of_k_space_is_of_the_pose_of_the_labels(self):
        motion = PatientMotion(20.0, 30.0, moves=(1, 8), phase_axis="rows", center=0.2, spacing=(1, 1), p=1)
        rows = np.arange(100)[:, None]
        slow = (2 + np.cos(2 * np.pi * 9 * rows / 100) + np.sin(2 * np.pi * 4 * rows / 100)).astype(np.float32)
        image = np.repeat(slow, 90, axis=1)
        for _ in range(20):
            # Along the rows' axis it has nothing beyond the center, but a turn gives it some: shifts alone.
            motion.degrees = (0.0, 0.0)
            assert np.allclose(motion(image=image)["image"], image, atol=1e-4)
            assert all(0 <= time <= 0.4 or 0.6 <= time <= 1 for time in motion.params["times"])
            assert len(motion.params["poses"]) == len(motion.params["times"]) + 1

    def test_only_the_pose_of_the_middle_is_still(self):
        motion = PatientMotion(5.0, 5.0, moves=6, phase_axis="rows", spacing=(1, 1))
        for _ in range(20):
            drawn = motion.draw({})
            ends = (0.0, *drawn["times"], 1.0)
            still = [pose == (STILL, STILL) for pose in drawn["poses"]]
            assert still == [begin < 0.5 < end for begin, end in pairwise(ends)]

    def test_a_center_that_is_all_of_k_space_leaves_no_motion(self):
        image = RNG.random((40, 40)).astype(np.float32)
        motion = PatientMotion(20.0, 9.0, moves=4, phase_axis="rows", center=1.0, spacing=(1, 1), p=1)
        assert np.allclose(motion(image=image)["image"], image, atol=1e-5)
        assert not motion.declare_effects(Frame()).present(Frame())
        assert not motion.drawn_effects(motion.params, Frame()).present(Frame())

    def test_what_lies_beside_the_patient_stays_empty_across_the_phase_axis(self):
        image = np.zeros((64, 64), np.float32)
        image[24:40, 24:40] = 100
        motion = PatientMotion(0.0, (3.0, 3.0), moves=3, phase_axis="rows", spacing=(1, 1), p=1)
        out = motion(image=image)["image"]
        assert out[:20].max() > 2  # ghosts above
        assert out[:, :24].max() < 1e-3  # the shift to the right leaves the left empty
        assert out[:, 44:].max() < 1e-3

    def test_more_motion_does_more(self):
        image = ndimage.gaussian_filter(RNG.random((96, 96)), 3).astype(np.float32)
        errors = []
        for mm in (0.2, 0.4, 0.8, 1.6):
            out = A.Compose([PatientMotion(0.0, (mm, mm), moves=2, phase_axis="rows", p=1)], seed=5)
            errors.append(np.abs(out(image=image, spacing=(1, 1))["image"] - image).mean())
        assert errors == sorted(errors)
        assert errors[-1] > 3 * errors[0]

    def test_millimeters_follow_the_spacing(self):
        image = RNG.random((32, 32)).astype(np.float32)
        half, whole = (
            A.Compose([PatientMotion(0.0, mm, moves=3, phase_axis="rows", p=1)], seed=5)(image=image, spacing=spacing)
            for mm, spacing in ((2.0, (0.5, 0.5)), (4.0, (1.0, 1.0)))
        )
        assert np.allclose(half["image"], whole["image"], atol=1e-4)

    def test_slices_of_a_2d_acquisition_move_together_and_in_their_plane(self):
        volume = RNG.random((3, 32, 32)).astype(np.float32)
        compose = A.Compose([PatientMotion(5.0, 5.0, phase_axis="columns", spacing=(4, 1, 1), p=1)], seed=2)
        out = compose(volume=volume)["volume"]
        for slice_, moved in zip(volume, out, strict=True):
            again = A.Compose([PatientMotion(5.0, 5.0, phase_axis="columns", spacing=(1, 1), p=1)], seed=2)
            assert np.allclose(again(image=slice_)["image"], moved, atol=1e-5)

    def test_a_3d_acquisition_moves_across_its_slices(self):
        volume = np.zeros((16, 32, 32), np.float32)
        volume[8] = 50 * RNG.random((32, 32))
        compose = A.Compose([PatientMotion(0.0, (6.0, 6.0), phase_axis="rows", acquisition="3d", p=1)], seed=2)
        out = compose(volume=volume, spacing=(3.0, 1.0, 1.0))["volume"]
        assert out[10].max() > 1
        assert out[[2, 4, 13]].max() < 1e-3

    def test_the_spacing_is_asked_for(self):
        volume = np.zeros((4, 9, 9), np.uint8)
        for motion in (PatientMotion(phase_axis="rows", p=1), PatientMotion(mm=0, acquisition="3d", p=1)):
            with pytest.raises(ImageError, match=r"PatientMotion has to know how many mm a pixel is: pass spacing="):
                A.Compose([motion])(volume=volume, phase_axis="rows", **({} if any(motion.mm) else {"spacing": (1, 1)}))
        assert PatientMotion(mm=0, phase_axis="rows", p=1)(volume=volume)["volume"].shape == volume.shape

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({"degrees": 60}, "degrees: a number or two in order"),
            ({"moves": 0}, "moves: a number or two in order.* from 1 to 64 are needed, got 0"),
            ({"moves": 1.5}, "moves: whole numbers from 1 to 64 are needed, got 1.5"),
            ({"center": 1.2}, "center: a number from 0 to 1 is needed"),
            ({"acquisition": "4d"}, "acquisition: one of 2d, 3d is needed"),
        ],
    )
    def test_what_is_not_legal_is_told(self, arguments, told):
        with pytest.raises(ValueError, match=f"^PatientMotion: {told}"):
            PatientMotion(**arguments)

    def test_effects_grow_with_motion_and_shrink_with_the_center(self):
        frame = Frame(256, 256, spacing=(1.0, 1.0))
        ghosting = [
            PatientMotion(degrees, mm, center=center).declare_effects(frame).effects(frame)["ghosting"].high
            for degrees, mm, center in ((0.0, 0.2, 0.1), (0.0, 0.6, 0.1), (5.0, 5.0, 0.1), (5.0, 5.0, 0.4))
        ]
        assert ghosting[0] < ghosting[1] < ghosting[2]
        assert ghosting[3] < ghosting[2] < 0.3
        assert not PatientMotion(0.0, 0.0).declare_effects(frame).present(frame)
