"""What follows from a part: rules beside those of the profile, and turns in its recipe.

| code | what | when |
|---|---|---|
| PRT101 | a mirror that is none of the part's | D parts |
| PRT102 | turns that are not along the grain | a grain |
| PRT103 | mirrors | handed parts |
| PRT104 | mirrors and turns that move the light (a warning) | light from one side |
| PRT105 | effects that are a defect of this part | `transform_is_a_defect` |
| PRT106 | scale, warps and turns that distort a period | a period |

They only forbid. What a symmetry allows, the profile says itself, with `every: symmetry` and `unless: {symmetry: ...}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from domainaug.effects import EFFECTS
from domainaug.profile.model import Evidence, Limit, Profile
from domainaug.profile.options import checked_value
from domainaug.profile.part import SYMMETRY, Part, every_degrees

__all__ = [
    "part_options",
    "recipe_of_part",
    "retuned",
    "rules_of_part",
    "told_to_defects",
    "with_part",
    "with_part_rules",
    "without_part",
]

_ORIGIN = "part"
_STEP, _DRAWS, _PASTES = "SymmetryTurn", "DrawDefect", ("PasteDefect", "SyntheticAnomaly")
_MIRRORS = (("mirror_horizontal", 90.0), ("mirror_vertical", 0.0))
_OPINION = (Evidence("", "opinion"),)
_TEXTURE = (Evidence("ni-texture-defects", "moderate", "texture inspection tolerates about 5 deg and 10 % of scale"),)


def rules_of_part(part: Part) -> Iterator[Limit]:
    """Yield what a part forbids, in the order of its codes."""
    mirrored = part.symmetry.startswith("D") or (part.symmetry == "texture" and part.grain_deg is not None)
    for name, line in _MIRRORS:
        if mirrored and not part.handed and not part.mirrors_onto_itself(line):
            yield _never("PRT101", name, "No mirror line of the part lies this way; the mirror makes another part.")
    if part.grain_deg is not None:
        reason = "The grain lies one way; turned, it is a surface that is not made here."
        yield _turns("PRT102", reason, 5.0, part.turn_deg, _TEXTURE)
    if part.handed:
        for name, _ in _MIRRORS:
            yield _never("PRT103", name, "The part has a hand: mirrored, it is another part, or a misprint.")
    if part.lighting.directional:
        yield from _lit(part)
    for name in part.transform_is_a_defect:
        yield _never("PRT105", name, "On this part it is a defect, so it would be a defect with the label good.")
    if part.period_mm is not None:
        yield from _periodic(part)


def _lit(part: Part) -> Iterator[Limit]:
    assert part.lighting.azimuth_deg is not None
    reason = "Light comes from one side: moved with the picture, it turns dents into bumps."
    for name, line in _MIRRORS:
        along = abs((part.lighting.azimuth_deg - line + 90.0) % 180.0 - 90.0)
        if along > 10.0:
            yield _never("PRT104", name, reason, severity="warning")
    yield _turns("PRT104", reason, 15.0, None, _OPINION, severity="warning")


def _periodic(part: Part) -> Iterator[Limit]:
    reason = "The pattern repeats; a distorted period is the defect."
    for name in ("local_warp", "permutation"):
        yield _never("PRT106", name, reason)
    yield _turns("PRT106", reason, 5.0, part.turn_deg or every_degrees(part.symmetry), _TEXTURE)
    yield _range("PRT106", "scale", reason, 0.9, 1.1)
    yield _range("PRT106", "perspective", reason, None, 0.02)


def _never(code: str, name: str, reason: str, **more: Any) -> Limit:
    return Limit(EFFECTS[name], code, "never", reason, evidence=_OPINION, origin=_ORIGIN, **more)


def _turns(
    code: str, reason: str, play: float, every: float | None, evidence: tuple[Evidence, ...], **more: Any
) -> Limit:
    row = EFFECTS["rotation"]
    return Limit(row, code, "range", reason, -play, play, every=every, evidence=evidence, origin=_ORIGIN, **more)


def _range(code: str, name: str, reason: str, low: float | None, high: float) -> Limit:
    return Limit(EFFECTS[name], code, "range", reason, low, high, evidence=_TEXTURE, origin=_ORIGIN)


def retuned(limits: Iterable[Limit], options: Mapping[str, Any]) -> tuple[Limit, ...]:
    """Return the rules with those that hold around the turns of a symmetry brought up to the options."""
    return tuple(
        replace(limit, every=every_degrees(str(options.get(limit.every_by, "none")))) if limit.every_by else limit
        for limit in limits
    )


def without_part(limits: Iterable[Limit]) -> tuple[Limit, ...]:
    """Return the rules that are no part's."""
    return tuple(limit for limit in limits if limit.origin != _ORIGIN)


