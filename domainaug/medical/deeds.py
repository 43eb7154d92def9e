"""What was done to a copy, in the words that DICOM has for it."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domainaug.effects import EFFECTS, Interval

__all__ = ["Code", "codes_for", "derived_uid", "describe_effects", "effects_in", "is_mirrored"]


@dataclass(frozen=True, slots=True)
class Code:
    """A coded entry: value, scheme and meaning."""

    value: str
    scheme: str
    meaning: str


OURS = "99DOMAINAUG"

RESAMPLING = Code("113085", "DCM", "Spatial resampling")
_BLUR = Code("113088", "DCM", "Gaussian blur")
_SMOOTHING = Code("113087", "DCM", "Smoothing")
_SHARPENING = Code("113086", "DCM", "Edge enhancement")
_ADDITION = Code("113042", "DCM", "Pixel by pixel addition")
_MULTIPLICATION = Code("113053", "DCM", "Pixel by pixel multiplication")
_LOSSY = Code("113040", "DCM", "Lossy Compression")
_TONE = Code("TONE", OURS, "Tone curve applied")
_HIDDEN = Code("REGION", OURS, "Region hidden or replaced")
_DETAIL = Code("DETAIL", OURS, "Detail or bit depth reduced")

CODES: Mapping[str, Code] = {
    "mirror_horizontal": RESAMPLING,
    "mirror_vertical": RESAMPLING,
    "rotation": RESAMPLING,
    "scale": RESAMPLING,
    "aspect": RESAMPLING,
    "shear": RESAMPLING,
    "shift": RESAMPLING,
    "perspective": RESAMPLING,
    "local_warp": RESAMPLING,
    "permutation": RESAMPLING,
    "mirror_left_right": RESAMPLING,
    "mirror_anterior_posterior": RESAMPLING,
    "mirror_superior_inferior": RESAMPLING,
    "tilt": RESAMPLING,
    "blur": _BLUR,
    "motion_blur": _SMOOTHING,
    "sharpening": _SHARPENING,
    "brightness": _ADDITION,
    "noise": _ADDITION,
    "contrast": _MULTIPLICATION,
    "local_gain": _MULTIPLICATION,
    "gamma": _TONE,
    "tone": _TONE,
    "inversion": _TONE,
    "compression": _LOSSY,
    "loss_of_levels": _DETAIL,
    "pixelation": _DETAIL,
    "impulse_noise": _HIDDEN,
    "occlusion": _HIDDEN,
    "foreign_content": _HIDDEN,
    "morphology": _HIDDEN,
    "superpixels": _HIDDEN,
    "weather": _HIDDEN,
}
"""Effects and the code of what causes them (PS3.16 CID 7203, or ours where that has none)."""

_NAMESPACE = uuid.UUID("6f1f1f0e-5f0b-5d0c-9a52-2f6b7c2f6d11")


def derived_uid(*parts: object) -> str:
    """Return the UID that stands for `parts`: always the same one for the same parts (PS3.5 B.2, root 2.25)."""
    name = "\x1f".join(str(part) for part in parts)
    digest = hashlib.sha256(_NAMESPACE.bytes + name.encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}"


def effects_in(record: Mapping[str, Any]) -> dict[str, Interval]:
    """Return the effects that a pipeline's record says really happened, in the order of the vocabulary.

    `record["effects"]` holds a number, or a low and a high one, by effect name; None is an end without a bound.
    """
    found: dict[str, Interval] = {}
    for name, value in dict(record.get("effects") or {}).items():
        if name not in EFFECTS:
            continue
        interval = value if isinstance(value, Interval) else _interval(value)
        if EFFECTS[name].is_present(interval.low) or EFFECTS[name].is_present(interval.high):
            found[name] = interval
    return {name: found[name] for name in EFFECTS if name in found}


def _interval(value: Any) -> Interval:
    if isinstance(value, int | float):
        return Interval(float(value), float(value))
    low, high = value
    return Interval(-math.inf if low is None else float(low), math.inf if high is None else float(high))


def is_mirrored(effects: Mapping[str, Interval]) -> bool:
    """Return whether a left hand became a right one; two mirrors in the plane are a half turn."""

    def happened(name: str) -> bool:
        return name in effects and effects[name].high > 0.5

    in_plane = happened("mirror_horizontal") != happened("mirror_vertical")
    anatomical = [name for name in effects if name.startswith("mirror_") and name.count("_") == 2]
    return in_plane or len(anatomical) % 2 == 1


def codes_for(effects: Mapping[str, Interval], *, moved: bool) -> tuple[Code, ...]:
    """Return the derivation codes of what happened, each once."""
    codes = [RESAMPLING] if moved else []
    codes += [CODES[name] for name in effects if name in CODES]
    return tuple(dict.fromkeys(codes))


def describe_effects(effects: Mapping[str, Interval]) -> str:
    """Return the effects in words: "rotation 3.2 deg, noise 0.01 share"."""
    words = []
    for name, interval in effects.items():
        unit = EFFECTS[name].unit
        if unit == "flag":
            words.append(name)
        elif interval.high - interval.low < 1e-9:
            words.append(f"{name} {interval.low:.4g} {unit}")
        else:
            words.append(f"{name} {interval.low:.4g} to {interval.high:.4g} {unit}")
    return ", ".join(words) or "nothing changed"
