"""A LiDAR turn, held against planes and boxes whose distances are known."""

import numpy as np
import pytest
from domainaug_simulators.street.bodies import bodies_of
from domainaug_simulators.street.lidar import Cloud, Lidar, met, scanned
from domainaug_simulators.street.materials import Material, Palette, Pattern
from domainaug_simulators.street.mesh import box, quad, turned
from domainaug_simulators.street.rays import engine_there
from domainaug_simulators.street.scene import Body, Scene, Thing
from domainaug_simulators.street.town.tags import Tag

from domainaug.driving.lidar_weather import Echo, LidarAir
from domainaug.errors import ScenarioError

SENSOR = Lidar(angles=(-25.0, -15.0, -8.0, -4.0, -1.0, 2.0), columns=180, noise=0.0)
LEVEL = np.eye(4)


def street(*things: Thing, gray: float = 0.4) -> Scene:
    palette = Palette()
    palette.number(Material((gray, gray, gray), mirror=0.0))
    palette.number(Material((0.2, 0.2, 0.2), pattern=Pattern.SIGN))
    ground = quad((-300, -300, 0), (300, -300, 0), (300, 300, 0), (-300, 300, 0), 0)
    return Scene.of([Thing(ground, Tag.ROAD), *things], palette)


def car(number: int, x: float, y: float, yaw: float = 0.0) -> Thing:
    pose, own = turned(yaw, (x, y, 0)), box((4, 1.8, 1.5), 0)
    return Thing(own.moved(pose), Tag.CAR, number, (), Body.around(own, pose))


def crowd() -> list[Thing]:
    return [car(n + 1, 10 * np.cos(n) + 2 * n, 10 * np.sin(n), 0.3 * n) for n in range(8)]


def same(one: Cloud, two: Cloud) -> bool:
    names = ("points", "tag", "instance", "ring", "time", "kind", "pulse")
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in names)


def test_rings_on_the_ground_are_circles_at_the_ranges_of_their_angles() -> None:
    found = scanned(street(), SENSOR, LEVEL, 0)
    assert set(found.ring.tolist()) == {0, 1, 2, 3, 4}
    for ring in range(5):
        mine = found.points[found.ring == ring]
        assert len(mine) == 180
        assert np.allclose(
            np.linalg.norm(mine[:, :3], axis=1), 1.73 / np.sin(np.radians(-SENSOR.angles[ring])), rtol=1e-5
        )
        assert np.allclose(mine[:, 2], -1.73, atol=1e-3)
    assert (found.tag == Tag.ROAD).all()


@pytest.mark.skipif(engine_there() != "embree", reason="embreex is not installed")
def test_the_truth_of_a_turn_is_the_same_by_either_engine() -> None:
    by_embree, by_tree = (street(*crowd()) for _ in range(2))
    by_embree.engine, by_tree.engine = "embree", "numba"
    one, other = (met(scene, SENSOR, turned(0.4, (1, -2, 0.1))) for scene in (by_embree, by_tree))
    assert np.array_equal(one.away, other.away)
    assert np.array_equal(one.instance, other.instance)
    assert np.isfinite(one.away).sum() > 800


def test_intensity_is_the_reflectance_by_the_cosine_of_incidence() -> None:
    found = scanned(street(gray=0.5), SENSOR, LEVEL, 0)
    cosine = np.sin(np.radians(-np.array(SENSOR.angles)))[found.ring]
    assert np.allclose(found.points[:, 3], 0.5 * cosine, atol=1e-5)


def test_signs_send_back_all_from_any_side() -> None:
    sign = Thing(box((0.05, 3, 3), 1).at(8, 0, 0.5, 0.9), Tag.TRAFFIC_SIGN)
    found = scanned(street(sign), SENSOR, LEVEL, 0)
    mine = found.tag == Tag.TRAFFIC_SIGN
    assert mine.sum() > 20
    assert (found.points[mine, 3] == 1).all()


