"""Light on skin and on the retina: where it falls, what color it has, and what the lens of the eye scatters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import about, up_to
from domainaug.effects import Interval
from domainaug.errors import ImageError
from domainaug.generators import Frame, Generators
from domainaug.kernels.point import Curve, Linear, Op
from domainaug.transforms.arguments import choice, number, share, span
from domainaug.transforms.changing import Changing
from domainaug.transforms.field_circle import FieldCircle, field_circle
from domainaug.transforms.fusing import Drawn
from domainaug.transforms.own import Ranged, governed

__all__ = ["FundusHaze", "LightTemperature", "UnevenLight", "planckian_xy"]

Array = NDArray[Any]
Floats = NDArray[np.float64]

_ENCODINGS = ("srgb", "linear")
_KNOTS = 1025  # of a tone curve; straight between them, a 50th of a level of 255 off at most
_COLDEST, _HOTTEST = 1700.0, 100_000.0  # K, of a lamp
_GENTLE = 0.6  # of field and disc, below which there is no disc


class _Lit(Ranged, A.ImageOnlyTransform):  # type: ignore[misc]
    """Light that differs from place to place: a new one has `draw`, `lit` and its effects.

    Args:
        field: "found" is the disc of a fundus camera, in each picture; pixels outside keep every bit. "frame" is all.
        encoding: How values stand for light: "srgb", as in photographs, or "linear", as in sensor data.
        p: How often it happens.
    """

    def __init__(self, field: str, encoding: str, p: float) -> None:
        super().__init__(p=share(self, "p", p))
        self.field = choice(self, "field", field, ("found", "frame"))
        self.encoding = choice(self, "encoding", encoding, _ENCODINGS)

    def lit(self, light: Floats, x: Array, y: Array, params: Drawn) -> Floats:
        """Return light (n, channels) in other light; x and y (n,) are places, in radii from the middle."""
        raise TypeError(f"{type(self).__name__} says nothing about light: give it a method lit(light, x, y, params)")

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture in other light."""
        return self._changed(img, self._field(img), params)

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return the slices of a volume in other light, the same for all."""
        return self.apply_to_images(volume, **params)

    def somewhere(self, within: float) -> tuple[float, float]:
        """Draw a place, in radii from the middle, evenly within so many."""
        far, turn = within * self.py_random.uniform(0.0, 1.0) ** 0.5, self.py_random.uniform(0.0, 2 * np.pi)
        return far * float(np.cos(turn)), far * float(np.sin(turn))

    def _field(self, picture: Array) -> FieldCircle:
        if self.field == "frame":
            return FieldCircle.whole(picture.shape)
        found = field_circle(picture)
        if found.agreement < _GENTLE:
            raise ImageError(
                f"{type(self).__name__}: what is bright in this picture has the shape of no disc (they agree by "
                f'{found.agreement:.2f}, {_GENTLE} is needed); use field="frame" for pictures that fill the frame'
            )
        return found

    def _changed(self, picture: Array, field: FieldCircle, params: Drawn) -> Array:
        low, high = params["value_range"]
        rows, columns = np.nonzero(field.mask)
        flat = picture.reshape(*picture.shape[:2], -1)
        shares = np.clip((flat[field.mask].astype(np.float64) - low) / (high - low), 0.0, 1.0)
        light = _decoded(shares) if self.encoding == "srgb" else shares
        x, y = np.asarray((columns - field.x) / field.radius), np.asarray((rows - field.y) / field.radius)
        light = self.lit(light, x, y, params)
        shares = _encoded(np.clip(light, 0.0, 1.0)) if self.encoding == "srgb" else np.clip(light, 0.0, 1.0)
        values = low + shares * (high - low)
        out = flat.copy()
        out[field.mask] = values if out.dtype.kind == "f" else np.rint(values).astype(out.dtype)
        return out.reshape(picture.shape)


class UnevenLight(_Lit):
    """Light that falls off from a point: a lamp that is near, or aside, or an eye that is not centered.

    Light at a distance d from the axis of the lamp is cos**4 of the angle there, (1 + (t d)**2)**-2, the law of a
    small flat lamp over a plane. t is such that `falloff` of the light is lost one radius from the axis. Light is
    multiplied, so that decoding comes before; what is seen at the axis stays as bright as it was.

    Args:
        falloff: Share of the light that is lost a radius from the axis; a number, or a range it is drawn from. The
            radius is that of the fundus, or half a diagonal of the frame.
        offset: How far the axis may lie from the middle, in radii, in any direction.
        field: "frame" (dermoscopy), or "found": within the disc of a fundus camera, whose surround keeps every bit.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: there is no disc where one is looked for.
    """

    neutral: ClassVar[Mapping[str, float]] = {"falloff": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        (
            *("local_gain", "brightness", "contrast", "gamma", "tone", "saturation", "hue", "occlusion"),
            *("inversion", "noise", "color_cast", "channel_mixing"),
        ),
        "falloff",
    )

    def __init__(
        self,
        falloff: float | Sequence[float] = (0.1, 0.5),
        offset: float = 0.5,
        field: str = "frame",
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(field, encoding, p)
        self.falloff = span(self, "falloff", falloff, least=0.0, most=0.95)
        self.offset = number(self, "offset", offset, least=0.0, most=2.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the falloff, and where the axis is."""
        return {"axis": self.somewhere(self.offset), "falloff": self.py_random.uniform(*self.falloff)}

    def lit(self, light: Floats, x: Array, y: Array, params: Drawn) -> Floats:
        """Return light times the law of the lamp."""
        right, down = params["axis"]
        tangent = (1 - params["falloff"]) ** -0.5 - 1
        gain = (1 + tangent * ((x - right) ** 2 + (y - down) ** 2)) ** -2
        return np.asarray(light * gain[:, None])

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return self._dimmed(self.falloff[1], self.offset)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(self._dimmed(params["falloff"], float(np.hypot(*params["axis"]))), exact=False)

    def _dimmed(self, falloff: float, offset: float) -> Generators:
        furthest = (1 + ((1 - falloff) ** -0.5 - 1) * (1 + offset) ** 2) ** -2
        loss = 1 - (furthest if self.encoding == "linear" else furthest ** (1 / 2.4))
        return Generators.bounds(
            local_gain=up_to(loss),
            brightness=Interval(-loss / 2, 0.0),
            contrast=Interval(max(1 - loss, 0.0), 1 + 0.05 * loss),
            gamma=Interval(1 / (1 + loss), 1 + 2 * loss),
            tone=up_to(loss),
            inversion=up_to(loss - 0.3),
            occlusion=up_to(0.5 * (loss - 0.4)),
            saturation=about(loss, 1.0),
            hue=about(20 * loss),
            noise=up_to(0.02 * loss),
            color_cast=up_to(0.2 * loss),
            channel_mixing=up_to(loss),
        )


