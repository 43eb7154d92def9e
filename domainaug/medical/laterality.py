"""What a header says of sides, and what becomes of it when the patient is mirrored.

The pixels are mirrored and the geometry stays: it is another patient, whose left knee was a right one. So what names a
side names the other one: Laterality (PS3.3 C.7.3.1), Image and Frame Laterality (C.7.6.1, C.7.6.16.2.8), modifiers of
the anatomic region (10.5), a lateral View Position, a patient who lies on a side (C.7.3.1.1.2). Patient Orientation
stays, as the edges of the picture still point where they did. Texts of the series that name a side are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydicom import Dataset

from domainaug.errors import LabelError
from domainaug.medical.deeds import effects_in, is_mirrored
from domainaug.medical.side_words import OPPOSITE_CODES, names_sides

__all__ = ["MIRRORED_SITUS", "SIDED", "SIDES", "check_sides", "is_mirrored_patient", "swap_sides"]

MIRRORED_SITUS = "mirrored-situs"
"""What a user allows who wants mirrored hearts and livers."""

_BY = "AnatomicalMirror"

SIDES = ("Laterality", "ImageLaterality", "FrameLaterality", "MeasurementLaterality")
"""Attributes that are L or R."""

_OTHER: Mapping[str, Mapping[str, str]] = {
    **{name: {"L": "R", "R": "L"} for name in SIDES},
    "ViewPosition": {"LL": "RL", "RL": "LL", "LLD": "RLD", "RLD": "LLD", "LLO": "RLO", "RLO": "LLO"},
    "PatientPosition": {"HFDL": "HFDR", "HFDR": "HFDL", "FFDL": "FFDR", "FFDR": "FFDL"},
}
"""Attributes whose value names a side, and the value that names the other one."""

_TEXTS = (
    *("ProtocolName", "ImageComments", "AcquisitionComments", "AcquisitionProtocolName"),
    *("AcquisitionProtocolDescription", "PerformedProcedureStepDescription"),
)
_REGIONS = ("AnatomicRegionSequence", "PrimaryAnatomicStructureSequence")
_MODIFIERS = ("AnatomicRegionModifierSequence", "PrimaryAnatomicStructureModifierSequence")
_VIEWS = ("ViewCodeSequence",)
_WITHIN = ("FrameAnatomySequence",)

SIDED = (*_OTHER, *_TEXTS, *_REGIONS, *_VIEWS, "BodyPartExamined")
"""What is asked of a header."""

_SITUS = frozenset(
    (
        *("CHEST", "THORAX", "LUNG", "HEART", "MEDIASTINUM", "CORONARYARTERY", "AORTA", "TRUNK", "WHOLEBODY"),
        *("CHESTABDOMEN", "CHESTABDPELVIS", "ABDOMEN", "ABDOMENPELVIS", "LIVER", "SPLEEN", "STOMACH", "PANCREAS"),
        *("GALLBLADDER", "BILEDUCT", "DUODENUM", "SMALLINTESTINE", "COLON", "APPENDIX", "ESOPHAGUS"),
    )
)
"""Body parts with organs that lie to one side (PS3.16 annex L)."""


def is_mirrored_patient(record: Mapping[str, Any]) -> bool:
    """Return whether a pipeline mirrored the patient, on purpose, and nothing else turned a hand into the other."""
    steps = record.get("steps", ())
    mirrors = [step["transform"] for step in steps if is_mirrored(effects_in({"effects": step.get("effects")}))]
    return not record.get("undeclared") and len(mirrors) % 2 == 1 and set(mirrors) == {_BY}


def check_sides(source: Dataset, allowed: frozenset[str]) -> None:
    """Refuse a mirrored patient of whom the header could not tell the truth, or who is not to be mirrored.

    Args:
        source: The header of the image.
        allowed: Codes of findings that are accepted.

    Raises:
        LabelError: Organs that lie to one side would lie to the other; or a code holds the side, and nothing tells the
            code for the other one.
    """
    part = str(source.get("BodyPartExamined") or "").upper().replace(" ", "")
    sided = any(str(source.get(name) or "") in ("L", "R") for name in SIDES)
    known = part or sided or source.get("AnatomicRegionSequence")
    if MIRRORED_SITUS not in allowed and (part in _SITUS or not known):
        why = "organs there lie to one side" if part in _SITUS else "nothing says which body part it shows"
        raise LabelError(
            f"the patient is mirrored, and {why}: the copy would show a heart or a liver on the wrong side; allow "
            f"{MIRRORED_SITUS} if that is meant, or leave AnatomicalMirror out of the pipeline"
        )
    for name in (*_REGIONS, *_VIEWS):
        for item in source.get(name) or ():
            if names_sides(str(item.get("CodeMeaning") or "")):
                raise LabelError(
                    f"the patient is mirrored, and a code in {name} holds the side, of which nobody can tell what the "
                    "code of the other one is; leave AnatomicalMirror out of the pipeline"
                )


def swap_sides(out: Dataset) -> None:
    """Exchange left and right in a header, or a functional group, in place."""
    for name, others in _OTHER.items():
        value = str(out.get(name) or "")
        if value in others:
            out[name].value = others[value]
    for name in _TEXTS:
        if names_sides(str(out.get(name) or "")):
            del out[name]
    for modifier in _modifiers(out):
        other = OPPOSITE_CODES.get((str(modifier.get("CodeValue")), str(modifier.get("CodingSchemeDesignator"))))
        if other is not None:
            modifier.CodeValue, modifier.CodeMeaning = other.value, other.meaning
    for name in _WITHIN:
        for item in out.get(name) or ():
            swap_sides(item)


def _modifiers(out: Dataset) -> Iterator[Dataset]:
    for region in (item for name in _REGIONS for item in out.get(name) or ()):
        for name in _MODIFIERS:
            yield from region.get(name) or ()
    for name in _MODIFIERS:
        yield from out.get(name) or ()
