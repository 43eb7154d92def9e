"""Fog, rain and snow on LiDAR clouds, real or rendered, by the extinction that also veils the images beside them.

A pulse meets three things: the surface that it found in clear air, dimmed by the air on both ways; the fog before it,
whose echo is spread over the pulse (Hahner et al. 2021, "Fog simulation on real LiDAR point clouds"); and single
drops or flakes within its cone (in essence Hahner et al. 2022, "LiDAR snowfall simulation"). The strongest echo is
the one that is reported, and what is too weak is lost.

Echoes are in units in which a surface of reflectance p at R meters gives p / (pi R^2) in clear air.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domainaug.driving.physics import (
    drop_density,
    drop_slope,
    extinction_of_rain,
    extinction_of_snowfall,
    extinction_of_visibility,
    flake_density,
    flake_slope,
)
from domainaug.errors import ImageError
from domainaug.kernels.random import uniforms

__all__ = ["Beam", "Echo", "Echoes", "LidarAir", "Weathered", "echoes_of", "weathered"]

Numbers = NDArray[np.float64]


class Echo(IntEnum):
    """What sent a pulse back."""

    NOTHING = 0
    SURFACE = 1
    FOG = 2
    PARTICLE = 3


@dataclass(frozen=True, slots=True)
class LidarAir:
    """The air that pulses go through.

    Attributes:
        visibility: Meters; how far one sees through the fog alone, infinite without any.
        rain: mm/h.
        snowfall: mm/h of water.
    """

    visibility: float = math.inf
    rain: float = 0.0
    snowfall: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no air is.

        Raises:
            ImageError: A visibility of 0 or less, or a rate below 0.
        """
        if not self.visibility > 0 or not self.rain >= 0 or not self.snowfall >= 0:
            raise ImageError(f"air for LiDAR: got {self}; visibility is above 0 m, rain and snowfall from 0 mm/h")

    @property
    def extinction(self) -> float:
        """Share of light lost a meter, the same as in images: 905 nm is short beside drops, of fog too."""
        fog = extinction_of_visibility(self.visibility)
        return fog + extinction_of_rain(self.rain) + extinction_of_snowfall(self.snowfall)


@dataclass(frozen=True, slots=True)
class Beam:
    """How a sensor's pulses are.

    Attributes:
        pulse: Half-power width, nanoseconds (Hahner et al. 2021: 20).
        divergence: Full angle of the cone, radians (Hahner et al. 2022: 0.003).
        aperture: Diameter of the beam where it leaves, meters.
        overlap: Meters at which the receiver begins to see the pulse, and sees all of it (Hahner et al. 2021).
        reach: Meters at which a surface of 10 % reflectance is just found (HDL-64E's data sheet: 50).
        near: Meters within which the receiver turns its gain down, as the square of range, lest near surfaces blind
            it. Ten lets fog send points back from visibilities of some 100 m down, as in fog chambers (Bijelic et
            al. 2018, "A benchmark for lidar sensors in fog"); no data sheet says it.
    """

    pulse: float = 20.0
    divergence: float = 3e-3
    aperture: float = 0.01
    overlap: tuple[float, float] = (0.9, 1.0)
    reach: float = 50.0
    near: float = 10.0

    @property
    def least(self) -> float:
        """The weakest echo that is found."""
        return 0.1 / math.pi / self.reach**2

    @property
    def length(self) -> float:
        """Meters of range over which the echo of a point is spread: twice the half-power width there and back."""
        return self.pulse * 0.299792458

    def radius(self, away: Numbers) -> Numbers:
        """Return the radius of the beam, meters, at some ranges."""
        return self.aperture / 2 + away * (self.divergence / 2)

    def seen(self, away: Numbers) -> Numbers:
        """Return the share of an echo that the receiver makes use of at some ranges."""
        begin, whole = self.overlap
        return np.clip((away - begin) / (whole - begin), 0, 1) * self.gain(away)

    def gain(self, away: Numbers) -> Numbers:
        """Return how far the receiver's gain is up at some ranges."""
        return np.minimum(1.0, (away / self.near) ** 2)


