"""What transforms that put defects on photographs of parts have in common: how many, past which gate, labeled how."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from domainaug._albumentations import A
from domainaug.declare.sets import up_to
from domainaug.effects import Interval
from domainaug.errors import ImageError, LabelError, UnknownName
from domainaug.generators import Frame, Generators
from domainaug.manufacturing.drawing import accepted
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.measures import Made
from domainaug.manufacturing.site import Box, Site
from domainaug.manufacturing.sources import Source
from domainaug.profile.part import Foreground, Part, Response
from domainaug.transforms.arguments import choice, number
from domainaug.transforms.fusing import Drawn as Parameters
from domainaug.transforms.own import Ranged, draw_key, governed, spacing_of

__all__ = ["PutsDefects", "named_kinds", "plain", "words"]

Array = NDArray[Any]

_SMALLEST = 12  # pixels along a side: on a smaller picture nothing is put
_MOST = 100  # defects, or tries


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PutOn:
    """What was put on the picture that chance was drawn for, so that it is not made twice."""

    source: Array
    picture: Array
    mask: NDArray[np.bool_]
    each: tuple[Made, ...]

    def is_for(self, picture: Array) -> bool:
        """Return whether it was made for this picture."""
        return picture.shape == self.source.shape and np.array_equal(picture, self.source)


class PutsDefects(Ranged, A.DualTransform):  # type: ignore[misc]
    """Mixed in: puts defects on a photograph, writes them into the mask, and boxes about them where it is told how.

    Attributes:
        adds_boxes: Its boxes are rows beside those of the call; see `domainaug.pipeline`.
    """

    _targets = (
        A.core.type_definitions.Targets.IMAGE,
        A.core.type_definitions.Targets.MASK,
        A.core.type_definitions.Targets.BBOXES,
    )

    adds_boxes: ClassVar[bool] = True
    draws_from = "picture"
    neutral: ClassVar[Mapping[str, float]] = {}
    governs: ClassVar[Mapping[str, tuple[str, ...]]] = governed(("drawn_defect",), "cover")

    def _keep(
        self,
        *,
        label: float,
        response: Any,
        foreground: Any,
        gate: Mapping[str, Any] | None,
        cover: float,
        tries: int,
        count: Any,
        masks: str,
        unlabeled: bool,
        box_label: float | str | None,
        spacing: Any,
    ) -> None:
        """Check and keep what all of them are told."""
        self.label = number(self, "label", label)
        self.response, self.foreground = plain(response), plain(foreground)
        self.gate = None if gate is None else plain(gate)
        self.cover = number(self, "cover", cover, least=0.0, most=1.0)
        self.tries = int(number(self, "tries", tries, least=1, most=_MOST))
        self.count = _count(self, count)
        self.masks = choice(self, "masks", masks, ("refuse", "each"))
        self.unlabeled = bool(unlabeled)
        self.box_label = box_label if isinstance(box_label, str | None) else number(self, "box_label", box_label)
        pair = (spacing, spacing) if isinstance(spacing, int | float) else spacing
        self.spacing = None if pair is None else tuple(number(self, "spacing", one, above=0.0) for one in pair)
        own = type(self).__name__
        self._response = words(Response, "curve", self.response, f"{own}: response")
        self._foreground = words(Foreground, "by", self.foreground, f"{own}: foreground")
        if self._foreground.by == "masks":
            raise ValueError(f'{own}: foreground: one of none, otsu and threshold is needed, got "masks"')
        self._gate = Gate.from_mapping(self.gate or {})

    @abstractmethod
    def _sources(self) -> tuple[Source, ...]:
        """Return how defects are made; each as often as another."""

    @abstractmethod
    def _elsewhere(self, put: PutOn, picture: Array, params: Mapping[str, Any]) -> Array:
        """Return another picture of the same call with the same defects."""

    def _part(self, pitch: float) -> Part:
        """Return what is known of the part."""
        return Part(pitch, response=self._response, foreground=self._foreground)

    def _threshold(self, source: Source) -> Gate:
        """Return the gate that defects of a source pass."""
        return self._gate if "seam" in (self.gate or {}) else source.gate(self._gate)

    @property
    def targets_as_params(self) -> list[str]:
        """What the call has to say: nothing but the picture."""
        return []

    # -- drawing -----------------------------------------------------------------------------------------

    def draw(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Put defects, past the gate, on the picture of the call."""
        self._refuse_labels(data)
        picture = data["image"] if "image" in data else data["images"][0]
        many = (
            self.count
            if isinstance(self.count, int)
            else int(self.random_generator.integers(*self.count, endpoint=True))
        )
        told: list[dict[str, Any]] = []
        put = PutOn(picture, picture, np.zeros(picture.shape[:2], np.bool_), ())
        for _ in range(many):
            drawn, made = self._one(data, put)
            told.append(drawn)
            if made is not None:
                put = PutOn(picture, made.picture, put.mask | made.mask, (*put.each, made))
        first = next((one for one in told if one["kind"] is not None), told[0])
        others = tuple(one for one in told if one is not first)
        if first["kind"] is None:
            return {**first, "also": others} if others else first
        low, high = self._range(data, picture)
        pitch = self._pitch(data)
        whole = {**first, "share": float(put.mask.mean()), "pitch_mm": pitch, "range": (low, high), "made": put}
        columns = data.get("box_columns")
        return {
            **whole,
            **({"also": others} if others else {}),
            **({"columns": columns} if columns is not None else {}),
        }

    def _one(self, data: Mapping[str, Any], put: PutOn) -> tuple[dict[str, Any], Made | None]:
        """Put one more on what there is already; return what to record of it, and the photograph with it, or None."""
        sources = self._sources()
        source = sources[int(self.random_generator.integers(len(sources)))]
        key = draw_key(self.random_generator)
        nothing = {"kind": None, "key": key, "share": 0.0, "refused": ()}
        if min(put.picture.shape[:2]) < _SMALLEST or self.cover == 0:
            return nothing, None
        site = self._site(put.picture, self._pitch(data), self._range(data, put.picture), data.get("components") or ())
        gate = self._threshold(source)
        gate = gate.with_sizes(area_mm2=self._area(gate, site, float(put.mask.mean())))
        try:
            outcome = accepted(lambda own: source.make(own, site), site, key, gate=gate, most=self.tries)
        except LabelError:  # there is no room for it
            return {**nothing, "refused": (("no-room",),) * self.tries}, None
        told = {**nothing, "refused": tuple(map(tuple, outcome.refused))}
        if outcome.drawn is None:
            return told, None
        seen = outcome.attempts[-1].verdict.measures
        about = source.told(outcome.drawn)
        return {
            **told,
            "kind": about["kind"],
            "seed": outcome.attempts[-1].seed,
            "at": tuple(about["at"]),
            "sizes": about["sizes"],
            "contrast": seen.contrast,
            "length_mm": seen.length_mm,
            "area_mm2": seen.area_mm2,
            "share": float(outcome.drawn.mask.mean()),
        }, outcome.drawn

    def _pitch(self, data: Mapping[str, Any]) -> float:
        spacing = spacing_of(data, self.spacing, 2)
        if spacing is None:
            own = type(self).__name__
            raise ImageError(
                f"{own} draws sizes in mm and nothing tells how many a pixel is: pass spacing=(rows, columns) to "
                "the call or to the transform"
            )
        return float(np.sqrt(spacing[0] * spacing[1]))

    def _range(self, data: Mapping[str, Any], picture: Array) -> tuple[float, float]:
        low, high = data.get("value_range") or _range_of(picture)
        return float(low), float(high)

    def _site(
        self, picture: Array, pitch: float, value_range: tuple[float, float], components: Sequence[Box] = ()
    ) -> Site:
        return Site.of(picture, self._part(pitch), value_range=value_range, components=components)

    def _area(self, gate: Gate, site: Site, taken: float) -> tuple[float, float]:
        most = max(self.cover - taken, 0.0) * site.shape[0] * site.shape[1] * site.pitch_mm**2
        low, high = gate.area_mm2 or (0.0, most)
        return min(low, most), min(high, most)

    def _refuse_labels(self, data: Mapping[str, Any]) -> None:
        own = type(self).__name__
        if "image" not in data and "images" not in data:
            raise ImageError(f"{own} draws on pictures: pass image=")
        if "bboxes" in data and self.box_label is None:
            raise LabelError(
                f"{own} does not know what a box of its own is to be called; pass box_label= to it, or mask= alone and "
                "take boxes from it"
            )
        if "bboxes" in data and "masks" in data:
            raise LabelError(f"{own} cannot add a mask to those of several boxes; pass mask= beside bboxes=")
        if "masks" in data and self.masks == "refuse":
            raise LabelError(
                f'{own} does not know which of several masks gets the defect; pass mask=, or masks="each" to the '
                "transform where each is a map of labels"
            )
        if not self.unlabeled and not {"mask", "masks", "bboxes"} & data.keys():
            raise LabelError(f"{own} would leave a defect without a label; pass mask=, or unlabeled=True to it")

    # -- carrying out ------------------------------------------------------------------------------------

    def apply(self, img: Array, **params: Any) -> Array:
        """Return a picture with the defects."""
        if params["kind"] is None:
            return img.copy()
        put: PutOn = params["made"]
        return put.picture.copy() if put.is_for(img) else self._elsewhere(put, img, params)

    def apply_to_mask(self, mask: Array, **params: Any) -> Array:
        """Return a mask with the defects."""
        out = mask.copy()
        if params["kind"] is not None:
            marked: Array = params["made"].mask
            if marked.shape != mask.shape[:2]:
                raise LabelError(f"{type(self).__name__}: the mask is {mask.shape[:2]} and the picture {marked.shape}")
            out[marked] = self.label
        return out

    def apply_to_masks(self, masks: Array, **params: Any) -> Array:
        """Return label maps with the defects in each."""
        return np.stack([self.apply_to_mask(mask, **params) for mask in masks])

    def apply_to_bboxes(self, bboxes: Array, **params: Any) -> Array:
        """Return boxes and one about each defect, (n, 4 and more): shares of the picture, then what labels them.

        Raises:
            LabelError: The label is a word, and nothing says which number stands for it.
        """
        if params["kind"] is None:
            return bboxes
        known = params.get("columns")
        if known is None and isinstance(self.box_label, str):
            own = type(self).__name__
            raise LabelError(f"{own}: box_label={self.box_label!r}: words need a domainaug Pipeline; pass a number")
        wide = bboxes.shape[1] if bboxes.ndim == 2 and len(bboxes) else 4 + len(known if known is not None else ())
        rows = np.full((len(params["made"].each), wide), 0.0 if known is not None else self.box_label, np.float32)
        for row, made in zip(rows, params["made"].each, strict=True):
            down, right = np.flatnonzero(made.mask.any(axis=1)), np.flatnonzero(made.mask.any(axis=0))
            height, width = made.mask.shape
            row[:4] = right[0] / width, down[0] / height, (right[-1] + 1) / width, (down[-1] + 1) / height
            if known is not None:
                row[4 : 4 + len(known)] = known
        there = bboxes if len(bboxes) else np.zeros((0, wide), np.float32)
        return np.vstack([there, rows.astype(there.dtype)])

    # -- effects -----------------------------------------------------------------------------------------

    def declare_effects(self, frame: Frame) -> Generators:
        """Return what it does: defects of up to `cover` of the picture, with their mask."""
        return Generators.bounds(drawn_defect=up_to(self.cover))

    def drawn_effects(self, params: Parameters, frame: Frame) -> Generators:
        """Return what one draw did."""
        return Generators.bounds(drawn_defect=Interval(params["share"], params["share"]))