class FundusHaze(_Lit):
    """A veil over the retina: what a clouded lens scatters back into the camera (cataract).

    Light becomes (1 - h) I + h L: the lens lets less of it pass, and sends light of the lamp back (the lens light of
    Computational Retinal Image Analysis, 2019, chapter 11, whose declouding undoes this). L is white, and as bright
    as the brightest tenth of the field. h is densest about a point of the lens and falls to `edge` of that a radius
    away. Contrast is lost by 1 - h; nothing is blurred.

    Args:
        haze: h where it is densest; a number, or a range it is drawn from.
        edge: What is left of it a radius away, as a share.
        field: "found": within the disc of a fundus camera, whose surround keeps every bit; or "frame".
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: there is no disc where one is looked for.
    """

    neutral: ClassVar[Mapping[str, float]] = {"haze": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        (
            *("contrast", "brightness", "gamma", "tone", "local_gain", "saturation", "hue", "color_cast"),
            *("channel_mixing", "occlusion", "inversion", "blur", "sharpening"),
        ),
        "haze",
    )

    def __init__(
        self,
        haze: float | Sequence[float] = (0.1, 0.5),
        edge: float = 0.5,
        field: str = "found",
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(field, encoding, p)
        self.haze = span(self, "haze", haze, least=0.0, most=1.0)
        self.edge = number(self, "edge", edge, least=0.05, most=1.0)

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the density, and the point where it is largest."""
        return {"at": self.somewhere(0.7), "haze": self.py_random.uniform(*self.haze)}

    def lit(self, light: Floats, x: Array, y: Array, params: Drawn) -> Floats:
        """Return light through the veil."""
        right, down = params["at"]
        dense = params["haze"] * self.edge ** ((x - right) ** 2 + (y - down) ** 2)
        veil = float(np.percentile(light.max(axis=1), 90)) if len(light) else 0.0
        return np.asarray(light + dense[:, None] * (veil - light))

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        return _veiled(self.haze[1])

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(_veiled(params["haze"]), exact=False)


class LightTemperature(Changing):
    """Changes the color of the lamp, as a camera sees it whose white balance stays where it was.

    A lamp has the color of a black body of a temperature: Planck's law, weighted by the CIE 1931 color matching
    functions. Each channel of light is multiplied by what the new lamp gives in it over what the old one gave (von
    Kries), at the same luminance. Gray pictures have no color to change.

    Args:
        mired: By how much the reciprocal temperature changes, in millionths of 1/K, in which steps look alike; a
            range, one number is either side of 0. Above 0 is redder: 50 makes 4900 K of 6500 K, -50 makes 9600 K.
        kelvin: Of the lamp that the picture was taken in.
        encoding: "srgb" or "linear": how values stand for light.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal, or a lamp would be colder than 1700 K or hotter than 100 000 K.
        ImageError: At the call: the picture has neither one channel nor three.
    """

    clips: ClassVar[bool] = True
    neutral: ClassVar[Mapping[str, float]] = {"mired": 0.0}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(
        (
            *("color_cast", "hue", "saturation", "channel_mixing", "brightness", "contrast", "gamma", "tone"),
            *("local_gain", "inversion", "occlusion", "pixelation"),
        ),
        "mired",
    )

    def __init__(
        self,
        mired: float | Sequence[float] = 30.0,
        kelvin: float = 6500.0,
        encoding: str = "srgb",
        p: float = 0.5,
    ) -> None:
        super().__init__(p=p)
        self.kelvin = number(self, "kelvin", kelvin, least=2000.0, most=25000.0)
        here = 1e6 / self.kelvin
        self.mired = span(self, "mired", mired, around=0.0, least=1e6 / _HOTTEST - here, most=1e6 / _COLDEST - here)
        self.encoding = choice(self, "encoding", encoding, _ENCODINGS)

    def draw(self) -> dict[str, Any]:
        """Draw the temperature."""
        return {"kelvin": 1e6 / (1e6 / self.kelvin + self.py_random.uniform(*self.mired))}

    def point_ops(self, params: Drawn, *, low: float, high: float, channels: int) -> tuple[Op, ...]:
        """Return a curve for each channel; none for gray."""
        if channels == 1:
            return ()
        if channels != 3:
            raise ImageError(f"LightTemperature needs red, green and blue, and this picture has {channels} channels")
        gains = _lamp_gains(params["kelvin"], self.kelvin)
        if self.encoding == "linear":
            return (Linear(tuple(gains)),)
        return (Curve(_curves(gains, _KNOTS).astype(np.float32)),)

    def apply_to_volume(self, volume: Array, **params: Any) -> Array:
        """Return the slices of a volume in the light of the other lamp."""
        return np.stack([self.apply(one, **params) for one in volume])

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does at most."""
        least, most = (1e6 / (1e6 / self.kelvin + end) for end in reversed(self.mired))
        return self._cast((least, most), frame)

    def drawn_effects(self, params: Drawn, frame: Frame) -> Generators:
        """Return what one draw did at most."""
        return replace(self._cast((params["kelvin"],) * 2, frame), exact=False)

    def _cast(self, kelvin: tuple[float, float], frame: Frame) -> Generators:
        if frame.channels == 1:
            return Generators.nothing()
        levels = np.linspace(0.0, 1.0, 33)
        ends = {*kelvin, min(max(self.kelvin, kelvin[0]), kelvin[1])}
        gains = [_lamp_gains(each, self.kelvin) for each in ends]
        made = [
            _curves(each, 33) if self.encoding == "srgb" else np.clip(np.outer(each, levels), 0, 1) for each in gains
        ]
        cast = max(float(np.ptp(each, axis=0).max()) for each in made)
        change = max(float(np.abs(each - levels).max()) for each in made)
        return Generators.bounds(
            color_cast=up_to(cast),
            brightness=about(0.6 * change),
            contrast=Interval(max(1 - 2 * change, 0.0), 1 + 2 * change),
            gamma=Interval(1 / (1 + 3 * change), 1 + 3 * change),
            tone=up_to(change),
            saturation=Interval(max(1 - 4 * cast, 0.0), 1 + 6 * cast),
            hue=about(min(200 * cast, 180.0)),
            channel_mixing=up_to(2 * cast),
            local_gain=up_to(0.5 * cast),
            inversion=up_to(0.1 * (cast - 0.4)),
            occlusion=up_to(cast - 0.4),
            pixelation=Interval(1.0, 1 + max(cast - 0.4, 0.0)),
        )


def planckian_xy(kelvin: float) -> tuple[float, float]:
    """Return the CIE 1931 chromaticity of a black body.

    Planck's law from 360 to 830 nm, with the color matching functions as Wyman, Sloan and Shirley 2013 (J. Computer
    Graphics Techniques 2:1) fit them.

    Args:
        kelvin: Its temperature.
    """
    tristimulus = _tristimulus(kelvin)
    return float(tristimulus[0] / tristimulus.sum()), float(tristimulus[1] / tristimulus.sum())


_TO_LINEAR_SRGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)  # IEC 61966-2-1

