"""What there is to review: every finished copy of a run, with what happened to it, in strata."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

from domainaug.effects import EFFECTS
from domainaug.run.ledger import Row

__all__ = ["Candidate", "Stratum", "candidates_of", "far_from_neutral", "short_id"]

_BANDS = ("slight", "middling", "strong")
_Sizes: TypeAlias = tuple[tuple[str, float], ...]  # of one copy: an effect, and how far from neutral it is

_ID = 12  # hexadecimal digits: two of a million copies share a name with a chance of 0.2 %


class Stratum(NamedTuple):
    """Copies that are alike: what a sample must not miss.

    Attributes:
        group: Where the source lies (its outermost folder: a class, a part), or the simulator.
        effect: What happened most, measured against the other copies; "" where nothing did.
        strength: "slight", "middling" or "strong": the third of the copies with that effect that it is in.
        kind: The kind of defect that was drawn, or "".
    """

    group: str
    effect: str
    strength: str
    kind: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One finished copy.

    Attributes:
        id: A short name without meaning, to show instead of a path.
        key: Key of the item it was made from.
        copy: Number of the copy.
        sha256: Digest of its first file: a verdict is on these bytes.
        path: Its first file, relative to the output.
        effects: Effect to what happened, in the effect's unit; [low, high] where only an interval is known.
        transforms: The steps that were applied, in order, each once.
        stratum: What it is like.
        span: From the lowest to the highest value that its pixels can have, in their unit; None where nothing tells.
        varied: Of a rendered variant the values that its scenario varies, but seeds.
    """

    id: str
    key: str
    copy: int
    sha256: str
    path: str
    effects: Mapping[str, Any]
    transforms: tuple[str, ...]
    stratum: Stratum
    span: float | None = None
    varied: Mapping[str, Any] = field(default_factory=dict)

    def amount(self, name: str) -> float | None:
        """Return how much of an effect happened, the end farther from neutral; neutral where it did not.

        Returns:
            The amount in the effect's unit, or None where no bound is known.
        """
        return far_from_neutral(name, self.effects.get(name))


def far_from_neutral(name: str, told: Any) -> float | None:
    """Return what a record tells of an effect as one number: of an interval the end farther from neutral."""
    if isinstance(told, float | int):  # nearly always; a run may have a hundred thousand copies
        return float(told)
    neutral = EFFECTS[name].neutral
    if told is None:
        return neutral
    ends = told if isinstance(told, list | tuple) else (told,)
    if any(end is None for end in ends):
        return None
    return float(max(ends, key=lambda end: abs(end - neutral)))


def short_id(key: str, copy: int) -> str:
    """Return the name of a copy that says nothing about what it shows."""
    return hashlib.sha256(f"{key}\n{copy}".encode()).hexdigest()[:_ID]


def candidates_of(rows: Iterable[Row], *, source: str = "", axes: Collection[str] = ()) -> tuple[Candidate, ...]:
    """Return the copies of a run, each in its stratum.

    Args:
        rows: Those of the ledger.
        source: The group of what lies in no folder; the simulator of a rendered scenario.
        axes: What the scenario varies.
    """
    axes = [name for name in axes if not name.endswith("seed")]
    plain = [_plain(row, source, axes) for row in rows if row.files]
    sizes = [tuple(_sizes(one)) for one in plain]
    amounts = _amounts(sizes)
    return tuple(replace(one, stratum=_stratum(one, each, amounts)) for one, each in zip(plain, sizes, strict=True))


def _plain(row: Row, source: str, axes: Collection[str]) -> Candidate:
    told = {**row.record.get("faint", {}), **row.record.get("effects", {})}
    steps = row.record.get("steps", ())
    outer, inner, _ = row.key.partition("/")
    low_high = row.record.get("value_range")
    drawn = row.record.get("defect", {}).get("class", "")  # of a run that draws nothing else
    values = row.record.get("values", {})
    rendered = values.get("defect")
    named = (drawn, *map(_kind, steps), rendered if isinstance(rendered, str) and rendered != "none" else "")
    kinds = dict.fromkeys(kind for kind in named if kind)
    return Candidate(
        id=short_id(row.key, row.copy),
        key=row.key,
        copy=row.copy,
        sha256=row.files[0].sha256,
        path=row.files[0].path,
        effects={name: value for name, value in told.items() if name in EFFECTS},
        transforms=tuple(dict.fromkeys(str(step["transform"]) for step in steps)),
        stratum=Stratum(outer if inner else source, "", "", " and ".join(kinds)),
        span=None if low_high is None else float(low_high[1] - low_high[0]),
        varied={name: values[name] for name in axes if name in values},
    )


def _kind(step: Mapping[str, Any]) -> str:
    kind = step.get("params", {}).get("kind")
    return kind if isinstance(kind, str) else ""


def _amounts(sizes: Iterable[_Sizes]) -> dict[str, list[float]]:
    """Return, for each effect, how far from neutral it was where it happened, sorted."""
    found: dict[str, list[float]] = {}
    for each in sizes:
        for name, size in each:
            found.setdefault(name, []).append(size)
    return {name: sorted(sizes) for name, sizes in found.items()}


def _sizes(one: Candidate) -> Iterator[tuple[str, float]]:
    for name in one.effects:
        amount = one.amount(name)
        yield name, math.inf if amount is None else abs(amount - EFFECTS[name].neutral)


def _stratum(one: Candidate, each: _Sizes, amounts: Mapping[str, list[float]]) -> Stratum:
    """Return the stratum of a copy: the effect in which it stands out most among all, and by how much."""
    best, place = "", 0.0
    for name, size in each:
        sizes = amounts[name]
        rank = (bisect_left(sizes, size) + bisect_right(sizes, size)) / (2 * len(sizes))  # a half where all are alike
        if rank > place:
            best, place = name, rank
    if not best:
        return one.stratum
    band = "" if EFFECTS[best].is_flag else _BANDS[min(int(place * len(_BANDS)), len(_BANDS) - 1)]
    return one.stratum._replace(effect=best, strength=band)
