"""Rays: line integrals and lengths against closed forms, on grids of every kind, by both engines."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from domainaug.errors import ImageError
from domainaug.kernels.engine import using
from domainaug.kernels.rays import Rays, RayVolume, integrals, lengths

ENGINES = ("numba", "plain")
AT = np.array


def turned(*degrees: float) -> np.ndarray:
    made = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        one, other = [n for n in range(3) if n != axis]
        step = np.eye(3)
        step[[one, one, other, other], [one, other, one, other]] = [
            np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle),
        ]  # fmt: skip
        made = made @ step
    return made


def grid(shape, steps, turn=None, order=(0, 1, 2)) -> np.ndarray:
    """Return a matrix that puts the middle of a volume at the origin."""
    axes = np.eye(3) if turn is None else turn
    matrix = np.eye(4)
    matrix[:3, :3] = (axes * AT(steps))[:, list(order)]
    matrix[:3, 3] = -matrix[:3, :3] @ ((AT(shape[::-1]) - 1) / 2)
    return matrix


GRIDS = {
    "even": grid((101, 101, 101), (1.0, 1.0, 1.0)),
    "anisotropic": grid((41, 125, 101), (1.0, 0.8, 2.5)),
    "oblique": grid((101, 125, 101), (1.0, 0.8, 1.0), turned(20, -35, 50)),
    "permuted": grid((125, 101, 101), (1.0, 0.8, 1.0), None, (2, 0, 1)),
    "left-handed": grid((101, 101, 101), (1.0, -1.0, 1.0)),
}
SHAPES = {"even": (101, 101, 101), "anisotropic": (41, 125, 101), "oblique": (101, 125, 101),
          "permuted": (125, 101, 101), "left-handed": (101, 101, 101)}  # fmt: skip


def share_inside(depth, matrix, shape, finer=5):
    """Return the share of each voxel in which `depth(points)` is positive: by counting points in it."""
    offsets = (np.arange(finer) + 0.5) / finer - 0.5
    whole = np.zeros(shape)
    z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    middles = np.stack([x, y, z], -1) @ matrix[:3, :3].T + matrix[:3, 3]
    reach = np.abs(matrix[:3, :3]).sum() / 2
    near = np.abs(depth(middles)) < reach
    whole[depth(middles) >= reach] = 1.0
    places = np.stack([x, y, z], -1)[near]
    count = np.zeros(len(places))
    for offset in np.stack(np.meshgrid(offsets, offsets, offsets), -1).reshape(-1, 3):
        count += depth((places + offset) @ matrix[:3, :3].T + matrix[:3, 3]) > 0
    whole[near] = count / finer**3
    return whole.astype(np.float32)


def from_direction(angle, tilt=0.0, shape=(61, 61), pitch=1.6):
    """Return rays of a tube 600 mm away, the detector 800 mm from it."""
    toward = AT([np.cos(angle) * np.cos(tilt), np.sin(angle) * np.cos(tilt), np.sin(tilt)])
    across = AT([-np.sin(angle), np.cos(angle), 0.0])
    down = np.cross(toward, across)
    source = -600 * toward
    corner = source + 800 * toward - (shape[1] - 1) / 2 * pitch * across - (shape[0] - 1) / 2 * pitch * down
    return Rays(source, corner, pitch * across, pitch * down, shape)


def chords(rays, middle, radii, axes=None):
    """Return the exact length of every ray inside an ellipsoid."""
    rows, columns = np.mgrid[: rays.shape[0], : rays.shape[1]]
    ends = rays.corner + rows[..., None] * rays.down + columns[..., None] * rays.across
    frame = (np.eye(3) if axes is None else axes) / AT(radii)[:, None]
    start, way = frame @ (rays.source - AT(middle)), (ends - rays.source) @ frame.T
    a, b, c = (way**2).sum(-1), way @ start, start @ start - 1
    return 2 * np.sqrt(np.maximum(b**2 - a * c, 0)) / a * np.linalg.norm(ends - rays.source, axis=-1)


def away_from_edges(exact, radii):
    """Return where a chord is not near the rim, where it goes to 0 as a root and voxels cannot follow."""
    return exact > 0.75 * 2 * min(radii)


MIDDLE, RADIUS = AT([4.0, -6.0, 3.0]), 32.0


@cache
def sphere_on(name):
    depth = lambda points: RADIUS - np.linalg.norm(points - MIDDLE, axis=-1)  # noqa: E731
    return share_inside(depth, GRIDS[name], SHAPES[name], finer=6)


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("view", [(0.1, 0.0), (1.45, 0.0), (0.8, 0.7), (0.3, 1.2)])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_sphere_is_as_thick_as_its_chords(engine, name, view):
    """Within half a percent of the thickest, off the rim, on voxels up to 1 mm; slices of 2.5 mm blur it to one."""
    middle, radius, matrix = MIDDLE, RADIUS, GRIDS[name]
    sphere, most = sphere_on(name), 0.011 if name == "anisotropic" else 0.005
    rays = from_direction(*view, shape=(41, 41), pitch=2.4)
    with using(engine):
        found = integrals(RayVolume.of((sphere, 2 * sphere), matrix), rays, threads=1)
    exact = chords(rays, middle, [radius] * 3)
    good = away_from_edges(exact, [radius])
    error = np.abs(found[..., 0] - exact)[good] / exact.max()
    assert good.sum() > 200
    assert np.percentile(error, 99) < most  # the counting of points in voxels is off by as much
    assert error.mean() < most / 3
    np.testing.assert_allclose(found[..., 1], 2 * found[..., 0], rtol=1e-5)


def test_an_ellipsoid_and_a_box_are_exact_where_voxels_can_follow():
    matrix, shape = GRIDS["even"], SHAPES["even"]
    radii, axes = AT([40.0, 25.0, 30.0]), turned(15, 30, -20)
    depth = lambda points: (1 - np.linalg.norm((points @ axes.T) / radii, axis=-1)) * 25  # noqa: E731
    rays = from_direction(0.4, 0.2)
    found = integrals(RayVolume.of([share_inside(depth, matrix, shape)] * 2, matrix), rays)[..., 0]
    exact = chords(rays, (0, 0, 0), radii, axes)
    good = exact > 0.75 * exact.max()
    assert np.abs(found - exact)[good].max() < 0.005 * exact.max()

    box = np.zeros(shape, np.float32)
    box[30:71, 20:81, 40:61] = 1.0  # x from -10.5 to 10.5
    rays = from_direction(0.0, 0.0)
    rows, columns = np.mgrid[: rays.shape[0], : rays.shape[1]]
    ends = rays.corner + rows[..., None] * rays.down + columns[..., None] * rays.across - rays.source
    exact = 21 * np.linalg.norm(ends, axis=-1) / ends[..., 0]
    middle = (np.abs(columns - 30) < 15) & (np.abs(rows - 30) < 10)
    found = integrals(RayVolume.of((box, box), matrix), rays)[..., 0]
    assert np.abs(found - exact)[middle].max() < 1e-4 * 21
    assert np.abs(lengths(box > 0, matrix, rays) - exact)[middle].max() < 1e-4 * 21


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", GRIDS)
def test_lengths_in_a_box_of_voxels_are_exact_from_everywhere(engine, name):
    """A box of voxels is a box: the slab method in the voxels' own coordinates says how long a ray is inside."""
    matrix, shape = GRIDS[name], SHAPES[name]
    mask = np.zeros(shape, bool)
    low, high = AT([20, 30, 12]), AT([70, 80, 30])
    mask[low[2] : high[2], low[1] : high[1], low[0] : high[0]] = True
    rays = from_direction(0.9, -0.4, shape=(33, 31))
    with using(engine):
        found = lengths(mask, matrix, rays, threads=1)
    inside = rays.seen_from(matrix)
    rows, columns = np.mgrid[:33, :31]
    way = inside.corner + rows[..., None] * inside.down + columns[..., None] * inside.across - inside.source
    one, other = ((edge - 0.5 - inside.source) / way for edge in (low, high))
    enter, leave = np.minimum(one, other).max(-1), np.maximum(one, other).min(-1)
    exact = np.maximum(leave - enter, 0) * np.linalg.norm(way @ matrix[:3, :3].T, axis=-1)
    assert exact.max() > 20
    np.testing.assert_allclose(found, exact, atol=2e-3)


