"""The check's own codes: what it says besides the rules of a profile. Codes never change meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domainaug.check.finding import Finding, Level

__all__ = ["CODES", "Code", "own"]


@dataclass(frozen=True, slots=True)
class Code:
    """One code of the check.

    Attributes:
        code: "DA101".
        slug: A name for people: "unknown-argument".
        severity: What it counts as unless the case says otherwise.
        meaning: What is wrong, in one sentence.
        help: What to do about it.
    """

    code: str
    slug: str
    severity: Level
    meaning: str
    help: str


_TABLE = (
    Code(
        "DA101",
        "unknown-argument",
        "error",
        "A transform was given an argument its class does not have; albumentations only warns and ignores it.",
        "Use the name the class has, or leave the argument out.",
    ),
    Code(
        "DA102",
        "unspoken-effect",
        "warning",
        "The pipeline has an effect that the profile says nothing about.",
        "Add a limit for the effect to your profile; `allow: any` if the field tolerates it.",
    ),
    Code(
        "DA103",
        "unreadable-output",
        "error",
        "What comes out cannot be related to what went in: the picture is destroyed.",
        "Look at an output; values may have been clipped to [0, 1] or rescaled.",
    ),
    Code(
        "DA104",
        "misbehaves",
        "error",
        "The callable raises, returns nothing, changes the type of its image, or returns values that are no numbers.",
        "Make it take an image and return one of the same type and value range.",
    ),
    Code(
        "DA105",
        "silence",
        "note",
        "What was measured only says what was seen; this note says how rare an unseen effect may be.",
        "Raise the budget, or use transforms that declare what they do.",
    ),
    Code(
        "DA106",
        "one-stream",
        "warning",
        "A seeded albumentations.Compose gives every step the same random stream, so draws of its steps are "
        "correlated.",
        "Build it with `profile.compose()` or `domainaug.Pipeline`, which give every step its own stream.",
    ),
    Code(
        "DA107",
        "unused-waiver",
        "warning",
        "A waiver names a code that nothing in this pipeline broke.",
        "Remove the waiver.",
    ),
    Code("DA108", "waived", "note", "A finding was waived; the waiver's reason is given.", "Nothing."),
    Code(
        "DA109",
        "value-range",
        "error",
        "An albumentations transform clips or changes values that lie outside [0, 1] or 0 to 255.",
        "Run it in `domainaug.Pipeline`, which takes such transforms through [0, 1] and back.",
    ),
    Code(
        "DA110",
        "assumption",
        "note",
        "A limit was judged with something the check was not told, such as the pixel spacing.",
        "Say it: `--spacing`, `--size`, `--channels`, or `frame=`.",
    ),
    Code(
        "DA111",
        "depends-on-picture",
        "warning",
        "What a transform does depends on what is in the picture; no bound can be declared for it.",
        "Use a transform with a bound, or look at it on pictures of your own: `pictures=`.",
    ),
    Code(
        "DA112",
        "cannot-run",
        "error",
        "A transform cannot run on images of this kind (number of channels, value type).",
        "Remove it, or convert the image first.",
    ),
    Code(
        "DA113",
        "cannot-examine",
        "error",
        "A step could not be examined.",
        "Check the step by itself as `module:attribute`.",
    ),
)

CODES: Mapping[str, Code] = MappingProxyType({row.code: row for row in _TABLE})
"""Every code of the check, in order."""


def own(
    code: str,
    found: str,
    *,
    where: str = "",
    path: tuple[int, ...] = (),
    effect: str = "",
    limit: str = "",
    reason: str = "",
    severity: Level | None = None,
) -> Finding:
    """Return a finding under one of the check's own codes; what is not given is taken from its row."""
    row = CODES[code]
    return Finding(
        code=code,
        severity=severity or row.severity,
        effect=effect,
        found=found,
        limit=limit or row.help,
        reason=reason or row.meaning,
        where=where,
        path=path,
    )