@dataclass(frozen=True, slots=True)
class Echoes:
    """What pulses brought back.

    Attributes:
        away: (n,) reported range, meters; inf for nothing.
        reflectance: (n,) what a sensor makes of the echo at that range, from 0 to 1.
        kind: (n,) what sent it, as `Echo` numbers it.
    """

    away: Numbers
    reflectance: Numbers
    kind: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Weathered:
    """A cloud in weather.

    Attributes:
        points: (m, columns) what is left, moved where fog, drops or flakes sent the pulse back.
        source: (m,) which point of the given cloud each was.
        kind: (m,) what sent it back, as `Echo` numbers it.
    """

    points: NDArray[np.float32]
    source: NDArray[np.int64]
    kind: NDArray[np.uint8]


def weathered(
    points: NDArray[np.float32],
    air: LidarAir,
    seed: int,
    *,
    beam: Beam | None = None,
    full: float = 1.0,
    index: NDArray[np.int64] | None = None,
) -> Weathered:
    """Return a cloud as it would be in some air.

    Args:
        points: (n, 4 or more) x, y, z from the sensor, meters, intensity, and whatever else: it is kept.
        air: Fog, rain and snow.
        seed: From 0 to 2^64 - 1; with the same seed a pulse meets the same particles.
        beam: How the sensor's pulses are.
        full: The intensity of a white surface: 1 in KITTI, 255 in nuScenes.
        index: (n,) number of the pulse of each point; by default its place in the cloud.

    Raises:
        ImageError: The cloud is no (n, 4 or more) array of finite numbers.
    """
    cloud = np.asarray(points, np.float32)
    if cloud.ndim != 2 or cloud.shape[1] < 4:
        raise ImageError(f"LiDAR cloud: got an array of shape {cloud.shape}; it is (n, 4 or more): x, y, z, intensity")
    if not np.isfinite(cloud).all():
        raise ImageError("LiDAR cloud: some numbers are not finite; leave out the pulses that found nothing")
    away = np.linalg.norm(cloud[:, :3].astype(np.float64), axis=-1)
    echoes = echoes_of(away, cloud[:, 3].astype(np.float64) / full, air, seed, beam=beam, index=index)
    left = np.flatnonzero(echoes.kind != Echo.NOTHING)
    out = cloud[left].copy()
    other = echoes.kind[left] != Echo.SURFACE
    share = echoes.away[left] / np.maximum(away[left], 1e-9)
    out[other, :3] *= share[other, None].astype(np.float32)
    out[:, 3] = echoes.reflectance[left] * full
    return Weathered(out, left, echoes.kind[left])


def echoes_of(
    away: Numbers,
    reflectance: Numbers,
    air: LidarAir,
    seed: int,
    *,
    beam: Beam | None = None,
    index: NDArray[np.int64] | None = None,
) -> Echoes:
    """Return what pulses bring back.

    Args:
        away: (n,) range of the surface that each meets, meters; inf for none.
        reflectance: (n,) of that surface toward the sensor; what was found is taken to send
            back at least twice what is just found.
        air: Fog, rain and snow.
        seed: From 0 to 2^64 - 1.
        beam: How the sensor's pulses are.
        index: (n,) number of each pulse; by default its place.
    """
    beam = beam or Beam()
    many = len(away)
    pulse = np.arange(many) if index is None else np.asarray(index, np.int64)
    hit = np.isfinite(away) & (away > 0)
    there = np.where(hit, away, 1.0)
    unit = beam.gain(there) / (math.pi * there**2)  # what a white surface there sends back
    strongest = np.where(hit, np.maximum(reflectance * unit, 2 * beam.least), 0.0) * np.exp(-2 * air.extinction * there)
    where, kind = np.where(hit, away, np.inf), np.where(hit, Echo.SURFACE, Echo.NOTHING).astype(np.uint8)
    if math.isfinite(air.visibility):
        echo, place = _fog(np.where(hit, away, np.inf), air, beam, _drawn(pulse, seed, 0))
        _stronger(echo, place, Echo.FOG, strongest, where, kind)
    for number, particles in enumerate(_particles(air)):
        echo, place = _met(
            np.where(hit, away, np.inf), particles, air.extinction, beam, pulse, seed, 100 * (number + 1)
        )
        _stronger(echo, place, Echo.PARTICLE, strongest, where, kind)
    lost = strongest < beam.least * (1 - 1e-9)
    where[lost], kind[lost] = np.inf, Echo.NOTHING
    place = np.where(lost, 1.0, where)
    seen = np.minimum(strongest / beam.gain(place) * math.pi * place**2, 1.0)
    surface = kind == Echo.SURFACE
    seen[surface] = reflectance[surface] * np.exp(-2 * air.extinction * there[surface])
    return Echoes(where, np.where(lost, 0.0, seen), kind)


