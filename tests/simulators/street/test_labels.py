"""Labels are what rays through the middles of pixels meet; boxes are those of the pixels, and of things alone."""

import numpy as np
import pytest
from domainaug_simulators.street.bodies import bodies_of
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.labels import Box2D, Labels, boxes_of, labels_of, normals_of
from domainaug_simulators.street.materials import Palette
from domainaug_simulators.street.mesh import box, ellipsoid, quad, turned
from domainaug_simulators.street.sampling import central
from domainaug_simulators.street.scene import Body, Scene, Thing
from domainaug_simulators.street.town.tags import Tag
from numpy.typing import NDArray

CAMERA = Camera((0, 0, 1.5), yaw=0, pitch=-3, width=120, height=72, view=80)


def thing(number: int, x: float, y: float, yaw: float = 0.0, speed: float = 0.0, size=(4.0, 1.8, 1.5)) -> Thing:
    """Return a car of plain surfaces with a bulge on its roof."""
    pose = turned(yaw, (x, y, 0))
    own = box(size, 0)
    own = type(own).joined([own, ellipsoid((2, 1, 0.6), 0).at(0, 0, size[2])])
    body = Body.around(own, pose, (speed * np.cos(yaw), speed * np.sin(yaw), 0.0))
    return Thing(own.moved(pose), Tag.CAR, number, (), body)


def ground() -> Thing:
    return Thing(quad((-50, -50, 0), (90, -50, 0), (90, 50, 0), (-50, 50, 0), 0), Tag.ROAD)


def scattered(one: Thing) -> NDArray[np.float64]:
    """Return points all over a thing, (n, 3) meters, a few cm apart at most."""
    steps = np.linspace(0, 1, 120)
    a, b = (each.ravel() for each in np.meshgrid(steps, steps))
    a, b = a[a + b <= 1], b[a + b <= 1]
    first, second, third = (one.mesh.corners[:, i].astype(float) for i in range(3))
    spread = (second - first)[:, None] * a[:, None] + (third - first)[:, None] * b[:, None]
    return (first[:, None] + spread).reshape(-1, 3)


def around(points: NDArray[np.float64]) -> tuple[float, ...]:
    """Return left, top, right and bottom of those of (n, 3) points that the camera shows, one by one."""
    x, y, z = (points @ CAMERA.extrinsics[:3, :3].T + CAMERA.extrinsics[:3, 3])[:, :3].T
    x, y = x[z > 0] / z[z > 0] * CAMERA.focal + 60, y[z > 0] / z[z > 0] * CAMERA.focal + 36
    shown = (x >= 0) & (x <= 120) & (y >= 0) & (y <= 72)
    return x[shown].min(), y[shown].min(), x[shown].max(), y[shown].max()


def labeled(*things: Thing, camera: Camera = CAMERA) -> tuple[Scene, Labels, dict[int, Box2D]]:
    scene = Scene.of(things, Palette())
    labels = labels_of(scene, camera, central(scene, camera))
    return scene, labels, {found.instance: found for found in boxes_of(scene, camera, labels)}


def crowd(seed: int) -> list[Thing]:
    draw = np.random.default_rng(seed)
    return [
        thing(n + 1, *draw.uniform([-6, -14], [40, 14]), draw.uniform(0, 6.3), draw.uniform(0, 10)) for n in range(14)
    ]


def test_a_pixel_says_what_its_middle_shows() -> None:
    _, labels, _ = labeled(ground(), thing(3, 12, 0))
    assert labels.semantic[0, 0] == Tag.SKY
    assert labels.depth[0, 0] == np.inf
    assert labels.semantic[-1, 60] == Tag.ROAD
    assert labels.instance[38, 60] == 3
    assert labels.semantic[38, 60] == Tag.CAR
    assert labels.cityscapes[38, 60] == 26
    assert labels.depth[38, 60] == pytest.approx(labels.range[38, 60], rel=1e-2)