def test_points_of_a_thing_lie_in_its_box() -> None:
    scene = street(*crowd())
    carrier = turned(0.4, (1, -2, 0.1))
    sensor = Lidar((0.5, 0.1, 1.7), 3, 1, -2, SENSOR.angles, 900, noise=0.0)
    found = scanned(scene, sensor, carrier, 0)
    whole = carrier @ sensor.matrix
    world = found.points[:, :3] @ whole[:3, :3].T + whole[:3, 3]
    counted = 0
    for body in bodies_of(scene):
        mine = found.instance == body.instance
        assert (found.tag[mine] == Tag.CAR).all()
        assert body.holds(world[mine], 1e-3).all()
        assert not body.holds(world[~mine], -1e-2).any()
        counted += int(mine.sum())
    assert counted > 200


def test_noise_is_along_the_pulse_and_as_wide_as_it_says() -> None:
    clean = scanned(street(), Lidar(angles=(-10.0,), columns=4000, noise=0.0), LEVEL, 3)
    noisy = scanned(street(), Lidar(angles=(-10.0,), columns=4000, noise=0.05), LEVEL, 3)
    error = np.linalg.norm(noisy.points[:, :3], axis=1) - np.linalg.norm(clean.points[:, :3], axis=1)
    assert error.std() == pytest.approx(0.05, rel=0.05)
    assert abs(error.mean()) < 0.003
    assert np.allclose(np.cross(noisy.points[:, :3], clean.points[:, :3]), 0, atol=1e-3)


def test_a_turn_takes_its_time() -> None:
    found = scanned(street(), SENSOR, LEVEL, 0)
    assert found.time.min() == 0
    assert found.time.max() == pytest.approx(0.1 * 179 / 180)
    behind, ahead = found.points[found.time == 0], found.points[np.abs(found.time - 0.05) < 3e-4]
    assert (behind[:, 0] < 0).all()
    assert (ahead[:, 0] > 0).all()


def test_a_moving_sensor_sees_a_wall_from_where_it_was() -> None:
    wall = Thing(quad((20, 50, 0), (20, -50, 0), (20, -50, 9), (20, 50, 9), 0), Tag.WALL)
    still, moving = (scanned(street(wall), SENSOR, LEVEL, 0, velocity=(speed, 0, 0)) for speed in (0.0, 10.0))
    mine = moving.tag == Tag.WALL
    assert np.allclose(still.points[still.tag == Tag.WALL, 0], 20, atol=1e-3)
    assert np.allclose(moving.points[mine, 0], 20 + 10 * (0.1 - moving.time[mine]), atol=1e-3)


def test_the_reach_ends_what_is_heard() -> None:
    found = scanned(street(), Lidar(angles=(-3.0, -1.0), columns=50, reach=60.0), LEVEL, 0)
    assert set(found.ring.tolist()) == {0}


def test_weather_takes_points_and_adds_its_own() -> None:
    scene, sensor = street(*crowd()), Lidar(angles=SENSOR.angles, columns=600, noise=0.0)
    clear = scanned(scene, sensor, LEVEL, 5)
    thick = scanned(scene, sensor, LEVEL, 5, air=LidarAir(35, 0, 3))
    assert (clear.kind == Echo.SURFACE).all()
    surface = thick.kind == Echo.SURFACE
    assert surface.sum() < 0.8 * len(clear)
    assert (thick.kind == Echo.FOG).any()
    assert (thick.kind == Echo.PARTICLE).any()
    assert (thick.tag[~surface] == Tag.UNLABELED).all()
    assert (thick.instance[~surface] == 0).all()
    kept = np.isin(clear.pulse, thick.pulse[surface])
    assert np.array_equal(clear.points[kept, :3], thick.points[surface, :3])
    assert np.array_equal(clear.tag[kept], thick.tag[surface])
    assert (thick.points[surface, 3] < clear.points[kept, 3]).all()


def test_the_same_seed_gives_the_same_bytes() -> None:
    sensor, air = Lidar(angles=SENSOR.angles, columns=300), LidarAir(80, 20)
    turns = [scanned(street(*crowd()), sensor, LEVEL, seed, air=air) for seed in (7, 7, 8)]
    assert same(turns[0], turns[1])
    assert not same(turns[0], turns[2])


@pytest.mark.parametrize(
    "wrong", [{"angles": ()}, {"columns": 0}, {"rate": 0.0}, {"reach": -1.0}, {"noise": -0.1}, {"angles": (95.0,)}]
)
def test_what_is_no_sensor_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ScenarioError, match="LiDAR: "):
        Lidar(**wrong)  # type: ignore[arg-type]
