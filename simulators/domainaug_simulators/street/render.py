"""One picture of a scene: rays, surfaces, light, air.

`prepare` does what every light and weather of a view shares: which surfaces its rays meet, and how much sky each sees.
`Prepared.radiance` lights them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from domainaug_simulators.street.air import Air, glow_of_lamps, veiled
from domainaug_simulators.street.camera import Camera
from domainaug_simulators.street.film import Film
from domainaug_simulators.street.lamps import Lamps, lamp_light, matte_lamp_light, strongest_lamps
from domainaug_simulators.street.lighting import lit, sky_seen
from domainaug_simulators.street.mesh import Floats
from domainaug_simulators.street.mirrors import Mirrored, mirrored
from domainaug_simulators.street.openness import openness
from domainaug_simulators.street.rays import Hits
from domainaug_simulators.street.sampling import Samples, central, edges, refined
from domainaug_simulators.street.scene import Scene
from domainaug_simulators.street.shadows import lamps_seen, sunned
from domainaug_simulators.street.sky import Sky
from domainaug_simulators.street.surfaces import Ground, Met, Surfaces, met_at, surfaces_at, weathered

__all__ = ["QUALITIES", "Light", "Prepared", "Quality", "prepare", "radiance_of"]


@dataclass(frozen=True, slots=True)
class Quality:
    """How much work a picture is worth.

    Attributes:
        more: Further rays through pixels with edges: 0, 4 or 8.
        sky_rays: Rays to the sky from each coarse point.
        sun_rays: Rays to the sun's disc where its shadow ends.
        lamps: How many lamps throw shadows at a point.
        gloss: Rays into the lobe of a glossy surface.
        lamp_rays: Rays to the head of a lamp where its shadow ends.
    """

    more: int
    sky_rays: int
    sun_rays: int
    lamps: int
    gloss: int
    lamp_rays: int = 0


QUALITIES: Final[dict[Literal["draft", "normal", "high"], Quality]] = {
    "draft": Quality(0, 4, 0, 1, 2),
    "normal": Quality(4, 8, 12, 3, 3, 6),
    "high": Quality(8, 24, 32, 6, 6, 24),
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

    @property
    def white(self) -> float:
        """Radiance of a white wall, roughly, in kcd/m2: what is bright here."""
        day = self.sky.ambient[-1, 0].mean() + self.sky.sunlight.mean() * max(self.sky.sun[2], 0.0) / np.pi
        return float(day) + 0.004 * self.ground.night


@dataclass(frozen=True, slots=True)
class _View:
    """Some rays of a picture, what they met, and how much sky that sees."""

    samples: Samples
    met: Met
    opened: Floats


@dataclass(slots=True)
class Prepared:
    """A scene before a camera, to be lit as often as one likes.

    Attributes:
        scene: What there is.
        camera: What looks at it.
        quality: How much work pictures are worth.
        first: The rays through the middles of pixels.
        further: The rays through pixels with edges, `quality.more` each.
    """

    scene: Scene
    camera: Camera
    quality: Quality
    first: _View
    further: _View
    _sun: tuple[bytes, Floats, Floats] | None = None

    def radiance(self, light: Light) -> Floats:
        """Return the radiance of every pixel, (height, width, 3), in kcd/m2, before rain and snow in the air."""
        camera, more = self.camera, self.quality.more
        near, far = self._sunned(light.sky)
        met = weathered(self.first.met, self.scene.table, light.ground)
        mirror = self._mirrored(light, self.first.samples, met, None)
        whole = self._shaded(light, self.first, met, near, mirror)
        if len(self.further.samples):
            met = weathered(self.further.met, self.scene.table, light.ground)
            mirror = self._mirrored(light, self.further.samples, met, mirror)
            added = self._shaded(light, self.further, met, far, mirror)
            pixels = self.further.samples.pixel[::more]
            most = np.float32(light.white * 12)  # a lamp in one corner of a pixel fills no pixel with light
            total = np.minimum(whole[pixels], most) + np.minimum(added, most).reshape(-1, more, 3).sum(axis=1)
            whole[pixels] = total / np.float32(more + 1)
        if light.ground.night > 0 and len(self.scene.lamps) and light.air.extinction > 5e-4:
            whole += self._lamp_glow(light)
        return whole.reshape(camera.height, camera.width, 3)

    def _sunned(self, sky: Sky) -> tuple[Floats, Floats]:
        """Return how much of the sun points see; kept for the next weather of the same hour."""
        key = sky.sun.tobytes() + (b"up" if sky.sunlight.max() > 0 else b"down")
        if self._sun is None or self._sun[0] != key:
            near = sunned(self.scene, self.first.met.dry, sky, camera=self.camera, rays=self.quality.sun_rays)
            self._sun = key, near, sunned(self.scene, self.further.met.dry, sky)
        return self._sun[1], self._sun[2]

    def _lamps(self, light: Light) -> Lamps:
        return self.scene.lamps if light.ground.night > 0 else Lamps.none()

    def _shaded(self, light: Light, view: _View, met: Surfaces, sun: Floats, mirror: Mirrored) -> Floats:
        samples = view.samples
        d = samples.directions
        out = lit(met, d, light.sky, sunned=sun, opened=view.opened, mirrored=mirror.seen, mirrors=mirror.known)
        lamps = self._lamps(light)
        if len(lamps):
            self._add_lamps(lamps, samples, met, out)
        sky = np.flatnonzero(samples.hits.face < 0)
        if len(sky):
            out[sky] = sky_seen(light.sky, d[sky], time=light.time)
        return veiled(out, samples.hits.distance, d, light.sky, light.air)

    def _add_lamps(self, lamps: Lamps, samples: Samples, met: Surfaces, out: Floats) -> None:
        chosen, strength, rest = strongest_lamps(met, samples.directions, lamps, self.quality.lamps)
        first = samples is self.first.samples
        camera, rays = (self.camera, self.quality.lamp_rays) if first else (None, 0)
        free = lamps_seen(self.scene, met, lamps, chosen, strength, camera=camera, rays=rays)
        lamp_light(met, samples.directions, lamps, chosen, free, rest * np.float32(0.7), out)

    def _mirrored(self, light: Light, samples: Samples, met: Surfaces, first: Mirrored | None) -> Mirrored:
        def bounce(starts: Floats, directions: Floats) -> Floats:
            return self._once_more(light, starts, directions)

        shape = (self.camera.height, self.camera.width)
        return mirrored(samples, met, shape, bounce, light.white, self.quality.gloss, first=first)

    def _once_more(self, light: Light, starts: Floats, directions: Floats) -> Floats:
        """Return the light of a second bounce: by sun, sky and lamps, lamps without shadows."""
        scene, count = self.scene, len(starts)
        hits = scene.rays.first(starts, directions)
        met = surfaces_at(scene.mesh, scene.table, hits, starts, directions, self.camera.pixel * 2, light.ground)
        out = lit(
            *(met, directions, light.sky),
            sunned=sunned(scene, met, light.sky),
            opened=np.full(count, 0.6, np.float32),
            mirrored=np.zeros((count, 3), np.float32),
            mirrors=np.zeros(count, np.bool_),
        )
        matte_lamp_light(met, self._lamps(light), out)
        sky = np.flatnonzero(hits.face < 0)
        if len(sky):
            out[sky] = sky_seen(light.sky, directions[sky], time=light.time)
        return veiled(out, hits.distance, directions, light.sky, light.air)

    def _lamp_glow(self, light: Light) -> Floats:
        import cv2

        camera, samples = self.camera, self.first.samples
        coarse = np.ascontiguousarray(samples.directions.reshape(camera.height, camera.width, 3)[::4, ::4])
        far = np.ascontiguousarray(samples.hits.distance.reshape(camera.height, camera.width)[::4, ::4])
        glow = glow_of_lamps(camera.origin, coarse.reshape(-1, 3), far.ravel(), self.scene.lamps, light.air.extinction)
        size = (camera.width, camera.height)
        grown = cv2.resize(glow.reshape(*coarse.shape[:2], 3), size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(grown, np.float32).reshape(-1, 3) * np.float32(light.ground.night)


def prepare(scene: Scene, camera: Camera, quality: Quality, first: Samples | None = None) -> Prepared:
    """Return a view of a scene that is ready to be lit.

    Args:
        scene: What there is.
        camera: What looks at it.
        quality: How much work to do.
        first: The central samples, where they are known already.
    """
    first = first or central(scene, camera)
    none = np.zeros(0, np.float32)
    further = Samples(np.zeros(0, np.int32), np.zeros((0, 3), np.float32), Hits(none.astype(np.int32), *(none,) * 3))
    if quality.more:
        further = refined(scene, camera, edges(scene, camera, first), quality.more)
    met, met_further = (
        met_at(scene.mesh, scene.table, some.hits, camera.origin, some.directions, camera.pixel)
        for some in (first, further)
    )
    free, free_further = openness(*(scene, camera, first, met.dry, met_further.dry, further.pixel, quality.sky_rays))
    return Prepared(scene, camera, quality, _View(first, met, free), _View(further, met_further, free_further))


def radiance_of(scene: Scene, camera: Camera, light: Light, quality: Quality, first: Samples | None = None) -> Floats:
    """Return the radiance of every pixel of one picture: `prepare` and `Prepared.radiance` in one."""
    return prepare(scene, camera, quality, first).radiance(light)
