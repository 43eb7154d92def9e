"""`Deform`: smooth, never folded, and labels that go along."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domainaug._albumentations import A
from domainaug.errors import ImageError, LabelError
from domainaug.generators import Frame
from domainaug.kernels import volume_map
from domainaug.kernels.lattice import axis_weights
from domainaug.transforms import Deform, Pose
from domainaug.transforms.lattice import MOST_OF_A_CELL, cells, looked_at


def slopes(control, shape):
    """Return the Jacobians (places, d, d) of the mapping at four places a cell and axis."""
    d = len(shape)
    at = [np.linspace(0, n - 1, 4 * (g - 3) + 1) for n, g in zip(shape, control.shape[1:], strict=True)]
    found = np.zeros((d, d, *(len(each) for each in at)))
    for along in range(d):
        out = control.astype(float)
        for axis, (places, n, g) in enumerate(zip(at, shape, control.shape[1:], strict=True)):
            weights = axis_weights(places, n, g, slope=axis == d - 1 - along)  # components are x first
            out = np.moveaxis(np.tensordot(out, weights, (axis + 1, 1)), -1, axis + 1)
        found[:, along] = out
    return np.moveaxis(found, (0, 1), (-2, -1)).reshape(-1, d, d) + np.eye(d)


class TestNeverFolds:
    @settings(max_examples=60)
    @given(
        shape=st.one_of(
            st.tuples(st.integers(2, 90), st.integers(2, 90)),
            st.tuples(st.integers(2, 30), st.integers(2, 60), st.integers(2, 60)),
        ),
        points=st.integers(4, 9),
        locked=st.integers(0, 1),
        seed=st.integers(0, 10**6),
    )
    def test_whatever_is_asked_for(self, shape, points, locked, seed):
        bend = Deform(points, displacement_px=1e6, locked_borders=locked, p=1)
        bend.set_random_seed(seed)
        control = bend.draw(shape, {})["control"]
        assert np.linalg.det(slopes(control, shape)).min() > 0

    def test_even_where_every_control_point_goes_as_far_as_it_may_against_its_neighbors(self):
        for shape in ((65, 65), (33, 33, 33)):
            d = len(shape)
            side = cells(shape, (7,) * d)[0]
            signs = (-1.0) ** np.indices((7,) * d)
            worst = np.float32(MOST_OF_A_CELL[d] * side * np.stack([signs.prod(axis=0)] * d))
            assert np.linalg.det(slopes(worst, shape)).min() > 0

    @pytest.mark.parametrize(
        "bend",
        [Deform(5, displacement_mm=60.0, locked_borders=0), Deform((4, 7, 9), displacement_px=1e6, locked_borders=0)],
    )
    @pytest.mark.parametrize("first", [None, Pose((9, 7, 20), (0.2, 0.2, 0.1), (8, 5, 4), center="field")])
    def test_by_differences_of_the_map_on_a_fine_grid_also_behind_a_pose(self, bend, first):
        """What a pass looks at, a tenth of a voxel apart, and nothing of how lattices are worked out."""
        shape, spacing = (14, 40, 52), (4.0, 0.9, 0.7)
        steps = [step for step in (first, bend) if step is not None]
        drawn = []
        for number, step in enumerate(steps):
            step.set_random_seed(number)
            drawn.append(step.volume_map(step.draw(shape, {"spacing": spacing}), shape))
        whole = drawn[0] if len(drawn) == 1 else drawn[0].then(drawn[1])
        places = np.random.default_rng(0).uniform(0, 1, (20_000, 3)) * (np.array(shape[::-1]) - 1)
        columns = [(whole.looks_at(places + 0.05 * e) - whole.looks_at(places - 0.05 * e)) / 0.1 for e in np.eye(3)]
        determinants = np.linalg.det(np.stack(columns, axis=-1)) / np.linalg.det(whole.matrix[:3, :3])
        assert 0 < determinants.min() < 0.8  # it bends a good deal
        assert not whole.folds()

    def test_one_slice_bends_in_itself(self):
        volume = np.random.default_rng(0).random((1, 40, 40), np.float32)
        bend = Deform(displacement_px=4, p=1)
        out = bend(volume=volume)["volume"]
        assert not bend.params["control"][2].any()
        assert np.abs(out - volume).mean() > 0.01

    def test_one_pixel_stays(self):
        assert Deform(displacement_px=4, p=1)(image=np.full((1, 1), 7, np.uint8))["image"].tolist() == [[7]]

    def test_is_looked_at_once_a_draw_however_many_masks_there_are(self):
        before = volume_map._folding.cache_info()
        masks = [np.full((60, 60), number, np.uint8) for number in range(20)]
        A.Compose([Deform(displacement_px=(3, 3), p=1)], seed=4)(image=np.zeros((60, 60), np.uint8), masks=masks)
        after = volume_map._folding.cache_info()
        assert (after.misses - before.misses, after.hits - before.hits >= 20) == (1, True)


class TestAmplitude:
    def test_is_as_asked_where_it_may_be(self):
        bend = Deform(displacement_px=(2, 5), p=1)
        bend(image=np.zeros((200, 300), np.uint8))
        assert 2 <= bend.params["amplitude"][0] == bend.params["amplitude"][1] <= 5
        assert np.abs(bend.params["control"]).max() <= bend.params["amplitude"][0]

    def test_is_held_to_what_does_not_fold(self):
        bend = Deform(displacement_px=50, p=1)
        bend(image=np.zeros((41, 81), np.uint8))
        assert bend.params["amplitude"] == pytest.approx((0.48 * 10, 0.48 * 20))

    def test_in_millimeters_it_follows_the_spacing(self):
        bend = Deform(displacement_mm=2.0, p=1)
        bend(volume=np.zeros((60, 90, 90), np.uint8), spacing=(4.0, 1.0, 0.5))
        assert bend.params["amplitude"] == pytest.approx((0.5, 2.0, 4.0))
        with pytest.raises(ImageError, match=r"how many mm a pixel is, for displacement_mm: pass spacing="):
            bend(image=np.zeros((90, 90), np.uint8))

    @pytest.mark.parametrize("locked", [0, 1, 2])
    def test_locked_layers_stay(self, locked):
        bend = Deform(8, displacement_px=3, locked_borders=locked, p=1)
        bend(image=np.zeros((99, 99), np.uint8))
        moved = bend.params["control"].any(axis=0)
        assert moved[locked : 8 - locked, locked : 8 - locked].all()
        assert moved.sum() == (8 - 2 * locked) ** 2

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({}, "Deform: one of displacement_px and displacement_mm is needed, got neither"),
            ({"displacement_px": 1, "displacement_mm": 1}, "got both"),
            ({"displacement_px": -1}, "displacement_px: .* from 0 up are needed, got -1"),
            ({"displacement_px": 1, "control_points": 3}, "control_points: a whole number from 4 to 64"),
            ({"displacement_px": 1, "control_points": 4}, "locked_borders: .* got 2 of 4"),
            ({"displacement_px": 1, "border": "wrap"}, "border: one of constant, replicate is needed"),
        ],
    )
    def test_what_is_not_legal_is_told(self, arguments, told):
        with pytest.raises(ValueError, match=told):
            Deform(**arguments)

    def test_control_points_are_named_for_every_axis_there_is(self):
        with pytest.raises(ImageError, match="control points along 2 axes and is given 3"):
            Deform((7, 7), displacement_px=1, p=1)(volume=np.zeros((9, 9, 9), np.uint8))


class TestPictures:
    def test_move_as_the_lattice_says(self):
        y, x = np.mgrid[:90, :120].astype(np.float32)
        bend = Deform(displacement_px=6, border="replicate", p=1)
        for ramp, seen in ((x, 0), (y, 1)):
            bend.set_random_seed(5)
            out = bend(image=ramp)["image"]
            there = looked_at(bend.params["control"], (90, 120))[seen]
            assert np.abs(out - np.clip(there, 0, ramp.max())).max() < 1e-3

    def test_a_stack_moves_alike(self):
        images = np.random.default_rng(0).random((3, 40, 50), np.float32)
        bend = Deform(displacement_px=5, p=1)
        out = bend(images=images)["images"]
        assert np.array_equal(out[1], bend.apply(images[1], **bend.params))

    @pytest.mark.parametrize("shape", [(64, 64), (64, 64, 3), (64, 64, 5)])
    def test_masks_take_the_label_that_covers_most(self, shape):
        disc = np.hypot(*(np.mgrid[:64, :64] - 31.5)) < 16
        mask = np.broadcast_to(np.reshape(7 * disc, (64, 64) + (1,) * (len(shape) - 2)), shape).astype(np.int64)
        bend = Deform(displacement_px=5, p=1)
        out = bend(image=np.float32(disc), mask=mask)
        inside = out["mask"] == 7 if len(shape) == 2 else (out["mask"] == 7).all(axis=2)
        assert set(np.unique(out["mask"])) == {0, 7}
        assert (inside != (out["image"] > 0.5)).mean() < 0.002

    def test_a_volume_and_a_picture_in_one_call_are_refused(self):
        with pytest.raises(ImageError, match="drew for a volume and cannot move a picture in the same call"):
            Deform(displacement_px=1, p=1)(image=np.zeros((9, 9), np.uint8), volume=np.zeros((9, 9, 9), np.uint8))


class TestPoints:
    @settings(max_examples=30)
    @given(seed=st.integers(0, 10**6), volume=st.booleans())
    def test_land_where_the_output_looks_at_them(self, seed, volume):
        shape = (24, 50, 60) if volume else (50, 60)
        bend = Deform(displacement_px=30, locked_borders=1, p=1)
        bend.set_random_seed(seed)
        params = {"extent": shape, **bend.draw(shape, {})}
        points = np.random.default_rng(seed).uniform(0.2, 0.8, (20, len(shape))) * shape[::-1]
        landed = bend.points_landed(params, points)
        if not volume:
            landed = np.concatenate([landed, np.zeros((20, 1))], axis=1)
        found = bend.volume_map(params, shape) if volume else bend.as_volume(params)
        assert np.abs(found.looks_at(landed)[:, : len(shape)] - points).max() < 1e-3

    def test_key_points_and_boxes_follow_what_they_mark(self):
        image = np.zeros((120, 160), np.float32)
        image[40:60, 70:100] = 1
        compose = A.Compose(
            [Deform(displacement_px=15, p=1)],
            seed=2,
            bbox_params=A.BboxParams("pascal_voc", label_fields=["names"]),
            keypoint_params=A.KeypointParams("xyas", label_fields=[]),
        )
        out = compose(image=image, bboxes=[(70, 40, 100, 60)], names=["part"], keypoints=[(84.5, 49.5, 30.0, 4.0)])
        spot = np.zeros_like(image)
        spot[48:52, 83:87] = 1
        moved = compose.transforms[0].apply(spot, **compose.transforms[0].params)
        row, column = (float((each * moved).sum() / moved.sum()) for each in np.mgrid[:120, :160])
        assert np.allclose(out["keypoints"][0][:2], (column, row), atol=0.2)
        assert 0 < abs(out["keypoints"][0][2] - 30) < 25
        assert 3 < out["keypoints"][0][3] < 5
        rows, columns = np.nonzero(out["image"] > 0.02)
        around = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert np.allclose(out["bboxes"][0], around, atol=1.6)
        assert out["names"] == ["part"]

    def test_boxes_beside_a_volume_are_refused(self):
        compose = A.Compose([Deform(displacement_px=1, p=1)], bbox_params=A.BboxParams("coco", label_fields=[]))
        with pytest.raises(LabelError, match="have no slice"):
            compose(volume=np.zeros((9, 9, 9), np.uint8), bboxes=[(1, 1, 3, 3)])


class TestEffects:
    def test_of_a_picture_are_read_off_the_draw(self):
        bend, frame = Deform(displacement_px=8, p=1), Frame(128, 128)
        bend(image=np.zeros((128, 128), np.uint8))
        did = bend.drawn_effects(bend.params, frame)
        assert did.exact
        assert 0.002 < did.effects(frame)["local_warp"].high < 8 * np.sqrt(2) / 128

    def test_of_a_volume_are_those_of_some_slices(self):
        bend, frame = Deform(displacement_px=6, p=1), Frame(64, 64, volume=True)
        bend(volume=np.zeros((20, 64, 64), np.uint8))
        did = bend.drawn_effects(bend.params, frame)
        control = bend.params["control"]
        middle = np.einsum("k,ckyx->cyx", axis_weights(np.array([10.0]), 20, 7)[0], control[:2]).astype(np.float32)
        one = bend.drawn_effects({"control": middle, "extent": (64, 64)}, frame).effects(frame)["local_warp"].high
        assert not did.exact
        assert one * 0.9 < did.effects(frame)["local_warp"].high < 2 * one

    def test_no_displacement_does_nothing(self):
        assert not Deform(displacement_px=0).declare_effects(Frame()).effects(Frame())