_LOBES = (
    ((1.056, 599.8, 37.9, 31.0), (0.362, 442.0, 16.0, 26.7), (-0.065, 501.1, 20.4, 26.2)),
    ((0.821, 568.8, 46.9, 40.5), (0.286, 530.9, 16.3, 31.1)),
    ((1.217, 437.0, 11.8, 36.0), (0.681, 459.0, 26.0, 13.8)),
)
"""Height, place and widths to either side, in nm, of the parts of x, y and z."""


def _tristimulus(kelvin: float) -> Floats:
    """Return X, Y, Z of a black body, Y = 1."""
    nm = np.arange(360.0, 831.0)
    radiance = nm**-5 / np.expm1(1.438776877e7 / (nm * kelvin))
    weights = [
        sum(h * np.exp(-0.5 * ((nm - at) / np.where(nm < at, left, right)) ** 2) for h, at, left, right in lobes)
        for lobes in _LOBES
    ]
    found = np.array([float((radiance * weight).sum()) for weight in weights])
    return np.asarray(found / found[1])


@lru_cache(maxsize=64)
def _lamp_gains(kelvin: float, reference: float) -> tuple[float, float, float]:
    """Return what a lamp gives in linear red, green and blue over what another gives, at the same luminance."""
    new, old = (np.maximum(_TO_LINEAR_SRGB @ _tristimulus(each), 0.02) for each in (kelvin, reference))
    red, green, blue = (new / old).tolist()
    return red, green, blue


