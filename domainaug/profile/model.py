"""What a profile is, once read: limits on effects, each with a reason, and a recipe inside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from domainaug.effects import Effect, applicable
from domainaug.generators import Frame
from domainaug.profile.part import Part
from domainaug.profile.units import bounds

if TYPE_CHECKING:
    from domainaug.check import Report
    from domainaug.pipeline import Pipeline
    from domainaug.profile.explanation import Explanation

__all__ = [
    "Allow",
    "Condition",
    "Evidence",
    "Limit",
    "Profile",
    "Severity",
    "Strength",
    "ValueRange",
    "bounds",
    "fulfils",
]

Strength = Literal["strong", "moderate", "opinion"]
Severity = Literal["error", "warning"]
Allow = Literal["never", "any", "range"]

Condition = Mapping[str, tuple[Any, ...]]
"""Option name to the values that fulfil it; every option named must fulfil its part.

No values at all stand for "anything but off, zero or nothing".
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who says so.

    Attributes:
        cite: Key of an entry in `profiles/references.bib`; empty for an opinion of ours.
        strength: How well it is supported.
        note: What was found there, in a few words.
    """

    cite: str
    strength: Strength
    note: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule of a profile, for one effect.

    Attributes:
        effect: The effect it limits.
        code: Its stable code ("MED101"); a rule that speaks of several effects has one code for all.
        allow: "never" (stays neutral), "any" (the field tolerates it) or "range".
        low: Lower end in `unit`, for a range.
        high: Upper end in `unit`, for a range.
        unit: Unit of the ends: the effect's own, or mm, %, px, HU where they convert.
        every: Degrees: the range holds around every multiple of it as well; None around 0 alone.
        every_by: The option that says so (`symmetry`), or "".
        p_max: How often, at most, the effect may happen (share of outputs), or None.
        unless: The rule is lifted when these options are so.
        when: The rule holds only when these options are so.
        severity: What a breach is.
        reason: Why, in the words of the field.
        evidence: Who supports it.
        counter_evidence: Who does otherwise.
        origin: Where it was written: profile id and line.
        loosens: Why it allows more than the parent's rule, where it does.
    """

    effect: Effect
    code: str
    allow: Allow
    reason: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    every: float | None = None
    every_by: str = ""
    p_max: float | None = None
    unless: Condition | None = None
    when: Condition | None = None
    severity: Severity = "error"
    evidence: tuple[Evidence, ...] = ()
    counter_evidence: tuple[Evidence, ...] = ()
    origin: str = ""
    loosens: str = ""