def _drawn(pulse: NDArray[np.int64], seed: int, stream: int) -> Numbers:
    """Return a number in (0, 1) for each pulse: a function of seed, stream and pulse alone."""
    if not len(pulse):
        return np.zeros(0)
    line = uniforms((int(pulse.max()) + 1,), seed, stream)
    return np.clip(line[pulse].astype(np.float64), 1e-7, 1 - 1e-7)


def _stronger(
    echo: Numbers, place: Numbers, kind: Echo, strongest: Numbers, where: Numbers, kinds: NDArray[np.uint8]
) -> None:
    wins = echo > strongest
    strongest[wins], where[wins], kinds[wins] = echo[wins], place[wins], kind


# ---- fog: an echo from all along the pulse

_STEP = 0.05  # meters along the beam
_FARTHEST = 40.0  # beyond, fog adds nothing to the peak of its echo
_PARTS = 33


def _fog(away: Numbers, air: LidarAir, beam: Beam, share: Numbers) -> tuple[Numbers, Numbers]:
    """Return the strongest echo of the fog before surfaces, and where it seems to come from."""
    peaks, places = _fog_table(air.visibility, air.extinction, beam)
    row = np.minimum(np.where(np.isfinite(away), away, _FARTHEST) / _STEP, len(peaks) - 1).astype(np.int64)
    at = share * (_PARTS - 1)
    low = np.minimum(at.astype(np.int64), _PARTS - 2)
    place = places[row, low] + (places[row, low + 1] - places[row, low]) * (at - low)
    return peaks[row], np.minimum(place, away)


@lru_cache(maxsize=64)
def _fog_table(visibility: float, extinction: float, beam: Beam) -> tuple[Numbers, Numbers]:
    """Return the peak of the fog's echo before a surface at each step of range, and quantiles of its place.

    The pulse rises and falls as sin^2 (Hahner et al. 2021, eq. 4); its echo at a time is what fog along its length
    sends back: backscatter 0.046 / visibility (Rasshofer et al. 2011), over r^2, dimmed on both ways. Noise lets the
    peak be found wherever the echo is within a tenth of it.
    """
    r = np.asarray((np.arange(int(_FARTHEST / _STEP)) + 0.5) * _STEP, np.float64)
    back = 0.046 / visibility * beam.seen(r) / r**2 * np.exp(-2 * extinction * r)
    reported = np.arange(0, _FARTHEST / 2, 2 * _STEP)
    behind = reported[:, None] + beam.length / 2 - r
    inside = (behind >= 0) & (behind <= beam.length)
    echo = np.cumsum(np.where(inside, np.sin(np.pi * behind / beam.length) ** 2, 0) * back * _STEP, axis=1)
    peaks = echo.max(axis=0)
    weight = np.where(echo >= 0.9 * np.maximum(peaks, 1e-300), echo, 0.0)
    total = np.cumsum(weight, axis=0) / np.maximum(weight.sum(axis=0), 1e-300)
    share = np.linspace(1e-3, 1 - 1e-3, _PARTS)
    places = np.stack([np.interp(share, total[:, k], reported) for k in range(len(r))])
    return peaks, places


# ---- drops and flakes: single echoes


@dataclass(frozen=True, slots=True)
class _Particles:
    """Round particles whose numbers fall off exponentially with their size.

    Attributes:
        density: How many a cubic meter holds.
        slope: 1/mm of diameter.
        back: Share of the light on a particle that it sends back, per steradian.
    """

    density: float
    slope: float
    back: float


