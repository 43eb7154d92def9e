"""One defect on one photograph: where it goes, and every try that the gate looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np

from domainaug.errors import DomainAugError, ImageError, LabelError
from domainaug.layouts.layout import Sample
from domainaug.manufacturing.defect import Defect
from domainaug.manufacturing.defects import kind
from domainaug.manufacturing.defects.kinds import Kind
from domainaug.manufacturing.drawing import Attempt, accepted
from domainaug.manufacturing.gate import Gate, Verdict
from domainaug.manufacturing.measures import Made
from domainaug.manufacturing.pasting.paste import paste
from domainaug.manufacturing.pasting.patch import Patch
from domainaug.manufacturing.relight import Relight
from domainaug.manufacturing.site import Box, Site
from domainaug.manufacturing.sources import ANOMALIES, source
from domainaug.preview.marks import marks_of
from domainaug.preview.sizing import Setting, settings_for
from domainaug.profile.part import Part

__all__ = [
    "HOUSED",
    "Setting",
    "Tried",
    "Wish",
    "components_of",
    "gate_for",
    "pasted",
    "pasted_tries",
    "settings_for",
    "site_for",
    "tries_of",
    "usual_place",
]

HOUSED = ("burr", "missing", "misplaced", "perlin")
"""Kinds that lie where an outline, a component or the noise that they are cut from is, and nowhere else."""

_MOST_COMPONENTS = 400
_NEARLY = 0.9  # of a mask on the part: what sticks out is left away, as a run does


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted on a photograph.

    Attributes:
        kind: One of `KINDS`, which are drawn, or of `ANOMALIES`, the papers'.
        sizes: Its settings; what is left out is drawn as usual.
        seed: Everything left to chance follows from it.
        place: The middle of where it goes, as shares of the height and the width; None for a place by chance.
    """

    kind: str
    sizes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """One try.

    Attributes:
        made: The photograph with the defect; None where there was no room for it.
        attempt: Its seed, and what the gate said.
        drawn: What was drawn, for the record.
    """

    made: Made | None
    attempt: Attempt
    drawn: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What the gate said."""
        return self.attempt.verdict


def tries_of(wish: Wish, site: Site, gate: Gate | None = None, *, most: int = 8) -> tuple[Tried, ...]:
    """Return the tries of one wanted defect, as a run makes them: until the gate accepts one, `most` times at most.

    Args:
        wish: What is wanted; at a place, every try goes there, and components and edges keep theirs.
        site: The photograph.
        gate: Thresholds; the defaults when None.
        most: How many; 1 shows what the seed draws, accepted or not.

    Raises:
        UnknownName: There is no such kind or setting.
        ImageError: The photograph lacks what the kind needs.
        DomainAugError: A setting is not legal.
    """
    try:
        make = _maker(wish, site)
    except ValueError as error:
        raise DomainAugError(str(error)) from None
    return _kept(make, site, wish.seed, gate_for(wish.kind, gate), most)


def gate_for(name: str, gate: Gate | None = None) -> Gate:
    """Return the thresholds that a kind has to pass: seams, which the papers' have by design, count for nothing there.

    Args:
        name: Of the kind.
        gate: Thresholds; the defaults when None.
    """
    whole = gate or Gate()
    return source(name).gate(whole) if name in ANOMALIES else whole


def _maker(wish: Wish, site: Site) -> Callable[[int], Made]:
    """Return what makes a wanted defect of a seed.

    Raises:
        UnknownName: There is no such kind or setting.
        ValueError: A setting is not legal.
    """
    if wish.kind not in ANOMALIES:
        drawn, relight = kind(wish.kind, **dict(wish.sizes)), Relight()
        return lambda own: relight.draw(_placed(drawn, own, wish, site), site)
    made: Any = source(wish.kind, wish.sizes)
    if wish.place is None or wish.kind in HOUSED:
        return lambda own: made.make(own, site)
    return lambda own: made.make(own, site, place=wish.place)


def pasted(
    patch: Patch,
    site: Site,
    *,
    seed: int = 0,
    place: tuple[float, float] | None = None,
    blend: str = "ratio",
    gate: Gate | None = None,
    scale: float = 1.0,
) -> Tried:
    """Return a photograph with a defect of a bank, brought to its pitch, and what the gate says.

    Args:
        patch: The defect, as it was cut.
        site: The photograph.
        seed: Of the place, where none is told.
        place: The middle of where it goes, as shares of height and width.
        blend: How it is put in; a name of `domainaug.manufacturing.pasting.blending.BLENDS`.
        gate: Thresholds; the defaults when None.
        scale: It is made so many times as large.

    Raises:
        LabelError: It does not fit on the part whole.
        UnknownName: There is no such blend.
    """
    return pasted_tries(patch, site, seed=seed, place=place, blend=blend, gate=gate, scale=scale, most=1)[0]


def pasted_tries(
    patch: Patch,
    site: Site,
    *,
    seed: int = 0,
    place: tuple[float, float] | None = None,
    blend: str = "ratio",
    gate: Gate | None = None,
    scale: float = 1.0,
    most: int = 8,
) -> tuple[Tried, ...]:
    """Return the tries of one defect of a bank: until the gate accepts one, `most` times at most; see `pasted`."""
    fitted = replace(patch, pitch_mm=patch.pitch_mm * scale).turned(pitch_mm=site.pitch_mm)

    def make(own: int) -> Made:
        random = np.random.Generator(np.random.Philox(key=own))
        found = paste(fitted, site, random, blend=blend, place=place, spread=0.0)
        if found is None:
            raise LabelError(
                f"this {patch.kind} of {fitted.area_mm2:.3g} mm² does not lie on the part whole; "
                "choose another place, or a smaller one"
            )
        return found

    return _kept(make, site, seed, gate, most)


def site_for(sample: Sample, part: Part) -> Site:
    """Return a photograph as what defects are drawn on, with the components that its labels mark.

    Raises:
        ImageError: It is no picture, its part has no pitch, or nothing on it belongs to the part.
    """
    if sample.image is None:
        raise ImageError("defects are drawn on pictures, and this is none; choose a photograph of a part")
    value_range = sample.value_range if sample.image.dtype.kind != "u" else None
    own = None if sample.mask is None else np.asarray(sample.mask) > 0
    if part.foreground.by == "masks" and own is None:
        raise ImageError("nothing marks the part on this picture; tell the part from its surroundings by brightness")
    return Site.of(sample.image, part, value_range=value_range, mask=own, components=components_of(sample))


def components_of(sample: Sample) -> tuple[Box, ...]:
    """Return the boxes of what labels mark: first row, first column and the ends of both."""
    marks = marks_of(sample)
    found = [] if marks.boxes is None else [(top, left, bottom, right) for left, top, right, bottom in marks.boxes]
    if not found and marks.numbers is not None:
        for number in np.unique(marks.numbers[marks.numbers > 0])[:_MOST_COMPONENTS].tolist():
            rows, columns = np.nonzero(marks.numbers == number)
            found.append((rows.min(), columns.min(), rows.max() + 1, columns.max() + 1))
    return tuple((round(a), round(b), round(c), round(d)) for a, b, c, d in np.asarray(found).tolist())


def usual_place(site: Site) -> tuple[float, float]:
    """Return the place on the part that is farthest from its edge, as shares of height and width."""
    if site.inside is None:
        return 0.5, 0.5
    rim = np.pad(site.inside.astype(np.uint8), 1)
    far = cv2.distanceTransform(rim, cv2.DIST_L2, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(far.argmax()), far.shape)
    return round((float(row) + 0.5) / far.shape[0], 2), round((float(column) + 0.5) / far.shape[1], 2)


def _kept(make: Callable[[int], Made], site: Site, seed: int, gate: Gate | None, most: int) -> tuple[Tried, ...]:
    """Return every try of `accepted`, with its picture."""
    pictures: list[Made | None] = []

    def remembered(own: int) -> Made:
        pictures.append(None)
        pictures[-1] = found = make(own)
        return found

    outcome = accepted(remembered, site, seed, gate=gate, most=most)
    return tuple(Tried(made, attempt, _drawn(made)) for made, attempt in zip(pictures, outcome.attempts, strict=True))


def _drawn(made: Any) -> dict[str, Any]:
    """Return what was drawn, of a relit defect or of one that was put in."""
    told = getattr(made, "parameters", None)
    defect = getattr(made, "defect", None)
    return dict(told if told is not None else defect.parameters if defect is not None else {})


def _placed(made: Kind, seed: int, wish: Wish, site: Site) -> Defect:
    """Return a defect where it is wanted, as much of it as lies on the part."""
    defect = made.draw(seed, replace(site, inside=None) if wish.place and wish.kind not in HOUSED else site)
    if wish.place is None or wish.kind in HOUSED:
        return defect
    rows, columns = np.nonzero(defect.mask)
    if not len(rows):
        return defect
    middle = (rows.min() + rows.max() + 1) / 2, (columns.min() + columns.max() + 1) / 2
    wanted = wish.place[0] * site.shape[0], wish.place[1] * site.shape[1]
    moved = defect.moved((round(wanted[0] - middle[0]), round(wanted[1] - middle[1])))
    if site.inside is None or site.share_on_part(moved) < _NEARLY:
        return moved  # the gate is to say so
    return moved.only_on(site.inside)
