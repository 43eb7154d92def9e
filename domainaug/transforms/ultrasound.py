"""Ultrasound: attenuation, shadows, speckle and clutter, along the beams of the scan region and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.transforms.arguments import distances, number, span
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.insonified import Insonified, speckle_field
from domainaug.transforms.own import draw_key, governed, spacing_of
from domainaug.transforms.scan_region import ScanRegion

__all__ = ["AcousticClutter", "AcousticShadow", "DepthAttenuation", "Speckle"]

Floats = NDArray[np.float32]

_SEEN = (
    "local_gain",
    "brightness",
    "contrast",
    "gamma",
    "tone",
    "occlusion",
    "noise",
    "sharpening",
    "saturation",
    "channel_mixing",
)
_SQUARE = 0.01  # by which the sides of a pixel may differ in a fan


class DepthAttenuation(Insonified):
    """Makes echoes fainter with depth, as tissue does whose attenuation the time gain does not make up for.

    An echo from z cm has lost 2 a f z decibels, there and back, for a coefficient a (dB/cm/MHz; about 0.5 in soft
    tissue) at frequency f (MHz). Loss adds along the beam, so it never falls with depth.

    Args:
        db: Loss at the end of the middle beam in decibels; a number, or a range it is drawn from.
        db_cm_mhz: In place of it, the coefficient beyond what the time gain makes up for; a number, or a range.
            Needs `frequency_mhz` and the spacing.
        frequency_mhz: Of the pulse.
        spacing: Millimeters from one pixel to the next, ([slices,] rows, columns); what the call says goes before.
        dynamic_range_db: Decibels from the darkest level to the brightest.
        region: "found" in the picture, or the whole "frame".
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal, or not one of `db` and `db_cm_mhz` is given.
        ImageError: At the call: no spacing where it is needed, or pixels that are not square in a fan.
    """

    neutral: ClassVar[Mapping[str, float]] = {"db": 0.0, "db_cm_mhz": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(_SEEN, "db", "db_cm_mhz")

    def __init__(
        self,
        db: float | Sequence[float] | None = None,
        db_cm_mhz: float | Sequence[float] | None = None,
        frequency_mhz: float | None = None,
        spacing: Sequence[float] | None = None,
        dynamic_range_db: float = 60.0,
        region: str = "found",
        p: float = 0.5,
    ) -> None:
        super().__init__(dynamic_range_db, region, p)
        if (db is None) == (db_cm_mhz is None) or (db_cm_mhz is None) != (frequency_mhz is None):
            raise ValueError("DepthAttenuation: db, or db_cm_mhz and frequency_mhz, are needed, and not both")
        self.db = None if db is None else span(self, "db", db, least=0.0)
        self.db_cm_mhz = None if db_cm_mhz is None else span(self, "db_cm_mhz", db_cm_mhz, least=0.0, most=20.0)
        given = frequency_mhz is not None
        self.frequency_mhz = number(self, "frequency_mhz", frequency_mhz, above=0.0, most=100.0) if given else None
        self.spacing = distances(self, spacing)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the loss."""
        if self.db is not None:
            return {"db": self.py_random.uniform(*self.db)}
        spacing = spacing_of(data, self.spacing, 2)
        if spacing is None:
            raise ImageError(
                "DepthAttenuation has to know how many mm a pixel is: pass spacing=(rows, columns) to the call or to "
                "the transform, or use db"
            )
        drawn = self.py_random.uniform(*(self.db_cm_mhz or (0.0, 0.0)))
        return {"db_mm": 2 * drawn * (self.frequency_mhz or 0.0) / 10, "spacing": spacing}

    def echoes(self, levels: Floats, region: ScanRegion, params: Drawn, frame: int) -> Floats:
        """Return levels less the loss."""
        depth = np.maximum(region.depth[region.mask], 0.0)
        if "db" in params:
            loss = depth * np.float32(params["db"] / region.length)
        else:
            rows, columns = params["spacing"]
            if region.apex is not None and abs(rows / columns - 1) > _SQUARE:
                raise ImageError(
                    f"DepthAttenuation knows depth in a fan of square pixels only, and these are {rows:g} by "
                    f"{columns:g} mm: resample the picture, or use db"
                )
            loss = depth * np.float32(params["db_mm"] * rows)
        return np.asarray(levels - loss / np.float32(self.dynamic_range_db), np.float32)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most; how much depends on where the echoes are."""
        if self.db is not None:
            return _darker(self.db[1] / self.dynamic_range_db)
        spacing = frame.spacing or (self.spacing[-2:] if self.spacing else None)
        if spacing is None or self.db_cm_mhz is None or self.frequency_mhz is None:
            return _darker(1.0)
        furthest = float(np.hypot(frame.height * spacing[0], frame.width * spacing[1])) / 10
        return _darker(2 * self.db_cm_mhz[1] * self.frequency_mhz * furthest / self.dynamic_range_db)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        if "db" in params:
            return replace(_darker(params["db"] / self.dynamic_range_db), exact=False)
        rows, columns = params["spacing"]
        furthest = float(np.hypot(frame.height * rows, frame.width * columns))
        return replace(_darker(params["db_mm"] * furthest / self.dynamic_range_db), exact=False)


class AcousticShadow(Insonified):
    """Makes echoes fainter behind something that lets little sound through: gas, bone, a stone, a rib.

    The shadow follows the beams: it begins at a depth, covers some of the beams, and goes on to the end of the
    picture. Its sides and its beginning are soft, as the finite width of a beam leaves them.

    Args:
        db: Loss in the middle of the shadow in decibels; a number, or a range it is drawn from.
        width: Share of the beams that are covered; a number, or a range.
        depth: Where it begins, as a share of the depth; a number, or a range. 0 is poor contact with the skin.
        softness: Share of the width over which a side fades.
        dynamic_range_db: Decibels from the darkest level to the brightest.
        region: "found" in the picture, or the whole "frame".
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
    """

    neutral: ClassVar[Mapping[str, float]] = {"db": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(_SEEN, "db")

    def __init__(
        self,
        db: float | Sequence[float] = (5.0, 20.0),
        width: float | Sequence[float] = (0.05, 0.2),
        depth: float | Sequence[float] = (0.1, 0.6),
        softness: float = 0.3,
        dynamic_range_db: float = 60.0,
        region: str = "found",
        p: float = 0.5,
    ) -> None:
        super().__init__(dynamic_range_db, region, p)
        self.db = span(self, "db", db, least=0.0)
        self.width = span(self, "width", width, above=0.0, most=1.0)
        self.depth = span(self, "depth", depth, least=0.0, most=1.0)
        self.softness = number(self, "softness", softness, above=0.0, most=1.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the loss, and which beams from where on."""
        even = self.py_random.uniform
        drawn = {name: even(*ends) for name, ends in (("db", self.db), ("width", self.width), ("depth", self.depth))}
        return {**drawn, "beam": even(0.0, 1.0)}

    def echoes(self, levels: Floats, region: ScanRegion, params: Drawn, frame: int) -> Floats:
        """Return levels less what the shadow takes."""
        half, soft = params["width"] / 2, self.softness * params["width"]
        aside = np.abs(region.across[region.mask] - params["beam"])
        covered = _step((half - aside) / soft)
        begun = _step((region.depth[region.mask] / region.length - params["depth"]) / soft)
        return np.asarray(levels - covered * begun * (params["db"] / self.dynamic_range_db), np.float32)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return _darker(self.db[1] / self.dynamic_range_db)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(_darker(params["db"] / self.dynamic_range_db), exact=False)


