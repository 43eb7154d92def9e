"""What was done to a copy, in the words that DICOM has for it."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from domainaug.effects import EFFECTS, Interval

if TYPE_CHECKING:
    from domainaug.medical.placed import Placed

__all__ = ["Code", "Deed", "codes_for", "derived_uid", "describe_effects", "effects_in", "faint_in", "is_mirrored"]


@dataclass(frozen=True, slots=True)
class Code:
    """A coded entry: value, scheme and meaning."""

    value: str
    scheme: str
    meaning: str


OURS = "99DOMAINAUG"
UNCHANGED = "no pixel differs from the source"

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
CHANGED = Code("CHANGED", OURS, "Pixel values changed")
KEPT = Code("KEPT", OURS, "Pixel values kept")
MIRRORED = Code("MIRROR", OURS, "Patient mirrored, sides exchanged")
TURNED = Code("REORIENT", OURS, "Rows and columns reoriented with the geometry")
CUT = Code("GRID", OURS, "Rows, columns or slices cut off or added")

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
    "ghosting": _ADDITION,
    "streaks": _ADDITION,
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
    "drawn_defect": _HIDDEN,
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
    return {name: interval for name, interval in _read(record.get("effects")).items() if _counts(name, interval)}


def faint_in(record: Mapping[str, Any]) -> dict[str, Interval]:
    """Return the effects that happened and lie below what counts, in the order of the vocabulary.

    They are in `record["faint"]`, written as those of `effects_in` are.
    """
    everything = {**_read(record.get("effects")), **_read(record.get("faint"))}
    return {
        name: everything[name]
        for name, row in EFFECTS.items()
        if name in everything and everything[name] != row.still and not _counts(name, everything[name])
    }


def _read(told: Any) -> dict[str, Interval]:
    known = {name: value for name, value in dict(told or {}).items() if name in EFFECTS}
    intervals = {name: value if isinstance(value, Interval) else _interval(value) for name, value in known.items()}
    return {name: intervals[name] for name in EFFECTS if name in intervals}


def _counts(name: str, interval: Interval) -> bool:
    return EFFECTS[name].is_present(interval.low) or EFFECTS[name].is_present(interval.high)


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


def codes_for(
    effects: Mapping[str, Interval],
    *,
    moved: bool,
    faint: Mapping[str, Interval] = MappingProxyType({}),
    changed: bool = False,
) -> tuple[Code, ...]:
    """Return the derivation codes of what happened, each once.

    Args:
        effects: What happened and counts.
        moved: Whether content moved.
        faint: What happened besides, below what counts. What may not have happened at all (its interval holds
            neutral) gives a code only where nothing else does.
        changed: Whether any pixel differs; then there is at least one code.
    """
    codes = [RESAMPLING] if moved else []
    codes += [CODES[name] for name in effects if name in CODES]
    if changed:
        surely = [name for name, interval in faint.items() if EFFECTS[name].neutral not in interval]
        codes += [CODES[name] for name in surely if name in CODES]
        codes = codes or [CODES[name] for name in faint if name in CODES] or [CHANGED]
    return tuple(dict.fromkeys(codes))


def describe_effects(
    effects: Mapping[str, Interval],
    *,
    faint: Mapping[str, Interval] = MappingProxyType({}),
    changed: bool = False,
    undeclared: bool = False,
) -> str:
    """Return what happened in words: "rotation 3.2 deg; below what counts: noise 0.2 %".

    Args:
        effects: What happened and counts.
        faint: What happened besides, below what counts.
        changed: Whether any pixel differs from the source.
        undeclared: Whether a transform had a part in it of which nobody knows what it does.
    """
    parts = [_in_words(effects)] if effects else []
    if not changed:
        return "; ".join([*parts, UNCHANGED])
    if faint:
        parts.append(f"below what counts: {_in_words(faint)}")
    if undeclared:
        parts.append(
            "besides, what a transform did that nobody has declared" if parts else "of an undeclared transform"
        )
    return "; ".join(parts) or "pixels changed"


def _in_words(effects: Mapping[str, Interval]) -> str:
    return ", ".join(_amount(name, interval) for name, interval in effects.items())


def _amount(name: str, interval: Interval) -> str:
    unit = EFFECTS[name].unit
    if unit == "flag":
        return name
    factor, unit = (100, "%") if unit == "share" else (1, unit)
    digits = 5 if EFFECTS[name].neutral == 1 else 4  # 1.0003 is not 1
    low, high = f"{interval.low * factor:.{digits}g}", f"{interval.high * factor:.{digits}g}"
    return f"{name} {low} {unit}" if low == high else f"{name} {low} to {high} {unit}"


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to one image of a copy.

    Attributes:
        instance_uid: SOP Instance UID of the result.
        series_uid: Series Instance UID of the result; one per source series, profile, seed and copy.
        frame_of_reference_uid: Where the result lies; used when content moved.
        number: Instance Number, from 1.
        copy: Which copy, from 0.
        profile: Profile id, version and short digest, as text.
        seed: Seed of the run.
        version: Version of domainaug.
        moved: Whether content moved relative to the patient.
        effects: What really happened and counts.
        faint: What happened besides, below what counts.
        changed: Whether any pixel of this image differs from its source.
        undeclared: Whether something happened besides, of which nobody knows what it is.
        saturated: How many pixels of the series did not fit their bits, or were clamped at an end of the range.
        steps: Names of the transforms that were applied.
        mirrored: Whether the patient was mirrored, by AnatomicalMirror and by nothing else.
        placed: Where the image lies, if not on the pixels of its source.
        beside: SOP Class and Instance UID of other images that it shows a share of.
        allowed: Codes of findings that the user accepts.
        slope: The rescale slope, if it is not that of the source.
        study_uid: Study Instance UID of the result, if it is not to be in the study of its source.
        private: Private creators whose elements the user wants kept.
    """

    instance_uid: str
    series_uid: str
    frame_of_reference_uid: str
    number: int
    copy: int
    profile: str
    seed: int
    version: str
    moved: bool
    effects: Mapping[str, Interval] = field(default_factory=dict)
    faint: Mapping[str, Interval] = field(default_factory=dict)
    changed: bool = True
    undeclared: bool = False
    saturated: int = 0
    steps: tuple[str, ...] = ()
    mirrored: bool = False
    placed: Placed | None = None
    beside: tuple[tuple[str, str], ...] = ()
    allowed: frozenset[str] = frozenset()
    slope: float | None = None
    study_uid: str | None = None
    private: frozenset[str] = frozenset()

    @property
    def relaid(self) -> bool:
        """Whether a pixel shows another place than the pixel of its source with the same row and column."""
        return self.moved or self.placed is not None

    @property
    def codes(self) -> tuple[Code, ...]:
        """The derivation codes of it."""
        resampled = self.moved or (self.placed is not None and self.placed.interpolated)
        changed = self.changed and self.placed is None  # the grid's own code says what changed
        codes = codes_for(self.effects, moved=resampled, faint=self.faint, changed=changed)
        if self.placed is not None and not resampled:  # what a crop shifts in the array lies where it lay
            codes = tuple(code for code in codes if code != RESAMPLING)
        codes = (*codes, MIRRORED) if self.mirrored else codes
        if self.placed is None:
            return codes
        codes = (*codes, TURNED) if self.placed.turned else codes
        return codes if self.placed.interpolated or self.placed.only_turned else (*codes, CUT)

    @property
    def words(self) -> str:
        """It in words."""
        told = describe_effects(self.effects, faint=self.faint, changed=self.changed, undeclared=self.undeclared)
        grid = "" if self.placed is None else f"Grid: {self.placed.why}. "  # first: what is too long is cut off
        return f"{grid}Effects: {told}"
