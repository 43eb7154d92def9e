"""Which profiles fit a data set: by modality, body part, channels, layout, and the words in its names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from domainaug.profile import list_profiles, load_profile
from domainaug.profile.model import Profile

__all__ = ["Facts", "Fit", "fitting"]

_MOST: Final = 5
_CT_BELOW: Final = -500.0  # values that reach further down are HU: air is -1000
_DARK: Final = 0.2  # mean of a road scene at night, as a share of the range
_STREETS: Final = ("kitti", "cityscapes")
_PARTS: Final = ("mvtec-ad", "visa")

_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "driving/front-camera": "car truck bus pedestrian cyclist rider vehicle road street drive carla kitti",
        "driving/lanes": "lane culane tusimple",
        "driving/traffic-signs": "sign gtsrb",
        "medical/chest-xray": "chest xray cxr pneumonia covid thorax radiograph",
        "medical/fundus": "fundus retina retinopathy macula",
        "medical/dermoscopy": "dermoscopy melanoma nevus mole lesion isic",
        "medical/histopathology": "histology histopathology slide tumor stain",
        "medical/mammography": "mammography mammogram breast",
        "medical/ultrasound": "ultrasound sonography",
        "manufacturing/metal-surface": "metal steel scratch blowhole crack fray uneven magnetic surface",
        "manufacturing/strip-steel": "steel strip rolled crazing inclusion",
        "manufacturing/pcb": "board circuit solder",
        "manufacturing/fabric": "carpet grid fabric textile mesh cloth",
        "manufacturing/glass": "vial glass transparent",
        "manufacturing/casting-xray": "casting gdxray porosity",
        "manufacturing/weld-xray": "weld seam",
        "manufacturing/aligned-assembly": "transistor assembly capsule candle",
    }
)
"""Words of well-known data sets and classes of a field, beside those of the profile's own id and title."""

