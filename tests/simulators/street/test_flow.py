"""Flow is where known points of the world are projected to."""

import numpy as np
import pytest
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.flow import Fate, Flow, flow_of
from domainaug_simulators.street.labels import labels_of
from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import box, quad, turned
from domainaug_simulators.street.sampling import central
from domainaug_simulators.street.scene import Body, Scene, Thing
from domainaug_simulators.street.town.tags import Tag

CAMERA = Camera((0, 0, 1.5), 0, -2, 0, 96, 64, 80)


def car(number: int, x: float, y: float, yaw: float = 0.0) -> Thing:
    pose, own = turned(yaw, (x, y, 0)), box((4, 1.8, 1.5), 0)
    return Thing(own.moved(pose), Tag.CAR, number, (), Body.around(own, pose))


def street(*things: Thing) -> Scene:
    ground = quad((-50, -50, 0), (90, -50, 0), (90, 50, 0), (-50, 50, 0), 0)
    return Scene.of([Thing(ground, Tag.ROAD), *things], Palette())


def flow(before: Scene, after: Scene, later: Camera, camera: Camera = CAMERA) -> Flow:
    return flow_of(before, camera, central(before, camera), after, later)


def test_nothing_moves_where_nothing_does() -> None:
    still = street(car(1, 12, 2))
    found = flow(still, still, CAMERA)
    assert np.abs(found.pixels).max() < 1e-3
    assert (found.fate == Fate.SEEN).all()


def test_the_road_flows_as_its_points_are_projected() -> None:
    """An oracle of its own: the plane's homography between the two cameras."""
    still, later = street(), Camera((1.2, 0.1, 1.55), 1.5, -2.4, 0.3, 96, 64, 80)
    found = flow(still, still, later)
    labels = labels_of(still, CAMERA, central(still, CAMERA))
    to_plane = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1.0]])  # (x, y, 1) of the ground to the world
    project = [camera.intrinsics @ camera.extrinsics[:3] @ to_plane for camera in (CAMERA, later)]
    homography = project[1] @ np.linalg.inv(project[0])
    rows, columns = np.nonzero((labels.semantic == Tag.ROAD) & (found.fate == Fate.SEEN))
    middles = np.column_stack([columns + 0.5, rows + 0.5, np.ones(len(rows))])
    moved = middles @ homography.T
    assert len(rows) > 1000
    assert np.allclose(found.pixels[rows, columns], moved[:, :2] / moved[:, 2:] - middles[:, :2], atol=2e-2)


def test_the_sky_turns_with_the_camera_and_does_not_shift() -> None:
    still = street()
    shifted = flow(still, still, Camera((1, 0, 1.5), 0, -2, 0, 96, 64, 80))
    assert np.abs(shifted.pixels[0]).max() < 1e-3
    turned_left = flow(still, still, Camera((0, 0, 1.5), 1, -2, 0, 96, 64, 80))
    assert turned_left.pixels[4, 48, 0] == pytest.approx(CAMERA.focal * np.tan(np.radians(1)), rel=0.1)
    assert turned_left.fate[4, 95] == Fate.OUTSIDE


@pytest.mark.parametrize("rigid", [False, True])
def test_a_thing_flows_by_its_own_motion(rigid: bool) -> None:
    before, late = street(car(1, 12, -1, 0.2)), car(1, 12.8, -0.7, 0.35)
    if rigid:  # other triangles: followed by its pose
        extra = box((0.1, 0.1, 0.1), 0).at(13, -1, 0.5)
        late = Thing(type(extra).joined([late.mesh, extra]), Tag.CAR, 1, (), late.body)
    after = street(late)
    first = central(before, CAMERA)
    found = flow_of(before, CAMERA, first, after, CAMERA)
    labels = labels_of(before, CAMERA, first)
    mine = (labels.instance == 1).ravel()
    points = np.array(CAMERA.place) + first.directions[mine] * first.hits.distance[mine, None]
    move = turned(0.35, (12.8, -0.7, 0)) @ np.linalg.inv(turned(0.2, (12, -1, 0)))
    there, _ = CAMERA.seen(points @ move[:3, :3].T + move[:3, 3])
    here, _ = CAMERA.seen(points)
    assert np.allclose(found.pixels.reshape(-1, 2)[mine], there - here, atol=2e-3)
    assert np.abs(there - here).max() > 1


def test_flow_leads_to_the_same_thing() -> None:
    before, after = street(car(1, 14, -3), car(2, 9, 1)), street(car(1, 14.5, -2.4), car(2, 9.6, 1.4))
    later = Camera((0.4, 0, 1.5), 0.5, -2, 0, 96, 64, 80)
    found = flow(before, after, later)
    one = labels_of(before, CAMERA, central(before, CAMERA)).instance
    two = labels_of(after, later, central(after, later)).instance
    rows, columns = np.nonzero(found.fate == Fate.SEEN)
    moved = found.pixels[rows, columns]
    to_row, to_column = (rows + 0.5 + moved[:, 1]).astype(int), (columns + 0.5 + moved[:, 0]).astype(int)
    same = one[rows, columns] == two[to_row, to_column]
    assert same.mean() > 0.985  # but for pixels on outlines
    assert (one > 0).sum() > 200


def test_what_another_thing_drives_before_is_hidden() -> None:
    before, after = street(car(1, 20, 0), car(2, 10, 7)), street(car(1, 20, 0), car(2, 10, 0.5))
    found = flow(before, after, CAMERA)
    labels = labels_of(before, CAMERA, central(before, CAMERA))
    assert (found.fate[labels.instance == 1] == Fate.HIDDEN).all()
    assert (found.kitti[labels.instance == 1] == 0).all()


def test_what_is_not_there_any_more_is_gone() -> None:
    found = flow(street(car(1, 12, 0)), street(), CAMERA)
    labels = labels_of(street(car(1, 12, 0)), CAMERA, central(street(car(1, 12, 0)), CAMERA))
    assert (found.fate[labels.instance == 1] == Fate.GONE).all()
    assert np.isnan(found.pixels[labels.instance == 1]).all()


def test_kitti_stores_sixty_fourths_of_pixels() -> None:
    found = Flow(np.array([[[1.5, -2.25], [np.nan, np.nan]]], np.float32), np.array([[Fate.SEEN, Fate.GONE]], np.uint8))
    assert found.kitti.tolist() == [[[32768 + 96, 32768 - 144, 1], [0, 0, 0]]]
