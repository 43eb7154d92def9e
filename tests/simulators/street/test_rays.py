"""Two engines, one answer: held against every triangle met one by one in double precision."""

import numpy as np
import pytest
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.exact import settled
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.rays import Engine, Hits, Rays, engine_there, rays_of
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.town.plan import LAYOUTS, Layout, town_of
from hypothesis import given, settings
from hypothesis import strategies as st

ENGINES: tuple[Engine, ...] = ("embree", "numba") if engine_there() == "embree" else ("numba",)
both = pytest.mark.parametrize("engine", ENGINES)
two = pytest.mark.skipif(len(ENGINES) < 2, reason="embreex is not installed")


def soup(seed: int, count: int = 60) -> Floats:
    """Return triangles of all sizes, some of them slivers, around the origin."""
    draw = np.random.default_rng(seed)
    size = np.exp(draw.uniform(np.log(0.05), np.log(6), (count, 1, 1)))
    return (draw.uniform(-20, 20, (count, 1, 3)) + draw.normal(size=(count, 3, 3)) * size).astype(np.float32)


def one_by_one(corners: Floats, origin: Floats, directions: Floats) -> tuple[np.ndarray, np.ndarray]:
    """Return which triangle every ray meets first and how far away, after a plane and three sides: no tree."""
    o, d = origin.astype(np.float64), directions.astype(np.float64)
    face, nearest = np.full(len(d), -1), np.full(len(d), np.inf)
    for k, (a, b, c) in enumerate(corners.astype(np.float64)):
        normal = np.cross(b - a, c - a)
        with np.errstate(divide="ignore", invalid="ignore"):
            away = ((a - o) @ normal) / (d @ normal)
            met = o + d * away[:, None]
            inside = (away > 0) & (away < nearest)
            for start, end in ((a, b), (b, c), (c, a)):
                inside &= (met - start) @ np.cross(normal, end - start) >= 0
        face[inside], nearest[inside] = k, away[inside]
    return face, nearest


@both
@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_rays_meet_what_all_triangles_one_by_one_say(engine: Engine, seed: int) -> None:
    corners, camera = soup(seed), Camera((0.3, -0.2, 0.1), yaw=seed % 360, width=40, height=24, view=100)
    directions = camera.centers()
    hits = settled(rays_of(corners, engine), corners, np.arange(len(corners), dtype=np.int32), camera, directions)
    face, away = one_by_one(corners, camera.origin, directions)
    assert np.array_equal(hits.face, face)
    assert np.allclose(hits.distance, away, rtol=1e-6)
    found = face >= 0
    a, b, c = (corners[face[found], i].astype(np.float64) for i in range(3))
    u, v = hits.u[found, None], hits.v[found, None]
    assert np.allclose(
        a * (1 - u - v) + b * u + c * v, camera.origin + directions[found] * away[found, None], atol=2e-4
    )


@both
@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_what_blocks_is_nearer_than_the_reach(engine: Engine, seed: int) -> None:
    corners, camera = soup(seed), Camera((0, 0, 0), yaw=seed % 360, width=32, height=20, view=90)
    directions = camera.centers()
    _, away = one_by_one(corners, camera.origin, directions)
    reach = np.full(len(away), 12, np.float32)
    clear = np.abs(away - 12) > 1e-3
    blocked = rays_of(corners, engine).blocked(camera.origin, directions, reach)
    edges = rays_of(corners, engine).first(camera.origin, directions).distance != away.astype(np.float32)
    assert np.array_equal(blocked[clear], away[clear] < 12) or (blocked != (away < 12))[clear & ~edges].sum() == 0


@both
def test_a_scene_of_nothing_is_all_sky(engine: Engine) -> None:
    empty = np.zeros((0, 3, 3), np.float32)
    rays, directions = rays_of(empty, engine), Camera((0, 0, 0), width=4, height=3).centers()
    hits = rays.first(np.zeros(3, np.float32), directions)
    assert (hits.face == -1).all()
    assert np.isinf(hits.distance).all()
    assert not rays.blocked(np.zeros(3, np.float32), directions, np.full(12, 9, np.float32)).any()


