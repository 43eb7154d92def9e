"""Defects on photographs of parts, drawn with their mask: in mm, in light, and past a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from domainaug.manufacturing.defects import KINDS, kind
from domainaug.manufacturing.relight import Drawn, Relight
from domainaug.manufacturing.sources import DrawnKind, Source
from domainaug.profile.part import Lighting, Part
from domainaug.transforms.arguments import number, share
from domainaug.transforms.puts_defects import PutOn, PutsDefects, named_kinds, plain, words

__all__ = ["DrawDefect"]

Array = NDArray[Any]


class DrawDefect(PutsDefects):
    """Draws defects on a photograph of a part, and writes them into the mask.

    A kind is drawn with sizes in mm, relit as the part is lit, blurred and grained as the camera does, and held against
    the gate; one that is refused is drawn anew, at most `tries` times, and then left out. The record says what was
    drawn, and how often and why tries were refused. Everything is a function of the seed and the picture.

    Boxes get one about each defect where `box_label` says what it is called; without it, calls with boxes are refused.
    `missing` and `misplaced` need boxes of what is mounted on the part: pass components=[(top, left, bottom, right),
    ...] beside the picture.

    Args:
        kinds: A kind, several, one of which is drawn, or a mapping of kinds to their sizes ({"scratch": {"length_mm":
            [2, 9]}}); see `domainaug.manufacturing.KINDS`.
        label: What the mask gets; a number.
        lighting: "bright-field", "dark-field", "back-light", "dome", "x-ray" or "structured"; or a mapping with `kind`,
            `azimuth_deg` and `elevation_deg`.
        response: "srgb", "gamma", "linear" or "log"; or a mapping with `curve`, `gamma`, `decades` and `inverted`.
        foreground: "none", "otsu" or "threshold"; or a mapping with `by`, `threshold` and `brighter`.
        gate: Thresholds that are not the defaults of `domainaug.manufacturing.Gate`.
        cover: Largest share of the picture that all of them together may mark; at 0 nothing is drawn.
        tries: How often each is drawn at most.
        count: How many: a number, or the fewest and the most.
        masks: Of a call with several masks: "refuse", or "each" where each is a map of labels that gets the defect.
        unlabeled: Whether calls without a mask get defects as well.
        box_label: What boxes about them are called: a number, or a word in a domainaug `Pipeline`.
        spacing: Millimeters from one pixel to the next, (rows, columns); what the call says goes before.
        gloss: Share of the light that comes back as from a mirror of small facets, 0 for matte paint to 1 for polished
            metal; by the kind of lighting when None.
        mu_per_mm: Attenuation of X-rays in the material, per mm: 0.06 is about aluminum at 80 keV.
        p: How often it happens.

    Raises:
        ValueError: An argument is not legal.
        ImageError: At the call: nothing tells the spacing, or the picture lacks what the kind needs.
        LabelError: At the call: labels that cannot get a defect.
    """

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
        count: int | Sequence[int] = 1,
        masks: str = "refuse",
        unlabeled: bool = False,
        box_label: float | str | None = None,
        spacing: Sequence[float] | float | None = None,
        gloss: float | None = None,
        mu_per_mm: float = 0.06,
        p: float = 0.5,
    ) -> None:
        super().__init__(p=share(self, "p", p))
        self._keep(
            label=label, response=response, foreground=foreground, gate=gate, cover=cover, tries=tries, count=count,
            masks=masks, unlabeled=unlabeled, box_label=box_label, spacing=spacing,
        )  # fmt: skip
        self.kinds, named = named_kinds("DrawDefect", kinds, KINDS)
        self.lighting = plain(lighting)
        self.gloss = None if gloss is None else number(self, "gloss", gloss, least=0.0, most=1.0)
        self.mu_per_mm = number(self, "mu_per_mm", mu_per_mm, above=0.0)
        self._lit = words(Lighting, "kind", self.lighting, "DrawDefect: lighting")
        relight = self._relight()
        self._drawers = tuple(DrawnKind(kind(name, **sizes), relight) for name, sizes in named.items())

    @classmethod
    def for_part(cls, part: Part, **arguments: Any) -> DrawDefect:
        """Return one that knows how a part is lit, how values follow light, what belongs to it, and its pitch.

        Args:
            part: The part.
            **arguments: Of the constructor, and before what the part says.
        """
        return cls(**{**part.seen(), **arguments})

    def _relight(self) -> Relight:
        return Relight(gloss=self.gloss, mu_per_mm=self.mu_per_mm)

    def _sources(self) -> tuple[Source, ...]:
        return self._drawers

    def _part(self, pitch: float) -> Part:
        return Part(pitch, lighting=self._lit, response=self._response, foreground=self._foreground)

    def _elsewhere(self, put: PutOn, picture: Array, params: Mapping[str, Any]) -> Array:
        """Return another picture with the same defects, as they look there."""
        for made in put.each:
            assert isinstance(made, Drawn)
            picture = (
                self._relight().draw(made.defect, self._site(picture, params["pitch_mm"], params["range"])).picture
            )
        return picture