class Speckle(Insonified):
    """Multiplies echoes by speckle: the interference of many scatterers that no pixel resolves.

    The envelope becomes |sqrt(1 - d) + sqrt(d) z| times what it was, with z a circular complex normal field of
    mean power 1: Rician, and for d = 1 Rayleigh, fully developed. The mean power of the echoes is kept; it is the
    envelope that is multiplied, before the logarithm. Pictures from a scanner have speckle already, and little of
    d goes a long way in them. Slices of a volume get speckle of their own.

    Args:
        diffuse: Share d of the power that is diffuse; a number, or a range it is drawn from.
        axial_px: Full width at half maximum of the pulse along the beam, in pixels.
        lateral_px: Likewise of the beam, in the middle of the depth; in a fan it widens with depth.
        dynamic_range_db: Decibels from the darkest level to the brightest.
        region: "found" in the picture, or the whole "frame".
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
    """

    neutral: ClassVar[Mapping[str, float]] = {"diffuse": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed((*_SEEN, "impulse_noise", "hue"), "diffuse")

    def __init__(
        self,
        diffuse: float | Sequence[float] = (0.02, 0.15),
        axial_px: float = 2.5,
        lateral_px: float = 5.0,
        dynamic_range_db: float = 60.0,
        region: str = "found",
        p: float = 0.5,
    ) -> None:
        super().__init__(dynamic_range_db, region, p)
        self.diffuse = span(self, "diffuse", diffuse, least=0.0, most=1.0)
        self.axial_px = number(self, "axial_px", axial_px, least=0.5, most=50.0)
        self.lateral_px = number(self, "lateral_px", lateral_px, least=0.5, most=100.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the share, and the key of the field."""
        return {"diffuse": self.py_random.uniform(*self.diffuse), "key": draw_key(self.random_generator)}

    def echoes(self, levels: Floats, region: ScanRegion, params: Drawn, frame: int) -> Floats:
        """Return levels with the logarithm of the speckle added."""
        field = speckle_field(region, self.axial_px, self.lateral_px, params["key"], frame)
        envelope = np.abs(np.float32(np.sqrt(1 - params["diffuse"])) + np.float32(np.sqrt(params["diffuse"])) * field)
        added = 20 * np.log10(np.maximum(envelope, _FAINTEST))
        return np.asarray(levels + added / np.float32(self.dynamic_range_db), np.float32)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return _speckled(self.diffuse[1], self.dynamic_range_db)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(_speckled(params["diffuse"], self.dynamic_range_db), exact=False)


class AcousticClutter(Insonified):
    """Adds a haze of clutter: reverberation and echoes from beside the beam, strongest near the transducer.

    The power of fully developed speckle is added to that of the echoes, before the logarithm: phases are not known,
    and on average powers add. Its level falls by as many decibels with every step of depth. Dark places fill up,
    bright ones hardly change, and none gets darker.

    Args:
        level: Mean level of the clutter at the face of the transducer, as a share of the range of levels; a number,
            or a range it is drawn from.
        decay_db: By how much it has fallen at the end of the middle beam; a number, or a range.
        axial_px: Full width at half maximum of its grain along the beam, in pixels.
        lateral_px: Likewise across, in the middle of the depth.
        dynamic_range_db: Decibels from the darkest level to the brightest.
        region: "found" in the picture, or the whole "frame".
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
    """

    needs_echo: ClassVar[bool] = False
    neutral: ClassVar[Mapping[str, float]] = {"level": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed((*_SEEN, "impulse_noise", "blur"), "level")

    def __init__(
        self,
        level: float | Sequence[float] = (0.1, 0.35),
        decay_db: float | Sequence[float] = (10.0, 40.0),
        axial_px: float = 4.0,
        lateral_px: float = 10.0,
        dynamic_range_db: float = 60.0,
        region: str = "found",
        p: float = 0.5,
    ) -> None:
        super().__init__(dynamic_range_db, region, p)
        self.level = span(self, "level", level, least=0.0, most=1.0)
        self.decay_db = span(self, "decay_db", decay_db, least=0.0)
        self.axial_px = number(self, "axial_px", axial_px, least=0.5, most=50.0)
        self.lateral_px = number(self, "lateral_px", lateral_px, least=0.5, most=100.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the level, its fall, and the key of the field."""
        even = self.py_random.uniform
        drawn = {"level": even(*self.level), "decay_db": even(*self.decay_db)}
        return {**drawn, "key": draw_key(self.random_generator)}

    def echoes(self, levels: Floats, region: ScanRegion, params: Drawn, frame: int) -> Floats:
        """Return levels of the sum of powers."""
        field = speckle_field(region, self.axial_px, self.lateral_px, params["key"], frame)
        reach = np.float32(self.dynamic_range_db / 10)  # powers of ten in the range
        fall = np.maximum(region.depth[region.mask], 0.0) * np.float32(params["decay_db"] / 10 / region.length)
        # A level of 0 is the end of the range, and no clutter: it is taken off, so that there is nothing at 0.
        mean = np.maximum(10 ** (params["level"] * reach - fall) - 1, 0.0)
        power = 10 ** (np.maximum(levels, 0) * reach) + mean * (field.real**2 + field.imag**2)
        return np.asarray(np.log10(power) / reach, np.float32)

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return _hazy(self.level[1], self.dynamic_range_db)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(_hazy(params["level"], self.dynamic_range_db), exact=False)


_FAINTEST = np.float32(1e-3)
"""Of an envelope that interferes with itself, -60 dB; below it is nothing to be seen."""

_SPREAD_DB = 5.57
"""Standard deviation of Rayleigh amplitudes in decibels."""


def _step(x: Floats) -> Floats:
    """Return 0 below -1/2, 1 above 1/2, and a smooth step in between."""
    x = np.clip(x + np.float32(0.5), 0, 1)
    return np.asarray(x * x * (3 - 2 * x), np.float32)


def _darker(loss: float) -> Generators:
    """Return what a loss of up to a share of the range does, wherever it falls."""
    loss = min(loss, 1.0)
    return Generators.bounds(
        local_gain=up_to(loss),
        brightness=Interval(-loss, 0.1 * loss),
        contrast=Interval(max(1 - 2 * loss, 0.0), 1 + loss),
        gamma=Interval(1 / (1 + 2 * loss), 1 + 4 * loss),
        tone=up_to(loss),
        occlusion=up_to(loss - 0.25),  # what has become black is flat
        inversion=up_to(1.5 * (loss - 0.3)),
        saturation=Interval(max(1 - loss, 0.0), 1 + loss),
        channel_mixing=up_to(loss),
    )


def _speckled(diffuse: float, range_db: float) -> Generators:
    """Return what speckle does; its logarithm spreads by up to 5.6 dB, and is lower than that of its mean."""
    high = _SPREAD_DB / range_db * float(np.sqrt(diffuse))
    return Generators.bounds(
        noise=up_to(2 * high),
        impulse_noise=up_to(0.05 + high if high > 0.02 else 0.0),
        local_gain=up_to(2 * high),
        brightness=Interval(-high, 0.5 * high),
        contrast=Interval(max(1 - 2 * high, 0.0), 1 + high),
        gamma=Interval(1 / (1 + 2 * high), 1 + 4 * high),
        tone=up_to(2 * high),
        sharpening=up_to(6 * high),
        saturation=about(2 * high, 1.0),
        hue=about(min(120 * high, 60.0)),
    )


def _hazy(level: float, range_db: float) -> Generators:
    """Return what clutter does: it lifts what is darker than it, and grains it."""
    top = min(level + 8 / range_db, 1.0) if level else 0.0
    grain = min(2 * _SPREAD_DB / range_db, 2 * level)
    return Generators.bounds(
        noise=up_to(grain),
        impulse_noise=up_to(0.05 + grain if grain > 0.02 else 0.0),
        local_gain=up_to(top),
        brightness=Interval(-0.1 * top, max(top - 0.4, 0.3 * top)),
        contrast=Interval(max(1 - 1.5 * top, 0.0), 1 + 0.2 * top),
        gamma=Interval(1 / (1 + 4 * top), 1 + 2 * top),
        tone=up_to(top),
        blur=up_to(4 * top),
        sharpening=up_to(2 * top),
        saturation=Interval(max(1 - top, 0.0), 1 + 3 * top),
        channel_mixing=up_to(top),
        inversion=up_to(top - 0.3),
    )
