"""Where synthetic defects come from, by name: drawn kinds, a bank of real ones, and anomalies of the papers.

A name of `KINDS` is drawn, with its sizes. "bank" puts real defects on, cut from labeled photographs. "cutpaste",
"scar", "nsa" and "perlin" are the papers' (`pasting/synthetic.py`), with sizes in mm or, by default, the papers' shares
of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Protocol

import numpy as np

from domainaug.errors import UnknownName
from domainaug.manufacturing.defects import KINDS, kind
from domainaug.manufacturing.defects.kinds import Kind
from domainaug.manufacturing.gate import Gate
from domainaug.manufacturing.measures import Made
from domainaug.manufacturing.pasting.bank import DefectBank
from domainaug.manufacturing.pasting.blending import BLENDS
from domainaug.manufacturing.pasting.synthetic import cut_paste, nsa, perlin_texture, scar
from domainaug.manufacturing.relight import Drawn, Relight
from domainaug.manufacturing.site import Site
from domainaug.manufacturing.sizes import (
    Constant,
    Empirical,
    LearnedSizes,
    LogUniform,
    Size,
    Sized,
    size_from,
    size_of,
)

__all__ = [
    "ANOMALIES",
    "BANK",
    "SOURCES",
    "Banked",
    "CutPaste",
    "DrawnKind",
    "Nsa",
    "Perlin",
    "Scar",
    "Source",
    "learned_settings",
    "read_settings",
    "settings_of",
    "source",
]

BANK = "bank"

Place = tuple[float, float] | None
_Shares = Mapping[str, tuple[float, float]]


class Source(Protocol):
    """A way to put one defect on a photograph."""

    def make(self, seed: int, site: Site) -> Made:
        """Return the photograph with a defect, a function of the seed and the site alone.

        Raises:
            LabelError: There is no room for it.
            ImageError: The site lacks what it needs.
        """

    def gate(self, gate: Gate) -> Gate:
        """Return a gate without the thresholds that its defects miss by design."""

    def told(self, made: Any) -> dict[str, Any]:
        """Return what was drawn, for the record."""


@dataclass(frozen=True, slots=True)
class DrawnKind:
    """A kind that is drawn and relit.

    Attributes:
        kind: With its sizes.
        relight: How it is drawn.
    """

    kind: Kind
    relight: Relight

    def make(self, seed: int, site: Site) -> Drawn:
        """See `Source`."""
        return self.relight.draw(self.kind.draw(seed, site), site)

    def gate(self, gate: Gate) -> Gate:
        """See `Source`."""
        return gate

    def told(self, made: Drawn) -> dict[str, Any]:
        """See `Source`."""
        return {"kind": made.defect.kind, "at": list(made.defect.at), "sizes": dict(made.defect.parameters)}


class _Pasted:
    """What sources of photographs that are put together have in common."""

    __slots__ = ()

    def gate(self, gate: Gate) -> Gate:
        """Return the gate as it is."""
        return gate

    def told(self, made: Any) -> dict[str, Any]:
        """Return what was drawn."""
        told = {name: value for name, value in made.parameters.items() if name != "kind"}
        at = told.pop("at", list(made.box[:2]))
        return {"kind": made.parameters.get("kind", "perlin"), "at": list(at), "sizes": told}


@dataclass(frozen=True, slots=True)
class Banked(_Pasted):
    """A real defect of a bank.

    Attributes:
        bank: Where from.
        kind: Its class in the bank; any where None.
        blend: How it is put in.
        prior: How near to where it lay it is put, as a share of the picture's size; None for anywhere.
    """

    bank: DefectBank
    kind: str | None = None
    blend: str = "ratio"
    prior: float | None = 0.05

    def make(self, seed: int, site: Site) -> Made:
        """See `Source`."""
        bank = replace(self.bank, prior=self.prior)
        return bank.drawn(site, np.random.default_rng(seed), kind=self.kind, blend=self.blend)


@dataclass(frozen=True, slots=True)
class _Sized(_Pasted):
    """What an anomaly of the papers is sized by where nobody says: shares of the picture, brought to mm.

    Attributes:
        shares: Size to the least and the largest share of the picture's side, or of its area.
    """

    shares: ClassVar[_Shares] = {}

    @classmethod
    def usual(cls, side_mm: float) -> dict[str, LogUniform]:
        """Return the sizes on a photograph as large as a square of this side; none below a thousandth of it."""
        found = {}
        for name, (low, high) in cls.shares.items():
            whole = side_mm**2 if name.endswith("_mm2") else side_mm
            found[name] = LogUniform(max(low, 1e-3) * whole, high * whole)
        return found

    def _size(self, name: str, site: Site) -> Sized:
        """Return a size that was said, or the usual one on a photograph."""
        said: Sized | None = getattr(self, name)
        return self.usual(_side(site))[name] if said is None else said


@dataclass(frozen=True, slots=True)
class _Anomaly(_Sized):
    def gate(self, gate: Gate) -> Gate:
        """Return the gate without a limit on seams, which these have by design."""
        return replace(gate, seam=math.inf)


@dataclass(frozen=True, slots=True)
class CutPaste(_Anomaly):
    """A rectangle put elsewhere (Li et al. 2021).

    Attributes:
        area_mm2: Of the rectangle; 2 to 15 % of the picture where None, as in the paper.
        aspect: Width over height.
        jitter: How far its light is changed.
    """

    shares: ClassVar[_Shares] = {"area_mm2": (0.02, 0.15)}

    area_mm2: Sized | None = None
    aspect: tuple[float, float] = (0.3, 3.3)
    jitter: float = 0.1

    def make(self, seed: int, site: Site, *, place: Place = None) -> Made:
        """See `Source`; at a place, as shares of height and width, where there is one."""
        area, (low, high) = self._size("area_mm2", site), self.aspect
        random = np.random.default_rng(seed)
        return cut_paste(site, random, area_mm2=area, aspect=(low, high), jitter=self.jitter, place=place)


@dataclass(frozen=True, slots=True)
class Scar(_Anomaly):
    """A thin piece put elsewhere, turned (Li et al. 2021).

    Attributes:
        length_mm: 10 to 25 of 256 of the picture's side where None, as in the paper.
        width_mm: 2 to 16 likewise.
        degrees: It is turned by up to this.
        jitter: How far its light is changed.
    """

    shares: ClassVar[_Shares] = {"length_mm": (10 / 256, 25 / 256), "width_mm": (2 / 256, 16 / 256)}

    length_mm: Sized | None = None
    width_mm: Sized | None = None
    degrees: float = 45.0
    jitter: float = 0.1

    def make(self, seed: int, site: Site, *, place: Place = None) -> Made:
        """See `Source`; at a place, as shares of height and width, where there is one."""
        return scar(
            site,
            np.random.default_rng(seed),
            length_mm=self._size("length_mm", site),
            width_mm=self._size("width_mm", site),
            degrees=self.degrees,
            jitter=self.jitter,
            place=place,
        )


@dataclass(frozen=True, slots=True)
class Nsa(_Sized):
    """A piece blended in, scaled (Schlueter et al. 2022); its mask is what changed.

    Attributes:
        length_mm: 3 to 40 % of the picture's side where None, as in the paper.
        width_mm: Likewise.
        scale: By how much it is scaled.
        blend: How it is put in.
    """

    shares: ClassVar[_Shares] = {"length_mm": (0.03, 0.4), "width_mm": (0.03, 0.4)}

    length_mm: Sized | None = None
    width_mm: Sized | None = None
    scale: tuple[float, float] = (0.7, 1.3)
    blend: str = "poisson"

    def make(self, seed: int, site: Site, *, place: Place = None) -> Made:
        """See `Source`; at a place, as shares of height and width, where there is one."""
        length, width = (self._size(name, site) for name in ("length_mm", "width_mm"))
        (low, high), random = self.scale, np.random.default_rng(seed)
        return nsa(site, random, length_mm=length, width_mm=width, scale=(low, high), blend=self.blend, place=place)


@dataclass(frozen=True, slots=True)
class Perlin(_Anomaly):
    """Another texture where noise is highest (DRAEM 2021, MemSeg 2023, GLASS 2024).

    Attributes:
        grain_mm: From one blob to the next; a 64th to all of the picture's side where None, as in DRAEM.
        share: Of the part that is covered.
        opacity: Of the texture; drawn about a half where None.
    """

    shares: ClassVar[_Shares] = {"grain_mm": (1 / 64, 1.0)}

    grain_mm: Sized | None = None
    share: tuple[float, float] = (0.01, 0.1)
    opacity: float | None = None

    def make(self, seed: int, site: Site) -> Made:
        """See `Source`."""
        grain, (low, high) = self._size("grain_mm", site), self.share
        random = np.random.default_rng(seed)
        return perlin_texture(site, random, grain_mm=grain, share=(low, high), opacity=self.opacity)


ANOMALIES: Mapping[str, type[CutPaste] | type[Scar] | type[Nsa] | type[Perlin]] = {
    "cutpaste": CutPaste,
    "scar": Scar,
    "nsa": Nsa,
    "perlin": Perlin,
}
"""The papers' anomalies, by name."""

