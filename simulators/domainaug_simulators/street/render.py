"""One picture of a scene: rays, surfaces, light, air, film."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from domainaug.kernels.jit import compiled
from domainaug_simulators.street.air import Air, glow_of_lamps, veiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.film import Film
from domainaug_simulators.street.lighting import Lamps, lamp_light, lit, sky_seen, strongest_lamps
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.openness import openness
from domainaug_simulators.street.rays import Hits
from domainaug_simulators.street.sampling import Samples, central, disc_pattern, edges, refined
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.sky import Sky
from domainaug_simulators.street.surfaces import MIRROR, NORMAL, ROUGH, Ground, Surfaces, surfaces_at

__all__ = ["QUALITIES", "Light", "Quality", "radiance_of"]

_SUN_RADIUS = np.float32(np.radians(0.267))
_FAR = np.float32(3000)


@dataclass(frozen=True, slots=True)
class Quality:
    """How much work a picture is worth.

    Attributes:
        more: Further rays through pixels with edges: 0, 4 or 8.
        sky_rays: Rays to the sky from each coarse point.
        sun_rays: Rays to the sun's disc where its shadow ends.
        lamps: How many lamps throw shadows at a point.
    """

    more: int
    sky_rays: int
    sun_rays: int
    lamps: int


QUALITIES: Final[dict[Literal["draft", "normal", "high"], Quality]] = {
    "draft": Quality(0, 4, 0, 1),
    "normal": Quality(4, 8, 12, 3),
    "high": Quality(8, 24, 32, 6),
}


@dataclass(frozen=True, slots=True)
class Light:
    """The light and weather that a scene is in.

    Attributes:
        sky: Sun and sky.
        air: How far one sees.
        ground: What weather left on surfaces.
        film: How the camera records.
        time: Seconds, for clouds.
    """

    sky: Sky
    air: Air = field(default_factory=Air)
    ground: Ground = field(default_factory=Ground)
    film: Film = field(default_factory=Film)
    time: float = 0.0


def radiance_of(scene: Scene, camera: Camera, light: Light, quality: Quality, first: Samples | None = None) -> Floats:
    """Return the radiance of every pixel, (height, width, 3), in kcd/m2, before rain and snow in the air.

    Args:
        scene: What there is.
        camera: What looks at it.
        light: Sky, air and ground.
        quality: How much work to do.
        first: The central samples, where they are known already.
    """
    first = first or central(scene, camera)
    extra = (
        refined(scene, camera, edges(scene, camera, first), quality.more)
        if quality.more
        else Samples(np.zeros(0, np.int32), np.zeros((0, 3), np.float32), _no_hits())
    )
    origin, pixel = camera.origin, camera.pixel
    met = surfaces_at(scene.mesh, scene.table, first.hits, origin, first.directions, pixel, light.ground)
    met_more = surfaces_at(scene.mesh, scene.table, extra.hits, origin, extra.directions, pixel, light.ground)
    free, free_more = openness(scene, camera, first, met, met_more, extra.pixel, quality.sky_rays)
    sunned = _sunned(scene, camera, met, light.sky, quality.sun_rays)
    sunned_more = _sunned(scene, None, met_more, light.sky, 0)
    whole = np.zeros((camera.height * camera.width, 3), np.float32)
    mirrored, mirrors = _mirrored(scene, camera, light, first, met, None)
    whole += _shaded(scene, light, quality, first, met, free, sunned, mirrored, mirrors)
    if len(extra):
        mirrored, mirrors = _mirrored(scene, camera, light, extra, met_more, mirrored)
        more = _shaded(scene, light, quality, extra, met_more, free_more, sunned_more, mirrored, mirrors)
        pixels = extra.pixel[:: quality.more]
        whole[pixels] = (whole[pixels] + more.reshape(len(pixels), quality.more, 3).sum(axis=1)) / (quality.more + 1)
    if light.ground.night > 0 and len(scene.lamps) and light.air.extinction > 5e-4:
        whole += _lamp_glow(scene, camera, light, first)
    return whole.reshape(camera.height, camera.width, 3)


def _no_hits() -> Hits:
    none = np.zeros(0, np.float32)
    return Hits(np.zeros(0, np.int32), none, none, none)


def _lit_lamps(scene: Scene, light: Light) -> Lamps:
    return scene.lamps if light.ground.night > 0 else Lamps.none()


def _sunned(scene: Scene, camera: Camera | None, met: Surfaces, sky: Sky, rays: int) -> Floats:
    """Return the share of the sun's disc that each point sees; softened where a shadow ends in the picture."""
    out = np.zeros(len(met.points), np.float32)
    if sky.sunlight.max() <= 0:
        return out
    sun = sky.sun.astype(np.float32)
    facing = met.rows[:, NORMAL : NORMAL + 3] @ sun
    thin = met.rows[:, 11] > 0
    toward = np.flatnonzero((facing > 0) | (thin & (facing != 0)))
    if not len(toward):
        return out
    starts = met.points[toward]
    side = np.where(facing[toward] > 0, 0, 4e-3)[:, None] * sun
    out[toward] = ~scene.rays.blocked(
        starts + side, np.broadcast_to(sun, starts.shape), np.full(len(starts), _FAR, np.float32)
    )
    if camera is None or not rays:
        return out
    import cv2

    grid = out.reshape(camera.height, camera.width)
    box = np.ones((5, 5), np.uint8)
    mixed = (cv2.dilate(grid, box) > cv2.erode(grid, box)).ravel() & (facing > 0)
    border = np.flatnonzero(mixed)
    if not len(border):
        return out
    across = np.cross(sun, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    over = np.cross(across, sun)
    disc = disc_pattern(rays) * _SUN_RADIUS
    aimed = sun + disc[:, :1] * across + disc[:, 1:] * over
    aimed = (aimed / np.linalg.norm(aimed, axis=-1, keepdims=True)).astype(np.float32)
    starts = np.repeat(met.points[border], rays, axis=0)
    hidden = scene.rays.blocked(starts, np.tile(aimed, (len(border), 1)), np.full(len(starts), _FAR, np.float32))
    out[border] = 1 - hidden.reshape(-1, rays).mean(axis=1)
    return out


def _shaded(
    scene: Scene,
    light: Light,
    quality: Quality,
    samples: Samples,
    met: Surfaces,
    opened: Floats,
    sunned: Floats,
    mirrored: _Mirror,
    mirrors: NDArray[np.bool_],
) -> Floats:
    seen = mirrored.seen
    out = lit(met, samples.directions, light.sky, sunned=sunned, opened=opened, mirrored=seen, mirrors=mirrors)
    lamps = _lit_lamps(scene, light)
    if len(lamps):
        _add_lamps(scene, lamps, samples, met, quality.lamps, out)
    sky = np.flatnonzero(samples.hits.face < 0)
    if len(sky):
        out[sky] = sky_seen(light.sky, samples.directions[sky], time=light.time)
    return veiled(out, samples.hits.distance, samples.directions, light.sky, light.air)


def _add_lamps(scene: Scene, lamps: Lamps, samples: Samples, met: Surfaces, most: int, out: Floats) -> None:
    chosen, strength, rest = strongest_lamps(met, lamps, most)
    free = np.ones(chosen.shape, np.float32)
    worth = (chosen >= 0) & (strength > 2e-5)
    points, slots = np.nonzero(worth)
    if len(points):
        toward = lamps.rows[chosen[points, slots], :3] - met.points[points]
        away = np.linalg.norm(toward, axis=-1)
        toward /= np.maximum(away, 1e-6)[:, None]
        hidden = scene.rays.blocked(met.points[points], toward, np.maximum(away - 0.25, 0).astype(np.float32))
        free[points, slots] = ~hidden
    lamp_light(met, samples.directions, lamps, chosen, free, rest * 0.7, out)


def _mirrored(
    scene: Scene, camera: Camera, light: Light, samples: Samples, met: Surfaces, central_too: _Mirror | None
) -> tuple[_Mirror, NDArray[np.bool_]]:
    """Return what glossy points mirror: one bounce, lit by sun, sky and lamps without shadows of their own.

    A smooth point casts one ray. A rough one casts a few into its lobe, each pixel of four by four others, and
    neighbors on the same surface share what they found: blurred, and without grain.
    """
    rows, d = met.rows, samples.directions
    facing = np.einsum("ij,ij->i", rows[:, NORMAL : NORMAL + 3], d)
    fresnel = rows[:, MIRROR] + (1 - rows[:, MIRROR]) * (1 - np.clip(-facing, 0, 1)) ** 5
    glossy = (samples.hits.face >= 0) & (rows[:, ROUGH] < 0.35) & (fresnel * (1 - rows[:, ROUGH]) > 0.012)
    out = np.zeros((len(samples), 3), np.float32)
    known = np.zeros(len(samples), np.bool_)
    if central_too is not None:  # further samples of a rough surface see what its pixel's middle saw
        known = glossy & central_too.rough[samples.pixel] & (rows[:, ROUGH] > _SMOOTH)
        out[known] = central_too.seen[samples.pixel[known]]
    rough = glossy & ~known & (rows[:, ROUGH] > _SMOOTH)
    for chosen, rays in (
        (np.flatnonzero(glossy & ~known & ~rough), 1),
        (np.flatnonzero(rough), _LOBE if central_too is None else 1),
    ):
        if not len(chosen):
            continue
        total = np.zeros((len(chosen), 3), np.float32)
        for turn in range(rays):
            away = _away(rows[chosen], d[chosen], samples.pixel[chosen], camera.width, turn if rays > 1 else -1)
            total += _once_more(scene, camera, light, met.points[chosen], away, samples.hits.distance[chosen])
        out[chosen] = total / rays
    if central_too is None and rough.any():
        shared = np.empty_like(out)
        _shared(camera.height, camera.width, rough, out, rows, met.points, shared)
        out = shared
    return _Mirror(out, rough), glossy


@dataclass(frozen=True, slots=True)
class _Mirror:
    """What points mirror, and which of them are rough."""

    seen: Floats
    rough: NDArray[np.bool_]


_SMOOTH, _LOBE = 0.1, 3
_ORDER = np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5])  # of Bayer's four by four matrix