def _count(owner: Any, value: Any) -> int | tuple[int, int]:
    each = tuple(value) if isinstance(value, list | tuple) else (value,)
    whole = all(isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= _MOST for one in each)
    if not whole or len(each) not in (1, 2) or list(each) != sorted(each):
        raise ValueError(
            f"{type(owner).__name__}: count: a number from 1 to {_MOST}, or two in order, is needed, got {value!r}"
        )
    return each[0] if len(each) == 1 else (each[0], each[1])


def _range_of(picture: Array) -> tuple[float, float]:
    return (0.0, float(np.iinfo(picture.dtype).max)) if picture.dtype.kind == "u" else (0.0, 1.0)


def named_kinds(own: str, kinds: Any, legal: Iterable[str]) -> tuple[Any, dict[str, Any]]:
    """Return kinds as they are saved with a pipeline, and each with its settings, {} where none are said.

    Args:
        own: The transform, for errors.
        kinds: One, several, or a mapping of them to their settings.
        legal: Names there are, for errors.

    Raises:
        ValueError: There is none.
    """
    kept = kinds if isinstance(kinds, str) else plain(kinds)
    names = (kept,) if isinstance(kept, str) else tuple(kept)
    if not names:
        raise ValueError(f"{own}: kinds: at least one of {', '.join(legal)} is needed")
    return kept, {name: (kept[name] or {}) if isinstance(kept, Mapping) else {} for name in names}


def plain(value: Any) -> Any:
    """Return mappings as dicts and sequences as tuples, so that equal transforms save alike."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    return tuple(plain(one) for one in value) if isinstance(value, list | tuple) else value


def words(cls: type[Any], first: str, value: Any, where: str) -> Any:
    """Return what a word or a mapping says of the part.

    Raises:
        UnknownName: It says what there is not.
        ValueError: A word is none of those that are legal.
    """
    said = value if isinstance(value, Mapping) else {first: value}
    known = [one.name for one in fields(cls)]
    for each in said:
        if each not in known:
            raise UnknownName("setting", each, known, where=where)
    word, legal = said.get(first), _WORDS[first]
    if word is not None and word not in legal:
        raise ValueError(f"{where}: one of {', '.join(legal)} is needed, got {word!r}")
    return cls(**said)


_WORDS: Mapping[str, tuple[str, ...]] = {
    "kind": ("bright-field", "dark-field", "back-light", "dome", "x-ray", "structured"),
    "curve": ("srgb", "gamma", "linear", "log"),
    "by": ("none", "otsu", "threshold", "masks"),
}
