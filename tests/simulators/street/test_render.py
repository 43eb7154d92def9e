"""Pictures of scenes simple enough to work out by hand, and the promises that every picture keeps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("numba")

from domainaug_simulators.street.air import Air
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.film import Film, developed, exposure_of
from domainaug_simulators.street.materials import Glow, Material, Palette
from domainaug_simulators.street.mesh import box, quad
from domainaug_simulators.street.rays import engine_there
from domainaug_simulators.street.render import QUALITIES, Light, Quality, prepare, radiance_of
from domainaug_simulators.street.scene import Lamp, Scene, Thing
from domainaug_simulators.street.sky import sky_of
from domainaug_simulators.street.surfaces import Ground

DOWN = Camera((0, 0, 40), yaw=0, pitch=-90, width=96, height=64, view=60)
ROAD = Camera((-12, 0, 1.5), pitch=-4, width=80, height=48)
PLAIN = Quality(0, 4, 0, 4, 2)
MATTE = Material((0.5, 0.5, 0.5), roughness=1.0, mirror=0.0)


def plane(palette: Palette, material: Material = MATTE, size: float = 200.0) -> Thing:
    s = size
    return Thing(quad((-s, -s, 0), (s, -s, 0), (s, s, 0), (-s, s, 0), palette.number(material)), 1)


def yard(engine: str | None = None) -> Scene:
    """Return a ground, a box, a mirror, a lit sign and a lamp."""
    palette = Palette()
    red = palette.number(Material((0.6, 0.1, 0.1)))
    glass = palette.number(Material((0.02, 0.02, 0.02), roughness=0.02, mirror=0.9))
    sign = palette.number(Material((0.1, 0.1, 0.1), light=(0.5, 0.4, 0.2), glow=Glow.AT_NIGHT))
    lamp = Lamp((-4, 2, 6), (0, 0, -1), (2.0, 1.6, 1.0))
    return Scene.of(
        [
            plane(palette, Material((0.2, 0.2, 0.2), soak=0.9)),
            Thing(box((2, 2, 3), red).at(0, 3, 0), 14, 1, (lamp,)),
            Thing(quad((2, -5, 0), (2, -1, 0), (2, -1, 3), (2, -5, 3), glass), 3),
            Thing(box((0.2, 1, 1), sign).at(1, 0.8, 2), 8, 2),
        ],
        palette,
        engine,
    )


def daylight(altitude: float = 45.0, azimuth: float = 180.0, **rest: object) -> Light:
    return Light(sky_of(altitude, azimuth, clouds=0.0), Air(1e9), **rest)


def night(**ground: float) -> Light:
    return Light(sky_of(-15, 0), Air(800), Ground(night=1.0, **ground))


def places(camera: Camera) -> np.ndarray:
    """Return where the rays of a camera meet level ground, (height, width, 2)."""
    d = camera.centers().astype(np.float64)
    at = np.array(camera.place) - d / d[:, 2:] * camera.place[2]
    return at[:, :2].reshape(camera.height, camera.width, 2)


@pytest.mark.parametrize(("altitude", "azimuth"), [(45, 180), (30, 250), (60, 20)])
def test_a_box_throws_the_shadow_that_geometry_says(altitude: float, azimuth: float) -> None:
    palette = Palette()
    ground = plane(palette)
    scene = Scene.of([ground, Thing(box((4, 4, 6), palette.number(MATTE)).at(0, 0, 0), 3)], palette)
    light = daylight(altitude, azimuth)
    picture = radiance_of(scene, DOWN, light, PLAIN)
    at = places(DOWN)
    # A point of the ground is in shadow where the ray to the sun is inside the box for a while.
    sun = light.sky.sun
    enter, leave = np.zeros(at.shape[:2]), np.full(at.shape[:2], 6 / sun[2])
    for axis in (0, 1):
        one, other = (-2 - at[..., axis]) / sun[axis], (2 - at[..., axis]) / sun[axis]
        enter, leave = np.maximum(enter, np.minimum(one, other)), np.minimum(leave, np.maximum(one, other))
    slack = 0.05  # meters: what pixels at the very edge may decide either way
    shadow, clear = leave - enter > slack, leave - enter < -slack
    open_ground = DOWN.centers().reshape(*at.shape[:2], 3)
    over_box = (np.abs(at + open_ground[..., :2] / open_ground[..., 2:] * 6) < 2.1).all(-1) | (np.abs(at) < 2.1).all(-1)
    direct = 0.5 * light.sky.sunlight.mean() * sun[2] / np.pi
    bright = picture.mean(axis=-1)
    assert (shadow & ~over_box).sum() > 30
    assert (bright[shadow & ~over_box] < 0.75 * direct).all()
    assert (bright[clear & ~over_box] > 0.95 * direct).all()


def test_penumbrae_grow_smoothly_from_edge_to_edge() -> None:
    palette = Palette()
    board = quad((-60, -200, 30), (0, -200, 30), (0, 200, 30), (-60, 200, 30), palette.number(MATTE))
    scene = Scene.of([plane(palette), Thing(board, 3)], palette)
    camera = Camera((30, 0, 3), pitch=-90, width=8, height=48, view=3.8)  # the edge runs along rows, at x = 30
    bright = radiance_of(scene, camera, daylight(45, 180), Quality(0, 16, 32, 1, 1))[..., 1]
    assert bright[0].mean() > 3 * bright[-1].mean()
    assert (np.ptp(bright, axis=1) < 0.03 * bright.max()).all()  # no grain
    assert (np.diff(bright.mean(axis=1)) < 0.01 * bright.max()).all()
    x = places(camera)[:, 0, 0]
    half = 30 * np.sqrt(2) * np.tan(np.radians(0.267)) * np.sqrt(2)  # of the penumbra: the sun's radius from the edge
    sun = (bright.mean(axis=1) - bright.min()) / np.ptp(bright)
    assert len(np.unique(sun.round(2))) > 8
    assert sun[x > 30 + 1.1 * half].min() > 0.9
    assert sun[x < 30 - 1.1 * half].max() < 0.1
    assert 0.25 < sun[np.abs(x - 30) < 0.3 * half].mean() < 0.75


def test_shadows_of_lamps_end_in_a_penumbra_as_wide_as_the_lamp_makes_it() -> None:
    palette = Palette()
    board = quad((-9, -9, 2), (0, -9, 2), (0, 9, 2), (-9, 9, 2), palette.number(MATTE))
    lamp = Lamp((0, 0, 6), (0, 0, -1), (9.0, 9.0, 9.0))
    post = Thing(box((0.1, 0.1, 0.1), palette.number(MATTE)).at(0, 0, 7), 14, 0, (lamp,))
    scene = Scene.of([plane(palette), Thing(board, 3), post], palette)
    camera = Camera((0, 0, 1.9), pitch=-90, width=24, height=96, view=20)  # below the board, over its shadow's edge
    lit = Light(sky_of(-30, 0, clouds=1.0), Air(1e9), Ground(night=1.0))
    hard, soft = (radiance_of(scene, camera, lit, Quality(0, 4, 0, 1, 1, rays))[..., 1] for rays in (0, 48))
    x = places(camera)[..., 0]
    edge = np.abs(x) < 0.22 * 2 / 4  # the head's radius, by how far the board is from ground and from lamp
    assert len(np.unique(hard[:, 0].round(5) > hard.max() / 2)) == 2
    between = (soft > soft.min() + 0.1 * np.ptp(soft)) & (soft < soft.max() - 0.15 * np.ptp(soft))
    assert (between & edge).sum() > 0.6 * edge.sum()
    assert not (between & (np.abs(x) > 0.22)).any()
    assert (np.ptp(soft, axis=1) < 0.1 * soft.max()).all()  # no grain
    assert ((hard > hard.max() / 2) | (hard < hard.max() / 10)).all()


@pytest.mark.parametrize("light", [daylight(), night(wet=1.0, puddles=0.5)], ids=["day", "wet night"])
def test_where_nothing_moves_two_frames_differ_by_the_noise_of_the_sensor_alone(light: Light) -> None:
    scene, quality = yard(), QUALITIES["normal"]
    one, other = (radiance_of(scene, ROAD, replace(light, time=time), quality) for time in (0.0, 0.1))
    np.testing.assert_allclose(one, other, rtol=0.01)  # clouds drift
    film = Film(exposure=exposure_of(one))
    draws = [np.random.Generator(np.random.Philox(key=[3, frame])) for frame in (0, 1)]
    shown = [developed(frame, film, draw).astype(int) for frame, draw in zip((one, other), draws, strict=True)]
    change = shown[1] - shown[0]
    assert 0.3 < change.std() < 8
    assert abs(change.mean()) < 0.1
    tiles = change[:48, :80].reshape(6, 8, 8, 10, 3).mean(axis=(1, 3, 4))
    assert np.abs(tiles).max() < 2  # no patch of it grows brighter or darker


def test_a_mirror_shows_what_stands_before_it() -> None:
    palette = Palette()
    mirror = palette.number(Material((0, 0, 0), roughness=0.0, mirror=1.0))
    lit = palette.number(Material((0, 0, 0), mirror=0.0, light=(3, 2, 1), glow=Glow.ALWAYS))
    wall = quad((10, -9, -9), (10, 9, -9), (10, 9, 9), (10, -9, 9), mirror)
    sign = quad((-5, 1, 1), (-5, 1, 3), (-5, 4, 3), (-5, 4, 1), lit)  # behind the camera
    scene = Scene.of([Thing(wall, 3), Thing(sign, 8)], palette)
    camera = Camera((0, 0, 0), width=90, height=60, view=50)
    picture = radiance_of(scene, camera, Light(sky_of(-30, 0, clouds=1.0), Air(1e9)), PLAIN)
    d = camera.centers().astype(np.float64)
    image = d * (25 / d[:, :1])  # the mirror image stands at x = 25
    inside = ((image[:, 1] > 1) & (image[:, 1] < 4) & (image[:, 2] > 1) & (image[:, 2] < 3)).reshape(60, 90)
    assert inside.sum() > 50
    np.testing.assert_array_equal(picture[..., 0] > 0.05, inside)


@pytest.mark.parametrize("visibility", [60.0, 400.0])
def test_rendered_contrast_falls_as_koschmieder_says(visibility: float) -> None:
    light = Light(sky_of(40, 180, clouds=1.0), Air(visibility))
    for distance in (10.0, 40.0, 100.0):
        shown = []
        for color in (0.9, 0.1):
            palette = Palette()
            number = palette.number(Material((color,) * 3, roughness=1.0, mirror=0.0))
            wall = quad(
                (distance, -300, -300), (distance, 300, -300), (distance, 300, 300), (distance, -300, 300), number
            )
            scene = Scene.of([Thing(wall, 3)], palette)
            camera = Camera((0, 0, 0), width=9, height=9, view=4)
            near = prepare(scene, camera, PLAIN)
            clear = near.radiance(Light(light.sky, Air(1e9)))[4, 4].mean()
            shown.append((near.radiance(light)[4, 4].mean(), clear))
        contrast = (shown[0][0] - shown[1][0]) / (shown[0][1] - shown[1][1])
        assert contrast == pytest.approx(np.exp(-3 * distance / visibility), rel=0.01)


@pytest.mark.parametrize("quality", ["draft", "normal"])
@pytest.mark.parametrize("light", [daylight(), night(wet=1.0, puddles=0.5)], ids=["day", "wet night"])
def test_the_same_scene_gives_the_same_bytes(quality: str, light: Light) -> None:
    pictures = [radiance_of(yard(), ROAD, light, QUALITIES[quality]).tobytes() for _ in range(2)]
    assert pictures[0] == pictures[1]


@pytest.mark.skipif(engine_there() != "embree", reason="Embree is not installed")
@pytest.mark.parametrize("light", [daylight(), night(wet=1.0)], ids=["day", "wet night"])
def test_both_engines_of_rays_give_one_picture(light: Light) -> None:
    one, other = (radiance_of(yard(engine), ROAD, light, QUALITIES["normal"]) for engine in ("embree", "numba"))
    near = np.isclose(one, other, rtol=1e-3, atol=1e-4 * float(one.max())).all(axis=-1)
    assert near.mean() > 0.995  # a ray that grazes an edge may fall either way


def test_a_further_weather_is_as_if_it_were_the_first() -> None:
    lights = [daylight(), night(), daylight(20, 90, ground=Ground(snow=0.8)), daylight(ground=Ground(1.0, 0.5))]
    view = prepare(yard(), ROAD, QUALITIES["normal"])
    for light in lights:
        alone = radiance_of(yard(), ROAD, light, QUALITIES["normal"])
        np.testing.assert_array_equal(view.radiance(light), alone)


def test_lamps_burn_at_night_alone_and_throw_shadows() -> None:
    view = prepare(yard(), DOWN, PLAIN)
    dark, lit = Light(sky_of(-15, 0), Air(1e9)), Light(sky_of(-15, 0), Air(1e9), Ground(night=1.0))
    gained = view.radiance(lit).sum(axis=-1) - view.radiance(dark).sum(axis=-1)
    at = places(DOWN)
    under = np.hypot(at[..., 0] + 4, at[..., 1] - 2) < 2
    behind = (np.abs(at[..., 1] - 3.4) < 0.5) & (at[..., 0] > 1.6) & (at[..., 0] < 3)
    assert gained[under].min() > 5 * max(gained[behind].max(), 1e-6)


def test_snow_is_white_and_water_is_dark() -> None:
    view = prepare(yard(), DOWN, PLAIN)
    overcast = sky_of(40, 180, clouds=1.0)
    dry, wet, snowy = (
        np.median(view.radiance(Light(overcast, Air(1e9), ground))[..., 1])
        for ground in (Ground(), Ground(wet=1.0), Ground(snow=1.0))
    )
    assert wet < dry < snowy / 2


@pytest.mark.parametrize("light", [daylight(), daylight(3), night(wet=1, puddles=1), night(snow=1)])
@pytest.mark.parametrize("quality", ["draft", "normal", "high"])
def test_every_pixel_is_light(light: Light, quality: str) -> None:
    picture = radiance_of(yard(), ROAD, light, QUALITIES[quality])
    assert np.isfinite(picture).all()
    assert (picture >= 0).all()


def test_an_empty_sky_can_be_looked_at() -> None:
    palette = Palette()
    up = Camera((0, 0, 2), pitch=60, width=20, height=12)
    picture = radiance_of(Scene.of([plane(palette)], palette), up, daylight(), QUALITIES["normal"])
    assert (picture > 0).all()
