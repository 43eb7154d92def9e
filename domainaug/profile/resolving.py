"""From a file and its parent to a profile: everything merged, checked and summed up in a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domainaug.errors import ProfileError, UnknownName
from domainaug.generators import Frame
from domainaug.profile.limits import read_limits
from domainaug.profile.model import Limit, Profile, ValueRange
from domainaug.profile.options import checked_value
from domainaug.profile.part_reading import read_part
from domainaug.profile.part_rules import (
    part_options,
    recipe_of_part,
    retuned,
    told_to_defects,
    with_part_rules,
    without_part,
)
from domainaug.profile.reading import Document
from domainaug.profile.recipe_shape import check_shape
from domainaug.profile.schema import OptionEntry, ProfileFile
from domainaug.profile.tightening import merge_limits

__all__ = ["PIXEL_PITCH_OPTIONS", "checked_waivers", "digest", "resolve", "with_options", "with_waivers"]

PIXEL_PITCH_OPTIONS = ("pixel_pitch_mm", "spacing_mm")
"""Options that say how many millimeters a pixel is; set, they become the frame's spacing."""


def resolve(document: Document, file: ProfileFile, parent: Profile | None) -> Profile:
    """Return the profile that a file says, on top of its parent.

    Args:
        document: The file's text, read.
        file: The same, in shape.
        parent: What it extends, resolved, or None.

    Raises:
        ProfileError: With line and column.
    """
    base = parent or Profile("", "", "", ())
    frame = _frame(document, file, base.frame)
    value_range = _value_range(document, file, base.value_range)
    low, high = value_range.low, value_range.high
    if low is not None and high is not None:
        frame = replace(frame, low=low, high=high, unit=value_range.unit)
    options, meanings, choices = _options(document, file, base)
    part = read_part(document, file.part, base.part)
    if part is not None and file.part is not None:
        try:
            options = part_options(part, options, choices)
        except ProfileError as error:
            raise document.fault(str(error), "part", "symmetry") from None
    frame = _pitched(frame, options)
    own: list[tuple[int, Limit]] = []
    places = {f"{file.id}:{document.mark(('limits', i))[0]}": i for i in range(len(file.limits))}
    for limit in read_limits(document, file.limits, origin=file.id, options=options, choices=choices, frame=frame):
        own.append((places[limit.origin], limit))
    if parent is None:
        for index, limit in own:
            if limit.loosens:
                raise document.fault(
                    "`loosens` needs a parent to loosen; this profile extends none",
                    "limits",
                    index,
                    "loosens",
                    key=True,
                )
    inherited = retuned(without_part(base.limits), options)
    limits = with_part_rules(merge_limits(document, own, inherited, frame), part)
    waivers = _waivers(document, file, base, limits)
    recipe, recipe_places = base.recipe, base.recipe_places
    if file.recipe is not None:
        check_shape(document, file.recipe)
        recipe, recipe_places = tuple(file.recipe), _places(document)
    if part is not None and file.recipe is None and file.part is not None:
        recipe = recipe_of_part(recipe, part)
    gate = {**base.gate, **_gate(document, file)}
    recipe = told_to_defects(recipe, part, gate, (base.part, base.gate))
    profile = Profile(
        id=file.id,
        version=file.version,
        title=" ".join(file.title.split()),
        limits=limits,
        recipe=recipe,
        abstract=file.abstract,
        parents=(parent.id, *parent.parents) if parent else (),
        applies_to=_merged(base.applies_to, file.applies_to),
        frame=frame,
        value_range=value_range,
        options=options,
        option_help=meanings,
        waivers=waivers,
        path=document.path,
        description=" ".join(file.description.split()),
        option_choices=choices,
        recipe_places=recipe_places,
        part=part,
        gate=gate,
        defects={**base.defects, **{name: one or {} for name, one in (file.defects or {}).items()}},
    )
    return replace(profile, digest=digest(profile))


def _gate(document: Document, file: ProfileFile) -> dict[str, Any]:
    said = {} if file.gate is None else file.gate.model_dump(exclude_none=True)
    for name in ("length_mm", "area_mm2"):
        if name in said and not 0 <= said[name][0] <= said[name][1]:
            raise document.fault(f"{name}: two numbers in order, from 0 up, got {said[name]}", "gate", name)
    return said


def _frame(document: Document, file: ProfileFile, base: Frame) -> Frame:
    entry, changes = file.frame, dict[str, Any]()
    if entry.size is not None:
        if min(entry.size) < 1 or max(entry.size) > 1 << 20:
            raise document.fault(f"size: expected [height, width] in pixels, got {entry.size}", "frame", "size")
        changes |= {"height": entry.size[0], "width": entry.size[1]}
    if entry.channels is not None:
        changes["channels"] = entry.channels
    if entry.volume is not None:
        changes["volume"] = entry.volume
    if entry.scene is not None:
        changes["scene"] = entry.scene
    if entry.part is not None:
        changes["part"] = entry.part
    if entry.spacing_mm is not None:
        pair = entry.spacing_mm if isinstance(entry.spacing_mm, list) else [entry.spacing_mm] * 2
        if len(pair) != 2 or not all(0 < x < 1e6 for x in pair):
            message = f"spacing_mm: expected mm a pixel, a number above 0 or [rows, columns], got {entry.spacing_mm}"
            raise document.fault(message, "frame", "spacing_mm")
        changes["spacing"] = (float(pair[0]), float(pair[1]))
    return replace(base, **changes)


