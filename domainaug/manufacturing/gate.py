"""The gate: every drawn defect is measured, and accepted or refused with a reason and the numbers.

| code | refused because |
|---|---|
| empty | the mask marks nothing on the picture |
| off-part | the mask lies beside the part or outside the picture |
| invisible | the change drowns in the surroundings: the label would mark nothing that can be seen |
| seam | what changed ends at an edge |
| outside | something changed far from the mask |
| mask-unchanged | the mask marks what did not change |
| mask-misses | what changed is not marked |
| too-small, too-large | the size in mm is none of the class |
| unlike-real | real defects of the class look otherwise |
| no-room | the part has no room for it where it was to go |
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from domainaug.errors import ProfileError, UnknownName
from domainaug.manufacturing.measures import Made, Measures, measures_of
from domainaug.manufacturing.site import Site

__all__ = ["FEATURES", "Gate", "RealDefects", "Refusal", "Verdict"]

FEATURES = ("log_area", "log_elongation", "log_contrast", "sign")
"""What real and drawn defects are compared by."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason.

    Attributes:
        code: Of the table above.
        value: What was measured.
        limit: What would have passed.
    """

    code: str
    value: float
    limit: float

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.code}: {self.value:.3g} where {self.limit:.3g} is the limit"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one defect.

    Attributes:
        measures: What was measured.
        refusals: Why it is refused; empty where it is accepted.
        distance: From the real defects of the class, in deviations; 0 where none are known.
    """

    measures: Measures
    refusals: tuple[Refusal, ...] = ()
    distance: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refusals

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its refusals."""
        return tuple(refusal.code for refusal in self.refusals)


@dataclass(frozen=True, slots=True)
class RealDefects:
    """How the real defects of a class look.

    Attributes:
        middle: Feature to its median.
        deviation: Feature to its robust deviation.
        count: How many there were.
    """

    middle: Mapping[str, float]
    deviation: Mapping[str, float]
    count: int

    @classmethod
    def from_mapping(cls, said: Mapping[str, Any]) -> RealDefects:
        """Return what a profile writes down as `real:`; see `to_mapping`.

        Raises:
            ProfileError: A feature is missing, or a number is none.
        """
        columns = [said.get("middle"), said.get("deviation")]
        for name, column in zip(("middle", "deviation"), columns, strict=True):
            told = column if isinstance(column, Mapping) else {}
            if not all(isinstance(told.get(each), int | float) for each in FEATURES):
                raise ProfileError(f"gate: real: {name}: a number for each of {', '.join(FEATURES)} is needed")
        middle, deviation = ({name: float(column[name]) for name in FEATURES} for column in columns if column)
        if min(deviation.values()) <= 0:
            raise ProfileError("gate: real: deviation: numbers above 0 are needed")
        return cls(middle, deviation, int(said.get("count", 0)))

    def to_mapping(self) -> dict[str, Any]:
        """Return it as a profile writes it down."""
        middle, deviation = ({name: round(c[name], 4) for name in FEATURES} for c in (self.middle, self.deviation))
        return {"middle": middle, "deviation": deviation, "count": self.count}

    def distance(self, measures: Measures) -> float:
        """Return the root mean square of how many deviations the features are off."""
        told = features(measures)
        off = [(told[name] - self.middle[name]) / self.deviation[name] for name in FEATURES]
        return math.sqrt(sum(each**2 for each in off) / len(off))


def features(measures: Measures) -> dict[str, float]:
    """Return the numbers that real and drawn defects are compared by."""
    return {
        "log_area": math.log(max(measures.area_mm2, 1e-9)),
        "log_elongation": math.log(max(measures.elongation, 1.0)),
        "log_contrast": math.log(max(measures.contrast, 1e-3)),
        "sign": measures.sign,
    }


@dataclass(frozen=True, slots=True)
class Gate:
    """Thresholds. The defaults are ours, from looking at drawn defects; `calibrate` takes them from real ones.

    Attributes:
        on_part: Least share of the mask on the part.
        contrast: Least contrast (see `Measures`); below about 0.7 people do not find a defect that they are not shown.
        seam: Largest seam.
        outside: Largest share of change beyond the mask.
        mask_changed: Least share of the mask that changed.
        change_marked: Least share of the clear change that is marked.
        length_mm: Shortest and longest, or None.
        area_mm2: Smallest and largest, or None.
        distance: Largest distance from the real defects, in deviations.
        real: How real ones look, or None.
    """

    on_part: float = 0.9
    contrast: float = 0.7
    seam: float = 2.0
    outside: float = 0.1
    mask_changed: float = 0.5
    change_marked: float = 0.5
    length_mm: tuple[float, float] | None = None
    area_mm2: tuple[float, float] | None = None
    distance: float = 3.0
    real: RealDefects | None = field(default=None, repr=False)

    @classmethod
    def from_mapping(cls, said: Mapping[str, Any]) -> Gate:
        """Return the gate a profile writes down as `gate:`.

        Raises:
            UnknownName: A threshold is called by no name there is.
            ProfileError: A threshold is no number, or no two where two are needed.
        """
        known = [one.name for one in fields(cls)]
        for name, value in said.items():
            if name not in known:
                raise UnknownName("threshold of the gate", name, known)
            if name == "real":
                continue
            pair = name in ("length_mm", "area_mm2")
            numbers = list(value) if isinstance(value, list | tuple) else [value]
            fits = len(numbers) == (2 if pair else 1) and all(
                isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) and x >= 0 for x in numbers
            )
            if not fits or numbers != sorted(numbers):
                wanted = "two numbers in order" if pair else "a number from 0 up"
                raise ProfileError(f"gate: {name}: {wanted} is needed, got {value!r}")
        made: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in said.items()}
        if isinstance(made.get("real"), Mapping):
            made["real"] = RealDefects.from_mapping(made["real"])
        return cls(**made)

    def judge(self, drawn: Made, site: Site) -> Verdict:
        """Return what speaks against a defect that was drawn or pasted."""
        measures = measures_of(drawn, site)
        distance = self.real.distance(measures) if self.real is not None and drawn.mask.any() else 0.0
        refusals = tuple(self._refusals(measures, distance, empty=not drawn.mask.any()))
        return Verdict(measures, refusals, distance)

    def refusals(self, measures: Measures) -> tuple[Refusal, ...]:
        """Return what speaks against a defect of which this was measured."""
        distance = self.real.distance(measures) if self.real is not None else 0.0
        return tuple(self._refusals(measures, distance, empty=False))

    def to_mapping(self) -> dict[str, Any]:
        """Return the thresholds that are not the defaults, as `from_mapping` takes them, to four digits."""
        usual, told = Gate(), dict[str, Any]()
        for name in (one.name for one in fields(self) if one.name != "real"):
            value = getattr(self, name)
            if value != getattr(usual, name):
                told[name] = [float(f"{x:.4g}") for x in value] if isinstance(value, tuple) else float(f"{value:.4g}")
        return {**told, **({} if self.real is None else {"real": self.real.to_mapping()})}

    def with_sizes(self, **sizes: tuple[float, float] | None) -> Gate:
        """Return the gate with other sizes in mm."""
        return replace(self, **sizes)  # type: ignore[arg-type]

    def _refusals(self, seen: Measures, distance: float, *, empty: bool) -> Iterator[Refusal]:
        if seen.on_part < self.on_part:
            yield Refusal("off-part", seen.on_part, self.on_part)
        if empty:
            yield Refusal("empty", 0.0, 1.0)
            return
        least = (("invisible", "contrast"), ("mask-unchanged", "mask_changed"), ("mask-misses", "change_marked"))
        most = (("seam", "seam"), ("outside", "outside"))
        for code, name in least:
            if getattr(seen, name) < getattr(self, name):
                yield Refusal(code, getattr(seen, name), getattr(self, name))
        for code, name in most:
            if getattr(seen, name) > getattr(self, name):
                yield Refusal(code, getattr(seen, name), getattr(self, name))
        for name in ("length_mm", "area_mm2"):
            yield from _out_of(getattr(seen, name), getattr(self, name))
        if distance > self.distance:
            yield Refusal("unlike-real", distance, self.distance)


def _out_of(size: float, ends: tuple[float, float] | None) -> Iterator[Refusal]:
    if ends is not None and size < ends[0]:
        yield Refusal("too-small", size, ends[0])
    elif ends is not None and size > ends[1]:
        yield Refusal("too-large", size, ends[1])
