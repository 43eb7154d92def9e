"""Defects on photographs of parts, drawn with their mask: in mm, in light, and past a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import up_to
from domainaug.effects import Interval
from domainaug.errors import ImageError, LabelError, UnknownName
from domainaug.generators import Frame, Generators
from domainaug.manufacturing.defects import KINDS, kind
from domainaug.manufacturing.drawing import Outcome, draw_defect
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.relight import Drawn, Relight
from domainaug.manufacturing.site import Box, Site
from domainaug.profile.part import Foreground, Lighting, Part, Response
from domainaug.transforms.arguments import choice, number, share
from domainaug.transforms.fusing import Drawn as Parameters
from domainaug.transforms.own import Ranged, draw_key, governed, spacing_of

__all__ = ["DrawDefect"]

Array = NDArray[Any]

_SMALLEST = 12  # pixels along a side: on a smaller picture nothing is drawn


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Made:
    """What was drawn on the picture that chance was drawn for, so that it is not drawn twice."""

    source: Array
    drawn: Drawn

    def on(self, picture: Array) -> Drawn | None:
        """Return it if it is for this picture."""
        same = picture.shape == self.source.shape and np.array_equal(picture, self.source)
        return self.drawn if same else None


class DrawDefect(Ranged, A.DualTransform):  # type: ignore[misc]
    """Draws one defect on a photograph of a part, and writes it into the mask.

    A kind is drawn with sizes in mm, relit as the part is lit, blurred and grained as the camera does, and held against
    the gate; one that is refused is drawn anew, at most `tries` times, and then the picture stays as it is. The record
    says what was drawn, and how often and why tries were refused. Everything is a function of the seed and the picture.

    Boxes cannot get one more, so calls with boxes are refused: take them from the mask. `missing` and `misplaced` need
    boxes of what is mounted on the part: pass components=[(top, left, bottom, right), ...] beside the picture.

    Args:
        kinds: A kind, several, one of which is drawn, or a mapping of kinds to their sizes ({"scratch": {"length_mm":
            [2, 9]}}); see `domainaug.manufacturing.KINDS`.
        label: What the mask gets; a number.
        lighting: "bright-field", "dark-field", "back-light", "dome", "x-ray" or "structured"; or a mapping with `kind`,
            `azimuth_deg` and `elevation_deg`.
        response: "srgb", "gamma", "linear" or "log"; or a mapping with `curve`, `gamma`, `decades` and `inverted`.
        foreground: "none", "otsu" or "threshold"; or a mapping with `by`, `threshold` and `brighter`.
        gate: Thresholds that are not the defaults of `domainaug.manufacturing.Gate`.
        cover: Largest share of the picture that a defect may mark; at 0 nothing is drawn.
        tries: How often at most.
        masks: Of a call with several masks: "refuse", or "each" where each is a map of labels that gets the defect.
        unlabeled: Whether calls without a mask get defects as well.
        spacing: Millimeters from one pixel to the next, (rows, columns); what the call says goes before.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing, or the picture lacks what the kind needs.
        LabelError: At the call: labels that cannot get a defect.
    """

    _targets = (A.core.type_definitions.Targets.IMAGE, A.core.type_definitions.Targets.MASK)

    draws_from = "picture"
    neutral: ClassVar[Mapping[str, float]] = {}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("drawn_defect",), "cover")

    def __init__(
        self,
        kinds: str | Sequence[str] | Mapping[str, Any] = ("scratch", "dent", "pit", "stain"),
        label: float = 1,
        lighting: str | Mapping[str, Any] = "bright-field",
        response: str | Mapping[str, Any] = "srgb",
        foreground: str | Mapping[str, Any] = "none",
        gate: Mapping[str, Any] | None = None,
        cover: float = 0.1,
        tries: int = 8,
        masks: str = "refuse",
        unlabeled: bool = False,
        spacing: Sequence[float] | float | None = None,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self.kinds = kinds if isinstance(kinds, str) else _plain(kinds)
        self.label = number(self, "label", label)
        self.lighting, self.response, self.foreground = _plain(lighting), _plain(response), _plain(foreground)
        self.gate = None if gate is None else _plain(gate)
        self.cover = number(self, "cover", cover, least=0.0, most=1.0)
        self.tries = int(number(self, "tries", tries, least=1, most=100))
        self.masks = choice(self, "masks", masks, ("refuse", "each"))
        self.unlabeled = bool(unlabeled)
        pair = (spacing, spacing) if isinstance(spacing, int | float) else spacing
        self.spacing = None if pair is None else tuple(number(self, "spacing", one, above=0.0) for one in pair)
        self._drawers = self._checked()
        self._gate = Gate.from_mapping(self.gate or {})

    @classmethod
    def for_part(cls, part: Part, **arguments: Any) -> DrawDefect:
        """Return one that knows how a part is lit, how values follow light, what belongs to it, and its pitch.

        Args:
            part: The part.
            **arguments: Of the constructor, and before what the part says.
        """
        return cls(**{**part.seen(), **arguments})

    def _checked(self) -> tuple[Any, ...]:
        """Return the kinds, made, and keep what is said of the part."""
        named: Mapping[str, Any] = (
            self.kinds if isinstance(self.kinds, Mapping) else dict.fromkeys(_listed(self.kinds), None)
        )
        if not named:
            raise ValueError(f"DrawDefect: kinds: at least one of {', '.join(KINDS)} is needed")
        self._lit = _made(Lighting, "kind", self.lighting, "lighting")
        self._response = _made(Response, "curve", self.response, "response")
        self._foreground = _made(Foreground, "by", self.foreground, "foreground")
        if self._foreground.by == "masks":
            raise ValueError('DrawDefect: foreground: one of none, otsu and threshold is needed, got "masks"')
        return tuple(kind(name, **(sizes or {})) for name, sizes in named.items())

    @property
    def targets_as_params(self) -> list[str]:
        """What the call has to say: nothing but the picture."""
        return []

    # -- drawing -----------------------------------------------------------------------------------------

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Draw a defect, past the gate, on the picture of the call."""
        self._refuse_labels(data)
        picture = data["image"] if "image" in data else data["images"][0]
        drawer = self._drawers[int(self.random_generator.integers(len(self._drawers)))]
        key = draw_key(self.random_generator)
        nothing = {"kind": None, "key": key, "share": 0.0, "refused": ()}
        if min(picture.shape[:2]) < _SMALLEST or self.cover == 0:
            return nothing
        spacing = spacing_of(data, self.spacing, 2)
        if spacing is None:
            raise ImageError(
                "DrawDefect draws sizes in mm and nothing tells how many a pixel is: pass spacing=(rows, columns) to "
                "the call or to the transform"
            )
        pitch = float(np.sqrt(spacing[0] * spacing[1]))
        low, high = data.get("value_range") or _range_of(picture)
        site = self._site(picture, pitch, (float(low), float(high)), data.get("components") or ())
        gate = self._gate.with_sizes(area_mm2=self._area(site))
        outcome = draw_defect(drawer, site, key, gate=gate, relight=Relight(), most=self.tries)
        return {**nothing, "refused": tuple(map(tuple, outcome.refused)), **self._told(outcome, picture, site)}

    def _told(self, outcome: Outcome[Any], picture: Array, site: Site) -> dict[str, Any]:
        if outcome.drawn is None:
            return {}
        defect, verdict = outcome.drawn.defect, outcome.attempts[-1].verdict
        seen = verdict.measures
        return {
            "kind": defect.kind,
            "seed": defect.seed,
            "at": defect.at,
            "sizes": dict(defect.parameters),
            "contrast": seen.contrast,
            "length_mm": seen.length_mm,
            "area_mm2": seen.area_mm2,
            "share": float(outcome.drawn.mask.mean()),
            "pitch_mm": site.pitch_mm,
            "range": site.value_range,
            "made": _Made(picture, outcome.drawn),
        }

    def _site(
        self, picture: Array, pitch: float, value_range: tuple[float, float], components: Sequence[Box] = ()
    ) -> Site:
        part = Part(pitch, lighting=self._lit, response=self._response, foreground=self._foreground)
        return Site.of(picture, part, value_range=value_range, components=components)

    def _area(self, site: Site) -> tuple[float, float]:
        most = self.cover * site.shape[0] * site.shape[1] * site.pitch_mm**2
        low, high = self._gate.area_mm2 or (0.0, most)
        return min(low, most), min(high, most)

    def _refuse_labels(self, data: Mapping[str, Any]) -> None:
        if "image" not in data and "images" not in data:
            raise ImageError("DrawDefect draws on pictures: pass image=")
        if "bboxes" in data:
            raise LabelError("DrawDefect cannot add a box to those of the call; pass mask= and take boxes from it")
        if "masks" in data and self.masks == "refuse":
            raise LabelError(
                'DrawDefect does not know which of several masks gets the defect; pass mask=, or masks="each" to the '
                "transform where each is a map of labels"
            )
        if not self.unlabeled and "mask" not in data and "masks" not in data:
            raise LabelError("DrawDefect would leave a defect without a label; pass mask=, or unlabeled=True to it")

    # -- carrying out ------------------------------------------------------------------------------------

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture with the defect."""
        if params["kind"] is None:
            return img.copy()
        made: _Made = params["made"]
        drawn = made.on(img)
        if drawn is None:  # another picture of the same call: the same defect, as it looks there
            drawn = Relight().draw(made.drawn.defect, self._site(img, params["pitch_mm"], params["range"]))
        return drawn.picture

    def apply_to_mask(self, mask: Array, **params: Any) -> Array:
        """Return a mask with the defect."""
        out = mask.copy()
        if params["kind"] is not None:
            marked: Array = params["made"].drawn.mask
            if marked.shape != mask.shape[:2]:
                raise LabelError(f"DrawDefect: the mask is {mask.shape[:2]} and the picture {marked.shape}")
            out[marked] = self.label
        return out

    def apply_to_masks(self, masks: Array, **params: Any) -> Array:
        """Return label maps with the defect in each."""
        return np.stack([self.apply_to_mask(mask, **params) for mask in masks])

    # -- effects -----------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does: defects of up to `cover` of the picture, with their mask."""
        return Generators.bounds(drawn_defect=up_to(self.cover))

    def drawn_effects(self, params: Parameters, frame: Frame) -> Generators:
        """Return what one draw did."""
        return Generators.bounds(drawn_defect=Interval(params["share"], params["share"]))