def test_the_engines_agree():
    stream = np.random.default_rng(0)
    volume = stream.random((20, 33, 27)).astype(np.float32)
    matrix = grid(volume.shape, (2.0, 1.5, 3.0), turned(10, 20, 30))
    rays = from_direction(0.7, 0.3)
    made = {}
    for engine in ENGINES:
        with using(engine):
            made[engine] = (integrals(RayVolume.of((volume, volume**2), matrix), rays),
                            lengths(volume > 0.7, matrix, rays))  # fmt: skip
    assert np.abs(made["numba"][0] - made["plain"][0]).max() < 1e-4 * made["plain"][0].max()
    assert np.abs(made["numba"][1] - made["plain"][1]).max() < 1e-3


def test_threads_change_nothing():
    volume = np.random.default_rng(1).random((20, 33, 27)).astype(np.float32)
    mass, rays = RayVolume.of((volume, volume), grid(volume.shape, (2, 2, 2))), from_direction(0.2)
    assert np.array_equal(integrals(mass, rays, threads=1), integrals(mass, rays, threads=7))
    assert np.array_equal(lengths(volume > 0.5, mass.matrix, rays, threads=1),
                          lengths(volume > 0.5, mass.matrix, rays, threads=7))  # fmt: skip


def test_a_part_of_the_detector_sees_what_all_of_it_sees_there():
    volume = np.random.default_rng(2).random((20, 33, 27)).astype(np.float32)
    mass, rays = RayVolume.of((volume, volume), grid(volume.shape, (2, 2, 2))), from_direction(0.2)
    whole, part = integrals(mass, rays), integrals(mass, rays.part(slice(10, 40), slice(5, 25)))
    np.testing.assert_allclose(part, whole[10:40, 5:25], rtol=1e-5, atol=1e-4)


