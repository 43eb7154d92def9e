import json

import numpy as np
import pytest
from PIL import Image

from domainaug import load_profile
from domainaug.layouts.layout import Sample
from domainaug.layouts.study_labels import StudyLabels
from domainaug.medical.grid import Grid
from domainaug.medical.labels import Contour, Labels, Landmark, Mask, Segment
from domainaug.preview import open_subject, variants
from domainaug.preview.marks import Marks, marks_of


def test_masks_and_boxes_are_what_they_are(disc):
    marks = marks_of(Sample(image=disc, mask=disc, boxes=np.array([[1.0, 2.0, 3.0, 4.0]])))
    assert np.array_equal(marks.numbers, disc)
    assert marks.boxes.tolist() == [[1.0, 2.0, 3.0, 4.0]]
    assert marks.count == 3


def test_nothing_marked_is_nothing():
    assert marks_of(Sample(image=np.zeros((4, 4), np.uint8))).count == 0


@pytest.fixture
def labelme(tmp_path, scene):
    Image.fromarray(scene).save(tmp_path / "a.png")
    shapes = [
        {"label": "part", "shape_type": "polygon", "points": [[20, 20], [60, 20], [60, 70], [20, 70]]},
        {"label": "hole", "shape_type": "circle", "points": [[44, 48], [54, 48]]},
        {"label": "corner", "shape_type": "point", "points": [[80.5, 40.5]]},
        {"label": "edge", "shape_type": "line", "points": [[5, 5], [120, 90]]},
    ]
    told = {
        "version": "5.0.0",
        "flags": {},
        "imagePath": "a.png",
        "imageData": None,
        "imageHeight": 96,
        "imageWidth": 128,
    }
    (tmp_path / "a.json").write_text(json.dumps({**told, "shapes": shapes}))
    return open_subject(tmp_path)


def test_shapes_come_as_curves_and_points(labelme):
    marks = marks_of(labelme.sample)
    closed = [closed for _, closed in marks.curves]
    assert closed == [True, True, False]
    assert marks.points.tolist() == [[80.0, 40.0]]
    ring = marks.curves[1][0]
    assert np.allclose(np.linalg.norm(ring - (43.5, 47.5), axis=1), 10, atol=0.1)


def test_shapes_still_fit_a_copy(labelme):
    for one in variants(labelme, load_profile("manufacturing/aligned-assembly"), seed=5, copies=range(4)):
        marks = marks_of(one.sample)
        bright = np.argwhere(one.sample.image > 180)[:, ::-1]
        middle = marks.curves[1][0].mean(axis=0)
        assert np.linalg.norm(bright.mean(axis=0) - middle) < 2.0


def patient_labels(**given):
    grid = Grid((3, 8, 10), np.diag([1.0, 2.0, 4.0, 1.0]))
    labels = Labels((Segment(1), Segment(2)), **given)
    return grid, StudyLabels(grid, True, (labels,))


def volume(beside):
    return Sample(volume=np.zeros((3, 8, 10), np.int16), beside=beside)


def test_contours_in_the_patient_are_filled_on_their_slice():
    square = np.array([[2.0, 4.0, 4.0], [6.0, 4.0, 4.0], [6.0, 10.0, 4.0], [2.0, 10.0, 4.0]])
    _, beside = patient_labels(contours=(Contour(2, square),))
    numbers = marks_of(volume(beside)).numbers
    assert numbers[1, 3, 4] == 2
    assert not numbers[0].any()
    assert not numbers[2].any()


def test_masks_on_another_grid_are_looked_up():
    coarse = Grid((3, 4, 5), np.array([[2.0, 0, 0, 0.5], [0, 4.0, 0, 1.0], [0, 0, 4.0, 0], [0, 0, 0, 1]]))
    values = np.zeros((3, 4, 5), np.uint8)
    values[1, 2, 3] = 1
    _, beside = patient_labels(masks=(Mask(coarse, values),))
    numbers = marks_of(volume(beside)).numbers
    assert np.argwhere(numbers).tolist() == [[1, y, x] for y in (4, 5) for x in (6, 7)]


def test_landmarks_belong_to_the_slice_they_lie_in():
    _, beside = patient_labels(landmarks=(Landmark("apex", (3.0, 8.0, 8.0)),))
    marks = marks_of(volume(beside))
    assert marks.on_slice(0, 2).points.tolist() == [[3.0, 4.0]]
    assert len(marks.on_slice(0, 1).points) == 0


def test_a_plane_has_the_labels_that_cross_it():
    numbers = np.zeros((3, 8, 10), np.uint8)
    numbers[1, 2, 3] = 4
    assert Marks(numbers).on_slice(1, 2).numbers[1, 3] == 4
    assert Marks(numbers).on_slice(2, 3).numbers[1, 2] == 4
    assert not Marks(numbers).on_slice(0, 0).numbers.any()