@both
def test_many_equal_triangles_still_make_a_tree(engine: Engine) -> None:
    corners = np.repeat(soup(1, 1), 500, axis=0)
    toward = corners[0].mean(axis=0)
    hits = rays_of(corners, engine).first(np.zeros(3, np.float32), (toward / np.linalg.norm(toward))[None])
    assert hits.face[0] >= 0
    assert hits.distance[0] == pytest.approx(np.linalg.norm(toward), rel=1e-5)


def shown(rays: Rays, scene: Scene, camera: Camera) -> tuple[np.ndarray, Floats]:
    """Return whose each pixel is, and how far away."""
    hits = settled(rays, scene.mesh.corners, scene.owner, camera, camera.centers())
    return np.where(hits.face >= 0, scene.owner[hits.face], -1), hits.distance


@two
@pytest.mark.parametrize("layout", LAYOUTS)
def test_engines_agree_on_every_pixel_of_a_town(layout: Layout) -> None:
    town = town_of(layout, 3)
    scene = Scene.of(town.things, town.palette)
    embree, tree = rays_of(scene.mesh.corners, "embree"), rays_of(scene.mesh.corners, "numba")
    for turn in range(4):
        (place,), (heading,) = town.roads[0].at(40 + turn * 7.3, -2.0)
        camera = Camera((*place, 1.5), np.degrees(heading) + 29 * turn, -2, 0, 320, 192, 80)
        ids, away = shown(embree, scene, camera)
        ids_too, away_too = shown(tree, scene, camera)
        assert (ids != ids_too).sum() == 0
        found = ids >= 0
        assert (np.abs(away[found] / away_too[found] - 1) > 1e-4).mean() < 1e-3


class Sloppy:
    """Rays that are cast a little beside where they should be, as rounding does."""

    exact = False

    def __init__(self, rays: Rays) -> None:
        self.rays = rays

    def first(self, origins: Floats, directions: Floats) -> Hits:
        noise = np.random.default_rng(3).normal(size=directions.shape) * 1e-6
        return self.rays.first(origins, (directions + noise).astype(np.float32))

    def blocked(self, origins: Floats, directions: Floats, reach: Floats) -> np.ndarray:
        return self.rays.blocked(origins, directions, reach)


def test_settling_repairs_what_rounding_put_wrong() -> None:
    """A checkerboard whose edges run straight through the middles of pixels, or all but."""
    x, y = np.meshgrid(np.arange(15.0), np.arange(15.0) - 7)
    low = np.stack([x, y * 0.7, np.zeros_like(x)], axis=-1).reshape(-1, 3)
    tile = np.array([[[0, 0, 0], [1, 0, 0], [1, 0.7, 0]], [[0, 0, 0], [1, 0.7, 0], [0, 0.7, 0]]])
    corners = (low[:, None, None] + tile).reshape(-1, 3, 3).astype(np.float32)
    owner = (np.arange(len(corners)) // 2).astype(np.int32)
    camera = Camera((-3.3, 0, 1.5), 1e-5, -13, 0, 161, 120, 70)
    directions, rays = camera.centers(), Sloppy(rays_of(corners, "numba"))
    face, away = one_by_one(corners, camera.origin, directions)
    truth = np.where(face >= 0, owner[face], -1)
    raw = rays.first(camera.origin, directions)
    assert (np.where(raw.face >= 0, owner[raw.face], -1) != truth).any()
    hits = settled(rays, corners, owner, camera, directions)
    assert (np.where(hits.face >= 0, owner[hits.face], -1) == truth).all()
    assert np.allclose(hits.distance[truth >= 0], away[truth >= 0], rtol=1e-7)
