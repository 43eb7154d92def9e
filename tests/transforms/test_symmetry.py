"""`SymmetryTurn`: every draw of a symmetric part is the part again, pixel for pixel where turns are quarter turns."""

from __future__ import annotations

import numpy as np
import pytest

from domainaug._albumentations import A
from domainaug.declare import declare
from domainaug.generators import Frame
from domainaug.pipeline import Pipeline
from domainaug.transforms import SymmetryTurn
from domainaug.turns import Islands

QUARTERS = [np.rot90(np.arange(36).reshape(6, 6), k) for k in range(4)]


def star(points, size=121, mirrored=True):
    """Return a part with so many equal sides; without mirror lines where asked for."""
    y, x = (np.mgrid[:size, :size] - (size - 1) / 2) / (size / 2)
    angle, radius = np.arctan2(-y, x), np.hypot(x, y)
    lean = 0.0 if mirrored else 2.0 * radius
    return (200 / (1 + np.exp(25 * (radius - 0.55 - 0.2 * np.cos(points * angle + lean))))).astype(np.float32)


def draws(transform, image, count=24):
    pipeline = Pipeline([transform], seed=2, value_range=(0, 255))
    return [pipeline(image=image)["image"] for _ in range(count)]


class TestQuarterTurns:
    def test_they_move_whole_pixels_and_all_come(self):
        image = np.arange(36, dtype=np.uint8).reshape(6, 6)
        found = draws(SymmetryTurn(every=90.0, p=1.0), image, 40)
        seen = {next(k for k, one in enumerate(QUARTERS) if np.array_equal(one, each)) for each in found}
        assert seen == {0, 1, 2, 3}

    def test_a_mirror_is_along_its_line(self):
        image = np.arange(36, dtype=np.uint8).reshape(6, 6)
        for axis, expected in ((90.0, image[:, ::-1]), (0.0, image[::-1]), (45.0, np.rot90(image.T, 2))):
            found = draws(SymmetryTurn(every=360.0, mirror=True, axis=axis, p=1.0), image, 16)
            assert all(np.array_equal(each, image) or np.array_equal(each, expected) for each in found)
            assert any(np.array_equal(each, expected) for each in found)

    def test_masks_and_boxes_go_along(self):
        image, mask = np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint8)
        image[1, 2], mask[1, 2] = 200, 1
        compose = A.Compose([SymmetryTurn(p=1.0)], bbox_params=A.BboxParams("pascal_voc", label_fields=["of"]), seed=4)
        for _ in range(8):
            out = compose(image=image, mask=mask, bboxes=[[2, 1, 3, 2]], of=["a"])
            (row,), (column,) = np.nonzero(out["image"])
            assert out["mask"][row, column] == 1
            assert np.allclose(out["bboxes"][0], [column, row, column + 1, row + 1], atol=1e-4)


class TestParts:
    @pytest.mark.parametrize("points", [3, 5, 6])
    def test_a_part_with_equal_sides_looks_the_same(self, points):
        image = star(points)
        for each in draws(SymmetryTurn(every=360.0 / points, mirror=True, axis=0.0, p=1.0), image):
            assert np.abs(each - image)[20:-20, 20:-20].max() < 12

    def test_a_mirrored_part_that_has_a_hand_does_not(self):
        image = star(5, mirrored=False)
        apart = [np.abs(each - image).max() for each in draws(SymmetryTurn(72.0, mirror=True, axis=0.0, p=1), image)]
        assert max(apart) > 60
        assert min(apart) < 12

    def test_another_angle_does_not_map_it_onto_itself(self):
        image = star(6)
        assert max(np.abs(each - image).max() for each in draws(SymmetryTurn(90.0, p=1.0), image)) > 60


class TestSaid:
    def test_the_check_knows_there_is_nothing_between(self):
        said = declare(SymmetryTurn(every=60.0), Frame()).effects(Frame())["rotation"]
        assert isinstance(said, Islands)
        assert [value for value in (0, 60, -120, 180) if value not in said.widened(1e-6)] == []
        assert 30 not in said

    @pytest.mark.parametrize("arguments", [{"every": 50.0}, {"every": 0.0}, {"mirror": 1}])
    def test_what_is_no_symmetry_is_refused(self, arguments):
        with pytest.raises(ValueError, match="SymmetryTurn: "):
            SymmetryTurn(**arguments)
