"""A small profile that speaks on every effect, so that tests do not lean on the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domainaug.effects import EFFECTS
from domainaug.generators import Frame
from domainaug.profile.model import Evidence, Limit, Profile

LIMITS: dict[str, dict[str, Any]] = {
    "mirror_horizontal": {"code": "TST101", "allow": "never", "unless": {"laterality_free": (True,)}},
    "mirror_vertical": {"code": "TST101", "allow": "never"},
    "rotation": {"code": "TST102", "low": -10, "high": 10, "unit": "deg"},
    "scale": {"code": "TST103", "low": 0.85, "high": 1.15, "unit": "x"},
    "aspect": {"code": "TST103", "low": 0.8, "high": 1.25, "unit": "x"},
    "shear": {"code": "TST104", "low": -5, "high": 5, "unit": "deg"},
    "shift": {"code": "TST105", "low": 0, "high": 0.1},
    "permutation": {"code": "TST106", "allow": "never"},
    "field_of_view": {"code": "TST107", "low": 0.7},
    "outside": {"code": "TST107", "high": 0.3},
    "brightness": {"code": "TST108", "low": -0.3, "high": 0.3},
    "contrast": {"code": "TST108", "low": 0.7, "high": 1.3},
    "tone": {"code": "TST108", "high": 0.35},
    "inversion": {"code": "TST109", "allow": "never"},
    "local_gain": {"code": "TST110", "high": 0.1},
    "noise": {"code": "TST111", "high": 0.05},
    "blur": {"code": "TST112", "high": 1.0, "unit": "mm"},
    "occlusion": {"code": "TST113", "allow": "never"},
    "foreign_content": {"code": "TST113", "allow": "never"},
}


def limit(effect: str, **given: Any) -> Limit:
    """Return a limit; a range unless `allow` says otherwise."""
    fields = {
        "code": "TST100",
        "allow": "range",
        "reason": f"Because of {effect}.",
        "evidence": (Evidence("", "opinion", "for tests"),),
    }
    return Limit(effect=EFFECTS[effect], **{**fields, **given})


def made(limits: dict[str, dict[str, Any]], **fields: Any) -> Profile:
    """Return a profile that tolerates what `limits` does not mention."""
    rows = [limit(name, **limits.get(name, {"allow": "any"})) for name in EFFECTS]
    base = Profile(id="test/film", version="1.2.3", title="Film", limits=tuple(rows), frame=Frame(256, 256))
    return replace(base, **fields)


@pytest.fixture
def film() -> Profile:
    """A profile much like a chest radiograph's."""
    return made(LIMITS)


@pytest.fixture
def profile_of() -> Callable[..., Profile]:
    """Make a profile from limits: `profile_of({"rotation": {"high": 10}}, waivers=...)`."""
    return made


@pytest.fixture
def limit_of() -> Callable[..., Limit]:
    """Make one limit."""
    return limit
