"""Which place of a part a picture shows: planes, cylinders and meshes by the same rules."""

from __future__ import annotations

import numpy as np
import pytest
from domainaug_simulators.surface.parts import Cylinder, MeshPart, Plane, View, pose_of

WHOLE = (0, 0, 40, 60)
PARTS = {"plane": Plane(8.0, 6.0), "cylinder": Cylinder(6.0, 8.0)}


def as_mesh(part):
    return MeshPart(part.triangles(), part.chart, part.thickness, part.half)


def test_the_middle_of_the_picture_is_the_middle_of_the_chart():
    view = View(41, 61, 0.1, 100.0)
    for part in PARTS.values():
        seen = part.seen(view, pose_of(part, 0, 0, 0, (0, 0)), (0, 0, 41, 61), 1)
        assert seen[20, 30, 9:11] == pytest.approx([0, 0], abs=1e-6)
        assert seen[20, 30, 6:9] == pytest.approx([0, 0, 1], abs=1e-6)
        assert seen[20, 30, 2] == pytest.approx(0, abs=1e-6)  # its highest place is level with z = 0


def test_right_is_right_and_up_is_up():
    view = View(40, 60, 0.1, 100.0, telecentric=True)
    seen = PARTS["plane"].seen(view, pose_of(PARTS["plane"], 0, 0, 0, (1.0, 0.5)), WHOLE, 1)
    assert seen[10, 40, 9:11] == pytest.approx([(40.5 - 30) * 0.1 - 1.0, (20 - 10.5) * 0.1 - 0.5], abs=1e-5)


def test_a_cylinder_is_as_long_around_as_it_is():
    part = PARTS["cylinder"]
    seen = part.seen(View(40, 60, 0.1, 100.0, telecentric=True), pose_of(part, 0, 0, 0, (0, 0)), WHOLE, 1)
    y = (20 - 5.5) * 0.1
    assert seen[5, 30, 10] == pytest.approx(3.0 * np.arcsin(y / 3.0), rel=1e-5)
    assert seen[5, 30, 2] == pytest.approx(np.sqrt(9 - y * y) - 3.0, abs=1e-5)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("telecentric", [False, True])
@pytest.mark.parametrize("turned", [(0, 0, 0), (20, -15, 35)])
def test_a_mesh_of_a_part_shows_what_the_part_shows(name, telecentric, turned):
    part, view = PARTS[name], View(40, 60, 0.15, 60.0, telecentric)
    pose = pose_of(part, *turned, (0.3, -0.2))
    smooth, mesh = part.seen(view, pose, WHOLE, 2), as_mesh(part).seen(view, pose, WHOLE, 2)
    there, met = (np.abs(one[..., 6:9]).sum(axis=2) > 0 for one in (smooth, mesh))
    assert (there != met).mean() < 0.01
    both = there & met
    assert both.sum() > 1000
    gap = np.abs(smooth - mesh)[both]
    around = part.chart[1] / 2
    inner = (np.abs(smooth[both][:, 10]) < around - 0.1) & (smooth[both][:, 8] > 0.25)
    assert gap[inner][:, :3].max() < 0.01  # the sides of the ring are flat
    assert gap[inner][:, 3:9].max() < 0.03
    assert gap[inner][:, 9:11].max() < 0.05


def test_a_window_is_a_part_of_the_whole():
    for part in (*PARTS.values(), as_mesh(PARTS["cylinder"])):
        view, pose = View(40, 60, 0.15, 60.0), pose_of(part, 10, 5, 15, (0, 0))
        whole = part.seen(view, pose, WHOLE, 2)
        assert np.array_equal(part.seen(view, pose, (7, 11, 19, 32), 2), whole[14:38, 22:64])


def test_a_plane_from_behind_is_not_seen():
    part = PARTS["plane"]
    for turned in (part, as_mesh(part)):
        assert not turned.seen(View(40, 60, 0.15, 60.0), pose_of(part, 0, 180, 0, (0, 0)), WHOLE, 1).any()
