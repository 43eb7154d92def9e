"""What the user of a series should know about it: findings, and those that headers alone give away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domainaug.errors import UnknownName
from domainaug.medical.instance import Instance
from domainaug.medical.laterality import MIRRORED_SITUS
from domainaug.medical.plausible import UNKNOWN_TEXT
from domainaug.medical.remarks import DERIVED_HERE, SAID

__all__ = ["IN_VOLUMES", "NOT_HU", "REFUSING", "SeriesFinding", "code_called", "kinship", "notes"]

IN_VOLUMES = ("CT", "MR", "PT")
"""Modalities whose images can make up a volume."""


@dataclass(frozen=True, slots=True)
class SeriesFinding:
    """Something about a stack that its user should know.

    Attributes:
        code: A stable code ("missing-slice", "monochrome1" ...).
        message: One sentence, free of patient identifiers.
        refuses: Whether it makes the stack wrong as a volume.
    """

    code: str
    message: str
    refuses: bool = False

    def told(self) -> str:
        """Return the message, and how to go on in spite of it, where that is possible."""
        may = self.code in REFUSING and (self.refuses or self.code == UNKNOWN_TEXT)
        return f"{self.message}; --allow {self.code} accepts it" if may else self.message


def kinship(stack: Sequence[Instance], siblings: Sequence[Sequence[Instance]]) -> Iterable[SeriesFinding]:
    """Yield what being one of several stacks of a series means."""
    if len(siblings) < 2:
        return
    yield SeriesFinding("split", f"its series holds {len(siblings)} stacks, which are taken one by one")
    orientations = {str(sibling[0].orientation) for sibling in siblings}
    if len(orientations) > 1 and stack[0].modality in IN_VOLUMES:
        yield SeriesFinding("mixed-orientation", f"its series holds {len(orientations)} orientations")


def notes(stack: Sequence[Instance]) -> Iterable[SeriesFinding]:
    """Yield what the headers of a stack alone give away."""
    for finding, applies in _NOTES:
        if applies(stack):
            yield finding
    remarks = frozenset[str]().union(*(instance.remarks for instance in stack))
    for code, said in SAID.items():
        if code in remarks:
            yield SeriesFinding(code, said)


def _differ(stack: Sequence[Instance], what: Callable[[Instance], object]) -> bool:
    return len({what(instance) for instance in stack}) > 1


_NOTES: tuple[tuple[SeriesFinding, Callable[[Sequence[Instance]], bool]], ...] = (
    (
        SeriesFinding("mixed-storage", "its images are stored in different ways", refuses=True),
        lambda stack: _differ(stack, lambda x: (x.storage.allocated, x.storage.stored, x.storage.signed)),
    ),
    (
        SeriesFinding("mixed-frames", "its images lie in different frames of reference", refuses=True),
        lambda stack: _differ(stack, lambda x: x.frame_of_reference_uid),
    ),
    (
        SeriesFinding("mixed-rescale", "some of its images have a look-up table or a rescale type of their own", True),
        lambda stack: _differ(stack, lambda x: (x.storage.lookup, x.value_type)),
    ),
    (
        SeriesFinding("rescale-per-slice", "every slice has its own rescale slope and intercept"),
        lambda stack: _differ(stack, lambda x: (x.storage.slope, x.storage.intercept)),
    ),
    (
        SeriesFinding("single-slice", "a single slice, and no volume: it is augmented as an image"),
        lambda stack: len(stack) == 1 and stack[0].modality in IN_VOLUMES,
    ),
    (
        SeriesFinding("cine", "its frames follow each other in time; they share every draw"),
        lambda stack: stack[0].in_time and len(stack) > 1,
    ),
    (
        SeriesFinding("overlay-in-pixels", "graphics lie in bits of its pixels that hold no value; they come apart"),
        lambda stack: any(instance.overlays_inside for instance in stack),
    ),
    (
        SeriesFinding("localizer", "a localizer: planned on, not diagnosed on"),
        lambda stack: "LOCALIZER" in stack[0].image_type,
    ),
    (
        SeriesFinding("monochrome1", "low values are bright; it is turned round while it is augmented"),
        lambda stack: stack[0].photometric == "MONOCHROME1",
    ),
    (
        SeriesFinding("padding-value", "pixels outside the image carry a padding value"),
        lambda stack: stack[0].storage.padding is not None,
    ),
    (
        SeriesFinding("modality-lut", "values go through a look-up table; it is augmented before that table"),
        lambda stack: stack[0].storage.lookup,
    ),
    (
        SeriesFinding("no-rescale", "it is CT without a rescale slope: its values are not known to be HU"),
        lambda stack: stack[0].modality == "CT" and not stack[0].rescaled,
    ),
    (
        SeriesFinding("no-spacing", "the size of a pixel is not known"),
        lambda stack: stack[0].spacing is None,
    ),
    (
        SeriesFinding("burned-in", "text is burned into its pixels; content may not be moved"),
        lambda stack: any(instance.burned_in for instance in stack),
    ),
    (
        SeriesFinding(UNKNOWN_TEXT, "nothing says whether text is burned into its pixels; content may not be moved"),
        lambda stack: any(instance.may_have_text for instance in stack),
    ),
    (
        SeriesFinding("no-file-meta", "its file meta information is incomplete"),
        lambda stack: not all(instance.has_meta for instance in stack),
    ),
)
"""What is found on the headers alone, and when."""

NOT_HU = "not-hu"
"""Code of CT whose values are not HU, for a profile that is in HU."""

REFUSING = (
    *("duplicate-position", "missing-slice", "uneven-spacing", "shifted-slices", "gantry-tilt"),
    *(finding.code for finding, _ in _NOTES if finding.refuses),
    UNKNOWN_TEXT,
    MIRRORED_SITUS,
    DERIVED_HERE,
    NOT_HU,
)
"""Codes of what can be allowed: what makes a stack wrong as a volume, text that there may be, a heart on the right."""

_SHORT = {
    "tilt": "gantry-tilt",
    "gaps": "missing-slice",
    "uneven": "uneven-spacing",
    "duplicates": "duplicate-position",
}
"""Short names that those who allow a finding may say."""


def code_called(name: str) -> str:
    """Return the code of the finding that a user calls by it or by its short name.

    Raises:
        UnknownName: No finding that can be allowed has this name.
    """
    code = _SHORT.get(name, name)
    if code not in REFUSING:
        raise UnknownName("finding", name, (*REFUSING, *_SHORT), listed=REFUSING)
    return code
