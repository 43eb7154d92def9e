"""The shape of a profile file: what keys there are and what each takes; also as a JSON Schema for editors.

Only the shape is held here. What the words mean (effects, codes, options, units) is checked where they are
turned into limits, so that each error can name the place and the nearest right word.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domainaug.effects import EFFECTS
from domainaug.errors import ProfileError, nearest
from domainaug.profile.reading import Document, Where

__all__ = ["EvidenceEntry", "LimitEntry", "OptionEntry", "ProfileFile", "schema_json", "validate"]

_EFFECT_NAMES = {"enum": list(EFFECTS)}
_EFFECT_SCHEMA: dict[str, Any] = {"anyOf": [_EFFECT_NAMES, {"type": "array", "items": _EFFECT_NAMES, "minItems": 1}]}

Amount = int | float | str
Condition = str | dict[str, Any]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class EvidenceEntry(_Entry):
    """One source, for or against."""

    cite: str = Field(default="", description="key of an entry in references.bib; left out for an opinion")
    strength: Literal["strong", "moderate", "opinion"] | None = Field(
        default=None, description="strong, moderate or opinion; needed in `evidence`"
    )
    note: str = Field(default="", description="text: what was found there, in a few words")


class LimitEntry(_Entry):
    """One rule, for one effect or several. Exactly one of `allow`, `max`, `min` and `range` is given."""

    effect: Annotated[str | list[str], Field(json_schema_extra=_EFFECT_SCHEMA)] = Field(
        description="an effect's name, or a list of them"
    )
    code: str = Field(
        description="two to four capitals and three digits, such as MED101", pattern=r"^[A-Z]{2,4}[0-9]{3}$"
    )
    allow: Literal["never", "any"] | None = Field(default=None, description="never or any")
    max: Amount | None = Field(default=None, description="an amount such as 10 deg, 5 % or 0.2")
    min: Amount | None = Field(default=None, description="an amount such as 90 %")
    range: list[Amount] | None = Field(
        default=None, description="a list of two amounts, low and high", min_length=2, max_length=2
    )
    every: Amount | None = Field(
        default=None,
        description="an angle such as 60 deg, or the option symmetry: the range holds around each such turn",
    )
    p_max: Amount | None = Field(
        default=None, description="the largest share of images it may happen to, 0 to 1 or in %"
    )
    unless: Condition | None = Field(default=None, description="an option, or option: [values] pairs")
    when: Condition | None = Field(default=None, description="an option, or option: [values] pairs")
    severity: Literal["error", "warning"] = Field(default="error", description="error or warning")
    reason: str = Field(description="text: why, in the words of the field", min_length=1)
    evidence: list[EvidenceEntry] = Field(default=[], description="a list of {cite, strength, note}")
    counter_evidence: list[EvidenceEntry] = Field(default=[], description="a list of {cite, note}")
    loosens: str | None = Field(
        default=None, description="text: why this allows more than the parent does", min_length=1
    )


class FrameEntry(_Entry):
    """The image that the check assumes when it is told nothing else."""

    size: list[int] | None = Field(default=None, description="[height, width] in pixels", min_length=2, max_length=2)
    channels: int | None = Field(default=None, description="a whole number; 1 is gray", ge=1, le=64)
    spacing_mm: float | list[float] | None = Field(default=None, description="mm a pixel: a number, or [rows, columns]")
    volume: bool | None = Field(default=None, description="true or false: whether images are slices of a volume")
    scene: bool | None = Field(
        default=None, description="true or false: whether images show a scene, which has weather"
    )
    part: bool | None = Field(
        default=None, description="true or false: whether images show a part that is inspected, and may get defects"
    )


class ValueRangeEntry(_Entry):
    """What pixel values mean."""

    low: float | None = Field(default=None, description="a number: the dark end")
    high: float | None = Field(default=None, description="a number: the bright end")
    unit: str | None = Field(default=None, description="text such as HU or level")
    fill: float | None = Field(default=None, description="a number: the value outside the field of view")


class OptionEntry(_Entry):
    """Something the user must vouch for or say."""

    default: bool | int | float | str | None = Field(description="its value when nobody sets it")
    meaning: str = Field(description="text: what it means, one sentence", min_length=1)
    choices: list[bool | int | float | str] | None = Field(default=None, description="a list of the values it can have")


class LightingEntry(_Entry):
    """How a part is lit."""

    kind: Literal["bright-field", "dark-field", "back-light", "dome", "x-ray", "structured"] = Field(
        default="bright-field", description="bright-field, dark-field, back-light, dome, x-ray or structured"
    )
    azimuth_deg: float | None = Field(
        default=None, description="degrees from the picture's right, counter-clockwise, where the light comes from"
    )
    elevation_deg: float | None = Field(
        default=None, description="degrees of the light over the surface, 0 to 90", gt=0, le=90
    )


class ResponseEntry(_Entry):
    """How values follow light."""

    curve: Literal["srgb", "gamma", "linear", "log"] = Field(
        default="srgb", description="srgb, gamma, linear or log: how values follow light"
    )
    gamma: float = Field(default=2.2, description="a number above 0: the exponent of `gamma`", gt=0, le=10)
    decades: float = Field(
        default=2.0, description="a number above 0: powers of ten of light over the range of `log`", gt=0, le=10
    )
    inverted: bool = Field(default=False, description="true or false: whether more light is darker, as on film")


class ForegroundEntry(_Entry):
    """What belongs to the part."""

    by: Literal["none", "otsu", "threshold", "masks"] = Field(
        default="none", description="none, otsu, threshold or masks: how the part is told from what lies around it"
    )
    threshold: float | None = Field(default=None, description="a share of the value range, 0 to 1", ge=0, le=1)
    brighter: bool = Field(default=True, description="true or false: whether the part is brighter than what is around")
    folder: str | None = Field(default=None, description="text: a folder of masks with the names of the pictures")


class PartEntry(_Entry):
    """The part that is inspected."""

    pixel_pitch_mm: float | None = Field(
        default=None, description="a number above 0: mm on the part from pixel to pixel", gt=0, lt=1e6
    )
    symmetry: str = Field(
        default="none",
        description="none, C2 to C12 (turns), D1 to D12 (turns and mirrors), round or texture",
        pattern=r"^(none|round|texture|C([2-9]|1[0-2])|D([1-9]|1[0-2]))$",
    )
    axis_deg: float = Field(default=90.0, description="degrees: the direction of one mirror line of a D part; 90 is up")
    handed: bool = Field(default=False, description="true or false: whether a mirrored part is another part")
    grain_deg: float | None = Field(default=None, description="degrees: the direction of the grain; 0 is along rows")
    period_mm: list[float] | None = Field(
        default=None, description="[along rows, along columns]: mm after which the pattern repeats", min_length=2,
        max_length=2,
    )  # fmt: skip
    lighting: LightingEntry = Field(
        default=LightingEntry(), description="a mapping of kind, azimuth_deg, elevation_deg"
    )
    response: ResponseEntry = Field(default=ResponseEntry(), description="a mapping of curve, gamma, decades, inverted")
    foreground: ForegroundEntry = Field(
        default=ForegroundEntry(), description="a mapping of by, threshold, brighter, folder"
    )
    transform_is_a_defect: Annotated[list[str], Field(json_schema_extra={"items": _EFFECT_NAMES})] = Field(
        default=[], description="a list of effects that are a defect of this part"
    )


class GateEntry(_Entry):
    """Thresholds of the gate that drawn defects pass; what is not said has its default."""

    on_part: float | None = Field(default=None, description="a share: least of the mask on the part", ge=0, le=1)
    contrast: float | None = Field(default=None, description="a number from 0 up: least contrast", ge=0)
    seam: float | None = Field(default=None, description="a number from 1 up: largest seam", ge=1)
    outside: float | None = Field(default=None, description="a share: largest of the change off the mask", ge=0, le=1)
    mask_changed: float | None = Field(default=None, description="a share: least of the mask that changed", ge=0, le=1)
    change_marked: float | None = Field(
        default=None, description="a share: least of the change that is marked", ge=0, le=1
    )
    length_mm: list[float] | None = Field(
        default=None, description="[shortest, longest] in mm", min_length=2, max_length=2
    )
    area_mm2: list[float] | None = Field(
        default=None, description="[smallest, largest] in square mm", min_length=2, max_length=2
    )
    distance: float | None = Field(
        default=None, description="a number from 0 up: deviations from the real defects", ge=0
    )
    real: dict[str, Any] | None = Field(
        default=None, description="a mapping: how real defects look, as `domainaug calibrate` writes it"
    )


class ProfileFile(_Entry):
    """A profile: the limits of one field, each with its reason, and a recipe inside them."""

    id: str = Field(
        description="text: its road in the catalogue (medical/chest-xray)", pattern=r"^[a-z0-9][a-z0-9/_-]*$"
    )
    version: str = Field(description="three numbers such as 1.0.0", pattern=r"^\d+\.\d+\.\d+$")
    title: str = Field(description="text: a name for people", min_length=1)
    description: str = Field(default="", description="text")
    abstract: bool = Field(default=False, description="true or false: only there to be extended")
    extends: str | None = Field(default=None, description="a profile's id, or a path to a YAML file", min_length=1)
    applies_to: dict[str, Any] = Field(default={}, description="a mapping; dicom holds tag values")
    frame: FrameEntry = Field(
        default=FrameEntry(), description="a mapping of size, channels, spacing_mm, volume, scene, part"
    )
    value_range: ValueRangeEntry = Field(default=ValueRangeEntry(), description="a mapping of low, high, unit, fill")
    options: dict[str, OptionEntry | bool | int | float | str | None] = Field(
        default={}, description="name: {default, meaning}, or name: value to set a parent's"
    )
    waive: dict[str, str] = Field(default={}, description="CODE: the reason it is waived")
    part: PartEntry | None = Field(default=None, description="a mapping: pixel_pitch_mm, symmetry, lighting ...")
    gate: GateEntry | None = Field(
        default=None, description="a mapping of thresholds for drawn defects: contrast, seam, on_part ..."
    )
    defects: dict[str, dict[str, Any] | None] | None = Field(
        default=None, description="class: {from, sizes ..., gate, places}, for runs that make defects"
    )
    limits: list[LimitEntry] = Field(default=[], description="a list of rules")
    recipe: list[dict[str, Any]] | None = Field(default=None, description="a list of transform: {parameters} entries")


def schema_json() -> str:
    """Return the JSON Schema of a profile file, as `profiles/schema.json` holds it."""
    schema = ProfileFile.model_json_schema()
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "domainaug profile",
        **{key: value for key, value in schema.items() if key != "title"},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def validate(document: Document) -> ProfileFile:
    """Return the file as a typed value.

    Raises:
        ProfileError: The shape is wrong; says where the first fault is, what it got and what is legal.
    """
    try:
        return ProfileFile.model_validate(document.data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    # a misspelled key also leaves the right one missing: say the cause, not the consequence
    causes = [x for x in faults if x["type"] == "extra_forbidden"] or faults
    places = sorted((document.mark(_road(document, x["loc"]), key=True), i) for i, x in enumerate(causes))
    others = len({_road(document, x["loc"]) for x in causes}) - 1
    raise _fault(document, causes[places[0][1]], f" (and {others} more)" if others else "")


def _road(document: Document, loc: tuple[str | int, ...]) -> Where:
    """Return `loc` without what pydantic adds for the branches of a union."""
    road: Where = ()
    for part in loc:
        if (*road, part) in document.values:
            road = (*road, part)
    return road


def _fault(document: Document, fault: Mapping[str, Any], more: str) -> ProfileError:
    road = _road(document, fault["loc"])
    kind, last = fault["type"], str(fault["loc"][-1])
    if kind == "extra_forbidden":
        model = _model_at(road[:-1])
        close = nearest(last, model.model_fields)
        hint = f"did you mean {close!r}?" if close else "known: " + ", ".join(model.model_fields)
        return document.fault(f"no key is called {last!r} here; {hint}{more}", *road, key=True)
    if kind == "missing":
        expected = _expected((*road, last))
        return document.fault(f"{last!r} is missing; expected {expected}{more}", *road)
    name, got = _named(road), _shown(fault["input"])
    expected = _expected(road)
    hint = ""
    if kind == "literal_error" and isinstance(fault["input"], str):
        close = nearest(fault["input"], _choices(road))
        hint = f"; did you mean {close!r}?" if close else ""
    elif road == ("version",) and isinstance(fault["input"], int | float):
        hint = "; write all three numbers"
    return document.fault(f"{name}: expected {expected}, got {got}{hint}{more}", *road)


def _named(road: Where) -> str:
    words = [str(part) for part in road if isinstance(part, str)]
    return words[-1] if words else "profile"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


_MODELS: Mapping[str, type[_Entry]] = {
    "limits": LimitEntry,
    "evidence": EvidenceEntry,
    "counter_evidence": EvidenceEntry,
    "frame": FrameEntry,
    "value_range": ValueRangeEntry,
    "options": OptionEntry,
    "part": PartEntry,
    "gate": GateEntry,
    "lighting": LightingEntry,
    "response": ResponseEntry,
    "foreground": ForegroundEntry,
}


def _model_at(road: Where) -> type[_Entry]:
    """Return the model whose keys stand at `road`."""
    for part in reversed(road):
        if isinstance(part, str) and part in _MODELS:
            return _MODELS[part]
    return ProfileFile


def _expected(road: Where) -> str:
    """Return what the key at `road` takes, in words."""
    names = [part for part in road if isinstance(part, str)]
    for depth in range(len(names), 0, -1):
        holder = _model_at(tuple(names[: depth - 1]))
        field = holder.model_fields.get(names[depth - 1])
        if field is not None and field.description:
            return field.description
    return "a mapping"


def _choices(road: Where) -> list[str]:
    field = _model_at(road[:-1]).model_fields[_named(road)]
    found: list[str] = []
    for branch in (field.annotation, *get_args(field.annotation)):
        found += [value for value in get_args(branch) if isinstance(value, str)]
    return found


if __name__ == "__main__":  # python -m domainaug.profile.schema > profiles/schema.json
    sys.stdout.write(schema_json())