_COMMON: Final = frozenset(
    ("and", "one", "the", "its", "with", "other", "another", "before", "seen", "along", "part", "class", "picture",
     "image", "any", "way")
)  # fmt: skip
"""Words that tell nothing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a data set that says which field it is of.

    Attributes:
        layout: Name of its layout.
        modalities: DICOM's word for how images were taken, and how many were; those told only.
        body_parts: Likewise, of what.
        channels: Samples a pixel, and how many images have as many.
        volumes: How many items are volumes.
        in_hu: How many items have values in HU.
        lowest: The median of the lowest values.
        mean: The median of the means, as a share of the range.
        names: Names of folders, files and classes.
        items: How many items there are.
    """

    layout: str
    modalities: Mapping[str, int]
    body_parts: Mapping[str, int]
    channels: Mapping[int, int]
    volumes: int
    in_hu: int
    lowest: float
    mean: float
    names: frozenset[str]
    items: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile that may fit.

    Attributes:
        profile: Its id.
        title: Its title.
        score: How well it fits; only the order means something.
        reasons: What speaks for it, a sentence each.
        against: What speaks against it.
    """

    profile: str
    title: str
    score: float
    reasons: tuple[str, ...]
    against: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "profile": self.profile,
            "title": self.title,
            "reasons": list(self.reasons),
            "against": list(self.against),
        }


def fitting(facts: Facts, profiles: Iterable[str] | None = None) -> tuple[Fit, ...]:
    """Return the profiles for whose field something speaks, the best first; none where nothing does.

    Args:
        facts: What is known of the data set.
        profiles: Ids of those to choose from; those of the catalogue by default.
    """
    words = frozenset(_words(" ".join(facts.names)))
    found: list[Fit] = []
    for name in list_profiles() if profiles is None else profiles:
        profile = load_profile(name)
        fit = _by_headers(facts, profile) if _is_medical(facts) else _by_names(facts, profile, words)
        if fit is not None:
            found.append(fit)
    return tuple(sorted(found, key=lambda fit: (-fit.score, fit.profile)))[:_MOST]


def _is_medical(facts: Facts) -> bool:
    return facts.layout in ("dicom-study", "nifti") or bool(facts.modalities)


def _by_headers(facts: Facts, profile: Profile) -> Fit | None:
    told = profile.applies_to.get("dicom", {})
    wanted = told.get("Modality", [])
    if not wanted:
        return None
    if facts.modalities:
        count = sum(facts.modalities.get(one, 0) for one in wanted)
        if not count:
            return None
        score, reasons = count / facts.items, [f"{count} of {facts.items} are {' or '.join(wanted)}"]
    elif facts.volumes and profile.frame.volume:
        in_hu = facts.lowest < _CT_BELOW
        if in_hu != (profile.value_range.unit == "HU") or (not in_hu and wanted != ["MR"]):
            return None
        why = f"values reach below {_CT_BELOW:.0f}, as HU do" if in_hu else "volumes whose values are no HU"
        score, reasons = 0.5, [f"nothing tells the modality; {why}"]
    else:
        return None
    return _with_part(facts, profile, told.get("BodyPartExamined", []), score, reasons)


def _with_part(facts: Facts, profile: Profile, parts: list[str], score: float, reasons: list[str]) -> Fit | None:
    """Return a fit by modality with what the body part says; a profile for another body part does not fit."""
    against = []
    raw = facts.modalities.get("CT", 0) - facts.in_hu
    if profile.value_range.unit == "HU" and raw > 0:
        against = [f"it is in HU, and the values of {raw} are not"]
    if not parts:
        return Fit(profile.id, profile.title, score, tuple(reasons), tuple(against))
    count = sum(facts.body_parts.get(part, 0) for part in parts)
    if count:
        reasons = [*reasons, f"{count} show {_some(parts)}"]
        return Fit(profile.id, profile.title, score + count / facts.items, tuple(reasons), tuple(against))
    if facts.body_parts:
        return None
    against.append(f"it is for {_some(parts)}, and no body part is told")
    return Fit(profile.id, profile.title, score - 0.2, tuple(reasons), tuple(against))


def _by_names(facts: Facts, profile: Profile, words: frozenset[str]) -> Fit | None:
    known = _words(f"{profile.id.partition('/')[2]} {profile.title} {_HINTS.get(profile.id, '')}")
    shared = sorted(known & words)
    score, reasons = float(len(shared)), [f"names say {', '.join(shared)}"] if shared else []
    if facts.layout in _STREETS and profile.frame.scene and profile.id in ("driving/front-camera", "driving/night"):
        dark = facts.mean < _DARK
        if dark == profile.id.endswith("night"):
            score += 3
            reasons.append(f"{facts.layout} is of road scenes" + (", and these are dark" if dark else ""))
    if facts.layout in _PARTS and profile.frame.part and shared:
        score += 1
        reasons.append(f"{facts.layout} is of parts")
    if profile.id == "general/photo" and facts.channels.get(3, 0) > facts.items / 2:
        score += 0.5
        reasons.append("color photographs of nothing in particular")
    if not reasons:
        return None
    against = _against(facts, profile)
    return Fit(profile.id, profile.title, score - 1.5 * len(against), tuple(reasons), tuple(against))


def _against(facts: Facts, profile: Profile) -> list[str]:
    told: Any = profile.applies_to.get("channels")
    wanted = told if isinstance(told, list) else [told]
    fitting_it = sum(facts.channels.get(count, 0) for count in wanted if count is not None)
    if told is None or fitting_it * 2 >= facts.items:
        return []
    have = max(facts.channels, key=lambda count: facts.channels[count], default=0)
    return [f"it is for {' or '.join(map(str, wanted))} channels, and most of these have {have}"]


def _words(text: str) -> frozenset[str]:
    found = (re.sub(r"(?<!s)s$", "", word) for word in re.findall(r"[a-z]{3,}", text.casefold()))
    return frozenset(word for word in found if word not in _COMMON)


def _some(names: list[str]) -> str:
    return ", ".join(name.lower() for name in names[:3]) + (" ..." if len(names) > 3 else "")
