"""From one draw to effects: the picture and the labels that came back, read as numbers with the vocabulary's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured import channels
from domainaug.check.measured.chart import Array, Output, Probe
from domainaug.check.measured.color import color_effects
from domainaug.check.measured.correspondence import Correspondence, from_masks, geometry_of
from domainaug.check.measured.discord import discord
from domainaug.check.measured.hidden import compression, loss_of_levels
from domainaug.check.measured.matching import from_pictures
from domainaug.check.measured.scene import Scene
from domainaug.check.measured.softness import strong_blur
from domainaug.check.measured.tone import DiscReading
from domainaug.effects import EFFECTS
from domainaug.functionals import tone_effects

__all__ = ["Measured", "measure_draw"]

_TONE = frozenset({"brightness", "contrast", "gamma", "tone", "inversion", "loss_of_levels", "local_gain"})
_COLOR = frozenset(
    {"color_cast", "hue", "saturation", "channel_mixing", "channel_order", "channel_lost", "loss_of_color"}
)
_SHARP = frozenset({"blur", "motion_blur", "sharpening", "misregistration"})
_DOUBT = {
    # How many standard errors of one disc level each may be off, in its own unit (colors are .4 from gray).
    "brightness": 3.0,
    "tone": 5.0,
    "color_cast": 6.0,
    "local_gain": 3.0,
    "inversion": 3.0,
    "contrast": 4.0,
    "gamma": 8.0,
    "hue": 450.0,
    "saturation": 8.0,
    "channel_mixing": 16.0,
}
_FINE = 2.0  # px of sigma
_NOISE = frozenset({"noise", "impulse_noise"})


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What one draw did.

    Attributes:
        values: Effect name to value; an effect that is neither here nor withheld is neutral.
        withheld: Effects that this draw could not be judged on.
        unreadable: Why nothing could be read, or None.
        astray: Whether the picture went elsewhere than its labels, so that these do not tell its geometry.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    unreadable: str | None = None
    astray: bool = False

    def present(self) -> dict[str, float]:
        """Return the effects that are far enough from neutral to be reported."""
        return {name: value for name, value in self.values.items() if EFFECTS[name].is_present(value)}


def measure_draw(probe: Probe, output: Output) -> Measured:
    """Read the effects of one draw.

    Args:
        probe: What was shown.
        output: What came back; with masks, the map is read from them, else from the picture.
    """
    image = np.asarray(output.image)
    problem = _unfit(probe, image)
    if problem:
        return Measured(withheld=frozenset(EFFECTS), unreadable=problem)
    shares = np.ascontiguousarray(probe.decode(image))
    if float(np.ptp(np.quantile(shares, [0.01, 0.99]))) < 0.004:
        return Measured(withheld=frozenset(EFFECTS), unreadable="the picture is destroyed: one value is left")
    labeled = output.masks is not None
    where = from_pictures(probe, shares) if output.masks is None else from_masks(probe, output.masks)
    if where.problem:
        return Measured(withheld=frozenset(EFFECTS), unreadable=where.problem)
    soft = _soft(probe, shares, where)
    if soft is not None:
        return soft
    other = discord(probe, shares, where) if labeled else None
    if other is None:
        return _read(probe, shares, where, labeled=labeled)
    if other.where.problem:
        return Measured(withheld=frozenset(EFFECTS), unreadable=other.where.problem)
    seen = _soft(probe, shares, other.where) or _read(probe, shares, other.where, labeled=False)
    if other.distance is None:
        return replace(seen, astray=True)
    apart = {"misregistration": other.distance}
    return Measured({**seen.values, **apart}, seen.withheld - apart.keys(), astray=True)


def _soft(probe: Probe, shares: Array, where: Correspondence) -> Measured | None:
    """Return where the picture went and how blurred it is, when it is so blurred that nothing else can be told."""
    if not where.seen.any():
        return None
    soft = strong_blur(channels.mean(where.warp(probe.picture)), channels.mean(shares), where.seen)
    if soft is None:
        return None
    values = {**where.values, "motion_blur": soft.streak, "sharpening": 0.0}
    if not soft.streak or soft.sigma >= _FINE:  # what blurs across a long streak is too fine to be told
        values["blur"] = soft.sigma
    return Measured(values, frozenset(EFFECTS) - (values.keys() - where.withheld))


def _unfit(probe: Probe, image: NDArray[np.generic]) -> str | None:
    if image.ndim not in (2, 3) or image.dtype.kind not in "iufb":
        return f"the output is no picture: shape {image.shape}, type {image.dtype}"
    if min(image.shape[:2]) < 16:
        return f"the output is too small to read: shape {image.shape}"
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        return "the output holds values that are not numbers"
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels not in {1, probe.picture.shape[2]}:
        return f"the output has {channels} channels, the input {probe.picture.shape[2]}"
    return None


def _read(probe: Probe, shares: Array, where: Correspondence, *, labeled: bool) -> Measured:
    values, withheld = dict(where.values), set(where.withheld)
    if shares.shape[2] < probe.picture.shape[2]:
        shares = np.repeat(shares, probe.picture.shape[2], axis=2)
    if not where.seen.any():
        return Measured(values, frozenset(EFFECTS) - values.keys())
    scene = Scene(probe, shares, where, labeled=labeled)
    moved = scene.sharp.misregistration if scene.sharp is not None else 0.0
    beyond = scene.beyond_map if labeled else None
    if beyond is not None:
        # The label's own map is a little (or, after a one-sided blur, a lot) off the picture's.
        move, doubt = beyond
        rounding = 0.0 if where.still else 0.3 + 0.72 * max(1.0, values.get("scale", 1.0))
        if moved <= rounding and "rotation" in values:
            # Labels are looked up, not interpolated: half a pixel of the input is their own coarseness.
            moved = 0.0
            if doubt < 0.25 and not EFFECTS["local_warp"].is_present(values["local_warp"]):
                values |= geometry_of(move @ where.forward, probe, shares.shape)
        scene = Scene(probe, shares, where.moved_by(_displacement(move, shares.shape)), labeled=labeled)
    values |= _cover(scene)
    if scene.lost.any():
        values["outside"] = values.get("outside", 0.0) + float(scene.lost.mean())
    withheld |= _read_levels(scene, values)
    if scene.sharp is None:
        withheld |= _SHARP
    else:
        values |= {"blur": scene.sharp.blur, "motion_blur": scene.sharp.motion_blur}
        values["sharpening"] = scene.sharp.sharpening
    if labeled:
        values["misregistration"] = moved
    else:
        withheld.add("misregistration")
    settled = {name: x for name, x in _settled(values, scene.reading).items() if name not in withheld}
    return Measured({name: float(value) for name, value in settled.items()}, frozenset(withheld))


def _displacement(move: NDArray[np.float64], shape: tuple[int, ...]) -> Array:
    """Return how far an affine map moves each pixel, (h, w, 2)."""
    x, y = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    linear, offset = move[:2, :2] - np.eye(2), move[:2, 2]
    return np.asarray(x[..., None] * linear[:, 0] + y[..., None] * linear[:, 1] + offset, np.float32)


def _cover(scene: Scene) -> dict[str, float]:
    plain = channels.mean(scene.toned)
    return {
        "occlusion": float(scene.holes.mean()),
        "foreign_content": float(scene.other.mean()),
        "pixelation": scene.run,
        "loss_of_levels": loss_of_levels(scene.gray, plain, scene.usable),
        "compression": compression(scene.gray, plain, scene.usable) if scene.run < 1.5 else 0.0,
    }


def _read_levels(scene: Scene, values: dict[str, float]) -> frozenset[str]:
    """Add tone, light, color and noise to `values`; return what cannot be judged."""
    withheld: frozenset[str] = frozenset()
    if scene.judged:
        read = tone_effects(scene.curves.mean(axis=0))
        values |= {name: float(column[0]) for name, column in read.items()}
        lit = scene.light[scene.usable & (channels.spread(scene.expected) < 0.04)]
        values["local_gain"] = float(np.quantile(np.abs(lit), 0.98)) if lit.size else 0.0
        if scene.reading is not None and scene.probe.picture.shape[2] == 3:
            values |= color_effects(scene.reading, scene.curves)
    else:
        withheld |= _TONE | _COLOR
    if scene.reading is None or scene.reading.hidden > 0.5:
        return withheld | _NOISE
    values |= {"noise": scene.reading.noise, "impulse_noise": scene.reading.impulses}
    return withheld


def _settled(values: dict[str, float], reading: DiscReading | None) -> dict[str, float]:
    """Return the values with those that noise alone can cause put back to neutral."""
    if reading is None or reading.noise < 0.004 or not len(reading.colors):
        return values
    doubt = reading.noise / np.sqrt(max(1.0, reading.pixels / len(np.unique(reading.colors, axis=0))))
    settled = dict(values)
    for name, weight in _DOUBT.items():
        row = EFFECTS[name]
        if name in settled and abs(settled[name] - row.neutral) <= row.absent + weight * doubt:
            settled[name] = row.neutral
    return settled
