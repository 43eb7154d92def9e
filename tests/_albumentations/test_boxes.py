"""Boxes and points through a map, held against masks of the boxes that go the same way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from albumentations.core.bbox_utils import filter_bboxes

from domainaug._albumentations import A
from domainaug._albumentations.boxes import (
    boxes_and_visibility,
    boxes_through,
    follows_map,
    points_seen,
    points_through,
    visible_through,
)
from domainaug._albumentations.leaves import draw
from domainaug._albumentations.maps import map_of
from domainaug._albumentations.streams import Streams
from domainaug.kernels.engine import using
from domainaug.kernels.maps import Mesh, PixelMap
from domainaug.kernels.warp import warp

SHAPE = (200, 260)
PIXELS = np.array([[20, 30, 90, 70], [100, 90, 160, 190], [0, 0, 260, 200], [230, 10, 260, 40], [120, 60, 128, 180]])

CHAINS = {
    "mirrored": [A.HorizontalFlip(p=1)],
    "turned": [A.Affine(rotate=(-60, 60), scale=(0.7, 1.4), translate_percent=(-0.2, 0.2), p=1)],
    "turned twice": [A.Rotate(60, p=1), A.Affine(rotate=(-60, 60), shear=(-15, 15), p=1)],
    "cropped": [A.RandomCrop(90, 110, p=1)],
    "cropped and padded": [A.RandomCrop(90, 110, p=1), A.Pad(30, p=1)],
    "cut by each of four": [A.RandomCrop(150, 160), A.Rotate(90, p=1), A.Pad(25), A.RandomResizedCrop((120, 170))],
    "in perspective": [A.Perspective((0.1, 0.2), p=1)],
    "in perspective and turned": [A.Perspective((0.1, 0.2), fit_output=True, p=1), A.SafeRotate(45, p=1)],
    "turned and stretched": [A.Rotate(45, crop_border=True, p=1), A.Resize(250, 180), A.Transpose(p=1)],
}


@pytest.fixture(autouse=True, scope="module")
def _plain_loops():
    with using("plain"):
        yield


def chained(leaves, seed, shape=SHAPE):
    """Return the map of a chain, and its steps as transforms and parameters."""
    whole, steps = PixelMap.identity(shape), []
    for number, leaf in enumerate(leaves):
        stream = Streams((seed,)).at((number,))
        leaf.set_random_state(stream.generator, stream.python)
        params = draw(leaf, {"image": np.broadcast_to(np.zeros((), np.uint8), whole.shape)})
        steps.append((leaf, params))
        whole = whole.then(map_of(leaf, params, whole.shape))
    return whole, steps


def shares(pixels, shape=SHAPE):
    height, width = shape
    return pixels / np.array([width, height, width, height])


def in_pixels(boxes, shape):
    height, width = shape
    return np.clip(boxes[:, :4], 0, 1) * [width, height, width, height]


def masks_of(pixels, pixel_map):
    """Return the mask of each box after the map, sampled at pixels."""
    found = []
    for left, top, right, bottom in pixels:
        mask = np.zeros(SHAPE, np.uint8)
        mask[top:bottom, left:right] = 1
        found.append(warp(mask, pixel_map, order="nearest"))
    return found


@pytest.mark.parametrize("name", CHAINS)
def test_a_box_is_the_frame_of_its_mask(name):
    seen_any = False
    for seed in range(8):
        pixel_map, _ = chained(CHAINS[name], seed)
        moved = boxes_through(shares(PIXELS), pixel_map)
        for mask, box in zip(masks_of(PIXELS, pixel_map), in_pixels(moved, pixel_map.shape), strict=True):
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            if len(rows) == 0:
                assert min(box[2] - box[0], box[3] - box[1]) < 1.5
                continue
            around = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
            seen_any = True
            # The mask holds a pixel whose center is covered: corners of less than a pixel escape it, and a frame on
            # the way cuts it at pixel centers.
            assert np.all(box[:2] <= np.array(around[:2]) + 1.0)
            assert np.all(box[2:] >= np.array(around[2:]) - 1.0)
            assert np.abs(box - around).max() < 6  # what ends in a sliver at an edge runs on between centers
            assert np.median(np.abs(box - around)) < 1.5
    assert seen_any


@pytest.mark.parametrize("name", [name for name in CHAINS if "perspective" not in name])
def test_visibility_is_the_share_of_the_mask_that_is_left(name):
    for seed in range(8):
        pixel_map, _ = chained(CHAINS[name], seed)
        each = np.prod([abs(np.linalg.det(stage.matrix[:2, :2])) for stage in pixel_map.stages])
        left = np.array([each * mask.sum() for mask in masks_of(PIXELS, pixel_map)])
        area = np.prod(PIXELS[:, 2:] - PIXELS[:, :2], axis=1)
        np.testing.assert_allclose(visible_through(shares(PIXELS), pixel_map), left / area, atol=0.06)


def test_two_turns_give_one_frame_and_not_a_frame_around_a_frame():
    leaves = [A.Affine(rotate=(40, 40), scale=0.5, p=1), A.Affine(rotate=(-40, -40), p=1)]
    pixel_map, steps = chained(leaves, 0)
    box = shares(np.array([[100, 80, 160, 120]]))
    moved, stepwise = boxes_through(box, pixel_map), box
    for leaf, params in steps:
        stepwise = leaf.apply_to_bboxes(stepwise, **params)
    np.testing.assert_allclose(in_pixels(moved, SHAPE), [[115, 90, 145, 110]], atol=1e-6)
    sides = in_pixels(stepwise, SHAPE)[0, 2:] - in_pixels(stepwise, SHAPE)[0, :2]
    assert sides[0] * sides[1] > 3 * 30 * 20


@pytest.mark.parametrize("name", ["mirrored", "turned", "cropped"])
def test_one_step_agrees_with_the_transform_itself(name):
    for seed in range(8):
        pixel_map, ((leaf, params),) = chained(CHAINS[name], seed)
        boxes, visible = boxes_and_visibility(shares(PIXELS), pixel_map)
        own = leaf.apply_to_bboxes(shares(PIXELS).astype(np.float32), **params)
        if name != "turned":
            np.testing.assert_allclose(boxes[visible == 1], own[visible == 1], atol=1e-5)
            continue
        # What its own method puts around a turned box that lies within the picture.
        size = {"height": SHAPE[0], "width": SHAPE[1]}
        inside = np.flatnonzero(visible == 1)
        for row in inside:
            assert np.abs(filter_bboxes(own, size) - boxes[row]).max(axis=1).min() < 1e-5


def test_other_columns_and_the_type_stay():
    boxes = np.column_stack([shares(PIXELS), np.arange(5) + 0.5, np.arange(5)]).astype(np.float32)
    moved = boxes_through(boxes, chained(CHAINS["turned"], 1)[0])
    assert moved.dtype == np.float32
    np.testing.assert_array_equal(moved[:, 4:], boxes[:, 4:])
    assert boxes_through(np.empty((0, 5)), chained(CHAINS["turned"], 1)[0]).shape == (0, 5)


# -- what the filter of albumentations makes of them ---------------------------------------------------

CROP = PixelMap.of([[1, 0, 50], [0, 1, 0]], (100, 100), (100, 50))  # the right half


def filtered(moved, **limits):
    return filter_bboxes(moved, {"height": 100, "width": 50}, **{"min_width": 0, "min_height": 0, **limits})


def test_what_left_the_picture_is_dropped():
    gone = np.array([[0.1, 0.1, 0.3, 0.4], [0.1, 0.1, 0.5, 0.4]])  # the second ends on the edge
    moved = boxes_through(gone, CROP)
    assert np.ptp(moved[:, [0, 2]]) == 0
    assert len(filtered(moved)) == 0
    assert visible_through(gone, CROP).tolist() == [0, 0]


def test_what_is_cut_keeps_what_the_filter_compares():
    cut = np.array([[0.2, 0.1, 0.6, 0.5, 7.0]])  # a quarter of it is seen
    moved = boxes_through(cut, CROP)
    np.testing.assert_allclose(moved, [[-0.6, 0.1, 0.2, 0.5, 7]], atol=1e-9)
    np.testing.assert_allclose(filtered(moved, min_visibility=0.24), [[0, 0.1, 0.2, 0.5, 7]], atol=1e-9)
    assert len(filtered(moved, min_visibility=0.26)) == 0
    np.testing.assert_allclose(visible_through(cut, CROP), [0.25])


def test_what_a_frame_on_the_way_cut_counts_for_visibility():
    back = CROP.then(PixelMap.of([[1, 0, -50], [0, 1, 0]], (100, 50), (100, 100)))
    cut = np.array([[0.2, 0.1, 0.6, 0.5]])
    np.testing.assert_allclose(boxes_through(cut, back), [[0.5, 0.1, 0.6, 0.5]], atol=1e-9)
    np.testing.assert_allclose(visible_through(cut, back), [0.25])
    assert np.ptp(boxes_through(cut, back, min_visibility=0.3)) == 0
    assert np.ptp(boxes_through(cut, back, min_visibility=0.2)) > 0


def test_a_turned_box_at_the_edge_is_framed_by_what_is_seen_of_it():
    turn = PixelMap.of(cv2.getRotationMatrix2D((0, 50), 45, 1.0), (100, 100))
    moved = boxes_through(np.array([[0.0, 0.3, 0.2, 0.7]]), turn)
    box = in_pixels(moved, (100, 100))[0]
    mask = np.zeros((100, 100), np.uint8)
    mask[30:70, :20] = 1
    there = warp(mask, turn, order="nearest")
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    np.testing.assert_allclose(box, [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], atol=1)
    assert moved[0, 0] < 0  # and it says that it was cut


# -- where there is no such way ------------------------------------------------------------------------


def test_fields_meshes_and_singular_matrices_have_no_corners_to_follow():
    boxes, points = shares(PIXELS), np.array([[3.0, 4.0]])
    mesh = Mesh(np.zeros((2, 4, 4), np.float32), SHAPE)
    maps = [chained([A.ElasticTransform(p=1)], 0)[0], PixelMap(SHAPE, (mesh,)), PixelMap.of(np.zeros((2, 3)), SHAPE)]
    for pixel_map in maps:
        assert boxes_through(boxes, pixel_map) is None
        assert visible_through(boxes, pixel_map) is None
        assert points_through(points, pixel_map) is None
        assert points_seen(points, pixel_map) is None


def test_mirror_images_are_more_boxes():
    boxes = shares(PIXELS)
    for border in ("reflect", "reflect101"):
        assert boxes_through(boxes, PixelMap.of([[2, 0, -99], [0, 2, -99]], SHAPE, border=border)) is None
        assert boxes_through(boxes, PixelMap.of([[0.5, 0, 9], [0, 0.5, 9]], SHAPE, border=border)) is not None


def test_ellipses_do_not_follow_the_corners():
    assert follows_map(A.Affine())
    assert follows_map(A.HorizontalFlip())
    assert not follows_map(A.Rotate(rotate_method="ellipse"))


# -- points --------------------------------------------------------------------------------------------

POINTS = np.array([[0.0, 0.0], [259.0, 199.0], [30.5, 100.25], [130.0, 20.0]])


@pytest.mark.parametrize(
    "leaf",
    [
        A.HorizontalFlip(p=1),
        A.VerticalFlip(p=1),
        A.Transpose(p=1),
        A.D4(p=1),
        A.RandomRotate90(p=1),
        A.Affine(rotate=(-90, 90), scale=(0.5, 2), shear=(-20, 20), translate_px=(-20, 20), p=1),
        A.Rotate(90, crop_border=True, p=1),
        A.SafeRotate(90, p=1),
        A.Perspective((0.1, 0.2), p=1),
        A.RandomCrop(50, 60, p=1),
        A.Pad(9, p=1),
    ],
    ids=lambda leaf: type(leaf).__name__,
)
def test_points_go_where_the_transform_takes_them(leaf):
    rows = np.column_stack([POINTS, np.zeros((4, 3))])
    for seed in range(5):
        pixel_map, ((_, params),) = chained([leaf], seed)
        own = leaf.apply_to_keypoints(rows.copy(), **params)[:, :2]
        np.testing.assert_allclose(points_through(POINTS, pixel_map), own, atol=2e-3)


def test_points_stay_on_their_spot_of_a_resized_picture():
    spot = np.zeros(SHAPE, np.float32)
    spot[60:63, 90:93] = 1  # around (91, 61)
    pixel_map = chained([A.Resize(500, 610)], 0)[0]
    bright = warp(spot, pixel_map)
    y, x = np.mgrid[: bright.shape[0], : bright.shape[1]]
    middle = [(x * bright).sum() / bright.sum(), (y * bright).sum() / bright.sum()]
    # The picture is sampled; scaled without the half pixels between centers and edges, points are 0.7 away.
    np.testing.assert_allclose(points_through(np.array([[91.0, 61.0]]), pixel_map), [middle], atol=0.05)


def test_points_that_a_frame_on_the_way_hid_are_not_seen_again():
    back = CROP.then(PixelMap.of([[1, 0, -50], [0, 1, 0]], (100, 50), (100, 100)))
    points = np.array([[20.0, 20.0], [70.0, 20.0], [50.0, 0.0]])
    np.testing.assert_allclose(points_through(points, back), points)
    assert points_seen(points, back).tolist() == [False, True, True]


def test_points_beyond_the_horizon_are_not_seen():
    tilted = PixelMap.of(np.linalg.inv([[1, 0, 0], [0, 1, 0], [0.01, 0, 1]]), (50, 200), (50, 60))
    points = np.array([[20.0, 20.0], [-150.0, 20.0]])
    assert points_seen(points, tilted).tolist() == [True, False]
    np.testing.assert_allclose(points_through(points, tilted)[0], [20 / 1.2, 20 / 1.2])
    assert not np.isfinite(points_through(points, tilted)[1]).any()