def _away(rows: Floats, d: Floats, pixel: NDArray[np.int32], width: int, turn: int) -> Floats:
    """Return where rays go that a surface throws back; into its lobe (GGX) for a turn of 0 or more."""
    normal = rows[:, NORMAL : NORMAL + 3]
    if turn >= 0:
        slot = (pixel // width % 4) * 4 + pixel % width % 4
        index = _ORDER[slot] * _LOBE + turn
        share = (index + 0.5) / (16 * _LOBE) * 0.86
        angle = index * 2.399963229728653
        tip = rows[:, ROUGH] ** 2 * np.sqrt(share / (1 - share))
        side = np.cross(normal, [0.0, 0.0, 1.0]) + np.array([1e-3, 0.0, 0.0])
        side /= np.linalg.norm(side, axis=-1, keepdims=True)
        normal = (
            normal + (tip * np.cos(angle))[:, None] * side + (tip * np.sin(angle))[:, None] * np.cross(side, normal)
        )
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    away = d - 2 * np.einsum("ij,ij->i", d, normal)[:, None] * normal
    away -= np.minimum(np.einsum("ij,ij->i", away, rows[:, 13:16]) - 0.02, 0)[:, None] * rows[:, 13:16]
    return np.asarray(away / np.linalg.norm(away, axis=-1, keepdims=True), np.float32)


@compiled
def _shared(height: Any, width: Any, rough: Any, seen: Any, rows: Any, points: Any, out: Any) -> None:
    for i in range(height):
        for j in range(width):
            a = i * width + j
            if not rough[a]:
                out[a, 0], out[a, 1], out[a, 2] = seen[a, 0], seen[a, 1], seen[a, 2]
                continue
            red, green, blue, weight = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
            for k in range(max(i - 3, 0), min(i + 4, height)):
                for m in range(max(j - 1, 0), min(j + 3, width)):
                    b = k * width + m
                    if not rough[b] or abs(rows[b, 6] - rows[a, 6]) > np.float32(0.08):
                        continue
                    off = (
                        rows[a, 13] * (points[b, 0] - points[a, 0])
                        + rows[a, 14] * (points[b, 1] - points[a, 1])
                        + rows[a, 15] * (points[b, 2] - points[a, 2])
                    )
                    if abs(off) > np.float32(0.1):
                        continue
                    red, green, blue = red + seen[b, 0], green + seen[b, 1], blue + seen[b, 2]
                    weight += np.float32(1)
            out[a, 0], out[a, 1], out[a, 2] = red / weight, green / weight, blue / weight


def _once_more(
    scene: Scene, camera: Camera, light: Light, starts: Floats, directions: Floats, before: Floats
) -> Floats:
    hits = scene.rays.first(starts, directions)
    met = surfaces_at(scene.mesh, scene.table, hits, starts, directions, camera.pixel * 2, light.ground)
    sunned = _sunned(scene, None, met, light.sky, 0)
    none = np.zeros((len(starts), 3), np.float32)
    out = lit(
        *(met, directions, light.sky),
        sunned=sunned,
        opened=np.full(len(starts), 0.6, np.float32),
        mirrored=none,
        mirrors=np.zeros(len(starts), np.bool_),
    )
    lamps = _lit_lamps(scene, light)
    if len(lamps):
        chosen, _, rest = strongest_lamps(met, lamps, 2)
        lamp_light(met, directions, lamps, chosen, np.ones(chosen.shape, np.float32), rest * 0.7, out)
    sky = np.flatnonzero(hits.face < 0)
    if len(sky):
        out[sky] = sky_seen(light.sky, directions[sky], time=light.time)
    return veiled(
        np.minimum(out, np.float32(light.sky.sunlight.max() * 4 + 8)), hits.distance, directions, light.sky, light.air
    )


def _lamp_glow(scene: Scene, camera: Camera, light: Light, first: Samples) -> Floats:
    import cv2

    half = np.ascontiguousarray(first.directions.reshape(camera.height, camera.width, 3)[::4, ::4])
    far = np.ascontiguousarray(first.hits.distance.reshape(camera.height, camera.width)[::4, ::4])
    glow = glow_of_lamps(camera.origin, half.reshape(-1, 3), far.ravel(), scene.lamps, light.air.extinction)
    grown = cv2.resize(glow.reshape(*half.shape[:2], 3), (camera.width, camera.height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, np.float32).reshape(-1, 3) * np.float32(light.ground.night)