SOURCES: tuple[str, ...] = (*KINDS, *ANOMALIES, BANK)
"""Every name there is."""

_SIZES = ("area_mm2", "length_mm", "width_mm", "grain_mm")
_BY_AXES = {"dent": 0.85, "pit": 1.0, "pore": 1.0}
"""Kinds whose diameter is that of the longer axis, and its share of the length of their marks: dents have rims."""

_PAIRS = ("aspect", "scale", "share")


def source(name: str, settings: Mapping[str, Any] | None = None, *, bank: DefectBank | None = None) -> Source:
    """Return the source called `name`.

    Args:
        name: One of `SOURCES`.
        settings: Its sizes and the like, as written in a file; see the classes, and `kind`.
        bank: For "bank".

    Raises:
        UnknownName: There is no such source, setting, blend or class of the bank.
        ValueError: A setting is not legal, or "bank" has no bank.
    """
    made = read_settings(name, settings or {})
    if name in KINDS:
        return DrawnKind(kind(name, **made), Relight())
    if name != BANK:
        return ANOMALIES[name](**made)
    if bank is None:
        raise ValueError("bank: real defects come from a bank, and none is given; name a labeled data set")
    if made.get("kind") is not None and made["kind"] not in bank.kinds:
        raise UnknownName("class of the bank", str(made["kind"]), tuple(bank.kinds))
    return Banked(bank, **made)


