"""Why a copy is rejected: a short list for each field, and the effects that each reason blames.

A reason says what a person saw; `effects` ties it to what the ledger recorded, so that a copy rejected for its
brightness says nothing against its rotation. A reason without effects may be anybody's fault.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from domainaug.errors import UnknownName

__all__ = ["REASONS", "Reason", "blamed", "reason", "reasons_for"]

_TURNED = ("rotation", "shear", "tilt", "perspective", "aspect", "local_warp")
_PLACED = ("shift", "scale", "field_of_view", "outside", "duplicated", "permutation")
_MIRRORED = (
    "mirror_horizontal", "mirror_vertical", "mirror_left_right", "mirror_anterior_posterior",
    "mirror_superior_inferior",
)  # fmt: skip
_TONE = ("brightness", "contrast", "gamma", "tone", "inversion", "loss_of_levels", "local_gain")
_COLOR = (
    "color_cast", "hue", "saturation", "channel_mixing", "channel_order", "channel_lost", "loss_of_color",
    "chromatic_shift", "stain",
)  # fmt: skip
_SHARP = (
    "noise", "impulse_noise", "blur", "motion_blur", "sharpening", "pixelation", "compression", "morphology",
    "superpixels",
)  # fmt: skip
_ADDED = ("ghosting", "streaks", "occlusion", "foreign_content")
_WEATHER = ("weather", "visibility", "rain", "snowfall", "snow_cover", "sun_altitude")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody rejects a copy.

    Attributes:
        code: Stable, for files and machines.
        words: For people.
        effects: What the reason blames; nothing blames everything.
        domains: Fields it is offered in; nothing is everywhere.
    """

    code: str
    words: str
    effects: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


_ALL = (
    Reason("label", "The label does not fit"),
    Reason("implausible", "Could not come from this device or place"),
    Reason("anatomy", "Anatomy is changed", (*_TURNED, *_PLACED, *_MIRRORED), ("medical",)),
    Reason("finding-lost", "The finding is gone or hidden", (), ("medical",)),
    Reason("side", "Left and right are wrong", _MIRRORED, ("medical",)),
    Reason("defect-lost", "The defect is gone or hidden", (), ("manufacturing",)),
    Reason("defect-looks-drawn", "The defect looks drawn", ("drawn_defect",), ("manufacturing",)),
    Reason("looks-like-defect", "Something looks like a defect and is none", (), ("manufacturing",)),
    Reason("other-part", "It is another part now", (*_MIRRORED, *_TURNED), ("manufacturing",)),
    Reason("unseen", "What is labeled cannot be seen", (), ("driving",)),
    Reason("weather", "The weather does not look so", _WEATHER, ("driving",)),
    Reason("traffic", "Signs or the side of the road are wrong", _MIRRORED, ("driving",)),
    Reason("place", "Turned, bent or cut too far", (*_TURNED, *_PLACED)),
    Reason("light", "Too dark, too bright or too flat", _TONE),
    Reason("color", "Colors are wrong", _COLOR),
    Reason("sharpness", "Too blurred or too noisy", _SHARP),
    Reason("artifact", "A border, seam or pattern that should not be there", (*_ADDED, "outside", "duplicated")),
    Reason("other", "Something else"),
)

REASONS: Final[Mapping[str, Reason]] = MappingProxyType({one.code: one for one in _ALL})
"""Every reason by code, in the order they are offered."""


def reasons_for(domain: str) -> tuple[Reason, ...]:
    """Return the reasons that are offered in a field ("medical", the first word of a profile's id)."""
    return tuple(one for one in _ALL if not one.domains or domain in one.domains)


def reason(code: str) -> Reason:
    """Return the reason called `code`.

    Raises:
        UnknownName: There is none; the message names the nearest.
    """
    if code not in REASONS:
        raise UnknownName("reason", code, REASONS)
    return REASONS[code]


def blamed(codes: Collection[str]) -> frozenset[str] | None:
    """Return the effects that reasons blame together; None where one of them, or none at all, blames everything."""
    found: set[str] = set()
    for code in codes:
        if not REASONS[code].effects:
            return None
        found.update(REASONS[code].effects)
    return frozenset(found) or None