def test_depth_and_range_put_a_pixel_back_onto_the_ground() -> None:
    _, labels, _ = labeled(ground())
    rows, columns = np.nonzero(labels.semantic == Tag.ROAD)
    depth = labels.depth[rows, columns]
    pixels = np.column_stack([columns + 0.5, rows + 0.5, np.ones(len(rows))])
    optical = pixels @ np.linalg.inv(CAMERA.intrinsics).T * depth[:, None]
    world = np.column_stack([optical, np.ones(len(rows))]) @ np.linalg.inv(CAMERA.extrinsics).T
    assert np.abs(world[:, 2]).max() < 1e-4
    assert np.allclose(np.linalg.norm(optical, axis=-1), labels.range[rows, columns], rtol=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_what_a_thing_fills_alone_is_what_rays_at_it_alone_meet(seed: int) -> None:
    things = crowd(seed)
    _, labels, boxes = labeled(ground(), *things)
    for one in things:
        _, alone, _ = labeled(one)
        pixels, shown = int((alone.instance > 0).sum()), int((labels.instance == one.instance).sum())
        if one.instance not in boxes:
            assert pixels == shown == 0
            continue
        found = boxes[one.instance]
        assert found.pixels == shown
        assert found.occlusion == pytest.approx(1 - shown / pixels, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_boxes_lie_around_their_pixels(seed: int) -> None:
    _, labels, boxes = labeled(ground(), *crowd(seed))
    assert boxes
    for found in boxes.values():
        rows, columns = np.nonzero(labels.instance == found.instance)
        if not len(rows):
            assert found.visible is None
            continue
        assert found.visible == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        left, top, right, bottom = found.amodal
        assert left <= columns.min() + 0.5
        assert right >= columns.max() + 0.5
        assert top <= rows.min() + 0.5
        assert bottom >= rows.max() + 0.5


def test_a_thing_behind_another_keeps_its_box() -> None:
    _, _, boxes = labeled(ground(), thing(1, 8, 0, np.pi / 2), thing(2, 16, 0, np.pi / 2, size=(2.0, 0.8, 0.7)))
    assert boxes[2].visible is None
    assert boxes[2].occlusion == 1
    _, _, alone = labeled(ground(), thing(2, 16, 0, np.pi / 2, size=(2.0, 0.8, 0.7)))
    assert boxes[2].amodal == alone[2].amodal


def test_truncation_is_what_the_edge_of_the_picture_cuts_off() -> None:
    _, _, boxes = labeled(ground(), thing(1, 8, 8), thing(2, 14, 0))
    left, top, right, bottom = boxes[1].whole
    assert left < 0
    assert boxes[1].amodal == pytest.approx(around(scattered(thing(1, 8, 8))), abs=0.1)
    assert boxes[1].amodal[2] == right
    assert boxes[1].truncation == pytest.approx(-left / (right - left))
    assert boxes[2].truncation == 0
    _, _, wider = labeled(
        ground(),
        thing(1, 8, 8),
        camera=Camera((0, 0, 1.5), 0, -3, 0, 240, 72, 2 * np.degrees(np.arctan(2 * np.tan(np.radians(40))))),
    )
    assert wider[1].amodal == pytest.approx((left + 60, top, right + 60, bottom))


@pytest.mark.parametrize(("x", "y", "yaw"), [(0.5, -2.2, 0), (0, 1.6, 0.2), (-0.4, 1.3, -0.1), (0.4, -1, 1.2)])
def test_the_box_of_a_thing_half_behind_the_camera_is_around_what_is_in_the_picture(
    x: float, y: float, yaw: float
) -> None:
    one = thing(1, x, y, yaw)
    points = scattered(one)
    assert (points @ CAMERA.extrinsics[2, :3] + CAMERA.extrinsics[2, 3]).min() < -0.1
    _, _, boxes = labeled(ground(), one)
    assert boxes[1].amodal == pytest.approx(around(points), abs=0.35)
    assert boxes[1].whole[3] - boxes[1].whole[1] > CAMERA.height
    assert 0 < boxes[1].amodal[1] < boxes[1].amodal[3] <= CAMERA.height


def test_a_thing_beside_the_camera_is_cut_before_it() -> None:
    _, labels, boxes = labeled(ground(), thing(1, 0.5, 1.2), thing(2, -5, 0))
    assert 2 not in boxes
    assert boxes[1].pixels == (labels.instance == 1).sum() > 0
    assert boxes[1].truncation > 0.5


def test_normals_look_at_the_camera() -> None:
    scene = Scene.of([ground(), thing(1, 10, 0)], Palette())
    first = central(scene, CAMERA)
    normals = normals_of(scene, CAMERA, first)
    labels = labels_of(scene, CAMERA, first)
    assert np.allclose(normals[labels.semantic == Tag.ROAD], [0, 0, 1])
    assert np.allclose(normals[44, 60], [-1, 0, 0])
    assert (normals[labels.semantic == Tag.SKY] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_body_holds_its_triangles_tightly(seed: int) -> None:
    things = crowd(seed)
    for found, one in zip(bodies_of(Scene.of(things, Palette())), things, strict=True):
        flat = one.mesh.corners.reshape(-1, 3)
        assert found.holds(flat, 1e-4).all()
        assert not found.holds(flat, -1e-2).all()
        assert found.holds(found.corners, 1e-9).all()
        assert np.linalg.norm(found.corners[0] - found.corners[1]) == pytest.approx(found.size[0])
        assert np.linalg.norm(found.corners[0] - found.corners[3]) == pytest.approx(found.size[1])
        assert np.linalg.norm(found.corners[0] - found.corners[4]) == pytest.approx(found.size[2])


def test_a_body_before_the_camera_is_written_as_in_kitti() -> None:
    scene = Scene.of([thing(1, 20, -5, 0.0, 7.0)], Palette())
    (found,) = bodies_of(scene)
    level = Camera((0, 0, 1.6), yaw=0, width=120, height=72)
    seen = found.before(level)
    assert seen.location == pytest.approx((5, 1.6, 20), abs=1e-6)
    assert seen.rotation_y == pytest.approx(-np.pi / 2)  # KITTI: 0 looks along x (right), -90 degrees away from us
    assert seen.alpha == pytest.approx(-np.pi / 2 - np.arctan2(5, 20))
    assert found.velocity == (7.0, 0.0, 0.0)


def test_visible_shares_come_from_the_picture() -> None:
    scene, _, boxes = labeled(ground(), thing(1, 8, 0), thing(2, 16, 1.5), thing(3, -20, 0))
    one, two, behind = bodies_of(scene, list(boxes.values()))
    assert one.visible == 1
    assert two.visible is not None
    assert 0 < two.visible < 1
    assert behind.visible is None