def test_rays_that_miss_or_run_along_a_face_are_sound():
    volume = np.ones((4, 4, 4), np.float32)
    mass = RayVolume.of((volume, volume), np.eye(4))
    past = Rays(AT([-50.0, 20, 20]), AT([50.0, 20, 20]), AT([0.0, 1, 0]), AT([0.0, 0, 1]), (3, 3))
    assert not integrals(mass, past).any()
    assert not lengths(volume.astype(bool), np.eye(4), past).any()
    along = Rays(AT([-50.0, 0.0, 1.0]), AT([50.0, 0.0, 1.0]), AT([0.0, 1, 0]), AT([0.0, 0, 1]), (4, 2))
    for engine in ENGINES:
        with using(engine):
            assert np.isfinite(integrals(mass, along)).all()
            assert lengths(volume.astype(bool), np.eye(4), along)[0, 0] == pytest.approx(4.0, abs=1e-3)


def test_what_is_beyond_the_detector_is_not_seen():
    volume = np.ones((4, 4, 40), np.float32)
    rays = Rays(AT([-50.0, 1.5, 1.5]), AT([19.5, 1.5, 1.5]), AT([0.0, 0.01, 0]), AT([0.0, 0, 0.01]), (1, 1))
    for engine in ENGINES:
        with using(engine):
            assert lengths(volume > 0, np.eye(4), rays)[0, 0] == pytest.approx(20.0, abs=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Rays(AT([0.0, np.nan, 0]), AT([1.0, 1, 1]), AT([1.0, 0, 0]), AT([0.0, 1, 0]), (2, 2)),
        lambda: Rays(AT([0.0, 0]), AT([1.0, 1, 1]), AT([1.0, 0, 0]), AT([0.0, 1, 0]), (2, 2)),
        lambda: Rays(AT([0.0, 0, 0]), AT([1.0, 1, 1]), AT([1.0, 0, 0]), AT([0.0, 1, 0]), (0, 2)),
        lambda: RayVolume.of((np.ones((2, 2, 2), np.float32),), np.eye(4)),
        lambda: RayVolume.of((np.ones((2, 2, 2), np.float32), np.ones((2, 2, 3), np.float32)), np.eye(4)),
        lambda: RayVolume.of((np.ones((2, 2, 2)), np.ones((2, 2, 2))), np.eye(4)),
    ],
)
def test_bad_input_is_refused(wrong):
    with pytest.raises(ImageError):
        wrong()


def test_a_singular_grid_is_refused():
    one = np.ones((2, 2, 2), np.float32)
    with pytest.raises(ValueError, match="singular"):
        RayVolume.of((one, one), np.diag([1.0, 0.0, 1.0, 1.0]))
