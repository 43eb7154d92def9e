"""Write docs/catalogue.md from the profiles: `python docs/render_catalogue.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from domainaug.profile.catalogue import catalogue_folder, list_profiles, load_profile
from domainaug.profile.citations import Reference, references
from domainaug.profile.model import Evidence, Limit, Profile
from domainaug.profile.part import Lighting, Part
from domainaug.profile.part_rules import rules_of_part
from domainaug.profile.wording import condition_in_words, limit_in_words

HERE = Path(__file__).resolve().parent

INTRODUCTION = """\
# The catalogue

<!-- Written by docs/render_catalogue.py from profiles/; do not edit by hand. -->

Every profile, every rule, why, and who says so.

* An **error** is a breach after which the label or the picture is no longer true. A **warning** is a breach after
  which it is true but unlikely: such images do not occur in the field, or not like this.
* Several rules may bind one effect; all of them hold. A rule with `unless` is lifted, and one with `when` holds, under
  the option named there. Options are what you vouch for: `load_profile(id, options={...})`.
* Evidence is *strong*, *moderate* or an *opinion*; an opinion without a source is ours. "But" is who does otherwise.
  Nothing is cited that was not read; [the list of sources](#sources) says how much of each.
* Limits leave room for what gentle augmentation brings along: a turn cuts corners, a zoom out leaves a border, contrast
  about black shifts mid-gray, blur takes contrast from small things.
* A recipe lies inside its own limits at full strength, under the options as they are by default. An option that narrows
  geometry or tone (`size_thresholded_labels`, `quantitative_map`, `calibrated_labels` ...) wants a narrower recipe, and
  says so.
* What the limits cannot say yet: motion blur has a length and no direction, so "along the feed only" is a reason here
  and not a rule; a shift has no direction either, so "along the seam" is one too.

![a picture of each of six fields, and three copies of it by the recipe of its profile](images/profiles.jpg)

Left, what ships inside pydicom, pydicom-data, nibabel and scikit-image; beside it three copies at full strength, and
the steps that made them. `python docs/render_profiles.py` draws the picture.

![a part for each of thirteen profiles of manufacturing, and three copies of it by the recipe](images/part-profiles.jpg)

Left, parts that `python docs/render_part_profiles.py` draws, each with a defect; beside them copies at full strength.
The grain stays along its axis, the screw keeps its hand, the ring of failing dies stays at the edge.
"""


def render() -> str:
    """Return the page."""
    profiles = [load_profile(name) for name in list_profiles(include_abstract=True)]
    known = references(catalogue_folder() / "references.bib")
    parts = [INTRODUCTION, *_overview(profiles)]
    for profile in profiles:
        parts += _section(profile, known)
    parts += [*_of_parts(profiles, known), "## Sources", "", *_sources(known)]
    return "\n".join(parts) + "\n"


def _overview(profiles: list[Profile]) -> Iterator[str]:
    yield "| profile | for | rules of its own | extends |"
    yield "|---|---|---|---|"
    for profile in profiles:
        title = profile.title + (" (abstract: only to be extended)" if profile.abstract else "")
        parent = _link(profile.parents[0]) if profile.parents else ""
        yield f"| {_link(profile.id)} | {title} | {len(_own(profile))} | {parent} |"
    yield ""


def _section(profile: Profile, known: Mapping[str, Reference]) -> Iterator[str]:
    yield f"## {profile.id}"
    yield ""
    yield f"**{profile.title}**, version {profile.version}. {profile.description}"
    yield ""
    yield f"Unless told otherwise, the check assumes {_frame(profile)}."
    if profile.parents:
        yield f"Rules that are not here are those of {_link(profile.parents[0])}."
    yield ""
    if profile.options:
        yield "| option | by default | means |"
        yield "|---|---|---|"
        for name, value in profile.options.items():
            choices = profile.option_choices.get(name)
            among = f" (one of {', '.join(map(str, choices))})" if choices else ""
            shown = "not said" if value is None else str(value).lower() if isinstance(value, bool) else value
            yield f"| `{name}` | {shown}{among} | {profile.option_help[name]} |"
        yield ""
    yield "| code | effect | allowed | why | who says so |"
    yield "|---|---|---|---|---|"
    for rule in _own(profile):
        yield _row(rule, known)
    yield ""
    if profile.recipe:
        yield f"Recipe: {', '.join(_steps(profile.recipe))}."
        yield ""


def _of_parts(profiles: Sequence[Profile], known: Mapping[str, Reference]) -> Iterator[str]:
    """Yield the rules that follow from parts, each as it is in the first profile that has it."""
    yield "## Rules that follow from a part"
    yield ""
    yield (
        "Where a profile or a user describes the part ([manufacturing.md](manufacturing.md#the-part)), these hold "
        "beside the rules above."
    )
    yield ""
    yield "| code | effect | allowed | why | who says so |"
    yield "|---|---|---|---|---|"
    every = [[limit for limit in profile.limits if limit.origin == "part"] for profile in profiles]
    shown: dict[str, dict[str, Limit]] = {}
    for rules in (*every, *(rules_of_part(part) for part in _EXAMPLES)):
        for limit in rules:
            shown.setdefault(limit.code, {}).setdefault(limit.effect.name, limit)
    for _, rule in sorted(shown.items()):
        yield _row(list(rule.values()), known)
    yield ""


_EXAMPLES = (
    Part(symmetry="D3", lighting=Lighting(azimuth_deg=0.0), transform_is_a_defect=("shift",)),
    Part(handed=True, grain_deg=0.0, period_mm=(1.0, 1.0)),
)


def _own(profile: Profile) -> list[list[Limit]]:
    """Return the rules written in the profile's own file, each as its limits, one for each effect."""
    rules: dict[str, list[Limit]] = {}
    for limit in profile.limits:
        if limit.origin.rpartition(":")[0] == profile.id:
            rules.setdefault(limit.code, []).append(limit)
    return list(rules.values())


def _row(rule: list[Limit], known: Mapping[str, Reference]) -> str:
    first = rule[0]
    ways = {limit_in_words(limit): [each.effect.name for each in rule if limit_in_words(each) == limit_in_words(limit)]
            for limit in rule}  # fmt: skip
    allowed = f"**{limit_in_words(first)}**"
    if len(ways) > 1:
        allowed = "; ".join(f"{', '.join(names)}: **{words}**" for words, names in ways.items())
    if first.unless:
        allowed += f", unless {condition_in_words(first.unless)}"
    if first.when:
        allowed += f", when {condition_in_words(first.when)}"
    if first.severity == "warning":
        allowed += " (warning)"
    says = "; ".join(_evidence(item, known) for item in first.evidence)
    if first.counter_evidence:
        says += ". But: " + "; ".join(_against(item) for item in first.counter_evidence)
    why = first.reason + (f" Allows more than its parent: {first.loosens}" if first.loosens else "")
    effects = ", ".join(limit.effect.name for limit in rule)
    return f"| {first.code} | {effects} | {allowed} | {why} | {says} |"


def _evidence(item: Evidence, known: Mapping[str, Reference]) -> str:
    source = f"[{item.cite}](#sources), {item.strength}" if item.cite in known else item.strength
    return f"{source}: {item.note}" if item.note else source


def _against(item: Evidence) -> str:
    source = f"[{item.cite}](#sources)" if item.cite else "practice"
    return f"{source}: {item.note}" if item.note else source


def _frame(profile: Profile) -> str:
    frame, values = profile.frame, profile.value_range
    words = f"{frame.height} x {frame.width} pixels, {'gray' if frame.channels == 1 else 'color'}"
    if frame.spacing:
        words += f", {frame.spacing[0]:g} mm a pixel"
    if frame.volume:
        words += ", slices of a volume"
    if values.low is not None and values.high is not None:
        words += f", values from {values.low:g} to {values.high:g} {values.unit}"
    return words


def _steps(recipe: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for step in recipe:
        for name, arguments in step.items():
            inner = arguments.get("transforms")
            often = f" at p {arguments['p']:g}" if "p" in arguments else ""
            yield (f"{' or '.join(_steps(inner))}" if inner else f"`{name}`") + often


def _sources(known: Mapping[str, Reference]) -> Iterator[str]:
    for key in sorted(known):
        yield f"* **{key}**: {known[key]} {known[key].fields['note']}."


def _link(name: str) -> str:
    return f"[{name}](#{name.replace('/', '')})"


if __name__ == "__main__":
    (HERE / "catalogue.md").write_text(render(), encoding="utf-8")