def with_part_rules(limits: tuple[Limit, ...], part: Part | None) -> tuple[Limit, ...]:
    """Return the rules and those of a part, in the order of the effects."""
    if part is None:
        return limits
    order = {name: place for place, name in enumerate(EFFECTS)}
    return tuple(sorted((*limits, *rules_of_part(part)), key=lambda limit: order[limit.effect.name]))


def part_options(
    part: Part, options: Mapping[str, Any], choices: Mapping[str, tuple[Any, ...]] | None = None
) -> dict[str, Any]:
    """Return options with what a part says of them: `symmetry` and `pixel_pitch_mm`, where there are such.

    Raises:
        ProfileError: The profile knows no such symmetry.
    """
    said = dict(options)
    for name, value in ((SYMMETRY, part.symmetry), ("pixel_pitch_mm", part.pixel_pitch_mm)):
        if name in said and value is not None:
            said[name] = checked_value(name, value, said, choices or {})
    return said


def recipe_of_part(recipe: tuple[Mapping[str, Any], ...], part: Part) -> tuple[Mapping[str, Any], ...]:
    """Return a recipe that begins with what maps the part onto itself."""
    steps = tuple(step for step in recipe if _STEP not in step)
    lines = tuple(line for _, line in _MIRRORS if part.mirrors_onto_itself(line))
    every = part.turn_deg
    if not steps or (every is None and not lines):
        return steps
    parameters: dict[str, Any] = {"every": every if every is not None else 360.0}
    if part.symmetry in ("round", "texture") and part.grain_deg is None:
        parameters["every"] = 90.0  # exact turns; the rest is for steps that interpolate
    if lines:
        parameters["mirror"] = True
        parameters["axis"] = lines[0]
    return ({_STEP: {**parameters, "p": 0.5}}, *steps)


def told_to_defects(
    recipe: tuple[Mapping[str, Any], ...],
    part: Part | None,
    gate: Mapping[str, Any],
    before: tuple[Part | None, Mapping[str, Any]] = (None, {}),
) -> tuple[Mapping[str, Any], ...]:
    """Return a recipe whose steps that draw defects know the part and the gate; what they say themselves stays.

    Args:
        recipe: As written, or as told before.
        part: The part, or None.
        gate: The thresholds of the profile.
        before: The part and the thresholds that the recipe was told before, which no longer hold.
    """
    known, old = _known(part, gate), _known(*before)
    return tuple(_told(step, known, old) for step in recipe) if known or old else recipe


def _known(part: Part | None, gate: Mapping[str, Any]) -> dict[str, Any]:
    return {**(part.seen() if part is not None else {}), **({"gate": dict(gate)} if gate else {})}


def _told(step: Mapping[str, Any], known: Mapping[str, Any], old: Mapping[str, Any]) -> Mapping[str, Any]:
    name, said = next(iter(step.items()))
    if name in _PASTES:  # what is pasted is lit already
        known, old = ({key: value for key, value in one.items() if key != "lighting"} for one in (known, old))
    if name == _DRAWS or name in _PASTES:
        own = {key: value for key, value in (said or {}).items() if key not in old or value != old[key]}
        return {name: {**known, **own}}
    inner = said.get("transforms") if isinstance(said, Mapping) else None
    if not isinstance(inner, list | tuple):
        return step
    return {name: {**said, "transforms": [_told(each, known, old) for each in inner]}}


def with_part(profile: Profile, part: Part) -> Profile:
    """Return a profile for one part; see `Profile.with_part`.

    Raises:
        ProfileError: The profile knows no such symmetry, or the pitch is none.
    """
    from domainaug.profile.resolving import digest, with_options

    wanted = part_options(part, profile.options, profile.option_choices)
    changed = {name: value for name, value in wanted.items() if value != profile.options[name]}
    profile = with_options(profile, changed) if changed else profile
    limits = with_part_rules(without_part(profile.limits), part)
    before = profile.part, profile.gate
    recipe = told_to_defects(recipe_of_part(profile.recipe, part), part, profile.gate, before)
    profile = replace(profile, part=part, limits=limits, recipe=recipe)
    return replace(profile, digest=digest(profile))