def _particles(air: LidarAir) -> list[_Particles]:
    """Return the particles of the air.

    A drop sends back 2 / 18.8 of its cross section per steradian (its extinction over the lidar ratio of water,
    O'Connor et al. 2004); a flake as a rough white ball does, 2/3 of 0.9 over pi. Flakes are as wide as makes their
    cross sections add up to the extinction of the snowfall.
    """
    out = []
    if air.rain > 0:
        out.append(_Particles(drop_density(air.rain), drop_slope(air.rain), 2 / 18.8))
    if air.snowfall > 0:
        density, slope = flake_density(air.snowfall), flake_slope(air.snowfall)
        melted = 2 * math.pi / 4 * density * 2 / slope**2 * 1e-6  # extinction of flakes as wide as their drops, 1/m
        wider = math.sqrt(extinction_of_snowfall(air.snowfall) / melted)
        out.append(_Particles(density, slope / wider, 2 / 3 * 0.9 / math.pi))
    return out


_ECHOES = 8
_LEVELS, _RANGES = 96, 400
_LAST = 40.0  # meters


def _met(
    away: Numbers,
    particles: _Particles,
    extinction: float,
    beam: Beam,
    pulse: NDArray[np.int64],
    seed: int,
    stream: int,
) -> tuple[Numbers, Numbers]:
    """Return the strongest echo of a single particle before each surface, and its range.

    Particles in the cone of a pulse are a Poisson process, and so are their echoes: counted from the strongest down,
    the numbers of stronger ones that were to be expected are a Poisson process of rate 1. Drawing those gives echoes
    in falling order without drawing particles; the first that lies before the surface is the strongest there.
    """
    expected, levels, places = _echo_table(particles, extinction, beam)
    echo, place = np.zeros(len(away)), np.full(len(away), np.inf)
    rising = np.zeros(len(away))
    for turn in range(_ECHOES):
        rising -= np.log(_drawn(pulse, seed, stream + 2 * turn))
        going = (echo == 0) & (rising < expected[0])
        if not going.any():
            break
        share = _drawn(pulse, seed, stream + 2 * turn + 1)[going]
        found = np.interp(rising[going], expected[::-1], np.arange(_LEVELS)[::-1].astype(np.float64))
        row, at = np.rint(found).astype(np.int64), share * (places.shape[1] - 1)
        low = np.minimum(at.astype(np.int64), places.shape[1] - 2)
        range_ = places[row, low] + (places[row, low + 1] - places[row, low]) * (at - low)
        before = range_ < away[going]
        chosen = np.flatnonzero(going)[before]
        echo[chosen] = np.exp(np.interp(found[before], np.arange(_LEVELS), np.log(levels)))
        place[chosen] = range_[before]
    return echo, place


@lru_cache(maxsize=64)
def _echo_table(particles: _Particles, extinction: float, beam: Beam) -> tuple[Numbers, Numbers, Numbers]:
    """Return how many echoes stronger than each level a pulse is to expect, the levels, and quantiles of ranges.

    At R an echo is stronger than x where the particle is wider than D = 2 r R sqrt(x exp(2 a R) / back), r being the
    beam's radius; so many such particles are in the cone as N exp(-L D) pi r^2 says, summed over R.
    """
    r = np.exp(np.linspace(math.log(max(beam.overlap[0], 0.05)), math.log(_LAST), _RANGES)).astype(np.float64)
    width, radius = np.asarray(np.gradient(r), np.float64), beam.radius(r)
    per_meter = np.where(beam.seen(r) > 0, math.pi * radius**2, 0.0)
    whole = particles.back / r**2 * np.exp(-2 * extinction * r) * np.maximum(beam.seen(r), 1e-9)
    levels = np.geomspace(beam.least, float(whole.max()), _LEVELS)
    share = levels[:, None] / whole  # of the beam that the particle takes
    diameter = 2000 * radius * np.sqrt(share)
    many = particles.density * np.exp(-particles.slope * diameter) * per_meter * width * (share <= 1)
    expected = many.sum(axis=1)
    exact = many * np.maximum(diameter, 1e-12) + 1e-300  # the density of echoes of just that strength
    total = np.cumsum(exact, axis=1) / exact.sum(axis=1, keepdims=True)
    quantiles = np.linspace(1e-3, 1 - 1e-3, 129)
    places = np.stack([np.interp(quantiles, row, r) for row in total])
    return expected, levels, places
