"""Signs and sizes against real warps: a few marked points are followed through albumentations itself."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.declare import declare, drawn
from domainaug.declare.sets import affine_maps, from_pixels
from domainaug.effects import EFFECTS
from domainaug.functionals import decompose
from domainaug.generators import Frame

FRAME = Frame(200, 320, 1)
SPOTS = np.array([[100, 70], [220, 70], [100, 130], [220, 130], [160, 100]])  # x, y


def followed(transform: A.BasicTransform) -> tuple[np.ndarray, dict]:
    """Where the spots of a picture are seen after one draw (n, 2), and the parameters of the draw."""
    params = drawn_params(transform)
    found = []
    for x, y in SPOTS:
        picture = np.zeros((FRAME.height, FRAME.width), np.float32)
        picture[y - 3 : y + 4, x - 3 : x + 4] = 1
        picture = transform.apply(picture, **params)
        rows, columns = np.indices(picture.shape)
        found.append([(picture * columns).sum() / picture.sum(), (picture * rows).sum() / picture.sum()])
    return np.array(found), params


def drawn_params(transform: A.BasicTransform) -> dict:
    data = {"image": np.zeros((FRAME.height, FRAME.width, 3), np.uint8)}
    params = transform.update_transform_params(transform.get_params(), data)
    return {**params, **transform.get_params_dependent_on_data(params, data)}


def fitted(after: np.ndarray) -> dict[str, float]:
    """The effects of the affine map that takes the spots where they were seen, in frame units."""
    points = np.concatenate([SPOTS, np.ones((len(SPOTS), 1))], axis=1)
    matrix = np.eye(3)
    matrix[:2] = np.linalg.lstsq(points, after, rcond=None)[0].T
    maps = from_pixels(matrix, (FRAME.height, FRAME.width))
    return {name: float(values[0]) for name, values in decompose(maps, aspect=FRAME.aspect).items()}


TRANSFORMS = [
    A.HorizontalFlip(),
    A.VerticalFlip(),
    A.Rotate(limit=(12, 12)),
    A.Affine(rotate=(12, 12), scale=(0.9, 0.9)),
    A.Affine(shear={"x": (10, 10), "y": (0, 0)}),
    A.Affine(shear={"x": (0, 0), "y": (10, 10)}),
    A.Affine(translate_percent={"x": (0.1, 0.1), "y": (0, 0)}),
    A.Affine(translate_px={"x": (0, 0), "y": (20, 20)}),
    A.Affine(scale={"x": (1.2, 1.2), "y": (0.9, 0.9)}),
    A.Affine(rotate=(20, 20), scale=(0.8, 0.8), shear={"x": (8, 8), "y": (0, 0)}),
    A.SafeRotate(limit=(20, 20)),
    A.OpticalDistortion(distort_limit=(0, 0)),
]


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda t: f"{type(t).__name__}-{TRANSFORMS.index(t)}")
def test_declared_drawn_and_seen_are_one(transform):
    after, params = followed(transform)
    seen = fitted(after)
    declared = declare(transform, FRAME).effects(FRAME)
    one = drawn(transform, params, FRAME).effects(FRAME)
    slack = {"rotation": 0.15, "shear": 0.25, "scale": 0.004, "aspect": 0.006, "shift": 0.004, "perspective": 0.004}
    for name, value in seen.items():
        allowed = slack.get(name, 0)
        for interval in (declared.get(name, EFFECTS[name].still), one.get(name, EFFECTS[name].still)):
            assert interval.low - allowed <= value <= interval.high + allowed, name


def test_a_positive_angle_is_counter_clockwise():
    after, _ = followed(A.Rotate(limit=(12, 12)))
    assert fitted(after)["rotation"] == pytest.approx(12, abs=0.1)
    right_of_middle = after[1] + after[3] - 2 * after[4]
    assert right_of_middle[1] < 0  # rises: y points down


def test_a_shear_turns_by_half():
    after, _ = followed(A.Affine(shear={"x": (10, 10), "y": (0, 0)}))
    found = fitted(after)
    assert abs(found["shear"]) == pytest.approx(10, abs=0.2)
    assert abs(found["rotation"]) == pytest.approx(5, abs=0.1)
    assert after[0, 0] > SPOTS[0, 0]  # the top moves right


@pytest.mark.parametrize("transform", [A.D4(), A.RandomRotate90()], ids=["D4", "RandomRotate90"])
def test_every_symmetry_is_read_as_what_it_is(transform):
    """Held against the array itself: where does the top left corner of a picture go, and the one beside it?"""
    square = Frame(9, 9, 1)
    picture = np.arange(81, dtype=np.float32).reshape(9, 9)
    seen = set()
    for seed in range(60):
        transform.set_random_seed(seed)
        params = {**transform.get_params(), "shape": picture.shape}
        out = transform.apply(picture, **params)
        corners = [np.argwhere(out == picture[y, x])[0][::-1] for x, y in ((0, 0), (8, 0), (0, 8))]
        maps = drawn(transform, params, square).maps[0]
        for (x, y), corner in zip(((0, 0), (8, 0), (0, 8)), corners, strict=True):
            lands = maps @ [(x - 4) / 9, (y - 4) / 9, 1]
            assert lands[:2] * 9 + 4 == pytest.approx(corner)
        seen.add(tuple(np.round(maps[:2, :2].ravel()).astype(int)))
    assert len(seen) == (8 if isinstance(transform, A.D4) else 4)


def test_the_order_of_a_map_is_scale_turn_shear_shift():
    matrix = A.augmentations.geometric.functional.create_affine_transformation_matrix(
        {"x": 10, "y": -7}, {"x": -8, "y": 3}, {"x": 1.2, "y": 0.9}, 25, ((FRAME.width - 1) / 2, (FRAME.height - 1) / 2)
    )
    ours = affine_maps(
        rotation=25.0,
        scale_x=1.2,
        scale_y=0.9,
        shear_x=-8.0,
        shear_y=3.0,
        shift_x=10 / FRAME.width,
        shift_y=-7 / FRAME.height,
        aspect=FRAME.aspect,
    )
    assert ours[0] == pytest.approx(from_pixels(matrix, (FRAME.height, FRAME.width))[0], abs=1e-9)


def test_a_canvas_that_grows_loses_nothing():
    found = declare(A.Affine(rotate=(30, 30), fit_output=True), FRAME).effects(FRAME)
    assert "field_of_view" not in found
    assert found["outside"].high > 0.3
    assert found["scale"].high == pytest.approx(1)


def test_a_safe_turn_squeezes():
    found = declare(A.SafeRotate(limit=(45, 45)), Frame(256, 256)).effects()
    assert found["scale"].low == pytest.approx(2**-0.5)
    assert "field_of_view" not in found


def test_borders_cut_off_after_a_turn_leave_no_fill():
    found = declare(A.Rotate(limit=(-20, 20), crop_border=True), Frame(256, 256)).effects()
    assert "outside" not in found
    assert found["field_of_view"].low == pytest.approx(0.6, abs=0.01)
