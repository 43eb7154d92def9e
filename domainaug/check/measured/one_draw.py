"""From one draw to effects: the picture and the labels that came back, read as numbers with the vocabulary's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domainaug.check.measured.chart import Array, Output, Probe
from domainaug.check.measured.color import color_effects
from domainaug.check.measured.correspondence import Correspondence, from_masks
from domainaug.check.measured.hidden import compression, flat_patches, foreign, loss_of_levels, pixelation
from domainaug.check.measured.matching import from_pictures
from domainaug.check.measured.sharpness import sharpness
from domainaug.check.measured.tone import (
    DiscReading,
    apply_curve,
    curves_from_discs,
    curves_from_texture,
    local_field,
    read_discs,
)
from domainaug.effects import EFFECTS
from domainaug.functionals import tone_effects

__all__ = ["Measured", "measure_draw"]

Mask = NDArray[np.bool_]

_TONE = frozenset({"brightness", "contrast", "gamma", "tone", "inversion", "loss_of_levels", "local_gain"})
_COLOR = frozenset(
    {"color_cast", "hue", "saturation", "channel_mixing", "channel_order", "channel_lost", "loss_of_color"}
)
_SHARP = frozenset({"blur", "motion_blur", "sharpening", "misregistration"})
_NOISE = frozenset({"noise", "impulse_noise"})


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What one draw did.

    Attributes:
        values: Effect name to value; an effect that is neither here nor withheld is neutral.
        withheld: Effects that this draw could not be judged on.
        unreadable: Why nothing could be read, or None.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    unreadable: str | None = None

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
    if output.masks is not None:
        where = from_masks(probe, output.masks)
    else:
        where = from_pictures(probe, shares)
    if where.problem:
        return Measured(withheld=frozenset(EFFECTS), unreadable=where.problem)
    return _read(probe, shares, where, labeled=output.masks is not None)


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
    if float(np.ptp(np.quantile(shares[where.seen], [0.02, 0.98]))) < 0.004:
        return Measured(values, frozenset(EFFECTS) - values.keys(), "the picture is destroyed: one value is left")
    expected = where.warp(probe.picture)
    gray, plain = shares.mean(axis=2), np.ascontiguousarray(expected.mean(axis=2))
    run = pixelation(gray, plain, where.seen)
    holes = flat_patches(shares, plain, where.seen, run=run)
    usable = where.seen & ~holes
    curves, reading, judged = _tone(probe, shares, expected, where, holes)
    toned = apply_curve(expected, curves)
    field_ = local_field(shares, toned, usable)
    if judged and reading is not None and float(np.quantile(np.abs(field_[usable]), 0.98)) > 0.012:
        for _ in range(2):
            better = curves_from_discs(reading, field_)
            if better is None:
                break
            curves, toned = better, apply_curve(expected, better)
            field_ = local_field(shares, toned, usable)
    gray_toned = np.ascontiguousarray(toned.mean(axis=2))
    lit = gray_toned + field_
    sharp = sharpness(gray, lit, usable)
    if sharp is not None and sharp["blur"] > 1.5:
        holes = flat_patches(shares, plain, where.seen, run=run, blur=sharp["blur"])
        usable = where.seen & ~holes
    other = foreign(gray, gray_toned, usable)
    values |= _hidden(where, holes, other, run, gray, lit, gray_toned, usable & ~other)
    if judged:
        values |= {name: float(column[0]) for name, column in tone_effects(curves.mean(axis=0)).items()}
        core = field_[usable & (np.abs(plain - 0.5) < 0.45)]
        values["local_gain"] = float(np.quantile(np.abs(core), 0.98)) if core.size else 0.0
        if reading is not None and probe.picture.shape[2] == 3:
            values |= color_effects(reading, curves)
    else:
        withheld |= _TONE | _COLOR
    if reading is not None and not reading.hidden > 0.5:
        values |= {"noise": reading.noise, "impulse_noise": reading.impulses}
    else:
        withheld |= _NOISE
    if sharp is None:
        withheld |= _SHARP
    else:
        values |= sharp
    if not labeled:
        values.pop("misregistration", None)
        withheld.add("misregistration")
    return Measured(_settled(values, reading), frozenset(withheld))


def _tone(
    probe: Probe, shares: Array, expected: Array, where: Correspondence, holes: Mask
) -> tuple[NDArray[np.float64], DiscReading | None, bool]:
    """Return the curves, the discs they came from, and whether they are fit to be reported."""
    usable = where.seen & ~holes
    if probe.discs is None:
        return curves_from_texture(shares, expected, usable), None, bool(usable.mean() > 0.3)
    reading = read_discs(shares, where, probe.discs, holes)
    curves = None if reading.hidden > 0.5 else curves_from_discs(reading, None)
    if curves is None:
        return curves_from_texture(shares, expected, usable), reading, False
    return curves, reading, True


def _hidden(
    where: Correspondence,
    holes: Mask,
    other: Mask,
    run: float,
    gray: Array,
    lit: Array,
    toned: Array,
    usable: Mask,
) -> dict[str, float]:
    found = {
        "occlusion": float(holes.mean()),
        "foreign_content": float(other.mean()),
        "pixelation": run,
        "loss_of_levels": loss_of_levels(gray, toned, usable),
    }
    if "permutation" not in where.values or not where.values["permutation"]:
        found["compression"] = compression(gray, lit, usable) if run < 1.5 else 0.0
    return found


def _settled(values: dict[str, float], reading: DiscReading | None) -> dict[str, float]:
    """Return the values with those that noise alone can cause put back to neutral."""
    if reading is None or reading.noise < 0.01:
        return values
    doubt = 3 * reading.noise / np.sqrt(max(1.0, reading.pixels / 9))
    settled = dict(values)
    for name in ("brightness", "tone", "color_cast", "local_gain", "inversion"):
        row = EFFECTS[name]
        if name in settled and abs(settled[name] - row.neutral) <= row.absent + doubt:
            settled[name] = row.neutral
    return settled
