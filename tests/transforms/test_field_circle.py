"""`field_circle`: discs of known truth, and a real fundus."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.transforms.field_circle import field_circle

SIZE = (480, 640)


def fundus(x, y, radius, size=SIZE, seed=0):
    """Return an 8-bit picture of a disc that darkens to its border, on a ground of noise, with a mark and a name."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]]
    distance = np.hypot(columns - x, rows - y)
    light = 120 - 60 * (distance / radius) ** 2 + 20 * np.cos(columns / 30) * np.sin(rows / 25)
    picture = np.where(distance <= radius, light, 5) + rng.integers(0, 6, size)
    picture[8:16, 8:60] = 180  # a name
    corner = (
        slice(int(y - 0.76 * radius), int(y - 0.68 * radius)),
        slice(int(x + 0.66 * radius), int(x + 0.76 * radius)),
    )
    picture[corner] = 90  # the mark on many cameras' frames
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("x", "y", "radius"), [(320, 240, 200), (330.4, 235.7, 310.2), (300, 250, 260), (180.5, 300.0, 150.0)]
)
def test_discs_are_found_where_they_are(x, y, radius):
    found = field_circle(fundus(x, y, radius))
    assert (found.x, found.y, found.radius) == pytest.approx((x, y, radius), abs=1)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    truth = np.hypot(columns - x, rows - y) <= radius
    assert np.count_nonzero(found.mask ^ truth) < 0.01 * truth.sum()
    assert found.agreement > 0.95


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32"])
def test_in_color_and_other_types(dtype):
    picture = np.stack([fundus(320, 240, 200)] * 3, axis=-1) * np.array([1.0, 0.5, 0.3])
    found = field_circle((picture * 20 - (900 if dtype != "uint16" else 0)).astype(dtype))
    assert (found.x, found.y, found.radius) == pytest.approx((320, 240, 200), abs=1)


def test_a_real_one_and_the_same_cut_by_the_frame():
    data = pytest.importorskip("skimage.data")
    retina = data.retina()
    whole, cut = field_circle(retina), field_circle(retina[200:1250])
    assert whole.agreement > 0.98
    assert (whole.x, whole.y, whole.radius) == pytest.approx((704, 703, 695), abs=3)
    assert (cut.x, cut.y + 200, cut.radius) == pytest.approx((whole.x, whole.y, whole.radius), abs=2)


@pytest.mark.parametrize(
    "picture", [np.zeros((30, 40)), np.full((1, 1), 7), np.random.default_rng(0).integers(90, 250, (50, 60))]
)
def test_a_picture_without_dark_ground_is_all_field(picture):
    found = field_circle(picture)
    assert found.mask.all()
    assert found.agreement == 1.0


@pytest.mark.parametrize("picture", [np.zeros((0, 5)), np.zeros(5), np.full((8, 8), np.inf)])
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(ImageError, match="a field of view is looked for in"):
        field_circle(picture)