def _pitched(frame: Frame, options: Mapping[str, Any]) -> Frame:
    for name in PIXEL_PITCH_OPTIONS:
        pitch = options.get(name)
        if isinstance(pitch, int | float) and not isinstance(pitch, bool):
            if not 0 < pitch < 1e6:
                raise ProfileError(f"option {name} is mm a pixel, above 0; got {pitch!r}")
            return replace(frame, spacing=(float(pitch), float(pitch)))
    return frame


def _value_range(document: Document, file: ProfileFile, base: ValueRange) -> ValueRange:
    merged = replace(base, **file.value_range.model_dump(exclude_unset=True, exclude_none=True))
    if (merged.low is None) != (merged.high is None):
        raise document.fault("value_range: give both low and high, or neither", "value_range")
    if merged.low is not None and merged.high is not None and not merged.low < merged.high:
        message = f"value_range: low must be below high, got {merged.low:g} and {merged.high:g}"
        raise document.fault(message, "value_range")
    return merged


def _options(
    document: Document, file: ProfileFile, base: Profile
) -> tuple[dict[str, Any], dict[str, str], dict[str, tuple[Any, ...]]]:
    values, meanings, choices = dict(base.options), dict(base.option_help), dict(base.option_choices)
    for name, entry in file.options.items():
        if isinstance(entry, OptionEntry):
            values[name], meanings[name] = entry.default, " ".join(entry.meaning.split())
            choices.pop(name, None)
            if entry.choices is not None:
                choices[name] = tuple(entry.choices)
                if entry.default is not None and entry.default not in entry.choices:
                    message = f"default: {entry.default!r} is none of the choices {entry.choices}"
                    raise document.fault(message, "options", name, "default")
            continue
        try:
            values[name] = checked_value(name, entry, values, choices)
        except (UnknownName, ProfileError) as error:
            hint = f"; to make one, write {name}: {{default: ..., meaning: ...}}" if name not in values else ""
            raise document.fault(f"{error}{hint}", "options", name, key=True) from None
    try:
        _pitched(base.frame, values)
    except ProfileError as error:
        raise document.fault(str(error), "options") from None
    return values, meanings, choices


def _waivers(document: Document, file: ProfileFile, base: Profile, limits: tuple[Limit, ...]) -> dict[str, str]:
    known = {limit.code for limit in limits}
    for code, reason in file.waive.items():
        try:
            checked_waivers({code: reason}, known)
        except (UnknownName, ProfileError) as error:
            raise document.fault(str(error), "waive", code, key=True) from None
    return {**base.waivers, **{code: " ".join(reason.split()) for code, reason in file.waive.items()}}


def checked_waivers(waivers: Mapping[str, str], known: set[str]) -> dict[str, str]:
    """Return `waivers` if each names a rule and gives a reason.

    Args:
        waivers: Code to reason; codes of the check itself start with DA.
        known: The codes of the profile.

    Raises:
        UnknownName: No rule has such a code.
        ProfileError: A reason is missing.
    """
    for code, reason in waivers.items():
        own_of_check = len(code) == 5 and code.startswith("DA") and code[2:].isdigit()
        if code not in known and not own_of_check:
            raise UnknownName("rule", code, known)
        if not isinstance(reason, str) or not reason.strip():
            raise ProfileError(f"a waiver gives its reason in words; {code} has {reason!r}")
    return dict(waivers)


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Merge free-form mappings; mappings in them merge too, anything else is replaced."""
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _places(document: Document) -> dict[tuple[str | int, ...], tuple[str, int, int]]:
    file = str(document.path) if document.path else ""
    return {road[1:]: (file, *document.mark(road, key=True)) for road in document.values if road[:1] == ("recipe",)}


def with_options(profile: Profile, options: Mapping[str, Any]) -> Profile:
    """Return the profile with options set.

    Raises:
        UnknownName: There is no such option.
        ProfileError: It cannot have that value.
    """
    values = dict(profile.options)
    for name, value in options.items():
        values[name] = checked_value(name, value, values, profile.option_choices)
    frame = _pitched(profile.frame, options)
    profile = replace(profile, options=values, frame=frame, limits=retuned(profile.limits, values))
    return replace(profile, digest=digest(profile))


def with_waivers(profile: Profile, waivers: Mapping[str, str]) -> Profile:
    """Return the profile with rules waived, code to reason.

    Raises:
        UnknownName: No rule has such a code.
        ProfileError: A reason is missing.
    """
    own = checked_waivers(waivers, {limit.code for limit in profile.limits})
    profile = replace(profile, waivers={**profile.waivers, **own})
    return replace(profile, digest=digest(profile))


def digest(profile: Profile) -> str:
    """Return the SHA-256 of what a profile says, hex; where it was read from does not count."""
    content = {
        "id": profile.id,
        "version": profile.version,
        "parents": profile.parents,
        "applies_to": profile.applies_to,
        "frame": _fields(profile.frame),
        "value_range": _fields(profile.value_range),
        "limits": [_fields(limit) for limit in profile.limits],
        "recipe": profile.recipe,
        "options": profile.options,
        "waivers": profile.waivers,
    }
    if profile.gate:
        content["gate"] = profile.gate
    if profile.defects:
        content["defects"] = profile.defects
    if profile.part is not None:
        content["part"] = _fields(profile.part)
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _fields(value: Any) -> dict[str, Any]:
    told = {name: getattr(value, name) for name in value.__slots__ if name != "origin"}
    return {name: one for name, one in told.items() if name not in _LATER or one}


_LATER = ("every", "every_by", "part")
"""Fields that came later: where they say nothing, they leave the digest as it was."""


def _plain(value: Any) -> Any:
    if hasattr(value, "meaning") and hasattr(value, "combine"):
        return value.name  # an Effect
    if hasattr(value, "__slots__"):
        return _fields(value)
    return dict(value)
