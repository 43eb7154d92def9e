"""Finding what a profile says about something: an effect, a transform, a code, or a word people use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from domainaug.effects import EFFECTS, Effect, applicable
from domainaug.errors import UnknownName
from domainaug.generators import Frame
from domainaug.profile.catalogue import place_of
from domainaug.profile.citations import cite
from domainaug.profile.explanation import Explained, Explanation, Rule, Source
from domainaug.profile.model import Condition, Evidence, Limit, Profile
from domainaug.profile.wording import condition_in_words, limit_in_words, range_in_words

__all__ = ["Explanation", "explain", "limit_in_words"]

_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "flip": ("mirror_",),
        "mirror": ("mirror_",),
        "reflect": ("mirror_", "duplicated"),
        "crop": ("field_of_view",),
        "zoom": ("scale", "field_of_view"),
        "resize": ("scale", "pixelation"),
        "stretch": ("aspect",),
        "skew": ("shear",),
        "translate": ("shift",),
        "move": ("shift",),
        "rotate": ("rotation", "tilt"),
        "turn": ("rotation", "tilt"),
        "elastic": ("local_warp",),
        "warp": ("local_warp", "perspective"),
        "distortion": ("local_warp", "perspective"),
        "shuffle": ("permutation", "channel_order"),
        "exposure": ("brightness", "gamma"),
        "window": ("brightness", "contrast", "tone"),
        "bias": ("local_gain",),
        "shading": ("local_gain",),
        "vignetting": ("local_gain",),
        "invert": ("inversion",),
        "posterize": ("loss_of_levels",),
        "equalize": ("tone", "local_gain"),
        "color": ("color_cast", "hue", "saturation", "channel_", "loss_of_color"),
        "gray": ("loss_of_color",),
        "noise": ("noise", "impulse_noise"),
        "salt": ("impulse_noise",),
        "blur": ("blur", "motion_blur"),
        "sharpen": ("sharpening",),
        "jpeg": ("compression",),
        "cutout": ("occlusion",),
        "erase": ("occlusion",),
        "dropout": ("occlusion",),
        "hide": ("occlusion",),
        "mixup": ("foreign_content",),
        "cutmix": ("foreign_content",),
        "paste": ("foreign_content",),
        "rain": ("weather", "rain"),
        "snow": ("weather", "snowfall", "snow_cover"),
        "fog": ("weather", "visibility"),
        "haze": ("visibility",),
        "night": ("sun_altitude",),
        "dusk": ("sun_altitude",),
    }
)
"""Words people use, and the effects they mean; a trailing underscore stands for every effect that starts so."""


def explain(profile: Profile, name: str) -> Explanation:
    """Return what `profile` allows of `name`; see `Profile.explain`.

    Raises:
        UnknownName: `name` is no effect, transform, code or word that means some.
    """
    subject = name.strip()
    folded = re.sub(r"[\s-]+", "_", subject.casefold())
    if folded in EFFECTS:
        found = [_explained(profile, EFFECTS[folded])]
    elif any(limit.code == subject.upper() for limit in profile.limits):
        found = _by_code(profile, subject.upper())
    elif (transform := _transform(subject)) is not None:
        return _of_transform(profile, subject, transform)
    else:
        found = _by_word(profile, subject, folded)
    return Explanation(subject, profile.id, profile.title, tuple(found))


def _by_code(profile: Profile, code: str) -> list[Explained]:
    rules = [limit for limit in profile.limits if limit.code == code]
    return [_explained(profile, rule.effect, only=[rule]) for rule in rules]


def _possible(profile: Profile) -> set[str]:
    frame = profile.frame
    color = frame.channels > 1
    return {row.name for row in applicable(color=color, volume=frame.volume, scene=frame.scene, part=frame.part)}


def _by_word(profile: Profile, subject: str, folded: str) -> list[Explained]:
    """Return the effects that a loose word means: by name, by part of a name, by what people call them."""
    stem = folded.removesuffix("s") if len(folded) > 4 else folded
    wanted = _WORDS.get(folded) or _WORDS.get(stem) or ()
    possible = _possible(profile)
    spoken = {limit.effect.name for limit in profile.limits}
    names = [
        effect
        for effect in EFFECTS
        if (effect in possible or effect in spoken)
        and (
            effect in wanted
            or any(word.endswith("_") and effect.startswith(word) for word in wanted)
            or (len(stem) >= 3 and stem in effect.split("_"))
            or (len(stem) >= 4 and stem in effect)
        )
    ]
    if names:
        return [_explained(profile, EFFECTS[name]) for name in names]
    found = _by_text(profile, stem.replace("_", " "), possible)
    if not found:
        codes = {limit.code for limit in profile.limits}
        legal = {*possible, *spoken, *codes, *_WORDS, *_transform_names()}
        listed = codes if re.fullmatch(r"[a-z]{2,4}\d+", folded) else possible
        raise UnknownName("effect, transform or rule", subject, legal, listed=listed)
    return found


def _by_text(profile: Profile, word: str, possible: set[str]) -> list[Explained]:
    """Return the rules that speak of `word`, in reason or evidence, and all rules of effects whose meaning does."""
    if len(word) < 4:  # shorter ones are in every sentence
        return []
    speaks = re.compile(rf"\b{re.escape(word)}", re.IGNORECASE).search
    found = []
    for row in EFFECTS.values():
        rules = [limit for limit in profile.limits if limit.effect == row]
        if row.name in possible and speaks(row.meaning):
            found.append(_explained(profile, row))
        elif said := [limit for limit in rules if speaks(_prose(limit))]:
            found.append(_explained(profile, row, only=said))
    return found


def _prose(limit: Limit) -> str:
    notes = (item.note for item in (*limit.evidence, *limit.counter_evidence))
    return " ".join((limit.reason, limit.loosens, *notes))


def _transform_names() -> Iterable[str]:
    from domainaug.profile.recipe import recipe_classes

    return recipe_classes()


def _transform(name: str) -> type[Any] | None:
    """Return the transform called `name`, or None."""
    if not name[:1].isupper():  # classes are; so words and effects need not wait for albumentations
        return None
    from domainaug.profile.recipe import recipe_classes

    return recipe_classes().get(name)


def _of_transform(profile: Profile, name: str, transform: type[Any]) -> Explanation:
    ranges = _declared(transform, profile.frame)
    if ranges is None:
        note = "what it does depends on what it is given; hold it against the profile with `profile.check(...)`"
        return Explanation(name, profile.id, profile.title, (), note)
    note = ""
    if not ranges and (governed := _governed(name, profile)):
        causes = ", ".join(f"{effect} ({parameter})" for effect, parameter in governed.items())
        note = f"at its defaults it does nothing; with parameters it can cause: {causes}"
        ranges = {effect: f"governed by `{parameter}`" for effect, parameter in governed.items()}
    found = (_explained(profile, EFFECTS[effect], does=words) for effect, words in ranges.items())
    return Explanation(name, profile.id, profile.title, tuple(found), note)


def _governed(name: str, profile: Profile) -> dict[str, str]:
    """Return effect to the parameter that governs it, for what this kind of image can have."""
    from domainaug.declare import GOVERNS

    possible = _possible(profile)
    return {effect: parameter for effect, parameter in GOVERNS.get(name, {}).items() if effect in possible}


def _declared(transform: type[Any], frame: Frame) -> dict[str, str] | None:
    """Return effect to what the transform does by default, in words; None where nobody knows."""
    import warnings

    from domainaug.declare import declare

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = transform(**_REQUIRED.get(transform.__name__, {}))
        except (TypeError, ValueError):  # it has no default: what it does depends on what it is told
            return None
    said = declare(made, frame)
    if said is None:
        return None
    return {
        name: words if (words := range_in_words(EFFECTS[name], interval)) == "happens" else f"by default {words}"
        for name, interval in said.present(frame).items()
    }


_REQUIRED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        name: MappingProxyType({"height": 256, "width": 256})
        for name in ("AtLeastOneBBoxRandomCrop", "CenterCrop", "CropNonEmptyMaskIfExists", "RandomCrop", "Resize")
    }
    | {
        "RandomSizedBBoxSafeCrop": MappingProxyType({"height": 256, "width": 256}),
        "RandomResizedCrop": MappingProxyType({"size": (256, 256)}),
        "RandomSizedCrop": MappingProxyType({"min_max_height": (128, 256), "size": (256, 256)}),
        "GridElasticDeform": MappingProxyType({"num_grid_xy": (4, 4), "magnitude": 10}),
    }
)
"""Plain values for what transforms have no default for: half the usual side."""


def _explained(profile: Profile, row: Effect, *, only: list[Limit] | None = None, does: str = "") -> Explained:
    limits = only if only is not None else [limit for limit in profile.limits if limit.effect == row]
    return Explained(row.name, row.meaning, tuple(_rule(profile, limit) for limit in limits), does)


def _rule(profile: Profile, limit: Limit) -> Rule:
    return Rule(
        code=limit.code,
        allowed=limit_in_words(limit),
        severity=limit.severity,
        in_force=limit in profile.in_force(limit.effect.name),
        holds_when=_conditions(profile, limit.when),
        lifted_by=_conditions(profile, limit.unless),
        waived=profile.waivers.get(limit.code, ""),
        reason=limit.reason,
        loosens=limit.loosens,
        supported_by=tuple(_source(profile, item) for item in limit.evidence),
        opposed_by=tuple(_source(profile, item) for item in limit.counter_evidence),
        origin=place_of(profile, limit.origin),
    )


def _conditions(profile: Profile, condition: Condition | None) -> str:
    if condition is None:
        return ""
    words = condition_in_words(condition)
    meanings = [profile.option_help[name] for name in condition if profile.option_help.get(name)]
    return f"{words} ({' '.join(meanings)})" if meanings else words


def _source(profile: Profile, item: Evidence) -> Source:
    reference = str(cite(item.cite, beside=profile.path)) if item.cite else ""
    return Source(reference, item.strength, item.note)
