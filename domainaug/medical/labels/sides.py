"""Left and right: which side a label names, and what becomes of that in a mirrored patient.

A mirror in space makes a left kidney a right one. Then names and codes change sides, and where both of a pair are
there they change places, so that a number that means "left kidney" all over a data set still does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from domainaug.errors import LabelError
from domainaug.medical.deeds import Code
from domainaug.medical.labels.model import Labels, Segment, Side
from domainaug.medical.side_words import OPPOSITE_CODES, side_in, side_of_codes, swapped_name

__all__ = ["mirrored", "side_in", "side_of_codes", "swapped_name"]


def mirrored(labels: Labels, pairs: Mapping[int, int] | None = None) -> Labels:
    """Return labels as they are called in a mirrored patient.

    Args:
        labels: Masks and contours have been mirrored already.
        pairs: Numbers of left and right; {} says that nothing has a side. Where None, names and codes tell.

    Raises:
        LabelError: Nothing tells which side a structure is of: it has no name, or a code names a side and the other
            one of the pair is not there to take the code from.
    """
    exchanged = _exchanged(labels, pairs)
    landmarks = tuple(
        replace(one, number=exchanged.get(one.number, one.number), **_turned(one.name, one.side))
        for one in labels.landmarks
    )
    segments = tuple(one if one.number in exchanged or pairs is not None else _renamed(one) for one in labels.segments)
    contours = tuple(replace(one, number=exchanged.get(one.number, one.number)) for one in labels.contours)
    masks = []
    for mask in labels.masks:
        if mask.share_of is not None:
            masks.append(replace(mask, share_of=exchanged.get(mask.share_of, mask.share_of)))
            continue
        values = mask.values.copy()
        for number, other in exchanged.items():
            values[mask.values == number] = other
        masks.append(replace(mask, values=values))
    return replace(labels, segments=segments, contours=contours, masks=tuple(masks), landmarks=landmarks)


def _exchanged(labels: Labels, pairs: Mapping[int, int] | None) -> dict[int, int]:
    """Return which numbers change places."""
    if pairs is not None:
        both = {**{int(b): int(a) for a, b in pairs.items()}, **{int(a): int(b) for a, b in pairs.items()}}
        for number in both:
            labels.segment(number)
        return both
    found: dict[int, int] = {}
    for one in labels.segments:
        if not one.side:
            _refuse_unnamed(one)
            continue
        partner = _partner(one, labels.segments)
        if partner is not None:
            found[one.number] = partner.number
    return found


def _refuse_unnamed(one: Segment) -> None:
    if not one.name and one.code is None:
        raise LabelError(
            f"the patient is mirrored, and nothing tells whether segment {one.number} is of one side: give it a name "
            "(Labels.with_names), pass pairs={left: right, ...}, or leave mirrors out"
        )


def _partner(one: Segment, segments: Sequence[Segment]) -> Segment | None:
    """Return the other one of a pair: what is called the same but for the side."""
    wanted = swapped_name(one.name).casefold()
    for other in segments:
        if other.number != one.number and other.side == _other(one.side) and other.name.casefold() == wanted:
            return other
    return None


def _renamed(one: Segment) -> Segment:
    """Return a sided segment of the other side, alone of its pair."""
    if not one.side:
        return one
    sided = (one.category, one.code, one.region)
    wrong = [code.meaning for code in sided if code is not None and side_in(code.meaning)]
    if wrong or not (side_in(one.name) or side_of_codes((*one.modifiers, *one.region_modifiers))):
        what = f"its code {wrong[0]!r} names a side" if wrong else "only its side is known, and no name or code"
        raise LabelError(
            f"the patient is mirrored, and segment {one.number} is of one side: {what}, and without its pair it cannot "
            "be turned into the other; leave mirrors out, or pass pairs={left: right, ...}"
        )
    return replace(
        one,
        **_turned(one.name, one.side),
        modifiers=tuple(map(_opposite, one.modifiers)),
        region_modifiers=tuple(map(_opposite, one.region_modifiers)),
    )


def _turned(name: str, side: Side) -> dict[str, Any]:
    return {"name": swapped_name(name), "side": _other(side)} if side else {}


def _opposite(code: Code) -> Code:
    return OPPOSITE_CODES.get((code.value, code.scheme), code)


def _other(side: Side) -> Side:
    return "right" if side == "left" else "left" if side == "right" else ""