def settings_of(name: str) -> tuple[str, ...]:
    """Return what can be set of a source.

    Raises:
        UnknownName: There is no such source.
    """
    if name in KINDS:
        return tuple(one.name for one in fields(kind(name)))  # type: ignore[arg-type]
    if name not in SOURCES:
        raise UnknownName("source of defects", name, SOURCES)
    cls: Any = Banked if name == BANK else ANOMALIES[name]
    return tuple(one.name for one in fields(cls) if one.name != "bank")


def read_settings(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of a source as its class takes them.

    Raises:
        UnknownName: There is no such source, setting or blend.
        ValueError: A setting is not legal.
    """
    legal = settings_of(name)
    for each in said:
        if each not in legal:
            raise UnknownName("setting", each, legal, where=name)
    if name in KINDS:
        made = {each: size_from(value) for each, value in said.items()}
        kind(name, **made)
        return made
    if said.get("blend", "ratio") not in BLENDS:
        raise UnknownName("blend", str(said["blend"]), tuple(BLENDS), where=name)
    return {each: _read(f"{name}: {each}", each, value) for each, value in said.items()}


def learned_settings(name: str, sizes: LearnedSizes) -> dict[str, Size]:
    """Return the settings of a source that sizes of real defects give: lengths, widths, diameters, areas, headings.

    A connected mark is one hole and no cluster, so `cluster` is 1. Diameters of holes and dents are those of the longer
    axis; of an ellipse, the width that is measured is pi / 4 of its shorter one. Those of patches without an axis are
    of circles as large.
    """
    settings = settings_of(name)
    round_ = Empirical(tuple(2 * math.sqrt(area / math.pi) for area in sizes.area_mm2.values))
    known: dict[str, Size] = {
        "length_mm": sizes.length_mm,
        "width_mm": sizes.width_mm,
        "area_mm2": sizes.area_mm2,
        "diameter_mm": round_,
        "heading_deg": sizes.heading_deg,
        "cluster": Constant(1.0),
    }
    if name in _BY_AXES:
        bowls = tuple(_BY_AXES[name] * each for each in sizes.length_mm.values)
        axes = tuple(max(math.pi / 4 * each, 1.0) for each in sizes.elongation.values)
        known |= {"diameter_mm": Empirical(bowls), "elongation": Empirical(axes)}
    return {each: known[each] for each in settings if each in known}


def _read(where: str, name: str, value: Any) -> Any:
    if name in _SIZES:
        return size_of(where, size_from(value))
    if name in _PAIRS:
        pair = tuple(value) if isinstance(value, list | tuple) else ()
        numbers = len(pair) == 2 and all(isinstance(one, int | float) and one > 0 for one in pair)
        if not numbers or pair[0] > pair[1] or (name == "share" and pair[1] > 1):
            raise ValueError(f"{where}: two numbers above 0 in order are needed, got {value!r}")
        return float(pair[0]), float(pair[1])
    if name in ("kind", "blend") or value is None:
        return value
    most = 180.0 if name == "degrees" else 1.0
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"{where}: a number from 0 to {most:g} is needed, got {value!r}")
    return float(value)


def _side(site: Site) -> float:
    """Return the side in mm of a square as large as the picture."""
    return math.sqrt(site.shape[0] * site.shape[1]) * site.pitch_mm
