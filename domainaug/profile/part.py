"""The part that is inspected: its size, what maps it onto itself, how it is lit and how the camera answers.

What may be done to its pictures follows from this (`part_rules.py`), and so does how defects are drawn on it
(`domainaug.manufacturing`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

__all__ = [
    "SYMMETRIES",
    "SYMMETRY",
    "Curve",
    "Foreground",
    "Lighting",
    "LightingKind",
    "Part",
    "Response",
    "every_degrees",
    "fold",
]

SYMMETRY = "symmetry"
"""The option of profiles that says what maps a part onto itself."""

_MOST_FOLD = 12  # sides of a part; with more, turns of a few degrees reach every angle

SYMMETRIES: tuple[str, ...] = (
    "none",
    *(f"C{n}" for n in range(2, _MOST_FOLD + 1)),
    *(f"D{n}" for n in range(1, _MOST_FOLD + 1)),
    "round",
    "texture",
)
"""What maps a part onto itself: `Cn` n turns, `Dn` the same with mirrors, `round` every turn, `texture` anything."""

LightingKind = Literal["bright-field", "dark-field", "back-light", "dome", "x-ray", "structured"]
Curve = Literal["srgb", "gamma", "linear", "log"]


def fold(symmetry: str) -> int:
    """Return how many turns map a part onto itself: 6 of "C6" and "D6", 1 of "none".

    For "round" and "texture", which every turn maps onto itself, that is 0.
    """
    if symmetry in ("round", "texture"):
        return 0
    return int(symmetry[1:]) if symmetry[:1] in ("C", "D") and symmetry[1:].isdigit() else 1


def _refuse_strange(name: str, word: str, legal: tuple[str, ...]) -> None:
    if word not in legal:
        raise ValueError(f"{name}: one of {', '.join(legal)} is needed, got {word!r}")


def every_degrees(symmetry: str) -> float | None:
    """Return the angle between turns that map a part onto itself; None where there is none but the whole one."""
    turns = fold(symmetry)
    return 360.0 / turns if turns > 1 else 1.0 if turns == 0 else None


@dataclass(frozen=True, slots=True)
class Lighting:
    """How a part is lit.

    Attributes:
        kind: Bright field: what is level is bright. Dark field: what is level is dark. Back light: a silhouette.
            Dome: from everywhere. X-ray: through the part. Structured: stripes.
        azimuth_deg: Where the light comes from, counter-clockwise from the picture's right; None where nobody said.
        elevation_deg: Of the light over the surface; None likewise.

    Raises:
        ValueError: There is no such kind.
    """

    kind: LightingKind = "bright-field"
    azimuth_deg: float | None = None
    elevation_deg: float | None = None

    def __post_init__(self) -> None:
        _refuse_strange("lighting", self.kind, get_args(LightingKind))

    @property
    def directional(self) -> bool:
        """Whether light comes from one side, so that shading tells dents from bumps."""
        return self.azimuth_deg is not None and self.kind in ("bright-field", "dark-field", "structured")


@dataclass(frozen=True, slots=True)
class Response:
    """How values follow light.

    Attributes:
        curve: "srgb", "gamma" (values are light to the power of 1 / gamma), "linear", or "log" (radiographs).
        gamma: The exponent of "gamma".
        decades: Powers of ten of light that the value range spans, of "log".
        inverted: Whether more light is darker, as on film.

    Raises:
        ValueError: There is no such curve.
    """

    curve: Curve = "srgb"
    gamma: float = 2.2
    decades: float = 2.0
    inverted: bool = False

    def __post_init__(self) -> None:
        _refuse_strange("response", self.curve, get_args(Curve))


@dataclass(frozen=True, slots=True)
class Foreground:
    """What belongs to the part.

    Attributes:
        by: "none" (the part fills the picture), "otsu", "threshold", or "masks".
        threshold: A share of the value range, of "threshold".
        brighter: Whether the part is brighter than what lies around.
        folder: Masks with the names of the pictures, of "masks".
    """

    by: Literal["none", "otsu", "threshold", "masks"] = "none"
    threshold: float | None = None
    brighter: bool = True
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The part that is inspected.

    Angles are counter-clockwise from the picture's right, in degrees.

    Attributes:
        pixel_pitch_mm: Millimeters on the part from one pixel to the next; None where nobody said.
        symmetry: What maps a good part onto a good part; one of `SYMMETRIES`.
        axis_deg: The direction of one mirror line of a D part.
        handed: Whether a mirrored part is another part: threads, lettering, polarity.
        grain_deg: The direction of the grain of a brushed or rolled surface, or None.
        period_mm: Millimeters along rows and along columns after which a pattern repeats, or None.
        lighting: How it is lit.
        response: How values follow light.
        foreground: What belongs to the part.
        transform_is_a_defect: Effects that are a defect of this part, such as "shift" where components are misplaced.

    Raises:
        ValueError: The symmetry is none there is, or a size is not above 0.
    """

    pixel_pitch_mm: float | None = None
    symmetry: str = "none"
    axis_deg: float = 90.0
    handed: bool = False
    grain_deg: float | None = None
    period_mm: tuple[float, float] | None = None
    lighting: Lighting = field(default_factory=Lighting)
    response: Response = field(default_factory=Response)
    foreground: Foreground = field(default_factory=Foreground)
    transform_is_a_defect: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.symmetry not in SYMMETRIES:
            raise ValueError(f"symmetry: one of {', '.join(SYMMETRIES)} is needed, got {self.symmetry!r}")
        for name, value in (("pixel_pitch_mm", self.pixel_pitch_mm), ("period_mm", min(self.period_mm or (1.0,)))):
            if value is not None and not (0 < value < 1e6):
                raise ValueError(f"{name}: millimeters above 0 and below 1e6 are needed, got {value!r}")

    def mirrors_onto_itself(self, line_deg: float) -> bool:
        """Return whether a mirror along the line of this direction maps the part onto itself."""
        if self.handed:
            return False
        if self.symmetry == "texture":
            return self.grain_deg is None or _multiple(line_deg - self.grain_deg, 90.0)
        if not self.symmetry.startswith("D"):
            return False
        return _multiple(line_deg - self.axis_deg, 180.0 / fold(self.symmetry))

    def seen(self) -> dict[str, Any]:
        """Return what a transform that draws on pictures of the part is told: plain words and numbers, as in a recipe.

        What is as it is by default is left out, and so are masks of the foreground, which are files.
        """
        told: dict[str, Any] = {}
        for name in ("lighting", "response", "foreground"):
            value, usual = getattr(self, name), getattr(Part(), name)
            said = {key: getattr(value, key) for key in value.__slots__ if getattr(value, key) != getattr(usual, key)}
            if said and said.get("by") != "masks":
                told[name] = said
        if self.pixel_pitch_mm is not None:
            told["spacing"] = self.pixel_pitch_mm
        return told

    @property
    def turn_deg(self) -> float | None:
        """The angle between turns that map the part onto itself, its grain included; None where there is none."""
        turns = fold(self.symmetry)
        if self.grain_deg is None:
            return every_degrees(self.symmetry)
        if turns == 0:
            return 180.0
        together = math.gcd(turns, 2)  # a grain is mapped onto itself by half turns alone
        return 360.0 / together if together > 1 else None


def _multiple(angle: float, of: float) -> bool:
    return abs((angle + of / 2) % of - of / 2) < 0.5
