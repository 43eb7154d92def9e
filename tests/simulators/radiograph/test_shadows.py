"""Labels of a projection: how thick, where, and what the blades leave of them."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.radiograph.blades import Field, whole_rows
from domainaug_simulators.radiograph.geometry import Geometry, Setup
from domainaug_simulators.radiograph.shadows import shadow_of, solids

from domainaug.medical.labels.grid import Grid


def turned(angle):
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])


def grid_of(shape, steps, axes=None, order=(0, 1, 2)):
    matrix = np.eye(4)
    matrix[:3, :3] = ((np.eye(3) if axes is None else axes) * np.array(steps))[:, list(order)]
    matrix[:3, 3] = -matrix[:3, :3] @ ((np.array(shape[::-1]) - 1) / 2)
    return Grid(shape, matrix)


GRIDS = {
    "even": grid_of((60, 60, 60), (1.0, 1.0, 1.0)),
    "anisotropic": grid_of((25, 60, 60), (1.0, 0.8, 2.5)),
    "oblique": grid_of((60, 60, 60), (1.0, 0.8, 1.2), turned(35)),
    "permuted": grid_of((60, 60, 60), (1.0, 0.8, 1.2), None, (2, 0, 1)),
}


def blob(grid, seed=0):
    """Return a mask of two numbers, both in the middle."""
    z, y, x = np.meshgrid(*(np.arange(n) / n - 0.5 for n in grid.shape), indexing="ij")
    values = np.zeros(grid.shape, np.uint8)
    values[x**2 + (1.5 * y) ** 2 + z**2 < 0.09] = 1
    values[(np.abs(x - 0.2) < 0.1) & (np.abs(y) < 0.08) & (np.abs(z) < 0.15)] = 2
    return values


def far(**changed):
    """Return a tube so far away that its rays are parallel."""
    given = {"source_to_detector": 1e6, "source_to_center": 1e6 - 100, "shape": (160, 160), "pitch": 0.7, **changed}
    return Geometry.of(Setup(**given))


EVERYWHERE = np.ones((160, 160), bool)


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("angles", [(0.0, 0.0), (40.0, 0.0), (90.0, 25.0)])
def test_thickness_adds_up_to_the_volume(name, angles):
    grid = GRIDS[name]
    values = blob(grid)
    geometry = far(primary=angles[0], secondary=angles[1], shape=(520, 520), pitch=0.2)
    for solid in solids(values, grid, (1, 2)):
        shadow = shadow_of(solid, geometry, np.ones((520, 520), bool))
        volume = float((values == solid.number).sum()) * grid.voxel_mm3
        assert shadow.thickness.sum(dtype=float) * 0.2**2 == pytest.approx(volume, rel=0.01)
        assert not shadow.cropped
        assert shadow.seen == 1.0


def test_a_mask_is_wherever_there_is_any_of_it_and_its_box_holds_it():
    grid = GRIDS["even"]
    geometry = Geometry.of(Setup(source_to_center=1600, shape=(160, 160), pitch=0.7))
    (one, _) = solids(blob(grid), grid, (1, 2))
    shadow = shadow_of(one, geometry, EVERYWHERE)
    left, top, right, bottom = shadow.box
    rows, columns = np.nonzero(shadow.thickness > 0)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (left, top, right, bottom)
    places = np.argwhere(one.mask)[:, ::-1]
    seen = np.round(geometry.project(places @ one.matrix[:3, :3].T + one.matrix[:3, 3])).astype(int)
    assert (shadow.thickness[seen[:, 1], seen[:, 0]] > 0).all()


def test_overlap_is_kept_each_segment_has_all_of_its_shadow():
    grid = GRIDS["even"]
    first, second = (shadow_of(one, far(), EVERYWHERE) for one in solids(blob(grid), grid, (1, 2)))
    assert ((first.thickness > 0) & (second.thickness > 0)).sum() > 100


def test_blades_take_labels_away_and_it_is_told():
    grid = GRIDS["even"]
    (one, _) = solids(blob(grid), grid, (1, 2))
    lit = Field(0, 0, 80, 160).lit((160, 160))
    shadow = shadow_of(one, far(), lit)
    assert shadow.box[2] == 80
    assert shadow.seen == pytest.approx(0.5, abs=0.02)
    gone = shadow_of(one, far(), np.zeros((160, 160), bool))
    assert gone.box is None
    assert gone.to_dict()["pixels"] == 0


def test_a_detector_that_is_too_small_is_told():
    grid = GRIDS["even"]
    (one, _) = solids(blob(grid), grid, (1, 2))
    assert shadow_of(one, far(shape=(30, 30)), np.ones((30, 30), bool)).cropped


def test_segments_that_have_no_voxel_have_no_shadow():
    grid = GRIDS["even"]
    assert [one.number for one in solids(blob(grid), grid, (1, 2, 7))] == [1, 2]
    assert solids(np.zeros(grid.shape, np.uint8), grid, (1,)) == []


# -- the field --------------------------------------------------------------------------------------------


def test_blades_leave_the_middle_and_a_soft_edge():
    geometry = Geometry.of(Setup(shape=(200, 300), pitch=0.5))
    field = Field.of((200, 300), 0.5, 0.4, (0, 200))
    assert (field.left, field.top, field.right, field.bottom) == (75, 60, 225, 140)
    opening = field.opening(geometry, 1.0)
    assert opening[100, 150] == pytest.approx(1.0)
    assert opening[0, 0] < 0.01
    edge = opening[100, 60:90]
    assert (np.diff(edge) >= 0).all()
    assert 9 <= ((edge > 0.01) & (edge < 0.99)).sum() <= 11  # 1 mm x 1500 / 300 is 5 mm: 10 pixels
    sharp = field.opening(geometry, 0.0)[100, 60:90]
    assert ((sharp > 0.01) & (sharp < 0.99)).sum() == 0


def test_an_open_field_lights_all():
    geometry = Geometry.of(Setup(shape=(200, 300), pitch=0.5))
    field = Field.of((200, 300), 1.0, 1.0, (0, 200))
    assert (field.opening(geometry, 2.0) == 1).all()
    assert field.lit((200, 300)).all()


def test_rows_that_would_miss_a_part_of_the_body_are_found():
    """A body of 200 mm from front to back, a scan 100 mm long, a tube 1000 mm from its middle, straight on.

    The ray that meets the end of the scan (50 mm up) where it enters the body, 900 mm from the tube, is the last that
    would be whole where it enters; at the far side, 1100 mm away, the one at 50 / 1100 is. The latter is the tighter.
    """
    shape = (50, 120, 120)
    matrix = np.diag([2.0, 2.0, 2.0, 1.0])
    matrix[:3, 3] = (-119, -119, -49)
    body = np.array([[10.0, 9.5, 0.0], [110.0, 109.5, 49.0]])
    geometry = Geometry.of(Setup(source_to_detector=1300, source_to_center=1000, shape=(200, 100), pitch=1.0))
    first, last = whole_rows(geometry, matrix, shape, body)
    reach = 50 / 1100 * 1300
    assert last - first == pytest.approx(2 * reach, abs=2)
    assert (first + last) / 2 == pytest.approx(100, abs=1)


def test_a_view_along_the_patient_sees_no_whole_row():
    shape = (50, 120, 120)
    matrix = np.diag([2.0, 2.0, 2.0, 1.0])
    matrix[:3, 3] = (-119, -119, -49)
    body = np.array([[10.0, 10.0, 0.0], [110.0, 110.0, 49.0]])
    geometry = Geometry.of(Setup(secondary=60.0, source_to_center=1000, shape=(200, 100), pitch=1.0))
    assert whole_rows(geometry, matrix, shape, body) == (0.0, 0.0)