@dataclass(frozen=True, slots=True)
class ValueRange:
    """What pixel values mean in a field.

    Attributes:
        low: Dark end of the range, in `unit`; None to take it from the image's type or tags.
        high: Bright end, likewise.
        unit: What values count ("HU", "level" ...).
        fill: The value outside the field of view, in `unit`; None for the low end.
    """

    low: float | None = None
    high: float | None = None
    unit: str = "level"
    fill: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """The limits of one field, resolved: parents merged in, options and waivers applied.

    Attributes:
        id: "medical/chest-xray".
        version: Semantic version of the file.
        title: A name for people.
        abstract: Only there to be extended.
        parents: Ids of what it extends, nearest first.
        applies_to: What it is for; free-form, and `dicom` holds tag values.
        frame: The image the check assumes when it is told nothing else.
        value_range: What pixel values mean.
        limits: Every rule, in order; several rules may bind one effect.
        recipe: The pipeline, as written: a list of one-key mappings.
        options: Name to value in force.
        option_help: Name to what it means.
        waivers: Code to the reason it is waived.
        path: The file it was read from.
        digest: SHA-256 of the resolved content, hex.
        description: A few sentences for people.
        option_choices: Name to the values an option can have, where the profile says so.
        recipe_places: Road into the recipe to (file, line, column), so that a wrong parameter can be located.
        part: The part that is inspected, where the profile or the user describes one.
        gate: Thresholds for defects that are drawn, where they are not the defaults (`domainaug.manufacturing.Gate`).
        defects: Class to how runs make its defects: from what, sizes, thresholds, places (`domainaug.run.defects`).
    """

    id: str
    version: str
    title: str
    limits: tuple[Limit, ...]
    recipe: tuple[Mapping[str, Any], ...] = ()
    abstract: bool = False
    parents: tuple[str, ...] = ()
    applies_to: Mapping[str, Any] = field(default_factory=dict)
    frame: Frame = field(default_factory=Frame)
    value_range: ValueRange = field(default_factory=ValueRange)
    options: Mapping[str, Any] = field(default_factory=dict)
    option_help: Mapping[str, str] = field(default_factory=dict)
    waivers: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    digest: str = ""
    description: str = ""
    option_choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    recipe_places: Mapping[tuple[str | int, ...], tuple[str, int, int]] = field(
        default_factory=dict, compare=False, repr=False
    )
    part: Part | None = None
    gate: Mapping[str, Any] = field(default_factory=dict)
    defects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def in_force(self, effect_name: str) -> tuple[Limit, ...]:
        """Return the rules that bind `effect_name` under the options in force, waived ones included."""
        return tuple(x for x in self.limits if x.effect.name == effect_name and self._holds(x))

    def _holds(self, limit: Limit) -> bool:
        if limit.when is not None and not self._fulfilled(limit.when):
            return False
        return not (limit.unless is not None and self._fulfilled(limit.unless))

    def _fulfilled(self, condition: Condition) -> bool:
        return all(fulfils(self.options.get(name), values) for name, values in condition.items())

    def unspoken(self) -> Iterator[Effect]:
        """Yield the effects that can happen to this kind of image and that no rule mentions."""
        spoken = {limit.effect.name for limit in self.limits}
        frame = self.frame
        color = frame.channels > 1
        for row in applicable(color=color, volume=frame.volume, scene=frame.scene, part=frame.part):
            if row.name not in spoken:
                yield row

    def with_frame(self, frame: Frame) -> Profile:
        """Return the profile for images like `frame`."""
        return replace(self, frame=frame)

    def with_options(self, **options: Any) -> Profile:
        """Return the profile with options set.

        Raises:
            domainaug.errors.UnknownName: There is no such option.
            domainaug.errors.ProfileError: It cannot have that value.
        """
        from domainaug.profile.resolving import with_options

        return with_options(self, options)

    def with_part(self, part: Part) -> Profile:
        """Return the profile for one part: what follows from it is allowed, forbidden and done.

        Raises:
            domainaug.errors.ProfileError: The profile has no symmetry or pitch such as this part's.
        """
        from domainaug.profile.part_rules import with_part

        return with_part(self, part)

    def with_waivers(self, waivers: Mapping[str, str]) -> Profile:
        """Return the profile with rules waived: code to the reason.

        Raises:
            domainaug.errors.UnknownName: No rule has such a code.
            domainaug.errors.ProfileError: A reason is missing.
        """
        from domainaug.profile.resolving import with_waivers

        return with_waivers(self, waivers)

    def compose(self, *, seed: int | None = None, strength: float = 1.0, **kwargs: Any) -> Pipeline:
        """Return the recipe, inside every limit, as a pipeline, which is an `albumentations.Compose`.

        Where the recipe goes beyond a limit in force, as one that was inherited may, it is narrowed, and
        `narrowed` of the pipeline says how. Without a recipe the pipeline is empty.

        Args:
            seed: Fixes every draw; None draws afresh.
            strength: 0 leaves images alone, 1 is the recipe as written.
            **kwargs: For `albumentations.Compose`: `bbox_params`, `keypoint_params`, `additional_targets` ...

        Raises:
            domainaug.errors.ProfileError: The recipe names what there is not, or breaks a limit in a way that only
                rewriting it mends; or the profile is only there to be extended.
        """
        from domainaug.check import compose_inside
        from domainaug.profile.recipe import validate_recipe

        validate_recipe(self)
        return compose_inside(self, seed=seed, strength=strength, **kwargs)

    def check(self, target: Any, **kwargs: Any) -> Report:
        """Return what `target` does that this profile does not allow.

        Args:
            target: An `albumentations.Compose`, one transform, or any callable image -> image.
            **kwargs: For `domainaug.check.check`: `frame`, `budget`, `pictures` ...
        """
        from domainaug.check import check

        return check(target, self, **kwargs)

    def explain(self, name: str) -> Explanation:
        """Return what is allowed, why, who says so and who does otherwise.

        Args:
            name: An effect ("rotation"), a transform ("HorizontalFlip"), a code ("MED101"), or a word that
                means some of them ("mirror").

        Raises:
            domainaug.errors.UnknownName: It is none of these; the message names the nearest.
        """
        from domainaug.profile.explaining import explain

        return explain(self, name)

    def preview(
        self,
        image: NDArray[Any],
        n: int = 8,
        seed: int = 0,
        mask: NDArray[Any] | None = None,
        strength: float = 1.0,
        tile: int = 232,
        value_range: tuple[float, float] | None = None,
    ) -> NDArray[Any]:
        """Return a contact sheet: the image and `n` augmented copies, each with what happened to it.

        Args:
            image: (H, W) or (H, W, C), in its own type and unit.
            n: How many copies.
            seed: Fixes them.
            mask: (H, W) labels, drawn as outlines, or None.
            strength: As for `compose`.
            tile: Longest side of a picture on the sheet, in pixels.
            value_range: What is black and what is white, where neither the type nor the profile says so.

        Returns:
            (h, w, 3) uint8.

        Raises:
            domainaug.errors.ImageError: It is no such array (a path, for example).
        """
        from domainaug.profile.contact_sheet import contact_sheet

        return contact_sheet(
            self, image, n=n, seed=seed, mask=mask, strength=strength, tile=tile, value_range=value_range
        )

    def _repr_html_(self) -> str:
        from domainaug.profile.explanation import profile_html

        return profile_html(self)


def fulfils(value: Any, wanted: tuple[Any, ...]) -> bool:
    """Return whether an option's value is one of those wanted; true is not 1 here."""
    if not wanted:
        return bool(value)
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in wanted)