def _curves(gains: Sequence[float], knots: int) -> Floats:
    """Return what becomes of evenly spaced sRGB shares, (channels, knots), when light is multiplied."""
    light = _decoded(np.linspace(0.0, 1.0, knots))
    return _encoded(np.clip(np.outer(gains, light), 0.0, 1.0))


def _decoded(shares: ArrayLike) -> Floats:
    """Return light of sRGB values, both from 0 to 1 (IEC 61966-2-1)."""
    shares = np.asarray(shares, np.float64)
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def _encoded(light: Floats) -> Floats:
    """Return sRGB values of light, both from 0 to 1."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def _veiled(haze: float) -> Generators:
    """Return what a veil does: levels move toward that of the veil, which depends on the picture."""
    bend = min(1.5 * haze, 1.0)  # a little light is much of an sRGB value, in the dark
    return Generators.bounds(
        brightness=about(0.5 * bend),
        contrast=Interval(max(1 - 1.5 * bend, 0.0), 1 + 0.1 * bend),
        gamma=Interval(1 / (1 + 6 * bend), 1 + bend),
        tone=up_to(min(1.5 * bend, 1.0)),
        inversion=up_to(haze - 0.25),
        local_gain=up_to(bend),
        color_cast=up_to(0.5 * bend),
        hue=about(60 * bend),
        saturation=Interval(max(1 - 2 * bend, 0.0), 1 + bend),
        channel_mixing=up_to(2 * bend),
        occlusion=up_to(haze - 0.4),
        blur=up_to(bend),
        sharpening=up_to(bend),
    )