def _range_of(picture: Array) -> tuple[float, float]:
    return (0.0, float(np.iinfo(picture.dtype).max)) if picture.dtype.kind == "u" else (0.0, 1.0)


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _plain(value: Any) -> Any:
    """Return mappings as dicts and sequences as tuples, so that equal transforms save alike."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    return tuple(_plain(one) for one in value) if isinstance(value, list | tuple) else value


def _made(cls: type[Any], first: str, value: Any, name: str) -> Any:
    """Return what a word or a mapping says of the part.

    Raises:
        UnknownName: It says what there is not.
        ValueError: A word is none of those that are legal.
    """
    said = value if isinstance(value, Mapping) else {first: value}
    known = [one.name for one in fields(cls)]
    for each in said:
        if each not in known:
            raise UnknownName("setting", each, known, where=f"DrawDefect: {name}")
    word, legal = said.get(first), _WORDS[first]
    if word is not None and word not in legal:
        raise ValueError(f"DrawDefect: {name}: one of {', '.join(legal)} is needed, got {word!r}")
    return cls(**said)


_WORDS: Mapping[str, tuple[str, ...]] = {
    "kind": ("bright-field", "dark-field", "back-light", "dome", "x-ray", "structured"),
    "curve": ("srgb", "gamma", "linear", "log"),
    "by": ("none", "otsu", "threshold", "masks"),
}
